//! Structs, enums, imports and most functions are printed without the formatter: as the formatter would.

use crate::{own_spec, specs};
use codegen::{Options, Source};
use syn::Item;

#[test]
fn what_is_printed_without_the_formatter_is_what_it_prints() {
    let own = [("maiagent".to_owned(), own_spec())];
    let mut compared = 0;
    for (name, text) in specs("accept").into_iter().chain(specs("split")).chain(own) {
        let source = Source { name: &format!("{name}.yaml"), text: &text };
        let output = codegen::generate(source, &Options::default()).unwrap();
        for (path, printed) in &output.tree {
            let file = syn::parse_file(printed).unwrap();
            for expected in file.items.into_iter().flat_map(plain) {
                assert!(printed.contains(&expected), "{name}, {path}: the formatter prints\n{expected}");
                compared += 1;
            }
        }
    }
    assert!(compared > 2000, "{compared}");
}

/// What the formatter makes of an item, of one that a macro of the runtime is called with, or of each function within it.
fn plain(item: Item) -> Vec<String> {
    match item {
        Item::Struct(_) | Item::Enum(_) | Item::Type(_) | Item::Use(_) | Item::Fn(_) => vec![formatted(item)],
        Item::Mod(module) if module.content.is_none() => vec![formatted(Item::Mod(module))],
        Item::Macro(call) if call.mac.path.segments.last().unwrap().ident == "text_enum" => {
            let item = formatted(syn::parse2(call.mac.tokens).unwrap());
            vec![item.lines().map(|line| format!("    {line}\n")).collect()]
        }
        Item::Trait(of) => {
            let one = |item| syn::ItemTrait { items: vec![item], ..syn::parse_str("trait Of {}").unwrap() };
            of.items.into_iter().map(|item| within(Item::Trait(one(item)))).collect()
        }
        Item::Impl(of) => {
            let one = |item| syn::ItemImpl { items: vec![item], ..syn::parse_str("impl Of {}").unwrap() };
            of.items.into_iter().map(|item| within(Item::Impl(one(item)))).collect()
        }
        _ => Vec::new(),
    }
}

/// What stands between the braces.
fn within(item: Item) -> String {
    let text = formatted(item);
    text.split_once('\n').unwrap().1.strip_suffix("}\n").unwrap().to_owned()
}

fn formatted(item: Item) -> String {
    prettyplease::unparse(&syn::File {
        shebang: None,
        frontmatter: None,
        attrs: Vec::new(),
        items: vec![item],
    })
}
