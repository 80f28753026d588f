//! What the model holds, looked at directly: printed code would hide where it comes from.

use super::{Lowered, lower};
use crate::diagnostics::{Diagnostics, Span};
use crate::document::Document;
use crate::ir::{
    Api, Call, Event, Field, Link, Literal, Presence, Struct, Tagging, Type, TypeDef, TypeKind, Union,
};
use crate::parse::parse;

/// Every document here is a tree.
fn tried(text: &str) -> Result<Lowered, Diagnostics> {
    match parse(text) {
        Ok(root) => lower(Document::new(&root)),
        Err(problems) => panic!("{problems:?}"),
    }
}

fn api(paths: &str, schemas: &str) -> Api {
    match tried(&document(paths, schemas)) {
        Ok(lowered) => lowered.api,
        Err(problems) => panic!("{problems:?}"),
    }
}

/// Errors of a document, each with the text that it marks.
fn errors(paths: &str, schemas: &str) -> Vec<(String, String)> {
    let text = document(paths, schemas);
    let Err(problems) = tried(&text) else { return Vec::new() };
    let marked =
        |span: Span| text.chars().skip(span.start as usize).take((span.end - span.start) as usize).collect();
    problems.iter().map(|problem| (problem.message.clone(), marked(problem.span))).collect()
}

fn document(paths: &str, schemas: &str) -> String {
    let indent =
        |text: &str, by: &str| -> String { text.lines().map(|line| format!("{by}{line}\n")).collect() };
    format!(
        "openapi: 3.1.0\ninfo: {{ title: Test, version: '1' }}\npaths:\n  /none: {{}}\n{}components:\n  schemas:\n    None: {{ type: string }}\n{}",
        indent(paths, "  "),
        indent(schemas, "    "),
    )
}

fn named<'a>(api: &'a Api, name: &str) -> &'a TypeDef {
    api.types.values().find(|def| def.name.as_str() == name).unwrap_or_else(|| panic!("no {name}"))
}

fn structure<'a>(api: &'a Api, name: &str) -> &'a Struct {
    match &named(api, name).kind {
        TypeKind::Struct(object) => object,
        other => panic!("{other:?}"),
    }
}

fn field<'a>(api: &'a Api, object: &str, wire: &str) -> &'a Field {
    let fields = &structure(api, object).fields;
    fields.iter().find(|field| field.wire == wire).unwrap_or_else(|| panic!("no {wire}"))
}

/// Names of a union's variants, in the order of the alphabet.
fn variants(alternatives: &[&str]) -> Vec<String> {
    let schema = format!(
        "U: {{ oneOf: [{}] }}\nCat: {{ type: object, required: [purr], properties: {{ purr: {{ type: string }} }} }}",
        alternatives.join(", ")
    );
    let api = api("", &schema);
    let TypeKind::Union(Union { variants, .. }) = &named(&api, "U").kind else { panic!("no union") };
    let mut names: Vec<String> = variants.iter().map(|variant| variant.name.as_str().to_owned()).collect();
    names.sort();
    names
}

#[test]
fn a_union_in_a_union_is_tried_last_or_is_no_union_of_its_own() {
    let api = api(
        "",
        "U: { oneOf: [{ $ref: '#/components/schemas/V' }, { type: string }, { anyOf: [{ type: boolean }, { type: integer }] }] }\n\
         V: { oneOf: [{ type: number }, { type: array, items: { type: string } }] }\n\
         W: { oneOf: [{ $ref: '#/components/schemas/X' }, { type: object, additionalProperties: { type: integer } }] }\n\
         X: { oneOf: [{ type: object, required: [a], properties: { a: { type: integer } } }, { type: string }] }",
    );
    let union = |name: &str| match &named(&api, name).kind {
        TypeKind::Union(union) => union.clone(),
        other => panic!("{other:?}"),
    };
    let names = |union: &Union| -> Vec<String> {
        union.variants.iter().map(|variant| variant.name.as_str().to_owned()).collect()
    };
    assert_eq!(names(&union("U")), ["Boolean", "Integer", "String", "V"]);
    // A map of any integers would take `a`, too.
    assert!(matches!(union("W").tagging, Tagging::Properties { .. }));
}

const TEXT: &str = "{ type: string }";
const NUMBER: &str = "{ type: number }";
const CAT: &str = "{ $ref: '#/components/schemas/Cat' }";

#[test]
fn alternatives_are_called_after_their_content() {
    let cases: &[(&[&str], &[&str])] = &[
        (
            &[TEXT, NUMBER, "{ type: boolean }", "{ type: integer }"],
            &["Boolean", "Integer", "Number", "String"],
        ),
        (
            &[NUMBER, "{ type: string, format: date-time }", "{ type: string, format: date }"],
            &["Date", "Number", "Timestamp"],
        ),
        (&[NUMBER, "{ type: string, format: uuid }", "{ type: object }"], &["Number", "Object", "Uuid"]),
        (&[TEXT, "{ type: array, items: { type: string } }"], &["String", "StringArray"]),
        (
            &[TEXT, "{ type: array, items: { type: array, items: { type: integer } } }"],
            &["IntegerArrayArray", "String"],
        ),
        (&[CAT, "{ type: array, items: { $ref: '#/components/schemas/Cat' } }"], &["Cat", "CatArray"]),
        (
            &[
                TEXT,
                "{ type: array }",
                "{ type: array, items: { type: object, properties: { a: { type: string } } } }",
            ],
            &["Array", "ObjectArray", "String"],
        ),
        (
            &[TEXT, "{ type: array, items: { oneOf: [{ type: string }, { type: integer }] } }"],
            &["IntegerOrStringArray", "String"],
        ),
        (&[CAT, "{ type: string, enum: [none, auto] }"], &["Cat", "Enum"]),
        (&[CAT, "{ type: string, enum: [a, b, c, d] }"], &["Cat", "Enum"]),
        (
            &[
                CAT,
                "{ type: [object, 'null'], required: [url, detail], properties: { url: { type: string }, detail: { type: string }, note: { type: string } } }",
            ],
            &["Cat", "DetailAndUrl"],
        ),
        (
            &[CAT, "{ type: object, required: [image_url], properties: { image_url: { type: string } } }"],
            &["Cat", "ImageUrl"],
        ),
        (
            &[CAT, "{ type: object, properties: { b: { type: string }, a: { type: string } } }"],
            &["AAndB", "Cat"],
        ),
        // A constant says more than properties.
        (
            &[
                CAT,
                "{ type: object, required: [type, x], properties: { x: { type: string }, type: { const: image_url } } }",
            ],
            &["Cat", "ImageUrl"],
        ),
        // What all have tells nothing.
        (
            &[
                "{ type: object, required: [id, url], properties: { id: { type: string }, url: { type: string } } }",
                "{ type: object, required: [id, text], properties: { id: { type: string }, text: { type: string } } }",
            ],
            &["Text", "Url"],
        ),
        // A part of another has nothing of its own.
        (
            &[
                "{ type: object, required: [id], properties: { id: { type: string } } }",
                "{ type: object, required: [id, text], properties: { id: { type: string }, text: { type: string } } }",
            ],
            &["Id", "Text"],
        ),
        // Titles that several share, and lists of objects, go on to what tells them apart.
        (
            &[
                "{ title: Part, type: object, required: [url], properties: { url: { type: string } } }",
                "{ title: Part, type: object, required: [text], properties: { text: { type: string } } }",
                "{ title: Other, type: boolean }",
            ],
            &["Other", "PartText", "PartUrl"],
        ),
        (
            &[
                "{ type: array, items: { type: object, required: [url], properties: { url: { type: string } } } }",
                "{ type: array, items: { type: object, required: [text], properties: { text: { type: string } } } }",
            ],
            &["TextArray", "UrlArray"],
        ),
        // A wrapper around one thing is that thing; what is written twice is one.
        (&["{ allOf: [{ $ref: '#/components/schemas/Cat' }] }", TEXT], &["Cat", "String"]),
        (&[NUMBER, TEXT, "{ title: Pattern, type: string, pattern: a }"], &["Number", "String"]),
        (
            &[
                CAT,
                "{ x-rust-name: Dog, type: object, required: [bark], properties: { bark: { type: string } } }",
            ],
            &["Cat", "Dog"],
        ),
    ];
    for (alternatives, names) in cases {
        let mut reversed = alternatives.to_vec();
        reversed.reverse();
        assert_eq!(variants(alternatives), *names, "{alternatives:?}");
        assert_eq!(variants(&reversed), *names, "reversed: {alternatives:?}");
    }
}

#[test]
fn a_new_alternative_renames_no_other() {
    let old = [
        "{ type: object, required: [url, id], properties: { id: { type: string }, url: { type: string } } }",
        "{ type: object, required: [text, id], properties: { id: { type: string }, text: { type: string } } }",
        "{ type: array, items: { type: string } }",
    ];
    let new = [
        "{ type: object, required: [width], properties: { width: { type: integer }, url: { type: string } } }",
        TEXT,
        CAT,
    ];
    let before = variants(&old);
    for place in 0..=old.len() {
        for new in new {
            let mut alternatives = old.to_vec();
            alternatives.insert(place, new);
            let after = variants(&alternatives);
            assert!(before.iter().all(|name| after.contains(name)), "{before:?} became {after:?}");
        }
    }
}

#[test]
fn inline_alternatives_are_named_after_parent_and_variant() {
    let api = api(
        "",
        "U: { oneOf: [{ type: string }, { type: object, required: [a], properties: { a: { type: object, properties: { b: { type: string } } } } }] }",
    );
    let names: Vec<&str> = api.types.values().map(|def| def.name.as_str()).collect();
    assert_eq!(names, ["None", "U", "UA", "UAA"]);
    assert_eq!(named(&api, "U").component.as_deref(), Some("U"));
    assert_eq!(named(&api, "UA").component, None);
}

#[test]
fn several_tag_values_are_called_after_the_schema() {
    let member = "{ type: object, required: [k], properties: { k: { type: string } } }";
    let union = |mapping: &str| {
        let refs = "oneOf: [{ $ref: '#/components/schemas/A' }, { $ref: '#/components/schemas/B' }]";
        let api = api(
            "",
            &format!(
                "U: {{ {refs}, discriminator: {{ propertyName: k, mapping: {{ {mapping} }} }} }}\nA: {member}\nB: {member}"
            ),
        );
        let TypeKind::Union(union) = &named(&api, "U").kind else { panic!("no union") };
        union.variants.iter().map(|variant| variant.name.as_str().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(union("one: A, two: B"), ["One", "Two"]);
    assert_eq!(union("one: A, two: A, three: B"), ["A", "Three"]);
    assert_eq!(union("two: A, one: A, three: B"), ["A", "Three"]);
}

const SHARED: &str = "
Flag: { type: boolean, format: lenient }
Flags: { type: array, items: { $ref: '#/components/schemas/Flag' } }
New:
  type: object
  required: [flag]
  properties:
    flag: { $ref: '#/components/schemas/Flag' }
    maybe: { type: integer, format: lenient, nullable: true }
    count: { type: integer, format: lenient, default: 3 }
    list: { type: array, items: { type: boolean, format: lenient } }
    flags: { $ref: '#/components/schemas/Flags' }
    at: { type: string, format: unix-millis }
    times: { type: array, items: { type: string, format: unix-millis } }
Old:
  type: object
  required: [flag]
  properties:
    flag: { $ref: '#/components/schemas/Flag' }
    count: { type: integer, format: lenient, default: 3 }
    list: { type: array, items: { type: boolean, format: lenient } }
    flags: { $ref: '#/components/schemas/Flags' }
";

fn post(sent: &str, received: &str) -> String {
    let content = |name: &str| {
        format!("content: {{ application/json: {{ schema: {{ $ref: '#/components/schemas/{name}' }} }} }}")
    };
    format!(
        "/x:\n  post:\n    requestBody: {{ {} }}\n    responses: {{ '200': {{ description: ., {} }} }}",
        content(sent),
        content(received)
    )
}

#[test]
fn only_what_is_read_is_lenient() {
    let list = |ty: Type| Type::Array(Box::new(ty));
    let api = api(&post("New", "Old"), SHARED);
    let flag = field(&api, "New", "flag").ty.clone();
    let sent = |wire: &str| (field(&api, "New", wire).presence, field(&api, "New", wire).ty.clone());
    assert_eq!(sent("flag").0, Presence::Required);
    assert_eq!(sent("maybe").0, Presence::Nullable);
    assert_eq!(sent("count").0, Presence::Optional);
    assert_eq!(field(&api, "New", "count").default, Some(Literal::Int(3)));
    assert_eq!(sent("list"), (Presence::Optional, list(Type::Bool)));
    // The alias is lenient for those who read it, so the list is spelt out.
    assert_eq!(sent("flags"), (Presence::Optional, list(flag.clone())));
    assert_eq!(sent("at"), (Presence::Optional, Type::UnixMillis));
    assert_eq!(sent("times"), (Presence::Optional, list(Type::UnixMillis)));

    let read = |wire: &str| (field(&api, "Old", wire).presence, field(&api, "Old", wire).ty.clone());
    assert_eq!(read("flag").0, Presence::Lenient);
    assert_eq!(read("count").0, Presence::Lenient);
    assert_eq!(read("list"), (Presence::Optional, list(Type::Lenient(Box::new(Type::Bool)))));
    assert!(matches!(read("flags").1, Type::Named(_)));
    assert_eq!(named(&api, "Flags").kind, TypeKind::Alias(list(Type::Lenient(Box::new(flag)))));
}

#[test]
fn what_is_sent_and_read_stays_lenient() {
    let api = api(&post("New", "New"), SHARED);
    assert_eq!(field(&api, "New", "flag").presence, Presence::Lenient);
}

#[test]
fn an_alias_that_is_only_sent_is_not_lenient() {
    let api = api(&post("Flags", "Flag"), SHARED);
    let TypeKind::Alias(Type::Array(item)) = &named(&api, "Flags").kind else { panic!("no list") };
    assert!(matches!(**item, Type::Named(_)));
}

fn paged(link: &str, next: &str, parameter: &str, required: &str) -> (String, String) {
    let paths = format!("
/list:
  get:
    operationId: list
    x-pagination: {{ items: items, {link}: next, parameter: at }}
    parameters: [{{ name: other, in: query, schema: {{ type: string }} }}, {parameter}]
    responses: {{ '200': {{ description: ., content: {{ application/json: {{ schema: {{ $ref: '#/components/schemas/Page' }} }} }} }} }}
");
    let schemas = format!("
Cursor: {{ type: string }}
CursorAlias: {{ $ref: '#/components/schemas/Cursor' }}
Page: {{ type: object, required: [{required}], properties: {{ before: {{ type: string }}, next: {next}, items: {{ type: array, items: {{ type: integer }} }} }} }}
");
    (paths, schemas)
}

const AT: &str = "{ name: at, in: query, schema: { type: string } }";

#[test]
fn pages_are_linked_by_text_or_numbers_whatever_their_presence() {
    let kinds = ["type: string", "type: integer", "type: string, format: uuid"];
    for link in ["next-link", "next-token"] {
        for kind in kinds {
            for trait_ in ["", ", nullable: true", ", format: lenient"] {
                for required in ["items", "items, next"] {
                    let next = format!("{{ {kind}{trait_} }}");
                    if kind.contains("format") && trait_.contains("format") {
                        continue;
                    }
                    let (paths, schemas) = paged(link, &next, AT, required);
                    if link == "next-link" && kind != kinds[0] {
                        let errors = errors(&paths, &schemas);
                        assert_eq!(errors, [("`next` cannot be a link to the next page".to_owned(), next)]);
                        continue;
                    }
                    let api = api(&paths, &schemas);
                    let Some(Call::AllPages(paging)) = api.routes[0].calls.last() else { panic!("no pages") };
                    assert_eq!((paging.next, paging.items, paging.parameter), (1, 2, 1));
                    assert_eq!(paging.item, Type::Int(crate::ir::Int::I64));
                    assert_eq!(paging.link == Link::Url, link == "next-link");
                }
            }
        }
    }
    for reference in ["Cursor", "CursorAlias"] {
        let (paths, schemas) =
            paged("next-token", &format!("{{ $ref: '#/components/schemas/{reference}' }}"), AT, "next");
        assert_eq!(api(&paths, &schemas).routes[0].calls.len(), 2);
    }
}

#[test]
fn what_cannot_lead_on_is_refused_at_its_place() {
    for next in [
        "{ type: object }",
        "{ type: boolean }",
        "{ type: array, items: { type: string } }",
        "{ type: string, enum: [a] }",
        "{ type: string, format: date-time }",
    ] {
        let (paths, schemas) = paged("next-token", next, AT, "");
        assert_eq!(
            errors(&paths, &schemas),
            [("`next` cannot be the token of the next page".to_owned(), next.to_owned())]
        );
    }
    for parameter in [
        "{ name: at, in: header, schema: { type: string } }",
        "{ name: at, in: query, schema: { type: array, items: { type: string } } }",
    ] {
        let (paths, schemas) = paged("next-token", "{ type: string }", parameter, "");
        let errors = errors(&paths, &schemas);
        assert_eq!(errors.len(), 1);
        assert_eq!(errors[0].0, "the parameter that selects the page must be text or a number in the query");
    }
}

#[test]
fn a_tag_moves_the_places_behind_it() {
    let api = api(
        "/x:\n  get:\n    responses: { '200': { description: ., content: { text/event-stream: { schema: { $ref: '#/components/schemas/E' } } } } }",
        "E: { type: object, x-stream-end: last, required: [k], properties: { k: { const: e }, last: { type: boolean } } }\nF: { type: object, required: [k], properties: { k: { const: f } } }\nU: { oneOf: [{ $ref: '#/components/schemas/E' }, { $ref: '#/components/schemas/F' }] }",
    );
    assert_eq!(named(&api, "E").event, Some(Event { last: Some(0), ..Event::default() }));
    assert_eq!(structure(&api, "E").tag.as_ref().map(|tag| tag.value.as_str()), Some("e"));
}

#[test]
fn a_path_and_a_method_are_one_route() {
    let api = api("
/chat:
  servers: [{ url: 'https://b.example/v1/' }, { url: 'https://a.example' }]
  post:
    operationId: createChat
    x-stream-flag: stream
    requestBody: { content: { application/json: { schema: { type: object, properties: { stream: { type: boolean }, text: { type: string } } } } } }
    responses: { '200': { description: ., content: { text/event-stream: { schema: { type: string } }, application/json: { schema: { type: string } } } } }
/chats:
  servers: [{ url: 'https://b.example/v1/' }]
  get: { responses: { '404': { description: ., content: { application/json: { schema: { type: string } } } } } }
", "");
    let [chat, chats] = &api.routes[..] else { panic!("{:?}", api.routes) };
    assert!(matches!(chat.calls[..], [Call::Whole(_), Call::Streamed(_)]));
    assert_eq!(chat.id.as_deref(), Some("createChat"));
    assert_eq!(chat.flag.as_ref().map(|flag| flag.property.as_str()), Some("stream"));
    assert_eq!((chat.servers.as_slice(), chats.servers.as_slice()), (&[0, 1][..], &[0][..]));
    assert_eq!(api.servers[0].prefix, "/v1");
    assert!(!api.servers[0].is_general);
    assert_eq!(chats.name.as_str(), "get_chats");
    assert_eq!(chats.failures.len(), 1);
}
