//! A place in a page: which line comes next, and what became of the lines before it.

use super::label::Label;
use super::lines::{Class, Form, Line, Page, Problem};
use codegen::diagnostics::Span;

/// Walks over the lines of a page. Taking a line says what it is; nothing is passed by.
pub struct Cursor<'a> {
    page: &'a Page<'a>,
    next: usize,
    classes: Vec<Option<Class>>,
    problems: Vec<Problem>,
    /// The problem that the line before this one belongs to.
    lost: Option<usize>,
}

impl<'a> Cursor<'a> {
    /// Stands before the first line.
    pub fn new(page: &'a Page<'a>) -> Self {
        Self { page, next: 0, classes: page.classes.clone(), problems: Vec::new(), lost: None }
    }

    /// The next line.
    pub fn peek(&self) -> Option<&'a Line<'a>> {
        self.ahead(0)
    }

    /// The line after `count` more.
    pub fn ahead(&self, count: usize) -> Option<&'a Line<'a>> {
        self.page.lines.get(self.next + count)
    }

    /// Passes the next line, which is what the class says.
    pub fn take(&mut self, class: Class) {
        if let Some(line) = self.peek() {
            self.classes[line.number - 1] = Some(class);
            self.next += 1;
            self.lost = None;
        }
    }

    /// Passes every line that begins before a byte of the text.
    pub fn take_until(&mut self, offset: usize, class: Class) {
        while self.peek().is_some_and(|line| line.offset < offset) {
            self.take(class);
        }
    }

    /// Passes the next line, which is not understood. Such lines in a row are one problem.
    pub fn unexpected(&mut self, message: impl Into<String>) {
        let Some(line) = self.peek() else { return };
        let lost = self.lost;
        self.take(Class::NotUnderstood);
        match lost.and_then(|index| self.problems.get_mut(index)) {
            Some(problem) => {
                problem.last = problem.last.max(line.number);
                self.lost = lost;
            }
            None => {
                self.lost = Some(self.problems.len());
                self.fail(line, message);
            }
        }
    }

    /// Reports a line that has been passed.
    pub fn fail(&mut self, line: &Line<'_>, message: impl Into<String>) {
        self.fail_at(line.number, &line.text, message);
    }

    /// Reports a line of the file.
    pub fn fail_at(&mut self, number: usize, text: &str, message: impl Into<String>) {
        if let Some(class) = self.classes.get_mut(number - 1) {
            *class = Some(Class::NotUnderstood);
        }
        self.problems.push(Problem::new(number, text, message));
    }

    /// Passes everything up to the next section.
    pub fn give_up(&mut self) {
        self.lost = self.problems.len().checked_sub(1);
        while self.peek().is_some() && !self.at_boundary() {
            self.unexpected("not understood");
        }
    }

    /// Whether a section cannot go on here: a label, an operation, the page's foot.
    pub fn at_boundary(&self) -> bool {
        self.peek().is_none_or(|line| Label::of(line).is_some() || is_foot(line)) || self.at_operation()
    }

    /// Whether a heading and a route follow, or a route whose heading is lost.
    pub fn at_operation(&self) -> bool {
        self.at_heading() || self.peek().is_some_and(|line| route(line).is_some())
    }

    /// Whether the next line is an operation's heading.
    pub fn at_heading(&self) -> bool {
        let Some((line, next)) = self.peek().zip(self.ahead(1)) else { return false };
        let plain = Label::of(line).is_none() && route(line).is_none() && !is_payload(line);
        plain && !matches!(line.form, Form::Row(_)) && route(next).is_some()
    }

    /// Says what a line is that has been passed.
    pub fn reclass(&mut self, line: &Line<'_>, class: Class) {
        self.classes[line.number - 1] = Some(class);
    }

    /// The line of the file in which a span begins, and what it says.
    pub fn line_of(&self, span: Span) -> Option<&'a Line<'a>> {
        let after = self.page.lines.partition_point(|line| line.span.start <= span.start);
        self.page.lines.get(after.checked_sub(1)?)
    }

    /// What a line of the file says.
    pub fn line_text(&self, number: usize) -> &'a str {
        let index = self.page.lines.binary_search_by_key(&number, |line| line.number);
        index.ok().and_then(|index| self.page.lines.get(index)).map_or("", |line| &line.text)
    }

    /// The page's text.
    pub fn text(&self) -> &'a str {
        self.page.text
    }

    /// What was reported, in the page's order, and what each line is.
    pub fn finish(mut self) -> (Vec<Option<Class>>, Vec<Problem>) {
        for line in &self.page.lines {
            if self.classes[line.number - 1].is_none() {
                self.fail(line, "nothing has read this line");
            }
        }
        self.problems.sort_by_key(|problem| problem.line);
        (self.classes, self.problems)
    }
}

/// Method and path, where a line is a route.
pub fn route<'l>(line: &'l Line<'_>) -> Option<(&'l str, &'l str)> {
    let (method, path) = line.text.split_once(' ')?;
    let known = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"].contains(&method);
    let sound =
        path.starts_with('/') && path.chars().all(|c| c.is_ascii_graphic() && !matches!(c, '#' | '?' | '"'));
    (known && sound).then_some((method, path))
}

/// Whether a line begins an example or a sketch.
pub fn is_payload(line: &Line<'_>) -> bool {
    line.text.starts_with(['{', '['])
}

/// What stands below the last operation.
pub fn is_foot(line: &Line<'_>) -> bool {
    line.text.starts_with("Last updated") || line.text == "Was this helpful?"
}
