//! Derives of serde's traits for generated models. Use them through `runtime::derive`, whose documentation says what they
//! understand.
//!
//! Comes in: a struct, or for writing an untagged enum, with the attributes that the generator writes. Goes out: a list of
//! its properties, and calls of the runtime, which does the rest. Must not: depend on anything, because every crate that has
//! models waits for this one; or leave out an attribute that it does not know.
//!
//! | module | comes in | goes out |
//! |---|---|---|
//! | `tokens` | what the compiler passes | the same, one after another |
//! | `input` | tokens | a struct or an enum as plain data, or what is wrong with it |
//! | `casing` | a field's name and a rule | its name on the wire |
//! | `serialize`, `deserialize` | that data | an implementation, as text |

extern crate proc_macro;

mod casing;
mod deserialize;
mod input;
mod serialize;
mod tokens;

use input::Input;
use proc_macro::TokenStream;
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

fn derive(item: TokenStream, implementation: fn(&Input) -> Result<String, Refusal>) -> TokenStream {
    let code = input::read(item).and_then(|input| implementation(&input));
    let parsed = code.and_then(|code| {
        code.parse().map_err(|error| Refusal::new(format!("the derived code does not parse: {error}")))
    });
    parsed.unwrap_or_else(Refusal::into_error)
}
