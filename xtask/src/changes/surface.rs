//! What users of a generated crate can name, read from its files.

use super::derived;
use quote::ToTokens;
use std::collections::{BTreeMap, BTreeSet};
use syn::{Attribute, Fields, ImplItem, Item as Code, ReturnType, TraitItem, UseTree, Visibility};

/// The public items of a crate by their paths: `models::Pet`, `models::Pet.name`, `models::Pet::new`, `models::Pet: Clone`.
pub type Surface = BTreeMap<String, Item>;

/// What an item is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A struct.
    Struct,
    /// An enum.
    Enum,
    /// A trait.
    Trait,
    /// A type alias.
    Alias,
    /// A constant.
    Const,
    /// A free function, an associated one, or a method.
    Function,
    /// A field of a struct.
    Field,
    /// A variant of an enum.
    Variant,
    /// That a type has a trait.
    Implementation,
    /// A name of another crate.
    Export,
    /// A module.
    Module,
}

/// What stands in angle brackets behind `fn` or `impl`, and behind `where`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Bounds {
    /// `T : Clone`, one behind another.
    pub parameters: Vec<String>,
    /// `T : Clone`, one behind another.
    pub predicates: Vec<String>,
}

impl Bounds {
    fn of(generics: &syn::Generics) -> Self {
        let predicates = generics.where_clause.iter().flat_map(|clause| &clause.predicates);
        Self {
            parameters: generics.params.iter().map(text).collect(),
            predicates: predicates.map(text).collect(),
        }
    }

    /// Those of an `impl` before those of a method.
    fn behind(self, outer: Self) -> Self {
        Self {
            parameters: outer.parameters.into_iter().chain(self.parameters).collect(),
            predicates: outer.predicates.into_iter().chain(self.predicates).collect(),
        }
    }
}

/// A public item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// What it is.
    pub kind: Kind,
    /// The item that it is part of.
    pub parent: Option<String>,
    /// Names and types of arguments.
    pub arguments: Vec<(String, String)>,
    /// The type: of a field, of a result, of what an alias stands for; the payload of a variant.
    pub ty: String,
    /// What a function is generic over, and what that has to be.
    pub bounds: Bounds,
    /// The type that a method is written for, as its `impl` names it, where that is more than a name.
    pub owner: String,
    /// The module that it is written in, whatever exports it; nothing until that is known.
    pub module: Option<String>,
    /// What it is on the wire: a property's name, an enum's text, an operation's route, a constant's value.
    pub wire: String,
    /// Whether others must be prepared for more: `#[non_exhaustive]`, or a method with a default body.
    pub is_open: bool,
    /// Whether it is deprecated.
    pub is_deprecated: bool,
    /// The features without which it is not there.
    pub features: BTreeSet<String>,
    /// Its documentation.
    pub docs: String,
}

/// Reads the files of a crate.
///
/// # Errors
/// A file is not Rust; the text says which and where.
pub fn read(files: &BTreeMap<String, String>) -> Result<Surface, String> {
    collected(files).map(|(reader, _)| reader.surface)
}

/// What each module calls items of this crate and of the runtime, by the paths at which users find them.
pub type Names = BTreeMap<String, BTreeMap<String, String>>;

/// Reads the files of a crate, and what the names in them mean.
///
/// # Errors
/// A file is not Rust; the text says which and where.
pub fn read_with_names(files: &BTreeMap<String, String>) -> Result<(Surface, Names), String> {
    let (reader, parsed) = collected(files)?;
    let names = parsed.iter().map(|(module, file)| (module.clone(), reader.meanings(module, &file.items)));
    let names = names.collect();
    Ok((reader.surface, names))
}

/// Modules by their paths.
type Parsed = BTreeMap<String, syn::File>;

fn collected(files: &BTreeMap<String, String>) -> Result<(Reader, Parsed), String> {
    let mut reader = Reader::default();
    let mut parsed = BTreeMap::new();
    for (path, text) in files {
        let file = syn::parse_file(text).map_err(|error| {
            let at = error.span().start();
            format!("{path}:{}:{}: {error}", at.line, at.column + 1)
        })?;
        parsed.insert(module_of(path), file);
    }
    // Modules first: where they are private, their items are known by what exports them.
    for (module, file) in &parsed {
        for item in &file.items {
            if let Code::Mod(declared) = item {
                let name = join(module, &declared.ident.to_string());
                let is_public = is_public(&declared.vis) && !is_hidden(&declared.attrs);
                reader.modules.insert(name, (is_public, features(&declared.attrs)));
            }
        }
        reader.exports(module, &file.items);
    }
    for (module, (is_public, features)) in reader.modules.clone() {
        let above = module.rsplit_once("::").map_or("", |(above, _)| above);
        if is_public && reader.is_reachable(above) {
            let path = reader.place(&module).path;
            reader.surface.insert(path, Item { features, ..blank(Kind::Module) });
        }
    }
    for (module, file) in &parsed {
        let place = reader.place(module);
        let imports = reader.imports(&file.items);
        reader.module = Some(module.clone());
        reader.items(&file.items, &Place { imports, ..place });
    }
    reader.finish();
    Ok((reader, parsed))
}

/// `params.rs` is `params`, `pets/mod.rs` is `pets`, `as/mod.rs` is `r#as`, `lib.rs` is the root.
fn module_of(path: &str) -> String {
    let path = path.trim_end_matches(".rs").trim_end_matches("/mod");
    if path == "lib" {
        return String::new();
    }
    let name = |name: &str| match syn::parse_str::<syn::Ident>(name) {
        Ok(_) => name.to_owned(),
        Err(_) => format!("r#{name}"),
    };
    path.split('/').map(name).collect::<Vec<_>>().join("::")
}

fn join(module: &str, name: &str) -> String {
    if module.is_empty() { name.to_owned() } else { format!("{module}::{name}") }
}

/// Where items are read.
#[derive(Clone, Default)]
struct Place {
    path: String,
    features: BTreeSet<String>,
    /// What names mean that are imported, as paths that users know.
    imports: BTreeMap<String, String>,
}

#[derive(Default)]
struct Reader {
    surface: Surface,
    /// Whether modules are public, and the features that they need.
    modules: BTreeMap<String, (bool, BTreeSet<String>)>,
    /// Modules whose items another module exports: that one, and the features that it needs to do so.
    exported: BTreeMap<String, (String, BTreeSet<String>)>,
    /// Rules of serde for the fields of structs, by the paths of these.
    rules: BTreeMap<String, String>,
    /// Fields of structs of parameters, and what a client sends them as.
    sent: Vec<(String, String)>,
    /// The module that is being read.
    module: Option<String>,
}

impl Reader {
    /// Whether a module and those around it are public.
    fn is_reachable(&self, module: &str) -> bool {
        let mut at = String::new();
        module.split("::").filter(|name| !name.is_empty()).all(|name| {
            at = join(&at, name);
            self.modules.get(&at).is_some_and(|(is_public, _)| *is_public)
        })
    }

    /// The path under which a module's items are known, and the features that they need.
    fn place(&self, module: &str) -> Place {
        let (mut path, mut at, mut needs) = (String::new(), String::new(), BTreeSet::new());
        for name in module.split("::").filter(|name| !name.is_empty()) {
            at = join(&at, name);
            let (public, features) = self.modules.get(&at).cloned().unwrap_or((true, BTreeSet::new()));
            needs.extend(features);
            if public {
                path = join(&path, name);
            }
        }
        if let Some((by, features)) = self.exported.get(module) {
            path = self.place(by).path;
            needs.extend(features.iter().cloned());
        }
        Place { path, features: needs, ..Place::default() }
    }

    /// Notes which modules' items this one exports.
    fn exports(&mut self, module: &str, items: &[Code]) {
        for item in items {
            match item {
                Code::Use(item) if is_public(&item.vis) => {
                    let mut names = Vec::new();
                    flatten("", &item.tree, &mut names);
                    for (_, from) in names {
                        let of = from.strip_prefix("crate::").and_then(|from| from.rsplit_once("::"));
                        if let Some((of, _)) = of {
                            let by = (module.to_owned(), features(&item.attrs));
                            self.exported.insert(of.to_owned(), by);
                        }
                    }
                }
                Code::Mod(inner) => {
                    let inside =
                        inner.content.as_ref().map(|(_, items)| items.as_slice()).unwrap_or_default();
                    self.exports(&join(module, &inner.ident.to_string()), inside);
                }
                _ => {}
            }
        }
    }

    /// What imported names mean: those of this crate, and those of the runtime, which the root exports.
    fn imports(&self, items: &[Code]) -> BTreeMap<String, String> {
        let meaning = |(name, from): (String, String)| {
            let (module, _) = from.rsplit_once("::")?;
            let path = match module.strip_prefix("crate::") {
                Some(module) => join(&self.place(module).path, &name),
                None if module.starts_with("runtime") => name.clone(),
                None => return None,
            };
            Some((name, path))
        };
        imported(items).into_iter().filter_map(meaning).collect()
    }

    /// What names mean in a module, to users: what is imported by name, else what is written there, else what comes with `*`.
    fn meanings(&self, module: &str, items: &[Code]) -> BTreeMap<String, String> {
        let imported = imported(items);
        let own = |module: &str, meanings: &mut BTreeMap<String, String>| {
            let path = self.place(module).path;
            let within = self.surface.keys().filter_map(|key| {
                let rest = if path.is_empty() {
                    key.as_str()
                } else {
                    key.strip_prefix(&path)?.strip_prefix("::")?
                };
                (!rest.contains([':', '.'])).then(|| (rest.to_owned(), key.clone()))
            });
            for (name, key) in within {
                meanings.entry(name).or_insert(key);
            }
        };
        let mut meanings = BTreeMap::new();
        for (name, from) in imported.iter().filter(|(name, _)| name != "*") {
            let meaning = match (from.strip_prefix("crate::"), from.starts_with("runtime")) {
                (Some(from), _) => match from.rsplit_once("::") {
                    Some((module, last)) => join(&self.place(module).path, last),
                    None => from.to_owned(),
                },
                (None, true) => from.clone(),
                (None, false) => format!("::{from}"),
            };
            meanings.insert(name.clone(), meaning);
        }
        own(module, &mut meanings);
        for (_, from) in imported.iter().filter(|(name, _)| name == "*") {
            if let Some(of) = from.strip_prefix("crate::").and_then(|from| from.strip_suffix("::*")) {
                own(of, &mut meanings);
            }
        }
        meanings
    }

    fn insert(&mut self, path: String, item: Item) {
        let module = item.module.or_else(|| self.module.clone());
        self.surface.insert(path, Item { module, ..item });
    }

    fn items(&mut self, items: &[Code], place: &Place) {
        for item in items {
            self.item(item, place);
        }
    }

    fn item(&mut self, code: &Code, place: &Place) {
        match code {
            Code::Struct(item) if is_public(&item.vis) => {
                let path =
                    self.add(place, &item.ident.to_string(), Kind::Struct, &item.attrs, &item.generics);
                self.rules.insert(path.clone(), serde(&item.attrs, "rename_all").unwrap_or_default());
                // What a member of a union is told by.
                let tag = serde(&item.attrs, "tag").zip(serde(&item.attrs, "rename"));
                if let (Some((tag, text)), Some(of)) = (tag, self.surface.get_mut(&path)) {
                    of.wire = format!("{tag}: {text}");
                }
                let (methods, traits): (Vec<String>, Vec<String>) =
                    derives(&item.attrs).partition(|name| derived::DERIVES.contains(&name.as_str()));
                traits.iter().for_each(|of_trait| self.has(&path, of_trait));
                self.fields(&path, &item.fields);
                // Nobody outside can write all of its fields.
                if let Some(of) = self.surface.get_mut(&path) {
                    of.is_open |= item.fields.iter().any(|field| !is_public(&field.vis));
                }
                for (name, method) in derived::methods(item, |name| methods.iter().any(|own| own == name)) {
                    let method = Item { parent: Some(path.clone()), ..method };
                    self.insert(format!("{path}::{name}"), method);
                }
            }
            Code::Enum(item) if is_public(&item.vis) => {
                let path = self.add(place, &item.ident.to_string(), Kind::Enum, &item.attrs, &item.generics);
                derives(&item.attrs).for_each(|of_trait| self.has(&path, &of_trait));
                // Variants without values are numbers, in this order.
                if item.variants.iter().all(|variant| variant.fields.is_empty()) {
                    let names: Vec<String> =
                        item.variants.iter().map(|variant| variant.ident.to_string()).collect();
                    if let Some(of) = self.surface.get_mut(&path) {
                        of.wire = names.join(", ");
                    }
                }
                for variant in &item.variants {
                    let mut part = self.part(&path, Kind::Variant, &variant.attrs);
                    part.ty = words(&variant.fields);
                    part.wire = serde(&variant.attrs, "rename").unwrap_or_default();
                    self.insert(format!("{path}::{}", variant.ident), part);
                }
            }
            Code::Trait(item) if is_public(&item.vis) => {
                let path = self.add(place, &item.ident.to_string(), Kind::Trait, &item.attrs, &item.generics);
                if let Some(of_trait) = self.surface.get_mut(&path) {
                    of_trait.ty = above(item);
                }
                for part in &item.items {
                    if let TraitItem::Fn(method) = part {
                        let is_open = method.default.is_some();
                        self.function(&path, &method.attrs, &method.sig, is_open);
                    }
                }
            }
            Code::Type(item) if is_public(&item.vis) => {
                let path = self.add(place, &item.ident.to_string(), Kind::Alias, &item.attrs, &item.generics);
                if let Some(alias) = self.surface.get_mut(&path) {
                    alias.ty = words(&item.ty);
                }
            }
            Code::Const(item) if is_public(&item.vis) => {
                let path = self.add(place, &item.ident.to_string(), Kind::Const, &item.attrs, &item.generics);
                if let Some(constant) = self.surface.get_mut(&path) {
                    (constant.ty, constant.wire) = (text(&item.ty), text(&item.expr));
                }
            }
            Code::Fn(item) if is_public(&item.vis) => {
                let mut function = signature(&item.attrs, &item.sig, false);
                function.features.extend(place.features.iter().cloned());
                self.insert(join(&place.path, &item.sig.ident.to_string()), function);
            }
            Code::Impl(item) => self.implementation(item, place),
            Code::Mod(item) if is_public(&item.vis) && !is_hidden(&item.attrs) => {
                if let Some((_, items)) = &item.content {
                    let mut needs = place.features.clone();
                    needs.extend(features(&item.attrs));
                    let path = join(&place.path, &item.ident.to_string());
                    self.items(items, &Place { path, features: needs, ..Place::default() });
                }
            }
            Code::Use(item) if is_public(&item.vis) => {
                let mut needs = place.features.clone();
                needs.extend(features(&item.attrs));
                let mut names = Vec::new();
                flatten("", &item.tree, &mut names);
                // What is of the root is known there, too.
                let is_known = |from: &str| from.starts_with("runtime") || from.matches("::").count() == 1;
                let kept = names.into_iter().filter(|(_, from)| is_known(from) && !from.ends_with('*'));
                for (name, from) in kept.filter(|_| !is_hidden(&item.attrs)) {
                    let export = Item { ty: from, features: needs.clone(), ..blank(Kind::Export) };
                    self.insert(join(&place.path, &name), export);
                }
            }
            Code::Macro(item) => {
                let called = item.mac.path.segments.last().map(|last| last.ident.to_string());
                let tokens = item.mac.tokens.to_string();
                match called.as_deref() {
                    Some("text_enum") => {
                        if let Ok(item) = syn::parse2(item.mac.tokens.clone()) {
                            self.texts(item, place);
                        }
                    }
                    Some("params") => {
                        for item in derived::alike(item.mac.tokens.clone()).unwrap_or_default() {
                            self.item(&Code::Struct(item), place);
                        }
                    }
                    Some("identifier") => {
                        for of_trait in ["Serialize", "Deserialize"] {
                            self.has(&join(&place.path, tokens.trim()), of_trait);
                        }
                    }
                    Some("alternatives") => {
                        let name = tokens.split('{').next().unwrap_or_default();
                        self.has(&join(&place.path, name.trim()), "Deserialize");
                    }
                    _ => {}
                }
            }
            _ => {}
        }
    }

    fn add(
        &mut self,
        place: &Place,
        name: &str,
        kind: Kind,
        attributes: &[Attribute],
        generics: &syn::Generics,
    ) -> String {
        let path = join(&place.path, name);
        let mut item = described(kind, attributes);
        item.features.extend(place.features.iter().cloned());
        let generics = text(generics);
        if !generics.is_empty() {
            item.arguments.push((String::new(), generics));
        }
        self.insert(path.clone(), item);
        path
    }

    fn part(&self, parent: &str, kind: Kind, attributes: &[Attribute]) -> Item {
        Item { parent: Some(parent.to_owned()), ..described(kind, attributes) }
    }

    fn has(&mut self, path: &str, of_trait: &str) {
        let item = Item { parent: Some(path.to_owned()), ..blank(Kind::Implementation) };
        self.insert(format!("{path}: {of_trait}"), item);
    }

    fn fields(&mut self, path: &str, fields: &Fields) {
        let rule = self.rules.get(path).cloned().unwrap_or_default();
        for (at, field) in fields.iter().enumerate().filter(|(_, field)| is_public(&field.vis)) {
            let name = field.ident.as_ref().map_or_else(|| at.to_string(), ToString::to_string);
            let mut part = self.part(path, Kind::Field, &field.attrs);
            part.ty = words(&field.ty);
            part.wire = serde(&field.attrs, "rename")
                .unwrap_or_else(|| spelled(&rule, name.trim_start_matches("r#")));
            self.insert(format!("{path}.{name}"), part);
        }
    }

    fn function(&mut self, parent: &str, attributes: &[Attribute], code: &syn::Signature, is_open: bool) {
        let mut item = signature(attributes, code, is_open);
        item.parent = Some(parent.to_owned());
        self.insert(format!("{parent}::{}", code.ident), item);
    }

    fn constant(&mut self, parent: &str, code: &syn::ImplItemConst) {
        let mut item = self.part(parent, Kind::Const, &code.attrs);
        item.ty = text(&code.ty);
        // A list of all that there is grows with it.
        if !matches!(code.expr, syn::Expr::Reference(_)) {
            item.wire = text(&code.expr);
        }
        self.insert(format!("{parent}::{}", code.ident), item);
    }

    fn implementation(&mut self, code: &syn::ItemImpl, place: &Place) {
        let syn::Type::Path(of) = &*code.self_ty else { return };
        let Some(last) = of.path.segments.last() else { return };
        let name = last.ident.to_string();
        let path = place.imports.get(&name).cloned().unwrap_or_else(|| join(&place.path, &name));
        let needs = |surface: &mut Surface, part: &str| {
            if let Some(part) = surface.get_mut(part) {
                part.features.extend(place.features.iter().cloned());
            }
        };
        match &code.trait_ {
            Some((of_trait, _)) => {
                // As a derive names it, whatever the path that it is reached by.
                let of_trait = of_trait.segments.last().map(name_of_trait).unwrap_or_default();
                self.has(&path, &of_trait);
                needs(&mut self.surface, &format!("{path}: {of_trait}"));
                if let Some(item) = self.surface.get_mut(&format!("{path}: {of_trait}")) {
                    (item.bounds, item.owner) = (Bounds::of(&code.generics), owner(&code.self_ty));
                    item.bounds.parameters.retain(|parameter| !parameter.starts_with('\''));
                }
                for part in &code.items {
                    if let ImplItem::Fn(method) = part {
                        self.sent.extend(sent(method));
                    }
                }
                // Where the environment has the settings of a client.
                for part in &code.items {
                    if let ImplItem::Const(constant) = part
                        && constant.ident == "ENV_PREFIX"
                    {
                        self.constant(&path, constant);
                    }
                }
            }
            None => {
                for part in &code.items {
                    if let ImplItem::Const(constant) = part
                        && is_public(&constant.vis)
                    {
                        self.constant(&path, constant);
                        needs(&mut self.surface, &format!("{path}::{}", constant.ident));
                    }
                    if let ImplItem::Fn(method) = part
                        && is_public(&method.vis)
                    {
                        self.function(&path, &method.attrs, &method.sig, false);
                        let name = format!("{path}::{}", method.sig.ident);
                        needs(&mut self.surface, &name);
                        if let Some(item) = self.surface.get_mut(&name) {
                            item.bounds = std::mem::take(&mut item.bounds).behind(Bounds::of(&code.generics));
                            item.owner = owner(&code.self_ty);
                        }
                    }
                }
            }
        }
    }

    /// `Name { Variant => "text", ... _ => Unknown, }`
    /// An enum over text, with what its macro adds.
    fn texts(&mut self, mut item: syn::ItemEnum, place: &Place) {
        item.attrs.push(syn::parse_quote!(#[derive(Debug, Clone, PartialEq, Eq, Hash)]));
        item.attrs.push(syn::parse_quote!(#[non_exhaustive]));
        let path = join(&place.path, &item.ident.to_string());
        let texts: Vec<(String, String)> = item
            .variants
            .iter_mut()
            .filter_map(|variant| {
                let (_, text_of) = variant.discriminant.take()?;
                Some((format!("{path}::{}", variant.ident), text(&text_of)))
            })
            .collect();
        self.item(&Code::Enum(item), place);
        for (variant, text) in texts {
            if let Some(variant) = self.surface.get_mut(&variant) {
                variant.wire = text;
            }
        }
        for of_trait in ["Display", "FromStr", "Serialize", "Deserialize"] {
            self.has(&path, of_trait);
        }
    }

    /// What depends on several items.
    fn finish(&mut self) {
        // Methods in a module of its own belong to a type elsewhere; whoever has no parent here is none of ours.
        let parents: BTreeSet<String> = self.surface.keys().cloned().collect();
        self.surface.retain(|_, item| item.parent.as_ref().is_none_or(|parent| parents.contains(parent)));
        for (field, wire) in std::mem::take(&mut self.sent) {
            if let Some(field) = self.surface.get_mut(&field) {
                field.wire = wire;
            }
        }
        // What a part needs beyond the whole.
        let of_parents: BTreeMap<String, BTreeSet<String>> =
            self.surface.iter().map(|(path, item)| (path.clone(), item.features.clone())).collect();
        for item in self.surface.values_mut() {
            if let Some(parent) = item.parent.as_ref().and_then(|parent| of_parents.get(parent)) {
                item.features.retain(|feature| !parent.contains(feature));
            }
        }
    }
}

/// A trait as a derive names it: without lifetimes, such as that of `Deserialize`.
fn name_of_trait(segment: &syn::PathSegment) -> String {
    let is_lifetime = |argument: &syn::GenericArgument| matches!(argument, syn::GenericArgument::Lifetime(_));
    match &segment.arguments {
        syn::PathArguments::AngleBracketed(all) if all.args.iter().all(is_lifetime) => {
            segment.ident.to_string()
        }
        _ => text(segment),
    }
}

/// What a trait stands on, wherever that is said.
fn above(item: &syn::ItemTrait) -> String {
    let predicates = item.generics.where_clause.iter().flat_map(|clause| &clause.predicates);
    let own = predicates.filter_map(|one| text(one).strip_prefix("Self : ").map(str::to_owned));
    let mut own: Vec<String> = own.collect();
    own.sort();
    let direct = Some(text(&item.supertraits)).filter(|direct| !direct.is_empty());
    direct.into_iter().chain(own).collect::<Vec<_>>().join(" + ")
}

/// What a module imports with all features on.
fn imported(items: &[Code]) -> Vec<(String, String)> {
    let is_there = |item: &syn::ItemUse| !features(&item.attrs).iter().any(|cfg| cfg.starts_with("cfg(not("));
    let mut names = Vec::new();
    for item in items {
        match item {
            Code::Use(item) if is_there(item) => flatten("", &item.tree, &mut names),
            _ => {}
        }
    }
    names
}

/// The type that an `impl` is for, where that is more than a name.
fn owner(ty: &syn::Type) -> String {
    let text = text(ty);
    if text.contains(' ') { text } else { String::new() }
}

/// What is derived, by names without paths.
fn derives(attributes: &[Attribute]) -> impl Iterator<Item = String> {
    let lists = attributes.iter().filter(|attribute| attribute.path().is_ident("derive"));
    lists.flat_map(|attribute| {
        let listed = attribute.meta.require_list().map(|list| list.tokens.to_string()).unwrap_or_default();
        let last = |name: &str| name.rsplit("::").next().unwrap_or(name).trim().to_owned();
        listed.split(',').map(last).filter(|name| !name.is_empty()).collect::<Vec<_>>()
    })
}

pub(super) fn blank(kind: Kind) -> Item {
    Item {
        kind,
        parent: None,
        arguments: Vec::new(),
        ty: String::new(),
        bounds: Bounds::default(),
        owner: String::new(),
        module: None,
        wire: String::new(),
        is_open: false,
        is_deprecated: false,
        features: BTreeSet::new(),
        docs: String::new(),
    }
}

fn described(kind: Kind, attributes: &[Attribute]) -> Item {
    Item {
        is_open: attributes.iter().any(|attribute| attribute.path().is_ident("non_exhaustive")),
        is_deprecated: attributes.iter().any(|attribute| attribute.path().is_ident("deprecated")),
        features: features(attributes),
        docs: docs(attributes),
        ..blank(kind)
    }
}

fn signature(attributes: &[Attribute], code: &syn::Signature, is_open: bool) -> Item {
    let arguments = code.inputs.iter().map(|input| match input {
        syn::FnArg::Receiver(receiver) => ("self".to_owned(), text(receiver)),
        syn::FnArg::Typed(typed) => (text(&typed.pat), words(&typed.ty)),
    });
    let described = described(Kind::Function, attributes);
    Item {
        arguments: arguments.collect(),
        ty: match &code.output {
            ReturnType::Default => String::new(),
            ReturnType::Type(_, ty) => words(ty),
        },
        wire: route(&described.docs).unwrap_or_default(),
        bounds: Bounds::of(&code.generics),
        is_open,
        ..described
    }
}

/// The fields of a struct of parameters that a client's method sends, and what they are called then: `query("limit", &params.limit)`.
fn sent(method: &syn::ImplItemFn) -> Vec<(String, String)> {
    let types = method.sig.inputs.iter().filter_map(|input| match input {
        syn::FnArg::Typed(typed) => {
            Some((text(&typed.pat), text(&typed.ty).rsplit(' ').next().unwrap_or_default().to_owned()))
        }
        syn::FnArg::Receiver(_) => None,
    });
    let types: BTreeMap<String, String> = types.collect();
    let mut sent = Vec::new();
    let [syn::Stmt::Expr(code, None)] = &method.block.stmts[..] else { return sent };
    let mut code = code;
    while let syn::Expr::MethodCall(call) = code {
        let texts: Vec<String> = call.args.iter().map(text).collect();
        if let [.., name, value] = &texts[..]
            && let Some((of, field)) = value.strip_prefix("& ").and_then(|value| value.split_once(" . "))
            && let (Some(ty), Ok(name)) = (types.get(of), syn::parse_str::<syn::LitStr>(name))
        {
            // The letters of a header's name do not matter.
            let is_header = call.method.to_string().starts_with("header");
            let wire = if is_header { name.value().to_ascii_lowercase() } else { name.value() };
            sent.push((format!("params::{ty}.{field}"), wire));
        }
        code = &call.receiver;
    }
    sent
}

/// The route that the documentation of an operation ends with, or that a webhook is sent to where nothing else is said.
fn route(docs: &str) -> Option<String> {
    let is_route = |line: &&str| {
        line.split_once(' ').is_some_and(|(verb, path)| {
            verb.len() > 2 && verb.chars().all(|c| c.is_ascii_uppercase()) && path.starts_with('/')
        })
    };
    let quoted = docs.lines().filter_map(|line| line.trim().strip_prefix('`')?.strip_suffix('`'));
    let by_default =
        || docs.lines().find_map(|line| line.split_once("; by default at `")?.1.strip_suffix("`."));
    quoted.rev().find(is_route).or_else(|| by_default().filter(is_route)).map(str::to_owned)
}

fn is_public(visibility: &Visibility) -> bool {
    matches!(visibility, Visibility::Public(_))
}

fn is_hidden(attributes: &[Attribute]) -> bool {
    let docs = attributes.iter().filter(|attribute| attribute.path().is_ident("doc"));
    docs.filter_map(|attribute| attribute.meta.require_list().ok())
        .any(|list| list.tokens.to_string() == "hidden")
}

/// Tokens with a blank between any two, so that a name can be told from the rest.
pub(super) fn text(tokens: &impl ToTokens) -> String {
    // A list over several lines ends with a comma.
    tokens.to_token_stream().to_string().replace(" , >", " >")
}

/// A type, in which each token is a word, names in parentheses and brackets, too.
pub(super) fn words(ty: &impl ToTokens) -> String {
    let signs = [("(", "( "), (")", " )"), ("[", "[ "), ("]", " ]")];
    signs.iter().fold(text(ty), |text, (sign, word)| text.replace(sign, word))
}

fn docs(attributes: &[Attribute]) -> String {
    let lines =
        attributes.iter().filter(|attribute| attribute.path().is_ident("doc")).filter_map(|attribute| {
            match &attribute.meta.require_name_value().ok()?.value {
                syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(text), .. }) => Some(text.value()),
                _ => None,
            }
        });
    lines.collect::<Vec<_>>().join("\n")
}

/// The features of `#[cfg(feature = "...")]` and of `any` and `all` of them.
fn features(attributes: &[Attribute]) -> BTreeSet<String> {
    let conditions = attributes.iter().filter(|attribute| attribute.path().is_ident("cfg"));
    conditions.map(|attribute| text(&attribute.meta).replace(' ', "")).collect()
}

/// A text that serde is told, such as `rename`.
fn serde(attributes: &[Attribute], key: &str) -> Option<String> {
    attributes.iter().filter(|attribute| attribute.path().is_ident("serde")).find_map(|attribute| {
        let mut tokens = attribute.meta.require_list().ok()?.tokens.clone().into_iter();
        tokens.find(|token| token.to_string() == key)?;
        let _equals = tokens.next();
        Some(tokens.next()?.to_string().trim_matches('"').to_owned())
    })
}

/// A field's name as a rule of serde spells it.
fn spelled(rule: &str, name: &str) -> String {
    let pascal = || -> String {
        name.split('_')
            .map(|word| {
                let mut letters = word.chars();
                letters
                    .next()
                    .map(|first| first.to_ascii_uppercase())
                    .into_iter()
                    .chain(letters)
                    .collect::<String>()
            })
            .collect()
    };
    match rule {
        "" | "snake_case" => name.to_owned(),
        "PascalCase" => pascal(),
        "camelCase" => {
            let whole = pascal();
            let mut letters = whole.chars();
            letters.next().map(|first| first.to_ascii_lowercase()).into_iter().chain(letters).collect()
        }
        "kebab-case" => name.replace('_', "-"),
        "SCREAMING_SNAKE_CASE" => name.to_ascii_uppercase(),
        "SCREAMING-KEBAB-CASE" => name.to_ascii_uppercase().replace('_', "-"),
        other => format!("{name} ({other})"),
    }
}

fn flatten(before: &str, tree: &UseTree, names: &mut Vec<(String, String)>) {
    match tree {
        UseTree::Path(path) => flatten(&join(before, &path.ident.to_string()), &path.tree, names),
        UseTree::Name(name) => names.push((name.ident.to_string(), join(before, &name.ident.to_string()))),
        UseTree::Rename(name) => names.push((name.rename.to_string(), join(before, &name.ident.to_string()))),
        UseTree::Glob(_) => names.push(("*".to_owned(), join(before, "*"))),
        UseTree::Group(group) => group.items.iter().for_each(|tree| flatten(before, tree, names)),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

    fn surface(files: &[(&str, &str)]) -> Surface {
        read(&files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect()).unwrap()
    }

    #[test]
    fn a_trait_counts_whether_it_is_derived_or_made_by_a_macro() {
        let derived =
            surface(&[("lib.rs", "#[derive(Serialize, Deserialize)] pub enum Control { Text(Text) }")]);
        let made = "#[derive(Serialize)] pub enum Control { Text(Text) }
            runtime::alternatives!(Control { Text => \"text\", _ => Unknown });";
        assert_eq!(surface(&[("lib.rs", made)]), derived);
        let written = "#[derive(Serialize)] pub enum Control { Text(Text) }
            impl<'de> Deserialize<'de> for Control { fn deserialize() {} }";
        assert_eq!(surface(&[("lib.rs", written)]), derived);
        let derived =
            surface(&[("lib.rs", "#[derive(serde::Serialize, Deserialize)] pub struct Id(String);")]);
        let made = surface(&[("lib.rs", "pub struct Id(String); runtime::identifier!(Id);")]);
        assert_eq!(made, derived);
    }

    #[test]
    fn a_method_counts_whether_it_is_derived_or_written() {
        let fields = "pub id: String, #[into] pub r#type: Kind, #[or_default(3)] pub age: Option<u8>,
            #[into] #[setter(with_clone, clone_null2)] pub clone: Nullable<Kind>, pub owner: Nullable<Vec<u8>>,
            #[or_default(\"a, b\", name_or_default2)] pub name: Option<String>, pub plain: Lenient<i64>,
            pub list: Vec<String>, #[serde(flatten)] pub more: BTreeMap<String, u8>";
        let derived = format!(
            "#[derive(Clone, New, Setters, runtime::derive::OrDefault)] #[new(r#type, id)] pub struct Pet {{ {fields} }}"
        );
        let written = format!(
            "#[derive(Clone)] pub struct Pet {{ {fields} }}
            impl Pet {{
                pub fn new(r#type: impl Into<Kind>, id: impl Into<String>) -> Self {{}}
                pub fn age(mut self, age: u8) -> Self {{}}
                pub fn with_clone(mut self, clone: impl Into<Kind>) -> Self {{}}
                pub fn clone_null2(mut self) -> Self {{}}
                pub fn owner(mut self, owner: Vec<u8>) -> Self {{}}
                pub fn owner_null(mut self) -> Self {{}}
                pub fn name(mut self, name: impl Into<String>) -> Self {{}}
                pub fn plain(mut self, plain: impl Into<Lenient<i64>>) -> Self {{}}
                pub fn list(mut self, list: Vec<String>) -> Self {{}}
                pub fn age_or_default(&self) -> u8 {{}}
                pub fn name_or_default2(&self) -> String {{}}
            }}"
        );
        assert_eq!(surface(&[("lib.rs", &derived)]), surface(&[("lib.rs", &written)]));
    }

    #[test]
    fn structs_count_whether_they_are_written_once_or_each() {
        let once = "runtime::params! {
            ListPets of Api::list_pets, ListOwners of PetsApi::list_owners,
            #[derive(Clone, Setters)] #[non_exhaustive] pub struct Each { /// How many.\n pub limit: Option<u32> } }";
        let each = "#[doc = \" Parameters of [`Api::list_pets`](crate::Api::list_pets).\"]
            #[derive(Clone, Setters)] #[non_exhaustive] pub struct ListPets { /// How many.\n pub limit: Option<u32> }
            #[doc = \" Parameters of [`PetsApi::list_owners`](crate::PetsApi::list_owners).\"]
            #[derive(Clone, Setters)] #[non_exhaustive] pub struct ListOwners { /// How many.\n pub limit: Option<u32> }";
        let once = surface(&[("lib.rs", once)]);
        assert_eq!(once, surface(&[("lib.rs", each)]));
        assert!(once.contains_key("ListOwners::limit"));
    }

    #[test]
    fn items_have_the_path_and_the_features_that_users_need() {
        let surface = surface(&[
            (
                "lib.rs",
                "mod api; #[cfg(feature = \"server\")] pub mod server; pub use api::Api; pub use runtime::{Body, wire};",
            ),
            ("api.rs", "pub trait Api { /// Gets.\n///\n/// `GET /pets/`\nfn pets(&self) -> u8; }"),
            ("server.rs", "pub fn router() {} fn hidden() {} pub struct Kept { pub petId: u8, own: u8 }"),
        ]);
        let paths: Vec<&str> = surface.keys().map(String::as_str).collect();
        let expected = [
            "Api",
            "Api::pets",
            "Body",
            "server",
            "server::Kept",
            "server::Kept.petId",
            "server::router",
            "wire",
        ];
        assert_eq!(paths, expected);
        assert_eq!(surface["Api::pets"].wire, "GET /pets/");
        assert!(surface["server::router"].features.iter().any(|feature| feature.contains("server")));
    }

    #[test]
    fn parameters_are_called_as_the_client_sends_them() {
        let surface = surface(&[
            ("lib.rs", "pub mod params; mod client; pub struct Client;"),
            ("params.rs", "pub struct ListPets { pub pet_name: u8, pub trace: u8, pub r#type: u8, pub other: u8 }"),
            (
                "client.rs",
                "use crate::Client; impl Api for Client { fn list_pets(&self, query: &params::ListPets) -> Pets {
                    self.request(Method::GET, \"/pets\").query(\"pet-name\", &query.pet_name)
                        .header_as(Style::List, \"X-Trace\", &query.trace).query(\"type\", &query.r#type).receive_json()
                } }",
            ),
        ]);
        let wire = |name: &str| surface[&format!("params::ListPets.{name}")].wire.as_str();
        assert_eq!(
            ["pet_name", "trace", "r#type", "other"].map(wire),
            ["pet-name", "x-trace", "type", "other"]
        );
    }

    /// Parts are in folders that nobody sees.
    #[test]
    fn items_that_another_module_exports_have_its_path() {
        let split = surface(&[
            (
                "lib.rs",
                "mod api; pub mod models; #[cfg(feature = \"server\")] pub mod server; mod tags; pub mod blocking;
                 pub use api::Api; #[cfg(feature = \"pets\")] pub use api::PetsApi; #[doc(hidden)] pub use api::rest;",
            ),
            ("api.rs", "#[cfg(feature = \"pets\")] pub use crate::tags::pets::api::PetsApi; pub trait Api {}
                #[doc(hidden)] pub mod rest { pub trait Own {} }"),
            ("blocking.rs", "pub struct Client<A>(pub(crate) A);"),
            ("models.rs", "#[cfg(feature = \"pets\")] pub use crate::tags::pets::models::*; pub struct Common;"),
            ("server.rs", "pub fn router() {} pub mod pets { pub use crate::tags::pets::server::*; }"),
            ("tags/mod.rs", "#[cfg(feature = \"pets\")] pub mod pets;"),
            ("tags/pets/mod.rs", "pub mod api; pub mod models; #[cfg(feature = \"server\")] pub mod server; mod blocking;"),
            ("tags/pets/api.rs", "pub trait PetsApi { fn get(&self); }"),
            ("tags/pets/blocking.rs", "use crate::blocking::Client; impl<A> Client<A> { pub fn get(&self) {} }"),
            ("tags/pets/models.rs", "use crate::models::*; pub struct Pet { pub id: u8 }"),
            ("tags/pets/server.rs", "pub fn router() {} pub(crate) fn mount() {}"),
        ]);
        let paths: Vec<&str> = split.keys().map(String::as_str).collect();
        let expected = [
            "Api",
            "PetsApi",
            "PetsApi::get",
            "blocking",
            "blocking::Client",
            "blocking::Client::get",
            "models",
            "models::Common",
            "models::Pet",
            "models::Pet.id",
            "server",
            "server::pets",
            "server::pets::router",
            "server::router",
        ];
        assert_eq!(paths, expected);
        let pets = "cfg(feature=\"pets\")".to_owned();
        for path in ["PetsApi", "blocking::Client::get", "models::Pet", "server::pets::router"] {
            assert!(split[path].features.contains(&pets), "{path}");
        }
        assert!(split["models::Common"].features.is_empty());
    }

    #[test]
    fn names_are_spelled_as_serde_spells_them() {
        let surface = surface(&[(
            "models.rs",
            "#[serde(rename_all = \"camelCase\")] pub struct Pet { pub full_name: u8, #[serde(default, rename = \"x-id\")] pub id: u8 }
             runtime::text_enum! { pub enum Kind { Cat = \"cat\", Unknown(String) } }",
        )]);
        assert_eq!(surface["models::Pet.full_name"].wire, "fullName");
        assert_eq!(surface["models::Pet.id"].wire, "x-id");
        assert_eq!(surface["models::Kind::Cat"].wire, "\"cat\"");
    }
}
