//! The generator reads documents with a tree of its own, because it needs the place of everything. `openapiv3` reads them
//! independently; both must find the same operations, parameters and schemas.

use crate::{own_spec, specs};
use codegen::diagnostics::Effect;
use codegen::{Options, Source, ir};
use openapiv3::{OpenAPI, Parameter, ReferenceOr};
use std::collections::BTreeSet;

#[test]
fn both_readers_find_the_same() {
    let mut documents = vec![("maiagent".to_owned(), own_spec())];
    documents.extend(specs("accept").into_iter().filter(|(_, text)| {
        // It does not merge.
        text.contains("openapi: 3.0") && !text.contains("<<:")
    }));
    let mut compared = 0;
    for (name, text) in documents {
        let output = codegen::generate(Source { name: &name, text: &text }, &Options::default()).unwrap();
        let theirs: OpenAPI = match serde_yaml::from_str(&text) {
            Ok(theirs) => theirs,
            // It takes no document with a fault in it; of each fault we have to say something, too.
            Err(error) => {
                assert!(!output.warnings.is_empty(), "{name}: {error}");
                continue;
            }
        };
        // What is left out, and what is added, has a warning that says so.
        let added = output.warnings.iter().any(|warning| warning.label == "taken for text");
        if added || output.warnings.counts().contains_key(&Effect::LeftOut) {
            continue;
        }
        let ours = output.api;
        assert_eq!(routes_of(&theirs), routes(&ours), "{name}");
        let schemas = theirs.components.as_ref().map_or(0, |components| components.schemas.len());
        assert!(ours.types.len() >= schemas, "{name}: {} types for {schemas} schemas", ours.types.len());
        compared += 1;
    }
    println!("{compared} documents compared");
    assert!(compared > 30);
}

/// Method, path and number of parameters.
type Route = (String, String, usize);

fn routes(api: &ir::Api) -> BTreeSet<Route> {
    let count = |route: &ir::Route| route.path_params.len() + route.params.len();
    let method = |route: &ir::Route| format!("{:?}", route.method).to_lowercase();
    api.operations().map(|route| (method(route), route.path.clone(), count(route))).collect()
}

fn routes_of(document: &OpenAPI) -> BTreeSet<Route> {
    let mut routes = BTreeSet::new();
    for (path, item) in document.paths.iter() {
        let item = item.as_item().unwrap();
        for (method, operation) in item.iter() {
            let mut names = BTreeSet::new();
            for parameter in item.parameters.iter().chain(&operation.parameters) {
                names.insert(parameter_key(document, parameter));
            }
            routes.insert((method.to_owned(), path.clone(), names.len()));
        }
    }
    routes
}

/// Where a parameter goes, and its name: that of a header is the same in capitals.
fn parameter_key(document: &OpenAPI, parameter: &ReferenceOr<Parameter>) -> (&'static str, String) {
    let parameter = match parameter {
        ReferenceOr::Item(parameter) => parameter,
        ReferenceOr::Reference { reference } => {
            let name = reference.rsplit('/').next().unwrap();
            document.components.as_ref().unwrap().parameters[name].as_item().unwrap()
        }
    };
    let name = parameter.parameter_data_ref().name.clone();
    match parameter {
        Parameter::Query { .. } => ("query", name),
        Parameter::Header { .. } => ("header", name.to_lowercase()),
        Parameter::Path { .. } => ("path", name),
        Parameter::Cookie { .. } => ("cookie", name),
    }
}
