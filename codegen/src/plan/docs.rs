//! All documentation that depends on the document: its texts made safe, names of the document turned into links to what they
//! became, routes, errors, decisions.

use super::Plan;
use super::claims::RouteNames;
use super::methods;
use super::parts::PartNames;
use crate::Decision;
use crate::carried;
use crate::docs::{self, Docs, code, wrap};
use crate::ir::{
    Answer, AnswerKind, Api, BodyKind, Origin, Receiver, Route, Statuses, Text, Type, TypeId, TypeKind,
};
use crate::names::Name;
use std::cell::RefCell;
use std::collections::{HashMap, HashSet};

/// Where a text stands, which says what the names in it mean.
#[derive(Clone, Copy)]
pub(super) enum Here<'a> {
    /// At nothing that has names inside.
    Nowhere,
    /// At a type or one of its fields.
    Type(TypeId),
    /// At a field of a struct of parameters.
    Params(&'a Route, &'a RouteNames),
    /// At a field of a struct of parts.
    Form(&'a Route, &'a RouteNames),
    /// At a method.
    Route(&'a Route, &'a RouteNames),
}

/// What names of the document became.
pub(super) struct Index<'a> {
    /// The places of routes by their ids.
    routes: HashMap<&'a str, usize>,
    /// Component schemas.
    schemas: HashMap<&'a str, TypeId>,
    /// Decisions that have a page to link to.
    decisions: HashSet<&'a str>,
    /// Errors that nearly every route can answer, so that they are documented once.
    shared: Vec<(Statuses, Type)>,
}

impl<'a> Index<'a> {
    pub(super) fn new(api: &'a Api, decisions: &'a [Decision]) -> Self {
        let operations = api.routes.iter().enumerate().filter(|(_, route)| route.form_of.is_none());
        let ids = operations.filter_map(|(at, route)| Some((route.id.as_deref()?, at)));
        let schemas = api.types.iter().filter_map(|(id, def)| Some((def.component.as_deref()?, *id)));
        Self {
            routes: ids.collect(),
            schemas: schemas.collect(),
            decisions: decisions.iter().map(|decision| decision.id.as_str()).collect(),
            shared: shared_failures(api),
        }
    }
}

/// What nearly every route of several can fail with, in the order of the first one that can.
fn shared_failures(api: &Api) -> Vec<(Statuses, Type)> {
    let failures = || api.routes.iter().flat_map(|route| &route.failures);
    let mut counts = HashMap::new();
    for failure in failures() {
        *counts.entry(failure).or_insert(0) += 1;
    }
    let all = api.routes.len();
    counts.retain(|_, count| all > 1 && *count >= all - all / 10);
    // Each where it is first.
    failures().filter(|failure| counts.remove(*failure).is_some()).cloned().collect()
}

/// Documentation of one item while it is put together: paragraphs, and below them where their links lead.
struct Page<'a> {
    plan: &'a Plan<'a>,
    here: Here<'a>,
    lines: Docs,
    links: RefCell<Vec<(String, String)>>,
}

impl<'a> Page<'a> {
    fn new(plan: &'a Plan<'a>, here: Here<'a>) -> Self {
        Self { plan, here, lines: Docs::new(), links: RefCell::new(Vec::new()) }
    }

    fn paragraph(&mut self, text: &str) {
        paragraph(&mut self.lines, text);
    }

    /// Summary and description, each once.
    fn describe(&mut self, text: &Text) {
        let summary = docs::sanitise_line(&text.summary);
        if !summary.is_empty() {
            let dot = if summary.ends_with(['.', '!', '?', ':']) { "" } else { "." };
            self.lines.push(format!("{summary}{dot}"));
        }
        let description = self.safe(&text.description);
        if description.first() != self.lines.first() && !description.is_empty() {
            if !self.lines.is_empty() {
                self.lines.push(String::new());
            }
            self.lines.extend(description);
        }
    }

    /// A text of the document, with links.
    fn safe(&self, text: &str) -> Docs {
        let span = |name: &str| {
            let Meaning { name, path } = self.plan.meaning(name, self.here)?;
            Some(match path {
                Some(path) => self.link(&name, &path),
                None => format!("`{name}`"),
            })
        };
        docs::sanitise(text, &span)
    }

    /// A link with the name alone in the text and the path below it.
    fn link(&self, name: &str, path: &str) -> String {
        let mut links = self.links.borrow_mut();
        match links.iter().find(|(known, _)| known == name) {
            Some((_, known)) if known != path => return format!("[`{name}`]({path})"),
            Some(_) => {}
            None => links.push((name.to_owned(), path.to_owned())),
        }
        format!("[`{name}`]")
    }

    fn type_link(&self, ty: &Type) -> Option<String> {
        let Type::Named(id) = ty else { return None };
        let name = self.plan.claims.of(*id).name.as_str();
        Some(self.link(name, &format!("crate::models::{name}")))
    }

    fn decisions(&mut self, text: &Text) {
        let decision = |id: &String| match self.plan.index.decisions.contains(id.as_str()) {
            true => self.link(id, &format!("crate::decisions#{}", id.to_lowercase())),
            false => code(id),
        };
        let ids: Vec<String> = text.decisions.iter().map(decision).collect();
        if !ids.is_empty() {
            let noun = if ids.len() == 1 { "decision" } else { "decisions" };
            self.paragraph(&format!("Sources disagree: {noun} {}.", ids.join(", ")));
        }
    }

    /// Statuses by what they carry: "`401` and `404` with `ErrorDetail`".
    fn errors(&self, failures: &[(Statuses, Type)]) -> Option<String> {
        let mut parts: Vec<(String, Vec<Statuses>)> = Vec::new();
        for (status, ty) in failures {
            let Some(link) = self.type_link(ty) else { continue };
            match parts.iter_mut().find(|(known, _)| *known == link) {
                Some((_, list)) => list.push(*status),
                None => parts.push((link, vec![*status])),
            }
        }
        let parts: Vec<String> =
            parts.into_iter().map(|(link, list)| format!("{} with {link}", statuses(&list))).collect();
        (!parts.is_empty()).then(|| parts.join("; "))
    }

    /// Headers of a route's answers, with links to their constants. Many routes have the same, so a line has to do.
    fn headers(&self, route: &Route) -> Option<String> {
        let names = route.headers.iter().filter_map(|at| self.plan.claims.headers.get(*at));
        let links: Vec<String> =
            names.map(|name| format!("[`{0}`](crate::headers::{0})", name.as_str())).collect();
        (!links.is_empty()).then(|| links.join(", "))
    }

    fn finish(mut self) -> Docs {
        let links = self.links.into_inner();
        if !links.is_empty() {
            self.lines.push(String::new());
        }
        self.lines.extend(links.into_iter().map(|(name, path)| format!("[`{name}`]: {path}")));
        self.lines
    }
}

impl Plan<'_> {
    /// What the document says about something, or the fallback where it says nothing. That may be empty, too.
    pub(super) fn docs(&self, text: &Text, here: Here<'_>, fallback: &str) -> Docs {
        let mut page = Page::new(self, here);
        page.describe(text);
        if !text.numbers.is_empty() {
            let numbers: Vec<String> = text.numbers.iter().map(|number| code(number)).collect();
            page.paragraph(&format!("Known values: {}.", numbers.join(", ")));
        }
        if let Some(default) = &text.default {
            page.paragraph(&format!("Default: {}.", code(default)));
        }
        page.decisions(text);
        if page.lines.is_empty() && !fallback.is_empty() {
            page.lines.push(fallback.to_owned());
        }
        page.finish()
    }

    /// What the document says about a field or parameter. Where it says nothing, the name on the wire, unless that is the
    /// field's own.
    pub(super) fn field_docs(&self, text: &Text, here: Here<'_>, name: &Name, wire: &str) -> Docs {
        let fallback = if name.as_str() == wire { String::new() } else { code(wire) };
        self.docs(text, here, &fallback)
    }

    /// What the document says to those who use something deprecated: the sentence about it, if there is one.
    pub(super) fn deprecation(&self, text: &Text, here: Here<'_>) -> String {
        let advises = |sentence: &&str| {
            ["Use ", "Prefer "].iter().any(|word| sentence.starts_with(word))
                || [" instead", "eprecated", "eplaced by"].iter().any(|word| sentence.contains(word))
        };
        let paragraphs = [&text.description, &text.summary].into_iter().flat_map(|text| text.split("\n\n"));
        let sentence = paragraphs
            .map(|words| words.split_whitespace().collect::<Vec<_>>().join(" "))
            .find_map(|words| words.split_inclusive(". ").map(str::trim).find(advises).map(str::to_owned));
        match sentence {
            Some(sentence) => docs::plain(&self.spelt(&sentence, here)),
            None => "the API's own document calls this deprecated".to_owned(),
        }
    }

    /// A text in which names of the document are spelt as in Rust.
    fn spelt(&self, text: &str, here: Here<'_>) -> String {
        let mut spelt = String::new();
        for (at, part) in text.split('`').enumerate() {
            let name = if at % 2 == 1 { self.meaning(part, here) } else { None };
            let part = name.map_or_else(|| part.to_owned(), |meaning| meaning.name);
            spelt.push_str(if at == 0 { "" } else { "`" });
            spelt.push_str(&part);
        }
        spelt
    }

    /// What a name means where it stands: first what is near.
    fn meaning(&self, name: &str, here: Here<'_>) -> Option<Meaning> {
        let near = match here {
            Here::Nowhere => None,
            Here::Type(id) => self.property(name, id),
            // Structs that are alike share their text.
            Here::Params(route, names) => parameter(name, route, names).map(Meaning::of_self),
            Here::Form(route, names) => parameter(name, route, names),
            Here::Route(route, names) => parameter(name, route, names).or_else(|| self.carried(name, route)),
        };
        near.or_else(|| self.operation(name)).or_else(|| self.schema(name))
    }

    fn property(&self, name: &str, id: TypeId) -> Option<Meaning> {
        let TypeKind::Struct(object) = &self.api.types.get(&id)?.kind else { return None };
        let at = object.fields.iter().position(|field| field.wire == name)?;
        let names = self.claims.of(id);
        Some(Meaning::inside(&format!("crate::models::{}", names.name.as_str()), names.members.get(at)?))
    }

    /// A property of a route's body or answer. Where several answers have one of that name, it is none in particular.
    fn carried(&self, name: &str, route: &Route) -> Option<Meaning> {
        let property = |ty: &Type| match ty {
            Type::Named(id) => self.property(name, *id),
            _ => None,
        };
        let body = route.body.iter().find_map(|body| match &body.kind {
            BodyKind::Json(ty) | BodyKind::Form(ty, _) => property(ty),
            BodyKind::Text | BodyKind::Bytes | BodyKind::Multipart(_) | BodyKind::Records(..) => None,
        });
        body.or_else(|| carried::answers(route).into_iter().filter_map(property).reduce(Meaning::or))
    }

    fn operation(&self, name: &str) -> Option<Meaning> {
        let names = self.claims.routes.get(*self.index.routes.get(name)?)?;
        Some(Meaning::inside(&format!("crate::{}", names.of_trait), names.calls.first()?))
    }

    fn schema(&self, name: &str) -> Option<Meaning> {
        let id = self.index.schemas.get(name)?;
        Some(Meaning::inside("crate::models", &self.claims.of(*id).name))
    }

    /// The documentation of the trait of receivers.
    pub(super) fn receivers_docs(&self) -> Docs {
        let mut page = Page::new(self, Here::Nowhere);
        page.paragraph("What the service sends, one method each.");
        let not_implemented = page.link("Error::NotImplemented", "crate::Error::NotImplemented");
        page.paragraph(&format!(
            "The sender learns that a request was taken when a method returns an answer, and that it failed when it returns \
             an error: then most senders try again, so the same request may come twice. A sender that hangs up ends \
             the method at its next `.await`. What an implementation does not write fails with {not_implemented}."
        ));
        page.finish()
    }

    /// The documentation of a part's trait.
    pub(super) fn part_docs(&self, names: &PartNames) -> Docs {
        let mut page = Page::new(self, Here::Nowhere);
        if let Some(text) = self.api.groups.get(&names.group) {
            page.describe(text);
        }
        let api = page.link("Api", "crate::Api");
        page.paragraph(&format!(
            "The operations of {}, one method each; {api} says what holds for all operations. Needs the feature {}.",
            code(&names.group),
            code(&names.feature),
        ));
        page.finish()
    }

    /// The documentation of the trait that sums those of all parts.
    pub(super) fn sum_docs(&self) -> Docs {
        let mut page = Page::new(self, Here::Nowhere);
        page.paragraph("The operations of all tags whose features are on.");
        let prelude = page.link("prelude", "crate::prelude");
        page.paragraph(&format!(
            "Whatever implements the trait of each tag implements it, like the client. The methods are those of the other \
             traits: {prelude} has them all."
        ));
        self.what_holds_for_all(&mut page);
        page.finish()
    }

    /// The documentation of the trait: what holds for all operations.
    pub(super) fn trait_docs(&self) -> Docs {
        let mut page = Page::new(self, Here::Nowhere);
        page.paragraph("The operations, one method each.");
        self.what_holds_for_all(&mut page);
        page.finish()
    }

    fn what_holds_for_all(&self, page: &mut Page<'_>) {
        let not_implemented = page.link("Error::NotImplemented", "crate::Error::NotImplemented");
        page.paragraph(&format!(
            "The client is one implementation; a fake for tests, a decorator or a server's handler is another. What an \
             implementation does not write fails with {not_implemented}, so a new operation breaks none. Methods that walk \
             all pages are built on the others."
        ));
        if let Some(text) = page.errors(&self.index.shared) {
            page.paragraph("# Errors");
            let error = page.link("Error", "crate::Error");
            let body = page.link("ErrorBody", "crate::ErrorBody");
            page.paragraph(&format!(
                "Every method can fail with an {error}. What the server then says is an {body}: {text}. Methods mention \
                 what differs."
            ));
        }
    }

    /// The documentation of a route's first method.
    pub(super) fn route_docs(&self, route: &Route, names: &RouteNames) -> Docs {
        if let Some(first) = route.form_of.and_then(|at| self.claims.routes.get(at)?.calls.first()) {
            return self.body_form_docs((route, names), first);
        }
        let mut page = self.route_page(route, names, &self.index.shared);
        if route.body.as_ref().is_some_and(|body| body.required && body.nullable) {
            page.paragraph("`None` is sent as `null`.");
        }
        page.paragraph(&where_to(route));
        page.finish()
    }

    /// The documentation of a receiver's first method, which listens at `path` by default.
    pub(super) fn receiver_docs(&self, receiver: &Receiver, names: &RouteNames, path: &str) -> Docs {
        let mut page = self.route_page(&receiver.route, names, &[]);
        let origin = match &receiver.origin {
            Origin::Webhook { name } => format!("Webhook {}", code(name)),
            Origin::Callback { name, route } => {
                let names = self.claims.routes.get(*route);
                let of = names.and_then(|names| Some((&names.of_trait, names.calls.first()?)));
                let of = of.map_or_else(String::new, |(of_trait, of)| {
                    let path = format!("crate::{of_trait}::{}", of.as_str());
                    format!(" of {}", page.link(of.as_str(), &path))
                });
                format!("Callback {}{of}, sent to {}", code(name), code(&receiver.route.path))
            }
        };
        let verb = methods::verb(receiver.route.method);
        page.paragraph(&format!("{origin}; by default at {}.", code(&format!("{verb} {path}"))));
        page.finish()
    }

    /// What the document says about a route. `shared`: errors that its trait speaks of.
    fn route_page<'p>(
        &'p self,
        route: &'p Route,
        names: &'p RouteNames,
        shared: &[(Statuses, Type)],
    ) -> Page<'p> {
        let mut page = Page::new(self, Here::Route(route, names));
        page.describe(&route.text);
        let has_all = shared.iter().all(|failure| route.failures.contains(failure));
        let own = route.failures.iter().filter(|failure| !has_all || !shared.contains(failure));
        let own: Vec<_> = own.cloned().collect();
        match page.errors(&own) {
            Some(text) => page.paragraph(&format!("Errors: {}{text}.", if has_all { "" } else { "only " })),
            None if own.is_empty() && !has_all => page.paragraph("Errors: none that the document declares."),
            None => {}
        }
        if let Some(text) = page.headers(route) {
            page.paragraph(&format!("Headers: {text}."));
        }
        page.decisions(&route.text);
        for (name, param) in names.path.iter().zip(&route.path_params) {
            if let Some(first) = docs::first_paragraph(&page.safe(&param.text.description)) {
                page.paragraph(&format!("`{}`: {first}", name.as_str()));
            }
        }
        page
    }

    /// The documentation of a method that streams what another answers at once.
    pub(super) fn stream_docs(
        &self,
        (route, names): (&Route, &RouteNames),
        answer: &Answer,
        whole: &Name,
    ) -> Docs {
        let mut page = Page::new(self, Here::Route(route, names));
        let event = match &answer.kind {
            AnswerKind::Events(ty, _) => page.type_link(ty),
            _ => None,
        };
        let what = event.map_or_else(|| "events".to_owned(), |link| format!("{link} events"));
        let whole = page.link(whole.as_str(), &format!("Self::{}", whole.as_str()));
        page.paragraph(&format!("Streams the answer of {whole} as {what} while the server writes it."));
        page.paragraph(&where_to(route));
        page.finish()
    }

    /// The documentation of a method that gets in another form what another one answers.
    pub(super) fn form_docs(
        &self,
        (route, names): (&Route, &RouteNames),
        answer: &Answer,
        usual: &Name,
    ) -> Docs {
        let mut page = Page::new(self, Here::Route(route, names));
        let usual = page.link(usual.as_str(), &format!("Self::{}", usual.as_str()));
        page.paragraph(&format!("The answer of {usual} as {}.", code(&answer.media_type)));
        page.paragraph(&where_to(route));
        page.finish()
    }

    /// The documentation of a method that sends what another one sends, in another form.
    fn body_form_docs(&self, (route, names): (&Route, &RouteNames), first: &Name) -> Docs {
        let mut page = Page::new(self, Here::Route(route, names));
        let first = page.link(first.as_str(), &format!("Self::{}", first.as_str()));
        let form = route.body.as_ref().map_or("", |body| &body.media_type);
        page.paragraph(&format!("The same as {first}, with a body in the form of {}.", code(form)));
        page.paragraph(&where_to(route));
        page.finish()
    }

    /// The documentation of what is answered by some statuses.
    pub(super) fn answer_docs(&self, text: &Text, here: Here<'_>, statuses: &str) -> Docs {
        let mut page = Page::new(self, here);
        page.describe(text);
        page.paragraph(statuses);
        page.finish()
    }

    /// The documentation of a method that walks all pages.
    pub(super) fn walk_docs(&self, route: &Route, page_method: &Name) -> Docs {
        let mut page = Page::new(self, Here::Nowhere);
        let method = page.link(page_method.as_str(), &format!("Self::{}", page_method.as_str()));
        page.paragraph(&format!("All items of {method}, page by page as they are needed."));
        page.paragraph(&where_to(route));
        page.finish()
    }
}

fn parameter(name: &str, route: &Route, names: &RouteNames) -> Option<Meaning> {
    if let Some(at) = route.path_params.iter().position(|param| param.wire == name) {
        return Some(Meaning { name: names.path.get(at)?.as_str().to_owned(), path: None });
    }
    let params = names.params.as_ref()?;
    let at = route.params.iter().position(|param| param.wire == name)?;
    Some(Meaning::inside(&format!("crate::params::{}", params.name.as_str()), params.fields.get(at)?))
}

/// What a name of the document is in Rust.
struct Meaning {
    name: String,
    /// Where it is documented.
    path: Option<String>,
}

impl Meaning {
    fn inside(parent: &str, name: &Name) -> Self {
        let name = name.as_str();
        Self { name: name.to_owned(), path: Some(format!("{parent}::{name}")) }
    }

    /// The same as a part of the item that speaks of it.
    fn of_self(self) -> Self {
        let path = self.path.and_then(|path| Some(format!("Self::{}", path.rsplit_once("::")?.1)));
        Self { path, ..self }
    }

    /// One of the two: what is known of it is what they have in common.
    fn or(self, other: Self) -> Self {
        let path = self.path.filter(|path| other.path.as_ref() == Some(path));
        Self { path, ..self }
    }
}

/// The documentation of the crate, where it comes from the document.
pub(super) fn of_crate(api: &Api) -> Docs {
    let version = docs::sanitise_line(&api.version);
    let mut lines = vec![format!("{}, version {version}.", docs::sanitise_line(&api.text.summary))];
    let description = docs::sanitise(&api.text.description, &|_| None);
    if !description.is_empty() {
        lines.push(String::new());
        lines.extend(description);
    }
    lines
}

/// A page with a section for each decision: what its sources say, what was decided and why.
pub(super) fn of_decisions(decisions: &[Decision]) -> Docs {
    let mut lines = Docs::new();
    let safe = |text: &str| docs::sanitise_line(text);
    paragraph(&mut lines, "What was decided where the sources of this API's document disagree.");
    for decision in decisions {
        paragraph(&mut lines, &format!("# {}", safe(&decision.id)));
        let places: Vec<String> = decision.places.iter().map(|place| code(place)).collect();
        wrap(&format!("{} at {}:", safe(&decision.kind), places.join(", ")), &mut lines);
        let mut points: Vec<String> =
            decision.says.iter().map(|(source, says)| format!("{}: {}", safe(source), code(says))).collect();
        if !decision.decided.is_empty() {
            points.push(format!("here: {}", code(&decision.decided)));
        }
        if !decision.reason.is_empty() {
            points.push(format!("why: {}", safe(&decision.reason)));
        }
        if !decision.evidence.is_empty() {
            let evidence: Vec<String> = decision.evidence.iter().map(|source| safe(source)).collect();
            points.push(format!("evidence: {}", evidence.join("; ")));
        }
        points.iter().for_each(|point| item(&mut lines, point));
    }
    lines
}

/// "`401`, `404` and any other failure"
pub(super) fn statuses(list: &[Statuses]) -> String {
    let list: Vec<String> = list
        .iter()
        .map(|statuses| match statuses {
            Statuses::One(code) => format!("`{code}`"),
            Statuses::Class(class) => format!("`{class}XX`"),
            Statuses::Default => "any other failure".to_owned(),
        })
        .collect();
    match &list[..] {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// The verb and the route, as the document writes them, so that one search finds all.
fn where_to(route: &Route) -> String {
    code(&format!("{} {}", methods::verb(route.method), route.path))
}

/// An item of a list: what follows its first line stands below that.
fn item(lines: &mut Docs, text: &str) {
    let mut broken = Docs::new();
    wrap(&format!("- {text}"), &mut broken);
    let rest = broken.iter().skip(1).map(|line| format!("  {line}"));
    lines.extend(broken.first().cloned());
    lines.extend(rest);
}

fn paragraph(lines: &mut Docs, text: &str) {
    if !lines.is_empty() {
        lines.push(String::new());
    }
    wrap(text, lines);
}
