//! The ledger's decisions, for a page of the generated crate's documentation.
//!
//! In: the text of `reconciliation.yaml`, which `cargo xtask reconcile` checks. Out: what each decision says, in words.

use codegen::document::words;
use codegen::parse::{self, Node};
use codegen::{Decision, Diagnostics};

/// Reads them.
///
/// # Errors
/// Where the text is not YAML.
pub fn read(text: &str) -> Result<Vec<Decision>, Diagnostics> {
    let root = parse::parse(text)?;
    let decisions = root.get("decisions").map_or(&[][..], Node::items);
    Ok(decisions.iter().map(|node| decision(&root, node)).collect())
}

fn decision(root: &Node, node: &Node) -> Decision {
    let text = |key: &str| node.get(key).map(words).unwrap_or_default();
    let list = |key: &str| node.get(key).map_or(&[][..], Node::items).iter().map(words);
    let sources = root.get("sources").map_or(&[][..], Node::entries).iter();
    let says = sources.filter_map(|(source, _)| {
        let said = node.get("says")?.get(&source.text)?;
        let said = match said.items() {
            [] => words(said),
            several => several.iter().map(words).collect::<Vec<_>>().join(" or "),
        };
        Some((source.text.clone(), said))
    });
    Decision {
        id: text("id"),
        kind: text("kind"),
        places: list("at").collect(),
        says: says.collect(),
        decided: text("spec"),
        evidence: list("evidence").map(|tag| source(root, &tag)).collect(),
        reason: text("reason"),
    }
}

/// What a tag stands for: one of the pages, or other evidence.
fn source(root: &Node, tag: &str) -> String {
    let sources = root.get("sources").map_or(&[][..], Node::entries);
    let page = sources.iter().find(|(_, known)| known.get("tag").unwrap_or(known).as_str() == Some(tag));
    match page {
        Some((name, _)) => format!("the page {}", name.text),
        None => root
            .get("evidence")
            .and_then(|evidence| evidence.get(tag)?.as_str())
            .map_or_else(|| tag.to_owned(), str::to_owned),
    }
}
