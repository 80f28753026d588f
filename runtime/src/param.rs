//! Values of parameters as text in a path, query, header or cookie, in the styles of OpenAPI.
//!
//! Comes in: any `Serialize` value. Goes out: percent-encoded text, or a word on what is wrong with the
//! value. Must not: let a value change the structure of a URL or header, or mention the value in an error.

use std::fmt::Display;

use crate::style::{CookieStyle, HeaderStyle, PathStyle, QueryStyle};
use percent_encoding::{AsciiSet, CONTROLS, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::ser::{
    self, Serialize, SerializeMap, SerializeSeq, SerializeStruct, SerializeTuple, SerializeTupleStruct,
};

/// What is wrong with a value. Static text: it cannot contain the value.
pub(crate) type Problem = &'static str;

/// Literal parts of a path template: what a URL parser would change or misread. Specifications write the rest as it is
/// sent.
pub(crate) const LITERAL: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}')
    .add(b'\\');

/// Everything outside of RFC 3986's unreserved characters.
pub(crate) const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A path parameter as part of one segment of a path, or as several segments.
pub(crate) fn path(
    style: PathStyle,
    name: &str,
    value: &(impl Serialize + ?Sized),
) -> Result<String, Problem> {
    let shape = match style {
        PathStyle::Json => json(value)?.map_or(Shape::Absent, Shape::Text),
        _ => shape(value)?,
    };
    let shape = match shape {
        // Most are identifiers. Without a dot in front, such a text means itself, whoever decodes it how often.
        Shape::Text(text) if style == PathStyle::Simple && stays(&text) && !text.starts_with('.') => {
            return if text.is_empty() { Err("it is empty") } else { Ok(text) };
        }
        shape => shape,
    };
    if style == PathStyle::Segments {
        let Shape::Text(text) = shape else { return Err(NESTED) };
        return segments(&text);
    }
    check_path_texts(&shape)?;
    let (prefix, delimiter, exploded) = match style {
        PathStyle::Simple | PathStyle::Segments | PathStyle::Json => ("", ",", false),
        PathStyle::SimpleExploded => ("", ",", true),
        PathStyle::Label => (".", ",", false),
        PathStyle::LabelExploded => (".", ".", true),
        PathStyle::Matrix => (";", ",", false),
        PathStyle::MatrixExploded => (";", ";", true),
    };
    let shape = match shape {
        Shape::Text(text) if prefix.is_empty() && stays(&text) => return Ok(text),
        Shape::Text(text) if prefix.is_empty() => return Ok(encode(&text)),
        shape => shape,
    };
    let is_matrix = matches!(style, PathStyle::Matrix | PathStyle::MatrixExploded);
    let name = encode(name);
    let joined = match &shape {
        Shape::Absent => return Err("it has no value"),
        Shape::List(items) if is_matrix && exploded => {
            items.iter().map(|item| format!("{name}={}", encode(item))).collect::<Vec<_>>().join(";")
        }
        shape => shape.joined(delimiter, exploded),
    };
    let needs_name = is_matrix && !(exploded && matches!(shape, Shape::List(_) | Shape::Map(_)));
    let segment = if needs_name { format!("{prefix}{name}={joined}") } else { format!("{prefix}{joined}") };
    // Empty items can leave nothing, or just the dots of a style.
    match segment.as_str() {
        "" => Err("it is empty"),
        dots if is_dots(dots) => Err("it means another folder"),
        _ => Ok(segment),
    }
}

/// Text whose slashes separate segments, of which some may be empty.
fn segments(text: &str) -> Result<String, Problem> {
    if text.is_empty() {
        return Err("it is empty");
    }
    text.split('/').filter(|segment| !segment.is_empty()).try_for_each(check_path_text)?;
    Ok(text.split('/').map(encode).collect::<Vec<_>>().join("/"))
}

/// Pairs of a name and a value, as a query or a form body has them: encoded, `a=b&c=d`. They may have a key among them, so
/// they cannot be printed.
#[derive(Default)]
pub(crate) struct Pairs(String);

impl Pairs {
    /// Adds a pair.
    pub(crate) fn push(&mut self, name: &str, value: &str) {
        // At once: growing in steps would copy what is there.
        self.0.reserve(name.len() + value.len() + 2);
        self.begin(name);
        push_encoded(&mut self.0, value);
    }

    /// Adds a pair whose value is encoded.
    fn push_raw(&mut self, name: &str, value: &str) {
        self.begin(name);
        self.0.push_str(value);
    }

    fn begin(&mut self, name: &str) {
        if !self.0.is_empty() {
            self.0.push('&');
        }
        push_encoded(&mut self.0, name);
        self.0.push('=');
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    pub(crate) fn into_string(self) -> String {
        self.0
    }
}

/// Adds a query parameter to others.
pub(crate) fn query(
    style: QueryStyle,
    name: &str,
    value: &(impl Serialize + ?Sized),
    pairs: &mut Pairs,
) -> Result<(), Problem> {
    let shape = match style {
        QueryStyle::Json => json(value)?.map_or(Shape::Absent, Shape::Text),
        QueryStyle::DeepObject => {
            let shape = value.serialize(ToShape(Levels::All)).map_err(|NotAParameter(problem)| problem)?;
            return deep_pairs(name, &shape, pairs);
        }
        QueryStyle::FormExploded => {
            let exploded: Styles<'_> = &|_| QueryStyle::FormExploded;
            let shape = value.serialize(ToShape(Levels::Form(exploded)));
            match shape.map_err(|NotAParameter(problem)| problem)? {
                Shape::Fields(fields) => return exploded_pairs(&fields, pairs),
                shape => shape,
            }
        }
        _ => shape(value)?,
    };
    query_pairs(style, name, &shape, pairs);
    Ok(())
}

/// Each property under its own name. A list is what a list is that has this name.
fn exploded_pairs(fields: &[(String, Shape)], pairs: &mut Pairs) -> Result<(), Problem> {
    for (name, shape) in fields {
        match shape {
            Shape::Absent | Shape::Text(_) | Shape::List(_) => {
                query_pairs(QueryStyle::FormExploded, name, shape, pairs);
            }
            Shape::Map(_) | Shape::Fields(_) | Shape::Items(_) => return Err(NESTED),
        }
    }
    Ok(())
}

fn query_pairs(style: QueryStyle, name: &str, shape: &Shape, pairs: &mut Pairs) {
    let mut joined = |delimiter| pairs.push_raw(name, &shape.joined(delimiter, false));
    match (shape, style) {
        (Shape::Absent, _) => {}
        (Shape::Text(text), _) => pairs.push(name, text),
        (Shape::List(items), _) if items.is_empty() => {}
        (Shape::Map(entries), _) if entries.is_empty() => {}
        (Shape::List(items), QueryStyle::FormExploded) => {
            items.iter().for_each(|item| pairs.push(name, item));
        }
        (Shape::Map(entries), QueryStyle::FormExploded) => {
            entries.iter().for_each(|(key, value)| pairs.push(key, value));
        }
        (_, QueryStyle::SpaceDelimited) => joined("%20"),
        (_, QueryStyle::PipeDelimited) => joined("%7C"),
        (_, _) => joined(","),
    }
}

/// One text, or one for each item of a list; none for what is absent.
pub(crate) fn texts(value: &(impl Serialize + ?Sized)) -> Result<Vec<String>, Problem> {
    match shape(value)? {
        Shape::Absent => Ok(vec![]),
        Shape::Text(text) => Ok(vec![text]),
        Shape::List(items) => Ok(items),
        Shape::Map(_) | Shape::Fields(_) | Shape::Items(_) => Err(NESTED),
    }
}

/// How each property of a form is written.
pub(crate) type Styles<'s> = &'s dyn Fn(&str) -> QueryStyle;

/// The fields of an object as the pairs of a form body.
pub(crate) fn form(body: &(impl Serialize + ?Sized), styles: Styles<'_>) -> Result<Pairs, Problem> {
    // Not through a `Value`, which has one type of numbers and changes others.
    let fields = body.serialize(ToShape(Levels::Form(styles))).map_err(|NotAParameter(problem)| problem)?;
    let Shape::Fields(fields) = fields else { return Err("it is not an object") };
    let mut pairs = Pairs::default();
    for (name, shape) in &fields {
        match styles(name) {
            QueryStyle::DeepObject => deep_pairs(name, shape, &mut pairs)?,
            style => query_pairs(style, name, shape, &mut pairs),
        }
    }
    Ok(pairs)
}

/// `name[key]=value` at any depth. OpenAPI says nothing of lists, of single values, and of objects within others; this is what
/// servers read that know the style. Lists of single values are `name[]=value`; in others each item has its number, because
/// servers do not agree on where an item without one ends.
fn deep_pairs(name: &str, shape: &Shape, pairs: &mut Pairs) -> Result<(), Problem> {
    match shape {
        Shape::Absent => {}
        Shape::Text(text) => pairs.push(name, text),
        Shape::List(items) => items.iter().for_each(|item| pairs.push(&format!("{name}[]"), item)),
        Shape::Items(items) => {
            for (number, item) in items.iter().enumerate() {
                deep_pairs(&format!("{name}[{number}]"), item, pairs)?;
            }
        }
        Shape::Map(entries) => {
            for (key, value) in entries {
                pairs.push(&format!("{name}[{}]", bracketed(key)?), value);
            }
        }
        Shape::Fields(fields) => {
            for (key, value) in fields {
                deep_pairs(&format!("{name}[{}]", bracketed(key)?), value, pairs)?;
            }
        }
    }
    Ok(())
}

/// A name that can stand between brackets.
fn bracketed(key: &str) -> Result<&str, Problem> {
    if key.is_empty() || key.contains(['[', ']']) {
        Err("a name in it is empty or has brackets")
    } else {
        Ok(key)
    }
}

/// A header's value: not encoded, so it must not have control characters. Nothing if there is no value.
pub(crate) fn header(
    style: HeaderStyle,
    value: &(impl Serialize + ?Sized),
) -> Result<Option<String>, Problem> {
    let text = match style {
        HeaderStyle::Json => json(value)?,
        HeaderStyle::Simple => simple(shape(value)?, ",")?,
        HeaderStyle::SimpleExploded => simple(shape(value)?, "=")?,
    };
    let Some(text) = text else { return Ok(None) };
    if has_control(&text) { Err("it has control characters") } else { Ok(Some(text)) }
}

/// Items with commas between them; `between` stands between a key and its value.
fn simple(shape: Shape, between: &str) -> Result<Option<String>, Problem> {
    match shape {
        Shape::Absent => Ok(None),
        Shape::Text(text) => Ok(Some(text)),
        Shape::List(items) => Ok(Some(items.join(","))),
        Shape::Fields(_) | Shape::Items(_) => Err(NESTED),
        Shape::Map(entries) => {
            let pairs: Vec<String> =
                entries.into_iter().map(|(key, value)| format!("{key}{between}{value}")).collect();
            Ok(Some(pairs.join(",")))
        }
    }
}

/// The value as JSON; nothing for `null`.
fn json(value: &(impl Serialize + ?Sized)) -> Result<Option<String>, Problem> {
    let json = serde_json::to_string(value).map_err(|_| "it cannot be written as JSON")?;
    Ok((json != "null").then_some(json))
}

/// A cookie as `name=value`.
pub(crate) fn cookie(
    style: CookieStyle,
    name: &str,
    value: &(impl Serialize + ?Sized),
) -> Result<Option<String>, Problem> {
    let shape = match style {
        CookieStyle::Json => json(value)?.map_or(Shape::Absent, Shape::Text),
        CookieStyle::Form => shape(value)?,
    };
    match shape {
        Shape::Absent => Ok(None),
        shape => Ok(Some(format!("{}={}", encode(name), shape.joined(",", false)))),
    }
}

/// `name=value`, both encoded.
fn pair(name: &str, value: &str) -> String {
    let mut pair = Pairs::default();
    pair.push(name, value);
    pair.into_string()
}

fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    push_encoded(&mut encoded, text);
    encoded
}

fn push_encoded(into: &mut String, text: &str) {
    match stays(text) {
        true => into.push_str(text),
        false => into.extend(utf8_percent_encode(text, RESERVED)),
    }
}

/// Whether it stays as it is, like most names and identifiers.
fn stays(text: &str) -> bool {
    text.bytes().all(is_unreserved)
}

pub(crate) fn is_unreserved(byte: u8) -> bool {
    UNRESERVED[usize::from(byte)]
}

/// For each byte, whether it is what RFC 3986, 2.3 calls unreserved: looked up, since every byte of every value is asked
/// for.
const UNRESERVED: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < table.len() {
        let character = byte as u8;
        table[byte] = character.is_ascii_alphanumeric() || matches!(character, b'-' | b'.' | b'_' | b'~');
        byte += 1;
    }
    table
};

fn check_path_texts(shape: &Shape) -> Result<(), Problem> {
    let texts: Vec<&String> = match shape {
        Shape::Text(text) => return check_path_text(text),
        Shape::Absent => vec![],
        Shape::List(items) => items.iter().collect(),
        Shape::Map(entries) => entries.iter().flat_map(|(key, value)| [key, value]).collect(),
        Shape::Fields(_) | Shape::Items(_) => return Err(NESTED),
    };
    if texts.is_empty() && *shape != Shape::Absent {
        return Err("it is empty");
    }
    // Texts that are parts of the value may be empty.
    texts.iter().filter(|text| !text.is_empty()).try_for_each(|text| check_path_text(text))
}

fn check_path_text(text: &str) -> Result<(), Problem> {
    match text {
        "" => Err("it is empty"),
        text if has_control(text) => Err("it has control characters"),
        text if leads_elsewhere(text) => Err("it means another folder"),
        _ => Ok(()),
    }
}

/// Whether it has control characters, of ASCII or of Unicode.
fn has_control(text: &str) -> bool {
    if text.is_ascii() {
        return text.bytes().any(|byte| byte.is_ascii_control());
    }
    text.chars().any(char::is_control)
}

/// Whether a server or proxy that decodes once more than it should would move to another folder: `..` between
/// whatever some of them take for a separator.
fn leads_elsewhere(text: &str) -> bool {
    // Most values are identifiers.
    if memchr::memchr2(b'.', b'%', text.as_bytes()).is_none() {
        return false;
    }
    let text = ["%2f", "%2F", "%5c", "%5C", "%3b", "%3B"]
        .iter()
        .fold(text.to_owned(), |text, separator| text.replace(separator, "/"));
    text.split(['/', '\\', ';']).any(is_dots)
}

/// `.`, `..`, and the same with `%2e`.
fn is_dots(segment: &str) -> bool {
    let decoded = segment.replace("%2e", ".").replace("%2E", ".");
    decoded == "." || decoded == ".."
}

/// What can be written into a parameter: one level of lists or maps.
#[derive(Debug, PartialEq)]
enum Shape {
    /// `None`, `null` and the like: nothing is sent.
    Absent,
    Text(String),
    List(Vec<String>),
    Map(Vec<(String, String)>),
    /// The fields of a form, or of an object at any depth.
    Fields(Vec<(String, Shape)>),
    /// A list with more than texts in it.
    Items(Vec<Shape>),
}

impl Shape {
    fn joined(&self, delimiter: &str, exploded: bool) -> String {
        let parts: Vec<String> = match self {
            Self::Absent => vec![],
            Self::Text(text) => vec![encode(text)],
            Self::List(items) => items.iter().map(|item| encode(item)).collect(),
            Self::Map(entries) if exploded => entries.iter().map(|(key, value)| pair(key, value)).collect(),
            // Only a form has them, and takes them apart.
            Self::Fields(_) | Self::Items(_) => vec![],
            Self::Map(entries) => {
                entries.iter().flat_map(|(key, value)| [encode(key), encode(value)]).collect()
            }
        };
        parts.join(delimiter)
    }

    fn into_text(self) -> Result<Option<String>, NotAParameter> {
        match self {
            Self::Absent => Ok(None),
            Self::Text(text) => Ok(Some(text)),
            Self::List(_) | Self::Map(_) | Self::Fields(_) | Self::Items(_) => Err(NotAParameter(NESTED)),
        }
    }
}

pub(crate) const NESTED: Problem = "it is nested deeper than one level";

fn shape(value: &(impl Serialize + ?Sized)) -> Result<Shape, Problem> {
    value.serialize(ToShape::default()).map_err(|NotAParameter(problem)| problem)
}

#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct NotAParameter(Problem);

impl ser::Error for NotAParameter {
    /// Drops the message: it may quote the value.
    fn custom<T: Display>(_: T) -> Self {
        Self("it cannot be serialized")
    }
}

/// What serde_json calls a number that it writes as a struct with the digits in it, as it does for everybody when any crate
/// switches on its feature `arbitrary_precision`.
const NUMBER: &str = "$serde_json::private::Number";

/// How deep a value may be.
#[derive(Clone, Copy, Default)]
enum Levels<'s> {
    /// One level of lists or maps.
    #[default]
    One,
    /// An object whose properties are as deep as their styles allow.
    Form(Styles<'s>),
    /// Any number of levels.
    All,
}

#[derive(Default)]
struct ToShape<'s>(Levels<'s>);

macro_rules! texts {
    ($($method:ident: $type:ty),* $(,)?) => {
        $(fn $method(self, value: $type) -> Result<Shape, NotAParameter> {
            Ok(Shape::Text(value.to_string()))
        })*
    };
}

impl<'s> ser::Serializer for ToShape<'s> {
    type Ok = Shape;
    type Error = NotAParameter;
    type SerializeSeq = ListBuilder<'s>;
    type SerializeTuple = ListBuilder<'s>;
    type SerializeTupleStruct = ListBuilder<'s>;
    type SerializeTupleVariant = ser::Impossible<Shape, NotAParameter>;
    type SerializeMap = MapBuilder<'s>;
    type SerializeStruct = MapBuilder<'s>;
    type SerializeStructVariant = ser::Impossible<Shape, NotAParameter>;

    texts! {
        serialize_bool: bool, serialize_char: char, serialize_str: &str,
        serialize_i8: i8, serialize_i16: i16, serialize_i32: i32, serialize_i64: i64, serialize_i128: i128,
        serialize_u8: u8, serialize_u16: u16, serialize_u32: u32, serialize_u64: u64, serialize_u128: u128,
    }

    fn serialize_f32(self, value: f32) -> Result<Shape, NotAParameter> {
        if value.is_finite() {
            Ok(Shape::Text(value.to_string()))
        } else {
            Err(NotAParameter("it is not a number"))
        }
    }

    fn serialize_f64(self, value: f64) -> Result<Shape, NotAParameter> {
        if value.is_finite() {
            Ok(Shape::Text(value.to_string()))
        } else {
            Err(NotAParameter("it is not a number"))
        }
    }

    fn serialize_bytes(self, _: &[u8]) -> Result<Shape, NotAParameter> {
        Err(NotAParameter("bytes have no form as a parameter"))
    }

    fn serialize_none(self) -> Result<Shape, NotAParameter> {
        Ok(Shape::Absent)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<Shape, NotAParameter> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<Shape, NotAParameter> {
        Ok(Shape::Absent)
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<Shape, NotAParameter> {
        Ok(Shape::Absent)
    }

    fn serialize_unit_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
    ) -> Result<Shape, NotAParameter> {
        Ok(Shape::Text(variant.to_owned()))
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<Shape, NotAParameter> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<Shape, NotAParameter> {
        match self.0 {
            Levels::All => Ok(Shape::Fields(vec![(variant.to_owned(), value.serialize(self)?)])),
            Levels::One | Levels::Form(_) => Err(NotAParameter(NESTED)),
        }
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<ListBuilder<'s>, NotAParameter> {
        Ok(ListBuilder { levels: self.0, items: Vec::new() })
    }

    fn serialize_tuple(self, _: usize) -> Result<ListBuilder<'s>, NotAParameter> {
        Ok(ListBuilder { levels: self.0, items: Vec::new() })
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<ListBuilder<'s>, NotAParameter> {
        Ok(ListBuilder { levels: self.0, items: Vec::new() })
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleVariant, NotAParameter> {
        Err(NotAParameter(NESTED))
    }

    fn serialize_map(self, _: Option<usize>) -> Result<MapBuilder<'s>, NotAParameter> {
        Ok(MapBuilder { levels: self.0, ..MapBuilder::default() })
    }

    fn serialize_struct(self, name: &'static str, _: usize) -> Result<MapBuilder<'s>, NotAParameter> {
        match name {
            NUMBER => Ok(MapBuilder { is_number: true, ..MapBuilder::default() }),
            _ => Ok(MapBuilder { levels: self.0, ..MapBuilder::default() }),
        }
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeStructVariant, NotAParameter> {
        Err(NotAParameter(NESTED))
    }
}

/// Collects items; those without a value are left out.
struct ListBuilder<'s> {
    levels: Levels<'s>,
    items: Vec<Shape>,
}

impl ListBuilder<'_> {
    fn push<T: Serialize + ?Sized>(&mut self, item: &T) -> Result<(), NotAParameter> {
        let item = match self.levels {
            Levels::All => Some(item.serialize(ToShape(Levels::All))?).filter(|item| *item != Shape::Absent),
            Levels::One | Levels::Form(_) => {
                item.serialize(ToShape::default())?.into_text()?.map(Shape::Text)
            }
        };
        self.items.extend(item);
        Ok(())
    }

    fn finish(self) -> Shape {
        let text = |item: &Shape| match item {
            Shape::Text(text) => Some(text.clone()),
            _ => None,
        };
        match self.items.iter().map(text).collect() {
            Some(texts) => Shape::List(texts),
            None => Shape::Items(self.items),
        }
    }
}

impl SerializeSeq for ListBuilder<'_> {
    type Ok = Shape;
    type Error = NotAParameter;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, item: &T) -> Result<(), NotAParameter> {
        self.push(item)
    }

    fn end(self) -> Result<Shape, NotAParameter> {
        Ok(self.finish())
    }
}

impl SerializeTuple for ListBuilder<'_> {
    type Ok = Shape;
    type Error = NotAParameter;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, item: &T) -> Result<(), NotAParameter> {
        self.push(item)
    }

    fn end(self) -> Result<Shape, NotAParameter> {
        Ok(self.finish())
    }
}

impl SerializeTupleStruct for ListBuilder<'_> {
    type Ok = Shape;
    type Error = NotAParameter;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, item: &T) -> Result<(), NotAParameter> {
        self.push(item)
    }

    fn end(self) -> Result<Shape, NotAParameter> {
        Ok(self.finish())
    }
}

/// Collects entries; those without a value are left out.
#[derive(Default)]
struct MapBuilder<'s> {
    levels: Levels<'s>,
    entries: Vec<(String, String)>,
    fields: Vec<(String, Shape)>,
    key: Option<String>,
    /// Its only entry has the [digits](NUMBER).
    is_number: bool,
}

impl MapBuilder<'_> {
    fn push<T: Serialize + ?Sized>(&mut self, key: String, value: &T) -> Result<(), NotAParameter> {
        let levels = match self.levels {
            Levels::One => {
                let text = value.serialize(ToShape::default())?.into_text()?;
                self.entries.extend(text.map(|text| (key, text)));
                return Ok(());
            }
            Levels::All => Levels::All,
            Levels::Form(styles) => match styles(&key) {
                QueryStyle::DeepObject => Levels::All,
                QueryStyle::Json => {
                    let text = json(value).map_err(NotAParameter)?;
                    self.fields.extend(text.map(|text| (key, Shape::Text(text))));
                    return Ok(());
                }
                _ => Levels::One,
            },
        };
        self.fields.push((key, value.serialize(ToShape(levels))?));
        Ok(())
    }

    fn finish(mut self) -> Shape {
        match self.levels {
            _ if self.is_number => {
                self.entries.pop().map_or(Shape::Absent, |(_, digits)| Shape::Text(digits))
            }
            Levels::One => Shape::Map(self.entries),
            Levels::Form(_) | Levels::All => Shape::Fields(self.fields),
        }
    }
}

impl SerializeMap for MapBuilder<'_> {
    type Ok = Shape;
    type Error = NotAParameter;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), NotAParameter> {
        self.key = key.serialize(ToShape::default())?.into_text()?;
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), NotAParameter> {
        let key = self.key.take().ok_or(NotAParameter("a key has no value"))?;
        self.push(key, value)
    }

    fn end(self) -> Result<Shape, NotAParameter> {
        Ok(self.finish())
    }
}

impl SerializeStruct for MapBuilder<'_> {
    type Ok = Shape;
    type Error = NotAParameter;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        key: &'static str,
        value: &T,
    ) -> Result<(), NotAParameter> {
        self.push(key.to_owned(), value)
    }

    fn end(self) -> Result<Shape, NotAParameter> {
        Ok(self.finish())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::{Lenient, Nullable};
    use serde_json::json;

    #[derive(serde::Serialize)]
    #[serde(rename_all = "lowercase")]
    enum Color {
        Blue,
    }

    #[derive(serde::Serialize)]
    struct Id(String);

    #[test]
    fn scalars() {
        fn text(value: impl Serialize) -> Shape {
            shape(&value).unwrap()
        }
        let is = |text: &str| Shape::Text(text.to_owned());
        assert_eq!(text(true), is("true"));
        assert_eq!(text(-5_i8), is("-5"));
        assert_eq!(text(u128::MAX), is("340282366920938463463374607431768211455"));
        assert_eq!(text(1.0), is("1"));
        assert_eq!(text(0.1_f32), is("0.1"));
        assert_eq!(text('x'), is("x"));
        assert_eq!(text(Color::Blue), is("blue"));
        assert_eq!(text(Id("x".to_owned())), is("x"));
        assert_eq!(text(Some(Some("x"))), is("x"));
        assert_eq!(text(None::<i32>), Shape::Absent);
        assert_eq!(text(()), Shape::Absent);
        assert_eq!(text(Lenient::Known(5)), is("5"));
        assert_eq!(text(Lenient::<i64>::Absent), Shape::Absent);
        assert_eq!(text(Nullable::<i64>::Null), Shape::Absent);
        assert_eq!(text(json!(["a", null, 1])), Shape::List(vec!["a".to_owned(), "1".to_owned()]));
        assert_eq!(text((1, "b")), Shape::List(vec!["1".to_owned(), "b".to_owned()]));
        assert_eq!(shape(&f64::NAN), Err("it is not a number"));
        assert_eq!(shape(&json!([["a"]])), Err(NESTED));
        assert_eq!(shape(&json!({"a": {}})), Err(NESTED));
    }

    #[test]
    fn query_styles() {
        use QueryStyle::*;
        let list = json!(["a b", "c,d"]);
        let map = json!({"k": "v&", "l": 1});
        let table = [
            (Form, &list, "n=a%20b,c%2Cd"),
            (FormExploded, &list, "n=a%20b&n=c%2Cd"),
            (SpaceDelimited, &list, "n=a%20b%20c%2Cd"),
            (PipeDelimited, &list, "n=a%20b%7Cc%2Cd"),
            (Json, &list, "n=%5B%22a%20b%22%2C%22c%2Cd%22%5D"),
            (Form, &map, "n=k,v%26,l,1"),
            (FormExploded, &map, "k=v%26&l=1"),
            (SpaceDelimited, &map, "n=k%20v%26%20l%201"),
            (DeepObject, &map, "n%5Bk%5D=v%26&n%5Bl%5D=1"),
            (Json, &json!({"k": [{}]}), "n=%7B%22k%22%3A%5B%7B%7D%5D%7D"),
            (FormExploded, &json!("a+b ä#?/%"), "n=a%2Bb%20%C3%A4%23%3F%2F%25"),
            (Form, &json!(""), "n="),
            (FormExploded, &json!(null), ""),
            (Json, &json!(null), ""),
            (Form, &json!([]), ""),
            (DeepObject, &json!({}), ""),
            (DeepObject, &list, "n%5B%5D=a%20b&n%5B%5D=c%2Cd"),
            (DeepObject, &json!("a"), "n=a"),
        ];
        for (style, value, expected) in table {
            let mut pairs = Pairs::default();
            query(style, "n", value, &mut pairs).unwrap();
            assert_eq!(pairs.as_str(), expected, "{style:?} {value}");
        }
        let mut pairs = Pairs::default();
        let nested = json!({"a": [1, 2], "b": {"c": "d", "none": null}, "e": [{"f": true}]});
        query(DeepObject, "n", &nested, &mut pairs).unwrap();
        let shown = pairs.as_str().replace("%5B", "[").replace("%5D", "]");
        assert_eq!(shown, "n[a][]=1&n[a][]=2&n[b][c]=d&n[e][0][f]=true");
        let refused = query(DeepObject, "n", &json!({"a]": 1}), &mut Pairs::default());
        assert_eq!(refused, Err("a name in it is empty or has brackets"));
        let mut pairs = Pairs::default();
        query(FormExploded, "n", &json!({"a": [1, 2], "b": [], "c": null, "d": "e"}), &mut pairs).unwrap();
        assert_eq!(pairs.as_str(), "a=1&a=2&d=e");
        for nested in [json!({"a": {"b": 1}}), json!({"a": [[1]]}), json!([{"a": 1}])] {
            assert_eq!(query(FormExploded, "n", &nested, &mut Pairs::default()), Err(NESTED), "{nested}");
        }
        assert_eq!(query(Form, "n", &json!({"a": [1]}), &mut Pairs::default()), Err(NESTED));
    }

    #[test]
    fn forms_with_styles() {
        let body = json!({
            "a": { "b": { "c": [1, "x y"] }, "none": null, "empty": [] },
            "items": [{ "price": 1 }, "text", [true]],
            "text": "",
            "list": ["a", "b"],
            "raw": { "k": [{}] },
        });
        let styles = |name: &str| match name {
            "list" => QueryStyle::PipeDelimited,
            "raw" => QueryStyle::Json,
            _ => QueryStyle::DeepObject,
        };
        let pairs = form(&body, &styles).unwrap();
        let shown = pairs.as_str().replace("%5B", "[").replace("%5D", "]");
        // Other crates can let objects keep their order.
        let mut shown: Vec<&str> = shown.split('&').collect();
        shown[5..].sort_unstable();
        assert_eq!(
            shown,
            [
                "a[b][c][]=1",
                "a[b][c][]=x%20y",
                "items[0][price]=1",
                "items[1]=text",
                "items[2][]=true",
                "list=a%7Cb",
                "raw=%7B%22k%22%3A[%7B%7D]%7D",
                "text=",
            ]
        );
        let refused = form(&json!({ "a": { "b]": 1 } }), &|_| QueryStyle::DeepObject);
        assert_eq!(refused.err(), Some("a name in it is empty or has brackets"));
        assert_eq!(form(&json!({ "a": { "b": {} } }), &|_| QueryStyle::FormExploded).err(), Some(NESTED));
    }

    #[test]
    fn path_styles() {
        use PathStyle::*;
        let text = json!("a b");
        let list = json!(["a", "b/c"]);
        let map = json!({"k": "v", "l": "w"});
        let table = [
            (Simple, ["a%20b", "a,b%2Fc", "k,v,l,w"]),
            (SimpleExploded, ["a%20b", "a,b%2Fc", "k=v,l=w"]),
            (Label, [".a%20b", ".a,b%2Fc", ".k,v,l,w"]),
            (LabelExploded, [".a%20b", ".a.b%2Fc", ".k=v.l=w"]),
            (Matrix, [";n=a%20b", ";n=a,b%2Fc", ";n=k,v,l,w"]),
            (MatrixExploded, [";n=a%20b", ";n=a;n=b%2Fc", ";k=v;l=w"]),
            (
                Json,
                ["%22a%20b%22", "%5B%22a%22%2C%22b%2Fc%22%5D", "%7B%22k%22%3A%22v%22%2C%22l%22%3A%22w%22%7D"],
            ),
        ];
        assert_eq!(path(Segments, "n", &json!("/a b//é?/c,d/")).unwrap(), "/a%20b//%C3%A9%3F/c%2Cd/");
        for value in
            [json!(""), json!("a/../b"), json!("./a"), json!("a/%2e%2E"), json!("a\nb"), json!(["a"])]
        {
            assert!(path(Segments, "n", &value).is_err(), "{value}");
        }
        for (style, expected) in table {
            let found = [&text, &list, &map].map(|value| path(style, "n", value).unwrap());
            assert_eq!(found, expected, "{style:?}");
        }
    }

    #[test]
    fn path_values_that_are_refused() {
        let empty = json!("");
        let values = [
            empty,
            json!("."),
            json!(".."),
            json!("%2e"),
            json!("%2E%2e"),
            json!(".%2e"),
            json!("a\nb"),
            json!("\u{0}"),
            json!("\u{7f}"),
            json!("\u{85}"),
            json!(null),
            json!([]),
            json!({}),
            json!([".."]),
            json!("../a"),
            json!("a/.."),
            json!("a\\.%2E\\b"),
            json!("a%2f..;b"),
            json!([["a"]]),
        ];
        for value in values {
            assert!(path(PathStyle::Simple, "n", &value).is_err(), "{value}");
        }
        assert!(path(PathStyle::Label, "n", &".").is_err());
        assert_eq!(path(PathStyle::Simple, "n", &[""]), Err("it is empty"));
        assert_eq!(path(PathStyle::Label, "n", &[""]), Err("it means another folder"));
        assert_eq!(path(PathStyle::LabelExploded, "n", &["", ""]), Err("it means another folder"));
        for value in ["...", "a..", "..a", "%", "%2f", "~", "ä", " ", "%252e"] {
            let segment = path(PathStyle::Simple, "n", &value).unwrap();
            let url = reqwest::Url::parse(&format!("http://host/a/{segment}/b")).unwrap();
            assert_eq!(url.path(), format!("/a/{segment}/b"), "{value}");
        }
    }

    #[test]
    fn headers_cookies_and_forms() {
        let map = json!({"k": "v", "l": 1});
        for (style, list, object) in [
            (HeaderStyle::Simple, "a,1", "k,v,l,1"),
            (HeaderStyle::SimpleExploded, "a,1", "k=v,l=1"),
            (HeaderStyle::Json, "[\"a\",1]", "{\"k\":\"v\",\"l\":1}"),
        ] {
            assert_eq!(header(style, &json!(["a", 1])), Ok(Some(list.to_owned())), "{style:?}");
            assert_eq!(header(style, &map), Ok(Some(object.to_owned())), "{style:?}");
            assert_eq!(header(style, &None::<i32>), Ok(None), "{style:?}");
        }
        for text in ["a\r\nb: c", "a\0", "\t", "\u{7f}"] {
            assert_eq!(header(HeaderStyle::Simple, &text), Err("it has control characters"), "{text:?}");
        }
        let cookie = |style, value| cookie(style, "n", &value).unwrap().unwrap();
        assert_eq!(cookie(CookieStyle::Form, json!("a;b\r\n")), "n=a%3Bb%0D%0A");
        assert_eq!(cookie(CookieStyle::Form, map.clone()), "n=k,v,l,1");
        assert_eq!(cookie(CookieStyle::Json, json!(["a"])), "n=%5B%22a%22%5D");
        let form_of = |body: serde_json::Value| form(&body, &|_| QueryStyle::FormExploded);
        assert_eq!(form_of(json!({"a": "b c", "l": [1, 2], "n": null})).unwrap().as_str(), "a=b%20c&l=1&l=2");
        assert_eq!(form_of(json!([1])).err(), Some("it is not an object"));
        assert_eq!(form_of(json!({"a": {"b": [1]}})).err(), Some(NESTED));
    }
}
