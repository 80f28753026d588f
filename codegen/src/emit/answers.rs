//! What operations answer where that depends on the status, and how it is read and written.

use super::parts::{self, derive, head, path};
use crate::rust::{AnswerBody, AnswerEnum, AnswerVariant, Arm, StatusPattern};
use proc_macro2::{Ident, Literal, TokenStream};
use quote::{format_ident, quote};

pub(super) fn answer(answer: &AnswerEnum) -> TokenStream {
    let ((head, name), derive) = (head(&answer.head), derive(&answer.derives));
    let variants = answer.variants.iter().map(|AnswerVariant { name, docs, ty }| {
        let (docs, name) = (parts::docs(docs), name.ident());
        let ty = ty.as_ref().map(parts::ty).map(|ty| quote!((#ty)));
        quote!(#docs #name #ty,)
    });
    let unknown = answer.unknown.as_ref().map(|(name, ty)| {
        let (name, ty) = (name.ident(), parts::ty(ty));
        quote! {
            /// Another success that this version does not know: the body as it came.
            #name(#ty),
        }
    });
    quote! {
        #head
        #derive
        #[non_exhaustive]
        pub enum #name {
            #(#variants)*
            #unknown
        }
    }
}

/// What a client makes of an answer.
pub(super) fn read(arms: &[Arm]) -> TokenStream {
    let arms = arms.iter().map(|Arm { pattern, value, body, .. }| {
        let (pattern, value, reader) = (self::pattern(pattern), path(value), method(*body));
        quote!(#pattern => answer.#reader(#value).await)
    });
    quote! {
        receive_by_status(|answer| async move {
            match answer.status() { #(#arms,)* }
        })
    }
}

/// What a server makes of a value.
pub(super) fn write(call: &Ident, result: &TokenStream, arms: &[Arm]) -> TokenStream {
    let arms = arms.iter().map(|Arm { value, body, status, media_type, .. }| {
        let (value, status) = (path(value), Literal::u16_unsuffixed(*status));
        match (body, media_type) {
            (AnswerBody::Empty, _) => quote!(#value => reply.empty(#status)),
            (AnswerBody::Raw, _) => quote!(#value(body) => reply.raw(body)),
            (AnswerBody::Download, media_type) => {
                quote!(#value(body) => reply.download(#status, #media_type, body))
            }
            (body, None) => {
                let writer = method(*body);
                quote!(#value(body) => reply.#writer(#status, body))
            }
            (body, Some(media_type)) => {
                let writer = format_ident!("{}_as", method(*body));
                quote!(#value(body) => reply.#writer(#status, #media_type, body))
            }
        }
    });
    quote!(#call.reply_by_status(#result, |answer, reply| match answer { #(#arms,)* }))
}

/// The reader of a received answer, and the writer of a reply.
pub(super) fn method(body: AnswerBody) -> Ident {
    format_ident!(
        "{}",
        match body {
            AnswerBody::Empty => "empty",
            AnswerBody::Json => "json",
            AnswerBody::Text => "text",
            AnswerBody::Download => "download",
            AnswerBody::Raw => "raw",
        }
    )
}

fn pattern(pattern: &StatusPattern) -> TokenStream {
    match pattern {
        StatusPattern::Codes(codes) => {
            let codes = codes.iter().map(|code| Literal::u16_unsuffixed(*code));
            quote!(#(#codes)|*)
        }
        StatusPattern::Classes(_) | StatusPattern::Rest => quote!(_),
    }
}
