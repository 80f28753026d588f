//! Surface to tokens, one item at a time.
//!
//! In: an [`Item`]. Out: its tokens, or what a macro of the runtime is called with. Emitters transcribe; whatever had to
//! be decided was decided by `plan`. Text of the document appears as string literals and doc attributes only, so it can never
//! become code.

mod answers;
mod api;
mod blocking;
mod client;
mod dynamic;
mod errors;
mod example;
mod headers;
mod parts;
mod record;
mod root;
mod server;
mod sums;
mod union;
mod webhooks;

use crate::rust::Item;
use parts::path;
use proc_macro2::TokenStream;
use quote::ToTokens as _;

pub(crate) use example::program;
pub(crate) use root::{inner_attributes, use_declaration};

/// A part of a file.
pub(crate) enum Piece {
    /// An item.
    Code(TokenStream),
    /// An item that consists of functions.
    Functions(Functions),
    /// A macro of the runtime that is called with a table.
    Table(Table),
    /// A macro of the runtime that is called with an item.
    Declaration(Declaration),
    /// A macro of the runtime that is called with a list of types and what all of them are or do.
    Shared(Shared),
}

/// A trait or an implementation.
pub(crate) struct Functions {
    /// What stands in front of its braces.
    pub(crate) head: TokenStream,
    /// What stands between them.
    pub(crate) all: Vec<TokenStream>,
}

/// A macro that is called with an item.
pub(crate) struct Declaration {
    /// The macro.
    pub(crate) path: &'static str,
    /// The item.
    pub(crate) of: TokenStream,
}

/// A macro that is called with a list of types, one a line, and what all of them are or do.
pub(crate) struct Shared {
    /// The macro.
    pub(crate) path: &'static str,
    /// The types.
    pub(crate) of: Vec<TokenStream>,
    /// What they share.
    pub(crate) what: What,
}

/// What several types share.
pub(crate) enum What {
    /// An item.
    Item(TokenStream),
    /// Rows.
    Rows(Vec<TokenStream>),
}

/// A macro that is called with a table, a row each line.
pub(crate) struct Table {
    /// The macro.
    pub(crate) path: &'static str,
    /// What the table is about.
    pub(crate) of: TokenStream,
    /// Its rows.
    pub(crate) rows: Vec<TokenStream>,
}

/// Transcribes an item.
pub(crate) fn item(item: &Item) -> Vec<Piece> {
    let tokens = match item {
        Item::Module(module) => root::module(module),
        Item::Exports(exports) => root::exports(exports),
        Item::Record(record) => record::record(record),
        Item::AlikeParams(alike) => return vec![Piece::Shared(record::alike(alike))],
        Item::RedactedDebug(redacted) => record::redacted(redacted),
        Item::Spellings(spellings) => return vec![Piece::Table(record::spellings(spellings))],
        Item::TextEnum(values) => return vec![Piece::Declaration(union::text_enum(values))],
        Item::Union(members) => union::union(members),
        Item::UnionReader(reader) => union::reader(reader),
        Item::Alternatives(members) => return vec![Piece::Table(union::alternatives(members))],
        Item::Identifier(identifier) => {
            return vec![
                Piece::Code(record::identifier(identifier)),
                Piece::Code(record::identifier_methods(identifier)),
            ];
        }
        Item::Alias(alias) => record::alias(alias),
        Item::LenientValue(lenient) => record::lenient_value(lenient),
        Item::StreamEvent(event) => record::stream_event(event),
        Item::Trait(operations) => return vec![Piece::Functions(api::operations(operations))],
        Item::SumTrait(sum) => return vec![Piece::Code(sums::sum(sum)), Piece::Code(sums::blanket(sum))],
        Item::RestMacro(rest) => return vec![Piece::Code(sums::rest(rest)), Piece::Code(sums::traits(rest))],
        Item::Service(service) => {
            return vec![Piece::Code(client::service(service)), Piece::Code(client::service_impl(service))];
        }
        Item::Header(header) => headers::header(header),
        Item::Client(client) => client::client(client),
        Item::Servers(servers) => client::servers(servers),
        Item::ClientImpl(methods) => return vec![Piece::Functions(client::methods(methods))],
        Item::BlockingClient(client) => {
            return vec![
                Piece::Code(blocking::client(client)),
                Piece::Code(blocking::from(client)),
                Piece::Code(blocking::as_ref(client)),
            ];
        }
        Item::Blocking(methods) => return vec![Piece::Functions(blocking::methods(methods))],
        Item::Dynamic(methods) => return vec![dynamic::dynamic(methods)],
        Item::FormWriter(writer) => client::form(writer),
        Item::FormReader(reader) => server::form(reader),
        Item::Prefixes(prefixes) => server::prefixes(prefixes),
        Item::Router(router) => {
            return vec![
                Piece::Code(server::error_shape(&router.shape_type, &router.detail, router.fields)),
                Piece::Code(server::router(router)),
                Piece::Code(server::routes(router)),
                Piece::Code(server::left_out(&path(&router.of_trait))),
                server::table(router),
            ];
        }
        Item::Webhooks(all) => {
            return vec![Piece::Code(webhooks::webhooks(all)), Piece::Code(webhooks::names(all))];
        }
        Item::Receivers(receivers) => {
            return vec![
                Piece::Code(server::error_shape(&receivers.shape_type, &receivers.detail, receivers.fields)),
                Piece::Code(webhooks::router(receivers)),
                Piece::Code(webhooks::routes(receivers)),
                Piece::Code(server::left_out(&receivers.of_trait.ident().into_token_stream())),
                Piece::Table(webhooks::table(receivers)),
            ];
        }
        Item::Handler(handler) => server::handler(handler),
        Item::ParamsReader(reader) => return vec![Piece::Shared(server::reader(reader))],
        Item::AnswerEnum(answer) => answers::answer(answer),
        Item::ErrorBody(body) => {
            return vec![Piece::Code(errors::body(body)), Piece::Code(errors::reader(body))];
        }
    };
    vec![Piece::Code(tokens)]
}
