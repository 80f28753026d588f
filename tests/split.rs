//! Documents whose tags have parts of their own: a folder, a trait and a cargo feature each.

use crate::compiled::Compiled;
use crate::specs;
use codegen::rust::{Crate, Item};
use codegen::{Options, Output, Source, Split};
use std::collections::BTreeSet;

fn generated(name: &str, split: Split) -> Output {
    let (_, text) = specs("split").into_iter().find(|(other, _)| other == name).unwrap();
    let source = Source { name: &format!("{name}.yaml"), text: &text };
    let options = Options { split, blocking: true, dynamic: true, ..Options::default() };
    let output = codegen::generate(source, &options).unwrap();
    assert!(output.warnings.is_empty());
    output
}

fn parts(output: &Output) -> Vec<&str> {
    let parts = output.surface.cargo_features.iter().filter(|feature| feature.part.is_some());
    parts.map(|feature| feature.name.as_str()).collect()
}

/// Everything but what reads and writes: that is the same as without tags.
#[test]
fn each_tag_has_a_folder_and_the_root_exports_it() {
    for (name, text) in specs("split") {
        let output = generated(&name, Split::Tags);
        let mut shown = format!("features: {}\n", parts(&output).join(", "));
        for (path, text) in &output.tree {
            let code: Vec<&str> = text.split("\n\n").collect();
            let is_plain =
                path.starts_with("tags/") && !path.ends_with("mod.rs") && !path.ends_with("api.rs");
            let is_shown = |part: &&str| {
                let is_runtime = part.contains("pub use runtime::") || part.starts_with("use runtime");
                !is_runtime && !part.starts_with("// @generated")
            };
            let kept: Vec<&str> = code.into_iter().filter(is_shown).collect();
            shown.push_str(&format!("\n// {path}\n\n"));
            if is_plain {
                let items = kept.iter().flat_map(|part| part.lines()).filter(|line| {
                    ["pub ", "impl", "async fn", "use crate"].iter().any(|start| line.starts_with(start))
                });
                items.for_each(|line| shown.push_str(&format!("{line}\n")));
            } else {
                shown.push_str(&format!("{}\n", kept.join("\n\n").trim_end()));
            }
        }
        insta::with_settings!({ description => text, omit_expression => true, prepend_module_to_snapshot => false }, {
            insta::assert_snapshot!(format!("split-{name}"), shown);
        });
    }
}

/// With everything, with each tag alone, and without any: no warning, and what is there has all that it needs.
#[test]
fn each_tag_compiles_without_the_others() {
    let output = generated("shop", Split::Tags);
    let package = Compiled::package("shop", &output, include_str!("split/shop.rs"));
    let check = |features: &str| {
        package.cargo(&[
            "check",
            "--offline",
            "--quiet",
            "--lib",
            "--no-default-features",
            "--features",
            features,
        ]);
    };
    for part in parts(&output) {
        for side in ["client,", "server,", "dyn,", "client,server,webhooks,blocking,dyn,", ""] {
            check(&format!("{side}{part}"));
        }
    }
    for side in ["client", "server", "webhooks", "blocking", "dyn", ""] {
        check(side);
    }
    package.cargo(&["test", "--offline", "--quiet", "--all-features", "--all-targets"]);
    // With one tag on there is nothing of the others.
    let user =
        "#![allow(unused_imports)]\nuse shop::OrdersAndCartsApi as _;\nuse shop::models::PetPage as _;\n";
    let package = Compiled::package("shop", &output, user);
    let said =
        package.fails(&["check", "--offline", "--tests", "--no-default-features", "--features", "pets"]);
    assert!(said.contains("OrdersAndCartsApi") && !said.contains("PetPage"), "{said}");
}

/// Keywords, digits, nothing, other scripts, names of files and features, names that differ in their case.
#[test]
fn tags_may_be_called_anything() {
    let output = generated("hard-tags", Split::Tags);
    let package = Compiled::package("hard-tags", &output, "");
    let parts = parts(&output);
    assert_eq!(parts.iter().collect::<BTreeSet<_>>().len(), output.api.routes.len());
    package.cargo(&["check", "--offline", "--quiet", "--all-targets", "--all-features"]);
    for part in ["type", "chong-wu", "client-tag", "pets"] {
        let features = format!("client,server,{part}");
        package.cargo(&[
            "check",
            "--offline",
            "--quiet",
            "--lib",
            "--no-default-features",
            "--features",
            &features,
        ]);
    }
    let output = generated("hard-tags", Split::None);
    let package = Compiled::package("hard-tags", &output, "");
    package.cargo(&["check", "--offline", "--quiet", "--lib", "--all-features"]);
}

/// An operation without a tag below `/pet-shop/` takes no name from the operations of the tag "Pet Shop": it is one of them.
#[test]
fn a_path_belongs_to_the_tag_of_its_name() {
    let document = |more: &str| {
        format!(
            "openapi: 3.0.3\ninfo: {{ title: T, version: '1' }}\npaths:\n  /pets/:\n    get: {{ operationId: listPets, tags: [Pet Shop], \
             responses: {{ '204': {{ description: Done. }} }} }}\n{more}"
        )
    };
    let traits = |text: &str| {
        let options = Options { split: Split::Tags, ..Options::default() };
        let output = codegen::generate(Source { name: "t.yaml", text }, &options).unwrap();
        output.tree["tags/pet_shop/api.rs"].clone()
    };
    let with =
        "  /pet-shop/:\n    put: { operationId: openShop, responses: { '204': { description: Done. } } }\n";
    let (before, after) = (traits(&document("")), traits(&document(with)));
    assert!(before.contains("pub trait PetShopApi") && before.contains("fn list_pets"));
    assert!(
        after.contains("pub trait PetShopApi")
            && after.contains("fn list_pets")
            && after.contains("fn open_shop")
    );
}

/// Whoever splits a document, or no longer does, changes no path but those of traits' methods.
#[test]
fn names_are_the_same_with_tags_and_without() {
    for (name, _) in specs("split") {
        let (split, whole) = (generated(&name, Split::Tags), generated(&name, Split::None));
        assert_eq!(names(&split.surface), names(&whole.surface), "{name}");
        assert_eq!(split.surface.schemas, whole.surface.schemas, "{name}");
        assert!(!whole.tree.keys().any(|path| path.contains('/')), "{name}");
    }
}

/// Paths of types, and methods.
fn names(surface: &Crate) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for module in &surface.modules {
        let path: Vec<&str> = module.known_as.0.iter().map(|name| name.as_str()).collect();
        for item in &module.items {
            let (name, inside): (&str, Vec<&str>) = match item {
                Item::Record(item) => (
                    item.head.name.as_str(),
                    item.fields.iter().map(|field| field.head.name.as_str()).collect(),
                ),
                Item::TextEnum(item) => (
                    item.head.name.as_str(),
                    item.variants.iter().map(|variant| variant.name.as_str()).collect(),
                ),
                Item::Alias(item) => (item.head.name.as_str(), Vec::new()),
                Item::AnswerEnum(item) => (
                    item.head.name.as_str(),
                    item.variants.iter().map(|variant| variant.name.as_str()).collect(),
                ),
                Item::ErrorBody(item) => (item.name.as_str(), Vec::new()),
                Item::Service(item) => (item.name.as_str(), Vec::new()),
                Item::Trait(item) => {
                    let methods = item.methods.iter().map(|method| method.signature.name.as_str());
                    let all = methods.chain(item.walks.iter().map(|walk| walk.name.as_str()));
                    names.extend(all.map(|method| format!("{method}()")));
                    continue;
                }
                _ => continue,
            };
            names.insert(format!("{}::{name}", path.join("::")));
            names.extend(inside.iter().map(|part| format!("{}::{name}::{part}", path.join("::"))));
        }
    }
    names
}

/// Above 50 operations, if tags group them.
#[test]
fn large_documents_are_split_by_themselves() {
    let text = |operations: usize, tags: usize| {
        let mut text = "openapi: 3.0.3\ninfo: { title: Large, version: '1' }\npaths:\n".to_owned();
        for at in 0..operations {
            text.push_str(&format!(
                "  /a{at}: {{ get: {{ operationId: a{at}, tags: [t{}], responses: {{ '204': {{ description: Done. }} }} }} }}\n",
                at % tags
            ));
        }
        text
    };
    let count = |operations, tags, split| {
        let text = text(operations, tags);
        let options = Options { split, ..Options::default() };
        let output = codegen::generate(Source { name: "large.yaml", text: &text }, &options).unwrap();
        parts(&output).len()
    };
    assert_eq!(count(51, 3, Split::Auto), 3);
    assert_eq!(count(50, 3, Split::Auto), 0);
    assert_eq!(count(60, 1, Split::Auto), 0);
    assert_eq!(count(60, 60, Split::Auto), 0);
    assert_eq!(count(60, 16, Split::Auto), 0);
    assert_eq!(count(60, 15, Split::Auto), 15);
    assert_eq!(count(51, 3, Split::None), 0);
    assert_eq!(count(2, 2, Split::Tags), 2);
}
