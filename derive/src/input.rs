//! A struct or an enum as plain data: what is between the compiler's tokens and the code that is derived.

use crate::casing;
use crate::tokens::{Refusal, Tokens, wrapper};
use proc_macro::{Delimiter, TokenStream, TokenTree};

/// What is derived for.
pub(crate) struct Input {
    /// The type.
    pub(crate) name: String,
    /// What serde is told about it.
    pub(crate) container: Container,
    /// What it consists of.
    pub(crate) data: Data,
}

/// What serde is told about a type. Texts are string literals as they are in the source.
#[derive(Default)]
pub(crate) struct Container {
    rename_all: Option<(TokenTree, String)>,
    /// `tag = "..."`
    pub(crate) tag: Option<String>,
    /// `rename = "..."`
    pub(crate) rename: Option<String>,
    /// `remote = "Self"`
    pub(crate) is_remote: bool,
    is_untagged: bool,
    /// `skip_serializing_none`
    skips_none: bool,
}

/// What a type consists of.
pub(crate) enum Data {
    /// A struct with these fields.
    Record(Vec<Field>),
    /// An untagged enum with these variants, each around one value.
    Union(Vec<String>),
}

/// A field.
pub(crate) struct Field {
    /// Its name.
    pub(crate) name: String,
    /// Its name on the wire, as a string literal.
    pub(crate) wire: String,
    /// How it is read.
    pub(crate) read: Read,
    /// The function that says whether it is left out.
    pub(crate) skip_if: Option<String>,
}

/// How a field is read.
pub(crate) enum Read {
    /// It must be there, unless it is an option.
    Required,
    /// Its default stands for it.
    OrDefault,
    /// The same, and a function of the runtime reads it. The path of what makes a slot for that.
    With(String),
}

/// Reads what a derive is given.
pub(crate) fn read(item: TokenStream) -> Result<Input, Refusal> {
    let mut tokens = Tokens::new(item);
    let mut container = Container::default();
    attributes(&mut tokens, |option, value| container.set(option, value))?;
    tokens.skip_visibility();
    let is_record = tokens.word("struct");
    if !is_record && !tokens.word("enum") {
        return Err(Refusal::new("this derives for structs and untagged enums"));
    }
    let name = tokens.name().ok_or_else(|| Refusal::new("a type has a name"))?.to_string();
    let Some(body) = tokens.group(Delimiter::Brace) else {
        return Err(match tokens.next() {
            Some(token) => {
                Refusal::at(&token, "this derives for types with named fields and without generics")
            }
            None => Refusal::new("this derives for types with named fields"),
        });
    };
    let data = match is_record {
        true if container.is_untagged => return Err(Refusal::new("`untagged` is for enums")),
        true => Data::Record(fields(body, &container)?),
        false if container.is_untagged => Data::Union(variants(body)?),
        false => return Err(Refusal::new("of enums, this derives for those with `#[serde(untagged)]`")),
    };
    Ok(Input { name, container, data })
}

impl Container {
    fn set(&mut self, option: &TokenTree, value: Option<String>) -> Result<(), Refusal> {
        match (option.to_string().as_str(), value) {
            ("rename_all", Some(rule)) => self.rename_all = Some((option.clone(), rule)),
            ("tag", Some(tag)) => self.tag = Some(tag),
            ("rename", Some(name)) => self.rename = Some(name),
            ("remote", Some(of)) if of == r#""Self""# => self.is_remote = true,
            ("untagged", None) => self.is_untagged = true,
            ("skip_serializing_none", None) => self.skips_none = true,
            _ => return Err(unknown(option)),
        }
        Ok(())
    }

    /// What the type is called in the data, as a string literal.
    pub(crate) fn called(&self, name: &str) -> String {
        self.rename.clone().unwrap_or_else(|| literal(bare(name)))
    }

    fn wire(&self, field: &str) -> Result<String, Refusal> {
        let Some((option, rule)) = &self.rename_all else { return Ok(literal(field)) };
        let renamed = casing::renamed(rule.trim_matches('"'), field);
        renamed.map(|name| literal(&name)).ok_or_else(|| Refusal::at(option, "there is no such rule"))
    }
}

fn fields(mut tokens: Tokens, container: &Container) -> Result<Vec<Field>, Refusal> {
    let mut fields = Vec::new();
    while !tokens.is_empty() {
        let mut options = FieldOptions::default();
        attributes(&mut tokens, |option, value| options.set(option, value))?;
        tokens.skip_visibility();
        let name = tokens.name().ok_or_else(|| Refusal::new("a field has a name"))?.to_string();
        tokens.sign(':');
        let ty = tokens.take_to_comma();
        if container.skips_none && !options.is_always_written {
            options.skip_none(wrapper(&ty).map(|(wrapper, _)| wrapper));
        }
        let wire = match options.rename {
            Some(name) => name,
            None => container.wire(bare(&name))?,
        };
        let read = match (options.read_with, options.has_default) {
            (None, false) => Read::Required,
            (None, true) => Read::OrDefault,
            (Some((_, slot)), true) => Read::With(slot),
            (Some((option, _)), false) => {
                return Err(Refusal::at(&option, "this needs `default` beside it"));
            }
        };
        fields.push(Field { name, wire, read, skip_if: options.skip_if });
    }
    Ok(fields)
}

#[derive(Default)]
struct FieldOptions {
    rename: Option<String>,
    has_default: bool,
    read_with: Option<(TokenTree, String)>,
    skip_if: Option<String>,
    /// `serialize_always`
    is_always_written: bool,
}

impl FieldOptions {
    /// What may hold nothing is left out then, unless something else is said.
    fn skip_none(&mut self, wrapper: Option<String>) {
        let is_nothing = match wrapper.as_deref() {
            Some("Option") => "::core::option::Option::is_none",
            Some("Nullable") => "::runtime::wire::Nullable::is_absent",
            Some("Lenient") => "::runtime::wire::Lenient::is_absent",
            _ => return,
        };
        self.has_default = true;
        self.skip_if.get_or_insert_with(|| is_nothing.to_owned());
    }

    fn set(&mut self, option: &TokenTree, value: Option<String>) -> Result<(), Refusal> {
        match (option.to_string().as_str(), value) {
            ("rename", Some(name)) => self.rename = Some(name),
            ("default", None) => self.has_default = true,
            ("serialize_always", None) => self.is_always_written = true,
            ("skip_serializing_if", Some(function)) => self.skip_if = Some(path(option, &function)?),
            ("deserialize_with", Some(function)) => {
                let function = path(option, &function)?;
                let slot = match function.rsplit_once("::") {
                    Some((wire, name @ ("null_as_default" | "not_null"))) => format!("{wire}::slot::{name}"),
                    _ => {
                        let message = "this knows `wire::null_as_default` and `wire::not_null`";
                        return Err(Refusal::at(option, message));
                    }
                };
                self.read_with = Some((option.clone(), slot));
            }
            _ => return Err(unknown(option)),
        }
        Ok(())
    }
}

fn variants(mut tokens: Tokens) -> Result<Vec<String>, Refusal> {
    let mut variants = Vec::new();
    while !tokens.is_empty() {
        attributes(&mut tokens, |option, _| Err(unknown(option)))?;
        let name = tokens.name().ok_or_else(|| Refusal::new("a variant has a name"))?;
        let is_newtype = tokens.group(Delimiter::Parenthesis).is_some_and(|mut value| {
            value.take_to_comma();
            value.is_empty()
        });
        if !is_newtype {
            return Err(Refusal::at(&name.into(), "a variant of an untagged enum holds one value"));
        }
        tokens.take_to_comma();
        variants.push(name.to_string());
    }
    Ok(variants)
}

/// Passes on each option of each `#[serde(...)]` with its value, and skips what else is there.
fn attributes(
    tokens: &mut Tokens,
    mut option: impl FnMut(&TokenTree, Option<String>) -> Result<(), Refusal>,
) -> Result<(), Refusal> {
    while tokens.sign('#') {
        let Some(mut attribute) = tokens.group(Delimiter::Bracket) else { continue };
        if !attribute.word("serde") {
            continue;
        }
        let Some(mut options) = attribute.group(Delimiter::Parenthesis) else { continue };
        while let Some(name) = options.next() {
            let value = match options.sign('=') {
                true => Some(text(&name, options.next())?),
                false => None,
            };
            option(&name, value)?;
            if !options.is_empty() && !options.sign(',') {
                return Err(unknown(&name));
            }
        }
    }
    Ok(())
}

/// A string literal as it is in the source.
fn text(option: &TokenTree, value: Option<TokenTree>) -> Result<String, Refusal> {
    let literal = value.map(|value| value.to_string()).unwrap_or_default();
    match literal.len() > 1 && literal.starts_with('"') && literal.ends_with('"') {
        true => Ok(literal),
        false => Err(Refusal::at(option, "the value of this is a plain string literal")),
    }
}

/// What a string literal has in it, where that is the path of a function.
fn path(option: &TokenTree, literal: &str) -> Result<String, Refusal> {
    let path = literal.trim_matches('"');
    let fits = |letter: char| letter.is_alphanumeric() || "_:#".contains(letter);
    match !path.is_empty() && path.chars().all(fits) {
        true => Ok(path.to_owned()),
        false => Err(Refusal::at(option, "the value of this is the path of a function")),
    }
}

fn unknown(option: &TokenTree) -> Refusal {
    Refusal::at(option, format!("`{option}` is not known here; serde's own derive knows it"))
}

/// A name as a string literal.
fn literal(name: &str) -> String {
    format!("{name:?}")
}

/// A name without `r#`.
fn bare(name: &str) -> &str {
    name.strip_prefix("r#").unwrap_or(name)
}
