//! The wire as judge: the client of one state calls the router of the other, with values made from the schemas.
//!
//! In: pairs, and what `changes` says of them. Out: what failed although it should work, and the other way round.

use super::crates::{Subject, Workspace};
use super::{Pair, Verdict, program};
use crate::changes::bundle::Bundle;
use crate::changes::entry::{self, Effect, nameless};
use crate::corpus::calls::{self, Call};
use crate::corpus::instances::{self, Fill};
use codegen::document::{Document, Operation};
use codegen::parse::Node;
use codegen::rust::{AnswerBody, Item, Receive};
use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Read, Write};
use std::num::NonZero;
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, PoisonError};

/// What each method is called with: how much of a value is there, and which alternative and which value of an enum.
const AMOUNTS: [(Fill, usize, &str); 13] = [
    (Fill::Full, 0, "all"),
    (Fill::Least, 0, "least"),
    (Fill::Nulls, 0, "nulls"),
    (Fill::Full, 1, "second values"),
    (Fill::Full, 2, "third values"),
    (Fill::Full, 3, "fourth values"),
    (Fill::Full, 4, "fifth values"),
    (Fill::Spare, 0, "few values"),
    (Fill::Spare, 1, "few second values"),
    (Fill::Spare, 2, "few third values"),
    (Fill::Spare, 3, "few fourth values"),
    (Fill::Spare, 4, "few fifth values"),
    (Fill::Nulls, 1, "second values and nulls"),
];

/// Answers of one operation beyond these are not tried.
const MOST_ANSWERS: usize = 64;

/// The file of a program that has what its server answers.
const SAMPLES: &str = "samples.json";

/// What one state can say and hear.
struct Party {
    package: String,
    calls: Vec<Call>,
    /// How many answers its server has to each route, where it is more than one.
    answers: BTreeMap<String, usize>,
    /// Where its client thinks that the server is, below its address.
    below: String,
    /// Methods without arguments to call them with.
    without: Vec<String>,
}

impl Party {
    /// How many answers its server has to a call.
    fn answers(&self, call: &Call) -> usize {
        // Other values in a request bring the same answers.
        let is_full = call.amount == AMOUNTS[0].2;
        if is_full { self.answers.get(&nameless(&call.route)).copied().unwrap_or(1) } else { 1 }
    }
}

/// What came of a call: that it ended well, and what the server was told.
#[derive(Debug, Clone, Default)]
struct Outcome {
    error: Option<String>,
    arrived: Option<BTreeMap<String, usize>>,
}

/// By the number of the call and that of the answer.
type Outcomes = BTreeMap<(usize, usize), Outcome>;

/// Judges all pairs.
///
/// # Errors
/// A program does not compile or does not start.
pub fn judge(
    subjects: &[Subject],
    pairs: &[Pair],
    entries: &[Vec<entry::Entry>],
    workspace: &Workspace,
) -> Result<Vec<Verdict>, String> {
    let parties = parties(subjects, workspace)?;
    let talks =
        pairs.iter().flat_map(|Pair { old, new }| [(*old, *old), (*old, *new), (*new, *old), (*new, *new)]);
    let heard = all_talks(talks.collect(), &parties, workspace)?;
    let mut verdicts = Vec::new();
    for (Pair { old, new }, entries) in pairs.iter().zip(entries) {
        let mut verdict = Verdict::default();
        let sides = (&subjects[*old], &subjects[*new]);
        let uncalled =
            |party: &usize| parties[*party].without.iter().map(|without| format!("not called: {without}"));
        verdict.notes.extend(uncalled(old).chain(uncalled(new)).collect::<BTreeSet<_>>());
        for (client, server, called) in
            [(old, new, "an old client at a new server"), (new, old, "a new client at an old server")]
        {
            let effect = |entry: &entry::Entry| {
                let wire = entry.wire?;
                Some(if client == old { wire.old_client } else { wire.new_client })
            };
            let talk = Talk {
                party: &parties[*client],
                own: &heard[&(*client, *client)],
                other: &heard[&(*client, *server)],
                called,
                is_old: client == old,
            };
            talk.compare(sides, entries, effect, &mut verdict)?;
        }
        verdicts.push(verdict);
    }
    Ok(verdicts)
}

/// A client at a server that is not its own.
struct Talk<'a> {
    party: &'a Party,
    own: &'a Outcomes,
    other: &'a Outcomes,
    called: &'static str,
    /// Whether the client is the old one.
    is_old: bool,
}

/// What became of the calls of a route.
#[derive(Debug, Clone, Default)]
struct Seen {
    calls: usize,
    error: Option<String>,
    /// Whether the server was told something else, or less.
    is_otherwise: bool,
}

impl Talk<'_> {
    /// Whether its client sends the values of a list one by one, under the same name.
    fn repeats(&self, entry: &entry::Entry) -> bool {
        let own = if self.is_old { &entry.old } else { &entry.new };
        entry.what == "is spelled otherwise" && own.as_deref() == Some("form, explode")
    }

    fn compare(
        &self,
        (old, new): (&Subject, &Subject),
        entries: &[entry::Entry],
        effect: impl Fn(&entry::Entry) -> Option<Effect>,
        verdict: &mut Verdict,
    ) -> Result<(), String> {
        let mut routes: BTreeMap<String, Seen> = BTreeMap::new();
        for (key, other) in self.other {
            let call = &self.party.calls[key.0];
            let at_home = (key.0, key.1 % self.party.answers(call));
            let Some(outcome) = self.own.get(&at_home) else { continue };
            // What does not work at home says nothing.
            if let Some(error) = &outcome.error {
                let note = format!("not tried: {} ({}): {error}", call.route, call.amount);
                if !verdict.notes.contains(&note) {
                    verdict.notes.push(note);
                }
                continue;
            }
            let seen = routes.entry(nameless(&call.route)).or_default();
            seen.calls += 1;
            if let Some(error) = &other.error {
                seen.error.get_or_insert_with(|| format!("{}, answer {}: {error}", call.amount, key.1));
            }
            let lost = |(literal, count): (&String, &usize)| {
                other
                    .arrived
                    .as_ref()
                    .is_none_or(|arrived| arrived.get(literal).is_none_or(|now| now < count))
            };
            seen.is_otherwise |= outcome.arrived.as_ref().is_some_and(|was| was.iter().any(lost));
            let unknown = |of: &Outcome| of.arrived.as_ref().and_then(|all| all.get(UNKNOWN).copied());
            seen.is_otherwise |= unknown(other) > unknown(outcome);
        }
        let mut by_title: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for subject in [old, new] {
            let root = parsed(subject)?;
            for operation in Document::new(&root).operations() {
                let (title, route) = titled(&operation);
                by_title.entry(title).or_default().insert(nameless(&route));
            }
        }
        let reached = |entry: &entry::Entry| -> BTreeSet<String> {
            let titles = entry.reached.iter().filter_map(|title| by_title.get(title));
            titles.flatten().filter(|route| routes.contains_key(*route)).cloned().collect()
        };
        let whole = |entry: &entry::Entry| {
            entry.reached.is_empty() && (entry.item == "security" || is_of_servers(entry))
        };
        for (route, seen) in &routes {
            let told = entries.iter().filter(|entry| whole(entry) || reached(entry).contains(route));
            let worst = told.filter_map(&effect).max().unwrap_or(Effect::Works);
            if let (Effect::Works, Some(error)) = (worst, &seen.error) {
                verdict.faults.push(format!("{}: {route} works, we say, and fails: {error}", self.called));
            }
            verdict.seen |= seen.error.is_some();
        }
        for entry in entries.iter().filter(|entry| effect(entry) == Some(Effect::Fails)) {
            let of_entry: Vec<&Seen> = if whole(entry) {
                routes.values().collect()
            } else {
                reached(entry).iter().map(|route| &routes[route]).collect()
            };
            verdict.predicted = true;
            let fails = of_entry.iter().any(|seen| seen.error.is_some() || seen.is_otherwise);
            let what = format!("{}: `{}` {}", self.called, entry.item, entry.what);
            if of_entry.is_empty() {
                verdict.notes.push(format!("no call reaches it: {what}"));
            } else if !fails && is_beyond(entry) {
                verdict.notes.push(format!("our servers do not look: {what}"));
            } else if !fails && entry.reached.iter().any(|from| from.starts_with("webhook ")) {
                verdict.notes.push(format!("webhooks are not sent: {what}"));
            } else if !fails && self.repeats(entry) {
                verdict.notes.push(format!("our servers take names that are repeated, too: {what}"));
            } else if !fails && takes_null(entry) {
                verdict.notes.push(format!("our servers take null for nothing, as clients do: {what}"));
            } else if !fails && is_unheard(entry) {
                verdict.notes.push(format!("nobody says it, or reads it: {what}"));
            } else if !fails && was_null(entry) {
                verdict.notes.push(format!("our servers write null and leave nothing out: {what}"));
            } else if !fails {
                verdict.faults.push(format!("{what}, which fails, we say, and works"));
            }
        }
        let calls: usize = routes.values().map(|seen| seen.calls).sum();
        let failed = routes.values().filter(|seen| seen.error.is_some()).count();
        let separator = if verdict.counts.is_empty() { "" } else { "; " };
        verdict
            .counts
            .push_str(&format!("{separator}{calls} calls of {} routes, {failed} fail", routes.len()));
        Ok(())
    }
}

/// What generated routers leave to those who implement them: limits of values, values that are no longer listed, who may call,
/// and where the server is.
fn is_beyond(entry: &entry::Entry) -> bool {
    const LIMITS: &[&str] = &[
        "maxLength",
        "minLength",
        "maxItems",
        "minItems",
        "maxProperties",
        "minProperties",
        "maximum",
        "minimum",
        "pattern",
        "multipleOf",
        "uniqueItems",
    ];
    // What a type does not know it keeps, and whoever implements the operation sees it.
    let is_value = entry.what == "is gone" && entry.also.iter().any(|also| also.contains("has no value `"))
        || entry.also.iter().any(|also| also.contains("has no such alternative any more"))
        || entry.what.starts_with("has no value `")
        || entry.what == "has no such alternative any more";
    is_value
        || entry.item.ends_with("security")
        || is_of_servers(entry)
        // Values arrive, whatever variable they are of.
        || entry.what == "takes its arguments in another order"
        || LIMITS.iter().any(|limit| entry.what.contains(&format!("`{limit}`")))
}

/// Whether null could be sent where nothing but absence is left: whoever receives the same type reads either.
fn takes_null(entry: &entry::Entry) -> bool {
    let begins =
        |text: &Option<String>, with: &str| text.as_deref().is_some_and(|text| text.starts_with(with));
    let (nullable, optional) = ("Nullable<", "Option<");
    begins(&entry.old, nullable) && begins(&entry.new, optional)
        || begins(&entry.old, optional) && begins(&entry.new, nullable)
}

/// What is neither said nor read: errors, of which our servers have none; streams, which nobody waits for; and what another method
/// than the usual one sends or asks for.
fn is_unheard(entry: &entry::Entry) -> bool {
    let texts = [&entry.old, &entry.new];
    entry.item.starts_with("ErrorBody")
        || ["_as_", "_from_"].iter().any(|form| entry.item.contains("Api::") && entry.item.contains(form))
        || texts.into_iter().flatten().any(|text| text.contains("EventStream<"))
        || entry.item.ends_with(" body content") && entry.what.starts_with("has no `")
}

/// Whether a property could be absent or null, and can be neither now. Null may be a member of a union that is not known.
fn was_null(entry: &entry::Entry) -> bool {
    ["is no longer nullable", "becomes required"]
        .iter()
        .all(|what| entry.also.iter().any(|also| also.ends_with(what)))
}

/// Whether an entry is about where the server is.
fn is_of_servers(entry: &entry::Entry) -> bool {
    entry.item.ends_with("servers") || entry.item.starts_with("servers::")
}

/// Writes and compiles the programs of all states.
fn parties(subjects: &[Subject], workspace: &Workspace) -> Result<Vec<Party>, String> {
    let mut parties = Vec::new();
    let dependencies = format!(
        "runtime = {{ package = \"specwright-runtime\", {} }}\nserde = \"1\"\n\
         serde_json = {{ version = \"1\", features = [\"float_roundtrip\", \"raw_value\"] }}\n\
         axum = {{ version = \"0.8\", default-features = false, features = [\"http1\", \"tokio\"] }}\n\
         tokio = {{ version = \"1\", features = [\"macros\", \"net\", \"rt-multi-thread\"] }}\n",
        crate::corpus::runtime()
    );
    for subject in subjects {
        let package = subject.package.replace("subject", "talks");
        let root = parsed(subject)?;
        let document = Document::new(&root);
        let (calls, without) = calls::calls(&document, &subject.output, "subject", &AMOUNTS);
        let (implementation, answers, samples) = answers(subject, &document);
        let text = text(subject, &document, &calls, &implementation);
        if parties.iter().all(|party: &Party| party.package != package) {
            workspace.program(&package, &subject.package, &dependencies, &[(&package, text)])?;
            workspace
                .write(&format!("programs/{package}/{SAMPLES}"), &serde_json::json!(samples).to_string())?;
        }
        parties.push(Party { package, calls, answers, below: below(&document), without });
    }
    let mut arguments = vec!["build", "--quiet"];
    let packages: BTreeSet<&str> = parties.iter().map(|party| party.package.as_str()).collect();
    arguments.extend(packages.iter().flat_map(|package| ["--package", package]));
    let output =
        workspace.cargo(&arguments).output().map_err(|error| format!("cannot run cargo: {error}"))?;
    if !output.status.success() {
        return Err(format!("a program does not compile:\n{}", String::from_utf8_lossy(&output.stderr)));
    }
    Ok(parties)
}

fn parsed(subject: &Subject) -> Result<Node, String> {
    let bundle = Bundle::new(&subject.texts).map_err(|_| format!("{} cannot be read", subject.name))?;
    Ok(bundle.root)
}

/// What an operation is called, and its route.
fn titled(operation: &Operation<'_>) -> (String, String) {
    let route = format!("{} {}", operation.verb.text.to_uppercase(), operation.path.text);
    let id = operation.node.get("operationId").and_then(Node::as_str);
    (id.map_or_else(|| route.clone(), str::to_owned), route)
}

/// The path of the first server.
fn below(document: &Document<'_>) -> String {
    let server = document.root().get("servers").and_then(|servers| servers.items().first());
    let Some(url) = server.and_then(|server| server.get("url")).and_then(Node::as_str) else {
        return String::new();
    };
    let mut url = url.to_owned();
    for (name, variable) in
        server.and_then(|server| server.get("variables")).map(Node::entries).unwrap_or_default()
    {
        let default = variable.get("default").and_then(Node::as_str).unwrap_or_default();
        url = url.replace(&format!("{{{}}}", name.text), default);
    }
    let path = match url.split_once("://") {
        Some((_, rest)) => rest.split_once('/').map_or("", |(_, path)| path),
        None => url.trim_start_matches('/'),
    };
    format!("/{}", path.trim_end_matches('/'))
}

/// Values by the names of methods.
type Samples = BTreeMap<String, Vec<String>>;

/// The server's implementation, how many answers it has to each route, and which.
fn answers(subject: &Subject, document: &Document<'_>) -> (String, BTreeMap<String, usize>, Samples) {
    let context = instances::context(document, &subject.output.warnings);
    let mut samples = Samples::new();
    let mut counts = BTreeMap::new();
    let mut texts = BTreeSet::new();
    // What a value becomes before it is an answer, and its status.
    let mut made: BTreeMap<String, (String, u16)> = BTreeMap::new();
    let items = subject.output.surface.modules.iter().flat_map(|module| &module.items);
    let clients =
        items.filter_map(|item| if let Item::ClientImpl(client) = item { Some(client) } else { None });
    for method in clients.flat_map(|client| &client.methods) {
        let name = method.name.ident().to_string();
        let (status, variant) = match &method.receive {
            Receive::Body(AnswerBody::Empty) => {
                samples.insert(name, Vec::new());
                continue;
            }
            Receive::Body(AnswerBody::Text) => {
                samples.insert(name, vec!["text".to_owned()]);
                texts.insert(method.name.ident().to_string());
                continue;
            }
            Receive::Body(AnswerBody::Json) => (None, String::new()),
            Receive::ByStatus(arms) => {
                let Some(arm) = arms.iter().find(|arm| arm.body == AnswerBody::Json) else { continue };
                let names: Vec<String> = arm.value.0.iter().map(|name| name.ident().to_string()).collect();
                let within = if names.len() > 1 { "subject::answers::" } else { "" };
                let names = names.get(names.len().saturating_sub(2)..).unwrap_or_default();
                (Some(arm.status), format!(".map({within}{})", names.join("::")))
            }
            _ => continue,
        };
        let verb = method.verb.as_str().to_ascii_lowercase();
        let mut operations = document.operations();
        let operation = operations.find(|one| one.verb.text == verb && one.path.text == method.path);
        let Some(schema) = operation.and_then(|operation| answered(document, &operation, status)) else {
            continue;
        };
        let mut values = instances::of_each(document, &context, schema);
        values.truncate(MOST_ANSWERS);
        counts.insert(nameless(&format!("{} {}", method.verb.as_str(), method.path)), values.len().max(1));
        samples.insert(name.clone(), values.iter().map(ToString::to_string).collect());
        made.insert(name, (variant, status.unwrap_or(200)));
    }
    let made_of = |name: &str| made.get(name).map_or(200, |(_, status)| *status);
    let text = program::answers(&subject.surface, &subject.names, |path, item| {
        let name = crate::changes::source::leaf(path);
        if item.wire.is_empty() || !item.ty.starts_with("impl Future") {
            return None;
        }
        let told: String = (1..item.arguments.len()).map(|number| format!("{{a{number}:?}} ")).collect();
        let made = match samples.get(name) {
            Some(values) if values.is_empty() => "Some(())".to_owned(),
            Some(_) if texts.contains(name) => "Some(\"text\".to_owned())".to_owned(),
            Some(_) => format!("sample({name:?}){}", made.get(name).map_or("", |(variant, _)| variant)),
            // What was sent is known, and nothing of what would be answered.
            None => return Some(format!("told(format!({told:?})); runtime::NotImplemented::new({name:?})")),
        };
        let status = made_of(name);
        Some(format!(
            "told(format!({told:?})); let made = {made}; let status = runtime::StatusCode::from_u16({status}).expect(\"a status\"); \
             async move {{ match made {{ Some(value) => Ok(runtime::Response::new(status, Default::default(), value)), \
             None => runtime::NotImplemented::new({name:?}).await }} }}"
        ))
    });
    (text, counts, samples)
}

/// The schema of what an operation answers as JSON, with a status or with any.
fn answered<'a>(document: &Document<'a>, operation: &Operation<'a>, status: Option<u16>) -> Option<&'a Node> {
    let answers = operation.node.get("responses")?.entries();
    let is_it = |key: &str| match status {
        Some(status) => key == status.to_string() || key.eq_ignore_ascii_case("2XX") || key == "default",
        None => key.starts_with('2') || key == "default",
    };
    let good = answers.iter().filter(|(status, _)| is_it(&status.text));
    good.filter_map(|(_, answer)| document.resolve(answer).ok()).find_map(|answer| {
        let content = document.entries(answer, "content");
        content.iter().find(|(key, _)| key.text.contains("json") || key.text == "*/*")?.1.get("schema")
    })
}

fn text(subject: &Subject, document: &Document<'_>, calls: &[Call], answers: &str) -> String {
    let mut functions = String::new();
    let mut listed = String::new();
    for (number, call) in calls.iter().enumerate() {
        functions.push_str(&format!(
            "async fn call_{number}(client: &Client) -> Result<(), Fault> {{\n{}    drop(answer);\n    Ok(())\n}}\n",
            call.body
        ));
        listed.push_str(&format!("            {number} => call_{number}(&client).await,\n"));
    }
    let imports = calls::imports(&subject.output, "subject");
    let settings = calls::settings(document, &subject.output);
    format!(
        "#![allow(warnings)]\n{imports}{}{PROGRAM}\nasync fn call_all(url: String, calls: Vec<(usize, usize)>) {{\n    \
         let http = runtime::http_client_builder().pool_max_idle_per_host(0).build().expect(\"a client\");\n    \
         let client = Client::builder(){settings}.http_client(http).hook(Named).base_url(url).retry(runtime::RetryPolicy::never())\n        \
         .build().expect(\"a client\");\n    \
         for (call, answer) in calls {{\n        name(format!(\"{{call}} {{answer}}\"));\n        \
         said(call, answer, match call {{\n{listed}            _ => continue,\n        }});\n    }}\n}}\n\
         {functions}\nstruct Answers;\n{answers}",
        calls::READING
    )
}

/// What all programs share: without arguments a server, which prints its port and then what it is told; with an address a client,
/// which reads pairs of a call and an answer, a line each, and prints what came of each.
const PROGRAM: &str = r#"
use std::collections::HashMap;
use std::sync::{LazyLock, Mutex};

static CALL: Mutex<String> = Mutex::new(String::new());

fn told(text: String) {
    println!("{} {text:?}", CALL.lock().unwrap());
}

/// The call that is under way: there is one at a time.
fn name(call: String) {
    *CALL.lock().unwrap() = call;
}

/// Tells the server which call it is.
struct Named;

impl runtime::Hook for Named {
    fn before_attempt(&self, attempt: &mut runtime::AttemptStart<'_>) -> runtime::Result<()> {
        attempt.set_header("x-call", CALL.lock().unwrap().as_str())
    }
}

/// What the server answers, by the names of methods.
static SAMPLES: LazyLock<HashMap<String, Vec<String>>> = LazyLock::new(|| {
    let text = std::fs::read_to_string(std::env::var("SAMPLES").expect("a file")).expect("samples");
    serde_json::from_str(&text).expect("lists of texts")
});

fn sample<T: DeserializeOwned>(name: &str) -> Option<T> {
    let values = &SAMPLES[name];
    let answer: usize = CALL.lock().unwrap().split(' ').nth(1).and_then(|number| number.parse().ok()).unwrap_or_default();
    serde_json::from_str(&values[answer % values.len()]).ok()
}

async fn note(request: axum::extract::Request, next: axum::middleware::Next) -> axum::response::Response {
    let call = request.headers().get("x-call").and_then(|value| value.to_str().ok()).unwrap_or_default();
    name(call.to_owned());
    next.run(request).await
}

fn said(call: usize, answer: usize, result: Result<(), Fault>) {
    match result {
        Ok(()) => println!("{call} {answer} ok"),
        Err(Fault::Argument(text)) => println!("{call} {answer} {:?}", format!("no argument: {text}")),
        // It was understood, and nobody wrote an answer.
        Err(Fault::Call(runtime::Error::Api(error))) if error.status() == runtime::StatusCode::NOT_IMPLEMENTED => {
            println!("{call} {answer} ok")
        }
        Err(Fault::Call(runtime::Error::Api(error))) => {
            println!("{call} {answer} {:?}", format!("{}: {}", error.status(), error.body_text()))
        }
        Err(Fault::Call(error)) => println!("{call} {answer} {:?}", error.to_string()),
    }
}

#[tokio::main]
async fn main() {
    match std::env::args().nth(1) {
        Some(url) => {
            let numbers = |line: std::io::Result<String>| {
                let line = line.ok()?;
                let (call, answer) = line.split_once(' ')?;
                Some((call.parse().ok()?, answer.parse().ok()?))
            };
            call_all(url, std::io::stdin().lines().filter_map(numbers).collect()).await;
        }
        None => {
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
            println!("{}", listener.local_addr().expect("an address").port());
            let router = subject::server::router(Answers).layer(axum::middleware::from_fn(note));
            axum::serve(listener, router).await.expect("a server");
        }
    }
}
"#;

/// A process that ends with its owner.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        _ = self.0.kill();
        _ = self.0.wait();
    }
}

/// Lets clients call servers, as many at once as there are processors for.
fn all_talks(
    talks: BTreeSet<(usize, usize)>,
    parties: &[Party],
    workspace: &Workspace,
) -> Result<BTreeMap<(usize, usize), Outcomes>, String> {
    let waiting = Mutex::new(talks.into_iter());
    let next = || waiting.lock().unwrap_or_else(PoisonError::into_inner).next();
    let some = || {
        let talks = std::iter::from_fn(next);
        let told = talks.map(|(client, server)| {
            Ok(((client, server), talk(&parties[client], &parties[server], workspace)?))
        });
        told.collect::<Result<Vec<_>, String>>()
    };
    let at_once = std::thread::available_parallelism().map_or(1, NonZero::get);
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..at_once).map(|_| scope.spawn(some)).collect();
        let mut all = BTreeMap::new();
        for thread in threads {
            all.extend(thread.join().map_err(|_| "a talk was not finished".to_owned())??);
        }
        Ok(all)
    })
}

/// Lets one state's client call another's server.
fn talk(client: &Party, server: &Party, workspace: &Workspace) -> Result<Outcomes, String> {
    let program = |party: &Party| Command::new(workspace.program_file(&party.package));
    let cannot = |error: std::io::Error| format!("cannot run a program: {error}");
    let mut running = Server(
        program(server)
            .env("SAMPLES", workspace.program_part(&server.package, SAMPLES))
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(cannot)?,
    );
    let mut lines = BufReader::new(running.0.stdout.take().ok_or("the server has no output")?);
    let mut port = String::new();
    lines.read_line(&mut port).map_err(cannot)?;
    let told = std::thread::spawn(move || {
        let mut text = String::new();
        // Whatever was said before it ended.
        _ = lines.read_to_string(&mut text);
        text
    });
    let url = format!("http://127.0.0.1:{}{}", port.trim(), client.below);
    let mut calling = program(client);
    calling.arg(&url).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut calling = calling.spawn().map_err(cannot)?;
    if let Some(mut input) = calling.stdin.take() {
        for (number, call) in client.calls.iter().enumerate() {
            let lines = (0..server.answers(call)).map(|answer| format!("{number} {answer}\n"));
            input.write_all(lines.collect::<String>().as_bytes()).map_err(cannot)?;
        }
    }
    let said = calling.wait_with_output().map_err(cannot)?;
    drop(running);
    let told = told.join().map_err(|_| "the server's words are lost".to_owned())?;
    let mut outcomes = Outcomes::new();
    let split = |line: &str| -> Option<((usize, usize), String)> {
        let mut words = line.splitn(3, ' ');
        Some(((words.next()?.parse().ok()?, words.next()?.parse().ok()?), words.next()?.to_owned()))
    };
    for (key, outcome) in String::from_utf8_lossy(&said.stdout).lines().filter_map(split) {
        outcomes.entry(key).or_default().error = (outcome != "ok").then_some(outcome);
    }
    for (key, arguments) in told.lines().filter_map(split) {
        outcomes.entry(key).or_default().arrived = Some(literals(&arguments));
    }
    if outcomes.is_empty() && !client.calls.is_empty() {
        return Err(format!("{} says nothing: {}", client.package, String::from_utf8_lossy(&said.stderr)));
    }
    Ok(outcomes)
}

/// Texts, numbers and truth values of what `Debug` shows, and how many there are of each: whatever wraps them.
fn literals(shown: &str) -> BTreeMap<String, usize> {
    let mut literals = BTreeMap::new();
    let mut inside = false;
    // Quotation marks are escaped once, those in texts twice.
    for part in shown.trim_matches('"').split("\\\"") {
        if inside {
            *literals.entry(format!("\"{part}")).or_default() += 1;
        } else {
            let words = part.split(|c: char| !(c.is_alphanumeric() || ".-_+".contains(c)));
            for word in words.filter(|word| word.parse::<f64>().is_ok() || ["true", "false"].contains(word)) {
                *literals.entry(word.to_owned()).or_default() += 1;
            }
        }
        inside = !inside;
    }
    let unknown = shown.matches(UNKNOWN).count();
    literals.extend((unknown > 0).then(|| (UNKNOWN.to_owned(), unknown)));
    literals
}

/// How a value is shown that a union does not know.
const UNKNOWN: &str = "Unknown(Object";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_wraps_a_value_does_not_count() {
        let literals = |shown: &str| literals(&format!("{shown:?}"));
        assert_eq!(
            literals(r#"Pet { name: "a b", age: Some(3) }"#),
            literals(r#"Pet { name: Value("a b"), age: 3, more: None }"#)
        );
        assert_ne!(literals(r#"Pet { name: "a" }"#), literals(r#"Pet { name: "b" }"#));
        assert_ne!(literals("Pet { age: 3 }"), literals("Pet { age: None }"));
        let known = literals(r#"Owner { pet: Cat(Cat { name: "a" }) }"#);
        let unknown =
            literals(r#"Owner { pet: Unknown(Object {"kind": String("cat"), "name": String("a")}) }"#);
        assert_eq!((known.get(UNKNOWN), unknown.get(UNKNOWN)), (None, Some(&1)));
    }
}
