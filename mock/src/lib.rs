//! The MaiAgent conversation and message API on your own machine: a real HTTP server over in-memory tables.
//!
//! It is for your tests and for a first try without an account. It behaves as the vendor's documents describe
//! and has no operations of its own: all routes of the API are generated from the specification. The storage, which is another
//! server for the real service, too, is one here. For people there is a [page](MockBuilder::page) to open in a browser.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> std::io::Result<()> {
//! use maiagent_mock::{Mock, Trouble};
//!
//! let mock = Mock::start().await?; // on a free port; it stops when dropped
//! println!("{} {} {}", mock.url(), mock.key(), mock.chatbot_id());
//!
//! mock.trouble(Trouble::status(503).retry_after(1).times(2)); // what does my code do about that?
//! assert!(mock.requests().is_empty()); // nothing was asked so far
//! # Ok(())
//! # }
//! ```
//!
//! | module | comes in | goes out |
//! |---|---|---|
//! | `mock` | settings | a running server that stops when dropped |
//! | `serve` | a listener | connections, and the layers around the generated routes |
//! | `auth` | the `Authorization` header | the request, or 401 |
//! | `trouble` | a script | answers that fail the way real ones do |
//! | `body` | an answer | the same answer, its bytes changed on the way |
//! | `seen` | requests | a list of them, and a line for each |
//! | `feed` | requests and answers on their way | an event stream of them, for people to look at |
//! | `hide` | texts | the same without keys and other secrets |
//! | `browser` | requests beside the API | the page for a browser, its settings and switches |
//! | `origin` | the `Host` header and the prefix that was called | absolute links |
//! | `api` | calls of the generated trait | answers in the vendor's shapes |
//! | `state` | what happened | conversations, messages, records |
//! | `house` | ids | assistants, inboxes and channels that belong together |
//! | `files` | bytes and names | attachments, and the same bytes again |
//! | `storage` | forms that were announced | files, on a port of its own |
//! | `webhook` | answers to messages | posts, until one is taken |
//! | `table` | rows | the newest of them, within a limit |
//! | `page` | keys and a cursor | one page of keys and its neighbours |
//! | `reply` | a question | an answer, and its pieces |
//! | `source` | nothing | what every answer cites |
//! | `workbook` | records | an Excel workbook |
//!
//! # What it does not do
//!
//! Without a [webhook](MockBuilder::webhook), what [`create_message`](maiagent::Api::create_message) stores stays without an
//! answer. Attachments of messages are kept as they are sent, and their addresses are not visited. Nobody can add an assistant,
//! an inbox or a channel to the few that there are. What a question says beside its text and its files (`contentPayload`,
//! `queryMetadata`, `metadata`, `sender`) is taken and not looked at. Nobody is answered without a key, where the service makes
//! exceptions for its web widget. Nothing is kept when it stops.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

mod api;
mod auth;
mod body;
mod browser;
mod feed;
mod files;
mod hide;
mod house;
mod mock;
mod origin;
mod page;
mod reply;
mod seen;
mod serve;
mod source;
mod state;
mod storage;
mod table;
mod trouble;
mod webhook;
mod workbook;

pub use mock::{Mock, MockBuilder};
pub use seen::Seen;
pub use state::State;
pub use trouble::{InvalidTrouble, Trouble};
pub use webhook::{Delivered, WebhookTrouble};

/// The examples of the README, compiled and run.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
