//! What generated API bindings share: everything about calling an HTTP API that no OpenAPI document can
//! change.
//!
//! Users of a generated crate meet it through that crate, which exports what they need, and all of this as `runtime`.
//!
//! The crate knows no endpoint. Generated code names a `Service`, describes each call with a
//! `RequestBuilder`, and gets back a [`Response`], an [`EventStream`], [`Items`] or a [`Download`].
//!
//! | module | comes in | goes out |
//! |---|---|---|
//! | `service` | what a specification says of a service | the same, as constants |
//! | `builder` | what the user sets | a `Client`, or what is wrong with a setting |
//! | `client` | a call's method and path | a `RequestBuilder` |
//! | `settings` | options of single calls | what a call needs of its client |
//! | `auth` | secrets and their schemes | headers, parameters, cookies |
//! | `url` | a base, a template, values | a URL below that base |
//! | `connections` | certificates, a proxy, limits of the pool | the HTTP client underneath |
//! | `proxy` | the environment | who is asked in place of the server |
//! | `request` | values of one call | one request, or what is wrong with a value |
//! | `received` | the head of an answer and its body | what the body holds |
//! | `future` | the work of a call | a future with a name |
//! | `call` | one request | its attempts, a decoded answer |
//! | `hook` | a client's calls | what an application may see of them, and add |
//! | `observe` | what happens to a call | the same, to its hooks and its span |
//! | `trace` | a call | a span, and an event for each attempt |
//! | `body` | bytes, a path or a stream | chunks, as often as they can be had |
//! | `multipart` | values and files under names | one body |
//! | `records` | values one after the other | the same, or one body |
//! | `upload` | the parts of a body | the same in pieces, and when the last one left |
//! | `connecting` | the connector's work | since when a call's connection stands |
//! | `transport` | one attempt | the head of an answer, and its bytes |
//! | `param` | any `Serialize` value and a style | percent-encoded text for path, query, header or cookie |
//! | `params` | names of structs, and one struct | structs of parameters that are alike |
//! | `text` | such text | any `Deserialize` value |
//! | `header` | the headers of an answer | the value of one of them |
//! | `retry` | a failed attempt | whether and when to try again |
//! | `sse` | bytes | server-sent events |
//! | `stream` | events | typed values, a clean end or an error |
//! | `page` | a function that fetches one page | all items of all pages |
//! | `server` | an HTTP request | values for an operation, and its answer as HTTP |
//! | `download` | bytes | a file, or nothing at all |
//! | `dynamic` | the methods of a trait | a type that holds any implementation |
//! | `resume` | a download that broke off | the rest of the same file |
//! | `rest` | what nobody wants of an answer | a connection that can be used again |
//! | `evidence` | JSON that a type reads | whether anything in it was of that type |
//! | `derive` | a struct with serde's attributes | the implementations that serde derives, in less code |
//! | `wire` | JSON that differs from its documentation | values, and what was really sent |
//! | `spelling` | an object under other names | the object under the documented ones |
//! | `not_implemented` | a method's name | what the method does that nobody wrote |
//! | `redirect` | an address | the same, as an answer |
//! | `upgrade` | a connection behind its last answer | bytes in both directions |
//! | `error` | every failure | one [`Error`] type, free of secrets |
//! | `main_error` | any error | what `main` says when it fails |
//!
//! # Features
//!
//! Nothing is on by default: the types above without a transport, for traits, fakes and servers.
//!
//! - `client`: the HTTP client, on reqwest and tokio. Calls must run inside a tokio runtime with time and I/O
//!   enabled.
//! - `server`: what generated routers are made of, on axum. They must run inside a tokio runtime with time enabled.
//! - `upgrade`: [`upgrade::Upgraded`](https://docs.rs/specwright-runtime), for operations that change the protocol.
//! - `uuid`: `wire::Uuid`.
//! - `tracing`: a span for each call and an event for each attempt, with the field names of OpenTelemetry. They carry
//!   method, path template, server, status, sizes and durations only.
// What links lead to is there with all features; a build with fewer shows such names without a link.
#![cfg_attr(
    not(all(feature = "blocking", feature = "server", feature = "upgrade", feature = "uuid")),
    allow(rustdoc::broken_intra_doc_links)
)]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

// Derived code calls this crate by its name, here as well.
extern crate self as runtime;

mod alternatives;
mod body;
mod download;
mod dynamic;
mod error;
mod evidence;
mod header;
mod json;
mod main_error;
mod multipart;
mod not_implemented;
mod page;
// Without the client only headers are written.
#[cfg_attr(not(feature = "client"), allow(dead_code))]
mod param;
mod params;
mod records;
mod redirect;
mod response;
mod retry;
mod spelling;
mod stream;
#[cfg_attr(not(feature = "client"), allow(dead_code))]
mod style;
// Without the server only headers are read.
#[cfg_attr(not(feature = "server"), allow(dead_code))]
mod text;
mod text_enum;

#[cfg(feature = "blocking")]
pub mod blocking;
pub mod derive;
pub mod sse;
#[cfg(feature = "upgrade")]
pub mod upgrade;
pub mod wire;

#[cfg(feature = "client")]
mod auth;
#[cfg(feature = "client")]
mod builder;
#[cfg(feature = "client")]
mod call;
#[cfg(feature = "client")]
mod client;
#[cfg(feature = "client")]
mod connecting;
#[cfg(feature = "client")]
mod connections;
#[cfg(feature = "client")]
mod future;
#[cfg(feature = "client")]
mod hook;
#[cfg(feature = "client")]
mod observe;
#[cfg(feature = "client")]
mod proxy;
#[cfg(feature = "client")]
mod received;
#[cfg(feature = "client")]
mod request;
#[cfg(feature = "client")]
mod rest;
#[cfg(feature = "client")]
mod resume;
#[cfg(feature = "server")]
pub mod server;
#[cfg(feature = "client")]
mod service;
#[cfg(feature = "client")]
mod settings;
#[cfg(all(feature = "client", feature = "tracing"))]
mod trace;
#[cfg(feature = "client")]
mod transport;
#[cfg(feature = "client")]
mod upload;
#[cfg(feature = "client")]
mod url;

pub use body::{Body, UploadProgress};
pub use download::{Download, Progress};
pub use error::{
    ApiError, CallError, CallInfo, ConfigError, DecodeError, Error, ErrorEvent, InputError, IoError,
    Operation, PageError, RedirectError, Result, StreamError, TimeoutPhase, TooLarge,
};
pub use header::Header;
pub use main_error::MainError;
pub use multipart::{FilePart, MultipartForm};
pub use not_implemented::NotImplemented;
pub use page::{ItemPage, Items};
pub use records::Records;
pub use redirect::Redirect;
pub use response::Response;
#[cfg(feature = "client")]
pub use stream::SignOfLife;
pub use stream::{EventStream, NamedEvent, OtherEvents, StreamEvent};
pub use style::HeaderStyle;

#[cfg(feature = "client")]
pub use builder::{ClientBuilder, http_client_builder};
#[cfg(feature = "client")]
pub use client::Client;
#[cfg(feature = "client")]
pub use future::ResponseFuture;
#[cfg(feature = "client")]
pub use hook::{AttemptStart, Hook, Report};
#[cfg(feature = "client")]
pub use received::Received;
#[cfg(feature = "client")]
pub use request::RequestBuilder;
pub use retry::RetryPolicy;
#[cfg(feature = "client")]
pub use service::{AuthScheme, Server, Service};
#[cfg(feature = "client")]
pub use settings::CallOptions;
#[cfg(any(feature = "client", feature = "server"))]
pub use style::{CookieStyle, PathStyle, QueryStyle};

/// The HTTP client underneath, for [`ClientBuilder::http_client`].
#[cfg(feature = "client")]
pub use reqwest;

pub use bytes::{self, Bytes};
pub use futures_core::Stream;
pub use http::{self, HeaderMap, Method, StatusCode};
pub use serde_json;
