//! What generated routers are made of.
//!
//! Comes in: an HTTP request for a route of the specification. Goes out: typed values for the operation's method,
//! and its result as an HTTP answer; or a refusal in the shape that the specification gives to errors. Must not: let
//! a request that does not fit the specification reach the method, or tell a caller what went wrong inside of it.

mod accept;
mod arriving;
mod call;
mod form;
mod left_out;
mod problems;
mod receivers;
mod recent;
mod records;
mod reply;
mod routes;
mod strict;
mod table;
mod user_path;
mod writer;

pub use axum;
pub use call::{Call, FromCall};
pub use form::{FormReader, FromForm};
pub use left_out::{Method, is_left_out};
pub use problems::ErrorShape;
pub use receivers::{Receivers, Rejection};
pub use recent::{Claim, Novelty, Recent};
pub use reply::Reply;
pub use routes::Routes;
pub use table::{Row, Serve, Serving, Table};
pub use writer::ReplyWriter;
