//! Unions whose members only their properties tell apart.
//!
//! Comes in: any JSON, and what each member knows of an object. Goes out: the member that knows most of what is there.
//! Must not: choose a member that would drop what another one keeps, or all of an object.

use crate::wire::Value;

/// Implements `Deserialize` for a union from a table of its members; the last row names the member that keeps anything
/// else.
///
/// A row names the properties that a member knows, and ends in `_` where it keeps all others, too. An object is read as
/// the member that knows most of its properties and fits; of several the first. A member that knows none of them is no
/// choice. What is no object, and members without properties, are tried in order.
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
    (@known _) => { ::std::option::Option::None };
    (@known $property:literal) => { ::std::option::Option::Some($property) };
    ($name:ident { $($variant:ident $(=> $($known:tt)|+)?,)* _ => $unknown:ident $(,)? }) => {
        impl<'de> ::serde::Deserialize<'de> for $name {
            fn deserialize<D: ::serde::Deserializer<'de>>(
                deserializer: D,
            ) -> ::std::result::Result<Self, D::Error> {
                let value = <$crate::wire::Value as ::serde::Deserialize>::deserialize(deserializer)?;
                let read = $crate::wire::best_of(&value, &[$(
                    $crate::wire::Alternative {
                        known: &[$($($crate::alternatives!(@known $known)),+)?],
                        read: |value| $crate::wire::attempt(value).map(Self::$variant),
                    },
                )*]);
                ::std::result::Result::Ok(read.unwrap_or(Self::$unknown(value)))
            }
        }
    };
}

/// A member of a union. What [`alternatives!`](crate::alternatives) uses.
#[derive(Debug, Clone, Copy)]
pub struct Alternative<T> {
    /// The properties that it knows; nothing stands for all others. Empty where it is no object.
    pub known: &'static [Option<&'static str>],
    /// Reads it, if it fits.
    pub read: fn(&Value) -> Option<T>,
}

impl<T> Alternative<T> {
    /// How many of an object's properties are kept, and how many of them have a name here; nothing where all would be
    /// lost.
    fn fit(&self, value: &Value) -> Option<(usize, usize)> {
        let Some(object) = value.as_object().filter(|object| !object.is_empty()) else { return Some((0, 0)) };
        let named = object.keys().filter(|key| self.known.contains(&Some(key.as_str()))).count();
        let kept = if self.known.contains(&None) { object.len() } else { named };
        (kept > 0 || self.known.is_empty()).then_some((kept, named))
    }
}

/// The value as the member that keeps most of it. What [`alternatives!`](crate::alternatives) uses.
pub fn best_of<T>(value: &Value, members: &[Alternative<T>]) -> Option<T> {
    let mut fitting: Vec<_> =
        members.iter().filter_map(|member| Some((member.fit(value)?, member.read))).collect();
    // The sort is stable: of equals the first is tried first.
    fitting.sort_by_key(|(fit, _)| std::cmp::Reverse(*fit));
    fitting.into_iter().find_map(|(_, read)| read(value))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_member_that_keeps_most_is_read() {
        let read = |value: Value| {
            let number = |value: &Value| value.as_i64().map(|_| "number");
            best_of(
                &value,
                &[
                    Alternative { known: &[Some("a"), Some("b")], read: |_| Some("small") },
                    Alternative { known: &[Some("a"), Some("b"), Some("c")], read: |_| Some("large") },
                    Alternative { known: &[Some("d"), None], read: |_| Some("rest") },
                    Alternative {
                        known: &[Some("a"), Some("b"), Some("c"), Some("e")],
                        read: |value| value.get("e").map(|_| "needy"),
                    },
                    Alternative { known: &[], read: number },
                ],
            )
        };
        assert_eq!(read(json!({ "a": 1 })), Some("small"));
        assert_eq!(read(json!({ "a": 1, "b": null, "c": 1 })), Some("large"));
        assert_eq!(read(json!({ "a": 1, "x": 1 })), Some("rest"));
        assert_eq!(read(json!({ "a": 1, "e": 1 })), Some("needy"));
        assert_eq!(read(json!({})), Some("small"));
        let known: &[Alternative<&str>] = &[Alternative { known: &[Some("a")], read: |_| Some("a") }];
        assert_eq!(best_of(&json!({ "z": 1 }), known), None);
    }
}
