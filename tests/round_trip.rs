//! A whole conversation with files, against the mock: start, upload, send, receive the webhook, read back.

use maiagent::forms::CreateAttachmentForm;
use maiagent::models::*;
use maiagent::params::*;
use maiagent::runtime::server::{Novelty, Recent};
use maiagent::uploads::{UploadError, UploadStep, Uploads};
use maiagent::webhooks::{self, Webhook, Webhooks};
use maiagent::{Api, Body, Bytes, Client, Error, FilePart, Response, Result, reqwest};
use maiagent_mock::{Mock, WebhookTrouble};
use std::collections::HashSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::sync::mpsc;

/// Fails twice, as a receiver may, and passes on what it took.
struct Receiver {
    attempts: AtomicUsize,
    taken: mpsc::UnboundedSender<Message>,
}

impl Webhooks for Receiver {
    async fn message_created(&self, body: &Message) -> Result<Response<MessageCreatedResponse>> {
        if self.attempts.fetch_add(1, Ordering::SeqCst) < 2 {
            return Err(Error::other("not now"));
        }
        self.taken.send(body.clone()).map_err(Error::other)?;
        Ok(MessageCreatedResponse::default().into())
    }
}

/// The address of a receiver, and what it takes.
async fn receiver() -> (String, mpsc::UnboundedReceiver<Message>) {
    let (taken, messages) = mpsc::unbounded_channel();
    let routes = webhooks::routes(Receiver { attempts: AtomicUsize::new(0), taken });
    let router = routes.at(Webhook::MessageCreated, "/hook").unwrap().into_router();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    (url, messages)
}

/// A form whose boundary is `B`.
fn form(parts: &[(&str, &str)]) -> String {
    let part = |(name, text): &(&str, &str)| {
        let file = if *name == "file" { "; filename=\"b.pdf\"\r\nContent-Type: application/pdf" } else { "" };
        format!("--B\r\nContent-Disposition: form-data; name=\"{name}\"{file}\r\n\r\n{text}\r\n")
    };
    parts.iter().map(part).collect::<String>() + "--B--\r\n"
}

#[tokio::test]
async fn a_conversation_with_files_and_a_webhook() {
    let (url, mut received) = receiver().await;
    let mock = Mock::builder().webhook(url).webhook_pause(Duration::from_millis(5)).start().await.unwrap();
    let client = Client::builder().api_key(mock.key()).base_url(mock.url_v1()).build().unwrap();
    let http = reqwest::Client::builder().no_proxy().build().unwrap();

    // The ids that belong together.
    let chatbots = client.all_chatbots(&ListChatbots::default().page_size(1)).into_vec().await.unwrap();
    assert_eq!(chatbots.len(), 2);
    let query = ListInboxes::default().chatbot(&chatbots[0].id).channel_type(ChannelType::Web);
    let inbox = client.list_inboxes(&query).await.unwrap().into_body().results.remove(0);
    let web_chat = inbox.channel.unwrap().id;
    assert_eq!((&inbox.id, &web_chat), (&mock.inbox_id(), &mock.web_chat_id()));
    let conversation = client.create_conversation(&NewConversation::new(web_chat)).await.unwrap().into_body();
    assert_eq!(conversation.inbox.id, inbox.id);

    // The short way.
    let image = FilePart::new("png").with_file_name("a \"b\".png").with_media_type("image/png");
    let image = client.create_attachment(CreateAttachmentForm::new(image)).await.unwrap().into_body();
    assert_eq!((image.r#type.get(), &*image.filename), (Some(&AttachmentType::Image), "a _b_.png"));
    assert_eq!(http.get(&image.file).send().await.unwrap().bytes().await.unwrap(), "png");

    // The long way.
    let new = NewPresignedUpload::new("file", 3, "b.pdf", "attachment");
    let upload = client.create_presigned_upload(&new).await.unwrap().into_body();
    assert!(upload.url.starts_with(&mock.storage_url()) && !mock.url().starts_with(&mock.storage_url()));
    let fields: Vec<(&str, &str)> =
        upload.fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let with = |more: (&'static str, &'static str)| [&fields[..], &[more]].concat();
    let but = |name: &str, more: &[(&'static str, &'static str)]| {
        let kept = fields.iter().copied().filter(|(kept, _)| *kept != name);
        kept.chain(more.iter().copied()).collect::<Vec<_>>()
    };
    let post = async |parts: &[(&str, &str)], key: Option<&str>| {
        let request = http.post(&upload.url).header("content-type", "multipart/form-data; boundary=B");
        let request = request.body(form(parts));
        let request = key.into_iter().fold(request, |request, key| request.header("authorization", key));
        let answer = request.send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    };
    const FILE: (&str, &str) = ("file", "pdf");
    for (what, parts, key, status, words) in [
        ("a key", with(FILE), Some("Api-Key k"), 400, "InvalidArgument"),
        ("the file first", [&[FILE][..], &fields].concat(), None, 400, "order of its parts"),
        ("no file", fields.clone(), None, 400, "no part `file`"),
        ("no policy", but("policy", &[FILE]), None, 403, "`policy`"),
        ("a wrong policy", but("policy", &[("policy", "x"), FILE]), None, 403, "`policy`"),
        ("a field twice", [&[("policy", "x")][..], &with(FILE)].concat(), None, 400, "a field twice"),
        ("too much", with(("file", "pdf!")), None, 400, "EntityTooLarge"),
    ] {
        let (answered, text) = post(&parts, key).await;
        assert_eq!(answered, status, "{what}: {text}");
        assert!(text.contains(words), "{what}: {text}");
    }
    let no_text = http.get(format!("{}/%ff", mock.storage_url())).send().await.unwrap();
    assert_eq!(no_text.status(), 404);
    assert!(no_text.text().await.unwrap().contains("NoSuchKey"));
    assert_eq!(post(&with(FILE), None).await, (204, String::new()));
    let new = NewAttachment::new(&*upload.fields["key"], "b.pdf");
    let pdf = client.create_conversation_attachment(&conversation.id, &new).await.unwrap().into_body();
    let answer = http.get(&pdf.file).send().await.unwrap();
    assert_eq!(answer.headers()["content-type"], "application/pdf");
    assert_eq!(answer.bytes().await.unwrap(), "pdf");

    // The question, its answer at the webhook, and both read back.
    let question = NewMessage::new(&conversation.id).content("What is this?");
    let question = question.attachments(vec![AttachmentInput::from(&image), AttachmentInput::from(&pdf)]);
    let sent = client.create_message(&question).await.unwrap().into_body();
    let answer = tokio::time::timeout(Duration::from_secs(5), received.recv()).await.unwrap().unwrap();
    assert!(answer.content.as_ref().unwrap().contains("2 files came with it"), "{answer:?}");
    let messages = client.all_messages(&ListMessages::new(&conversation.id)).into_vec().await.unwrap();
    assert_eq!((&messages[0], Some(&messages[1].id)), (&answer, sent.id.as_ref()));
    assert_eq!(messages[1].attachments.len(), 2);

    // The record of the last attempt is written after the receiver has answered.
    let query = ListWebhookRecords::default();
    let mut statuses = Vec::new();
    for _ in 0..200 {
        let records = client.list_webhook_records(&mock.chatbot_id(), &query).await.unwrap().into_body();
        statuses = records.results.iter().map(|record| record.status_code).collect();
        if statuses.len() == 3 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(statuses, [Some(200), Some(500), Some(500)]);
    assert!(received.try_recv().is_err(), "it was taken once");

    client.delete_attachment(&image.id).await.unwrap();
    assert_eq!(http.get(&image.file).send().await.unwrap().status().as_u16(), 404);
    assert_eq!(client.get_attachment(&image.id).await.unwrap_err().status().unwrap().as_u16(), 404);
}

#[tokio::test]
async fn files_have_limits_and_nobody_tries_for_ever() {
    let gone = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hook", gone.local_addr().unwrap());
    drop(gone);
    let builder = Mock::builder().max_file_size(3).webhook(url).webhook_pause(Duration::from_millis(1));
    let mock = builder.start().await.unwrap();
    let client = Client::builder().api_key(mock.key()).base_url(mock.url()).build().unwrap();
    let upload = async |part: FilePart| client.create_attachment(CreateAttachmentForm::new(part)).await;
    assert_eq!(upload(FilePart::new("")).await.unwrap().filename, "file");
    assert!(upload(FilePart::new("abc")).await.is_ok());
    assert_eq!(upload(FilePart::new("abcd")).await.unwrap_err().status().unwrap().as_u16(), 400);
    let conversation = client.create_conversation(&NewConversation::new(mock.web_chat_id())).await.unwrap();
    client.create_message(&NewMessage::new(&conversation.id).content("Anybody?")).await.unwrap();
    let count = async || {
        let query = ListWebhookRecords::default();
        let page = client.list_webhook_records(&mock.chatbot_id(), &query).await.unwrap().into_body();
        assert!(page.results.iter().all(|record| record.status_code.is_none()));
        page.results.len()
    };
    for _ in 0..200 {
        if count().await == 6 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    tokio::time::sleep(Duration::from_millis(150)).await;
    assert_eq!(count().await, 6, "six times in all");
    assert!(Mock::builder().webhook("https://example.org/").start().await.is_err());
}

#[tokio::test]
async fn a_file_is_of_the_same_kind_whichever_way_it_comes() {
    let mock = Mock::start().await.unwrap();
    let client = Client::builder().api_key(mock.key()).base_url(mock.url()).build().unwrap();
    let upload = async |part: FilePart| client.create_attachment(CreateAttachmentForm::new(part)).await;
    let of = |media_type: &str| FilePart::new("abc").with_media_type(media_type);
    // What the service does not support yet is taken, whichever way it comes, and is no image.
    for media_type in ["video/mp4", "Video/MP4", "sticker/x", "text/plain"] {
        let whole = upload(of(media_type)).await.unwrap();
        let stored = client.upload_attachment(of(media_type)).await.unwrap();
        for kind in [whole.r#type.get(), stored.r#type.get()] {
            assert_eq!(kind, Some(&AttachmentType::Other), "{media_type}");
        }
    }
    // So are the kinds that any document names, and no others, in all places.
    let conversation = client.create_conversation(&NewConversation::new(mock.web_chat_id())).await.unwrap();
    for (kind, is_taken) in [
        ("image", true),
        ("video", true),
        ("audio", true),
        ("sticker", true),
        ("other", true),
        ("file", true),
        ("text", true),
        ("document", true),
        ("folder", false),
    ] {
        let kind = AttachmentType::from(kind);
        let stored = StoredAttachment::new("key", "name").r#type(kind.clone());
        let stored = client.create_attachment_from_storage(&stored).await.map(|new| new.into_body().r#type);
        let of_conversation = NewAttachment::new("key", "name").r#type(kind.clone());
        let of_conversation = client.create_conversation_attachment(&conversation.id, &of_conversation).await;
        let of_conversation = of_conversation.map(|new| new.into_body().r#type);
        let item = AttachmentInput::new("key", "name", "id").r#type(kind.clone());
        let sent = NewMessage::new(&conversation.id).attachments(vec![item]);
        let sent = client.create_message(&sent).await.map(|new| new.attachments[0].r#type.clone());
        for answer in [stored, of_conversation, sent] {
            match answer {
                Ok(found) => assert!(is_taken && found.get() == Some(&kind), "{kind:?} {found:?}"),
                Err(error) => assert!(!is_taken && error.status().unwrap() == 400, "{kind:?} {error}"),
            }
        }
    }
}

/// A stream of zeros.
fn zeros(length: usize) -> Body {
    let piece = Bytes::from(vec![0; 64 << 10]);
    let pieces = (0..length.div_ceil(piece.len()))
        .map(move |at| Ok(piece.slice(..piece.len().min(length - at * piece.len()))));
    Body::from_stream(futures_util::stream::iter(pieces)).with_length(length as u64)
}

#[tokio::test]
async fn large_files_go_straight_to_the_storage() {
    let mock = Mock::builder().max_file_size(3 << 20).start().await.unwrap();
    let client = Client::builder()
        .api_key(mock.key())
        .base_url(mock.url())
        .default_header("x-of-ours", "secret")
        .build()
        .unwrap();
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let long = "紀錄 \"🚲\"\r\n".repeat(30);
    for (body, name, length) in [
        (Body::from(""), "empty.txt", 0),
        (Body::from("x"), &*long, 1),
        (zeros(3 << 20), "zeros.bin", 3 << 20),
    ] {
        let file = FilePart::new(body).with_file_name(name).with_media_type("image/png");
        let stored = client.upload_attachment(file).await.unwrap();
        assert_eq!((&*stored.filename, stored.r#type.get()), (name, Some(&AttachmentType::Image)));
        let bytes = http.get(&stored.file).send().await.unwrap().bytes().await.unwrap();
        assert_eq!(bytes.len(), length);
        assert_eq!(client.get_attachment(&stored.id).await.unwrap().into_body(), stored);
    }

    let conversation = client.create_conversation(&NewConversation::new(mock.web_chat_id())).await.unwrap();
    let file = || FilePart::new("x").with_file_name("a.txt");
    let stored = client.upload_conversation_attachment(&conversation.id, file()).await.unwrap();
    assert_eq!(stored.conversation.as_ref(), Some(&conversation.id));

    let step = |error: UploadError| (error.step(), std::error::Error::source(&error).unwrap().to_string());
    let endless = Body::from_stream(futures_util::stream::empty());
    let (at, why) = step(client.upload_attachment(FilePart::new(endless)).await.unwrap_err());
    assert_eq!(at, UploadStep::Announce);
    assert!(why.contains("with_length"), "{why}");
    let gone = FilePart::from_path("/there/is/no/such/file");
    assert_eq!(step(client.upload_attachment(gone).await.unwrap_err()).0, UploadStep::Announce);
    let (at, why) = step(client.upload_attachment(FilePart::new(zeros((3 << 20) + 1))).await.unwrap_err());
    assert_eq!(at, UploadStep::Send);
    assert!(why.contains("the storage") && !why.contains(&mock.storage_url()), "{why}");
    let nowhere = ConversationId::from("nowhere");
    let failed = client.upload_conversation_attachment(&nowhere, file()).await.unwrap_err();
    assert_eq!(failed.error().status().map(|status| status.as_u16()), Some(404));
    assert_eq!(step(failed).0, UploadStep::Register);
}

/// A storage that tells what it was sent.
#[tokio::test]
async fn nothing_that_is_meant_for_the_service_goes_to_the_storage() {
    let (tell, mut told) = mpsc::unbounded_channel();
    let take = axum::routing::post(move |headers: axum::http::HeaderMap, body: String| async move {
        tell.send((headers, body)).unwrap();
        axum::http::StatusCode::NO_CONTENT
    });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/bucket", listener.local_addr().unwrap());
    tokio::spawn(
        async move { axum::serve(listener, axum::Router::new().route("/bucket", take)).await.unwrap() },
    );

    struct Service(String);
    impl Api for Service {
        async fn create_presigned_upload(
            &self,
            body: &NewPresignedUpload,
        ) -> Result<Response<PresignedUpload>> {
            assert_eq!((&*body.model_name, &*body.field_name, body.file_size), ("attachment", "file", 3));
            let fields = [("policy", "p"), ("key", "k"), ("x-amz-signature", "s")];
            let fields = fields.map(|(name, value)| (name.to_owned(), value.to_owned()));
            Ok(PresignedUpload::new(fields.into(), self.0.clone()).into())
        }
        async fn create_attachment_from_storage(
            &self,
            body: &StoredAttachment,
        ) -> Result<Response<Attachment>> {
            assert_eq!((&*body.file, &*body.filename), ("k", "a.txt"));
            Ok(Attachment::new("https://files.example/a.txt", "a.txt", "1").into())
        }
    }
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}/api", listener.local_addr().unwrap());
    let router = maiagent::server::router(Service(url));
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });

    struct Signs;
    impl maiagent::Hook for Signs {
        fn before_attempt(&self, attempt: &mut maiagent::AttemptStart<'_>) -> Result<()> {
            attempt.set_header("authorization", "Signed secret")
        }
    }
    let client = Client::builder().api_key("secret").base_url(&base).default_header("x-of-ours", "secret");
    let client = client.hook(Signs).build().unwrap();
    let client = client.with(maiagent::CallOptions::new().idempotency_key("secret"));
    client.upload_attachment(FilePart::new("abc").with_file_name("a.txt")).await.unwrap();
    let (headers, body) = told.recv().await.unwrap();
    assert!(!format!("{headers:?}").contains("secret"), "{headers:?}");
    assert!(!headers.contains_key("authorization"));
    let places = ["name=\"key\"", "name=\"policy\"", "name=\"x-amz-signature\"", "name=\"file\""];
    let places = places.map(|part| body.find(part).unwrap_or_else(|| panic!("{part} in {body}")));
    assert!(places.iter().all(|place| *place <= places[3]), "the file is last: {body}");
    assert!(body.contains("filename=\"a.txt\""));
}

/// Handles each message once, and fails at some of the first attempts.
struct Once {
    recent: Recent<MessageId>,
    attempts: AtomicUsize,
    /// Those that came before.
    seen: Mutex<HashSet<MessageId>>,
    handled: mpsc::UnboundedSender<MessageId>,
}

impl Webhooks for Once {
    async fn message_created(&self, body: &Message) -> Result<Response<MessageCreatedResponse>> {
        match self.recent.begin(body.id.clone()) {
            Novelty::New(claim) => {
                tokio::task::yield_now().await;
                // Once for each message at most: otherwise one of them could fail until nobody tries any more.
                let is_first = self.seen.lock().unwrap().insert(body.id.clone());
                if is_first && self.attempts.fetch_add(1, Ordering::SeqCst).is_multiple_of(3) {
                    return Err(Error::other("not now"));
                }
                self.handled.send(body.id.clone()).map_err(Error::other)?;
                claim.finish();
            }
            Novelty::Pending => return Err(Error::other("somebody is at it")),
            Novelty::Done => {}
        }
        Ok(MessageCreatedResponse::default().into())
    }
}

#[tokio::test]
async fn under_every_trouble_each_answer_is_handled_once() {
    const SENT: usize = 20;
    let slow = WebhookTrouble::Slow(Duration::from_millis(20));
    for trouble in [None, Some(WebhookTrouble::Twice), Some(WebhookTrouble::Swapped), Some(slow)] {
        let (handled, mut messages) = mpsc::unbounded_channel();
        let once =
            Once { recent: Recent::new(100), attempts: AtomicUsize::new(0), seen: Mutex::default(), handled };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let builder = Mock::builder().webhook(format!("http://{}/hook", listener.local_addr().unwrap()));
        let router = webhooks::routes(once).at(Webhook::MessageCreated, "/hook").unwrap().into_router();
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        let builder = builder.webhook_pause(Duration::from_millis(2));
        let builder = trouble.into_iter().fold(builder, |builder, trouble| builder.webhook_trouble(trouble));
        let mock = builder.start().await.unwrap();
        let client = Client::builder().api_key(mock.key()).base_url(mock.url()).build().unwrap();
        let conversation =
            client.create_conversation(&NewConversation::new(mock.web_chat_id())).await.unwrap();
        for number in 0..SENT {
            let new = NewMessage::new(&conversation.id).content(format!("Question {number}"));
            client.create_message(&new).await.unwrap();
        }
        let query = ListMessages::new(&conversation.id);
        let all = client.all_messages(&query).into_vec().await.unwrap();
        let answers = all.into_iter().filter(|message| message.r#type == Some(MessageType::Outgoing));
        let mut sent: Vec<MessageId> = answers.map(|message| message.id).collect();
        let mut received = Vec::new();
        while received.len() < SENT {
            let next = tokio::time::timeout(Duration::from_secs(10), messages.recv()).await;
            received.push(next.unwrap_or_else(|_| panic!("{trouble:?}: {} came", received.len())).unwrap());
        }
        // Whatever else is posted is no news.
        let records = async || {
            let query = ListWebhookRecords::default();
            let page = client.list_webhook_records(&mock.chatbot_id(), &query).await.unwrap().into_body();
            page.count.unwrap()
        };
        let least = if trouble == Some(WebhookTrouble::Twice) { 2 * SENT } else { SENT } as i64;
        for _ in 0..500 {
            if records().await >= least {
                break;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        assert!(records().await >= least);
        assert!(messages.try_recv().is_err(), "{trouble:?}: handled twice");
        println!("{trouble:?}: {SENT} sent, {} posted, each handled once", records().await);
        let in_order = received.iter().rev().eq(sent.iter());
        assert!(trouble != Some(WebhookTrouble::Swapped) || !in_order);
        sent.sort();
        received.sort();
        assert_eq!(sent, received);
    }
}
