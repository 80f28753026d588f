//! Pages: `x-pagination` names a list in the answer, a property that leads on, and the parameter that it leads to.
//!
//! In: the rule, a route and the finished types. Out: places of the fields and the parameter, or a complaint at what does
//! not fit.

use super::Lower;
use super::draft::Kind;
use crate::diagnostics::Span;
use crate::docs;
use crate::ir::{
    AnswerKind, Call, Field, Link, Location, PagePlace, Paging, Param, Presence, Route, Struct, Type,
    TypeDef, TypeId, TypeKind,
};
use crate::parse::Node;
use std::collections::BTreeMap;

/// What a rule needs to find, for the complaint where it does not.
const PARAMETER: &str = "`parameter`: the query parameter that selects the page";
const OR_PARAMETER: &str =
    "for `or-parameter`: `next-link`, and another query parameter that a link may have instead";
const NEXT: &str = "`next-link` or `next-token`: the answer's property that leads on";
const ITEMS: &str = "`items`: the answer's property with the list";

impl<'a> Lower<'a> {
    /// How to walk all pages of a route.
    pub(super) fn paging(
        &mut self,
        rule: &'a Node,
        route: &Route,
        types: &BTreeMap<TypeId, TypeDef>,
    ) -> Option<Paging> {
        let keys = ["style", "items", "next-link", "next-token", "parameter", "or-parameter"];
        self.check_keys(rule, "`x-pagination`", &keys);
        let wire = self.text(rule, "parameter").unwrap_or_default();
        let items = self.text(rule, "items").unwrap_or_default();
        let (next, link) = match self.text(rule, "next-link") {
            Some(next) => (next, Link::Url),
            None => (self.text(rule, "next-token").unwrap_or_default(), Link::Token),
        };
        let param = |wire: &str| route.params.iter().position(|param| param.wire == wire);
        let Some(parameter) = param(wire) else { return self.unfit(rule, PARAMETER) };
        let or_parameter = match self.text(rule, "or-parameter") {
            None => None,
            Some(wire) => match param(wire).filter(|other| *other != parameter && link == Link::Url) {
                Some(other) => Some(other),
                None => return self.unfit(rule, OR_PARAMETER),
            },
        };
        let page = self.page(route);
        let fields = page.and_then(|(id, _)| fields_of(types.get(&id)?)).unwrap_or_default();
        let place = |wire: &str| fields.iter().position(|field| field.wire == wire);
        let Some(next) = place(next) else { return self.unfit(rule, NEXT) };
        let list = place(items).and_then(|place| Some((place, self.item_of(&fields[place])?)));
        let (Some((page, place)), Some((items, item))) = (page, list) else { return self.unfit(rule, ITEMS) };
        if route.body.is_some() {
            self.unsupported(rule.span, "`x-pagination` of an operation with a body", "remove it");
        }
        self.check_next(rule, (page, &fields[next]), link);
        for place in [Some(parameter), or_parameter].into_iter().flatten() {
            self.check_position(rule, &route.params[place]);
        }
        Some(Paging { page, place, items, item, next, link, parameter, or_parameter })
    }

    fn unfit(&mut self, rule: &Node, needed: &str) -> Option<Paging> {
        self.problems.error(
            rule.span,
            "`x-pagination` does not fit this operation",
            format!("needs {needed}"),
            "name properties of the answer's schema and a query parameter of this operation",
        );
        None
    }

    /// The type that a route answers at once.
    fn page(&self, route: &Route) -> Option<(TypeId, PagePlace)> {
        let whole = route.calls.iter().find_map(|call| match call {
            Call::Whole(answer) => Some(&answer.kind),
            Call::Streamed(_) | Call::InForm(..) | Call::AllPages(_) => None,
        });
        let named = |kind: &AnswerKind| match kind {
            AnswerKind::Json(Type::Named(id)) => Some(self.drafts.underlying(*id)),
            _ => None,
        };
        match whole? {
            AnswerKind::Optional(inner, _) => Some((named(inner)?, PagePlace::Optional)),
            AnswerKind::ByStatus(all) => {
                let pages = all.iter().map(|one| named(&one.answer.kind)).enumerate();
                pages.filter_map(|(at, page)| Some((page?, PagePlace::ByStatus(at)))).next()
            }
            kind => Some((named(kind)?, PagePlace::Whole)),
        }
    }

    /// The type of an item, where a field is a list whose absence and null read as empty.
    fn item_of(&self, field: &Field) -> Option<Type> {
        match self.drafts.resolve(&field.ty) {
            Type::Array(item) if field.presence != Presence::Lenient => Some(*item),
            _ => None,
        }
    }

    /// A link is text; a token may be anything that has one spelling and can be written into a query.
    fn check_next(&mut self, rule: &'a Node, (page, field): (TypeId, &Field), link: Link) {
        let ty = self.drafts.resolve(&field.ty);
        let fits = match (&ty, link) {
            (Type::String, _) | (Type::Int(_) | Type::Uuid, Link::Token) => true,
            (Type::Named(id), _) => matches!(self.drafts.kind(*id), Some(Kind::Id)),
            _ => false,
        };
        if fits {
            return;
        }
        let name = docs::plain(&field.wire);
        let (message, help) = match link {
            Link::Url => (
                format!("`{name}` cannot be a link to the next page"),
                "a link is `type: string`; what is no link is named by `next-token`",
            ),
            Link::Token => (
                format!("`{name}` cannot be the token of the next page"),
                "a token is text, an integer or a uuid",
            ),
        };
        self.problems.error(self.span_of(page, field), message, "holds something else", help);
        self.problems.see_also(rule.span, "named here");
    }

    /// What a page is selected by is left out for the first one, and read from text for all others.
    fn check_position(&mut self, rule: &'a Node, param: &Param) {
        if param.required {
            self.problems.error(
                rule.span,
                "the parameter that selects the page must be optional",
                "the first page is asked for without it",
                "remove `required` from the parameter",
            );
        }
        let fits = match self.drafts.resolve(&param.ty) {
            Type::String | Type::Int(_) | Type::F32 | Type::F64 | Type::Uuid => true,
            Type::Named(id) => matches!(self.drafts.kind(id), Some(Kind::Id)),
            _ => false,
        };
        if !matches!(param.location, Location::Query(_)) || !fits {
            self.problems.error(
                rule.span,
                "the parameter that selects the page must be text or a number in the query",
                format!("`{}` is not", docs::plain(&param.wire)),
                "name a parameter with `in: query` whose schema is a string, an integer or a number",
            );
        }
    }

    /// Where the document declares a field of a page.
    fn span_of(&self, page: TypeId, field: &Field) -> Span {
        let properties = match self.drafts.kind(page) {
            Some(Kind::Struct(record)) => record.properties.as_slice(),
            _ => &[],
        };
        let declared = properties.iter().find(|property| property.wire == field.wire);
        declared.map_or_else(|| self.drafts.span(page), |property| property.span)
    }
}

fn fields_of(def: &TypeDef) -> Option<&[Field]> {
    match &def.kind {
        TypeKind::Struct(Struct { fields, .. }) => Some(fields),
        _ => None,
    }
}
