//! The promise: what may change in a document without breaking a user's build, and what may not. A program that calls,
//! builds, matches and implements is compiled against the document before and after each change.

use codegen::{Options, Source};
use std::fs;
use std::path::Path;
use std::process::Command;

const BEFORE: &str = "
openapi: 3.0.3
info: { title: Shop, version: '1' }
servers: [{ url: 'https://shop.example/api' }]
paths:
  /items/:
    post:
      operationId: createItem
      tags: [items]
      parameters: [{ name: dry, in: query, schema: { type: boolean } }, { name: note, in: query, schema: { type: string } }]
      requestBody: { required: true, content: { application/json: { schema: { $ref: '#/components/schemas/NewItem' } } } }
      responses:
        '201': { description: Done., content: { application/json: { schema: { $ref: '#/components/schemas/Item' } } } }
        '400': { description: Wrong., content: { application/json: { schema: { $ref: '#/components/schemas/Problem' } } } }
    get:
      operationId: listItems
      parameters: [{ name: cursor, in: query, schema: { type: string } }]
      responses:
        '200': { description: A page., content: { application/json: { schema: { $ref: '#/components/schemas/Page' } } } }
        '400': { description: Wrong., content: { application/json: { schema: { $ref: '#/components/schemas/Problem' } } } }
  /items/{id}/:
    get:
      operationId: getItem
      parameters: [{ name: id, in: path, required: true, schema: { $ref: '#/components/schemas/ItemId' } }]
      responses:
        '200': { description: One., content: { application/json: { schema: { $ref: '#/components/schemas/Item' } } } }
components:
  schemas:
    ItemId: { type: string }
    NewItem:
      type: object
      required: [name, place]
      properties:
        place: { type: string }
        name: { type: string }
        kind: { $ref: '#/components/schemas/Kind' }
        gift: { $ref: '#/components/schemas/Gift' }
        until: { type: string, nullable: true }
        size: { type: integer, default: 4 }
    Item:
      type: object
      required: [id, name]
      properties: { name: { type: string }, id: { $ref: '#/components/schemas/ItemId' }, kind: { $ref: '#/components/schemas/Kind' } }
    Page: { type: object, required: [results], properties: { next: { type: string, nullable: true }, results: { type: array, items: { $ref: '#/components/schemas/Item' } } } }
    Kind: { type: string, enum: [small, large] }
    Gift:
      oneOf: [{ $ref: '#/components/schemas/Card' }, { $ref: '#/components/schemas/Bow' }]
      discriminator: { propertyName: type }
    Card: { type: object, required: [type, text], properties: { type: { type: string }, text: { type: string } } }
    Bow: { type: object, required: [type], properties: { type: { type: string } } }
    Problem: { type: object, required: [detail], properties: { detail: { type: string } } }
";

const USER: &str = r#"
#![allow(deprecated)]
use shop::models::{Card, Gift, Item, ItemId, Kind, NewItem, Page};
use shop::params::{CreateItem, ListItems};
use shop::{Api, Client, Error, ErrorBody, Response, Result};

pub async fn order(api: &impl Api) -> Result<Item> {
    let item = NewItem::new("bell", "shelf").kind(Kind::Small).gift(Gift::Card(Card::new("For you"))).until_null();
    let _: i64 = item.size_or_default();
    let stored = api.create_item(&CreateItem::default().dry(true).note("now"), &item).await?.into_body();
    match &stored.kind {
        Some(Kind::Small | Kind::Large) | None => Ok(stored),
        Some(other) => panic!("{other} {}", other.as_str()),
    }
}

pub async fn all(client: &Client) -> Result<Vec<Item>> {
    let page: Page = client.list_items(&ListItems::default().cursor("a")).await?.into_body();
    let _: Item = client.get_item(&ItemId::from("i1")).await?.into_body();
    drop(page.next);
    Ok(page.results)
}

pub fn why(error: &Error) -> String {
    match ErrorBody::from_error(error) {
        Some(ErrorBody::Problem(problem)) => problem.detail,
        _ => error.to_string(),
    }
}

pub fn text(gift: &Gift) -> &str {
    match gift {
        Gift::Card(card) => &card.text,
        _ => "",
    }
}

pub struct Fake;

impl Api for Fake {
    async fn create_item(&self, _: &CreateItem, body: &NewItem) -> Result<Response<Item>> {
        Ok(Item::new("i1", body.name.clone()).into())
    }
}
"#;

/// What may change: its name, a text of the document, what stands there afterwards.
const HARMLESS: &[(&str, &str, &str)] = &[
    (
        "an optional property of a request",
        "        place: { type: string }",
        "        place: { type: string }\n        colour: { type: string, nullable: true }",
    ),
    (
        "an optional property of an answer",
        "properties: { name: { type: string }, id",
        "properties: { name: { type: string }, weight: { type: number }, id",
    ),
    (
        "a default of an optional property",
        "kind: { $ref: '#/components/schemas/Kind' }\n        gift",
        "kind: { allOf: [{ $ref: '#/components/schemas/Kind' }], default: small }\n        gift",
    ),
    (
        "properties called like methods of others",
        "        place: { type: string }\n",
        "        place: { type: string }\n        until_null: { type: string }\n        size_or_default: { type: string }\n",
    ),
    ("an enum value", "[small, large]", "[small, huge, large]"),
    ("an enum value called like the catch-all", "[small, large]", "[unknown, small, large]"),
    ("a member of a union", "oneOf: [{ $ref", "oneOf: [{ $ref: '#/components/schemas/Problem' }, { $ref"),
    (
        "an operation",
        "  /items/{id}/:\n",
        "  /items/new/:\n    get: { operationId: getNew, responses: { '204': { description: None. } } }\n  /items/{id}/:\n",
    ),
    ("a tag", "tags: [items]", "tags: [things, items]"),
    (
        "another success with the same body",
        "        '201': {",
        "        '200': { description: Known., content: { application/json: { schema: { $ref: '#/components/schemas/Item' } } } }\n        '201': {",
    ),
    (
        "an error body",
        "        '201': {",
        "        '409': { description: There already., content: { application/json: { schema: { $ref: '#/components/schemas/Item' } } } }\n        '201': {",
    ),
    (
        "an operation whose errors look different",
        "  /items/{id}/:\n",
        "  /items/last/:\n    get: { operationId: getLast, responses: { '204': { description: None. }, '400': { description: Wrong., content: { application/json: { schema: { $ref: '#/components/schemas/Item' } } } } } }\n  /items/{id}/:\n",
    ),
    (
        "an optional query parameter",
        "[{ name: dry",
        "[{ name: trace, in: query, schema: { type: string } }, { name: dry",
    ),
    (
        "an optional header",
        "[{ name: cursor",
        "[{ name: size, in: query, schema: { type: integer } }, { name: cursor",
    ),
    (
        "the order of parameters",
        "[{ name: dry, in: query, schema: { type: boolean } }, { name: note, in: query, schema: { type: string } }]",
        "[{ name: note, in: query, schema: { type: string } }, { name: dry, in: query, schema: { type: boolean } }]",
    ),
    (
        "the order of properties",
        "        place: { type: string }\n        name: { type: string }",
        "        name: { type: string }\n        place: { type: string }",
    ),
    ("the order of required properties", "required: [name, place]", "required: [place, name]"),
    (
        "the order of a union",
        "oneOf: [{ $ref: '#/components/schemas/Card' }, { $ref: '#/components/schemas/Bow' }]",
        "oneOf: [{ $ref: '#/components/schemas/Bow' }, { $ref: '#/components/schemas/Card' }]",
    ),
    (
        "the order of schemas",
        "    ItemId: { type: string }\n",
        "    Added: { type: object, properties: { a: { type: string } } }\n    ItemId: { type: string }\n",
    ),
    (
        "a schema called like an operation",
        "    ItemId: { type: string }\n",
        "    CreateItem: { type: object, properties: { a: { type: string } } }\n    ListItems: { type: string }\n    ItemId: { type: string }\n",
    ),
    (
        "a schema called like what generated code imports",
        "    ItemId: { type: string }\n",
        "    Routes: { type: string }\n    Response: { type: string }\n    Client: { type: string }\n    ItemId: { type: string }\n",
    ),
    (
        "pages to walk",
        "operationId: listItems",
        "operationId: listItems\n      x-pagination: { style: cursor, items: results, next-link: next, parameter: cursor }",
    ),
    ("a limit", "place: { type: string }", "place: { type: string, maxLength: 9 }"),
    (
        "a further spelling",
        "        place: { type: string }",
        "        place: { type: string, x-aliases: [where] }",
    ),
    ("deprecation", "operationId: getItem", "operationId: getItem\n      deprecated: true"),
    ("another server", "servers: [", "servers: [{ url: 'https://new.example/api' }, "),
    (
        "a description",
        "operationId: getItem",
        "operationId: getItem\n      description: Of `NewItem` and `createItem`.",
    ),
    (
        "an event stream beside an answer",
        "'201': { description: Done., content: {",
        "'201': { description: Done., content: { text/event-stream: { schema: { $ref: '#/components/schemas/Item' } },",
    ),
];

/// What may not.
const BREAKING: &[(&str, &str, &str)] = &[
    ("a required property of a request", "required: [name, place]", "required: [name, place, kind]"),
    ("the type of a property", "name: { type: string }, id", "name: { type: integer }, id"),
    ("the name of an operation", "operationId: getItem", "operationId: readItem"),
    ("the name of a schema", "ItemId", "ThingId"),
    ("an enum value that goes", "[small, large]", "[small]"),
    (
        "the first parameter of an operation",
        "parameters: [{ name: id, in: path",
        "parameters: [{ name: trace, in: query, schema: { type: string } }, { name: id, in: path",
    ),
];

#[test]
fn what_may_change_without_breaking_a_users_build() {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("target/evolution");
    let _ = fs::remove_dir_all(workspace.join("crates"));
    add(&workspace, "h00", BEFORE);
    let mut everything = BEFORE.to_owned();
    for (index, (what, before, after)) in HARMLESS.iter().enumerate() {
        assert!(BEFORE.contains(before), "{what}");
        add(&workspace, &format!("h{:02}", index + 1), &BEFORE.replacen(before, after, 1));
        if everything.contains(before) {
            everything = everything.replacen(before, after, 1);
        }
    }
    add(&workspace, "h99", &everything);
    for (index, (what, before, after)) in BREAKING.iter().enumerate() {
        assert!(BEFORE.contains(before), "{what}");
        add(&workspace, &format!("b{index:02}"), &BEFORE.replace(before, after));
    }
    let failed = check(&workspace);
    let expected: Vec<String> = (0..BREAKING.len()).map(|index| format!("b{index:02}")).collect();
    let name = |id: &String| {
        let index: usize = id[1..].parse().unwrap();
        let list = if id.starts_with('b') { BREAKING } else { HARMLESS };
        list.get(index.wrapping_sub(usize::from(id.starts_with('h'))))
            .map_or("all together", |(what, ..)| what)
    };
    let named: Vec<&str> = failed.iter().map(name).collect();
    assert_eq!(failed, expected, "{named:?}");
    println!("{} changes break no build, nor do all together; {} do", HARMLESS.len(), BREAKING.len());
}

/// A crate made of the document, and one of the user's program that depends on it.
fn add(workspace: &Path, id: &str, document: &str) {
    let source = Source { name: id, text: document };
    let output = match codegen::generate(source, &Options::default()) {
        Ok(output) => output,
        Err(problems) => panic!("{}", problems.render(source, codegen::Colour::Plain)),
    };
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let folder = workspace.join("crates");
    let (shop, user) = (folder.join(format!("shop-{id}")), folder.join(format!("user-{id}")));
    fs::create_dir_all(shop.join("src")).unwrap();
    fs::create_dir_all(user.join("src")).unwrap();
    for (path, text) in &output.tree {
        fs::write(shop.join("src").join(path), text).unwrap();
    }
    let runtime = root.join("runtime").display().to_string().replace('\\', "/");
    let features =
        "[features]\nclient = [\"runtime/client\"]\nserver = [\"runtime/server\"]\ndefault = [\"client\"]\n";
    let dependencies =
        format!("runtime = {{ package = \"specwright-runtime\", path = \"{runtime}\" }}\nserde = \"1\"\n");
    let manifest = format!("{}{features}[dependencies]\n{dependencies}", package("shop", id));
    fs::write(shop.join("Cargo.toml"), manifest).unwrap();
    let dependency = format!("shop = {{ package = \"shop-{id}\", path = \"../shop-{id}\" }}\n");
    fs::write(user.join("Cargo.toml"), format!("{}[dependencies]\n{dependency}", package("user", id)))
        .unwrap();
    fs::write(user.join("src/lib.rs"), USER).unwrap();
}

fn package(name: &str, id: &str) -> String {
    format!("[package]\nname = \"{name}-{id}\"\nversion = \"0.0.0\"\nedition = \"2024\"\n")
}

/// The ids of programs that do not compile.
fn check(workspace: &Path) -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    fs::write(workspace.join("Cargo.toml"), "[workspace]\nresolver = \"3\"\nmembers = [\"crates/*\"]\n")
        .unwrap();
    fs::copy(root.join("Cargo.lock"), workspace.join("Cargo.lock")).unwrap();
    let output = Command::new(env!("CARGO"))
        .args(["check", "--quiet", "--workspace", "--keep-going", "--message-format=short"])
        .current_dir(workspace)
        .env("CARGO_TARGET_DIR", root.join("target"))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let lines = said.lines().filter_map(|line| line.strip_prefix("error: could not compile `"));
    let mut failed: Vec<String> =
        lines.filter_map(|line| line.split('`').next()?.strip_prefix("user-").map(str::to_owned)).collect();
    failed.sort();
    assert!(!said.contains("`shop-"), "{said}");
    failed
}
