//! Schemas made of parts that hold at once: `allOf`, a reference with more beside it, alternatives beside properties.
//!
//! In: a schema with parts. Out: the type of the only part that says something about types; one struct for objects; the
//! narrowest part for anything else, since whatever is valid for all parts is valid for it. Each part is classified by its
//! [`Nature`] first, without lowering anything.

use super::Lower;
use super::enumeration::{Values, kind_of};
use super::schema::{Shape, constraining, is_trivial, scalar};
use super::traits::is_null;
use crate::diagnostics::Effect;
use crate::ir::Type;
use crate::names::Name;
use crate::parse::{Node, Value};
use std::collections::{BTreeSet, HashSet};

/// What a schema says about its values, as far as it matters for putting it together with others. Of two that hold at
/// once, the greater tells what both are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Nature {
    /// Nothing about their type.
    Silent,
    /// That they are objects, and perhaps which properties must be there.
    Bare,
    /// Objects with known properties, or with further ones of a known type.
    Object,
    /// Objects of one of several kinds.
    Choice,
    /// No objects, or not only objects.
    Other,
}

/// A list of alternatives that says something about types.
#[derive(Clone, Copy)]
pub(super) struct Choice<'a> {
    /// The schema that has the list.
    pub(super) node: &'a Node,
    /// The schema, or the reference that led to it, where the schema is nothing but the list.
    pub(super) part: Option<&'a Node>,
    /// The list.
    pub(super) list: &'a Node,
    /// Whether several alternatives may hold at once.
    pub(super) is_any: bool,
}

/// How deep compositions are looked into.
const DEPTH: usize = 32;

/// How many parts of one schema are looked at, which also limits how deep that goes.
const MOST_PARTS: usize = 500;

/// Keywords that make more of a reference than its target.
const STRUCTURAL: &[&str] = &[
    "properties",
    "required",
    "additionalProperties",
    "patternProperties",
    "enum",
    "const",
    "items",
    "prefixItems",
    "allOf",
    "oneOf",
    "anyOf",
];

impl<'a> Lower<'a> {
    /// Where a schema leads to that is nothing but a reference. In OpenAPI 3.0 whatever stands beside a reference is
    /// ignored; in 3.1 both hold.
    pub(super) fn reference(&self, node: &'a Node) -> Option<&'a Node> {
        let reference = self.document.reference(node)?;
        let is_more = self.siblings && STRUCTURAL.iter().any(|key| node.get(key).is_some());
        (!is_more).then_some(reference)
    }

    /// What a schema is, looking through references and compositions.
    pub(super) fn nature(&mut self, node: &'a Node) -> Nature {
        self.nature_at(node, &mut HashSet::new(), 0)
    }

    fn nature_at(&mut self, node: &'a Node, seen: &mut HashSet<*const Node>, depth: usize) -> Nature {
        if depth > DEPTH || !seen.insert(node) {
            return Nature::Silent;
        }
        let mut nature = self.own_nature(node);
        if let Some(target) = self.quiet_target(node) {
            nature = nature.max(self.nature_at(target, seen, depth + 1));
        }
        for part in items(node, "allOf") {
            nature = nature.max(self.nature_at(part, seen, depth + 1));
        }
        for list in lists(node) {
            // What extends this schema and is among its alternatives does not choose again.
            let is_own = items_of(list).any(|part| {
                let target = self.document.resolve(part);
                target.is_ok_and(|target| {
                    !std::ptr::eq(target, node) && seen.contains(&std::ptr::from_ref(target))
                })
            });
            if !is_own {
                nature = nature.max(self.nature_of_list(list, nature, depth));
            }
        }
        nature
    }

    /// What a list of alternatives says beside a schema of some nature.
    fn nature_of_list(&mut self, list: &'a Node, beside: Nature, depth: usize) -> Nature {
        let pointer: *const Node = list;
        let found = match self.natures.get(&pointer) {
            Some(found) => *found,
            None => {
                self.natures.insert(pointer, Nature::Choice);
                let found = self.find_nature_of_list(list, depth);
                self.natures.insert(pointer, found);
                found
            }
        };
        // Which of the known properties must be there is no choice between types.
        if found == Nature::Bare && beside >= Nature::Bare { Nature::Silent } else { found }
    }

    fn find_nature_of_list(&mut self, list: &'a Node, depth: usize) -> Nature {
        let mut natures = Vec::new();
        for part in items_of(list) {
            if !self.document.resolve(part).is_ok_and(is_null) {
                natures.push(self.nature_at(part, &mut HashSet::new(), depth + 1));
            }
        }
        let objects = |nature: &Nature| (Nature::Bare..=Nature::Choice).contains(nature);
        match natures[..] {
            [] => Nature::Silent,
            [only] => only,
            _ if natures.iter().all(|nature| *nature == Nature::Silent) => Nature::Silent,
            _ if natures.iter().all(|nature| *nature <= Nature::Bare) => Nature::Bare,
            _ if natures.iter().all(objects) => Nature::Choice,
            _ => Nature::Other,
        }
    }

    /// What the keywords of a schema say, without references and compositions.
    pub(super) fn own_nature(&mut self, node: &'a Node) -> Nature {
        if ["enum", "const"].iter().any(|key| node.get(key).is_some()) {
            return Nature::Other;
        }
        let types = self.type_names_of(node);
        let is_object = types.iter().all(|(name, _)| *name == "object");
        let declares = |key: &str| {
            node.get(key).is_some_and(|value| !value.entries().is_empty() || value.as_bool() == Some(true))
        };
        let known = ["properties", "additionalProperties", "patternProperties", "unevaluatedProperties"];
        match types[..] {
            _ if !is_object => Nature::Other,
            _ if known.iter().any(|key| declares(key)) => Nature::Object,
            [] if ["items", "prefixItems"].iter().any(|key| node.get(key).is_some()) => Nature::Other,
            [] if node.get("required").is_none() && !known.iter().any(|key| node.get(key).is_some()) => {
                Nature::Silent
            }
            _ => Nature::Bare,
        }
    }

    /// Lists of alternatives of a schema that choose between types, beside what else it says.
    pub(super) fn choices(&mut self, node: &'a Node, beside: Nature) -> Vec<Choice<'a>> {
        let mut choices = Vec::new();
        for (key, is_any) in [("oneOf", false), ("anyOf", true)] {
            self.list(node, key);
            let list = node.get(key).filter(|list| !list.items().iter().all(is_trivial));
            choices.extend(list.map(|list| Choice { node, part: None, list, is_any }));
        }
        if choices.len() > 1 || beside > Nature::Silent {
            choices.retain(|choice| self.nature_of_list(choice.list, beside, 0) > Nature::Silent);
        }
        choices
    }

    /// A schema with parts.
    pub(super) fn composed(&mut self, node: &'a Node, choices: &[Choice<'a>], name: &Name) -> Shape<'a> {
        let own = self.own_nature(node);
        let mut parts: Vec<(&'a Node, Nature)> = Vec::new();
        for part in constraining(self.list(node, "allOf")) {
            let nature = self.nature(part);
            parts.push((part, nature));
        }
        let choice_natures: Vec<Nature> =
            choices.iter().map(|choice| self.nature_of_list(choice.list, Nature::Silent, 0)).collect();
        let target = self.quiet_target(node);
        let of_target = target.map_or(Nature::Silent, |target| self.nature(target));
        let natures = parts.iter().map(|(_, nature)| *nature).chain(choice_natures.iter().copied());
        let top = natures.fold(own.max(of_target), Nature::max);
        match top {
            Nature::Silent => self.plain(node, name),
            Nature::Other => self.narrowest(node, &parts, choices, name),
            _ => {
                // What only says "object" adds nothing to a part that says more.
                parts.retain(|(part, nature)| *nature > Nature::Bare || self.requires(part));
                let alone = own <= Nature::Bare && node.get("required").is_none() && choices.is_empty();
                match parts[..] {
                    [(part, nature)] if alone && target.is_none() && nature > Nature::Bare => {
                        if self.extends(node, part) {
                            self.object(node, name)
                        } else {
                            self.same_as(part, name)
                        }
                    }
                    _ => self.object(node, name),
                }
            }
        }
    }

    /// Whether a part asks for properties.
    fn requires(&mut self, part: &'a Node) -> bool {
        let layers = self.document.layers(part);
        layers.iter().any(|layer| layer.get("required").is_some_and(|list| !list.items().is_empty()))
    }

    /// The part that accepts least: whatever all parts accept, it does.
    fn narrowest(
        &mut self,
        node: &'a Node,
        parts: &[(&'a Node, Nature)],
        choices: &[Choice<'a>],
        name: &Name,
    ) -> Shape<'a> {
        let mut candidates: Vec<Candidate<'a>> = Vec::new();
        if let Some(reference) = self.document.reference(node) {
            let target = self.target(reference);
            candidates.extend(target.map(|target| Candidate::Target(target, reference)));
        }
        candidates.extend(parts.iter().map(|(part, _)| Candidate::Part(part)));
        candidates.extend(choices.iter().map(|choice| Candidate::Choice(*choice)));
        if self.own_nature(node) > Nature::Silent {
            candidates.push(Candidate::Own);
        }
        let mut ranked: Vec<(Option<BTreeSet<&'static str>>, usize, Candidate<'a>)> = Vec::new();
        for candidate in candidates {
            let kinds = self.kinds_of(candidate, node);
            let vagueness = self.vagueness(candidate, node);
            ranked.push((kinds, vagueness, candidate));
        }
        let mut common = None;
        for (kinds, ..) in &ranked {
            common = both(common, kinds.clone());
        }
        if common.is_some_and(|kinds| kinds.is_empty()) {
            return self.contradiction(node, parts, name);
        }
        if let Some(ty) = self.scalar_of_parts(node, choices) {
            return Shape::Plain(ty);
        }
        ranked.sort_by_key(|(kinds, vagueness, _)| (kinds.as_ref().map_or(usize::MAX, breadth), *vagueness));
        match ranked.into_iter().next().map(|(.., candidate)| candidate) {
            Some(Candidate::Part(part)) => self.same_as(part, name),
            Some(Candidate::Target(target, reference)) => {
                Shape::Plain(Type::Named(self.named_type(target, reference)))
            }
            Some(Candidate::Choice(choice)) => self.union(choice.node, choice.list, name),
            Some(Candidate::Own) | None => self.plain(node, name),
        }
    }

    /// A scalar of which one part says the type and another the format, the encoding or the limits. Parts that have a name
    /// or list values say more than that.
    fn scalar_of_parts(&mut self, node: &'a Node, choices: &[Choice<'a>]) -> Option<Type> {
        let layers = self.document.layers(node);
        let is_plain = |layer: &&Node| {
            let says_more = |key: &&str| !["required", "allOf"].contains(key) && layer.get(key).is_some();
            self.document.reference(layer).is_none() && !STRUCTURAL.iter().any(says_more)
        };
        if !choices.is_empty() || !layers.iter().all(is_plain) {
            return None;
        }
        let mut kinds = None;
        for layer in &layers {
            kinds = both(kinds, self.own_kinds(layer));
        }
        let kinds: Vec<&str> = kinds?.into_iter().collect();
        match kinds[..] {
            [kind @ ("string" | "integer" | "number")] => Some(scalar(kind, &layers)),
            _ => None,
        }
    }

    /// Whether one of two schemas that hold at once says more about the type than the other.
    pub(super) fn is_narrower(&mut self, one: &'a Node, other: &'a Node) -> bool {
        let mut rank = |node: &'a Node| {
            let kinds = self.kinds(node, &mut HashSet::new());
            (kinds.as_ref().map_or(usize::MAX, breadth), self.vagueness(Candidate::Part(node), node))
        };
        rank(one) < rank(other)
    }

    /// Whether no value fits two schemas that hold at once, or the later lacks properties that the earlier has.
    pub(super) fn differs(&mut self, earlier: &'a Node, later: &'a Node, depth: usize) -> bool {
        let (Some(earlier), Some(later)) = (self.deref(earlier), self.deref(later)) else { return false };
        if depth > DEPTH || std::ptr::eq(earlier, later) {
            return false;
        }
        let [of_earlier, of_later] = [earlier, later].map(|node| self.kinds(node, &mut HashSet::new()));
        if both(of_earlier, of_later).is_some_and(|kinds| kinds.is_empty()) {
            return true;
        }
        match (earlier.get("items"), later.get("items")) {
            (Some(earlier), Some(later)) => self.differs(earlier, later, depth + 1),
            _ => !self.known_properties(earlier).is_subset(&self.known_properties(later)),
        }
    }

    /// No value fits all parts. What has a name is what was meant, if there is one such part.
    fn contradiction(&mut self, node: &'a Node, parts: &[(&'a Node, Nature)], name: &Name) -> Shape<'a> {
        let help = "let all parts be of one type";
        let named: Vec<&'a Node> =
            parts.iter().map(|(part, _)| *part).filter(|part| self.reference(part).is_some()).collect();
        let [part] = named[..] else {
            self.untyped(node.span, "a schema whose parts exclude each other", help);
            return Shape::Plain(Type::Any);
        };
        self.problems.warning(
            Effect::Ignored,
            node.span,
            "the parts of this schema exclude each other",
            "taken for what it refers to",
            help,
        );
        self.same_as(part, name)
    }

    fn kinds_of(&mut self, candidate: Candidate<'a>, node: &'a Node) -> Option<BTreeSet<&'static str>> {
        match candidate {
            Candidate::Part(part) | Candidate::Target(part, _) => self.kinds(part, &mut HashSet::new()),
            Candidate::Choice(choice) => self.kinds_of_list(choice.list, &mut HashSet::new()),
            Candidate::Own => self.own_kinds(node),
        }
    }

    /// How little a part says beside its type: known values say most, then what has a name.
    fn vagueness(&mut self, candidate: Candidate<'a>, node: &'a Node) -> usize {
        let (target, is_named) = match candidate {
            Candidate::Part(part) => (self.deref(part), self.reference(part).is_some()),
            Candidate::Target(target, _) => (Some(target), true),
            Candidate::Choice(_) => return 2,
            Candidate::Own => (Some(node), false),
        };
        let Some(target) = target else { return usize::MAX };
        let has = |keys: &[&str]| keys.iter().any(|key| target.get(key).is_some());
        match is_named {
            _ if has(&["enum", "const"]) => 0,
            true => 1,
            _ if has(&["oneOf", "anyOf", "allOf"]) && !matches!(candidate, Candidate::Own) => 2,
            _ if has(&["properties", "items", "prefixItems"]) => 3,
            _ if has(&["format"]) => 4,
            _ => 5,
        }
    }

    /// The types of JSON that values of a schema can have, apart from null; nothing where it does not say. Each schema is
    /// looked at once, however many ways lead to it.
    fn kinds(&mut self, node: &'a Node, seen: &mut HashSet<*const Node>) -> Option<BTreeSet<&'static str>> {
        let node = self.document.resolve(node).ok()?;
        if seen.len() > MOST_PARTS || !seen.insert(node) {
            return None;
        }
        let mut kinds = self.own_kinds(node);
        for part in items(node, "allOf") {
            kinds = both(kinds, self.kinds(part, seen));
        }
        for list in lists(node) {
            kinds = both(kinds, self.kinds_of_list(list, seen));
        }
        kinds
    }

    fn kinds_of_list(
        &mut self,
        list: &'a Node,
        seen: &mut HashSet<*const Node>,
    ) -> Option<BTreeSet<&'static str>> {
        let mut kinds = BTreeSet::new();
        for part in items_of(list) {
            if !self.document.resolve(part).is_ok_and(is_null) {
                kinds.extend(self.kinds(part, seen)?);
            }
        }
        Some(kinds)
    }

    fn own_kinds(&mut self, node: &'a Node) -> Option<BTreeSet<&'static str>> {
        let types = self.type_names_of(node);
        let known = ["string", "integer", "number", "boolean", "array", "object"];
        let named = types.iter().filter_map(|(name, _)| known.iter().find(|known| *known == name).copied());
        let named: BTreeSet<&str> = named.collect();
        if !named.is_empty() {
            return Some(named);
        }
        let listed =
            node.get("enum").map(Node::items).or_else(|| node.get("const").map(std::slice::from_ref));
        if let Some(values) = listed {
            return Some(values.iter().filter_map(kind_of_value).collect());
        }
        match self.own_nature(node) {
            Nature::Object => Some(BTreeSet::from(["object"])),
            Nature::Other => Some(BTreeSet::from(["array"])),
            _ => None,
        }
    }

    /// What a reference in a schema leads to, without complaints.
    pub(super) fn quiet_target(&self, node: &'a Node) -> Option<&'a Node> {
        self.document.target(self.document.reference(node)?).ok()
    }
}

/// A part that may stand for all.
#[derive(Clone, Copy)]
enum Candidate<'a> {
    /// A part of an `allOf`.
    Part(&'a Node),
    /// What the schema refers to, and the reference.
    Target(&'a Node, &'a Node),
    /// A list of alternatives.
    Choice(Choice<'a>),
    /// The schema's own keywords.
    Own,
}

/// How many types there are. A number is an integer or a fraction.
fn breadth(kinds: &BTreeSet<&str>) -> usize {
    kinds.len() + usize::from(kinds.contains("number"))
}

/// Types that both allow; what does not say allows all. An integer is a number.
fn both(
    one: Option<BTreeSet<&'static str>>,
    other: Option<BTreeSet<&'static str>>,
) -> Option<BTreeSet<&'static str>> {
    let (Some(one), Some(other)) = (&one, &other) else { return one.or(other) };
    let allows = |kinds: &BTreeSet<&str>, kind: &str| {
        kinds.contains(kind) || (kind == "integer" && kinds.contains("number"))
    };
    let mut kinds: BTreeSet<&str> = one.iter().copied().filter(|kind| allows(other, kind)).collect();
    kinds.extend(other.iter().copied().filter(|kind| allows(one, kind)));
    Some(kinds)
}

fn kind_of_value(value: &Node) -> Option<&'static str> {
    Some(match value.value {
        Value::Null => return None,
        Value::Bool(_) => "boolean",
        Value::Number(_) => match kind_of(None, &[value]) {
            Values::Integers => "integer",
            _ => "number",
        },
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    })
}

fn items<'a>(node: &'a Node, key: &str) -> &'a [Node] {
    node.get(key).map(Node::items).unwrap_or_default()
}

/// Lists of alternatives, without those that say nothing.
fn lists(node: &Node) -> impl Iterator<Item = &Node> {
    let lists = ["oneOf", "anyOf"].into_iter().filter_map(|key| node.get(key));
    lists.filter(|list| !list.items().iter().all(is_trivial))
}

fn items_of(list: &Node) -> impl Iterator<Item = &Node> {
    list.items().iter()
}
