//! Constructor, setters and defaults of a struct with public fields.

use super::claims::{claim_all, method_scope};
use super::scope::Scope;
use super::{Plan, types};
use crate::ir::{Literal, Presence, Type};
use crate::names::Name;
use crate::rust::{self, Item, MethodAttribute, Path, Record, RedactedDebug, Taken};

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

/// The struct with its methods: what it derives, and what that is told. What is only received has no setters.
pub(super) fn with_methods(
    plan: &Plan<'_>,
    scope: &mut Scope<'_>,
    mut record: Record,
    members: &[Member<'_>],
    has_setters: bool,
) -> Record {
    let mut names = method_scope();
    names.claim(Name::known("new"));
    let settable: Vec<usize> =
        (0..members.len()).filter(|at| has_setters && !is_given(&members[*at])).collect();
    let of_settable: Vec<&Member<'_>> = settable.iter().map(|at| &members[*at]).collect();
    let mut setters: Vec<Option<MethodAttribute>> = vec![None; members.len()];
    for (at, setter) in settable.iter().zip(self::setters(&of_settable, &mut names)) {
        setters[*at] = setter;
    }
    let mut has_defaults = false;
    for ((member, field), setter) in members.iter().zip(&mut record.fields).zip(setters) {
        let is_taken = is_given(member) || (has_setters && member.presence != Presence::Lenient);
        let into = is_taken && types::converts(plan.api, member.ty) && *member.ty != Type::String;
        let default = default(plan, scope, member, &mut names);
        has_defaults |= default.is_some();
        let all = [into.then_some(MethodAttribute::Into), setter, default];
        field.methods.extend(all.into_iter().flatten());
    }
    record.constructor = (!has_default(members)).then(|| constructor(plan, scope, members));
    let derived = [
        ("New", record.constructor.is_some()),
        ("Setters", !settable.is_empty()),
        ("OrDefault", has_defaults),
    ];
    let derived = derived.into_iter().filter(|(_, has)| *has).map(|(name, _)| types::derived(scope, name));
    record.derives.extend(derived);
    record
}

/// Arguments are in the order of their names on the wire: a document that lists its properties in another order must not
/// swap what callers wrote.
fn constructor(plan: &Plan<'_>, scope: &mut Scope<'_>, members: &[Member<'_>]) -> Vec<Taken> {
    let taken = given(members).into_iter().map(|(_, member)| Taken {
        name: member.name.clone(),
        ty: types::ty(plan, scope, member.ty),
        converts: types::converts(plan.api, member.ty),
    });
    taken.collect()
}

/// What the constructor takes, in the order of its arguments: places and members.
pub(super) fn given<'m, 'a>(members: &'m [Member<'a>]) -> Vec<(usize, &'m Member<'a>)> {
    let mut required: Vec<(usize, &Member<'_>)> =
        members.iter().enumerate().filter(|(_, member)| is_given(member)).collect();
    required.sort_by_key(|(_, member)| (member.presence == Presence::Flattened, member.wire));
    required
}

/// What the setter of each member that has one is called.
pub(super) fn setter_names(members: &[Member<'_>]) -> Vec<Option<Name>> {
    let mut names = method_scope();
    names.claim(Name::known("new"));
    let settable: Vec<&Member<'_>> = members.iter().filter(|member| !is_given(member)).collect();
    let mut setters = setters(&settable, &mut names).into_iter();
    let mut name = |member: &Member<'_>| match setters.next().flatten() {
        Some(MethodAttribute::Setter(names)) => names.into_iter().next(),
        _ => Some(member.name.clone()),
    };
    members.iter().map(|member| if is_given(member) { None } else { name(member) }).collect()
}

/// How methods end that are not named after the field alone. No setter that is ends like this, so that none of them ever
/// has to make room for another.
const NULL: &str = "_null";
const OR_DEFAULT: &str = "_or_default";

/// Setters, named after their fields where that hides no method of a trait; `x_null` behind what can be null. Nothing for
/// those whose names follow from their fields.
fn setters(members: &[&Member<'_>], names: &mut crate::names::Scope) -> Vec<Option<MethodAttribute>> {
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
        let null = (member.presence == Presence::Nullable).then(|| names.claim(member.name.with(NULL)));
        let follows = method.as_ref().is_none_or(|method| method == member.name)
            && null.as_ref().is_none_or(|null| follows(null, member.name, NULL));
        setters.push((!follows).then(|| MethodAttribute::Setter(method.into_iter().chain(null).collect())));
    }
    setters
}

/// Whether a method is called like a field with a further word, as the derives do it.
fn follows(method: &Name, field: &Name, ending: &str) -> bool {
    method.as_str().strip_suffix(ending) == Some(field.as_str().trim_end_matches('_'))
}

/// What the document says holds where a value is absent.
fn default(
    plan: &Plan<'_>,
    scope: &mut Scope<'_>,
    member: &Member<'_>,
    names: &mut crate::names::Scope,
) -> Option<MethodAttribute> {
    let literal = member.default.filter(|_| member.presence == Presence::Optional)?;
    let value = match literal {
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
    };
    let method = names.claim(member.name.with(OR_DEFAULT));
    let own = (!follows(&method, member.name, OR_DEFAULT)).then_some(method);
    Some(MethodAttribute::OrDefault(value, own))
}
