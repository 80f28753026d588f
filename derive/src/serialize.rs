//! The implementation of `Serialize`.

use crate::input::{Container, Data, Field, Input};

/// As text.
pub(crate) fn implementation(input: &Input) -> String {
    let Input { name, container, data } = input;
    let body = match data {
        Data::Record(fields) => record(name, container, fields),
        Data::Union(variants) => union(variants),
    };
    let header = match container.is_remote {
        true => format!("impl {name}"),
        false => format!("impl ::runtime::derive::Serialize for {name}"),
    };
    format!(
        "#[automatically_derived] {header} {{ \
             fn serialize<__S: ::runtime::derive::Serializer>(&self, __serializer: __S) \
             -> ::core::result::Result<__S::Ok, __S::Error> {{ {body} }} \
         }}"
    )
}

/// One property after another. How many there are has to be said first.
fn record(name: &str, container: &Container, fields: &[Field]) -> String {
    let called = container.called(name);
    let (mut left_out, mut puts) = (String::new(), String::new());
    if let Some(tag) = &container.tag {
        puts.push_str(&format!("__object.put({tag}, &{called}); "));
    }
    let mut count = 0;
    for Field { name, wire, skip_if, .. } in fields {
        match skip_if {
            None => puts.push_str(&format!("__object.put({wire}, &self.{name}); ")),
            Some(function) => {
                left_out.push_str(&format!("{function}(&self.{name}), "));
                puts.push_str(&format!("__object.put_unless(__left_out[{count}], {wire}, &self.{name}); "));
                count += 1;
            }
        }
    }
    format!(
        "let __left_out = [{left_out}]; \
         let mut __object = ::runtime::derive::Object::new(__serializer, {called}, {all}, &__left_out); \
         {puts} __object.end()",
        all = fields.len() + usize::from(container.tag.is_some()),
    )
}

/// The value alone, whichever it is.
fn union(variants: &[String]) -> String {
    let arms: String = variants
        .iter()
        .map(|name| {
            format!(
                "Self::{name}(__value) => ::runtime::derive::Serialize::serialize(__value, __serializer), "
            )
        })
        .collect();
    format!("match self {{ {arms} }}")
}
