//! Pages that open from disk: one file each, nothing from elsewhere, a table that can be filtered.
//!
//! A page is a title, words above the table, filters and a table. Rows have an `id`, so that a link leads to each; a filter by
//! choice has a name, and rows that it is about have `data-` and that name with the choices that they belong to, between spaces.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};
use std::fmt::Write as _;

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// A page to be written.
pub struct Page {
    /// Plain text.
    pub title: String,
    /// HTML between the heading and the filters.
    pub summary: String,
    /// Filters by choice, in order; that by text is always there.
    pub filters: Vec<Filter>,
    /// HTML of the table without `<table>`: a head and bodies.
    pub table: String,
}

/// A filter by choice.
pub struct Filter {
    /// As in the rows' `data-`: small letters.
    pub name: &'static str,
    /// What stands before it, as text.
    pub label: &'static str,
    /// Choices as text, each with the word that rows have for it, and the group that it is shown in.
    pub choices: Vec<Choice>,
}

/// One choice of a filter.
pub struct Choice {
    /// What is shown.
    pub label: String,
    /// What rows have: a word without spaces, as [`word`] makes it.
    pub value: String,
    /// Heading above it and its neighbours; none for a plain list.
    pub group: &'static str,
}

impl Choice {
    /// A choice whose word is made from what is shown.
    pub fn new(label: &str) -> Self {
        Self { label: label.to_owned(), value: word(label), group: "" }
    }
}

/// The page as text of a file.
pub fn page(page: &Page) -> String {
    let mut filters = String::new();
    for filter in &page.filters {
        let (name, label) = (filter.name, escaped(filter.label));
        let _ = write!(filters, "<label>{label} <select name=\"{name}\"><option value=\"\">all</option>");
        let mut group = "";
        for choice in &filter.choices {
            if choice.group != group {
                let end = if group.is_empty() { "" } else { "</optgroup>" };
                group = choice.group;
                let _ = write!(filters, "{end}<optgroup label=\"{}\">", escaped(group));
            }
            let (value, label) = (escaped(&choice.value), escaped(&choice.label));
            let _ = write!(filters, "<option value=\"{value}\">{label}</option>");
        }
        filters.push_str(if group.is_empty() {
            "</select></label>\n"
        } else {
            "</optgroup></select></label>\n"
        });
    }
    let title = escaped(&page.title);
    let (style, script) = (hash(STYLE), hash(SCRIPT));
    format!(
        "<!doctype html>
<html lang=\"en\">
<meta charset=\"utf-8\">
<meta name=\"viewport\" content=\"width=device-width\">
<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'sha256-{style}'; script-src 'sha256-{script}'\">
<title>{title}</title>
<style>{STYLE}</style>
<main>
<h1>{title}</h1>
{summary}
<form role=\"search\">
<label>text <input type=\"search\" name=\"text\" autocomplete=\"off\" spellcheck=\"false\" accesskey=\"f\"></label>
{filters}<button type=\"reset\">show all</button>
<output></output>
</form>
<div class=\"wide\">
<table>
{table}</table>
</div>
</main>
<script>{SCRIPT}</script>
</html>
",
        summary = page.summary,
        table = page.table,
    )
}

/// What a content security policy knows an inline text by.
fn hash(text: &str) -> String {
    STANDARD.encode(Sha256::digest(text))
}

/// Text as one word that attributes and addresses may have: `getMessage(id)` is `getMessage-id`.
pub fn word(text: &str) -> String {
    let parts: Vec<&str> =
        text.split(|letter: char| !letter.is_alphanumeric() && letter != '_' && letter != '.').collect();
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("-")
}

/// Text that is safe between tags and in quotes.
pub fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            other => safe.push(other),
        }
    }
    safe
}
