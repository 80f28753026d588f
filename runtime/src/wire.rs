//! JSON values that differ from their documentation, and the types that specifications name by `format`.
//!
//! Comes in: any JSON that a [`Value`] can hold. Goes out: the value if it can be understood, otherwise what was sent, so
//! that one odd field never costs the whole answer. Must not: fail on such JSON where the type is [`Lenient`], or lose
//! what it did not understand.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

pub use jiff::Timestamp;
pub use jiff::civil::Date;
pub use serde_json::{Map, Value};
#[cfg(feature = "uuid")]
pub use uuid::Uuid;

pub use crate::alternatives::{Alternative, Known, Source, read_alternative};
pub use crate::spelling::{Canonical, Spellings};
pub use crate::text_enum::read_text;

/// A value that the server may send in another form than documented, or not at all.
///
/// Reading does not fail where a [`Value`] can be read. What cannot be understood is kept, `null` included, and is
/// written back with the same meaning, but not always with the same digits: `1.10` becomes `1.1`, and an integer beyond
/// 64 bits the nearest float. Numbers beyond the range of a float, such as `1e400`, and halves of surrogate pairs in text
/// are no JSON to this reader, and an error.
///
/// ```
/// use runtime::wire::{Lenient, Value};
///
/// let read = |json: &str| serde_json::from_str::<Lenient<i64>>(json).unwrap();
/// assert_eq!(read("7").get(), Some(&7));
/// assert_eq!(read(r#""7""#).get(), Some(&7));
/// assert_eq!(read("[]"), Lenient::Other(Value::Array(vec![])));
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub enum Lenient<T> {
    /// The property was not there.
    #[default]
    Absent,
    /// A value in one of the forms that are understood.
    Known(T),
    /// Anything else.
    Other(Value),
}

impl<T> Lenient<T> {
    /// The value, if it was there and was understood.
    pub fn get(&self) -> Option<&T> {
        match self {
            Self::Known(value) => Some(value),
            Self::Absent | Self::Other(_) => None,
        }
    }

    /// Like [`get`](Self::get), by value.
    pub fn into_known(self) -> Option<T> {
        match self {
            Self::Known(value) => Some(value),
            Self::Absent | Self::Other(_) => None,
        }
    }

    /// Whether the property was not there. `null` is not absent.
    pub fn is_absent(&self) -> bool {
        matches!(self, Self::Absent)
    }
}

impl<T> From<T> for Lenient<T> {
    fn from(value: T) -> Self {
        Self::Known(value)
    }
}

impl<T: Serialize> Serialize for Lenient<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Absent => serializer.serialize_none(),
            Self::Known(value) => value.serialize(serializer),
            Self::Other(value) => value.serialize(serializer),
        }
    }
}

impl<'de, T: LenientValue> Deserialize<'de> for Lenient<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        Ok(T::from_json(&value).map_or_else(|| Self::Other(value), Self::Known))
    }
}

/// A type that can be read from several forms of JSON.
///
/// The provided method takes text only, in the type's own form: enough for string enums, which need just
/// `impl LenientValue for Kind {}`.
pub trait LenientValue: DeserializeOwned {
    /// The value, or nothing if `value` is none of its forms.
    fn from_json(value: &Value) -> Option<Self> {
        if value.is_string() { Self::deserialize(value).ok() } else { None }
    }
}

/// `true`, `false`, or the same as text in any case.
impl LenientValue for bool {
    fn from_json(value: &Value) -> Option<Self> {
        match value {
            Value::Bool(value) => Some(*value),
            Value::String(text) if text.eq_ignore_ascii_case("true") => Some(true),
            Value::String(text) if text.eq_ignore_ascii_case("false") => Some(false),
            _ => None,
        }
    }
}

/// An integer, a number without a fraction, or decimal text.
impl LenientValue for i64 {
    fn from_json(value: &Value) -> Option<Self> {
        match value {
            Value::Number(number) => number.as_i64().or_else(|| integral(number.as_f64()?)),
            Value::String(text) => text.trim().parse().ok(),
            _ => None,
        }
    }
}

/// Like [`i64`], within its own range.
impl LenientValue for i32 {
    fn from_json(value: &Value) -> Option<Self> {
        i64::from_json(value)?.try_into().ok()
    }
}

/// A number, or decimal text.
impl LenientValue for f64 {
    fn from_json(value: &Value) -> Option<Self> {
        match value {
            Value::Number(number) => number.as_f64(),
            Value::String(text) => text.trim().parse().ok().filter(|number: &f64| number.is_finite()),
            _ => None,
        }
    }
}

/// Like [`f64`].
impl LenientValue for f32 {
    fn from_json(value: &Value) -> Option<Self> {
        let number = f64::from_json(value)? as f32;
        number.is_finite().then_some(number)
    }
}

/// Text, or an integer as its decimal text.
impl LenientValue for String {
    fn from_json(value: &Value) -> Option<Self> {
        match value {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) if !number.is_f64() => Some(number.to_string()),
            _ => None,
        }
    }
}

/// The integer that a float is.
pub(crate) fn integral(number: f64) -> Option<i64> {
    // Below 2^53 every integer has a float of its own; from there on, the digits that were sent are lost already.
    (number.fract() == 0.0 && number.abs() < 9_007_199_254_740_992.0).then_some(number as i64)
}

/// A point in time: milliseconds since 1970-01-01T00:00:00Z.
///
/// Written as decimal text. Read from an integer, decimal text or RFC 3339 text.
///
/// ```
/// use runtime::wire::UnixMillis;
///
/// let time: UnixMillis = serde_json::from_str(r#""1728181396000""#)?;
/// assert_eq!(time.as_millis(), 1_728_181_396_000);
/// assert_eq!(time.to_string(), "2024-10-06T02:23:16Z");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnixMillis(i64);

impl UnixMillis {
    /// From milliseconds since the epoch; negative before it.
    pub const fn from_millis(milliseconds: i64) -> Self {
        Self(milliseconds)
    }

    /// Milliseconds since the epoch.
    pub const fn as_millis(self) -> i64 {
        self.0
    }

    /// The same as a [`Timestamp`], unless it is outside of the years -9999 to 9999.
    pub fn to_timestamp(self) -> Option<Timestamp> {
        Timestamp::from_millisecond(self.0).ok()
    }
}

impl From<Timestamp> for UnixMillis {
    fn from(timestamp: Timestamp) -> Self {
        Self(timestamp.as_millisecond())
    }
}

/// RFC 3339; a number outside of that format's range is printed as it is.
impl fmt::Display for UnixMillis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.to_timestamp() {
            Some(timestamp) => timestamp.fmt(f),
            None => self.0.fmt(f),
        }
    }
}

impl LenientValue for UnixMillis {
    fn from_json(value: &Value) -> Option<Self> {
        let timestamp = || value.as_str()?.trim().parse::<Timestamp>().ok().map(Self::from);
        i64::from_json(value).map(Self).or_else(timestamp)
    }
}

impl Serialize for UnixMillis {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for UnixMillis {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        Self::from_json(&value)
            .ok_or_else(|| D::Error::custom("invalid value: expected milliseconds or RFC 3339 text"))
    }
}

/// A property of a request that may be left out, or sent as `null` on purpose.
///
/// It needs `#[serde(default, skip_serializing_if = "Nullable::is_absent")]`.
///
/// ```
/// use runtime::wire::Nullable;
///
/// assert_eq!(Nullable::from("text"), Nullable::Value("text"));
/// assert_eq!(Nullable::<i64>::from(None), Nullable::Null);
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Nullable<T> {
    /// Not sent.
    #[default]
    Absent,
    /// Sent as `null`.
    Null,
    /// Sent as this value.
    Value(T),
}

impl<T> Nullable<T> {
    /// The value, if there is one.
    pub fn as_option(&self) -> Option<&T> {
        match self {
            Self::Value(value) => Some(value),
            Self::Absent | Self::Null => None,
        }
    }

    /// Like [`as_option`](Self::as_option), by value.
    pub fn into_option(self) -> Option<T> {
        match self {
            Self::Value(value) => Some(value),
            Self::Absent | Self::Null => None,
        }
    }

    /// Whether nothing is sent.
    pub fn is_absent(&self) -> bool {
        matches!(self, Self::Absent)
    }
}

impl<T> From<T> for Nullable<T> {
    fn from(value: T) -> Self {
        Self::Value(value)
    }
}

/// Nothing means `null`.
impl<T> From<Option<T>> for Nullable<T> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Self::Value)
    }
}

impl<T: Serialize> Serialize for Nullable<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Absent | Self::Null => serializer.serialize_none(),
            Self::Value(value) => serializer.serialize_some(value),
        }
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Nullable<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Option::deserialize(deserializer).map(Self::from)
    }
}

/// Bytes that travel as Base64 text. Written in the standard alphabet with padding; read in the standard or
/// the URL-safe alphabet, with or without padding, and in lines as mails have them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Base64(pub Vec<u8>);

impl Base64 {
    /// The bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The bytes, by value.
    pub fn into_bytes(self) -> Vec<u8> {
        self.0
    }
}

impl From<Vec<u8>> for Base64 {
    fn from(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }
}

impl From<&[u8]> for Base64 {
    fn from(bytes: &[u8]) -> Self {
        Self(bytes.to_vec())
    }
}

impl AsRef<[u8]> for Base64 {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl Serialize for Base64 {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&STANDARD.encode(&self.0))
    }
}

impl<'de> Deserialize<'de> for Base64 {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut text = String::deserialize(deserializer)?;
        text.retain(|character| !character.is_ascii_whitespace());
        let digits = text.trim_end_matches('=');
        let bytes = STANDARD_NO_PAD.decode(digits).or_else(|_| URL_SAFE_NO_PAD.decode(digits));
        bytes.map(Self).map_err(|_| D::Error::custom("invalid value: string, expected Base64"))
    }
}

/// Reads `null` like a property that is not there. For `#[serde(default, deserialize_with =
/// "wire::null_as_default")]`.
///
/// # Errors
///
/// Those of `T`.
pub fn null_as_default<'de, T, D>(deserializer: D) -> Result<T, D::Error>
where
    T: Deserialize<'de> + Default,
    D: Deserializer<'de>,
{
    Option::deserialize(deserializer).map(Option::unwrap_or_default)
}

/// The text in the property `property` of an object: what tells the members of a union apart.
pub fn tag<'a>(value: &'a Value, property: &str) -> Option<&'a str> {
    value.get(property)?.as_str()
}

/// The integer in the property `property` of an object.
pub fn integer_tag(value: &Value, property: &str) -> Option<i64> {
    let value = value.get(property)?;
    #[allow(clippy::cast_possible_truncation)] // what has no fraction and is small is exact
    let whole = |number: f64| (number.fract() == 0.0 && number.abs() < 1e15).then_some(number as i64);
    value.as_i64().or_else(|| value.as_f64().and_then(whole))
}

/// The boolean in the property `property` of an object.
pub fn boolean_tag(value: &Value, property: &str) -> Option<bool> {
    value.get(property)?.as_bool()
}

/// The key of an object with one property, or a text that stands alone: what tells externally tagged members
/// apart.
pub fn only_key(value: &Value) -> Option<&str> {
    match value {
        Value::String(text) => Some(text),
        Value::Object(object) if object.len() == 1 => object.keys().next().map(String::as_str),
        _ => None,
    }
}

/// Decodes the value of the only property of an object.
///
/// # Errors
///
/// When it is no such object, or the value does not fit `T`.
pub fn only_value<T: DeserializeOwned, E: serde::de::Error>(value: Value) -> Result<T, E> {
    match value {
        Value::Object(object) if object.len() == 1 => {
            object.into_iter().next().map_or_else(|| from_value(Value::Null), |(_, value)| from_value(value))
        }
        _ => Err(E::custom("invalid value: expected an object with one property")),
    }
}

/// Decodes a value. The error says where inside of the value, so that a decoder around it can say where in
/// the document.
///
/// # Errors
///
/// When the value does not fit `T`.
pub fn from_value<T: DeserializeOwned, E: serde::de::Error>(value: Value) -> Result<T, E> {
    crate::json::decode_value(value)
}

/// Decodes a value if it fits `T`: for members of a union that share a tag, or have none.
pub fn attempt<T: DeserializeOwned>(value: &Value) -> Option<T> {
    T::deserialize(value).ok()
}

/// For `#[serde(deserialize_with)]`: an optional property that is there must not be null.
///
/// # Errors
///
/// When the value is null, or does not fit `T`.
pub fn not_null<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

/// Slots for what is read in one of the ways above, under the same names.
#[doc(hidden)]
pub mod slot {
    use crate::derive::{NotNull, NullAsDefault, Optional, Slot};

    /// Of [`null_as_default`](super::null_as_default).
    #[inline]
    pub const fn null_as_default<T: Default>() -> Slot<T, Optional<NullAsDefault>> {
        Slot::EMPTY
    }

    /// Of [`not_null`](super::not_null).
    #[inline]
    pub const fn not_null<T>() -> Slot<Option<T>, Optional<NotNull>> {
        Slot::EMPTY
    }
}

/// What every identifier type can do: a type of its own around text that means nothing to the client.
///
/// ```
/// /// Identifies a pet.
/// #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
/// pub struct PetId(String);
///
/// runtime::identifier!(PetId);
///
/// let id = PetId::new("p1");
/// assert_eq!(id.as_str(), "p1");
/// assert_eq!(serde_json::to_string(&id)?, r#""p1""#);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[macro_export]
macro_rules! identifier {
    ($name:ident) => {
        impl $name {
            /// Takes any text for an identifier.
            pub fn new(text: impl ::std::convert::Into<::std::string::String>) -> Self {
                Self(text.into())
            }

            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl ::std::convert::From<&str> for $name {
            fn from(text: &str) -> Self {
                Self::new(text)
            }
        }

        impl ::std::convert::From<::std::string::String> for $name {
            fn from(text: ::std::string::String) -> Self {
                Self(text)
            }
        }

        impl ::std::str::FromStr for $name {
            type Err = ::std::convert::Infallible;

            fn from_str(text: &str) -> ::std::result::Result<Self, Self::Err> {
                ::std::result::Result::Ok(Self::new(text))
            }
        }

        impl ::std::convert::From<&$name> for $name {
            fn from(id: &$name) -> Self {
                ::std::clone::Clone::clone(id)
            }
        }

        impl ::std::convert::From<$name> for ::std::string::String {
            fn from(id: $name) -> Self {
                id.0
            }
        }

        impl ::std::convert::AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl ::std::fmt::Display for $name {
            fn fmt(&self, formatter: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                ::std::fmt::Display::fmt(&self.0, formatter)
            }
        }

        impl $crate::derive::Serialize for $name {
            fn serialize<S: $crate::derive::Serializer>(
                &self,
                serializer: S,
            ) -> ::std::result::Result<S::Ok, S::Error> {
                $crate::derive::Serialize::serialize(&self.0, serializer)
            }
        }

        impl<'de> $crate::derive::Deserialize<'de> for $name {
            fn deserialize<D: $crate::derive::Deserializer<'de>>(
                deserializer: D,
            ) -> ::std::result::Result<Self, D::Error> {
                <::std::string::String as $crate::derive::Deserialize>::deserialize(deserializer).map(Self)
            }
        }

        impl $crate::wire::LenientValue for $name {}
    };
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn tags_that_are_no_text() {
        let value = json!({ "a": 1, "b": 2.0, "c": 2.5, "d": "1", "e": true });
        let integers = ["a", "b", "c", "d", "f"].map(|property| integer_tag(&value, property));
        assert_eq!(integers, [Some(1), Some(2), None, None, None]);
        assert_eq!([boolean_tag(&value, "e"), boolean_tag(&value, "a")], [Some(true), None]);
    }

    fn known<T: LenientValue>(value: Value) -> Option<T> {
        serde_json::from_value::<Lenient<T>>(value).unwrap().into_known()
    }

    /// What the documentation of [`Lenient`] says about numbers and texts at the edges of JSON.
    #[test]
    fn what_is_kept_and_what_is_not() {
        for (sent, kept) in [
            ("null", "null"),
            ("18446744073709551615", "18446744073709551615"),
            ("18446744073709551616", "1.8446744073709552e+19"),
            ("1.10", "1.1"),
            ("[1.5,{\"a\":null}]", "[1.5,{\"a\":null}]"),
        ] {
            let value: Lenient<bool> = serde_json::from_str(sent).unwrap();
            assert!(matches!(value, Lenient::Other(_)), "{sent}");
            // Or all of it, where another crate switches serde_json's `arbitrary_precision` on.
            let written = serde_json::to_string(&value).unwrap();
            assert!(written == kept || written == sent, "{sent}: {written}");
        }
        for refused in ["1e400", r#""\ud800""#] {
            assert!(serde_json::from_str::<Lenient<bool>>(refused).is_err(), "{refused}");
        }
    }

    #[test]
    fn lenient_forms() {
        for (value, expected) in [
            (json!(true), Some(true)),
            (json!("false"), Some(false)),
            (json!("True"), Some(true)),
            (json!("yes"), None),
            (json!(1), None),
            (json!(null), None),
        ] {
            assert_eq!(known::<bool>(value.clone()), expected, "{value}");
        }
        for (value, expected) in [
            (json!(5), Some(5)),
            (json!(5.0), Some(5)),
            (json!("-5"), Some(-5)),
            (json!(5.5), None),
            (json!("5.5"), None),
            (json!(""), None),
            (json!(1e300), None),
            (json!(u64::MAX), None),
        ] {
            assert_eq!(known::<i64>(value.clone()), expected, "{value}");
        }
        assert_eq!(known::<i32>(json!(i64::MAX)), None);
        assert_eq!(known::<i32>(json!("7")), Some(7));
        for (value, expected) in [
            (json!(0), Some(0.0)),
            (json!("0.25"), Some(0.25)),
            (json!("NaN"), None),
            (json!("inf"), None),
            (json!({}), None),
        ] {
            assert_eq!(known::<f64>(value.clone()), expected, "{value}");
        }
        for (value, expected) in
            [(json!("a"), Some("a")), (json!(456), Some("456")), (json!(1.5), None), (json!([]), None)]
        {
            assert_eq!(known::<String>(value.clone()).as_deref(), expected, "{value}");
        }
        for (value, expected) in [
            (json!("1728181396000"), Some(1_728_181_396_000)),
            (json!(1_728_181_396_000_i64), Some(1_728_181_396_000)),
            (json!(1_728_181_396_000.0), Some(1_728_181_396_000)),
            (json!("2024-10-06T02:23:16Z"), Some(1_728_181_396_000)),
            (json!("2024-10-06T10:23:16+08:00"), Some(1_728_181_396_000)),
            (json!(""), None),
            (json!("soon"), None),
            (json!(null), None),
        ] {
            assert_eq!(known::<UnixMillis>(value.clone()).map(UnixMillis::as_millis), expected, "{value}");
        }
    }

    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
    #[serde(rename_all = "lowercase")]
    enum Kind {
        Image,
        #[serde(untagged)]
        Other(String),
    }

    impl LenientValue for Kind {}

    #[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
    #[serde(default)]
    struct Sample {
        #[serde(skip_serializing_if = "Lenient::is_absent")]
        kind: Lenient<Kind>,
        #[serde(skip_serializing_if = "Lenient::is_absent")]
        time: Lenient<UnixMillis>,
        #[serde(skip_serializing_if = "Nullable::is_absent")]
        note: Nullable<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        data: Option<Base64>,
    }

    #[test]
    fn what_is_not_understood_survives_a_round_trip() {
        for document in [
            json!({}),
            json!({"kind": "image", "time": "1728181396000", "note": null, "data": "aGk="}),
            json!({"kind": "hologram", "note": "text"}),
            json!({"kind": {}, "time": null}),
            json!({"kind": 5, "time": [1]}),
        ] {
            let sample: Sample = serde_json::from_value(document.clone()).unwrap();
            assert_eq!(serde_json::to_value(&sample).unwrap(), document);
        }
        let sample: Sample = serde_json::from_value(json!({"kind": "hologram"})).unwrap();
        assert_eq!(sample.kind, Lenient::Known(Kind::Other("hologram".to_owned())));
    }

    #[test]
    fn members_of_unions_are_told_apart() {
        assert_eq!(tag(&json!({"kind": "a"}), "kind"), Some("a"));
        for value in [json!({"kind": 1}), json!({}), json!([]), json!("a")] {
            assert_eq!(tag(&value, "kind"), None, "{value}");
        }
        assert_eq!(only_key(&json!("a")), Some("a"));
        assert_eq!(only_key(&json!({"a": 1})), Some("a"));
        assert_eq!(only_key(&json!({"a": 1, "b": 2})), None);
        let value = |value| only_value::<i64, serde_json::Error>(value).ok();
        assert_eq!(value(json!({"a": 1})), Some(1));
        assert_eq!([value(json!("a")), value(json!({"a": "x"})), value(json!({}))], [None; 3]);
    }

    #[test]
    fn null_is_the_default_and_identifiers_are_text() {
        #[derive(Debug, Clone, PartialEq)]
        struct Id(String);
        crate::identifier!(Id);
        #[derive(Debug, Deserialize)]
        struct Pet {
            #[serde(default, deserialize_with = "null_as_default")]
            ids: Vec<Id>,
        }
        let ids = |value| serde_json::from_value::<Pet>(value).map(|pet| pet.ids);
        assert_eq!(ids(json!({"ids": ["a"]})).unwrap(), [Id::from("a")]);
        assert!(ids(json!({"ids": null})).unwrap().is_empty() && ids(json!({})).unwrap().is_empty());
        assert!(ids(json!({"ids": [1]})).is_err());
        let id = Id::new("a");
        assert_eq!(
            (id.as_str(), id.as_ref(), id.to_string(), String::from(id.clone())),
            ("a", "a", "a".into(), "a".into())
        );
        assert_eq!((known::<Id>(json!("a")), "a".parse()), (Some(id.clone()), Ok(id)));
    }

    #[test]
    fn what_is_optional_need_not_be_nullable() {
        #[derive(Debug, PartialEq, Deserialize)]
        struct Strict {
            #[serde(default, deserialize_with = "not_null")]
            text: Option<String>,
        }
        let read = |value| serde_json::from_value::<Strict>(value).ok().map(|strict| strict.text);
        assert_eq!(read(json!({})), Some(None));
        assert_eq!(read(json!({"text": "a"})), Some(Some("a".to_owned())));
        assert_eq!(read(json!({"text": null})), None);
    }

    #[test]
    fn base64_is_read_in_both_alphabets() {
        for text in ["+/8=", "+/8", "-_8=", "-_8", "+/\r\n8=\n"] {
            assert_eq!(serde_json::from_value::<Base64>(json!(text)).unwrap().0, [0xfb, 0xff], "{text}");
        }
        assert!(serde_json::from_value::<Base64>(json!("no base64!")).is_err());
    }

    #[test]
    fn times_out_of_range_do_not_panic() {
        for time in [i64::MIN, i64::MAX] {
            let time = UnixMillis::from_millis(time);
            assert_eq!((time.to_timestamp(), time.to_string()), (None, time.as_millis().to_string()));
        }
    }
}
