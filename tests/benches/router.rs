//! The generated router against the same two handlers written by hand in axum, on loopback, with 64 clients at once.
//!
//! `cargo bench --package tests` prints requests per second for both and their ratio. Rounds alternate, so that noise of the
//! machine hits both.
#![allow(clippy::unwrap_used, missing_docs)]

use axum::Json;
use axum::body::Body;
use axum::extract::{Path, Query};
use axum::response::{IntoResponse, Response as Reply};
use axum::routing::{get, post};
use futures_util::stream;
use maiagent::models::*;
use maiagent::params::*;
use maiagent::{Api, Download, Error, EventStream, Response, Result};
use serde::Deserialize;
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

const CLIENTS: usize = 64;
const ROUND: Duration = Duration::from_millis(1500);
const ROUNDS: usize = 4;
const EVENTS: usize = 10;

fn message(id: &str) -> Message {
    let mut message = Message::new("c1", id);
    message.content = Some("A message of ordinary length, such as people write to an assistant.".to_owned());
    message
}

fn event(number: usize) -> CompletionEvent {
    let mut event = CompletionEvent::default();
    event.content = Some(format!("word{number} "));
    event.done = Some(number + 1 == EVENTS);
    event
}

struct Generated;

fn unused<T>() -> Result<T> {
    Err(Error::with_status(404, &ErrorDetail::new("not measured")))
}

impl Api for Generated {
    async fn create_completion(&self, _: &ChatbotId, _: &CompletionRequest) -> Result<Response<Completion>> {
        unused()
    }
    async fn stream_completion(
        &self,
        _: &ChatbotId,
        _: &CompletionRequest,
    ) -> Result<Response<EventStream<CompletionEvent>>> {
        Ok(EventStream::new(stream::iter((0..EVENTS).map(|number| Ok(event(number))))).into())
    }
    async fn create_message(&self, _: &NewMessage) -> Result<Response<MessageReceipt>> {
        unused()
    }
    async fn list_messages(&self, _: &ListMessages) -> Result<Response<MessagePage>> {
        unused()
    }
    async fn create_outgoing_message(&self, _: &NewMessage) -> Result<Response<MessageReceipt>> {
        unused()
    }
    async fn get_message(&self, id: &MessageId, _: &GetMessage) -> Result<Response<Message>> {
        Ok(message(id.as_str()).into())
    }
    async fn create_conversation(&self, _: &NewConversation) -> Result<Response<Conversation>> {
        unused()
    }
    async fn list_conversations(&self, _: &ListConversations) -> Result<Response<ConversationPage>> {
        unused()
    }
    async fn get_conversation(&self, _: &ConversationId) -> Result<Response<Conversation>> {
        unused()
    }
    async fn list_records(&self, _: &ChatbotId, _: &ListRecords) -> Result<Response<RecordPage>> {
        unused()
    }
    async fn export_records(&self, _: &ChatbotId) -> Result<Response<Download>> {
        unused()
    }
}

#[derive(Deserialize)]
struct Conversations {
    #[allow(dead_code)]
    conversation: String,
}

async fn get_message(Path(id): Path<String>, Query(_): Query<Conversations>) -> Json<Message> {
    Json(message(&id))
}

async fn complete(Path(_): Path<String>, Json(_): Json<CompletionRequest>) -> Reply {
    let frames = (0..EVENTS).map(|number| {
        let data = serde_json::to_string(&event(number)).unwrap();
        Ok::<_, std::convert::Infallible>(format!("data: {data}\n\n"))
    });
    ([("content-type", "text/event-stream")], Body::from_stream(stream::iter(frames))).into_response()
}

fn by_hand() -> axum::Router {
    axum::Router::new()
        .route("/api/messages/{id}/", get(get_message))
        .route("/api/chatbots/{id}/completions/", post(complete))
}

async fn serve(router: axum::Router) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    address
}

/// Requests per second over one round.
async fn round(address: SocketAddr, request: &'static str, end: &'static [u8]) -> f64 {
    let deadline = Instant::now() + ROUND;
    let clients: Vec<_> =
        (0..CLIENTS).map(|_| tokio::spawn(client(address, request, end, deadline))).collect();
    let mut total = 0;
    for client in clients {
        total += client.await.unwrap();
    }
    total as f64 / ROUND.as_secs_f64()
}

/// One connection that asks again and again; an answer ends with `end`.
async fn client(address: SocketAddr, request: &'static str, end: &'static [u8], deadline: Instant) -> usize {
    let mut connection = TcpStream::connect(address).await.unwrap();
    connection.set_nodelay(true).unwrap();
    let (mut answered, mut buffer) = (0, Vec::new());
    while Instant::now() < deadline {
        connection.write_all(request.as_bytes()).await.unwrap();
        buffer.clear();
        while !buffer.ends_with(end) {
            assert_ne!(connection.read_buf(&mut buffer).await.unwrap(), 0, "the connection was closed");
        }
        assert!(buffer.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&buffer));
        answered += 1;
    }
    answered
}

const GET: &str = "GET /api/messages/m1/?conversation=c1 HTTP/1.1\r\nhost: h\r\n\r\n";
const STREAM: &str = "POST /api/chatbots/b1/completions/ HTTP/1.1\r\nhost: h\r\ncontent-type: application/json\r\n\
                      content-length: 50\r\n\r\n{\"message\":{\"content\":\"hello\"},\"isStreaming\":true}";

#[tokio::main]
async fn main() {
    let (generated, hand) = (serve(maiagent::server::router(Generated)).await, serve(by_hand()).await);
    for (name, request, end) in
        [("get_message", GET, &b"}"[..]), ("stream_completion", STREAM, &b"0\r\n\r\n"[..])]
    {
        let (mut ours, mut theirs) = (0.0, 0.0);
        for _ in 0..ROUNDS {
            ours += round(generated, request, end).await / ROUNDS as f64;
            theirs += round(hand, request, end).await / ROUNDS as f64;
        }
        println!(
            "{name}: {CLIENTS} clients, generated {ours:.0}/s, by hand {theirs:.0}/s, ratio {:.2}",
            ours / theirs
        );
    }
}
