//! The generated router over a fake, by raw HTTP: routes, refusals and their shapes.

use axum::body::Body;
use axum::http::{Request, Response};
use maiagent::forms::CreateAttachmentForm;
use maiagent::models::*;
use maiagent::params::*;
use maiagent::{Api, Download, Error, EventStream, Response as Answer, Result};
use serde_json::{Value, json};
use tower::ServiceExt;

/// Knows one conversation and one message.
struct Fake;

fn message() -> Message {
    Message::new("c1", "m1")
}

fn conversation() -> Conversation {
    let value = json!({
        "id": "c1", "title": "t", "contact": { "id": "p1", "name": "n" }, "inbox": { "id": "i1", "name": "n" },
        "unreadMessagesCount": 0, "autoReplyEnabled": true
    });
    serde_json::from_value(value).unwrap()
}

impl Api for Fake {
    async fn create_completion(&self, _: &ChatbotId, body: &CompletionRequest) -> Result<Answer<Completion>> {
        Ok(Completion::new(body.message.content.clone(), "c1").into())
    }
    async fn stream_completion(
        &self,
        _: &ChatbotId,
        body: &CompletionRequest,
    ) -> Result<Answer<EventStream<CompletionEvent>>> {
        let mut first = CompletionEvent::default();
        first.content = Some(body.message.content.clone());
        let mut last = CompletionEvent::default();
        last.done = Some(true);
        Ok([first, last].into_iter().collect::<EventStream<_>>().into())
    }
    async fn create_message(&self, body: &NewMessage) -> Result<Answer<MessageReceipt>> {
        let mut receipt = MessageReceipt::default();
        receipt.content = body.content.clone();
        Ok(receipt.into())
    }
    async fn list_messages(&self, _: &ListMessages) -> Result<Answer<MessagePage>> {
        Ok(MessagePage::new(vec![message()]).into())
    }
    async fn create_outgoing_message(&self, body: &NewMessage) -> Result<Answer<MessageReceipt>> {
        self.create_message(body).await
    }
    async fn get_message(&self, id: &MessageId, _: &GetMessage) -> Result<Answer<Message>> {
        match id.as_str() {
            "m1" => Ok(message().into()),
            "broken" => Err(Error::other("a secret of the implementation")),
            _ => Err(Error::with_status(404, &ErrorDetail::new("No such message."))),
        }
    }
    async fn create_conversation(&self, _: &NewConversation) -> Result<Answer<Conversation>> {
        Ok(conversation().into())
    }
    async fn list_conversations(&self, query: &ListConversations) -> Result<Answer<ConversationPage>> {
        let mut page = ConversationPage::new(vec![conversation()]);
        page.next = query.keyword.clone();
        Ok(page.into())
    }
    async fn get_conversation(&self, _: &ConversationId) -> Result<Answer<Conversation>> {
        Ok(conversation().into())
    }
    async fn list_records(&self, _: &ChatbotId, query: &ListRecords) -> Result<Answer<RecordPage>> {
        let mut page = RecordPage::new(Vec::new());
        page.count = query.page.map(i64::from);
        Ok(page.into())
    }
    async fn list_webhook_records(
        &self,
        _: &ChatbotId,
        _: &ListWebhookRecords,
    ) -> Result<Answer<WebhookRecordPage>> {
        Ok(WebhookRecordPage::new(Vec::new()).into())
    }
    async fn list_chatbots(&self, _: &ListChatbots) -> Result<Answer<ChatbotPage>> {
        Ok(ChatbotPage::new(Vec::new()).into())
    }
    async fn list_inboxes(&self, _: &ListInboxes) -> Result<Answer<InboxPage>> {
        Ok(InboxPage::new(Vec::new()).into())
    }
    async fn create_attachment(&self, body: CreateAttachmentForm) -> Result<Answer<Attachment>> {
        Ok(Attachment::new("a", body.file.file_name().unwrap_or_default(), "f1").into())
    }
    async fn list_attachments(&self, _: &ListAttachments) -> Result<Answer<AttachmentPage>> {
        Ok(AttachmentPage::new(Vec::new()).into())
    }
    async fn get_attachment(&self, id: &AttachmentId) -> Result<Answer<Attachment>> {
        Ok(Attachment::new("a", "n", id).into())
    }
    async fn delete_attachment(&self, _: &AttachmentId) -> Result<Answer<()>> {
        Ok(().into())
    }
    async fn create_conversation_attachment(
        &self,
        _: &ConversationId,
        body: &NewAttachment,
    ) -> Result<Answer<Attachment>> {
        Ok(Attachment::new(&*body.file, &*body.filename, "f1").into())
    }
    async fn create_presigned_upload(&self, _: &NewPresignedUpload) -> Result<Answer<PresignedUpload>> {
        Ok(PresignedUpload::new(Default::default(), "http://s/").into())
    }
    async fn export_records(&self, _: &ChatbotId) -> Result<Answer<Download>> {
        Ok(Download::from_bytes("PK").with_file_name("紀錄.xlsx").into())
    }
}

async fn send(request: Request<Body>) -> Response<Body> {
    maiagent::server::router(Fake).oneshot(request).await.unwrap()
}

fn request(method: &str, path: &str, body: Option<&str>) -> Request<Body> {
    let builder = Request::builder().method(method).uri(path);
    match body {
        Some(body) => {
            builder.header("content-type", "application/json").body(Body::from(body.to_owned())).unwrap()
        }
        None => builder.body(Body::empty()).unwrap(),
    }
}

async fn text(response: Response<Body>) -> String {
    let bytes = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
    String::from_utf8(bytes.to_vec()).unwrap()
}

async fn json_of(response: Response<Body>) -> Value {
    serde_json::from_str(&text(response).await).unwrap()
}

const QUESTION: &str = r#"{"message":{"content":"hello"}}"#;
const UPLOAD: &str = r#"{"filename":"n","modelName":"attachment","fieldName":"file","fileSize":1}"#;
const MESSAGE: &str = r#"{"conversation":"c1","content":"hello"}"#;

#[tokio::test]
async fn all_routes_lead_to_their_operation() {
    let routes = [
        ("POST", "/chatbots/b1/completions/", Some(QUESTION), 200),
        ("POST", "/messages/", Some(MESSAGE), 201),
        ("GET", "/messages/?conversation=c1", None, 200),
        ("GET", "/messages/m1/?conversation=c1", None, 200),
        ("POST", "/conversations/", Some(r#"{"webChat":"w1"}"#), 201),
        ("GET", "/conversations/?inbox=i1", None, 200),
        ("GET", "/conversations/c1/", None, 200),
        ("GET", "/chatbots/b1/records/", None, 200),
        ("GET", "/chatbots/b1/records/export-excel/", None, 200),
        ("GET", "/chatbots/b1/webhook-records/", None, 200),
        ("GET", "/chatbots/", None, 200),
        ("GET", "/inboxes/?channelType=web", None, 200),
        ("GET", "/attachments/", None, 200),
        ("GET", "/attachments/f1/", None, 200),
        ("DELETE", "/attachments/f1/", None, 204),
        ("POST", "/conversations/c1/attachments/", Some(r#"{"filename":"n","file":"k"}"#), 201),
        ("POST", "/upload-presigned-url/", Some(UPLOAD), 200),
    ];
    let mut served = 0;
    for prefix in ["/api", "/api/v1"] {
        for (method, path, body, status) in routes {
            let response = send(request(method, &format!("{prefix}{path}"), body)).await;
            assert_eq!(response.status(), status, "{method} {prefix}{path}");
            served += 1;
        }
        let form =
            "--B\r\nContent-Disposition: form-data; name=\"file\"; filename=\"n\"\r\n\r\nx\r\n--B--\r\n";
        let upload = Request::post(format!("{prefix}/attachments/"))
            .header("content-type", "multipart/form-data; boundary=B")
            .body(Body::from(form))
            .unwrap();
        let response = send(upload).await;
        assert_eq!(response.status(), 201);
        assert_eq!(json_of(response).await["filename"], json!("n"));
        served += 1;
    }
    // Only the older page documents this one, and only under version 1.
    let response = send(request("POST", "/api/v1/messages/outgoing/", Some(MESSAGE))).await;
    assert_eq!(response.status(), 201);
    assert_eq!(served + 1, 37);
}

#[tokio::test]
async fn what_is_not_a_route_is_refused() {
    for (method, path, status, allow) in [
        ("GET", "/", 404, ""),
        ("GET", "/api/nothing/", 404, ""),
        ("GET", "/api/v2/messages/?conversation=c1", 404, ""),
        ("GET", "/api/messages?conversation=c1", 404, ""),
        ("GET", "/api/messages//", 404, ""),
        ("PUT", "/api/messages/", 405, "GET, HEAD, POST"),
        ("DELETE", "/api/v1/conversations/c1/", 405, "GET, HEAD"),
        // Under `/api` this is the message called "outgoing".
        ("POST", "/api/messages/outgoing/", 405, "GET, HEAD"),
        ("GET", "/api/v1/messages/outgoing/", 405, "POST"),
    ] {
        let response = send(request(method, path, None)).await;
        assert_eq!(response.status(), status, "{method} {path}");
        let allowed = response.headers().get("allow").map_or("", |value| value.to_str().unwrap()).to_owned();
        assert_eq!(allowed, allow, "{method} {path}");
        assert!(json_of(response).await["detail"].is_string(), "{method} {path}");
    }
}

#[tokio::test]
async fn wrong_values_are_named() {
    let required = json!(["This value is required."]);
    for (method, path, body, expected) in [
        ("GET", "/api/messages/", None, json!({ "conversation": required })),
        (
            "GET",
            "/api/conversations/?pageSize=x",
            None,
            json!({
                "inbox": required, "pageSize": ["This value must be an integer in range."]
            }),
        ),
        (
            "GET",
            "/api/conversations/?inbox=a&inbox=b",
            None,
            json!({ "inbox": ["This value must be given once."] }),
        ),
        ("POST", "/api/messages/", Some("{}"), json!({ "conversation": required })),
        (
            "POST",
            "/api/chatbots/b/completions/",
            Some(r#"{"message":{}}"#),
            json!({ "message": { "content": required } }),
        ),
        (
            "POST",
            "/api/chatbots/b/completions/",
            Some(r#"{"message":{"content":5}}"#),
            json!({
                "message": { "content": ["This value must be a string."] }
            }),
        ),
        (
            "POST",
            "/api/messages/",
            Some(r#"{"conversation":"c","attachments":[{"id":"a","filename":"f","file":"f"},{"id":"a"}]}"#),
            json!({ "attachments": [{}, { "filename": required }] }),
        ),
        (
            "POST",
            "/api/chatbots/b/completions/",
            Some(r#"{"message":{"content":"a"},"isStreaming":"x"}"#),
            json!({
                "isStreaming": ["This value must be true or false."]
            }),
        ),
    ] {
        let response = send(request(method, path, body)).await;
        assert_eq!(response.status(), 400, "{method} {path}");
        assert_eq!(json_of(response).await, expected, "{method} {path}");
    }
    for body in ["", "{", "{\"conversation\":", "nonsense"] {
        let response = send(request("POST", "/api/messages/", Some(body))).await;
        assert_eq!(response.status(), 400, "{body}");
        assert!(json_of(response).await["detail"].as_str().unwrap().contains("not JSON"), "{body}");
    }
}

#[tokio::test]
async fn a_body_of_the_wrong_kind_or_size_is_refused() {
    let wrong = Request::post("/api/messages/")
        .header("content-type", "text/plain")
        .body(Body::from(MESSAGE))
        .unwrap();
    assert_eq!(send(wrong).await.status(), 415);
    let silent = Request::post("/api/messages/").body(Body::from(MESSAGE)).unwrap();
    assert_eq!(send(silent).await.status(), 201);
    let router = maiagent::server::routes(Fake).max_body_size(10).into_router();
    let response = router.oneshot(request("POST", "/api/messages/", Some(MESSAGE))).await.unwrap();
    assert_eq!(response.status(), 413);
    assert!(json_of(response).await["detail"].is_string());
}

#[tokio::test]
async fn the_flag_is_understood_in_both_spellings() {
    for (flag, streams) in [
        ("", false),
        (r#","isStreaming":false"#, false),
        (r#","isStreaming":true"#, true),
        (r#","is_streaming":true"#, true),
        (r#","is_streaming":false"#, false),
    ] {
        for conversation in
            ["", r#","conversation":null"#, r#","conversation":"""#, r#","conversation":"c1""#]
        {
            let body = format!(r#"{{"message":{{"content":"hello"}}{flag}{conversation}}}"#);
            let response = send(request("POST", "/api/chatbots/b1/completions/", Some(&body))).await;
            assert_eq!(response.status(), 200, "{body}");
            let kind = response.headers()["content-type"].to_str().unwrap().to_owned();
            let text = text(response).await;
            if streams {
                assert_eq!(kind, "text/event-stream", "{body}");
                let events: Vec<&str> = text.split_terminator("\n\n").collect();
                assert_eq!(events.len(), 2, "{text}");
                assert!(
                    events[0].starts_with("data: {") && events[0].contains("\"content\":\"hello\""),
                    "{text}"
                );
                assert!(events[1].contains("\"done\":true"), "{text}");
            } else {
                assert_eq!(kind, "application/json", "{body}");
                assert!(text.contains("\"conversationId\":\"c1\""), "{text}");
            }
        }
    }
}

#[tokio::test]
async fn failures_go_out_in_shape_and_without_secrets() {
    let missing = send(request("GET", "/api/messages/m2/?conversation=c1", None)).await;
    assert_eq!(missing.status(), 404);
    assert_eq!(json_of(missing).await, json!({ "detail": "No such message." }));
    let broken = send(request("GET", "/api/messages/broken/?conversation=c1", None)).await;
    assert_eq!(broken.status(), 500);
    assert_eq!(json_of(broken).await, json!({ "detail": "Internal server error." }));
}

#[tokio::test]
async fn a_file_has_its_name_length_and_kind() {
    let response = send(request("GET", "/api/chatbots/b1/records/export-excel/", None)).await;
    let header = |name: &str| response.headers()[name].to_str().unwrap().to_owned();
    assert_eq!(header("content-length"), "2");
    assert_eq!(
        header("content-disposition"),
        "attachment; filename=\"__.xlsx\"; filename*=UTF-8''%E7%B4%80%E9%8C%84%2Exlsx"
    );
    let head = send(request("HEAD", "/api/chatbots/b1/records/export-excel/", None)).await;
    assert_eq!((head.status().as_u16(), text(head).await.as_str()), (200, ""));
}

#[tokio::test]
async fn values_arrive_decoded() {
    let response =
        send(request("GET", "/api/conversations/?inbox=i1&keyword=%E6%8D%B7%E9%81%8B+a%2Bb", None)).await;
    assert_eq!(json_of(response).await["next"], json!("捷運 a+b"));
    let response = send(request("GET", "/api/chatbots/b%2F1/records/?page=3", None)).await;
    assert_eq!(json_of(response).await["count"], json!(3));
}
