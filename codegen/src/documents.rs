//! The files that a document consists of: itself, overlays, and the files that its references lead to.
//!
//! In: texts, and a [`Loader`] for more of them. Out: trees. The places of all files follow each other in one range of
//! numbers, so that a place alone says which file it is in. Nothing here reads a file by itself.

use crate::diagnostics::{Diagnostics, Source, Sources, Span};
use crate::document::percent_decoded;
use crate::overlay;
use crate::parse::{self, Key, Node, Value};
use crate::templates;
use std::collections::HashMap;

/// Reads the files that a document refers to.
pub trait Loader {
    /// The text of a file. `path` leads from the folder of the document downwards: names with `/` between them, none of
    /// which is `.` or `..`.
    ///
    /// # Errors
    /// Why there is no such text, in one line.
    fn load(&mut self, path: &str) -> Result<String, String>;
}

/// A loader for documents that consist of one file.
#[derive(Debug, Clone, Copy, Default)]
pub struct OneFile;

impl Loader for OneFile {
    fn load(&mut self, _: &str) -> Result<String, String> {
        Err("only the document itself was given".to_owned())
    }
}

/// The texts of a document's files, as far as they are known: what diagnostics point into.
#[derive(Debug, Clone)]
pub struct Documents {
    /// The document, its overlays, then everything that was loaded.
    files: Vec<Text>,
    overlays: usize,
}

#[derive(Debug, Clone)]
struct Text {
    /// What messages call it.
    name: String,
    text: String,
}

/// All files as trees.
#[derive(Debug, Clone)]
pub(crate) struct Trees {
    /// In the order of their places.
    pub(crate) files: Vec<File>,
    /// Why files could not be loaded, by their paths.
    pub(crate) unread: HashMap<String, String>,
    /// What is to be said about overlays.
    pub(crate) warnings: Diagnostics,
}

/// A file as a tree.
#[derive(Debug, Clone)]
pub(crate) struct File {
    /// The number that its places begin with.
    pub(crate) base: u32,
    /// Its path below the document's folder. An overlay has the document's: what it adds becomes a part of that.
    pub(crate) path: String,
    /// Its tree; of an overlay a null.
    pub(crate) root: Node,
}

/// Where a reference leads, apart from what is after its `#`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Place {
    /// The file that it stands in.
    Here,
    /// A file below the document's folder.
    Below(String),
    /// An address, such as `https://...`.
    Address,
    /// A file that is not below the document's folder.
    Outside,
}

/// More files than this are no document but an accident.
const MOST_FILES: usize = 10_000;

impl Documents {
    /// A document of one file so far. `name` is what messages call it.
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> Self {
        Self { files: vec![Text { name: name.into(), text: text.into() }], overlays: 0 }
    }

    /// Adds an overlay, which changes the document after those that were added before.
    pub fn add_overlay(&mut self, name: impl Into<String>, text: impl Into<String>) {
        self.files.truncate(1 + self.overlays);
        self.files.push(Text { name: name.into(), text: text.into() });
        self.overlays += 1;
    }

    /// The texts, for [`Diagnostics::render`].
    pub fn sources(&self) -> Sources<'_> {
        Sources::new(self.files.iter().map(|file| Source { name: &file.name, text: &file.text }))
    }

    /// The document's own text.
    pub fn text(&self) -> &str {
        self.files.first().map_or("", |file| &file.text)
    }

    /// The document's own tree, with the changes of its overlays. Places in it count through the document and the overlays, with a
    /// sign between any two.
    ///
    /// # Errors
    /// What is wrong with one of the texts.
    pub fn root(&self) -> Result<Node, Diagnostics> {
        let mut problems = Diagnostics::default();
        let trees = self.overlaid(&mut Bases::default(), &mut problems)?;
        let mut files = trees.files.into_iter().map(|file| file.root);
        Ok(files.next().unwrap_or(Node { value: Value::Null, span: Span::default() }))
    }

    /// Reads everything that the document consists of.
    ///
    /// # Errors
    /// What is wrong with a text. Files that could not be loaded are no error before something leads to them.
    pub(crate) fn trees(&mut self, loader: &mut dyn Loader) -> Result<Trees, Diagnostics> {
        self.files.truncate(1 + self.overlays);
        let mut next = Bases::default();
        let mut problems = Diagnostics::default();
        let mut trees = self.overlaid(&mut next, &mut problems)?;
        let mut at = 0;
        while let Some(file) = trees.files.get(at) {
            let wanted = references(&file.root, &file.path);
            for path in wanted {
                let known =
                    trees.files.iter().any(|file| file.path == path) || trees.unread.contains_key(&path);
                if known {
                    continue;
                }
                if trees.files.len() >= MOST_FILES {
                    trees.unread.insert(path, format!("more than {MOST_FILES} files belong to the document"));
                    continue;
                }
                match loader.load(&path) {
                    Err(reason) => _ = trees.unread.insert(path, reason),
                    Ok(text) => {
                        let base = next.take(&text)?;
                        match parse::parse_from(&text, base) {
                            Ok(root) => trees.files.push(File { base, path: path.clone(), root }),
                            Err(more) => {
                                trees.unread.insert(path.clone(), "it is no tree".to_owned());
                                problems.extend(more);
                            }
                        }
                        self.files.push(Text { name: self.name_of(&path), text });
                    }
                }
            }
            at += 1;
        }
        if problems.has_errors() {
            return Err(problems);
        }
        templates::fill_in_all(&mut trees);
        Ok(Trees { warnings: problems, ..trees })
    }

    /// The document with the changes of its overlays.
    fn overlaid(&self, next: &mut Bases, problems: &mut Diagnostics) -> Result<Trees, Diagnostics> {
        let path = self.own_path();
        let mut files = Vec::new();
        for (at, Text { text, .. }) in self.files.iter().take(1 + self.overlays).enumerate() {
            let base = next.take(text)?;
            let mut root = parse::parse_from(text, base)?;
            if at > 0 {
                if let Some(File { root: document, .. }) = files.first_mut() {
                    overlay::apply(document, &root, problems);
                }
                root = Node { value: Value::Null, span: root.span };
            }
            files.push(File { base, path: path.clone(), root });
        }
        if problems.has_errors() {
            return Err(std::mem::take(problems));
        }
        Ok(Trees { files, unread: HashMap::new(), warnings: Diagnostics::default() })
    }

    /// The document's name without its folder.
    fn own_path(&self) -> String {
        let name = self.files.first().map_or("", |file| &file.name);
        name.rsplit(['/', '\\']).next().unwrap_or_default().to_owned()
    }

    /// What messages call a file beside the document.
    fn name_of(&self, path: &str) -> String {
        let name = self.files.first().map_or("", |file| &file.name);
        let folder = name.rfind(['/', '\\']).map_or("", |at| &name[..=at]);
        format!("{folder}{path}")
    }
}

impl<'a> From<&'a Documents> for Sources<'a> {
    fn from(documents: &'a Documents) -> Self {
        documents.sources()
    }
}

/// Where the places of each file begin.
#[derive(Default)]
struct Bases {
    next: u64,
}

impl Bases {
    fn take(&mut self, text: &str) -> Result<u32, Diagnostics> {
        let base = self.next;
        self.next += text.chars().count() as u64 + 1;
        match (u32::try_from(base), u32::try_from(self.next)) {
            (Ok(base), Ok(_)) => Ok(base),
            _ => {
                let mut problems = Diagnostics::default();
                problems.error(
                    Span::default(),
                    "the document's files are larger than four gigabytes",
                    "too large",
                    "split the document",
                );
                Err(problems)
            }
        }
    }
}

/// Paths of all files that the references of a tree lead to, each once.
fn references(root: &Node, from: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut open = vec![root];
    while let Some(node) = open.pop() {
        match &node.value {
            Value::Array(items) => open.extend(items.iter().rev()),
            Value::Object(entries) => {
                for (Key { text: key, .. }, value) in entries.iter().rev() {
                    let reference = if key == "$ref" { value.as_str() } else { None };
                    match reference.map(|reference| place(reference, from)) {
                        Some(Place::Below(path)) if !found.contains(&path) => found.push(path),
                        _ => {}
                    }
                    // What an example refers to is none of the document.
                    if key != "example" && key != "examples" {
                        open.push(value);
                    }
                }
            }
            _ => {}
        }
    }
    found
}

/// Where a reference in a file leads.
pub(crate) fn place(reference: &str, from: &str) -> Place {
    let file = reference.split('#').next().unwrap_or_default();
    if file.is_empty() {
        return Place::Here;
    }
    if file.starts_with("//") || has_scheme(file) {
        return Place::Address;
    }
    let file = percent_decoded(file);
    if file.starts_with('/') || file.contains(['\\', '\0']) {
        return Place::Outside;
    }
    let mut path: Vec<&str> = from.split('/').collect();
    path.pop();
    for segment in file.split('/') {
        match segment {
            "" | "." => {}
            ".." => {
                if path.pop().is_none() {
                    return Place::Outside;
                }
            }
            segment => path.push(segment),
        }
    }
    Place::Below(path.join("/"))
}

/// An address that is relative to another one. Neither has a `#`. By hand, since the other may be relative itself, for which
/// crates for URLs have no type.
pub(crate) fn joined(base: &str, relative: &str) -> String {
    if base.is_empty() || has_scheme(relative) {
        return relative.to_owned();
    }
    if relative.is_empty() {
        return base.to_owned();
    }
    if let (Some((scheme, _)), true) = (base.split_once("://"), relative.starts_with("//")) {
        return format!("{scheme}:{relative}");
    }
    let end_of_host = base
        .split_once("://")
        .map_or(0, |(scheme, rest)| scheme.len() + "://".len() + rest.find('/').unwrap_or(rest.len()));
    let (root, path) = base.split_at(end_of_host);
    let folder = if relative.starts_with('/') { "" } else { path.rfind('/').map_or("", |at| &path[..=at]) };
    let mut segments: Vec<&str> = Vec::new();
    for segment in folder.split('/').filter(|segment| !segment.is_empty()).chain(relative.split('/')) {
        match segment {
            "" | "." => {}
            ".." => _ = segments.pop(),
            segment => segments.push(segment),
        }
    }
    let slash =
        if root.is_empty() && !path.starts_with('/') && !relative.starts_with('/') { "" } else { "/" };
    let is_folder = !segments.is_empty() && matches!(relative.rsplit('/').next(), Some("" | "." | ".."));
    format!("{root}{slash}{}{}", segments.join("/"), if is_folder { "/" } else { "" })
}

/// Whether a text begins as an address does: `https:`, or a drive such as `c:`.
fn has_scheme(text: &str) -> bool {
    let Some((scheme, _)) = text.split_once(':') else { return false };
    scheme.starts_with(|first: char| first.is_ascii_alphabetic())
        && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_relative_to_others() {
        const BASE: &str = "https://a.example/schemas/person";
        let cases = [
            (BASE, "", BASE),
            (BASE, "https://b.example/x", "https://b.example/x"),
            (BASE, "urn:example:x", "urn:example:x"),
            (BASE, "address", "https://a.example/schemas/address"),
            (BASE, "./address", "https://a.example/schemas/address"),
            (BASE, "../address", "https://a.example/address"),
            (BASE, "more/", "https://a.example/schemas/more/"),
            (BASE, "more/..", "https://a.example/schemas/"),
            (BASE, "..", "https://a.example/"),
            (BASE, "//b.example/x", "https://b.example/x"),
            ("schemas/more/", "address", "schemas/more/address"),
            (BASE, "../../../address", "https://a.example/address"),
            (BASE, "/address", "https://a.example/address"),
            ("https://a.example", "address", "https://a.example/address"),
            ("schemas/person", "address", "schemas/address"),
            ("/schemas/person", "address", "/schemas/address"),
            ("person", "address", "address"),
            ("", "address", "address"),
        ];
        for (base, relative, expected) in cases {
            assert_eq!(joined(base, relative), expected, "{relative} from {base}");
        }
    }

    #[test]
    fn references_lead_below_the_folder_or_nowhere() {
        let below = |path: &str| Place::Below(path.to_owned());
        let cases = [
            ("#/a", "openapi.yaml", Place::Here),
            ("pets.yaml", "openapi.yaml", below("pets.yaml")),
            ("./pets.yaml#/Pet", "openapi.yaml", below("pets.yaml")),
            ("../pets.yaml", "schemas/a/b.yaml", below("schemas/pets.yaml")),
            ("../../openapi.yaml#/x", "schemas/a/b.yaml", below("openapi.yaml")),
            ("my%20pets.yaml", "openapi.yaml", below("my pets.yaml")),
            ("a//b.yaml", "openapi.yaml", below("a/b.yaml")),
            ("../pets.yaml", "openapi.yaml", Place::Outside),
            ("a/../../pets.yaml", "openapi.yaml", Place::Outside),
            ("%2e%2e/pets.yaml", "openapi.yaml", Place::Outside),
            ("%2fetc/passwd", "openapi.yaml", Place::Outside),
            ("/etc/passwd", "openapi.yaml", Place::Outside),
            ("..\\pets.yaml", "openapi.yaml", Place::Outside),
            ("https://a.example/pets.yaml", "openapi.yaml", Place::Address),
            ("//a.example/pets.yaml", "openapi.yaml", Place::Address),
            ("file:///etc/passwd", "openapi.yaml", Place::Address),
            ("c:/pets.yaml", "openapi.yaml", Place::Address),
        ];
        for (reference, from, expected) in cases {
            assert_eq!(place(reference, from), expected, "{reference} in {from}");
        }
    }
}
