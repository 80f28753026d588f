//! Types and operations that only have another name.

use super::entry::{Entry, Level, nameless, normal};
use super::source::{leaf, mentions, walks, with_name};
use super::surface::{Item, Kind, Surface};
use std::collections::{BTreeMap, BTreeSet};

/// Pairs of paths, the old one first.
#[derive(Debug, Default)]
pub struct Renames {
    types: Vec<(String, String)>,
    operations: Vec<(String, String)>,
    /// Whether there is a client that waits, whose methods are called the same.
    waits: bool,
}

/// What is said of them.
pub const RENAMED: &str = "has another name";

/// What is said of two types each of which is now what the other one was.
pub const EXCHANGED: &str = "exchanges its name with another one";

/// A shape of fewer members says too little.
const ENOUGH: usize = 3;

impl Renames {
    /// Operations by their routes; types by the places that mention them, or by an equal shape that no other has.
    pub fn find(old: &Surface, new: &Surface) -> Self {
        let gone =
            |kind: Kind| old.iter().filter(move |(path, item)| item.kind == kind && !new.contains_key(*path));
        let come =
            |kind: Kind| new.iter().filter(move |(path, item)| item.kind == kind && !old.contains_key(*path));
        let operations = gone(Kind::Function).filter(|(path, item)| is_operation(path, item)).filter_map(
            |(path, item)| {
                let mut same = come(Kind::Function).filter(|(other, new)| {
                    is_operation(other, new)
                        && nameless(&new.wire) == nameless(&item.wire)
                        && walks(new) == walks(item)
                });
                let (other, _) = same.next()?;
                // Several methods of one route: which became which is anybody's guess.
                same.next().is_none().then(|| (path.clone(), other.clone()))
            },
        );
        let operations: Vec<_> = operations.collect();
        // Structs of parameters and the like are called after their operations.
        let after = |(was, is): &(String, String), path: &String| {
            let rest = normal(leaf(path)).strip_prefix(&normal(leaf(was)))?.to_owned();
            let wanted = normal(leaf(is)) + &rest;
            let same = |other: &&String| module(other) == module(path) && normal(leaf(other)) == wanted;
            let found =
                [Kind::Struct, Kind::Enum].into_iter().flat_map(come).map(|(other, _)| other).find(same)?;
            Some((path.clone(), found.clone()))
        };
        let named = [Kind::Struct, Kind::Enum]
            .into_iter()
            .flat_map(gone)
            .filter(|(path, _)| module(path) != "models");
        let mut types: Vec<_> =
            named.filter_map(|(path, _)| operations.iter().find_map(|pair| after(pair, path))).collect();
        for kind in [Kind::Struct, Kind::Enum, Kind::Alias] {
            let pairs = gone(kind).flat_map(|(path, _)| come(kind).map(move |(other, _)| (path, other)));
            let likely: Vec<_> = pairs
                .filter(|(path, other)| module(path) == module(other))
                .filter(|(path, other)| !types.iter().any(|(old, new)| old == *path || new == *other))
                .filter(|(path, other)| is_renamed(old, new, path, other))
                .collect();
            let alone = |path: &String| likely.iter().filter(|(a, b)| *a == path || *b == path).count() == 1;
            let one_to_one = likely.iter().filter(|(a, b)| alone(a) && alone(b));
            types.extend(one_to_one.map(|(a, b)| ((*a).clone(), (*b).clone())));
        }
        let waits = old.contains_key("blocking::Client");
        Self { types, operations, waits }
    }

    /// What is to be said about them: one entry each, whatever mentions them.
    pub fn entries(&self) -> Vec<Entry> {
        let types = self.types.iter().map(|(old, new)| {
            let mut entry = renamed(old, new);
            entry.help = Some(format!("`#[deprecated] pub type {} = {new};`", leaf(old)));
            entry.subject = Some(normal(leaf(new)));
            entry
        });
        // Operations that another trait has now are one change, and so are the pages that they have.
        let trait_of = |path: &str| path.rsplit_once("::").map(|(of_trait, _)| of_trait.to_owned());
        let mut handed: BTreeMap<_, Vec<&(String, String)>> = BTreeMap::new();
        let (stay, go): (Vec<_>, Vec<_>) =
            self.operations.iter().partition(|(old, new)| leaf(old) != leaf(new));
        for pair in go {
            handed.entry((trait_of(&pair.0), trait_of(&pair.1))).or_default().push(pair);
        }
        let handed = handed.into_values().filter_map(|pairs| {
            let ((old, new), others) = pairs.split_first()?;
            let mut entry = renamed(old, new);
            entry.help =
                Some("import the other trait; whoever implements it writes the method there".to_owned());
            entry.subject = Some(format!("{}()", normal(leaf(new))));
            for (old, new) in others {
                entry.also.push(format!("{old} is {new}"));
                entry.subjects.push(format!("{}()", normal(leaf(new))));
            }
            Some(entry)
        });
        let operations = stay.into_iter().map(|(old, new)| {
            let mut entry = renamed(old, new);
            entry.help = Some("the route is the same: call it by its new name".to_owned());
            entry.subject = Some(format!("{}()", normal(leaf(new))));
            if self.waits {
                entry.also.push(format!("blocking::Client::{} {RENAMED}", leaf(old)));
            }
            entry
        });
        types.chain(operations).chain(handed).collect()
    }

    /// What an item is called now.
    pub fn now(&self, path: &str) -> String {
        let pairs = self.types.iter().chain(&self.operations);
        pairs.fold(path.to_owned(), |path, (old, new)| moved(&path, old, new))
    }

    /// The surface as it would have been under the new names.
    pub fn apply(&self, surface: &Surface) -> Surface {
        let mut renamed = surface.clone();
        for (old, new) in &self.types {
            renamed = renamed.into_iter().map(|(path, item)| under(old, new, &path, item)).collect();
        }
        for (old, new) in &self.operations {
            let waiting = |path: &str| format!("blocking::Client::{}", leaf(path));
            for (old, new) in [(old.clone(), new.clone()), (waiting(old), waiting(new))] {
                let Some(mut item) = renamed.remove(&old) else { continue };
                // With another tag it is another trait's.
                if let Some((parent, _)) = new.rsplit_once("::") {
                    item.parent = Some(parent.to_owned());
                }
                renamed.insert(new, item);
            }
        }
        renamed
    }
}

fn renamed(old: &str, new: &str) -> Entry {
    let mut entry = Entry::new(Level::Major, old, RENAMED);
    entry.new = Some(new.to_owned());
    entry
}

fn is_operation(path: &str, item: &Item) -> bool {
    let of_trait = path.split_once("::").map(|(of_trait, _)| of_trait);
    of_trait.is_some_and(|of_trait| of_trait.ends_with("Api")) && !item.wire.is_empty()
}

fn module(path: &str) -> &str {
    path.rsplit_once("::").map_or("", |(module, _)| module)
}

/// Types each of which is now what the other one was, where that is mentioned in its place, too.
pub fn exchanged(old: &Surface, new: &Surface) -> Vec<(String, String)> {
    let (was, is) = (shapes(old), shapes(new));
    let kind = |surface: &Surface, path: &str| surface.get(path).map(|item| item.kind);
    let differs = |path: &&String| is.get(*path).is_some_and(|now| was.get(*path) != Some(now));
    let changed: Vec<&String> = was.keys().copied().filter(|path| differs(path)).collect();
    // A value that tells a type apart goes with what it tells.
    let told = |surface: &Surface, path: &str| {
        surface.get(path).filter(|item| item.kind == Kind::Struct).map(|item| item.wire.clone())
    };
    let became = |one: &String, other: &String| {
        let (Some(before), Some(after)) = (was.get(one), is.get(other)) else { return false };
        let same =
            |(a, b): (&(&str, &str), &(&str, &str))| a.0 == b.0 && follows(a.1, b.1, leaf(one), leaf(other));
        kind(old, one) == kind(new, other)
            && told(old, one) == told(new, other)
            && before.len() == after.len()
            && before.iter().zip(after).all(same)
    };
    let mentioned = |one: &String, other: &String| {
        let is_own = |of: &str| of == one || of == other;
        old.iter().any(|(place, item)| {
            let is_inner = is_own(place) || item.parent.as_deref().is_some_and(is_own);
            let now = new
                .get(place)
                .filter(|_| !is_inner && (mentions(item, leaf(one)) || mentions(item, leaf(other))));
            let expected = with_names_exchanged(item, leaf(one), leaf(other));
            now.is_some_and(|now| (&expected.arguments, &expected.ty) == (&now.arguments, &now.ty))
        })
    };
    let pairs = changed
        .iter()
        .enumerate()
        .flat_map(|(at, one)| changed[at + 1..].iter().map(move |other| (*one, *other)));
    pairs
        .filter(|(one, other)| module(one) == module(other) && became(one, other) && became(other, one))
        .filter(|(one, other)| mentioned(one, other))
        .map(|(one, other)| (one.clone(), other.clone()))
        .collect()
}

/// Types with the names and types of what is in them, all in one order.
fn shapes(surface: &Surface) -> BTreeMap<&String, Vec<(&str, &str)>> {
    let mut shapes: BTreeMap<&String, Vec<(&str, &str)>> = BTreeMap::new();
    for (path, item) in
        surface.iter().filter(|(_, item)| matches!(item.kind, Kind::Struct | Kind::Enum | Kind::Alias))
    {
        let own = if item.kind == Kind::Alias { vec![("", item.ty.as_str())] } else { Vec::new() };
        shapes.insert(path, own);
    }
    for (path, item) in surface.iter().filter(|(_, item)| matches!(item.kind, Kind::Field | Kind::Variant)) {
        if let Some(shape) = item.parent.as_ref().and_then(|parent| shapes.get_mut(parent)) {
            shape.push((leaf(path), &item.ty));
        }
    }
    shapes
}

/// Whether tokens are the same once two names are exchanged, and types called after the one are called after the other.
fn follows(was: &str, is: &str, one: &str, other: &str) -> bool {
    let same = |(a, b): (&str, &str)| match () {
        () if a == one => b == other,
        () if a == other => b == one,
        () => a == b || a.strip_prefix(one).is_some_and(|rest| b.strip_prefix(other) == Some(rest)),
    };
    was.split(' ').count() == is.split(' ').count() && was.split(' ').zip(is.split(' ')).all(same)
}

/// An item in which two names stand for each other.
pub fn with_names_exchanged(item: &Item, one: &str, other: &str) -> Item {
    // No token of Rust.
    const NEITHER: &str = "\\";
    with_name(&with_name(&with_name(item, one, NEITHER), other, one), NEITHER, other)
}

/// An item of a surface in which a type has another name.
fn under(old: &str, new: &str, path: &str, item: Item) -> (String, Item) {
    let mut item = with_name(&item, leaf(old), leaf(new));
    item.parent = item.parent.as_deref().map(|parent| moved(parent, old, new));
    (moved(path, old, new), item)
}

/// A path below one that has another name.
fn moved(path: &str, old: &str, new: &str) -> String {
    match path.strip_prefix(old) {
        Some(rest) if rest.is_empty() || rest.starts_with(['.', ':']) => format!("{new}{rest}"),
        _ => path.to_owned(),
    }
}

/// Tokens in which one name stands for another.
pub fn replaced(tokens: &str, old: &str, new: &str) -> String {
    tokens.split(' ').map(|token| if token == old { new } else { token }).collect::<Vec<_>>().join(" ")
}

fn is_renamed(old: &Surface, new: &Surface, path: &str, other: &str) -> bool {
    let (was, is) = (members(old, path, leaf(path), leaf(other)), members(new, other, "", ""));
    let common = was.intersection(&is).count();
    let most = was.len().max(is.len());
    if was == is && most >= ENOUGH {
        return true;
    }
    let same_places = old.iter().filter(|(place, item)| {
        mentions(item, leaf(path))
            && item.parent.as_deref() != Some(path)
            && new.get(*place).is_some_and(|now| {
                let expected = with_name(item, leaf(path), leaf(other));
                (&expected.arguments, &expected.ty) == (&now.arguments, &now.ty)
            })
    });
    same_places.count() > 0 && common * 2 >= most
}

/// Fields and variants with their types.
fn members(surface: &Surface, path: &str, old: &str, new: &str) -> BTreeSet<(String, String)> {
    let parts: BTreeMap<&String, &Item> = surface
        .iter()
        .filter(|(_, item)| {
            item.parent.as_deref() == Some(path) && matches!(item.kind, Kind::Field | Kind::Variant)
        })
        .collect();
    let alias = surface
        .get(path)
        .filter(|item| item.kind == Kind::Alias)
        .map(|item| (String::new(), item.ty.clone()));
    let members = parts.into_iter().map(|(name, item)| (leaf(name).to_owned(), item.ty.clone())).chain(alias);
    members.map(|(name, ty)| (name, replaced(&ty, old, new))).collect()
}
