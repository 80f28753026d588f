//! Two programs made from a surface: one that uses every item as users of a crate do, and one that implements its traits.
//!
//! In: a surface, and what names mean in the modules of its crate. Out: pieces of code, one behind another, each about one item.
//! The crate is called `subject` in them.

use crate::changes::source::{WEBHOOKS, leaf};
use crate::changes::surface::{Item, Kind, Names, Surface};
use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use quote::quote;
use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::str::FromStr;
use syn::punctuated::Punctuated;

/// Code about one item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// Its path.
    pub item: String,
    /// Items of a module, which may be in several lines.
    pub code: String,
}

/// A program, and which of its lines are about which piece.
pub struct Program {
    pub text: String,
    lines: Vec<RangeInclusive<usize>>,
}

impl Program {
    /// Puts pieces together, without those that are left out.
    pub fn of(pieces: &[Piece], left_out: &[bool]) -> Self {
        let mut text = "#![allow(warnings)]\n".to_owned();
        let mut next = 2;
        let mut lines = Vec::new();
        for (number, (Piece { code, .. }, left_out)) in pieces.iter().zip(left_out).enumerate() {
            let added =
                if *left_out { String::new() } else { format!("mod i{number} {{\n{USED}{code}\n}}\n") };
            let first = next;
            next += added.lines().count();
            // What is left out has no line.
            #[expect(clippy::reversed_empty_ranges, reason = "no line at all")]
            lines.push(if *left_out { 1..=0 } else { first..=next - 1 });
            text.push_str(&added);
        }
        text.push_str("fn main() {}\n");
        Self { text, lines }
    }

    /// The piece that a line is of.
    pub fn piece(&self, line: usize) -> Option<usize> {
        self.lines.iter().position(|lines| lines.contains(&line))
    }
}

/// Traits whose methods and constants are used without their names.
const USED: &str = "use subject::runtime::Service as _;\n";

/// A piece for each item that users name, and as many as there are ways to use it.
pub fn calls(surface: &Surface, names: &Names) -> Vec<Piece> {
    let writer = Writer { surface, names };
    surface.iter().flat_map(|(path, item)| writer.uses(path, item)).collect()
}

/// What implements traits.
const MINE: &str = "#[derive(Clone)]\nstruct Mine;\n";

/// A piece for each trait and for each of its methods.
pub fn implements(surface: &Surface, names: &Names) -> Vec<Piece> {
    let writer = Writer { surface, names };
    let mut pieces = Vec::new();
    for (path, of) in surface.iter().filter(|(_, item)| item.kind == Kind::Trait) {
        let methods = || surface.iter().filter(|(_, method)| method.parent.as_ref() == Some(path));
        let needed = writer.needed(path);
        let above: Vec<String> = writer.above(of).map(|(path, _)| path.clone()).collect();
        let written: String = above.iter().map(|above| writer.empty(above)).collect();
        let implementation = |body: &str| {
            let needed = needed.iter().filter(|other| *other != body).cloned().collect::<Vec<_>>().join("\n");
            format!("{MINE}{written}impl subject::{path} for Mine {{\n{body}\n{needed}\n}}")
        };
        // One that only stands on others is there for whatever has them.
        if methods().next().is_none() && !above.is_empty() {
            let check = format!("fn is<T: subject::{path}>() {{}}\nfn check() {{ is::<Mine>() }}");
            pieces.push(Piece { item: path.clone(), code: format!("{MINE}{written}{check}") });
            continue;
        }
        pieces.push(Piece { item: path.clone(), code: implementation("") });
        for (name, method) in methods() {
            pieces.push(Piece { item: name.clone(), code: implementation(&writer.method(name, method)) });
        }
    }
    pieces
}

/// Implementations for `Answers` of the traits whose methods are operations. `body` writes those that are to do something; its
/// arguments are called `a1`, `a2` and so on.
pub fn answers(surface: &Surface, names: &Names, body: impl Fn(&str, &Item) -> Option<String>) -> String {
    let writer = Writer { surface, names };
    let mut text = String::new();
    for (path, _) in surface.iter().filter(|(_, item)| item.kind == Kind::Trait) {
        let methods = || surface.iter().filter(|(_, method)| method.parent.as_ref() == Some(path));
        let has_operations = path != WEBHOOKS && methods().any(|(_, method)| !method.wire.is_empty());
        let methods: Vec<String> = methods()
            .filter_map(|(name, method)| Some(writer.method_with(name, method, &body(name, method)?)))
            .collect();
        if has_operations {
            text.push_str(&format!("impl subject::{path} for Answers {{\n{}\n}}\n", methods.join("\n")));
        }
    }
    text
}

struct Writer<'a> {
    surface: &'a Surface,
    names: &'a Names,
}

/// Traits of the standard library and of serde that are nowhere named in generated code but by derives.
const KNOWN_TRAITS: &[(&str, &str)] = &[
    ("Debug", "::std::fmt::Debug"),
    ("Display", "::std::fmt::Display"),
    ("FromStr", "::std::str::FromStr"),
    ("Error", "::std::error::Error"),
    ("Deref", "::std::ops::Deref"),
    ("DerefMut", "::std::ops::DerefMut"),
    ("Serialize", "::serde::Serialize"),
    ("Deserialize", "::serde::de::DeserializeOwned"),
];

impl Writer<'_> {
    fn uses(&self, path: &str, item: &Item) -> Vec<Piece> {
        let one = |code: String| vec![Piece { item: path.to_owned(), code }];
        let of_parent = item.parent.as_ref().and_then(|parent| Some((parent, self.surface.get(parent)?)));
        match (item.kind, of_parent) {
            (Kind::Struct | Kind::Enum, _) => self.whole(path, item),
            (Kind::Alias, _) => {
                one(format!("pub fn given(x: subject::{path}) -> {} {{ x }}", self.ty(item, None, &item.ty)))
            }
            (Kind::Trait, _) => one(format!("pub fn given<T: subject::{path}>() {{}}")),
            (Kind::Module, _) => one(format!("use subject::{path} as _;")),
            (Kind::Export, _) => one(format!("pub use subject::{path};")),
            (Kind::Const, _) => one(format!(
                "pub fn given() {{ let _: {} = subject::{path}; }}",
                self.ty(item, item.parent.as_deref(), &item.ty)
            )),
            (Kind::Field, Some((parent, of))) => {
                let (generics, owner) = self.owner(parent, of);
                let ty = self.ty(item, Some(parent), &item.ty);
                let name = leaf(path);
                one(format!(
                    "pub fn read{generics}(x: &{owner}) {{ let _: &{ty} = &x.{name}; }}\n\
                     pub fn write{generics}(x: &mut {owner}, y: {ty}) {{ x.{name} = y; }}"
                ))
            }
            (Kind::Variant, Some((parent, _))) => one(self.variant(path, parent, item)),
            (Kind::Implementation, Some((parent, of))) => self.implementation(path, parent, of, item),
            (Kind::Function, of_parent) => {
                // A method of a tag's trait is one of the whole, too.
                let parent = of_parent.map(|(parent, _)| parent.as_str()).unwrap_or_default();
                let all = self.surface.iter().filter(|(_, all)| all.kind == Kind::Trait);
                let all = all.filter(|(_, all)| self.above(all).any(|(above, _)| above == parent));
                let bounds = of_parent.map(|(parent, _)| parent).into_iter().chain(all.map(|(all, _)| all));
                let bounds: Vec<Option<&String>> = bounds.map(Some).collect();
                let bounds = if bounds.is_empty() { vec![None] } else { bounds };
                let calls = bounds.into_iter().map(|bound| self.call(path, item, of_parent, bound));
                calls.map(|code| Piece { item: path.to_owned(), code }).collect()
            }
            _ => Vec::new(),
        }
    }

    /// A type by its name, and with everything that it has, where nothing may come.
    fn whole(&self, path: &str, item: &Item) -> Vec<Piece> {
        let (generics, owner) = self.owner(path, item);
        let named = Piece { item: path.to_owned(), code: format!("pub fn given{generics}(x: {owner}) {{}}") };
        let parts = || self.surface.iter().filter(|(_, part)| part.parent.as_deref() == Some(path));
        let of_kind =
            |kind| parts().filter(move |(_, part)| part.kind == kind).map(|(name, part)| (leaf(name), part));
        let mut pieces = vec![named];
        if !item.is_open && item.kind == Kind::Struct {
            let fields: String = of_kind(Kind::Field).map(|(name, _)| format!("{name}: _, ")).collect();
            pieces.push(Piece {
                item: path.to_owned(),
                code: format!(
                    "pub fn all{generics}(x: {owner}) {{ let subject::{path} {{ {fields} }} = x; }}"
                ),
            });
        } else if !item.is_open {
            let arms: String = of_kind(Kind::Variant)
                .map(|(name, part)| format!("subject::{path}::{name}{} => {{}} ", blanks(&part.ty)))
                .collect();
            pieces.push(Piece {
                item: path.to_owned(),
                code: format!("pub fn all{generics}(x: {owner}) {{ match x {{ {arms} }} }}"),
            });
        }
        pieces
    }

    fn variant(&self, path: &str, parent: &str, item: &Item) -> String {
        let types = payload(&item.ty);
        let types: Vec<String> = types.iter().map(|ty| self.ty(item, Some(parent), ty)).collect();
        if item.ty.starts_with('{') || types.is_empty() {
            let fields = if item.ty.is_empty() { "" } else { " { .. }" };
            let made = if item.ty.is_empty() {
                format!("pub fn make() -> subject::{parent} {{ subject::{path} }}\n")
            } else {
                String::new()
            };
            return format!(
                "{made}pub fn read(x: subject::{parent}) {{ match x {{ subject::{path}{fields} => {{}} _ => {{}} }} }}"
            );
        }
        let names: Vec<String> = (0..types.len()).map(|number| format!("a{number}")).collect();
        let taken: Vec<String> = names.iter().zip(&types).map(|(name, ty)| format!("{name}: {ty}")).collect();
        let wanted: String = names
            .iter()
            .zip(&types)
            .map(|(name, ty)| format!("{{ fn want(_: {ty}) {{}} want({name}) }} "))
            .collect();
        let (names, taken) = (names.join(", "), taken.join(", "));
        format!(
            "pub fn make({taken}) -> subject::{parent} {{ subject::{path}({names}) }}\n\
             pub fn read(x: subject::{parent}) {{ match x {{ subject::{path}({names}) => {{ {wanted} }} _ => {{}} }} }}"
        )
    }

    fn implementation(&self, path: &str, parent: &str, of: &Item, item: &Item) -> Vec<Piece> {
        let Some((_, name)) = path.split_once(": ") else { return Vec::new() };
        // They come and go with the types of fields, and are promised to nobody.
        if crate::changes::source::UNPROMISED.contains(&name) {
            return Vec::new();
        }
        let (parameters, owner) = if item.owner.is_empty() {
            let (generics, owner) = self.owner(parent, of);
            // What is derived asks the same of all parameters.
            let each = generics.trim_start_matches('<').trim_end_matches('>').split(", ");
            let each = each.filter(|one| !one.is_empty());
            (
                each.map(|one| format!("{} : {}", one.trim_end_matches([' ', ':']), self.known(item, name)))
                    .collect(),
                owner,
            )
        } else {
            (self.all_bounds(item, Some(parent)).0, self.ty(item, Some(parent), &item.owner))
        };
        let generics = bounds(&(parameters.clone(), Vec::new()));
        let of_trait = self.known(item, name);
        let names: String =
            parameters.iter().map(|one| format!("{}, ", one.split(" :").next().unwrap_or(one))).collect();
        let more: String = parameters.iter().map(|one| format!("{one}, ")).collect();
        let method = match name {
            "Clone" => format!("pub fn call{generics}(x: &{owner}) -> {owner} {{ x.clone() }}\n"),
            "Default" if generics.is_empty() => {
                format!("pub fn call() -> {owner} {{ <{owner}>::default() }}\n")
            }
            _ => String::new(),
        };
        vec![Piece {
            item: path.to_owned(),
            code: format!(
                "{method}pub fn has{generics}(x: {owner}) {{ fn want<{more}Of: {of_trait}>(_: Of) {{}} want::<{names}_>(x) }}"
            ),
        }]
    }

    /// A trait as those outside write it.
    fn known(&self, item: &Item, name: &str) -> String {
        let known = KNOWN_TRAITS.iter().find(|(known, _)| *known == name).map(|(_, path)| (*path).to_owned());
        known.unwrap_or_else(|| self.ty(item, None, name))
    }

    /// The traits of the crate that one stands on.
    fn above<'s>(&'s self, of: &'s Item) -> impl Iterator<Item = (&'s String, &'s Item)> {
        let names = of.ty.split(" + ").map(|above| self.ty(of, None, above));
        let paths =
            names.filter_map(|name| name.replace(' ', "").strip_prefix("subject::").map(str::to_owned));
        paths.filter_map(|path| self.surface.get_key_value(&path))
    }

    /// Methods that an implementation of a trait has to have.
    fn needed(&self, path: &str) -> Vec<String> {
        let methods = self.surface.iter().filter(|(_, method)| method.parent.as_deref() == Some(path));
        methods
            .filter(|(_, method)| !method.is_open)
            .map(|(name, method)| self.method(name, method))
            .collect()
    }

    /// An implementation with nothing but these.
    fn empty(&self, path: &str) -> String {
        format!("impl subject::{path} for Mine {{\n{}\n}}\n", self.needed(path).join("\n"))
    }

    /// A call of a function; of a method, on whatever has the trait that `bound` names.
    fn call(
        &self,
        path: &str,
        item: &Item,
        of_parent: Option<(&String, &Item)>,
        bound: Option<&String>,
    ) -> String {
        let parent = of_parent.map(|(path, _)| path.as_str());
        let mut all = self.all_bounds(item, parent);
        let mut taken = Vec::new();
        let mut passed = Vec::new();
        let mut receiver = None;
        for (number, (name, ty)) in item.arguments.iter().enumerate() {
            let Some((parent, of)) = of_parent.filter(|_| name == "self") else {
                taken.push(format!("a{number}: {}", self.ty(item, parent, ty)));
                passed.push(format!("a{number}"));
                continue;
            };
            let owner = match of.kind {
                Kind::Trait => {
                    all.0.push(format!("This: subject::{}", bound.unwrap_or(parent)));
                    "This".to_owned()
                }
                _ if item.owner.is_empty() => self.owner(parent, of).1,
                _ => self.ty(item, Some(parent), &item.owner),
            };
            let reference = match ty.replace(' ', "").as_str() {
                "&self" => "&",
                "&mutself" => "&mut ",
                _ => "",
            };
            taken.push(format!("this: {reference}{owner}"));
            receiver = Some(());
        }
        let name = leaf(path);
        let called = match (receiver, of_parent) {
            (Some(()), _) => format!("this.{name}"),
            (None, Some((parent, of))) if of.kind != Kind::Trait => format!("subject::{parent}::{name}"),
            _ => format!("subject::{path}"),
        };
        let of_trait = of_parent.filter(|(parent, of)| of.kind == Kind::Trait && bound == Some(parent));
        let import = of_trait.map(|(parent, _)| format!("use subject::{parent} as _;\n")).unwrap_or_default();
        let ty = if item.ty.is_empty() { "()".to_owned() } else { self.ty(item, parent, &item.ty) };
        let generics = bounds(&all);
        let (given, wanted) = (taken.join(", "), passed.join(", "));
        // Parameters that no argument tells are given.
        let takes_any = item.arguments.iter().any(|(_, ty)| ty.split(' ').any(|token| token == "impl"));
        let own: Vec<&str> = item
            .bounds
            .parameters
            .iter()
            .filter(|one| !one.starts_with('\''))
            .map(|one| one.split(' ').next().unwrap_or(one))
            .collect();
        let is_free = of_parent.is_none() && !takes_any && !own.is_empty();
        let turbofish = if is_free { format!("::<{}>", own.join(", ")) } else { String::new() };
        let wants = if ty.split(' ').any(|token| token == "impl") {
            format!("fn want(_: {ty}) {{}} want({called}({wanted}));")
        } else {
            format!("let _: {ty} = {called}{turbofish}({wanted});")
        };
        format!("{import}pub fn call{generics}({given}) {{ {wants} }}")
    }

    /// A method of a trait as an implementation writes it.
    fn method(&self, path: &str, item: &Item) -> String {
        let body = if item.ty.starts_with("impl Future") { "::std::future::pending()" } else { "loop {}" };
        self.method_with(path, item, body)
    }

    fn method_with(&self, path: &str, item: &Item, body: &str) -> String {
        let parent = item.parent.as_deref();
        let arguments = item.arguments.iter().enumerate().map(|(number, (name, ty))| match name.as_str() {
            "self" => ty.clone(),
            _ => format!("a{number}: {}", self.own(item, ty)),
        });
        let arguments = arguments.collect::<Vec<_>>().join(", ");
        let result =
            if item.ty.is_empty() { String::new() } else { format!(" -> {}", self.own(item, &item.ty)) };
        let all = self.all_bounds(item, parent);
        format!(
            "fn {}{}({arguments}){result} {} {{ {body} }}",
            leaf(path),
            parameters(&all),
            predicates(&all)
        )
    }

    /// The parameters of a type, and the type with them.
    fn owner(&self, path: &str, item: &Item) -> (String, String) {
        let Some((_, generics)) = item.arguments.first() else {
            return (String::new(), format!("subject::{path}"));
        };
        let Ok(generics) = syn::parse_str::<syn::Generics>(generics) else {
            return (String::new(), format!("subject::{path}"));
        };
        let params = generics.params.iter().map(|one| match one {
            syn::GenericParam::Type(one) => {
                let (name, bounds) = (&one.ident, &one.bounds);
                quote!(#name: #bounds).to_string()
            }
            other => quote!(#other).to_string(),
        });
        let params: Vec<String> = params.map(|one| self.ty(item, None, &one)).collect();
        let (_, names, _) = generics.split_for_impl();
        (format!("<{}>", params.join(", ")), format!("subject::{path}{}", quote!(#names)))
    }

    fn all_bounds(&self, item: &Item, parent: Option<&str>) -> (Vec<String>, Vec<String>) {
        let all = |list: &[String]| list.iter().map(|one| self.ty(item, parent, one)).collect::<Vec<_>>();
        (all(&item.bounds.parameters), all(&item.bounds.predicates))
    }

    /// Tokens of a crate's own code as those outside write them; `Self` is the parent.
    fn ty(&self, item: &Item, parent: Option<&str>, tokens: &str) -> String {
        self.outside(item, parent, tokens)
    }

    /// The same within an implementation, where `Self` is what it is.
    fn own(&self, item: &Item, tokens: &str) -> String {
        self.outside(item, None, tokens)
    }

    fn outside(&self, item: &Item, parent: Option<&str>, tokens: &str) -> String {
        let Ok(stream) = TokenStream::from_str(tokens) else { return tokens.to_owned() };
        let empty = BTreeMap::new();
        let names = item.module.as_ref().and_then(|module| self.names.get(module)).unwrap_or(&empty);
        let is_trait =
            parent.and_then(|parent| self.surface.get(parent)).is_some_and(|of| of.kind == Kind::Trait);
        let meaning = |name: &str| -> Option<String> {
            if name == "Self" {
                return match parent {
                    Some(_) if is_trait => Some("This".to_owned()),
                    Some(_) if !item.owner.is_empty() => Some(self.outside(item, None, &item.owner)),
                    Some(parent) => {
                        Some(self.surface.get(parent).map_or_else(String::new, |of| self.owner(parent, of).1))
                    }
                    None => None,
                };
            }
            let path = names
                .get(name)
                .or_else(|| self.names.values().find_map(|names| names.get(name)))
                .filter(|path| !path.is_empty())?;
            Some(if path.starts_with("::") { path.clone() } else { format!("subject::{path}") })
        };
        written(stream, &meaning).to_string()
    }
}

/// Tokens in which names that begin a path have the meaning that they have elsewhere.
fn written(stream: TokenStream, meaning: &dyn Fn(&str) -> Option<String>) -> TokenStream {
    let tokens: Vec<TokenTree> = stream.into_iter().collect();
    let is = |at: Option<&TokenTree>, sign: char| matches!(at, Some(TokenTree::Punct(punct)) if punct.as_char() == sign);
    let before = |at: usize, back: usize| at.checked_sub(back).and_then(|at| tokens.get(at));
    let mut out = TokenStream::new();
    for (at, token) in tokens.iter().enumerate() {
        match token {
            TokenTree::Group(group) => {
                let mut inner = Group::new(group.delimiter(), written(group.stream(), meaning));
                inner.set_span(group.span());
                out.extend([TokenTree::Group(inner)]);
            }
            TokenTree::Ident(name) => {
                let is_later = is(before(at, 1), ':') && is(before(at, 2), ':') || is(before(at, 1), '\'');
                // The name of an associated type, or of a parameter.
                let is_named = is(tokens.get(at + 1), '=')
                    || is(tokens.get(at + 1), ':') && !is(tokens.get(at + 2), ':');
                let meant = if is_later || is_named { None } else { meaning(&name.to_string()) };
                match meant.and_then(|path| TokenStream::from_str(&path).ok()) {
                    Some(path) => out.extend(path),
                    None => out.extend([token.clone()]),
                }
            }
            _ => out.extend([token.clone()]),
        }
    }
    out
}

fn parameters((parameters, _): &(Vec<String>, Vec<String>)) -> String {
    let mut parameters = parameters.clone();
    parameters.sort_by_key(|one| !one.starts_with('\''));
    if parameters.is_empty() { String::new() } else { format!("<{}>", parameters.join(", ")) }
}

fn predicates((_, predicates): &(Vec<String>, Vec<String>)) -> String {
    if predicates.is_empty() { String::new() } else { format!("where {}", predicates.join(", ")) }
}

/// Parameters in angle brackets. What stands behind `where` goes there, too: each is about one of them.
fn bounds(all: &(Vec<String>, Vec<String>)) -> String {
    let mut list = all.0.clone();
    for predicate in &all.1 {
        let Some((of, bound)) = predicate.split_once(" : ") else { continue };
        match list.iter_mut().find(|one| *one == of || one.starts_with(&format!("{of} :"))) {
            Some(one) if one.contains(" : ") => one.push_str(&format!(" + {bound}")),
            Some(one) => one.push_str(&format!(" : {bound}")),
            // `Self: Sized` and the like, which every type is that is passed.
            None => {}
        }
    }
    parameters(&(list, Vec::new()))
}

/// The types in the parentheses of a variant.
fn payload(tokens: &str) -> Vec<String> {
    let Ok(stream) = TokenStream::from_str(tokens) else { return Vec::new() };
    let Some(TokenTree::Group(group)) = stream.into_iter().next() else { return Vec::new() };
    if group.delimiter() != Delimiter::Parenthesis {
        return Vec::new();
    }
    let read = Punctuated::<syn::Field, syn::Token![,]>::parse_terminated_with;
    let fields = syn::parse::Parser::parse2(
        |input: syn::parse::ParseStream<'_>| read(input, syn::Field::parse_unnamed),
        group.stream(),
    );
    let types = fields.into_iter().flatten().map(|field| {
        let ty = field.ty;
        quote!(#ty).to_string()
    });
    types.collect()
}

/// A pattern of a variant's payload that takes anything.
fn blanks(tokens: &str) -> String {
    match tokens.chars().next() {
        Some('(') => format!("({})", vec!["_"; payload(tokens).len()].join(", ")),
        Some('{') => " { .. }".to_owned(),
        _ => String::new(),
    }
}
