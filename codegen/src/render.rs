//! Tokens to text: item by item, with an empty line between what does not belong together.

use crate::emit::{self, Declaration, Functions, Piece, Shared, Table, What};
use crate::plain::{self, INDENT};
use crate::rust::{Crate, Item, Module};
use proc_macro2::{Delimiter, Spacing, TokenStream, TokenTree};
use std::collections::BTreeMap;
use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// Files of the output by their path relative to its folder, with `/` between segments.
pub type Tree = BTreeMap<String, String>;

/// What every generated file begins with, so that nothing else is ever replaced or removed.
pub const MARK: &str = "// @generated ";

/// Prints every module.
///
/// `header` is the first line, without comment marks; it tells a reader where the file comes from.
///
/// # Panics
/// If the tokens are not Rust, which is a fault of an emitter: the message has the tokens.
pub(crate) fn render(surface: &Crate, header: &str) -> Tree {
    let header: String = header.chars().filter(|character| !character.is_control()).collect();
    let items = surface.modules.iter().flat_map(|module| module.items.iter().map(move |item| (module, item)));
    let mut printed =
        in_parallel(&items.collect::<Vec<_>>(), |(module, item)| parts(module, item)).into_iter();
    let files = surface.modules.iter().map(|module| {
        let items = module.items.iter().zip(printed.by_ref()).collect();
        (module.file.clone(), file(module, items, &header))
    });
    files.collect()
}

/// How many items a thread takes at once: enough that asking for them costs nothing.
const AT_ONCE: usize = 16;

/// What a function makes of each of many things, in their order, on all processors.
fn in_parallel<T: Sync, U: Send>(all: &[T], make: impl Fn(&T) -> U + Sync) -> Vec<U> {
    let chunks: Vec<&[T]> = all.chunks(AT_ONCE).collect();
    let next = AtomicUsize::new(0);
    let work = || {
        let taken = std::iter::from_fn(|| {
            let at = next.fetch_add(1, Ordering::Relaxed);
            Some((at, *chunks.get(at)?))
        });
        taken.map(|(at, chunk)| (at, chunk.iter().map(&make).collect())).collect()
    };
    let threads = thread::available_parallelism().map_or(1, NonZero::get).min(chunks.len());
    let mut made: Vec<(usize, Vec<U>)> = thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(work)).collect();
        let mut made: Vec<(usize, Vec<U>)> = work();
        for other in others {
            made.extend(other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        }
        made
    });
    made.sort_unstable_by_key(|(at, _)| *at);
    made.into_iter().flat_map(|(_, chunk)| chunk).collect()
}

/// The tokens of every file, before they are formatted: what a test compares that is not about format.
pub fn tokens(surface: &Crate) -> Vec<(String, TokenStream)> {
    let file = |module: &Module| {
        let head = emit::inner_attributes(module).into_iter();
        let uses = module.uses.iter().map(emit::use_declaration);
        let items = module.items.iter().flat_map(emit::item).map(tokens_of);
        (module.file.clone(), head.chain(uses).chain(items).collect())
    };
    surface.modules.iter().map(file).collect()
}

fn tokens_of(piece: Piece) -> TokenStream {
    match piece {
        Piece::Code(tokens) => tokens,
        Piece::Functions(Functions { head, all }) => quote::quote!(#head { #(#all)* }),
        Piece::Table(Table { of, rows, .. }) => quote::quote!(table!(#of { #(#rows),* });),
        Piece::Declaration(Declaration { of, .. }) => of,
        Piece::Shared(Shared { of, what: What::Item(item), .. }) => quote::quote!(shared!(#(#of),*); #item),
        Piece::Shared(Shared { of, what: What::Rows(rows), .. }) => {
            quote::quote!(shared!(#(#of),* => { #(#rows),* });)
        }
    }
}

/// A file of items and what they are printed as.
fn file(module: &Module, items: Vec<(&Item, Vec<String>)>, header: &str) -> String {
    let mut text = format!("{MARK}{header}\n");
    for (at, attribute) in emit::inner_attributes(module).into_iter().enumerate() {
        let again = || emit::inner_attributes(module).swap_remove(at);
        text.push_str(printed(&module.file, attribute, again).trim_end());
        text.push('\n');
    }
    let mut before = Group::Head;
    let mut add = |group: Group, part: &str| {
        // Imports stand together, and so do modules.
        if !(group == before && group != Group::Item) {
            text.push('\n');
        }
        before = group;
        text.push_str(part);
    };
    let (modules, others): (Vec<_>, Vec<_>) =
        items.into_iter().partition(|(item, _)| matches!(item, Item::Module(_)));
    for part in modules.iter().flat_map(|(_, parts)| parts) {
        add(Group::Module, part);
    }
    for used in &module.uses {
        let group = if used.is_public { Group::Export } else { Group::Import };
        add(group, &printed(&module.file, emit::use_declaration(used), || emit::use_declaration(used)));
    }
    for part in others.iter().flat_map(|(_, parts)| parts) {
        add(Group::Item, part);
    }
    text
}

/// What stands together without empty lines.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Group {
    Head,
    Module,
    Import,
    Export,
    Item,
}

/// What an item is printed as: one text for each of its pieces.
fn parts(module: &Module, item: &Item) -> Vec<String> {
    let file = &module.file;
    let pieces = emit::item(item).into_iter().enumerate().map(|(at, piece)| {
        let again = || emit::item(item).swap_remove(at);
        let printed = |tokens| printed(file, tokens, || item_of(again()));
        match piece {
            Piece::Code(tokens) => printed(tokens),
            Piece::Functions(of) => functions(file, of, again),
            Piece::Table(table) => rows(&table),
            Piece::Declaration(Declaration { path, of }) => inside(path, &printed(of)),
            Piece::Shared(Shared { path, of, what: What::Item(item) }) => {
                let all: String = of.iter().map(|one| format!("{},\n", spaced(one))).collect();
                inside(path, &format!("{all}\n{}", printed(item)))
            }
            Piece::Shared(Shared { path, of, what: What::Rows(rows) }) => {
                let all: Vec<String> = of.iter().map(spaced).collect();
                let rows: String = rows.iter().map(|row| format!("    {},\n", spaced(row))).collect();
                inside(path, &format!("{} => {{\n{rows}}}", all.join(",\n")))
            }
        }
    });
    pieces.collect()
}

/// What of a piece is printed as an item.
fn item_of(piece: Piece) -> TokenStream {
    match piece {
        Piece::Shared(Shared { what: What::Item(item), .. }) => item,
        piece => tokens_of(piece),
    }
}

/// A trait or an implementation. Most functions need no formatter; `again` makes all of it anew for the others.
fn functions(file: &str, of: Functions, again: impl Fn() -> Piece) -> String {
    let Functions { head, all } = of;
    let mut text = formatted(file, quote::quote!(#head {}), || tokens_of(again()));
    text.truncate(text.trim_end().len() - "}".len());
    if all.is_empty() {
        return text + "}\n";
    }
    text.push('\n');
    let mut others = None;
    for (at, function) in all.into_iter().enumerate() {
        if at > 0 {
            text.push('\n');
        }
        match plain::item(function, INDENT) {
            Some(function) => text.push_str(&function),
            None => {
                let others = others.get_or_insert_with(|| match again() {
                    Piece::Functions(Functions { all, .. }) => all,
                    _ => Vec::new(),
                });
                let function = others.get_mut(at).map(std::mem::take);
                let printed = formatted(file, quote::quote!(impl Of { #function }), || tokens_of(again()));
                let printed = printed.strip_prefix("impl Of {\n").unwrap_or(&printed);
                text.push_str(printed.strip_suffix("}\n").unwrap_or(printed));
            }
        }
    }
    text.push_str("}\n");
    text
}

/// An item between the braces of a macro.
fn inside(path: &str, item: &str) -> String {
    let lines = item.lines().map(|line| match line {
        "" => "\n".to_owned(),
        line => format!("    {line}\n"),
    });
    format!("{path}! {{\n{}}}\n", lines.collect::<String>())
}

/// Tokens as people write them.
fn spaced(tokens: &TokenStream) -> String {
    words(tokens).concat()
}

/// Each token with what stands between it and the next one. What belongs together is not apart: the marks of an arrow, the
/// parts of a path, what a comma or a colon follows, and a name and what is in parentheses behind it.
fn words(tokens: &TokenStream) -> Vec<String> {
    let mut words = Vec::new();
    let mut trees = tokens.clone().into_iter().peekable();
    let mut is_path = false;
    while let Some(tree) = trees.next() {
        let next = match trees.peek() {
            Some(TokenTree::Punct(mark)) => Some(mark.as_char()),
            _ => None,
        };
        let goes_on = match &tree {
            _ if matches!(next, Some(',' | ':')) => true,
            TokenTree::Punct(mark) => mark.spacing() == Spacing::Joint || is_path,
            TokenTree::Ident(_) => matches!(trees.peek(), Some(TokenTree::Group(_))),
            _ => false,
        };
        is_path = matches!(&tree, TokenTree::Punct(mark) if mark.as_char() == ':' && mark.spacing() == Spacing::Joint);
        let text = match &tree {
            TokenTree::Group(group) if group.delimiter() == Delimiter::Parenthesis => {
                format!("({})", spaced(&group.stream()))
            }
            tree => tree.to_string(),
        };
        words.push(text + if goes_on || trees.peek().is_none() { "" } else { " " });
    }
    words
}

/// One row a line: a formatter would break the tokens of a macro anywhere.
fn rows(Table { path, of, rows }: &Table) -> String {
    let rows: String = rows.iter().map(|row| format!("    {},\n", broken(row))).collect();
    format!("{path}!({of} {{\n{rows}}});\n", of = broken(of))
}

/// Longer rows are broken before a `|`.
const WIDTH: usize = 100;

/// A row, on several lines where it is long and has alternatives.
fn broken(row: &TokenStream) -> String {
    let mut parts: Vec<String> = vec![String::new()];
    for word in words(row) {
        if word.starts_with('|') {
            parts.push(String::new());
        }
        if let Some(part) = parts.last_mut() {
            part.push_str(&word);
        }
    }
    let whole = parts.concat();
    if whole.len() <= WIDTH {
        return whole;
    }
    let mut lines: Vec<String> = Vec::new();
    for part in parts {
        match lines.last_mut() {
            Some(line) if line.len() + part.len() <= WIDTH => line.push_str(&part),
            _ => lines.push(part),
        }
    }
    lines.iter().map(|line| line.trim_end()).collect::<Vec<_>>().join("\n        ")
}

/// Prints tokens without the formatter, or else with it. `again` makes them anew.
fn printed(path: &str, tokens: TokenStream, again: impl Fn() -> TokenStream) -> String {
    match plain::item(tokens, "") {
        Some(mut text) => {
            // All items of a crate are kept until its files are written.
            text.shrink_to_fit();
            text
        }
        None => formatted(path, again(), again),
    }
}

/// Prints tokens with the formatter. `again` makes them anew, to show them where they are not Rust: the parser would have to
/// copy what somebody else holds, too.
fn formatted(path: &str, tokens: TokenStream, again: impl Fn() -> TokenStream) -> String {
    let mut file: syn::File = match syn::parse2(tokens) {
        Ok(file) => file,
        Err(error) => panic!("{path}: the emitters made something that is not Rust: {error}\n{}", again()),
    };
    file.items.iter_mut().for_each(separate);
    let mut text = prettyplease::unparse(&file);
    // All items of a crate are kept until its files are written.
    text.shrink_to_fit();
    text
}

/// Puts an empty line between the functions of a trait or impl, and between the items of a module.
fn separate(item: &mut syn::Item) {
    match item {
        syn::Item::Impl(block) => {
            let is_function = |item: &syn::ImplItem| matches!(item, syn::ImplItem::Fn(_));
            block.items = spread(&mut block.items, is_function, syn::ImplItem::Verbatim);
        }
        syn::Item::Trait(block) => {
            let is_function = |item: &syn::TraitItem| matches!(item, syn::TraitItem::Fn(_));
            block.items = spread(&mut block.items, is_function, syn::TraitItem::Verbatim);
        }
        syn::Item::Mod(module) => {
            if let Some((_, items)) = &mut module.content {
                *items = spread(items, |_| true, syn::Item::Verbatim);
            }
        }
        _ => {}
    }
}

/// The formatter prints a verbatim item without tokens as an empty line.
fn spread<T>(items: &mut Vec<T>, is_apart: impl Fn(&T) -> bool, verbatim: fn(TokenStream) -> T) -> Vec<T> {
    let mut spread = Vec::with_capacity(items.len() * 2);
    for item in items.drain(..) {
        if !spread.is_empty() && is_apart(&item) {
            spread.push(verbatim(TokenStream::new()));
        }
        spread.push(item);
    }
    spread
}
