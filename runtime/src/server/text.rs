//! Parameters as typed values: a deserializer over text.
//!
//! Comes in: the texts that a request has for a parameter. Goes out: whatever the operation's method wants to have.
//! Numbers and booleans are written as JSON writes them; everything else is text.

use serde::de::value::{MapDeserializer, SeqDeserializer, StringDeserializer};
use serde::de::{
    self, DeserializeOwned, Deserializer, EnumAccess, Error as _, IntoDeserializer, VariantAccess, Visitor,
};
use std::fmt;

use percent_encoding::percent_decode_str;

/// What is wrong with a text. It does not repeat the text.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Problem(pub(super) String);

/// Texts of one parameter.
#[derive(Debug, Clone)]
pub(super) enum Texts {
    /// None, one, several.
    List(Vec<String>),
    /// Names and values of an object.
    Map(Vec<(String, Vec<String>)>),
    /// Text with delimiters in it: what it means depends on what is asked for.
    Delimited {
        /// The text, of which delimiters may be escaped.
        text: String,
        /// What stands between two pieces.
        delimiter: char,
        /// Undoes the escapes of a piece.
        decode: Decode,
    },
}

/// Undoes the escapes of a text, where that makes a text.
pub(super) type Decode = fn(&str) -> Option<String>;

/// Escapes of a path, a cookie or the like.
pub(super) fn decode_percent(text: &str) -> Option<String> {
    Some(percent_decode_str(text).decode_utf8().ok()?.into_owned())
}

/// Escapes of a query or a form.
pub(super) fn decode_form(text: &str) -> Option<String> {
    decode_percent(&text.replace('+', " "))
}

/// Names and values of a query or a form. The values still have their escapes, so that delimiters in them can be told
/// from those between them.
pub(super) fn escaped_pairs(text: &str) -> Vec<(String, String)> {
    let pairs = text.split('&').filter(|pair| !pair.is_empty());
    let pairs = pairs.map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    // What is no text is nobody's name.
    pairs.filter_map(|(name, value)| Some((decode_form(name)?, value.to_owned()))).collect()
}

const NOT_TEXT: &str = "must be UTF-8 text";

impl Texts {
    /// Values of a query or a form, with their escapes.
    pub(super) fn list(values: &[&str]) -> Result<Self, Problem> {
        values.iter().map(|value| decoded(value, decode_form)).collect::<Result<_, _>>().map(Self::List)
    }

    /// Names and values of a query or a form, the values with their escapes.
    pub(super) fn map<'p>(pairs: impl IntoIterator<Item = (&'p str, &'p str)>) -> Result<Self, Problem> {
        let mut groups = grouped(pairs);
        for value in groups.iter_mut().flat_map(|(_, values)| values) {
            *value = decoded(value, decode_form)?;
        }
        Ok(Self::Map(groups))
    }

    /// A single value.
    pub(super) fn one(text: impl Into<String>) -> Self {
        Self::List(vec![text.into()])
    }

    /// The values as a `T`.
    pub(super) fn read<T: DeserializeOwned>(self) -> Result<T, Problem> {
        T::deserialize(self)
    }

    fn single(self) -> Result<String, Problem> {
        match self {
            Self::List(mut texts) if texts.len() == 1 => Ok(texts.remove(0)),
            Self::List(texts) if texts.is_empty() => Err(Problem("is required".to_owned())),
            Self::List(_) => Err(Problem("must be given once".to_owned())),
            Self::Map(_) => Err(Problem("must not be an object".to_owned())),
            Self::Delimited { text, decode, .. } => decoded(&text, decode),
        }
    }
}

fn decoded(text: &str, decode: Decode) -> Result<String, Problem> {
    decode(text).ok_or_else(|| Problem(NOT_TEXT.to_owned()))
}

/// The pieces between delimiters.
fn pieces(text: &str, delimiter: char, decode: Decode) -> Result<Vec<String>, Problem> {
    text.split(delimiter).map(|piece| decoded(piece, decode)).collect()
}

/// Pieces as names and values, `a=1,b=2` or `a,1,b,2`.
fn pairs(text: &str, delimiter: char, decode: Decode) -> Result<Vec<(String, Vec<String>)>, Problem> {
    let exploded: Option<Vec<(&str, &str)>> =
        text.split(delimiter).map(|pair| pair.split_once('=')).collect();
    let pieces = match exploded {
        Some(pairs) => pairs.iter().flat_map(|(name, value)| [*name, *value]).collect(),
        None => text.split(delimiter).collect::<Vec<_>>(),
    };
    if !pieces.len().is_multiple_of(2) {
        return Err(Problem("must be an object".to_owned()));
    }
    let pieces: Vec<String> =
        pieces.into_iter().map(|piece| decoded(piece, decode)).collect::<Result<_, _>>()?;
    Ok(grouped(pieces.chunks(2).map(|pair| (pair[0].as_str(), pair[1].as_str()))))
}

/// Names with all of their values, in the order of their first mention.
pub(super) fn grouped<'p>(pairs: impl IntoIterator<Item = (&'p str, &'p str)>) -> Vec<(String, Vec<String>)> {
    let mut groups: Vec<(String, Vec<String>)> = Vec::new();
    for (name, value) in pairs {
        match groups.iter_mut().find(|(known, _)| known == name) {
            Some((_, values)) => values.push(value.to_owned()),
            None => groups.push((name.to_owned(), vec![value.to_owned()])),
        }
    }
    groups
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Problem {}

impl de::Error for Problem {
    fn custom<T: fmt::Display>(_: T) -> Self {
        // What other crates say may quote the text.
        Self("is not valid".to_owned())
    }

    fn missing_field(field: &'static str) -> Self {
        Self(format!("lacks `{field}`"))
    }
}

/// A number or boolean as JSON writes it: Rust also reads `+1`, `inf` and `NaN`.
fn plain<T: std::str::FromStr + Plain>(text: &str) -> Option<T> {
    if text.starts_with('+') {
        return None;
    }
    text.parse().ok().filter(Plain::is_plain)
}

trait Plain {
    fn is_plain(&self) -> bool {
        true
    }
}

macro_rules! plain {
    ($($kind:ty)*) => { $(impl Plain for $kind {})* };
}

plain! { bool i8 i16 i32 i64 u8 u16 u32 u64 i128 u128 }

impl Plain for f32 {
    fn is_plain(&self) -> bool {
        self.is_finite()
    }
}

impl Plain for f64 {
    fn is_plain(&self) -> bool {
        self.is_finite()
    }
}

macro_rules! parsed {
    ($($method:ident $visit:ident $kind:ty: $message:literal;)*) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
            let text = self.single()?;
            visitor.$visit(plain::<$kind>(&text).ok_or_else(|| Problem($message.to_owned()))?)
        })*
    };
}

impl<'de> Deserializer<'de> for Texts {
    type Error = Problem;

    parsed! {
        deserialize_bool visit_bool bool: "must be true or false";
        deserialize_i8 visit_i8 i8: "must be an integer in range";
        deserialize_i16 visit_i16 i16: "must be an integer in range";
        deserialize_i32 visit_i32 i32: "must be an integer in range";
        deserialize_i64 visit_i64 i64: "must be an integer in range";
        deserialize_u8 visit_u8 u8: "must be a non-negative integer in range";
        deserialize_u16 visit_u16 u16: "must be a non-negative integer in range";
        deserialize_u32 visit_u32 u32: "must be a non-negative integer in range";
        deserialize_u64 visit_u64 u64: "must be a non-negative integer in range";
        deserialize_i128 visit_i128 i128: "must be an integer in range";
        deserialize_u128 visit_u128 u128: "must be a non-negative integer in range";
        deserialize_f32 visit_f32 f32: "must be a number";
        deserialize_f64 visit_f64 f64: "must be a number";
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        match self {
            Self::Delimited { text, decode, .. } => visitor.visit_string(decoded(&text, decode)?),
            Self::List(texts) if texts.len() == 1 => visitor.visit_string(Self::List(texts).single()?),
            Self::List(_) => self.deserialize_seq(visitor),
            Self::Map(_) => self.deserialize_map(visitor),
        }
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        visitor.visit_string(self.single()?)
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        self.deserialize_str(visitor)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        match self {
            Self::List(texts) => visitor.visit_seq(SeqDeserializer::new(texts.into_iter().map(Texts::one))),
            Self::Delimited { text, delimiter, decode } => {
                Self::List(pieces(&text, delimiter, decode)?).deserialize_seq(visitor)
            }
            Self::Map(_) => Err(Problem("must be a list".to_owned())),
        }
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        match self {
            Self::Map(entries) => {
                let entries = entries.into_iter().map(|(name, texts)| (name, Texts::List(texts)));
                visitor.visit_map(MapDeserializer::new(entries))
            }
            Self::Delimited { text, delimiter, decode } => {
                Self::Map(pairs(&text, delimiter, decode)?).deserialize_map(visitor)
            }
            Self::List(_) => Err(Problem("must be an object".to_owned())),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Problem> {
        self.deserialize_map(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Problem> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Problem> {
        visitor.visit_enum(Variant(self.single()?))
    }

    serde::forward_to_deserialize_any! {
        char bytes byte_buf unit unit_struct tuple tuple_struct identifier ignored_any
    }
}

impl<'de> IntoDeserializer<'de, Problem> for Texts {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

/// The name of a variant without data.
struct Variant(String);

impl<'de> EnumAccess<'de> for Variant {
    type Error = Problem;
    type Variant = Self;

    fn variant_seed<S: de::DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, Self), Problem> {
        let name: StringDeserializer<Problem> = self.0.clone().into_deserializer();
        Ok((seed.deserialize(name)?, self))
    }
}

impl<'de> VariantAccess<'de> for Variant {
    type Error = Problem;

    fn unit_variant(self) -> Result<(), Problem> {
        Ok(())
    }

    fn newtype_variant_seed<S: de::DeserializeSeed<'de>>(self, _: S) -> Result<S::Value, Problem> {
        Err(Problem::custom("a variant with data"))
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, _: V) -> Result<V::Value, Problem> {
        Err(Problem::custom("a variant with data"))
    }

    fn struct_variant<V: Visitor<'de>>(self, _: &'static [&'static str], _: V) -> Result<V::Value, Problem> {
        Err(Problem::custom("a variant with data"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;
    use std::collections::BTreeMap;

    #[derive(Debug, PartialEq, Deserialize)]
    struct Id(String);

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(rename_all = "lowercase")]
    enum Kind {
        Small,
        #[serde(untagged)]
        Unknown(String),
    }

    fn read<T: DeserializeOwned>(texts: &[&str]) -> Result<T, Problem> {
        Texts::List(texts.iter().map(|text| (*text).to_owned()).collect()).read()
    }

    #[test]
    fn texts_become_what_is_asked_for() {
        assert_eq!(read::<i32>(&["-5"]), Ok(-5));
        assert_eq!(read::<bool>(&["true"]), Ok(true));
        assert_eq!(read::<f64>(&["0.5"]), Ok(0.5));
        assert_eq!(read::<String>(&["5"]), Ok("5".to_owned()));
        assert_eq!(read::<Id>(&["5"]), Ok(Id("5".to_owned())));
        assert_eq!(read::<Option<i64>>(&["5"]), Ok(Some(5)));
        assert_eq!(read::<Vec<u8>>(&["1", "2"]), Ok(vec![1, 2]));
        assert_eq!(read::<Vec<Id>>(&["1"]), Ok(vec![Id("1".to_owned())]));
        assert_eq!(read::<Kind>(&["small"]), Ok(Kind::Small));
        assert_eq!(read::<Kind>(&["huge"]), Ok(Kind::Unknown("huge".to_owned())));
        let map = Texts::Map(grouped([("a", "1"), ("b", "2")]));
        assert_eq!(map.read(), Ok(BTreeMap::from([("a".to_owned(), 1), ("b".to_owned(), 2)])));
    }

    #[test]
    fn what_does_not_fit_is_refused_without_repeating_it() {
        let wrong = [
            read::<i32>(&["canary"]).map(|_| ()),
            read::<i32>(&["99999999999"]).map(|_| ()),
            read::<u8>(&["-1"]).map(|_| ()),
            read::<bool>(&["yes"]).map(|_| ()),
            read::<String>(&[]).map(|_| ()),
            read::<i64>(&["1", "2"]).map(|_| ()),
            read::<Vec<i64>>(&["1", "canary"]).map(|_| ()),
            read::<BTreeMap<String, i64>>(&["canary"]).map(|_| ()),
        ];
        for problem in wrong {
            let problem = problem.unwrap_err();
            assert!(!problem.0.contains("canary") && !problem.0.is_empty(), "{problem}");
        }
    }
}
