//! Types that differ between requests and answers: where a property has to be there in one direction and has no place in
//! the other, what is sent gets a type of its own.
//!
//! In: drafts and routes. Out: the same, but bodies mention a second type for each that has such a property, or that leads
//! to one. Where all such properties are optional, one type does for both.

use super::Lower;
use super::draft::{Draft, Kind, named};
use super::reach::Reach;
use crate::ir::{AnswerKind, Body, BodyKind, Call, Type, TypeId};
use std::collections::{BTreeSet, HashMap};

/// The types of requests by those of answers.
type Twins = HashMap<TypeId, TypeId>;

impl Lower<'_> {
    /// Gives what is sent types of its own where it needs them: bodies of requests, and what receivers answer.
    pub(super) fn split<'r>(
        &mut self,
        reach: &Reach,
        bodies: impl Iterator<Item = &'r mut Body>,
        answers: impl Iterator<Item = &'r mut Call>,
    ) {
        let both: BTreeSet<TypeId> = self
            .drafts
            .iter()
            .map(|(id, _)| id)
            .filter(|id| reach.way(*id).sent && reach.way(*id).received)
            .collect();
        let affected = self.affected(&both);
        if affected.is_empty() {
            return;
        }
        let mut twins = Twins::new();
        for id in &affected {
            twins.insert(*id, self.drafts.reserve(id.owner, self.drafts.span(*id)));
        }
        for (id, twin) in &twins {
            let Some(mut draft) = self.drafts.get(*id).cloned() else { continue };
            redirect(&mut draft.kind, &twins);
            if let Kind::Struct(record) = &mut draft.kind {
                record.properties.retain(|property| !property.read_only);
            }
            let name = draft.name.with("Request");
            self.drafts.fill(*twin, Draft { name, component: None, ..draft });
        }
        let sent: Vec<TypeId> =
            self.drafts.iter().map(|(id, _)| id).filter(|id| reach.way(*id).is_out()).collect();
        for id in sent {
            if let Some(kind) = self.drafts.kind_mut(id) {
                redirect(kind, &twins);
            }
        }
        let tagged: Vec<_> =
            self.tags.iter().filter_map(|(id, tag)| Some((*twins.get(id)?, tag.clone()))).collect();
        self.tags.extend(tagged);
        for body in bodies {
            if let BodyKind::Json(ty) | BodyKind::Form(ty, _) = &mut body.kind {
                redirect_type(ty, &twins);
            }
        }
        for call in answers {
            if let Call::Whole(answer) | Call::InForm(_, answer) = call {
                redirect_answer(&mut answer.kind, &twins);
            }
        }
    }

    /// Of types that travel both ways those that have a property for one way only, or lead to such a type.
    fn affected(&self, both: &BTreeSet<TypeId>) -> BTreeSet<TypeId> {
        let differs = |kind: &Kind<'_>| match kind {
            Kind::Struct(record) => record
                .properties
                .iter()
                .any(|property| property.required && property.read_only != property.write_only),
            _ => false,
        };
        let mut users: HashMap<TypeId, Vec<TypeId>> = HashMap::new();
        let mut queue = Vec::new();
        for id in both {
            let Some(kind) = self.drafts.kind(*id) else { continue };
            for used in kind.mentions().into_iter().flat_map(named) {
                users.entry(used).or_default().push(*id);
            }
            if differs(kind) {
                queue.push(*id);
            }
        }
        let mut affected = BTreeSet::new();
        while let Some(id) = queue.pop() {
            if affected.insert(id) {
                queue.extend(users.get(&id).into_iter().flatten());
            }
        }
        affected
    }
}

fn redirect(kind: &mut Kind<'_>, twins: &Twins) {
    match kind {
        Kind::Struct(record) => {
            record.properties.iter_mut().for_each(|property| redirect_type(&mut property.ty, twins));
            record.rest.iter_mut().for_each(|ty| redirect_type(ty, twins));
        }
        Kind::Union(union) => {
            union
                .variants
                .iter_mut()
                .filter_map(|variant| variant.ty.as_mut())
                .for_each(|ty| redirect_type(ty, twins));
        }
        Kind::Alias(ty) => redirect_type(ty, twins),
        Kind::Enum(_) | Kind::Id => {}
    }
}

fn redirect_answer(kind: &mut AnswerKind, twins: &Twins) {
    match kind {
        AnswerKind::Json(ty) => redirect_type(ty, twins),
        AnswerKind::Optional(inner, _) => redirect_answer(inner, twins),
        AnswerKind::ByStatus(all) => {
            all.iter_mut().for_each(|one| redirect_answer(&mut one.answer.kind, twins));
        }
        _ => {}
    }
}

fn redirect_type(ty: &mut Type, twins: &Twins) {
    match ty {
        Type::Named(id) => *id = twins.get(id).copied().unwrap_or(*id),
        Type::Array(inner)
        | Type::Map(inner)
        | Type::Option(inner)
        | Type::Lenient(inner)
        | Type::Boxed(inner) => redirect_type(inner, twins),
        Type::Tuple(places) => places.iter_mut().for_each(|place| redirect_type(place, twins)),
        _ => {}
    }
}
