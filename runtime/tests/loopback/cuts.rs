//! Answers that break off: at every byte, in every way, for every shape of call.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use runtime::{Client, Method, Result, RetryPolicy};
use tokio::task::JoinSet;

use crate::calls::{Delta, Sample, Shape, builder, client, kind, pages};
use crate::server::{Request, Server, Step, answer};

#[derive(Debug, Clone, Copy, PartialEq)]
enum Framing {
    Chunks,
    Length,
    /// The answer ends where the connection does.
    Connection,
}

/// What comes after the cut.
#[derive(Debug, Clone, Copy, PartialEq)]
enum End {
    Close,
    Reset,
    Stall,
    Garbage,
    /// The end of the chunk, before its length is reached, and then of the answer.
    Early,
}

impl End {
    fn steps(self) -> Vec<Step> {
        match self {
            Self::Close => vec![Step::Close],
            Self::Reset => vec![Step::Reset],
            Self::Stall => vec![Step::Stall],
            Self::Garbage => vec![Step::Send([0, 255].repeat(99)), Step::Close],
            Self::Early => vec![Step::Send(b"\r\n0\r\n\r\n".to_vec()), Step::Close],
        }
    }

    /// The errors that are right.
    fn kinds(self, framing: Framing) -> &'static [&'static str] {
        match self {
            Self::Close if framing == Framing::Connection => &["transport", "decode", "truncated"],
            Self::Close | Self::Reset | Self::Garbage => &["transport"],
            Self::Stall => &["read timeout"],
            // Where a chunk ends anyway, or its contents are lines too, the contents must tell.
            Self::Early => &["transport", "decode", "truncated", "invalid"],
        }
    }
}

/// What a server has recorded to send: one answer, or two for the pages of a walk. The caller makes `parts`
/// of it.
struct Recording {
    shape: Shape,
    framing: Framing,
    head: usize,
    answers: Vec<Vec<u8>>,
    parts: &'static [&'static str],
    /// For each part, how many bytes were sent before it can be there.
    earliest: Vec<usize>,
    /// For each part, how many bytes were sent when it must be there.
    latest: Vec<usize>,
}

impl Recording {
    fn new(shape: Shape, framing: Framing) -> Self {
        let (parts, answers): (_, &[&[&str]]) = match shape {
            // Events and chunks end in different places.
            Shape::Events => (
                &["a", "b", "c"][..],
                &[&[
                    "data: {\"content\":\"a\"}^",
                    "\n\n$: ping\n\ndata: {\"content\":\"b\"}^\n\n$da",
                    "ta: {\"content\":\"c\",\"done\":true}^\r\n\r$\n",
                ]],
            ),
            Shape::Pages => (
                &["a", "b", "c"],
                &[
                    &["{\"results\":[\"a\",\"b\"],", "\"next\":\"?cursor=2\"}^^"],
                    &["{\"results\":[\"c\"]", ",\"next\":null}^"],
                ],
            ),
            // A file in one chunk: after each, it could be whole.
            Shape::Download => (&["a,b,c\n1,2,3\n"], &[&["a,b,c\n1,2,3\n^"]]),
            _ => (&["text"], &[&["{\"content\":\"te", "xt\",\"done\":false}^"]]),
        };
        let (head, earliest, latest) = (0, Vec::new(), Vec::new());
        let mut recording = Self { shape, framing, head, answers: Vec::new(), parts, earliest, latest };
        answers.iter().for_each(|pieces| recording.add(pieces));
        recording
    }

    /// Adds an answer. Its pieces are chunks where there are chunks. `^` stands behind the last byte that a
    /// part needs, and `$` where the part must be there; without it, that is the end of the answer.
    fn add(&mut self, pieces: &[&str]) {
        let length = |piece: &str| piece.replace(['^', '$'], "").len();
        let (before, chunks) = (self.length(), self.framing == Framing::Chunks);
        let media_type = match self.shape {
            Shape::Events => "text/event-stream",
            Shape::Download => "text/csv",
            _ => "application/json",
        };
        let framing = match self.framing {
            Framing::Chunks => "transfer-encoding: chunked".to_owned(),
            Framing::Length => {
                format!("content-length: {}", pieces.iter().copied().map(length).sum::<usize>())
            }
            Framing::Connection => "connection: close".to_owned(),
        };
        let mut wire =
            format!("HTTP/1.1 200 OK\r\ncontent-type: {media_type}\r\n{framing}\r\n\r\n").into_bytes();
        self.head = wire.len();
        for piece in pieces {
            if chunks {
                wire.extend(format!("{:x}\r\n", length(piece)).bytes());
            }
            for byte in piece.bytes() {
                match byte {
                    b'^' => self.earliest.push(before + wire.len()),
                    b'$' => self.latest.push(before + wire.len()),
                    _ => wire.push(byte),
                }
            }
            if chunks {
                wire.extend(b"\r\n");
            }
        }
        if chunks {
            wire.extend(b"0\r\n\r\n");
        }
        self.latest.resize(self.earliest.len(), before + wire.len());
        self.answers.push(wire);
    }

    fn length(&self) -> usize {
        self.answers.iter().map(Vec::len).sum()
    }

    /// Behind a declared length, whatever has that length is the body; and the end of a chunk needs a chunk.
    fn can_end(&self, end: End, cut: usize) -> bool {
        match end {
            End::Close | End::Reset | End::Stall => true,
            End::Garbage => self.framing == Framing::Chunks,
            End::Early => {
                let first = self.answers.first().map_or(0, Vec::len);
                let cut = cut.checked_sub(first).unwrap_or(cut);
                self.framing == Framing::Chunks && cut >= self.head
            }
        }
    }

    /// The answer to a request when all of them together are cut after so many bytes.
    fn answer(&self, request: &Request, cut: usize, end: End) -> Vec<Step> {
        let page = usize::from(request.target().contains("cursor"));
        let before: usize = self.answers[..page].iter().map(Vec::len).sum();
        let (answer, cut) = (&self.answers[page], cut.saturating_sub(before));
        match answer.get(..cut).filter(|start| start.len() < answer.len()) {
            Some(start) => [vec![Step::Send(start.to_vec())], end.steps()].concat(),
            None if self.framing == Framing::Connection => vec![Step::Send(answer.clone()), Step::Close],
            None => vec![Step::Send(answer.clone())],
        }
    }

    /// Makes the call, and returns the parts that came out of it before it ended.
    async fn play(
        &self,
        client: &Client<Sample>,
        case: usize,
        cut: usize,
        file: PathBuf,
    ) -> (Vec<String>, Result<()>) {
        let request = || client.request(Method::GET, "/{case}/{cut}").path("case", &case).path("cut", &cut);
        let mut parts = Vec::new();
        let result = async {
            match self.shape {
                Shape::Events => {
                    let mut events = request().receive_events::<Delta>().await?.into_body();
                    while let Some(event) = events.try_next().await? {
                        parts.push(event.content);
                    }
                }
                Shape::Pages => {
                    let mut items = pages(request);
                    while let Some(item) = items.try_next().await? {
                        parts.push(item);
                    }
                }
                Shape::Download => {
                    request().receive_download().await?.into_body().save_to(&file).await?;
                    parts.push(std::fs::read_to_string(&file).unwrap());
                }
                _ => parts.push(request().receive_json::<Delta>().await?.into_body().content),
            }
            Ok(())
        }
        .await;
        assert!(result.is_ok() || !file.exists());
        (parts, result)
    }

    /// No part is lost, none comes twice, none is there that was not sent, and there is no success without
    /// all of them.
    fn check(&self, cut: usize, end: End, parts: &[String], result: &Result<()>) {
        let context =
            format!("{:?} in {:?}, {end:?} at {cut}: {parts:?} {result:?}", self.shape, self.framing);
        assert!(parts.len() <= self.parts.len() && parts == &self.parts[..parts.len()], "{context}");
        let possible = self.earliest.iter().filter(|needed| **needed <= cut).count();
        // TCP may drop what was under way before a reset.
        let certain = match end {
            End::Reset => 0,
            _ => self.latest.iter().filter(|needed| **needed <= cut).count(),
        };
        assert!((certain..=possible).contains(&parts.len()), "{context}");
        assert_eq!(result.is_ok(), parts.len() == self.parts.len(), "{context}");
        assert!(result.is_ok() || end.kinds(self.framing).contains(&kind(result)), "{context}");
    }
}

/// A cut download leaves nothing behind, under whatever name.
fn only_whole_files(folder: &Path) -> bool {
    let mut files = folder.read_dir().unwrap().map(|file| std::fs::read(file.unwrap().path()).unwrap());
    files.all(|file| file == b"a,b,c\n1,2,3\n")
}

fn recordings(framings: &[Framing]) -> Vec<Arc<Recording>> {
    let shapes = [Shape::Json, Shape::Events, Shape::Pages, Shape::Download];
    let all = framings.iter().flat_map(|framing| shapes.map(|shape| (shape, *framing)));
    // That a file is not whole is something that nobody can know when the connection simply ends.
    let sensible = all.filter(|case| *case != (Shape::Download, Framing::Connection));
    sensible.map(|(shape, framing)| Arc::new(Recording::new(shape, framing))).collect()
}

/// The number of a case and the place of the cut, which are the path.
fn place(request: &Request) -> (usize, usize) {
    let path = request.target().split('?').next().unwrap();
    let (case, cut) = path[1..].split_once('/').unwrap();
    (case.parse().unwrap(), cut.parse().unwrap())
}

#[tokio::test]
async fn every_shape_cut_at_every_byte_in_every_way() {
    let folder = tempfile::tempdir().unwrap();
    let ends = [End::Close, End::Reset, End::Stall, End::Garbage, End::Early];
    let recordings = recordings(&[Framing::Chunks, Framing::Length, Framing::Connection]);
    let cases: Vec<_> =
        recordings.iter().flat_map(|recording| ends.map(|end| (recording.clone(), end))).collect();
    let scripts = cases.clone();
    let server = Server::start(move |_, request| {
        let (case, cut) = place(request);
        let (recording, end) = &scripts[case];
        recording.answer(request, cut, *end)
    })
    .await;
    let once = || builder(server.url()).retry(RetryPolicy::never());
    let (patient, hasty) = (once(), once().read_timeout(Duration::from_millis(500)));
    let (patient, hasty) = (patient.build().unwrap(), hasty.build().unwrap());
    let mut runs = 0;
    for (case, (recording, end)) in cases.into_iter().enumerate() {
        let mut cuts = JoinSet::new();
        for cut in (0..=recording.length()).filter(|cut| recording.can_end(end, *cut)) {
            let client = if end == End::Stall { &hasty } else { &patient };
            let (recording, client) = (recording.clone(), client.clone());
            let file = folder.path().join(format!("{case}-{cut}"));
            cuts.spawn(async move {
                let (parts, result) = recording.play(&client, case, cut, file).await;
                recording.check(cut, end, &parts, &result);
            });
            // One after the other: a server's queue of new connections is short.
            tokio::task::yield_now().await;
        }
        runs += cuts.join_all().await.len();
    }
    println!("{runs} runs");
    assert!(only_whole_files(folder.path()));
    assert!(runs > 4000);
}

/// The first answer is cut; the second one, if it is asked for, is whole.
#[tokio::test]
async fn a_repeated_call_gets_everything_once() {
    let folder = tempfile::tempdir().unwrap();
    let (cases, seen) = (recordings(&[Framing::Chunks, Framing::Length]), Mutex::new(HashSet::new()));
    let scripts = cases.clone();
    let server = Server::start(move |_, request| {
        let (case, cut) = place(request);
        let is_first = seen.lock().unwrap().insert(request.target().to_owned());
        scripts[case].answer(request, if is_first { cut } else { usize::MAX }, End::Close)
    })
    .await;
    let http = runtime::http_client_builder().build().unwrap();
    let (mut runs, mut repeated) = (0, 0);
    for (case, recording) in cases.iter().enumerate() {
        for cut in 0..=recording.length() {
            // A new one each time, because a client has a budget for repetitions.
            let client = builder(server.url()).http_client(http.clone()).build().unwrap();
            let before = server.requests().len();
            let file = folder.path().join(format!("{case}-{cut}"));
            let (parts, result) = recording.play(&client, case, cut, file).await;
            let requests = server.requests().len() - before;
            let arrives_later = matches!(recording.shape, Shape::Events | Shape::Download);
            let context = format!("{:?} in {:?} at {cut}: {result:?}", recording.shape, recording.framing);
            if arrives_later && cut >= recording.head {
                recording.check(cut, End::Close, &parts, &result);
                assert_eq!(requests, 1, "{context}: never repeated after the first byte");
            } else {
                assert!(result.is_ok() && parts == recording.parts, "{context}");
                assert!(requests <= 2 * recording.answers.len(), "{context}");
                repeated += requests - recording.answers.len();
            }
            runs += 1;
        }
    }
    println!("{runs} runs, {repeated} repetitions");
    assert!(only_whole_files(folder.path()));
    assert!(repeated > 700);
}

#[tokio::test]
async fn a_download_has_a_name_and_replaces_whole_files_only() {
    let folder = tempfile::tempdir().unwrap();
    let headers = "content-type: text/csv\r\ncontent-disposition: attachment; filename=\"../e x.csv\"\r\n";
    let whole = answer(200, headers, "a,b,c\n1,2,3\n");
    let server = Server::start(move |number, _| {
        let sent = whole.len() - 5 * number.min(1);
        vec![Step::Send(whole[..sent].to_vec()), Step::Close]
    })
    .await;
    let client = client(server.url());
    let get = async || client.request(Method::GET, "/").receive_download().await.unwrap().into_body();
    let download = get().await;
    assert_eq!(
        (download.file_name(), download.length(), download.media_type()),
        (Some("e x.csv"), Some(12), Some("text/csv"))
    );
    let path = download.save_in(folder.path()).await.unwrap();
    assert_eq!(path, folder.path().join("e x.csv"));
    get().await.save_to(&path).await.unwrap_err();
    assert_eq!(std::fs::read(&path).unwrap(), b"a,b,c\n1,2,3\n");
    assert_eq!(folder.path().read_dir().unwrap().count(), 1);

    // Who may read a file does not change with its bytes: here nobody but its owner, whatever the mask says.
    #[cfg(unix)]
    for (mode, is_linked) in [(0o600, false), (0o640, false), (0o666, false), (0o4755, false), (0o600, true)]
    {
        use std::fs::{Permissions, metadata, set_permissions};
        use std::os::unix::fs::PermissionsExt;

        let whole = answer(200, headers, "a,b,c\n");
        let server = Server::fixed(whole).await;
        let file = folder.path().join("file");
        std::fs::write(&file, "old").unwrap();
        set_permissions(&file, Permissions::from_mode(mode)).unwrap();
        let path = if is_linked { folder.path().join("link") } else { file.clone() };
        if is_linked {
            std::os::unix::fs::symlink(&file, &path).unwrap();
        }
        let client = builder(server.url()).build().unwrap();
        let download = client.request(Method::GET, "/").receive_download().await.unwrap().into_body();
        download.save_to(&path).await.unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"a,b,c\n");
        assert_eq!(metadata(&path).unwrap().permissions().mode() & 0o7777, mode & 0o777, "{mode:o}");
    }
}
