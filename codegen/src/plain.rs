//! Structs, enums, aliases, imports and simple functions to text, straight from their tokens.
//!
//! In: the tokens of an item. Out: what the formatter prints for it, without parsing it again. Nothing where a line would have
//! to be broken, or where something stands there that none of these items has: the formatter prints those.

use proc_macro2::{Delimiter, Group, Literal, Spacing, TokenStream, TokenTree, token_stream};
use std::iter::Peekable;

/// The formatter breaks no line that is as short as this, in bytes. Its own limit is 89; what is near to it is left to it.
const FITS: usize = 88;

/// The formatter breaks lines that are as long as this, and longer than its limit by some.
const BREAKS: usize = 92;

/// Of what stands within something.
pub(crate) const INDENT: &str = "    ";

type Trees = Peekable<token_stream::IntoIter>;

/// Prints an item, a function within another one, or attributes that stand alone. Only functions may be indented.
pub(crate) fn item(tokens: TokenStream, indent: &str) -> Option<String> {
    let mut text = String::new();
    let mut trees = tokens.into_iter().peekable();
    attributes(&mut trees, indent, &mut text)?;
    let mut line = Line::indented(indent);
    while let Some(tree) = trees.next() {
        match tree {
            TokenTree::Punct(mark) if mark.as_char() == ';' => {
                line.end(';', &mut text)?;
                break;
            }
            TokenTree::Group(group) if group.delimiter() == Delimiter::Brace && line.kind == Kind::Type => {
                line.text.push_str(" {");
                members(group, line, &mut text)?;
                break;
            }
            TokenTree::Group(arguments) if line.kind == Kind::Function => {
                function(line, arguments, &mut trees, indent, &mut text)?;
                break;
            }
            tree => line.add(tree, trees.peek())?,
        }
    }
    trees.next().is_none().then_some(text)
}

/// Fields or variants, and the brace behind them.
fn members(group: Group, mut head: Line, text: &mut String) -> Option<()> {
    let mut trees = within(group);
    if trees.peek().is_none() {
        return head.end('}', text);
    }
    let last = head.text.pop()?;
    head.end(last, text)?;
    while trees.peek().is_some() {
        attributes(&mut trees, INDENT, text)?;
        let mut line = Line::indented(INDENT);
        line.add_until(',', &mut trees)?;
        line.end(',', text)?;
    }
    text.push_str("}\n");
    Some(())
}

/// The arguments of a function and what is behind them.
fn function(mut head: Line, group: Group, trees: &mut Trees, indent: &str, text: &mut String) -> Option<()> {
    let mut arguments = Vec::new();
    let mut inside = within(group);
    while inside.peek().is_some() {
        let mut line = Line::default();
        line.add_until(',', &mut inside)?;
        arguments.push(line.text);
    }
    let mut result = Line { before: Before::Closed, ..Line::default() };
    let body = loop {
        match trees.next()? {
            TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => break group,
            tree => result.add(tree, trees.peek())?,
        }
    };
    let broken = head.text.clone();
    head.text.extend(["(", &arguments.join(", "), ")", &result.text, " {"]);
    match head.text.len() {
        length if length <= FITS => text.extend([&head.text, "\n"]),
        length if length < BREAKS || arguments.is_empty() => return None,
        _ => {
            let last = format!("{indent}){} {{", result.text);
            let lines = arguments.iter().map(|argument| format!("{indent}{INDENT}{argument},"));
            for line in [format!("{broken}(")].into_iter().chain(lines).chain([last]) {
                if line.len() > FITS {
                    return None;
                }
                text.extend([&line, "\n"]);
            }
        }
    }
    statements(body, &format!("{indent}{INDENT}"), text)?;
    text.extend([indent, "}\n"]);
    Some(())
}

/// What a function does: statements on a line each, and what it gives back, whose calls may be on a line each.
fn statements(body: Group, indent: &str, text: &mut String) -> Option<()> {
    let mut trees = within(body);
    trees.peek()?;
    while trees.peek().is_some() {
        let mut line = Line::indented(indent);
        if line.add_until(';', &mut trees)? {
            line.end(';', text)?;
            continue;
        }
        let parts = match line.text.len() {
            // An assignment gets a semicolon.
            _ if line.text.contains(" = ") => return None,
            ..=FITS => vec![line.text],
            BREAKS.. => line.calls(indent)?,
            _ => return None,
        };
        parts.iter().for_each(|part| text.extend([part, "\n"]));
    }
    Some(())
}

/// Attributes and documentation, a line each.
fn attributes(trees: &mut Trees, indent: &str, text: &mut String) -> Option<()> {
    while trees.next_if(|tree| is_mark(tree, '#')).is_some() {
        let is_inner = trees.next_if(|tree| is_mark(tree, '!')).is_some();
        let Some(TokenTree::Group(group)) = trees.next() else { return None };
        let mut inside = within(group);
        let name = inside.next()?;
        let is_doc = matches!(&name, TokenTree::Ident(name) if name == "doc");
        if is_doc && inside.next_if(|tree| is_mark(tree, '=')).is_some() {
            let Some(TokenTree::Literal(doc)) = inside.next() else { return None };
            if inside.next().is_some() {
                return None;
            }
            let doc = value(doc)?;
            if doc.contains('\n') || doc.starts_with('/') {
                return None;
            }
            let mark = if is_inner { "//!" } else { "///" };
            text.extend([indent, mark, doc.trim_end_matches(' '), "\n"]);
            continue;
        }
        let mark = if is_inner { "#![" } else { "#[" };
        let mut line = Line::indented(&format!("{indent}{mark}"));
        line.add(name, inside.peek())?;
        while let Some(tree) = inside.next() {
            line.add(tree, inside.peek())?;
        }
        line.end(']', text)?;
    }
    Some(())
}

/// What a literal of text says.
fn value(literal: Literal) -> Option<String> {
    match syn::Lit::new(literal) {
        syn::Lit::Str(text) => Some(text.value()),
        _ => None,
    }
}

/// What stands between delimiters. These are gone then: a stream that nobody else holds is not copied.
fn within(group: Group) -> Trees {
    let stream = group.stream();
    drop(group);
    stream.into_iter().peekable()
}

fn is_mark(tree: &TokenTree, character: char) -> bool {
    matches!(tree, TokenTree::Punct(mark) if mark.as_char() == character)
}

/// A line that is being written.
#[derive(Default)]
struct Line {
    text: String,
    kind: Kind,
    before: Before,
    /// How many arguments of types are open.
    open: usize,
    /// Where methods are called.
    calls: Vec<usize>,
}

/// What a line begins, by its first word that is not about who sees it.
#[derive(Default, Clone, Copy, PartialEq, Eq)]
enum Kind {
    #[default]
    Unknown,
    Import,
    Function,
    Type,
    Other,
}

/// What a line ends with.
#[derive(Default, Clone, Copy, PartialEq, Eq)]
enum Before {
    /// Nothing, or a mark with the space that belongs behind it.
    #[default]
    Start,
    /// A name or a literal.
    Word,
    /// The first half of `::`.
    Path,
    /// The first half of `->`.
    Arrow,
    /// `&`
    Reference,
    /// Something complete, which no word follows: arguments, a group, `?`.
    Closed,
}

impl Line {
    fn indented(indent: &str) -> Self {
        Self { text: indent.to_owned(), ..Self::default() }
    }

    /// Adds everything up to a mark; whether it is there.
    fn add_until(&mut self, last: char, trees: &mut Trees) -> Option<bool> {
        while let Some(tree) = trees.next() {
            if self.open == 0 && is_mark(&tree, last) {
                return Some(true);
            }
            self.add(tree, trees.peek())?;
        }
        (self.open == 0).then_some(false)
    }

    /// Adds a token; nothing where it is not known how.
    fn add(&mut self, tree: TokenTree, next: Option<&TokenTree>) -> Option<()> {
        let before = std::mem::take(&mut self.before);
        match tree {
            TokenTree::Ident(name) => self.word(before, &name.to_string()),
            TokenTree::Literal(literal) => {
                let literal = literal.to_string();
                self.word(before, &literal)?;
                // `0.` in front of the method of a tuple's field.
                if literal.ends_with('.') {
                    self.before = Before::Start;
                }
                Some(())
            }
            TokenTree::Punct(mark) => self.mark(before, mark.as_char(), mark.spacing(), next.is_none()),
            TokenTree::Group(group) => {
                let (open, close) = match (group.delimiter(), before) {
                    // Not `let (`.
                    (Delimiter::Parenthesis, Before::Word) if self.is_after_keyword() => return None,
                    (Delimiter::Parenthesis, _) => ('(', ')'),
                    (Delimiter::Bracket, Before::Start | Before::Reference) => ('[', ']'),
                    (Delimiter::Brace, _) if self.kind == Kind::Import => ('{', '}'),
                    _ => return None,
                };
                self.text.push(open);
                let calls = self.calls.len();
                let mut trees = within(group);
                while let Some(tree) = trees.next() {
                    self.add(tree, trees.peek())?;
                }
                self.calls.truncate(calls);
                self.text.push(close);
                self.before = Before::Closed;
                Some(())
            }
        }
    }

    fn mark(&mut self, before: Before, mark: char, spacing: Spacing, is_last: bool) -> Option<()> {
        let is_joint = spacing == Spacing::Joint;
        let (text, after) = match (mark, before) {
            (':', Before::Path) => (":", Before::Start),
            // Not `use ::`.
            (':', Before::Word) if is_joint && self.is_after_keyword() => return None,
            (':', Before::Word | Before::Closed | Before::Start) if is_joint => (":", Before::Path),
            (':', Before::Word) => (": ", Before::Start),
            ('=', Before::Word) if !is_joint => (" = ", Before::Start),
            (',', Before::Word | Before::Closed) if !is_last => (", ", Before::Start),
            ('-', Before::Closed) if is_joint => (" -", Before::Arrow),
            ('>', Before::Arrow) => ("> ", Before::Start),
            ('+', Before::Word | Before::Closed) => (" + ", Before::Start),
            ('<', Before::Word | Before::Start) => {
                self.open += 1;
                ("<", Before::Start)
            }
            ('>', Before::Word | Before::Closed) => {
                self.open = self.open.checked_sub(1)?;
                (">", Before::Closed)
            }
            ('*', Before::Start) if self.kind == Kind::Import => ("*", Before::Closed),
            ('!', Before::Word) => ("!", Before::Start),
            ('&', Before::Start) => ("&", Before::Reference),
            ('\'', Before::Start | Before::Reference) => ("'", Before::Start),
            ('?', Before::Word | Before::Closed) => ("?", Before::Closed),
            ('.', Before::Word | Before::Closed) => {
                self.calls.push(self.text.len());
                (".", Before::Start)
            }
            _ => return None,
        };
        self.text.push_str(text);
        self.before = after;
        Some(())
    }

    fn word(&mut self, before: Before, word: &str) -> Option<()> {
        match before {
            Before::Start | Before::Reference => {}
            Before::Word => self.text.push(' '),
            Before::Path | Before::Arrow | Before::Closed => return None,
        }
        // What has lines of its own, or gets a semicolon.
        if matches!(word, "where" | "return" | "break" | "continue") {
            return None;
        }
        if self.kind == Kind::Unknown {
            self.kind = match word {
                "pub" | "async" => Kind::Unknown,
                "use" => Kind::Import,
                "fn" => Kind::Function,
                "struct" | "enum" => Kind::Type,
                _ => Kind::Other,
            };
        }
        self.text.push_str(word);
        self.before = Before::Word;
        Some(())
    }

    /// Whether the name at its end is none that can be called.
    fn is_after_keyword(&self) -> bool {
        let last = self.text.rsplit([' ', '&', '(']).next().unwrap_or_default();
        let keywords = [
            "let", "in", "return", "match", "if", "else", "while", "for", "mut", "move", "pub", "fn", "dyn",
            "impl", "as", "use",
        ];
        keywords.contains(&last)
    }

    /// Calls on `self`, a line each but for the first, which stays with such a short name.
    fn calls(&self, indent: &str) -> Option<Vec<String>> {
        if !self.text[indent.len()..].starts_with("self.") || self.text.contains(" + ") {
            return None;
        }
        let mut parts = Vec::new();
        let mut rest = self.text.as_str();
        for at in self.calls.iter().skip(1).rev() {
            let (before, call) = rest.split_at(*at);
            parts.push(format!("{indent}{INDENT}{call}"));
            rest = before;
        }
        parts.push(rest.to_owned());
        parts.reverse();
        parts.iter().all(|part| part.len() <= FITS && part.ends_with(')')).then_some(parts)
    }

    /// Puts the line behind the text where it fits.
    fn end(mut self, last: char, text: &mut String) -> Option<()> {
        self.text.push(last);
        (self.text.len() <= FITS).then(|| text.extend([&self.text, "\n"]))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::item;
    use proc_macro2::TokenStream;

    #[test]
    fn items_whose_lines_fit_need_no_formatter() {
        let (longest, half) = ("a".repeat(76), "a".repeat(38));
        let plain = [
            r#"#[doc = " A \"b\"\\ "] pub struct A { pub a: B<C, D<()>>, #[e(f = "g")] pub h: i::J }"#
                .to_owned(),
            "pub struct A {}".to_owned(),
            r#"pub enum A { B, #[doc = "c"] C(D), E = "f, <" }"#.to_owned(),
            "pub use a::b::{C, D};".to_owned(),
            "#![a(b)]".to_owned(),
            "pub type A = &'static B;".to_owned(),
            format!("pub struct A {{ pub a: {longest} }}"),
            r#"pub async fn a(b: &mut C<'_>, d: &[E]) -> F { let h = b.i::<J>("k")?; h?.l(&h.0.m(), 2).await }"#
                .to_owned(),
            format!(
                "fn a(b: {half}, c: {half}) -> impl D<E = F> + Send {{ self.b(&[c]).d({half}).e({half}) }}"
            ),
        ];
        for text in plain {
            let tokens: TokenStream = text.parse().unwrap();
            let printed = item(tokens.clone(), "").unwrap();
            assert_eq!(printed.trim_end(), prettyplease::unparse(&syn::parse2(tokens).unwrap()).trim_end());
        }
    }

    #[test]
    fn everything_else_is_left_to_the_formatter() {
        let (long, half) = ("a".repeat(77), "a".repeat(38));
        let others = [
            "pub(crate) type A = B;".to_owned(),
            "pub type A = (B,);".to_owned(),
            "#[a(-1)] pub struct A;".to_owned(),
            format!("pub struct A {{ pub a: {long} }}"),
            format!("fn abc(b: {long}) {{ b }}"),
            format!("fn a() {{ self.b.c({half}).d({half}) }}"),
            format!("fn a() {{ {half}.c({half}).d({half}) }}"),
            "fn a<B>() where B: C { d }".to_owned(),
            "pub trait A: B where Self: C, {}".to_owned(),
            format!("fn a() -> B<{long}> {{ b }}"),
            "fn a() { let (b, c) = d; }".to_owned(),
            "fn a() { if b { c } }".to_owned(),
            "fn a() { b = -c; }".to_owned(),
            "fn a() { b < c }".to_owned(),
            "fn a(b: &mut (C, D)) { b }".to_owned(),
            "pub const fn a() -> B { c }".to_owned(),
            "thread_local! { a, b }".to_owned(),
            "use ::a::b;".to_owned(),
            "fn a() { return b }".to_owned(),
            "fn a() { b = c }".to_owned(),
        ];
        for text in others {
            assert_eq!(item(text.parse().unwrap(), ""), None, "{text}");
        }
    }
}
