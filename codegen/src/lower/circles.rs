//! Types that contain themselves: refused where nothing else is in them, boxed where Rust needs that.

use super::Lower;
use super::draft::{Kind, named};
use crate::ir::{Tagging, Type, TypeId, Union};
use std::collections::HashSet;

impl Lower<'_> {
    /// Aliases cannot contain themselves in Rust, not even behind a list; and a reader that tries the members of a union
    /// would try for ever. Each circle is reported once.
    pub(super) fn refuse_empty_circles(&mut self) {
        let through = |kind: &Kind<'_>| match kind {
            Kind::Alias(ty) => named(ty).into_iter().collect(),
            Kind::Union(Union { tagging: Tagging::Untagged, .. }) => kind.by_value(),
            _ => Vec::new(),
        };
        let edges = self.edges(through);
        let mut reported = HashSet::new();
        for (at, circle) in circles(&edges).into_iter().enumerate() {
            if circle.is_some_and(|circle| reported.insert(circle)) {
                self.unsupported(
                    self.types[at].span,
                    "a schema that consists of nothing but itself",
                    "put an object with a property in between",
                );
            }
        }
    }

    /// Boxes what would make a type contain itself.
    pub(super) fn box_circles(&mut self) {
        let circle = circles(&self.edges(|kind| kind.by_value()));
        for at in 0..self.types.len() {
            let Some(draft) = &mut self.types[at].draft else { continue };
            let inside = |ty: &Type| match ty {
                Type::Named(id) => circle[at].is_some() && circle[id.number] == circle[at],
                _ => false,
            };
            let place = |ty: &mut Type| {
                let slot = match ty {
                    Type::Option(inner) | Type::Lenient(inner) => &mut **inner,
                    ty => ty,
                };
                if inside(slot) {
                    *slot = Type::Boxed(Box::new(slot.clone()));
                }
            };
            match &mut draft.kind {
                Kind::Struct(object) => {
                    object.properties.iter_mut().for_each(|property| place(&mut property.ty))
                }
                Kind::Union(union) => {
                    union.variants.iter_mut().filter_map(|variant| variant.ty.as_mut()).for_each(place);
                }
                _ => {}
            }
        }
    }

    /// For each type those that it leads to.
    fn edges(&self, through: impl Fn(&Kind<'_>) -> Vec<TypeId>) -> Vec<Vec<TypeId>> {
        let edges = |slot: &super::Slot<'_>| slot.draft.as_ref().map(|draft| through(&draft.kind));
        self.types.iter().map(|slot| edges(slot).unwrap_or_default()).collect()
    }
}

/// For each type the number of the circle it is part of, if any (Tarjan's strongly connected components, iterative).
fn circles(edges: &[Vec<TypeId>]) -> Vec<Option<usize>> {
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
            if let Some(TypeId { number: target, .. }) = edges[node].get(edge).copied() {
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
                let itself = edges[node].iter().any(|target| target.number == node);
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
        let edges = |list: &[&[usize]]| -> Vec<Vec<TypeId>> {
            list.iter()
                .map(|targets| targets.iter().map(|target| TypeId { owner: 0, number: *target }).collect())
                .collect()
        };
        let found = circles(&edges(&[&[1], &[2, 3], &[0], &[3], &[], &[6], &[5, 4]]));
        assert_eq!(found[0], found[1]);
        assert_eq!(found[1], found[2]);
        assert!(found[0].is_some() && found[3].is_some() && found[0] != found[3]);
        assert_eq!(found[4], None);
        assert_eq!(found[5], found[6]);
        assert_ne!(found[5], found[0]);
    }
}
