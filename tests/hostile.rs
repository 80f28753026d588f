//! Text of a document never becomes code: hostile texts in every place that holds text, and documents made to break a reader.
//!
//! The documents in `specs/hostile` have every such place: `⟦name⟧` is replaced by a text, `⟦name:harmless⟧` says what stands
//! there otherwise, `⟦name|ref⟧` is the same text in a reference. A payload is refused with a place, or the output has the
//! tokens that a harmless text gives: the same tree of kinds, with names, literals and documentation left out of account.

use crate::compiled::Compiled;
use crate::specs;
use codegen::{Colour, Diagnostics, Options, Output, Source};
use proc_macro2::{TokenStream, TokenTree};
use std::fs;
use std::path::Path;
use std::time::Instant;

/// Texts without malice. What is accepted has the tokens of one of them, or of the document as it is.
///
/// In a path, one with a backslash leaves the operation out, braces are a variable, of several segments with a
/// star, what is behind `#` is not sent, and what is behind `?` is a query.
const HARMLESS: [&str; 12] =
    ["", "plain", "7", "101", "null", "名", "a b", "a\\b", "{x}", "{x*}", "#x", "?x=y&z#w"];

/// Texts by what they attack.
fn payloads() -> Vec<(&'static str, String)> {
    let long = |text: &str| text.repeat((64 << 10) / text.len());
    [
        ("quotes", "\"'\"#\"## evil()"),
        ("backslashes", "\\ \\n \\u{41} \\"),
        ("carriage return", "a\rfn evil() {}"),
        ("line feed", "a\nfn evil() {}"),
        ("both", "a\r\nfn evil() {}\r\n"),
        ("nul", "a\0b"),
        ("escape sequence", "\u{1b}[31mred\u{7}"),
        ("bidi override", "a\u{202e}b\u{2066}c"),
        ("end of a comment", "*/ pub fn evil() {} /*"),
        ("comment", "// evil"),
        ("doc comment", "/// evil\n//! evil"),
        ("fence", "```\npanic!()\n```"),
        ("fence of Rust", "```rust\npanic!()\n```"),
        ("fence of tildes", "~~~\npanic!()\n~~~"),
        ("fence in a list", "- a\n\n  ```\n  panic!()\n  ```"),
        ("fence in a quote", "> ```\n> panic!()\n> ```"),
        ("open fence", "```"),
        ("indented code", "a\n\n    panic!();\n"),
        ("indented by a tab", "\tpanic!();"),
        ("indented in a list", "- a\n\n      panic!();\n"),
        ("numbered list", "1. a\n\n       panic!();\n"),
        ("braces", "{x}"),
        ("two braces", "{{x}}"),
        ("closing brace", "} pub fn evil() {"),
        ("wildcard", "{*rest}"),
        ("star", "*"),
        ("colon", ":name"),
        ("attribute", "#![a] #[cfg(any())]"),
        ("HTML", "<b onclick=\"evil()\">x</b>"),
        ("script", "<script>evil()</script>"),
        ("image", "<img src=x onerror=evil()>"),
        ("HTML comment", "<!-- evil"),
        ("HTML in a span", "`a`<b onclick=evil()>`"),
        ("script link", "[x](javascript:evil())"),
        ("script address", "<javascript:evil()>"),
        ("link definition", "[x]: javascript:evil()\n\n[x] and [y][x]"),
        ("intra-doc link", "[x] [`Client`] [crate::models] [a](crate::api)"),
        ("footnote", "[^1] x\n\n[^1]: <script>evil()</script>"),
        ("table", "| a |\n|---|\n| <script>evil()</script> |"),
        ("heading", "# a\n\n===\n---"),
        ("keyword", "fn"),
        ("new keyword", "gen"),
        ("crate", "crate"),
        ("self", "self"),
        ("Self", "Self"),
        ("super", "super"),
        ("underscore", "_"),
        ("type of the prelude", "Option"),
        ("method of everything", "clone"),
        ("empty", ""),
        ("space", " "),
        ("parent", "../../x"),
        ("absolute path", "/etc/passwd"),
        ("encoded parent", "%2e%2e%2fx"),
        ("query", "?a=b&c#d"),
        ("beyond the BMP", "\u{1f600}\u{1d4b3}"),
        ("combining marks", "e\u{301}\u{20dd} \u{301}"),
        ("zero width", "a\u{200b}\u{200d}b\u{ad}"),
        ("line separators", "a\u{2028}b\u{2029}c\u{85}d"),
        ("tag characters", "a\u{e0041}\u{e007f}"),
        ("byte order mark", "\u{feff}a"),
        ("noncharacters", "\u{ffff}\u{10ffff}\u{e000}"),
        ("uncased script", "名稱"),
        ("Turkish", "İstanbul ıI"),
        ("ligature", "ﬁ ǆ ß"),
        ("raw text", "r#\"evil()\"#"),
        ("format", "%s %n {0} {}"),
        ("macro", "$x! { panic!() }"),
        ("lifetime", "'a"),
        ("number", "123"),
        ("minus", "-1"),
        ("shebang", "#!/bin/sh"),
        ("header injection", "x\r\nSet-Cookie: a=b"),
        ("null", "null"),
        ("ticks", "` `` ``` a ` b"),
    ]
    .into_iter()
    .map(|(name, text)| (name, text.to_owned()))
    .chain([
        ("64 KiB", long("a")),
        ("64 KiB of words", long("evil ")),
        ("64 KiB of brackets", long("[")),
        ("64 KiB of ticks", long("`")),
        ("64 KiB of signs", long("\u{1f600}")),
    ])
    .collect()
}

#[test]
fn text_in_the_frame_is_refused_or_harmless() {
    try_all("frame");
}

#[test]
fn text_in_operations_is_refused_or_harmless() {
    try_all("operations");
}

#[test]
fn text_in_schemas_is_refused_or_harmless() {
    try_all("schemas");
}

/// Every payload in every place of a document.
fn try_all(name: &str) {
    let (template, payloads) = (template(name), payloads());
    let places = places(&template);
    let (mut accepted, mut refused) = (0, 0);
    let mut failures = Vec::new();
    for place in &places {
        let harmless = HARMLESS.iter().filter_map(|text| generate(&fill(&template, &[(place, text)])).ok());
        let usual = generate(&fill(&template, &[]));
        let twins: Vec<String> = usual.into_iter().chain(harmless).map(|output| structure(&output)).collect();
        for (attack, payload) in &payloads {
            let document = fill(&template, &[(place, payload)]);
            let fault = match generate(&document) {
                Ok(output) => {
                    accepted += 1;
                    difference(&output, &twins)
                }
                Err(problems) => {
                    refused += 1;
                    fault(&problems, &document)
                }
            };
            failures.extend(fault.map(|fault| format!("{place}: {attack}: {fault}")));
        }
    }
    let (places, payloads) = (places.len(), payloads.len());
    println!(
        "{name}: {places} places, {payloads} payloads: {accepted} accepted, {refused} refused with a place"
    );
    assert!(failures.is_empty(), "{} failures\n{}", failures.len(), failures.join("\n"));
}

fn template(name: &str) -> String {
    let (_, text) = specs("hostile").into_iter().find(|(other, _)| other == name).unwrap();
    text
}

/// The holes of a document, in order.
fn places(template: &str) -> Vec<&str> {
    let mut places = Vec::new();
    for hole in template.split('⟦').skip(1) {
        let name = hole.split([':', '|', '⟧']).next().unwrap();
        if !places.contains(&name) {
            places.push(name);
        }
    }
    places
}

/// The document with the given texts in their places and harmless ones in all others.
fn fill(template: &str, texts: &[(&str, &str)]) -> String {
    let mut document = String::new();
    let mut rest = template;
    while let Some((before, hole)) = rest.split_once('⟦') {
        let (hole, after) = hole.split_once('⟧').unwrap();
        let name = hole.split([':', '|']).next().unwrap();
        let harmless = || match hole.split_once(':') {
            Some((_, harmless)) => harmless.to_owned(),
            None => format!("harmless-{name}"),
        };
        let given = texts.iter().find(|(place, _)| *place == name);
        let mut text = given.map_or_else(harmless, |(_, text)| (*text).to_owned());
        if hole.ends_with("|ref") {
            text = text.replace('%', "%25").replace('~', "~0").replace('/', "~1");
        }
        document.push_str(before);
        document.push_str(&quoted(&text));
        rest = after;
    }
    document + rest
}

/// Text as it stands between double quotes in YAML.
fn quoted(text: &str) -> String {
    let escaped = |character: char| match character {
        '"' | '\\' => format!("\\{character}"),
        _ if character.is_control()
            || matches!(character, '\u{feff}' | '\u{2028}' | '\u{2029}' | '\u{ffff}') =>
        {
            format!("\\u{:04x}", u32::from(character))
        }
        _ => character.to_string(),
    };
    text.chars().map(escaped).collect()
}

fn generate(text: &str) -> Result<Output, Diagnostics> {
    codegen::generate(Source { name: "hostile.yaml", text }, &Options::default())
}

/// How accepted output differs from all harmless twins, or that it is not Rust once it is printed.
fn difference(output: &Output, twins: &[String]) -> Option<String> {
    if !twins.contains(&structure(output)) {
        return Some("other tokens than a harmless text".to_owned());
    }
    let parse = |(path, text): (&String, &String)| Some(format!("{path}: {}", syn::parse_file(text).err()?));
    output.tree.iter().find_map(parse)
}

/// What a refusal lacks: a place within the document, and text that does not disturb a terminal.
fn fault(problems: &Diagnostics, document: &str) -> Option<String> {
    let characters = document.chars().count();
    if let Some(problem) = problems.iter().find(|problem| problem.span.start as usize >= characters) {
        return Some(format!("no place: {problem:?}"));
    }
    let shown = problems.render(Source { name: "hostile.yaml", text: document }, Colour::Plain);
    let first = problems.iter().next()?.span.place(document);
    if !shown.contains(&format!("hostile.yaml:{}:{}", first.line, first.column)) {
        return Some(format!("the place is not shown: {shown}"));
    }
    let control = |character: char| character.is_control() && character != '\n';
    shown.contains(control).then(|| format!("control characters in {shown:?}"))
}

/// The tree of the output's tokens by kind. Left out: what documents, and how serde derives names, which depends on them.
fn structure(output: &Output) -> String {
    let mut kinds = String::new();
    for (path, tokens) in codegen::tokens(&output.surface) {
        kinds.push_str(&path);
        describe(tokens, &mut kinds);
    }
    kinds
}

fn describe(tokens: TokenStream, kinds: &mut String) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let mut rest = &tokens[..];
    while let [first, behind @ ..] = rest {
        rest = behind;
        match first {
            TokenTree::Punct(punct) if punct.as_char() == '#' => {
                let (inner, attribute) = match behind {
                    [TokenTree::Punct(_), TokenTree::Group(group), ..] => (2, group),
                    [TokenTree::Group(group), ..] => (1, group),
                    _ => continue,
                };
                rest = &behind[inner..];
                attribute_kinds(attribute.stream(), kinds);
            }
            TokenTree::Punct(punct) => kinds.push(punct.as_char()),
            TokenTree::Ident(_) => kinds.push('i'),
            TokenTree::Literal(_) => kinds.push('l'),
            TokenTree::Group(group) => {
                kinds.push_str(&format!("{:?}<{}>", group.delimiter(), parts(group.stream()).concat()));
            }
        }
    }
}

/// What commas separate, in an order of its own: names decide about the order of arguments.
fn parts(tokens: TokenStream) -> Vec<String> {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let is_comma = |token: &TokenTree| matches!(token, TokenTree::Punct(punct) if punct.as_char() == ',');
    let mut parts: Vec<String> = tokens
        .split(is_comma)
        .map(|part| {
            let mut kinds = String::new();
            describe(part.iter().cloned().collect(), &mut kinds);
            kinds
        })
        .filter(|part| !part.is_empty())
        .collect();
    parts.sort();
    parts
}

/// The words of an attribute, without renamings; of those that name fields or values, the kinds.
fn attribute_kinds(tokens: TokenStream, kinds: &mut String) {
    match tokens.clone().into_iter().next().map(|first| first.to_string()).as_deref() {
        Some("setter") => return,
        Some("new") => return describe(tokens, kinds),
        // The method's name, behind the value, is there where the field's is too long to go on.
        Some("or_default") => {
            for group in tokens.into_iter().filter_map(|token| match token {
                TokenTree::Group(group) => Some(group.stream()),
                _ => None,
            }) {
                let is_comma =
                    |token: &TokenTree| matches!(token, TokenTree::Punct(mark) if mark.as_char() == ',');
                describe(group.into_iter().take_while(|token| !is_comma(token)).collect(), kinds);
            }
            return;
        }
        _ => {}
    }
    let mut words = Vec::new();
    let mut queue: Vec<TokenTree> = tokens.into_iter().collect();
    while let Some(token) = queue.pop() {
        match token {
            TokenTree::Group(group) => queue.extend(group.stream()),
            TokenTree::Ident(ident) => words.push(ident.to_string()),
            TokenTree::Punct(_) | TokenTree::Literal(_) => {}
        }
    }
    words.retain(|word| !matches!(word.as_str(), "rename" | "rename_all" | "doc"));
    if words != ["serde"] {
        words.iter().for_each(|word| kinds.push_str(&format!("#{word}")));
    }
}

/// How often each document is built, each time with other payloads in its places.
const ROUNDS: usize = 8;

/// What is accepted compiles without a warning, has no doctest but what rustdoc is told to show as text, and its pages hold
/// no tag and no link that a payload brings along. One crate for all, because each would take a second.
#[test]
fn what_is_accepted_compiles_and_is_documented_as_text() {
    let pages_of = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("target/doc/hostile");
    let _ = fs::remove_dir_all(&pages_of);
    let mut modules = Vec::new();
    let mut texts = 0;
    for name in ["frame", "operations", "schemas"] {
        let template = template(name);
        for round in 0..ROUNDS {
            let (chosen, output) = accepted(&template, round);
            texts += chosen;
            modules.push((format!("{name}_{round}"), output));
        }
    }
    modules.push(("documented".to_owned(), generate(&every_payload_as_documentation()).unwrap()));
    let compiled =
        Compiled::new("hostile", modules.iter().map(|(name, output)| (name.as_str(), &output.tree)));
    let start = Instant::now();
    compiled.cargo(&["doc", "--quiet", "--no-deps"]);
    let pages = pages(&pages_of);
    // What `cargo test` would run, which would make code of the whole first. This takes the pages away.
    let tested = compiled.cargo(&["rustdoc", "--quiet", "--", "--test"]);
    assert!(tested.contains("running 0 tests"), "{tested}");
    let found: Vec<String> = pages.iter().flat_map(|(page, html)| active(page, html)).collect();
    println!(
        "{} modules with {texts} texts: compiled, {} pages, {} with something active, {:.0} s",
        modules.len(),
        pages.len(),
        found.len(),
        start.elapsed().as_secs_f64()
    );
    assert!(pages.len() > 100 && found.is_empty(), "{}", found.join("\n"));
}

/// A document with payloads in as many places as it takes together; how many, and the output.
fn accepted(template: &str, round: usize) -> (usize, Output) {
    let payloads = payloads();
    let mut texts: Vec<(&str, &str)> = Vec::new();
    let mut output = generate(&fill(template, &[])).unwrap();
    for (index, place) in places(template).into_iter().enumerate() {
        let (_, payload) = &payloads[(index + round * payloads.len() / ROUNDS) % payloads.len()];
        texts.push((place, payload));
        match generate(&fill(template, &texts)) {
            Ok(more) => output = more,
            Err(_) => drop(texts.pop()),
        }
    }
    (texts.len(), output)
}

/// Every payload wherever documentation is made in another way: prose, one line, a literal.
fn every_payload_as_documentation() -> String {
    let mut document = "openapi: 3.0.3\ninfo: { title: Documented, version: '1' }\npaths:\n".to_owned();
    for (index, (_, text)) in payloads().iter().enumerate() {
        let text = quoted(text);
        document.push_str(&format!(
            "  /p{index}/: {{ get: {{ operationId: get_{index}, summary: \"{text}\", description: \"{text}\", \
             responses: {{ '204': {{ description: Done. }} }} }} }}\n"
        ));
    }
    document.push_str("components: { schemas: { Documented: { type: object, properties: {\n");
    for (index, (_, text)) in payloads().iter().enumerate() {
        let text = quoted(text);
        document.push_str(&format!(
            "  p{index}: {{ type: string, description: \"{text}\", default: \"{text}\" }},\n"
        ));
    }
    document + "} } } }\n"
}

/// All pages below a folder.
fn pages(folder: &Path) -> Vec<(String, String)> {
    let mut pages = Vec::new();
    for entry in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if entry.is_dir() {
            pages.extend(self::pages(&entry));
        } else if entry.extension().is_some_and(|extension| extension == "html") {
            pages.push((entry.display().to_string(), fs::read_to_string(&entry).unwrap()));
        }
    }
    pages
}

/// What of the payloads a browser would act upon.
fn active<'a>(page: &'a str, html: &'a str) -> impl Iterator<Item = String> + use<'a> {
    const ACTIVE: &[&str] = &["<script>evil", "<img src=x", "<b onclick", "<!-- evil", "href=\"javascript:"];
    let found = ACTIVE.iter().filter(|sign| html.contains(**sign));
    found.map(move |sign| format!("{page}: {sign}"))
}
