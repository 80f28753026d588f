//! A decoder for `text/event-stream`, as the HTML standard defines it, and for JSON values one after the other.
//!
//! Comes in: bytes, in pieces of any size. Goes out: one [`Event`] after the other, each as soon as its last
//! byte is there. Must not: read, wait, keep more than one event in memory, or look at a byte more than a
//! fixed number of times.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use memchr::memchr2;

/// How values follow each other in a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Framing {
    /// As server-sent events.
    Events,
    /// JSON, a value in each line.
    Lines,
    /// JSON text sequences (RFC 7464): a mark, a value, a line feed.
    Sequence,
}

/// What begins a value of a JSON text sequence.
pub(crate) const RECORD_SEPARATOR: u8 = 0x1e;

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// The type of an event that has none.
pub(crate) const MESSAGE: &str = "message";

/// Larger buffers are given back after their event, in bytes: one large event must not cost its memory as long as its
/// stream lasts.
const KEPT_BUFFER: usize = 64 << 10;

/// One event of a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// The event's type, `message` unless the server says otherwise.
    pub event: String,
    /// Its data: the `data` lines joined with line feeds. Invalid UTF-8 is replaced by U+FFFD.
    pub data: String,
    /// The last identifier that the server sent, with this event or an earlier one. All events that have it share it.
    pub id: Arc<str>,
}

/// What a stream left unfinished when it ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Remainder {
    /// Nothing: it ended between two events.
    Nothing,
    /// Whole lines of an event, only the empty line behind them is missing.
    Lines(Event),
    /// A line that may go on.
    PartOfLine,
}

/// Turns bytes into events.
///
/// ```
/// use runtime::sse::Decoder;
///
/// let mut decoder = Decoder::new(1024);
/// let mut chunk: &[u8] = b"data: one\n\ndata: tw";
/// assert_eq!(decoder.next(&mut chunk)?.unwrap().data, "one");
/// assert!(decoder.next(&mut chunk)?.is_none());
/// let mut chunk: &[u8] = b"o\n\n";
/// assert_eq!(decoder.next(&mut chunk)?.unwrap().data, "two");
/// # Ok::<(), runtime::sse::TooLarge>(())
/// ```
#[derive(Debug, Clone)]
pub struct Decoder {
    framing: Framing,
    /// Where a value of a sequence is that may have line feeds in it.
    nesting: Nesting,
    max_event_size: usize,
    bare_json: bool,
    at_start: bool,
    /// The last line ended with CR: an LF that follows belongs to it.
    after_cr: bool,
    /// The beginning of a line whose end has not arrived.
    line: Vec<u8>,
    data: Vec<u8>,
    has_data: bool,
    event: String,
    /// The event is whole: what comes next begins another one.
    is_whole: bool,
    id: Arc<str>,
    retry: Option<Duration>,
}

/// An event has more bytes than the decoder's cap.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an event is larger than {limit} bytes")]
pub struct TooLarge {
    /// The cap in bytes.
    pub limit: usize,
}

impl Decoder {
    /// A decoder at the start of a stream. `max_event_size`: bytes of one event, its unfinished line
    /// included.
    pub fn new(max_event_size: usize) -> Self {
        Self {
            framing: Framing::Events,
            nesting: Nesting::default(),
            max_event_size,
            bare_json: false,
            at_start: true,
            after_cr: false,
            line: Vec::new(),
            data: Vec::new(),
            has_data: false,
            event: String::new(),
            is_whole: false,
            id: "".into(),
            retry: None,
        }
    }

    /// A decoder of values that follow each other in another way. Each is the data of an event without a name.
    pub(crate) fn framed(framing: Framing, max_event_size: usize) -> Self {
        Self { framing, ..Self::new(max_event_size) }
    }

    pub(crate) fn is_framed_as(&self, framing: Framing) -> bool {
        self.framing == framing
    }

    /// Also takes a line that starts with `{`, outside of an event, for an event with that data.
    ///
    /// The standard ignores such a line. Some servers and proxies send JSON lines under the name of an event
    /// stream.
    pub fn accept_bare_json(mut self) -> Self {
        self.bare_json = true;
        self
    }

    /// Reads `chunk` up to the end of the next event, or to its own end. What was read is cut off the front
    /// of `chunk`.
    ///
    /// # Errors
    ///
    /// [`TooLarge`] as soon as the event exceeds the cap; the decoder must not be used after that.
    pub fn next(&mut self, chunk: &mut &[u8]) -> Result<Option<Event>, TooLarge> {
        Ok(self.advance(chunk)?.then(|| self.take_event()))
    }

    /// Like [`next`](Self::next), but leaves the event in here, where it can be read until the next call: nothing is
    /// allocated for it.
    pub(crate) fn advance(&mut self, chunk: &mut &[u8]) -> Result<bool, TooLarge> {
        self.begin();
        if self.framing != Framing::Events {
            return self.advance_record(chunk);
        }
        loop {
            if self.after_cr && !chunk.is_empty() {
                self.after_cr = false;
                *chunk = chunk.strip_prefix(b"\n").unwrap_or(chunk);
            }
            let Some(end) = memchr2(b'\n', b'\r', chunk) else {
                self.check_size(chunk.len())?;
                self.line.extend_from_slice(chunk);
                *chunk = &[];
                return Ok(false);
            };
            self.check_size(end)?;
            let (line, rest) = (&chunk[..end], &chunk[end + 1..]);
            self.after_cr = chunk[end] == b'\r';
            *chunk = rest;
            if self.line.is_empty() {
                self.read_line(line);
            } else {
                let mut whole = std::mem::take(&mut self.line);
                whole.extend_from_slice(line);
                self.read_joined_line(whole);
            }
            if self.is_whole {
                return Ok(true);
            }
        }
    }

    /// The same for values that follow each other without fields.
    fn advance_record(&mut self, chunk: &mut &[u8]) -> Result<bool, TooLarge> {
        while !chunk.is_empty() {
            let end = memchr2(b'\n', RECORD_SEPARATOR, chunk);
            let (piece, rest) = chunk.split_at(end.unwrap_or(chunk.len()));
            self.check_size(piece.len())?;
            self.data.extend_from_slice(piece);
            self.nesting.read(piece);
            let Some((delimiter, rest)) = rest.split_first() else {
                *chunk = rest;
                break;
            };
            *chunk = rest;
            if *delimiter == b'\n' && self.framing == Framing::Sequence && !self.nesting.is_outside() {
                self.data.push(b'\n');
                continue;
            }
            self.nesting = Nesting::default();
            if std::mem::take(&mut self.at_start) && self.data.starts_with(BYTE_ORDER_MARK) {
                self.data.drain(..BYTE_ORDER_MARK.len());
            }
            if self.data.trim_ascii().is_empty() {
                self.data.clear();
                continue;
            }
            (self.has_data, self.is_whole) = (true, true);
            return Ok(true);
        }
        Ok(false)
    }

    /// What is left when the stream has ended. The standard discards it.
    pub fn finish(mut self) -> Remainder {
        self.begin();
        if self.framing != Framing::Events {
            return match self.data.trim_ascii().is_empty() {
                true => Remainder::Nothing,
                false => Remainder::Lines(self.take_event()),
            };
        }
        let line = if self.at_start { strip_mark(&self.line) } else { &self.line };
        if !line.is_empty() && !line.starts_with(b":") {
            if self.bare_json && line.starts_with(b"{") && !self.has_data {
                self.data = line.to_vec();
                return Remainder::Lines(self.take_event());
            }
            return Remainder::PartOfLine;
        }
        if self.has_data { Remainder::Lines(self.take_event()) } else { Remainder::Nothing }
    }

    /// The type of the event that was read last.
    pub(crate) fn event_name(&self) -> &str {
        if self.event.is_empty() { MESSAGE } else { &self.event }
    }

    /// Its data.
    pub(crate) fn event_data(&self) -> Cow<'_, str> {
        // Nearly all data is valid, and finding that out is faster than looking for what to replace.
        match std::str::from_utf8(&self.data) {
            Ok(data) => Cow::Borrowed(data),
            Err(_) => String::from_utf8_lossy(&self.data),
        }
    }

    /// Its identifier, or that of an event before.
    pub(crate) fn event_id(&self) -> &Arc<str> {
        &self.id
    }

    /// How long the server wants clients to wait before they connect again, if it said so.
    pub fn retry(&self) -> Option<Duration> {
        self.retry
    }

    fn check_size(&self, more: usize) -> Result<(), TooLarge> {
        if self.line.len() + self.data.len() + more > self.max_event_size {
            return Err(TooLarge { limit: self.max_event_size });
        }
        Ok(())
    }

    /// Makes room for the next event, if there is a whole one.
    fn begin(&mut self) {
        if std::mem::take(&mut self.is_whole) {
            self.has_data = false;
            self.event.clear();
            self.data.clear();
            if self.data.capacity() > KEPT_BUFFER {
                self.data = Vec::new();
            }
        }
    }

    /// Reads a line that came in pieces. Such lines can be long, so data is moved and not copied.
    fn read_joined_line(&mut self, mut line: Vec<u8>) {
        if self.has_data || !line.starts_with(b"data:") {
            self.read_line(&line);
            if line.capacity() <= KEPT_BUFFER {
                line.clear();
                self.line = line;
            }
            return;
        }
        let start = if line.starts_with(b"data: ") { 6 } else { 5 };
        line.drain(..start);
        (self.data, self.has_data, self.at_start) = (line, true, false);
    }

    fn read_line(&mut self, line: &[u8]) {
        let line = if std::mem::take(&mut self.at_start) { strip_mark(line) } else { line };
        if line.is_empty() {
            // An event without data is none, whatever its name.
            self.is_whole = self.has_data;
            self.event.truncate(if self.has_data { self.event.len() } else { 0 });
            return;
        }
        if self.bare_json && line.starts_with(b"{") && !self.has_data {
            self.data.extend_from_slice(line);
            (self.has_data, self.is_whole) = (true, true);
            return;
        }
        let (field, value) = match memchr::memchr(b':', line) {
            Some(colon) => (&line[..colon], &line[colon + 1..]),
            None => (line, &[][..]),
        };
        self.set_field(field, value.strip_prefix(b" ").unwrap_or(value));
    }

    fn set_field(&mut self, field: &[u8], value: &[u8]) {
        match field {
            b"data" => {
                if self.has_data {
                    self.data.push(b'\n');
                }
                self.data.extend_from_slice(value);
                self.has_data = true;
            }
            b"event" => {
                self.event.clear();
                self.event.push_str(&String::from_utf8_lossy(value));
            }
            b"id" if !value.contains(&0) && *self.id.as_bytes() != *value => self.id = text(value).into(),
            b"retry" if !value.is_empty() && value.iter().all(u8::is_ascii_digit) => {
                let milliseconds = text(value).parse().unwrap_or(u64::MAX);
                self.retry = Some(Duration::from_millis(milliseconds));
            }
            // Comments have an empty name; unknown fields are ignored.
            _ => {}
        }
    }

    fn take_event(&mut self) -> Event {
        let data = std::mem::take(&mut self.data);
        Event {
            event: self.event_name().to_owned(),
            data: String::from_utf8(data).unwrap_or_else(|error| text(error.as_bytes())),
            id: self.id.clone(),
        }
    }
}

/// How deep in objects, lists and texts a part of a JSON value ends.
#[derive(Debug, Clone, Copy, Default)]
struct Nesting {
    depth: usize,
    in_text: bool,
    after_backslash: bool,
}

impl Nesting {
    fn read(&mut self, bytes: &[u8]) {
        for byte in bytes {
            match byte {
                _ if self.after_backslash => self.after_backslash = false,
                b'\\' if self.in_text => self.after_backslash = true,
                b'"' => self.in_text = !self.in_text,
                b'{' | b'[' if !self.in_text => self.depth += 1,
                b'}' | b']' if !self.in_text => self.depth = self.depth.saturating_sub(1),
                _ => {}
            }
        }
    }

    fn is_outside(self) -> bool {
        self.depth == 0 && !self.in_text
    }
}

fn strip_mark(line: &[u8]) -> &[u8] {
    line.strip_prefix(BYTE_ORDER_MARK).unwrap_or(line)
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;
    use serde_json::Value;

    #[derive(Deserialize)]
    struct Case {
        name: String,
        hex: String,
        retry: Value,
        exp: Vec<Expected>,
    }

    #[derive(Debug, Deserialize)]
    struct Expected {
        event: String,
        data: String,
        id: String,
    }

    impl PartialEq<Expected> for Event {
        fn eq(&self, other: &Expected) -> bool {
            self.event == other.event && self.data == other.data && *self.id == *other.id
        }
    }

    fn cases() -> Vec<(Case, Vec<u8>)> {
        let cases: Vec<Case> = serde_json::from_str(include_str!("../tests/data/sse-cases.json")).unwrap();
        let bytes = |hex: &str| {
            (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
        };
        cases.into_iter().map(|case| (bytes(&case.hex), case)).map(|(input, case)| (case, input)).collect()
    }

    fn drain(decoder: &mut Decoder, mut chunk: &[u8], events: &mut Vec<Event>) {
        while let Some(event) = decoder.next(&mut chunk).unwrap() {
            events.push(event);
        }
        assert!(chunk.is_empty());
    }

    fn decode_pieces(decoder: Decoder, pieces: &[&[u8]]) -> (Vec<Event>, Decoder) {
        let (mut decoder, mut events) = (decoder, Vec::new());
        for piece in pieces {
            drain(&mut decoder, piece, &mut events);
        }
        (events, decoder)
    }

    /// The input with its line ends as they are, and with those of each kind alone. They all mean the same.
    fn spellings(input: &[u8]) -> [Vec<u8>; 4] {
        let with = |end: &[u8]| {
            let mut output = Vec::new();
            for (at, byte) in input.iter().enumerate() {
                match byte {
                    b'\n' if at > 0 && input[at - 1] == b'\r' => {}
                    b'\r' | b'\n' => output.extend_from_slice(end),
                    other => output.push(*other),
                }
            }
            output
        };
        [input.to_vec(), with(b"\n"), with(b"\r"), with(b"\r\n")]
    }

    fn check(case: &Case, pieces: &[&[u8]]) -> usize {
        let decoders = [Decoder::new(1 << 20), Decoder::new(1 << 20).accept_bare_json()];
        for decoder in decoders {
            let (events, decoder) = decode_pieces(decoder, pieces);
            assert_eq!(events, case.exp, "{} in {pieces:?}", case.name);
            match case.retry.as_u64() {
                Some(retry) => {
                    assert_eq!(decoder.retry(), Some(Duration::from_millis(retry)), "{}", case.name)
                }
                None => assert!(!case.retry.is_null() || decoder.retry().is_none(), "{}", case.name),
            }
        }
        2
    }

    #[test]
    fn all_cases_at_every_split() {
        let (mut two, mut three, mut bytes) = (0, 0, 0);
        let cases = cases();
        for (case, input) in &cases {
            for input in spellings(input) {
                for split in 0..=input.len() {
                    two += check(case, &[&input[..split], &input[split..]]);
                }
                // The middle piece is short, so that it begins and ends inside of whatever there is.
                for start in 0..input.len() {
                    for end in start + 1..input.len().min(start + 3) {
                        three += check(case, &[&input[..start], &input[start..end], &input[end..]]);
                    }
                }
                bytes += check(case, &Vec::from_iter(input.chunks(1)));
            }
        }
        println!("{} cases; {two} runs in two pieces, {three} in three, {bytes} byte by byte", cases.len());
        assert!(cases.len() == 98 && two > 41_000);
    }

    #[test]
    fn an_event_comes_with_its_last_byte() {
        for (case, input) in cases() {
            for input in spellings(&input) {
                let mut decoder = Decoder::new(1 << 20);
                let mut count = 0;
                for at in 0..input.len() {
                    let mut events = Vec::new();
                    drain(&mut decoder, &input[at..=at], &mut events);
                    count += events.len();
                    // An empty line ends with CR at once; an LF ends a line only if it is not the second half
                    // of CRLF.
                    let is_end = |byte: u8| matches!(byte, b'\r' | b'\n');
                    let is_second_half = at > 0 && input[at] == b'\n' && input[at - 1] == b'\r';
                    let ends_empty_line =
                        is_end(input[at]) && !is_second_half && (at == 0 || is_end(input[at - 1]));
                    assert!(events.is_empty() || ends_empty_line, "{} at {at}", case.name);
                }
                assert_eq!(count, case.exp.len(), "{}", case.name);
            }
        }
    }

    #[test]
    fn bare_json_lines_are_events_outside_of_events_only() {
        let decoder = || Decoder::new(100).accept_bare_json();
        let data = |input: &[u8]| -> Vec<String> {
            decode_pieces(decoder(), &[input]).0.into_iter().map(|event| event.data).collect()
        };
        assert_eq!(data(b"{\"a\":1}\n{\"a\":2}\r\n\n"), ["{\"a\":1}", "{\"a\":2}"]);
        assert_eq!(data(b"\xef\xbb\xbf{}\n"), ["{}"]);
        assert_eq!(data(b"data: x\n{}\n\n"), ["x"]);
        assert!(decode_pieces(Decoder::new(100), &[b"{}\n\n"]).0.is_empty());
    }

    #[test]
    fn a_mark_is_one_at_the_start_only() {
        let lines = b"data: a\n\xef\xbb\xbfdata: b\n\n";
        for split in 0..lines.len() {
            let (found, _) = decode_pieces(Decoder::new(100), &[&lines[..split], &lines[split..]]);
            assert!(found.len() == 1 && found[0].data == "a", "{split}: {found:?}");
        }
    }

    #[test]
    fn remainders() {
        let remainder =
            |input: &[u8]| decode_pieces(Decoder::new(100).accept_bare_json(), &[input]).1.finish();
        let lines = |data: &str| {
            Remainder::Lines(Event { event: "message".to_owned(), data: data.to_owned(), id: "".into() })
        };
        let table: [(&[u8], Remainder); 8] = [
            (b"", Remainder::Nothing),
            (b"data: a\n\n", Remainder::Nothing),
            (b"data: a\n\n: ping", Remainder::Nothing),
            (b"\xef\xbb\xbf", Remainder::Nothing),
            (b"data: a\ndata: b\n", lines("a\nb")),
            (b"data: a", Remainder::PartOfLine),
            (b"data: a\nda", Remainder::PartOfLine),
            (b"{\"a\":1}", lines("{\"a\":1}")),
        ];
        for (input, expected) in table {
            assert_eq!(remainder(input), expected, "{input:?}");
        }
    }

    #[test]
    fn the_cap_holds_for_lines_and_for_events() {
        let run = |input: &[u8]| {
            let mut decoder = Decoder::new(10);
            input.chunks(3).try_for_each(|mut chunk| decoder.next(&mut chunk).map(drop))
        };
        assert_eq!(run(b"data:12345\n\n"), Ok(()));
        assert_eq!(run(b"data:123456\n\n"), Err(TooLarge { limit: 10 }));
        assert_eq!(run(b"data:1\ndata:2\ndata:3\n\n"), Ok(()));
        assert_eq!(run(b"data:123\ndata:123\n\n"), Err(TooLarge { limit: 10 }));
        assert_eq!(run(&b"data:1\n\n".repeat(1000)), Ok(()));
    }

    /// How fast is a matter for `benches/streams.rs`; here, work for all that came before each byte would
    /// take hours.
    #[test]
    fn large_events_byte_by_byte() {
        let one = [b"data: ".to_vec(), vec![b'x'; 1 << 20], b"\n\n".to_vec()].concat();
        let many = [b"data: 0123456789\n".repeat(1 << 16), b"\n".to_vec()].concat();
        for (input, length) in [(one, 1 << 20), (many, 11 * (1 << 16) - 1)] {
            let (events, _) = decode_pieces(Decoder::new(1 << 21), &Vec::from_iter(input.chunks(1)));
            assert_eq!(Vec::from_iter(events.iter().map(|event| event.data.len())), [length]);
        }
    }
}
