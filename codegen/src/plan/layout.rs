//! What lies in which module and file, and what the crate's root exports.

use super::scope::{self, Scope};
use super::{
    Plan, answers, blocking, client, docs, errors, forms, methods, models, params, server, webhooks,
};
use crate::names::Name;
use crate::rust::{CargoFeature, Crate, Item, Module, ModuleDocs, ModuleItem, Path, Use, UsedNames};
use crate::{CrateDocs, Decision, Options};
use std::collections::BTreeSet;

/// Makes all modules.
pub(super) fn layout(plan: &Plan<'_>, options: &Options) -> Crate {
    let models = &plan.claims.models;
    let own = |names: &[&'static str]| {
        Scope::with_own(models, names.iter().copied().map(Name::known).collect::<Vec<_>>())
    };
    let is_deprecated = plan.api.routes.iter().any(|route| route.deprecated);
    let mut files = Files::default();
    files.add(
        ("models", "What requests and responses carry.", Access::Public),
        Scope::of_models(models),
        plan.allows(models::mentions_deprecated(plan.api)),
        |scope| models::items(plan, scope),
    );
    files.add(
        ("params", "What operations take beside path and body.", Access::Public),
        Scope::with_own(models, params::names(plan)),
        plan.allows(false),
        |scope| params::items(plan, scope),
    );
    files.add(
        ("answers", "What operations answer where that depends on the status.", Access::Public),
        Scope::with_own(models, answers::names(plan)),
        plan.allows(false),
        |scope| answers::items(plan, scope),
    );
    files.add(
        ("forms", "Bodies of several parts.", Access::Public),
        Scope::with_own(models, forms::names(plan)),
        plan.allows(false),
        |scope| forms::items(plan, scope),
    );
    files.add(
        ("api", "The operations as a trait.", Access::Private),
        own(&["Api"]),
        plan.allows(is_deprecated && plan.has_walks()),
        |scope| methods::items(plan, scope),
    );
    let names = [plan.claims.service.clone(), Name::known(client::CLIENT)];
    files.add(
        ("client", "The operations over HTTP.", Access::PrivateFeature("client")),
        Scope::with_own(models, names),
        plan.allows(false),
        |scope| client::items(plan, scope),
    );
    files.add(
        ("server", "The operations behind HTTP.", Access::Feature("server")),
        own(&[server::IMPLEMENTATION]),
        plan.allows(is_deprecated),
        |scope| server::items(plan, scope),
    );
    files.add(
        ("webhooks", "What the service sends, and who receives it.", Access::Feature("webhooks")),
        own(&[webhooks::TRAIT, webhooks::ENUM, server::IMPLEMENTATION]),
        plan.allows(plan.api.receivers.iter().any(|receiver| receiver.route.deprecated)),
        |scope| webhooks::items(plan, scope),
    );
    files.add(
        ("errors", "What failed calls carry.", Access::Private),
        own(&[errors::ERROR_BODY]),
        plan.allows(false),
        |scope| errors::items(plan, scope),
    );
    if options.blocking {
        files.add(
            ("blocking", "The operations as calls that wait.", Access::Feature("blocking")),
            own(&[client::CLIENT, blocking::IMPLEMENTATION]),
            plan.allows(is_deprecated),
            |scope| blocking::items(plan, scope),
        );
    }
    files.add_page("decisions", &options.decisions);
    files.into_crate(root_docs(plan, options.docs), plan)
}

impl Plan<'_> {
    fn has_walks(&self) -> bool {
        let calls = self.api.routes.iter().flat_map(|route| &route.calls);
        calls.into_iter().any(|call| matches!(call, crate::ir::Call::AllPages(_)))
    }
}

/// Who sees a module, and when it is there.
#[derive(Clone, Copy)]
enum Access {
    Public,
    Private,
    Feature(&'static str),
    PrivateFeature(&'static str),
}

#[derive(Default)]
struct Files {
    modules: Vec<Module>,
    declared: Vec<ModuleItem>,
    /// What the runtime needs for them.
    features: BTreeSet<&'static str>,
}

impl Files {
    /// Adds a module; none where it would have nothing in it.
    fn add<'a>(
        &mut self,
        (name, docs, access): (&str, &str, Access),
        mut scope: Scope<'a>,
        allows: Vec<&'static str>,
        items: impl FnOnce(&mut Scope<'a>) -> Vec<Item>,
    ) {
        let items = items(&mut scope);
        if items.is_empty() && name != "models" {
            return;
        }
        self.features.extend(scope.features());
        self.push(name, ModuleDocs::Lines(vec![docs.to_owned()]), access, allows, scope.uses(), items);
    }

    fn add_page(&mut self, name: &str, decisions: &[Decision]) {
        if !decisions.is_empty() {
            let docs = ModuleDocs::Lines(docs::of_decisions(decisions));
            self.push(name, docs, Access::Public, Vec::new(), Vec::new(), Vec::new());
        }
    }

    fn push(
        &mut self,
        name: &str,
        docs: ModuleDocs,
        access: Access,
        allows: Vec<&'static str>,
        uses: Vec<Use>,
        items: Vec<Item>,
    ) {
        let (is_public, feature) = match access {
            Access::Public => (true, None),
            Access::Private => (false, None),
            Access::Feature(feature) => (true, Some(feature)),
            Access::PrivateFeature(feature) => (false, Some(feature)),
        };
        self.declared.push(ModuleItem { name: Name::known(name), is_public, feature });
        let file = format!("{name}.rs");
        self.modules.push(Module { file, docs, allows, is_root: false, uses, items });
    }

    fn into_crate(mut self, docs: ModuleDocs, plan: &Plan<'_>) -> Crate {
        self.declared.sort_by(|a, b| a.name.cmp(&b.name));
        let uses = exports(plan, &self.declared);
        // Names are those of the document, in whatever script it is written; only the whole crate can allow that.
        let is_ascii = plan.claims.all().all(|name| name.as_str().is_ascii());
        let scripts = ["confusable_idents", "mixed_script_confusables", "uncommon_codepoints"];
        let root = Module {
            file: "lib.rs".to_owned(),
            docs,
            allows: if is_ascii { Vec::new() } else { scripts.to_vec() },
            is_root: true,
            uses,
            items: self.declared.into_iter().map(Item::Module).collect(),
        };
        self.modules.insert(0, root);
        let schemas = plan.api.types.iter().filter_map(|(id, def)| {
            let path = Path(vec![Name::known("models"), plan.claims.of(*id).name.clone()]);
            Some((def.component.clone()?, path))
        });
        let blocks = self.modules.iter().any(|module| module.file == "blocking.rs");
        Crate {
            schemas: schemas.collect(),
            modules: self.modules,
            features: self.features.into_iter().collect(),
            cargo_features: cargo_features(plan, blocks),
        }
    }
}

/// What a manifest declares: a client by default, everything else by choice.
fn cargo_features(plan: &Plan<'_>, blocks: bool) -> Vec<CargoFeature> {
    let feature = |name: &str, enables: &[&str], is_default| CargoFeature {
        name: name.to_owned(),
        enables: enables.iter().map(|feature| (*feature).to_owned()).collect(),
        is_default,
    };
    let receives = !plan.api.receivers.is_empty();
    let mut features =
        vec![feature("client", &["runtime/client"], true), feature("server", &["runtime/server"], false)];
    features.extend(receives.then(|| feature("webhooks", &["runtime/server"], false)));
    features.extend(blocks.then(|| feature("blocking", &["client", "runtime/blocking"], false)));
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
    "HeaderMap",
    "InputError",
    "IoError",
    "ItemPage",
    "Items",
    "Method",
    "MultipartForm",
    "NamedEvent",
    "NotImplemented",
    "Operation",
    "OtherEvents",
    "PageError",
    "Progress",
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

/// The same for what is there with the client alone.
pub(super) const CLIENT_EXPORTS: &[&str] = &[
    "AttemptStart",
    "AuthScheme",
    "CallOptions",
    "ClientBuilder",
    "CookieStyle",
    "HeaderStyle",
    "Hook",
    "PathStyle",
    "QueryStyle",
    "Received",
    "Report",
    "RequestBuilder",
    "Server",
    "Service",
    "SignOfLife",
    "http_client_builder",
    "reqwest",
];

/// The trait, the client, and everything of the runtime, so that users need no other crate's name.
fn exports(plan: &Plan<'_>, declared: &[ModuleItem]) -> Vec<Use> {
    let has = |name: &str| declared.iter().any(|module| module.name.as_str() == name);
    let listed = |module: &str, names: Vec<Name>, feature| Use {
        is_public: true,
        feature,
        module: scope::path(module),
        names: UsedNames::Listed(names),
    };
    let mut client = vec![Name::known(client::CLIENT), plan.claims.service.clone()];
    client.extend((!plan.claims.servers.is_empty()).then(|| Name::known("servers")));
    let mut uses =
        vec![listed("api", vec![Name::known("Api")], None), listed("client", client, Some("client"))];
    if has("errors") {
        uses.push(listed("errors", vec![Name::known(errors::ERROR_BODY)], None));
    }
    let runtime = |names, feature| Use { is_public: true, feature, module: scope::path("runtime"), names };
    uses.push(runtime(UsedNames::Itself, None));
    uses.push(runtime(UsedNames::Listed(exported(EXPORTS)), None));
    uses.push(runtime(UsedNames::Listed(exported(CLIENT_EXPORTS)), Some("client")));
    uses
}

fn exported(names: &[&str]) -> Vec<Name> {
    names.iter().copied().map(Name::known).collect()
}
