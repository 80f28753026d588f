//! The runtime's derives against serde's own, on the same types and the same input, valid and broken: the same values, the
//! same errors in the same words and at the same places, the same calls of the serializer and the deserializer.

use serde::de::value::MapDeserializer;
use serde::de::{DeserializeOwned, Deserializer, Error as _, IntoDeserializer, Visitor};
use serde::ser::{self, Impossible, Serialize, Serializer};
use serde_json::{Error, Value};
use std::fmt::{Debug, Display};

/// The same types twice: once with the runtime's derives, once with serde's. Some say the same in other words.
macro_rules! twice {
    (mod ours { $($ours:item)* } mod theirs { $($theirs:item)* } $($item:item)*) => {
        mod ours {
            use runtime::derive::{Deserialize, Serialize};
            use runtime::wire;
            use std::collections::BTreeMap;
            $($ours)*
            $($item)*
        }
        #[allow(deprecated)]
        mod theirs {
            use runtime::wire;
            use serde::{Deserialize, Serialize};
            use std::collections::BTreeMap;
            $($theirs)*
            $($item)*
        }
    };
}

twice! {
    mod ours {
        #[derive(Debug, Serialize, Deserialize)]
        #[serde(rename_all = "camelCase", skip_serializing_none)]
        pub struct Sparse {
            first_name: Option<String>,
            #[serde(rename = "2nd")]
            second: std::option::Option<
                Vec<Option<i8>>,
            >,
            third: wire::Nullable<bool>,
            fourth: wire::Lenient<i64>,
            #[serde(serialize_always)]
            fifth: Option<u8>,
            #[serde(deserialize_with = "wire::not_null")]
            sixth: Option<u8>,
            #[serde(skip_serializing_if = "Vec::is_empty", default)]
            seventh: Vec<Option<u8>>,
            eighth: Vec<u8>,
        }
    }
    mod theirs {
        #[derive(Debug, Serialize, Deserialize)]
        #[serde(rename_all = "camelCase")]
        pub struct Sparse {
            #[serde(default, skip_serializing_if = "Option::is_none")]
            first_name: Option<String>,
            #[serde(rename = "2nd", default, skip_serializing_if = "Option::is_none")]
            second: Option<Vec<Option<i8>>>,
            #[serde(default, skip_serializing_if = "wire::Nullable::is_absent")]
            third: wire::Nullable<bool>,
            #[serde(default, skip_serializing_if = "wire::Lenient::is_absent")]
            fourth: wire::Lenient<i64>,
            fifth: Option<u8>,
            #[serde(default, deserialize_with = "wire::not_null", skip_serializing_if = "Option::is_none")]
            sixth: Option<u8>,
            #[serde(skip_serializing_if = "Vec::is_empty", default)]
            seventh: Vec<Option<u8>>,
            eighth: Vec<u8>,
        }
    }

    /// One of everything that generated records have.
    #[derive(Debug, Serialize, Deserialize)]
    #[non_exhaustive]
    pub struct Plain {
        pub id: String,
        pub r#type: i64,
        /// Null and absent are the same.
        pub map: Option<f64>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub self_: Option<bool>,
        #[serde(
            default,
            deserialize_with = "wire::not_null",
            skip_serializing_if = "Option::is_none"
        )]
        pub source: Option<u8>,
        #[serde(default, deserialize_with = "wire::null_as_default")]
        pub slots: Vec<String>,
        #[serde(rename = "serializer \"\u{e9}\"", default)]
        pub(crate) serializer: BTreeMap<String, Vec<(i8, bool)>>,
        #[serde(default, skip_serializing_if = "wire::Nullable::is_absent")]
        pub value: wire::Nullable<String>,
        #[serde(default, skip_serializing_if = "wire::Lenient::is_absent")]
        pub object: wire::Lenient<i64>,
        #[deprecated(note = "It is old.")]
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub inner: Option<Box<Plain>>,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        pub many: Vec<Camel>,
        #[cfg(any())]
        pub absent: NoSuchType,
    }

    #[derive(Debug, Serialize, Deserialize)]
    pub struct Empty {}

    #[derive(Debug, Serialize, Deserialize)]
    pub(super) struct One {
        /// Private, in a type that is hardly public.
        one: Option<Empty>,
    }

    #[derive(Debug, Serialize, Deserialize)]
    #[serde(tag = "kind \"", rename = "tag\u{67}ed")]
    pub struct Tagged {
        id: u64,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        kind: Option<Kind>,
    }

    #[derive(Debug, Serialize, Deserialize)]
    #[serde(rename_all = "camelCase")]
    pub struct Camel {
        full_name: String,
        #[serde(default)]
        _x_2: (i8, bool),
        #[serde(rename = "full_name")]
        other: Option<char>,
    }

    #[derive(Debug, Serialize, Deserialize)]
    #[serde(rename_all = "SCREAMING_SNAKE_CASE", remote = "Self")]
    pub struct Spelled {
        full_name: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        age: Option<i64>,
    }

    runtime::aliases!(Spelled { "fullName" => "FULL_NAME", "name" => "FULL_NAME", "age" => "AGE" });

    /// Enough for a table of names.
    #[derive(Debug, Serialize, Deserialize)]
    #[serde(rename_all = "kebab-case")]
    pub struct Wide {
        a: i8,
        b: i8,
        ab: i8,
        ba: i8,
        abc: i8,
        abcd: i8,
        abce: i8,
        abcdefgh: i8,
        abcdefghi: i8,
        abcdefghijklmnop: i8,
        abcdefghijklmnopq: i8,
        abcdefghj_klmnopq: i8,
        abcdefghi_klmnopq: i8,
        #[serde(rename = "")]
        empty: i8,
        #[serde(default)]
        a_b: i8,
        #[serde(default)]
        a_b_c: i8,
        #[serde(default)]
        a_b_c_d: i8,
    }

    #[derive(Debug, Serialize, serde::Deserialize)]
    #[serde(untagged)]
    #[non_exhaustive]
    pub enum Kind {
        /// A tuple is one value.
        Text(String),
        Plain(Box<Plain>),
        Pair((i8, i8)),
        #[allow(dead_code)]
        Unknown(wire::Value),
    }
}

/// A type in both forms.
struct Pair {
    name: &'static str,
    ours: fn(&Input) -> Vec<String>,
    theirs: fn(&Input) -> Vec<String>,
    /// Properties and values that fit.
    fitting: &'static [(&'static str, &'static [&'static str])],
}

macro_rules! pairs {
    ($($name:ident { $($property:literal: [$($value:literal),*]),* $(,)? })*) => {
        [$(Pair {
            name: stringify!($name),
            ours: outcomes::<ours::$name>,
            theirs: outcomes::<theirs::$name>,
            fitting: &[$(($property, &[$($value),*])),*],
        }),*]
    };
}

const PAIRS: [Pair; 9] = pairs! {
    Sparse {
        "firstName": [r#""a""#, "null"],
        "2nd": ["[1,null]", "null"],
        "third": ["true", "null"],
        "fourth": ["1", r#""2""#, "[]", "null"],
        "fifth": ["1", "null"],
        "sixth": ["1", "null"],
        "seventh": ["[]", "[null]"],
        "eighth": ["[]", "[3]"],
    }
    Plain {
        "id": [r#""a""#, r#""\u00e9\n""#],
        "type": ["1", "-7"],
        "map": ["null", "1.5", "2"],
        "self_": ["true", "null"],
        "source": ["255"],
        "slots": ["[]", r#"["a","b"]"#, "null"],
        "serializer \"\u{e9}\"": ["{}", r#"{"a":[[1,true]]}"#],
        "value": [r#""b""#, "null"],
        "object": ["1", r#""2""#, "[]", "null"],
        "inner": ["null", r#"{"id":"c","type":3,"slots":[]}"#],
        "many": ["[]", r#"[{"fullName":"d"},{"fullName":"e","full_name":"f"}]"#],
    }
    Empty {}
    One { "one": ["{}", "null", "[]"] }
    Tagged {
        "id": ["18446744073709551615"],
        "kind": [r#""a""#, "[1,2]", r#"{"id":"g","type":4}"#, "null", "{}"],
        "kind \"": [r#""tagged""#],
    }
    Camel { "fullName": [r#""h""#], "X2": ["[1,false]"], "x2": ["[1,false]"], "full_name": [r#""i""#] }
    Spelled {
        "FULL_NAME": [r#""j""#], "fullName": [r#""k""#], "name": [r#""l""#], "AGE": ["1"], "age": ["2", "null"],
    }
    Wide {
        "a": ["1"], "b": ["2"], "ab": ["3"], "ba": ["4"], "abc": ["5"], "abcd": ["6"], "abce": ["7"],
        "abcdefgh": ["8"], "abcdefghi": ["9"], "abcdefghijklmnop": ["10"], "abcdefghijklmnopq": ["11"],
        "abcdefghj-klmnopq": ["12"], "abcdefghi-klmnopq": ["13"], "": ["14"], "a-b": ["15"], "a-b-c": ["16"],
        "a-b-c-d": ["17"],
    }
    Kind { "id": [r#""m""#], "type": ["5"] }
};

/// What is read.
struct Input {
    text: String,
    /// Keys that are no text, for formats that have such.
    keys: Vec<Key>,
}

/// Everything that can be seen of reading an input in several ways, and of writing what was read.
fn outcomes<T: DeserializeOwned + Serialize + Debug>(Input { text, keys }: &Input) -> Vec<String> {
    let mut track = serde_path_to_error::Track::new();
    let mut json = serde_json::Deserializer::from_str(text);
    let tracked = T::deserialize(serde_path_to_error::Deserializer::new(&mut json, &mut track));
    let path = track.path().to_string();
    let read = serde_json::from_str::<T>(text);
    let written = read.as_ref().map(written).unwrap_or_default();
    let mut outcomes = vec![
        outcome(read),
        outcome(serde_json::from_reader::<_, T>(text.as_bytes())),
        format!("{path}: {}", outcome(tracked)),
        written,
    ];
    if let Ok(value) = serde_json::from_str::<Value>(text) {
        outcomes.push(outcome(T::deserialize(&value)));
        if let Value::Object(object) = &value {
            let entries = keys.iter().cloned().zip(object.values().cloned());
            outcomes.push(outcome(T::deserialize(MapDeserializer::new(entries))));
        }
        outcomes.push(outcome(serde_json::from_value::<T>(value)));
    }
    outcomes
}

fn outcome<T: Debug>(read: Result<T, Error>) -> String {
    read.map_or_else(|error| error.to_string(), |value| format!("{value:?}"))
}

fn written(value: &impl Serialize) -> String {
    let (text, tree) = (serde_json::to_string(value), serde_json::to_value(value));
    format!("{} {} {}", text.unwrap(), tree.unwrap(), value.serialize(Recorder).unwrap())
}

#[test]
fn the_derives_are_those_of_serde() {
    let (mut random, mut count, mut valid) = (Random(1), 0, 0);
    let mut inputs = |pair: &Pair, input: &Input| {
        let (ours, theirs) = ((pair.ours)(input), (pair.theirs)(input));
        assert_eq!(ours, theirs, "{}: {} with {:?}", pair.name, input.text, input.keys);
        count += 1;
        valid += usize::from(ours[0].starts_with(pair.name) || pair.name == "Kind");
    };
    for _ in 0..12_600 {
        for pair in &PAIRS {
            let text = random.document(pair.fitting);
            let keys = (0..12).map(|_| random.key(pair.fitting)).collect();
            inputs(pair, &Input { text, keys });
        }
    }
    // serde_json reads 128 levels.
    for depth in 120..135 {
        let [before, after] = [r#"{"id":"a","type":1,"inner":"#, "}"].map(|part| part.repeat(depth));
        inputs(&PAIRS[0], &Input { text: format!("{before}null{after}"), keys: Vec::new() });
    }
    println!("{count} inputs, {valid} of them valid");
    assert!(count >= 100_000 && valid > count / 5 && valid < count * 4 / 5);
}

#[test]
fn a_deserializer_is_asked_for_the_same() {
    let [ours, theirs] = [
        [asked::<ours::Plain>(), asked::<ours::Empty>(), asked::<ours::Tagged>(), asked::<ours::Camel>()],
        [
            asked::<theirs::Plain>(),
            asked::<theirs::Empty>(),
            asked::<theirs::Tagged>(),
            asked::<theirs::Camel>(),
        ],
    ];
    assert_eq!(ours, theirs);
    assert_eq!(ours[2], r#"tagged of ["id", "kind"]"#);
}

fn asked<T: DeserializeOwned + Debug>() -> String {
    T::deserialize(Asked).unwrap_err().to_string()
}

/// A deserializer that fails with what it is asked for.
struct Asked;

impl<'de> Deserializer<'de> for Asked {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Error> {
        Err(Error::custom("anything"))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, Error> {
        Err(Error::custom(format_args!("{name} of {fields:?}")))
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit
        unit_struct newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}

/// A key of a format that is not JSON.
#[derive(Debug, Clone)]
enum Key {
    Text(String),
    Bytes(Vec<u8>),
    Letter(char),
    Position(u64),
    Negative(i64),
    Flag(bool),
}

impl IntoDeserializer<'_, Error> for Key {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

impl<'de> Deserializer<'de> for Key {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self {
            Self::Text(text) => visitor.visit_string(text),
            Self::Bytes(bytes) => visitor.visit_byte_buf(bytes),
            Self::Letter(letter) => visitor.visit_char(letter),
            Self::Position(at) => visitor.visit_u64(at),
            Self::Negative(number) => visitor.visit_i64(number),
            Self::Flag(flag) => visitor.visit_bool(flag),
        }
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit
        unit_struct newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

/// The same numbers in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % end
    }

    fn one_in(&mut self, count: usize) -> bool {
        self.below(count) == 0
    }

    fn of<'a, T: ?Sized>(&mut self, all: &[&'a T]) -> &'a T {
        all[self.below(all.len())]
    }

    /// An object as the type has it, with faults; sometimes an array or something else, sometimes no JSON.
    fn document(&mut self, fitting: &[(&str, &[&str])]) -> String {
        let mut entries = Vec::new();
        let leave_out = 2 + self.below(40);
        for (name, values) in fitting {
            let times = if self.one_in(leave_out) { 0 } else { 1 + usize::from(self.one_in(60)) };
            for _ in 0..times {
                entries.push((key_text(name), if self.one_in(40) { self.value() } else { self.of(values) }));
            }
        }
        while self.one_in(4) {
            let unknown = self.of(&["unknown", "Id", "id ", "", "abcdefghi", "fullname", "\u{e9}\u{0}"]);
            entries.push((key_text(unknown), self.value()));
        }
        match self.below(4) {
            0 => entries.reverse(),
            1 => {
                for last in (1..entries.len()).rev() {
                    entries.swap(last, self.below(last + 1));
                }
            }
            _ => {}
        }
        let space = self.of(&["", "", " ", "\n"]);
        let mut text = if self.one_in(8) {
            let mut values: Vec<&str> = entries.iter().map(|(_, value)| *value).collect();
            values.truncate(if self.one_in(2) { values.len() } else { self.below(values.len() + 1) });
            format!("[{}]", values.join(","))
        } else if self.one_in(30) {
            self.value().to_owned()
        } else {
            let entries: Vec<String> =
                entries.iter().map(|(key, value)| format!("{key}{space}:{space}{value}")).collect();
            format!("{{{space}{}}}{space}", entries.join(","))
        };
        if self.one_in(12) {
            self.damage(&mut text);
        }
        text
    }

    fn value(&mut self) -> &'static str {
        self.of(&[
            "null",
            "true",
            "0",
            "-1",
            "1.5",
            "300",
            "1e400",
            r#""""#,
            r#""text""#,
            r#""\ud800""#,
            "[]",
            "[1]",
            "[[1]]",
            "{}",
            r#"{"id":"a"}"#,
            r#"{"a":{"b":[null]}}"#,
            "99999999999999999999",
        ])
    }

    fn damage(&mut self, text: &mut String) {
        let places: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
        let at = places[self.below(places.len())];
        match self.below(3) {
            0 => text.truncate(at),
            1 => drop(text.remove(at)),
            _ => text.insert(at, [',', '}', '"', ':', '0', '\\', 'a'][self.below(7)]),
        }
    }

    fn key(&mut self, fitting: &[(&str, &[&str])]) -> Key {
        let name = match fitting.len() {
            0 => "a",
            count => fitting[self.below(count)].0,
        };
        match self.below(8) {
            0 => Key::Bytes(name.as_bytes().to_vec()),
            1 => Key::Bytes(vec![0xff]),
            2 => Key::Letter('a'),
            3 => Key::Position(self.below(20) as u64),
            4 if self.one_in(8) => Key::Negative(-1),
            4 if self.one_in(8) => Key::Flag(true),
            5 if self.one_in(4) => Key::Position(u64::MAX),
            _ => Key::Text(name.to_owned()),
        }
    }
}

fn key_text(name: &str) -> String {
    serde_json::to_string(name).unwrap()
}

/// A serializer that tells how it was called.
#[derive(Clone, Copy)]
struct Recorder;

/// Something with parts, as far as it was told.
struct Parts(String);

impl Parts {
    fn add(&mut self, name: &str, value: &(impl Serialize + ?Sized)) -> Result<(), Error> {
        self.0.push_str(&format!(" {name}={}", value.serialize(Recorder)?));
        Ok(())
    }
}

macro_rules! plain {
    ($($method:ident($kind:ty))*) => {
        $(fn $method(self, value: $kind) -> Result<String, Error> {
            Ok(format!("{}({value:?})", stringify!($method)))
        })*
    };
}

impl Serializer for Recorder {
    type Ok = String;
    type Error = Error;
    type SerializeSeq = Parts;
    type SerializeTuple = Parts;
    type SerializeTupleStruct = Impossible<String, Error>;
    type SerializeTupleVariant = Impossible<String, Error>;
    type SerializeMap = Parts;
    type SerializeStruct = Parts;
    type SerializeStructVariant = Impossible<String, Error>;

    plain! {
        serialize_bool(bool) serialize_i8(i8) serialize_i16(i16) serialize_i32(i32) serialize_i64(i64) serialize_u8(u8)
        serialize_u16(u16) serialize_u32(u32) serialize_u64(u64) serialize_f32(f32) serialize_f64(f64)
        serialize_char(char) serialize_str(&str) serialize_bytes(&[u8])
    }

    fn serialize_none(self) -> Result<String, Error> {
        Ok("none".to_owned())
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<String, Error> {
        Ok(format!("some({})", value.serialize(self)?))
    }

    fn serialize_unit(self) -> Result<String, Error> {
        Ok("unit".to_owned())
    }

    fn serialize_unit_struct(self, name: &'static str) -> Result<String, Error> {
        Ok(name.to_owned())
    }

    fn serialize_unit_variant(
        self,
        name: &'static str,
        at: u32,
        variant: &'static str,
    ) -> Result<String, Error> {
        Ok(format!("{name}::{variant}@{at}"))
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        value: &T,
    ) -> Result<String, Error> {
        Ok(format!("{name}({})", value.serialize(self)?))
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        at: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<String, Error> {
        Ok(format!("{name}::{variant}@{at}({})", value.serialize(self)?))
    }

    fn serialize_seq(self, length: Option<usize>) -> Result<Parts, Error> {
        Ok(Parts(format!("seq {length:?}")))
    }

    fn serialize_tuple(self, length: usize) -> Result<Parts, Error> {
        Ok(Parts(format!("tuple {length}")))
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Impossible<String, Error>, Error> {
        Err(ser::Error::custom("no type here has this"))
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Impossible<String, Error>, Error> {
        Err(ser::Error::custom("no type here has this"))
    }

    fn serialize_map(self, length: Option<usize>) -> Result<Parts, Error> {
        Ok(Parts(format!("map {length:?}")))
    }

    fn serialize_struct(self, name: &'static str, length: usize) -> Result<Parts, Error> {
        Ok(Parts(format!("struct {name} {length}")))
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Impossible<String, Error>, Error> {
        Err(ser::Error::custom("no type here has this"))
    }

    fn collect_str<T: Display + ?Sized>(self, value: &T) -> Result<String, Error> {
        self.serialize_str(&value.to_string())
    }
}

impl ser::SerializeSeq for Parts {
    type Ok = String;
    type Error = Error;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.add("element", value)
    }

    fn end(self) -> Result<String, Error> {
        Ok(format!("[{}]", self.0))
    }
}

impl ser::SerializeTuple for Parts {
    type Ok = String;
    type Error = Error;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.add("element", value)
    }

    fn end(self) -> Result<String, Error> {
        Ok(format!("[{}]", self.0))
    }
}

impl ser::SerializeStruct for Parts {
    type Ok = String;
    type Error = Error;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), Error> {
        self.add(name, value)
    }

    fn skip_field(&mut self, name: &'static str) -> Result<(), Error> {
        self.0.push_str(&format!(" {name} left out"));
        Ok(())
    }

    fn end(self) -> Result<String, Error> {
        Ok(format!("[{}]", self.0))
    }
}

impl ser::SerializeMap for Parts {
    type Ok = String;
    type Error = Error;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Error> {
        self.add("key", key)
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.add("value", value)
    }

    fn end(self) -> Result<String, Error> {
        Ok(format!("[{}]", self.0))
    }
}
