//! What a change of a page concerns: places of the document, and the decisions about them.

use super::{Reconciliation, Texts, check, reconcile};
use crate::page::diff::{Change, Section, What};
use crate::source::{self, Field, Operation, Source};
use codegen::diagnostics::Span;
use std::collections::BTreeSet;
use std::path::Path;

/// Document, ledger and sources as they are, to look changes of one source up in.
pub struct Touched {
    texts: Texts,
    reconciliation: Reconciliation,
    number: usize,
    source: Source,
}

impl Touched {
    /// Reads a folder. `None` where it cannot be reconciled, or does not have the source: then nothing is known.
    pub fn load(folder: &Path, name: &str, source: &str) -> Option<Self> {
        let texts = Texts::load(folder, name).ok()?.with_named_sources();
        let reconciliation = reconcile(&texts).ok()?;
        let number = reconciliation.ledger.sources.iter().position(|known| known.name == source)?;
        let source = source::read(&texts.sources.get(source)?.1).ok()?;
        Some(Self { texts, reconciliation, number, source })
    }

    /// A line for each place, with the decisions about it.
    pub fn by(&self, change: &Change) -> Vec<String> {
        let route = |operation: &&Operation| {
            super::facts::same_route(&change.operation, &operation.method, &operation.path)
        };
        let Some(operation) = self.source.operations.iter().find(route) else { return Vec::new() };
        let facts = &self.reconciliation.facts;
        let (span, beside) = place_of(operation, change);
        let here = self.reconciliation.items.iter().enumerate();
        let here = here.filter(|(_, item)| item.source == self.number && item.span == span);
        let spoken = here.filter_map(|(index, _)| facts.spoken.get(&index)).flatten();
        let places: BTreeSet<usize> = spoken.map(|(place, _)| *place).collect();
        places
            .into_iter()
            .map(|place| match beside {
                Beside::Itself => format!("{}{}", self.line(place), self.decided(place)),
                Beside::Neighbour => format!("beside {}", self.line(place)),
            })
            .collect()
    }

    fn line(&self, index: usize) -> String {
        let place = &self.reconciliation.facts.places[index];
        let (name, text) = &self.texts.document;
        let at = place.span.place(text);
        format!("{} at {name}:{}:{}", place.name, at.line, at.column)
    }

    fn decided(&self, index: usize) -> String {
        let Reconciliation { facts, ledger, findings, .. } = &self.reconciliation;
        let ids: Vec<&str> = check::decisions(facts, findings, ledger, index, true).into_iter().collect();
        if ids.is_empty() { String::new() } else { format!(", decided in {}", ids.join(", ")) }
    }
}

/// Whether a place is the one that changed.
enum Beside {
    Itself,
    Neighbour,
}

/// Where the source has what changed; for what is new, where it has something beside it.
fn place_of(operation: &Operation, change: &Change) -> (Span, Beside) {
    let place = change.place.unwrap_or(operation.span);
    let response =
        |status: Option<u16>| operation.responses.iter().find(|response| response.status == status);
    let fields: &[Field] = match change.section {
        _ if !matches!(change.what, What::Added(_)) => &[],
        Section::Operation => &[],
        Section::Parameters => &operation.parameters,
        Section::RequestTable => &operation.request.table,
        Section::Request | Section::RequestExample => &operation.request.structure,
        Section::Response(status) | Section::ResponseExample(status) => {
            response(status).map_or(&[], |response| &response.body.structure)
        }
    };
    let parent = |name: &str| name.rsplit_once('.').map_or(String::new(), |(parent, _)| parent.to_owned());
    let beside = fields.iter().find(|field| parent(&field.name) == parent(&change.field));
    beside.map_or((place, Beside::Itself), |field| (field.span, Beside::Neighbour))
}
