//! Every identifier that generated code uses, as a name in a document: as a schema, a property, an operation, parameters in
//! path, query and header, and an enum value.

use crate::compiled::Compiled;
use crate::{own_spec, specs};
use codegen::{Options, Source, Tree};
use proc_macro2::{TokenStream, TokenTree};
use std::collections::BTreeSet;
use std::fmt::Write as _;

/// What the generated files of our documents mention, whether they import, define or borrow it, without what is the document's own.
fn identifiers() -> BTreeSet<String> {
    let mut texts = specs("accept");
    texts.push(("own".to_owned(), own_spec()));
    let mut all = BTreeSet::new();
    for (name, text) in texts {
        let words: BTreeSet<String> =
            text.split(|c: char| !c.is_alphanumeric() && !"_-".contains(c)).map(letters).collect();
        let mut found = BTreeSet::new();
        for file in generate(&name, &text).values() {
            collect(file.parse().unwrap(), &mut found);
        }
        all.extend(found.into_iter().filter(|name| name.is_ascii() && !words.contains(&letters(name))));
    }
    all
}

/// A name without the marks that its case brings: `pet-name`, `petName` and `PET_NAME` are one.
fn letters(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

fn collect(tokens: TokenStream, found: &mut BTreeSet<String>) {
    for token in tokens {
        match token {
            TokenTree::Ident(ident) => {
                found.insert(ident.to_string().trim_start_matches("r#").to_owned());
            }
            TokenTree::Group(group) => collect(group.stream(), found),
            TokenTree::Punct(_) | TokenTree::Literal(_) => {}
        }
    }
}

fn generate(name: &str, text: &str) -> Tree {
    let source = Source { name, text };
    match codegen::generate(source, &Options::default()) {
        Ok(output) => output.tree,
        Err(problems) => panic!("{}", problems.render(source, codegen::Colour::Plain)),
    }
}

/// Each name in every role, all in one document. Half of the operations have bodies, which brings setters along.
fn document(names: &[&String]) -> String {
    let mut paths = String::new();
    let mut schemas = String::new();
    let mut properties = String::new();
    let mut webhooks = String::new();
    for (index, name) in names.iter().enumerate() {
        let reference = format!("$ref: '#/components/schemas/{name}'");
        let verb = if index % 2 == 0 { "get" } else { "post" };
        let body = match verb {
            "get" => String::new(),
            _ => format!(
                "      requestBody: {{ content: {{ application/json: {{ schema: {{ {reference} }} }} }} }}\n"
            ),
        };
        let _ = write!(
            paths,
            "  /a{index}/{{{name}}}/:\n    {verb}:\n      operationId: '{name}'\n      parameters:\n\
             \x20     - {{ name: '{name}', in: path, required: true, schema: {{ {reference} }} }}\n\
             \x20     - {{ name: '{name}', in: query, schema: {{ type: string, default: x }} }}\n\
             \x20     - {{ name: 'h{name}', in: header, schema: {{ type: integer }} }}\n{body}\
             \x20     responses: {{ '200': {{ description: Done., content: {{ application/json: {{ schema: \
             {{ type: array, items: {{ {reference} }} }} }} }} }} }}\n",
        );
        let _ = write!(
            webhooks,
            "  '{name}':\n    post:\n      parameters: [{{ name: '{name}', in: query, schema: {{ type: string }} }}]\n\
             \x20     requestBody: {{ required: true, content: {{ application/json: {{ schema: {{ {reference} }} }} }} }}\n\
             \x20     responses: {{ '200': {{ description: Taken. }} }}\n",
        );
        // Objects, identifiers, enums and aliases in turn.
        let schema = match index % 4 {
            0 => {
                format!("{{ type: object, properties: {{ '{name}': {{ type: string, nullable: true }} }} }}")
            }
            1 => "{ type: string }".to_owned(),
            2 => format!("{{ type: string, enum: ['{name}', other] }}"),
            _ => "{ type: array, items: { type: integer } }".to_owned(),
        };
        let _ = writeln!(schemas, "    '{name}': {schema}");
        let _ = writeln!(properties, "        '{name}': {{ {reference} }}");
    }
    format!(
        "openapi: 3.0.3\ninfo: {{ title: Test, version: '1' }}\npaths:\n{paths}\
         \x20 /all/:\n    post:\n      operationId: sendAllOfThem\n\
         \x20     requestBody: {{ required: true, content: {{ application/json: {{ schema: {{ $ref: '#/components/schemas/AllOfThem' }} }} }} }}\n\
         \x20     responses: {{ '200': {{ description: Done., content: {{ application/json: {{ schema: {{ $ref: '#/components/schemas/AllOfThem' }} }} }} }} }}\n\
         x-webhooks:\n{webhooks}components:\n  schemas:\n{schemas}    AllOfThem:\n      type: object\n      properties:\n{properties}\
         \x20   OneOfThem: {{ type: string, enum: [{}] }}\n",
        names.iter().map(|name| format!("'{name}'")).collect::<Vec<_>>().join(", "),
    )
}

#[test]
fn every_identifier_of_generated_code_is_a_name_that_a_document_may_use() {
    let names = identifiers();
    let all: Vec<&String> = names.iter().collect();
    let whole = generate("all.yaml", &document(&all));
    // What one name forces upon another shows only where that one is absent.
    let (mut even, mut odd) = (Vec::new(), Vec::new());
    for (index, name) in all.iter().enumerate() {
        if index % 2 == 0 { even.push(*name) } else { odd.push(*name) }
    }
    let (even, odd) = (generate("even.yaml", &document(&even)), generate("odd.yaml", &document(&odd)));
    let compiled = Compiled::new("identifiers", [("whole", &whole), ("even", &even), ("odd", &odd)]);
    compiled.cargo(&["check", "--quiet"]);
    println!("{} identifiers, each as a schema, property, operation, parameters and enum value", names.len());
    assert!(names.len() > 300, "{}", names.len());
}

/// A method of the client itself would win over an operation of the same name, silently.
#[test]
fn no_operation_is_hidden_by_a_method_of_the_client() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut own = BTreeSet::new();
    for entry in std::fs::read_dir(root.join("runtime/src")).unwrap().map(|entry| entry.unwrap().path()) {
        if entry.extension().is_none_or(|extension| extension != "rs") {
            continue;
        }
        let file = syn::parse_file(&std::fs::read_to_string(&entry).unwrap()).unwrap();
        for item in file.items {
            let syn::Item::Impl(block) = item else { continue };
            let syn::Type::Path(of) = &*block.self_ty else { continue };
            if block.trait_.is_some() || of.path.segments.last().is_none_or(|last| last.ident != "Client") {
                continue;
            }
            own.extend(block.items.iter().filter_map(|item| match item {
                syn::ImplItem::Fn(method) if matches!(method.vis, syn::Visibility::Public(_)) => {
                    Some(method.sig.ident.to_string())
                }
                _ => None,
            }));
        }
    }
    assert!(own.contains("request") && own.contains("builder"), "{own:?}");
    for name in &own {
        let document = format!(
            "openapi: 3.0.3\ninfo: {{ title: Test, version: '1' }}\npaths:\n  /a:\n    get: {{ operationId: {name}, \
             responses: {{ '204': {{ description: Done. }} }} }}\n"
        );
        let tree = generate("own.yaml", &document);
        assert!(!tree["api.rs"].contains(&format!("fn {name}(")), "`{name}` must be reserved");
    }
}

/// A title becomes a type at the root of the crate, where other names are.
#[test]
fn a_document_may_have_any_title() {
    const TITLES: &[&str] =
        &["API", "Client", "Error body", "Error", "Service", "Server", "Result", "servers", "名稱", "1"];
    let trees: Vec<(String, Tree)> = TITLES
        .iter()
        .enumerate()
        .map(|(index, title)| {
            let document = format!(
                "openapi: 3.0.3\ninfo: {{ title: '{title}', version: '1' }}\nservers: [{{ url: 'https://x.example' }}]\n\
                 paths:\n  /a/{{id}}:\n    get:\n      operationId: getA\n      parameters: [{{ name: id, in: path, \
                 required: true, schema: {{ type: string }} }}]\n      responses: {{ '204': {{ description: Done. }}, \
                 default: {{ description: Wrong., content: {{ application/json: {{ schema: {{ type: object, \
                 properties: {{ detail: {{ type: string }} }} }} }} }} }} }}\n"
            );
            (format!("title{index}"), generate(title, &document))
        })
        .collect();
    let compiled = Compiled::new("titles", trees.iter().map(|(name, tree)| (name.as_str(), tree)));
    compiled.cargo(&["check", "--quiet"]);
}
