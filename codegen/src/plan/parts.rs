//! Which parts a crate is split into, and what lies in which.
//!
//! A part is what belongs to one tag of the document, and a cargo feature. What several parts use is there with any of
//! them. A document that is not split is one part.

use super::claims::{RouteNames, claim_all};
use super::layout::{CLIENT_EXPORTS, EXPORTS};
use super::{Plan, claims, methods, split, types, webhooks};
use crate::ir::{self, AnswerKind, BodyKind, Call, Route, Type, TypeId};
use crate::names::{Name, Scope};
use crate::rust::{Condition, Path};
use crate::{Options, Split};
use deunicode::deunicode;
use std::collections::{BTreeMap, BTreeSet};

/// Tags group operations where each has as many as these on average: fewer are not worth a folder and a trait of their own.
const GROUP: usize = 4;

/// What more parts than these use is always there: a condition of that many names helps nobody.
const MOST_USERS: usize = 12;

/// What routes without a tag and without a name in their path belong to.
const UNTAGGED: &str = "untagged";

/// How a crate is split.
pub(super) struct Parts {
    /// In the order of their first routes.
    pub(super) all: Vec<PartNames>,
    /// The part of what is received, where anything is.
    pub(super) received: Option<PartNames>,
    /// For every route, the place of its part.
    of_route: Vec<usize>,
    /// Where types are that not every part needs.
    homes: BTreeMap<TypeId, Home>,
    /// What several parts use, by these.
    pub(super) shared: Vec<(Users, Name)>,
}

/// What a part is called.
pub(super) struct PartNames {
    /// The tag.
    pub(super) group: String,
    /// Of its folder.
    pub(super) module: Name,
    /// Of its trait.
    pub(super) of_trait: Name,
    /// Of its cargo feature.
    pub(super) feature: String,
}

/// The parts that use a type, as places; behind all of them stands that of what is received.
pub(super) type Users = BTreeSet<usize>;

/// Where a type is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Home {
    /// In the part at this place.
    Part(usize),
    /// With what several parts use: a place in [`Parts::shared`].
    Shared(usize),
}

/// What lies together in one folder: everything, or what belongs to one tag.
pub(super) struct Part<'a> {
    /// What can be called, with its names.
    pub(super) routes: Vec<(&'a Route, &'a RouteNames)>,
    /// What is received, with its names.
    pub(super) received: Vec<(&'a Route, &'a RouteNames)>,
    /// Types.
    pub(super) types: Vec<TypeId>,
    /// What the trait is called.
    pub(super) of_trait: Name,
    /// What the part is called, where it is one of several.
    pub(super) names: Option<&'a PartNames>,
}

impl<'a> Part<'a> {
    /// What can be called, but for what differs from another in the form of its body alone: that shares what has a type of
    /// its own for each operation, such as its parameters.
    pub(super) fn operations(&self) -> impl Iterator<Item = (&'a Route, &'a RouteNames)> {
        self.routes.iter().copied().filter(|(route, _)| route.form_of.is_none())
    }
}

impl Parts {
    /// The parts; nothing where the crate is not split.
    pub(super) fn new(api: &ir::Api, options: &Options) -> Option<Self> {
        let mut groups: Vec<&str> = Vec::new();
        let mut of_route = Vec::new();
        for route in &api.routes {
            let group = route.group.as_deref().unwrap_or(UNTAGGED);
            let known = groups.iter().position(|known| *known == group);
            of_route.push(known.unwrap_or_else(|| {
                groups.push(group);
                groups.len() - 1
            }));
        }
        let is_wanted = match options.split {
            Split::None => false,
            Split::Tags => !groups.is_empty(),
            Split::Auto => {
                api.routes.len() > Split::ABOVE
                    && groups.len() > 1
                    && groups.len() * GROUP <= api.routes.len()
            }
        };
        is_wanted.then(|| {
            let all = names(&groups, &claims::service(&api.service));
            let received = (!api.receivers.is_empty()).then(received);
            let (homes, shared) = homes(api, &of_route, &all);
            Self { all, received, of_route, homes, shared }
        })
    }

    /// What a route's trait is called.
    pub(super) fn of_trait(&self, route: usize) -> Option<&Name> {
        Some(&self.all.get(*self.of_route.get(route)?)?.of_trait)
    }

    /// Every part with its place, that of what is received last.
    pub(super) fn placed(&self) -> impl Iterator<Item = (usize, &PartNames)> {
        self.all.iter().chain(&self.received).enumerate()
    }

    /// What must be on for any of these parts.
    pub(super) fn condition(&self, users: &Users) -> Condition {
        let names = self.placed().filter(|(at, _)| users.contains(at));
        Condition::Any(names.map(|(_, names)| names.condition()).collect())
    }
}

impl PartNames {
    /// What must be on for the part.
    pub(super) fn condition(&self) -> Condition {
        Condition::Feature(self.feature.clone())
    }

    /// A module of its folder.
    pub(super) fn inside(&self, module: &str) -> Path {
        Path(vec![Name::known("crate"), Name::known(split::FOLDER), self.module.clone(), Name::known(module)])
    }
}

impl<'a> Part<'a> {
    /// Everything.
    pub(super) fn whole(plan: &'a Plan<'_>) -> Self {
        Self {
            routes: methods::routes(plan).collect(),
            received: webhooks::routes(plan).collect(),
            types: plan.api.types.keys().copied().collect(),
            of_trait: Name::known(claims::API),
            names: None,
        }
    }

    /// What belongs to one part.
    pub(super) fn of(plan: &'a Plan<'_>, parts: &'a Parts, at: usize, names: &'a PartNames) -> Self {
        let routes = methods::routes(plan).zip(&parts.of_route).filter(|(_, part)| **part == at);
        let is_received = at == parts.all.len();
        Self {
            routes: routes.map(|(route, _)| route).collect(),
            received: webhooks::routes(plan).filter(|_| is_received).collect(),
            types: parts.types(plan, |home| home == Some(Home::Part(at))),
            of_trait: names.of_trait.clone(),
            names: Some(names),
        }
    }

    /// What several parts use: of those at this place of [`Parts::shared`].
    pub(super) fn shared(plan: &'a Plan<'_>, parts: &Parts, at: usize) -> Self {
        Self::only_types(parts.types(plan, |home| home == Some(Home::Shared(at))))
    }

    /// What is there with every part, and without any.
    pub(super) fn common(plan: &'a Plan<'_>, parts: &Parts) -> Self {
        Self::only_types(parts.types(plan, |home| home.is_none()))
    }

    /// Names of everything that can be called or is received.
    pub(super) fn all_names(&self) -> impl Iterator<Item = &'a RouteNames> {
        self.routes.iter().chain(&self.received).map(|(_, names)| *names)
    }

    fn only_types(types: Vec<TypeId>) -> Self {
        Self {
            routes: Vec::new(),
            received: Vec::new(),
            types,
            of_trait: Name::known(claims::API),
            names: None,
        }
    }
}

impl Parts {
    fn types(&self, plan: &Plan<'_>, is_wanted: impl Fn(Option<Home>) -> bool) -> Vec<TypeId> {
        plan.api.types.keys().copied().filter(|id| is_wanted(self.homes.get(id).copied())).collect()
    }
}

/// What tags could be called that files or features are called already, or that some systems keep for themselves.
const TAKEN_MODULES: &[&str] = &["aux", "axum", "con", "mod", "nul", "prn", "shared", "webhooks"];
const TAKEN_FEATURES: &[&str] =
    &["blocking", "client", "default", "dyn", "runtime", "serde", "server", "tracing", "webhooks"];

fn names(groups: &[&str], service: &Name) -> Vec<PartNames> {
    let own = |name: Name, taken: &[&str], suffix: &str| {
        if taken.contains(&name.as_str()) { name.with(suffix) } else { name }
    };
    let modules: Vec<Name> = groups
        .iter()
        .map(|group| own(Name::snake(group), &[TAKEN_MODULES, TAKEN_FEATURES].concat(), "_tag"))
        .collect();
    let modules = claim_all(&mut Scope::default(), modules.iter().zip(groups.iter().copied()));
    let root = [claims::ROOT, EXPORTS, CLIENT_EXPORTS, &[service.as_str()]].concat();
    let trait_name = |module: &Name| own(Name::pascal(&format!("{}_api", module.as_str())), &root, "Trait");
    let traits: Vec<Name> = modules.iter().map(trait_name).collect();
    let traits =
        claim_all(&mut Scope::with_reserved(&root), traits.iter().zip(modules.iter().map(Name::as_str)));
    let features = features(&modules);
    let names = groups.iter().zip(modules).zip(traits).zip(features);
    names
        .map(|(((group, module), of_trait), feature)| PartNames {
            group: (*group).to_owned(),
            feature,
            module,
            of_trait,
        })
        .collect()
}

/// Features of modules, each once: two of them may sound alike. Those that are ASCII anyway come first.
fn features(modules: &[Name]) -> Vec<String> {
    let mut order: Vec<usize> = (0..modules.len()).collect();
    order.sort_by_key(|at| (!modules[*at].as_str().is_ascii(), modules[*at].as_str()));
    let mut features = vec![String::new(); modules.len()];
    for at in order {
        let wanted = feature(&modules[at]);
        let free = |feature: &String| {
            !features.contains(feature)
                && (modules[at].as_str().is_ascii() || !TAKEN_FEATURES.contains(&feature.as_str()))
        };
        let numbered = (2..).map(|number| format!("{wanted}-{number}"));
        let feature = std::iter::once(wanted.clone()).chain(numbered).find(free);
        features[at] = feature.unwrap_or_default();
    }
    features
}

/// In ASCII: registries refuse other features. It may begin with a digit, and does not end with what a keyword needs.
fn feature(module: &Name) -> String {
    let text = module.as_str().trim_end_matches('_');
    if !text.is_ascii() {
        let words = deunicode(text).to_ascii_lowercase();
        let words: Vec<&str> =
            words.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).collect();
        return if words.is_empty() { "tag".to_owned() } else { words.join("-") };
    }
    let number = text.strip_prefix('_').filter(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    number.unwrap_or(text).replace('_', "-")
}

fn received() -> PartNames {
    let name = "webhooks".to_owned();
    PartNames {
        module: Name::known(&name),
        of_trait: Name::known(webhooks::TRAIT),
        feature: name.clone(),
        group: name,
    }
}

/// Where each type is that some parts use and others do not; and sets of parts that use something together.
fn homes(
    api: &ir::Api,
    of_route: &[usize],
    names: &[PartNames],
) -> (BTreeMap<TypeId, Home>, Vec<(Users, Name)>) {
    let users = users(api, of_route, names.len());
    let few = users.iter().filter_map(|(id, users)| Some((*id, users.as_ref()?)));
    let few: BTreeMap<TypeId, &Users> = few.collect();
    let sets: BTreeSet<&Users> = few.values().copied().filter(|users| users.len() > 1).collect();
    let mut scope = Scope::default();
    let shared: Vec<(Users, Name)> =
        sets.into_iter().map(|users| (users.clone(), scope.claim(of_users(users, names)))).collect();
    let home = |users: &Users| match users.iter().next() {
        Some(only) if users.len() == 1 => Some(Home::Part(*only)),
        _ => shared.iter().position(|(known, _)| known == users).map(Home::Shared),
    };
    let homes = few.into_iter().filter_map(|(id, users)| Some((id, home(users)?)));
    (homes.collect(), shared)
}

/// How many parts the name of what they share mentions.
const MENTIONED: usize = 3;

fn of_users(users: &Users, names: &[PartNames]) -> Name {
    let name = |at: &usize| names.get(*at).map_or("webhooks", |names| names.feature.as_str());
    let mentioned: Vec<&str> = users.iter().map(name).take(MENTIONED).collect();
    match users.len() - mentioned.len() {
        0 => Name::snake(&mentioned.join("_and_")),
        more => Name::snake(&format!("{}_and_{more}_more", mentioned.join("_"))),
    }
}

/// For each type the parts that use it; nothing where it has to be there always.
fn users(api: &ir::Api, of_route: &[usize], received: usize) -> BTreeMap<TypeId, Option<Users>> {
    let mut users: BTreeMap<TypeId, Option<Users>> = BTreeMap::new();
    let parts = received + usize::from(!api.receivers.is_empty());
    let mut waiting: Vec<(TypeId, Option<usize>)> = Vec::new();
    for (route, part) in api.routes.iter().zip(of_route) {
        for_each_type(route, &mut |ty| types::for_each_named(ty, &mut |id| waiting.push((id, Some(*part)))));
    }
    for receiver in &api.receivers {
        let mut add = |ty: &Type| types::for_each_named(ty, &mut |id| waiting.push((id, Some(received))));
        for_each_type(&receiver.route, &mut add);
    }
    // Headers and errors have one place for all.
    for header in &api.headers {
        types::for_each_named(&header.ty, &mut |id| waiting.push((id, None)));
    }
    for body in &api.errors {
        types::for_each_named(&body.ty, &mut |id| waiting.push((id, None)));
    }
    spread(api, &mut users, waiting);
    let unused: Vec<TypeId> = api.types.keys().copied().filter(|id| !users.contains_key(id)).collect();
    spread(api, &mut users, unused.into_iter().map(|id| (id, None)).collect());
    let many = |users: &Users| users.len() > MOST_USERS || users.len() == parts;
    let common =
        users.iter().filter(|(_, users)| users.as_ref().is_some_and(many)).map(|(id, _)| (*id, None));
    let common: Vec<(TypeId, Option<usize>)> = common.collect();
    spread(api, &mut users, common);
    users
}

/// Who uses a type uses whatever is in it.
fn spread(
    api: &ir::Api,
    users: &mut BTreeMap<TypeId, Option<Users>>,
    mut waiting: Vec<(TypeId, Option<usize>)>,
) {
    while let Some((id, user)) = waiting.pop() {
        let known = users.entry(id).or_insert_with(|| Some(Users::new()));
        let is_new = match (known.as_mut(), user) {
            (None, _) => false,
            (Some(known), Some(user)) => known.insert(user),
            (Some(_), None) => {
                *known = None;
                true
            }
        };
        if let (true, Some(def)) = (is_new, api.types.get(&id)) {
            types::parts(&def.kind)
                .for_each(|part| types::for_each_named(part, &mut |id| waiting.push((id, user))));
        }
    }
}

/// Every type that a route mentions.
fn for_each_type(route: &Route, visit: &mut dyn FnMut(&Type)) {
    route.path_params.iter().for_each(|param| visit(&param.ty));
    route.params.iter().for_each(|param| visit(&param.ty));
    match route.body.as_ref().map(|body| &body.kind) {
        Some(BodyKind::Json(ty) | BodyKind::Form(ty, _) | BodyKind::Records(ty, _)) => visit(ty),
        Some(BodyKind::Multipart(Some(parts))) => parts.iter().for_each(|part| visit(&part.ty)),
        Some(BodyKind::Multipart(None) | BodyKind::Text | BodyKind::Bytes) | None => {}
    }
    route.failures.iter().for_each(|(_, ty)| visit(ty));
    for call in &route.calls {
        match call {
            Call::Whole(answer) | Call::Streamed(answer) | Call::InForm(_, answer) => {
                answered(&answer.kind, visit);
            }
            Call::AllPages(paging) => {
                visit(&paging.item);
                visit(&Type::Named(paging.page));
            }
        }
    }
}

fn answered(kind: &AnswerKind, visit: &mut dyn FnMut(&Type)) {
    match kind {
        AnswerKind::Json(ty) | AnswerKind::Events(ty, _) => visit(ty),
        AnswerKind::Optional(inner, _) => answered(inner, visit),
        AnswerKind::ByStatus(all) => {
            all.iter().for_each(|one| answered(&one.answer.kind, visit));
        }
        AnswerKind::Empty
        | AnswerKind::Text
        | AnswerKind::Download
        | AnswerKind::Redirect
        | AnswerKind::Upgrade => {}
    }
}

#[cfg(test)]
mod tests {
    use super::features;
    use crate::names::Name;

    #[test]
    fn features_are_ascii_and_unique_whatever_the_order() {
        let modules = ["商店", "größe", "grosse", "上店", "v2_beta"].map(Name::snake);
        assert_eq!(features(&modules), ["shang-dian-2", "grosse-2", "grosse", "shang-dian", "v2-beta"]);
        let turned: Vec<Name> = modules.iter().rev().cloned().collect();
        assert_eq!(features(&turned), ["v2-beta", "shang-dian", "grosse", "grosse-2", "shang-dian-2"]);
        assert_eq!(features(&[Name::snake("server"), Name::snake("сервер")])[1], "server-2");
    }
}
