//! Decoding JSON with errors that say where and what kind, but never quote the document.
//!
//! Comes in: bytes of a body or of one event. Goes out: a value, or a [`DecodeError`] with the JSON path.
//! Must not: let text of the document into an error message; serde's own messages do.

use std::collections::BTreeMap;
use std::marker::PhantomData;

use serde::de::{self, DeserializeOwned, DeserializeSeed, IgnoredAny};
use serde_json::Value;
use serde_path_to_error::{Path, Segment, Track};

use crate::error::DecodeError;
use crate::evidence::Evidence;
use crate::wire::integral;

/// Whether a media type without parameters, in lower case, is JSON: that is the last word of its name, or only a version is
/// behind it.
#[cfg(any(feature = "client", feature = "server"))]
pub(crate) fn is_json(essence: &str) -> bool {
    let is_version = |word: &str| word.bytes().all(|byte| byte.is_ascii_digit());
    let names_json = |form: &str| form.rsplit(['+', '-', '.']).find(|word| !is_version(word)) == Some("json");
    match essence.split_once('/') {
        Some(("application" | "text", form)) => names_json(form),
        _ => essence.ends_with("+json"),
    }
}

/// Decodes a whole document; anything but white space behind it is an error. A byte order mark is skipped.
pub(crate) fn decode<T: DeserializeOwned>(document: &[u8]) -> Result<T, Box<DecodeError>> {
    let document = without_mark(document);
    // Most documents fit. Keeping track of the path costs time, so only the others are read a second time for it.
    match serde_json::from_slice(document) {
        Ok(value) => Ok(value),
        Err(_) => decode_with_path(document),
    }
}

/// Decodes what should be a `T`, but may be an error document. Serde takes any object for a struct without required
/// fields, so success is no evidence; a property that the type knows is.
///
/// An object without one is an error that [says so](DecodeError::is_other_object). `properties`: names of which one
/// must be there, where the type itself cannot tell: it keeps whatever properties come.
pub(crate) fn decode_evident<T: DeserializeOwned>(
    text: &str,
    properties: &[&str],
) -> Result<T, Box<DecodeError>> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let (document, evidence) = (text.as_bytes(), Evidence::default());
    // From text: from bytes, every string in it would be checked for UTF-8 once more.
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let value = T::deserialize(evidence.watch(&mut deserializer));
    // A value with something behind it is none.
    let is_good = value.is_ok() && deserializer.end().is_ok();
    let is_other = match is_good {
        true if evidence.is_struct() => evidence.is_missing(),
        true => !properties.is_empty() && has_none_of(document, properties),
        false if evidence.is_struct() => evidence.is_missing() && has_none_of(document, &[]),
        false if !properties.is_empty() => has_none_of(document, properties),
        // Nobody knows which properties the type has. These are what errors have.
        false => has_one_of(document, ERROR_PROPERTIES),
    };
    match value {
        Ok(value) if is_good && !is_other => Ok(value),
        Ok(_) if is_good => {
            Err(Box::new(DecodeError::other_object("it has no property of an event", document)))
        }
        _ => decode_with_path(document).map_err(|error| match is_other {
            true => Box::new(DecodeError::other_object(error.reason(), document)),
            false => error,
        }),
    }
}

/// Properties by which an object that fits nothing is taken for an error document.
const ERROR_PROPERTIES: &[&str] = &["error", "errors", "detail"];

/// Whether a document is an object with properties, but none of these.
fn has_none_of(document: &[u8], names: &[&str]) -> bool {
    let object = properties_of(document);
    !object.is_empty() && !names.iter().any(|name| object.contains_key(*name))
}

fn has_one_of(document: &[u8], names: &[&str]) -> bool {
    let object = properties_of(document);
    names.iter().any(|name| object.contains_key(*name))
}

/// Whether a document is `{}`.
pub(crate) fn is_empty_object(document: &[u8]) -> bool {
    let object = serde_json::from_slice::<BTreeMap<String, IgnoredAny>>(without_mark(document));
    object.is_ok_and(|object| object.is_empty())
}

/// None where it is no object.
fn properties_of(document: &[u8]) -> BTreeMap<String, IgnoredAny> {
    serde_json::from_slice(document).unwrap_or_default()
}

/// The document without a byte order mark, which some servers write and no JSON has.
pub(crate) fn without_mark(document: &[u8]) -> &[u8] {
    document.strip_prefix(b"\xef\xbb\xbf").unwrap_or(document)
}

fn decode_with_path<T: DeserializeOwned>(document: &[u8]) -> Result<T, Box<DecodeError>> {
    let mut deserializer = serde_json::Deserializer::from_slice(document);
    let value = match serde_path_to_error::deserialize(&mut deserializer) {
        Ok(value) => value,
        Err(error) => {
            let path = json_path(error.path());
            let error = located(path, error.inner(), document);
            let is_float = error.reason().starts_with("invalid type: floating point");
            return is_float.then(|| decode_whole(document)).flatten().ok_or(error);
        }
    };
    deserializer.end().map_err(|error| located("$".to_owned(), &error, document))?;
    Ok(value)
}

/// Decodes a document with integers that are written as `1.0`, which are integers to JSON and JSON Schema.
fn decode_whole<T: DeserializeOwned>(document: &[u8]) -> Option<T> {
    let mut value: Value = serde_json::from_slice(document).ok()?;
    write_whole(&mut value);
    T::deserialize(value).ok()
}

fn write_whole(value: &mut Value) {
    match value {
        Value::Number(number) => {
            if let Some(whole) = number.as_f64().filter(|_| number.is_f64()).and_then(integral) {
                *number = whole.into();
            }
        }
        Value::Array(items) => items.iter_mut().for_each(write_whole),
        Value::Object(entries) => entries.values_mut().for_each(write_whole),
        _ => {}
    }
}

/// Writes an object with one more property, `flag`, in place of one that the object has under this name.
///
/// All other properties stay as they are written, number for number.
#[cfg(feature = "client")]
pub(crate) fn with_flag(
    body: &(impl serde::Serialize + ?Sized),
    flag: &str,
    value: bool,
) -> Result<Vec<u8>, &'static str> {
    let bytes = serde_json::to_vec(body).map_err(|_| "it cannot be written as JSON")?;
    let Members(members) = serde_json::from_slice(&bytes).map_err(|_| "it is not an object")?;
    let mut object = Vec::with_capacity(bytes.len() + flag.len() + 16);
    object.push(b'{');
    for (name, text) in members.iter().filter(|(name, _)| name != flag) {
        serde_json::to_writer(&mut object, name).map_err(|_| "it cannot be written as JSON")?;
        object.push(b':');
        object.extend_from_slice(text.get().as_bytes());
        object.push(b',');
    }
    serde_json::to_writer(&mut object, flag).map_err(|_| "it cannot be written as JSON")?;
    object.extend_from_slice(if value { b":true}" } else { b":false}" });
    Ok(object)
}

/// The properties of an object, each with its value as text.
#[cfg(feature = "client")]
struct Members<'t>(Vec<(String, &'t serde_json::value::RawValue)>);

#[cfg(feature = "client")]
impl<'de> serde::Deserialize<'de> for Members<'de> {
    fn deserialize<D: de::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;

        impl<'de> de::Visitor<'de> for Visitor {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: de::MapAccess<'de>>(self, mut map: A) -> Result<Members<'de>, A::Error> {
                let mut members = Vec::new();
                while let Some((name, text)) = map.next_entry()? {
                    members.push((name, text));
                }
                Ok(Members(members))
            }
        }

        deserializer.deserialize_map(Visitor)
    }
}

/// What the message of an error inside a value starts with, before its path.
const INNER: &str = "inside $";

/// Decodes a value that was read before its type was known. The error carries its path inside of the value,
/// which [`decode`] appends to the path of the value.
pub(crate) fn decode_value<T: DeserializeOwned, E: de::Error>(value: Value) -> Result<T, E> {
    decode_seed(PhantomData, value, "")
}

/// The same for what only a visitor knows the type of. `place`: what its path begins with, such as `.id`.
pub(crate) fn decode_seed<'de, S: DeserializeSeed<'de>, E: de::Error>(
    seed: S,
    value: Value,
    place: &str,
) -> Result<S::Value, E> {
    let mut track = Track::new();
    seed.deserialize(serde_path_to_error::Deserializer::new(value, &mut track)).map_err(|error| {
        let (path, reason) = inner(json_path(&track.path()), reason(&error));
        let path = path.trim_start_matches('$');
        E::custom(format_args!("{INNER}{place}{path}: {reason}"))
    })
}

fn located(path: String, error: &serde_json::Error, document: &[u8]) -> Box<DecodeError> {
    let (path, reason) = inner(path, reason(error));
    Box::new(DecodeError::new(path, reason, Some((error.line(), error.column())), document))
}

/// Moves the path in a message of [`decode_value`] to the end of the path so far.
fn inner(path: String, reason: String) -> (String, String) {
    match reason.strip_prefix(INNER).and_then(|rest| rest.split_once(": ")) {
        Some((more, reason)) => (format!("{path}{more}"), reason.to_owned()),
        None => (path, reason),
    }
}

/// `$.results[3].id`. A key that does not look like a name may be data, so it is shown as `?`.
fn json_path(path: &Path) -> String {
    let mut text = "$".to_owned();
    for segment in path {
        match segment {
            Segment::Seq { index } => text.push_str(&format!("[{index}]")),
            Segment::Map { key } | Segment::Enum { variant: key } => {
                text.push('.');
                text.push_str(if looks_like_a_name(key) { key } else { "?" });
            }
            Segment::Unknown => text.push_str(".?"),
        }
    }
    text
}

fn looks_like_a_name(key: &str) -> bool {
    (1..=40).contains(&key.len())
        && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
}

/// What serde says, without the parts that quote the document.
fn reason(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let position = format!(" at line {} column {}", error.line(), error.column());
    let text = text.strip_suffix(&position).unwrap_or(&text);
    if error.is_data() { redact(text) } else { text.to_owned() }
}

fn redact(message: &str) -> String {
    // Names of fields and types come from our own code.
    const HARMLESS: [&str; 4] =
        ["missing field `", "duplicate field `", "invalid length ", "data did not match any variant"];
    // These go on with what was found in the document, up to the last "expected".
    const QUOTING: [&str; 4] = ["invalid type: ", "invalid value: ", "unknown variant ", "unknown field "];

    if let Some((path, reason)) = message.strip_prefix(INNER).and_then(|rest| rest.split_once(": ")) {
        return format!("{INNER}{path}: {}", redact(reason));
    }
    if HARMLESS.iter().any(|prefix| message.starts_with(prefix)) {
        return message.to_owned();
    }
    let Some(prefix) = QUOTING.iter().find(|prefix| message.starts_with(**prefix)) else {
        return "the value does not fit".to_owned();
    };
    let found = kind_of(&message[prefix.len()..]);
    let expected = message.rfind(", expected ").map_or("", |at| &message[at..]);
    format!("{}{found}{expected}", if found.is_empty() { prefix.trim_end() } else { prefix })
}

/// `string "secret"` becomes `string`, `` integer `5` `` becomes `integer`.
fn kind_of(found: &str) -> &'static str {
    const KINDS: [&str; 12] = [
        "string",
        "integer",
        "floating point",
        "boolean",
        "null",
        "map",
        "sequence",
        "character",
        "byte array",
        "unit",
        "newtype",
        "Option",
    ];
    KINDS.iter().find(|kind| found.starts_with(**kind)).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;
    use std::collections::BTreeMap;

    #[derive(Debug, Deserialize)]
    #[allow(dead_code)]
    struct Page {
        results: Vec<Item>,
    }

    #[derive(Debug, Deserialize)]
    #[allow(dead_code)]
    struct Item {
        id: i64,
        kind: Option<Kind>,
        extra: Option<BTreeMap<String, i64>>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "lowercase")]
    enum Kind {
        Known,
    }

    #[test]
    #[cfg(any(feature = "client", feature = "server"))]
    fn media_types_of_json_end_with_the_word() {
        for (essence, expected) in [
            ("application/json", true),
            ("text/json", true),
            ("application/problem+json", true),
            ("model/gltf+json", true),
            ("application/x-vendor-json-1.1", true),
            ("application/json-seq", false),
            ("application/x-ndjson", false),
            ("application/json-patch", false),
            ("image/json", false),
            ("json", false),
        ] {
            assert_eq!(is_json(essence), expected, "{essence}");
        }
    }

    #[test]
    fn errors_have_a_path_and_no_data() {
        let cases = [
            (
                r#"{"results":[{"id":1},{"id":"canary"}]}"#,
                "$.results[1].id",
                "invalid type: string, expected i64",
            ),
            (r#"{"results":[{"id":1.5}]}"#, "$.results[0].id", "invalid type: floating point, expected i64"),
            (r#"{"results":[{"kind":null}]}"#, "$.results[0]", "missing field `id`"),
            (
                r#"{"results":[{"id":1,"kind":"canary"}]}"#,
                "$.results[0].kind",
                "unknown variant, expected `known`",
            ),
            (
                r#"{"results":[{"id":1,"extra":{"the canary":"x"}}]}"#,
                "$.results[0].extra.?",
                "invalid type: string, expected i64",
            ),
            (
                r#"{"results":"canary, expected nothing"}"#,
                "$.results",
                "invalid type: string, expected a sequence",
            ),
            (r#"{"results":[]} canary"#, "$", "trailing characters"),
            (r#"{"results":["#, "$.results", "EOF while parsing a list"),
            ("", "$", "EOF while parsing a value"),
        ];
        for (document, path, reason) in cases {
            let error = decode::<Page>(document.as_bytes()).unwrap_err();
            assert_eq!((error.path(), error.reason()), (path, reason), "{document}");
            assert!(!format!("{error} {error:?}").contains("canary"), "{error:?}");
        }
    }

    #[test]
    fn an_integer_may_be_written_with_a_fraction_of_nothing() {
        let page = decode::<Page>(br#"{"results":[{"id":1.0,"extra":{"a":-2e3}},{"id":3}]}"#).unwrap();
        assert_eq!(page.results.iter().map(|item| item.id).collect::<Vec<_>>(), [1, 3]);
        assert_eq!(page.results[0].extra.as_ref().unwrap()["a"], -2000);
        for document in ["[1.0] x", "[1.5]", "[1e300]", "[9007199254740993.0]", "[1.0, 1.5]"] {
            assert!(decode::<Vec<i64>>(document.as_bytes()).is_err(), "{document}");
        }
        assert_eq!(decode::<Vec<u8>>(b"[255.0]").unwrap(), [255]);
        assert!(decode::<Vec<u8>>(b"[-1.0]").is_err());
    }

    #[test]
    fn messages_of_unknown_origin_are_dropped() {
        #[derive(Debug)]
        struct Picky;
        impl<'de> Deserialize<'de> for Picky {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                Err(serde::de::Error::custom(format!("do not like {text}")))
            }
        }
        assert_eq!(decode::<Picky>(br#""canary""#).unwrap_err().reason(), "the value does not fit");
    }

    #[test]
    fn the_path_goes_on_inside_of_tagged_values() {
        #[derive(Debug)]
        struct Tagged(#[allow(dead_code)] Page);
        impl<'de> Deserialize<'de> for Tagged {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                decode_value(Value::deserialize(deserializer)?).map(Self)
            }
        }
        let error =
            decode::<Vec<Tagged>>(br#"[{"results":[]},{"results":[{"id":"canary: x"}]}]"#).unwrap_err();
        assert_eq!(
            (error.path(), error.reason()),
            ("$[1].results[0].id", "invalid type: string, expected i64")
        );
        let error = decode::<Vec<Tagged>>(br#"[{"results":[{}]}]"#).unwrap_err();
        assert_eq!((error.path(), error.reason()), ("$[0].results[0]", "missing field `id`"));
    }

    #[test]
    fn deep_nesting_and_broken_text_are_errors() {
        let deep = "[".repeat(10_000);
        assert_eq!(
            decode::<serde_json::Value>(deep.as_bytes()).unwrap_err().reason(),
            "recursion limit exceeded"
        );
        assert!(decode::<String>(b"\"\xff\"").is_err());
    }
}
