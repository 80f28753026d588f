//! Names of the surface that depend on more than the item itself.

use codegen::{Options, Output, Source};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

fn generate(paths: &str) -> Output {
    let text = format!("openapi: 3.0.3\ninfo: {{ title: Test, version: '1' }}\npaths:\n{paths}");
    let source = Source { name: "test.yaml", text: &text };
    match codegen::generate(source, &Options::default()) {
        Ok(output) => output,
        Err(problems) => panic!("{}", problems.render(source, codegen::Colour::Plain)),
    }
}

/// What a module of a crate exports of another one, with the feature that it needs.
fn exports(file: &str, is_listed: fn(&str) -> bool) -> BTreeMap<String, Option<String>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join(file);
    let parsed = syn::parse_file(&fs::read_to_string(path).unwrap()).unwrap();
    let mut found = BTreeMap::new();
    for item in parsed.items {
        let (attributes, names) = match item {
            syn::Item::Use(used) if matches!(used.vis, syn::Visibility::Public(_)) => {
                let (first, names) = split(&used.tree);
                if !is_listed(&first) {
                    continue;
                }
                (used.attrs, names)
            }
            syn::Item::Mod(module)
                if is_listed("mod") && matches!(module.vis, syn::Visibility::Public(_)) =>
            {
                (module.attrs, vec![module.ident.to_string()])
            }
            _ => continue,
        };
        let feature = attributes.iter().find(|attribute| attribute.path().is_ident("cfg"));
        let feature = feature.map(|attribute| attribute.meta.require_list().unwrap().tokens.to_string());
        found.extend(names.into_iter().map(|name| (name, feature.clone())));
    }
    found
}

/// The first segment of a path, and the names that it ends with.
fn split(tree: &syn::UseTree) -> (String, Vec<String>) {
    fn names(tree: &syn::UseTree, parent: &str) -> Vec<String> {
        match tree {
            syn::UseTree::Path(path) => names(&path.tree, &path.ident.to_string()),
            syn::UseTree::Name(name) if name.ident == "self" => vec![parent.to_owned()],
            syn::UseTree::Name(name) => vec![name.ident.to_string()],
            syn::UseTree::Group(group) => group.items.iter().flat_map(|item| names(item, parent)).collect(),
            _ => panic!("neither renamed nor a glob, so that a reader sees what there is"),
        }
    }
    let first = match tree {
        syn::UseTree::Path(path) => path.ident.to_string(),
        syn::UseTree::Name(name) => name.ident.to_string(),
        _ => panic!("no path"),
    };
    (first, names(tree, ""))
}

#[test]
fn the_root_exports_everything_of_the_runtime_that_it_has_no_own_of() {
    let mut runtime = exports("runtime/src/lib.rs", |_| true);
    // The crate has clients of its own, what generated models and routers are made of stands in their modules, and no
    // operation changes the protocol.
    for own in ["Client", "blocking", "derive", "server", "upgrade"] {
        runtime.remove(own).unwrap();
    }
    // Without the client no operation of the crate mentions them.
    for style in ["CookieStyle", "PathStyle", "QueryStyle"] {
        runtime.insert(style.to_owned(), Some("feature = \"client\"".to_owned())).unwrap();
    }
    let mut root = exports("generated/src/lib.rs", |first| first == "runtime");
    root.remove("runtime").unwrap();
    assert_eq!(root, runtime);
}

#[test]
fn a_title_is_none_of_the_names_at_the_root() {
    for title in ["Stream", "Client", "Operation", "ErrorBody", "Http Client"] {
        let text = format!("openapi: 3.0.3\ninfo: {{ title: {title}, version: '1' }}\npaths: {{}}");
        let output = codegen::generate(Source { name: "t.yaml", text: &text }, &Options::default()).unwrap();
        let name = title.replace(' ', "");
        let expected = if title.contains(' ') { name } else { format!("{name}Marker") };
        assert!(output.tree["client.rs"].contains(&format!("pub struct {expected};")), "{title}");
    }
}

/// An operation that gets pages.
fn pages(id: &str) -> String {
    format!(
        "  /{id}:
    get:
      operationId: {id}
      x-pagination: {{ style: cursor, items: results, next-link: next, parameter: cursor }}
      parameters: [{{ name: cursor, in: query, schema: {{ type: string }} }}]
      responses: {{ '200': {{ description: A page., content: {{ application/json: {{ schema: {{ type: object, \
         required: [results], properties: {{ next: {{ type: string, nullable: true }}, \
         results: {{ type: array, items: {{ type: string }} }} }} }} }} }} }} }}
"
    )
}

#[test]
fn a_walk_that_finds_its_name_taken_is_called_after_all_of_its_operation() {
    let walks = |ids: &[&str]| {
        let paths: String = ids.iter().map(|id| pages(id)).collect();
        let api = generate(&paths).tree["api.rs"].clone();
        let names = api.lines().filter_map(|line| line.trim().strip_prefix("fn all_")?.split('<').next());
        names.map(|name| format!("all_{name}")).collect::<Vec<_>>()
    };
    assert_eq!(walks(&["getThings"]), ["all_things"]);
    assert_eq!(walks(&["listThings"]), ["all_things"]);
    assert_eq!(walks(&["listThings", "getThings"]), ["all_things", "all_get_things"]);
    assert_eq!(
        walks(&["getThings", "listThings", "fetchThings"]),
        ["all_get_things", "all_things", "all_fetch_things"]
    );
}

#[test]
fn a_name_that_several_answers_have_is_a_link_to_none() {
    let output = generate(
        "  /things:
    post:
      operationId: createThing
      description: The `shared` and the `whole`.
      responses:
        '200':
          description: Done.
          content:
            application/json: { schema: { type: object, properties: { shared: { type: string }, whole: { type: string } } } }
            text/event-stream: { schema: { type: object, properties: { shared: { type: string } } } }
",
    );
    assert!(
        output.tree["api.rs"].contains("/// The `shared` and the [`whole`]."),
        "{}",
        output.tree["api.rs"]
    );
}

/// Two operations whose errors have the same status, and a body each.
const TWO_ERRORS: &str = "  /one:
    get:
      operationId: one
      responses:
        '204': { description: Done. }
        '400': { description: Wrong., content: { application/json: { schema: { title: Short, type: object, required: [short], properties: { short: { type: string } } } } } }
        '404': { description: None., content: { application/json: { schema: { type: array, items: { type: string } } } } }
  /two:
    get:
      operationId: two
      responses:
        '204': { description: Done. }
        '400': { description: Wrong., content: { application/json: { schema: { title: Long, type: object, required: [long], properties: { long: { type: string } } } } } }
";

#[test]
fn errors_on_which_operations_do_not_agree_are_told_apart_by_the_operation() {
    let errors = generate(TWO_ERRORS).tree["errors.rs"].clone();
    assert!(errors.contains("(400, Some((\"GET\", \"/one\"))) =>"), "{errors}");
    assert!(errors.contains("(400, Some((\"GET\", \"/two\"))) =>"), "{errors}");
    assert!(errors.contains("(404, _) =>"), "{errors}");
    assert!(errors.contains("/// Carried by `400` of some operations."), "{errors}");
}

#[test]
fn problems_of_a_request_as_a_whole_have_the_name_that_the_document_gives_them() {
    let document = |schema: &str| {
        format!(
            "  /one:
    get:
      operationId: one
      responses:
        '204': {{ description: Done. }}
        '400': {{ description: Wrong., content: {{ application/json: {{ schema: {schema} }} }} }}
"
        )
    };
    let map = "{ type: object, x-general-problems: whole, additionalProperties: { type: array, items: { type: string } } }";
    assert!(generate(&document(map)).tree["server.rs"].contains(".general_problems(\"whole\")"));
    let text = format!(
        "openapi: 3.0.3\ninfo: {{ title: Test, version: '1' }}\npaths:\n{}",
        document("{ type: object, x-general-problems: whole, properties: { detail: { type: string } } }")
    );
    let source = Source { name: "test.yaml", text: &text };
    let problems = codegen::generate(source, &Options::default()).unwrap_err();
    let said = problems.render(source, codegen::Colour::Plain);
    assert!(said.contains("`x-general-problems` belongs to a map of problems by name"), "{said}");
}

#[test]
fn errors_of_nearly_all_operations_are_told_at_the_trait() {
    let operation = |at: usize, error: &str| {
        let paths = format!("  /p{at}:\n    get:\n      operationId: op{at}\n      responses:\n");
        let answer = |(status, schema)| {
            format!(
                "        '{status}': {{ description: x, content: {{ application/json: {{ schema: {schema} }} }} }}\n"
            )
        };
        paths
            + "        '204': { description: Done. }\n"
            + &error.split_once(' ').map(answer).unwrap_or_default()
    };
    let usual = "4XX { $ref: '#/components/schemas/Fault' }";
    let mut text: String = (0..18).map(|at| operation(at, usual)).collect();
    text += &operation(18, "");
    text += &operation(19, "404 { type: object, properties: { missing: { type: string } } }");
    text +=
        "components:\n  schemas:\n    Fault: { type: object, properties: { detail: { type: string } } }\n";
    let api = generate(&text).tree["api.rs"].replace("///", "");
    let words = api.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains("What the server then says is an [`ErrorBody`]: `4XX` with [`Fault`]."), "{api}");
    assert_eq!(words.matches("Errors: ").count(), 2, "{api}");
    assert!(words.contains("Errors: none that the document declares. `GET /p18`"), "{api}");
    assert!(words.contains("Errors: only `404` with [`Op19Error404`]. `GET /p19`"), "{api}");
}
