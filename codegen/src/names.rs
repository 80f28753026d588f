//! Names of a spec to names of Rust.
//!
//! In: any text. Out: legal identifiers, the same for the same text, and unique within a [`Scope`]. Every identifier of the
//! generated code comes from here.

use heck::{ToPascalCase, ToShoutySnakeCase, ToSnakeCase};
use proc_macro2::{Ident, Span};
use std::collections::{HashMap, HashSet};
use unicode_normalization::UnicodeNormalization;

/// A legal Rust identifier, without the `r#` that a keyword needs.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name(String);

impl Name {
    /// A type or enum variant: `conversation-id` becomes `ConversationId`.
    pub fn pascal(text: &str) -> Self {
        Self::legal(spell(text).to_pascal_case())
    }

    /// A field, method or parameter: `chatbotId` becomes `chatbot_id`.
    pub fn snake(text: &str) -> Self {
        Self::legal(spell(text).to_snake_case())
    }

    /// A constant: `v1` becomes `V1`.
    pub fn shouty(text: &str) -> Self {
        Self::legal(spell(text).to_shouty_snake_case())
    }

    /// An identifier that is given as it is; nothing where it is none.
    pub fn exact(text: &str) -> Option<Self> {
        let legal = Self::legal(text.to_owned());
        (legal.as_str() == text).then_some(legal)
    }

    /// An identifier that is written in the generator.
    pub(crate) fn known(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// The identifier without `r#`, as serde sees it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The identifier as code, `r#type` for a keyword.
    pub fn ident(&self) -> Ident {
        if is_keyword(&self.0) {
            return Ident::new_raw(&self.0, Span::call_site());
        }
        Ident::new(&self.0, Span::call_site())
    }

    /// The name followed by a further word in the same case.
    pub fn with(&self, suffix: &str) -> Self {
        let own = if suffix.starts_with('_') { self.0.trim_end_matches('_') } else { &self.0 };
        // `123` alone is `_123`, but a type has underscores only between digits.
        let is_type = !self.suits_values() && !own.ends_with(|last: char| last.is_ascii_digit());
        let digits = suffix.strip_prefix('_').filter(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
        let suffix = digits.filter(|_| is_type).unwrap_or(suffix);
        let room = LONGEST.saturating_sub(suffix.len());
        Self(shorten(format!("{}{suffix}", up_to(own, room))))
    }

    /// Whether a value could have this name, too: it holds no capital letter. Writing systems without them have no others.
    pub fn suits_values(&self) -> bool {
        !self.0.contains(char::is_uppercase)
    }

    fn legal(text: String) -> Self {
        // Case mappings can make composed characters of plain ones.
        let mut text = composed(text);
        if !text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
            text.retain(unicode_ident::is_xid_continue);
        }
        let text = shorten(text);
        match text.as_str() {
            // The four keywords that `r#` does not help.
            "self" | "Self" | "super" | "crate" => Self(text + "_"),
            "" => Self("sign".to_owned()),
            _ if !text.starts_with(unicode_ident::is_xid_start) => Self(format!("_{text}")),
            _ => Self(text),
        }
    }
}

/// Names in use where two things must not share one.
#[derive(Debug, Clone, Default)]
pub struct Scope {
    taken: HashSet<String>,
    /// The last number behind each name that was wanted again, so that many who want one do not count from the start.
    numbers: HashMap<String, usize>,
}

impl Scope {
    /// A scope in which some names are taken from the start.
    pub fn with_reserved(reserved: &[&str]) -> Self {
        Self { taken: reserved.iter().map(|name| (*name).to_owned()).collect(), numbers: HashMap::new() }
    }

    /// Whether the name is free.
    pub fn is_free(&self, name: &Name) -> bool {
        !self.taken.contains(name.as_str())
    }

    /// Takes the name, or the first free one of `name2`, `name3` and so on.
    pub fn claim(&mut self, wanted: Name) -> Name {
        let mut name = wanted.clone();
        while !self.taken.insert(name.0.clone()) {
            let number = self.numbers.entry(wanted.0.clone()).or_insert(1);
            *number += 1;
            name = Name(format!("{}{number}", wanted.0.trim_end_matches('_')));
        }
        name
    }
}

/// How serde can derive wire names from Rust names, so that most need no `rename` of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Casing {
    /// Wire names equal Rust names.
    Same,
    /// `camelCase`
    Camel,
    /// `snake_case`
    Snake,
    /// `lowercase`
    Lower,
    /// `UPPERCASE`
    Upper,
    /// `PascalCase`
    Pascal,
    /// `kebab-case`
    Kebab,
    /// `SCREAMING_SNAKE_CASE`
    Screaming,
}

impl Casing {
    /// What `#[serde(rename_all = ...)]` takes; nothing where no attribute is needed.
    pub fn attribute(self) -> Option<&'static str> {
        match self {
            Self::Same => None,
            Self::Camel => Some("camelCase"),
            Self::Snake => Some("snake_case"),
            Self::Lower => Some("lowercase"),
            Self::Upper => Some("UPPERCASE"),
            Self::Pascal => Some("PascalCase"),
            Self::Kebab => Some("kebab-case"),
            Self::Screaming => Some("SCREAMING_SNAKE_CASE"),
        }
    }

    /// The rule that gives most fields their wire name.
    pub fn of_fields<'a>(pairs: impl Iterator<Item = (&'a Name, &'a str)> + Clone) -> Self {
        best(&[Self::Same, Self::Camel, Self::Pascal, Self::Kebab, Self::Screaming], pairs, Self::field)
    }

    /// The rule that gives most variants their wire name.
    pub fn of_variants<'a>(pairs: impl Iterator<Item = (&'a Name, &'a str)> + Clone) -> Self {
        let rules =
            [Self::Same, Self::Lower, Self::Snake, Self::Camel, Self::Upper, Self::Screaming, Self::Kebab];
        best(&rules, pairs, Self::variant)
    }

    /// What serde makes of a field's name under this rule.
    pub fn field(self, name: &str) -> String {
        match self {
            Self::Same | Self::Lower | Self::Snake => name.to_owned(),
            Self::Upper | Self::Screaming => name.to_ascii_uppercase(),
            Self::Kebab => name.replace('_', "-"),
            Self::Pascal => capitalise(name),
            Self::Camel => lower_first(&capitalise(name)),
        }
    }

    /// What serde makes of a variant's name under this rule.
    pub fn variant(self, name: &str) -> String {
        match self {
            Self::Same | Self::Pascal => name.to_owned(),
            Self::Lower => name.to_ascii_lowercase(),
            Self::Upper => name.to_ascii_uppercase(),
            Self::Camel => lower_first(name),
            Self::Snake => underscore(name),
            Self::Screaming => underscore(name).to_ascii_uppercase(),
            Self::Kebab => underscore(name).replace('_', "-"),
        }
    }
}

/// Earlier rules win a tie, so a single odd name does not change the whole type.
fn best<'a>(
    rules: &[Casing],
    pairs: impl Iterator<Item = (&'a Name, &'a str)> + Clone,
    apply: fn(Casing, &str) -> String,
) -> Casing {
    // serde's camel case cuts after the first byte.
    let ascii = pairs
        .clone()
        .all(|(name, _)| name.as_str().trim_start_matches('_').starts_with(|first: char| first.is_ascii()));
    let hits =
        |rule: Casing| pairs.clone().filter(|(name, wire)| apply(rule, name.as_str()) == *wire).count();
    let mut winner = (Casing::Same, hits(Casing::Same));
    for rule in rules.iter().filter(|rule| ascii || !matches!(rule, Casing::Camel | Casing::Pascal)) {
        let count = hits(*rule);
        if count > winner.1 {
            winner = (*rule, count);
        }
    }
    winner.0
}

fn capitalise(snake: &str) -> String {
    let mut capitalised = String::new();
    let mut upper = true;
    for character in snake.chars() {
        if character == '_' {
            upper = true;
        } else if upper {
            capitalised.push(character.to_ascii_uppercase());
            upper = false;
        } else {
            capitalised.push(character);
        }
    }
    capitalised
}

fn lower_first(text: &str) -> String {
    let mut characters = text.chars();
    match characters.next() {
        Some(first) => first.to_ascii_lowercase().to_string() + characters.as_str(),
        None => String::new(),
    }
}

fn underscore(pascal: &str) -> String {
    let mut snake = String::new();
    for (index, character) in pascal.char_indices() {
        if index > 0 && character.is_uppercase() {
            snake.push('_');
        }
        snake.push(character.to_ascii_lowercase());
    }
    snake
}

/// In bytes. rustdoc makes a file for each type, and names of files are limited.
const LONGEST: usize = 180;

fn shorten(mut text: String) -> String {
    text.truncate(up_to(&text, LONGEST).len());
    text
}

/// The same text with each character in one way: `ﬁ` is `fi`.
fn composed(text: String) -> String {
    if text.is_ascii() { text } else { text.nfkc().collect() }
}

/// What of a text fits into so many bytes, in whole characters.
fn up_to(text: &str, bytes: usize) -> &str {
    if text.len() <= bytes {
        return text;
    }
    let ends = text.char_indices().map(|(at, character)| at + character.len_utf8());
    &text[..ends.take_while(|end| *end <= bytes).last().unwrap_or(0)]
}

/// Replaces what no identifier can hold: signs become words where they tell names apart (`+1` and `-1`, `.` and `*`),
/// everywhere else they separate words.
fn spell(text: &str) -> String {
    if text.is_empty() {
        return "empty".to_owned();
    }
    let text = composed(text.to_owned());
    let letters = text.chars().any(char::is_alphabetic);
    let silent = !text.chars().any(fits);
    let mut spelt = String::with_capacity(text.len());
    for (index, character) in text.char_indices() {
        match character {
            _ if fits(character) => spelt.push(character),
            '+' => spelt.push_str(" plus "),
            '-' if index == 0 && (!letters || text[1..].starts_with(fits)) => spelt.push_str(" minus "),
            '<' => spelt.push_str(" less "),
            '>' => spelt.push_str(" greater "),
            '=' => spelt.push_str(" equal "),
            '!' => spelt.push_str(" not "),
            _ if silent => spelt.push_str(word(character)),
            _ => spelt.push(' '),
        }
    }
    spelt
}

/// Whether an identifier can hold a character. Underscores separate words here.
fn fits(character: char) -> bool {
    character != '_' && unicode_ident::is_xid_continue(character)
}

/// A sign as a word, for names that consist of signs alone.
fn word(sign: char) -> &'static str {
    match sign {
        '*' => " any ",
        '.' => " dot ",
        ',' => " comma ",
        ':' => " colon ",
        ';' => " semicolon ",
        '/' => " slash ",
        '\\' => " backslash ",
        '|' => " pipe ",
        '_' => " underscore ",
        '#' => " hash ",
        '%' => " percent ",
        '&' => " and ",
        '?' => " question ",
        '@' => " at ",
        '$' => " dollar ",
        '~' => " tilde ",
        '-' => " minus ",
        ' ' => " space ",
        _ => " sign ",
    }
}

fn is_keyword(text: &str) -> bool {
    const KEYWORDS: &[&str] = &[
        "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "do", "dyn",
        "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let", "loop",
        "macro", "match", "mod", "move", "mut", "override", "priv", "pub", "ref", "return", "static",
        "struct", "trait", "true", "try", "type", "typeof", "unsafe", "unsized", "use", "virtual", "where",
        "while", "yield",
    ];
    KEYWORDS.contains(&text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_further_word_keeps_the_case() {
        for (name, suffix, expected) in [
            ("ListItem", "Name", "ListItemName"),
            ("ListItem", "_123", "ListItem123"),
            ("Item1", "_23", "Item1_23"),
            ("item_", "_23", "item_23"),
        ] {
            assert_eq!(Name::known(name).with(suffix).as_str(), expected, "{name} {suffix}");
        }
    }

    #[test]
    fn any_text_becomes_a_legal_identifier() {
        let cases = [
            ("chatbotId", "chatbot_id", "ChatbotId"),
            ("type", "type", "Type"),
            ("self", "self_", "Self_"),
            ("", "empty", "Empty"),
            (".", "dot", "Dot"),
            ("*/*", "any_slash_any", "AnySlashAny"),
            ("404", "_404", "_404"),
            ("+1", "plus_1", "Plus1"),
            ("-1", "minus_1", "Minus1"),
            ("-created_at", "minus_created_at", "MinusCreatedAt"),
            ("--all", "all", "All"),
            ("a/b c", "a_b_c", "ABC"),
            ("名稱", "名稱", "名稱"),
            ("\u{202e}x", "x", "X"),
            ("X-Rate-Limit", "x_rate_limit", "XRateLimit"),
            ("$ref", "ref", "Ref"),
            ("m\u{b2}", "m2", "M2"),
            ("\u{bd}", "_1_2", "_12"),
            ("e\u{301}", "\u{e9}", "\u{c9}"),
            ("\u{fb01}le \u{1c4}", "file_d\u{17e}", "FileD\u{17e}"),
            ("\u{1d400}", "a", "A"),
            ("\u{130}", "i\u{307}", "\u{130}"),
            ("\u{93e}x", "_\u{93e}x", "_\u{93e}x"),
            ("2xx_total", "_2xx_total", "_2xxTotal"),
        ];
        for (text, snake, pascal) in cases {
            assert_eq!(Name::snake(text).as_str(), snake, "{text}");
            assert_eq!(Name::pascal(text).as_str(), pascal, "{text}");
            for name in [Name::snake(text), Name::pascal(text)] {
                let code = name.ident().to_string();
                assert!(syn::parse_str::<syn::Ident>(&code).is_ok(), "{text} gives {code}");
            }
        }
    }

    #[test]
    fn long_names_are_cut_between_characters() {
        assert_eq!(Name::snake(&"x".repeat(9999)).as_str().len(), LONGEST);
        assert_eq!(Name::pascal("名").with(&"稱".repeat(99)).as_str().chars().count(), LONGEST / 3);
        assert!(Name::snake(&"x".repeat(9999)).with("_null").as_str().ends_with("x_null"));
        assert_eq!(Name::snake("self").with("_null").as_str(), "self_null");
        assert_eq!(Name::pascal("item").with(Name::pascal("404").as_str()).as_str(), "Item404");
    }

    #[test]
    fn claiming_a_taken_name_counts_on() {
        let mut scope = Scope::with_reserved(&["Option"]);
        let claimed: Vec<Name> =
            ["Option", "Pet", "Pet", "Pet2"].map(|name| scope.claim(Name::pascal(name))).into();
        let claimed: Vec<&str> = claimed.iter().map(Name::as_str).collect();
        assert_eq!(claimed, ["Option2", "Pet", "Pet2", "Pet22"]);
    }

    #[test]
    fn casing_follows_the_majority() {
        let names = [Name::snake("createdAt"), Name::snake("id"), Name::snake("page_no")];
        let wires = ["createdAt", "id", "page_no"];
        let pairs = names.iter().zip(wires);
        assert_eq!(Casing::of_fields(pairs.clone().take(2)), Casing::Camel);
        assert_eq!(Casing::of_fields(pairs), Casing::Same);
        assert_eq!(Casing::Screaming.variant("InProgress"), "IN_PROGRESS");
        assert_eq!(Casing::Kebab.variant("InProgress"), "in-progress");
    }
}
