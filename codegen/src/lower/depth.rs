//! Types within types: deeper than the compiler looks, something is any JSON.
//!
//! To see that a value may be dropped or sent to another thread, the compiler looks at all that is in it, 128 levels deep, in
//! the generated crate and in every crate that uses it. Lists and maps have several levels of their own.

use super::Lower;
use super::circles::circles;
use super::draft::{Drafts, Kind};
use crate::diagnostics::{Effect, Span};
use crate::ir::{Type, TypeId};

/// How deep types may lie within each other. The rest is for what calls put around them.
const DEEPEST: usize = 104;

impl Lower<'_> {
    /// Makes any JSON of what lies deeper than the compiler looks. What contains itself has no depth.
    pub(super) fn limit_depth(&mut self) {
        loop {
            let deepest = depths(&self.drafts);
            let found: Vec<(TypeId, usize)> = self
                .drafts
                .iter()
                .map(|(id, _)| (id, deepest[id.number]))
                .filter(|(_, depth)| *depth <= DEEPEST)
                .collect();
            let mut is_done = true;
            for (id, depth) in found {
                for span in self.cut(id, depth, &deepest) {
                    is_done = false;
                    self.problems.warning(
                        Effect::Untyped,
                        span,
                        "this lies within so many others that the compiler gives up",
                        "becomes `Value`, any JSON",
                        "let the objects around it be fewer, or read the value as a type of its own",
                    );
                }
            }
            if is_done {
                return;
            }
        }
    }

    /// Makes any JSON of what a type has too deep inside, and says where that is.
    fn cut(&mut self, id: TypeId, depth: usize, deepest: &[usize]) -> Vec<Span> {
        let own = self.drafts.span(id);
        let Some(kind) = self.drafts.kind_mut(id) else { return Vec::new() };
        let is_too_deep = |ty: &Type| {
            inside(ty).iter().any(|(inner, more)| depth + more > DEEPEST && deepest[inner.number] > DEEPEST)
        };
        let mut cut = Vec::new();
        let mut cut_if = |ty: &mut Type, span: Span| {
            if is_too_deep(ty) {
                *ty = Type::Any;
                cut.push(span);
            }
        };
        match kind {
            Kind::Struct(record) => {
                // What lies among the properties is no deeper than these.
                let properties = record.properties.iter_mut().filter(|property| !property.is_flattened);
                properties.for_each(|property| cut_if(&mut property.ty, property.span));
                record.rest.iter_mut().for_each(|ty| cut_if(ty, own));
            }
            Kind::Union(union) => {
                union.variants.iter_mut().filter_map(|one| one.ty.as_mut()).for_each(|ty| cut_if(ty, own));
            }
            Kind::Alias(ty) => cut_if(ty, own),
            Kind::Enum(_) | Kind::Id => {}
        }
        cut
    }
}

/// For each type, by its number, how many levels may be around it. Beyond [`DEEPEST`] nobody counts.
fn depths(drafts: &Drafts<'_>) -> Vec<usize> {
    let mut edges: Vec<Vec<(usize, usize)>> = vec![Vec::new(); drafts.len()];
    for (id, draft) in drafts.iter() {
        let mentioned = draft.kind.mentions().into_iter().flat_map(inside);
        edges[id.number] = mentioned.map(|(inner, more)| (inner.number, more)).collect();
    }
    let plain: Vec<Vec<usize>> =
        edges.iter().map(|edges| edges.iter().map(|(inner, _)| *inner).collect()).collect();
    let circles = circles(&plain);
    let mut depths = vec![0; edges.len()];
    let mut waiting: Vec<usize> = (0..edges.len()).collect();
    while let Some(at) = waiting.pop() {
        for (inner, more) in &edges[at] {
            let is_circle = circles[at].is_some() && circles[at] == circles[*inner];
            let depth = if is_circle { depths[at] } else { depths[at] + more };
            if depths[at] <= DEEPEST && depth > depths[*inner] {
                depths[*inner] = depth;
                waiting.push(*inner);
            }
        }
    }
    depths
}

/// Defined types inside of a type, each with the levels between the two.
fn inside(ty: &Type) -> Vec<(TypeId, usize)> {
    let (inner, levels) = match ty {
        // The field that has it, and what says that it may be absent.
        Type::Named(id) => return vec![(*id, 2)],
        Type::Option(inner) | Type::Lenient(inner) | Type::Boxed(inner) => (inner, 1),
        Type::Array(inner) => (inner, 3),
        Type::Map(inner) => (inner, 6),
        Type::Tuple(places) => return places.iter().flat_map(inside).collect(),
        _ => return Vec::new(),
    };
    inside(inner).into_iter().map(|(id, more)| (id, more + levels)).collect()
}
