//! Constructor, setters and defaults of a struct, as text.

use crate::members::{Member, Struct};
use crate::tokens::Refusal;
use proc_macro::{TokenStream, TokenTree};

/// More arguments than this are allowed to a constructor only because the document requires as many properties.
const MANY_ARGUMENTS: usize = 7;

/// `new`, which takes what is required.
pub(crate) fn constructor(of: &Struct) -> Result<String, Refusal> {
    let taken = of.taken()?;
    let docs = match taken.len() {
        0 | 1 => "Everything that is required, and nothing else.",
        _ if taken.iter().any(|member| member.is_flat) => {
            "Everything that is required, properties in alphabetical order and alternatives last, and nothing else."
        }
        _ => "Everything that is required, in alphabetical order, and nothing else.",
    };
    let arguments: String =
        taken.iter().map(|member| format!("{}: {}, ", member.name, argument(member, &member.ty))).collect();
    let many = if taken.len() > MANY_ARGUMENTS { "#[allow(clippy::too_many_arguments)]" } else { "" };
    let fields = of.members.iter().map(|member| match of.is_given(member) {
        true => format!("{}: {}, ", member.name, given(member)),
        false => format!("{}: ::core::default::Default::default(), ", member.name),
    });
    Ok(block(
        of,
        &format!(
            "#[doc = {docs:?}] {many} pub fn new({arguments}) -> Self {{ Self {{ {} }} }}",
            fields.collect::<String>()
        ),
    ))
}

/// A method for each field that the constructor does not take, and one more for each that can be null.
pub(crate) fn setters(of: &Struct) -> String {
    let settable = of.members.iter().filter(|member| !of.is_given(member) && !member.is_flat);
    block(of, &settable.map(setter).collect::<String>())
}

fn setter(member: &Member) -> String {
    let (name, bare, given) = (&member.name, member.bare(), given(member));
    let mut methods = member.setters.iter();
    let method = methods.next().unwrap_or(name);
    let docs = format!("Sets [`{bare}`](field@Self::{bare}).");
    let set = |argument: &str, value: &str| {
        format!(
            "#[doc = {docs:?}] #[must_use] pub fn {method}(mut self, {name}: {argument}) -> Self {{ \
             self.{name} = {value}; self }} "
        )
    };
    let plain = argument(member, member.value());
    match member.wrapper.as_ref().map(|(wrapper, _)| wrapper.as_str()) {
        Some("Option") => set(&plain, &format!("::core::option::Option::Some({given})")),
        Some("Lenient") => set(
            &format!("impl ::core::convert::Into<{}>", member.ty),
            &format!("::core::convert::Into::into({name})"),
        ),
        Some("Nullable") => {
            let null = methods.next().map_or_else(|| format!("{}_null", member.stem()), ToString::to_string);
            let docs = format!(
                "Sends [`{bare}`](field@Self::{bare}) as null, which is not the same as leaving it out."
            );
            let value = set(&plain, &format!("::runtime::wire::Nullable::Value({given})"));
            format!(
                "{value} #[doc = {docs:?}] #[must_use] pub fn {null}(mut self) -> Self {{ \
                 self.{name} = ::runtime::wire::Nullable::Null; self }} "
            )
        }
        _ => set(&plain, &given),
    }
}

/// A method for each field that has a default: its value, or that.
pub(crate) fn defaults(of: &Struct) -> String {
    let with_defaults = of.members.iter().filter_map(|member| Some((member, member.default.as_ref()?)));
    let methods = with_defaults.map(|(member, (default, method))| {
        let (name, bare) = (&member.name, member.bare());
        let method =
            method.as_ref().map_or_else(|| format!("{}_or_default", member.stem()), ToString::to_string);
        let value = default.iter().cloned().collect::<TokenStream>().to_string();
        let read = match default.first() {
            Some(TokenTree::Literal(_)) if value.starts_with('"') => format!(
                "::core::option::Option::unwrap_or_else(::core::clone::Clone::clone(&self.{name}), \
                 || ::std::borrow::ToOwned::to_owned({value}))"
            ),
            Some(TokenTree::Ident(word)) if !["true", "false"].contains(&word.to_string().as_str()) => {
                format!(
                    "::core::option::Option::unwrap_or(::core::clone::Clone::clone(&self.{name}), {value})"
                )
            }
            _ => format!("::core::option::Option::unwrap_or(self.{name}, {value})"),
        };
        let docs = format!("[`{bare}`](field@Self::{bare}), or its default where it is absent.");
        format!("#[doc = {docs:?}] pub fn {method}(&self) -> {} {{ {read} }} ", member.value())
    });
    block(of, &methods.collect::<String>())
}

/// A value as a method takes it.
fn argument(member: &Member, ty: &str) -> String {
    if member.converts { format!("impl ::core::convert::Into<{ty}>") } else { ty.to_owned() }
}

/// The same value inside of the method.
fn given(member: &Member) -> String {
    let name = &member.name;
    if member.converts { format!("::core::convert::Into::into({name})") } else { name.to_string() }
}

fn block(of: &Struct, methods: &str) -> String {
    format!("#[allow(deprecated)] impl {} {{ {methods} }}", of.name)
}
