//! A call that a new user can make: the operation that needs least, with values made from the document.

use crate::Output;
use crate::rust::{Example, Item};

/// The operation that needs least: those that one key is enough for first, then those that are not deprecated, that only read, and
/// that need no value which had to be made up; none where there is no operation, or none whose values can be made.
pub(super) fn first(output: &Output) -> Option<&Example> {
    let items = output.surface.modules.iter().flat_map(|module| &module.items);
    let traits =
        items.filter_map(|item| if let Item::Trait(of_trait) = item { Some(of_trait) } else { None });
    let examples = traits.flat_map(|of_trait| &of_trait.methods).filter_map(|method| method.example.as_ref());
    examples.filter(|example| example.given.is_empty()).min_by_key(|example| {
        (
            example.needs_another_key,
            example.is_deprecated,
            example.mentions_deprecated,
            !example.reads,
            example.needs,
            example.arguments.len(),
        )
    })
}
