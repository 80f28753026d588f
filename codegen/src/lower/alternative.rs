//! What the members of a union are called: after their content, never after their place in the list, so that neither a new
//! member nor another order renames one.
//!
//! In: members as the document lists them. Out: a wish for each. Each member has several, from the plainest to the most
//! exact; where the plainest is not its own, those who share it take the next.

use super::Lower;
use super::enumeration::{Values, kind_of};
use super::schema::{constraining, is_trivial};
use super::traits::is_null;
use super::union::Member;
use crate::document::{last_segment, words};
use crate::ir::Type;
use crate::names::Name;
use crate::parse::{Node, Value};
use std::collections::{BTreeSet, HashMap};

/// Names made of parts have so many of them at most.
const MOST_PARTS: usize = 3;

/// So deep the members of members, and the items of lists, are looked into.
const DEPTH: usize = 4;

/// Properties whose only value says what an object is, the most telling first.
const TAGS: &[&str] = &["type", "kind", "event", "object", "role"];

/// The first so many of them tell even where they are not required.
const OFTEN_OPTIONAL: usize = 2;

/// The names that a member could have, the plainest first.
type Wishes = Vec<Name>;

impl<'a> Lower<'a> {
    /// A name for each member.
    pub(super) fn alternative_names(&mut self, members: &[Member<'a>]) -> Vec<Name> {
        let rivals = self.rivals(members);
        let wishes = members.iter().map(|member| self.wishes(member, &rivals)).collect();
        plainest(wishes)
    }

    /// What one of several types of a schema is called.
    pub(super) fn type_name(&mut self, node: &'a Node, one: &str) -> Name {
        let wishes = self.wishes_of_type(node, one, None, 0);
        wishes.into_iter().next().unwrap_or_else(|| Name::pascal(one))
    }

    fn wishes(&mut self, member: &Member<'a>, rivals: &Rivals<'a>) -> Wishes {
        if let Some(name) = self.name_override(member.part) {
            return vec![Name::pascal(&name)];
        }
        if let Some(schema) = member.schema {
            return vec![Name::pascal(schema)];
        }
        self.wishes_of(member.part, Some(rivals), 0)
    }

    /// Names of any schema: after what it refers to, its title, or what it consists of.
    fn wishes_of(&mut self, node: &'a Node, rivals: Option<&Rivals<'a>>, depth: usize) -> Wishes {
        if let Some(name) = self.name_override(node) {
            return vec![Name::pascal(&name)];
        }
        if let Some(reference) = node.get("$ref").and_then(Node::as_str) {
            return vec![Name::pascal(&last_segment(reference))];
        }
        let content = self.wishes_of_content(node, rivals, depth);
        match node.get("title").and_then(Node::as_str).filter(|title| !title.trim().is_empty()) {
            Some(title) => {
                let title = Name::pascal(title);
                let longer: Wishes = content.iter().map(|name| title.with(name.as_str())).collect();
                std::iter::once(title).chain(longer).collect()
            }
            None => content,
        }
    }

    fn wishes_of_content(&mut self, node: &'a Node, rivals: Option<&Rivals<'a>>, depth: usize) -> Wishes {
        let list = |key: &str| node.get(key).map(Node::items).unwrap_or_default();
        let listed = [alternatives(list("oneOf")), alternatives(list("anyOf"))].concat();
        let alternatives: Vec<&'a Node> = listed.into_iter().filter(|part| !is_null(part)).collect();
        let parts = if alternatives.is_empty() { constraining(list("allOf")) } else { alternatives.clone() };
        if depth > DEPTH {
            return names(&["Nested"]);
        }
        match (&parts[..], &alternatives[..]) {
            // What consists of one part is that part.
            ([part], _) if node.get("properties").is_none() => self.wishes_of(part, rivals, depth + 1),
            (_, [_, ..]) => {
                let names: BTreeSet<Name> = alternatives
                    .iter()
                    .filter_map(|part| self.wishes_of(part, None, depth + 1).into_iter().next())
                    .collect();
                vec![joined(names, "Or", "Union")]
            }
            _ => self.wishes_of_plain(node, rivals, depth),
        }
    }

    /// Names of a schema that is neither a reference nor a list of alternatives.
    fn wishes_of_plain(&mut self, node: &'a Node, rivals: Option<&Rivals<'a>>, depth: usize) -> Wishes {
        let listed = node.get("enum").map(Node::items);
        let values = listed.or_else(|| node.get("const").map(std::slice::from_ref));
        let types = self.type_names_of(node);
        if let Some(values) = values.filter(|values| !values.is_empty()) {
            return enum_names(types.first().map(|(name, _)| *name), values);
        }
        match types[..] {
            [] if node.get("items").is_some() => self.wishes_of_type(node, "array", rivals, depth),
            [] => {
                let object = ["properties", "additionalProperties", "allOf"];
                let object = object.iter().any(|key| node.get(key).is_some());
                if object { self.wishes_of_type(node, "object", rivals, depth) } else { names(&["Any"]) }
            }
            [(one, _)] => self.wishes_of_type(node, one, rivals, depth),
            _ => {
                let names: BTreeSet<Name> = types.iter().map(|(one, _)| self.type_name(node, one)).collect();
                vec![joined(names, "Or", "Union")]
            }
        }
    }

    fn wishes_of_type(
        &mut self,
        node: &'a Node,
        one: &str,
        rivals: Option<&Rivals<'a>>,
        depth: usize,
    ) -> Wishes {
        match one {
            "object" => self.object_names(node, rivals, depth),
            "array" => {
                let items = node.get("items").map(|items| self.wishes_of(items, None, depth + 1));
                let of =
                    |name: Name| if name.as_str() == "Any" { name_of("Array") } else { name.with("Array") };
                items.unwrap_or_else(|| names(&["Any"])).into_iter().map(of).collect()
            }
            "boolean" => names(&["Boolean"]),
            "integer" => names(&["Integer"]),
            "number" => names(&["Number"]),
            "null" => names(&["Null"]),
            "string" => names(&[text_name(&super::schema::scalar("string", &[node]))]),
            other => vec![Name::pascal(other)],
        }
    }

    /// An object is called after the constant that says what it is; else after the properties that it alone has.
    fn object_names(&mut self, node: &'a Node, rivals: Option<&Rivals<'a>>, depth: usize) -> Wishes {
        let own = self.own_properties(node);
        if own.all.is_empty() {
            let values = node.get("additionalProperties").filter(|values| !values.entries().is_empty());
            let values = values.map(|values| self.wishes_of(values, None, depth + 1)).unwrap_or_default();
            let maps = values.into_iter().map(|name| name.with("Map"));
            return std::iter::once(name_of("Object")).chain(maps).collect();
        }
        let constant = self.telling_constant(node).map(Name::pascal);
        let Some(rivals) = rivals else {
            let longer = [own.required.clone(), own.all.clone()].map(|properties| property_name(&properties));
            return std::iter::once(constant.unwrap_or_else(|| name_of("Object")))
                .chain(longer.into_iter().flatten())
                .collect();
        };
        let alone = |properties: &BTreeSet<&'a str>, among: &HashMap<&'a str, usize>| {
            let alone =
                properties.iter().copied().filter(|name| among.get(name).is_none_or(|count| *count < 2));
            property_name(&alone.collect())
        };
        let properties = alone(&own.required, &rivals.required)
            .or_else(|| alone(&own.all, &rivals.all))
            .into_iter()
            .chain(property_name(&own.required))
            .chain(property_name(&own.all));
        match constant {
            Some(constant) => {
                let longer: Wishes = properties.map(|name| constant.with(name.as_str())).collect();
                std::iter::once(constant).chain(longer).collect()
            }
            None => properties.collect(),
        }
    }

    /// The only value of a property that says what an object is.
    fn telling_constant(&mut self, node: &'a Node) -> Option<&'a str> {
        let rank = |name: &str| TAGS.iter().position(|tag| *tag == name).unwrap_or(TAGS.len());
        let constants = self.all_constants(node).into_iter();
        // A property that may be left out can be new, and must not rename what it is added to.
        let telling =
            constants.filter(|constant| constant.required || rank(constant.property) < OFTEN_OPTIONAL);
        telling
            .min_by_key(|constant| (rank(constant.property), constant.property))
            .map(|constant| constant.value)
    }

    fn own_properties(&mut self, node: &'a Node) -> Properties<'a> {
        let collected = self.properties(node);
        let all: BTreeSet<&str> = collected.properties.iter().map(|(key, _)| key.text.as_str()).collect();
        let required = collected.required.iter().map(|(name, _)| *name).filter(|name| all.contains(name));
        Properties { required: required.collect(), all }
    }

    fn rivals(&mut self, members: &[Member<'a>]) -> Rivals<'a> {
        let mut rivals = Rivals::default();
        for member in members {
            let properties = self.own_properties(member.target);
            properties.required.into_iter().for_each(|name| *rivals.required.entry(name).or_default() += 1);
            properties.all.into_iter().for_each(|name| *rivals.all.entry(name).or_default() += 1);
        }
        rivals
    }
}

/// Members of a `oneOf` or `anyOf`; none where the list says nothing.
fn alternatives(parts: &[Node]) -> Vec<&Node> {
    if parts.iter().all(is_trivial) { Vec::new() } else { parts.iter().collect() }
}

/// Names of an object's properties.
struct Properties<'a> {
    required: BTreeSet<&'a str>,
    all: BTreeSet<&'a str>,
}

/// How many members of a union have, or require, a property.
#[derive(Default)]
struct Rivals<'a> {
    required: HashMap<&'a str, usize>,
    all: HashMap<&'a str, usize>,
}

/// The plainest name of each that is its own. Those who share one go on together, so that no order matters; who has nothing
/// that tells it from the others keeps what it has.
fn plainest(wishes: Vec<Wishes>) -> Vec<Name> {
    let mut levels = vec![0; wishes.len()];
    let rounds = wishes.iter().map(Vec::len).max().unwrap_or_default();
    for _ in 0..rounds {
        let mut sharing: HashMap<&Name, Vec<usize>> = HashMap::new();
        for (at, (wishes, level)) in wishes.iter().zip(&levels).enumerate() {
            sharing.entry(&wishes[*level]).or_default().push(at);
        }
        let shared = sharing.into_values().filter(|members| {
            let rest = |at: &usize| &wishes[*at][levels[*at] + 1..];
            members.iter().any(|at| rest(at) != rest(&members[0]))
        });
        let next: Vec<usize> = shared.flatten().filter(|at| levels[*at] + 1 < wishes[*at].len()).collect();
        if next.is_empty() {
            break;
        }
        next.into_iter().for_each(|at| levels[at] += 1);
    }
    wishes.iter().zip(levels).map(|(wishes, level)| wishes[level].clone()).collect()
}

/// A list of known values is an enum. Only where there are several does it matter which values: one more value must not
/// rename it.
fn enum_names(declared: Option<&str>, values: &[Node]) -> Wishes {
    let present: Vec<&Node> = values.iter().filter(|value| value.value != Value::Null).collect();
    match kind_of(declared, &present) {
        _ if present.is_empty() => names(&["Null"]),
        Values::Text => {
            let all: BTreeSet<Name> = present.iter().map(|value| Name::pascal(&words(value))).collect();
            let first: BTreeSet<Name> = all.iter().take(MOST_PARTS).cloned().collect();
            vec![name_of("Enum"), joined(all, "Or", "Enum"), joined(first, "Or", "Enum")]
        }
        Values::Integers => names(&["Integer"]),
        Values::Numbers => names(&["Number"]),
        Values::Booleans => names(&["Boolean"]),
        Values::Mixed => names(&["Any"]),
    }
}

/// `ImageUrl`, `DetailAndUrl`; nothing without properties.
fn property_name(properties: &BTreeSet<&str>) -> Option<Name> {
    let first: BTreeSet<Name> = properties.iter().take(MOST_PARTS).map(|name| Name::pascal(name)).collect();
    (!first.is_empty()).then(|| joined(first, "And", ""))
}

/// The names in order with a word between them; another name where they are too many.
fn joined(names: BTreeSet<Name>, between: &str, otherwise: &str) -> Name {
    if names.len() > MOST_PARTS {
        return name_of(otherwise);
    }
    let names: Vec<&str> = names.iter().map(Name::as_str).collect();
    Name::pascal(&names.join(&format!(" {between} ")))
}

fn names(names: &[&str]) -> Wishes {
    names.iter().map(|name| Name::pascal(name)).collect()
}

fn name_of(name: &str) -> Name {
    Name::pascal(name)
}

fn text_name(ty: &Type) -> &'static str {
    match ty {
        Type::Uuid => "Uuid",
        Type::Timestamp => "Timestamp",
        Type::Date => "Date",
        Type::Base64 => "Base64",
        Type::UnixMillis => "UnixMillis",
        Type::File => "File",
        _ => "String",
    }
}

/// What a type is called that needs no definition.
pub(super) fn kind_name(ty: &Type) -> Option<Name> {
    let name = match ty {
        Type::Unit => "Null",
        Type::Bool => "Boolean",
        Type::Int(_) => "Integer",
        Type::F32 | Type::F64 => "Number",
        Type::Array(_) | Type::Tuple(_) => "Array",
        Type::Map(_) => "Object",
        Type::Any => "Any",
        Type::Option(inner) | Type::Boxed(inner) | Type::Lenient(inner) => return kind_name(inner),
        Type::Named(_) => return None,
        text => text_name(text),
    };
    Some(name_of(name))
}
