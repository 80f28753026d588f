//! Schemas to types: what a schema is where it is used, and what a named schema defines.

use super::compose::Nature;
use super::default;
use super::draft::{Draft, Kind, Traits, Used};
use super::union::Member;
use super::{Lower, Pending, Promise};
use crate::diagnostics::{Effect, Span};
use crate::docs;
use crate::document::name_of_target;
use crate::ir::{Int, Text, Type, TypeId};
use crate::names::Name;
use crate::parse::{Node, Value};
use std::ops::RangeInclusive;

/// What a schema turns out to be.
pub(super) enum Shape<'a> {
    /// A type that needs no definition.
    Plain(Type),
    /// A type to define.
    Define(Kind<'a>),
}

impl<'a> Lower<'a> {
    /// All component schemas: first their names, in document order, then what they are.
    pub(super) fn components(&mut self) {
        let Some(components) = self.root.get("components") else { return };
        let components = self.document.container(components);
        let schemas = self.mapping(components, "schemas");
        let mut waiting = Vec::new();
        for (index, (key, node)) in schemas.iter().enumerate() {
            self.owner = index;
            let wanted = self.name_override(node).unwrap_or_else(|| key.text.clone());
            let id = self.drafts.reserve(self.owner, key.span);
            let definition = self.definition(node);
            waiting.push(self.name(definition, id, &wanted, Some(&key.text)));
            self.named.insert(node, id);
        }
        self.is_defining = true;
        for pending in waiting {
            self.owner = pending.id.owner;
            self.define(pending);
        }
        self.owner = schemas.len();
        self.define_pending();
        self.is_defining = false;
        self.keep_promises();
    }

    /// What a component is in the end, where that stands in another file: the component gives it its name.
    fn definition(&self, node: &'a Node) -> &'a Node {
        let leads_away = |text: &str| !text.starts_with('#');
        if !node.get("$ref").and_then(Node::as_str).is_some_and(leads_away) {
            return node;
        }
        let definition = self.document.resolve(node).ok().filter(|definition| {
            !self.document.is_own(definition) && !self.named.contains_key(&std::ptr::from_ref(*definition))
        });
        definition.unwrap_or(node)
    }

    /// What a schema is where it is used. `hint` becomes the name of a type that has to be defined for it.
    pub(super) fn used(&mut self, node: &'a Node, hint: &Name) -> Used {
        let Some(reference) = self.reference(node) else { return self.inline(node, hint) };
        let Some(target) = self.target(reference) else { return any() };
        let Used { ty, mut traits } = match self.part_of_component(target, reference, hint) {
            Some(used) => used,
            None => Used { ty: Type::Named(self.named_type(target, reference)), traits: self.traits(target) },
        };
        traits.nullable |= node.get("nullable").and_then(Node::as_bool).unwrap_or_default();
        Used { ty, traits }
    }

    /// What a part of a component is, to which a reference leads: the same as in the component.
    fn part_of_component(&mut self, target: &'a Node, reference: &Node, hint: &Name) -> Option<Used> {
        let pointer: *const Node = target;
        let text = reference.as_str()?;
        if self.named.contains_key(&pointer) || self.reference(target).is_some() || !is_part(text) {
            return None;
        }
        if let Some(used) = self.inlined.get(&pointer) {
            return Some(used.clone());
        }
        if let Some(id) = self.lowering.get(&pointer).copied() {
            self.demanded.insert(id);
            return Some(Used { ty: Type::Named(id), traits: self.traits(target) });
        }
        if self.is_scalar(target) {
            return Some(self.inline(target, hint));
        }
        if !self.is_defining {
            return None;
        }
        let known = self.promised.get(&pointer).map(|promise| promise.id);
        let id = known.unwrap_or_else(|| {
            let id = self.drafts.reserve(self.owner, target.span);
            self.promised.insert(pointer, Promise { id, node: target, wanted: name_of_target(text) });
            id
        });
        Some(Used { ty: Type::Named(id), traits: self.traits(target) })
    }

    /// Whether a schema needs no type of its own.
    fn is_scalar(&mut self, node: &'a Node) -> bool {
        let is_scalar =
            |(name, _): &(&str, Span)| matches!(*name, "string" | "integer" | "number" | "boolean");
        matches!(&self.type_names_of(node)[..], [one] if is_scalar(one))
            && ["enum", "const", "allOf", "oneOf", "anyOf"].iter().all(|key| node.get(key).is_none())
            && !self.is_secret(node)
    }

    /// Names what no component has made after all.
    fn keep_promises(&mut self) {
        let mut promises: Vec<Promise<'a>> = self.promised.drain().map(|(_, promise)| promise).collect();
        promises.sort_by_key(|promise| promise.id);
        for Promise { id, node, wanted } in promises {
            let wanted = self.name_override(node).unwrap_or(wanted);
            let pending = self.name(node, id, &wanted, None);
            self.pending.push_back(pending);
        }
        self.define_pending();
    }

    fn inline(&mut self, node: &'a Node, hint: &Name) -> Used {
        let pointer: *const Node = node;
        if let Some(used) = self.inlined.get(&pointer) {
            return used.clone();
        }
        if let Some(id) = self.lowering.get(&pointer).copied() {
            self.demanded.insert(id);
            return Used { ty: Type::Named(id), traits: self.traits(node) };
        }
        let used = self.inline_once(node, hint);
        self.inlined.insert(pointer, used.clone());
        used
    }

    fn inline_once(&mut self, node: &'a Node, hint: &Name) -> Used {
        let id = match self.promised.remove(&std::ptr::from_ref(node)) {
            Some(promise) => {
                self.demanded.insert(promise.id);
                promise.id
            }
            None => self.drafts.reserve(self.owner, node.span),
        };
        self.lowering.insert(node, id);
        let (shape, traits) = self.shape(node, hint);
        self.lowering.remove(&std::ptr::from_ref(node));
        let ty = match shape {
            Shape::Plain(ty) if !self.demanded.contains(&id) => ty,
            Shape::Define(kind) => {
                let wanted = self.name_override(node).map(|name| Name::pascal(&name));
                self.fill_inline(id, node, wanted.unwrap_or_else(|| hint.clone()), kind)
            }
            // It contains itself without a type of its own in between; `circles` breaks that.
            Shape::Plain(ty) => self.fill_inline(id, node, hint.clone(), Kind::Alias(ty)),
        };
        let lenient = traits.lenient || matches!(ty, Type::UnixMillis);
        Used { ty, traits: Traits { lenient, ..traits } }
    }

    /// Defines a type for a schema without a name. What else the schema says belongs to the place that uses it.
    pub(super) fn fill_inline(&mut self, id: TypeId, node: &'a Node, name: Name, kind: Kind<'a>) -> Type {
        let text = self.described(node);
        self.fill(id, node, (name, None), text, kind);
        Type::Named(id)
    }

    fn fill(
        &mut self,
        id: TypeId,
        node: &'a Node,
        (name, component): (Name, Option<String>),
        text: Text,
        kind: Kind<'a>,
    ) {
        let deprecated = self.flag(node, "deprecated");
        self.drafts.fill(id, Draft { name, component, text, deprecated, kind });
    }

    /// The type that a reference's target defines. Targets outside of the component schemas get their name from the
    /// reference.
    pub(super) fn named_type(&mut self, target: &'a Node, reference: &Node) -> TypeId {
        let pointer: *const Node = target;
        if let Some(id) = self.named.get(&pointer) {
            return *id;
        }
        let wanted = self
            .name_override(target)
            .unwrap_or_else(|| name_of_target(reference.as_str().unwrap_or_default()));
        let id = self.drafts.reserve(self.owner, target.span);
        let pending = self.name(target, id, &wanted, None);
        self.pending.push_back(pending);
        id
    }

    /// Notes that a schema has a name, and so a type of its own wherever it is used.
    fn name(&mut self, node: &'a Node, id: TypeId, wanted: &str, component: Option<&str>) -> Pending<'a> {
        let name = Name::pascal(wanted);
        self.named.insert(node, id);
        self.names.insert(node, name.clone());
        Pending { id, node, name, component: component.map(str::to_owned) }
    }

    /// Defines what references outside of the components have named, until nothing new comes up. A queue rather than
    /// recursion: a chain of references may be as long as the document.
    pub(super) fn define_pending(&mut self) {
        let owner = self.owner;
        while let Some(pending) = self.pending.pop_front() {
            self.owner = pending.id.owner;
            self.define(pending);
        }
        self.owner = owner;
    }

    /// Fills a type that has its name already.
    fn define(&mut self, Pending { id, node, name, component }: Pending<'a>) {
        let kind = if self.reference(node).is_some() {
            Kind::Alias(self.used(node, &name).ty)
        } else {
            match self.shape(node, &name).0 {
                Shape::Plain(Type::String) if !self.is_secret(node) => Kind::Id,
                Shape::Plain(ty) => Kind::Alias(ty),
                Shape::Define(kind) => kind,
            }
        };
        let text = self.value_text(node);
        self.fill(id, node, (name, component), text, kind);
    }

    /// Classifies a schema that is not a reference.
    pub(super) fn shape(&mut self, node: &'a Node, name: &Name) -> (Shape<'a>, Traits) {
        if let Some(allows) = node.as_bool() {
            if !allows {
                self.not_enforced(
                    node.span,
                    "a schema that allows nothing",
                    "leave out what must not be there",
                );
            }
            return (Shape::Plain(Type::Any), Traits::default());
        }
        if !matches!(node.value, Value::Object(_)) {
            let what = format!("a schema that is {}", node.kind());
            self.untyped(node.span, &what, "write a mapping, `true` or `false` here");
            return (Shape::Plain(Type::Any), Traits::default());
        }
        self.check_schema_keys(node);
        let traits = self.traits(node);
        (self.classify(node, name), traits)
    }

    fn classify(&mut self, node: &'a Node, name: &Name) -> Shape<'a> {
        let own = self.own_nature(node);
        let choices = self.choices(node, own);
        let is_composed =
            self.document.reference(node).is_some() || !constraining(self.list(node, "allOf")).is_empty();
        if let Some(discriminator) = node.get("discriminator").filter(|_| choices.is_empty()) {
            if let Some(shape) = self.inherited(node, name) {
                return shape;
            }
            self.problems.warning(
                Effect::Ignored,
                discriminator.span,
                "this `discriminator` tells nothing apart",
                "no schema extends this one",
                "list the alternatives under `oneOf`, or put a `$ref` to this schema into their `allOf`",
            );
        }
        match choices[..] {
            [] if !is_composed => match self.is_conditional(node) {
                true => self.object(node, name),
                false => self.plain(node, name),
            },
            [choice] if !is_composed && own <= Nature::Bare => self.union(node, choice.list, name),
            [_] if !is_composed && own <= Nature::Object => self.object(node, name),
            _ => self.composed(node, &choices, name),
        }
    }

    /// Whether a schema has properties under a condition.
    fn is_conditional(&mut self, node: &'a Node) -> bool {
        let is_object = matches!(self.own_nature(node), Nature::Bare | Nature::Object);
        is_object && ["then", "else", "dependentSchemas"].iter().any(|key| node.get(key).is_some())
    }

    /// A schema by its own keywords alone.
    pub(super) fn plain(&mut self, node: &'a Node, name: &Name) -> Shape<'a> {
        let is_scalar = |(name, _): &(&str, Span)| !matches!(*name, "object" | "array");
        let can_be_listed = self.type_names_of(node).iter().all(is_scalar);
        let values = self.list(node, "enum");
        // A list of nothing says nothing about the type.
        if !values.is_empty() && can_be_listed {
            return self.enumeration(node, values, name);
        }
        if let Some(value) = node.get("const").filter(|_| can_be_listed) {
            return self.enumeration(node, std::slice::from_ref(value), name);
        }
        self.by_type(node, name)
    }

    /// A composition of one part is that part.
    pub(super) fn same_as(&mut self, part: &'a Node, name: &Name) -> Shape<'a> {
        if self.reference(part).is_some() {
            return Shape::Plain(self.used(part, name).ty);
        }
        self.shape(part, name).0
    }

    fn by_type(&mut self, node: &'a Node, name: &Name) -> Shape<'a> {
        let types = self.type_names_of(node);
        match types[..] {
            [] => match self.own_nature(node) {
                Nature::Object => self.object(node, name),
                Nature::Bare if node.get("required").is_none() => self.object(node, name),
                Nature::Other if node.get("items").is_some() || node.get("prefixItems").is_some() => {
                    self.array(node, name)
                }
                _ => Shape::Plain(Type::Any),
            },
            [(one, span)] => self.single_type(node, one, span, name),
            _ => self.several_types(node, &types, name),
        }
    }

    /// What a schema that names several types is under one of them.
    pub(super) fn type_of_several(&mut self, node: &'a Node, (one, span): (&str, Span), name: Name) -> Type {
        match self.single_type(node, one, span, &name) {
            Shape::Plain(ty) => ty,
            Shape::Define(kind) => {
                let id = self.drafts.reserve(self.owner, node.span);
                self.fill_inline(id, node, name, kind)
            }
        }
    }

    fn single_type(&mut self, node: &'a Node, name_of_type: &str, span: Span, name: &Name) -> Shape<'a> {
        self.text(node, "format");
        match name_of_type {
            "object" => self.object(node, name),
            "array" => self.array(node, name),
            "boolean" => Shape::Plain(Type::Bool),
            "integer" | "number" | "string" => Shape::Plain(scalar(name_of_type, &[node])),
            "null" => Shape::Plain(Type::Unit),
            other => {
                self.problems.warning(
                    Effect::Untyped,
                    span,
                    format!("`{}` is not a type of OpenAPI", docs::plain(other)),
                    "unknown type; becomes `Value`, any JSON",
                    "use string, number, integer, boolean, array or object",
                );
                Shape::Plain(Type::Any)
            }
        }
    }

    fn array(&mut self, node: &'a Node, name: &Name) -> Shape<'a> {
        let item_name = name.with("Item");
        // Before OpenAPI 3.1 a list under `items` was what `prefixItems` is now.
        let listed = node.get("items").filter(|items| matches!(items.value, Value::Array(_)));
        let first = listed.or_else(|| node.get("prefixItems")).map(Node::items).unwrap_or_default();
        let further = if listed.is_some() { node.get("additionalItems") } else { node.get("items") };
        let further = further.or_else(|| node.get("unevaluatedItems"));
        let further_type = match further {
            Some(items) if items.as_bool().is_none() => Some(items),
            _ => None,
        };
        if first.is_empty() {
            let item = further_type.map_or(Type::Any, |items| item(self.used(items, &item_name)));
            return Shape::Plain(Type::Array(Box::new(item)));
        }
        let is_closed = further.is_some_and(|items| items.as_bool() == Some(false));
        if is_exactly(node, first.len(), is_closed) && first.len() <= LONGEST_TUPLE {
            let names = self.place_names(first, &item_name);
            let types = first.iter().zip(names).map(|(place, name)| item(self.used(place, &name)));
            return Shape::Plain(Type::Tuple(types.collect()));
        }
        let mut items: Vec<&'a Node> = first.iter().collect();
        items.extend(further_type);
        let known = is_closed || further_type.is_some();
        let item = if known || !first.is_empty() && number(node, "maxItems") == Some(first.len()) {
            self.one_of_several(&items, &item_name)
        } else {
            Type::Any
        };
        Shape::Plain(Type::Array(Box::new(item)))
    }

    /// Names for types at places of a list that have none: after what they are, not where.
    fn place_names(&mut self, places: &'a [Node], name: &Name) -> Vec<Name> {
        let mut members = Vec::new();
        for part in places {
            let target = self.deref(part).unwrap_or(part);
            members.push(Member { part, target, schema: None });
        }
        let names = self.alternative_names(&members);
        names.into_iter().map(|own| name.with(own.as_str())).collect()
    }

    /// A type that is one of several schemas' types, as the item of a list or map.
    pub(super) fn one_of_several(&mut self, parts: &[&'a Node], name: &Name) -> Type {
        let mut members = Vec::new();
        for part in parts {
            if part.as_bool() == Some(true) {
                return Type::Any;
            }
            let target = self.deref(part).unwrap_or(part);
            members.push(Member { part, target, schema: None });
        }
        let [first, ..] = parts else { return Type::Any };
        match self.untagged(&members, name, item) {
            Shape::Plain(ty) => ty,
            Shape::Define(kind) => {
                let id = self.drafts.reserve(self.owner, first.span);
                let text = Text::default();
                let draft = Draft { name: name.clone(), component: None, text, deprecated: false, kind };
                self.drafts.fill(id, draft);
                Type::Named(id)
            }
        }
    }

    /// The types that a schema names, without `null`; OpenAPI 3.1 allows several.
    pub(super) fn type_names_of(&mut self, node: &'a Node) -> Vec<(&'a str, Span)> {
        let Some(given) = node.get("type") else { return Vec::new() };
        let nodes = match &given.value {
            Value::Array(items) => items.as_slice(),
            _ => std::slice::from_ref(given),
        };
        let mut names = Vec::new();
        for item in nodes {
            match &item.value {
                Value::String(text) => names.push((text.as_str(), item.span)),
                Value::Null => names.push(("null", item.span)),
                _ => self.expected(item, "`type`", "text"),
            }
        }
        if names.len() > 1 {
            names.retain(|(name, _)| *name != "null");
        }
        names
    }
}

/// A schema as the item of a list or map.
pub(super) fn item(used: Used) -> Type {
    match used.traits {
        Traits { lenient: true, .. } => Type::Lenient(Box::new(used.ty)),
        Traits { nullable: true, .. } if !matches!(used.ty, Type::Any | Type::Unit) => {
            Type::Option(Box::new(used.ty))
        }
        _ => used.ty,
    }
}

/// A schema as a member of a union, which is null where it is used.
pub(super) fn not_null(used: Used) -> Type {
    item(Used { traits: Traits { nullable: false, ..used.traits }, ..used })
}

/// What to use where a schema could not be understood; the reason has been reported.
pub(super) fn any() -> Used {
    Used { ty: Type::Any, traits: Traits::default() }
}

/// Parts of an `allOf` that say something about the type.
pub(super) fn constraining(parts: &[Node]) -> Vec<&Node> {
    parts.iter().filter(|part| !is_trivial(part)).collect()
}

/// Whether a schema puts no constraint on a value.
pub(super) fn is_trivial(node: &Node) -> bool {
    const SILENT: &[&str] = &[
        "description",
        "title",
        "nullable",
        "example",
        "examples",
        "default",
        "deprecated",
        "readOnly",
        "writeOnly",
        "externalDocs",
        "xml",
    ];
    matches!(node.value, Value::Object(_))
        && node
            .entries()
            .iter()
            .all(|(key, _)| SILENT.contains(&key.text.as_str()) || key.text.starts_with("x-"))
}

/// Longer tuples are no fun, and have no traits.
const LONGEST_TUPLE: usize = 8;

/// Whether a list has exactly so many items: as many as it has places, and no fewer.
fn is_exactly(node: &Node, places: usize, is_closed: bool) -> bool {
    number(node, "minItems") == Some(places) && (is_closed || number(node, "maxItems") == Some(places))
}

fn number(node: &Node, key: &str) -> Option<usize> {
    match &node.get(key)?.value {
        Value::Number(text) => text.parse().ok(),
        _ => None,
    }
}

/// A text or a number by what schemas that hold at once say of it: the first that names a format counts.
pub(super) fn scalar(kind: &str, layers: &[&Node]) -> Type {
    let text = |key: &str| layers.iter().find_map(|layer| layer.get(key)?.as_str()).unwrap_or_default();
    let format = text("format");
    match kind {
        "integer" => Type::Int(integer(layers, format)),
        "number" => {
            if format == "float" {
                Type::F32
            } else {
                Type::F64
            }
        }
        _ => string(format, text("contentEncoding")),
    }
}

/// The type of an integer: that of its format, unless its limits allow what does not fit. A narrow type would refuse an answer
/// that the document allows.
pub(super) fn integer(layers: &[&Node], format: &str) -> Int {
    let of_format = integer_of(format);
    let whole = |node: &Node| match &node.value {
        Value::Number(text) => default::whole(text),
        _ => None,
    };
    let limit = |key: &str| layers.iter().find_map(|layer| layer.get(key).and_then(whole));
    let listed = layers.iter().flat_map(|layer| listed_values(layer));
    let listed: Vec<i128> = listed.filter_map(whole).collect();
    let least = limit("minimum").or_else(|| Some(limit("exclusiveMinimum")?.saturating_add(1)));
    let least = least.or(listed.iter().min().copied());
    let greatest = limit("maximum").or_else(|| Some(limit("exclusiveMaximum")?.saturating_sub(1)));
    let greatest = greatest.or(listed.iter().max().copied());
    let fits = |int: Int| [least, greatest].into_iter().flatten().all(|limit| range(int).contains(&limit));
    match of_format {
        _ if fits(of_format) => of_format,
        _ if fits(Int::I64) => Int::I64,
        // Limits of 64 bits are often written as the float next to them, which lies beyond.
        _ if least.is_some_and(|least| least >= 0) => Int::U64,
        _ if of_format == Int::U64 => Int::U64,
        _ => Int::I64,
    }
}

/// The values that a schema lists.
fn listed_values(node: &Node) -> &[Node] {
    node.get("enum")
        .map(Node::items)
        .or_else(|| node.get("const").map(std::slice::from_ref))
        .unwrap_or_default()
}

/// What an integer type holds.
pub(super) fn range(int: Int) -> RangeInclusive<i128> {
    match int {
        Int::I8 => i128::from(i8::MIN)..=i128::from(i8::MAX),
        Int::I16 => i128::from(i16::MIN)..=i128::from(i16::MAX),
        Int::I32 => i128::from(i32::MIN)..=i128::from(i32::MAX),
        Int::I64 => i128::from(i64::MIN)..=i128::from(i64::MAX),
        Int::U8 => 0..=i128::from(u8::MAX),
        Int::U16 => 0..=i128::from(u16::MAX),
        Int::U32 => 0..=i128::from(u32::MAX),
        Int::U64 => 0..=i128::from(u64::MAX),
    }
}

fn integer_of(format: &str) -> Int {
    match format {
        "int8" => Int::I8,
        "int16" => Int::I16,
        "int32" => Int::I32,
        "uint8" => Int::U8,
        "uint16" => Int::U16,
        "uint32" => Int::U32,
        "uint64" | "uint" => Int::U64,
        _ => Int::I64,
    }
}

fn string(format: &str, encoding: &str) -> Type {
    match format {
        "uuid" => Type::Uuid,
        "date-time" => Type::Timestamp,
        "date" => Type::Date,
        "byte" => Type::Base64,
        "unix-millis" => Type::UnixMillis,
        // What OpenAPI 3.1 has in place of `byte`.
        _ if encoding.eq_ignore_ascii_case("base64") => Type::Base64,
        _ => Type::String,
    }
}

/// Whether a reference leads into a component, rather than to it or to what it defines for others.
fn is_part(reference: &str) -> bool {
    let pointer = reference.split_once('#').map_or("", |(_, pointer)| pointer);
    let is_definition = |segment: &str| matches!(segment, "$defs" | "definitions");
    if let Some(within) = pointer.strip_prefix("/components/schemas/") {
        return within.split_once('/').is_some_and(|(_, rest)| !rest.split('/').any(is_definition));
    }
    // In other files schemas are anywhere.
    let segments: Vec<&str> = pointer.split('/').collect();
    match segments[..] {
        ["", "paths" | "components" | "webhooks", ..] => false,
        [.., "properties" | "allOf" | "oneOf" | "anyOf" | "prefixItems", _] => true,
        [.., before, "items" | "additionalProperties"] => !is_definition(before),
        _ => false,
    }
}
