//! Schemas to types: what a schema is where it is used, and what a named schema defines.

use super::draft::{Draft, Kind};
use super::resolve::last_segment;
use super::{Lower, Pending, Traits, Used};
use crate::diagnostics::Span;
use crate::docs;
use crate::ir::{Int, Type, TypeId};
use crate::names::Name;
use crate::parse::{Node, Value};

/// What a schema turns out to be.
pub(super) enum Shape<'a> {
    /// A type that needs no definition.
    Plain(Type),
    /// A type to define.
    Define(Kind<'a>),
}

/// Keywords of a schema that decide about types.
const HANDLED: &[&str] = &[
    "$ref",
    "type",
    "format",
    "nullable",
    "enum",
    "const",
    "properties",
    "required",
    "additionalProperties",
    "items",
    "allOf",
    "oneOf",
    "anyOf",
    "discriminator",
    "default",
    "description",
    "title",
    "deprecated",
    "readOnly",
    "writeOnly",
];

/// Keywords that validate or illustrate, and change no type.
const HARMLESS: &[&str] = &[
    "maximum",
    "exclusiveMaximum",
    "minimum",
    "exclusiveMinimum",
    "multipleOf",
    "maxLength",
    "minLength",
    "pattern",
    "maxItems",
    "minItems",
    "uniqueItems",
    "maxProperties",
    "minProperties",
    "example",
    "examples",
    "externalDocs",
    "xml",
    "$comment",
    "$id",
    "$schema",
    "$anchor",
    "$defs",
    "definitions",
    "contentMediaType",
    "contentEncoding",
    "contentSchema",
];

/// Keywords that do change what is valid, and that the generator does not understand.
const UNSUPPORTED: &[&str] = &[
    "not",
    "if",
    "then",
    "else",
    "prefixItems",
    "contains",
    "minContains",
    "maxContains",
    "patternProperties",
    "propertyNames",
    "dependentSchemas",
    "dependentRequired",
    "unevaluatedItems",
    "unevaluatedProperties",
    "$dynamicRef",
    "$dynamicAnchor",
    "$recursiveRef",
];

impl<'a> Lower<'a> {
    /// All component schemas: first the names, in document order, then what they are.
    pub(super) fn components(&mut self) {
        let Some(components) = self.root.get("components") else { return };
        let schemas = self.mapping(components, "schemas");
        let mut ids = Vec::new();
        for (index, (key, node)) in schemas.iter().enumerate() {
            self.owner = index;
            let wanted = self.name_override(node).unwrap_or_else(|| key.text.clone());
            let name = Name::pascal(&wanted);
            let id = self.reserve(key.span);
            self.named.insert(node, id);
            self.names.insert(node, name.clone());
            ids.push((id, name));
        }
        for (index, ((key, node), (id, name))) in schemas.iter().zip(ids).enumerate() {
            self.owner = index;
            self.define(id, node, name, Some(&key.text));
        }
        self.owner = schemas.len();
        self.define_pending();
    }

    /// What a schema is where it is used. `hint` becomes the name of a type that has to be defined for it.
    pub(super) fn used(&mut self, node: &'a Node, hint: &Name) -> Used {
        let Some(reference) = node.get("$ref") else { return self.inline(node, hint) };
        let Some(target) = self.target(reference) else { return any() };
        let id = self.named_type(target, reference);
        let mut traits = self.traits(target, 0);
        traits.nullable |= node.get("nullable").and_then(Node::as_bool).unwrap_or_default();
        Used { ty: Type::Named(id), traits }
    }

    fn inline(&mut self, node: &'a Node, hint: &Name) -> Used {
        let pointer: *const Node = node;
        if let Some(used) = self.inlined.get(&pointer) {
            return used.clone();
        }
        if let Some(id) = self.lowering.get(&pointer).copied() {
            self.demanded.insert(id);
            return Used { ty: Type::Named(id), traits: self.traits(node, 0) };
        }
        let used = self.inline_once(node, hint);
        self.inlined.insert(pointer, used.clone());
        used
    }

    fn inline_once(&mut self, node: &'a Node, hint: &Name) -> Used {
        let id = self.reserve(node.span);
        self.lowering.insert(node, id);
        let (shape, traits) = self.shape(node, hint);
        self.lowering.remove(&std::ptr::from_ref(node));
        let ty = match shape {
            // It contains itself without a type of its own in between; `finish` refuses that.
            Shape::Plain(ty) if self.demanded.contains(&id) => {
                self.fill(id, node, hint.clone(), None, Kind::Alias(ty));
                Type::Named(id)
            }
            Shape::Plain(ty) => ty,
            Shape::Define(kind) => {
                let name = self.name_override(node).map_or_else(|| hint.clone(), |name| Name::pascal(&name));
                self.fill(id, node, name, None, kind);
                Type::Named(id)
            }
        };
        let lenient = traits.lenient || matches!(ty, Type::UnixMillis);
        Used { ty, traits: Traits { lenient, ..traits } }
    }

    /// The type that a reference's target defines. Targets outside of the component schemas get their name from the
    /// reference.
    fn named_type(&mut self, target: &'a Node, reference: &Node) -> TypeId {
        let pointer: *const Node = target;
        if let Some(id) = self.named.get(&pointer) {
            return *id;
        }
        let wanted = self
            .name_override(target)
            .unwrap_or_else(|| last_segment(reference.as_str().unwrap_or_default()));
        let name = Name::pascal(&wanted);
        let id = self.reserve(target.span);
        self.named.insert(pointer, id);
        self.names.insert(pointer, name.clone());
        self.pending.push_back(Pending { id, target, name, owner: self.owner });
        id
    }

    /// Defines what references outside of the components have named, until nothing new comes up. A queue rather than
    /// recursion: a chain of references may be as long as the document.
    pub(super) fn define_pending(&mut self) {
        let owner = self.owner;
        while let Some(pending) = self.pending.pop_front() {
            self.owner = pending.owner;
            self.define(pending.id, pending.target, pending.name, None);
        }
        self.owner = owner;
    }

    /// Fills a type that has its name already.
    fn define(&mut self, id: TypeId, node: &'a Node, name: Name, component: Option<&str>) {
        let kind = if node.get("$ref").is_some() {
            Kind::Alias(self.used(node, &name).ty)
        } else {
            match self.shape(node, &name).0 {
                Shape::Plain(Type::String) => Kind::Id,
                Shape::Plain(ty) => Kind::Alias(ty),
                Shape::Define(kind) => kind,
            }
        };
        self.fill(id, node, name, component, kind);
    }

    fn fill(&mut self, id: TypeId, node: &'a Node, name: Name, component: Option<&str>, kind: Kind<'a>) {
        let text = self.words(node);
        let deprecated = self.flag(node, "deprecated");
        let component = component.map(str::to_owned);
        self.types[id.number].draft = Some(Draft { name, component, text, deprecated, kind });
    }

    /// Whether fields of a schema's type may be null, or anything at all. Looks through references and compositions of
    /// one, without lowering anything.
    pub(super) fn traits(&mut self, node: &'a Node, depth: usize) -> Traits {
        let pointer: *const Node = node;
        if let Some(known) = self.traits.get(&pointer) {
            return *known;
        }
        if depth > 32 {
            return Traits::default();
        }
        // A schema that leads back here adds nothing to itself.
        self.traits.insert(pointer, Traits::default());
        let traits = self.find_traits(node, depth);
        self.traits.insert(pointer, traits);
        traits
    }

    fn find_traits(&mut self, node: &'a Node, depth: usize) -> Traits {
        if let Some(reference) = node.get("$ref") {
            let target = self.target(reference);
            return target.map(|target| self.traits(target, depth + 1)).unwrap_or_default();
        }
        let format = node.get("format").and_then(Node::as_str);
        let mut traits = Traits {
            nullable: node.get("nullable").and_then(Node::as_bool).unwrap_or_default() || has_null(node),
            lenient: matches!(format, Some("lenient" | "unix-millis")),
        };
        for keyword in ["oneOf", "anyOf"] {
            traits.nullable |= node.get(keyword).is_some_and(|list| list.items().iter().any(is_null));
        }
        for keyword in ["allOf", "oneOf", "anyOf"] {
            let parts: Vec<&Node> =
                node.get(keyword).map(|list| constraining(list.items())).unwrap_or_default();
            if let [part] = parts[..] {
                let inner = self.traits(part, depth + 1);
                traits.nullable |= inner.nullable;
                traits.lenient |= inner.lenient;
            }
        }
        traits
    }

    /// Classifies a schema that is not a reference.
    pub(super) fn shape(&mut self, node: &'a Node, name: &Name) -> (Shape<'a>, Traits) {
        if node.as_bool() == Some(true) {
            return (Shape::Plain(Type::Any), Traits::default());
        }
        if !matches!(node.value, Value::Object(_)) {
            self.expected(node, "a schema", "a mapping");
            return (Shape::Plain(Type::Any), Traits::default());
        }
        self.check_schema_keys(node);
        let traits = self.traits(node, 0);
        (self.classify(node, name), traits)
    }

    fn classify(&mut self, node: &'a Node, name: &Name) -> Shape<'a> {
        let all = constraining(self.list(node, "allOf"));
        let one = alternatives(self.list(node, "oneOf"));
        let any = alternatives(self.list(node, "anyOf"));
        if !one.is_empty() && !any.is_empty() {
            self.unsupported(node.span, "a schema with both `oneOf` and `anyOf`", "keep one of the two");
            return Shape::Plain(Type::Any);
        }
        let alternatives = if one.is_empty() { any } else { one };
        let object = node.get("properties").is_some() || node.get("additionalProperties").is_some();
        if !alternatives.is_empty() && !alternatives.iter().all(|part| only_requires(part)) {
            if object || !all.is_empty() {
                self.unsupported(
                    node.span,
                    "a schema that combines alternatives with properties or `allOf`",
                    "repeat the shared properties in each alternative",
                );
                return Shape::Plain(Type::Any);
            }
            return self.union(node, &alternatives, name);
        }
        if node.get("discriminator").is_some() {
            self.unsupported(
                node.span,
                "`discriminator` without `oneOf` or `anyOf`",
                "list the alternatives under `oneOf`, next to the discriminator",
            );
        }
        if !all.is_empty() {
            let more =
                ["required", "enum", "const", "items"].iter().any(|keyword| node.get(keyword).is_some());
            if let ([part], false) = (&all[..], object || more) {
                return self.same_as(part, name);
            }
            return self.object(node, name);
        }
        if node.get("enum").is_some() {
            let values = self.list(node, "enum");
            return self.enumeration(node, values);
        }
        if let Some(value) = node.get("const") {
            return self.enumeration(node, std::slice::from_ref(value));
        }
        self.by_type(node, name)
    }

    /// A composition of one part is that part.
    fn same_as(&mut self, part: &'a Node, name: &Name) -> Shape<'a> {
        if part.get("$ref").is_some() {
            return Shape::Plain(self.used(part, name).ty);
        }
        self.shape(part, name).0
    }

    fn by_type(&mut self, node: &'a Node, name: &Name) -> Shape<'a> {
        let types = self.type_names_of(node);
        match types[..] {
            [] if node.get("properties").is_some() || node.get("additionalProperties").is_some() => {
                self.object(node, name)
            }
            [] if node.get("items").is_some() => self.array(node, name),
            [] => Shape::Plain(Type::Any),
            [(one, span)] => self.single_type(node, one, span, name),
            _ => {
                let mut variants = Vec::new();
                for (one, span) in types {
                    let part = name.with(Name::pascal(one).as_str());
                    let shape = self.single_type(node, one, span, &part);
                    let ty = match shape {
                        Shape::Plain(ty) => ty,
                        Shape::Define(kind) => {
                            let id = self.reserve(node.span);
                            self.fill(id, node, part, None, kind);
                            Type::Named(id)
                        }
                    };
                    variants.push((one.to_owned(), ty));
                }
                self.untagged(variants)
            }
        }
    }

    fn single_type(&mut self, node: &'a Node, name_of_type: &str, span: Span, name: &Name) -> Shape<'a> {
        let format = self.text(node, "format").unwrap_or_default();
        match name_of_type {
            "object" => self.object(node, name),
            "array" => self.array(node, name),
            "boolean" => Shape::Plain(Type::Bool),
            "integer" => Shape::Plain(Type::Int(integer(format))),
            "number" => Shape::Plain(if format == "float" { Type::F32 } else { Type::F64 }),
            "string" => Shape::Plain(string(format)),
            "null" => Shape::Plain(Type::Unit),
            other => {
                self.problems.error(
                    span,
                    format!("`{}` is not a type of OpenAPI", docs::plain(other)),
                    "unknown type",
                    "use string, number, integer, boolean, array or object",
                );
                Shape::Plain(Type::Any)
            }
        }
    }

    fn array(&mut self, node: &'a Node, name: &Name) -> Shape<'a> {
        let Some(items) = node.get("items") else {
            return Shape::Plain(Type::Array(Box::new(Type::Any)));
        };
        let used = self.used(items, &name.with("Item"));
        Shape::Plain(Type::Array(Box::new(self.item(used))))
    }

    /// A schema as the item of a list or map.
    pub(super) fn item(&mut self, used: Used) -> Type {
        match used.traits {
            Traits { lenient: true, .. } => Type::Lenient(Box::new(used.ty)),
            Traits { nullable: true, .. } if !matches!(used.ty, Type::Any | Type::Unit) => {
                Type::Option(Box::new(used.ty))
            }
            _ => used.ty,
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

    fn check_schema_keys(&mut self, node: &'a Node) {
        if !self.checked.insert(node) {
            return;
        }
        for (key, value) in node.entries() {
            let text = key.text.as_str();
            let known = HANDLED.contains(&text) || HARMLESS.contains(&text) || text.starts_with("x-");
            // `not: {}` and the like can never hold; an empty `patternProperties` says nothing.
            if UNSUPPORTED.contains(&text) {
                if !value.entries().is_empty() || text == "not" {
                    self.unsupported(
                        key.span,
                        &format!("`{text}`"),
                        "describe the value without it; a looser schema accepts more than the server sends",
                    );
                }
            } else if !known {
                self.problems.warning(
                    key.span,
                    format!("`{}` has no meaning in a schema", docs::plain(text)),
                    "ignored",
                    "remove it, or check its spelling and indentation",
                );
            }
        }
    }
}

/// What to use where a schema could not be understood; the reason has been reported.
pub(super) fn any() -> Used {
    Used { ty: Type::Any, traits: Traits::default() }
}

/// Parts of an `allOf` that say something about the type.
fn constraining(parts: &[Node]) -> Vec<&Node> {
    parts.iter().filter(|part| !is_trivial(part)).collect()
}

/// Members of a `oneOf` or `anyOf`; none where one of them allows everything and so the list says nothing.
fn alternatives(parts: &[Node]) -> Vec<&Node> {
    if parts.iter().all(is_trivial) { Vec::new() } else { parts.iter().collect() }
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

/// Whether a member of a `oneOf` or `anyOf` only says which properties must be there, which no Rust type shows.
fn only_requires(node: &Node) -> bool {
    let entries = node.entries();
    !entries.is_empty()
        && entries
            .iter()
            .all(|(key, _)| matches!(key.text.as_str(), "required" | "not" | "description" | "title"))
}

/// Whether a schema allows null alone.
pub(super) fn is_null(node: &Node) -> bool {
    let null_type = node.get("type").is_some_and(|given| match &given.value {
        Value::String(text) => text == "null",
        _ => false,
    });
    let null_values = node.get("enum").is_some_and(|values| {
        !values.items().is_empty() && values.items().iter().all(|v| v.value == Value::Null)
    });
    let null_const = node.get("const").is_some_and(|value| value.value == Value::Null);
    null_type || null_values || null_const
}

/// Whether a schema lists null among its types or values.
fn has_null(node: &Node) -> bool {
    let typed = node.get("type").is_some_and(|given| {
        given.items().iter().any(|item| item.as_str() == Some("null") || item.value == Value::Null)
    });
    typed
        || node.get("enum").is_some_and(|values| values.items().iter().any(|item| item.value == Value::Null))
}

fn integer(format: &str) -> Int {
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

fn string(format: &str) -> Type {
    match format {
        "uuid" => Type::Uuid,
        "date-time" => Type::Timestamp,
        "date" => Type::Date,
        "byte" => Type::Base64,
        "unix-millis" => Type::UnixMillis,
        _ => Type::String,
    }
}
