//! Whatever users do not want any more can be dropped at any moment: the connection is closed, and nothing is left.

use crate::operations::{CALLS, good_answer};
use crate::raw::{self, Raw};
use futures_util::future::BoxFuture;
use maiagent::runtime::{RetryPolicy, http_client_builder};
use maiagent::{Api, Client, Result};
use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::Poll;
use std::time::{Duration, Instant};
use tokio::runtime::Handle;

/// How soon everything must be gone.
const SOON: Duration = Duration::from_millis(100);

/// Polls a future so many times, each time when it asks for it. Nothing when it was not ready by then.
async fn poll_times<T>(mut future: BoxFuture<'_, T>, times: usize) -> Option<T> {
    let mut left = times;
    poll_fn(|context| {
        if left == 0 {
            return Poll::Ready(None);
        }
        left -= 1;
        future.as_mut().poll(context).map(Some)
    })
    .await
}

/// A server that sends every answer in pieces. If it is told so, it says first that it is busy, or stops before the end.
struct Slow {
    server: Raw,
    busy: Arc<AtomicBool>,
    /// How many fifths of an answer it sends.
    fifths: Arc<AtomicUsize>,
    tasks: usize,
    slowest: Duration,
}

impl Slow {
    async fn start() -> Self {
        let busy = Arc::new(AtomicBool::new(false));
        let fifths = Arc::new(AtomicUsize::new(5));
        let (is_busy, sent) = (busy.clone(), fifths.clone());
        let server = Raw::start_slow(5, move |request| {
            if is_busy.swap(false, Ordering::SeqCst) {
                return raw::answer(429, "Retry-After: 0\r\n", "busy");
            }
            let call = request.split('/').nth(1).unwrap();
            let (media_type, body) =
                good_answer(call, !request.contains("cursor=2") && !request.contains("page=2"));
            let mut answer = raw::answer(200, &format!("Content-Type: {media_type}\r\n"), body);
            answer.truncate(answer.len() * sent.load(Ordering::SeqCst) / 5);
            answer
        })
        .await;
        // The task that accepts connections has to be there.
        tokio::task::yield_now().await;
        Self {
            server,
            busy,
            fifths,
            tasks: Handle::current().metrics().num_alive_tasks(),
            slowest: Duration::ZERO,
        }
    }

    fn client(&self, call: &str) -> Client {
        // A connection that is kept for the next call would look like one that was forgotten.
        let http = http_client_builder().pool_max_idle_per_host(0).build().unwrap();
        let retry = RetryPolicy::default().base(Duration::from_millis(2));
        let client = Client::builder().api_key("k").base_url(format!("{}/{call}", self.server.url()));
        client.http_client(http).retry(retry).build().unwrap()
    }

    /// Drops a call after 0, 1, 2, ... polls until one comes to its end. How many were dropped.
    async fn drop_everywhere<'c>(
        &mut self,
        name: &str,
        call: impl Fn() -> BoxFuture<'c, Result<()>>,
    ) -> usize {
        for polls in 0..1000 {
            let result = poll_times(call(), polls).await;
            self.wait_for_silence(&format!("{name} after {polls} polls")).await;
            if let Some(result) = result {
                result.unwrap_or_else(|error| panic!("{name}: {error:?}"));
                return polls;
            }
        }
        panic!("{name} does not end");
    }

    /// Waits until every connection is closed and every task has ended.
    async fn wait_for_silence(&mut self, what: &str) {
        let start = Instant::now();
        loop {
            let tasks = Handle::current().metrics().num_alive_tasks();
            if self.server.open() == 0 && tasks == self.tasks {
                break;
            }
            let open = self.server.open();
            assert!(
                start.elapsed() < SOON,
                "{what}: {open} connections, {tasks} instead of {} tasks",
                self.tasks
            );
            tokio::time::sleep(Duration::from_micros(200)).await;
        }
        self.slowest = self.slowest.max(start.elapsed());
    }
}

#[tokio::test]
async fn every_call_can_be_dropped_at_every_await_point() {
    let mut slow = Slow::start().await;
    let mut dropped = 0;
    for (name, call) in CALLS {
        let client = slow.client(name);
        for busy in [false, true] {
            let told = slow.busy.clone();
            dropped += slow
                .drop_everywhere(name, || {
                    told.store(busy, Ordering::SeqCst);
                    call(&client)
                })
                .await;
        }
    }
    println!("{dropped} calls dropped, all gone within {:?}", slow.slowest);
}

#[tokio::test]
async fn a_call_can_be_dropped_while_the_server_is_silent() {
    let mut slow = Slow::start().await;
    let mut dropped = 0;
    for (name, call) in CALLS {
        let client = slow.client(name);
        for fifths in 0..5 {
            slow.fifths.store(fifths, Ordering::SeqCst);
            let waiting = tokio::time::timeout(Duration::from_millis(15), call(&client)).await;
            assert!(waiting.is_err(), "{name} ended with {fifths} fifths of an answer");
            slow.wait_for_silence(&format!("{name} after {fifths} fifths of an answer")).await;
            dropped += 1;
        }
    }
    println!("{dropped} waiting calls dropped, all gone within {:?}", slow.slowest);
}

#[tokio::test]
async fn a_file_that_is_dropped_while_it_is_saved_leaves_nothing() {
    let mut slow = Slow::start().await;
    let client = slow.client("export_records");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    let mut dropped = 0;
    loop {
        let saved = Box::pin(async {
            client.export_records(&"b1".into()).await?.into_body().save_to(&path).await?;
            Ok::<_, maiagent::Error>(())
        });
        let is_done = poll_times(saved, dropped).await.is_some_and(|result| result.is_ok());
        slow.wait_for_silence(&format!("saving after {dropped} polls")).await;
        // Too late to stop is whole, too.
        let is_whole = || std::fs::read(&path).is_ok_and(|bytes| bytes == b"PK");
        let names = || std::fs::read_dir(folder.path()).unwrap().count();
        if is_done {
            assert!(is_whole() && names() == 1);
            break;
        }
        let start = Instant::now();
        while names() > usize::from(is_whole()) {
            assert!(start.elapsed() < SOON, "{dropped} polls left a part of a file");
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        _ = std::fs::remove_file(&path);
        dropped += 1;
    }
    println!("{dropped} files dropped");
}
