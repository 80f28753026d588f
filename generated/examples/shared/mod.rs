//! Where the examples go: the real service if `MAIAGENT_API_KEY` is set, otherwise a mock inside the program.

use std::env;
use std::time::Duration;

use maiagent::models::{ChatbotId, InboxId};
use maiagent::params::ListChatbots;
use maiagent::runtime::ClientBuilder;
use maiagent::{Api, Client, Maiagent, MainError};
use maiagent_mock::{Mock, MockBuilder, Trouble};

/// A client, and the ids to use with it. Each example needs only some of them.
#[allow(dead_code)]
pub struct Service {
    pub client: Client,
    pub chatbot: ChatbotId,
    /// Only in the mock, or with `MAIAGENT_INBOX_ID`.
    pub inbox: Option<InboxId>,
    /// It stops when it is dropped, so it has to be kept.
    #[allow(dead_code)]
    pub mock: Option<Mock>,
}

#[allow(dead_code)]
pub async fn connect() -> Result<Service, MainError> {
    connect_with(Client::builder()).await
}

/// With settings for the client.
pub async fn connect_with(builder: ClientBuilder<Maiagent>) -> Result<Service, MainError> {
    if env::var_os("MAIAGENT_API_KEY").is_some() {
        real(builder).await
    } else {
        mock(builder, Mock::builder()).await
    }
}

async fn real(builder: ClientBuilder<Maiagent>) -> Result<Service, MainError> {
    let client = builder.with_env()?.build()?;
    let chatbot = match env::var("MAIAGENT_CHATBOT_ID") {
        Ok(id) => id.into(),
        Err(_) => {
            let first = client.all_chatbots(&ListChatbots::default()).try_next().await?;
            let first = first.ok_or("this key has no assistant")?;
            eprintln!("MAIAGENT_CHATBOT_ID is not set: talking to {}, {}", first.name, first.id);
            first.id
        }
    };
    let inbox = env::var("MAIAGENT_INBOX_ID").ok().map(InboxId::from);
    Ok(Service { client, chatbot, inbox, mock: None })
}

/// Where the mock, if it is one, posts the answers to messages.
#[allow(dead_code)]
pub async fn connect_with_webhook(url: String) -> Result<Service, MainError> {
    if env::var_os("MAIAGENT_API_KEY").is_some() {
        return real(Client::builder()).await;
    }
    mock(Client::builder(), Mock::builder().webhook(url)).await
}

async fn mock(builder: ClientBuilder<Maiagent>, mock: MockBuilder) -> Result<Service, MainError> {
    let mock = mock
        .pace(Duration::from_millis(40))
        .seed()
        // So that there is a progress to see.
        .trouble(Trouble::slow(512, Duration::from_millis(50)).on("/export-excel/"))
        .start()
        .await?;
    eprintln!("MAIAGENT_API_KEY is not set: talking to a mock inside this program, {}", mock.url());
    Ok(Service {
        client: builder.api_key(mock.key()).base_url(mock.url()).build()?,
        chatbot: mock.chatbot_id(),
        inbox: Some(mock.inbox_id()),
        mock: Some(mock),
    })
}
