//! Whether a type found anything of its own in an object.
//!
//! Comes in: a deserializer, and a type that reads from it. Goes out: what the type reads, and whether a property of the
//! outermost object was one that the type knows. Must not: change what is read, or look at anything deeper. serde
//! skips what a type does not know with `deserialize_ignored_any`, whatever renames, aliases and wrappers the type has,
//! so the way in which a value is asked for is the evidence.

use std::cell::Cell;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, EnumAccess, MapAccess, SeqAccess, Visitor};

/// What a type reads.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Anything, or nothing with properties.
    #[default]
    Other,
    /// An object with properties that the type knows.
    Struct,
    /// An object with any properties.
    Map,
}

/// What was seen so far.
#[derive(Debug, Default)]
pub(crate) struct Evidence {
    asked_for: Cell<Kind>,
    properties: Cell<usize>,
    known: Cell<usize>,
}

impl Evidence {
    /// Watches what is read from a deserializer.
    pub(crate) fn watch<D>(&self, inner: D) -> Watched<'_, D> {
        Watched { inner, evidence: self }
    }

    /// What the type asked for.
    pub(crate) fn kind(&self) -> Kind {
        self.asked_for.get()
    }

    /// Whether it asked for an object with properties that it knows. Others keep whatever comes.
    pub(crate) fn is_struct(&self) -> bool {
        self.kind() == Kind::Struct
    }

    /// Whether the type knew one of the properties.
    pub(crate) fn has_known(&self) -> bool {
        self.known.get() > 0
    }

    /// Whether there were properties, and the type knew none of them.
    pub(crate) fn is_missing(&self) -> bool {
        self.properties.get() > 0 && !self.has_known()
    }
}

/// A deserializer of the outermost value, or something on the way to its properties.
pub(crate) struct Watched<'e, T> {
    inner: T,
    evidence: &'e Evidence,
}

macro_rules! forward {
    ($($method:ident($($argument:ident: $type:ty),*))*) => {
        $(fn $method<V: Visitor<'de>>(self, $($argument: $type,)* visitor: V) -> Result<V::Value, D::Error> {
            self.inner.$method($($argument,)* self.evidence.watch(visitor))
        })*
    };
}

impl<'de, D: Deserializer<'de>> Deserializer<'de> for Watched<'_, D> {
    type Error = D::Error;

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.evidence.asked_for.set(Kind::Struct);
        self.inner.deserialize_struct(name, fields, self.evidence.watch(visitor))
    }

    forward! {
        deserialize_any() deserialize_bool() deserialize_i8() deserialize_i16() deserialize_i32() deserialize_i64()
        deserialize_i128() deserialize_u8() deserialize_u16() deserialize_u32() deserialize_u64() deserialize_u128()
        deserialize_f32() deserialize_f64() deserialize_char() deserialize_str() deserialize_string()
        deserialize_bytes() deserialize_byte_buf() deserialize_option() deserialize_unit() deserialize_seq()
        deserialize_identifier() deserialize_ignored_any()
        deserialize_unit_struct(name: &'static str) deserialize_newtype_struct(name: &'static str)
        deserialize_tuple(length: usize) deserialize_tuple_struct(name: &'static str, length: usize)
        deserialize_enum(name: &'static str, variants: &'static [&'static str])
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.evidence.asked_for.set(Kind::Map);
        self.inner.deserialize_map(self.evidence.watch(visitor))
    }

    fn is_human_readable(&self) -> bool {
        self.inner.is_human_readable()
    }
}

macro_rules! visit {
    ($($method:ident: $type:ty;)*) => {
        $(fn $method<E: serde::de::Error>(self, value: $type) -> Result<V::Value, E> {
            self.inner.$method(value)
        })*
    };
}

impl<'de, V: Visitor<'de>> Visitor<'de> for Watched<'_, V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.expecting(f)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<V::Value, A::Error> {
        self.inner.visit_map(self.evidence.watch(map))
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<V::Value, D::Error> {
        self.inner.visit_some(self.evidence.watch(deserializer))
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<V::Value, D::Error> {
        self.inner.visit_newtype_struct(self.evidence.watch(deserializer))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<V::Value, A::Error> {
        self.inner.visit_seq(seq)
    }

    fn visit_enum<A: EnumAccess<'de>>(self, data: A) -> Result<V::Value, A::Error> {
        self.inner.visit_enum(data)
    }

    visit! {
        visit_bool: bool; visit_i64: i64; visit_u64: u64; visit_f64: f64; visit_i128: i128; visit_u128: u128;
        visit_str: &str; visit_borrowed_str: &'de str; visit_string: String;
        visit_bytes: &[u8]; visit_borrowed_bytes: &'de [u8]; visit_byte_buf: Vec<u8>;
    }

    fn visit_none<E: serde::de::Error>(self) -> Result<V::Value, E> {
        self.inner.visit_none()
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<V::Value, E> {
        self.inner.visit_unit()
    }
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Watched<'_, A> {
    type Error = A::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, A::Error> {
        let key = self.inner.next_key_seed(seed)?;
        if key.is_some() {
            self.evidence.properties.set(self.evidence.properties.get() + 1);
        }
        Ok(key)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, A::Error> {
        match self.evidence.has_known() {
            // There is nothing more to learn.
            true => self.inner.next_value_seed(seed),
            false => self.inner.next_value_seed(Property { seed, evidence: self.evidence }),
        }
    }

    fn size_hint(&self) -> Option<usize> {
        self.inner.size_hint()
    }
}

/// The value of a property of the outermost object.
struct Property<'e, T> {
    seed: T,
    evidence: &'e Evidence,
}

impl<'de, S: DeserializeSeed<'de>> DeserializeSeed<'de> for Property<'_, S> {
    type Value = S::Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<S::Value, D::Error> {
        self.seed.deserialize(Property { seed: deserializer, evidence: self.evidence })
    }
}

macro_rules! known {
    ($($method:ident($($argument:ident: $type:ty),*))*) => {
        $(fn $method<V: Visitor<'de>>(self, $($argument: $type,)* visitor: V) -> Result<V::Value, D::Error> {
            self.evidence.known.set(self.evidence.known.get() + 1);
            self.seed.$method($($argument,)* visitor)
        })*
    };
}

impl<'de, D: Deserializer<'de>> Deserializer<'de> for Property<'_, D> {
    type Error = D::Error;

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.seed.deserialize_ignored_any(visitor)
    }

    known! {
        deserialize_any() deserialize_bool() deserialize_i8() deserialize_i16() deserialize_i32() deserialize_i64()
        deserialize_i128() deserialize_u8() deserialize_u16() deserialize_u32() deserialize_u64() deserialize_u128()
        deserialize_f32() deserialize_f64() deserialize_char() deserialize_str() deserialize_string()
        deserialize_bytes() deserialize_byte_buf() deserialize_option() deserialize_unit() deserialize_seq()
        deserialize_map() deserialize_identifier()
        deserialize_unit_struct(name: &'static str) deserialize_newtype_struct(name: &'static str)
        deserialize_tuple(length: usize) deserialize_tuple_struct(name: &'static str, length: usize)
        deserialize_struct(name: &'static str, fields: &'static [&'static str])
        deserialize_enum(name: &'static str, variants: &'static [&'static str])
    }

    fn is_human_readable(&self) -> bool {
        self.seed.is_human_readable()
    }
}
