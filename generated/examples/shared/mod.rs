//! Where the examples go: the real service if `MAIAGENT_API_KEY` is set, otherwise a mock inside the program.

use std::env;
use std::time::Duration;

use maiagent::models::{ChatbotId, InboxId};
use maiagent::runtime::ClientBuilder;
use maiagent::{Client, Maiagent, MainError};
use maiagent_mock::{Mock, Trouble};

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
    if env::var_os("MAIAGENT_API_KEY").is_some() { real(builder) } else { mock(builder).await }
}

fn real(builder: ClientBuilder<Maiagent>) -> Result<Service, MainError> {
    let chatbot = env::var("MAIAGENT_CHATBOT_ID").map_err(|_| "set MAIAGENT_CHATBOT_ID, too")?;
    let inbox = env::var("MAIAGENT_INBOX_ID").ok();
    Ok(Service {
        client: builder.with_env()?.build()?,
        chatbot: chatbot.into(),
        inbox: inbox.map(InboxId::from),
        mock: None,
    })
}

async fn mock(builder: ClientBuilder<Maiagent>) -> Result<Service, MainError> {
    let mock = Mock::builder()
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
