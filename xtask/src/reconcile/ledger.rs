//! `spec/reconciliation.yaml`: what was decided where document and sources differ, with evidence and reason.

use super::facts::{Aspect, Fact};
use crate::source::Extent;
use codegen::Diagnostics;
use codegen::diagnostics::Span;
use codegen::document::words;
use codegen::parse::{Node, Value};
use std::collections::{BTreeMap, BTreeSet};

/// The ledger.
pub struct Ledger {
    /// The sources, in the order of the report's columns.
    pub sources: Vec<SourceName>,
    /// Tags that evidence may name, with what each stands for.
    pub tags: BTreeMap<String, String>,
    /// The decisions, in the ledger's order.
    pub decisions: Vec<Decision>,
}

/// A source and what the document calls it.
pub struct SourceName {
    /// Name of the file in `spec/sources`.
    pub name: String,
    /// The tag in the document's `x-source`.
    pub tag: String,
    /// How much of the page is at hand. Of a part, silence is no statement.
    pub extent: Extent,
}

/// One decision.
pub struct Decision {
    /// Stable name.
    pub id: String,
    /// Where it stands.
    pub span: Span,
    /// What it is.
    pub kind: Kind,
    /// Which aspect of its places it is about.
    pub aspect: Aspect,
    /// Places; `*` stands for any part of a name.
    pub at: Vec<(String, Span)>,
    /// What each source says there.
    pub says: BTreeMap<usize, BTreeSet<String>>,
    /// What the document says there.
    pub spec: String,
    /// Tags of the sources that speak for it.
    pub evidence: Vec<String>,
    /// Why, in one sentence.
    pub reason: String,
}

/// Kinds of decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Some sources have it, others or some of their samples do not.
    OnlyInOne,
    /// A source has it, the document does not.
    LeftOut,
    /// No page has it, other evidence does.
    OtherEvidence,
    /// An accident of a page, not to be taken literally.
    Artefact,
    /// The aspect differs.
    Differs(Aspect),
}

const KINDS: &[(&str, Kind)] = &[
    ("only in one", Kind::OnlyInOne),
    ("left out", Kind::LeftOut),
    ("other evidence", Kind::OtherEvidence),
    ("artefact", Kind::Artefact),
    ("prefix differs", Kind::Differs(Aspect::Prefix)),
    ("renamed", Kind::Differs(Aspect::Name)),
    ("type differs", Kind::Differs(Aspect::Type)),
    ("format differs", Kind::Differs(Aspect::Format)),
    ("required differs", Kind::Differs(Aspect::Required)),
    ("nullable by other evidence", Kind::Differs(Aspect::Nullable)),
    ("values differ", Kind::Differs(Aspect::Values)),
    ("default differs", Kind::Differs(Aspect::Default)),
    ("status differs", Kind::Differs(Aspect::Status)),
    ("media type differs", Kind::Differs(Aspect::Media)),
    ("further spelling", Kind::Differs(Aspect::Spellings)),
    ("limit added", Kind::Differs(Aspect::Limits)),
];

const ASPECTS: &[(&str, Aspect)] = &[
    ("presence", Aspect::Presence),
    ("prefix", Aspect::Prefix),
    ("name", Aspect::Name),
    ("type", Aspect::Type),
    ("format", Aspect::Format),
    ("required", Aspect::Required),
    ("nullable", Aspect::Nullable),
    ("values", Aspect::Values),
    ("default", Aspect::Default),
    ("status", Aspect::Status),
    ("media", Aspect::Media),
    ("spellings", Aspect::Spellings),
    ("limits", Aspect::Limits),
];

/// Reads the ledger.
///
/// # Errors
/// Everything that is missing, unknown or said twice, with its place.
pub fn read(root: &Node) -> Result<Ledger, Diagnostics> {
    let mut reader = Reader { problems: Diagnostics::default() };
    let ledger = reader.ledger(root);
    if reader.problems.is_empty() { Ok(ledger) } else { Err(reader.problems) }
}

/// Reads only which sources there are.
///
/// # Errors
/// A source without a tag, or with something that is not known.
pub fn sources(root: &Node) -> Result<Vec<SourceName>, Diagnostics> {
    let mut reader = Reader { problems: Diagnostics::default() };
    let sources = reader.sources(root);
    if reader.problems.is_empty() { Ok(sources) } else { Err(reader.problems) }
}

impl SourceName {
    /// Whether what it does not show is a statement, too.
    pub fn speaks_by_silence(&self) -> bool {
        self.extent == Extent::Whole
    }
}

impl Ledger {
    /// What a source prints where the document says `name`.
    pub fn printed(&self, source: usize, place: &str, name: &str) -> String {
        let renamed = self.decisions.iter().find_map(|decision| {
            let here = decision.aspect == Aspect::Name && decision.at.iter().any(|(at, _)| at == place);
            let says = decision.says.get(&source).filter(|_| here)?;
            says.iter().find(|said| *said != name)
        });
        renamed.map_or_else(|| name.to_owned(), Clone::clone)
    }
}

impl Decision {
    /// Whether it would answer, were it not for sources of which it says nothing.
    pub fn is_outgrown(&self, aspect: Aspect, fact: &Fact) -> bool {
        let says =
            self.says.iter().all(|(source, says)| says.iter().map(String::as_str).eq(fact.said_by(*source)));
        let kind = self.kind == Kind::Artefact || self.kind == Kind::of(aspect, fact);
        kind && says && !self.says.is_empty() && self.spec == fact.spec
    }

    /// Whether it is about what is said of its aspect there, word for word.
    pub fn answers(&self, aspect: Aspect, fact: &Fact) -> bool {
        let said: BTreeSet<usize> = fact.says.iter().map(|says| says.source).collect();
        let same = |source: &usize| {
            self.says
                .get(source)
                .is_some_and(|says| says.iter().map(String::as_str).eq(fact.said_by(*source)))
        };
        let kind = self.kind == Kind::Artefact || self.kind == Kind::of(aspect, fact);
        // What no page has, no page says anything about.
        let says = (self.kind == Kind::OtherEvidence && self.says.is_empty())
            || (said.len() == self.says.len() && said.iter().all(same));
        kind && says && self.spec == fact.spec
    }
}

impl Kind {
    /// The kind of decision that a fact asks for.
    pub fn of(aspect: Aspect, fact: &Fact) -> Self {
        if aspect != Aspect::Presence {
            return Self::Differs(aspect);
        }
        let documented = fact.says.iter().any(|says| says.value == "present");
        match (fact.spec.as_str(), documented) {
            ("absent", _) => Self::LeftOut,
            (_, true) => Self::OnlyInOne,
            (_, false) => Self::OtherEvidence,
        }
    }

    /// In the ledger's words.
    pub fn as_str(self) -> &'static str {
        KINDS.iter().find(|(_, kind)| *kind == self).map_or("", |(name, _)| name)
    }
}

impl Aspect {
    /// In the ledger's words.
    pub fn as_str(self) -> &'static str {
        ASPECTS.iter().find(|(_, aspect)| *aspect == self).map_or("", |(name, _)| name)
    }
}

/// Whether a name fits a pattern in which `*` stands for anything.
pub fn fits(pattern: &str, name: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == name,
        Some((start, rest)) => name.strip_prefix(start).is_some_and(|name| {
            name.char_indices().map(|(at, _)| at).chain([name.len()]).any(|at| fits(rest, &name[at..]))
        }),
    }
}

struct Reader {
    problems: Diagnostics,
}

impl Reader {
    fn ledger(&mut self, root: &Node) -> Ledger {
        self.keys(root, &["sources", "evidence", "decisions", "examples"]);
        let sources = self.sources(root);
        if sources.is_empty() {
            self.wrong(
                root,
                "`sources` is missing",
                "map the names of the files in spec/sources to their tags",
            );
        }
        let evidence = root.get("evidence").map_or(&[][..], Node::entries);
        let tags = evidence.iter().map(|(tag, meaning)| (tag.text.clone(), words(meaning)));
        let pages = sources.iter().map(|source| (source.tag.clone(), source.name.clone()));
        let tags = tags.chain(pages).collect();
        let mut ledger = Ledger { sources, tags, decisions: Vec::new() };
        let mut ids = BTreeSet::new();
        for node in root.get("decisions").map_or(&[][..], Node::items) {
            let decision = self.decision(node, &ledger);
            if !ids.insert(decision.id.clone()) {
                self.wrong(
                    node,
                    &format!("the id {} is used twice", decision.id),
                    "give each decision its own id",
                );
            }
            ledger.decisions.push(decision);
        }
        ledger
    }

    /// `v1: D1`, and `current: { tag: D3, partial: true }` where only a part of the page is at hand.
    fn sources(&mut self, root: &Node) -> Vec<SourceName> {
        let entries = root.get("sources").map_or(&[][..], Node::entries).iter();
        entries.map(|(name, node)| self.source(&name.text, node)).collect()
    }

    fn source(&mut self, name: &str, node: &Node) -> SourceName {
        let name = name.to_owned();
        if !matches!(node.value, Value::Object(_)) {
            return SourceName { name, tag: self.text(node), extent: Extent::Whole };
        }
        self.keys(node, &["tag", "partial"]);
        let extent = match node.get("partial").map(|flag| (flag, flag.as_bool())) {
            Some((_, Some(true))) => Extent::Partial,
            Some((flag, None)) => {
                self.wrong(flag, &format!("this is {}", flag.kind()), "write true or false");
                Extent::Whole
            }
            _ => Extent::Whole,
        };
        SourceName { name, tag: self.required(node, "tag"), extent }
    }

    fn decision(&mut self, node: &Node, ledger: &Ledger) -> Decision {
        self.keys(node, &["id", "kind", "about", "at", "says", "spec", "evidence", "reason"]);
        let kind_name = self.required(node, "kind");
        let kind = KINDS.iter().find(|(name, _)| *name == kind_name).map(|(_, kind)| *kind);
        if kind.is_none() {
            let known: Vec<&str> = KINDS.iter().map(|(name, _)| *name).collect();
            self.wrong(
                node.get("kind").unwrap_or(node),
                "this kind is not known",
                &format!("one of: {}", known.join("; ")),
            );
        }
        let kind = kind.unwrap_or(Kind::OnlyInOne);
        let decision = Decision {
            id: self.required(node, "id"),
            span: node.get("id").unwrap_or(node).span,
            kind,
            aspect: self.aspect(node, kind),
            at: self.list(node, "at"),
            says: self.says(node, ledger),
            spec: self.required(node, "spec"),
            evidence: self.list(node, "evidence").into_iter().map(|(tag, _)| tag).collect(),
            reason: self.required(node, "reason"),
        };
        for tag in decision.evidence.iter().filter(|tag| !ledger.tags.contains_key(*tag)) {
            let node = node.get("evidence").unwrap_or(node);
            self.wrong(node, &format!("{tag} is no tag of a source"), "use a tag of `evidence` or `sources`");
        }
        let pages = ledger.sources.iter().any(|source| decision.evidence.contains(&source.tag));
        if kind == Kind::OtherEvidence && pages && decision.evidence.len() == 1 {
            let help = "name what else speaks for it; no page does";
            self.wrong(node.get("evidence").unwrap_or(node), "a page is no other evidence", help);
        }
        decision
    }

    fn aspect(&mut self, node: &Node, kind: Kind) -> Aspect {
        match (kind, node.get("about")) {
            (Kind::Differs(aspect), None) => aspect,
            (Kind::OnlyInOne | Kind::LeftOut | Kind::OtherEvidence, None) => Aspect::Presence,
            (Kind::Artefact, Some(about)) => {
                let text = self.text(about);
                let aspect = ASPECTS.iter().find(|(name, _)| *name == text).map(|(_, aspect)| *aspect);
                if aspect.is_none() {
                    let known: Vec<&str> = ASPECTS.iter().map(|(name, _)| *name).collect();
                    self.wrong(about, "this aspect is not known", &format!("one of: {}", known.join(", ")));
                }
                aspect.unwrap_or(Aspect::Presence)
            }
            (Kind::Artefact, None) => {
                self.wrong(node, "`about` is missing", "an artefact says which aspect it is about");
                Aspect::Presence
            }
            (_, Some(about)) => {
                self.wrong(about, "`about` is for artefacts", "remove it; the kind says it already");
                Aspect::Presence
            }
        }
    }

    fn says(&mut self, node: &Node, ledger: &Ledger) -> BTreeMap<usize, BTreeSet<String>> {
        let mut says = BTreeMap::new();
        for (name, value) in node.get("says").map_or(&[][..], Node::entries) {
            let Some(source) = ledger.sources.iter().position(|source| source.name == name.text) else {
                let (label, help) = ("not a source", "use a name of `sources`");
                self.problems.error(name.span, format!("{} is no source", name.text), label, help);
                continue;
            };
            let values = match &value.value {
                Value::Array(items) => items.iter().map(words).collect(),
                _ => BTreeSet::from([words(value)]),
            };
            says.insert(source, values);
        }
        says
    }

    fn required(&mut self, node: &Node, key: &str) -> String {
        match node.get(key) {
            Some(value) => self.text(value),
            None => {
                self.wrong(node, &format!("`{key}` is missing"), "add it");
                String::new()
            }
        }
    }

    fn list(&mut self, node: &Node, key: &str) -> Vec<(String, Span)> {
        let Some(list) = node.get(key).filter(|list| !list.items().is_empty()) else {
            self.wrong(
                node.get(key).unwrap_or(node),
                &format!("`{key}` is no list or empty"),
                "list at least one",
            );
            return Vec::new();
        };
        list.items().iter().map(|item| (self.text(item), item.span)).collect()
    }

    fn text(&mut self, node: &Node) -> String {
        let text = words(node);
        if matches!(node.value, Value::Array(_) | Value::Object(_) | Value::Null) || text.is_empty() {
            self.wrong(node, &format!("this is {}", node.kind()), "write text");
        }
        text
    }

    fn keys(&mut self, node: &Node, known: &[&str]) {
        for (key, _) in node.entries().iter().filter(|(key, _)| !known.contains(&key.text.as_str())) {
            let help = format!("known are {}", known.join(", "));
            self.problems.error(key.span, format!("the ledger has no `{}`", key.text), "not known", help);
        }
    }

    fn wrong(&mut self, node: &Node, message: &str, help: &str) {
        self.problems.error(node.span, message, "here", help);
    }
}
