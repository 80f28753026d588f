//! Derives for generated models: of serde's traits, and of constructors and setters. Use them through `runtime::derive`,
//! whose documentation says what they understand.
//!
//! Comes in: a struct, or for writing an untagged enum, with the attributes that the generator writes. Goes out: a list of
//! its properties, and calls of the runtime, which does the rest; or methods. Must not: depend on anything, because every
//! crate that has models waits for this one; or leave out an attribute of serde that it does not know.
//!
//! | module | comes in | goes out |
//! |---|---|---|
//! | `tokens` | what the compiler passes | the same, one after another |
//! | `input` | tokens | a struct or an enum as plain data, or what is wrong with it |
//! | `casing` | a field's name and a rule | its name on the wire |
//! | `serialize`, `deserialize` | that data | an implementation, as text |
//! | `members` | tokens | a struct with the types of its fields |
//! | `methods` | that | its constructor, setters and defaults, as text |

extern crate proc_macro;

mod casing;
mod deserialize;
mod input;
mod members;
mod methods;
mod serialize;
mod tokens;

use input::Input;
use members::Struct;
use proc_macro::{Delimiter, Group, Span, TokenStream, TokenTree};
use std::collections::HashMap;
use tokens::Refusal;

/// Derives `serde::Serialize`.
#[proc_macro_derive(Serialize, attributes(serde))]
pub fn serialize(item: TokenStream) -> TokenStream {
    derive(item, |input| Ok(serialize::implementation(input)))
}

/// Derives `serde::Deserialize`.
#[proc_macro_derive(Deserialize, attributes(serde))]
pub fn deserialize(item: TokenStream) -> TokenStream {
    derive(item, deserialize::implementation)
}

/// Derives a constructor with what is required.
#[proc_macro_derive(New, attributes(new, into))]
pub fn new(item: TokenStream) -> TokenStream {
    derive_methods(item, methods::constructor)
}

/// Derives setters of what is not required.
#[proc_macro_derive(Setters, attributes(new, into, setter))]
pub fn setters(item: TokenStream) -> TokenStream {
    derive_methods(item, |of| Ok(methods::setters(of)))
}

/// Derives methods for values or their defaults.
#[proc_macro_derive(OrDefault, attributes(or_default))]
pub fn or_default(item: TokenStream) -> TokenStream {
    derive_methods(item, |of| Ok(methods::defaults(of)))
}

fn derive(item: TokenStream, implementation: fn(&Input) -> Result<String, Refusal>) -> TokenStream {
    let code = input::read(item).and_then(|input| implementation(&input));
    code.and_then(|code| parsed(&code)).unwrap_or_else(Refusal::into_error)
}

fn derive_methods(item: TokenStream, methods: fn(&Struct) -> Result<String, Refusal>) -> TokenStream {
    let code = members::read(item).and_then(|of| {
        let places = places(&of);
        Ok(placed(parsed(&methods(&of)?)?, &places))
    });
    code.unwrap_or_else(Refusal::into_error)
}

fn parsed(code: &str) -> Result<TokenStream, Refusal> {
    code.parse().map_err(|error| Refusal::new(format!("the derived code does not parse: {error}")))
}

/// Where the names of methods are written, so that editors find a setter's field, and the compiler shows it. `new` is in
/// its attribute.
fn places(of: &Struct) -> HashMap<String, Span> {
    let names = of.members.iter().flat_map(|member| {
        let default = member.default.iter().filter_map(|(_, method)| method.as_ref());
        [&member.name].into_iter().chain(&member.setters).chain(default)
    });
    of.new.iter().chain(names).map(|name| (name.to_string(), name.span())).collect()
}

/// The same block of methods, with those places for their names.
fn placed(block: TokenStream, places: &HashMap<String, Span>) -> TokenStream {
    let name = |mut token: TokenTree| {
        if let TokenTree::Ident(name) = &mut token {
            if let Some(place) = places.get(&name.to_string()) {
                name.set_span(*place);
            }
        }
        token
    };
    let methods = |token| match token {
        TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => {
            Group::new(Delimiter::Brace, group.stream().into_iter().map(name).collect()).into()
        }
        token => token,
    };
    block.into_iter().map(methods).collect()
}
