//! What lies in which module and file, and what the crate's root exports.

use super::parts::Part;
use super::scope::{self, Scope};
use super::{
    Plan, answers, blocking, claims, client, docs, dynamic, errors, forms, headers, methods, models, params,
    server, split, webhooks,
};
use crate::names::Name;
use crate::rust::{
    CargoFeature, Condition, Crate, Head, Item, Module, ModuleDocs, ModuleItem, Path, Record, Use, UsedNames,
};
use crate::{CrateDocs, Decision, Options};
use std::collections::BTreeSet;

/// Makes all modules.
pub(super) fn layout(plan: &Plan<'_>, options: &Options) -> Crate {
    let mut files = Files::default();
    match &plan.parts {
        None => whole(plan, options, &mut files),
        Some(parts) => split::split(plan, options, parts, &mut files),
    }
    files.add_page("decisions", &options.decisions);
    files.declare_own(&plan.api.own_modules);
    files.into_crate(root_docs(plan, options.docs), plan)
}

/// Everything in modules at the root.
fn whole(plan: &Plan<'_>, options: &Options, files: &mut Files) {
    let part = Part::whole(plan);
    files.add_carried(plan, &part);
    files.add_api(plan, &part);
    let names = [plan.claims.service.clone(), Name::known(client::CLIENT)];
    files.add((CLIENT, Access::PrivateFeature("client")), plan.scope(names), plan.allows(false), |scope| {
        client::items(plan, &part, scope)
    });
    files.add(
        (SERVER, Access::Feature("server")),
        plan.scope([Name::known(server::IMPLEMENTATION)]),
        plan.allows(plan.has_deprecated_routes()),
        |scope| server::items(plan, &part, scope),
    );
    files.add_shared(plan);
    if options.blocking {
        files.add(
            (BLOCKING, Access::Feature("blocking")),
            plan.scope([client::CLIENT, blocking::IMPLEMENTATION].map(Name::known)),
            plan.allows(plan.has_deprecated_routes()),
            |scope| blocking::items(plan, &part, scope),
        );
    }
    if options.dynamic {
        files.add(
            (DYNAMIC, Access::PrivateFeature("dyn")),
            plan.scope([dynamic::DYNAMIC, dynamic::ERASED].map(Name::known)),
            plan.allows(false),
            |scope| dynamic::items(plan, &part, scope),
        );
    }
}

const MODELS: &str = "What requests and responses carry.";
pub(super) const PARAMS: (&str, &str) = ("params", "What operations take beside path and body.");
pub(super) const ANSWERS: (&str, &str) =
    ("answers", "What operations answer where that depends on the status.");
pub(super) const FORMS: (&str, &str) = ("forms", "Bodies of several parts.");
pub(super) const API: (&str, &str) = ("api", "The operations as a trait.");
pub(super) const CLIENT: (&str, &str) = ("client", "The operations over HTTP.");
pub(super) const SERVER: (&str, &str) = ("server", "The operations behind HTTP.");
pub(super) const BLOCKING: (&str, &str) = ("blocking", "The operations as calls that wait.");
pub(super) const DYNAMIC: (&str, &str) = ("dynamic", "Any implementation of the trait, chosen at run time.");

pub(super) fn docs_of(line: &str) -> ModuleDocs {
    ModuleDocs::Lines(vec![line.to_owned()])
}

impl<'a> Plan<'a> {
    fn has_walks(&self) -> bool {
        let calls = self.api.routes.iter().flat_map(|route| &route.calls);
        calls.into_iter().any(|call| matches!(call, crate::ir::Call::AllPages(_)))
    }

    fn has_deprecated_routes(&self) -> bool {
        self.api.routes.iter().any(|route| route.deprecated)
    }

    /// A module that defines these types beside those of the document.
    pub(super) fn scope(&self, own: impl IntoIterator<Item = Name>) -> Scope<'_> {
        Scope::with_own(&self.claims.models, own)
    }
}

/// Who sees a module, and when it is there.
pub(super) enum Access {
    Public,
    Private,
    Feature(&'static str),
    PrivateFeature(&'static str),
    Needs(Condition),
}

/// The modules of a folder.
#[derive(Default)]
pub(super) struct Files {
    /// Their files are relative to the folder.
    modules: Vec<Module>,
    declared: Vec<ModuleItem>,
    /// What the runtime needs for them.
    features: BTreeSet<&'static str>,
}

impl Files {
    pub(super) fn is_empty(&self) -> bool {
        self.modules.is_empty()
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.declared.iter().any(|module| module.name.as_str() == name)
    }

    /// What travels.
    pub(super) fn add_carried(&mut self, plan: &Plan<'_>, part: &Part<'_>) {
        self.add_models(plan, part, "models", Access::Public);
        self.add((PARAMS, Access::Public), plan.scope(params::names(part)), plan.allows(false), |scope| {
            params::items(plan, part, scope)
        });
        self.add((ANSWERS, Access::Public), plan.scope(answers::names(part)), plan.allows(false), |scope| {
            answers::items(plan, part, scope)
        });
        self.add((FORMS, Access::Public), plan.scope(forms::names(part)), plan.allows(false), |scope| {
            forms::items(plan, part, scope)
        });
    }

    pub(super) fn add_models(&mut self, plan: &Plan<'_>, part: &Part<'_>, name: &str, access: Access) {
        let mut scope = Scope::of_models(&plan.claims.models, models::names(plan, part));
        let items = models::items(plan, part, &mut scope);
        // The root has models in any case.
        if items.is_empty() && part.names.is_some() {
            return;
        }
        let allows = plan.allows(models::mentions_deprecated(plan.api));
        self.features.extend(scope.features());
        self.push(name, docs_of(MODELS), access, allows, scope.uses(), items);
        if let Some(own) = self.modules.last_mut() {
            own.known_as = scope::path("models");
        }
    }

    pub(super) fn add_api(&mut self, plan: &Plan<'_>, part: &Part<'_>) {
        self.add(
            (API, if part.names.is_some() { Access::Public } else { Access::Private }),
            plan.scope([part.of_trait.clone()]),
            plan.allows(plan.has_deprecated_routes() && plan.has_walks()),
            |scope| methods::items(plan, part, scope),
        );
    }

    pub(super) fn add_shared(&mut self, plan: &Plan<'_>) {
        self.add(
            (("webhooks", "What the service sends, and who receives it."), Access::Feature("webhooks")),
            plan.scope([webhooks::TRAIT, webhooks::ENUM, server::IMPLEMENTATION].map(Name::known)),
            plan.allows(plan.api.receivers.iter().any(|receiver| receiver.route.deprecated)),
            |scope| webhooks::items(plan, scope),
        );
        self.add(
            (
                (
                    "headers",
                    "Headers that answers carry: [`Response::header`](crate::Response::header) reads one.",
                ),
                Access::Public,
            ),
            plan.scope([]),
            plan.allows(false),
            |scope| headers::items(plan, scope),
        );
        self.add(
            (("errors", "What failed calls carry."), Access::Private),
            plan.scope([Name::known(errors::ERROR_BODY)]),
            plan.allows(false),
            |scope| errors::items(plan, scope),
        );
    }

    /// Adds a module; none where it would have nothing in it.
    pub(super) fn add<'a>(
        &mut self,
        ((name, docs), access): ((&str, &str), Access),
        mut scope: Scope<'a>,
        allows: Vec<&'static str>,
        items: impl FnOnce(&mut Scope<'a>) -> Vec<Item>,
    ) {
        let items = items(&mut scope);
        if items.is_empty() {
            return;
        }
        self.features.extend(scope.features());
        self.push(name, docs_of(docs), access, allows, scope.uses(), items);
    }

    /// Modules that people write. Their files say themselves what they need.
    fn declare_own(&mut self, names: &[Name]) {
        let own = |name: &Name| ModuleItem {
            name: name.clone(),
            file: None,
            is_public: true,
            needs: None,
            is_by_hand: true,
        };
        self.declared.extend(names.iter().map(own));
    }

    fn add_page(&mut self, name: &str, decisions: &[Decision]) {
        if !decisions.is_empty() {
            let docs = ModuleDocs::Lines(docs::of_decisions(decisions));
            self.push(name, docs, Access::Public, Vec::new(), Vec::new(), Vec::new());
        }
    }

    pub(super) fn push(
        &mut self,
        name: &str,
        docs: ModuleDocs,
        access: Access,
        mut allows: Vec<&'static str>,
        uses: Vec<Use>,
        items: Vec<Item>,
    ) {
        if items.iter().any(is_undocumented) {
            allows.push("missing_docs");
        }
        let feature = |name: &str| Some(Condition::Feature(name.to_owned()));
        let (is_public, needs) = match access {
            Access::Public => (true, None),
            Access::Private => (false, None),
            Access::Feature(name) => (true, feature(name)),
            Access::PrivateFeature(name) => (false, feature(name)),
            Access::Needs(needs) => (true, Some(needs)),
        };
        let file = format!("{name}.rs");
        self.declared.push(ModuleItem {
            name: Name::known(name),
            file: unusual(&file),
            is_public,
            needs,
            is_by_hand: false,
        });
        self.modules.push(Module {
            file,
            known_as: scope::path(name),
            docs,
            allows,
            is_root: false,
            uses,
            items,
        });
    }

    /// Adds a folder as a module.
    pub(super) fn adopt(&mut self, name: &Name, line: &str, access: Access, mut folder: Self) {
        let prefix = name.as_str();
        folder.declared.sort_by(|a, b| a.name.cmp(&b.name));
        let items = folder.declared.into_iter().map(Item::Module).collect();
        self.push(prefix, docs_of(line), access, Vec::new(), Vec::new(), items);
        if let (Some(own), Some(declared)) = (self.modules.last_mut(), self.declared.last_mut()) {
            own.file = format!("{prefix}/mod.rs");
            declared.file = unusual(&own.file);
        }
        self.features.extend(folder.features);
        let inside = folder.modules.into_iter();
        self.modules
            .extend(inside.map(|module| Module { file: format!("{prefix}/{}", module.file), ..module }));
    }

    /// Adds exports to a module.
    pub(super) fn export(&mut self, name: &str, exports: Vec<Use>) {
        let file = format!("{name}.rs");
        let module = self.modules.iter_mut().find(|module| module.file == file);
        module.into_iter().for_each(|module| module.uses.extend(exports.iter().cloned()));
    }

    fn into_crate(mut self, docs: ModuleDocs, plan: &Plan<'_>) -> Crate {
        self.declared.sort_by(|a, b| a.name.cmp(&b.name));
        let uses = exports(plan, &self.declared, &self.features);
        // Names are those of the document, in whatever script it is written; only the whole crate can allow that.
        let is_ascii = plan.claims.all().all(|name| name.as_str().is_ascii());
        let scripts = ["confusable_idents", "mixed_script_confusables", "uncommon_codepoints"];
        let root = Module {
            file: "lib.rs".to_owned(),
            docs,
            allows: if is_ascii { Vec::new() } else { scripts.to_vec() },
            is_root: true,
            uses,
            known_as: Path(Vec::new()),
            items: self.declared.into_iter().map(Item::Module).collect(),
        };
        self.modules.insert(0, root);
        let schemas = plan.api.types.iter().filter_map(|(id, def)| {
            let path = Path(vec![Name::known("models"), plan.claims.of(*id).name.clone()]);
            Some((def.component.clone()?, path))
        });
        let has = |file: &str| self.modules.iter().any(|module| module.file == file);
        let (blocks, is_dynamic) = (has("blocking.rs"), has("dynamic.rs"));
        Crate {
            schemas: schemas.collect(),
            modules: self.modules,
            features: self.features.into_iter().collect(),
            cargo_features: cargo_features(plan, blocks, is_dynamic),
        }
    }
}

/// The compiler looks only for files whose names are ASCII.
fn unusual(file: &str) -> Option<String> {
    (!file.is_ascii()).then(|| file.to_owned())
}

/// What a manifest declares: a client and all parts by default, everything else by choice.
fn cargo_features(plan: &Plan<'_>, blocks: bool, is_dynamic: bool) -> Vec<CargoFeature> {
    let feature = |name: &str, enables: &[&str], is_default| CargoFeature {
        name: name.to_owned(),
        enables: enables.iter().map(|feature| (*feature).to_owned()).collect(),
        is_default,
        part: None,
    };
    let receives = !plan.api.receivers.is_empty();
    let mut features =
        vec![feature("client", &["runtime/client"], true), feature("server", &["runtime/server"], false)];
    features.extend(receives.then(|| feature("webhooks", &["runtime/server"], false)));
    features.extend(blocks.then(|| feature("blocking", &["client", "runtime/blocking"], false)));
    features.extend(is_dynamic.then(|| feature("dyn", &[], false)));
    let parts = plan.parts.iter().flat_map(|parts| &parts.all);
    features.extend(parts.map(|names| CargoFeature {
        part: Some(names.of_trait.clone()),
        ..feature(&names.feature, &[], true)
    }));
    features
}

fn root_docs(plan: &Plan<'_>, crate_docs: CrateDocs) -> ModuleDocs {
    match crate_docs {
        CrateDocs::Readme => ModuleDocs::File("../README.md"),
        CrateDocs::Document => ModuleDocs::Lines(docs::of_crate(plan.api)),
    }
}

/// What the crate's root exports of the runtime. One by one: other crates can switch on features of the runtime, and what
/// this crate has must not depend on them. A test reads the lists from the runtime's source.
pub(super) const EXPORTS: &[&str] = &[
    "ApiError",
    "Body",
    "Bytes",
    "CallError",
    "CallInfo",
    "ConfigError",
    "DecodeError",
    "Download",
    "Error",
    "ErrorEvent",
    "EventStream",
    "FilePart",
    "Header",
    "HeaderMap",
    "HeaderStyle",
    "InputError",
    "IoError",
    "ItemPage",
    "Items",
    "MainError",
    "Method",
    "MultipartForm",
    "NamedEvent",
    "NotImplemented",
    "Operation",
    "OtherEvents",
    "PageError",
    "Progress",
    "Records",
    "Redirect",
    "RedirectError",
    "Response",
    "Result",
    "RetryPolicy",
    "StatusCode",
    "Stream",
    "StreamError",
    "StreamEvent",
    "TimeoutPhase",
    "TooLarge",
    "UploadProgress",
    "bytes",
    "http",
    "serde_json",
    "sse",
    "wire",
];

/// The feature of the runtime that has the type of connections.
pub(super) const UPGRADE: &str = "upgrade";

/// The same for what is there with the client alone.
pub(super) const CLIENT_EXPORTS: &[&str] = &[
    "AttemptStart",
    "AuthScheme",
    "CallOptions",
    "ClientBuilder",
    "CookieStyle",
    "Hook",
    "PathStyle",
    "QueryStyle",
    "Received",
    "Report",
    "RequestBuilder",
    "ResponseFuture",
    "Server",
    "Service",
    "SignOfLife",
    "http_client_builder",
    "reqwest",
];

/// The trait, the client, and everything of the runtime, so that users need no other crate's name.
fn exports(plan: &Plan<'_>, declared: &[ModuleItem], features: &BTreeSet<&str>) -> Vec<Use> {
    let has = |name: &str| declared.iter().any(|module| module.name.as_str() == name);
    let feature = |name: &str| Some(Condition::Feature(name.to_owned()));
    let listed = |module: &str, names: Vec<Name>, needs| Use {
        is_public: true,
        needs,
        module: scope::path(module),
        names: UsedNames::Listed(names),
    };
    let mut client = vec![Name::known(client::CLIENT), plan.claims.service.clone()];
    client.extend((!plan.claims.servers.is_empty()).then(|| Name::known(client::SERVERS)));
    let mut uses = vec![listed("api", vec![Name::known(claims::API)], None)];
    if let Some(parts) = &plan.parts {
        uses.extend(split::root_exports(parts));
    }
    uses.push(listed("client", client, feature("client")));
    if has("dynamic") {
        uses.push(listed("dynamic", vec![Name::known(dynamic::DYNAMIC)], feature("dyn")));
    }
    if has("errors") {
        uses.push(listed("errors", vec![Name::known(errors::ERROR_BODY)], None));
    }
    let runtime = |names, needs| Use { is_public: true, needs, module: scope::path("runtime"), names };
    uses.push(runtime(UsedNames::Itself, None));
    uses.push(runtime(UsedNames::Listed(exported(EXPORTS)), None));
    uses.extend(
        features.contains(UPGRADE).then(|| listed("runtime::upgrade", exported(&["Upgraded"]), None)),
    );
    uses.push(runtime(UsedNames::Listed(exported(CLIENT_EXPORTS)), feature("client")));
    uses
}

fn exported(names: &[&str]) -> Vec<Name> {
    names.iter().copied().map(Name::known).collect()
}

/// Whether the document says nothing of an item or of a part of it, so that there is nothing to tell.
fn is_undocumented(item: &Item) -> bool {
    let is_silent = |head: &Head| head.docs.is_empty();
    let fields = |record: &Record| record.fields.iter().any(|field| is_silent(&field.head));
    match item {
        Item::Record(record) => is_silent(&record.head) || fields(record),
        // What is said of them is made of their names.
        Item::AlikeParams(alike) => fields(&alike.each),
        Item::TextEnum(values) => is_silent(&values.head),
        Item::Union(members) => is_silent(&members.head),
        Item::Identifier(identifier) => is_silent(&identifier.head),
        Item::Alias(alias) => is_silent(&alias.head),
        _ => false,
    }
}
