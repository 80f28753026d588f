//! How long it takes to read event streams, and that it grows with their size and no faster.
//!
//! `cargo bench --package specwright-runtime` prints, for several shapes of streams and sizes of chunks, the
//! time for 1 MiB and for 4 MiB, and their ratio. It should be about 4.
#![allow(clippy::unwrap_used, missing_docs)]

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use runtime::sse::Decoder;
use runtime::{Bytes, EventStream, Result, Stream};

const ROUNDS: usize = 7;
const MIB: usize = 1 << 20;

/// A stream of about so many bytes.
type Shape = fn(usize) -> Vec<u8>;

const SHAPES: [(&str, Shape); 4] = [
    ("one line", |size| [b"data: ", "x".repeat(size).as_bytes(), b"\n\n"].concat()),
    ("one event, many lines", |size| [&b"data: 0123456789\r\n".repeat(size / 18)[..], b"\r\n"].concat()),
    ("comments", |size| [&b": ping\n\n".repeat(size / 8)[..], b"data: x\n\n"].concat()),
    ("many events", |size| b"data: {\"content\":\"word \",\"done\":false}\n\n".repeat(size / 40)),
];

fn main() {
    println!("{:<24}{:<10}{:<8}{:>12}{:>12}{:>8}", "stream", "reader", "chunk", "1 MiB", "4 MiB", "ratio");
    let tokio = tokio::runtime::Builder::new_current_thread().build().unwrap();
    for (shape, make) in SHAPES {
        for chunk in [1, 1024, 65536] {
            let best = |read: &dyn Fn(&Bytes)| {
                [MIB, 4 * MIB].map(|size| {
                    let input = Bytes::from(make(size));
                    let time = || {
                        let start = Instant::now();
                        read(&input);
                        start.elapsed()
                    };
                    (0..ROUNDS).map(|_| time()).min().unwrap()
                })
            };
            print(shape, "Decoder", chunk, best(&|input| decode(input, chunk)));
            print(shape, "stream", chunk, best(&|input| tokio.block_on(stream(input, chunk))));
        }
    }
}

fn print(shape: &str, reader: &str, chunk: usize, [small, large]: [Duration; 2]) {
    let ratio = large.as_secs_f64() / small.as_secs_f64();
    println!("{shape:<24}{reader:<10}{chunk:<8}{small:>12.2?}{large:>12.2?}{ratio:>8.2}");
}

fn decode(input: &[u8], chunk: usize) {
    let mut decoder = Decoder::new(usize::MAX);
    let mut events = 0;
    for mut chunk in input.chunks(chunk) {
        while decoder.next(&mut chunk).unwrap().is_some() {
            events += 1;
        }
    }
    assert!(events > 0);
}

async fn stream(input: &Bytes, chunk: usize) {
    let chunks = Chunks(input.clone(), chunk);
    let mut events = EventStream::<String>::from_bytes(chunks, usize::MAX);
    let mut count = 0;
    while events.try_next().await.unwrap().is_some() {
        count += 1;
    }
    assert!(count > 0);
}

/// Bytes in pieces of one size.
struct Chunks(Bytes, usize);

impl Stream for Chunks {
    type Item = Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Bytes>>> {
        let size = self.1.min(self.0.len());
        Poll::Ready((size > 0).then(|| Ok(self.0.split_to(size))))
    }
}
