//! How an operation is called, as lines of documentation and as a whole program.

use super::parts::{self, argument};
use crate::docs::Docs;
use crate::names::Name;
use crate::rust::{Argument, Example, Passing, Path, Then, Type, Value};
use proc_macro2::{Literal, TokenStream};
use quote::{ToTokens, quote};

/// Lines of documentation, for those who know the crate by a name. What only makes the call compile is hidden in them.
pub(super) fn docs(example: &Example, known_as: &Name) -> Docs {
    let of = Of { example, known_as };
    let (client, of_trait) = (example.client.ident(), parts::path(&of.path(&example.of_trait)));
    let given = example.given.iter().map(|given| {
        let passing = match &given.passing {
            Passing::Slice(item) => Passing::Slice(of.ty(item)),
            passing => passing.clone(),
        };
        argument(&Argument { ty: of.ty(&given.ty), passing, ..given.clone() })
    });
    let bound = match example.then {
        Then::Walk(..) => quote!(&(impl #of_trait + Clone)),
        _ => quote!(&impl #of_trait),
    };
    let main_error = parts::path(&of.path(&in_root(MAIN_ERROR)));
    let body = of.body();
    let function = printed(quote! {
        async fn example(#client: #bound, #(#given),*) -> Result<(), #main_error> {
            #body
        }
    });
    let mut lines = vec![String::new(), "```no_run".to_owned()];
    lines.extend(printed(of.uses([])));
    // The signature may take several lines; what stands inside of the braces is indented by more.
    let inside = |line: &String| line.starts_with("    ");
    let opened = function.iter().position(|line| line.ends_with('{')).map_or(0, |at| at + 1);
    let (signature, rest) = function.split_at(opened);
    lines.extend(signature.iter().map(|line| format!("# {line}")));
    lines.extend(rest.iter().filter(|line| inside(line)).map(|line| line[4..].to_owned()));
    lines.extend(["# Ok(())", "# }", "```"].map(str::to_owned));
    lines
}

/// A whole program, for those who know the crate by a name.
pub(crate) fn program(example: &Example, known_as: &Name) -> String {
    let of = Of { example, known_as };
    let is_taken =
        |name: &str| example.uses.iter().flat_map(|(_, names)| names).any(|taken| taken.as_str() == name);
    let own = |name: &str| match is_taken(name) {
        true => of.path(&in_root(name)),
        false => Path(vec![Name::known(name)]),
    };
    let (client, main_error) = (parts::path(&own(CLIENT)), parts::path(&own(MAIN_ERROR)));
    let of_trait = example.of_trait.0.last().map_or("", Name::as_str);
    let imported = [CLIENT, MAIN_ERROR, of_trait].into_iter().filter(|name| !is_taken(name));
    let hidden = is_taken(of_trait).then(|| {
        let path = parts::path(&of.path(&example.of_trait));
        quote!(use #path as _;)
    });
    let (uses, body, variable) = (of.uses(imported.map(Name::known)), of.body(), example.client.ident());
    let allow_all = example.mentions_deprecated.then(|| quote!(#![allow(deprecated)]));
    let allow = example.is_deprecated.then(|| quote!(#[allow(deprecated)]));
    let head = printed(quote!(#hidden #uses)).join("\n");
    let main = printed(quote! {
        #allow
        #[tokio::main]
        async fn main() -> Result<(), #main_error> {
            let #variable = #client::from_env()?;
            #body
            Ok(())
        }
    });
    let allow_all = printed(quote!(#allow_all)).join("\n");
    let allow_all = if allow_all.is_empty() { allow_all } else { format!("{allow_all}\n\n") };
    format!("{allow_all}{head}\n\n{}\n", main.join("\n"))
}

const CLIENT: &str = "Client";
const MAIN_ERROR: &str = "MainError";

fn in_root(name: &str) -> Path {
    Path(vec![Name::known("crate"), Name::known(name)])
}

/// An example, and what those who read it call the crate.
struct Of<'a> {
    example: &'a Example,
    known_as: &'a Name,
}

impl Of<'_> {
    /// A path as it is outside of the crate, which exports what it needs of the runtime.
    fn path(&self, Path(segments): &Path) -> Path {
        let is_inside = segments.len() > 1
            && segments.first().is_some_and(|first| ["crate", "runtime"].contains(&first.as_str()));
        let own = is_inside.then(|| self.known_as.clone());
        Path(own.into_iter().chain(segments.iter().skip(usize::from(is_inside)).cloned()).collect())
    }

    fn ty(&self, ty: &Type) -> Type {
        match ty {
            Type::Unit => Type::Unit,
            Type::Tuple(places) => Type::Tuple(places.iter().map(|place| self.ty(place)).collect()),
            Type::Path(path, arguments) => {
                Type::Path(self.path(path), arguments.iter().map(|argument| self.ty(argument)).collect())
            }
        }
    }

    /// Imports, with further ones from the crate's root.
    fn uses(&self, further: impl IntoIterator<Item = Name>) -> TokenStream {
        let root = Path(vec![Name::known("crate")]);
        let mut uses = vec![(root.clone(), further.into_iter().collect::<Vec<_>>())];
        for (module, names) in &self.example.uses {
            match uses.iter_mut().find(|(known, _)| known == module) {
                Some((_, known)) => known.extend(names.iter().cloned()),
                None => uses.push((module.clone(), names.clone())),
            }
        }
        let mut uses: Vec<(String, TokenStream)> = uses
            .into_iter()
            .filter(|(_, names)| !names.is_empty())
            .map(|(module, mut names)| {
                names.sort_by_key(|name| (name.suits_values(), name.clone()));
                let module = match module == root {
                    true => Path(vec![self.known_as.clone()]),
                    false => self.path(&module),
                };
                let (text, module) = (parts::path_text(&module), parts::path(&module));
                let names: Vec<_> = names.iter().map(Name::ident).collect();
                let names = match &names[..] {
                    [name] => quote!(#name),
                    names => quote!({ #(#names),* }),
                };
                (format!("{text}::{names}"), quote!(use #module::#names;))
            })
            .collect();
        uses.sort_by(|(one, _), (other, _)| one.cmp(other));
        uses.into_iter().map(|(_, used)| used).collect()
    }

    /// The call, and what is done with what it returns.
    fn body(&self) -> TokenStream {
        let Example { client, variables, method, arguments, then, .. } = self.example;
        let variables = variables.iter().map(|(name, value)| {
            let (name, value) = (name.ident(), self.value(value));
            quote!(let #name = #value;)
        });
        let arguments = arguments.iter().map(|argument| self.value(argument));
        let (client, method) = (client.ident(), method.ident());
        let call = quote!(#client.#method(#(#arguments),*));
        let call = match then {
            Then::Nothing => quote!(#call.await?;),
            Then::Debug(answer) => {
                let (shown, answer) = (format!("{{{}:#?}}", answer.as_str()), answer.ident());
                quote!(let #answer = #call.await?.into_body(); println!(#shown);)
            }
            Then::Print(text) => {
                let (shown, text) = (format!("{{{}}}", text.as_str()), text.ident());
                quote!(let #text = #call.await?.into_body(); println!(#shown);)
            }
            Then::DebugSome(answer) => {
                let (shown, answer) = (format!("{{{}:#?}}", answer.as_str()), answer.ident());
                quote!(if let Some(#answer) = #call.await?.into_body() { println!(#shown); })
            }
            Then::Save(download, file) => {
                let download = download.ident();
                quote!(let #download = #call.await?.into_body(); #download.save_to(#file).await?;)
            }
            Then::Take(connection) => {
                let connection = connection.ident();
                quote!(let #connection = #call.await?.into_body();)
            }
            Then::Each(events, event) => {
                let (shown, events, event) =
                    (format!("{{{}:?}}", event.as_str()), events.ident(), event.ident());
                quote! {
                    let mut #events = #call.await?;
                    while let Some(#event) = #events.try_next().await? { println!(#shown); }
                }
            }
            Then::Walk(items, item) => {
                let (shown, items, item) = (format!("{{{}:?}}", item.as_str()), items.ident(), item.ident());
                quote! {
                    let mut #items = #call;
                    while let Some(#item) = #items.try_next().await? { println!(#shown); }
                }
            }
        };
        quote!(#(#variables)* #call)
    }

    fn value(&self, value: &Value) -> TokenStream {
        let all =
            |values: &[Value]| -> Vec<TokenStream> { values.iter().map(|value| self.value(value)).collect() };
        match value {
            Value::Bool(flag) => quote!(#flag),
            Value::Int(number) => Literal::i128_unsuffixed(*number).to_token_stream(),
            Value::Float(number) => Literal::f64_unsuffixed(*number).to_token_stream(),
            Value::Text(text) => quote!(#text),
            Value::Parsed(text) => quote!(#text.parse()?),
            Value::Json(text, ty) => {
                let (text, ty) = (raw(text), parts::path(&self.path(ty)));
                quote!(#text.parse::<#ty>()?)
            }
            Value::Path(path) => parts::path(&self.path(path)),
            Value::Call(function, arguments) => {
                let (function, arguments) = (parts::path(&self.path(function)), all(arguments));
                quote!(#function(#(#arguments),*))
            }
            Value::Method(of, method, arguments) => {
                let (of, method, arguments) = (self.value(of), method.ident(), all(arguments));
                quote!(#of.#method(#(#arguments),*))
            }
            Value::Ref(inner) => {
                let inner = self.value(inner);
                quote!(&#inner)
            }
            Value::List(items) if items.is_empty() => quote!(Vec::new()),
            Value::List(items) => {
                let items = all(items);
                quote!(vec![#(#items),*])
            }
            Value::Array(items) => {
                let items = all(items);
                quote!([#(#items),*])
            }
            Value::Tuple(places) => {
                let places = all(places);
                quote!((#(#places,)*))
            }
        }
    }
}

/// Text without escapes, where it can be written so.
fn raw(text: &str) -> TokenStream {
    let raw = format!("r#\"{text}\"#");
    let literal: Option<Literal> = if text.contains("\"#") { None } else { raw.parse().ok() };
    literal.map_or_else(|| quote!(#text), |literal| literal.to_token_stream())
}

/// Items as lines.
///
/// # Panics
/// If they are not Rust, which is a fault of this module.
fn printed(tokens: TokenStream) -> Vec<String> {
    match syn::parse2::<syn::File>(tokens.clone()) {
        Ok(file) => prettyplease::unparse(&file).lines().map(str::to_owned).collect(),
        Err(error) => panic!("an example is not Rust: {error}\n{tokens}"),
    }
}
