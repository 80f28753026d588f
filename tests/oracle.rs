//! The generator reads documents with a tree of its own, because it needs the place of everything. `openapiv3` reads them
//! independently; both must find the same operations, parameters and schemas.

use crate::{own_spec, specs};
use codegen::diagnostics::Effect;
use codegen::{Options, Source, ir};
use openapiv3::{OpenAPI, ReferenceOr};
use std::collections::BTreeSet;

#[test]
fn both_readers_find_the_same() {
    let mut documents = vec![("maiagent".to_owned(), own_spec())];
    documents.extend(specs("accept").into_iter().filter(|(_, text)| text.contains("openapi: 3.0")));
    let mut compared = 0;
    for (name, text) in documents {
        let theirs: OpenAPI = serde_yaml::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
        let output = codegen::generate(Source { name: &name, text: &text }, &Options::default()).unwrap();
        // What is left out has a warning that says so.
        if output.warnings.counts().contains_key(&Effect::LeftOut) {
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
    api.routes.iter().map(|route| (method(route), route.path.clone(), count(route))).collect()
}

fn routes_of(document: &OpenAPI) -> BTreeSet<Route> {
    let mut routes = BTreeSet::new();
    for (path, item) in document.paths.iter() {
        let item = item.as_item().unwrap();
        for (method, operation) in item.iter() {
            let mut names = BTreeSet::new();
            for parameter in item.parameters.iter().chain(&operation.parameters) {
                names.insert(parameter_name(document, parameter));
            }
            routes.insert((method.to_owned(), path.clone(), names.len()));
        }
    }
    routes
}

fn parameter_name(document: &OpenAPI, parameter: &ReferenceOr<openapiv3::Parameter>) -> String {
    match parameter {
        ReferenceOr::Item(parameter) => parameter.parameter_data_ref().name.clone(),
        ReferenceOr::Reference { reference } => {
            let name = reference.rsplit('/').next().unwrap();
            let parameters = &document.components.as_ref().unwrap().parameters;
            parameters[name].as_item().unwrap().parameter_data_ref().name.clone()
        }
    }
}
