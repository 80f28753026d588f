//! Two surfaces, and what the difference asks of users.

use super::entry::{Entry, Level, RouteChange, normal};
use super::renames::{RENAMED, Renames, replaced};
use super::surface::{self, Item, Kind, Surface};
use std::collections::{BTreeMap, BTreeSet};

/// Traits that come and go with the types of fields, and are promised to nobody.
pub const UNPROMISED: &[&str] = &["Eq", "Hash"];

/// All differences, one entry for each item and cause.
pub fn compare(old: &Surface, new: &Surface) -> Vec<Entry> {
    compare_renamed(old, new, &Renames::find(old, new))
}

/// The same, where it is known what only has another name.
pub fn compare_renamed(old: &Surface, new: &Surface, renames: &Renames) -> Vec<Entry> {
    let mut entries = renames.entries();
    for entry in &mut entries {
        // The marker type of a service is called after the title.
        if old.contains_key(&format!("{}{PREFIX}", entry.item)) {
            entry.subjects.push(TITLE.to_owned());
        }
    }
    let old = renames.apply(old);
    let aliases = Aliases { old: aliases(&old), new: aliases(new) };
    let mut described = BTreeSet::new();
    // An enum over text, and another one.
    let is_text = |surface: &Surface, path: &str| surface.contains_key(&format!("{path}: FromStr"));
    for (path, item) in &old {
        match new.get(path) {
            Some(now)
                if (item.kind, now.kind) == (Kind::Enum, Kind::Enum)
                    && is_text(&old, path) != is_text(new, path) =>
            {
                let mut entry = about(Level::Major, path, now, OTHER);
                let shown = |surface| if is_text(surface, path) { "text" } else { "alternatives" };
                (entry.old, entry.new) = (Some(shown(&old).to_owned()), Some(shown(new).to_owned()));
                entries.push(entry);
            }
            None if !parent_is_missing(item, new) => entries.push(removed(path, item)),
            Some(now) => {
                if item.docs != now.docs {
                    described.insert(path.clone());
                }
                entries.extend(changed(path, item, now, &aliases));
            }
            None => {}
        }
    }
    for (path, item) in new.iter().filter(|(path, _)| !old.contains_key(*path)) {
        if !parent_is_missing(item, &old) {
            entries.push(added(path, item, new));
        }
    }
    respelled(&mut entries, &old, new);
    let mut entries = grouped(entries, &old, new, renames);
    for entry in entries.iter_mut().filter(|entry| entry.what == ABOVE) {
        // What stays is no change.
        let (was, is) = (entry.old.take().unwrap_or_default(), entry.new.take().unwrap_or_default());
        let apart = |one: &str, other: &str| {
            let others = traits(other);
            let list: Vec<&str> = one.split(" + ").filter(|name| !others.contains(name)).collect();
            Some(list.join(" + ")).filter(|list| !list.is_empty())
        };
        (entry.old, entry.new) = (apart(&was, &is), apart(&is, &was));
    }
    if !described.is_empty() {
        let mut entry = Entry::new(Level::Patch, DOCUMENTATION, "changes");
        let items = if described.len() == 1 { "item" } else { "items" };
        entry.new = Some(format!("of {} {items}", described.len()));
        entries.push(entry);
    }
    entries
}

/// Fields and variants that only Rust calls otherwise, which the wire does not: what goes has another name, and what comes is that.
fn respelled(entries: &mut [Entry], old: &Surface, new: &Surface) {
    let is_part = |item: &Item| matches!(item.kind, Kind::Field | Kind::Variant) && !item.wire.is_empty();
    let come = entries.iter().filter(|entry| entry.what == "is new");
    let come = come.filter_map(|entry| new.get_key_value(&entry.item)).filter(|(_, item)| is_part(item));
    let come: BTreeMap<(Option<&str>, &str), (&String, &Item)> =
        come.map(|(path, item)| ((item.parent.as_deref(), item.wire.as_str()), (path, item))).collect();
    for entry in entries.iter_mut().filter(|entry| entry.what == "is gone") {
        let Some(was) = old.get(&entry.item).filter(|item| is_part(item)) else { continue };
        let Some((path, is)) = come.get(&(was.parent.as_deref(), was.wire.as_str())) else { continue };
        // What is described in place may be called after it.
        let is_type = |one: &Surface, others: &Surface, name: &str| {
            let path = format!("models::{name}");
            one.contains_key(&path) && !others.contains_key(&path)
        };
        let same = |(a, b): (&str, &str)| a == b || is_type(old, new, a) && is_type(new, old, b);
        let is_alike = was.ty.split(' ').count() == is.ty.split(' ').count()
            && was.ty.split(' ').zip(is.ty.split(' ')).all(same);
        if is.kind == was.kind && is_alike {
            RENAMED.clone_into(&mut entry.what);
            entry.help = Some("the same is sent and received: write its new name".to_owned());
            (entry.old, entry.new) = (None, Some((*path).clone()));
        }
    }
}

fn parent_is_missing(item: &Item, surface: &Surface) -> bool {
    item.parent.as_ref().is_some_and(|parent| !surface.contains_key(parent))
}

fn removed(path: &str, item: &Item) -> Entry {
    let promised = item.kind != Kind::Implementation || !UNPROMISED.contains(&leaf(path));
    let level = if promised { Level::Major } else { Level::Minor };
    let mut entry = about(level, path, item, "is gone");
    entry.old = shown(item);
    entry
}

fn added(path: &str, item: &Item, new: &Surface) -> Entry {
    let parent = item.parent.as_ref().and_then(|parent| new.get(parent));
    let closed = parent.is_some_and(|parent| !parent.is_open);
    let breaks = match item.kind {
        Kind::Function => parent.is_some_and(|parent| parent.kind == Kind::Trait) && !item.is_open,
        Kind::Field | Kind::Variant => closed,
        _ => false,
    };
    let mut entry = about(if breaks { Level::Major } else { Level::Minor }, path, item, "is new");
    if breaks && item.kind == Kind::Function {
        entry.help = Some("implementations have to write it".to_owned());
    }
    entry.new = shown(item);
    entry
}

fn about(level: Level, path: &str, item: &Item, what: &str) -> Entry {
    let mut entry = Entry::new(level, path, what);
    entry.subject = subject(path, item);
    entry.subjects.extend(spelled_subject(item));
    entry
}

/// What the document calls it: `type.property`, `type`, or an operation.
fn subject(path: &str, item: &Item) -> Option<String> {
    match item.kind {
        Kind::Field | Kind::Variant => {
            let parent = item.parent.as_deref().map(leaf)?;
            Some(format!("{}.{}", normal(parent), normal(plain(leaf(path)))))
        }
        Kind::Function if item.parent.as_deref() == Some(WEBHOOKS) => Some(webhook(leaf(path))),
        Kind::Function if !item.wire.is_empty() => Some(format!("{}()", normal(leaf(path)))),
        Kind::Struct | Kind::Enum | Kind::Alias => Some(normal(leaf(path))),
        Kind::Const if path.starts_with("servers::") => Some(SERVERS.to_owned()),
        Kind::Const if path.starts_with(HEADERS) => Some(header(leaf(path))),
        // What is not sent or received has a value nevertheless.
        Kind::Function => {
            let of = leaf(path).strip_suffix("_or_default")?;
            Some(format!("{}.{}", normal(leaf(item.parent.as_deref()?)), normal(of)))
        }
        _ => None,
    }
}

/// The same by its name on the wire, where that is not the one in Rust.
fn spelled_subject(item: &Item) -> Option<String> {
    let is_part = matches!(item.kind, Kind::Field | Kind::Variant) && !item.wire.is_empty();
    let parent = item.parent.as_deref().filter(|_| is_part).map(leaf)?;
    Some(format!("{}.{}", normal(parent), normal(&item.wire)))
}

/// The trait of those who receive webhooks.
pub const WEBHOOKS: &str = "webhooks::Webhooks";

/// What is said of a webhook.
pub const RECEIVED: &str = "is received at another route";

/// What both halves call a webhook.
pub fn webhook(name: &str) -> String {
    format!("webhook {}", normal(name))
}

/// What both halves call a header of answers.
pub fn header(name: &str) -> String {
    format!("header {}", normal(name))
}

/// Where the headers of answers are.
const HEADERS: &str = "headers::";

/// What both halves call the title of a document.
pub const TITLE: &str = "the title";

/// The constant that a service's environment variables begin with.
const PREFIX: &str = "::ENV_PREFIX";

/// What both halves call that which tells the members of a union apart.
pub fn discriminator(union: &str) -> String {
    format!("{} discriminator", normal(union))
}

/// What both halves call the addresses of servers.
pub const SERVERS: &str = "the servers";

/// Whether whoever has the old features on has the new ones on: each is among those that an old condition leaves open.
fn asks_for_no_more(new: &BTreeSet<String>, old: &BTreeSet<String>) -> bool {
    new.iter().all(|new| old.iter().any(|old| alternatives(old).is_subset(&alternatives(new))))
}

/// The features of a condition, any of which is enough.
fn alternatives(condition: &str) -> BTreeSet<String> {
    let inner = condition.trim_start_matches("cfg(").trim_end_matches(')').trim_start_matches("any(");
    inner.split(',').map(str::to_owned).collect()
}

/// A feature, as a manifest calls it.
fn feature(condition: &str) -> String {
    condition.trim_start_matches("feature").trim_matches([' ', '=', '"']).to_owned()
}

/// A name without the mark of those that are words of Rust.
fn plain(name: &str) -> &str {
    name.trim_start_matches("r#")
}

/// The last name of a path.
pub fn leaf(path: &str) -> &str {
    let end = path.rsplit(": ").next().unwrap_or(path);
    end.rsplit("::").next().unwrap_or(end).rsplit('.').next().unwrap_or(end)
}

fn shown(item: &Item) -> Option<String> {
    let text = match item.kind {
        Kind::Function => format!("fn({}){}", arguments(&item.arguments), result(&item.ty)),
        Kind::Field | Kind::Variant | Kind::Alias | Kind::Const | Kind::Export => readable(&item.ty),
        _ => return None,
    };
    (!text.is_empty()).then_some(text)
}

fn arguments(arguments: &[(String, String)]) -> String {
    let shown = arguments.iter().map(|(name, ty)| match name.as_str() {
        "self" => readable(ty),
        name => format!("{name}: {}", readable(ty)),
    });
    shown.collect::<Vec<_>>().join(", ")
}

fn result(ty: &str) -> String {
    if ty.is_empty() { String::new() } else { format!(" -> {}", readable(ty)) }
}

/// Tokens as people write them.
fn readable(tokens: &str) -> String {
    let mut text = tokens.to_owned();
    for (from, to) in [
        (" :: ", "::"),
        (":: ", "::"),
        (" < ", "<"),
        (" >", ">"),
        ("< ", "<"),
        (" ,", ","),
        ("& ", "&"),
        ("( ", "("),
        (" )", ")"),
        ("[ ", "["),
        (" ]", "]"),
    ] {
        text = text.replace(from, to);
    }
    text
}

/// What aliases stand for, by their names.
struct Aliases {
    old: BTreeMap<String, String>,
    new: BTreeMap<String, String>,
}

fn aliases(surface: &Surface) -> BTreeMap<String, String> {
    let aliases = surface.iter().filter(|(_, item)| item.kind == Kind::Alias);
    aliases.map(|(path, item)| (leaf(path).to_owned(), item.ty.clone())).collect()
}

/// Aliases of aliases beyond this are not looked at.
const DEEPEST: usize = 8;

/// Tokens without aliases.
fn expanded(tokens: &str, aliases: &BTreeMap<String, String>) -> String {
    let mut text = tokens.to_owned();
    for _ in 0..DEEPEST {
        let next: Vec<&str> =
            text.split(' ').map(|token| aliases.get(token).map_or(token, String::as_str)).collect();
        let next = next.join(" ");
        if next == text {
            break;
        }
        text = next;
    }
    text
}

fn changed(path: &str, old: &Item, new: &Item, aliases: &Aliases) -> Vec<Entry> {
    let mut entries = Vec::new();
    let mut note = |level, what: &str, was: String, is: String, help: Option<&str>| {
        let mut entry = about(level, path, new, what);
        (entry.old, entry.new, entry.help) = (Some(was), Some(is), help.map(str::to_owned));
        entries.push(entry);
    };
    if old.kind != new.kind {
        note(
            Level::Major,
            OTHER,
            format!("{:?}", old.kind).to_lowercase(),
            format!("{:?}", new.kind).to_lowercase(),
            None,
        );
        return entries;
    }
    if old.arguments != new.arguments {
        let meant = |of: &[(String, String)], aliases: &BTreeMap<String, String>| -> Vec<_> {
            of.iter().map(|(name, ty)| (name.clone(), expanded(ty, aliases))).collect()
        };
        let (level, what) =
            argument_change(&meant(&old.arguments, &aliases.old), &meant(&new.arguments, &aliases.new));
        let help =
            (level == Level::Silent).then_some("look at every call: the compiler accepts the old order");
        note(level, what, arguments(&old.arguments), arguments(&new.arguments), help);
    }
    if old.ty != new.ty {
        let is_same = expanded(&old.ty, &aliases.old) == expanded(&new.ty, &aliases.new);
        let (level, what) = match is_same {
            true => (Level::Patch, "has the same type under another name"),
            false if new.kind == Kind::Trait => (Level::Major, ABOVE),
            false => (Level::Major, "has another type"),
        };
        let (was, is) = (traits(&old.ty), traits(&new.ty));
        let help = "`impl_rest!` implements the traits of all tags but those that it is told";
        let help = (what == ABOVE && was.is_subset(&is)).then_some(help);
        note(level, what, readable(&old.ty), readable(&new.ty), help);
    }
    if old.bounds != new.bounds {
        let shown = |bounds: &surface::Bounds| {
            let list: Vec<&String> = bounds.parameters.iter().chain(&bounds.predicates).collect();
            list.into_iter().map(|bound| readable(bound)).collect::<Vec<_>>().join(", ")
        };
        note(Level::Major, BOUNDS, shown(&old.bounds), shown(&new.bounds), None);
    }
    if old.wire != new.wire && new.kind == Kind::Enum {
        let number = |names: &str, name: &str| names.split(", ").position(|one| one == name);
        let mut names = old.wire.split(", ").filter(|name| number(&new.wire, name).is_some());
        if names.any(|name| number(&old.wire, name) != number(&new.wire, name)) {
            let help = Some("look at every `as`: a variant is another number");
            note(Level::Silent, NUMBERS, old.wire.clone(), new.wire.clone(), help);
        }
    } else if old.wire != new.wire {
        let (level, what) = match new.kind {
            Kind::Function if old.wire.is_empty() || new.wire.is_empty() => {
                (Level::Patch, "documents its route")
            }
            Kind::Function if RouteChange::between(&old.wire, &new.wire) == RouteChange::Renamed => {
                (Level::Patch, "calls a variable of its route otherwise")
            }
            Kind::Function if new.parent.as_deref() == Some(WEBHOOKS) => (Level::Silent, RECEIVED),
            Kind::Function => (Level::Silent, "asks another route"),
            // No capital letter of a header's name means anything.
            Kind::Const if path.starts_with(HEADERS) && old.wire.eq_ignore_ascii_case(&new.wire) => {
                (Level::Patch, VALUE)
            }
            Kind::Const => (Level::Silent, VALUE),
            Kind::Struct if old.wire.is_empty() || new.wire.is_empty() => (Level::Patch, TOLD[0]),
            _ => (Level::Silent, TOLD[1]),
        };
        let help = path.ends_with(PREFIX).then_some("call environment variables otherwise");
        note(level, what, readable(&old.wire), readable(&new.wire), help);
    }
    if old.is_open != new.is_open {
        let (open, closed) = if new.kind == Kind::Function {
            ("has a default body", "has no default body any more")
        } else {
            ("is open to additions", "is closed to additions")
        };
        // Opening a type takes struct expressions and exhaustive patterns away; a default body takes nothing.
        let level = if new.is_open == (new.kind == Kind::Function) { Level::Minor } else { Level::Major };
        note(level, if new.is_open { open } else { closed }, String::new(), String::new(), None);
    }
    if old.features != new.features {
        let list = |features: &BTreeSet<String>| features.iter().cloned().collect::<Vec<_>>().join(", ");
        if asks_for_no_more(&new.features, &old.features) {
            let all =
                |features: &BTreeSet<String>| features.iter().flat_map(|one| alternatives(one)).collect();
            let (was, is): (BTreeSet<String>, BTreeSet<String>) = (all(&old.features), all(&new.features));
            let more: Vec<String> = is.difference(&was).map(|one| feature(one)).collect();
            let more = if more.is_empty() { "no feature is needed".to_owned() } else { more.join(", ") };
            note(Level::Minor, MORE, String::new(), more, None);
        } else {
            note(Level::Major, FEATURES, list(&old.features), list(&new.features), None);
        }
    }
    if old.is_deprecated != new.is_deprecated {
        let (level, what) = if new.is_deprecated {
            (Level::Minor, "is deprecated")
        } else {
            (Level::Patch, "is no longer deprecated")
        };
        note(level, what, String::new(), String::new(), None);
    }
    for entry in &mut entries {
        if old.wire != new.wire {
            entry.subjects.extend(spelled_subject(old));
        }
        entry.old = entry.old.take().filter(|text| !text.is_empty());
        entry.new = entry.new.take().filter(|text| !text.is_empty());
    }
    entries
}

/// What other arguments mean for those who pass the old ones.
fn argument_change(old: &[(String, String)], new: &[(String, String)]) -> (Level, &'static str) {
    let types = |of: &[(String, String)]| of.iter().map(|(_, ty)| ty.clone()).collect::<Vec<_>>();
    if types(old) != types(new) {
        return (Level::Major, "takes other arguments");
    }
    if old == new {
        return (Level::Patch, "takes the same types under other names");
    }
    let moved = old.iter().zip(new).filter(|((old, _), (new, _))| old != new).count();
    let names = |of: &[(String, String)]| of.iter().map(|(name, _)| name.clone()).collect::<BTreeSet<_>>();
    if names(old) == names(new) || moved > 1 {
        (Level::Silent, "takes its arguments in another order")
    } else {
        (Level::Patch, "calls an argument otherwise")
    }
}

/// One entry for each cause: what a field does to its setters and its constructor is the field's, and what an operation does to
/// the client that waits is the operation's.
fn grouped(mut entries: Vec<Entry>, old: &Surface, new: &Surface, renames: &Renames) -> Vec<Entry> {
    // By entries: the operation whose pages it walks.
    let walked: Vec<Option<String>> =
        entries.iter().map(|entry| walked(&entry.item, new).or_else(|| walked(&entry.item, old))).collect();
    for entry in entries.iter_mut().filter(|entry| matches!(entry.what.as_str(), "is new" | "is gone")) {
        let surface = if entry.what == "is new" { new } else { old };
        if surface.get(&entry.item).is_some_and(|item| item.kind == Kind::Trait) {
            let methods = surface.iter().filter(|(_, item)| item.parent.as_ref() == Some(&entry.item));
            entry.subjects.extend(methods.filter_map(|(path, item)| subject(path, item)));
        }
    }
    for (entry, of) in entries.iter_mut().zip(&walked) {
        entry.subjects.extend(of.as_ref().map(|of| pages(leaf(of))));
    }
    let parts = parts(old, new);
    let told = Told::of(&entries, &parts, old, new);
    for (at, of) in told.unions.iter().enumerate() {
        entries[at].subjects.extend(of.iter().map(|of| discriminator(leaf(of))));
    }
    for entry in entries.iter_mut().filter(|entry| TOLD.contains(&entry.what.as_str())) {
        let values = [&entry.old, &entry.new].into_iter().flatten().filter_map(|text| text.split_once(": "));
        let of = normal(leaf(&entry.item));
        let subjects = values.map(|(tag, value)| format!("{of}{}.{}", normal(tag), normal(value)));
        entry.subjects.extend(subjects.collect::<Vec<_>>());
    }
    let fields: BTreeMap<(String, String), usize> = entries
        .iter()
        .enumerate()
        .filter_map(|(at, entry)| {
            let (parent, name) = entry.item.rsplit_once('.')?;
            Some(((parent.to_owned(), name.to_owned()), at))
        })
        .collect();
    let operations: BTreeMap<(String, String), usize> = entries
        .iter()
        .enumerate()
        .filter(|(_, entry)| entry.subject.as_ref().is_some_and(|subject| subject.ends_with("()")))
        .filter_map(|(at, entry)| {
            // `Api`, or that of a tag.
            let (of_trait, name) = entry.item.split_once("::")?;
            of_trait.ends_with("Api").then(|| ((name.to_owned(), entry.what.clone()), at))
        })
        .collect();
    let others = entries.iter().enumerate().filter(|(_, entry)| entry.what == OTHER);
    let others: BTreeMap<String, usize> = others.map(|(at, entry)| (entry.item.clone(), at)).collect();
    let modules: Vec<(&str, &str, usize)> = entries
        .iter()
        .enumerate()
        .filter(|(_, entry)| {
            let of = if entry.what == "is gone" { old.get(&entry.item) } else { new.get(&entry.item) };
            of.is_some_and(|item| item.kind == Kind::Module)
        })
        .map(|(at, entry)| (entry.item.as_str(), entry.what.as_str(), at))
        .collect();
    let names = names(old, new);
    let by_item: BTreeMap<(&str, &str), usize> = entries
        .iter()
        .enumerate()
        .rev()
        .map(|(at, entry)| ((entry.item.as_str(), entry.what.as_str()), at))
        .collect();
    let moved = moved(&entries);
    let mut causes: Vec<Option<usize>> = entries
        .iter()
        .enumerate()
        .map(|(at, entry)| {
            let of_type = || of_other(entry, &others);
            let same = || entries.iter().position(|other| other.what == MORE && is_alike(other, entry));
            let same = || same().filter(|found| *found != at);
            let more = || if entry.what == MORE { same() } else { None };
            let twin = || of_twin(entry, &entries, &fields).or_else(|| of_form(entry, &entries, &names));
            // These come and go with the types of fields: one sentence is enough.
            let is_unpromised = |entry: &Entry| {
                entry.item.contains(": ") && UNPROMISED.contains(&leaf(&entry.item)) && !is_other(entry)
            };
            let is_of_field = |entry: &Entry| cause(entry, &fields, &operations).is_some();
            let unpromised = || {
                let same =
                    |other: &Entry| other.what == entry.what && is_unpromised(other) && !is_of_field(other);
                // A type has them where all types in it have them.
                let within = || {
                    let (of, name) = entry.item.split_once(": ")?;
                    let inner = parts.get(of)?;
                    entries.iter().position(|other| {
                        if other.what == OTHER && inner.contains(leaf(&other.item)) {
                            return true;
                        }
                        let is_same = other.what == entry.what && other.item != entry.item;
                        let part = other.item.split_once(": ").filter(|(_, other)| is_same && *other == name);
                        part.is_some_and(|(part, _)| inner.contains(leaf(part)))
                    })
                };
                is_unpromised(entry).then(|| within().or_else(|| entries.iter().position(same))).flatten()
            };
            let of_module = || {
                let mentioned = |item: &Item| matches!(item.kind, Kind::Struct | Kind::Enum);
                if [old, new].iter().any(|all| all.get(&entry.item).is_some_and(mentioned)) {
                    return None;
                }
                let mut whole = modules.iter().filter(|(path, what, _)| {
                    let rest = entry.item.strip_prefix(path).and_then(|rest| rest.strip_prefix("::"));
                    rest.is_some() && *what == entry.what
                });
                whole.next().map(|(_, _, at)| *at)
            };
            // Pages come and go with their operation, and what is told of both is told of that.
            let of_walked = || {
                let of = walked[at].as_ref()?;
                let same = entries.iter().position(|other| other.item == *of && other.what == entry.what);
                same.or_else(|| of_items(entry, new.get(of)?, &entries))
            };
            let of_stream = || of_stream(entry, &entries);
            // Another route is told with the arguments that follow from it.
            let of_route = || {
                let others =
                    ["takes other arguments", "takes its arguments in another order", "has another type"];
                let same = |other: &Entry| other.item == entry.item && others.contains(&other.what.as_str());
                let named = |other: &Entry| {
                    other.item == entry.item && other.what == "calls a variable of its route otherwise"
                };
                match entry.what.as_str() {
                    "asks another route" => entries.iter().position(same),
                    "calls an argument otherwise" => entries.iter().position(named),
                    _ => None,
                }
            };
            // A variant that is called as its type is, and what is called otherwise.
            let of_variant = || renames.of_variant(entry, &entries);
            let of_renamed = || {
                let is_it = |other: &Entry| other.what == RENAMED && other.new.as_ref() == Some(&entry.item);
                let follows = entry.what == "is new" || TOLD.contains(&entry.what.as_str());
                if follows { entries.iter().position(is_it) } else { None }
            };
            // Each number is another one where a variant comes or goes.
            let of_numbers = || {
                let is_variant = |other: &Entry| {
                    matches!(other.what.as_str(), "is new" | "is gone")
                        && other.item.rsplit_once("::").is_some_and(|(of, _)| of == entry.item)
                };
                if entry.what == NUMBERS { entries.iter().position(is_variant) } else { None }
            };
            let of_called = || of_called(entry, new, &entries);
            let of_request = || of_request(entry, (old, new), &entries);
            let of_list = || of_list(entry, old, new, &entries);
            // A tag that comes or goes, and what is there for it.
            let of_above = || of_tag(entry, old, new, &entries);
            // A client that waits has what the traits have.
            let of_waiting = || {
                let name = entry.item.strip_prefix("blocking::Client::")?;
                let surface = if entry.what == "is gone" { old } else { new };
                let of_trait = |(path, item): (&String, &Item)| {
                    let parent = item.parent.as_deref().filter(|_| leaf(path) == name)?;
                    by_item.get(&(parent, entry.what.as_str())).copied()
                };
                match entry.what.as_str() {
                    "is gone" | "is new" => {
                        surface.iter().filter(|(path, _)| !path.starts_with("blocking::")).find_map(of_trait)
                    }
                    BOUNDS | FEATURES | MORE => moved.get(&format!("{}()", normal(name))).copied(),
                    _ => None,
                }
            };
            // A stream that has a method of its own beside an answer, or no longer.
            let of_answer = || {
                let (of_trait, name) = entry.item.rsplit_once("::")?;
                let of = format!("{of_trait}::{}", name.strip_prefix("stream_")?);
                by_item.get(&(of.as_str(), "has another type")).copied()
            };
            // Methods for other forms of the same take what it takes.
            let of_other_form = || {
                let (of_trait, name) =
                    entry.item.rsplit_once("::").filter(|_| entry.what.starts_with("takes "))?;
                let forms = ["_as_", "_from_"].iter().filter_map(|mark| name.split_once(mark));
                let mut names = name.strip_prefix("stream_").into_iter().chain(forms.map(|(name, _)| name));
                names.find_map(|name| {
                    by_item.get(&(format!("{of_trait}::{name}").as_str(), entry.what.as_str())).copied()
                })
            };
            // Setters are there for what is sent.
            let of_sent = || of_sent(entry, (old, new), &parts, &entries);
            let of_part = || of_part(entry, &fields, &entries);
            // What converts from, or into, a type that comes or goes.
            let of_conversion = || {
                let (_, name) = entry.item.split_once(": From <")?;
                let of = name.trim_end_matches(['>', ' ']).replace(' ', "");
                // What has another name, or is called after that.
                let is_told = |text: &String| match entry.what.as_str() {
                    "is gone" => text.strip_prefix(&of).is_some_and(|rest| rest.starts_with(' ')),
                    _ => text.strip_suffix(&of).is_some_and(|rest| rest.ends_with(' ')),
                };
                let is_renamed = |other: &Entry| {
                    let name = if entry.what == "is gone" { Some(&other.item) } else { other.new.as_ref() };
                    other.what == RENAMED && (name == Some(&of) || other.also.iter().any(is_told))
                };
                let same = |other: &Entry| other.what == entry.what && leaf(&other.item) == leaf(&of);
                entries.iter().position(|other| same(other) || is_renamed(other))
            };
            let of_moved = || of_moved(entry, &entries);
            // A title that changes, and what is called after it.
            let of_title = || {
                let is_told = entry.item.ends_with(PREFIX)
                    || leaf(&entry.item) == "Client" && entry.what == "has another type";
                let is_title = |other: &Entry| other.subjects.iter().any(|subject| subject == TITLE);
                if is_told { entries.iter().position(is_title) } else { None }
            };
            let of_tag = || told.cause(at, entry, &entries);
            if let Some(found) = of_renamed().or_else(of_tag) {
                return Some(found).filter(|found| *found != at);
            }
            let found = of_called()
                .or_else(of_request)
                .or_else(of_moved)
                .or_else(of_numbers)
                .or_else(|| cause(entry, &fields, &operations))
                .or_else(of_title)
                .or_else(of_list)
                .or_else(of_type)
                .or_else(more)
                .or_else(of_module);
            let found = found
                .or_else(of_walked)
                .or_else(of_stream)
                .or_else(of_route)
                .or_else(of_part)
                .or_else(of_conversion)
                .or_else(of_above)
                .or_else(of_variant)
                .or_else(of_waiting)
                .or_else(of_answer)
                .or_else(of_other_form)
                .or_else(of_sent);
            found.or_else(twin).or_else(unpromised).filter(|cause| *cause != at)
        })
        .collect();
    // A type that only one change mentions comes or goes with it, and so does one that only such a type mentions.
    let end = |causes: &[Option<usize>], at: usize| {
        (0..MOST_STEPS).fold(at, |at, _| causes.get(at).copied().flatten().unwrap_or(at))
    };
    let by_path: BTreeMap<&str, usize> =
        entries.iter().enumerate().rev().map(|(at, entry)| (entry.item.as_str(), at)).collect();
    for (what, surface) in [("is gone", old), ("is new", new)] {
        for (path, places) in all_mentions(&entries, what, surface) {
            let Some(at) = by_item.get(&(path, what)).copied().filter(|at| causes[*at].is_none()) else {
                continue;
            };
            let of = |place: &str| {
                let parent = || surface.get(place)?.parent.as_deref().and_then(|parent| by_path.get(parent));
                by_path.get(place).or_else(|| parent().filter(|of| entries[**of].what == what)).copied()
            };
            let found: Option<BTreeSet<usize>> =
                places.into_iter().map(|place| Some(end(&causes, of(place)?))).collect();
            let mut found = found.unwrap_or_default().into_iter();
            if let (Some(found), None) = (found.next(), found.next())
                && found != at
                && is_shape(&entries[found].what)
            {
                causes[at] = Some(found);
            }
        }
    }
    // What nothing mentions is its module's, and a module is there for the one change that brings all that is in it.
    for (path, what, at) in &modules {
        let is_inner = |entry: &Entry| {
            let rest = entry.item.strip_prefix(path).and_then(|rest| rest.strip_prefix("::"));
            rest.is_some() && entry.what == *what
        };
        let inner: Vec<usize> = (0..entries.len()).filter(|inner| is_inner(&entries[*inner])).collect();
        let mut others: BTreeSet<usize> = inner.iter().map(|inner| end(&causes, *inner)).collect();
        others.remove(at);
        let alone = |inner: &&usize| causes[**inner].is_none();
        let left: Vec<usize> = inner.iter().filter(alone).copied().collect();
        if let (true, [cause], None) = (left.is_empty(), &Vec::from_iter(others)[..], causes[*at]) {
            causes[*at] = Some(*cause);
        }
        for inner in left.into_iter().filter(|inner| inner != at) {
            causes[inner] = Some(*at);
        }
    }
    // To the end of each chain; a circle has none.
    let ends: Vec<Option<usize>> = (0..causes.len())
        .map(|at| Some(end(&causes, at)).filter(|found| *found != at && causes[*found].is_none()))
        .collect();
    let mut under: BTreeMap<usize, Vec<Entry>> = BTreeMap::new();
    let mut kept = Vec::new();
    for (at, entry) in entries.into_iter().enumerate() {
        match ends[at] {
            Some(cause) => under.entry(cause).or_default().push(entry),
            None => kept.push((at, entry)),
        }
    }
    kept.into_iter()
        .map(|(at, mut entry)| {
            if entry.what == MORE {
                // Nothing that the document says of it.
                entry.subject = None;
            }
            for part in under.remove(&at).unwrap_or_default() {
                entry.level = entry.level.max(part.level);
                if part.level == Level::Silent || part.what == RENAMED {
                    let known = entry.help.take();
                    let more =
                        part.help.filter(|more| !known.as_ref().is_some_and(|known| known.contains(more)));
                    let all: Vec<String> = known.into_iter().chain(more).collect();
                    entry.help = Some(all.join("; ")).filter(|help| !help.is_empty());
                }
                let detail = match (&part.old, &part.new) {
                    (Some(old), Some(new)) if part.item.ends_with("::new") => of_arguments(old, new),
                    (Some(old), Some(new)) if part.what == VALUE || TOLD.contains(&part.what.as_str()) => {
                        format!(": {old} becomes {new}")
                    }
                    (None, Some(new)) if part.what == RENAMED => format!(": {new}"),
                    _ => String::new(),
                };
                if part.what == MORE || entry.item.contains(": ") && part.item.contains(": ") {
                    entry.also.push(format!("`{}`, the same", part.item));
                    continue;
                }
                entry.subjects.extend(part.subject);
                entry.subjects.extend(part.subjects);
                entry.also.push(format!("{} {}{detail}", part.item, part.what));
            }
            entry
        })
        .collect()
}

/// The names in fields and variants, by the types that have them, before and now.
fn parts<'a>(old: &'a Surface, new: &'a Surface) -> BTreeMap<&'a str, BTreeSet<&'a str>> {
    let mut parts: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for item in old.values().chain(new.values()) {
        if let (Some(parent), Kind::Field | Kind::Variant) = (&item.parent, item.kind) {
            parts.entry(parent).or_default().extend(item.ty.split(' '));
        }
    }
    parts
}

/// By what both halves call them: the entries of operations that another trait has now.
fn moved(entries: &[Entry]) -> BTreeMap<String, usize> {
    let all = entries.iter().enumerate().filter(|(_, entry)| entry.what == RENAMED);
    all.flat_map(|(at, entry)| entry.subject.iter().chain(&entry.subjects).map(move |of| (of.clone(), at)))
        .collect()
}

/// Causes of causes beyond this are told by themselves.
const MOST_STEPS: usize = 32;

/// What is said of a type that another text, or another property, tells apart from others.
pub const TOLD: [&str; 2] = ["is told apart otherwise", "is something else on the wire"];

/// What is said of an enum without values.
const NUMBERS: &str = "numbers its variants otherwise";

/// What is said of a constant.
const VALUE: &str = "has another value";

/// What is said of an item that asks for something else of what it is for.
const BOUNDS: &str = "is generic over something else";

/// What is said of an item that is no longer there with all features that it was there with.
const FEATURES: &str = "depends on other features";

/// What is said of an item that is there for more users.
const MORE: &str = "is there with other features, too";

/// Whether an entry tells nothing that client and server could notice.
pub fn is_of_code(entry: &Entry) -> bool {
    let is_of_errors =
        entry.item.starts_with("ErrorBody::") && matches!(entry.what.as_str(), "is new" | "is gone");
    let words = [BOUNDS, FEATURES, MORE, ABOVE, NUMBERS];
    is_of_errors
        || entry.item.contains(": ")
        || entry.item.starts_with(HEADERS) && entry.level == Level::Patch
        || words.contains(&entry.what.as_str())
        || entry.item == DOCUMENTATION
}

/// What the entry about documentation is called.
const DOCUMENTATION: &str = "documentation";

fn is_alike(one: &Entry, other: &Entry) -> bool {
    (&one.what, &one.new) == (&other.what, &other.new)
}

/// What brings or takes types.
fn is_shape(what: &str) -> bool {
    ["has another type", "takes other arguments", "is new", "is gone", OTHER, ABOVE, RENAMED].contains(&what)
}

/// Types that are there in one surface only, and the items outside of them that mention them.
fn all_mentions<'a>(
    entries: &[Entry],
    what: &str,
    surface: &'a Surface,
) -> BTreeMap<&'a str, BTreeSet<&'a str>> {
    let types = entries.iter().filter(|entry| entry.what == what).filter_map(|entry| {
        let (path, item) = surface.get_key_value(&entry.item)?;
        let is_type = matches!(item.kind, Kind::Struct | Kind::Enum | Kind::Alias) && item.parent.is_none();
        is_type.then(|| (leaf(path), path.as_str()))
    });
    let types: BTreeMap<&str, &str> = types.collect();
    let mut found: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (place, item) in surface {
        // Constructors and setters, and clients that wait, follow from fields and operations.
        let follows = item.kind == Kind::Function && item.wire.is_empty() || place.starts_with("blocking::");
        let texts = item.arguments.iter().map(|(_, ty)| ty.as_str()).chain([item.ty.as_str()]);
        for token in texts.filter(|_| !follows).flat_map(|text| text.split(' ')) {
            let Some(path) = types.get(token) else { continue };
            if place != path && item.parent.as_deref() != Some(*path) {
                found.entry(path).or_default().insert(place);
            }
        }
    }
    found
}

/// The operation whose pages a method walks.
fn walked(path: &str, surface: &Surface) -> Option<String> {
    let item = surface.get(path).filter(|item| !item.wire.is_empty() && walks(item))?;
    let same = |other: &Item| (&other.parent, &other.wire) == (&item.parent, &item.wire) && !walks(other);
    surface.iter().find(|(_, other)| same(other)).map(|(of, _)| of.clone())
}

/// Whether a method walks pages.
pub fn walks(item: &Item) -> bool {
    item.ty.starts_with("Items ")
}

/// The list in a page, where what it holds is why a method that walks pages gives something else.
fn of_items(entry: &Entry, operation: &Item, entries: &[Entry]) -> Option<usize> {
    let one = entry.new.as_deref()?.strip_prefix("Items<")?.strip_suffix('>')?;
    let one = one.split_once(", ").map_or(one, |(_, one)| one);
    let is_list = |ty: &Option<String>| ty.as_ref().is_some_and(|ty| ty.contains(&format!("<{one}>")));
    entries.iter().position(|other| {
        let parent = other.item.rsplit_once('.').map(|(parent, _)| leaf(parent));
        other.what == entry.what
            && is_list(&other.new)
            && parent.is_some_and(|parent| mentions(operation, parent))
    })
}

/// What both halves call the pages of an operation.
pub fn pages(operation: &str) -> String {
    format!("{}() pages", normal(operation))
}

/// The field that comes or goes, where that is why: of a struct of parameters that has another name as an argument now.
fn of_part(entry: &Entry, fields: &BTreeMap<(String, String), usize>, entries: &[Entry]) -> Option<usize> {
    let texts = [entry.old.as_deref(), entry.new.as_deref()];
    let is_of = |parent: &str| match entry.what.as_str() {
        "calls an argument otherwise" => {
            let mut texts = texts.iter().flatten();
            texts.any(|text| text.split([' ', ',', '&']).any(|token| token == parent))
        }
        _ => false,
    };
    let comes_or_goes = |at: usize| ["is new", "is gone"].contains(&entries[at].what.as_str());
    let mut found = fields.iter().filter(|((parent, _), at)| comes_or_goes(**at) && is_of(parent));
    found.next().map(|(_, at)| *at)
}

/// The operation whose answer is, or was, a stream of what an implementation says to be an event.
fn of_stream(entry: &Entry, entries: &[Entry]) -> Option<usize> {
    let (of, _) = entry.item.split_once(": ").filter(|(_, name)| *name == "StreamEvent")?;
    let has_it = |text: &String| {
        let mut streams = text.split("EventStream<").skip(1);
        streams.any(|rest| rest.split('>').next().is_some_and(|ty| leaf(ty) == leaf(of)))
    };
    entries.iter().position(|other| match entry.what.as_str() {
        "is gone" => other.old.as_ref().is_some_and(has_it),
        _ => other.new.as_ref().is_some_and(has_it),
    })
}

/// The same field of the type that is received, where this one is of its twin for requests.
fn of_twin(entry: &Entry, entries: &[Entry], fields: &BTreeMap<(String, String), usize>) -> Option<usize> {
    let (parent, name) = entry.item.rsplit_once('.')?;
    let at = *fields.get(&(parent.strip_suffix(REQUEST)?.to_owned(), name.to_owned()))?;
    entries.get(at).map(|_| at)
}

/// What the name of a twin for requests ends with.
pub const REQUEST: &str = "Request";

/// The type whose twin for requests comes or goes, and the surface with both, where an operation takes one for the other.
fn base_of<'a>(
    twin: &'a Entry,
    (old, new): (&'a Surface, &'a Surface),
    entries: &[Entry],
) -> Option<(&'a str, &'a Surface)> {
    let base = twin.item.strip_suffix(REQUEST)?;
    let with = match twin.what.as_str() {
        "is new" => new,
        "is gone" => old,
        _ => return None,
    };
    let is_pair = with.get(&twin.item).is_some_and(|item| item.kind == Kind::Struct)
        && [old, new].iter().all(|surface| surface.contains_key(base));
    let is_taken = || entries.iter().any(|entry| takes_twin(entry, leaf(base), leaf(&twin.item)));
    (is_pair && is_taken()).then_some((base, with))
}

/// Whether an operation takes a type for its twin, or the other way round, and everything else as before.
fn takes_twin(entry: &Entry, base: &str, twin: &str) -> bool {
    let plain = |text: &Option<String>| text.as_ref().map(|text| text.replace(twin, base));
    entry.what == "takes other arguments" && plain(&entry.old) == plain(&entry.new)
}

/// The twin of a type for requests that comes or goes, where that is why an operation takes one for the other, or why a field may be
/// absent only in one of them. Of the twin itself, the field that comes or goes in one of them only.
fn of_request(entry: &Entry, surfaces: (&Surface, &Surface), entries: &[Entry]) -> Option<usize> {
    if let Some((base, with)) = base_of(entry, surfaces, entries) {
        let is_why = |other: &Entry| {
            let name = other.item.strip_prefix(base).and_then(|rest| rest.strip_prefix('.'));
            let is_there = |of: &str, name: &str| with.contains_key(&format!("{of}.{name}"));
            matches!(other.what.as_str(), "is new" | "is gone")
                && name.is_some_and(|name| is_there(base, name) != is_there(&entry.item, name))
        };
        return entries.iter().position(is_why);
    }
    let is_it = |twin: &Entry, base: &str| {
        let is_field = entry.item.strip_prefix(base).is_some_and(|rest| rest.starts_with('.'));
        takes_twin(entry, leaf(base), leaf(&twin.item))
            || is_field && entry.what == "has another type" && held(&entry.old) == held(&entry.new)
    };
    let is_asked = matches!(entry.what.as_str(), "takes other arguments" | "has another type");
    let twins = entries.iter().enumerate().filter(|(_, twin)| is_asked && twin.item.ends_with(REQUEST));
    let mut found =
        twins.filter(|(_, twin)| base_of(twin, surfaces, entries).is_some_and(|(base, _)| is_it(twin, base)));
    found.next().map(|(at, _)| at)
}

/// Why a type has another name: a property that it is called after has one, or becomes a list; or one comes or goes in a member of a
/// union that is called after what it must have.
fn of_called(entry: &Entry, new: &Surface, entries: &[Entry]) -> Option<usize> {
    let now = entry.new.as_deref().filter(|_| entry.what == RENAMED)?;
    new.get(now).filter(|item| matches!(item.kind, Kind::Struct | Kind::Enum | Kind::Alias))?;
    let (was, is) = (normal(leaf(&entry.item)), normal(leaf(now)));
    let held = format!("( {} )", leaf(now));
    let is_member = || new.values().any(|item| item.kind == Kind::Variant && item.ty == held);
    let is_within = || {
        let ends = |one: &str, other: &str| {
            one.strip_prefix(other).is_some_and(|end| ["item", "value"].contains(&end))
        };
        ends(&was, &is) || ends(&is, &was)
    };
    entries.iter().position(|other| {
        let Some((parent, name)) = other.item.rsplit_once('.') else { return false };
        let name = normal(plain(name));
        match (other.what.as_str(), &other.new) {
            (RENAMED, Some(field)) => {
                was.ends_with(&name)
                    && is.ends_with(&normal(plain(leaf(field))))
                    && new.get(field).is_some_and(|item| mentions(item, leaf(now)))
            }
            // What is in a list or in a map is called after that.
            ("has another type", Some(ty)) if is_within() => {
                ty.split(['<', '>', ' ', ',']).any(|word| word == leaf(now))
            }
            ("is new" | "is gone" | "has another type", _) => {
                parent == now && was.contains(&name) != is.contains(&name) && is_member()
            }
            _ => false,
        }
    })
}

/// The same field of the schema that a form is made of.
fn of_form(entry: &Entry, entries: &[Entry], names: &BTreeMap<&str, BTreeSet<&str>>) -> Option<usize> {
    let (form, name) = entry.item.rsplit_once('.').filter(|(of, _)| of.starts_with("forms::"))?;
    let all = names.get(form)?;
    entries.iter().position(|other| {
        let of =
            other.item.rsplit_once('.').filter(|(of, field)| *field == name && of.starts_with("models::"));
        let is_within =
            of.and_then(|(of, _)| names.get(of)).is_some_and(|of| of.len() > 1 && of.is_subset(all));
        is_within
            && other.what == entry.what
            && held(&other.old) == held(&entry.old)
            && held(&other.new) == held(&entry.new)
    })
}

/// A type without what says that it may be absent.
pub fn held(ty: &Option<String>) -> Option<&str> {
    let mut ty = ty.as_deref()?;
    while let Some(inner) =
        ["Option<", "Nullable<"].iter().find_map(|of| ty.strip_prefix(of)?.strip_suffix('>'))
    {
        ty = inner;
    }
    Some(ty)
}

/// The names of fields, by the types that have them, before and now.
fn names<'a>(old: &'a Surface, new: &'a Surface) -> BTreeMap<&'a str, BTreeSet<&'a str>> {
    let mut names: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (path, item) in old.iter().chain(new).filter(|(_, item)| item.kind == Kind::Field) {
        if let Some(parent) = &item.parent {
            names.entry(parent).or_default().insert(leaf(path));
        }
    }
    names
}

/// Types that are told apart otherwise, or by another value.
struct Told {
    /// By entries: the unions that a type is in, where that is what an entry tells.
    unions: Vec<BTreeSet<String>>,
}

impl Told {
    fn of(entries: &[Entry], parts: &BTreeMap<&str, BTreeSet<&str>>, old: &Surface, new: &Surface) -> Self {
        let is_union = |path: &str| {
            [old, new].iter().any(|all| all.get(path).is_some_and(|item| item.kind == Kind::Enum))
        };
        let unions = entries.iter().map(|entry| {
            let has_it = |(path, parts): &(&&str, &BTreeSet<&str>)| {
                is_union(path) && parts.contains(leaf(&entry.item))
            };
            let is_told = TOLD.contains(&entry.what.as_str());
            let all = parts.iter().filter(|_| is_told).filter(has_it).map(|(path, _)| (*path).to_owned());
            all.collect()
        });
        Self { unions: unions.collect() }
    }

    /// What brings a type to a union or takes it, where that is why it is told apart otherwise: that there is no union any more, or
    /// a variant. One that only has another name is no reason.
    fn reason(&self, at: usize, entries: &[Entry]) -> Option<usize> {
        let unions = self.unions.get(at)?;
        let other = entries.iter().position(|other| is_other(other) && unions.contains(&other.item));
        let variants: Vec<usize> =
            (0..entries.len()).filter(|variant| self.holds(&entries[*variant], at, entries)).collect();
        let exchanged = |variant: &&usize| entries[**variant].what == "has another type";
        let alone = match variants[..] {
            [variant] => Some(variant),
            _ => variants.iter().find(exchanged).copied(),
        };
        other.or(alone)
    }

    /// Whether an entry is of a variant that holds a type.
    fn holds(&self, variant: &Entry, at: usize, entries: &[Entry]) -> bool {
        let held = format!("({})", leaf(&entries[at].item));
        matches!(variant.what.as_str(), "is new" | "is gone" | "has another type")
            && [&variant.old, &variant.new].into_iter().flatten().any(|text| *text == held)
            && variant.item.rsplit_once("::").is_some_and(|(of, _)| self.unions[at].contains(of))
    }

    /// The first of a union's types that are told apart otherwise, where an entry is of another one, of a field that it is told by,
    /// or of the variant that holds it.
    fn cause(&self, at: usize, entry: &Entry, entries: &[Entry]) -> Option<usize> {
        let all = || self.unions.iter().enumerate().filter(|(_, unions)| !unions.is_empty());
        if !self.unions[at].is_empty() {
            let same = |(_, unions): &(usize, &BTreeSet<String>)| !unions.is_disjoint(&self.unions[at]);
            let first = || all().filter(same).find(|(found, _)| self.reason(*found, entries).is_none());
            return self.reason(at, entries).or_else(|| first().map(|(found, _)| found));
        }
        let is_it = |told: usize| {
            let tag = |text: &Option<String>| {
                text.as_deref().and_then(|text| Some(normal(text.split_once(':')?.0)))
            };
            let tags = [tag(&entries[told].old), tag(&entries[told].new)];
            let field = entry.item.rsplit_once('.').filter(|(of, _)| *of == entries[told].item);
            let is_tag = field.is_some_and(|(_, name)| tags.contains(&Some(normal(plain(name)))));
            is_tag && matches!(entry.what.as_str(), "is new" | "is gone")
                || self.holds(entry, told, entries) && self.reason(told, entries).is_none()
        };
        all().map(|(told, _)| told).find(|told| is_it(*told))
    }
}

/// What a list of the document has become: addresses of servers, of which the first tells; what a webhook is called, which its
/// method tells; and what is exported from elsewhere, with what is in it.
fn of_list(entry: &Entry, old: &Surface, new: &Surface, entries: &[Entry]) -> Option<usize> {
    let same = |is_it: &dyn Fn(&str) -> bool| {
        entries.iter().position(|other| other.what == entry.what && is_it(&other.item))
    };
    if let Some(name) = entry.item.strip_prefix("webhooks::Webhook::") {
        let method = |item: &str| item.strip_prefix(WEBHOOKS)?.strip_prefix("::").map(normal);
        return same(&|item| method(item) == Some(normal(name)));
    }
    if entry.what == VALUE && entry.item.starts_with("servers::") {
        return same(&|item| item.starts_with("servers::"));
    }
    let is_export = [old, new].iter().any(|all| {
        all.get(&entry.item).is_some_and(|item| item.kind == Kind::Export && item.parent.is_none())
    });
    let within = |item: &str| item.strip_prefix(&entry.item).is_some_and(|rest| rest.starts_with("::"));
    if is_export { same(&within) } else { None }
}

/// Arguments that differ, and where only their order does, all of them.
fn of_arguments(old: &str, new: &str) -> String {
    let (was, is) = (listed(old), listed(new));
    let apart = |one: &[&str], other: &[&str]| {
        let list: Vec<&str> = one.iter().filter(|part| !other.contains(part)).copied().collect();
        if list.len() == one.len() {
            list.join(", ")
        } else {
            format!("{}, …", list.join(", ")).trim_start_matches(", ").to_owned()
        }
    };
    if apart(&was, &is) == "…" && apart(&is, &was) == "…" {
        return format!(": ({old}) becomes ({new})");
    }
    format!(": ({}) becomes ({})", apart(&was, &is), apart(&is, &was))
}

fn is_other(entry: &Entry) -> bool {
    entry.what == OTHER
}

/// What is said of a trait that asks for other ones.
pub const ABOVE: &str = "stands on other traits";

/// The traits in a list of them.
fn traits(list: &str) -> BTreeSet<&str> {
    list.split(" + ").collect()
}

/// The list of traits in which that of a tag comes or goes, where an item is this trait or is there for it.
fn of_tag(entry: &Entry, old: &Surface, new: &Surface, entries: &[Entry]) -> Option<usize> {
    let kind = [old, new].iter().find_map(|all| all.get(&entry.item)).map(|item| item.kind);
    let name = leaf(&entry.item);
    let is_it = |of_trait: &str| match kind? {
        Kind::Trait => Some(of_trait == name),
        Kind::Implementation if entry.item.starts_with("Client: ") => Some(of_trait == name),
        Kind::Export if entry.item.starts_with("prelude::") => Some(of_trait == name),
        Kind::Module if entry.item.starts_with("server::") => {
            Some(normal(of_trait) == format!("{}api", normal(name.trim_start_matches("r#"))))
        }
        _ => None,
    };
    // What there is for all tags, or for none.
    let is_for_all = matches!(entry.item.as_str(), "Client: Api" | "DynApi" | "prelude");
    entries.iter().position(|other| {
        let (was, is) = (other.old.as_deref().unwrap_or_default(), other.new.as_deref().unwrap_or_default());
        let (was, is) = (traits(was), traits(is));
        let tags = |all: &BTreeSet<&str>| all.iter().any(|name| name.ends_with("Api"));
        other.what == ABOVE
            && (was.symmetric_difference(&is).any(|name| is_it(name) == Some(true))
                || is_for_all && tags(&was) != tags(&is))
    })
}

/// The operations that another trait has now, where an item depends on that one's feature for it, or where all operations have that one
/// instead. Otherwise the first item that depends on the same.
fn of_moved(entry: &Entry, entries: &[Entry]) -> Option<usize> {
    let trait_of = |path: &str| path.rsplit_once("::").map(|(of, _)| normal(of)).unwrap_or_default();
    let moves = |other: &Entry, from: Option<&str>, to: Option<&str>| {
        let (was, is) = (trait_of(&other.item), other.new.as_deref().map(trait_of).unwrap_or_default());
        let fits = |end: &str, wanted: Option<&str>| wanted.is_none_or(|wanted| end == wanted);
        other.what == RENAMED && was != is && fits(&was, from) && fits(&is, to)
    };
    let (was, is) = (entry.old.as_deref().unwrap_or_default(), entry.new.as_deref().unwrap_or_default());
    match entry.what.as_str() {
        FEATURES => {
            let (was, is) = (alternatives(was), alternatives(is));
            let of_trait = |one: &String| normal(&feature(one)) + "api";
            let mut lost = was.difference(&is).map(of_trait);
            let mut gained = is.difference(&was).map(of_trait);
            let find = |from: Option<&str>, to: Option<&str>| {
                entries.iter().position(|other| moves(other, from, to))
            };
            let moved = lost.find_map(|from| find(Some(&from), None));
            let moved = moved.or_else(|| gained.find_map(|to| find(None, Some(&to))));
            let parts = |entry: &Entry| (entry.what.clone(), entry.old.clone(), entry.new.clone());
            moved.or_else(|| entries.iter().position(|other| parts(other) == parts(entry)))
        }
        ABOVE => {
            let (was, is) = (traits(was), traits(is));
            let (gone, come) = (Vec::from_iter(was.difference(&is)), Vec::from_iter(is.difference(&was)));
            let ([from], [to]) = (&gone[..], &come[..]) else { return None };
            entries.iter().position(|other| moves(other, Some(&normal(from)), Some(&normal(to))))
        }
        _ => None,
    }
}

/// The operation that sends, or no longer sends, what a setter is of.
fn of_sent(
    entry: &Entry,
    (old, new): (&Surface, &Surface),
    parts: &BTreeMap<&str, BTreeSet<&str>>,
    entries: &[Entry],
) -> Option<usize> {
    let (with, without) = match entry.what.as_str() {
        "is new" => (new, old),
        "is gone" => (old, new),
        _ => return None,
    };
    let setter = with.get(&entry.item).filter(|item| item.kind == Kind::Function && item.wire.is_empty())?;
    let parent = setter.parent.as_deref().filter(|parent| without.contains_key(*parent))?;
    // A type, and what is in it.
    let sends = |item: &Item| {
        let mut left: Vec<&str> = item.arguments.iter().flat_map(|(_, ty)| ty.split(' ')).collect();
        let mut seen = BTreeSet::new();
        while let Some(token) = left.pop() {
            if token == leaf(parent) {
                return true;
            }
            let path = format!("models::{token}");
            if seen.insert(token) {
                left.extend(parts.get(path.as_str()).into_iter().flatten());
            }
        }
        false
    };
    let is_sent = |surface: &Surface, path: &str| surface.get(path).is_some_and(sends);
    let operation = entries.iter().position(|other| {
        let is_operation = other.subject.as_ref().is_some_and(|subject| subject.ends_with("()"));
        is_operation && is_sent(with, &other.item) && !is_sent(without, &other.item)
    });
    // Or a type in which it was sent.
    let holds = |other: &Entry| {
        other.what == OTHER
            && parts.get(other.item.as_str()).is_some_and(|parts| parts.contains(leaf(parent)))
    };
    operation.or_else(|| entries.iter().position(holds))
}

/// What is said of a type that is no longer of its kind.
pub const OTHER: &str = "is something else";

/// The type that is no longer of its kind, where that is why this entry is there: its parts, and arguments that convert into it.
fn of_other(entry: &Entry, others: &BTreeMap<String, usize>) -> Option<usize> {
    let mut own = others.iter().filter(|(path, _)| {
        entry.item.strip_prefix(path.as_str()).is_some_and(|rest| rest.starts_with([':', '.']))
    });
    let converted = || {
        let (old, new) = (entry.old.as_ref()?, entry.new.as_ref()?);
        let plain = |text: &str, name: &str| text.replace(&format!("impl Into<{name}>"), name);
        let mut others = others.iter();
        others.find(|(path, _)| old != new && plain(old, leaf(path)) == plain(new, leaf(path)))
    };
    own.next().or_else(converted).map(|(_, at)| *at)
}

/// The entry that tells why this one is there.
fn cause(
    entry: &Entry,
    fields: &BTreeMap<(String, String), usize>,
    operations: &BTreeMap<(String, String), usize>,
) -> Option<usize> {
    // Whether a type has a trait follows from its fields.
    if let Some((parent, _)) = entry.item.split_once(": ") {
        let of_parent = (parent.to_owned(), String::new())..;
        let (_, cause) = fields.range(of_parent).next().filter(|((of, _), _)| of == parent)?;
        return Some(*cause);
    }
    let (parent, name) = entry.item.rsplit_once("::")?;
    let plain = name.strip_suffix("_null").or_else(|| name.strip_suffix("_or_default")).unwrap_or(name);
    let spellings = [name, plain, plain.strip_prefix("with_").unwrap_or(plain)];
    let setter = spellings.iter().find_map(|name| fields.get(&(parent.to_owned(), (*name).to_owned())));
    let constructor = (name == "new").then(|| {
        let names = |text: &Option<String>| -> BTreeMap<String, String> {
            let inner = text.as_deref().map(|text| text.strip_prefix("fn(").unwrap_or(text));
            let inner = inner.map(|text| text.split_once(") -> ").map_or(text, |(arguments, _)| arguments));
            let parts = inner.map(listed).unwrap_or_default();
            parts
                .into_iter()
                .filter_map(|part| part.split_once(": "))
                .map(|(a, b)| (a.to_owned(), b.to_owned()))
                .collect()
        };
        let (old, new) = (names(&entry.old), names(&entry.new));
        let differs = |name: &&String| old.get(*name) != new.get(*name);
        old.keys()
            .chain(new.keys())
            .filter(differs)
            .find_map(|name| fields.get(&(parent.to_owned(), name.clone())))
    });
    let waiting = entry.item.strip_prefix("blocking::Client::");
    let operation = waiting.and_then(|name| operations.get(&(name.to_owned(), entry.what.clone())));
    setter.or(constructor.flatten()).or(operation).copied()
}

/// Arguments, without a look at the commas within types.
fn listed(arguments: &str) -> Vec<&str> {
    let (mut depth, mut from, mut parts) = (0_usize, 0, Vec::new());
    for (at, letter) in arguments.char_indices() {
        match letter {
            '<' | '(' | '[' => depth += 1,
            '>' | ')' | ']' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                parts.push(arguments[from..at].trim());
                from = at + 1;
            }
            _ => {}
        }
    }
    parts.push(arguments[from..].trim());
    parts
}

/// What types are called elsewhere.
pub fn mentions(item: &Item, name: &str) -> bool {
    let texts = item.arguments.iter().map(|(_, ty)| ty.as_str()).chain([item.ty.as_str()]);
    texts.into_iter().any(|text| text.split(' ').any(|token| token == name))
}

/// The same item with types under other names.
pub fn with_names(item: &Item, names: &BTreeMap<&str, &str>) -> Item {
    Item {
        arguments: item.arguments.iter().map(|(name, ty)| (name.clone(), replaced(ty, names))).collect(),
        ty: replaced(&item.ty, names),
        ..item.clone()
    }
}

/// What both halves call the types of schemas.
pub fn types(surface: &Surface) -> BTreeSet<String> {
    let types =
        surface.iter().filter(|(_, item)| matches!(item.kind, Kind::Struct | Kind::Enum | Kind::Alias));
    types.map(|(path, _)| normal(leaf(path))).collect()
}

/// The structs that the members of unions are, with the names of their properties: all by what both halves call them.
pub type Members = BTreeMap<String, Vec<(String, BTreeSet<String>)>>;

/// Reads them.
pub fn members(surface: &Surface) -> Members {
    let mut properties: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for (path, item) in surface.iter().filter(|(_, item)| item.kind == Kind::Field) {
        // Whatever a struct has beside its properties.
        if let Some(parent) = item.parent.as_deref().filter(|_| leaf(path) != "additional_properties") {
            properties.entry(parent).or_default().insert(item.wire.clone());
        }
    }
    let mut members = Members::new();
    for item in surface.values().filter(|item| item.kind == Kind::Variant) {
        let held = item.ty.strip_prefix("( ").and_then(|ty| ty.strip_suffix(" )"));
        let (Some(parent), Some(held)) = (item.parent.as_deref(), held) else { continue };
        let Some((module, union)) = parent.rsplit_once("::") else { continue };
        if let Some(names) = properties.get(format!("{module}::{held}").as_str()) {
            members.entry(normal(union)).or_default().push((normal(held), names.clone()));
        }
    }
    members
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_that_comes_is_one_entry() {
        let of = |traits: &str, whole: &str| {
            let api = format!("{traits} pub trait Api: Send + Sync where {whole} {{}}");
            let files = [("lib.rs", "mod api; pub use api::*;".to_owned()), ("api.rs", api)];
            surface::read(&files.map(|(path, text)| (path.to_owned(), text)).into()).unwrap()
        };
        let old = of("pub trait PetsApi {}", "Self: PetsApi,");
        let new = of("pub trait PetsApi {} pub trait OwnersApi {}", "Self: PetsApi, Self: OwnersApi,");
        let entries = compare(&old, &new);
        let told: Vec<_> =
            entries.iter().map(|entry| (entry.level, entry.item.as_str(), entry.what.as_str())).collect();
        assert_eq!(told, [(Level::Major, "Api", ABOVE)], "{entries:#?}");
        assert_eq!(entries[0].also, ["OwnersApi is new"]);
        assert!(entries[0].help.is_some());
        assert_eq!(compare(&new, &old)[0].also, ["OwnersApi is gone"]);
    }
}
