//! The client against real connections on loopback.
//!
//! | module | what it asks |
//! |---|---|
//! | `requests` | does everything go out in its place, or nothing at all? |
//! | `answers` | is an answer that is whole what was asked for? |
//! | `redirects` | does anything follow one? |
//! | `secrets` | do errors and the log keep them? |
//! | `retries` | what is repeated, how often, and when? |
//! | `faults` | what becomes of each kind of call when the server or the network misbehaves? |
//! | `cuts` | what if an answer breaks off at any byte? |
//! | `limits` | do caps on bytes and on time hold? |
//! | `proxies` | who is asked in place of the server, and who can listen? |
//! | `streams` | when do events arrive, and how do streams end? |
//! | `pages` | where does a walk lead? |
//! | `dropping` | does everything stop when nobody waits for it? |
//! | `resuming` | does a download go on where it broke off, and only there? |
//! | `hooks` | is a hook told of everything, once and in order? |
//! | `spans` | is a call a span that OpenTelemetry understands? |
//! | `uploads` | what holds while a request is still on its way out? |
//! | `upgrades` | does a connection go on in another protocol, and only then? |
//! | `connections` | do certificates, proxies and limits of the pool do what they say? |
//! | `tls` | is a server that cannot be trusted asked at all, and where does an answer end? |
//!
//! `server` misbehaves as a test tells it, `calls` has the service that it stands for.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod calls;
mod server;

mod answers;
mod connections;
mod cuts;
mod dropping;
mod faults;
mod hooks;
mod limits;
mod pages;
mod proxies;
mod redirects;
mod requests;
mod resuming;
mod retries;
mod secrets;
#[cfg(feature = "tracing")]
mod spans;
mod streams;
mod tls;
#[cfg(feature = "upgrade")]
mod upgrades;
mod uploads;
