//! The modules of a crate that is split.
//!
//! Each part has a folder below `tags`, which nobody sees; modules at the root export what is in them, so that everything
//! has the path that it has without parts.

use super::layout::{ANSWERS, API, Access, BLOCKING, CLIENT, DYNAMIC, FORMS, Files, PARAMS, SERVER, docs_of};
use super::parts::{Part, PartNames, Parts};
use super::scope;
use super::{Plan, blocking, claims, client, dynamic, server};
use crate::Options;
use crate::docs::code;
use crate::names::Name;
use crate::rust::{Condition, Item, Path, RestMacro, SumTrait, Use, UsedNames};
use std::collections::BTreeMap;

/// Makes all modules.
pub(super) fn split(plan: &Plan<'_>, options: &Options, parts: &Parts, files: &mut Files) {
    let mut exports = Exports::new();
    let tags = tags(plan, options, parts, &mut exports);
    files.adopt(&Name::known(FOLDER), "What belongs to each tag.", Access::Private, tags);
    files.add_models(plan, &Part::common(plan, parts), "models", Access::Public);
    files.export("models", exports.remove("models").unwrap_or_default());
    for (name, docs) in [PARAMS, ANSWERS, FORMS] {
        if let Some(exports) = exports.remove(name) {
            files.push(name, docs_of(docs), Access::Public, Vec::new(), exports, Vec::new());
        }
    }
    let sums = vec![Item::SumTrait(sum_trait(plan, parts)), Item::RestMacro(rest_macro(parts))];
    files.push(API.0, docs_of(API.1), Access::Private, Vec::new(), traits(parts), sums);
    files.push("prelude", docs_of(PRELUDE), Access::Public, Vec::new(), prelude(parts), Vec::new());
    let names = [plan.claims.service.clone(), Name::known(client::CLIENT)];
    files.add((CLIENT, Access::PrivateFeature("client")), plan.scope(names), Vec::new(), |scope| {
        client::frame(plan, scope)
    });
    files.add(
        (SERVER, Access::Feature("server")),
        plan.scope([Name::known(server::IMPLEMENTATION)]),
        Vec::new(),
        |scope| server::sum_items(plan, parts, scope),
    );
    files.add_shared(plan);
    if options.blocking {
        let names = [client::CLIENT, blocking::IMPLEMENTATION].map(Name::known);
        files.add((BLOCKING, Access::Feature("blocking")), plan.scope(names), Vec::new(), |_| {
            blocking::frame()
        });
    }
    if options.dynamic {
        let mut scope = plan.scope([]);
        let items = dynamic::sum_items(parts, &mut scope);
        let uses = [scope.uses(), dynamic::sum_uses(parts)].concat();
        let access = Access::PrivateFeature("dyn");
        files.push(DYNAMIC.0, docs_of(DYNAMIC.1), access, Vec::new(), uses, items);
    }
}

/// The folder of all parts.
pub(super) const FOLDER: &str = "tags";

const PRELUDE: &str =
    "The traits of all operations: `use prelude::*` brings every method of a client into scope.";

/// What modules at the root export, by their names.
type Exports = BTreeMap<&'static str, Vec<Use>>;

/// Modules at the root that export what is in the modules of this name in parts.
const FACADES: &[&str] = &["models", PARAMS.0, ANSWERS.0, FORMS.0];

/// A folder for each part, and one for what several of them use.
fn tags(plan: &Plan<'_>, options: &Options, parts: &Parts, exports: &mut Exports) -> Files {
    let mut tags = Files::default();
    for (at, names) in parts.placed() {
        let folder = part_files(plan, options, &Part::of(plan, parts, at, names));
        for facade in FACADES.iter().filter(|facade| folder.has(facade)) {
            let export = all_of(names.inside(facade), names.condition());
            exports.entry(facade).or_default().push(export);
        }
        if !folder.is_empty() {
            let docs = format!("What belongs to {} alone.", code(&names.group));
            tags.adopt(&names.module, &docs, Access::Needs(names.condition()), folder);
        }
    }
    let mut shared = Files::default();
    for (at, (users, name)) in parts.shared.iter().enumerate() {
        let (part, needs) = (Part::shared(plan, parts, at), parts.condition(users));
        shared.add_models(plan, &part, name.as_str(), Access::Needs(needs.clone()));
        let Path(mut module) = scope::path("crate::tags::shared");
        module.push(name.clone());
        exports.entry("models").or_default().push(all_of(Path(module), needs));
    }
    if !shared.is_empty() {
        tags.adopt(&Name::known("shared"), "What several tags use.", Access::Public, shared);
    }
    tags
}

fn all_of(module: Path, needs: Condition) -> Use {
    Use { is_public: true, needs: Some(needs), module, names: UsedNames::All }
}

/// The files of a part.
fn part_files(plan: &Plan<'_>, options: &Options, part: &Part<'_>) -> Files {
    let mut files = Files::default();
    files.add_carried(plan, part);
    if part.routes.is_empty() {
        return files;
    }
    files.add_api(plan, part);
    let is_deprecated = part.routes.iter().any(|(route, _)| route.deprecated);
    files.add((CLIENT, Access::PrivateFeature("client")), plan.scope([]), plan.allows(false), |scope| {
        client::calls(plan, part, scope)
    });
    files.add(
        (SERVER, Access::Feature("server")),
        plan.scope([Name::known(server::IMPLEMENTATION)]),
        plan.allows(is_deprecated),
        |scope| server::items(plan, part, scope),
    );
    if options.blocking {
        files.add(
            (BLOCKING, Access::PrivateFeature("blocking")),
            plan.scope([Name::known(blocking::IMPLEMENTATION)]),
            plan.allows(is_deprecated),
            |scope| blocking::part_items(plan, part, scope),
        );
    }
    if options.dynamic {
        files.add(
            (DYNAMIC, Access::Feature("dyn")),
            plan.scope([Name::known(dynamic::ERASED)]),
            plan.allows(false),
            |scope| dynamic::part_items(plan, part, scope),
        );
    }
    files
}

/// The traits of all parts, by their names in any case: what is not there asks for nothing.
fn traits(parts: &Parts) -> Vec<Use> {
    let present = parts.all.iter().map(|names| Use {
        is_public: true,
        needs: Some(names.condition()),
        module: names.inside("api"),
        names: UsedNames::Listed(vec![names.of_trait.clone()]),
    });
    present.chain(absent(parts)).collect()
}

/// Traits of parts that are not there: everything has them.
pub(super) fn absent(parts: &Parts) -> impl Iterator<Item = Use> {
    parts.all.iter().map(|names| Use {
        is_public: false,
        needs: Some(Condition::Not(Box::new(names.condition()))),
        module: scope::path("std::marker"),
        names: UsedNames::Renamed(Name::known("Send"), names.of_trait.clone()),
    })
}

/// All traits of operations.
fn prelude(parts: &Parts) -> Vec<Use> {
    let listed = |name: &Name, needs| Use {
        is_public: true,
        needs,
        module: scope::path("crate"),
        names: UsedNames::Listed(vec![name.clone()]),
    };
    let of_parts = parts.all.iter().map(|names| listed(&names.of_trait, Some(names.condition())));
    [listed(&Name::known(claims::API), None)].into_iter().chain(of_parts).collect()
}

/// The traits of parts, for the crate's root.
pub(super) fn root_exports(parts: &Parts) -> Vec<Use> {
    let export = |names: &PartNames| Use {
        is_public: true,
        needs: Some(names.condition()),
        module: scope::path("api"),
        names: UsedNames::Listed(vec![names.of_trait.clone()]),
    };
    let rest = Use {
        is_public: true,
        needs: None,
        module: scope::path("api"),
        names: UsedNames::Hidden(Name::known(REST)),
    };
    parts.all.iter().map(export).chain([rest]).collect()
}

fn sum_trait(plan: &Plan<'_>, parts: &Parts) -> SumTrait {
    SumTrait {
        name: Name::known(claims::API),
        docs: plan.sum_docs(),
        traits: parts.all.iter().map(|names| names.of_trait.clone()).collect(),
    }
}

/// The hidden module with a trait for each part.
const REST: &str = "rest";

fn rest_macro(parts: &Parts) -> RestMacro {
    RestMacro {
        module: Name::known(REST),
        traits: parts.all.iter().map(|names| (names.of_trait.clone(), names.condition())).collect(),
    }
}
