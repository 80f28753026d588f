//! A call that a new user can make: the operation that needs least, with values made from the types.

use crate::Output;
use crate::names::Name;
use crate::rust::{AnswerBody, Argument, Item, Passing, Path, Receive, Taken, Type};
use std::collections::BTreeSet;

/// An operation with values for its arguments.
pub(super) struct Call {
    method: String,
    /// The trait that has the method.
    pub(super) of_trait: String,
    arguments: Vec<String>,
    /// Items of the crate that the values mention, by module.
    uses: BTreeSet<(String, String)>,
    receive: Receive,
    is_deprecated: bool,
    /// Whether a type that it mentions is deprecated.
    mentions_deprecated: bool,
}

/// How deep records may lie within each other.
const DEEPEST: usize = 4;

/// The operation that needs least, those that are not deprecated first, and reading ones before others; none where there is no operation, or none whose values can be made.
pub(super) fn first(output: &Output) -> Option<Call> {
    let methods =
        output.surface.modules.iter().flat_map(|module| &module.items).filter_map(|item| match item {
            Item::ClientImpl(client) => Some(client.methods.iter().map(|method| (&client.of_trait, method))),
            _ => None,
        });
    let deprecated: BTreeSet<&Name> = output
        .surface
        .modules
        .iter()
        .flat_map(|module| &module.items)
        .filter_map(|item| if let Item::Trait(of_trait) = item { Some(&of_trait.methods) } else { None })
        .flatten()
        .filter(|method| method.deprecated.is_some())
        .map(|method| &method.signature.name)
        .collect();
    let candidates = methods.flatten().filter_map(|(of_trait, method)| {
        let mut call =
            Maker { output, uses: BTreeSet::new() }.call(&method.name, &method.arguments, &method.receive)?;
        call.of_trait = of_trait.0.last()?.ident().to_string();
        call.is_deprecated = deprecated.contains(&method.name);
        call.mentions_deprecated = call.uses.iter().any(|(_, name)| is_deprecated_type(output, name));
        let reads =
            method.verb.as_str() == "GET" && matches!(method.receive, Receive::Body(AnswerBody::Json));
        Some((!reads, call.arguments.len(), call))
    });
    candidates
        .min_by_key(|(writes, arguments, call)| {
            (call.is_deprecated, call.mentions_deprecated, *writes, *arguments)
        })
        .map(|(_, _, call)| call)
}

impl Call {
    /// The whole program.
    pub(super) fn program(&self, crate_name: &str) -> String {
        let mut uses: Vec<String> =
            self.uses.iter().map(|(module, name)| format!("use {crate_name}::{module}::{name};\n")).collect();
        let mut names = [&self.of_trait, "Client", "MainError"];
        names.sort_unstable();
        uses.push(format!("use {crate_name}::{{{}}};\n", names.join(", ")));
        uses.sort();
        let call = format!("client.{}({}).await?", self.method, self.arguments.join(", "));
        let body = match &self.receive {
            Receive::Body(AnswerBody::Empty) => format!("    {call};\n    println!(\"done\");\n"),
            Receive::Body(AnswerBody::Text) => {
                format!("    let answer = {call};\n    println!(\"{{}}\", *answer);\n")
            }
            Receive::Body(AnswerBody::Json) => {
                format!("    let answer = {call};\n    println!(\"{{:#?}}\", *answer);\n")
            }
            _ => {
                format!("    let answer = {call};\n    println!(\"{{answer:?}}\");\n")
            }
        };
        let allow = if self.is_deprecated { "#[allow(deprecated)]\n" } else { "" };
        let allow_all = if self.mentions_deprecated { "#![allow(deprecated)]\n\n" } else { "" };
        format!(
            "{allow_all}{}\n{allow}#[tokio::main]\nasync fn main() -> Result<(), MainError> {{\n    let client = Client::from_env()?;\n{body}    \
             Ok(())\n}}\n",
            uses.concat(),
        )
    }
}

/// Makes values of types.
struct Maker<'a> {
    output: &'a Output,
    uses: BTreeSet<(String, String)>,
}

impl Maker<'_> {
    fn call(mut self, name: &Name, arguments: &[Argument], receive: &Receive) -> Option<Call> {
        let arguments: Option<Vec<String>> =
            arguments.iter().map(|argument| self.argument(argument)).collect();
        Some(Call {
            method: name.ident().to_string(),
            of_trait: String::new(),
            arguments: arguments?,
            uses: self.uses,
            receive: receive.clone(),
            is_deprecated: false,
            mentions_deprecated: false,
        })
    }

    fn argument(&mut self, argument: &Argument) -> Option<String> {
        if argument.is_optional {
            return Some("None".to_owned());
        }
        match &argument.passing {
            Passing::Str => Some(format!("{:?}", argument.name.as_str())),
            Passing::Slice(_) => Some("&[]".to_owned()),
            Passing::Copy | Passing::Owned => self.value(&argument.ty, argument.name.as_str(), DEEPEST),
            Passing::Ref => {
                self.value(&argument.ty, argument.name.as_str(), DEEPEST).map(|value| format!("&{value}"))
            }
        }
    }

    /// An expression of a type. `what` is what the value is about, for text.
    fn value(&mut self, ty: &Type, what: &str, depth: usize) -> Option<String> {
        let Type::Path(path, arguments) = ty else { return Some("()".to_owned()) };
        let name = last(path)?;
        if depth == 0 {
            return None;
        }
        let value = match (name, arguments.as_slice()) {
            ("String", []) => format!("{what:?}.to_owned()"),
            ("bool", []) => "true".to_owned(),
            ("i8" | "i16" | "i32" | "i64" | "u8" | "u16" | "u32" | "u64", []) => "1".to_owned(),
            ("f32" | "f64", []) => "1.0".to_owned(),
            ("Vec", [_]) => "Vec::new()".to_owned(),
            ("Option", [_]) => "None".to_owned(),
            ("BTreeMap", _) => "Default::default()".to_owned(),
            ("Box", [inner]) => format!("Box::new({})", self.value(inner, what, depth)?),
            _ => return self.defined(name, what, depth - 1),
        };
        Some(value)
    }

    /// A value of a type that the crate defines.
    fn defined(&mut self, wanted: &str, what: &str, depth: usize) -> Option<String> {
        let (module, item) = self.item(wanted)?;
        // Of two types of one name, the other one may be meant, and one program cannot import both.
        if self.items().filter(|(_, item)| is_called(item, wanted)).count() > 1 {
            return None;
        }
        let value = match item {
            Item::Identifier(_) => format!("{wanted}::from({what:?})"),
            Item::Alias(alias) => return self.value(&alias.ty, what, depth),
            Item::TextEnum(text) => format!("{wanted}::{}", text.variants.first()?.name.ident()),
            item => match &item.record(wanted)?.constructor {
                None => format!("{wanted}::default()"),
                Some(arguments) => {
                    let values: Option<Vec<String>> = arguments
                        .iter()
                        .map(|Taken { name, ty, converts }| match (*converts, ty) {
                            (true, Type::Path(path, _)) if last(path) == Some("String") => {
                                Some(format!("{:?}", name.as_str()))
                            }
                            _ => self.value(ty, name.as_str(), depth),
                        })
                        .collect();
                    format!("{wanted}::new({})", values?.join(", "))
                }
            },
        };
        self.uses.insert((module, wanted.to_owned()));
        Some(value)
    }

    fn item(&self, wanted: &str) -> Option<(String, Item)> {
        self.items().find(|(_, item)| is_called(item, wanted)).map(|(module, item)| (module, item.clone()))
    }

    /// All items with the module that they are in.
    fn items(&self) -> impl Iterator<Item = (String, &Item)> {
        self.output.surface.modules.iter().flat_map(|module| {
            let path: Vec<&str> = module.known_as.0.iter().map(Name::as_str).collect();
            let path = path.join("::");
            module.items.iter().map(move |item| (path.clone(), item))
        })
    }
}

fn last(path: &Path) -> Option<&str> {
    path.0.last().map(|name| name.as_str())
}

/// Whether the document calls a type deprecated.
fn is_deprecated_type(output: &Output, name: &str) -> bool {
    let items = output.surface.modules.iter().flat_map(|module| &module.items);
    let mut heads = items.filter_map(|item| match item {
        Item::Record(record) => Some(&record.head),
        Item::TextEnum(text) => Some(&text.head),
        Item::Identifier(identifier) => Some(&identifier.head),
        Item::Alias(alias) => Some(&alias.head),
        _ => None,
    });
    heads.any(|head| head.name.as_str() == name && head.deprecated.is_some())
}

/// Whether an item is a type of a name.
fn is_called(item: &Item, name: &str) -> bool {
    match item {
        Item::TextEnum(text) => text.head.name.as_str() == name,
        Item::Identifier(identifier) => identifier.head.name.as_str() == name,
        Item::Alias(alias) => alias.head.name.as_str() == name,
        item => item.record(name).is_some(),
    }
}
