//! Text to lines: what a page says, without the look of the file it came in.
//!
//! In: a page as flattened text, as text with its layout, or as Markdown. Out: its lines without indentation, blank lines
//! and markup, each with its number. Every line of the file belongs to exactly one [`Class`], which later stages fill in.

use crate::source::Extent;
use codegen::diagnostics::Span;
use std::borrow::Cow;
use std::fmt;

/// A page, ready to be read.
#[derive(Debug)]
pub struct Page<'a> {
    /// The whole text.
    pub text: &'a str,
    /// The lines that say something.
    pub lines: Vec<Line<'a>>,
    /// What each line of the file is, as far as its look tells.
    pub classes: Vec<Option<Class>>,
}

/// One line that says something.
#[derive(Debug)]
pub struct Line<'a> {
    /// From 1.
    pub number: usize,
    /// First byte of what it says, in the page's text.
    pub offset: usize,
    /// The same range in characters.
    pub span: Span,
    /// What it says.
    pub text: Cow<'a, str>,
    /// What Markdown made of it.
    pub form: Form,
}

/// How a line looks in Markdown; other pages have only plain lines.
#[derive(Debug, PartialEq, Eq)]
pub enum Form {
    /// Nothing special.
    Plain,
    /// A heading of any level.
    Heading,
    /// The cells of a table's row.
    Row(Vec<String>),
}

/// What a line of the file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// Something the source keeps.
    Statement,
    /// Descriptions and comments.
    Prose,
    /// Headings, labels, column names, fences, the page's foot.
    Furniture,
    /// A program that calls the operation.
    Sample,
    /// Nothing.
    Blank,
    /// Reported.
    NotUnderstood,
}

/// How many lines of each class.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counts([usize; CLASSES.len()]);

const CLASSES: [(Class, &str); 6] = [
    (Class::Statement, "statements"),
    (Class::Prose, "prose"),
    (Class::Furniture, "furniture"),
    (Class::Sample, "code samples"),
    (Class::Blank, "blank"),
    (Class::NotUnderstood, "not understood"),
];

/// What was not understood, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// First line, from 1.
    pub line: usize,
    /// Last line.
    pub last: usize,
    /// The first line's text, shortened.
    pub text: String,
    /// What is wrong with it.
    pub message: String,
}

/// Splits a page into lines.
///
/// # Errors
/// An empty page, control characters, code that does not end although the whole page is at hand.
pub fn split(text: &str, extent: Extent) -> Result<Page<'_>, Vec<Problem>> {
    let mut page = Page { text, lines: Vec::new(), classes: Vec::new() };
    let mut problems = Vec::new();
    let markdown = text.lines().map(str::trim).any(is_markdown);
    let mut fence: Option<(usize, &str)> = None;
    let (mut offset, mut characters) = (0, 0);
    for (index, raw) in text.split_inclusive('\n').enumerate() {
        let number = index + 1;
        let line = raw.trim_matches(is_space);
        let indent = raw.len() - raw.trim_start_matches(is_space).len();
        let start = characters + raw[..indent].chars().count();
        let span = Span { start: narrow(start), end: narrow(start + line.chars().count()) };
        if line.contains(|c: char| c.is_control() && c != '\t') {
            let message = "a control character; this is not the text of a page";
            return Err(vec![Problem::new(number, line, message)]);
        }
        let class = if line.is_empty() {
            Some(Class::Blank)
        } else if markdown && line.starts_with(FENCE) {
            fence = if fence.is_some() { None } else { Some((number, line)) };
            Some(Class::Furniture)
        } else if markdown && fence.is_none() && is_frame(line) {
            Some(Class::Furniture)
        } else {
            let (text, form) = match (markdown, fence) {
                (true, None) => unmark(line),
                _ => (Cow::Borrowed(line), Form::Plain),
            };
            page.lines.push(Line { number, offset: offset + indent, span, text, form });
            None
        };
        page.classes.push(class);
        offset += raw.len();
        characters += raw.chars().count();
    }
    if let Some((number, line)) = fence.filter(|_| extent == Extent::Whole) {
        problems.push(Problem::new(number, line, "the code that begins here does not end"));
    }
    if page.lines.is_empty() {
        problems.push(Problem::new(1, "", "the page is empty"));
    }
    if problems.is_empty() { Ok(page) } else { Err(problems) }
}

impl Counts {
    /// Counts the lines of each class.
    pub fn new(classes: &[Option<Class>]) -> Self {
        Self(CLASSES.map(|(class, _)| classes.iter().filter(|other| **other == Some(class)).count()))
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts: Vec<String> =
            self.0.iter().zip(CLASSES).map(|(count, (_, name))| format!("{count} {name}")).collect();
        write!(formatter, "{} lines: {}", self.0.iter().sum::<usize>(), parts.join(", "))
    }
}

/// How much of a line is shown, in characters.
const SHOWN: usize = 80;

impl Problem {
    /// A problem with one line.
    pub fn new(line: usize, text: &str, message: impl Into<String>) -> Self {
        let invisible = |c: char| {
            c.is_control() || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{feff}')
        };
        let mut shown = String::new();
        for character in text.chars().take(SHOWN) {
            if invisible(character) {
                shown.extend(character.escape_unicode());
            } else {
                shown.push(character);
            }
        }
        if text.chars().nth(SHOWN).is_some() {
            shown.push('…');
        }
        Self { line, last: line, text: shown, message: message.into() }
    }
}

impl fmt::Display for Problem {
    /// Without the page's name: `66: no section holds this line: # 呼叫`
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}: {}", self.line, self.message, self.text)?;
        match self.last - self.line {
            0 => Ok(()),
            more => write!(formatter, " (and {more} more up to line {})", self.last),
        }
    }
}

const FENCE: &str = "```";

/// A byte order mark is a space, too.
fn is_space(character: char) -> bool {
    character.is_whitespace() || character == '\u{feff}'
}

/// Only Markdown has such lines.
fn is_markdown(line: &str) -> bool {
    line.starts_with(FENCE) || line.starts_with("## ") || is_ruler(line)
}

/// Markup that stands on a line of its own: the rule below a table's head, the tabs around code.
fn is_frame(line: &str) -> bool {
    is_ruler(line) || (line.starts_with("{% ") && line.ends_with(" %}"))
}

fn is_ruler(line: &str) -> bool {
    line.starts_with('|') && line.contains("--") && line.chars().all(|c| matches!(c, '|' | '-' | ':' | ' '))
}

/// Takes a line of Markdown apart.
fn unmark(line: &str) -> (Cow<'_, str>, Form) {
    let heading = line.trim_start_matches('#');
    if heading.len() < line.len() && heading.starts_with(' ') {
        return (Cow::Owned(inline(without_anchor(heading))), Form::Heading);
    }
    if line.starts_with('|') {
        return (Cow::Borrowed(line), Form::Row(cells(line)));
    }
    (Cow::Owned(inline(line)), Form::Plain)
}

/// A heading without the empty link behind its title that others point to.
fn without_anchor(heading: &str) -> &str {
    let title = heading.trim_end().strip_suffix("></a>").and_then(|rest| rest.rsplit_once("<a "));
    title.filter(|(_, attributes)| !attributes.contains(['<', '>'])).map_or(heading, |(title, _)| title)
}

/// Text with the ASCII form of the punctuation that some editions print in full width.
pub fn half_width(text: &str) -> Cow<'_, str> {
    if !text.contains(['（', '）', '，', '：']) {
        return Cow::Borrowed(text);
    }
    let half = |character| match character {
        '（' => '(',
        '）' => ')',
        '，' => ',',
        '：' => ':',
        other => other,
    };
    Cow::Owned(text.chars().map(half).collect())
}

/// The cells of a row; an escaped bar is part of a cell.
fn cells(line: &str) -> Vec<String> {
    let inner = line.strip_prefix('|').unwrap_or(line);
    let inner = inner.strip_suffix('|').filter(|inner| !inner.ends_with('\\')).unwrap_or(inner);
    let mut cells = vec![String::new()];
    let mut escaped = false;
    for character in inner.chars() {
        match cells.last_mut() {
            Some(cell) if character != '|' || escaped => cell.push(character),
            _ => cells.push(String::new()),
        }
        escaped = character == '\\' && !escaped;
    }
    cells.iter().map(|cell| inline(cell)).collect()
}

/// Text without emphasis, code ticks and escapes.
fn inline(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text.trim();
    let mut code = false;
    while let Some(character) = rest.chars().next() {
        let length = match character {
            '`' => {
                code = !code;
                1
            }
            _ if code => {
                plain.push(character);
                character.len_utf8()
            }
            '\\' if rest[1..].starts_with(|c: char| c.is_ascii_punctuation()) => {
                plain.push_str(&rest[1..2]);
                2
            }
            '*' if rest.starts_with("**") => 2,
            '<' if rest.starts_with("<mark") || rest.starts_with("</mark>") => {
                rest.find('>').map_or(1, |end| end + 1)
            }
            '&' if rest.starts_with("&#x20;") => {
                plain.push(' ');
                "&#x20;".len()
            }
            _ => {
                plain.push(character);
                character.len_utf8()
            }
        };
        rest = &rest[length..];
    }
    plain.trim().to_owned()
}

fn narrow(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}
