//! Values that a document's schemas allow, to see that types read and write them without loss.

use super::limits;
use codegen::Diagnostics;
use codegen::diagnostics::{Effect, Span};
use codegen::document::Document;
use codegen::parse::{self, Node};
use serde_json::{Map, Value, json};
use std::collections::{HashMap, HashSet};

/// Schemas within schemas beyond this are left out.
const DEEPEST: usize = 7;

/// Alternatives of a union beyond these are not tried.
const MOST_ALTERNATIVES: usize = 40;

/// How much of an object is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fill {
    /// All properties.
    Full,
    /// Only the required ones.
    Least,
    /// All, and null where that is allowed.
    Nulls,
    /// Only the required ones, an item in each list, and null for texts and numbers that may be null.
    Spare,
}

/// Values for a component: with all of its properties, with the least, and one for each alternative. None of a schema that
/// demands itself.
pub(crate) fn of(document: &Document<'_>, context: &Context, schema: &Node) -> Vec<Value> {
    some(document, context, schema, None)
}

fn some(
    document: &Document<'_>,
    context: &Context,
    schema: &Node,
    foreign: Option<&'static str>,
) -> Vec<Value> {
    let mut values: Vec<Value> = Vec::new();
    for fill in [Fill::Full, Fill::Least, Fill::Nulls] {
        for choice in 0..alternatives(document, schema, 0).clamp(1, MOST_ALTERNATIVES) {
            let maker =
                Maker { document, context, fill, choice, pick: 0, is_deep: false, sends: false, foreign };
            let value = maker.value(schema, 0);
            values.extend(value.filter(|value| !values.contains(value)));
        }
    }
    values
}

/// Values for an answer, as `of` makes them, without what only clients may say, and with each alternative of every union, wherever it
/// is, and the texts that enums list.
pub(crate) fn of_each(document: &Document<'_>, context: &Context, schema: &Node) -> Vec<Value> {
    let foreign = Some("writeOnly");
    let mut values = some(document, context, schema, foreign);
    let most = most_alternatives(document, schema, 0, &mut HashSet::new());
    for choice in 0..most.clamp(MOST_PICKS, MOST_ALTERNATIVES) {
        for fill in [Fill::Spare, Fill::Full] {
            let (pick, is_deep, sends) = (choice, true, false);
            let maker = Maker { document, context, fill, choice, pick, is_deep, sends, foreign };
            values.extend(maker.value(schema, 0).filter(|value| !values.contains(value)));
        }
    }
    values
}

/// A value of a schema to send to a server, without what only servers may say; none of a schema that demands itself.
/// `pick` counts the values of enums, and the alternatives of unions.
pub(super) fn sent(
    document: &Document<'_>,
    context: &Context,
    schema: &Node,
    fill: Fill,
    pick: usize,
) -> Option<Value> {
    let foreign = Some("readOnly");
    Maker { document, context, fill, choice: pick, pick, is_deep: true, sends: true, foreign }
        .value(schema, 0)
}

/// Properties that tell members of unions apart, with the value of each member: a member's type always writes it.
type Tags = HashMap<*const Node, (String, String)>;

/// What a document says elsewhere about its schemas.
pub(crate) struct Context {
    tags: Tags,
    /// Properties that ask for a stream: no type has them.
    flags: Vec<String>,
    /// What the generator says it has left out: no type has that either.
    left_out: HashSet<Span>,
}

/// What a document says about its schemas.
pub(crate) fn context(document: &Document<'_>, warnings: &Diagnostics) -> Context {
    let left_out = warnings.iter().filter(|warning| warning.effect == Effect::LeftOut);
    let flags = document.operations().filter_map(|operation| operation.node.get("x-stream-flag")?.as_str());
    Context {
        tags: tags(document),
        flags: flags.map(str::to_owned).collect(),
        left_out: left_out.map(|warning| warning.span).collect(),
    }
}

/// All tags of a document.
fn tags(document: &Document<'_>) -> Tags {
    let mut tags = Tags::new();
    let mut waiting = vec![document.root()];
    while let Some(node) = waiting.pop() {
        waiting.extend(node.items());
        waiting.extend(node.entries().iter().map(|(_, value)| value));
        let Some(discriminator) = node.get("discriminator") else { continue };
        let Some(property) = discriminator.get("propertyName").and_then(Node::as_str) else { continue };
        for member in list(node, "oneOf").iter().chain(list(node, "anyOf")) {
            if let (Ok(target), Some(value)) =
                (document.resolve(member), tag(document, discriminator, member))
            {
                tags.insert(target, (property.to_owned(), value));
            }
        }
    }
    for (key, schema) in document.schemas() {
        let parents = list(schema, "allOf").iter().filter_map(|part| document.resolve(part).ok());
        for parent in parents.filter(|parent| list(parent, "oneOf").is_empty()) {
            let discriminator = parent.get("discriminator");
            let Some(property) = discriminator.and_then(|given| given.get("propertyName")?.as_str()) else {
                continue;
            };
            let value =
                discriminator.and_then(|given| mapped(given, &key.text)).unwrap_or_else(|| key.text.clone());
            tags.insert(schema, (property.to_owned(), value));
        }
    }
    tags
}

/// Examples that a schema gives for itself.
pub(super) fn examples(schema: &Node) -> Vec<Value> {
    let list = schema.get("examples").map(Node::items).unwrap_or_default();
    schema.get("example").into_iter().chain(list).map(json_of).collect()
}

/// How many alternatives a schema has at its top.
fn alternatives(document: &Document<'_>, schema: &Node, depth: usize) -> usize {
    let Ok(schema) = document.resolve(schema) else { return 0 };
    if depth > DEEPEST {
        return 0;
    }
    let own =
        ["oneOf", "anyOf"].map(|keyword| list(schema, keyword).len()).into_iter().max().unwrap_or_default();
    let inherited = list(schema, "allOf").iter().map(|part| alternatives(document, part, depth + 1)).max();
    own.max(inherited.unwrap_or_default())
}

/// How many alternatives the largest union has that a schema leads to.
fn most_alternatives<'d>(
    document: &Document<'d>,
    schema: &'d Node,
    depth: usize,
    known: &mut HashSet<*const Node>,
) -> usize {
    let Ok(schema) = document.resolve(schema) else { return 0 };
    if depth > DEEPEST || !known.insert(std::ptr::from_ref(schema)) {
        return 0;
    }
    let lists = ["oneOf", "anyOf"].map(|keyword| list(schema, keyword).len());
    let parts = ["oneOf", "anyOf", "allOf", "prefixItems"].into_iter().flat_map(|key| list(schema, key));
    let properties = schema.get("properties").map(Node::entries).unwrap_or_default();
    let below = parts
        .chain(properties.iter().map(|(_, property)| property))
        .chain(schema.get("items"))
        .chain(schema.get("additionalProperties"));
    let below = below.map(|part| most_alternatives(document, part, depth + 1, known)).max();
    lists.into_iter().chain(below).max().unwrap_or_default()
}

fn list<'a>(node: &'a Node, key: &str) -> &'a [Node] {
    node.get(key).map(Node::items).unwrap_or_default()
}

/// Values of enums beyond these are not tried.
pub(crate) const MOST_PICKS: usize = 4;

/// Lists have no more items than this, whatever their schema demands.
const MOST_ITEMS: usize = 100;

/// `hello` in Base64.
const BYTES: &str = "aGVsbG8=";

/// Text that may be anything.
const ANY_TEXT: &str = "text";

struct Maker<'d> {
    document: &'d Document<'d>,
    context: &'d Context,
    fill: Fill,
    /// Which alternative of the outermost union, or of all of them.
    choice: usize,
    is_deep: bool,
    /// Which value of each enum.
    pick: usize,
    /// Whether the value is for a server.
    sends: bool,
    /// What a property is called that only the other side may write.
    foreign: Option<&'static str>,
}

impl Maker<'_> {
    fn value(&self, schema: &Node, depth: usize) -> Option<Value> {
        let schema = self.document.resolve(schema).ok()?;
        if depth > DEEPEST || schema.as_bool() == Some(false) {
            return None;
        }
        let is_list = || schema.get("items").is_some_and(is_nullable);
        if depth > 0 && self.fill == Fill::Nulls && is_nullable(schema) && !(self.pick > 0 && is_list()) {
            return Some(Value::Null);
        }
        let is_inside = ["properties", "items", "allOf", "oneOf", "anyOf"];
        let is_plain = is_inside.iter().all(|key| schema.get(key).is_none());
        if depth > 0 && self.fill == Fill::Spare && is_plain && is_nullable(schema) {
            return Some(Value::Null);
        }
        if let Some(value) = self.known(schema) {
            return Some(value);
        }
        let layers = self.document.layers(schema);
        let has_properties = layers.iter().any(|layer| layer.get("properties").is_some());
        let mut object = Map::new();
        for layer in &layers {
            match self.alternative(layer, depth)? {
                // An alternative without a type only limits what stands beside it.
                Some(limit) if limit == anything() && has_properties => {}
                Some(Value::Object(more)) => object.extend(more),
                Some(other) => return Some(other),
                None => {}
            }
        }
        let is_composed =
            layers.len() > 1 || !list(schema, "oneOf").is_empty() || !list(schema, "anyOf").is_empty();
        let Some((layer, kind)) = layers.iter().find_map(|layer| Some((*layer, self.kind(layer)?))) else {
            return Some(if is_composed { Value::Object(object) } else { anything() });
        };
        match kind {
            "string" => {
                let known = layers.iter().find_map(|layer| self.known(layer));
                let says = |layer: &&&Node| plain_text(layer) != ANY_TEXT;
                let text = plain_text(layers.iter().find(says).unwrap_or(&layer));
                known.or_else(|| Some(json!(limits::text(&layers, text))))
            }
            "integer" => {
                let known = layers.iter().find_map(|layer| self.known(layer));
                known.or_else(|| Some(limits::integer(&layers)))
            }
            "number" if layers.iter().any(|layer| self.kind(layer) == Some("integer")) => {
                Some(limits::integer(&layers))
            }
            "number" => Some(limits::number(&layers)),
            "boolean" => Some(json!(true)),
            "null" => Some(Value::Null),
            "array" => {
                let says =
                    |layer: &&&Node| ["items", "prefixItems"].iter().any(|key| layer.get(key).is_some());
                self.array(layers.iter().find(says).unwrap_or(&layer), depth)
            }
            _ => {
                if let Some((property, value)) = self.context.tags.get(&std::ptr::from_ref(schema)) {
                    object.insert(property.clone(), typed(self.document, schema, property, value));
                }
                self.properties(&layers, depth, &mut object)?;
                Some(Value::Object(object))
            }
        }
    }

    /// A value that a schema names.
    fn known(&self, schema: &Node) -> Option<Value> {
        if let Some(value) = schema.get("const") {
            return Some(json_of(value));
        }
        let values: Vec<Value> =
            list(schema, "enum").iter().map(json_of).filter(|value| !value.is_null()).collect();
        let value = values.get(self.pick % values.len().max(1))?.clone();
        // `1.0` is an integer, and so it is written.
        let whole = value.as_f64().filter(|number| value.is_f64() && number.fract() == 0.0);
        let whole = whole.filter(|_| self.kind(schema) == Some("integer"));
        if let Some(number) = whole {
            return Some(json!(number as i64));
        }
        // YAML's `1.0` without quotes is meant as text where the schema says so.
        let is_text = value.is_string() || self.kind(schema) != Some("string");
        Some(if is_text { value } else { json!(value.to_string()) })
    }

    /// A value of one of the alternatives: nothing where there are none; none where it has no value.
    #[expect(clippy::option_option, reason = "no alternatives, or an alternative without a value")]
    fn alternative(&self, schema: &Node, depth: usize) -> Option<Option<Value>> {
        let Some(members) =
            ["oneOf", "anyOf"].into_iter().map(|keyword| list(schema, keyword)).find(|list| !list.is_empty())
        else {
            return Some(None);
        };
        let choice = if depth == 0 || self.is_deep { self.choice } else { 0 };
        let members: Vec<&Node> = members.iter().filter(|member| !is_null(member)).collect();
        let Some(member) = members.get(choice % members.len().max(1)) else { return Some(Some(Value::Null)) };
        let mut value = self.value(member, depth + 1)?;
        if let (Some(discriminator), Some(object)) = (schema.get("discriminator"), value.as_object_mut()) {
            let property = discriminator.get("propertyName")?.as_str()?;
            let value = tag(self.document, discriminator, member)?;
            object.insert(property.to_owned(), typed(self.document, member, property, &value));
        }
        Some(Some(value))
    }

    fn kind<'n>(&self, schema: &'n Node) -> Option<&'n str> {
        let given = schema.get("type").and_then(|given| {
            given
                .as_str()
                .or_else(|| given.items().iter().filter_map(Node::as_str).find(|kind| *kind != "null"))
                .or_else(|| given.items().first().and_then(Node::as_str))
        });
        let implied = || {
            let has = |key: &str| schema.get(key).is_some();
            match (has("properties") || has("additionalProperties"), has("items")) {
                (true, _) => Some("object"),
                (false, true) => Some("array"),
                (false, false) => None,
            }
        };
        given.or_else(implied)
    }

    fn array(&self, schema: &Node, depth: usize) -> Option<Value> {
        let prefix = list(schema, "prefixItems");
        if !prefix.is_empty() {
            return prefix
                .iter()
                .map(|item| self.value(item, depth + 1))
                .collect::<Option<Vec<Value>>>()
                .map(Value::Array);
        }
        let Some(items) = schema.get("items") else { return Some(any_list()) };
        let needed = schema.get("minItems").and_then(limits::whole).is_some_and(|least| least > 0);
        // A list without items is no parameter at all, and so not a required one.
        let needed = needed || self.sends;
        if self.fill == Fill::Least && !needed {
            return Some(json!([]));
        }
        // A list may be empty where its items lie too deep.
        let Some(item) = self.value(items, depth + 1) else { return Some(json!([])) };
        // How several are spelled shows where there are several.
        let is_short = schema.get("maxItems").and_then(limits::whole).is_some_and(|most| most < 2)
            || schema.get("uniqueItems").and_then(Node::as_bool) == Some(true);
        let is_plain = !item.is_array() && !item.is_object();
        let count = if self.sends && self.fill == Fill::Full && is_plain && !is_short { 2 } else { 1 };
        let count = schema.get("minItems").and_then(limits::whole).unwrap_or(count).clamp(count, MOST_ITEMS);
        Some(json!(vec![item; count]))
    }

    fn is_foreign(&self, property: &Node) -> bool {
        let is_set = |key: &str, layer: &&Node| layer.get(key).and_then(Node::as_bool) == Some(true);
        self.foreign.is_some_and(|key| self.document.layers(property).iter().any(|layer| is_set(key, layer)))
    }

    fn properties(&self, layers: &[&Node], depth: usize, object: &mut Map<String, Value>) -> Option<()> {
        let required: Vec<&str> =
            layers.iter().flat_map(|layer| list(layer, "required")).filter_map(Node::as_str).collect();
        // Which are enough, nothing says.
        let is_least = matches!(self.fill, Fill::Least | Fill::Spare)
            && layers.iter().all(|layer| layer.get("minProperties").is_none());
        let declared =
            layers.iter().flat_map(|layer| layer.get("properties").map(Node::entries).unwrap_or_default());
        for (key, property) in declared {
            let is_required = required.contains(&key.text.as_str());
            let is_known = object.contains_key(&key.text);
            let is_flag = self.context.flags.contains(&key.text);
            let is_foreign = self.is_foreign(property);
            if is_flag || is_foreign || is_least && !is_required || is_known && is_silent(property) {
                continue;
            }
            match self.value(property, depth + 1) {
                Some(value) => match object.get_mut(&key.text) {
                    Some(given) => join(given, value),
                    None => _ = object.insert(key.text.clone(), value),
                },
                None if is_required && !is_known => return None,
                None => {}
            }
        }
        for layer in layers {
            let members = ["oneOf", "anyOf"].map(|keyword| list(layer, keyword)).concat();
            let Some(not) = members.first().and_then(|member| member.get("not")) else { continue };
            for excluded in list(not, "required").iter().filter_map(Node::as_str) {
                object.remove(excluded);
            }
        }
        let additional = layers.iter().find_map(|layer| layer.get("additionalProperties"));
        let additional =
            additional.filter(|more| more.as_bool().is_none() && !self.context.left_out.contains(&more.span));
        if let (Some(additional), true) = (additional, self.fill != Fill::Least) {
            object.extend(self.value(additional, depth + 1).map(|value| ("someKey".to_owned(), value)));
        }
        Some(())
    }
}

/// The value that a discriminator gives to a member: without a mapping the only one that the member allows, else its name.
fn tag(document: &Document<'_>, discriminator: &Node, member: &Node) -> Option<String> {
    let name = codegen::document::last_segment(member.get("$ref")?.as_str()?);
    let property = discriminator.get("propertyName")?.as_str()?;
    Some(mapped(discriminator, &name).or_else(|| only_value(document, member, property)).unwrap_or(name))
}

/// A tag as the member declares it: mappings have texts for numbers, too.
fn typed(document: &Document<'_>, schema: &Node, property: &str, tag: &str) -> Value {
    let layers = document.layers(schema);
    let declared = layers.iter().find_map(|layer| layer.get("properties")?.get(property));
    let kind = declared.and_then(|node| document.resolve(node).ok()?.get("type")?.as_str());
    match kind {
        None | Some("string") => json!(tag),
        Some(_) => serde_json::from_str(tag).unwrap_or_else(|_| json!(tag)),
    }
}

/// What a property of a schema must be, as text, where there is but one such value.
fn only_value(document: &Document<'_>, schema: &Node, property: &str) -> Option<String> {
    let layers = document.layers(schema);
    let property = layers.iter().find_map(|layer| layer.get("properties")?.get(property))?;
    let value = match list(document.resolve(property).ok()?, "enum") {
        [value] => value,
        _ => property.get("const")?,
    };
    match json_of(value) {
        Value::String(text) => Some(text),
        value @ (Value::Number(_) | Value::Bool(_)) => Some(value.to_string()),
        _ => None,
    }
}

/// The value that a discriminator's mapping gives to a component.
fn mapped(discriminator: &Node, component: &str) -> Option<String> {
    let mapping = discriminator.get("mapping").map(Node::entries).unwrap_or_default();
    let is_it = |target: &Node| {
        target.as_str().is_some_and(|target| codegen::document::last_segment(target) == component)
    };
    mapping.iter().find(|(_, target)| is_it(target)).map(|(key, _)| key.text.clone())
}

fn is_null(schema: &Node) -> bool {
    schema.get("type").and_then(Node::as_str) == Some("null")
        || list(schema, "enum").iter().all(|value| value.value == parse::Value::Null)
            && !list(schema, "enum").is_empty()
}

fn is_nullable(schema: &Node) -> bool {
    schema.get("nullable").and_then(Node::as_bool) == Some(true)
        || list(schema, "type").iter().any(|kind| kind.as_str() == Some("null"))
        || ["oneOf", "anyOf"].iter().any(|keyword| list(schema, keyword).iter().any(is_null))
}

/// Whether a part of an `allOf` says nothing about the value.
fn is_silent(part: &Node) -> bool {
    ["$ref", "type", "properties", "allOf", "oneOf", "anyOf", "enum", "const"]
        .iter()
        .all(|key| part.get(key).is_none())
}

/// A value of a schema that says nothing.
fn anything() -> Value {
    json!({ "any": [1, "b", null] })
}

/// A value of a list that does not say of what.
fn any_list() -> Value {
    json!([1, "a"])
}

/// Puts together what a union's tag or an earlier declaration of a property says, which stays, and what a later one says, where
/// that is more or another type.
fn join(given: &mut Value, value: Value) {
    let is_unsaid = *given == json!(ANY_TEXT) || *given == anything() || given.is_null();
    match (&mut *given, value) {
        (_, value) if is_unsaid => *given = value,
        (Value::Object(given), Value::Object(more)) => {
            for (key, value) in more {
                given.entry(key).or_insert(value);
            }
        }
        (Value::Array(given), Value::Array(more)) if json!(more) != any_list() => {
            given.iter_mut().zip(more).for_each(|(given, value)| join(given, value));
        }
        (Value::Number(number), Value::Number(more)) if !number.is_f64() || more.is_f64() => {}
        (Value::String(_), Value::String(_)) | (Value::Bool(_), Value::Bool(_)) => {}
        (_, value) if value == anything() || value == any_list() || value.is_null() => {}
        (_, value) => *given = value,
    }
}

fn plain_text(schema: &Node) -> &'static str {
    match schema.get("format").and_then(Node::as_str).unwrap_or_default() {
        "uuid" => "0191e0a4-7a3c-7c1e-8d5e-0a1b2c3d4e5f",
        "date-time" => "2024-01-02T03:04:05Z",
        "date" => "2024-01-02",
        "byte" => BYTES,
        "unix-millis" => "1700000000000",
        "email" => "somebody@example.com",
        "uri" | "url" | "uri-reference" => "https://example.com/a",
        "hostname" => "example.com",
        "ipv4" | "ip" => "192.0.2.1",
        "ipv6" => "2001:db8::1",
        "time" => "03:04:05Z",
        "duration" => "P1D",
        _ if schema.get("contentEncoding").and_then(Node::as_str) == Some("base64") => BYTES,
        _ => ANY_TEXT,
    }
}

/// A node as JSON.
pub(crate) fn json_of(node: &Node) -> Value {
    match &node.value {
        parse::Value::Null => Value::Null,
        parse::Value::Bool(value) => json!(value),
        parse::Value::Number(text) => serde_json::from_str(text).unwrap_or_else(|_| json!(text)),
        parse::Value::String(text) => json!(text),
        parse::Value::Array(items) => items.iter().map(json_of).collect(),
        parse::Value::Object(_) => Value::Object(
            node.entries().iter().map(|(key, value)| (key.text.clone(), json_of(value))).collect(),
        ),
    }
}
