//! `api.rs`: the trait with a method for each call.

use super::claims::RouteNames;
use super::docs::Here;
use super::parts::Part;
use super::scope::Scope;
use super::{Plan, answers, example, types, walks};
use crate::docs::Docs;
use crate::ir::{self, Answer, BodyKind, Call, Method, Route};
use crate::names::Name;
use crate::rust::{Argument, Item, Passing, Signature, Trait, TraitMethod, Type};

/// The trait.
pub(super) fn items(plan: &Plan<'_>, part: &Part<'_>, scope: &mut Scope<'_>) -> Vec<Item> {
    let (mut methods, mut walks) = (Vec::new(), Vec::new());
    for (route, names) in part.routes.iter().copied() {
        for (call, name) in route.calls.iter().zip(&names.calls) {
            match call {
                Call::Whole(answer) | Call::Streamed(answer) | Call::InForm(_, answer) => {
                    let docs = method_docs(plan, route, names, call, || plan.route_docs(route, names));
                    let example = example::of_request(plan, (route, names), name, answer);
                    let method = method(plan, scope, (route, names), name, answer, docs);
                    methods.push(TraitMethod { example: Some(example), ..method });
                }
                Call::AllPages(paging) => {
                    walks.extend(walks::walk(plan, scope, (route, names), name, paging));
                }
            }
        }
    }
    let docs = match part.names {
        Some(names) => plan.part_docs(names),
        None => plan.trait_docs(),
    };
    let shown_in = plan.shown_in.clone();
    vec![Item::Trait(Trait { name: part.of_trait.clone(), docs, methods, walks, shown_in })]
}

/// Routes with their names.
pub(super) fn routes<'a>(plan: &'a Plan<'_>) -> impl Iterator<Item = (&'a Route, &'a RouteNames)> {
    plan.api.routes.iter().zip(&plan.claims.routes)
}

/// How a call that makes one request is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Manner {
    /// At once.
    Whole,
    /// By events.
    Streamed,
    /// At once, in another form.
    InForm,
}

/// Calls that make one request, with their names.
pub(super) fn requests<'a>(
    route: &'a Route,
    names: &'a RouteNames,
) -> impl Iterator<Item = (&'a Name, &'a Answer, Manner)> {
    route.calls.iter().zip(&names.calls).filter_map(|(call, name)| match call {
        Call::Whole(answer) => Some((name, answer, Manner::Whole)),
        Call::Streamed(answer) => Some((name, answer, Manner::Streamed)),
        Call::InForm(_, answer) => Some((name, answer, Manner::InForm)),
        Call::AllPages(_) => None,
    })
}

/// A method that makes one request.
pub(super) fn method(
    plan: &Plan<'_>,
    scope: &mut Scope<'_>,
    (route, names): (&Route, &RouteNames),
    name: &Name,
    answer: &Answer,
    docs: Docs,
) -> TraitMethod {
    TraitMethod {
        docs,
        deprecated: deprecation(plan, route, names),
        signature: signature(plan, scope, route, names, name, answer),
        not_implemented: scope.import("runtime", "NotImplemented"),
        example: None,
    }
}

/// What to say to those who use a method, where it is deprecated.
pub(super) fn deprecation(plan: &Plan<'_>, route: &Route, names: &RouteNames) -> Option<String> {
    route.deprecated.then(|| plan.deprecation(&route.text, Here::Route(route, names)))
}

/// The documentation of a call: that of the route, or where it streams what another answers at once, just that.
pub(super) fn method_docs(
    plan: &Plan<'_>,
    route: &Route,
    names: &RouteNames,
    call: &Call,
    of_route: impl FnOnce() -> Docs,
) -> Docs {
    let whole = route.calls.iter().zip(&names.calls).find(|(call, _)| matches!(call, Call::Whole(_)));
    match (call, whole) {
        (Call::Streamed(answer), Some((_, whole))) => plan.stream_docs((route, names), answer, whole),
        (Call::InForm(_, answer), Some((_, usual))) => plan.form_docs((route, names), answer, usual),
        _ => of_route(),
    }
}

/// Name, arguments and result of a method that makes one request.
pub(super) fn signature(
    plan: &Plan<'_>,
    scope: &mut Scope<'_>,
    route: &Route,
    names: &RouteNames,
    name: &Name,
    answer: &Answer,
) -> Signature {
    let body = answers::ty_of(plan, scope, names, &answer.kind);
    answering(plan, scope, (route, names), name, body)
}

/// The same with another type for what the response holds.
pub(super) fn answering(
    plan: &Plan<'_>,
    scope: &mut Scope<'_>,
    (route, names): (&Route, &RouteNames),
    name: &Name,
    body: Type,
) -> Signature {
    let result = scope.import("runtime", "Result");
    let response = scope.import("runtime", "Response");
    Signature {
        name: name.clone(),
        arguments: arguments(plan, scope, route, names),
        result: types::wrapped(result, types::wrapped(response, body)),
    }
}

/// Arguments: those in the path, then a struct with all other parameters, then the body.
pub(super) fn arguments(
    plan: &Plan<'_>,
    scope: &mut Scope<'_>,
    route: &Route,
    names: &RouteNames,
) -> Vec<Argument> {
    let mut arguments = parameters(plan, scope, route, names);
    arguments.extend(route.body.as_ref().map(|body| match typed_body(plan, scope, body) {
        Some(argument) => argument,
        None => Argument {
            name: Name::known(BODY),
            ty: untyped_body(plan, scope, names, body),
            passing: Passing::Owned,
            is_optional: !body.required,
        },
    }));
    arguments
}

/// What a body is called.
pub(super) const BODY: &str = "body";

/// Arguments without the body.
pub(super) fn parameters(
    plan: &Plan<'_>,
    scope: &mut Scope<'_>,
    route: &Route,
    names: &RouteNames,
) -> Vec<Argument> {
    let path = names.path.iter().zip(&route.path_params);
    let mut arguments: Vec<Argument> =
        path.map(|(name, param)| types::argument(plan, scope, name.clone(), &param.ty)).collect();
    arguments.extend(names.params.as_ref().map(|params| Argument {
        name: params.argument.clone(),
        ty: Type::Path(scope.inside("params", &params.name), Vec::new()),
        passing: Passing::Ref,
        is_optional: false,
    }));
    arguments
}

/// A body that has a type of the document; nothing where it is text or bytes as they are, or more than one value.
pub(super) fn typed_body(plan: &Plan<'_>, scope: &mut Scope<'_>, body: &ir::Body) -> Option<Argument> {
    match &body.kind {
        BodyKind::Json(ty) | BodyKind::Form(ty, _) => {
            let argument = types::argument(plan, scope, Name::known(BODY), ty);
            Some(Argument { is_optional: !body.required || body.nullable, ..argument })
        }
        BodyKind::Text | BodyKind::Bytes | BodyKind::Multipart(_) | BodyKind::Records(..) => None,
    }
}

/// The type of any other body, which is passed as a value.
pub(super) fn untyped_body(
    plan: &Plan<'_>,
    scope: &mut Scope<'_>,
    names: &RouteNames,
    body: &ir::Body,
) -> Type {
    match (&body.kind, &names.form) {
        (BodyKind::Records(ty, _), _) => {
            let ty = types::ty(plan, scope, ty);
            types::wrapped(scope.import("runtime", "Records"), ty)
        }
        (BodyKind::Text, _) => types::plain("String"),
        (BodyKind::Multipart(Some(_)), Some(form)) => {
            Type::Path(scope.inside("forms", &form.name), Vec::new())
        }
        (BodyKind::Multipart(_), _) => scope.imported("runtime", "MultipartForm"),
        _ => scope.imported("runtime", "Body"),
    }
}

/// The method as it stands in a request.
pub(super) fn verb(method: Method) -> &'static str {
    match method {
        Method::Get => "GET",
        Method::Put => "PUT",
        Method::Post => "POST",
        Method::Delete => "DELETE",
        Method::Options => "OPTIONS",
        Method::Head => "HEAD",
        Method::Patch => "PATCH",
        Method::Trace => "TRACE",
    }
}
