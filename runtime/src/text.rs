//! Parameters and headers as typed values: a deserializer over text.
//!
//! Comes in: the texts that a message has for one of them. Goes out: whatever is asked for.
//! Numbers and booleans are written as JSON writes them; everything else is text.

use serde::de::value::{MapDeserializer, SeqDeserializer, StringDeserializer};
use serde::de::{
    self, DeserializeOwned, Deserializer, EnumAccess, Error as _, IntoDeserializer, VariantAccess, Visitor,
};
use std::collections::BTreeMap;
use std::fmt;

use percent_encoding::percent_decode_str;

use crate::alternatives::ALTERNATIVES;
use crate::wire::Value;

/// What is wrong with a text. It does not repeat the text.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Problem(pub(super) String);

/// Texts of one parameter.
#[derive(Debug, Clone)]
pub(crate) enum Texts {
    /// None, one, several.
    List(Vec<String>),
    /// Names and values of an object.
    Map(Vec<(String, Vec<String>)>),
    /// One, and no list of one.
    Text(String),
    /// A list of anything.
    Items(Vec<Texts>),
    /// Names and values of an object at any depth. A list is one whose names are numbers, or empty.
    Tree(Vec<(String, Texts)>),
    /// A value of JSON that is no text, list or object.
    Plain(Value),
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
pub(crate) type Decode = fn(&str) -> Option<String>;

/// Escapes of a path, a cookie or the like.
pub(crate) fn decode_percent(text: &str) -> Option<String> {
    Some(percent_decode_str(text).decode_utf8().ok()?.into_owned())
}

/// Escapes of a query or a form.
pub(crate) fn decode_form(text: &str) -> Option<String> {
    decode_percent(&text.replace('+', " "))
}

/// Names and values of a query or a form. The values still have their escapes, so that delimiters in them can be told
/// from those between them.
pub(crate) fn escaped_pairs(text: &str) -> Vec<(String, String)> {
    let pairs = text.split('&').filter(|pair| !pair.is_empty());
    let pairs = pairs.map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    // What is no text is nobody's name.
    pairs.filter_map(|(name, value)| Some((decode_form(name)?, value.to_owned()))).collect()
}

/// JSON as a `T`, if it fits, where a number or a boolean may be written as text.
pub(crate) fn read_texts<T: DeserializeOwned>(value: &Value) -> Option<T> {
    Texts::from(value).read().ok()
}

const NOT_TEXT: &str = "must be UTF-8 text";

impl Texts {
    /// Values of a query or a form, with their escapes.
    pub(crate) fn list(values: &[&str]) -> Result<Self, Problem> {
        values.iter().map(|value| decoded(value, decode_form)).collect::<Result<_, _>>().map(Self::List)
    }

    /// Names and values of a query or a form, the values with their escapes.
    pub(crate) fn map<'p>(pairs: impl IntoIterator<Item = (&'p str, &'p str)>) -> Result<Self, Problem> {
        let mut groups = grouped(pairs);
        for value in groups.iter_mut().flat_map(|(_, values)| values) {
            *value = decoded(value, decode_form)?;
        }
        Ok(Self::Map(groups))
    }

    /// A single value.
    pub(crate) fn one(text: impl Into<String>) -> Self {
        Self::List(vec![text.into()])
    }

    /// The values as a `T`.
    pub(crate) fn read<T: DeserializeOwned>(self) -> Result<T, Problem> {
        T::deserialize(self)
    }

    fn single(self) -> Result<String, Problem> {
        match self {
            Self::List(mut texts) if texts.len() == 1 => Ok(texts.remove(0)),
            Self::List(texts) if texts.is_empty() => Err(Problem("is required".to_owned())),
            Self::List(_) => Err(Problem("must be given once".to_owned())),
            Self::Map(_) | Self::Tree(_) => Err(Problem("must not be an object".to_owned())),
            Self::Text(text) => Ok(text),
            Self::Items(_) => Err(Problem("must not be a list".to_owned())),
            Self::Plain(Value::Null) => Err(Problem("must not be null".to_owned())),
            Self::Plain(value) => Ok(value.to_string()),
            Self::Delimited { text, decode, .. } => decoded(&text, decode),
        }
    }
}

/// How many objects and lists may lie within each other.
const DEEPEST: usize = 32;

/// Names such as `[a][0][]` and their values, with their escapes, as an object.
pub(crate) fn tree<'p>(pairs: impl IntoIterator<Item = (&'p str, &'p str)>) -> Result<Texts, Problem> {
    let pairs = pairs.into_iter().filter_map(|(name, value)| Some((path(name)?, value)));
    let pairs: Vec<(Vec<&str>, &str)> = pairs.collect();
    if pairs.iter().any(|(path, _)| path.len() > DEEPEST) {
        return Err(Problem("is nested too deeply".to_owned()));
    }
    grown(pairs, 0)
}

/// The names between brackets; nothing where something else is there, too.
fn path(name: &str) -> Option<Vec<&str>> {
    if name.is_empty() {
        return Some(Vec::new());
    }
    Some(name.strip_prefix('[')?.strip_suffix(']')?.split("][").collect())
}

/// What values with the same names up to `depth` make.
fn grown(pairs: Vec<(Vec<&str>, &str)>, depth: usize) -> Result<Texts, Problem> {
    let values: Vec<&str> =
        pairs.iter().filter(|(path, _)| path.len() == depth).map(|(_, value)| *value).collect();
    if values.len() == pairs.len() {
        return Texts::list(&values);
    }
    if !values.is_empty() {
        return Err(Problem("must be either one value or an object".to_owned()));
    }
    let mut groups: BTreeMap<&str, Vec<(Vec<&str>, &str)>> = BTreeMap::new();
    for (path, value) in pairs {
        groups.entry(path[depth]).or_default().push((path, value));
    }
    let entries = groups.into_iter().map(|(name, pairs)| Ok((name.to_owned(), grown(pairs, depth + 1)?)));
    entries.collect::<Result<_, _>>().map(Texts::Tree)
}

/// The items of a list whose names are numbers, or empty; nothing where there are others.
fn items(entries: &[(String, Texts)]) -> Option<Vec<Texts>> {
    match entries {
        [(name, Texts::List(texts))] if name.is_empty() => {
            return Some(texts.iter().cloned().map(Texts::one).collect());
        }
        [(name, other)] if name.is_empty() => return Some(vec![other.clone()]),
        _ => {}
    }
    let numbered = entries.iter().map(|(name, item)| Some((name.parse::<usize>().ok()?, item.clone())));
    let mut numbered: Vec<(usize, Texts)> = numbered.collect::<Option<_>>()?;
    numbered.sort_by_key(|(number, _)| *number);
    Some(numbered.into_iter().map(|(_, item)| item).collect())
}

/// Whether names are those of a list and of nothing else: numbers may as well be names of an object.
fn is_list(entries: &[(String, Texts)]) -> bool {
    matches!(entries, [(name, _)] if name.is_empty())
}

/// JSON in which a number or a boolean may be written as text.
impl From<&Value> for Texts {
    fn from(value: &Value) -> Self {
        match value {
            Value::String(text) => Self::Text(text.clone()),
            Value::Array(items) => Self::Items(items.iter().map(Self::from).collect()),
            Value::Object(entries) => {
                Self::Tree(entries.iter().map(|(name, value)| (name.clone(), Self::from(value))).collect())
            }
            plain => Self::Plain(plain.clone()),
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
    if pieces.len() % 2 != 0 {
        return Err(Problem("must be an object".to_owned()));
    }
    let pieces: Vec<String> =
        pieces.into_iter().map(|piece| decoded(piece, decode)).collect::<Result<_, _>>()?;
    Ok(grouped(pieces.chunks(2).map(|pair| (pair[0].as_str(), pair[1].as_str()))))
}

/// Names with all of their values, in the order of their first mention.
pub(crate) fn grouped<'p>(pairs: impl IntoIterator<Item = (&'p str, &'p str)>) -> Vec<(String, Vec<String>)> {
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
            Self::Text(text) => visitor.visit_string(text),
            Self::Items(_) => self.deserialize_seq(visitor),
            Self::Tree(ref entries) if is_list(entries) => self.deserialize_seq(visitor),
            Self::Tree(_) => self.deserialize_map(visitor),
            Self::Plain(value) => value.deserialize_any(visitor).map_err(Problem::custom),
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
            Self::Items(items) => visitor.visit_seq(SeqDeserializer::new(items.into_iter())),
            Self::Tree(entries) => match items(&entries) {
                Some(items) => Self::Items(items).deserialize_seq(visitor),
                None => Err(Problem("must be a list".to_owned())),
            },
            Self::Map(_) | Self::Text(_) | Self::Plain(_) => Err(Problem("must be a list".to_owned())),
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
            Self::Tree(entries) => visitor.visit_map(MapDeserializer::new(entries.into_iter())),
            Self::List(_) | Self::Text(_) | Self::Items(_) | Self::Plain(_) => {
                Err(Problem("must be an object".to_owned()))
            }
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
        if let Self::Plain(Value::Null) = self { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Problem> {
        if name == ALTERNATIVES {
            return visitor.visit_some(self);
        }
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
