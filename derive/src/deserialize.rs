//! The implementation of `Deserialize`.

use crate::input::{Data, Field, Input, Read};
use crate::tokens::Refusal;

/// As text.
pub(crate) fn implementation(input: &Input) -> Result<String, Refusal> {
    let Input { name, container, data } = input;
    let Data::Record(fields) = data else {
        return Err(Refusal::new("this derives `Deserialize` for structs alone"));
    };
    let (header, parameter) = match container.is_remote {
        true => (format!("impl {name}"), "'de, "),
        false => (format!("impl<'de> ::runtime::derive::Deserialize<'de> for {name}"), ""),
    };
    let properties: Vec<&str> = fields.iter().map(|field| &*field.wire).collect();
    Ok(format!(
        "#[automatically_derived] {header} {{ \
             fn deserialize<{parameter}__D: ::runtime::derive::Deserializer<'de>>(__deserializer: __D) \
             -> ::core::result::Result<Self, __D::Error> {{ ::runtime::derive::read(__deserializer) }} \
         }} \
         #[automatically_derived] impl<'de> ::runtime::derive::Record<'de> for {name} {{ \
             const TYPE: &'static str = {name:?}; \
             const NAME: &'static str = {called}; \
             const PROPERTIES: &'static [&'static str] = &[{properties}]; \
             const REQUIRED: usize = {required}; \
             fn from_source<__S: ::runtime::derive::Source<'de>>(__source: __S) \
             -> ::core::result::Result<Self, __S::Error> {{ {body} }} \
         }}",
        called = container.called(name),
        properties = properties.join(", "),
        required = fields.iter().filter(|field| matches!(field.read, Read::Required)).count(),
        body = body(fields),
    ))
}

/// A slot for each field, which the source fills.
fn body(fields: &[Field]) -> String {
    if fields.is_empty() {
        return "__source.fill(&mut [])?; ::core::result::Result::Ok(Self {})".to_owned();
    }
    let (mut slots, mut list, mut values) = (String::new(), String::new(), String::new());
    for (at, field) in fields.iter().enumerate() {
        slots.push_str(match &field.read {
            Read::Required => "__derive::required",
            Read::OrDefault => "__derive::optional",
            Read::With(slot) => slot,
        });
        slots.push_str("(), ");
        list.push_str(&format!("&mut __slots.{at}, "));
        values.push_str(&format!("{}: __slots.{at}.take(), ", field.name));
    }
    format!(
        "use ::runtime::derive as __derive; \
         let mut __slots = ({slots}); \
         __source.fill(&mut [{list}])?; \
         ::core::result::Result::Ok(Self {{ {values} }})"
    )
}
