//! Methods that walk all pages, built on those that get a page.

use super::claims::{ParamsNames, RouteNames};
use super::methods::Manner;
use super::scope::Scope;
use super::{Plan, example, methods, types};
use crate::ir::{self, Link, PagePlace, Paging, Presence, Route, TypeKind};
use crate::names::{Name, Scope as Names};
use crate::rust::{
    NextText, PageField, PageFieldRead, Path, Walk, WalkLink, WalkLocals, WalkPage, WalkPosition,
};

/// The method.
pub(super) fn walk(
    plan: &Plan<'_>,
    scope: &mut Scope<'_>,
    (route, names): (&Route, &RouteNames),
    name: &Name,
    paging: &Paging,
) -> Option<Walk> {
    let params = names.params.as_ref()?;
    let mut position = |at: usize| -> Option<WalkPosition> {
        let parameter = route.params.get(at)?;
        Some(WalkPosition {
            field: params.fields.get(at)?.clone(),
            ty: types::ty(plan, scope, &parameter.ty),
            wire: parameter.wire.clone(),
        })
    };
    let first = position(paging.parameter)?;
    let link = match (paging.link, paging.or_parameter) {
        (Link::Url, None) => WalkLink::Parameter,
        (Link::Url, Some(other)) => WalkLink::EitherParameter(position(other)?),
        (Link::Token, _) => WalkLink::Token,
    };
    let (page_method, ..) =
        methods::requests(route, names).find(|(_, _, manner)| *manner == Manner::Whole)?;
    let (items, _) = page_field(plan, paging, paging.items)?;
    let (next, next_type) = page_field(plan, paging, paging.next)?;
    Some(Walk {
        docs: plan.walk_docs(route, page_method),
        deprecated: methods::deprecation(plan, route, names),
        name: name.clone(),
        arguments: methods::arguments(plan, scope, route, names),
        items_type: scope.import("runtime", "Items"),
        item: types::ty(plan, scope, &paging.item),
        page_method: page_method.clone(),
        operation: (verb(scope, route.method), route.target.clone()),
        locals: locals(names, params),
        query: params.argument.clone(),
        position: first,
        link,
        items,
        next,
        next_text: next_text(plan.api, next_type),
        place: place(scope, names, paging.place)?,
        example: Some(example::of_walk(plan, (route, names), name, paging)),
    })
}

/// `Method::GET`
fn verb(scope: &mut Scope<'_>, method: ir::Method) -> Path {
    let Path(mut segments) = scope.import("runtime", "Method");
    segments.push(Name::known(methods::verb(method)));
    Path(segments)
}

fn place(scope: &mut Scope<'_>, names: &RouteNames, place: PagePlace) -> Option<WalkPage> {
    Some(match place {
        PagePlace::Whole => WalkPage::Whole,
        PagePlace::Optional => WalkPage::Optional,
        PagePlace::ByStatus(at) => {
            let names = names.answer.as_ref()?;
            let Path(mut variant) = scope.inside("answers", &names.name);
            variant.push(names.variants.get(at)?.clone());
            WalkPage::Variant { variant: Path(variant), error: scope.import("runtime", "Error") }
        }
    })
}

/// Names inside of the method: arguments have theirs first.
fn locals(names: &RouteNames, params: &ParamsNames) -> WalkLocals {
    let mut scope = Names::default();
    scope.claim(params.argument.clone());
    names.path.iter().for_each(|name| {
        scope.claim(name.clone());
    });
    let mut claim = |name| scope.claim(Name::known(name));
    WalkLocals { api: claim("api"), position: claim("position"), page: claim("page") }
}

fn page_field<'a>(plan: &'a Plan<'_>, paging: &Paging, at: usize) -> Option<(PageField, &'a ir::Type)> {
    let TypeKind::Struct(page) = &plan.api.types.get(&paging.page)?.kind else { return None };
    let field = page.fields.get(at)?;
    let name = plan.claims.of(paging.page).members.get(at)?.clone();
    let read = match field.presence {
        Presence::Required | Presence::Empty | Presence::Flattened => PageFieldRead::Plain,
        Presence::Optional | Presence::NullIsNone => PageFieldRead::Option,
        Presence::Nullable => PageFieldRead::Nullable,
        Presence::Lenient => PageFieldRead::Lenient,
    };
    Some((PageField { name, read }, &field.ty))
}

fn next_text(api: &ir::Api, ty: &ir::Type) -> NextText {
    match types::underlying(api, ty) {
        ir::Type::String => NextText::Same,
        ir::Type::Named(_) => NextText::Into,
        _ => NextText::Print,
    }
}
