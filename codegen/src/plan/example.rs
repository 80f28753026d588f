//! How each operation is called: values for its arguments, and what is done with the answer.
//!
//! Values are those that the document shows, where they fit the types; otherwise defaults, the first of known values, or the
//! name of what they are for. Where no short value can be made, the argument is left to the code around the call. What must
//! not be shown is not taken from the document.

use super::claims::RouteNames;
use super::record::{self, Member};
use super::scope::{self, Scope};
use super::{Plan, forms, methods, models, params, types};
use crate::ir::{
    self, Answer, AnswerKind, Body, BodyKind, Call, Json, Paging, Presence, Route, Struct, Tagging, TypeId,
    TypeKind,
};
use crate::names::{Name, Scope as Names};
use crate::rust::{Argument, Example, Passing, Path, Then, Type, UsedNames, Value};
use std::collections::{BTreeMap, BTreeSet};

/// How deep values may lie within each other.
const DEEPEST: usize = 4;
/// Of how many values the arguments of a call may consist.
const MOST: usize = 24;
/// How many values are set beyond those that are required.
const MOST_SET: usize = 2;
/// How long a variable's name may be.
const LONGEST_NAME: usize = 20;
/// How long a text of the document may be, in characters.
const LONGEST: usize = 60;

/// How a method is called that makes one request.
pub(super) fn of_request(
    plan: &Plan<'_>,
    route: (&Route, &RouteNames),
    name: &Name,
    answer: &Answer,
) -> Example {
    Maker::new(plan, route.0).example(route, name, |names| then(plan, names, name, answer))
}

/// How a method is called that walks all pages.
pub(super) fn of_walk(
    plan: &Plan<'_>,
    route: (&Route, &RouteNames),
    name: &Name,
    paging: &Paging,
) -> Example {
    Maker::new(plan, route.0).example(route, name, |names| {
        let items = names.claim(Name::known("items"));
        Then::Walk(items, names.claim(called(plan, &paging.item, "item")))
    })
}

/// Whether a call wants more than the key of the first security scheme, which is the one that the environment has.
fn needs_another_key(api: &ir::Api, route: &Route) -> bool {
    let first = api.auth.first().map(|scheme| &scheme.name);
    let alternatives = route.security.as_ref().unwrap_or(&api.security);
    let is_enough = |schemes: &Vec<String>| schemes.iter().all(|scheme| Some(scheme) == first);
    !alternatives.is_empty() && !alternatives.iter().any(is_enough)
}

/// What is done with an answer.
fn then(plan: &Plan<'_>, names: &mut Names, method: &Name, answer: &Answer) -> Then {
    let mut claim = |name| names.claim(Name::known(name));
    match &answer.kind {
        AnswerKind::Empty => Then::Nothing,
        AnswerKind::Json(ty) => Then::Debug(names.claim(called(plan, ty, "answer"))),
        AnswerKind::ByStatus(_) | AnswerKind::Redirect => Then::Debug(claim("answer")),
        AnswerKind::Text => Then::Print(claim("text")),
        AnswerKind::Optional(..) => Then::DebugSome(claim("answer")),
        AnswerKind::Download => {
            let file = format!("{}.{}", method.as_str(), extension(&answer.media_type));
            Then::Save(claim("download"), file)
        }
        AnswerKind::Events(..) => Then::Each(claim("events"), claim("event")),
        AnswerKind::Upgrade => Then::Take(claim("connection")),
    }
}

/// What a value of a type is called: like the type, unless that is long.
fn called(plan: &Plan<'_>, ty: &ir::Type, otherwise: &str) -> Name {
    let name = match ty {
        ir::Type::Named(id) => Name::snake(plan.claims.of(*id).name.as_str()),
        _ => Name::known(otherwise),
    };
    if name.as_str().len() > LONGEST_NAME { Name::known(otherwise) } else { name }
}

/// How files of a media type are usually called.
fn extension(media_type: &str) -> &str {
    let subtype = media_type.split(';').next().unwrap_or_default().rsplit('/').next().unwrap_or_default();
    match subtype.trim() {
        "vnd.openxmlformats-officedocument.spreadsheetml.sheet" => "xlsx",
        "plain" => "txt",
        "mpeg" => "mp3",
        "jpeg" => "jpg",
        short if (2..=4).contains(&short.len()) && short.bytes().all(|byte| byte.is_ascii_lowercase()) => {
            short
        }
        _ => "bin",
    }
}

struct Maker<'a> {
    plan: &'a Plan<'a>,
    scope: Scope<'a>,
    /// How many values may still be made.
    left: usize,
    mentions_deprecated: bool,
    /// The parameters that select a page: callers who begin do not set them.
    unset: [Option<usize>; 2],
}

/// A field as an example sees it.
struct Shown<'a> {
    example: Option<&'a Json>,
    default: Option<&'a str>,
    is_secret: bool,
    is_deprecated: bool,
}

impl<'a> Maker<'a> {
    fn new(plan: &'a Plan<'a>, route: &Route) -> Self {
        let unset = route.calls.iter().find_map(|call| match call {
            Call::AllPages(paging) => Some([Some(paging.parameter), paging.or_parameter]),
            _ => None,
        });
        let unset = unset.unwrap_or_default();
        let scope = Scope::with_own(&plan.claims.models, []);
        Self { plan, scope, left: MOST, mentions_deprecated: false, unset }
    }

    fn example(
        mut self,
        (route, names): (&'a Route, &'a RouteNames),
        method: &Name,
        then: impl FnOnce(&mut Names) -> Then,
    ) -> Example {
        let declared = methods::arguments(self.plan, &mut self.scope, route, names);
        let mut locals = Names::default();
        declared.iter().for_each(|argument| _ = locals.claim(argument.name.clone()));
        let (mut given, mut variables, mut arguments) = (Vec::new(), Vec::new(), Vec::new());
        for (at, argument) in declared.into_iter().enumerate() {
            match self.argument(route, names, at, &argument) {
                Some(value) => arguments.push(passed(value, &argument, &mut variables)),
                None if argument.is_optional => arguments.push(none()),
                None => {
                    arguments.push(variable(&argument.name));
                    given.push(argument);
                }
            }
        }
        let client = locals.claim(Name::known("client"));
        let then = then(&mut locals);
        let reads = route.method == ir::Method::Get && matches!(then, Then::Debug(_));
        let mut of_trait = scope::path(&names.of_trait);
        of_trait.0.insert(0, Name::known("crate"));
        Example {
            uses: self.uses(&given, &variables, &arguments),
            of_trait,
            client,
            given,
            variables,
            method: method.clone(),
            arguments,
            then,
            reads,
            needs: route.path_params.len() + route.params.iter().filter(|param| param.required).count(),
            needs_another_key: needs_another_key(self.plan.api, route),
            is_deprecated: route.deprecated,
            mentions_deprecated: self.mentions_deprecated,
        }
    }

    /// The value of an argument, by its place among those of the method.
    fn argument(
        &mut self,
        route: &'a Route,
        names: &'a RouteNames,
        at: usize,
        argument: &Argument,
    ) -> Option<Value> {
        if let Some(param) = route.path_params.get(at) {
            return self.plainly(&param.ty, param.text.example.as_ref(), argument);
        }
        if let (Some(params), true) = (&names.params, at == route.path_params.len()) {
            let members: Vec<Member<'a>> = params
                .fields
                .iter()
                .zip(&route.params)
                .map(|(name, param)| params::member(name, param))
                .collect();
            let shown = |at: usize| {
                route.params.get(at).map(|param| Shown {
                    example: param.text.example.as_ref().filter(|_| !self.unset.contains(&Some(at))),
                    default: param.text.default.as_deref(),
                    is_secret: param.is_secret,
                    is_deprecated: param.deprecated,
                })
            };
            let shown: Vec<Shown<'a>> = (0..members.len()).filter_map(shown).collect();
            let of = self.scope.inside("params", &params.name);
            return self.record(of, &members, &shown, true, DEEPEST);
        }
        self.body(names, route.body.as_ref()?, argument)
    }

    fn body(&mut self, names: &'a RouteNames, body: &'a Body, argument: &Argument) -> Option<Value> {
        match &body.kind {
            BodyKind::Json(ty) | BodyKind::Form(ty, _) => self.plainly(ty, body.example.as_ref(), argument),
            BodyKind::Text => Some(owned(&text(body.example.as_ref(), "text"))),
            BodyKind::Bytes => {
                let file = Value::Text(format!("file.{}", extension(&body.media_type)));
                Some(Value::Call(self.inside("runtime", "Body", "from_path"), vec![file]))
            }
            BodyKind::Multipart(Some(parts)) => {
                let form = names.form.as_ref()?;
                let members: Vec<Member<'a>> =
                    form.fields.iter().zip(parts).map(|(name, part)| forms::member(name, part)).collect();
                let shown: Vec<Shown<'a>> = parts
                    .iter()
                    .map(|part| Shown {
                        example: part.text.example.as_ref(),
                        default: part.text.default.as_deref(),
                        is_secret: part.is_secret,
                        is_deprecated: part.deprecated,
                    })
                    .collect();
                let of = self.scope.inside("forms", &form.name);
                self.record(of, &members, &shown, true, DEEPEST)
            }
            BodyKind::Records(ty, _) => {
                let shown = body.example.as_ref();
                // A list shows several, anything else is one of them.
                let values = match shown {
                    Some(Json::Array(_)) => self.items(ty, shown, "value", DEEPEST),
                    _ => vec![self.value(ty, shown, "value", DEEPEST)?],
                };
                let list = Value::Array(values);
                Some(Value::Call(self.inside("runtime", "Records", "new"), vec![list]))
            }
            BodyKind::Multipart(None) => {
                let new = Value::Call(self.inside("runtime", "MultipartForm", "new"), Vec::new());
                let text = ["name", "text"].map(|text| Value::Text(text.to_owned()));
                Some(Value::Method(Box::new(new), Name::known("text"), text.to_vec()))
            }
        }
    }

    /// A value that is passed as the signature says.
    fn plainly(&mut self, ty: &'a ir::Type, shown: Option<&'a Json>, argument: &Argument) -> Option<Value> {
        let underlying = types::underlying(self.plan.api, ty);
        match (&argument.passing, underlying) {
            (Passing::Str, _) => Some(Value::Text(text(shown, argument.name.as_str()))),
            (Passing::Slice(_), ir::Type::Array(item)) => {
                Some(Value::Array(self.items(item, shown, argument.name.as_str(), DEEPEST)))
            }
            _ => self.value(ty, shown, argument.name.as_str(), DEEPEST),
        }
    }

    /// An expression of a type. `what` is what the value is for.
    fn value(
        &mut self,
        ty: &'a ir::Type,
        shown: Option<&'a Json>,
        what: &str,
        depth: usize,
    ) -> Option<Value> {
        self.left = self.left.checked_sub(1)?;
        Some(match ty {
            ir::Type::Unit => Value::Tuple(Vec::new()),
            ir::Type::Bool => Value::Bool(!matches!(shown, Some(Json::Bool(false)))),
            ir::Type::Int(width) => Value::Int(integer(shown, *width)),
            ir::Type::F32 => {
                Value::Float(number(shown).filter(|number| (*number as f32).is_finite()).unwrap_or(1.0))
            }
            ir::Type::F64 => Value::Float(number(shown).unwrap_or(1.0)),
            ir::Type::String => owned(&text(shown, what)),
            ir::Type::Uuid => Value::Parsed(text(shown, "018f4c3e-7d2a-7b1c-9e5f-3a6b8c0d1e2f")),
            ir::Type::Timestamp => Value::Parsed(text(shown, "2026-01-31T12:00:00Z")),
            ir::Type::Date => Value::Parsed(text(shown, "2026-01-31")),
            ir::Type::Base64 => {
                let bytes = Value::Method(
                    Box::new(Value::Text("bytes".to_owned())),
                    Name::known("as_bytes"),
                    Vec::new(),
                );
                Value::Call(self.inside("runtime::wire", "Base64", "from"), vec![bytes])
            }
            ir::Type::UnixMillis => {
                let milliseconds = Value::Int(integer(shown, ir::Int::I64));
                Value::Call(self.inside("runtime::wire", "UnixMillis", "from_millis"), vec![milliseconds])
            }
            ir::Type::Any => self.any(shown, what),
            ir::Type::File => {
                let file = Value::Text("report.pdf".to_owned());
                Value::Call(self.inside("runtime", "FilePart", "from_path"), vec![file])
            }
            ir::Type::Array(item) => Value::List(self.items(item, shown, what, depth)),
            ir::Type::Tuple(places) => {
                let shown = match shown {
                    Some(Json::Array(items)) => items.as_slice(),
                    _ => &[],
                };
                let places =
                    places.iter().enumerate().map(|(at, ty)| self.value(ty, shown.get(at), what, depth));
                Value::Tuple(places.collect::<Option<_>>()?)
            }
            ir::Type::Map(inner) => self.map(inner, shown, what, depth),
            ir::Type::Option(inner) => match shown {
                Some(Json::Null) => none(),
                _ => some(self.value(inner, shown, what, depth)?),
            },
            ir::Type::Lenient(inner) => {
                let inner = self.value(inner, shown, what, depth)?;
                Value::Call(self.inside("runtime::wire", "Lenient", "Known"), vec![inner])
            }
            ir::Type::Boxed(inner) => {
                let inner = self.value(inner, shown, what, depth)?;
                Value::Call(scope::path("Box::new"), vec![inner])
            }
            ir::Type::Named(id) => self.defined(*id, shown, what, depth.checked_sub(1)?)?,
        })
    }

    /// Up to two items. A list may be empty where none can be made.
    fn items(&mut self, item: &'a ir::Type, shown: Option<&'a Json>, what: &str, depth: usize) -> Vec<Value> {
        let shown: Vec<Option<&Json>> = match shown {
            Some(Json::Array(items)) => items.iter().take(2).map(Some).collect(),
            _ => vec![None],
        };
        shown.into_iter().map_while(|shown| self.value(item, shown, what, depth)).collect()
    }

    fn map(&mut self, inner: &'a ir::Type, shown: Option<&'a Json>, what: &str, depth: usize) -> Value {
        let entry = match shown {
            Some(Json::Object(entries)) => entries.first(),
            _ => None,
        };
        let entry = entry.and_then(|(key, shown)| Some((key, self.value(inner, Some(shown), what, depth)?)));
        match entry {
            None => Value::Call(self.inside("std::collections", "BTreeMap", "new"), Vec::new()),
            Some((key, value)) => {
                let entry = Value::Tuple(vec![owned(key), value]);
                Value::Call(
                    self.inside("std::collections", "BTreeMap", "from"),
                    vec![Value::Array(vec![entry])],
                )
            }
        }
    }

    /// Any JSON.
    fn any(&mut self, shown: Option<&Json>, what: &str) -> Value {
        let Type::Path(ty, _) = types::any(&mut self.scope) else { return none() };
        let from = |value| Value::Call(inside(&ty, "from"), vec![value]);
        match shown {
            None => from(Value::Text(what.to_owned())),
            Some(Json::Null) => Value::Path(inside(&ty, "Null")),
            Some(Json::Bool(flag)) => from(Value::Bool(*flag)),
            Some(Json::Text(_)) => from(Value::Text(text(shown, what))),
            Some(json) => {
                let mut written = String::new();
                write(json, &mut written);
                if written.chars().count() > LONGEST {
                    return from(Value::Text(what.to_owned()));
                }
                Value::Json(written, ty)
            }
        }
    }

    /// A value of a type that the crate defines.
    fn defined(&mut self, id: TypeId, shown: Option<&'a Json>, what: &str, depth: usize) -> Option<Value> {
        let plan = self.plan;
        let def = plan.api.types.get(&id)?;
        let names = plan.claims.of(id);
        let shown = shown.or(def.text.example.as_ref());
        if let TypeKind::Alias(ty) = &def.kind {
            return self.value(ty, shown, what, depth);
        }
        let value = match &def.kind {
            TypeKind::Alias(_) => return None,
            TypeKind::Id => Value::Call(
                self.member(&names.name, &Name::known("from")),
                vec![Value::Text(text(shown, what))],
            ),
            TypeKind::Enum(values) => {
                let is_shown =
                    |value: &ir::EnumValue| matches!(shown, Some(Json::Text(text)) if *text == value.wire);
                let at = values.values.iter().position(is_shown).unwrap_or_default();
                Value::Path(self.member(&names.name, names.members.get(at)?))
            }
            TypeKind::Union(union) => {
                let tag = match (&union.tagging, shown) {
                    (Tagging::Internal { property, kind: ir::TagKind::Text }, Some(shown)) => {
                        property_of(shown, property)
                    }
                    _ => None,
                };
                let is_tagged = |variant: &ir::Variant| matches!(tag, Some(Json::Text(tag)) if variant.tags.contains(tag));
                let first = union.variants.iter().position(is_tagged);
                let shown = shown.filter(|_| first.is_some());
                let order =
                    first.into_iter().chain((0..union.variants.len()).filter(|at| Some(*at) != first));
                let mut made = None;
                for at in order {
                    let (variant, name) = (union.variants.get(at)?, names.members.get(at)?);
                    let Some(ty) = &variant.ty else {
                        made = Some((name, None));
                        break;
                    };
                    if let Some(value) = self.value(ty, shown.filter(|_| Some(at) == first), what, depth) {
                        made = Some((name, Some(value)));
                        break;
                    }
                }
                let (variant, value) = made?;
                let path = self.member(&names.name, variant);
                match value {
                    None => Value::Path(path),
                    Some(value) => Value::Call(path, vec![value]),
                }
            }
            TypeKind::Struct(object) => self.structure(&names.name, &names.members, object, shown, depth)?,
        };
        self.mentions_deprecated |= def.deprecated;
        Some(value)
    }

    fn structure(
        &mut self,
        name: &Name,
        fields: &'a [Name],
        object: &'a Struct,
        shown: Option<&'a Json>,
        depth: usize,
    ) -> Option<Value> {
        let members: Vec<Member<'a>> =
            fields.iter().zip(&object.fields).map(|(name, field)| models::member(name, field)).collect();
        let shown: Vec<Shown<'a>> = object
            .fields
            .iter()
            .map(|field| Shown {
                example: match field.presence {
                    Presence::Flattened => shown,
                    _ => shown
                        .and_then(|shown| property_of(shown, &field.wire))
                        .or(field.text.example.as_ref()),
                },
                default: field.text.default.as_deref(),
                is_secret: field.is_secret,
                is_deprecated: field.deprecated,
            })
            .collect();
        let of = self.scope.model(name);
        self.record(of, &members, &shown, object.sent && depth + 1 == DEEPEST, depth)
    }

    /// A struct with what it requires, and with little else that the document shows.
    fn record(
        &mut self,
        of: Path,
        members: &[Member<'a>],
        shown: &[Shown<'a>],
        has_setters: bool,
        depth: usize,
    ) -> Option<Value> {
        let given = record::given(members);
        let is_empty = given.is_empty();
        let mut arguments = Vec::new();
        for (at, member) in given {
            arguments.push(self.taken(member, shown.get(at)?, depth)?);
        }
        let mut value = Value::Call(inside(&of, if is_empty { "default" } else { "new" }), arguments);
        if !has_setters {
            return Some(value);
        }
        let mut set = 0;
        for (at, (setter, member)) in record::setter_names(members).into_iter().zip(members).enumerate() {
            let (Some(setter), Some(shown)) = (setter, shown.get(at)) else { continue };
            let says = shown.example.is_some_and(|example| !is_silent(example, shown.default));
            let is_file = member.ty.is_file() && is_empty;
            if set == MOST_SET
                || !(says || is_file)
                || shown.is_secret
                || shown.is_deprecated
                || member.presence == Presence::Lenient
            {
                continue;
            }
            let Some(given) = self.taken(member, shown, depth) else { continue };
            if !is_short(&given) {
                continue;
            }
            value = Value::Method(Box::new(value), setter, vec![given]);
            set += 1;
        }
        Some(value)
    }

    /// A value as a constructor or setter takes it: many take whatever converts.
    fn taken(&mut self, member: &Member<'a>, shown: &Shown<'a>, depth: usize) -> Option<Value> {
        self.mentions_deprecated |= shown.is_deprecated;
        let secret = format!("your {}", member.name.as_str().replace('_', " "));
        let (example, what) = match shown.is_secret {
            true => (None, secret.trim_end()),
            false => (shown.example, member.name.as_str()),
        };
        if !types::converts(self.plan.api, member.ty) {
            return self.value(member.ty, example, what, depth);
        }
        match member.ty {
            ir::Type::String => Some(Value::Text(text(example, what))),
            ir::Type::Named(id) => {
                self.mentions_deprecated |= self.plan.api.types.get(id).is_some_and(|def| def.deprecated);
                Some(Value::Text(text(example, what)))
            }
            ir::Type::Boxed(inner) => self.value(inner, example, what, depth),
            ty => self.value(ty, example, what, depth),
        }
    }

    /// Something of one of the document's types.
    fn member(&mut self, of: &Name, member: &Name) -> Path {
        inside(&self.scope.model(of), member.as_str())
    }

    /// Something of a type of another crate.
    fn inside(&mut self, module: &'static str, of: &str, member: &str) -> Path {
        inside(&self.scope.import(module, of), member)
    }

    /// What has to be imported for these.
    fn uses(
        &self,
        given: &[Argument],
        variables: &[(Name, Value)],
        arguments: &[Value],
    ) -> Vec<(Path, Vec<Name>)> {
        let mut used = BTreeSet::new();
        given.iter().for_each(|argument| in_type(&argument.ty, &mut used));
        variables.iter().for_each(|(_, value)| in_value(value, &mut used));
        arguments.iter().for_each(|value| in_value(value, &mut used));
        let mut uses: BTreeMap<String, BTreeSet<Name>> = BTreeMap::new();
        for import in self.scope.uses() {
            let UsedNames::Listed(names) = import.names else { continue };
            let Path(mut module) = import.module;
            // The crate has what it needs of the runtime.
            if let Some(first) = module.first_mut().filter(|first| first.as_str() == "runtime") {
                *first = Name::known("crate");
            }
            let module: Vec<&str> = module.iter().map(Name::as_str).collect();
            let names = names.into_iter().filter(|name| used.contains(name));
            uses.entry(module.join("::")).or_default().extend(names);
        }
        let models = used.iter().filter(|name| self.plan.claims.models.contains(name)).cloned();
        uses.entry("crate::models".to_owned()).or_default().extend(models);
        uses.into_iter()
            .filter(|(_, names)| !names.is_empty())
            .map(|(module, names)| (scope::path(&module), names.into_iter().collect()))
            .collect()
    }
}

/// The names that paths of a type begin with.
fn in_type(ty: &Type, used: &mut BTreeSet<Name>) {
    match ty {
        Type::Unit => {}
        Type::Tuple(places) => places.iter().for_each(|place| in_type(place, used)),
        Type::Path(path, arguments) => {
            used.extend(path.0.first().cloned());
            arguments.iter().for_each(|argument| in_type(argument, used));
        }
    }
}

/// The names that paths of an expression begin with.
fn in_value(value: &Value, used: &mut BTreeSet<Name>) {
    match value {
        Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Text(_) | Value::Parsed(_) => {}
        Value::Path(path) | Value::Json(_, path) => used.extend(path.0.first().cloned()),
        Value::Call(path, arguments) => {
            used.extend(path.0.first().cloned());
            arguments.iter().for_each(|argument| in_value(argument, used));
        }
        Value::Method(of, _, arguments) => {
            in_value(of, used);
            arguments.iter().for_each(|argument| in_value(argument, used));
        }
        Value::Ref(inner) => in_value(inner, used),
        Value::List(items) | Value::Array(items) | Value::Tuple(items) => {
            items.iter().for_each(|item| in_value(item, used));
        }
    }
}

/// A value as its argument is passed. What takes several steps to make is a variable.
fn passed(value: Value, argument: &Argument, variables: &mut Vec<(Name, Value)>) -> Value {
    let value = match is_built(&value) && argument.passing != Passing::Copy {
        true => {
            variables.push((argument.name.clone(), value));
            variable(&argument.name)
        }
        false => value,
    };
    let value = match argument.passing {
        Passing::Ref | Passing::Slice(_) => Value::Ref(Box::new(value)),
        Passing::Copy | Passing::Owned | Passing::Str => value,
    };
    if argument.is_optional { some(value) } else { value }
}

/// Whether something is made by a function that is told what to make.
fn is_built(value: &Value) -> bool {
    match value {
        Value::Method(of, ..) => matches!(**of, Value::Call(..)) || is_built(of),
        Value::Call(_, arguments) => !arguments.is_empty(),
        _ => false,
    }
}

/// Whether a value fits into the line of a setter.
fn is_short(value: &Value) -> bool {
    match value {
        Value::Method(of, ..) => is_short(of),
        Value::Call(_, values) | Value::List(values) => values.len() < 2 && values.iter().all(is_short),
        Value::Array(_) | Value::Tuple(_) => false,
        _ => true,
    }
}

fn inside(Path(of): &Path, member: &str) -> Path {
    Path(of.iter().cloned().chain([Name::known(member)]).collect())
}

fn variable(name: &Name) -> Value {
    Value::Path(Path(vec![name.clone()]))
}

fn none() -> Value {
    Value::Path(scope::path("None"))
}

fn some(value: Value) -> Value {
    Value::Call(scope::path("Some"), vec![value])
}

/// `"text".to_owned()`
fn owned(text: &str) -> Value {
    Value::Method(Box::new(Value::Text(text.to_owned())), Name::known("to_owned"), Vec::new())
}

/// What the document shows, if that is short and on one line, or what stands for it.
fn text(shown: Option<&Json>, otherwise: &str) -> String {
    let shown = match shown {
        Some(Json::Text(text) | Json::Number(text)) => text.as_str(),
        _ => "",
    };
    let fits = !shown.is_empty() && shown.chars().count() <= LONGEST && !shown.contains(char::is_control);
    if fits { shown } else { otherwise }.to_owned()
}

/// What the document shows, within the range of a type.
fn integer(shown: Option<&Json>, width: ir::Int) -> i128 {
    let fits = |number: &i128| match width {
        ir::Int::I8 => i8::try_from(*number).is_ok(),
        ir::Int::I16 => i16::try_from(*number).is_ok(),
        ir::Int::I32 => i32::try_from(*number).is_ok(),
        ir::Int::I64 => i64::try_from(*number).is_ok(),
        ir::Int::U8 => u8::try_from(*number).is_ok(),
        ir::Int::U16 => u16::try_from(*number).is_ok(),
        ir::Int::U32 => u32::try_from(*number).is_ok(),
        ir::Int::U64 => u64::try_from(*number).is_ok(),
    };
    match shown {
        Some(Json::Number(text) | Json::Text(text)) => text.parse().ok().filter(fits).unwrap_or(1),
        _ => 1,
    }
}

fn number(shown: Option<&Json>) -> Option<f64> {
    match shown {
        Some(Json::Number(text)) => text.parse().ok().filter(|number: &f64| number.is_finite()),
        _ => None,
    }
}

/// Whether setting a value would say nothing.
fn is_silent(example: &Json, default: Option<&str>) -> bool {
    match example {
        Json::Null => true,
        Json::Bool(flag) => default == Some(if *flag { "true" } else { "false" }),
        Json::Number(text) | Json::Text(text) => default == Some(text),
        Json::Array(items) => items.is_empty(),
        Json::Object(entries) => entries.is_empty(),
    }
}

fn property_of<'a>(json: &'a Json, name: &str) -> Option<&'a Json> {
    match json {
        Json::Object(entries) => entries.iter().find(|(key, _)| key == name).map(|(_, value)| value),
        _ => None,
    }
}

/// A value as JSON on one line, in which nothing is invisible.
fn write(json: &Json, to: &mut String) {
    match json {
        Json::Null => to.push_str("null"),
        Json::Bool(flag) => to.push_str(if *flag { "true" } else { "false" }),
        Json::Number(text) => to.push_str(text),
        Json::Text(text) => write_text(text, to),
        Json::Array(items) => {
            to.push('[');
            for (at, item) in items.iter().enumerate() {
                to.push_str(if at == 0 { "" } else { ", " });
                write(item, to);
            }
            to.push(']');
        }
        Json::Object(entries) => {
            to.push('{');
            for (at, (key, value)) in entries.iter().enumerate() {
                to.push_str(if at == 0 { "" } else { ", " });
                write_text(key, to);
                to.push_str(": ");
                write(value, to);
            }
            to.push('}');
        }
    }
}

fn write_text(text: &str, to: &mut String) {
    to.push('"');
    for character in text.chars() {
        match character {
            '"' | '\\' => to.extend(['\\', character]),
            // `'` is the one visible character that is escaped.
            _ if character.escape_debug().len() > 1 && character != '\'' => {
                let mut units = [0; 2];
                for unit in character.encode_utf16(&mut units) {
                    to.push_str(&format!("\\u{unit:04x}"));
                }
            }
            _ => to.push(character),
        }
    }
    to.push('"');
}
