//! Tokens to text: formatted, with a header and an empty line between items.

use crate::emit::RelPath;
use proc_macro2::{TokenStream, TokenTree};
use std::collections::BTreeMap;

/// Files of the output by their path relative to its folder.
pub type Tree = BTreeMap<RelPath, String>;

/// Formats every file.
///
/// `header` is the first line, without comment marks; it tells a reader where the file comes from.
///
/// # Panics
/// If the tokens are not Rust, which is a fault of an emitter: the message has the tokens.
pub fn render(files: Vec<(RelPath, TokenStream)>, header: &str) -> Tree {
    files
        .into_iter()
        .map(|(path, tokens)| {
            let text = file(&path, tokens, header);
            (path, text)
        })
        .collect()
}

/// What every generated file begins with, so that nothing else is ever replaced or removed.
pub const MARK: &str = "// @generated ";

fn file(path: &str, tokens: TokenStream, header: &str) -> String {
    let parsed = match syn::parse2::<syn::File>(tokens.clone()) {
        Ok(parsed) => parsed,
        Err(error) => panic!("{path}: the emitters made something that is not Rust: {error}\n{tokens}"),
    };
    let header: String = header.chars().filter(|character| !character.is_control()).collect();
    let text = spread(&prettyplease::unparse(&parsed), &parsed);
    format!("{MARK}{header}\n{}", separate(&text))
}

/// Puts each entry of a macro such as `aliases!(Name { a => b, c => d });` on its own line where one line is too short;
/// prettyplease breaks its tokens anywhere.
fn spread(text: &str, parsed: &syn::File) -> String {
    let mut macros = parsed.items.iter().filter_map(|item| match item {
        syn::Item::Macro(item) => Some(entries(item.mac.tokens.clone())),
        _ => None,
    });
    let mut spread = String::with_capacity(text.len());
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let call = line.split_once("!(").filter(|(path, _)| path.starts_with("runtime::"));
        match call.and_then(|call| Some((call, macros.next()?))) {
            Some(((path, ""), (head, entries))) if !entries.is_empty() => {
                let _ = lines.find(|line| *line == ");");
                spread.push_str(&format!("{path}!({head} {{\n    {},\n}});\n", entries.join(",\n    ")));
            }
            _ => {
                spread.push_str(line);
                spread.push('\n');
            }
        }
    }
    spread
}

/// What stands in front of the braces of a macro's tokens, and what stands in them between commas.
fn entries(tokens: TokenStream) -> (String, Vec<String>) {
    let (mut head, mut entries) = (TokenStream::new(), Vec::new());
    for token in tokens {
        let TokenTree::Group(group) = token else {
            head.extend([token]);
            continue;
        };
        let mut entry = TokenStream::new();
        for token in group.stream() {
            if matches!(&token, TokenTree::Punct(comma) if comma.as_char() == ',') {
                entries.push(std::mem::take(&mut entry).to_string());
            } else {
                entry.extend([token]);
            }
        }
        entries.push(entry.to_string());
    }
    (head.to_string(), entries)
}

/// Puts an empty line between items, and between the functions of a trait or impl.
fn separate(text: &str) -> String {
    let mut separated = String::with_capacity(text.len() + text.len() / 16);
    let mut before = "";
    let mut in_block = false;
    for line in text.lines() {
        let top = !line.starts_with([' ', '}', ')']);
        let inner =
            in_block && line.starts_with("    ") && !line.starts_with("     ") && !line.starts_with("    }");
        let gap = if top {
            ends_item(before, "") && !is_list(before, line)
        } else {
            inner && ends_item(before, "    ")
        };
        if gap && !before.is_empty() {
            separated.push('\n');
        }
        if top && line.ends_with('{') {
            in_block = ["impl", "pub trait", "pub mod"].iter().any(|word| line.starts_with(word));
        }
        separated.push_str(line);
        separated.push('\n');
        before = line;
    }
    separated
}

/// Whether a line can be the last of an item at this indentation.
fn ends_item(line: &str, indent: &str) -> bool {
    let Some(rest) = line.strip_prefix(indent) else { return false };
    let closes = rest.starts_with('}') || (rest.ends_with(';') && !rest.starts_with([' ', '/']));
    closes || (indent.is_empty() && line.starts_with("//!")) || (line.starts_with("#![") && indent.is_empty())
}

/// Lines that belong together: imports, module declarations, inner documentation.
fn is_list(before: &str, line: &str) -> bool {
    let kind = |line: &str| match line {
        _ if line.starts_with("//!") => 1,
        _ if line.starts_with("#![") => 6,
        _ if line.starts_with("use ") => 2,
        _ if line.starts_with("mod ") || (line.starts_with("pub mod ") && line.ends_with(';')) => 3,
        _ if line.starts_with("pub use ") => 4,
        _ if line.starts_with("pub type ") => 5,
        _ => 0,
    };
    let conditional = line.starts_with("#[cfg") || line.starts_with("#[rustfmt");
    kind(line) == kind(before) && kind(line) != 0 || (conditional && matches!(kind(before), 3 | 4))
}
