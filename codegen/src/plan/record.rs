//! Constructor, setters and defaults of a struct with public fields.

use super::claims::{claim_all, method_scope};
use super::scope::Scope;
use super::{Plan, types};
use crate::docs::{Docs, code};
use crate::ir::{self, Literal, Presence, Type};
use crate::names::Name;
use crate::rust::{
    self, Constructor, DefaultGetter, Initial, Item, Path, Record, RecordMethods, RedactedDebug, Setter,
    SetterValue, Taken,
};

/// A field.
pub(super) struct Member<'a> {
    pub(super) name: &'a Name,
    pub(super) wire: &'a str,
    pub(super) ty: &'a Type,
    pub(super) presence: Presence,
    pub(super) default: Option<&'a Literal>,
}

/// Whether the struct can be made of nothing.
pub(super) fn has_default(members: &[Member<'_>]) -> bool {
    !members.iter().any(is_given)
}

/// The struct, and how it is shown where some of its fields must not be.
pub(super) fn shown(
    scope: &mut Scope<'_>,
    mut record: Record,
    secrets: impl Iterator<Item = bool>,
) -> impl Iterator<Item = Item> {
    let names = record.fields.iter().map(|field| field.head.name.clone());
    let fields: Vec<(Name, bool)> = names.zip(secrets).collect();
    let redacted = fields.iter().any(|(_, is_secret)| *is_secret).then(|| {
        record.derives.retain(|derived| *derived != types::path_of("Debug"));
        let of = record.head.name.clone();
        Item::RedactedDebug(RedactedDebug { fmt: scope.import("std", "fmt"), of, fields })
    });
    [Item::Record(record)].into_iter().chain(redacted)
}

/// Whether no struct can be made without a member.
fn is_given(member: &Member<'_>) -> bool {
    matches!(member.presence, Presence::Required | Presence::Flattened)
}

/// The methods of a struct; nothing where there are none. What is only received has no setters.
pub(super) fn methods(
    plan: &Plan<'_>,
    scope: &mut Scope<'_>,
    of: &Name,
    members: &[Member<'_>],
    rest: Option<&Name>,
    has_setters: bool,
) -> Option<RecordMethods> {
    let mut names = method_scope();
    names.claim(Name::known("new"));
    let constructor = (!has_default(members)).then(|| constructor(plan, scope, members, rest));
    let settable: Vec<&Member<'_>> =
        members.iter().filter(|member| has_setters && !is_given(member)).collect();
    let setters = setters(plan, scope, &settable, &mut names);
    let defaults = defaults(plan, scope, members, &mut names);
    if constructor.is_none() && setters.is_empty() && defaults.is_empty() {
        return None;
    }
    Some(RecordMethods { of: of.clone(), constructor, setters, defaults })
}

/// Arguments are in the order of their names on the wire: a document that lists its properties in another order must not
/// swap what callers wrote.
fn constructor(
    plan: &Plan<'_>,
    scope: &mut Scope<'_>,
    members: &[Member<'_>],
    rest: Option<&Name>,
) -> Constructor {
    let mut required: Vec<&Member<'_>> = members.iter().filter(|member| is_given(member)).collect();
    required.sort_by_key(|member| (member.presence == Presence::Flattened, member.wire));
    let docs = match required.len() {
        0 | 1 => "Everything that is required, and nothing else.",
        _ if required.iter().any(|member| member.presence == Presence::Flattened) => {
            "Everything that is required, properties in alphabetical order and alternatives last, and nothing else."
        }
        _ => "Everything that is required, in alphabetical order, and nothing else.",
    };
    let arguments = required.into_iter().map(|member| taken(plan, scope, member.name, member.ty)).collect();
    let fields = members.iter().map(|member| (member.name.clone(), initial(plan.api, scope, member)));
    let mut fields: Vec<(Name, Initial)> = fields.collect();
    fields.extend(rest.map(|name| (name.clone(), Initial::Call(map_new(scope)))));
    Constructor { docs: vec![docs.to_owned()], arguments, fields }
}

/// What a constructor puts into a field.
fn initial(api: &ir::Api, scope: &mut Scope<'_>, member: &Member<'_>) -> Initial {
    match (member.presence, member.ty) {
        (Presence::Required | Presence::Flattened, ty) if types::converts(api, ty) => Initial::Converted,
        (Presence::Required | Presence::Flattened, _) => Initial::Given,
        (Presence::Empty, Type::Map(_)) => Initial::Call(map_new(scope)),
        (Presence::Empty, _) => Initial::Call(super::scope::path("Vec::new")),
        (Presence::Optional | Presence::NullIsNone, _) => Initial::None,
        (Presence::Nullable, _) => Initial::Constant(variant(scope, "Nullable", "Absent")),
        (Presence::Lenient, _) => Initial::Constant(variant(scope, "Lenient", "Absent")),
    }
}

/// What a constructor or setter takes.
fn taken(plan: &Plan<'_>, scope: &mut Scope<'_>, name: &Name, ty: &Type) -> Taken {
    Taken { name: name.clone(), ty: types::ty(plan, scope, ty), converts: types::converts(plan.api, ty) }
}

/// How methods end that are not named after the field alone. No setter that is ends like this, so that none of them ever
/// has to make room for another.
const NULL: &str = "_null";
const OR_DEFAULT: &str = "_or_default";

/// Setters, named after their fields where that hides no method of a trait; `x_null` behind what can be null.
fn setters(
    plan: &Plan<'_>,
    scope: &mut Scope<'_>,
    members: &[&Member<'_>],
    names: &mut crate::names::Scope,
) -> Vec<Setter> {
    let is_plain = |name: &Name| {
        names.is_free(name) && ![NULL, OR_DEFAULT].iter().any(|ending| name.as_str().ends_with(ending))
    };
    let (plain, hiding): (Vec<usize>, Vec<usize>) =
        (0..members.len()).partition(|at| is_plain(members[*at].name));
    let mut methods: Vec<Option<Name>> = vec![None; members.len()];
    let named = claim_all(names, plain.iter().map(|at| (members[*at].name, members[*at].wire)));
    let wishes: Vec<Name> = hiding
        .iter()
        .map(|at| {
            Name::known("with").with(&format!("_{}", members[*at].name.as_str().trim_start_matches('_')))
        })
        .collect();
    let renamed = claim_all(names, wishes.iter().zip(hiding.iter().map(|at| members[*at].wire)));
    for (at, name) in plain.into_iter().chain(hiding).zip(named.into_iter().chain(renamed)) {
        methods[at] = Some(name);
    }
    let mut setters = Vec::new();
    for (member, method) in members.iter().zip(methods) {
        setters.extend(method.map(|method| setter(plan, scope, member, method)));
        if member.presence == Presence::Nullable {
            setters.push(null_setter(scope, member, names.claim(member.name.with(NULL))));
        }
    }
    setters
}

fn setter(plan: &Plan<'_>, scope: &mut Scope<'_>, member: &Member<'_>, name: Name) -> Setter {
    let taken = taken(plan, scope, member.name, member.ty);
    let value = match member.presence {
        Presence::Required | Presence::Empty | Presence::Flattened if taken.converts => {
            SetterValue::Into(taken)
        }
        Presence::Required | Presence::Empty | Presence::Flattened => SetterValue::Plain(taken),
        Presence::Optional | Presence::NullIsNone => SetterValue::Some(taken),
        Presence::Nullable => SetterValue::Wrapped(variant(scope, "Nullable", "Value"), taken),
        Presence::Lenient => {
            let lenient = scope.import("runtime::wire", "Lenient");
            let ty = types::wrapped(lenient, taken.ty);
            SetterValue::Into(Taken { ty, converts: true, ..taken })
        }
    };
    Setter { name, docs: vec![format!("Sets {}.", code(member.wire))], field: member.name.clone(), value }
}

fn null_setter(scope: &mut Scope<'_>, member: &Member<'_>, name: Name) -> Setter {
    Setter {
        name,
        docs: vec![format!("Sends {} as null, which is not the same as leaving it out.", code(member.wire))],
        field: member.name.clone(),
        value: SetterValue::Constant(variant(scope, "Nullable", "Null")),
    }
}

/// Methods for the value, or what the document says holds without one.
fn defaults(
    plan: &Plan<'_>,
    scope: &mut Scope<'_>,
    members: &[Member<'_>],
    names: &mut crate::names::Scope,
) -> Vec<DefaultGetter> {
    let mut getters = Vec::new();
    for member in members {
        let Some(literal) = member.default.filter(|_| member.presence == Presence::Optional) else {
            continue;
        };
        let docs: Docs = vec![format!("{}, or its default where it is absent.", code(member.wire))];
        getters.push(DefaultGetter {
            name: names.claim(member.name.with(OR_DEFAULT)),
            docs,
            field: member.name.clone(),
            ty: types::ty(plan, scope, member.ty),
            default: default(plan, scope, literal),
        });
    }
    getters
}

fn default(plan: &Plan<'_>, scope: &mut Scope<'_>, literal: &Literal) -> rust::Default {
    match literal {
        Literal::Bool(flag) => rust::Default::Bool(*flag),
        Literal::Int(number) => rust::Default::Int(*number),
        Literal::Float(number) => rust::Default::Float(*number),
        Literal::Text(text) => rust::Default::Text(text.clone()),
        Literal::Value(id, at) => {
            let names = plan.claims.of(*id);
            let Path(mut segments) = scope.model(&names.name);
            segments.extend(names.members.get(*at).cloned());
            rust::Default::Variant(Path(segments))
        }
    }
}

fn map_new(scope: &mut Scope<'_>) -> Path {
    let Path(mut segments) = scope.import("std::collections", "BTreeMap");
    segments.push(Name::known("new"));
    Path(segments)
}

fn variant(scope: &mut Scope<'_>, wrapper: &'static str, variant: &'static str) -> Path {
    let Path(mut segments) = scope.import("runtime::wire", wrapper);
    segments.push(Name::known(variant));
    Path(segments)
}
