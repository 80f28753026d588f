//! Files that go straight to the storage, where service, storage or file let the client down: connections that break at
//! several points of each step, and files that change while they are on their way.

use maiagent::models::{Attachment, AttachmentInput, AttachmentType};
use maiagent::uploads::{UploadError, UploadStep, Uploads};
use maiagent::{Body, Bytes, Client, FilePart, RetryPolicy, blocking};
use std::error::Error as _;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

const KEY: &str = "canary-key-uploads";

/// More than the system's buffers take, so that a server can notice and break off while it is sent.
const LARGE: usize = 24 << 20;

/// Where a connection breaks.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Point {
    /// Before the first byte of the request is read, on every connection.
    Request,
    /// In the middle of the body.
    Body,
    /// After the body, before the answer.
    Answerless,
    /// In the middle of the head of the answer.
    Head,
    /// In the middle of the body of the answer.
    Answer,
}

/// What both servers have seen, in order: which step, and the head and as much of the body as was read.
type Log = Arc<Mutex<Vec<(UploadStep, String)>>>;

/// Service and storage, of which one breaks off at some point.
struct Servers {
    service: String,
    log: Log,
}

/// What happens when a step begins, once its head is there.
type Event = Arc<dyn Fn(UploadStep) + Send + Sync>;

impl Servers {
    async fn start(
        fault: Option<(UploadStep, Point)>,
        event: impl Fn(UploadStep) + Send + Sync + 'static,
    ) -> Self {
        let (log, event): (Log, Event) = (Log::default(), Arc::new(event));
        let storage = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let service = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let place = format!("http://{}/", storage.local_addr().unwrap());
        let url = format!("http://{}", service.local_addr().unwrap());
        for (listener, is_storage) in [(service, false), (storage, true)] {
            let (log, event, place) = (log.clone(), event.clone(), place.clone());
            tokio::spawn(async move {
                while let Ok((stream, _)) = listener.accept().await {
                    let (log, event, place) = (log.clone(), event.clone(), place.clone());
                    tokio::spawn(async move {
                        _ = serve(stream, is_storage, fault, &place, &log, &event).await;
                    });
                }
            });
        }
        Self { service: url, log }
    }

    fn client(&self) -> Client {
        let retries = RetryPolicy::default().max_retries(2).base(Duration::from_millis(1));
        let client = Client::builder().api_key(KEY).base_url(&self.service).retry(retries);
        client.default_header("x-tenant", "canary-tenant").build().unwrap()
    }

    /// How often each step was begun.
    fn seen(&self) -> [usize; 3] {
        let log = self.log.lock().unwrap();
        [UploadStep::Announce, UploadStep::Send, UploadStep::Register]
            .map(|step| log.iter().filter(|(seen, _)| *seen == step).count())
    }

    /// What the storage has seen.
    #[track_caller]
    fn storage_saw_no_secret(&self) {
        for (_, text) in self.log.lock().unwrap().iter().filter(|(step, _)| *step == UploadStep::Send) {
            let head = text.to_ascii_lowercase();
            assert!(!head.contains("canary-key") && !head.contains("canary-tenant"), "{text}");
            assert!(!head.contains("authorization"), "{text}");
        }
    }
}

async fn serve(
    mut stream: TcpStream,
    is_storage: bool,
    fault: Option<(UploadStep, Point)>,
    place: &str,
    log: &Log,
    event: &Event,
) -> std::io::Result<()> {
    let at = |step, point| fault == Some((step, point));
    if !is_storage && at(UploadStep::Announce, Point::Request)
        || is_storage && at(UploadStep::Send, Point::Request)
    {
        return Ok(());
    }
    let mut bytes = Vec::new();
    loop {
        let head = loop {
            if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
                break end + 4;
            }
            if stream.read_buf(&mut bytes).await? == 0 {
                return Ok(());
            }
        };
        let text = String::from_utf8_lossy(&bytes[..head]).into_owned();
        let step = match () {
            () if is_storage => UploadStep::Send,
            () if text.starts_with("POST /upload-presigned-url/ ") => UploadStep::Announce,
            () => UploadStep::Register,
        };
        event(step);
        let length = text
            .lines()
            .find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok());
        let length = head + length.unwrap_or(0_usize);
        let number = {
            let mut log = log.lock().unwrap();
            log.push((step, text));
            log.len() - 1
        };
        if at(step, Point::Body) {
            // A byte of the body and no more; what was not read makes the system reset the connection.
            while bytes.len() <= head {
                stream.read_buf(&mut bytes).await?;
            }
            return Ok(());
        }
        while bytes.len() < length {
            if stream.read_buf(&mut bytes).await? == 0 {
                return Ok(());
            }
        }
        let body: Vec<u8> = bytes.drain(..length).skip(head).take(64 << 10).collect();
        log.lock().unwrap()[number].1 += &String::from_utf8_lossy(&body);
        let answer = match step {
            UploadStep::Announce => {
                format!(r#"{{"url":"{place}","fields":{{"key":"k1","policy":"canary-policy"}}}}"#)
            }
            UploadStep::Send => String::new(),
            _ => r#"{"id":"a1","filename":"f","file":"https://files.example/f","type":"image"}"#.to_owned(),
        };
        let status = if step == UploadStep::Send { 204 } else { 201 };
        let length = if step == UploadStep::Send {
            String::new()
        } else {
            format!("Content-Length: {}\r\n", answer.len())
        };
        let head = format!("HTTP/1.1 {status} -\r\nContent-Type: application/json\r\n{length}\r\n");
        match fault {
            Some((broken, Point::Answerless)) if broken == step => return Ok(()),
            Some((broken, Point::Head)) if broken == step => {
                return stream.write_all(&head.as_bytes()[..20]).await;
            }
            Some((broken, Point::Answer)) if broken == step => {
                return stream.write_all(format!("{head}{}", &answer[..answer.len() / 2]).as_bytes()).await;
            }
            _ => stream.write_all(format!("{head}{answer}").as_bytes()).await?,
        }
        // Where the next step is to find nobody, nobody reads on.
        if step == UploadStep::Announce && at(UploadStep::Register, Point::Request) {
            return Ok(());
        }
    }
}

/// Everything that an error shows.
#[track_caller]
fn shown(error: &UploadError) -> String {
    let mut text = format!("{error} {error:?}");
    let mut source = error.source();
    while let Some(cause) = source {
        text += &format!(" {cause} {cause:?}");
        source = cause.source();
    }
    assert!(!text.contains("canary"), "{text}");
    text
}

fn photo(length: usize) -> FilePart {
    FilePart::new(vec![7; length]).with_file_name("a.png").with_media_type("IMAGE/png")
}

#[tokio::test]
async fn connections_break_at_every_point_of_every_step() {
    const STEPS: [UploadStep; 3] = [UploadStep::Announce, UploadStep::Send, UploadStep::Register];
    let mut tried = 0;
    for (number, step) in STEPS.into_iter().enumerate() {
        for point in [Point::Request, Point::Body, Point::Answerless, Point::Head, Point::Answer] {
            // An answer of 204 is whole with its head, and a closed service is only closed before the first request.
            let is_possible = (step, point) != (UploadStep::Send, Point::Answer)
                && (step, point) != (UploadStep::Register, Point::Request);
            if !is_possible {
                continue;
            }
            let servers = Servers::start(Some((step, point)), |_| {}).await;
            let file = photo(if step == UploadStep::Send { LARGE } else { 10 });
            let error = servers.client().upload_attachment(file).await.unwrap_err();
            assert_eq!(error.step(), step, "{point:?}: {}", shown(&error));
            shown(&error);
            servers.storage_saw_no_secret();
            // What was begun is not begun again, and nothing follows it.
            let begun = usize::from(point != Point::Request);
            let expected: [usize; 3] = std::array::from_fn(|at| match at.cmp(&number) {
                std::cmp::Ordering::Less => 1,
                std::cmp::Ordering::Equal => begun,
                std::cmp::Ordering::Greater => 0,
            });
            assert_eq!(servers.seen(), expected, "{step:?} {point:?}");
            tried += 1;
        }
    }
    println!("{tried} connections broke");
    assert_eq!(tried, 13);
}

/// A connection that has gone to sleep is no failure: the request goes out on another.
#[tokio::test]
async fn a_connection_that_closes_between_the_steps_is_replaced() {
    let servers = Servers::start(Some((UploadStep::Register, Point::Request)), |_| {}).await;
    let stored = servers.client().upload_attachment(photo(10)).await.unwrap();
    assert_eq!((stored.id.as_str(), servers.seen()), ("a1", [1, 1, 1]));
    servers.storage_saw_no_secret();
    let log = servers.log.lock().unwrap();
    assert!(log[1].1.contains("canary-policy"), "the form is sent: {}", log[1].1);
    assert!(log[2].1.contains(r#""type":"image""#), "{}", log[2].1);
}

/// A file on disk, of which `change` is done when a step begins.
async fn changed(at: UploadStep, to: u64) -> (Servers, Result<Attachment, UploadError>) {
    let file = tempfile::NamedTempFile::new().unwrap();
    file.as_file().set_len(LARGE as u64).unwrap();
    let path = file.path().to_owned();
    let servers = Servers::start(None, move |step| {
        if step == at {
            let file = std::fs::OpenOptions::new().write(true).open(&path).unwrap();
            file.set_len(to).unwrap();
        }
    })
    .await;
    let answer = servers.client().upload_attachment(FilePart::from_path(file.path())).await;
    (servers, answer)
}

#[tokio::test]
async fn files_on_disk_that_change_their_size() {
    for to in [0, LARGE as u64 - 1, LARGE as u64 + 1] {
        let (servers, answer) = changed(UploadStep::Announce, to).await;
        let error = answer.unwrap_err();
        assert_eq!(error.step(), UploadStep::Send, "{to}");
        assert!(shown(&error).contains("size"), "{to}: {}", shown(&error));
        assert_eq!(servers.seen(), [1, 0, 0], "nothing that was not announced is sent");
    }
    let (servers, answer) = changed(UploadStep::Send, 5).await;
    let error = answer.unwrap_err();
    assert_eq!(error.step(), UploadStep::Send);
    assert!(shown(&error).contains("ended early"), "{}", shown(&error));
    assert_eq!(servers.seen(), [1, 1, 0]);

    let (servers, answer) = changed(UploadStep::Send, 2 * LARGE as u64).await;
    answer.unwrap();
    assert_eq!(servers.seen(), [1, 1, 1]);
    let log = servers.log.lock().unwrap();
    let length =
        log[1].1.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse::<usize>().ok());
    assert!((LARGE..LARGE + 1000).contains(&length.unwrap()), "what was announced is sent: {length:?}");
}

#[tokio::test]
async fn streams_that_have_another_size_than_they_said() {
    let stream = |said: u64| {
        let pieces = (0..8).map(|_| Ok(Bytes::from(vec![7; 1 << 16])));
        FilePart::new(Body::from_stream(futures_util::stream::iter(pieces)).with_length(said))
    };
    for (said, words) in [((8 << 16) + 1, "ended early"), ((8 << 16) - 1, "more than"), (0, "more than")] {
        let servers = Servers::start(None, |_| {}).await;
        let error = servers.client().upload_attachment(stream(said)).await.unwrap_err();
        assert_eq!(error.step(), UploadStep::Send, "{said}");
        assert!(shown(&error).contains(words), "{said}: {}", shown(&error));
        let seen = servers.seen();
        assert!(seen[0] == 1 && seen[1] <= 1 && seen[2] == 0, "{said}: {seen:?}");
    }
    let servers = Servers::start(None, |_| {}).await;
    servers.client().upload_attachment(stream(8 << 16)).await.unwrap();
    let error = servers.client().upload_attachment(FilePart::from_path("/no/such/file")).await.unwrap_err();
    assert_eq!((error.step(), servers.seen()), (UploadStep::Announce, [1, 1, 1]));
    // The service was not asked, so it is not to blame.
    assert!(
        !error.to_string().contains("service") && shown(&error).contains("/no/such/file"),
        "{}",
        shown(&error)
    );
    let unknown = FilePart::new(Body::from_stream(futures_util::stream::iter([Ok(Bytes::new())])));
    let error = servers.client().upload_attachment(unknown).await.unwrap_err();
    assert_eq!((error.step(), servers.seen()), (UploadStep::Announce, [1, 1, 1]));
}

#[test]
fn a_client_that_waits_uploads_alike() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let servers = runtime.block_on(Servers::start(None, |_| {}));
    let client = blocking::Client::from(servers.client());
    assert_eq!(client.upload_attachment(photo(10)).unwrap().id.as_str(), "a1");
    let stored = client.upload_conversation_attachment(&"c1".into(), photo(10)).unwrap();
    assert_eq!((stored.id.as_str(), servers.seen()), ("a1", [2, 2, 2]));
    let path = servers.log.lock().unwrap()[5].1.clone();
    assert!(path.starts_with("POST /conversations/c1/attachments/ "), "{path}");

    let broken = runtime.block_on(Servers::start(Some((UploadStep::Send, Point::Answerless)), |_| {}));
    let error = blocking::Client::from(broken.client()).upload_attachment(photo(10)).unwrap_err();
    assert_eq!(error.step(), UploadStep::Send);
    let inside = runtime.block_on(async { client.upload_attachment(photo(10)).unwrap_err() });
    assert_eq!(inside.step(), UploadStep::Announce);
    assert_eq!(servers.seen(), [2, 2, 2]);
}

#[test]
fn what_becomes_of_a_file() {
    for (media_type, kind) in [
        ("image/png", AttachmentType::Image),
        ("Image/SVG+xml; charset=utf-8", AttachmentType::Image),
        ("audio/mpeg", AttachmentType::Audio),
        ("video/mp4", AttachmentType::Other),
        ("application/pdf", AttachmentType::Other),
        ("imagery/png", AttachmentType::Other),
        ("", AttachmentType::Other),
    ] {
        assert_eq!(AttachmentType::of_media_type(media_type), kind, "{media_type}");
    }
    let mut file = Attachment::new("https://files.example/f", "f.png", "a1");
    let item = AttachmentInput::from(&file);
    assert_eq!(item.r#type, Some(AttachmentType::Other));
    file.r#type = AttachmentType::from("text").into();
    let item = serde_json::to_value(AttachmentInput::from(file)).unwrap();
    let expected = serde_json::json!({
        "id": "a1", "type": "text", "filename": "f.png", "file": "https://files.example/f",
    });
    assert_eq!(item, expected);
}
