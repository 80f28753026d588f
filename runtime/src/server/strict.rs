//! JSON that fits its type exactly.
//!
//! Serde's derived implementations also take a list for a struct, with the fields by position. No specification means
//! that, so a server refuses it; and they refuse `1.0` as an integer, which it is to JSON and JSON Schema. Comes in: a JSON
//! value. Goes out: the events that the same value has, but for that.

use serde::de::value::{MapDeserializer, SeqDeserializer};
use serde::de::{Deserializer, Error as _, IntoDeserializer, Unexpected, Visitor};
use serde_json::{Error, Value};

use crate::wire::integral;

macro_rules! integers {
    ($($method:ident)*) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            match whole(&self.0) {
                Some(whole) => visitor.visit_i64(whole),
                None => self.deserialize_any(visitor),
            }
        })*
    };
}

/// A deserializer over a value that takes only objects for structs.
pub(super) struct Strict(pub(super) Value);

impl<'de> Deserializer<'de> for Strict {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0 {
            Value::Array(items) => visitor.visit_seq(SeqDeserializer::new(items.into_iter().map(Strict))),
            Value::Object(entries) => {
                let entries = entries.into_iter().map(|(key, value)| (key, Strict(value)));
                visitor.visit_map(MapDeserializer::new(entries))
            }
            plain => plain.deserialize_any(visitor),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        match self.0 {
            Value::Array(_) => Err(Error::invalid_type(Unexpected::Seq, &"an object")),
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.0.is_null() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    // Enums of generated code hold plain values or are read through `Value`; serde_json knows their forms.
    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.0.deserialize_enum(name, variants, visitor)
    }

    integers! {
        deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64
        deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64
    }

    serde::forward_to_deserialize_any! {
        bool i128 u128 f32 f64 char str string bytes byte_buf unit unit_struct
        seq tuple tuple_struct map identifier ignored_any
    }
}

/// An integer, however it is written.
fn whole(value: &Value) -> Option<i64> {
    value.as_f64().filter(|_| value.is_f64()).and_then(integral)
}

impl<'de> IntoDeserializer<'de, Error> for Strict {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;
    use serde_json::json;

    #[derive(Debug, PartialEq, Deserialize)]
    struct Inner {
        text: String,
        count: Option<i64>,
    }

    #[derive(Debug, PartialEq, Deserialize)]
    struct Outer {
        inner: Inner,
        list: Vec<Inner>,
        #[serde(default)]
        ratio: f64,
    }

    fn read(value: &Value) -> Result<Outer, Error> {
        Outer::deserialize(Strict(value.clone()))
    }

    #[test]
    fn objects_are_read_as_ever() {
        let value = json!({
            "inner": { "text": "a", "count": null }, "list": [{ "text": "b", "count": 1 }], "ratio": 1, "more": {}
        });
        let inner = Inner { text: "a".to_owned(), count: None };
        let item = Inner { text: "b".to_owned(), count: Some(1) };
        assert_eq!(read(&value).unwrap(), Outer { inner, list: vec![item], ratio: 1.0 });
    }

    #[test]
    fn an_integer_may_be_written_with_a_fraction_of_nothing() {
        let count = |value: Value| {
            let inner = Inner::deserialize(Strict(json!({ "text": "a", "count": value })));
            inner.ok().map(|inner| inner.count)
        };
        assert_eq!(count(json!(-2.0)), Some(Some(-2)));
        assert_eq!(count(json!(2.5)), None);
        assert_eq!(count(json!(1e300)), None);
        assert!(u8::deserialize(Strict(json!(-1.0))).is_err());
        assert_eq!(f64::deserialize(Strict(json!(2.0))).unwrap(), 2.0);
    }

    #[test]
    fn lists_are_no_objects() {
        for value in [
            json!([{ "text": "a" }, []]),
            json!({ "inner": ["a", 1], "list": [] }),
            json!({ "inner": { "text": "a" }, "list": [["b", 1]] }),
        ] {
            assert!(serde_json::from_value::<Outer>(value.clone()).is_ok() || value.is_array(), "{value}");
            let error = read(&value).unwrap_err().to_string();
            assert!(error.contains("sequence, expected an object"), "{error}");
        }
    }
}
