//! What changed, one entry for each item and cause.

use std::collections::BTreeSet;
use std::fmt;

/// What a change asks of the users of a crate, the least first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Nothing.
    Patch,
    /// Nothing, and there is something new.
    Minor,
    /// Their code compiles and means something else. Counts as major.
    Silent,
    /// Their code may no longer compile.
    Major,
}

impl Level {
    /// All levels, the gravest first.
    pub const ALL: [Self; 4] = [Self::Major, Self::Silent, Self::Minor, Self::Patch];

    /// As it is written in every format.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Patch => "patch",
            Self::Minor => "minor",
            Self::Silent => "silent",
            Self::Major => "major",
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Whether client and server of different versions understand each other, the worst last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Effect {
    /// They do.
    Works,
    /// It depends on what is sent, or on what the server makes of it.
    Depends,
    /// They do not.
    Fails,
}

impl Effect {
    /// As it is written in every format.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Works => "works",
            Self::Depends => "depends",
            Self::Fails => "fails",
        }
    }
}

/// What a change does on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wire {
    /// An old client at a new server.
    pub old_client: Effect,
    /// A new client at an old server.
    pub new_client: Effect,
}

impl Wire {
    /// Both effects.
    pub const fn new(old_client: Effect, new_client: Effect) -> Self {
        Self { old_client, new_client }
    }

    /// Whichever is worse, for each direction.
    pub fn worse(self, other: Self) -> Self {
        Self::new(self.old_client.max(other.old_client), self.new_client.max(other.new_client))
    }
}

/// A change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// What it asks of users.
    pub level: Level,
    /// The item of the crate, or the place in the document.
    pub item: String,
    /// Further items that change for the same cause.
    pub also: Vec<String>,
    /// What happened to it.
    pub what: String,
    /// What it was.
    pub old: Option<String>,
    /// What it is.
    pub new: Option<String>,
    /// What a user can do.
    pub help: Option<String>,
    /// What it does on the wire, where that is known.
    pub wire: Option<Wire>,
    /// The operations from which it is reached.
    pub reached: Vec<String>,
    /// Where it stands in the old document.
    pub old_place: Option<String>,
    /// Where it stands in the new document.
    pub new_place: Option<String>,
    /// What both halves call it, so that they can be told in one.
    pub subject: Option<String>,
    /// The same of what changes with it.
    pub subjects: Vec<String>,
}

impl Entry {
    /// An entry with nothing but its level, its item and what happened.
    pub fn new(level: Level, item: impl Into<String>, what: impl Into<String>) -> Self {
        Self {
            level,
            item: item.into(),
            also: Vec::new(),
            what: what.into(),
            old: None,
            new: None,
            help: None,
            wire: None,
            reached: Vec::new(),
            old_place: None,
            new_place: None,
            subject: None,
            subjects: Vec::new(),
        }
    }

    /// The same for the same change, whatever else changes, and whatever machine and release.
    pub fn fingerprint(&self) -> String {
        let parts = [
            self.level.as_str(),
            &self.item,
            &self.what,
            self.old.as_deref().unwrap_or_default(),
            self.new.as_deref().unwrap_or_default(),
        ];
        format!("{:016x}", hash(&parts.join("\0")))
    }
}

/// FNV-1a: published constants, so that the number never changes.
pub fn hash(text: &str) -> u64 {
    text.bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// How a name is compared between document and crate: letters and digits, in one case.
pub fn normal(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// How two routes differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RouteChange {
    /// Not at all.
    Same,
    /// Their variables have other names.
    Renamed,
    /// They lead elsewhere, or the same values to other places.
    Moved,
}

impl RouteChange {
    /// Compares two routes such as `GET /pets/{petId}`.
    pub fn between(old: &str, new: &str) -> Self {
        let (was, is) = (variables(old), variables(new));
        let sorted = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<_>>();
        if old == new {
            Self::Same
        } else if nameless(old) != nameless(new) || sorted(&was) == sorted(&is) {
            Self::Moved
        } else {
            Self::Renamed
        }
    }
}

/// The variables of a route, in their order.
pub fn variables(route: &str) -> Vec<&str> {
    codegen::document::variables(route).collect()
}

/// A route without the names of its variables.
pub fn nameless(route: &str) -> String {
    variables(route).iter().fold(route.to_owned(), |route, name| route.replace(&format!("{{{name}}}"), "{}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn routes_are_the_same_whatever_their_variables_are_called() {
        let between = |old, new| RouteChange::between(old, new);
        assert_eq!(between("GET /pets/{id}", "GET /pets/{id}"), RouteChange::Same);
        assert_eq!(between("GET /pets/{id}", "GET /pets/{petId}"), RouteChange::Renamed);
        assert_eq!(between("GET /pets/{id}", "GET /cats/{id}"), RouteChange::Moved);
        assert_eq!(between("GET /{a}/x/{b}", "GET /{b}/x/{a}"), RouteChange::Moved);
    }
}
