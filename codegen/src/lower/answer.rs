//! Answers: which responses are successes, what they hold, and which become a call of their own.

use super::Lower;
use super::body::LeftOut;
use super::draft;
use super::media_type::{BYTES, answer_rank, essence, form_name, framing, is_json, same_schema};
use super::schema::item;
use crate::diagnostics::{Effect, Span};
use crate::docs;
use crate::document::Operation;
use crate::ir::{Answer, AnswerKind, Call, Framing, Method, StatusAnswer, Statuses, Text, Type};
use crate::names::Name;
use crate::parse::{Key, Node};

const RESPONSE_KEYS: &[&str] = &["description", "headers", "content", "links", "$ref", "summary"];

/// What an operation can answer.
#[derive(Default)]
pub(super) struct Answers<'a> {
    /// In document order.
    successes: Vec<Success<'a>>,
    pub(super) failures: Vec<(Statuses, Type)>,
    /// Places of headers.
    pub(super) headers: Vec<usize>,
    /// Statuses of redirects, each with the place of its body where it has one.
    redirects: Vec<(u16, Option<Span>)>,
    /// The place of a status by which the connection changes its protocol.
    upgrades: Option<Span>,
    /// A successful response cannot be understood; that has been reported.
    is_broken: bool,
}

/// A successful response.
struct Success<'a> {
    statuses: Statuses,
    span: Span,
    text: Text,
    /// What comes at once, with its schema; nothing where there are only events.
    whole: Option<(Answer, Option<&'a Node>)>,
    events: Option<Answer>,
    /// Other forms of what comes at once.
    forms: Vec<(Name, Answer, Span)>,
}

/// A schema that describes a whole event.
struct Envelope<'a> {
    /// The schema of its data.
    data: &'a Node,
    /// Whether its name is a property.
    has_name: bool,
    /// The names that there are, where they are listed.
    names: Vec<String>,
}

/// How events of a stream carry a type.
#[derive(Clone)]
pub(super) struct Carried<'a> {
    /// Its schema.
    pub(super) node: &'a Node,
    /// Names of these events, as far as the document has them.
    pub(super) names: Vec<String>,
    /// Whether events of any name carry it.
    pub(super) has_any_name: bool,
    /// Whether it is the whole event, and not only its data.
    pub(super) is_whole: bool,
    /// Whether events have names at all: lines have none.
    pub(super) is_named: bool,
}

impl Carried<'_> {
    /// Adds what another stream says of the same type.
    pub(super) fn add(&mut self, other: Self) {
        let new = other.names.into_iter().filter(|name| !self.names.contains(name));
        self.names.extend(new.collect::<Vec<_>>());
        self.has_any_name |= other.has_any_name;
        self.is_whole |= other.is_whole;
        self.is_named |= other.is_named;
    }
}

/// What an answer's status says about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Success(Statuses),
    Failure(Statuses),
    Redirect(u16),
    /// The connection changes its protocol.
    Upgrade,
    /// Informational, so another answer follows; or that nothing has changed since the last time.
    Interim,
}

impl<'a> Lower<'a> {
    /// Everything that an operation can answer. `prefix` begins the names of types that are defined for it.
    pub(super) fn answers(&mut self, operation: &'a Node, prefix: &Name) -> Answers<'a> {
        let responses: Vec<&'a (Key, Node)> = self
            .mapping(operation, "responses")
            .iter()
            .filter(|(key, _)| !key.text.starts_with("x-"))
            .collect();
        let mut answers = Answers::default();
        let is_positive = |kind| matches!(kind, Some(Kind::Success(_) | Kind::Redirect(_) | Kind::Upgrade));
        let has_positive = responses.iter().any(|(key, _)| is_positive(kind(&key.text)));
        for (key, response) in responses {
            let Ok(response) = self.component(response) else {
                answers.is_broken |= is_positive(kind(&key.text));
                continue;
            };
            self.check_keys(response, "a response", RESPONSE_KEYS);
            let new = self.headers(response).into_iter().filter(|at| !answers.headers.contains(at));
            answers.headers.extend(new.collect::<Vec<_>>());
            match kind(&key.text) {
                Some(Kind::Success(statuses)) => {
                    self.success(statuses, key.span, response, prefix, &mut answers);
                }
                // It stands for every status that is not listed, so also for the success.
                Some(Kind::Failure(Statuses::Default)) if !has_positive => {
                    self.success(Statuses::Class(2), key.span, response, prefix, &mut answers);
                }
                Some(Kind::Failure(statuses)) => {
                    let ty = self.error_type(statuses, response, prefix);
                    answers.failures.extend(ty.map(|ty| (statuses, ty)));
                }
                Some(Kind::Redirect(status)) => {
                    let body = response.get("content").filter(|content| !content.entries().is_empty());
                    answers.redirects.push((status, body.map(|content| content.span)));
                }
                Some(Kind::Upgrade) => answers.upgrades = Some(key.span),
                Some(Kind::Interim) => {}
                None => self.problems.warning(
                    Effect::LeftOut,
                    key.span,
                    format!("`{}` is not a status", docs::plain(&key.text)),
                    "neither a code, a class nor `default`; this answer is left out",
                    "use a code such as `200`, a class such as `4XX`, or `default`",
                ),
            }
        }
        answers
    }

    /// The calls that an operation's answers become: one that answers at once, then one that streams, then one for each
    /// other form.
    ///
    /// # Errors
    /// One of the answers cannot be understood, so the operation is left out.
    pub(super) fn calls(
        &mut self,
        operation: &Operation<'a>,
        answers: &Answers<'a>,
    ) -> Result<Vec<Call>, LeftOut> {
        if answers.is_broken {
            return Err(LeftOut);
        }
        let whole = self.whole(&answers.successes).or_else(|| answers.instead());
        if let Some(span) = answers.upgrades.filter(|_| !matches!(&whole, Some(Answer { status: 101, .. }))) {
            self.left_out(
                span,
                "an upgraded connection where there may be another answer",
                "remove the other answers with an overlay to have the connection",
            );
        }
        if let (Some(Answer { kind: AnswerKind::Redirect, .. }), Some((_, Some(body)))) =
            (&whole, answers.redirects.first())
        {
            self.left_out(
                *body,
                "the body of a redirect",
                "nothing, where it is enough to know where it leads",
            );
        }
        if let (Method::Head, Some(first)) = (operation.method, &whole) {
            return Ok(vec![Call::Whole(Answer { kind: AnswerKind::Empty, ..first.clone() })]);
        }
        let events =
            self.only(answers.successes.iter().filter_map(|one| Some((one.events.as_ref()?, one.span))));
        let mut calls: Vec<Call> = whole.map(Call::Whole).into_iter().collect();
        calls.extend(events.map(Call::Streamed));
        if calls.is_empty() {
            calls.push(Call::Whole(Answer {
                status: 200,
                media_type: String::new(),
                kind: AnswerKind::Empty,
            }));
        }
        calls.extend(self.forms(&answers.successes));
        Ok(calls)
    }

    /// What comes at once: what all successes carry, or nothing by some of them, or what the status says.
    fn whole(&mut self, successes: &[Success<'a>]) -> Option<Answer> {
        let all = || successes.iter().filter_map(|one| Some((one, &one.whole.as_ref()?.0)));
        let mut bodies = all().filter(|(_, answer)| answer.kind != AnswerKind::Empty);
        let Some((_, first)) = bodies.next() else { return all().next().map(|(_, answer)| answer.clone()) };
        if bodies.any(|(_, answer)| answer.kind != first.kind) {
            let by_status = all().map(|(success, answer)| success.by_status(answer)).collect();
            return Some(Answer { kind: AnswerKind::ByStatus(by_status), ..first.clone() });
        }
        let empty = all().filter(|(_, answer)| answer.kind == AnswerKind::Empty);
        let empty: Vec<u16> = empty.map(|(_, answer)| answer.status).collect();
        if empty.is_empty() {
            return Some(first.clone());
        }
        Some(Answer { kind: AnswerKind::Optional(Box::new(first.kind.clone()), empty), ..first.clone() })
    }

    /// The first of several, which should be the same.
    fn only<'s>(&mut self, answers: impl Iterator<Item = (&'s Answer, Span)>) -> Option<Answer> {
        let mut first: Option<Answer> = None;
        for (answer, span) in answers {
            match &first {
                None => first = Some(answer.clone()),
                Some(first) if first.kind == answer.kind => {}
                Some(_) => self.left_out(
                    span,
                    "a second answer of another kind under the same media type",
                    "describe both with one schema",
                ),
            }
        }
        first
    }

    /// Other forms, each once.
    fn forms(&mut self, successes: &[Success<'a>]) -> Vec<Call> {
        let mut names: Vec<&Name> = Vec::new();
        for (name, ..) in successes.iter().flat_map(|one| &one.forms) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        let calls = names.into_iter().filter_map(|name| {
            let all = successes.iter().flat_map(|one| &one.forms).filter(|(other, ..)| other == name);
            let answer = self.only(all.map(|(_, answer, span)| (answer, *span)))?;
            Some(Call::InForm(name.clone(), answer))
        });
        calls.collect()
    }

    /// Adds what one successful response can carry: at once, as a stream of events, and in other forms.
    fn success(
        &mut self,
        statuses: Statuses,
        span: Span,
        response: &'a Node,
        prefix: &Name,
        answers: &mut Answers<'a>,
    ) {
        let status = match statuses {
            Statuses::One(status) => status,
            Statuses::Class(_) | Statuses::Default => 200,
        };
        let description = self.text(response, "description").unwrap_or_default().to_owned();
        let text = Text { description, ..Text::default() };
        let mut success = Success { statuses, span, text, whole: None, events: None, forms: Vec::new() };
        let content = self.mapping(response, "content");
        let is_bodiless = matches!(status, 204 | 205);
        if is_bodiless && !content.is_empty() {
            self.left_out(
                span,
                &format!("the body of an answer with status {status}"),
                "HTTP gives it none; use `200`",
            );
        }
        let content = if is_bodiless { Vec::new() } else { self.sendable(content) };
        if content.is_empty() {
            let nothing = Answer { status, media_type: String::new(), kind: AnswerKind::Empty };
            success.whole = Some((nothing, None));
        }
        let (streams, plain): (Vec<_>, Vec<_>) =
            content.into_iter().partition(|(key, media)| self.is_stream(&key.text, media));
        let plain = plain.into_iter();
        if let Some(best @ (key, media)) = plain.clone().min_by_key(|(key, _)| answer_rank(&key.text)) {
            let schema = media.get("schema");
            let kind = match answers.same_as(schema, essence(&key.text).as_str()) {
                Some(kind) => kind,
                None => self.plain_answer(key, media, &answers.prefix(prefix, statuses)),
            };
            let media_type = sent_as(key, &kind);
            success.whole = Some((Answer { status, media_type, kind }, schema));
            let others = plain.filter(|(other, _)| other.text != key.text);
            success.forms = self.other_forms(status, best, others, prefix);
        }
        // Events say more than lines do.
        let best = streams.iter().find(|(key, _)| framing(&key.text) == Some(Framing::Events));
        if let Some(best) = best.or(streams.first()) {
            let (key, media) = best;
            let framing = framing(&key.text).unwrap_or(Framing::Events);
            let kind = self.event_answer(media, framing, prefix);
            success.events = Some(Answer { status, media_type: key.text.clone(), kind });
            for (other, _) in streams.iter().filter(|(other, _)| other.text != key.text) {
                self.left_out(
                    other.span,
                    "another stream of the same answer",
                    "nothing; one of them is enough",
                );
            }
        }
        answers.successes.push(success);
    }

    /// Forms that carry something else than the best one.
    fn other_forms(
        &mut self,
        status: u16,
        (best, best_media): &'a (Key, Node),
        others: impl Iterator<Item = &'a (Key, Node)>,
        prefix: &Name,
    ) -> Vec<(Name, Answer, Span)> {
        let schema = best_media.get("schema");
        let mut forms = Vec::new();
        for (key, media) in others {
            // JSON says all that another spelling of the same schema would, and bytes without a kind may be of that kind.
            let is_spelling = is_json(&essence(&best.text)) && schema.is_some();
            let is_bytes = [best, key].into_iter().any(|key| essence(&key.text) == BYTES);
            if (is_spelling || is_bytes) && same_schema(schema, media.get("schema")) {
                continue;
            }
            let Some(name) = form_name(&key.text) else {
                self.problems.warning(
                    Effect::LeftOut,
                    key.span,
                    format!("the generated client does not read `{}`", docs::plain(&key.text)),
                    "another form of the same answer, without a media type to ask for",
                    format!("it reads `{}`; name the media type", docs::plain(&best.text)),
                );
                continue;
            };
            let name = Name::snake(&name);
            let kind = self.plain_answer(key, media, &prefix.with(Name::pascal(name.as_str()).as_str()));
            forms.push((name, Answer { status, media_type: key.text.clone(), kind }, key.span));
        }
        forms
    }

    fn plain_answer(&mut self, key: &'a Key, media: &'a Node, prefix: &Name) -> AnswerKind {
        let essence = essence(&key.text);
        let schema = media.get("schema");
        let target = schema.and_then(|schema| self.deref(schema));
        let binary = target.and_then(|schema| schema.get("format")).and_then(Node::as_str) == Some("binary");
        if binary {
            return AnswerKind::Download;
        }
        if is_json(&essence) || (essence == "*/*" && schema.is_some_and(|schema| self.is_json_schema(schema)))
        {
            let ty = schema.map_or(Type::Any, |schema| item(self.used(schema, &prefix.with("Response"))));
            return AnswerKind::Json(ty);
        }
        if essence.starts_with("text/") || essence == "application/xml" || essence.ends_with("+xml") {
            return AnswerKind::Text;
        }
        AnswerKind::Download
    }

    /// Whether a form of an answer or a body is a stream of values. Lines whose schema is text are a text of many lines, or a file.
    pub(super) fn is_stream(&self, media_type: &str, media: &'a Node) -> bool {
        let schema = || {
            media
                .get("schema")
                .map(|schema| self.document.resolve(schema).unwrap_or(schema))?
                .get("type")?
                .as_str()
        };
        match framing(media_type) {
            None => false,
            Some(Framing::Events) => true,
            Some(Framing::Lines | Framing::Sequence) => {
                media.get("itemSchema").is_some() || schema() != Some("string")
            }
        }
    }

    /// What a schema says of whole events, where it describes these: an object that has nothing but their fields.
    fn envelope(&mut self, schema: &'a Node) -> Option<Envelope<'a>> {
        let schema = self.deref(schema)?;
        let fields = self.mapping(schema, "properties");
        let is_event = |name: &str| matches!(name, "data" | "event" | "id" | "retry");
        let data = fields.iter().find(|(key, _)| key.text == "data").map(|(_, data)| data)?;
        if fields.iter().any(|(key, _)| !is_event(&key.text)) || schema.get("allOf").is_some() {
            return None;
        }
        let data = self.deref(data).and_then(|data| data.get("contentSchema")).unwrap_or(data);
        let name = fields.iter().find(|(key, _)| key.text == "event").map(|(_, name)| name);
        let values = name.and_then(|name| self.deref(name)).and_then(|name| {
            name.get("enum").map(Node::items).or_else(|| name.get("const").map(std::slice::from_ref))
        });
        let names = values.unwrap_or_default().iter().filter_map(Node::as_str).map(str::to_owned).collect();
        Some(Envelope { data, has_name: name.is_some(), names })
    }

    /// Names of the events that a list of alternatives describes, where each of these is a whole event.
    fn envelopes(&mut self, schema: &'a Node) -> Option<Vec<String>> {
        let schema = self.deref(schema)?;
        let list = ["oneOf", "anyOf"].into_iter().find_map(|key| schema.get(key))?;
        let mut names = Vec::new();
        for part in list.items() {
            let new = self.envelope(part)?.names.into_iter().filter(|name| !names.contains(name));
            names.extend(new.collect::<Vec<_>>());
        }
        (!names.is_empty()).then_some(names)
    }

    /// The schema of one value of a stream. OpenAPI 3.2 tells it from the whole; before, a list stands for the whole.
    pub(super) fn item_schema(&self, media: &'a Node) -> Option<&'a Node> {
        if let Some(item) = media.get("itemSchema") {
            return Some(item);
        }
        let whole = media.get("schema")?;
        let resolved = self.document.resolve(whole).unwrap_or(whole);
        let listed = resolved.get("type").and_then(Node::as_str) == Some("array");
        resolved.get("items").filter(|_| listed).or(Some(whole))
    }

    fn event_answer(&mut self, media: &'a Node, framing: Framing, prefix: &Name) -> AnswerKind {
        let Some(schema) = self.item_schema(media) else {
            return AnswerKind::Events(Type::Any, framing);
        };
        let mut carried = Carried {
            node: schema,
            names: Vec::new(),
            has_any_name: false,
            is_whole: false,
            is_named: false,
        };
        let hint = prefix.with("Event");
        if framing == Framing::Events {
            carried.is_named = true;
            if let Some(names) = self.envelopes(schema) {
                carried = Carried { names, is_whole: true, ..carried };
                return self.carried(carried, framing, &hint);
            }
            if let Some(Envelope { data, has_name, names }) = self.envelope(schema) {
                let inner = Carried {
                    node: data,
                    has_any_name: has_name && names.is_empty(),
                    names,
                    ..carried.clone()
                };
                let ty = self.used(data, &hint).ty;
                let has_type = matches!(self.drafts.resolve(&ty), Type::Named(id)
                    if !matches!(self.drafts.kind(id), Some(draft::Kind::Enum(_) | draft::Kind::Id)));
                // What has no type of its own cannot say which events carry it.
                carried = if has_type || !has_name {
                    inner
                } else {
                    Carried { is_whole: true, names: inner.names, ..carried }
                };
            }
        }
        self.carried(carried, framing, &hint)
    }

    fn carried(&mut self, carried: Carried<'a>, framing: Framing, hint: &Name) -> AnswerKind {
        let schema = carried.node;
        let used = self.used(schema, hint);
        // Text in an event is not quoted, whatever it stands for.
        let is_text = match self.drafts.resolve(&used.ty) {
            Type::Uuid | Type::Timestamp | Type::Date | Type::Base64 | Type::UnixMillis => true,
            Type::Named(id) => matches!(self.drafts.kind(id), Some(draft::Kind::Enum(_) | draft::Kind::Id)),
            _ => false,
        };
        if is_text {
            return AnswerKind::Events(Type::String, framing);
        }
        if let (Type::Named(id), Some(node)) = (&used.ty, self.deref(schema)) {
            self.events.push((*id, Carried { node, ..carried }));
        }
        AnswerKind::Events(used.ty, framing)
    }
}

impl Answers<'_> {
    /// What an operation answers that has no success: it leads elsewhere.
    fn instead(&self) -> Option<Answer> {
        let answer = |status, kind| Answer { status, media_type: String::new(), kind };
        match self.redirects.first() {
            _ if !self.successes.is_empty() => None,
            Some((status, _)) => Some(answer(*status, AnswerKind::Redirect)),
            None => self.upgrades.map(|_| answer(101, AnswerKind::Upgrade)),
        }
    }

    /// The body of an earlier success that has the same schema, so that there is one type for both.
    fn same_as(&self, schema: Option<&Node>, essence: &str) -> Option<AnswerKind> {
        let earlier = self.successes.iter().filter_map(|success| success.whole.as_ref());
        let mut same = earlier.filter(|(answer, other)| {
            self::essence(&answer.media_type) == essence && schema.is_some() && same_schema(*other, schema)
        });
        same.next().map(|(answer, _)| answer.kind.clone())
    }

    /// What begins the name of a type that a success carries: for the first one nothing tells that there are others.
    fn prefix(&self, prefix: &Name, statuses: Statuses) -> Name {
        let is_first = self
            .successes
            .iter()
            .all(|one| one.whole.as_ref().is_none_or(|(answer, _)| answer.kind == AnswerKind::Empty));
        if is_first { prefix.clone() } else { prefix.with(&variant(statuses)) }
    }
}

impl Success<'_> {
    fn by_status(&self, answer: &Answer) -> StatusAnswer {
        let name = Name::known(&variant(self.statuses));
        StatusAnswer { name, statuses: self.statuses, text: self.text.clone(), answer: answer.clone() }
    }
}

/// What a body goes out as.
fn sent_as(key: &Key, kind: &AnswerKind) -> String {
    let media_type = match (key.text.contains('*'), kind) {
        (true, AnswerKind::Json(_)) => "application/json",
        (true, _) => BYTES,
        (false, _) => &key.text,
    };
    media_type.to_owned()
}

/// What HTTP calls a successful status, as the name of a variant.
fn variant(statuses: Statuses) -> String {
    let Statuses::One(status) = statuses else { return "Success".to_owned() };
    let reason = match status {
        200 => "Ok",
        201 => "Created",
        202 => "Accepted",
        203 => "NonAuthoritative",
        204 => "NoContent",
        205 => "ResetContent",
        206 => "PartialContent",
        207 => "MultiStatus",
        208 => "AlreadyReported",
        226 => "ImUsed",
        _ => return format!("Status{status}"),
    };
    reason.to_owned()
}

fn kind(status: &str) -> Option<Kind> {
    if status == "default" {
        return Some(Kind::Failure(Statuses::Default));
    }
    let class = status.chars().next()?.to_digit(10)? as u16;
    let wildcard = status.len() == 3 && status[1..].eq_ignore_ascii_case("xx");
    let code = status.parse::<u16>().ok().filter(|code| (100..600).contains(code));
    match (class, code, wildcard) {
        (2, None, true) => Some(Kind::Success(Statuses::Class(2))),
        (2, Some(code), _) => Some(Kind::Success(Statuses::One(code))),
        (1, Some(101), _) => Some(Kind::Upgrade),
        (1, Some(_), _) | (1, None, true) | (3, Some(304), _) => Some(Kind::Interim),
        (3, Some(code), _) => Some(Kind::Redirect(code)),
        (3, None, true) => Some(Kind::Redirect(302)),
        (4 | 5, None, true) => Some(Kind::Failure(Statuses::Class(class))),
        (4 | 5, Some(code), _) => Some(Kind::Failure(Statuses::One(code))),
        _ => None,
    }
}
