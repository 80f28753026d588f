//! Objects: structs for known properties, maps for the rest, `allOf` merged.

use super::Lower;
use super::compose::{Choice, Nature};
use super::draft::{Kind, Property, Record};
use super::schema::{Shape, is_trivial, item};
use super::text::beside;
use crate::diagnostics::Effect;
use crate::docs;
use crate::ir::{Text, Type};
use crate::names::Name;
use crate::parse::{Key, Node};
use std::collections::{HashMap, HashSet, VecDeque};

/// What an object schema and the parts of its `allOf` declare together.
#[derive(Default)]
pub(super) struct Collected<'a> {
    /// Later declarations of a property replace earlier ones, in the earlier one's position.
    pub(super) properties: Vec<(&'a Key, &'a Node)>,
    /// For each property the named schema that declares it, to name its inline types after.
    pub(super) owners: Vec<Option<Name>>,
    pub(super) required: Vec<(&'a str, &'a Node)>,
    /// Schemas of properties beyond those that are declared.
    pub(super) additional: Vec<&'a Node>,
    /// Whether there are no such properties, unless one of those schemas says so.
    is_closed: bool,
    /// Lists of alternatives that hold beside the properties.
    pub(super) choices: VecDeque<Choice<'a>>,
    /// Schemas that hold under a condition.
    pub(super) conditional: Vec<&'a Node>,
    /// Properties whose declarations do not go together.
    pub(super) disputed: HashSet<&'a str>,
    /// Alternatives whose properties have been merged.
    pub(super) alternatives: HashSet<*const Node>,
    /// Properties that only alternatives declare.
    pub(super) added: HashSet<&'a str>,
    /// Earlier declarations of properties that later ones have replaced.
    halves: HashMap<&'a str, Vec<&'a Node>>,
    /// Whether some part cannot be read.
    pub(super) broken: bool,
    /// Where each property is in the list.
    pub(super) places: HashMap<&'a str, usize>,
    /// Parts that have been merged: reached again, they add nothing.
    merged: HashSet<*const Node>,
}

impl<'a> Collected<'a> {
    /// Adds a property that is not there yet.
    pub(super) fn add(&mut self, key: &'a Key, schema: &'a Node, owner: Option<Name>) {
        self.places.insert(&key.text, self.properties.len());
        self.properties.push((key, schema));
        self.owners.push(owner);
    }

    /// Takes properties away.
    pub(super) fn retain(&mut self, keep: impl Fn(&str) -> bool) {
        let owners = std::mem::take(&mut self.owners);
        let properties = std::mem::take(&mut self.properties);
        self.places.clear();
        for ((key, schema), owner) in properties.into_iter().zip(owners) {
            if keep(&key.text) {
                self.add(key, schema, owner);
            }
        }
        self.required.retain(|(name, _)| keep(name));
    }
}

/// How many compositions may lie within each other. Real documents stay below ten.
const DEEPEST_COMPOSITION: usize = 100;

impl<'a> Lower<'a> {
    pub(super) fn object(&mut self, node: &'a Node, name: &Name) -> Shape<'a> {
        let mut collected = Collected::default();
        self.collect(node, &mut collected);
        if collected.broken {
            return Shape::Plain(Type::Any);
        }
        if !collected.choices.is_empty() || !collected.conditional.is_empty() {
            return self.with_choices(node, collected, name);
        }
        self.object_of(node, &collected, Vec::new(), name)
    }

    /// A map where no property is known, else a struct with what is flattened into it.
    pub(super) fn object_of(
        &mut self,
        node: &'a Node,
        collected: &Collected<'a>,
        flattened: Vec<Property<'a>>,
        name: &Name,
    ) -> Shape<'a> {
        if collected.properties.is_empty() && flattened.is_empty() {
            match self.rest(collected, name) {
                Some(rest) => return Shape::Plain(Type::Map(Box::new(rest))),
                None if collected.is_closed => {}
                None => return Shape::Plain(Type::Map(Box::new(Type::Any))),
            }
        }
        self.structure(node, collected, flattened, name)
    }

    /// Gathers what a schema and its `allOf` declare.
    pub(super) fn collect(&mut self, part: &'a Node, into: &mut Collected<'a>) {
        let node = match self.reference(part) {
            Some(_) => self.deref(part),
            None => Some(part),
        };
        let Some(node) = node else {
            into.broken = true;
            return;
        };
        if self.collecting.len() >= DEEPEST_COMPOSITION {
            self.untyped(node.span, "`allOf` nested this deeply", "merge some of the schemas");
            into.broken = true;
            return;
        }
        if self.collecting.contains(&std::ptr::from_ref(node)) {
            self.problems.warning(
                Effect::Ignored,
                part.span,
                "this `allOf` contains itself",
                "says nothing",
                "remove the reference that leads back here",
            );
            return;
        }
        if into.merged.insert(node) {
            self.collecting.insert(node);
            self.collect_parts(part, node, into);
            self.collecting.remove(&std::ptr::from_ref(node));
        }
    }

    fn collect_parts(&mut self, part: &'a Node, node: &'a Node, into: &mut Collected<'a>) {
        if let Some(target) = self.quiet_target(node) {
            self.collect(target, into);
        }
        for part in self.list(node, "allOf") {
            self.collect(part, into);
        }
        self.collect_own(node, into);
        let own = self.own_nature(node);
        let beside = if node.get("allOf").is_some() { own.max(Nature::Bare) } else { own };
        let choices = self.choices(node, beside);
        let is_alone = own <= Nature::Bare
            && choices.len() == 1
            && ["allOf", "$ref", "required"].iter().all(|key| node.get(key).is_none());
        for choice in choices {
            let known = |part: &Node| {
                let target = self.document.resolve(part);
                target.is_ok_and(|target| {
                    !std::ptr::eq(target, node) && self.collecting.contains(&std::ptr::from_ref(target))
                })
            };
            // What extends this schema and is among its alternatives does not choose again.
            if !choice.list.items().iter().any(known) {
                into.choices.push_back(Choice { part: is_alone.then_some(part), ..choice });
            }
        }
        for key in ["then", "else"] {
            into.conditional.extend(node.get(key));
        }
        let dependent = node.get("dependentSchemas").map(Node::entries).unwrap_or_default();
        into.conditional.extend(dependent.iter().map(|(_, schema)| schema));
    }

    fn collect_own(&mut self, node: &'a Node, into: &mut Collected<'a>) {
        let owner = self.names.get(&std::ptr::from_ref(node)).cloned();
        for (key, property) in self.mapping(node, "properties") {
            match into.places.get(key.text.as_str()).copied() {
                // A later declaration that only describes, or says less, leaves the earlier type.
                Some(at) if self.says_more(property, into.properties[at].1) => {
                    let earlier = std::mem::replace(&mut into.properties[at].1, property);
                    into.halves.entry(&key.text).or_default().push(earlier);
                    into.owners[at] = owner.clone();
                }
                Some(_) => {}
                None => into.add(key, property, owner.clone()),
            }
        }
        self.collect_required(node, into);
        for key in ["additionalProperties", "unevaluatedProperties"] {
            match node.get(key) {
                Some(additional) if additional.as_bool() == Some(false) => into.is_closed = true,
                // What nobody has looked at may be anything in any case.
                Some(additional) if additional.as_bool().is_none() || key == "additionalProperties" => {
                    into.additional.push(additional);
                }
                _ => {}
            }
        }
        let patterns = self.mapping(node, "patternProperties").iter();
        into.additional
            .extend(patterns.map(|(_, schema)| schema).filter(|schema| schema.as_bool() != Some(false)));
    }

    /// Whether a later declaration of a property has a type of its own.
    fn says_more(&mut self, later: &'a Node, earlier: &'a Node) -> bool {
        if is_trivial(later) {
            return false;
        }
        if let (Some(earlier), Some(later)) = (earlier.get("items"), later.get("items")) {
            return self.says_more(later, earlier);
        }
        match (self.nature(earlier), self.nature(later)) {
            (Nature::Silent, _) => true,
            (_, Nature::Silent) => false,
            (Nature::Other, Nature::Other) => !self.is_narrower(earlier, later),
            (Nature::Object | Nature::Choice, Nature::Bare) => later.get("required").is_some(),
            _ => true,
        }
    }

    fn collect_required(&mut self, node: &'a Node, into: &mut Collected<'a>) {
        for name in self.list(node, "required") {
            match name.as_str() {
                Some(text) => into.required.push((text, name)),
                None => self.expected(name, "an item of `required`", "text"),
            }
        }
    }

    fn structure(
        &mut self,
        node: &'a Node,
        collected: &Collected<'a>,
        flattened: Vec<Property<'a>>,
        name: &Name,
    ) -> Shape<'a> {
        let mut properties = Vec::new();
        let node_id: *const Node = node;
        let flag = self.flags.get(&node_id).cloned();
        let required: HashSet<&str> = collected.required.iter().map(|(name, _)| *name).collect();
        for ((key, schema), owner) in collected.properties.iter().zip(&collected.owners) {
            if flag.as_deref() == Some(&key.text) {
                continue;
            }
            if schema.as_bool() == Some(false) {
                self.left_out(key.span, "a property that must not be there", "remove it, if it never is");
                continue;
            }
            let required = required.contains(key.text.as_str());
            let mut property = self.property(key, schema, required, owner.as_ref().unwrap_or(name));
            let halves = collected.halves.get(key.text.as_str()).map(Vec::as_slice).unwrap_or_default();
            match self.joined(halves, schema, &name.with(Name::pascal(&key.text).as_str())) {
                Some(ty) => property.ty = ty,
                None => self.check_halves(key, halves, schema),
            }
            if collected.disputed.contains(key.text.as_str()) {
                self.untyped(
                    key.span,
                    "a property that alternatives declare differently",
                    "declare it once, beside the alternatives",
                );
                property.ty = Type::Any;
            }
            properties.push(property);
        }
        self.check_aliases(collected, &properties);
        let rest = if flattened.is_empty() {
            self.rest(collected, name)
        } else {
            // What alternatives declare would be read as one of the rest, too.
            self.without_rest(
                collected,
                "`additionalProperties` beside alternatives",
                "declare them in each alternative",
            );
            None
        };
        properties.extend(self.only_required(collected, rest.as_ref()));
        properties.extend(flattened);
        let has_secret_rest =
            rest.is_some() && collected.additional.iter().any(|additional| self.is_secret(additional));
        Shape::Define(Kind::Struct(Record { properties, rest, has_secret_rest }))
    }

    /// Complains about declarations of a property of which no value fits all, or whose last one lacks what another has.
    fn check_halves(&mut self, key: &'a Key, halves: &[&'a Node], last: &'a Node) {
        if halves.iter().any(|half| self.differs(half, last, 0)) {
            self.problems.warning(
                Effect::Ignored,
                last.span,
                format!(
                    "`{}` is declared with another type by a part before this one",
                    docs::plain(&key.text)
                ),
                "the last of them counts",
                "let all parts declare it with one type, or declare it once",
            );
        }
    }

    /// The type of a property that several declare as objects, each with properties of its own.
    fn joined(&mut self, halves: &[&'a Node], last: &'a Node, name: &Name) -> Option<Type> {
        let known = self.known_properties(last);
        let is_more = |half: &&'a Node| {
            let is_strict = half.get("required").is_some_and(|required| !required.items().is_empty());
            is_strict || !self.known_properties(half).is_subset(&known)
        };
        if !halves.iter().any(is_more) {
            return None;
        }
        let mut collected = Collected::default();
        for part in halves.iter().copied().chain([last]) {
            if !matches!(self.nature(part), Nature::Bare | Nature::Object) {
                return None;
            }
            self.collect(part, &mut collected);
        }
        if collected.broken || !collected.choices.is_empty() || !collected.conditional.is_empty() {
            return None;
        }
        let id = self.drafts.reserve(self.owner, last.span);
        match self.object_of(last, &collected, Vec::new(), name) {
            Shape::Plain(ty) => Some(ty),
            Shape::Define(kind) => Some(self.fill_inline(id, last, name.clone(), kind)),
        }
    }

    fn property(&mut self, key: &'a Key, schema: &'a Node, required: bool, parent: &Name) -> Property<'a> {
        self.check_length(&key.text, key.span);
        let wanted = self.name_override(schema).unwrap_or_else(|| key.text.clone());
        let used = self.used(schema, &parent.with(Name::pascal(&wanted).as_str()));
        Property {
            name: Name::snake(&wanted),
            wire: key.text.clone(),
            aliases: self.aliases(schema),
            ty: used.ty,
            text: self.value_text(schema),
            deprecated: self.flag(beside(schema, "deprecated"), "deprecated"),
            required,
            traits: used.traits,
            read_only: self.flag(beside(schema, "readOnly"), "readOnly"),
            write_only: self.flag(beside(schema, "writeOnly"), "writeOnly"),
            is_secret: self.is_secret(schema),
            default: beside(schema, "default").get("default"),
            span: schema.span,
            is_flattened: false,
        }
    }

    /// Further spellings of a property.
    pub(super) fn aliases(&mut self, schema: &'a Node) -> Vec<String> {
        let mut aliases = Vec::new();
        for alias in self.texts(schema, "x-aliases") {
            let text = alias.as_str().unwrap_or_default();
            self.check_length(text, alias.span);
            aliases.push(text.to_owned());
        }
        aliases
    }

    /// Complains about other spellings that mean two properties.
    fn check_aliases(&mut self, collected: &Collected<'a>, properties: &[Property<'a>]) {
        let mut meant: HashMap<&str, &str> =
            properties.iter().map(|property| (&*property.wire, &*property.wire)).collect();
        for property in properties {
            for alias in &property.aliases {
                let at = collected.places.get(property.wire.as_str());
                if let (Some(other), Some(at)) = (meant.insert(alias, &property.wire), at) {
                    let (key, schema) = collected.properties[*at];
                    self.problems.error(
                        schema.get("x-aliases").map_or(key.span, |given| given.span),
                        format!("`{}` means `{}` already", docs::plain(alias), docs::plain(other)),
                        "one spelling for two properties",
                        "remove it from one of them",
                    );
                }
            }
        }
    }

    /// Properties that must be there and of which no more is said. Often that is a mistake, so they may be missing all the same.
    /// What lies around an alternative has declared its own.
    fn only_required(&mut self, collected: &Collected<'a>, rest: Option<&Type>) -> Vec<Property<'a>> {
        let mut properties: Vec<Property<'a>> = Vec::new();
        for (name, node) in &collected.required {
            let is_known = collected.places.contains_key(name)
                || self.around.iter().any(|around| around.contains(*name))
                || properties.iter().any(|property| property.wire == *name);
            if is_known {
                continue;
            }
            self.check_length(name, node.span);
            let warn = |lower: &mut Self, effect, label| {
                lower.problems.warning(
                    effect,
                    node.span,
                    format!("`{}` is required but not among the properties", docs::plain(name)),
                    label,
                    "declare the property, or remove it from `required`",
                );
            };
            if collected.is_closed && rest.is_none() {
                warn(self, Effect::Ignored, "there are no others");
                continue;
            }
            if rest.is_none() {
                warn(self, Effect::Untyped, "becomes `Value`, any JSON, which may be missing");
            }
            properties.push(Property {
                name: Name::snake(name),
                wire: (*name).to_owned(),
                aliases: Vec::new(),
                ty: rest.cloned().unwrap_or(Type::Any),
                text: Text::default(),
                deprecated: false,
                required: false,
                traits: super::draft::Traits::default(),
                read_only: false,
                write_only: false,
                is_secret: false,
                default: None,
                span: node.span,
                is_flattened: false,
            });
        }
        properties
    }

    /// Says that properties beyond those that are declared have no place.
    pub(super) fn without_rest(&mut self, collected: &Collected<'a>, what: &str, help: &str) {
        for additional in &collected.additional {
            self.left_out(additional.span, what, help);
        }
    }

    /// The type of properties beyond those that are declared. Those that patterns tell apart are one type or another.
    fn rest(&mut self, collected: &Collected<'a>, name: &Name) -> Option<Type> {
        match collected.additional[..] {
            [] => None,
            [additional] => {
                let used = self.used(additional, &name.with("Value"));
                Some(item(used))
            }
            _ => Some(self.one_of_several(&collected.additional, &name.with("Value"))),
        }
    }
}
