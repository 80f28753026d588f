//! Headers that answers carry.

use super::parts::head;
use super::parts::{self, path};
use crate::rust::HeaderConstant;
use proc_macro2::TokenStream;
use quote::quote;

pub(super) fn header(header: &HeaderConstant) -> TokenStream {
    let ((head, name), of, ty) = (head(&header.head), path(&header.header), parts::ty(&header.ty));
    let wire = &header.wire;
    let value = match header.style.as_ref().map(path) {
        None => quote!(#of::new(#wire)),
        Some(style) => quote!(#of::styled(#style, #wire)),
    };
    quote! {
        #head
        pub const #name: #of<#ty> = #value;
    }
}
