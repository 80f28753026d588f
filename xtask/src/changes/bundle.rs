//! A document of several files as one tree.
//!
//! In: the texts that were read for a document. Out: a tree in which what other files describe stands below
//! `components/files`, under the file's path and the place in it, and references lead there.

use codegen::document::percent_decoded;
use codegen::parse::{self, Key, Node, Value};
use codegen::{Diagnostics, Documents, Loader, templates};
use std::collections::BTreeMap;

/// The texts of a document.
#[derive(Debug, Clone, Default)]
pub struct Texts {
    /// What the user calls the document, and its text.
    own: (String, String),
    /// What the user calls its overlays, and their texts.
    overlays: Vec<(String, String)>,
    /// Paths of further files below the document's folder, and their texts.
    more: Vec<(String, String)>,
}

impl Texts {
    /// A document of one file so far.
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> Self {
        Self { own: (name.into(), text.into()), ..Self::default() }
    }

    /// The same with overlays, by their names.
    pub fn with(self, overlays: Vec<(String, String)>) -> Self {
        Self { overlays, ..self }
    }
}

/// A loader that keeps what it has loaded.
pub struct Recorder<'a, L> {
    pub loader: L,
    pub texts: &'a mut Texts,
}

impl<L: Loader> Loader for Recorder<'_, L> {
    fn load(&mut self, path: &str) -> Result<String, String> {
        let text = self.loader.load(path)?;
        self.texts.more.push((path.to_owned(), text.clone()));
        Ok(text)
    }
}

/// What is below `components` for other files.
pub const FILES: &str = "files";

/// A document as one tree, and where its parts stand.
pub struct Bundle {
    pub root: Node,
    files: Vec<File>,
}

/// A file, and the numbers at which its lines begin.
struct File {
    name: String,
    lines: Vec<u32>,
}

impl Bundle {
    /// Reads all files of a document.
    ///
    /// # Errors
    /// What is wrong with one of them.
    pub fn new(texts: &Texts) -> Result<Self, Diagnostics> {
        let (name, text) = &texts.own;
        let (folder, own) = name.rfind(['/', '\\']).map_or(("", name.as_str()), |at| name.split_at(at + 1));
        let mut documents = Documents::new(name, text);
        texts.overlays.iter().for_each(|(name, text)| documents.add_overlay(name, text));
        let overlaid = std::iter::once(&texts.own).chain(&texts.overlays);
        let overlaid = overlaid.map(|(name, text)| (None, name.clone(), text));
        let more =
            texts.more.iter().map(|(path, text)| (Some(path.as_str()), format!("{folder}{path}"), text));
        let (mut files, mut trees, mut base) = (Vec::new(), BTreeMap::from([(own, documents.root()?)]), 0);
        for (path, name, text) in overlaid.chain(more) {
            if let Some(path) = path {
                let mut root = parse::parse(text)?;
                move_by(&mut root, base);
                trees.entry(path).or_insert(root);
            }
            let breaks = text.chars().enumerate().filter(|(_, letter)| *letter == '\n');
            let breaks = breaks.map(|(at, _)| base + u32::try_from(at).unwrap_or(u32::MAX) + 1);
            files.push(File { name, lines: std::iter::once(base).chain(breaks).collect() });
            base += u32::try_from(text.chars().count()).unwrap_or(u32::MAX - base) + 1;
        }
        // What the generator makes of a template, within a file by any name, and below by its place.
        trees.values_mut().for_each(templates::fill_in);
        let mut open = Vec::new();
        let mut root = trees.get(own).cloned().unwrap_or(Node { value: Value::Null, ..no_node() });
        lead(&mut root, own, own, &mut open);
        let mut elsewhere: BTreeMap<String, Node> = BTreeMap::new();
        while let Some((path, fragment)) = open.pop() {
            let name = name_of(&path, &fragment);
            if elsewhere.contains_key(&name) {
                continue;
            }
            let Some(mut found) = trees.get(path.as_str()).and_then(|tree| at(tree, &fragment)).cloned()
            else {
                continue;
            };
            lead(&mut found, &path, own, &mut open);
            elsewhere.insert(name, found);
        }
        if !elsewhere.is_empty() {
            let key = |text: String| Key { text, span: root.span };
            let entries = elsewhere.into_iter().map(|(name, node)| (key(name), node)).collect();
            let span = root.span;
            let entry = (key(FILES.to_owned()), Node { value: Value::Object(entries), span });
            let components = key("components".to_owned());
            if let Value::Object(all) = &mut root.value {
                match all.iter_mut().find(|(key, _)| key.text == "components") {
                    Some((_, Node { value: Value::Object(sections), .. })) => sections.push(entry),
                    _ => all.push((components, Node { value: Value::Object(vec![entry]), span })),
                }
            }
        }
        templates::fill_in(&mut root);
        Ok(Self { root, files })
    }

    /// Where a node stands, as people look it up.
    pub fn place(&self, node: &Node) -> String {
        let first = |file: &File| file.lines.first().copied().unwrap_or_default();
        let file = self.files.partition_point(|file| first(file) <= node.span.start).saturating_sub(1);
        let Some(file) = self.files.get(file) else { return String::new() };
        let line = file.lines.partition_point(|start| *start <= node.span.start);
        let start = line.checked_sub(1).and_then(|at| file.lines.get(at)).copied().unwrap_or_default();
        format!("{}:{line}:{}", file.name, node.span.start - start + 1)
    }
}

fn no_node() -> Node {
    Node { value: Value::Null, span: codegen::diagnostics::Span { start: 0, end: 0 } }
}

fn move_by(node: &mut Node, base: u32) {
    node.span.start += base;
    node.span.end += base;
    match &mut node.value {
        Value::Array(items) => items.iter_mut().for_each(|item| move_by(item, base)),
        Value::Object(entries) => entries.iter_mut().for_each(|(key, value)| {
            key.span.start += base;
            key.span.end += base;
            move_by(value, base);
        }),
        _ => {}
    }
}

/// What a part of another file is called: `schemas/pet.yaml#/Pet`.
fn name_of(path: &str, fragment: &str) -> String {
    if fragment.is_empty() { path.to_owned() } else { format!("{path}#{fragment}") }
}

/// Lets the references of a tree lead to where their targets will be.
fn lead(node: &mut Node, path: &str, own: &str, open: &mut Vec<(String, String)>) {
    match &mut node.value {
        Value::Array(items) => items.iter_mut().for_each(|item| lead(item, path, own, open)),
        Value::Object(entries) => {
            for (key, value) in entries {
                let reference = if key.text == "$ref" { value.as_str() } else { None };
                match reference.and_then(|reference| target(reference, path)) {
                    Some((file, _)) if file == own && path == own => {}
                    Some((file, fragment)) if file == own => {
                        value.value = Value::String(format!("#{fragment}"))
                    }
                    Some((file, fragment)) => {
                        let name = name_of(&file, &fragment);
                        let escaped = name
                            .replace('~', "~0")
                            .replace('/', "~1")
                            .replace('%', "%25")
                            .replace('#', "%23");
                        value.value = Value::String(format!("#/components/{FILES}/{escaped}"));
                        open.push((file, fragment));
                    }
                    None => lead(value, path, own, open),
                }
            }
        }
        _ => {}
    }
}

/// The file that a reference leads to, and the place in it; nothing where it is an address.
fn target(reference: &str, from: &str) -> Option<(String, String)> {
    let (file, fragment) = reference.split_once('#').unwrap_or((reference, ""));
    if file.contains(':') || file.starts_with('/') {
        return None;
    }
    let fragment = percent_decoded(fragment).into_owned();
    if file.is_empty() {
        return Some((from.to_owned(), fragment));
    }
    let file = percent_decoded(file);
    let mut path: Vec<&str> = from.split('/').collect();
    path.pop();
    for name in file.split('/') {
        match name {
            "" | "." => {}
            ".." => _ = path.pop(),
            name => path.push(name),
        }
    }
    Some((path.join("/"), fragment))
}

/// What a JSON Pointer leads to.
fn at<'a>(root: &'a Node, pointer: &str) -> Option<&'a Node> {
    if pointer.is_empty() {
        return Some(root);
    }
    let mut names =
        pointer.strip_prefix('/')?.split('/').map(|name| name.replace("~1", "/").replace("~0", "~"));
    names.try_fold(root, |node, name| match &node.value {
        Value::Array(items) => items.get(name.parse::<usize>().ok()?),
        _ => node.get(&name),
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

    #[test]
    fn files_become_parts_of_one_tree_and_keep_their_places() {
        let mut texts =
            Texts::new("api/openapi.yaml", "a: { $ref: 'schemas/pet.yaml#/Pet' }\nb: { $ref: '#/a' }");
        texts.more.push((
            "schemas/pet.yaml".to_owned(),
            "Pet:\n  owner: { $ref: 'people.yaml' }\n  kind: { $ref: '#/Kind' }\n  b: { $ref: '../openapi.yaml#/b' }\n\
             Kind: { type: string }"
                .to_owned(),
        ));
        texts.more.push(("schemas/people.yaml".to_owned(), "\ntype: object".to_owned()));
        let bundle = Bundle::new(&texts).unwrap();
        let files = bundle.root.get("components").unwrap().get(FILES).unwrap();
        let names: Vec<&str> = files.entries().iter().map(|(key, _)| key.text.as_str()).collect();
        assert_eq!(names, ["schemas/people.yaml", "schemas/pet.yaml#/Kind", "schemas/pet.yaml#/Pet"]);
        let pet = files.get("schemas/pet.yaml#/Pet").unwrap();
        assert_eq!(pet.get("b").unwrap().get("$ref").unwrap().as_str(), Some("#/b"));
        assert_eq!(bundle.place(pet.get("kind").unwrap()), "api/schemas/pet.yaml:3:9");
        assert_eq!(
            bundle.place(files.get("schemas/people.yaml").unwrap().get("type").unwrap()),
            "api/schemas/people.yaml:2:7"
        );
        let reference = bundle.root.get("a").unwrap().get("$ref").unwrap();
        assert_eq!(bundle.place(reference), "api/openapi.yaml:1:12");
        let document = codegen::document::Document::new(&bundle.root);
        assert!(document.at(reference.as_str().unwrap().strip_prefix('#').unwrap()).is_some());
    }
}
