//! `cargo xtask fuzz`: changed inputs for everything that reads what others write. Nothing may panic or hang, and each
//! target has more that must hold.

use crate::Outcome;
use crate::say::{eprintln, println};
use codegen::{Options, Source};
use fastrand::Rng;
use runtime::http::{HeaderMap, HeaderValue, header::CONTENT_DISPOSITION};
use runtime::sse::{Decoder, Event};
use runtime::{Download, Items};
use std::collections::BTreeSet;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

/// What to try, and for how long.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Exit status: 0 done, 1 something was found; the input is in target/fuzz.")]
pub struct Arguments {
    /// One target; all of them without it
    #[arg(value_enum)]
    target: Option<Target>,
    /// For each target
    #[arg(long, value_name = "N", default_value_t = 10)]
    seconds: u64,
    /// Repeats an earlier run
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Further documents to start from; of those beyond 64 KiB nothing is taken
    #[arg(long, value_name = "DIR")]
    corpus: Option<PathBuf>,
}

/// What reads an input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Target {
    /// Text to tree
    Parse,
    /// Document to code
    Generate,
    /// Bytes to events
    Events,
    /// `Content-Disposition` to a file name
    FileName,
    /// `next` links to cursors
    Cursor,
}

const TARGETS: [Target; 5] =
    [Target::Parse, Target::Generate, Target::Events, Target::FileName, Target::Cursor];

/// Longer than this for one input is a finding, even on a busy machine.
const SLOW: Duration = Duration::from_secs(5);

/// Larger documents make every execution slow without showing more.
const LARGEST_SEED: u64 = 64 << 10;

/// Runs the task.
pub fn run(arguments: &Arguments) -> Outcome {
    let seed = arguments.seed.unwrap_or_else(|| Rng::new().u64(..));
    let current = watch();
    let mut fine = true;
    for target in TARGETS.into_iter().filter(|target| arguments.target.is_none_or(|only| only == *target)) {
        let seeds = target.seeds(arguments.corpus.as_deref());
        let fuzzer = Fuzzer {
            target,
            own: seeds.len(),
            longest: seeds.iter().map(|seed| 2 * seed.len()).max().unwrap_or_default(),
            seeds,
            rng: Rng::with_seed(seed),
            current: Arc::clone(&current),
        };
        let (executions, accepted, finding) = fuzzer.run(Duration::from_secs(arguments.seconds));
        println!("{target:<10?} {executions} executions, {accepted} of them accepted, --seed {seed}");
        if let Some((input, fault)) = finding {
            eprintln!("error: {target:?}: {fault}\n  the input is in {}", keep(target, &input));
            fine = false;
        }
    }
    if fine { Outcome::Done } else { Outcome::Drift }
}

/// The input that is being read, and since when.
type Current = Arc<Mutex<Option<(Target, Vec<u8>, Instant)>>>;

/// Ends the process when one input takes for ever.
fn watch() -> Current {
    let current = Current::default();
    let watched = Arc::clone(&current);
    std::thread::spawn(move || {
        loop {
            std::thread::sleep(Duration::from_secs(1));
            let current = watched.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some((target, input, start)) = &*current
                && start.elapsed() > 4 * SLOW
            {
                eprintln!("error: {target:?} hangs\n  the input is in {}", keep(*target, input));
                std::process::exit(1);
            }
        }
    });
    current
}

/// Writes an input to a file below `target`, and says where.
fn keep(target: Target, input: &[u8]) -> String {
    let folder = crate::root().join("target/fuzz");
    let path = folder.join(format!("{target:?}.txt"));
    match fs::create_dir_all(&folder).and_then(|()| fs::write(&path, input)) {
        Ok(()) => path.display().to_string(),
        Err(error) => format!("no file, since {error}: {input:?}"),
    }
}

struct Fuzzer {
    target: Target,
    /// Those to start from, and behind them what of their changes was accepted.
    seeds: Vec<Vec<u8>>,
    own: usize,
    longest: usize,
    rng: Rng,
    current: Current,
}

/// What an input did.
enum Verdict {
    Accepted,
    Refused,
}

impl Fuzzer {
    /// Tries inputs until the time is over or one of them shows a fault.
    fn run(mut self, time: Duration) -> (u64, u64, Option<(Vec<u8>, String)>) {
        let words = words(&self.seeds);
        let (mut executions, mut accepted) = (0, 0);
        let start = Instant::now();
        // What panics is reported below, once.
        let hook = std::panic::take_hook();
        std::panic::set_hook(Box::new(|_| {}));
        let mut finding = None;
        while finding.is_none() && start.elapsed() < time {
            let input = self.mutated(&words);
            let begin = Instant::now();
            *self.current.lock().unwrap_or_else(PoisonError::into_inner) =
                Some((self.target, input.clone(), begin));
            let result = catch_unwind(AssertUnwindSafe(|| self.target.read(&input)));
            *self.current.lock().unwrap_or_else(PoisonError::into_inner) = None;
            executions += 1;
            match result {
                _ if begin.elapsed() > SLOW => {
                    finding = Some((input, format!("took {:?}", begin.elapsed())));
                }
                Ok(Ok(Verdict::Refused)) => {}
                // What is accepted although it was changed is a start for further changes.
                Ok(Ok(Verdict::Accepted)) => {
                    accepted += 1;
                    if self.seeds.len() < self.own + 500 {
                        self.seeds.push(input);
                    } else {
                        let at = self.rng.usize(self.own..self.seeds.len());
                        self.seeds[at] = input;
                    }
                }
                Ok(Err(fault)) => finding = Some((input, fault)),
                Err(panic) => {
                    let text = panic.downcast_ref::<String>().map(String::as_str);
                    let text = text.or(panic.downcast_ref::<&str>().copied()).unwrap_or("?");
                    finding = Some((input, format!("panics: {text}")));
                }
            }
        }
        std::panic::set_hook(hook);
        (executions, accepted, finding)
    }

    /// A seed with a few changes: of bytes, words and lines.
    fn mutated(&mut self, words: &[Vec<u8>]) -> Vec<u8> {
        let rng = &mut self.rng;
        let any = |rng: &mut Rng| {
            let own = rng.bool();
            rng.usize(..if own { self.own } else { self.seeds.len() })
        };
        let mut input = self.seeds[any(rng)].clone();
        let other = &self.seeds[any(rng)];
        for _ in 0..rng.usize(1..6) {
            let (start, end) = range(rng, &input, 12);
            match rng.u8(..9) {
                0 => input.insert(start, rng.u8(..)),
                1 => drop(input.drain(start..end)),
                2 => {
                    let word = &words[rng.usize(..words.len())];
                    drop(input.splice(start..start, word.iter().copied()));
                }
                3 | 4 => {
                    let (start, end) = word_at(&input, start);
                    let word = &words[rng.usize(..words.len())];
                    drop(input.splice(start..end, word.iter().copied()));
                }
                5 => {
                    let part = input[start..end].repeat(rng.usize(1..40));
                    drop(input.splice(start..start, part));
                }
                6 => {
                    let (from, to) = line_at(&input, start);
                    let line = input[from..to].to_vec();
                    let (at, _) = line_at(&input, range(rng, &input, 0).0);
                    drop(input.splice(at..at, line));
                }
                7 => {
                    let (from, to) = line_at(&input, start);
                    drop(input.drain(from..to));
                }
                _ => {
                    let (from, to) = line_at(other, range(rng, other, 0).0);
                    let (at, _) = line_at(&input, start);
                    drop(input.splice(at..at, other[from..to].iter().copied()));
                }
            }
        }
        // Repeated repetitions would only make everything slow.
        input.truncate(self.longest);
        input
    }
}

/// A place in the text, and one at most `length` behind it.
fn range(rng: &mut Rng, text: &[u8], length: usize) -> (usize, usize) {
    let start = rng.usize(..=text.len());
    (start, (start + rng.usize(..=length)).min(text.len()))
}

/// The word around a place.
fn word_at(text: &[u8], at: usize) -> (usize, usize) {
    let in_word =
        |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'$' | b'#' | b'/');
    let start = text[..at].iter().rposition(|byte| !in_word(byte)).map_or(0, |before| before + 1);
    let end = text[at..].iter().position(|byte| !in_word(byte)).map_or(text.len(), |length| at + length);
    (start, end)
}

/// The line around a place, with its end.
fn line_at(text: &[u8], at: usize) -> (usize, usize) {
    let start = text[..at].iter().rposition(|byte| *byte == b'\n').map_or(0, |before| before + 1);
    let end = text[at..].iter().position(|byte| *byte == b'\n').map_or(text.len(), |length| at + length + 1);
    (start, end)
}

/// What stands in the seeds, and what breaks readers elsewhere.
fn words(seeds: &[Vec<u8>]) -> Vec<Vec<u8>> {
    const ODD: &[&str] = &[
        "",
        "null",
        "true",
        "-1",
        "0",
        "1e999",
        "18446744073709551616",
        "{}",
        "[]",
        "''",
        "\"",
        "'",
        "{",
        "}",
        "[",
        "]",
        ": ",
        "- ",
        "? ",
        "&a ",
        "*a",
        "!!str ",
        "<<: ",
        "|\n",
        ">-\n",
        "---\n",
        "...\n",
        "# ",
        "#",
        "#/",
        "#/components/schemas/",
        "~1",
        "~0",
        "%2F",
        "%",
        "%zz",
        "\\u0000",
        "\\ud800",
        "\\",
        "\u{feff}",
        "\u{202e}",
        "\u{301}",
        "\u{1f600}",
        "\u{0}",
        "\r",
        "\r\n",
        "\n\n",
        "\t",
        " ",
        "    ",
        "/",
        "{x}",
        "{*x}",
        "..",
        "$ref",
        "allOf",
        "oneOf",
        "anyOf",
        "enum",
        "const",
        "x-rust-name",
        "self",
        "fn",
        "_",
        "名",
        "404",
        "UTF-8''",
        "filename*=",
        "filename=",
        ";",
        "=",
        ",",
        "?",
        "&",
        "+",
        "data:",
        "event:",
        "id:",
        "retry:",
    ];
    let mut words: BTreeSet<Vec<u8>> = ODD.iter().map(|word| word.as_bytes().to_vec()).collect();
    for seed in seeds {
        let parts = seed.split(|byte| byte.is_ascii_whitespace() || b",{}[]'\"".contains(byte));
        words.extend(parts.filter(|part| (1..40).contains(&part.len())).map(<[u8]>::to_vec));
    }
    words.into_iter().collect()
}

impl Target {
    /// What to start from.
    fn seeds(self, corpus: Option<&Path>) -> Vec<Vec<u8>> {
        let texts: &[&str] = match self {
            Self::Parse | Self::Generate => return documents(corpus),
            Self::Events => &[
                "data: one\n\ndata: two\ndata: three\n\n",
                "\u{feff}event: message\r\nid: 1\r\ndata: {\"a\": 1}\r\n\r\n",
                ": comment\rretry: 10\rdata\r\rdata: [DONE]\n\n",
                "{\"bare\": true}\n\ndata: x",
            ],
            Self::FileName => &[
                "attachment; filename=\"a b.xlsx\"",
                "attachment; filename*=UTF-8''%e5%90%8d.txt; filename=\"fallback\"",
                "inline; FILENAME=a.txt; size=3",
                "attachment; filename=\"a\\\"b\\\\..\\..\\c\"; x=\"a;b\"",
                "attachment; filename*=ISO-8859-1'en'%a3%20rates",
            ],
            Self::Cursor => &[
                "https://host.example/api/list?cursor=abc&page=2#x",
                "/list?page=%e5%90%8d+x&cursor=cD0yMDI2",
                "?cursor=",
                "https://[::1]:80/?a=b;cursor=c&cursor=%00",
            ],
        };
        texts.iter().map(|text| text.as_bytes().to_vec()).collect()
    }

    /// Reads an input. A fault is something that never may be.
    fn read(self, input: &[u8]) -> Result<Verdict, String> {
        match self {
            Self::Parse => parse(&String::from_utf8_lossy(input)),
            Self::Generate => generate(&String::from_utf8_lossy(input)),
            Self::Events => events(input),
            Self::FileName => file_name(input),
            Self::Cursor => cursor(&String::from_utf8_lossy(input)),
        }
    }
}

/// The documents of the tests, the curated one, and those of a folder.
fn documents(corpus: Option<&Path>) -> Vec<Vec<u8>> {
    let root = crate::root();
    let own =
        ["tests/specs/accept", "tests/specs/reject", "tests/echo", "spec"].map(|folder| root.join(folder));
    let entries =
        own.iter().map(PathBuf::as_path).chain(corpus).filter_map(|folder| fs::read_dir(folder).ok());
    let mut paths: Vec<PathBuf> = entries
        .flatten()
        .filter_map(Result::ok)
        .filter(|entry| entry.metadata().is_ok_and(|data| data.is_file() && data.len() <= LARGEST_SEED))
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|kind| kind == "yaml" || kind == "json"))
        .collect();
    paths.sort();
    paths.iter().filter_map(|path| fs::read(path).ok()).collect()
}

fn parse(text: &str) -> Result<Verdict, String> {
    match codegen::parse::parse(text) {
        Ok(_) => Ok(Verdict::Accepted),
        Err(problems) => refused(&problems, text),
    }
}

fn generate(text: &str) -> Result<Verdict, String> {
    let output = match codegen::generate(Source { name: "fuzz.yaml", text }, &Options::default()) {
        Ok(output) => output,
        Err(problems) => return refused(&problems, text),
    };
    for (path, code) in &output.tree {
        syn::parse_file(code).map_err(|error| format!("{path} is not Rust: {error}\n{code}"))?;
    }
    Ok(Verdict::Accepted)
}

/// Every complaint has a place within the text, and says what to do.
fn refused(problems: &codegen::Diagnostics, text: &str) -> Result<Verdict, String> {
    let source = Source { name: "fuzz.yaml", text };
    let length = text.chars().count();
    let lost = |problem: &codegen::diagnostics::Diagnostic| {
        problem.span.start as usize > length || problem.help.is_empty() || problem.message.is_empty()
    };
    match problems.iter().find(|problem| lost(problem)) {
        Some(problem) => Err(format!("no place: {problem:?}")),
        None if !problems.has_errors() => Err("refused without an error".to_owned()),
        None if problems.render(source, codegen::Colour::Plain).is_empty() => {
            Err("nothing is said".to_owned())
        }
        None => Ok(Verdict::Refused),
    }
}

/// Wherever the bytes are cut, the events are the same.
fn events(bytes: &[u8]) -> Result<Verdict, String> {
    let whole = decode(&[bytes]);
    let cut = bytes.len() / 3;
    let single: Vec<&[u8]> = bytes.chunks(1).collect();
    for pieces in [&[&bytes[..cut], &bytes[cut..]][..], &single] {
        let other = decode(pieces);
        if other != whole {
            return Err(format!("{whole:?} in one piece, {other:?} in {}", pieces.len()));
        }
    }
    let is_accepted = whole.is_ok_and(|events| !events.is_empty());
    Ok(if is_accepted { Verdict::Accepted } else { Verdict::Refused })
}

/// All events, or that one was too large.
fn decode(pieces: &[&[u8]]) -> Result<Vec<Event>, usize> {
    let mut decoder = Decoder::new(1000).accept_bare_json();
    let mut events = Vec::new();
    for piece in pieces {
        let mut rest = *piece;
        while let Some(event) = decoder.next(&mut rest).map_err(|error| error.limit)? {
            events.push(event);
        }
    }
    decoder.finish();
    Ok(events)
}

/// A file name is nothing but the name of a file.
fn file_name(bytes: &[u8]) -> Result<Verdict, String> {
    let Ok(value) = HeaderValue::from_bytes(bytes) else { return Ok(Verdict::Refused) };
    let headers = HeaderMap::from_iter([(CONTENT_DISPOSITION, value)]);
    let download = Download::from_answer(&headers, Download::from_bytes(""));
    let Some(name) = download.file_name() else { return Ok(Verdict::Refused) };
    let bad = |c: char| c.is_control() || "/\\:*?\"<>|".contains(c);
    if name.is_empty() || name.starts_with('.') || name.contains(bad) || name.len() > 200 {
        return Err(format!("the file name {name:?}"));
    }
    Ok(Verdict::Accepted)
}

/// A cursor is never empty, and the walk ends.
fn cursor(link: &str) -> Result<Verdict, String> {
    let mut asked = Vec::new();
    let mut result = Ok(());
    {
        let mut items = Items::by_link("cursor", |cursor: Option<String>| {
            let is_first = cursor.is_none();
            asked.extend(cursor);
            std::future::ready(Ok((vec![1], is_first.then(|| link.to_owned()))))
        });
        for _ in 0..10 {
            let next = pin!(items.try_next());
            match std::future::Future::poll(next, &mut Context::from_waker(Waker::noop())) {
                Poll::Pending => return Err("waits for nothing".to_owned()),
                Poll::Ready(Ok(Some(_))) => {}
                Poll::Ready(Ok(None)) => break,
                Poll::Ready(Err(error)) => {
                    result = Err(error);
                    break;
                }
            }
        }
    }
    match (&asked[..], result) {
        ([], _) => Ok(Verdict::Refused),
        ([cursor], Ok(())) if !cursor.is_empty() => Ok(Verdict::Accepted),
        (cursors, result) => Err(format!("cursors {cursors:?}, {result:?}")),
    }
}
