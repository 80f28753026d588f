//! Model to surface: what lies in which module, what everything is called, how it is passed, what its documentation says.
//!
//! In: [`ir::Api`]. Out: [`rust::Crate`], from which code is transcribed without further decisions. Nothing here decides
//! what the document means, and nothing here is code yet. `layout` makes the files, `split` those of a crate whose tags are
//! apart, and `parts` says what is whose.

mod answers;
mod blocking;
mod claims;
mod client;
mod docs;
mod dynamic;
mod errors;
mod example;
mod forms;
mod headers;
mod layout;
mod methods;
mod models;
mod params;
mod parts;
mod record;
mod scope;
mod server;
mod split;
mod types;
mod union;
mod walks;
mod webhooks;

use crate::names::Name;
use crate::rust;
use crate::{Options, ir};
use claims::Claims;
use parts::Parts;
use std::collections::HashSet;

/// Plans the crate.
pub fn plan(api: &ir::Api, options: &Options) -> rust::Crate {
    let plan = Plan::new(api, options);
    layout::layout(&plan, options)
}

/// What all parts of a plan look at.
struct Plan<'a> {
    api: &'a ir::Api,
    claims: Claims,
    /// How the crate is split, where it is.
    parts: Option<Parts>,
    index: docs::Index<'a>,
    /// Types whose values can be compared exactly and hashed.
    hashable: HashSet<ir::TypeId>,
    /// What others call the crate, where the documentation shows how each method is called.
    shown_in: Option<Name>,
}

impl<'a> Plan<'a> {
    fn new(api: &'a ir::Api, options: &'a Options) -> Self {
        let parts = Parts::new(api, options);
        let claims = Claims::new(api, parts.as_ref());
        let index = docs::Index::new(api, &options.decisions);
        let shown_in = options.examples.as_deref().and_then(Name::exact);
        Self { api, claims, parts, index, hashable: types::hashable(api), shown_in }
    }

    /// Whether code outside of the definitions touches something deprecated.
    fn touches_deprecated(&self) -> bool {
        let received = self.api.receivers.iter().map(|receiver| &receiver.route);
        let mut params = self.api.routes.iter().chain(received).flat_map(|route| &route.params);
        params.any(|param| param.deprecated) || self.api.types.values().any(|def| def.deprecated)
    }

    /// `deprecated`, where code of a module touches something deprecated.
    fn allows(&self, further: bool) -> Vec<&'static str> {
        if further || self.touches_deprecated() { vec!["deprecated"] } else { Vec::new() }
    }
}
