//! Types and operations that only have another name.

use super::entry::{Entry, Level, nameless, normal};
use super::source::{REQUEST, leaf, mentions, walks, with_names};
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

/// What is said of the first of several types each of which is now what another one of them was.
pub const EXCHANGED: &str = "exchanges its name with another one";

/// What is said of the others.
pub const EXCHANGES: &str = "exchanges its name, too";

/// A shape of fewer members says too little.
const ENOUGH: usize = 3;

/// What may be called otherwise.
const TYPES: [Kind; 3] = [Kind::Struct, Kind::Enum, Kind::Alias];

impl Renames {
    /// Operations by their routes; types by the places that mention them, or by an equal shape that no other has. What is called
    /// after one of these goes with it.
    pub fn find(old: &Surface, new: &Surface) -> Self {
        let gone =
            |kind: Kind| old.iter().filter(move |(path, item)| item.kind == kind && !new.contains_key(*path));
        let come =
            |kind: Kind| new.iter().filter(move |(path, item)| item.kind == kind && !old.contains_key(*path));
        // Beside a method that is there as before, what another representation has is a method of its own.
        let kept = old
            .iter()
            .filter(|(path, item)| is_operation(path, item) && !walks(item) && new.contains_key(*path));
        let kept: BTreeSet<String> = kept.map(|(_, item)| nameless(&item.wire)).collect();
        let is_whole = |item: &Item| walks(item) || !kept.contains(&nameless(&item.wire));
        let operations =
            gone(Kind::Function).filter(|(path, item)| is_operation(path, item) && is_whole(item));
        let operations = operations.filter_map(|(path, item)| {
            let same = come(Kind::Function).filter(|(other, new)| {
                is_operation(other, new)
                    && nameless(&new.wire) == nameless(&item.wire)
                    && walks(new) == walks(item)
            });
            let same: Vec<(&String, &Item)> = same.collect();
            // Of several methods of one route, the one that gives the same.
            let alike = same.iter().filter(|(_, new)| same.len() == 1 || new.ty == item.ty);
            match alike.collect::<Vec<_>>()[..] {
                [(other, _)] => Some((path.clone(), (*other).clone())),
                _ => None,
            }
        });
        let operations: Vec<_> = operations.collect();
        let after = |leaders: &[(String, String)], known: &[(String, String)]| {
            let mut found: Vec<(String, String)> = Vec::new();
            for kind in TYPES {
                let come: BTreeMap<(&str, String), &String> =
                    come(kind).map(|(path, _)| ((module(path), normal(leaf(path))), path)).collect();
                for (path, _) in gone(kind).filter(|(path, _)| known.iter().all(|(old, _)| old != *path)) {
                    let names = leaders.iter().filter_map(|pair| successor(pair, path));
                    let mut all = names.filter_map(|name| come.get(&(module(path), name)).copied());
                    let other = all.find(|other| known.iter().chain(&found).all(|(_, new)| new != *other));
                    found.extend(other.map(|other| (path.clone(), other.clone())));
                }
            }
            found
        };
        let mut types: Vec<(String, String)> = after(&operations, &[]);
        types.extend(handed_on(old, new));
        let followed = |types: &[(String, String)]| {
            let models = types.iter().filter(|(path, _)| module(path) == MODELS).cloned();
            after(&models.collect::<Vec<_>>(), types)
        };
        for kind in TYPES {
            let pairs = gone(kind).flat_map(|(path, _)| come(kind).map(move |(other, _)| (path, other)));
            let likely: Vec<_> = pairs
                .filter(|(path, other)| module(path) == module(other))
                .filter(|(path, other)| !types.iter().any(|(old, new)| old == *path || new == *other))
                .filter(|(path, other)| is_renamed(old, new, path, other))
                .collect();
            let alone = |path: &String| likely.iter().filter(|(a, b)| *a == path || *b == path).count() == 1;
            let one_to_one = likely.iter().filter(|(a, b)| alone(a) && alone(b));
            types.extend(one_to_one.map(|(a, b)| ((*a).clone(), (*b).clone())));
            // A name says more than a shape that others have, too.
            let called_after = followed(&types);
            types.extend(called_after);
        }
        let waits = old.contains_key("blocking::Client");
        Self { types, operations, waits }
    }

    /// What is to be said about them: one entry each, whatever mentions them.
    pub fn entries(&self) -> Vec<Entry> {
        let circles = self.circles();
        let is_in_circle = |path: &String| circles.iter().flatten().any(|one| *one == path);
        let alone: Vec<&(String, String)> =
            self.types.iter().filter(|(path, _)| !is_in_circle(path)).collect();
        let leaders: Vec<Option<&(String, String)>> =
            alone.iter().map(|pair| self.leader(pair, &alone)).collect();
        // What is called after something is told with it.
        let followed = |mut entry: Entry, of: &(String, String)| {
            for ((old, new), _) in alone.iter().zip(&leaders).filter(|(_, leader)| **leader == Some(of)) {
                entry.also.push(format!("{old} {RENAMED}: {new}"));
                entry.subjects.push(normal(leaf(new)));
            }
            entry
        };
        let types = alone.iter().zip(&leaders).filter(|(_, leader)| leader.is_none());
        let types = types.map(|(pair, _)| {
            let (old, new) = *pair;
            let mut entry = renamed(old, new);
            entry.help = Some(format!("`#[deprecated] pub type {} = {new};`", leaf(old)));
            entry.subject = Some(normal(leaf(new)));
            followed(entry, pair)
        });
        let exchanged = circles.iter().filter_map(|circle| {
            let (first, others) = circle.split_first()?;
            let mut entry = Entry::new(Level::Major, first.as_str(), EXCHANGED);
            entry.subject = Some(normal(leaf(first)));
            entry.new = others.first().map(|other| (*other).clone());
            entry.help = Some("exchange these names in your code, where it compiles, too".to_owned());
            for other in others {
                entry.also.push(format!("{other} {EXCHANGES}"));
                entry.subjects.push(normal(leaf(other)));
            }
            Some(entry)
        });
        // Operations that another trait has now are one change, and so are the pages that they have.
        let trait_of = |path: &str| path.rsplit_once("::").map(|(of_trait, _)| of_trait.to_owned());
        let mut handed: BTreeMap<_, Vec<&(String, String)>> = BTreeMap::new();
        let (stay, go): (Vec<_>, Vec<_>) =
            self.operations.iter().partition(|(old, new)| leaf(old) != leaf(new));
        // Methods for other forms of the same are called after it.
        let main = |(old, new): &(String, String)| {
            stay.iter().find(|(was, is)| {
                let decorated = |path: &str, of: &str| {
                    let (of_trait, name) = (trait_of(path), leaf(path));
                    let is_form = |rest: &&str| rest.starts_with("_as_") || rest.starts_with("_from_");
                    let rest = name.strip_prefix(leaf(of)).filter(is_form);
                    let rest = rest.or_else(|| name.strip_suffix(leaf(of)).filter(|rest| *rest == "stream_"));
                    rest.filter(|_| of_trait == trait_of(of)).map(str::to_owned)
                };
                let rest = decorated(old, was);
                rest.is_some() && rest == decorated(new, is)
            })
        };
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
        let operations = stay.iter().filter(|pair| main(pair).is_none()).map(|pair| {
            let (old, new) = *pair;
            let mut entry = renamed(old, new);
            entry.help = Some("the route is the same: call it by its new name".to_owned());
            entry.subject = Some(format!("{}()", normal(leaf(new))));
            if self.waits {
                entry.also.push(format!("blocking::Client::{} {RENAMED}", leaf(old)));
            }
            for (old, new) in stay.iter().filter(|other| main(other) == Some(pair)) {
                entry.also.push(format!("{old} {RENAMED}: {new}"));
                entry.subjects.push(format!("{}()", normal(leaf(new))));
            }
            followed(entry, pair)
        });
        types.chain(exchanged).chain(operations).chain(handed).collect()
    }

    /// The operation or type that one of these types is called after, before and now.
    fn leader<'a>(
        &'a self,
        (old, new): &(String, String),
        types: &[&'a (String, String)],
    ) -> Option<&'a (String, String)> {
        let (before, after) = (normal(leaf(old)), normal(leaf(new)));
        let is_model = module(old) == MODELS;
        let is_it = |(was, is): &&(String, String)| {
            let (was, is) = (normal(leaf(was)), normal(leaf(is)));
            let rest = before.strip_prefix(&was).filter(|rest| !is_model || !rest.is_empty());
            was != is && rest.is_some() && rest == after.strip_prefix(&is)
        };
        let types = types.iter().copied().filter(|(path, _)| is_model && module(path) == MODELS);
        // The outermost of several has none itself.
        let outermost = types.filter(is_it).min_by_key(|(path, _)| path.len());
        self.operations.iter().find(is_it).or(outermost)
    }

    /// Types each of which is now what the one before it was, and the first what the last one was.
    fn circles(&self) -> Vec<Vec<&String>> {
        let next = |path: &String| self.types.iter().find(|(old, _)| old == path).map(|(_, new)| new);
        let mut circles: Vec<Vec<&String>> = Vec::new();
        for (first, _) in &self.types {
            if circles.iter().flatten().any(|one| *one == first) {
                continue;
            }
            let mut circle = vec![first];
            let mut at = next(first);
            while let Some(one) = at.filter(|one| !circle.contains(one)) {
                circle.push(one);
                at = next(one);
            }
            if at == Some(first) {
                circles.push(circle);
            }
        }
        circles
    }

    /// Types of schemas: what they were called, what they are called, and what is said of that.
    pub fn schemas(&self) -> Vec<(String, String, &'static str)> {
        let circles = self.circles();
        let what = |path: &String| {
            if circles.iter().flatten().any(|one| *one == path) { EXCHANGED } else { RENAMED }
        };
        let models = self.types.iter().filter(|(path, _)| module(path) == MODELS);
        models.map(|(old, new)| (leaf(old).to_owned(), leaf(new).to_owned(), what(old))).collect()
    }

    /// The entry about a type that a variant holds, where the variant is called as the type was or is.
    pub fn of_variant(&self, variant: &Entry, entries: &[Entry]) -> Option<usize> {
        let is_new = match variant.what.as_str() {
            "is new" => true,
            "is gone" => false,
            _ => return None,
        };
        let held = if is_new { &variant.new } else { &variant.old };
        let name = normal(leaf(&variant.item));
        let is_it = |(was, is): &&(String, String)| {
            let called = leaf(if is_new { is } else { was });
            held.as_ref().is_some_and(|held| *held == format!("({})", leaf(is)))
                && normal(called).ends_with(&name)
        };
        let (was, _) = self.types.iter().find(is_it)?;
        let tells = |also: &String| also.strip_prefix(was.as_str()).is_some_and(|rest| rest.starts_with(' '));
        entries.iter().position(|entry| {
            [RENAMED, EXCHANGED].contains(&entry.what.as_str())
                && (entry.item == *was || entry.also.iter().any(tells))
        })
    }

    /// What an item is called now.
    pub fn now(&self, path: &str) -> String {
        let mut pairs = self.types.iter().chain(&self.operations);
        pairs.find_map(|(old, new)| moved(path, old, new)).unwrap_or_else(|| path.to_owned())
    }

    /// The surface as it would have been under the new names.
    pub fn apply(&self, surface: &Surface) -> Surface {
        // The service may be called like a schema, which is meant then.
        let is_meant = |path: &str| {
            !module(path).is_empty() || !surface.contains_key(&format!("{MODELS}::{}", leaf(path)))
        };
        let types = self.types.iter().filter(|(old, _)| is_meant(old));
        let names: BTreeMap<&str, &str> = types.map(|(old, new)| (leaf(old), leaf(new))).collect();
        let type_now = |path: &str| {
            let mut pairs = self.types.iter();
            pairs.find_map(|(old, new)| moved(path, old, new)).unwrap_or_else(|| path.to_owned())
        };
        let under = |(path, item): (&String, &Item)| {
            let item = with_names(item, &names);
            (type_now(path), Item { parent: item.parent.as_deref().map(type_now), ..item })
        };
        let mut renamed: Surface = surface.iter().map(under).collect();
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

/// Where the types of schemas are.
const MODELS: &str = "models";

/// What something is called that is called after the old one of a pair, once it is called after the new one.
fn successor((was, is): &(String, String), path: &str) -> Option<String> {
    let rest = normal(leaf(path)).strip_prefix(&normal(leaf(was)))?.to_owned();
    Some(normal(leaf(is)) + &rest)
}

/// Types whose names others have now: each is under its new name what it was, and mentioned in its places.
fn handed_on(old: &Surface, new: &Surface) -> Vec<(String, String)> {
    let (was, is) = (shapes(old), shapes(new));
    let apart = |one: &Shapes<'_>, other: &Shapes<'_>| -> BTreeSet<String> {
        let differs = one.iter().filter(|(path, shape)| other.get(**path) != Some(*shape));
        differs.map(|(path, _)| (*path).clone()).collect()
    };
    let (before, after) = (apart(&was, &is), apart(&is, &was));
    let changed: BTreeSet<&str> = before.iter().chain(&after).map(|path| leaf(path)).collect();
    let kind = |surface: &Surface, path: &String| surface.get(path).map(|item| item.kind);
    // A value that tells a type apart goes with what it tells.
    let told = |surface: &Surface, path: &String| {
        surface.get(path).filter(|item| item.kind == Kind::Struct).map(|item| item.wire.clone())
    };
    let became = |one: &String, other: &String| {
        let (Some(shape), Some(now)) = (was.get(one), is.get(other)) else { return false };
        let same = |(a, b): (&(&str, &str), &(&str, &str))| {
            a.0 == b.0 && follows(a.1, b.1, leaf(one), leaf(other), &changed)
        };
        kind(old, one) == kind(new, other)
            && told(old, one) == told(new, other)
            && !shape.is_empty()
            && shape.len() == now.len()
            && shape.iter().zip(now).all(same)
    };
    // A name that was not there before, for one that is not there any more, says less: see `is_renamed`.
    // A twin for requests that comes or goes is no other name.
    let is_twin = |one: &str, other: &str| one.strip_suffix(REQUEST) == Some(other);
    let is_known = |one: &String, other: &String| {
        (is.contains_key(one) || was.contains_key(other)) && !is_twin(one, other) && !is_twin(other, one)
    };
    let mut pairs: Vec<(&String, &String)> = Vec::new();
    for one in &before {
        let others = after.iter().filter(|other| *other != one && module(other) == module(one));
        pairs.extend(
            others.filter(|other| is_known(one, other) && became(one, other)).map(|other| (one, other)),
        );
    }
    let is_alone = |(one, other): &&(&String, &String)| {
        pairs.iter().filter(|(a, b)| a == one || b == other).count() == 1
    };
    let alone = pairs.iter().filter(is_alone);
    let mut found: Vec<(String, String)> =
        alone.map(|(one, other)| ((*one).clone(), (*other).clone())).collect();
    // Until nothing is left that would have the name of what stays, or that no place speaks of.
    loop {
        let names: BTreeMap<&str, &str> = found.iter().map(|(one, other)| (leaf(one), leaf(other))).collect();
        let is_mentioned = |one: &String, other: &String| {
            let is_own = |of: &String| of == one;
            let mut places = old.iter().filter(|(place, item)| {
                mentions(item, leaf(one)) && !is_own(place) && !item.parent.as_ref().is_some_and(is_own)
            });
            places.any(|(place, item)| {
                // A variant may be called as what it holds.
                let is_called = item.kind == Kind::Variant && leaf(place) == leaf(one);
                let variant = item.parent.as_ref().filter(|_| is_called);
                let variant = variant.map(|parent| format!("{parent}::{}", leaf(other)));
                let mut moves = found.iter();
                let now = variant.or_else(|| moves.find_map(|(old, new)| moved(place, old, new)));
                new.get(now.as_ref().unwrap_or(place)).is_some_and(|now| {
                    let expected = with_names(item, &names);
                    (&expected.arguments, &expected.ty) == (&now.arguments, &now.ty)
                })
            })
        };
        let is_free = |other: &String| !was.contains_key(other) || found.iter().any(|(one, _)| one == other);
        let kept: Vec<(String, String)> =
            found.iter().filter(|(one, other)| is_free(other) && is_mentioned(one, other)).cloned().collect();
        if kept.len() == found.len() {
            return kept;
        }
        found = kept;
    }
}

/// Types with what is in them.
type Shapes<'a> = BTreeMap<&'a String, Vec<(&'a str, &'a str)>>;

/// Types with the names and types of what is in them, all in one order.
fn shapes(surface: &Surface) -> Shapes<'_> {
    let mut shapes = Shapes::new();
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

/// Whether tokens are the same but for names that others may have now, and types called after the one are called after the other.
fn follows(was: &str, is: &str, one: &str, other: &str, changed: &BTreeSet<&str>) -> bool {
    let same = |(a, b): (&str, &str)| {
        a == b
            || changed.contains(a) && changed.contains(b)
            || a.strip_prefix(one).is_some_and(|rest| b.strip_prefix(other) == Some(rest))
    };
    was.split(' ').count() == is.split(' ').count() && was.split(' ').zip(is.split(' ')).all(same)
}

/// A path that is, or is below, one that has another name.
pub fn moved(path: &str, old: &str, new: &str) -> Option<String> {
    let rest = path.strip_prefix(old).filter(|rest| rest.is_empty() || rest.starts_with(['.', ':']))?;
    Some(format!("{new}{rest}"))
}

/// Tokens in which names stand for others, all at once.
pub fn replaced(tokens: &str, names: &BTreeMap<&str, &str>) -> String {
    tokens.split(' ').map(|token| names.get(token).copied().unwrap_or(token)).collect::<Vec<_>>().join(" ")
}

/// Tokens in which what is called after one type is called after another one.
fn called_after(tokens: &str, old: &str, new: &str) -> String {
    let token = |token: &str| {
        let rest = token.strip_prefix(old).filter(|rest| !rest.starts_with(char::is_lowercase));
        rest.map_or_else(|| token.to_owned(), |rest| format!("{new}{rest}"))
    };
    tokens.split(' ').map(token).collect::<Vec<_>>().join(" ")
}

fn is_renamed(old: &Surface, new: &Surface, path: &str, other: &str) -> bool {
    let (was, is) = (members(old, path), members(new, other));
    let names = BTreeMap::from([(leaf(path), leaf(other))]);
    let is_kept = |(name, ty): &&(String, String)| {
        let mut spelled = [replaced(ty, &names), called_after(ty, leaf(path), leaf(other))].into_iter();
        spelled.any(|ty| is.contains(&(name.clone(), ty)))
    };
    let common = was.iter().filter(is_kept).count();
    let most = was.len().max(is.len());
    if common == most && most >= ENOUGH {
        return true;
    }
    if common * 2 < most {
        return false;
    }
    let mut same_places = old.iter().filter(|(place, item)| {
        mentions(item, leaf(path))
            && item.parent.as_deref() != Some(path)
            && new.get(*place).is_some_and(|now| {
                let expected = with_names(item, &names);
                (&expected.arguments, &expected.ty) == (&now.arguments, &now.ty)
            })
    });
    same_places.next().is_some() || is_only_variant(old, new, path, other)
}

/// Whether an enum has one variant for another one, and they hold these types.
fn is_only_variant(old: &Surface, new: &Surface, path: &str, other: &str) -> bool {
    let mut variants = old.iter().filter(|(place, item)| {
        item.kind == Kind::Variant && !new.contains_key(*place) && mentions(item, leaf(path))
    });
    variants.any(|(_, item)| {
        let only = |one: &Surface, others: &Surface, ty: &str| {
            let mut all = one.iter().filter(|(place, variant)| {
                variant.kind == Kind::Variant && variant.parent == item.parent && !others.contains_key(*place)
            });
            all.next().is_some_and(|(_, variant)| mentions(variant, ty)) && all.next().is_none()
        };
        only(old, new, leaf(path)) && only(new, old, leaf(other))
    })
}

/// Fields and variants with their types.
fn members(surface: &Surface, path: &str) -> BTreeSet<(String, String)> {
    // Their paths begin with that of the type.
    let below = surface.range(path.to_owned()..).take_while(|(part, _)| part.starts_with(path));
    let parts = below.filter(|(_, item)| {
        item.parent.as_deref() == Some(path) && matches!(item.kind, Kind::Field | Kind::Variant)
    });
    let alias = surface
        .get(path)
        .filter(|item| item.kind == Kind::Alias)
        .map(|item| (String::new(), item.ty.clone()));
    parts.map(|(name, item)| (leaf(name).to_owned(), item.ty.clone())).chain(alias).collect()
}
