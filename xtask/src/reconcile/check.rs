//! Facts against the ledger: every difference has exactly one decision, and every decision a difference.

use super::facts::{Ascribed, Aspect, Fact, Facts, Place};
use super::ledger::{Decision, Kind, Ledger, SourceName, fits};
use super::statement::{Category, Item};
use codegen::diagnostics::Span;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// What was found.
pub struct Findings {
    /// What is wrong, in order.
    pub complaints: Vec<Complaint>,
    /// The decision that answers a fact, by place and aspect.
    pub answers: BTreeMap<(usize, Aspect), usize>,
    /// How the items of the sources are covered.
    pub coverage: BTreeMap<(usize, Category), Coverage>,
}

/// How many things a source says and what became of them.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Coverage {
    /// The document says the same.
    pub directly: usize,
    /// A decision accounts for the difference.
    pub by_decision: usize,
    /// Neither.
    pub unaccounted: usize,
}

/// Something wrong, with all places that belong to it.
pub struct Complaint {
    /// What is wrong.
    pub message: String,
    /// Where, and what stands there.
    pub places: Vec<(File, Span, String)>,
    /// What to do.
    pub help: String,
}

/// The files of a reconciliation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum File {
    /// The document.
    Spec,
    /// The ledger.
    Ledger,
    /// A source.
    Source(usize),
}

/// Places named in one complaint; more are only counted.
const SHOWN: usize = 8;

/// Compares.
pub fn check(facts: &Facts, ledger: &Ledger, items: &[Item]) -> Findings {
    let mut findings =
        Findings { complaints: Vec::new(), answers: BTreeMap::new(), coverage: BTreeMap::new() };
    let mut open: BTreeMap<String, Vec<(usize, Aspect)>> = BTreeMap::new();
    let mut outgrown: BTreeMap<(usize, String), Vec<(usize, Aspect)>> = BTreeMap::new();
    let mut used: Vec<BTreeSet<usize>> = vec![BTreeSet::new(); ledger.decisions.len()];
    for (index, place) in facts.places.iter().enumerate() {
        for (aspect, fact) in place.facts().filter(|(aspect, fact)| !fact.agrees(*aspect)) {
            let mut answers = Vec::new();
            let about = ledger.decisions.iter().enumerate().filter(|(_, decision)| decision.aspect == aspect);
            for (number, decision) in about {
                if let Some(at) = decision.at.iter().position(|(pattern, _)| fits(pattern, &place.name))
                    && decision.answers(aspect, fact)
                {
                    used[number].insert(at);
                    answers.push(number);
                }
            }
            match answers.as_slice() {
                [] => match outgrown_decision(ledger, place, aspect, fact) {
                    // One complaint is enough: it is neither idle nor to be taken out of `x-decisions`.
                    Some((number, at)) => {
                        used[number].insert(at);
                        findings.answers.insert((index, aspect), number);
                        let says = says_line(fact, ledger);
                        outgrown.entry((number, says)).or_default().push((index, aspect));
                    }
                    None => open.entry(draft(aspect, fact, ledger)).or_default().push((index, aspect)),
                },
                [answer] => {
                    findings.answers.insert((index, aspect), *answer);
                }
                [first, second, ..] => {
                    findings.complaints.push(twice(
                        place,
                        aspect,
                        [*first, *second].map(|at| &ledger.decisions[at]),
                    ));
                    findings.answers.insert((index, aspect), *first);
                }
            }
        }
    }
    findings.complaints.extend(open.iter().map(|(draft, list)| unanswered(facts, ledger, draft, list)));
    findings.complaints.extend(
        outgrown
            .iter()
            .map(|((number, says), list)| growth(facts, ledger, &ledger.decisions[*number], says, list)),
    );
    for (decision, used) in ledger.decisions.iter().zip(&used) {
        findings.complaints.extend(stale(facts, decision, used));
    }
    findings.complaints.extend(unspoken(facts, items));
    decisions_in_document(facts, ledger, &mut findings);
    findings.complaints.extend(facts.unused.iter().map(|(name, span)| Complaint {
        message: format!("`{name}`: nothing refers to this component"),
        places: vec![(File::Spec, *span, name.clone())],
        help: "remove it, or refer to it".to_owned(),
    }));
    findings.complaints.extend(facts.ascribed.iter().map(|ascribed| {
        let Ascribed { route, span, source, printed } = ascribed;
        let SourceName { name, tag, .. } = &ledger.sources[*source];
        let mut places = vec![(File::Spec, *span, "the pages that are said to print it".to_owned())];
        places.extend(printed.map(|span| (File::Source(*source), span, "printed here".to_owned())));
        let (fault, help) = match printed {
            Some(_) => ("prints it and is not named", format!("add {tag} to `documented`")),
            None => ("is named and does not print it", format!("remove {tag} from `documented`")),
        };
        Complaint { message: format!("`{route}`: the page {name} {fault}"), places, help }
    }));
    for (index, item) in items.iter().enumerate() {
        let coverage = findings.coverage.entry((item.source, item.category)).or_default();
        let spoken = facts.spoken.get(&index).map_or(&[][..], Vec::as_slice);
        let differing: Vec<&(usize, Aspect)> = spoken
            .iter()
            .filter(|(place, aspect)| {
                facts.places[*place].facts.get(aspect).is_some_and(|fact| !fact.agrees(*aspect))
            })
            .collect();
        match differing.as_slice() {
            _ if spoken.is_empty() => coverage.unaccounted += 1,
            [] => coverage.directly += 1,
            list if list.iter().all(|fact| {
                findings.answers.contains_key(*fact)
                    && !outgrown.values().flatten().any(|other| other == *fact)
            }) =>
            {
                coverage.by_decision += 1;
            }
            _ => coverage.unaccounted += 1,
        }
    }
    findings
}

/// Ids of the decisions about what sources dispute at a place; with `all`, of every decision about it.
pub fn decisions<'l>(
    facts: &Facts,
    findings: &Findings,
    ledger: &'l Ledger,
    place: usize,
    all: bool,
) -> BTreeSet<&'l str> {
    let place_facts = facts.places[place].facts.iter().filter(|(_, fact)| all || fact.disputed());
    let answers = place_facts.filter_map(|(aspect, _)| findings.answers.get(&(place, *aspect)));
    answers.map(|answer| ledger.decisions[*answer].id.as_str()).collect()
}

/// The one decision about a place, named as such, that would answer if sources that came later were added to it.
fn outgrown_decision(ledger: &Ledger, place: &Place, aspect: Aspect, fact: &Fact) -> Option<(usize, usize)> {
    let about = ledger.decisions.iter().enumerate().filter(|(_, decision)| decision.aspect == aspect);
    let mut outgrown = about.filter_map(|(number, decision)| {
        let at = decision.at.iter().position(|(name, _)| *name == place.name)?;
        decision.is_outgrown(aspect, fact).then_some((number, at))
    });
    outgrown.next().filter(|_| outgrown.next().is_none())
}

/// A decision that says nothing of what a source says now.
fn growth(
    facts: &Facts,
    ledger: &Ledger,
    decision: &Decision,
    says: &str,
    list: &[(usize, Aspect)],
) -> Complaint {
    let (first, aspect) = list[0];
    let fact = &facts.places[first].facts[&aspect];
    let new = ledger.sources.iter().enumerate().filter(|(number, _)| !decision.says.contains_key(number));
    let new = new.filter_map(|(number, source)| {
        let said: Vec<&str> = fact.said_by(number).into_iter().collect();
        (!said.is_empty()).then(|| format!("{} says {}", source.name, said.join(" and ")))
    });
    let new: Vec<String> = new.collect();
    let mut places = vec![(File::Ledger, decision.span, decision.id.clone())];
    for (index, aspect) in list.iter().take(SHOWN) {
        let place = &facts.places[*index];
        for says in place.facts[aspect].says.iter().filter(|says| !decision.says.contains_key(&says.source)) {
            places.push((File::Source(says.source), says.span, format!("{}: {}", place.name, says.value)));
        }
    }
    let mut help = format!("if it still holds, write in it\n{}", says.trim_end());
    if decision.at.len() > list.len() {
        help.push_str("\n  but it has other places, too: these need a decision of their own");
    }
    Complaint {
        message: format!(
            "{} at `{}`: of its {}, {}, and the decision does not know it",
            decision.id,
            facts.places[first].name,
            aspect.as_str(),
            new.join(" and ")
        ),
        places,
        help,
    }
}

/// A value as the ledger writes it.
fn quote(value: &str) -> String {
    let plain = value.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | ' ' | '/'))
        && !value.starts_with('-');
    if plain { value.to_owned() } else { format!("'{}'", value.replace('\'', "''")) }
}

/// What sources say of a fact, as a decision has it.
fn says_line(fact: &Fact, ledger: &Ledger) -> String {
    let mut says = Vec::new();
    for (number, source) in ledger.sources.iter().enumerate() {
        let said: Vec<String> = fact.said_by(number).into_iter().map(quote).collect();
        match said.as_slice() {
            [] => {}
            [one] => says.push(format!("{}: {one}", source.name)),
            many => says.push(format!("{}: [{}]", source.name, many.join(", "))),
        }
    }
    if says.is_empty() { String::new() } else { format!("    says: {{ {} }}\n", says.join(", ")) }
}

/// The decision that would answer a fact, but for id, places, evidence and reason.
fn draft(aspect: Aspect, fact: &Fact, ledger: &Ledger) -> String {
    let says = says_line(fact, ledger);
    format!("    kind: {}\n{says}    spec: {}\n", Kind::of(aspect, fact).as_str(), quote(&fact.spec))
}

fn unanswered(facts: &Facts, ledger: &Ledger, draft: &str, list: &[(usize, Aspect)]) -> Complaint {
    let (first, aspect) = list[0];
    let name = &facts.places[first].name;
    let others = if list.len() > 1 { format!(" and {} more", list.len() - 1) } else { String::new() };
    let fact = &facts.places[first].facts[&aspect];
    let mut places = Vec::new();
    for (index, aspect) in list.iter().take(SHOWN) {
        let place = &facts.places[*index];
        let fact = &place.facts[aspect];
        if place.span != Span::default() {
            places.push((File::Spec, place.span, format!("{}: {} here", place.name, fact.spec)));
        }
        for says in fact.says.iter().filter(|says| says.span != Span::default()) {
            places.push((File::Source(says.source), says.span, format!("{}: {}", place.name, says.value)));
        }
    }
    let names: Vec<&str> = list.iter().map(|(index, _)| facts.places[*index].name.as_str()).collect();
    Complaint {
        message: format!("`{name}`{others}: {}", difference(aspect, fact, ledger)),
        places,
        help: format!(
            "change the document, or add a decision to spec/reconciliation.yaml:\n  - id: ...\n{draft}    at: [{}]\n    evidence: [...]\n    reason: ...",
            names.iter().map(|name| format!("'{name}'")).collect::<Vec<_>>().join(", ")
        ),
    }
}

/// What differs, as a sentence.
fn difference(aspect: Aspect, fact: &Fact, ledger: &Ledger) -> String {
    let mut text = match aspect {
        Aspect::Presence | Aspect::Required => format!("it is {} in the document", fact.spec),
        Aspect::Nullable => format!("it may be {} in the document", fact.spec),
        Aspect::Values | Aspect::Spellings | Aspect::Limits => {
            format!("{} are {} in the document", aspect.as_str(), fact.spec)
        }
        _ => format!("{} is {} in the document", aspect.as_str(), fact.spec),
    };
    for (number, source) in ledger.sources.iter().enumerate() {
        let said = fact.said_by(number);
        if !said.is_empty() {
            let said: Vec<&str> = said.into_iter().collect();
            let _ = write!(text, ", {} in {}", said.join(" and "), source.name);
        }
    }
    if fact.says.is_empty() {
        text.push_str(", and no page says so");
    }
    text
}

fn twice(place: &Place, aspect: Aspect, answers: [&Decision; 2]) -> Complaint {
    let [first, second] = answers;
    Complaint {
        message: format!(
            "`{}`: {} and {} both answer for its {}",
            place.name,
            first.id,
            second.id,
            aspect.as_str()
        ),
        places: vec![
            (File::Ledger, first.span, first.id.clone()),
            (File::Ledger, second.span, second.id.clone()),
            (File::Spec, place.span, place.name.clone()),
        ],
        help: "leave the place to one of them".to_owned(),
    }
}

/// Places of a decision where nothing differs in the way that it says.
fn stale(facts: &Facts, decision: &Decision, used: &BTreeSet<usize>) -> Vec<Complaint> {
    let idle = decision.at.iter().enumerate().filter(|(index, _)| !used.contains(index));
    idle.map(|(_, (pattern, span))| {
        let mut places = vec![(File::Ledger, *span, format!("{} {}", decision.id, pattern))];
        let known: Vec<&Place> = facts.places.iter().filter(|place| fits(pattern, &place.name)).collect();
        for place in known.iter().take(SHOWN) {
            if let Some(fact) = place.facts.get(&decision.aspect) {
                if place.span != Span::default() {
                    places.push((File::Spec, place.span, format!("{}: {}", place.name, fact.spec)));
                }
                for says in fact.says.iter().filter(|says| says.span != Span::default()) {
                    places.push((
                        File::Source(says.source),
                        says.span,
                        format!("{}: {}", place.name, says.value),
                    ));
                }
            }
        }
        let what =
            if known.is_empty() { "there is no such place" } else { "what it answers is no longer so" };
        let agreed = known
            .iter()
            .all(|place| place.facts.get(&decision.aspect).is_some_and(|fact| fact.agrees(decision.aspect)));
        let help = if agreed && !known.is_empty() {
            "document and sources agree there now: remove the place, or the decision if it has no other"
        } else {
            "correct the decision to what document and sources say now, or remove it"
        };
        Complaint {
            message: format!("{} at `{pattern}`: {what}", decision.id),
            places,
            help: help.to_owned(),
        }
    })
    .collect()
}

/// What pages say of places that the document does not have at all.
fn unspoken(facts: &Facts, items: &[Item]) -> Option<Complaint> {
    let items: Vec<&Item> = facts.unspoken(items).collect();
    let place = |item: &&Item| (File::Source(item.source), item.span, "not compared".to_owned());
    (!items.is_empty()).then(|| Complaint {
        message: format!("{} statements of pages were not compared with anything", items.len()),
        places: items.iter().take(SHOWN).map(place).collect(),
        help: "the body or response that they belong to is not in the document".to_owned(),
    })
}

/// Whether the document's `x-decisions` name what sources dispute.
fn decisions_in_document(facts: &Facts, ledger: &Ledger, findings: &mut Findings) {
    let mut expected: BTreeMap<Span, (String, BTreeSet<&str>)> = BTreeMap::new();
    for (index, place) in facts.places.iter().enumerate() {
        if let Some(carrier) = place.carrier {
            let (_, ids) = expected.entry(carrier).or_insert_with(|| (place.name.clone(), BTreeSet::new()));
            ids.extend(decisions(facts, findings, ledger, index, false));
        }
    }
    for (carrier, (name, ids)) in expected {
        let listed = facts.decisions.get(&carrier);
        let same = match listed {
            Some((_, listed)) => listed.iter().map(String::as_str).eq(ids.iter().copied()),
            None => ids.is_empty(),
        };
        if !same {
            let line = format!("x-decisions: [{}]", ids.iter().copied().collect::<Vec<_>>().join(", "));
            let help = if ids.is_empty() {
                "remove `x-decisions`; no sources dispute it".to_owned()
            } else {
                format!("write `{line}`")
            };
            let span = listed.map_or(carrier, |(span, _)| *span);
            findings.complaints.push(Complaint {
                message: format!("`{name}`: `x-decisions` does not name what sources dispute here"),
                places: vec![(File::Spec, span, name)],
                help,
            });
        }
    }
}
