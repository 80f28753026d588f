//! What names mean inside of one module.
//!
//! A module has three kinds of type names: those that it defines itself, those of the document's models, and those that it
//! imports. Where two of them are the same, the first in this order has the name and the others are written as whole paths,
//! so nothing that the generator imports can clash with what a document calls its schemas.

use crate::names::Name;
use crate::rust::{Path, Type, Use, UsedNames};
use std::collections::{BTreeMap, BTreeSet, HashSet};

/// Where the document's types are.
const MODELS: &str = "crate::models";

/// Names in one module.
pub(super) struct Scope<'a> {
    /// Names of all of the document's types.
    models: &'a HashSet<Name>,
    /// Those of them that are at hand without an import: where they are defined.
    defined: HashSet<Name>,
    /// Types and type parameters that the module itself brings.
    own: HashSet<Name>,
    /// By the module that they come from.
    imports: BTreeMap<&'static str, BTreeSet<String>>,
    /// What of them users find here, too.
    exports: BTreeMap<&'static str, BTreeSet<String>>,
    uses_models: bool,
    /// Features of the runtime that something needs.
    features: BTreeSet<&'static str>,
}

impl<'a> Scope<'a> {
    /// A module that defines these of the document's types.
    pub(super) fn of_models(models: &'a HashSet<Name>, defined: impl IntoIterator<Item = Name>) -> Self {
        Self { defined: defined.into_iter().collect(), ..Self::with_own(models, []) }
    }

    /// A module that defines other types.
    pub(super) fn with_own(models: &'a HashSet<Name>, own: impl IntoIterator<Item = Name>) -> Self {
        Self {
            models,
            defined: HashSet::new(),
            own: own.into_iter().collect(),
            imports: BTreeMap::new(),
            exports: BTreeMap::new(),
            uses_models: false,
            features: BTreeSet::new(),
        }
    }

    /// A name of another crate or module: imported, or as a whole path where the module has another meaning for it.
    pub(super) fn import(&mut self, module: &'static str, name: &str) -> Path {
        let ident = Name::known(name);
        let taken = self.models.contains(&ident) || self.own.contains(&ident);
        if self.exports.get(module).is_some_and(|names| names.contains(name)) {
            return Path(vec![ident]);
        }
        let known = self.imports.iter().chain(&self.exports);
        let elsewhere = known.into_iter().any(|(other, names)| *other != module && names.contains(name));
        if taken || elsewhere {
            return full(module, ident);
        }
        self.imports.entry(module).or_default().insert(name.to_owned());
        Path(vec![ident])
    }

    /// The same for what has to be called by its name alone: types of the document that are called so as well are written as
    /// whole paths, from here on.
    pub(super) fn claim(&mut self, module: &'static str, name: &str) -> Name {
        let ident = Name::known(name);
        self.own.insert(ident.clone());
        self.imports.entry(module).or_default().insert(name.to_owned());
        ident
    }

    /// The same for what users of the module name as well: it is exported where it could be imported.
    pub(super) fn export(&mut self, module: &'static str, name: &'static str) -> Path {
        let path = self.import(module, name);
        if self.imports.get_mut(module).is_some_and(|names| names.remove(name)) {
            self.exports.entry(module).or_default().insert(name.to_owned());
        }
        path
    }

    /// The same as a type without arguments.
    pub(super) fn imported(&mut self, module: &'static str, name: &'static str) -> Type {
        Type::Path(self.import(module, name), Vec::new())
    }

    /// One of the document's types.
    pub(super) fn model(&mut self, name: &Name) -> Path {
        if self.own.contains(name) {
            return full(MODELS, name.clone());
        }
        self.uses_models |= !self.defined.contains(name);
        Path(vec![name.clone()])
    }

    /// A type of a module of its own that is called by its path, such as `params::ListPets`.
    pub(super) fn inside(&mut self, module: &'static str, name: &Name) -> Path {
        let Path(mut segments) = self.import("crate", module);
        segments.push(name.clone());
        Path(segments)
    }

    /// The module's imports, in the order of their paths.
    pub(super) fn uses(&self) -> Vec<Use> {
        let mut sorted = BTreeMap::new();
        for (module, names) in self.imports.iter().filter(|(_, names)| !names.is_empty()) {
            let key = match names.first() {
                Some(name) if names.len() == 1 => format!("{module}::{name}"),
                _ => (*module).to_owned(),
            };
            let names = UsedNames::Listed(names.iter().map(|name| Name::known(name)).collect());
            sorted.insert((key, *module), Use { is_public: false, needs: None, module: path(module), names });
        }
        if self.uses_models {
            let all = Use { is_public: false, needs: None, module: path(MODELS), names: UsedNames::All };
            sorted.insert((MODELS.to_owned(), MODELS), all);
        }
        let exports = self.exports.iter().map(|(module, names)| {
            let names = UsedNames::Listed(names.iter().map(|name| Name::known(name)).collect());
            Use { is_public: true, needs: None, module: path(module), names }
        });
        sorted.into_values().chain(exports).collect()
    }

    /// Notes that something of the runtime is there only with this feature of it.
    pub(super) fn needs(&mut self, feature: &'static str) {
        self.features.insert(feature);
    }

    /// The features that something needs.
    pub(super) fn features(&self) -> impl Iterator<Item = &'static str> {
        self.features.iter().copied()
    }
}

/// A path that is written in the generator.
pub(super) fn path(text: &str) -> Path {
    Path(text.split("::").map(Name::known).collect())
}

fn full(module: &str, name: Name) -> Path {
    let Path(mut segments) = path(module);
    segments.push(name);
    Path(segments)
}
