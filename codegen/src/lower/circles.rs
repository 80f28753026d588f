//! Types that contain themselves: broken up where nothing lies in between, boxed where something does.

use super::Lower;
use super::draft::{Drafts, Kind, named};
use crate::diagnostics::Effect;
use crate::ir::{Tagging, Type, TypeId, Union, Variant};

/// For each type the circle that it is part of.
pub(super) struct Circles(Vec<Option<usize>>);

impl Circles {
    /// Follows the types whose values lie inside a value of another.
    pub(super) fn of(drafts: &Drafts<'_>) -> Self {
        Self(circles(&edges(drafts, by_value)))
    }

    /// The type with a box around each type that would contain its owner.
    pub(super) fn boxed(&self, owner: TypeId, ty: Type) -> Type {
        let own = self.0[owner.number];
        match ty {
            Type::Option(inner) => Type::Option(Box::new(self.boxed_plain(own, *inner))),
            Type::Lenient(inner) => Type::Lenient(Box::new(self.boxed_plain(own, *inner))),
            ty => self.boxed_plain(own, ty),
        }
    }

    fn boxed_plain(&self, own: Option<usize>, ty: Type) -> Type {
        match ty {
            Type::Tuple(places) => {
                let boxed = |ty| match ty {
                    Type::Option(inner) => Type::Option(Box::new(self.boxed_plain(own, *inner))),
                    Type::Lenient(inner) => Type::Lenient(Box::new(self.boxed_plain(own, *inner))),
                    ty => self.boxed_plain(own, ty),
                };
                Type::Tuple(places.into_iter().map(boxed).collect())
            }
            Type::Named(id) if own.is_some() && self.0[id.number] == own => Type::Boxed(Box::new(ty)),
            ty => ty,
        }
    }
}

impl Lower<'_> {
    /// Aliases cannot contain themselves in Rust, not even behind a list; and a reader of a union that leads the same value
    /// back to itself would read for ever. An alternative that leads back says nothing, so it goes; an alias that does is any JSON.
    pub(super) fn break_circles(&mut self) {
        loop {
            let circles = circles(&edges(&self.drafts, |kind| match kind {
                Kind::Alias(ty) => named(ty),
                // A tag leads the same value on to the member.
                Kind::Union(Union {
                    tagging: Tagging::Untagged | Tagging::Properties { .. } | Tagging::Internal { .. },
                    ..
                }) => by_value(kind),
                Kind::Struct(record) => {
                    let flattened = record.properties.iter().filter(|property| property.is_flattened);
                    flattened.flat_map(|property| inside(&property.ty)).collect()
                }
                _ => Vec::new(),
            }));
            let breakable = |kind: &Kind<'_>| !matches!(kind, Kind::Struct(_));
            let found =
                self.drafts.iter().find(|(id, draft)| circles[id.number].is_some() && breakable(&draft.kind));
            let Some(id) = found.map(|(id, _)| id) else { return };
            self.break_circle(id, &circles);
        }
    }

    fn break_circle(&mut self, id: TypeId, circles: &[Option<usize>]) {
        let span = self.drafts.span(id);
        let Some(kind) = self.drafts.kind_mut(id) else { return };
        if let Kind::Union(union) = kind {
            let leads_back = |variant: &Variant| {
                variant.ty.iter().flat_map(inside).any(|inner| circles[inner.number] == circles[id.number])
            };
            union.variants.retain(|variant| !leads_back(variant));
            if !union.variants.is_empty() {
                self.problems.warning(
                    Effect::Ignored,
                    span,
                    "an alternative of this schema is the schema itself",
                    "says nothing",
                    "remove the alternative, or put an object with a property in between",
                );
                return;
            }
        }
        *kind = Kind::Alias(Type::Any);
        self.untyped(
            span,
            "a schema that consists of nothing but itself",
            "put an object with a property in between",
        );
    }
}

/// Types whose values lie inside a value of this one: not behind a list, map or box.
fn by_value(kind: &Kind<'_>) -> Vec<TypeId> {
    kind.mentions().into_iter().flat_map(inside).collect()
}

/// Defined types whose values lie inside a value of this one.
fn inside(ty: &Type) -> Vec<TypeId> {
    match ty {
        Type::Named(id) => vec![*id],
        Type::Option(inner) | Type::Lenient(inner) => inside(inner),
        Type::Tuple(places) => places.iter().flat_map(inside).collect(),
        _ => Vec::new(),
    }
}

/// For each type, by its number, the numbers of those that it leads to.
fn edges(drafts: &Drafts<'_>, through: impl Fn(&Kind<'_>) -> Vec<TypeId>) -> Vec<Vec<usize>> {
    let mut edges = vec![Vec::new(); drafts.len()];
    for (id, draft) in drafts.iter() {
        edges[id.number] = through(&draft.kind).into_iter().map(|id| id.number).collect();
    }
    edges
}

/// For each node the number of the circle it is part of, if any (Tarjan's strongly connected components, iterative).
pub(super) fn circles(edges: &[Vec<usize>]) -> Vec<Option<usize>> {
    let mut index = vec![usize::MAX; edges.len()];
    let mut low = vec![0; edges.len()];
    let mut on_stack = vec![false; edges.len()];
    let mut circle = vec![None; edges.len()];
    let (mut stack, mut next, mut count) = (Vec::new(), 0, 0);
    for root in 0..edges.len() {
        if index[root] != usize::MAX {
            continue;
        }
        let mut work = vec![(root, 0)];
        while let Some((node, edge)) = work.pop() {
            if edge == 0 {
                index[node] = next;
                low[node] = next;
                next += 1;
                stack.push(node);
                on_stack[node] = true;
            }
            if let Some(target) = edges[node].get(edge).copied() {
                work.push((node, edge + 1));
                if index[target] == usize::MAX {
                    work.push((target, 0));
                } else if on_stack[target] {
                    low[node] = low[node].min(index[target]);
                }
                continue;
            }
            if let Some((parent, _)) = work.last() {
                low[*parent] = low[*parent].min(low[node]);
            }
            if low[node] == index[node] {
                let members =
                    stack.split_off(stack.iter().rposition(|member| *member == node).unwrap_or_default());
                let itself = edges[node].contains(&node);
                for member in &members {
                    on_stack[*member] = false;
                    if members.len() > 1 || itself {
                        circle[*member] = Some(count);
                    }
                }
                count += 1;
            }
        }
    }
    circle
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn circles_are_found_and_numbered() {
        let edges =
            |list: &[&[usize]]| -> Vec<Vec<usize>> { list.iter().map(|targets| targets.to_vec()).collect() };
        let found = circles(&edges(&[&[1], &[2, 3], &[0], &[3], &[], &[6], &[5, 4]]));
        assert_eq!(found[0], found[1]);
        assert_eq!(found[1], found[2]);
        assert!(found[0].is_some() && found[3].is_some() && found[0] != found[3]);
        assert_eq!(found[4], None);
        assert_eq!(found[5], found[6]);
        assert_ne!(found[5], found[0]);
    }
}
