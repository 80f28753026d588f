//! A document grows by an optional property, an optional parameter and an enum value; a user's program still compiles.

use codegen::{Options, Source};
use std::fs;
use std::path::Path;
use std::process::Command;

const BEFORE: &str = "
openapi: 3.0.3
info: { title: Shop, version: '1' }
paths:
  /items/:
    post:
      operationId: createItem
      parameters: [{ name: dry, in: query, schema: { type: boolean } }]
      requestBody: { required: true, content: { application/json: { schema: { $ref: '#/components/schemas/Item' } } } }
      responses:
        '201': { description: Done., content: { application/json: { schema: { $ref: '#/components/schemas/Item' } } } }
components:
  schemas:
    Item:
      type: object
      required: [name]
      properties: { name: { type: string }, kind: { $ref: '#/components/schemas/Kind' } }
    Kind: { type: string, enum: [small, large] }
";

const USER: &str = r#"
use shop::models::{CreateItem, Item, Kind};
use shop::{Api, Response, Result};

pub async fn order(api: &impl Api) -> Result<Item> {
    let item = Item::new("bell").kind(Kind::Small);
    let stored = api.create_item(&CreateItem::default().dry(true), &item).await?.into_body();
    match &stored.kind {
        Some(Kind::Small | Kind::Large) | None => Ok(stored),
        Some(other) => panic!("{other}"),
    }
}

pub struct Fake;

impl Api for Fake {
    async fn create_item(&self, _: &CreateItem, body: &Item) -> Result<Response<Item>> {
        Ok(body.clone().into())
    }
}
"#;

#[test]
fn growth_of_the_document_does_not_break_a_users_build() {
    let after = BEFORE
        .replace("[small, large]", "[small, large, huge]")
        .replace("properties: { name", "properties: { note: { type: string }, name")
        .replace("[{ name: dry", "[{ name: trace, in: query, schema: { type: string } }, { name: dry");
    assert_eq!(
        after.matches("huge").count() + after.matches("note").count() + after.matches("trace").count(),
        3
    );

    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let workspace = root.join("target/evolution");
    for (name, text) in [("before", BEFORE), ("after", after.as_str())] {
        let output = codegen::generate(Source { name, text }, &Options::default()).unwrap();
        let krate = workspace.join(name);
        fs::create_dir_all(krate.join("shop/src")).unwrap();
        fs::create_dir_all(krate.join("user/src")).unwrap();
        for (path, text) in &output.tree {
            fs::write(krate.join("shop/src").join(path), text).unwrap();
        }
        let runtime = root.join("runtime").display().to_string().replace('\\', "/");
        let dependencies =
            format!("runtime = {{ package = \"maiagent-runtime\", path = \"{runtime}\" }}\nserde = \"1\"\n");
        let features = "[features]\nclient = []\nserver = []\n";
        fs::write(
            krate.join("shop/Cargo.toml"),
            format!("{}{features}[dependencies]\n{dependencies}", package("shop")),
        )
        .unwrap();
        let manifest = format!("{}[dependencies]\nshop = {{ path = \"../shop\" }}\n", package("user"));
        fs::write(krate.join("user/Cargo.toml"), manifest).unwrap();
        fs::write(krate.join("user/src/lib.rs"), USER).unwrap();
        fs::write(
            krate.join("Cargo.toml"),
            "[workspace]\nresolver = \"3\"\nmembers = [\"shop\", \"user\"]\n",
        )
        .unwrap();
        fs::copy(root.join("Cargo.lock"), krate.join("Cargo.lock")).unwrap();
        let output = Command::new(env!("CARGO"))
            .args(["check", "--quiet", "--package", "user"])
            .current_dir(&krate)
            .env("CARGO_TARGET_DIR", root.join("target/evolution/target"))
            .output()
            .unwrap();
        assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

fn package(name: &str) -> String {
    format!("[package]\nname = \"{name}\"\nversion = \"0.0.0\"\nedition = \"2024\"\n")
}
