//! `x-pagination`: how all pages of a list are walked.

use super::Lower;
use crate::docs;
use crate::ir::{
    Answer, AnswerKind, Call, Field, Link, Paging, Route, Struct, Type, TypeDef, TypeId, TypeKind,
};
use crate::parse::Node;
use std::collections::BTreeMap;

impl<'a> Lower<'a> {
    /// Adds the walk to a route, where its rule fits. All types are known by now.
    pub(super) fn add_pages(&mut self, route: &mut Route, rule: &'a Node, types: &BTreeMap<TypeId, TypeDef>) {
        let paging = self.paging(rule, route, types);
        route.calls.extend(paging.map(Call::AllPages));
    }

    fn paging(&mut self, rule: &'a Node, route: &Route, types: &BTreeMap<TypeId, TypeDef>) -> Option<Paging> {
        self.check_keys(rule, "`x-pagination`", &["style", "items", "next-link", "next-token", "parameter"]);
        let wire = self.text(rule, "parameter").unwrap_or_default();
        let items = self.text(rule, "items").unwrap_or_default();
        let (next, link) = match self.text(rule, "next-link") {
            Some(next) => (next, Link::Url),
            None => (self.text(rule, "next-token").unwrap_or_default(), Link::Token),
        };
        let parameter = route.params.iter().position(|param| param.wire == wire);
        let page = page_of(route, types);
        let field = |wanted: &str| {
            page.and_then(|(_, page)| page.fields.iter().position(|field| field.wire == wanted))
        };
        let item = page.zip(field(items)).and_then(|((_, page), at)| item_of(&page.fields[at], types));
        let (Some((id, page)), Some(parameter), Some(item), Some(items), Some(next)) =
            (page, parameter, item, field(items), field(next))
        else {
            self.no_fit(rule, parameter.is_some(), field(next).is_some());
            return None;
        };
        if route.body.is_some() {
            self.unsupported(rule.span, "`x-pagination` of an operation with a body", "remove it");
        }
        if route.params[parameter].required {
            self.problems.error(
                rule.span,
                "the parameter that selects the page must be optional",
                "the first page is asked for without it",
                "remove `required` from the parameter",
            );
        }
        self.check_next(rule, &page.fields[next], types);
        Some(Paging { page: id, items, item, next, link, parameter })
    }

    fn no_fit(&mut self, rule: &Node, has_parameter: bool, leads_on: bool) {
        let missing = match (has_parameter, leads_on) {
            (false, _) => "`parameter`: the query parameter that selects the page",
            (true, false) => "`next-link` or `next-token`: the answer's property that leads on",
            (true, true) => "`items`: the answer's property with the list",
        };
        self.problems.error(
            rule.span,
            "`x-pagination` does not fit this operation",
            format!("needs {missing}"),
            "name properties of the answer's schema and a query parameter of this operation",
        );
    }

    /// Complains about a property that cannot lead on, because it is no text.
    fn check_next(&mut self, rule: &Node, next: &Field, types: &BTreeMap<TypeId, TypeDef>) {
        let leads = match underlying(&next.ty, types) {
            Type::String | Type::Uuid | Type::Int(_) => true,
            Type::Named(id) => matches!(types.get(id).map(|def| &def.kind), Some(TypeKind::Id)),
            _ => false,
        };
        if !leads {
            self.problems.error(
                rule.span,
                format!("`{}` cannot lead to the next page", docs::plain(&next.wire)),
                "names a property that is neither text nor a number",
                "name the property with the link or token, or give it one of these types",
            );
        }
    }
}

/// The struct that a page is.
fn page_of<'t>(route: &Route, types: &'t BTreeMap<TypeId, TypeDef>) -> Option<(TypeId, &'t Struct)> {
    let whole = route.calls.iter().find_map(|call| match call {
        Call::Whole(Answer { kind: AnswerKind::Json(ty), .. }) => Some(ty),
        _ => None,
    })?;
    let Type::Named(id) = underlying(whole, types) else { return None };
    match &types.get(id)?.kind {
        TypeKind::Struct(page) => Some((*id, page)),
        _ => None,
    }
}

/// What a field is a list of.
fn item_of(field: &Field, types: &BTreeMap<TypeId, TypeDef>) -> Option<Type> {
    match underlying(&field.ty, types) {
        Type::Array(item) => Some((**item).clone()),
        _ => None,
    }
}

/// The type behind aliases.
fn underlying<'t>(mut ty: &'t Type, types: &'t BTreeMap<TypeId, TypeDef>) -> &'t Type {
    while let Type::Named(id) = ty
        && let Some(TypeKind::Alias(inner)) = types.get(id).map(|def| &def.kind)
    {
        ty = inner;
    }
    ty
}
