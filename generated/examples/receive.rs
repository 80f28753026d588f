//! Prints the answers that arrive at a webhook: `cargo run -p maiagent --example receive --features webhooks`.
//!
//! It listens on loopback, so the real service needs a tunnel to it. The mock does not, and prints how its posts went:
//!
//! ```sh
//! cargo run -p maiagent-mock -- --webhook http://127.0.0.1:8080/a-path-that-nobody-guesses
//! MAIAGENT_API_KEY=mock-key MAIAGENT_BASE_URL=http://127.0.0.1:8000/api \
//!     cargo run -p maiagent --example send --features webhooks
//! ```
//!
//! Or post to it what the service would:
//!
//! ```sh
//! curl -i 127.0.0.1:8080/a-path-that-nobody-guesses -H 'content-type: application/json' \
//!     -d '{"id": "1", "conversation": "2", "type": "outgoing", "content": "Good morning", "created_at": "1762480891733"}'
//! ```

use maiagent::models::{Message, MessageCreatedResponse, MessageId};
use maiagent::runtime::server::{Novelty, Recent};
use maiagent::webhooks::{self, Webhook, Webhooks};
use maiagent::{MainError, Response};

/// Prints each message once: the service posts again what it is not sure of.
struct Printer {
    recent: Recent<MessageId>,
}

impl Webhooks for Printer {
    async fn message_created(&self, body: &Message) -> maiagent::Result<Response<MessageCreatedResponse>> {
        match self.recent.begin(body.id.clone()) {
            Novelty::New(claim) => {
                println!("{}: {}", body.conversation, body.content.as_deref().unwrap_or_default());
                // Only now: had this failed, the next attempt must not be taken for a repetition.
                claim.finish();
            }
            // Whoever is at it may still fail, so the service should try again.
            Novelty::Pending => return Err(maiagent::Error::other("this message is being handled")),
            Novelty::Done => {}
        }
        Ok(MessageCreatedResponse::default().into())
    }
}

#[tokio::main]
async fn main() -> Result<(), MainError> {
    let path = std::env::var("WEBHOOK_PATH").unwrap_or_else(|_| "a-path-that-nobody-guesses".to_owned());
    let router = webhooks::routes(Printer { recent: Recent::new(1000) })
        .at(Webhook::MessageCreated, &path)?
        .max_body_size(1 << 20)
        .into_router();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:8080").await?;
    println!("listening at http://{}/{}", listener.local_addr()?, path.strip_prefix('/').unwrap_or(&path));
    axum::serve(listener, router).await?;
    Ok(())
}
