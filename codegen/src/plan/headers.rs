//! `headers.rs`: headers that answers carry, as a constant for each.
//!
//! A constant names the header and the type of its value; reading it is the affair of whoever wants it. So a document may
//! declare a header more or less, and nothing else changes.

use super::docs::Here;
use super::scope::Scope;
use super::{Plan, client, types};
use crate::docs::code;
use crate::rust::{Head, HeaderConstant, Item};

/// Every item of the module.
pub(super) fn items(plan: &Plan<'_>, scope: &mut Scope<'_>) -> Vec<Item> {
    let headers = plan.api.headers.iter().zip(&plan.claims.headers);
    let constants = headers.map(|(header, name)| HeaderConstant {
        head: Head {
            name: name.clone(),
            docs: plan.docs(&header.text, Here::Nowhere, &code(&header.wire)),
            deprecated: header.deprecated.then(|| plan.deprecation(&header.text, Here::Nowhere)),
        },
        header: scope.import("runtime", "Header"),
        ty: types::ty(plan, scope, &header.ty),
        style: client::header_style(scope, header.style),
        wire: header.wire.clone(),
    });
    constants.map(Item::Header).collect()
}
