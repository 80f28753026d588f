//! Document and sources, joined: for each place of the document, what it says and what each source says.
//!
//! In: the document, the statements of all sources, the renamings of the ledger. Out: [`Facts`]. Nothing is judged here.

use super::ledger::Ledger;
use super::schema::{Schema, general};
use super::statement::{Category, Item, Said, Statement};
use codegen::diagnostics::Span;
use codegen::document::{Document, Operation, Parameter, variables, words};
use codegen::parse::Node;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// What can be said of a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Aspect {
    /// Whether it is there.
    Presence,
    /// What goes before the path.
    Prefix,
    /// How it is called.
    Name,
    /// JSON type.
    Type,
    /// What OpenAPI calls format.
    Format,
    /// Whether it may be left out.
    Required,
    /// Whether it may be null.
    Nullable,
    /// Values of an enumeration.
    Values,
    /// What it is when left out.
    Default,
    /// Status of success.
    Status,
    /// Media types of the response.
    Media,
    /// Further spellings that are read.
    Spellings,
    /// Smallest, greatest and the like.
    Limits,
}

/// What is said of one aspect of one place.
pub struct Fact {
    /// What the document says.
    pub spec: String,
    /// What sources say.
    pub says: Vec<Says>,
}

/// One source's word.
pub struct Says {
    /// Which source.
    pub source: usize,
    /// What it says.
    pub value: String,
    /// Where.
    pub span: Span,
}

/// What is talked about: an operation, a parameter, a response, a property.
pub struct Place {
    /// `getMessage`, `getMessage(id)`, `getMessage 404`, `Message.sender`.
    pub name: String,
    /// Operation or schema that it belongs to.
    pub owner: String,
    /// Where the document says it, or where it would.
    pub span: Span,
    /// The node that carries `x-decisions` for it; `None` for what the document leaves out.
    pub carrier: Option<Span>,
    /// What the value is made of, where that is a component or has no type: `Citation`, `any`.
    pub holds: Option<String>,
    /// What is said.
    pub facts: BTreeMap<Aspect, Fact>,
}

/// Everything that is said.
#[derive(Default)]
pub struct Facts {
    /// All places in the document's order.
    pub places: Vec<Place>,
    /// For each item of the sources, the facts that it speaks to.
    pub spoken: BTreeMap<usize, Vec<(usize, Aspect)>>,
    /// Components that nothing refers to.
    pub unused: Vec<(String, Span)>,
    /// Routes that the document's `x-source` ascribes to the wrong pages.
    pub ascribed: Vec<Ascribed>,
    /// Ids that the document's `x-decisions` name, by the node that has them.
    pub decisions: BTreeMap<Span, (Span, BTreeSet<String>)>,
    index: HashMap<String, usize>,
}

/// A route and a page that prints it without being named, or is named without printing it.
pub struct Ascribed {
    /// Method and path.
    pub route: String,
    /// Where the document names its pages.
    pub span: Span,
    /// The page.
    pub source: usize,
    /// Where the page prints it, if it does.
    pub printed: Option<Span>,
}

/// Owner of what holds for the whole document.
pub const GENERAL: &str = "";

/// Keywords that bound a value.
const LIMITS: &[&str] = &["minimum", "maximum", "minLength", "maxLength", "pattern", "minItems", "maxItems"];

/// Joins document and sources.
pub fn join(document: &Document<'_>, said: &[Said], ledger: &Ledger) -> Facts {
    let (facts, seen, used) = (Facts::default(), BTreeSet::new(), BTreeSet::new());
    let mut join = Join { document, ledger, facts, seen, used };
    for (name, span, said) in general(document) {
        let place = join.place(&name, GENERAL, span, None);
        join.spec(place, Aspect::Presence, &said);
    }
    let mut found = vec![false; said.len()];
    for operation in document.operations() {
        let prefixes = document.prefixes(&operation);
        let (method, path) = (operation.verb.text.to_uppercase(), &operation.path.text);
        let mut matching = Vec::new();
        for (index, said) in said.iter().enumerate() {
            let prefix =
                prefixes.iter().find(|prefix| said.method == method && same_path(&said.path, prefix, path));
            if let Some(prefix) = prefix {
                found[index] = true;
                matching.push((said, prefix.as_str()));
            }
        }
        join.operation(&operation, &prefixes, &matching);
    }
    for (said, found) in said.iter().zip(found) {
        if !found {
            join.unknown_operation(said);
        }
    }
    for place in &mut join.facts.places {
        place.summarise();
    }
    let unused = document.schemas().filter(|(name, _)| !join.used.contains(name.text.as_str()));
    join.facts.unused = unused.map(|(name, node)| (name.text.clone(), node.span)).collect();
    join.facts
}

struct Join<'a> {
    document: &'a Document<'a>,
    ledger: &'a Ledger,
    facts: Facts,
    /// Objects that were walked; without statements once is enough.
    seen: BTreeSet<String>,
    /// Components that something refers to.
    used: BTreeSet<&'a str>,
}

impl<'a> Join<'a> {
    fn operation(&mut self, operation: &Operation<'a>, prefixes: &[String], said: &[(&Said, &str)]) {
        let node = operation.node;
        let id = node.get("operationId").and_then(Node::as_str).unwrap_or_default();
        self.carrier(node);
        let place = self.place(id, id, node.span, Some(node.span));
        let present: BTreeSet<usize> = said.iter().map(|(said, _)| said.source).collect();
        let deprecated = node.get("deprecated").and_then(Node::as_bool) == Some(true);
        // Pages say the route by printing it; where none does, the decision says it.
        let method = operation.verb.text.to_uppercase();
        let shown =
            if said.is_empty() { format!("{method} {}", operation.path.text) } else { "present".to_owned() };
        self.spec(place, Aspect::Presence, &if deprecated { format!("{shown}, deprecated") } else { shown });
        for source in 0..self.ledger.sources.len() {
            if !present.contains(&source) {
                self.silent(place, source, Span::default());
            }
        }
        self.spec(place, Aspect::Prefix, &prefixes.join(", "));
        for (said, prefix) in said {
            self.says(place, Aspect::Presence, said.source, "present", said.span, Some(said.item));
            self.says(place, Aspect::Prefix, said.source, prefix, said.span, Some(said.item));
        }
        self.ascriptions(node, said);
        self.parameters(id, operation, said);
        if let Some(body) = node.get("requestBody").and_then(|body| self.document.resolve(body).ok()) {
            let statements: Vec<&Statement> = said.iter().flat_map(|(said, _)| &said.request).collect();
            let required = body.get("required").and_then(Node::as_bool) == Some(true);
            let media: Vec<&str> = body
                .get("content")
                .map_or(&[][..], Node::entries)
                .iter()
                .map(|(media, _)| media.text.as_str())
                .collect();
            let own = self.place(&format!("{id} request"), id, body.span, None);
            self.spec(own, Aspect::Presence, if required { "present" } else { "present, optional" });
            self.spec(own, Aspect::Media, &media.join(", "));
            for (said, _) in said {
                if said.request.is_empty() {
                    self.silent(own, said.source, said.span);
                } else {
                    self.says(own, Aspect::Presence, said.source, "present", said.span, None);
                    self.says(own, Aspect::Media, said.source, "application/json", said.span, None);
                }
            }
            self.bodies(body, &format!("{id} request"), &statements);
        }
        self.responses(id, place, node, said);
    }

    /// Compares the routes of `x-source` with what pages print.
    fn ascriptions(&mut self, node: &'a Node, said: &[(&Said, &str)]) {
        for entry in node.get("x-source").map_or(&[][..], Node::items) {
            let Some((method, path)) =
                entry.get("route").and_then(Node::as_str).and_then(|text| text.split_once(' '))
            else {
                continue;
            };
            let tags: Vec<&str> = entry
                .get("documented")
                .map_or(&[][..], Node::items)
                .iter()
                .filter_map(Node::as_str)
                .collect();
            for (source, name) in self.ledger.sources.iter().enumerate() {
                let printed = said.iter().find(|(said, _)| {
                    said.source == source && said.method == method && same_path(&said.path, "", path)
                });
                let printed = printed.map(|(said, _)| said.span);
                if printed.is_some() != tags.contains(&name.tag.as_str()) {
                    let route = format!("{method} {path}");
                    self.facts.ascribed.push(Ascribed { route, span: entry.span, source, printed });
                }
            }
        }
    }

    fn unknown_operation(&mut self, said: &Said) {
        let name = format!("{} {}", said.method, said.path);
        let place = self.place(&name, &name, Span::default(), None);
        self.spec(place, Aspect::Presence, "absent");
        self.says(place, Aspect::Presence, said.source, "present", said.span, Some(said.item));
        let parts = said.parameters.iter().chain(&said.request);
        let responses = said.responses.iter().flat_map(|response| &response.body);
        let statuses = said.responses.iter().filter_map(|response| response.status.map(|(_, item)| item));
        for item in parts.chain(responses).flat_map(Statement::all_items).chain(statuses) {
            self.facts.spoken.entry(item).or_default().push((place, Aspect::Presence));
        }
    }

    fn parameters(&mut self, id: &str, operation: &Operation<'a>, said: &[(&Said, &str)]) {
        let node = operation.node;
        let own: Vec<&str> = variables(&operation.path.text).collect();
        let mut used: Vec<Vec<bool>> =
            said.iter().map(|(said, _)| vec![false; said.parameters.len()]).collect();
        for Parameter { node: parameter, name, location } in self.document.parameters(operation) {
            let in_path = location == "path";
            self.carrier(parameter);
            // The name of a path parameter is not on the wire, so the method's documentation speaks of it.
            let carrier = if in_path { node.span } else { parameter.span };
            let place = self.place(&format!("{id}({name})"), id, parameter.span, Some(carrier));
            let schema = Schema::new(self.document, parameter.get("schema").unwrap_or(parameter));
            let required = parameter.get("required").and_then(Node::as_bool) == Some(true);
            let elsewhere = !matches!(location, "path" | "query");
            self.spec(place, Aspect::Presence, if elsewhere { "present elsewhere" } else { "present" });
            let position = own.iter().position(|placeholder| *placeholder == name);
            let mut statements = Vec::new();
            for (index, (said, _)) in said.iter().enumerate() {
                let printed = match position.and_then(|position| variables(&said.path).nth(position)) {
                    Some(printed) => printed.to_owned(),
                    None => self.ledger.printed(said.source, &format!("{id}({name})"), name),
                };
                match said.parameters.iter().position(|statement| statement.name == printed) {
                    Some(at) => {
                        used[index][at] = true;
                        statements.push(&said.parameters[at]);
                    }
                    None => self.silent(place, said.source, said.span),
                }
            }
            self.present(place, name, &statements);
            self.value(place, &schema, required, &statements);
        }
        for ((said, _), used) in said.iter().zip(used) {
            for (statement, used) in said.parameters.iter().zip(used) {
                if !used {
                    let name = format!("{id}({})", statement.name);
                    self.left_out(&name, id, node.span, &[statement]);
                }
            }
        }
    }

    fn responses(&mut self, id: &str, place: usize, node: &'a Node, said: &[(&Said, &str)]) {
        let responses = node.get("responses").map_or(&[][..], Node::entries);
        let succeeds = |status: &str| status.starts_with('2');
        let successes: Vec<&str> = responses
            .iter()
            .map(|(status, _)| status.text.as_str())
            .filter(|status| succeeds(status))
            .collect();
        self.spec(place, Aspect::Status, &successes.join(", "));
        for (said, _) in said {
            for response in &said.responses {
                let (status, item) = response
                    .status
                    .map_or(("none".to_owned(), None), |(status, item)| (status.to_string(), Some(item)));
                if item.is_none() && !self.ledger.sources[said.source].speaks_by_silence() {
                    continue;
                }
                if item.is_none() || succeeds(&status) {
                    self.says(place, Aspect::Status, said.source, &status, response.span, item);
                } else if !responses.iter().any(|(known, _)| known.text == status) {
                    let place = self.place(&format!("{id} {status}"), id, node.span, None);
                    self.spec(place, Aspect::Presence, "absent");
                    self.says(place, Aspect::Presence, said.source, "present", response.span, item);
                }
            }
        }
        for (status, response) in responses {
            let response = self.document.resolve(response).unwrap_or(response);
            let of_status = |printed: Option<(u16, usize)>| match printed {
                // What another status of success shows is compared all the same; the status itself is a fact of its own.
                Some((printed, _)) => {
                    let printed = printed.to_string();
                    let known = responses.iter().any(|(known, _)| known.text == printed);
                    printed == status.text || (!known && succeeds(&printed) && succeeds(&status.text))
                }
                None => succeeds(&status.text),
            };
            let mut statements = Vec::new();
            let own = self.place(&format!("{id} {}", status.text), id, status.span, Some(node.span));
            if !succeeds(&status.text) {
                self.spec(own, Aspect::Presence, "present");
            }
            let content = response.get("content").map_or(&[][..], Node::entries);
            let media: Vec<&str> = content.iter().map(|(media, _)| media.text.as_str()).collect();
            if succeeds(&status.text) {
                self.spec(own, Aspect::Media, &media.join(", "));
            }
            for (said, _) in said {
                let mut shown = false;
                for answer in said.responses.iter().filter(|answer| of_status(answer.status)) {
                    shown = true;
                    statements.extend(&answer.body);
                    if succeeds(&status.text) {
                        for media in &answer.media {
                            self.says(own, Aspect::Media, said.source, media, answer.span, None);
                        }
                    } else {
                        let item = answer.status.map(|(_, item)| item);
                        self.says(own, Aspect::Presence, said.source, "present", answer.span, item);
                    }
                }
                if !shown && !succeeds(&status.text) {
                    self.silent(own, said.source, said.span);
                }
            }
            for (header, node) in response.get("headers").map_or(&[][..], Node::entries) {
                let place = self.place(&format!("{id} {} {}", status.text, header.text), id, node.span, None);
                self.spec(place, Aspect::Presence, "present");
            }
            self.bodies(response, &format!("{id} {}", status.text), &statements);
        }
    }

    /// All bodies of a request or response; sources show the JSON one.
    fn bodies(&mut self, node: &'a Node, place: &str, said: &[&Statement]) {
        for (media, content) in node.get("content").map_or(&[][..], Node::entries) {
            let Some(schema) = content.get("schema").map(|schema| Schema::new(self.document, schema)) else {
                continue;
            };
            let said = if media.text.contains("json") { said } else { &[] };
            self.descend(place, &schema, said);
        }
    }

    /// What a value consists of.
    fn descend(&mut self, place: &str, schema: &Schema<'a>, said: &[&Statement]) {
        self.used.extend(schema.component);
        for alternative in schema.get("oneOf").map_or(&[][..], Node::items) {
            let alternative = Schema::new(self.document, alternative);
            if alternative.component.is_some() {
                self.descend(place, &alternative, &[]);
            }
        }
        if let Some(items) = schema.get("items").map(|items| Schema::new(self.document, items)) {
            let said: Vec<&Statement> = said.iter().flat_map(|statement| &statement.items).collect();
            return self.descend(&format!("{place}[]"), &items, &said);
        }
        if let Some(values) = schema.get("additionalProperties") {
            let owner = schema.component.unwrap_or(place);
            let rest = self.place(&format!("{owner}.*"), owner, values.span, None);
            let read = Schema::new(self.document, values);
            let said = values.as_bool().map_or_else(|| read.kind(self.document), |flag| flag.to_string());
            self.spec(rest, Aspect::Presence, &said);
            if values.as_bool().is_none() {
                self.descend(&format!("{owner}.*"), &read, &[]);
            }
        }
        // A page that calls an object an array says so of its type; what it says of the properties counts all the same.
        let said: Vec<&Statement> =
            said.iter().copied().chain(said.iter().flat_map(|statement| &statement.items)).collect();
        let owner = schema.component.unwrap_or(place);
        let told = said.iter().any(|statement| !statement.children.is_empty());
        if !told && !self.seen.insert(owner.to_owned()) {
            return;
        }
        self.seen.insert(owner.to_owned());
        self.members(owner, schema, &said);
    }

    /// The properties of an object, and what sources have besides.
    fn members(&mut self, owner: &str, schema: &Schema<'a>, said: &[&Statement]) {
        let said: Vec<&Statement> =
            said.iter().copied().filter(|statement| !statement.children.is_empty()).collect();
        let mut used: BTreeSet<(usize, &str)> = BTreeSet::new();
        for (name, node) in schema.properties() {
            self.carrier(node);
            let full = format!("{owner}.{name}");
            let place = self.place(&full, owner, node.span, Some(node.span));
            self.spec(place, Aspect::Presence, "present");
            let mut statements = Vec::new();
            for (index, parent) in said.iter().enumerate() {
                let other = self.ledger.printed(parent.source, &full, name);
                let child = parent.children.iter().find(|child| child.name == name || child.name == other);
                match child {
                    Some(child) => {
                        used.insert((index, &child.name));
                        statements.push(child);
                    }
                    None => self.silent(place, parent.source, parent.span),
                }
            }
            let property = Schema::new(self.document, node);
            self.present(place, name, &statements);
            self.value(place, &property, schema.requires(name), &statements);
            self.descend(&full, &property, &statements);
        }
        let mut left: BTreeMap<&str, Vec<&Statement>> = BTreeMap::new();
        for (index, parent) in said.iter().enumerate() {
            for child in parent.children.iter().filter(|child| !used.contains(&(index, child.name.as_str())))
            {
                left.entry(&child.name).or_default().push(child);
            }
        }
        for (name, statements) in left {
            let place = self.left_out(&format!("{owner}.{name}"), owner, schema.node().span, &statements);
            for parent in said.iter().filter(|parent| parent.children.iter().all(|child| child.name != name))
            {
                self.silent(place, parent.source, parent.span);
            }
        }
    }

    /// Something that the document does not have, with everything below it.
    fn left_out(&mut self, name: &str, owner: &str, span: Span, said: &[&Statement]) -> usize {
        let place = self.place(name, owner, span, None);
        self.spec(place, Aspect::Presence, "absent");
        for statement in said {
            self.says(place, Aspect::Presence, statement.source, "present", statement.span, statement.item);
            for (_, item) in &statement.values {
                self.facts.spoken.entry(*item).or_default().push((place, Aspect::Presence));
            }
            let items = statement.items.iter().flat_map(|item| &item.children);
            for child in statement.children.iter().chain(items) {
                self.left_out(&format!("{name}.{}", child.name), owner, span, &[child]);
            }
        }
        place
    }

    fn present(&mut self, place: usize, name: &str, said: &[&Statement]) {
        self.spec(place, Aspect::Name, name);
        for statement in said {
            self.says(place, Aspect::Presence, statement.source, "present", statement.span, statement.item);
            self.says(place, Aspect::Name, statement.source, &statement.name, statement.span, statement.item);
        }
    }

    /// Everything about a value but what it consists of.
    fn value(&mut self, place: usize, schema: &Schema<'a>, required: bool, said: &[&Statement]) {
        let kind = schema.kind(self.document);
        self.used.extend(schema.component);
        let items = schema.get("items").map(|items| Schema::new(self.document, items));
        let item =
            |items: Schema<'a>| items.component.map_or_else(|| items.kind(self.document), str::to_owned);
        self.facts.places[place].holds = items.map(item).or_else(|| schema.component.map(str::to_owned));
        let values: Vec<String> = schema.get("enum").map_or(&[][..], Node::items).iter().map(words).collect();
        let limits: Vec<String> = LIMITS
            .iter()
            .filter_map(|limit| schema.get(limit).map(|value| format!("{limit} {}", words(value))))
            .collect();
        let or = |text: String, silent: &str| if text.is_empty() { silent.to_owned() } else { text };
        let spellings: Vec<String> =
            schema.node().get("x-aliases").map_or(&[][..], Node::items).iter().map(words).collect();
        self.spec(place, Aspect::Type, &kind);
        self.spec(place, Aspect::Format, schema.text("format").unwrap_or("none"));
        self.spec(place, Aspect::Required, mark(required));
        let nullable = schema.get("nullable").and_then(Node::as_bool) == Some(true);
        self.spec(place, Aspect::Nullable, if nullable { "null" } else { "not null" });
        self.spec(place, Aspect::Values, &or(values.join(", "), "open"));
        self.spec(place, Aspect::Default, &schema.get("default").map_or("none".to_owned(), words));
        self.spec(place, Aspect::Spellings, &or(spellings.join(", "), "none"));
        self.spec(place, Aspect::Limits, &or(limits.join(", "), "none"));
        for statement in said {
            let mut say = |aspect, value: &str| {
                self.says(place, aspect, statement.source, value, statement.span, statement.item);
            };
            if let Some(said) = &statement.kind {
                // A whole number is a number, too.
                let whole = statement.format.is_none() && said == "integer" && kind == "number";
                say(Aspect::Type, if whole || kind == "any" { &kind } else { said });
            }
            if statement.varies {
                say(Aspect::Type, "varies");
            }
            if let Some(format) = &statement.format
                && !matches!(kind.as_str(), "object" | "array")
            {
                say(Aspect::Format, format);
            }
            if let Some(required) = statement.required {
                say(Aspect::Required, mark(required));
            }
            if statement.null {
                say(Aspect::Nullable, "null");
            }
            if let Some(default) = &statement.default {
                say(Aspect::Default, default);
            }
            if let Some(sample) = &statement.sample
                && !values.is_empty()
                && !values.contains(sample)
            {
                say(Aspect::Values, &format!("sample {sample}"));
            }
            if !statement.values.is_empty() {
                let printed: Vec<&str> = statement.values.iter().map(|(value, _)| value.as_str()).collect();
                say(Aspect::Values, &printed.join(", "));
                for (_, item) in &statement.values {
                    self.facts.spoken.entry(*item).or_default().push((place, Aspect::Values));
                }
            }
        }
    }

    fn place(&mut self, name: &str, owner: &str, span: Span, carrier: Option<Span>) -> usize {
        if let Some(place) = self.facts.index.get(name) {
            return *place;
        }
        let place = self.facts.places.len();
        self.facts.index.insert(name.to_owned(), place);
        self.facts.places.push(Place {
            name: name.to_owned(),
            owner: owner.to_owned(),
            span,
            carrier,
            holds: None,
            facts: BTreeMap::new(),
        });
        place
    }

    fn spec(&mut self, place: usize, aspect: Aspect, value: &str) {
        let fact = Fact { spec: value.to_owned(), says: Vec::new() };
        self.facts.places[place].facts.entry(aspect).or_insert(fact);
    }

    fn says(
        &mut self,
        place: usize,
        aspect: Aspect,
        source: usize,
        value: &str,
        span: Span,
        item: Option<usize>,
    ) {
        if let Some(item) = item {
            self.facts.spoken.entry(item).or_default().push((place, aspect));
        }
        if let Some(fact) = self.facts.places[place].facts.get_mut(&aspect)
            && !fact.says.iter().any(|says| says.source == source && says.value == value)
        {
            fact.says.push(Says { source, value: value.to_owned(), span });
        }
    }

    /// A source shows something without this part of it. That says that it has none, unless only a part of it is at hand.
    fn silent(&mut self, place: usize, source: usize, span: Span) {
        if self.ledger.sources[source].speaks_by_silence() {
            self.says(place, Aspect::Presence, source, "absent", span, None);
        }
    }

    /// Notes the ids that a node names.
    fn carrier(&mut self, node: &'a Node) {
        if let Some(list) = node.get("x-decisions") {
            let ids = list.items().iter().filter_map(Node::as_str).map(str::to_owned).collect();
            self.facts.decisions.insert(node.span, (list.span, ids));
        }
    }
}

impl Fact {
    /// What a source says, in order, each thing once.
    pub fn said_by(&self, source: usize) -> BTreeSet<&str> {
        self.says.iter().filter(|says| says.source == source).map(|says| says.value.as_str()).collect()
    }

    /// Whether sources say the same as the document, or nothing where the document says nothing either.
    pub fn agrees(&self, aspect: Aspect) -> bool {
        if self.says.is_empty() {
            return match aspect {
                Aspect::Presence | Aspect::Type => false,
                Aspect::Prefix | Aspect::Name | Aspect::Status | Aspect::Media => true,
                Aspect::Format | Aspect::Default | Aspect::Spellings | Aspect::Limits => self.spec == "none",
                Aspect::Required => self.spec == "optional",
                Aspect::Nullable => self.spec == "not null",
                Aspect::Values => self.spec == "open",
            };
        }
        self.says.iter().all(|says| says.value == self.spec)
    }

    /// Whether sources contradict each other, or one contradicts itself.
    pub fn disputed(&self) -> bool {
        self.says.iter().any(|says| says.value != self.says[0].value)
    }
}

impl Place {
    /// The facts that need an answer. Where no source knows the place at all, that is the one question.
    pub fn facts(&self) -> impl Iterator<Item = (Aspect, &Fact)> {
        let unknown = self.facts.get(&Aspect::Presence).is_some_and(|presence| {
            presence.says.iter().all(|says| says.value == "absent") && presence.spec != "absent"
        });
        let asked = move |aspect: &Aspect| !unknown || *aspect == Aspect::Presence;
        self.facts.iter().filter(move |(aspect, _)| asked(aspect)).map(|(aspect, fact)| (*aspect, fact))
    }

    /// Where no source knows the place, its presence is the one question, and all that the document says is the answer.
    fn summarise(&mut self) {
        if self.documented() || !self.facts.contains_key(&Aspect::Type) {
            return;
        }
        let silent = ["none", "open", "not null"];
        let said: Vec<String> = self
            .facts
            .iter()
            .filter(|(aspect, fact)| {
                !matches!(aspect, Aspect::Presence | Aspect::Name) && !silent.contains(&fact.spec.as_str())
            })
            .map(|(aspect, fact)| aspect.worded(&fact.spec))
            .collect();
        let holds = self.holds.iter().map(|holds| format!("of {holds}"));
        let said: Vec<String> = said.into_iter().chain(holds).collect();
        if let Some(presence) = self.facts.get_mut(&Aspect::Presence) {
            presence.spec = said.join("; ");
        }
    }

    /// Its name within its owner; nothing for the owner itself.
    pub fn short_name(&self) -> &str {
        self.name.strip_prefix(&self.owner).unwrap_or(&self.name).trim_start_matches(['.', ' '])
    }

    /// What it is, unless it is counted with something else.
    pub fn category(&self) -> Option<Category> {
        let name = &self.name;
        match () {
            () if self.owner == GENERAL || name.ends_with(" request") => None,
            () if name.contains('(') => Some(Category::Parameter),
            () if name.contains(' ') => Some(Category::Status),
            () if name.contains('.') => Some(Category::Field),
            () => Some(Category::Operation),
        }
    }

    /// Whether some source has it.
    pub fn documented(&self) -> bool {
        self.facts
            .get(&Aspect::Presence)
            .is_none_or(|presence| presence.says.iter().any(|says| says.value == "present"))
    }
}

impl Aspect {
    /// A value with what it is, where it does not say so itself.
    pub fn worded(self, value: &str) -> String {
        match self {
            Self::Name => format!("called `{value}`"),
            Self::Format => format!("format {value}"),
            Self::Values => format!("one of {value}"),
            Self::Default => format!("default {value}"),
            Self::Status if value == "none" => "no status".to_owned(),
            Self::Status => format!("status {value}"),
            Self::Spellings => format!("also read: {value}"),
            Self::Prefix => format!("below {value}"),
            _ => value.to_owned(),
        }
    }
}

impl Facts {
    /// Items of the sources that no fact knows.
    pub fn unspoken<'i>(&'i self, items: &'i [Item]) -> impl Iterator<Item = &'i Item> {
        items.iter().enumerate().filter(|(index, _)| !self.spoken.contains_key(index)).map(|(_, item)| item)
    }

    /// How many places of a kind there are, and how many of them some source has.
    pub fn count(&self, category: Category) -> (usize, usize) {
        let mut counts = (0, 0);
        let places = self.places.iter().filter(|place| {
            let spec = place.facts.get(&Aspect::Presence).map(|presence| presence.spec.as_str());
            spec.is_some_and(|spec| spec != "absent")
        });
        for place in places {
            let Some(kind) = place.category() else { continue };
            if kind == category {
                counts.0 += 1;
                counts.1 += usize::from(place.documented());
            }
        }
        counts
    }
}

fn mark(required: bool) -> &'static str {
    if required { "required" } else { "optional" }
}

/// Whether a route is a method and a path, whatever its placeholders are called.
pub fn same_route(route: &str, method: &str, path: &str) -> bool {
    route.split_once(' ').is_some_and(|(other, printed)| other == method && same_path(printed, "", path))
}

/// Whether a printed path is a path below a prefix, whatever its placeholders are called.
fn same_path(printed: &str, prefix: &str, path: &str) -> bool {
    let Some(printed) = printed.strip_prefix(prefix) else { return false };
    let blank = |path: &str| -> Vec<String> {
        path.split('/')
            .map(|part| if part.starts_with('{') { "{}".to_owned() } else { part.to_owned() })
            .collect()
    };
    blank(printed) == blank(path)
}
