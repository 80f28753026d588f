//! Prints the answers that arrive at a webhook: `cargo run -p maiagent --example receive --features webhooks`.
//!
//! It listens on loopback, so the real service needs a tunnel to it. Without one, post to it what the service would:
//!
//! ```sh
//! curl -i 127.0.0.1:8080/a-path-that-nobody-guesses -H 'content-type: application/json' \
//!     -d '{"id": "1", "conversation": "2", "type": "outgoing", "content": "Good morning", "created_at": "1762480891733"}'
//! ```

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use maiagent::models::{Message, MessageCreatedResponse, MessageId};
use maiagent::webhooks::{self, Webhook, Webhooks};
use maiagent::{MainError, Response};

/// Ids of the last messages: the service posts again what it is not sure of.
#[derive(Default)]
struct Printer {
    seen: Mutex<VecDeque<MessageId>>,
}

/// How many ids are kept.
const KEPT: usize = 1000;

impl Webhooks for Printer {
    async fn message_created(&self, body: &Message) -> maiagent::Result<Response<MessageCreatedResponse>> {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if !seen.contains(&body.id) {
            println!("{}: {}", body.conversation, body.content.as_deref().unwrap_or_default());
            // Only now: had this failed, the next attempt must not be taken for a repetition.
            seen.push_back(body.id.clone());
            if seen.len() > KEPT {
                seen.pop_front();
            }
        }
        Ok(MessageCreatedResponse::default().into())
    }
}

#[tokio::main]
async fn main() -> Result<(), MainError> {
    let path = std::env::var("WEBHOOK_PATH").unwrap_or_else(|_| "a-path-that-nobody-guesses".to_owned());
    let router = webhooks::routes(Printer::default())
        .at(Webhook::MessageCreated, &path)
        .max_body_size(1 << 20)
        .into_router();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:8080").await?;
    println!("listening at http://{}/{path}", listener.local_addr()?);
    axum::serve(listener, router).await?;
    Ok(())
}
