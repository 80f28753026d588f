//! `forms.rs`: bodies of several parts, as a struct for each operation that takes one.
//!
//! They have a module of their own, so that no schema can take the name of one of them.

use super::claims::{FormNames, RouteNames};
use super::docs::Here;
use super::parts;
use super::record::{self, Member};
use super::scope::Scope;
use super::{Plan, types};
use crate::docs::Docs;
use crate::ir::{Body, BodyKind, Part, Presence, Route, Type};
use crate::names::{Name, Scope as Names};
use crate::rust::{
    Field, FormPart, FormRead, FormReader, FormWriter, Head, Item, Need, PartRead, PartValue, Record,
};

const RUNTIME: &str = "runtime::server";

/// Every item of the module.
pub(super) fn items(plan: &Plan<'_>, part: &parts::Part<'_>, scope: &mut Scope<'_>) -> Vec<Item> {
    let all = part.routes.iter().chain(&part.received);
    all.flat_map(|route| structure(plan, scope, *route).unwrap_or_default()).collect()
}

/// The struct of a route with such a body, and its methods.
fn structure(
    plan: &Plan<'_>,
    scope: &mut Scope<'_>,
    (route, names): (&Route, &RouteNames),
) -> Option<Vec<Item>> {
    let (parts, form) = form(route, names)?;
    let members: Vec<Member<'_>> =
        form.fields.iter().zip(parts).map(|(name, part)| member(name, part)).collect();
    let (method, of_trait) = (names.calls.first()?.as_str(), &names.of_trait);
    let docs = vec![format!("The body of [`{method}`](crate::{of_trait}::{method}), part by part.")];
    let record = record(plan, scope, (route, names), docs, record::has_default(&members))?;
    let record = record::with_methods(plan, scope, record, &members, true);
    let items = record::shown(scope, record, parts.iter().map(|part| part.is_secret));
    Some(items.collect())
}

/// How each struct becomes a body.
pub(super) fn writers(part: &parts::Part<'_>, scope: &mut Scope<'_>) -> Vec<Item> {
    let forms = part.routes.iter().filter_map(|(route, names)| form(route, names));
    let writer = |(parts, form): (&[Part], &FormNames)| {
        let parts = form.fields.iter().zip(parts).map(|(field, part)| FormPart {
            field: field.clone(),
            wire: part.wire.clone(),
            media_type: part.media_type.clone(),
            header: part.header.clone(),
            value: value(part),
        });
        Item::FormWriter(FormWriter {
            parts: parts.collect(),
            of: scope.inside("forms", &form.name),
            body: scope.import("runtime", "MultipartForm"),
        })
    };
    forms.map(writer).collect()
}

/// How the struct of a route with such a body is read from a request.
pub(super) fn reader(scope: &mut Scope<'_>, route: &Route, names: &RouteNames) -> Option<Item> {
    let (parts, names) = form(route, names)?;
    let mut variables = Names::default();
    let form = variables.claim(Name::known("form"));
    // Who takes a part takes its headers, too.
    let (headers, others): (Vec<_>, Vec<_>) =
        names.fields.iter().zip(parts).partition(|(_, part)| part.header.is_some());
    let fields = headers.into_iter().chain(others).map(|(field, part)| FormRead {
        field: field.clone(),
        variable: variables.claim(field.clone()),
        wire: part.wire.clone(),
        header: part.header.clone(),
        read: match &part.ty {
            Type::File => PartRead::File,
            ty if ty.is_file() => PartRead::Files,
            _ => PartRead::Value,
        },
        need: if presence(part) == Presence::Optional { Need::Optional } else { Need::Required },
    });
    Some(Item::FormReader(FormReader {
        fields: fields.collect(),
        of: scope.inside("forms", &names.name),
        types: (scope.import(RUNTIME, "FromForm"), scope.import(RUNTIME, "FormReader")),
        form,
    }))
}

/// Names of all structs.
pub(super) fn names<'a>(part: &'a parts::Part<'_>) -> impl Iterator<Item = Name> + 'a {
    part.all_names().filter_map(|route| Some(route.form.as_ref()?.name.clone()))
}

/// The parts of a route's body and their names.
fn form<'a>(route: &'a Route, names: &'a RouteNames) -> Option<(&'a [Part], &'a FormNames)> {
    Some((parts_of(route)?, names.form.as_ref()?))
}

/// The parts of a route's body, where the document lists them.
pub(super) fn parts_of(route: &Route) -> Option<&[Part]> {
    match &route.body {
        Some(Body { kind: BodyKind::Multipart(Some(parts)), .. }) => Some(parts),
        _ => None,
    }
}

fn record(
    plan: &Plan<'_>,
    scope: &mut Scope<'_>,
    (route, names): (&Route, &RouteNames),
    docs: Docs,
    has_default: bool,
) -> Option<Record> {
    let (parts, form) = form(route, names)?;
    let here = Here::Form(route, names);
    let fields = form.fields.iter().zip(parts).map(|(name, part)| Field {
        head: Head {
            name: name.clone(),
            docs: plan.field_docs(&part.text, here, name, &part.wire),
            deprecated: part.deprecated.then(|| plan.deprecation(&part.text, here)),
        },
        methods: Vec::new(),
        serde: Vec::new(),
        ty: types::present(plan, scope, presence(part), &part.ty),
    });
    let derives = ["Debug"].into_iter().chain(has_default.then_some("Default")).map(types::path_of);
    Some(Record {
        fields: fields.collect(),
        head: Head { name: form.name.clone(), docs, deprecated: None },
        derives: derives.collect(),
        constructor: None,
        serde: Vec::new(),
    })
}

/// A list without items is the same as none: each would be a part.
fn presence(part: &Part) -> Presence {
    match (part.required, &part.ty) {
        (true, _) => Presence::Required,
        (false, Type::Array(_)) if part.header.is_none() => Presence::Empty,
        (false, _) => Presence::Optional,
    }
}

pub(super) fn member<'a>(name: &'a Name, part: &'a Part) -> Member<'a> {
    Member { name, wire: &part.wire, ty: &part.ty, presence: presence(part), default: None }
}

fn value(part: &Part) -> PartValue {
    match (&part.ty, presence(part)) {
        (Type::File, Presence::Optional) | (Type::Array(_), _) if part.ty.is_file() => PartValue::Files,
        (Type::File, _) => PartValue::File,
        _ => PartValue::Value,
    }
}
