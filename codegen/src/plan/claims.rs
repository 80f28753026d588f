//! Every name of the surface, claimed once.
//!
//! In: the model with its wishes. Out: names that are unique where they stand. Who gets a name that several want does not
//! depend on the order of the document: first the one that is written like this, then the others by their spelling.

use super::layout::{CLIENT_EXPORTS, EXPORTS};
use super::parts::Parts;
use super::{answers, client, dynamic, errors, webhooks};
use crate::ir::{self, Call, TypeId, TypeKind};
use crate::names::{Name, Scope};
use std::collections::{BTreeMap, HashSet};

/// All names.
pub(super) struct Claims {
    /// Of the marker type.
    pub(super) service: Name,
    /// Of every type.
    pub(super) types: BTreeMap<TypeId, TypeNames>,
    /// Names of all types.
    pub(super) models: HashSet<Name>,
    /// For every route.
    pub(super) routes: Vec<RouteNames>,
    /// For every receiver.
    pub(super) receivers: Vec<RouteNames>,
    /// For every receiver, of its variant in the enum of all.
    pub(super) webhooks: Vec<Name>,
    /// Of the constants of headers.
    pub(super) headers: Vec<Name>,
    /// Of the constants of servers.
    pub(super) servers: Vec<Name>,
}

/// Names of a type and what is in it.
pub(super) struct TypeNames {
    pub(super) name: Name,
    /// Fields, values or members.
    pub(super) members: Vec<Name>,
    /// The field for further properties, or the variant for anything else.
    pub(super) rest: Name,
}

/// Names of a route and what is in it.
pub(super) struct RouteNames {
    /// Of the trait, as a path in the crate.
    pub(super) of_trait: String,
    /// Of the methods, as many as there are calls.
    pub(super) calls: Vec<Name>,
    /// Of the arguments in the path.
    pub(super) path: Vec<Name>,
    /// Of all other parameters.
    pub(super) params: Option<ParamsNames>,
    /// Of a body of several parts.
    pub(super) form: Option<FormNames>,
    /// Of the function that serves it.
    pub(super) handler: Name,
    /// Of the enum of its answers, where they depend on the status.
    pub(super) answer: Option<AnswerNames>,
}

/// Names of an enum of answers and what is in it.
#[derive(Clone)]
pub(super) struct AnswerNames {
    /// Of the enum.
    pub(super) name: Name,
    /// Of the variants.
    pub(super) variants: Vec<Name>,
    /// Of the one for any other success, where the document does not describe them all.
    pub(super) unknown: Option<Name>,
}

/// Names of a body of several parts.
pub(super) struct FormNames {
    /// Of the struct.
    pub(super) name: Name,
    /// Of the fields.
    pub(super) fields: Vec<Name>,
}

/// Names of parameters that are passed as a struct.
#[derive(Clone)]
pub(super) struct ParamsNames {
    /// Of the struct.
    pub(super) name: Name,
    /// Of the argument.
    pub(super) argument: Name,
    /// Of the fields.
    pub(super) fields: Vec<Name>,
}

/// What the prelude brings into every module: a type of such a name would hide it from whoever imports all models.
const PRELUDE: &[&str] = &[
    "AsMut",
    "AsRef",
    "AsyncFn",
    "AsyncFnMut",
    "AsyncFnOnce",
    "Box",
    "Clone",
    "Copy",
    "Default",
    "DoubleEndedIterator",
    "Drop",
    "Eq",
    "Err",
    "ExactSizeIterator",
    "Extend",
    "Fn",
    "FnMut",
    "FnOnce",
    "From",
    "FromIterator",
    "Future",
    "Into",
    "IntoFuture",
    "IntoIterator",
    "Iterator",
    "None",
    "Ok",
    "Option",
    "Ord",
    "PartialEq",
    "PartialOrd",
    "Result",
    "Self",
    "Send",
    "Sized",
    "Some",
    "String",
    "Sync",
    "ToOwned",
    "ToString",
    "TryFrom",
    "TryInto",
    "Unpin",
    "Vec",
];

/// Methods of traits that are in scope wherever generated types are used. A method of such a name would hide them.
const TRAIT_METHODS: &[&str] = &[
    "as_mut",
    "as_ref",
    "borrow",
    "borrow_mut",
    "clamp",
    "clone",
    "clone_from",
    "clone_into",
    "cmp",
    "default",
    "deref",
    "deref_mut",
    "deserialize",
    "drop",
    "eq",
    "fmt",
    "from",
    "from_str",
    "ge",
    "gt",
    "hash",
    "into",
    "le",
    "lt",
    "max",
    "min",
    "ne",
    "partial_cmp",
    "serialize",
    "to_owned",
    "to_string",
    "try_from",
    "try_into",
    "type_id",
];

/// What the runtime's client has as methods of its own: they would win over a trait's method of the same name. A test
/// reads them from the runtime's source.
const CLIENT_METHODS: &[&str] = &["builder", "from_env", "new", "request", "request_to", "with"];

impl Claims {
    pub(super) fn new(api: &ir::Api, parts: Option<&Parts>) -> Self {
        let types = types(api);
        let mut inside = Inside::default();
        let called: Vec<&ir::Route> = api.routes.iter().collect();
        let mut routes = routes(&called, method_names(CLIENT_METHODS), &mut inside);
        for (at, names) in routes.iter_mut().enumerate() {
            let of_part = parts.and_then(|parts| parts.of_trait(at));
            of_part.map_or(API, Name::as_str).clone_into(&mut names.of_trait);
        }
        let received: Vec<&ir::Route> = api.receivers.iter().map(|receiver| &receiver.route).collect();
        let mut receivers = self::routes(&received, method_names(&[]), &mut inside);
        receivers.iter_mut().for_each(|names| names.of_trait = format!("webhooks::{}", webhooks::TRAIT));
        Self {
            service: service(&api.service),
            models: types.values().map(|names| names.name.clone()).collect(),
            types,
            routes,
            webhooks: received_variants(&receivers),
            receivers,
            headers: claim_all(
                &mut Scope::default(),
                api.headers.iter().map(|header| (&header.name, &*header.wire)),
            ),
            servers: servers(&api.servers),
        }
    }

    /// The names of a type.
    pub(super) fn of(&self, id: TypeId) -> &TypeNames {
        match self.types.get(&id) {
            Some(names) => names,
            None => unreachable!(
                "{id:?} is used and not among the types: `lower` leaves out what nothing reaches"
            ),
        }
    }

    /// Every name that a document can decide.
    pub(super) fn all(&self) -> impl Iterator<Item = &Name> {
        let types = self.types.values().flat_map(|names| names.members.iter().chain([&names.name]));
        let routes = self.routes.iter().chain(&self.receivers).flat_map(|names| {
            let params = names.params.iter().flat_map(|params| params.fields.iter().chain([&params.name]));
            let form = names.form.iter().flat_map(|form| form.fields.iter().chain([&form.name]));
            let answer = names.answer.iter().map(|answer| &answer.name);
            names.calls.iter().chain(&names.path).chain(params).chain(form).chain(answer)
        });
        types
            .chain(routes)
            .chain(&self.webhooks)
            .chain(&self.headers)
            .chain(&self.servers)
            .chain([&self.service])
    }
}

/// Claims a name for each wish, in an order that does not depend on theirs: a wish that its key spells exactly goes first,
/// then those whose keys begin with no sign, each by their keys.
pub(super) fn claim_all<'a>(
    scope: &mut Scope,
    wishes: impl IntoIterator<Item = (&'a Name, &'a str)>,
) -> Vec<Name> {
    let wishes: Vec<(&Name, &str)> = wishes.into_iter().collect();
    let mut order: Vec<usize> = (0..wishes.len()).collect();
    order.sort_by_key(|at| {
        let (name, key) = wishes[*at];
        (name.as_str() != key, !key.starts_with(char::is_alphanumeric), key)
    });
    let mut names: Vec<Option<Name>> = vec![None; wishes.len()];
    for at in order {
        names[at] = Some(scope.claim(wishes[at].0.clone()));
    }
    names.into_iter().flatten().collect()
}

/// The names of servers: the document's own come first, so that those of single operations take none of theirs.
fn servers(all: &[ir::Server]) -> Vec<Name> {
    let (general, own) = all.split_at(all.partition_point(|server| server.is_general));
    let mut scope = Scope::default();
    let mut claim =
        |some: &[ir::Server]| claim_all(&mut scope, some.iter().map(|server| (&server.name, &*server.url)));
    [claim(general), claim(own)].concat()
}

/// A method that has none of the names that would hide a trait's.
pub(super) fn method_scope() -> Scope {
    method_names(&[])
}

fn types(api: &ir::Api) -> BTreeMap<TypeId, TypeNames> {
    let mut scope = Scope::default();
    let wishes: Vec<(TypeId, Name, &str)> = api
        .types
        .iter()
        .map(|(id, def)| (*id, unreserved(&def.name), def.component.as_deref().unwrap_or_default()))
        .collect();
    // Components keep their names whatever is inside of others.
    let (named, inline): (Vec<_>, Vec<_>) =
        wishes.into_iter().partition(|(_, _, component)| !component.is_empty());
    let claimed = [named, inline].map(|wishes| {
        let names = claim_all(&mut scope, wishes.iter().map(|(_, name, component)| (name, *component)));
        wishes.into_iter().map(|(id, ..)| id).zip(names).collect::<Vec<_>>()
    });
    let claimed = claimed.into_iter().flatten();
    claimed.filter_map(|(id, name)| Some((id, inside(name, &api.types.get(&id)?.kind)))).collect()
}

/// The trait of all operations.
pub(super) const API: &str = "Api";

/// What the crate's root has of its own, beside the marker type.
pub(super) const ROOT: &[&str] = &[API, client::CLIENT, dynamic::DYNAMIC, errors::ERROR_BODY];

/// The marker type is nothing else that the root has: a document may well be titled "API". It is a value, too, and an
/// argument of its name would be taken for a pattern.
pub(super) fn service(wish: &Name) -> Name {
    let has_other = [ROOT, EXPORTS, CLIENT_EXPORTS].concat().contains(&wish.as_str());
    if has_other || wish.suits_values() { wish.with("Marker") } else { wish.clone() }
}

/// A type name that hides nothing of the language, and that no argument could have.
fn unreserved(wish: &Name) -> Name {
    if PRELUDE.contains(&wish.as_str()) || wish.suits_values() { wish.with("Model") } else { wish.clone() }
}

fn inside(name: Name, kind: &TypeKind) -> TypeNames {
    let (members, rest) = match kind {
        TypeKind::Struct(object) => {
            let mut scope = Scope::default();
            let fields = object.fields.iter().map(|field| (&field.name, &*field.wire));
            let members = claim_all(&mut scope, fields);
            (members, scope.claim(Name::known("additional_properties")))
        }
        // The variant for anything else has its name before any other, so that it never changes.
        TypeKind::Enum(values) => {
            variants(values.values.iter().map(|value| (&value.name, value.wire.as_str())))
        }
        TypeKind::Union(union) => {
            let tag = |variant: &'_ ir::Variant| variant.tags.first().cloned().unwrap_or_default();
            let tags: Vec<String> = union.variants.iter().map(tag).collect();
            let names = union.variants.iter().map(|variant| &variant.name);
            variants(names.zip(tags.iter().map(String::as_str)))
        }
        TypeKind::Id | TypeKind::Alias(_) => (Vec::new(), Name::known("rest")),
    };
    TypeNames { name, members, rest }
}

/// Variants, and the one for anything else.
fn variants<'a>(wishes: impl Iterator<Item = (&'a Name, &'a str)>) -> (Vec<Name>, Name) {
    let mut scope = Scope::with_reserved(&["Self"]);
    let unknown = scope.claim(Name::known("Unknown"));
    let wishes: Vec<(Name, &str)> = wishes.map(|(name, key)| (capital(name), key)).collect();
    (claim_all(&mut scope, wishes.iter().map(|(name, key)| (name, *key))), unknown)
}

/// A variant without a capital letter could be taken for an argument, and one that begins with a digit has no name at all.
fn capital(name: &Name) -> Name {
    match (name.suits_values(), name.as_str().strip_prefix('_')) {
        (true, _) => Name::pascal(&format!("Value{}", name.as_str())),
        (false, Some(digits)) => Name::known(&format!("Value{digits}")),
        (false, None) => name.clone(),
    }
}

/// Variants of the enum of all receivers.
fn received_variants(receivers: &[RouteNames]) -> Vec<Name> {
    let base = |names: &RouteNames| names.handler.as_str().to_owned();
    let bases: Vec<String> = receivers.iter().map(base).collect();
    let wishes: Vec<Name> = bases.iter().map(|base| capital(&Name::pascal(base))).collect();
    claim_all(&mut Scope::with_reserved(&["Self"]), wishes.iter().zip(bases.iter().map(String::as_str)))
}

/// A scope for methods that keep these names free.
fn method_names(free: &[&str]) -> Scope {
    Scope::with_reserved(&[free, TRAIT_METHODS].concat())
}

/// Scopes of the modules of these names.
#[derive(Default)]
struct Inside {
    params: Scope,
    answers: Scope,
    forms: Scope,
}

/// `scope`: of methods.
fn routes(routes: &[&ir::Route], mut scope: Scope, inside: &mut Inside) -> Vec<RouteNames> {
    let key = |route: &&ir::Route| {
        let name = route.name.as_str();
        match &route.id {
            Some(id) if route.form_of.is_none() => id.clone(),
            Some(id) => format!("{id} {name}"),
            None => format!("{} {name} {:?}", route.path, route.method),
        }
    };
    let keys: Vec<String> = routes.iter().map(key).collect();
    // What answers a route comes before what derives from others.
    let bases = bases(routes, &keys, &mut scope);
    let mut derived = |derivation: &Derivation, wanted: fn(&ir::Route) -> bool| -> Vec<Option<Name>> {
        let mut order: Vec<usize> = (0..bases.len()).filter(|at| wanted(routes[*at])).collect();
        order.sort_by_key(|at| (derivation.rank(&bases[*at]), &keys[*at]));
        let mut all = vec![None; bases.len()];
        for at in order {
            let short = derivation.short(&bases[at]);
            let wish = if scope.is_free(&short) { short } else { derivation.long(&bases[at]) };
            all[at] = Some(scope.claim(wish));
        }
        all
    };
    let streams = derived(&STREAM, |route| has_whole(route) && route.calls.iter().any(is_streamed));
    let walks = derived(&WALK, |route| route.calls.iter().any(|call| matches!(call, Call::AllPages(_))));
    let forms = forms(routes, &bases, &keys, &mut scope);
    let handlers = claim_all(
        &mut Scope::with_reserved(&["api", "handler", "left_out", "router", "routes", "table"]),
        bases.iter().zip(keys.iter().map(String::as_str)),
    );
    let wishes: Vec<Name> = bases.iter().map(|base| unreserved(&Name::pascal(base.as_str()))).collect();
    let params = claim_all(&mut inside.params, wishes.iter().zip(keys.iter().map(String::as_str)));
    let wishes: Vec<Name> = wishes.iter().map(|name| name.with("Answer")).collect();
    let by_status: Vec<usize> =
        (0..routes.len()).filter(|at| answers::by_status(routes[*at]).is_some()).collect();
    let claimed = claim_all(&mut inside.answers, by_status.iter().map(|at| (&wishes[*at], &*keys[*at])));
    let mut claimed = by_status.into_iter().zip(claimed).collect::<BTreeMap<usize, Name>>();
    let answers = routes.iter().enumerate().map(|(at, route)| answer_names(claimed.remove(&at)?, route));
    let bodies = form_names(routes, &bases, &keys, &mut inside.forms);
    let names = bases
        .into_iter()
        .zip(streams)
        .zip(walks)
        .zip(handlers)
        .zip(params)
        .zip(forms)
        .zip(answers)
        .zip(bodies);
    let mut all: Vec<RouteNames> = routes
        .iter()
        .zip(names)
        .map(|(route, (((((((base, stream), walk), handler), params), forms), answer), form))| {
            let mut forms = forms.into_iter();
            let mut of = |call: &Call| match call {
                Call::Whole(_) => base.clone(),
                Call::InForm(..) => forms.next().unwrap_or_else(|| base.clone()),
                Call::Streamed(_) => stream.clone().unwrap_or_else(|| base.clone()),
                Call::AllPages(_) => walk.clone().unwrap_or_else(|| base.clone()),
            };
            RouteNames {
                of_trait: String::new(),
                calls: route.calls.iter().map(&mut of).collect(),
                path: path_arguments(route),
                params: (!route.params.is_empty()).then(|| params_names(route, params)),
                form,
                handler,
                answer,
            }
        })
        .collect();
    share(routes, &mut all);
    all
}

/// Names of the first methods: those of operations, and then of those that differ in the form of their body alone.
fn bases(routes: &[&ir::Route], keys: &[String], scope: &mut Scope) -> Vec<Name> {
    let mut names: BTreeMap<usize, Name> = BTreeMap::new();
    for is_form in [false, true] {
        let places = || (0..routes.len()).filter(|at| routes[*at].form_of.is_some() == is_form);
        let claimed = claim_all(scope, places().map(|at| (&routes[at].name, keys[at].as_str())));
        names.extend(places().zip(claimed));
    }
    names.into_values().collect()
}

/// Routes that differ in the form of their body alone have parameters and answers in common.
fn share(routes: &[&ir::Route], all: &mut [RouteNames]) {
    for (at, route) in routes.iter().enumerate() {
        let Some(first) = route.form_of.and_then(|first| all.get(first)) else { continue };
        let (params, answer) = (first.params.clone(), first.answer.clone());
        (all[at].params, all[at].answer) = (params, answer);
    }
}

/// For each route the names of the methods that answer in other forms: `get_report_as_csv`.
fn forms(routes: &[&ir::Route], bases: &[Name], keys: &[String], scope: &mut Scope) -> Vec<Vec<Name>> {
    let mut wishes = Vec::new();
    for (at, route) in routes.iter().enumerate() {
        for call in &route.calls {
            if let Call::InForm(form, _) = call {
                let form = form.as_str().trim_start_matches('_');
                wishes.push((at, bases[at].with(&format!("_as_{form}")), format!("{} {form}", keys[at])));
            }
        }
    }
    let names = claim_all(scope, wishes.iter().map(|(_, name, key)| (name, key.as_str())));
    let mut all = vec![Vec::new(); bases.len()];
    for ((at, ..), name) in wishes.into_iter().zip(names) {
        all[at].push(name);
    }
    all
}

fn answer_names(name: Name, route: &ir::Route) -> Option<AnswerNames> {
    let all = answers::by_status(route)?;
    let mut scope = Scope::with_reserved(&["Self"]);
    let unknown = scope.claim(Name::known("Unknown"));
    Some(AnswerNames {
        name,
        variants: all.iter().map(|one| scope.claim(one.name.clone())).collect(),
        unknown: (!answers::is_exhaustive(all)).then_some(unknown),
    })
}

/// Of bodies of several parts: `upload_file` takes an `UploadFileForm`.
fn form_names(
    routes: &[&ir::Route],
    bases: &[Name],
    keys: &[String],
    scope: &mut Scope,
) -> Vec<Option<FormNames>> {
    let wishes: Vec<Name> = bases.iter().map(|base| Name::pascal(base.as_str()).with("Form")).collect();
    let with: Vec<usize> =
        (0..routes.len()).filter(|at| super::forms::parts_of(routes[*at]).is_some()).collect();
    let names = claim_all(scope, with.iter().map(|at| (&wishes[*at], &*keys[*at])));
    let mut names = with.into_iter().zip(names).collect::<BTreeMap<usize, Name>>();
    let forms = routes.iter().enumerate().map(|(at, route)| {
        let fields = super::forms::parts_of(route)?.iter().map(|part| (&part.name, &*part.wire));
        Some(FormNames { name: names.remove(&at)?, fields: claim_all(&mut Scope::default(), fields) })
    });
    forms.collect()
}

fn has_whole(route: &ir::Route) -> bool {
    route.calls.iter().any(|call| matches!(call, Call::Whole(_)))
}

fn is_streamed(call: &Call) -> bool {
    matches!(call, Call::Streamed(_))
}

/// `self` cannot be an argument, and the others mean what they always mean.
fn path_arguments(route: &ir::Route) -> Vec<Name> {
    let mut scope = Scope::with_reserved(&["self", "query", "params", "body"]);
    claim_all(&mut scope, route.path_params.iter().map(|param| (&param.name, &*param.wire)))
}

fn params_names(route: &ir::Route, name: Name) -> ParamsNames {
    let fields = route.params.iter().map(|param| (&param.name, &*param.wire));
    let only_query = route.params.iter().all(|param| matches!(param.location, ir::Location::Query(_)));
    ParamsNames {
        name,
        argument: Name::known(if only_query { "query" } else { "params" }),
        fields: claim_all(&mut Scope::default(), fields),
    }
}

/// How a method that derives from another is called: a word in place of the verb of the other, or in front of all of it
/// where something else has that name.
struct Derivation {
    word: &'static str,
    /// Verbs that the word can replace. Who has one that comes first here goes first.
    verbs: &'static [&'static str],
}

/// `create_completion` streams as `stream_completion`.
const STREAM: Derivation =
    Derivation { word: "stream", verbs: &["create_", "send_", "post_", "get_", "run_"] };

/// `list_messages` walks all pages as `all_messages`.
const WALK: Derivation =
    Derivation { word: "all", verbs: &["list_", "get_", "find_", "search_", "query_", "fetch_"] };

impl Derivation {
    /// The place of the verb, and what is left of the name behind it.
    fn split<'a>(&self, base: &'a Name) -> (usize, &'a str) {
        let text = base.as_str();
        let rests = self.verbs.iter().map(|verb| text.strip_prefix(verb)).enumerate();
        let found = rests.filter_map(|(at, rest)| Some((at, rest?))).find(|(_, rest)| !rest.is_empty());
        found.unwrap_or((self.verbs.len(), text))
    }

    fn rank(&self, base: &Name) -> usize {
        self.split(base).0
    }

    fn short(&self, base: &Name) -> Name {
        Name::snake(&format!("{}_{}", self.word, self.split(base).1))
    }

    fn long(&self, base: &Name) -> Name {
        Name::snake(&format!("{}_{}", self.word, base.as_str()))
    }
}
