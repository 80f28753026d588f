//! The reconciliation as a page: a row for each place, a column for each source, the decisions beside them.

use super::facts::{Aspect, GENERAL, Place};
use super::report::{self, CATEGORIES, Word, chapters, column, documented};
use super::statement::Category;
use super::{Reconciliation, Texts};
use crate::html::{Choice, Filter, Page, escaped, page as whole, word};
use codegen::document::name_of_target;
use codegen::parse::{self, Node};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// Writes the page.
pub fn page(reconciliation: &Reconciliation, texts: &Texts) -> String {
    let Reconciliation { facts, ledger, .. } = reconciliation;
    let names: Vec<String> = ledger.sources.iter().map(column).collect();
    let Document { routes, users } = Document::of(texts);
    let mut table = String::from("<thead><tr><th class=\"place\">place");
    for name in &names {
        let _ = write!(table, "<th>{}", escaped(name));
    }
    table.push_str("<th>document<th class=\"notes\">decision</tr></thead>\n");
    let mut operations = Vec::new();
    for (chapter, owners) in chapters(facts) {
        for owner in owners {
            let mut from: BTreeSet<String> =
                users.get(owner).into_iter().flatten().map(|name| word(name)).collect();
            if chapter == "Operations" {
                operations.push(Choice { label: owner.to_owned(), value: word(owner), group: "" });
                from.insert(word(owner));
            }
            let title = if owner == GENERAL { chapter } else { owner };
            let from: Vec<String> = from.into_iter().collect();
            let _ = writeln!(
                table,
                "<tbody data-owner=\"{owner}\" data-operation=\"{}\">\n<tr><th colspan=\"{}\" scope=\"rowgroup\">{}<span>{}</span></th></tr>",
                from.join(" "),
                names.len() + 3,
                escaped(title),
                escaped(routes.get(owner).map_or("", String::as_str)),
                owner = escaped(owner),
            );
            for (index, place) in facts.places.iter().enumerate().filter(|(_, place)| place.owner == owner) {
                row(reconciliation, texts, &names, index, place, &mut table);
            }
            table.push_str("</tbody>\n");
        }
    }
    let kinds: BTreeSet<_> = ledger.decisions.iter().map(|decision| decision.kind).collect();
    whole(&Page {
        title: "Reconciliation".to_owned(),
        summary: summary(reconciliation),
        filters: vec![
            Filter {
                name: "what",
                label: "what",
                choices: CATEGORIES
                    .iter()
                    .filter(|(category, _)| facts.count(*category).0 > 0)
                    .map(|(_, name)| Choice::new(name))
                    .collect(),
            },
            Filter { name: "operation", label: "operation and what it uses", choices: operations },
            Filter {
                name: "sources",
                label: "sources",
                choices: ["differ from the document", "contradict each other", "have it not"]
                    .map(Choice::new)
                    .into(),
            },
            Filter {
                name: "kind",
                label: "decision",
                choices: std::iter::once(Choice::new("none needed"))
                    .chain(kinds.into_iter().map(|kind| Choice::new(kind.as_str())))
                    .collect(),
            },
        ],
        table,
    })
}

fn summary(reconciliation: &Reconciliation) -> String {
    let Reconciliation { ledger, findings, .. } = reconciliation;
    let mut text = format!(
        "<p>What each page of the vendor's documentation says, what the document says, and the decision where they differ: {} \
         decisions. A dash means that the page shows the object but not this part of it, an empty cell that the page says nothing \
         about it. Of a partial page only a part is at hand, and its silence is no statement. What differs from the document is \
         marked <span class=\"differs\">like this</span>.</p>\n<details><summary>Coverage</summary>\n<table class=\"figures\">\n\
         <thead><tr><th>source<th>what<th>stated<th>the document says the same<th>by decision<th>unaccounted</tr></thead>\n<tbody>\n",
        ledger.decisions.len()
    );
    for (number, source) in ledger.sources.iter().enumerate() {
        for (category, name) in CATEGORIES {
            let found = findings.coverage.get(&(number, *category)).copied().unwrap_or_default();
            let (same, decided, open) = (found.directly, found.by_decision, found.unaccounted);
            let _ = writeln!(
                text,
                "<tr><td>{}<td>{name}<td>{}<td>{same}<td>{decided}<td>{open}</tr>",
                escaped(&column(source)),
                same + decided + open
            );
        }
    }
    text.push_str("</tbody>\n</table>\n</details>\n");
    text
}

fn row(
    reconciliation: &Reconciliation,
    texts: &Texts,
    names: &[String],
    index: usize,
    place: &Place,
    table: &mut String,
) {
    let mut standing = BTreeSet::new();
    let mut cells = String::new();
    for (source, name) in names.iter().enumerate() {
        let said = report::said(place, source);
        if said.iter().any(|said| said.differs) {
            standing.insert("differ-from-the-document");
        }
        let words: String = said.iter().map(marked).collect();
        let at = texts.first_word(reconciliation, place, source);
        let at = at.map(|at| format!(" title=\"{}\"", escaped(&at))).unwrap_or_default();
        let _ = write!(cells, "<td data-column=\"{}\"{at}>{words}</td>", escaped(name));
    }
    if place.facts.values().any(super::facts::Fact::disputed) {
        standing.insert("contradict-each-other");
    }
    if !place.documented() {
        standing.insert("have-it-not");
    }
    let document: Vec<String> =
        documented(place).iter().map(|word| format!("<span>{}</span>", escaped(word))).collect();
    let (decisions, mut kinds) = decisions(reconciliation, index);
    if kinds.is_empty() {
        kinds.insert("none-needed".to_owned());
    }
    let kinds: Vec<String> = kinds.into_iter().collect();
    let standing: Vec<&str> = standing.into_iter().collect();
    let what = match place.category() {
        Some(category) => {
            CATEGORIES.iter().find(|(known, _)| *known == category).map_or("", |(_, name)| name)
        }
        None => "",
    };
    let values = if place
        .facts
        .get(&Aspect::Values)
        .is_some_and(|values| values.spec != "open" || !values.says.is_empty())
    {
        format!(" {}", word(name_of(Category::Value)))
    } else {
        String::new()
    };
    let name = match place.short_name() {
        "" => "route".to_owned(),
        name => format!("<code>{}</code>", escaped(name)),
    };
    let id = escaped(&word(&place.name));
    let _ = writeln!(
        table,
        "<tr id=\"{id}\" data-what=\"{}{values}\" data-sources=\"{}\" data-kind=\"{}\"><td><a href=\"#{id}\">{name}</a></td>{cells}\
         <td data-column=\"document\">{}</td><td>{decisions}</td></tr>",
        word(what),
        standing.join(" "),
        kinds.join(" "),
        document.concat(),
    );
}

fn name_of(category: Category) -> &'static str {
    CATEGORIES.iter().find(|(known, _)| *known == category).map_or("", |(_, name)| name)
}

fn marked(said: &Word) -> String {
    let class = match said {
        Word { differs: true, .. } => " class=\"differs\"",
        Word { words, .. } if words == "–" => " class=\"faint\"",
        Word { .. } => "",
    };
    format!("<span{class}>{}</span>", escaped(&said.words))
}

/// The decisions about a place with reason and evidence, and the words of their kinds.
fn decisions(reconciliation: &Reconciliation, index: usize) -> (String, BTreeSet<String>) {
    let Reconciliation { facts, findings, ledger, .. } = reconciliation;
    let ids = super::check::decisions(facts, findings, ledger, index, true);
    let mut text = String::new();
    let mut kinds = BTreeSet::new();
    for decision in ledger.decisions.iter().filter(|decision| ids.contains(decision.id.as_str())) {
        kinds.insert(word(decision.kind.as_str()));
        let evidence: Vec<String> = decision
            .evidence
            .iter()
            .map(|tag| ledger.tags.get(tag).map_or(tag.as_str(), String::as_str).to_owned())
            .collect();
        let _ = write!(
            text,
            "<span><b>{}</b> {}: {} <span class=\"faint\">Evidence: {}</span></span>",
            escaped(&decision.id),
            decision.kind.as_str(),
            escaped(&decision.reason),
            escaped(&evidence.join("; ")),
        );
    }
    (text, kinds)
}

impl Texts {
    /// Where a source first speaks of a place: `spec/sources/v1.yaml:12:3`.
    fn first_word(&self, reconciliation: &Reconciliation, place: &Place, source: usize) -> Option<String> {
        let says = place.facts.values().flat_map(|fact| &fact.says).find(|says| says.source == source)?;
        let (name, text) = self.sources.get(&reconciliation.ledger.sources[source].name)?;
        let at = says.span.place(text);
        Some(format!("{name}:{}:{}", at.line, at.column))
    }
}

/// What the page shows of the document besides what is compared.
#[derive(Default)]
struct Document {
    /// `GET /conversations/{id}/`, by operation.
    routes: BTreeMap<String, String>,
    /// For each component, the operations that lead to it.
    users: BTreeMap<String, BTreeSet<String>>,
}

impl Document {
    fn of(texts: &Texts) -> Self {
        let mut found = Self::default();
        let Ok(root) = parse::parse(&texts.document.1) else { return found };
        let document = codegen::document::Document::new(&root);
        for operation in document.operations() {
            let Some(id) = operation.node.get("operationId").and_then(Node::as_str) else { continue };
            let route = format!("{} {}", operation.verb.text.to_uppercase(), operation.path.text);
            found.routes.insert(id.to_owned(), route);
            let mut open: Vec<&Node> = vec![operation.node];
            open.extend(operation.item.get("parameters"));
            let mut seen = BTreeSet::new();
            while let Some(node) = open.pop() {
                if let Some(reference) = document.reference(node) {
                    let name = reference.as_str().unwrap_or_default();
                    if seen.insert(name.to_owned()) {
                        found.users.entry(name_of_target(name)).or_default().insert(id.to_owned());
                        open.extend(document.target(reference));
                    }
                }
                open.extend(node.entries().iter().map(|(_, node)| node));
                open.extend(node.items());
            }
        }
        found
    }
}
