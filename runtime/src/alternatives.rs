//! Unions whose members only their properties tell apart.
//!
//! Comes in: any JSON, and what each member knows of an object. Goes out: the member that knows most of what is there.
//! Must not: choose a member that would drop what another one keeps, or all of an object.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{DeserializeOwned, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use crate::evidence::Evidence;
use crate::wire::Value;

/// Implements `Deserialize` for a union from a table of its members; the last row names the member that keeps anything
/// else.
///
/// `runtime::alternatives!(Pet("kind") { Cat("cat" | "kitten") => "lives", ... })` asks only those members whose values the
/// property `kind` has, and for any other value those without values.
///
/// A row names the properties that a member knows, and ends in `_` where it keeps all others, too. An object is read as
/// the member that knows most of its properties and fits; of several as one whose values are there
/// (`("kind" = "cat" | "kitten")`), and then as the first. A member that knows none of them is no choice. What is no
/// object is read as a member without properties, or else as one of the others, which may be a union that has more than
/// objects; a list is never read as an object. Of equals the first that fits is read.
///
/// ```
/// # use serde::{Deserialize, Serialize};
/// #[derive(Debug, PartialEq, Serialize, Deserialize)]
/// pub struct Cat {
///     #[serde(default)]
///     pub lives: Option<u8>,
/// }
///
/// #[derive(Debug, PartialEq, Serialize, Deserialize)]
/// pub struct Dog {
///     #[serde(default)]
///     pub tricks: Option<Vec<String>>,
/// }
///
/// #[derive(Debug, PartialEq, Serialize)]
/// #[serde(untagged)]
/// pub enum Pet {
///     Cat(Cat),
///     Dog(Dog),
///     Name(String),
///     Unknown(runtime::wire::Value),
/// }
///
/// runtime::alternatives!(Pet {
///     Cat => "lives",
///     Dog => "tricks",
///     Name,
///     _ => Unknown,
/// });
///
/// let read = |json: &str| serde_json::from_str::<Pet>(json).unwrap();
/// assert_eq!(read(r#"{"tricks":[]}"#), Pet::Dog(Dog { tricks: Some(vec![]) }));
/// assert_eq!(read(r#""Tom""#), Pet::Name("Tom".to_owned()));
/// assert!(matches!(read(r#"{"fins":2}"#), Pet::Unknown(_)));
/// ```
#[macro_export]
macro_rules! alternatives {
    (@tag) => { ::std::option::Option::None };
    (@tag $tag:literal) => { ::std::option::Option::Some($tag) };
    (@known _) => { $crate::wire::Known::Others };
    (@known $property:literal) => { $crate::wire::Known::Property($property) };
    (@known ($property:literal = $($value:literal)|+)) => {
        $crate::wire::Known::Values($property, &[$($value),+])
    };
    ($name:ident $(($tag:literal))? {
        $($variant:ident $(($($value:literal)|+))? $(=> $($known:tt)|+)?,)*
        _ => $unknown:ident $(,)?
    }) => {
        impl<'de> ::serde::Deserialize<'de> for $name {
            fn deserialize<D: ::serde::Deserializer<'de>>(
                deserializer: D,
            ) -> ::std::result::Result<Self, D::Error> {
                $crate::wire::read_alternative(deserializer, $crate::alternatives!(@tag $($tag)?), Self::$unknown, &[$(
                    $crate::wire::Alternative {
                        tags: &[$($($value),+)?],
                        known: &[$($($crate::alternatives!(@known $known)),+)?],
                        read: |value| value.attempt().map(Self::$variant),
                    },
                )*])
            }
        }
    };
}

/// A member of a union. What [`alternatives!`](crate::alternatives) uses.
#[derive(Debug, Clone, Copy)]
pub struct Alternative<T> {
    /// The values of the union's tag by which it comes into question. Empty where it is for any other value, or there is
    /// no tag.
    pub tags: &'static [&'static str],
    /// The properties that it knows. Empty where it is no object.
    pub known: &'static [Known],
    /// Reads it, if it fits.
    pub read: fn(Source<'_>) -> Option<T>,
}

/// What a member knows of an object.
#[derive(Debug, Clone, Copy)]
pub enum Known {
    /// A property.
    Property(&'static str),
    /// A property that has one of these values, if it is there and text.
    Values(&'static str, &'static [&'static str]),
    /// All others.
    Others,
}

/// What a member is read from.
#[derive(Debug, Clone, Copy)]
pub struct Source<'v> {
    value: &'v Value,
    /// Whether it was text, such as a form, where numbers look like any other text. Only servers read that.
    #[cfg_attr(not(feature = "server"), allow(dead_code))]
    is_of_text: bool,
}

impl Source<'_> {
    /// The value as a `T`, if it fits.
    pub fn attempt<T: DeserializeOwned>(self) -> Option<T> {
        #[cfg(feature = "server")]
        if self.is_of_text {
            return crate::text::read_texts(self.value);
        }
        if self.value.is_array() {
            // serde's derived implementations take a list for a struct, with the fields by position.
            let evidence = Evidence::default();
            let read = T::deserialize(evidence.watch(self.value)).ok();
            return read.filter(|_| !evidence.is_struct());
        }
        T::deserialize(self.value).ok()
    }
}

/// The name under which a union asks a deserializer for its value. One that reads text answers with
/// [`Visitor::visit_some`].
pub(crate) const ALTERNATIVES: &str = "$runtime::alternatives";

/// Reads the member that keeps most. What [`alternatives!`](crate::alternatives) uses.
///
/// # Errors
///
/// Those of the deserializer.
pub fn read_alternative<'de, T, D: Deserializer<'de>>(
    deserializer: D,
    tag: Option<&str>,
    unknown: fn(Value) -> T,
    members: &[Alternative<T>],
) -> Result<T, D::Error> {
    deserializer.deserialize_newtype_struct(ALTERNATIVES, Union { tag, unknown, members })
}

struct Union<'m, T> {
    tag: Option<&'m str>,
    unknown: fn(Value) -> T,
    members: &'m [Alternative<T>],
}

impl<T> Union<'_, T> {
    fn read(self, value: Value, is_of_text: bool) -> T {
        let read = best_of(Source { value: &value, is_of_text }, self.tag, self.members);
        read.unwrap_or_else(|| (self.unknown)(value))
    }
}

macro_rules! plain {
    ($($method:ident: $kind:ty),*) => {
        $(fn $method<E: Error>(self, value: $kind) -> Result<T, E> {
            Ok(self.read(Value::from(value), false))
        })*
    };
}

impl<'de, T> Visitor<'de> for Union<'_, T> {
    type Value = T;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a value")
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<T, D::Error> {
        Ok(self.read(Value::deserialize(deserializer)?, false))
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<T, D::Error> {
        Ok(self.read(Value::deserialize(deserializer)?, true))
    }

    // Some deserializers have no place for newtypes, and show what is inside.
    plain! { visit_bool: bool, visit_i64: i64, visit_u64: u64, visit_f64: f64, visit_str: &str, visit_string: String }

    fn visit_unit<E: Error>(self) -> Result<T, E> {
        Ok(self.read(Value::Null, false))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
        Ok(self.read(Value::deserialize(MapAccessDeserializer::new(map))?, false))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<T, A::Error> {
        Ok(self.read(Value::deserialize(SeqAccessDeserializer::new(list))?, false))
    }
}

/// How well an object fits a member, the most important first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Fit {
    /// How many of its properties are kept.
    kept: usize,
    /// Whether they have the values that the member knows.
    has_values: bool,
    /// How many of them have a name.
    named: usize,
}

impl<T> Alternative<T> {
    /// Nothing where all of an object would be lost, and no tag says that it is meant.
    fn fit(&self, value: &Value, is_meant: bool) -> Option<Fit> {
        let Some(object) = value.as_object() else {
            let is_plain = self.known.is_empty();
            return Some(Fit { kept: usize::from(is_plain), ..Fit::default() });
        };
        if object.is_empty() {
            return Some(Fit::default());
        }
        let (mut named, mut has_values, mut keeps_others) = (0, true, false);
        for known in self.known {
            match known {
                Known::Others => keeps_others = true,
                Known::Property(name) => named += usize::from(object.contains_key(*name)),
                Known::Values(name, values) => {
                    let Some(value) = object.get(*name) else { continue };
                    named += 1;
                    has_values &= value.as_str().is_none_or(|value| values.contains(&value));
                }
            }
        }
        let kept = if keeps_others { object.len() } else { named };
        (kept > 0 || is_meant || self.known.is_empty()).then_some(Fit { kept, has_values, named })
    }
}

/// What a tag says, also where it is a number or a boolean.
fn text_of(value: &Value) -> Option<Cow<'_, str>> {
    match value {
        Value::String(text) => Some(Cow::Borrowed(text)),
        Value::Number(_) | Value::Bool(_) => Some(Cow::Owned(value.to_string())),
        _ => None,
    }
}

/// The value as the member that keeps most of it, of those that its tag selects.
fn best_of<T>(source: Source<'_>, tag: Option<&str>, members: &[Alternative<T>]) -> Option<T> {
    let tag = tag.and_then(|property| text_of(source.value.get(property)?));
    let has_tag = |member: &&Alternative<T>| tag.as_deref().is_some_and(|tag| member.tags.contains(&tag));
    let is_selected = members.iter().any(|member| has_tag(&member));
    let selected =
        members.iter().filter(|member| if is_selected { has_tag(member) } else { member.tags.is_empty() });
    let mut fitting: Vec<_> =
        selected.filter_map(|member| Some((member.fit(source.value, is_selected)?, member.read))).collect();
    // The sort is stable: of equals the first is tried first.
    fitting.sort_by_key(|(fit, _)| std::cmp::Reverse(*fit));
    fitting.into_iter().find_map(|(_, read)| read(source))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_member_that_keeps_most_is_read() {
        let read = |value: Value| {
            best_of(
                Source { value: &value, is_of_text: false },
                None,
                &[
                    Alternative {
                        tags: &[],
                        known: &[Known::Property("a"), Known::Property("b")],
                        read: |_| Some("small"),
                    },
                    Alternative {
                        tags: &[],
                        known: &[Known::Property("a"), Known::Property("b"), Known::Property("c")],
                        read: |_| Some("large"),
                    },
                    Alternative {
                        tags: &[],
                        known: &[Known::Property("d"), Known::Others],
                        read: |_| Some("rest"),
                    },
                    Alternative {
                        tags: &[],
                        known: &[
                            Known::Property("a"),
                            Known::Property("b"),
                            Known::Property("c"),
                            Known::Property("e"),
                        ],
                        read: |source| source.value.get("e").map(|_| "needy"),
                    },
                    Alternative {
                        tags: &[],
                        known: &[],
                        read: |source| source.attempt::<i64>().map(|_| "number"),
                    },
                ],
            )
        };
        assert_eq!(read(json!({ "a": 1 })), Some("small"));
        assert_eq!(read(json!({ "a": 1, "b": null, "c": 1 })), Some("large"));
        assert_eq!(read(json!({ "a": 1, "x": 1 })), Some("rest"));
        assert_eq!(read(json!({ "a": 1, "e": 1 })), Some("needy"));
        assert_eq!(read(json!({})), Some("small"));
        let known: &[Alternative<&str>] =
            &[Alternative { tags: &[], known: &[Known::Property("a")], read: |_| Some("a") }];
        let value = json!({ "z": 1 });
        assert_eq!(best_of(Source { value: &value, is_of_text: false }, None, known), None);
    }

    #[test]
    fn what_is_no_object_is_a_member_without_properties_before_a_union_that_keeps_anything() {
        #[derive(serde::Deserialize)]
        struct Sub {
            #[allow(dead_code)]
            id: String,
        }
        let members: &[Alternative<&str>] = &[
            Alternative {
                tags: &[],
                known: &[Known::Property("id")],
                read: |source| source.attempt::<Sub>().map(|_| "object"),
            },
            Alternative { tags: &[], known: &[Known::Property("kind")], read: |_| Some("open union") },
            Alternative { tags: &[], known: &[], read: |source| source.attempt::<String>().map(|_| "text") },
            Alternative {
                tags: &[],
                known: &[],
                read: |source| source.attempt::<Vec<Sub>>().map(|_| "list"),
            },
        ];
        let read = |value: Value| best_of(Source { value: &value, is_of_text: false }, None, members);
        assert_eq!(read(json!("a")), Some("text"));
        assert_eq!(read(json!([{ "id": "a" }])), Some("list"));
        assert_eq!(read(json!(["a"])), Some("open union"));
        assert_eq!(read(json!(1)), Some("open union"));
        assert_eq!(read(json!({ "id": "a" })), Some("object"));
    }

    #[test]
    fn of_members_that_keep_the_same_the_one_with_the_value_is_read() {
        let members: &[Alternative<&str>] = &[
            Alternative {
                tags: &[],
                known: &[Known::Values("kind", &["a"]), Known::Property("data")],
                read: |_| Some("a"),
            },
            Alternative {
                tags: &[],
                known: &[Known::Values("kind", &["b", "c"]), Known::Property("data")],
                read: |_| Some("b"),
            },
            Alternative { tags: &[], known: &[Known::Property("kind")], read: |_| Some("any") },
        ];
        let read = |value: Value| best_of(Source { value: &value, is_of_text: false }, None, members);
        assert_eq!(read(json!({ "kind": "b", "data": 1 })), Some("b"));
        assert_eq!(read(json!({ "kind": "c" })), Some("b"));
        // Nothing is lost for a value.
        assert_eq!(read(json!({ "kind": "z", "data": 1 })), Some("a"));
        assert_eq!(read(json!({ "kind": "z" })), Some("any"));
        assert_eq!(read(json!({ "data": 1 })), Some("a"));
        assert_eq!(read(json!({ "kind": 1, "data": 1 })), Some("a"));
    }

    #[test]
    fn only_members_with_the_tag_come_into_question() {
        let user = [Known::Values("role", &["user"]), Known::Property("text")];
        let system = [Known::Values("role", &["system"]), Known::Property("text")];
        let [user, system] = [user, system].map(|known| &*Vec::leak(known.to_vec()));
        let members: &[Alternative<&str>] = &[
            Alternative { tags: &["message"], known: system, read: |_| Some("system") },
            Alternative { tags: &["message"], known: user, read: |_| Some("user") },
            Alternative {
                tags: &["call"],
                known: &[],
                read: |source| source.value.get("id").map(|_| "call"),
            },
            Alternative { tags: &[], known: &[Known::Property("text")], read: |_| Some("other") },
        ];
        let read = |value: Value| best_of(Source { value: &value, is_of_text: false }, Some("type"), members);
        assert_eq!(read(json!({ "type": "message", "role": "user", "text": 1 })), Some("user"));
        assert_eq!(read(json!({ "type": "message", "text": 1 })), Some("system"));
        assert_eq!(read(json!({ "type": "message" })), Some("system"));
        assert_eq!(read(json!({ "type": "call", "text": 1 })), None);
        assert_eq!(read(json!({ "type": "call", "id": 1 })), Some("call"));
        assert_eq!(read(json!({ "type": "new", "text": 1 })), Some("other"));
        assert_eq!(read(json!({ "text": 1 })), Some("other"));
        assert_eq!(read(json!({ "type": "new" })), None);
        assert_eq!(read(json!(1)), Some("other"));
    }

    #[test]
    fn a_tag_may_be_a_number() {
        let of = |tags| Alternative { tags, known: &[Known::Property("a")], read: |_| Some(()) };
        let members: &[Alternative<()>] = &[of(&["1"]), of(&["true"])];
        let read = |value: Value| best_of(Source { value: &value, is_of_text: false }, Some("type"), members);
        let tagged = [json!(1), json!(true), json!(2)].map(|tag| read(json!({ "type": tag, "a": 1 })));
        assert_eq!(tagged, [Some(()), Some(()), None]);
    }
}
