//! What is wrong with a document, and where.
//!
//! In: complaints with a [`Span`]. Out: text that looks like rustc's. Positions are kept as character offsets and turned
//! into lines only here, so a document without faults costs nothing.

use annotate_snippets::{AnnotationKind, Element, Group, Level, Origin, Renderer, Snippet};
use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::ops::Range;

/// A document's text with the name it is reported under.
#[derive(Debug, Clone, Copy)]
pub struct Source<'a> {
    /// What messages call it, usually a path relative to the working directory.
    pub name: &'a str,
    /// The whole text, JSON or YAML.
    pub text: &'a str,
}

/// The texts that diagnostics are about: those of one document's files, in the order of their places.
#[derive(Debug, Clone)]
pub struct Sources<'a> {
    /// Each with the number that its places begin with.
    files: Vec<(usize, Source<'a>)>,
}

impl<'a> Sources<'a> {
    pub(crate) fn new(sources: impl Iterator<Item = Source<'a>>) -> Self {
        let mut next = 0;
        let files = sources.map(|source| {
            let base = next;
            next += source.text.chars().count() + 1;
            (base, source)
        });
        Self { files: files.collect() }
    }

    /// The file that a range begins in, and the line and column there.
    pub fn locate(&self, span: Span) -> Option<(Source<'a>, Place)> {
        let (base, source) = *self.files.get(self.index(span)?)?;
        let base = u32::try_from(base).unwrap_or(u32::MAX);
        let within = Span { start: span.start.saturating_sub(base), end: span.end.saturating_sub(base) };
        Some((source, within.place(source.text)))
    }

    fn index(&self, span: Span) -> Option<usize> {
        self.files.partition_point(|(base, _)| *base <= span.start as usize).checked_sub(1)
    }
}

impl<'a> From<Source<'a>> for Sources<'a> {
    fn from(source: Source<'a>) -> Self {
        Self { files: vec![(0, source)] }
    }
}

/// A range of a document, in characters. Where a document has several files, their characters are counted one after the
/// other, with one between two files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Span {
    /// First character.
    pub start: u32,
    /// One past the last character.
    pub end: u32,
}

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// No code is generated.
    Error,
    /// Code is generated, but something of the document does not reach it.
    Warning,
}

/// What a complaint means for the generated code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Effect {
    /// The document is at fault.
    Fault,
    /// A schema became any JSON.
    Untyped,
    /// An operation, an answer or another part reaches no code.
    LeftOut,
    /// A constraint that the types do not show: values that break it are not noticed.
    NotEnforced,
    /// Something that has no meaning where it stands.
    Ignored,
}

impl Effect {
    /// As machines read it, such as `left-out`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Fault => "fault",
            Self::Untyped => "untyped",
            Self::LeftOut => "left-out",
            Self::NotEnforced => "not-enforced",
            Self::Ignored => "ignored",
        }
    }
}

/// One complaint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// Whether code can be generated all the same.
    pub severity: Severity,
    /// What it means for the generated code.
    pub effect: Effect,
    /// What is wrong, in one line.
    pub message: String,
    /// Where.
    pub span: Span,
    /// What to say beside the marked text.
    pub label: String,
    /// Another place that belongs to it, such as a first definition.
    pub related: Option<(Span, String)>,
    /// What to do.
    pub help: String,
}

/// All complaints about one document.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Diagnostics {
    list: Vec<Diagnostic>,
}

/// Whether rendered diagnostics carry terminal colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Colour {
    /// ANSI escape sequences.
    Ansi,
    /// Plain text.
    Plain,
}

/// A place for people: line and column, both from 1; the column counts characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
}

impl Diagnostics {
    /// Adds an error: `message` says what is wrong, `label` marks the place, `help` says what to do.
    pub fn error(
        &mut self,
        span: Span,
        message: impl Into<String>,
        label: impl Into<String>,
        help: impl Into<String>,
    ) {
        self.push(Severity::Error, Effect::Fault, span, [message.into(), label.into(), help.into()]);
    }

    /// Adds a warning, for something that is understood but does not reach the generated code.
    pub fn warning(
        &mut self,
        effect: Effect,
        span: Span,
        message: impl Into<String>,
        label: impl Into<String>,
        help: impl Into<String>,
    ) {
        self.push(Severity::Warning, effect, span, [message.into(), label.into(), help.into()]);
    }

    /// Points the last complaint to a second place.
    pub fn see_also(&mut self, span: Span, label: impl Into<String>) {
        if let Some(last) = self.list.last_mut() {
            last.related = Some((span, label.into()));
        }
    }

    /// Whether one of the complaints is an error.
    pub fn has_errors(&self) -> bool {
        self.list.iter().any(|diagnostic| diagnostic.severity == Severity::Error)
    }

    /// Number of complaints.
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// The complaints in document order, each once.
    pub fn iter(&self) -> impl Iterator<Item = &Diagnostic> {
        self.list.iter()
    }

    /// The same with every warning as an error.
    pub fn strict(mut self) -> Self {
        for diagnostic in &mut self.list {
            diagnostic.severity = Severity::Error;
        }
        self
    }

    /// The same, of a text whose places begin with a number.
    pub(crate) fn moved(mut self, by: u32) -> Self {
        for diagnostic in &mut self.list {
            diagnostic.span = diagnostic.span.moved(by);
            diagnostic.related = diagnostic.related.take().map(|(span, label)| (span.moved(by), label));
        }
        self
    }

    /// Adds all complaints of others.
    pub(crate) fn extend(&mut self, others: Self) {
        self.list.extend(others.list);
    }

    /// How many complaints there are with each effect.
    pub fn counts(&self) -> BTreeMap<Effect, usize> {
        let mut counts = BTreeMap::new();
        for diagnostic in &self.list {
            *counts.entry(diagnostic.effect).or_default() += 1;
        }
        counts
    }

    /// Sorts by place and drops repetitions, which arise where one schema is reached in several ways.
    pub fn sorted(mut self) -> Self {
        self.list.sort_by(|a, b| (a.span, &a.message).cmp(&(b.span, &b.message)));
        self.list.dedup_by(|a, b| a.span == b.span && a.message == b.message);
        self
    }

    /// The complaints as text in rustc's look, each followed by an empty line. Of very many the first are shown, errors
    /// before warnings, and how many more there are.
    ///
    /// `sources` must be the texts that the complaints are about.
    pub fn render<'a>(&self, sources: impl Into<Sources<'a>>, colour: Colour) -> String {
        let sources = sources.into();
        let renderer = match colour {
            Colour::Ansi => Renderer::styled(),
            Colour::Plain => Renderer::plain(),
        };
        let files =
            Files { lines: sources.files.iter().map(|_| OnceCell::new()).collect(), sources: &sources };
        let mut shown: Vec<&Diagnostic> = self.list.iter().collect();
        let more = shown.len().saturating_sub(MOST_SHOWN);
        if more > 0 {
            shown.sort_by_key(|diagnostic| diagnostic.severity);
            shown.truncate(MOST_SHOWN);
        }
        let mut text = String::new();
        for diagnostic in shown {
            text.push_str(&renderer.render(&[group(diagnostic, &files)]));
            text.push_str("\n\n");
        }
        if more > 0 {
            text.push_str(&format!("... and {more} more\n\n"));
        }
        text
    }

    fn push(&mut self, severity: Severity, effect: Effect, span: Span, [message, label, help]: [String; 3]) {
        self.list.push(Diagnostic { severity, effect, message, span, label, related: None, help });
    }
}

impl Span {
    /// The same range behind more characters.
    pub(crate) fn moved(self, by: u32) -> Self {
        Self { start: self.start.saturating_add(by), end: self.end.saturating_add(by) }
    }

    /// Line and column of the first character.
    pub fn place(self, text: &str) -> Place {
        let mut place = Place { line: 1, column: 1 };
        for character in text.chars().take(self.start as usize) {
            if character == '\n' {
                place = Place { line: place.line + 1, column: 1 };
            } else {
                place.column += 1;
            }
        }
        place
    }
}

/// More complaints than this help nobody, and take a third of a millisecond each.
const MOST_SHOWN: usize = 100;

/// Lines beyond this many bytes are shown in part: a document may be one line of a megabyte.
const LONG_LINE: usize = 1000;

/// How much of such a line is shown in front of the marked text, in characters.
const CONTEXT: usize = 60;

fn group<'a>(diagnostic: &'a Diagnostic, files: &Files<'a>) -> Group<'a> {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let title = level.primary_title(diagnostic.message.as_str());
    let mut elements: Vec<Element<'a>> =
        files.show(diagnostic.span, AnnotationKind::Primary, &diagnostic.label);
    if let Some((span, label)) = &diagnostic.related {
        elements.extend(files.show(*span, AnnotationKind::Context, label));
    }
    elements.push(Level::HELP.message(diagnostic.help.as_str()).into());
    title.elements(elements)
}

/// The sources, of which those are looked at that something is said about.
struct Files<'a> {
    sources: &'a Sources<'a>,
    lines: Vec<OnceCell<Lines<'a>>>,
}

impl<'a> Files<'a> {
    fn show(&self, span: Span, kind: AnnotationKind, label: &'a str) -> Vec<Element<'a>> {
        let Some(index) = self.sources.index(span) else { return Vec::new() };
        let (Some((base, source)), Some(lines)) = (self.sources.files.get(index), self.lines.get(index))
        else {
            return Vec::new();
        };
        let lines = lines.get_or_init(|| Lines::new(source.text));
        let within = |at: u32| u32::try_from((at as usize).saturating_sub(*base)).unwrap_or(u32::MAX);
        lines.show(source.name, Span { start: within(span.start), end: within(span.end) }, kind, label)
    }
}

/// The source with places to start counting characters from, so that only what matters is looked at.
struct Lines<'a> {
    text: &'a str,
    /// Offset of each line's first character, and of every thousandth character of long lines: in characters, in bytes.
    marks: Vec<(usize, usize)>,
    /// Offset of each line's first character.
    starts: Vec<(usize, usize)>,
}

impl<'a> Lines<'a> {
    fn new(text: &'a str) -> Self {
        let (mut starts, mut marks) = (vec![(0, 0)], vec![(0, 0)]);
        for (index, (offset, character)) in text.char_indices().enumerate() {
            if character == '\n' {
                starts.push((index + 1, offset + 1));
                marks.push((index + 1, offset + 1));
            } else if marks.last().is_some_and(|(mark, _)| index >= mark + LONG_LINE) {
                marks.push((index, offset));
            }
        }
        Self { text, marks, starts }
    }

    /// The text from a character on.
    fn from(&self, index: usize) -> &'a str {
        let (mark, offset) = self.marks[self.marks.partition_point(|(mark, _)| *mark <= index) - 1];
        let rest = &self.text[offset..];
        rest.char_indices().nth(index - mark).map_or("", |(skipped, _)| &rest[skipped..])
    }

    /// The marked line; of a very long one the part around the mark, behind its real place.
    fn show(&self, name: &'a str, span: Span, kind: AnnotationKind, label: &'a str) -> Vec<Element<'a>> {
        let index = span.start as usize;
        let number = self.starts.partition_point(|start| start.0 <= index) - 1;
        let (first, first_byte) = self.starts[number];
        let end = self.starts.get(number + 1).map_or(self.text.len(), |next| next.1);
        let column = index - first;
        let width = (span.end.saturating_sub(span.start) as usize).max(1);
        let long = end - first_byte > LONG_LINE;
        let skipped = if long { column.saturating_sub(CONTEXT) } else { 0 };
        let (line, marked) = shorten(self.from(first + skipped), column - skipped, width);
        let snippet = Snippet::source(line).line_start(number + 1).fold(false);
        let snippet = snippet.annotation(kind.span(marked).label(label));
        if long {
            let origin = Origin::path(name).line(number + 1).char_column(column + 1);
            return vec![origin.into(), snippet.into()];
        }
        vec![snippet.path(name).into()]
    }
}

/// The beginning of a text, up to the end of its line, and the marked bytes in it.
fn shorten(text: &str, column: usize, width: usize) -> (String, Range<usize>) {
    let shown: String = text
        .chars()
        .take(LONG_LINE)
        .take_while(|character| !matches!(character, '\n' | '\r'))
        .map(|character| if character.is_control() { ' ' } else { character })
        .collect();
    let byte = |count: usize| shown.char_indices().nth(count).map_or(shown.len(), |(offset, _)| offset);
    let marked = byte(column)..byte(column + width);
    (shown, marked)
}
