//! Objects with alternatives beside their properties, or with schemas that hold under a condition.
//!
//! In: what an object declares, and lists of alternatives. Out: the plain struct where alternatives only constrain what is
//! declared; one struct with the properties of all where several alternatives may hold at once, or would not go together
//! with the rest; otherwise the struct with a union flattened into it.

use super::Lower;
use super::compose::{Choice, Nature};
use super::draft::Property;
use super::object::Collected;
use super::schema::Shape;
use super::traits::is_null;
use super::union::Member;
use crate::document::{last_segment, words};
use crate::ir::{Text, Type};
use crate::names::Name;
use crate::parse::Node;
use std::collections::{BTreeSet, HashSet};

/// Alternatives that are no constraints of what is declared already.
struct Open<'a> {
    choice: Choice<'a>,
    members: Vec<Member<'a>>,
    /// The properties that each member declares.
    known: Vec<BTreeSet<&'a str>>,
    /// The property that tells members apart.
    tag: Option<&'a str>,
}

impl<'a> Open<'a> {
    /// Whether the alternatives are in charge of a property: it tells them apart, or all of them declare it.
    fn owns(&self, property: &str) -> bool {
        self.tag == Some(property) || self.known.iter().all(|known| known.contains(property))
    }

    fn mentions(&self, property: &str) -> bool {
        self.known.iter().any(|known| known.contains(property))
    }
}

impl<'a> Lower<'a> {
    pub(super) fn with_choices(
        &mut self,
        node: &'a Node,
        mut collected: Collected<'a>,
        name: &Name,
    ) -> Shape<'a> {
        collected.alternatives.insert(node);
        for part in std::mem::take(&mut collected.conditional) {
            self.merge(part, &mut collected);
        }
        let mut open = Vec::new();
        // A single alternative may bring choices of its own.
        while let Some(choice) = collected.choices.pop_front() {
            open.extend(self.open(choice, &mut collected));
        }
        let (flat, merged): (Vec<_>, Vec<_>) = open.into_iter().partition(|open| !self.should_merge(open));
        for open in merged {
            open.members.iter().for_each(|member| self.merge(member.part, &mut collected));
        }
        if !goes_together(&flat, &collected) {
            for open in flat {
                open.members.iter().for_each(|member| self.merge(member.part, &mut collected));
            }
            return self.object_of(node, &collected, Vec::new(), name);
        }
        let around = collected.places.keys().copied().collect();
        collected.retain(|property| !flat.iter().any(|open| open.owns(property)));
        if let ([open], true) =
            (&flat[..], collected.properties.is_empty() && collected.additional.is_empty())
        {
            return match open.choice.part.filter(|part| self.reference(part).is_some()) {
                Some(part) => self.same_as(part, name),
                None => self.union(open.choice.node, open.choice.list, name),
            };
        }
        self.around.push(around);
        let flattened = flat.iter().map(|open| self.flattened(open, node, name)).collect();
        self.around.pop();
        self.object_of(node, &collected, flattened, name)
    }

    /// Alternatives with properties of their own; a single one is simply added.
    fn open(&mut self, choice: Choice<'a>, collected: &mut Collected<'a>) -> Option<Open<'a>> {
        let mut members = Vec::new();
        let mut is_optional = false;
        for part in choice.list.items() {
            let target = self.deref(part)?;
            is_optional |= is_null(target);
            if !is_null(target) && self.nature(part) < Nature::Other {
                members.push(Member { part, target, schema: None });
            }
        }
        match members[..] {
            [] => return None,
            // Where there may be nothing instead, none of its properties has to be there.
            [member] if is_optional => {
                self.merge(member.part, collected);
                return None;
            }
            [member] => {
                self.collect(member.part, collected);
                return None;
            }
            _ => {}
        }
        let known: Vec<BTreeSet<&'a str>> =
            members.iter().map(|member| self.known_properties(member.part)).collect();
        let mut all = known.iter().flatten();
        if all.all(|property| collected.places.contains_key(property)) && !self.have_choices(&members) {
            return None;
        }
        let named = choice.node.get("discriminator").and_then(|given| given.get("propertyName")?.as_str());
        let tag = named.or_else(|| self.implicit_tag(&members).map(|((property, _), _)| property));
        Some(Open { choice, members, known, tag })
    }

    fn have_choices(&mut self, members: &[Member<'a>]) -> bool {
        members.iter().any(|member| self.nature(member.part) == Nature::Choice)
    }

    /// Whether several alternatives may hold at once and nothing tells which: reading one would lose what the others say.
    fn should_merge(&mut self, open: &Open<'a>) -> bool {
        open.choice.is_any && open.tag.is_none() && !self.have_choices(&open.members)
    }

    /// Adds the properties of a schema that need not hold. Where two declare one differently, it can be anything.
    fn merge(&mut self, part: &'a Node, into: &mut Collected<'a>) {
        if part.as_bool().is_some() || self.nature(part) == Nature::Other {
            return;
        }
        // What leads back to where it is merged adds nothing.
        let Some(target) = self.deref(part).filter(|target| into.alternatives.insert(*target)) else {
            return;
        };
        let alternatives = std::mem::take(&mut into.alternatives);
        let mut side = Collected::default();
        side.alternatives = alternatives;
        self.collect(if self.reference(part).is_some() { target } else { part }, &mut side);
        for choice in std::mem::take(&mut side.choices) {
            choice.list.items().iter().for_each(|part| self.merge(part, &mut side));
        }
        into.alternatives = std::mem::take(&mut side.alternatives);
        for ((key, schema), owner) in side.properties.iter().zip(&side.owners) {
            match into.places.get(key.text.as_str()) {
                None => {
                    into.add(key, schema, owner.clone());
                    into.added.insert(&key.text);
                }
                // What is declared beside the alternatives holds for all of them.
                Some(at) if into.added.contains(key.text.as_str()) => {
                    if words(into.properties[*at].1) != words(schema) {
                        into.disputed.insert(&key.text);
                    }
                }
                Some(_) => {}
            }
        }
    }

    /// Every property that a schema or one of its alternatives declares.
    pub(super) fn known_properties(&self, part: &'a Node) -> BTreeSet<&'a str> {
        let mut known = BTreeSet::new();
        let mut seen: HashSet<*const Node> = HashSet::new();
        let mut waiting = vec![part];
        while let Some(part) = waiting.pop() {
            for layer in self.document.layers(part) {
                if seen.insert(layer) {
                    let properties = layer.get("properties").map(Node::entries).unwrap_or_default();
                    known.extend(properties.iter().map(|(key, _)| key.text.as_str()));
                    // What has a type of its own has a field for it, too.
                    if self.named.contains_key(&std::ptr::from_ref(layer)) && !properties.is_empty() {
                        let required = layer.get("required").map(Node::items).unwrap_or_default();
                        known.extend(required.iter().filter_map(Node::as_str));
                    }
                    let lists = ["oneOf", "anyOf"].into_iter().filter_map(|key| layer.get(key));
                    waiting.extend(lists.flat_map(Node::items));
                }
            }
        }
        known
    }

    /// The field that holds one of the alternatives.
    fn flattened(&mut self, open: &Open<'a>, parent: &'a Node, name: &Name) -> Property<'a> {
        let Choice { node, part, list, .. } = open.choice;
        let reference = part.and_then(|part| Some((part, self.reference(part)?.as_str()?)));
        let (wanted, ty) = match reference {
            Some((part, reference)) => (last_segment(reference), self.used(part, name).ty),
            None => ("variant".to_owned(), self.choice_type(node, list, name)),
        };
        let text = if std::ptr::eq(node, parent) { Text::default() } else { self.described(node) };
        let description = match text.description.is_empty() {
            true => "Properties that depend on the kind of value.".to_owned(),
            false => text.description,
        };
        Property {
            name: Name::snake(&wanted),
            wire: String::new(),
            aliases: Vec::new(),
            ty,
            text: Text { description, ..Text::default() },
            deprecated: false,
            required: true,
            traits: super::draft::Traits::default(),
            read_only: false,
            write_only: false,
            is_secret: false,
            default: None,
            span: list.span,
            is_flattened: true,
        }
    }

    /// The type of a list of alternatives without a name: the same wherever an `allOf` reaches it.
    fn choice_type(&mut self, node: &'a Node, list: &'a Node, name: &Name) -> Type {
        let pointer: *const Node = list;
        if let Some(used) = self.inlined.get(&pointer) {
            return used.ty.clone();
        }
        let owner = self.names.get(&std::ptr::from_ref(node)).unwrap_or(name).clone();
        let wanted = owner.with("Variant");
        let id = self.drafts.reserve(self.owner, list.span);
        let ty = match self.union(node, list, &wanted) {
            Shape::Plain(ty) => ty,
            Shape::Define(kind) => {
                let text = Text::default();
                self.drafts.fill(
                    id,
                    super::draft::Draft { name: wanted, component: None, text, deprecated: false, kind },
                );
                Type::Named(id)
            }
        };
        self.inlined
            .insert(pointer, super::draft::Used { ty: ty.clone(), traits: super::draft::Traits::default() });
        ty
    }
}

/// Whether unions can lie among the properties: no property may belong to two of them, or to one and to some members of
/// another.
fn goes_together(flat: &[Open<'_>], collected: &Collected<'_>) -> bool {
    let own = collected.properties.iter().map(|(key, _)| key.text.as_str());
    let clashes = |property: &str| flat.iter().any(|open| open.mentions(property) && !open.owns(property));
    let twice = |property: &&str| flat.iter().filter(|open| open.mentions(property)).count() > 1;
    let all = flat.iter().flat_map(|open| open.known.iter().flatten());
    !own.into_iter().any(clashes) && !all.copied().any(|property| twice(&property))
}
