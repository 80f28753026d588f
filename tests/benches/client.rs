//! The generated client against the same calls written by hand with reqwest, on loopback: with the same models, the same
//! limits of time, and a server that does as little as possible.
//!
//! `cargo bench --package tests --bench client` prints calls (or events) per second, processor time and allocations for
//! each, and the ratio of both. Rounds alternate, so that noise of the machine hits both; processor time is that of the
//! client's thread alone, and says more where other programs run. `-- NAME` picks rows by a part of their name;
//! `--client N` and `--hand N` make N calls of the first that fits and print nothing, for a profiler.
#![allow(clippy::unwrap_used, missing_docs)]

use std::alloc::System;
use std::hint::black_box;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::pin::pin;
use std::time::{Duration, Instant};

use futures_util::{StreamExt, future};
use maiagent::models::*;
use maiagent::params::*;
use maiagent::runtime::{Hook, Report, reqwest};
use maiagent::{Api, Client};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};
use tracing::{Event, Metadata, Subscriber, span};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

const ROUND: Duration = Duration::from_millis(400);
const ROUNDS: usize = 9;
const EVENTS: usize = 2000;
const KEY: &str = "a key of ordinary length, which is 40 b.";
const ID: &str = "0f8fad5b-d9cb-469f-a165-70867728950e";

fn main() {
    let named = |argument: &String| !argument.starts_with('-') && argument.parse::<usize>().is_err();
    let filter = std::env::args().skip(1).find(named).unwrap_or_default();
    let tokio = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let message = serve(answer("application/json", &message()));
    let stream = serve(answer("text/event-stream", &events()));
    let client = |url: &str| Client::builder().api_key(KEY).base_url(url).only_root_certificates(ROOT);
    let (plain, watched) = (client(&message).build().unwrap(), client(&message).hook(Count).build().unwrap());
    let (events, watched_events) =
        (client(&stream).build().unwrap(), client(&stream).hook(Count).build().unwrap());
    let hand = Hand::new();
    println!(
        "{:<36}{:>10}{:>10}{:>8}{:>12}{:>12}{:>8}{:>10}{:>10}",
        "", "client/s", "hand/s", "ratio", "client CPU", "hand CPU", "ratio", "client", "hand"
    );
    let table: [(&str, &Client, &Client, bool); 2] =
        [("", &plain, &events, false), (", hooks and tracing", &watched, &watched_events, true)];
    for (name, plain, events, is_traced) in table {
        for (width, shape) in [(1, "whole, one at a time"), (64, "whole, 64 at once")] {
            let (id, query) = (MessageId::from(ID), GetMessage::new(ID));
            let ours = || async {
                black_box(plain.get_message(&id, &query).await.unwrap());
            };
            let theirs = || async {
                black_box(hand.message(&message, ID, ID).await);
            };
            let name = format!("{shape}{name}");
            if name.contains(&filter) {
                compare(&tokio, &name, 1, is_traced, &|n| Box::pin(many(n, width, &ours)), &|n| {
                    Box::pin(many(n, width, &theirs))
                });
            }
        }
        for (width, shape) in [(1, "events, one stream"), (64, "events, 64 streams")] {
            let (id, body) = (ChatbotId::from(ID), CompletionRequest::new(MessageInput::new("Hello")));
            let ours = || async {
                let mut events = events.stream_completion(&id, &body).await.unwrap();
                let mut count = 0;
                while let Some(event) = events.try_next().await.unwrap() {
                    black_box(event);
                    count += 1;
                }
                assert_eq!(count, EVENTS);
            };
            let theirs = || async {
                assert_eq!(hand.events(&stream, ID, &body).await, EVENTS);
            };
            let name = format!("{shape}{name}");
            if name.contains(&filter) {
                compare(&tokio, &name, EVENTS, is_traced, &|n| Box::pin(many(n, width, &ours)), &|n| {
                    Box::pin(many(n, width, &theirs))
                });
            }
        }
    }
}

/// A certificate of nobody: reading those of the system is not what is measured.
const ROOT: &str = include_str!("root.pem");

type Work<'a> = &'a dyn Fn(usize) -> std::pin::Pin<Box<dyn Future<Output = ()> + 'a>>;

/// Makes `count` calls, `width` of them at once.
async fn many<F: Future<Output = ()>>(count: usize, width: usize, call: impl Fn() -> F) {
    let line = async |count: usize| {
        for _ in 0..count {
            call().await;
        }
    };
    if width == 1 {
        return line(count).await;
    }
    let lines: Vec<_> = (0..width).map(|_| line(count.div_ceil(width))).collect();
    future::join_all(lines).await;
}

#[derive(Debug, Clone, Copy)]
struct Sample {
    per_second: f64,
    /// Nanoseconds for one.
    cpu: f64,
    allocations: f64,
}

/// `unit`: how many things one call is.
fn compare(
    tokio: &tokio::runtime::Runtime,
    name: &str,
    unit: usize,
    is_traced: bool,
    ours: Work<'_>,
    theirs: Work<'_>,
) {
    let run = |work: Work<'_>, count: usize| {
        let region = Region::new(ALLOCATOR);
        let (start, cpu) = (Instant::now(), processor_time());
        tokio.block_on(work(count));
        let (time, cpu) = (start.elapsed(), processor_time() - cpu);
        let things = (count * unit) as f64;
        let allocations = region.change();
        let allocations = (allocations.allocations + allocations.reallocations) as f64 / things;
        Sample { per_second: things / time.as_secs_f64(), cpu: cpu as f64 / things, allocations }
    };
    let ours = |count| match is_traced {
        true => tracing::subscriber::with_default(Listening, || run(ours, count)),
        false => run(ours, count),
    };
    let theirs = |count| run(theirs, count);
    if let Some((side, count)) = profiled() {
        let work = if side == "--client" { ours(count) } else { theirs(count) };
        black_box(work);
        std::process::exit(0);
    }
    let warm = (6400 / unit).max(64);
    let speed = ours(warm).per_second / unit as f64;
    theirs(warm);
    let count = ((speed * ROUND.as_secs_f64()) as usize).max(64) / 64 * 64;
    let rounds: Vec<(Sample, Sample)> = (0..ROUNDS).map(|_| (ours(count), theirs(count))).collect();
    let median = |of: &dyn Fn(&(Sample, Sample)) -> f64| {
        let mut all: Vec<f64> = rounds.iter().map(of).collect();
        all.sort_by(f64::total_cmp);
        all[all.len() / 2]
    };
    println!(
        "{name:<36}{:>10.0}{:>10.0}{:>8.2}{:>9.2} us{:>9.2} us{:>8.2}{:>10.1}{:>10.1}",
        median(&|round| round.0.per_second),
        median(&|round| round.1.per_second),
        median(&|round| round.0.per_second / round.1.per_second),
        median(&|round| round.0.cpu / 1e3),
        median(&|round| round.1.cpu / 1e3),
        median(&|round| round.1.cpu / round.0.cpu),
        median(&|round| round.0.allocations),
        median(&|round| round.1.allocations),
    );
}

/// The side to run, and how often.
fn profiled() -> Option<(String, usize)> {
    let mut arguments =
        std::env::args().skip_while(|argument| argument != "--client" && argument != "--hand");
    Some((arguments.next()?, arguments.next()?.parse().ok()?))
}

/// Nanoseconds that this thread has run; on systems that do not say, since some moment.
fn processor_time() -> u64 {
    static START: std::sync::LazyLock<Instant> = std::sync::LazyLock::new(Instant::now);
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let time = text.split(' ').next().and_then(|time| time.parse().ok());
    time.unwrap_or_else(|| u64::try_from(START.elapsed().as_nanos()).unwrap())
}

/// What one writes without the generated client: one HTTP client for all calls, the two limits without which a call may
/// hang forever, identifiers that cannot change the path, and a check of the status. No retries, no limit on sizes, and
/// errors are what the libraries say.
struct Hand {
    http: reqwest::Client,
}

/// All but what RFC 3986 calls unreserved.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

impl Hand {
    fn new() -> Self {
        let http = reqwest::Client::builder()
            .user_agent("hand/1.0")
            .connect_timeout(Duration::from_secs(10))
            .read_timeout(Duration::from_secs(120));
        Self { http: http.tls_certs_only([]).no_proxy().build().unwrap() }
    }

    async fn message(&self, base: &str, id: &str, conversation: &str) -> Message {
        let id = utf8_percent_encode(id, SEGMENT);
        let conversation = utf8_percent_encode(conversation, SEGMENT);
        let request = self.http.get(format!("{base}/messages/{id}/?conversation={conversation}"));
        let request =
            request.header("Authorization", format!("Api-Key {KEY}")).header("Accept", "application/json");
        let answer = request.send().await.unwrap().error_for_status().unwrap();
        serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap()
    }

    async fn events(&self, base: &str, id: &str, body: &CompletionRequest) -> usize {
        let id = utf8_percent_encode(id, SEGMENT);
        let request = self.http.post(format!("{base}/chatbots/{id}/completions/"));
        let request =
            request.header("Authorization", format!("Api-Key {KEY}")).header("Accept", "text/event-stream");
        let request =
            request.header("Content-Type", "application/json").body(serde_json::to_vec(body).unwrap());
        let answer = request.send().await.unwrap().error_for_status().unwrap();
        let mut events = pin!(sse_stream::SseStream::new(reqwest::Body::from(answer)));
        let mut count = 0;
        while let Some(event) = events.next().await {
            if let Some(data) = event.unwrap().data {
                black_box(serde_json::from_str::<CompletionEvent>(&data).unwrap());
                count += 1;
            }
        }
        count
    }
}

/// A hook that does what metrics do, but for keeping them.
struct Count;

impl Hook for Count {
    fn after_attempt(&self, attempt: &Report<'_>) {
        black_box((attempt.operation().path(), attempt.status(), attempt.duration(), attempt.received()));
    }
}

/// A subscriber that wants to know everything of the runtime, and keeps nothing.
struct Listening;

impl Subscriber for Listening {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "runtime"
    }
    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }
    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}
    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}
    fn event(&self, _: &Event<'_>) {}
    fn enter(&self, _: &span::Id) {}
    fn exit(&self, _: &span::Id) {}
}

/// Answers every request with the same bytes, one thread for each connection. Returns the URL.
fn serve(answer: Vec<u8>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for connection in listener.incoming() {
            let answer = answer.clone();
            std::thread::Builder::new()
                .stack_size(64 << 10)
                .spawn(move || answer_all(connection.unwrap(), &answer))
                .unwrap();
        }
    });
    url
}

fn answer_all(mut connection: TcpStream, answer: &[u8]) {
    connection.set_nodelay(true).unwrap();
    let mut bytes = [0; 4096];
    let mut filled = 0;
    loop {
        match connection.read(&mut bytes[filled..]) {
            Ok(0) | Err(_) => return,
            Ok(read) => filled += read,
        }
        // Bodies are short, and come with the head.
        if bytes[..filled].windows(4).any(|end| end == b"\r\n\r\n") {
            filled = 0;
            if connection.write_all(answer).is_err() {
                return;
            }
        }
    }
}

fn answer(media_type: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!("HTTP/1.1 200 OK\r\ncontent-type: {media_type}\r\ndate: Thu, 01 Jan 2026 00:00:00 GMT\r\nserver: bench\r\nx-request-id: 7d44a0\r\ncontent-length: {length}\r\n\r\n{body}").into_bytes()
}

/// 2.7 KB.
fn message() -> String {
    let mut message = Message::new(ID, ID);
    message.content = Some("A message of ordinary length, such as people write to an assistant. ".repeat(38));
    serde_json::to_string(&message).unwrap()
}

fn events() -> String {
    (0..EVENTS)
        .map(|number| {
            let mut event = CompletionEvent::default();
            event.content = Some(format!("word{number} "));
            event.done = Some(number + 1 == EVENTS);
            format!("data: {}\n\n", serde_json::to_string(&event).unwrap())
        })
        .collect()
}
