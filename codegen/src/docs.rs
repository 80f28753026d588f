//! Text of a spec to documentation that only documents.
//!
//! In: descriptions, hostile or not. Out: lines for `///` that rustdoc shows as text: no HTML, no doctest, no link that the
//! writer did not spell out as `http(s)`, no invisible character. Paragraphs, lists, code spans and code blocks survive.

/// Documentation, one entry a line, without leading spaces.
pub type Docs = Vec<String>;

/// How long a line of prose may get, in characters.
const WIDTH: usize = 100;

/// What stands in place of a code span: a link, perhaps, where its text is the name of something. `None` leaves it.
pub type Spans<'a> = &'a dyn Fn(&str) -> Option<String>;

/// Makes a description safe. Empty where nothing visible is left.
pub fn sanitise(text: &str, spans: Spans<'_>) -> Docs {
    let mut lines = Docs::new();
    let mut fence: Option<Fence> = None;
    for line in text.replace("\r\n", "\n").split(['\n', '\r']) {
        let line = visible(line);
        match &mut fence {
            Some(open) if open.is_closed_by(&line) => {
                lines.append(&mut fence.take().map(Fence::block).unwrap_or_default());
            }
            Some(open) => open.content.push(line),
            None => match Fence::opening(&line) {
                Some(open) => fence = Some(open),
                None => wrap(&inline(line.trim(), spans), &mut lines),
            },
        }
    }
    lines.append(&mut fence.map(Fence::block).unwrap_or_default());
    lines.dedup_by(|line, before| line.is_empty() && before.is_empty());
    while lines.last().is_some_and(String::is_empty) {
        lines.pop();
    }
    let blank = lines.iter().take_while(|line| line.is_empty()).count();
    lines.split_off(blank)
}

/// The same on one line, for places that have no room for paragraphs.
pub fn sanitise_line(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    inline(&visible(&words.join(" ")), &|_| None)
}

/// Text on one line for messages, without what would disturb a terminal.
pub fn plain(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    let mut text = visible(&words.join(" "));
    if let Some((end, _)) = text.char_indices().nth(200) {
        text.truncate(end);
    }
    text
}

/// A literal from the spec as a code span, whatever backticks it holds.
pub fn code(text: &str) -> String {
    let text = visible(text);
    if text.is_empty() {
        return "`\"\"`".to_owned();
    }
    let longest = text.split(|character| character != '`').map(str::len).max().unwrap_or_default();
    let ticks = "`".repeat(longest + 1);
    let pad = if longest > 0 || text.trim().is_empty() { " " } else { "" };
    format!("{ticks}{pad}{text}{pad}{ticks}")
}

/// Breaks a line of prose where that changes nothing for Markdown: at spaces outside of code spans and links, and not in
/// front of what would begin a list, heading, quote or table.
pub fn wrap(line: &str, lines: &mut Docs) {
    if line.starts_with(['|', '#']) || line.chars().count() <= WIDTH {
        lines.push(line.to_owned());
        return;
    }
    let mut current = String::new();
    let mut length = 0;
    for word in words(line) {
        let width = word.chars().count();
        if length > 0 && length + 1 + width > WIDTH && !begins_block(word) {
            lines.push(std::mem::take(&mut current));
            length = 0;
        }
        if length > 0 {
            current.push(' ');
            length += 1;
        }
        current.push_str(word);
        length += width;
    }
    lines.push(current);
}

/// Splits at single spaces outside of code spans, links and addresses.
fn words(line: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let (mut start, mut ticks, mut brackets) = (0, false, 0usize);
    for (offset, character) in line.char_indices() {
        match character {
            '`' => ticks = !ticks,
            '[' if !ticks => brackets += 1,
            ']' if !ticks => brackets = brackets.saturating_sub(1),
            ' ' if !ticks && brackets == 0 => {
                words.push(&line[start..offset]);
                start = offset + 1;
            }
            _ => {}
        }
    }
    words.push(&line[start..]);
    words
}

fn begins_block(word: &str) -> bool {
    word.starts_with(['-', '+', '*', '#', '=', '|', '>', '~', '`', ':'])
        || word.is_empty()
        || (word.starts_with(|first: char| first.is_ascii_digit()) && word.ends_with(['.', ')']))
}

/// The first paragraph of prose as one line; nothing where there is code or a table in its place.
pub fn first_paragraph(lines: &Docs) -> Option<String> {
    let (first, rest) = lines.split_first()?;
    let more = rest.iter().take_while(|line| line.split(' ').next().is_some_and(|word| !begins_block(word)));
    let is_prose = !first.starts_with("```") && !first.starts_with(['|', '#']);
    is_prose.then(|| std::iter::once(first).chain(more).map(String::as_str).collect::<Vec<_>>().join(" "))
}

/// A fenced code block that is being read.
struct Fence {
    marker: char,
    length: usize,
    content: Vec<String>,
}

impl Fence {
    fn opening(line: &str) -> Option<Self> {
        let line = line.trim_start();
        let marker = line.chars().next().filter(|first| matches!(first, '`' | '~'))?;
        let length = line.chars().take_while(|character| *character == marker).count();
        // A backtick after the marker makes it a code span, not a fence.
        let span = marker == '`' && line[length..].contains('`');
        (length >= 3 && !span).then_some(Self { marker, length, content: Vec::new() })
    }

    fn is_closed_by(&self, line: &str) -> bool {
        let line = line.trim();
        line.len() >= self.length && line.chars().all(|character| character == self.marker)
    }

    /// The block as `text`, which rustdoc never runs, behind a fence longer than any run of backticks inside.
    fn block(self) -> Vec<String> {
        let longest = self
            .content
            .iter()
            .flat_map(|line| line.split(|character| character != '`').map(str::len))
            .max()
            .unwrap_or_default();
        let ticks = "`".repeat(longest.max(2) + 1);
        let mut lines = vec![format!("{ticks}text")];
        lines.extend(self.content.into_iter().map(|line| line.trim_end().to_owned()));
        lines.push(ticks);
        lines
    }
}

/// Without control characters and without those that reorder or hide text; tabs become spaces.
fn visible(line: &str) -> String {
    if line.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic()) {
        return line.to_owned();
    }
    line.chars()
        .filter_map(|character| match character {
            '\t' => Some(' '),
            '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2069}' => None,
            '\u{2028}' | '\u{2029}' | '\u{85}' | '\u{FEFF}' | '\u{AD}' => None,
            _ if character.is_control() => None,
            _ => Some(character),
        })
        .collect()
}

/// One line of prose with everything escaped that Markdown or HTML would act upon, but for emphasis, code spans on that
/// line and spelt-out links.
fn inline(line: &str, spans: Spans<'_>) -> String {
    let mut safe = String::with_capacity(line.len() + 8);
    let mut rest = line;
    while let Some(first) = rest.chars().next() {
        let taken = match first {
            '`' => code_span(rest, &mut safe, spans),
            '[' => link(rest, &mut safe),
            'h' => bare_url(rest, &mut safe),
            _ => None,
        };
        rest = match taken {
            Some(length) => &rest[length..],
            None => {
                if is_active(first) {
                    safe.push('\\');
                }
                safe.push(first);
                &rest[first.len_utf8()..]
            }
        };
    }
    safe
}

/// Copies a code span that begins here and ends on this line; a run of backticks without a partner is escaped.
fn code_span(rest: &str, safe: &mut String, spans: Spans<'_>) -> Option<usize> {
    let ticks = rest.bytes().take_while(|byte| *byte == b'`').count();
    let mut from = ticks;
    while let Some(start) = rest[from..].find('`').map(|at| from + at) {
        let run = rest[start..].bytes().take_while(|byte| *byte == b'`').count();
        from = start + run;
        if run == ticks {
            match spans(&rest[ticks..start]) {
                Some(instead) => safe.push_str(&instead),
                None => safe.push_str(&rest[..from]),
            }
            return Some(from);
        }
    }
    safe.push_str(&"\\`".repeat(ticks));
    Some(ticks)
}

/// In characters, text and address together. A limit keeps a line of a thousand brackets linear.
const LONGEST_LINK: usize = 1000;

/// Copies `[text](https://...)`. Of a link within the vendor's own pages, which leads nowhere from here, only the text.
fn link(rest: &str, safe: &mut String) -> Option<usize> {
    let rest = &rest[..rest.char_indices().nth(LONGEST_LINK).map_or(rest.len(), |(offset, _)| offset)];
    let text_end = rest.find("](")?;
    let text = &rest[1..text_end];
    let url = &rest[text_end + 2..];
    let url = &url[..url.find(')')?];
    if text.contains(['[', ']', '`']) {
        return None;
    }
    let escaped = text.chars().flat_map(escape);
    if url.starts_with(['/', '#', '.']) && url.bytes().all(|byte| byte.is_ascii_graphic()) {
        safe.extend(escaped);
    } else if url_length(url) == Some(url.len()) {
        safe.push_str(&format!("[{}]({url})", escaped.collect::<String>()));
    } else {
        return None;
    }
    Some(text_end + 2 + url.len() + 1)
}

/// Puts a bare address between angle brackets, which is how rustdoc wants it.
fn bare_url(rest: &str, safe: &mut String) -> Option<usize> {
    let starts_word = !safe.chars().next_back().is_some_and(char::is_alphanumeric);
    let length = url_length(rest).filter(|_| starts_word)?;
    let url = rest[..length].trim_end_matches(['.', ',', ';', ':', '!', '?', '\'', '*', '_']);
    if safe.ends_with("\\<") && rest[url.len()..].starts_with('>') {
        safe.truncate(safe.len() - 2);
        safe.push_str(&format!("<{url}>"));
        return Some(url.len() + 1);
    }
    safe.push_str(&format!("<{url}>"));
    Some(url.len())
}

/// How much of the text is an address of visible ASCII that cannot break out of a Markdown link.
fn url_length(text: &str) -> Option<usize> {
    let host = ["https://", "http://"].iter().find_map(|scheme| text.strip_prefix(scheme))?;
    let end = text
        .find(|character: char| !character.is_ascii_graphic() || "<>()[]\\`\"{}|^".contains(character))
        .unwrap_or(text.len());
    host.starts_with(|first: char| first.is_ascii_alphanumeric()).then_some(end)
}

/// Whether Markdown or HTML acts upon a character.
fn is_active(character: char) -> bool {
    matches!(character, '<' | '>' | '[' | ']' | '`' | '\\' | '&' | '~')
}

fn escape(character: char) -> impl Iterator<Item = char> {
    let slash = is_active(character).then_some('\\');
    slash.into_iter().chain([character])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn descriptions_become_harmless_lines() {
        let cases: &[(&str, &[&str])] = &[
            ("", &[]),
            ("  plain text  ", &["plain text"]),
            ("one\n\n\n two\r\nthree", &["one", "", "two", "three"]),
            ("    let x = 1;", &["let x = 1;"]),
            ("\tlet x = 1;", &["let x = 1;"]),
            ("```rust\npanic!()\n```", &["```text", "panic!()", "```"]),
            ("~~~\n```\n~~~", &["````text", "```", "````"]),
            ("```\nnever closed", &["```text", "never closed", "```"]),
            ("<script>alert(1)</script>", &["\\<script\\>alert(1)\\</script\\>"]),
            ("use `Vec<u8>` here", &["use `Vec<u8>` here"]),
            ("- ~~~rust", &["- \\~\\~\\~rust"]),
            ("a ``` b", &["a \\`\\`\\` b"]),
            ("a ` tick <b>", &["a \\` tick \\<b\\>"]),
            ("[x](javascript:alert)", &["\\[x\\](javascript:alert)"]),
            ("[docs](https://a.example/b)", &["[docs](https://a.example/b)"]),
            ("see [the <b> docs](/b#c).", &["see the \\<b\\> docs."]),
            ("[x](../b) and [y](#c)", &["x and y"]),
            ("[x](/b c)", &["\\[x\\](/b c)"]),
            ("see https://a.example/b.", &["see <https://a.example/b>."]),
            ("see <https://a.example/b>", &["see <https://a.example/b>"]),
            ("[`Client`]", &["\\[`Client`\\]"]),
            ("bi\u{202e}di \u{0}nul", &["bidi nul"]),
            ("&lt;b&gt; \\<b>", &["\\&lt;b\\&gt; \\\\\\<b\\>"]),
        ];
        for (text, lines) in cases {
            assert_eq!(sanitise(text, &|_| None), *lines, "{text:?}");
        }
    }

    #[test]
    fn long_lines_are_wrapped_between_words_only() {
        let line = format!("{} `a code span` {} - dash 1. number", "word ".repeat(18).trim(), "b".repeat(20));
        let wrapped = sanitise(&line, &|_| None);
        assert_eq!(wrapped.len(), 2, "{wrapped:?}");
        assert_eq!(wrapped.join(" "), line);
        assert!(wrapped.iter().all(|line| !line.starts_with(['-', '1'])), "{wrapped:?}");
        assert_eq!(sanitise(&"x".repeat(300), &|_| None).len(), 1);
    }

    #[test]
    fn literals_become_code_spans() {
        assert_eq!(code("GET /a"), "`GET /a`");
        assert_eq!(code("a`b"), "`` a`b ``");
        assert_eq!(sanitise_line("~~~ rust"), "\\~\\~\\~ rust");
        assert_eq!(plain("<<\u{202e}\n b"), "<< b");
        assert_eq!(code(""), "`\"\"`");
    }
}
