//! The whole conversation, where service, storage and receivers let each other down: whatever happens, it ends with what was
//! asked for or with an error that says which step failed; nothing is stored twice, and the key stays with the service.

use axum::Router;
use axum::extract::Request;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response as Answer};
use maiagent::forms::CreateAttachmentForm;
use maiagent::models::*;
use maiagent::params::*;
use maiagent::uploads::{UploadError, UploadStep, Uploads};
use maiagent::{Api, Client, Error, FilePart, RetryPolicy};
use maiagent_mock::{Mock, Trouble};
use std::error::Error as _;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

const KEY: &str = "canary-key-troubles";

/// Each step of a conversation, by the path that it asks.
const STEPS: [&str; 6] = [
    "/conversations/",
    "/attachments/",
    "/upload-presigned-url/",
    "/messages/",
    "/inboxes/",
    "/completions/",
];

fn client(mock: &Mock) -> Client {
    let quick = RetryPolicy::default().max_retries(2).base(Duration::from_millis(1));
    Client::builder().api_key(KEY).base_url(mock.url()).retry(quick).build().unwrap()
}

fn file() -> FilePart {
    FilePart::new("abc").with_file_name("a.png").with_media_type("image/png")
}

/// A trouble for the next request.
type MakeTrouble = fn() -> Trouble;

/// Everything that a user does, until something fails. Returns how many messages were sent and read back.
async fn converse(mock: &Mock, client: &Client) -> Result<usize, Box<dyn std::error::Error>> {
    let inboxes = client.all_inboxes(&ListInboxes::default().page_size(1)).into_vec().await?;
    assert_eq!(inboxes.len(), 3);
    let conversation = client.create_conversation(&NewConversation::new(mock.web_chat_id())).await?;
    let id = conversation.into_body().id;
    let small = client.create_attachment(CreateAttachmentForm::new(file())).await?.into_body();
    let large = client.upload_conversation_attachment(&id, file()).await?;
    let files: Vec<AttachmentInput> = vec![small.into(), large.into()];
    for at in 0..3 {
        let new = NewMessage::new(&id).content(at.to_string()).attachments(files.clone());
        client.create_message(&new).await?;
    }
    let question = CompletionRequest::new(MessageInput::new("?").attachments(files));
    client.create_completion(&mock.chatbot_id(), &question).await?;
    let read = client.all_messages(&ListMessages::new(&id).page_size(2)).into_vec().await?;
    let by_number = client.all_messages(&ListMessages::new(&id).page_size(2).page(1)).into_vec().await?;
    assert_eq!(read, by_number);
    Ok(read.len())
}

#[tokio::test]
async fn a_conversation_ends_well_or_with_an_error_whatever_the_service_does() {
    let mock = Mock::builder().key(KEY).start().await.unwrap();
    let client = client(&mock);
    let impatient = client.with(maiagent::CallOptions::new().timeout(Duration::from_millis(700)));
    let troubles: [(&str, MakeTrouble); 8] = [
        ("status 503", || Trouble::status(503).retry_after(0)),
        ("status 429", || Trouble::status(429).retry_after(0)),
        ("status 500", || Trouble::status(500)),
        ("cut", || Trouble::cut(10)),
        ("stall", || Trouble::stall_after(5)),
        ("slow", || Trouble::slow(64, Duration::from_millis(1))),
        ("broken", Trouble::broken),
        ("unknown", Trouble::unknown),
    ];
    let (mut well, mut failed) = (0, 0);
    for (name, trouble) in troubles {
        for step in STEPS {
            mock.trouble(trouble().times(1).on(step));
            match converse(&mock, &impatient).await {
                Ok(messages) => {
                    assert_eq!(messages, 3, "{name} at {step}");
                    well += 1;
                }
                Err(error) => {
                    let mut all = format!("{error} {error:?}");
                    let mut source = error.source();
                    while let Some(deeper) = source {
                        all += &format!(" {deeper}");
                        source = deeper.source();
                    }
                    assert!(!all.contains(KEY), "{name} at {step}: {all}");
                    failed += 1;
                }
            }
            mock.clear_trouble();
            // Whatever it was, it has left nothing behind.
            assert_eq!(converse(&mock, &client).await.unwrap(), 3, "after {name} at {step}");
        }
    }
    println!("{} conversations under trouble: {well} ended well, {failed} with an error", well + failed);
    assert!(well >= 18 && failed >= 12, "{well} {failed}");
}

/// What a storage answers, and how the upload then ends.
type Storage = fn(&str) -> Answer;

#[tokio::test]
async fn a_storage_may_answer_as_it_likes() {
    let answers: [(&str, Storage, Option<UploadStep>, usize); 10] = [
        ("204", |_| StatusCode::NO_CONTENT.into_response(), None, 1),
        ("200 with a body", |_| "<PostResponse/>".into_response(), None, 1),
        ("201 with XML", |_| (StatusCode::CREATED, "<PostResponse/>").into_response(), None, 1),
        ("a redirect", redirect, Some(UploadStep::Send), 1),
        (
            "see other",
            |own| (StatusCode::SEE_OTHER, [(header::LOCATION, own.to_owned())]).into_response(),
            Some(UploadStep::Send),
            1,
        ),
        ("400", |_| (StatusCode::BAD_REQUEST, "<Error/>").into_response(), Some(UploadStep::Send), 1),
        ("403", |_| (StatusCode::FORBIDDEN, "<Error/>").into_response(), Some(UploadStep::Send), 1),
        ("412", |_| StatusCode::PRECONDITION_FAILED.into_response(), Some(UploadStep::Send), 1),
        ("500", |_| StatusCode::INTERNAL_SERVER_ERROR.into_response(), Some(UploadStep::Send), 1),
        (
            "503 with a wish",
            |_| (StatusCode::SERVICE_UNAVAILABLE, [(header::RETRY_AFTER, "0")]).into_response(),
            Some(UploadStep::Send),
            3,
        ),
    ];
    for (name, answer, step, attempts) in answers {
        let (posts, own) = (Arc::new(AtomicUsize::new(0)), Arc::new(Mutex::new(String::new())));
        let (counted, address) = (posts.clone(), own.clone());
        let router = Router::new().fallback(move |request: Request| {
            let (counted, own) = (counted.clone(), address.lock().unwrap().clone());
            async move {
                assert!(!format!("{request:?}").contains(KEY), "the storage saw the key");
                counted.fetch_add(1, Ordering::SeqCst);
                _ = axum::body::to_bytes(request.into_body(), 1 << 20).await.unwrap();
                answer(&own)
            }
        });
        *own.lock().unwrap() = serve(router).await;
        let url = own.lock().unwrap().clone();
        let client =
            client_of(Service { url: format!("{url}/bucket?a=b"), fields: vec![("key", "k")] }).await;
        let ended = client.upload_attachment(file()).await;
        assert_eq!(ended.as_ref().err().map(UploadError::step), step, "{name}: {ended:?}");
        assert!(ended.is_ok() || !format!("{ended:?}").contains(KEY));
        // Where nobody knows whether it was taken, it is sent once.
        assert_eq!(posts.load(Ordering::SeqCst), attempts, "{name}");
    }
}

fn redirect(own: &str) -> Answer {
    (StatusCode::TEMPORARY_REDIRECT, [(header::LOCATION, format!("{own}/elsewhere"))]).into_response()
}

#[tokio::test]
async fn places_in_the_storage_that_lead_nowhere() {
    let gone = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let closed = format!("http://{}/", gone.local_addr().unwrap());
    drop(gone);
    let key = vec![("key", "k")];
    for (url, fields, step) in [
        ("", key.clone(), UploadStep::Send),
        ("/bucket", key.clone(), UploadStep::Send),
        ("bucket", key.clone(), UploadStep::Send),
        ("ftp://127.0.0.1/", key.clone(), UploadStep::Send),
        ("file:///etc/passwd", key.clone(), UploadStep::Send),
        ("http://[::1", key.clone(), UploadStep::Send),
        (&*closed, key.clone(), UploadStep::Send),
        (&*closed, vec![], UploadStep::Announce),
        (&*closed, vec![("Key", "k")], UploadStep::Announce),
    ] {
        let client = client_of(Service { url: url.to_owned(), fields }).await;
        let error = client.upload_attachment(file()).await.unwrap_err();
        assert_eq!(error.step(), step, "{url}: {error:?}");
        assert!(error.source().is_some() && !format!("{error:?} {}", error.error()).contains(KEY));
    }
}

/// A service that hands out a place, and takes whatever is registered.
struct Service {
    url: String,
    fields: Vec<(&'static str, &'static str)>,
}

impl Api for Service {
    async fn create_presigned_upload(
        &self,
        _: &NewPresignedUpload,
    ) -> maiagent::Result<maiagent::Response<PresignedUpload>> {
        let fields = self.fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Ok(PresignedUpload::new(fields.collect::<std::collections::BTreeMap<_, _>>(), self.url.clone())
            .into())
    }

    async fn create_attachment_from_storage(
        &self,
        body: &StoredAttachment,
    ) -> maiagent::Result<maiagent::Response<Attachment>> {
        Ok(Attachment::new(&*body.file, &*body.filename, "1").into())
    }
}

async fn serve(router: Router) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    url
}

async fn client_of(service: Service) -> Client {
    let url = serve(maiagent::server::router(service)).await;
    Client::builder().api_key(KEY).base_url(format!("{url}/api")).build().unwrap()
}

/// How a receiver answers the first post; all others are answered by 200.
const RECEIVERS: [(&str, &str); 12] = [
    ("204", "HTTP/1.1 204 No Content\r\n\r\n"),
    ("201", "HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\n{}"),
    ("202", "HTTP/1.1 202 Accepted\r\nContent-Length: 2\r\n\r\n{}"),
    ("a redirect", "HTTP/1.1 307 Temporary Redirect\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n"),
    ("401", "HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n"),
    ("404", "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"),
    ("410", "HTTP/1.1 410 Gone\r\nContent-Length: 0\r\n\r\n"),
    ("500", "HTTP/1.1 500 Failed\r\nContent-Length: 0\r\n\r\n"),
    ("nothing", ""),
    ("half a head", "HTTP/1.1 200 OK\r\nContent-Le"),
    ("no HTTP", "220 mail.example ESMTP\r\n"),
    ("another protocol", "\u{0}\u{1}\u{2}"),
];

#[tokio::test]
async fn answers_are_posted_until_a_receiver_takes_them() {
    for (name, first) in RECEIVERS {
        let posts = Arc::new(AtomicUsize::new(0));
        let counted = posts.clone();
        let receiver = crate::raw::Raw::start(move |_| match counted.fetch_add(1, Ordering::SeqCst) {
            0 if first.is_empty() => b"\r\n".to_vec(),
            0 => first.as_bytes().to_vec(),
            _ => b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}".to_vec(),
        })
        .await;
        let mock = Mock::builder().key(KEY).webhook(format!("{}/hook", receiver.url()));
        let mock = mock.webhook_pause(Duration::from_millis(1)).start().await.unwrap();
        let client = client(&mock);
        let conversation =
            client.create_conversation(&NewConversation::new(mock.web_chat_id())).await.unwrap();
        client.create_message(&NewMessage::new(&conversation.id).content("?")).await.unwrap();
        let mut statuses = Vec::new();
        for _ in 0..1000 {
            let records = client.all_webhook_records(&mock.chatbot_id(), &ListWebhookRecords::default());
            statuses = records.into_vec().await.unwrap().iter().map(|record| record.status_code).collect();
            if statuses.first() == Some(&Some(200)) {
                break;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        assert_eq!((statuses.len(), statuses.first()), (2, Some(&Some(200))), "{name}: {statuses:?}");
        assert_eq!(posts.load(Ordering::SeqCst), 2, "{name}");
        let sent = receiver.take();
        assert!(sent.iter().all(|post| !post.contains(KEY) && post.starts_with("POST /hook HTTP/1.1")));
    }
}

/// Lists that change while they are walked: by cursor nothing is lost or comes twice, by number nothing goes on for ever.
#[tokio::test]
async fn lists_change_while_they_are_walked() {
    let mock = Mock::builder().key(KEY).start().await.unwrap();
    let client = client(&mock);
    let conversation = client.create_conversation(&NewConversation::new(mock.web_chat_id())).await.unwrap();
    let id = conversation.into_body().id;
    let send = async |at: usize| {
        client.create_message(&NewMessage::new(&id).content(at.to_string())).await.unwrap();
    };
    for at in 0..6 {
        send(at).await;
    }
    let mut walk = client.all_messages(&ListMessages::new(&id).page_size(1));
    let mut found = Vec::new();
    while let Some(message) = walk.try_next().await.unwrap() {
        found.push(message.content.unwrap());
        send(100 + found.len()).await;
    }
    assert_eq!(found, ["5", "4", "3", "2", "1", "0"]);
    // By number, what is added pushes the rest on: they come again, but there is an end as soon as nothing is added.
    let mut walk = client.all_messages(&ListMessages::new(&id).page_size(1).page(1));
    let mut count = 0;
    while let Some(message) = walk.try_next().await.unwrap() {
        assert!(message.content.is_some());
        count += 1;
        if count <= 5 {
            send(200 + count).await;
        }
    }
    assert_eq!(count, 12 + 5);
    // Files that are deleted while they are walked: the last page may be gone, which is an error and no circle.
    for _ in 0..4 {
        client.create_attachment(CreateAttachmentForm::new(file())).await.unwrap();
    }
    let mut walk = client.all_attachments(&ListAttachments::default().page_size(2));
    let mut deleted = 0;
    let error: Error = loop {
        match walk.try_next().await {
            Ok(Some(file)) => {
                client.delete_attachment(&file.id).await.unwrap();
                deleted += 1;
            }
            Ok(None) => panic!("the page that it was led to is gone"),
            Err(error) => break error,
        }
    };
    assert_eq!((deleted, error.status().unwrap().as_u16()), (2, 404));
    assert_eq!((walk.next_parameter(), walk.next_cursor()), (Some("page"), Some("2")));
}
