//! Other spellings of properties.
//!
//! Comes in: an object under whatever names its writer chose. Goes out: the same object under the names that the
//! specification gives. serde's own `alias` fails where an object has both spellings; here the specified one wins.

use std::fmt;

use serde::de::value::BorrowedStrDeserializer;
use serde::de::{self, DeserializeSeed, Deserializer, IntoDeserializer, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use crate::json::decode_seed;

/// Pairs of another spelling and the name that is meant.
pub type Spellings = &'static [(&'static str, &'static str)];

/// A deserializer that renames the properties of a struct. What [`aliases!`](crate::aliases) uses.
#[derive(Debug)]
pub struct Canonical<D> {
    inner: D,
    spellings: Spellings,
}

impl<D> Canonical<D> {
    /// Renames what `inner` reads.
    pub fn new(inner: D, spellings: Spellings) -> Self {
        Self { inner, spellings }
    }
}

impl<'de, D: Deserializer<'de>> Deserializer<'de> for Canonical<D> {
    type Error = D::Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.inner.deserialize_any(Canonical::new(visitor, self.spellings))
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.inner.deserialize_map(Canonical::new(visitor, self.spellings))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.inner.deserialize_struct(name, fields, Canonical::new(visitor, self.spellings))
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit
        unit_struct newtype_struct seq tuple tuple_struct enum identifier ignored_any
    }
}

impl<'de, V: Visitor<'de>> Visitor<'de> for Canonical<V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.expecting(f)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<V::Value, A::Error> {
        self.inner.visit_seq(seq)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<V::Value, A::Error> {
        let Self { inner, spellings } = self;
        inner.visit_map(Renamed { map, spellings, seen: Seen::default(), other: Vec::new(), value: None })
    }
}

/// The entries of an object: first those that need no other name, then the others whose name did not come.
struct Renamed<A> {
    map: A,
    spellings: Spellings,
    seen: Seen,
    /// What came under another spelling, with the name that is meant.
    other: Vec<(&'static str, Value)>,
    /// One of them, when its key has been given out.
    value: Option<(&'static str, Value)>,
}

/// Which names came. Objects are many, and few of their names have other spellings.
#[derive(Default)]
struct Seen {
    first: [Option<&'static str>; 4],
    more: Vec<&'static str>,
}

impl Seen {
    fn contains(&self, name: &str) -> bool {
        self.first.contains(&Some(name)) || self.more.contains(&name)
    }

    fn insert(&mut self, name: &'static str) {
        match self.first.iter_mut().find(|place| place.is_none()) {
            Some(place) => *place = Some(name),
            None => self.more.push(name),
        }
    }
}

/// A key, before anybody owns its text.
struct Key<'r, K> {
    /// What asks for it. It stays where there is no key, or another spelling of one.
    seed: &'r mut Option<K>,
    spellings: Spellings,
    seen: &'r mut Seen,
}

/// What a key is.
enum Read<V> {
    /// What was asked for.
    Key(V),
    /// Another spelling of this name.
    Other(&'static str),
}

impl<'de, K: DeserializeSeed<'de>> Key<'_, K> {
    fn read<E: de::Error>(
        self,
        key: &str,
        deserializer: impl Deserializer<'de, Error = E>,
    ) -> Result<Read<K::Value>, E> {
        if let Some((_, name)) = self.spellings.iter().find(|(spelling, _)| *spelling == key) {
            return Ok(Read::Other(name));
        }
        let name = self.spellings.iter().map(|(_, name)| *name).find(|name| *name == key);
        name.into_iter().for_each(|name| self.seen.insert(name));
        let seed = self.seed.take().ok_or_else(|| E::custom("a key came twice"))?;
        seed.deserialize(deserializer).map(Read::Key)
    }
}

impl<'de, K: DeserializeSeed<'de>> DeserializeSeed<'de> for Key<'_, K> {
    type Value = Read<K::Value>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'de, K: DeserializeSeed<'de>> Visitor<'de> for Key<'_, K> {
    type Value = Read<K::Value>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_str<E: de::Error>(self, key: &str) -> Result<Self::Value, E> {
        self.read(key, key.into_deserializer())
    }

    fn visit_borrowed_str<E: de::Error>(self, key: &'de str) -> Result<Self::Value, E> {
        self.read(key, BorrowedStrDeserializer::new(key))
    }
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Renamed<A> {
    type Error = A::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, A::Error> {
        let mut seed = Some(seed);
        loop {
            let key = Key { seed: &mut seed, spellings: self.spellings, seen: &mut self.seen };
            match self.map.next_key_seed(key)? {
                Some(Read::Key(key)) => return Ok(Some(key)),
                Some(Read::Other(name)) => self.other.push((name, self.map.next_value()?)),
                None => break,
            }
        }
        while let Some((name, value)) = self.other.pop() {
            if let Some(seed) = seed.take_if(|_| !self.seen.contains(name)) {
                self.seen.insert(name);
                self.value = Some((name, value));
                return seed.deserialize(name.into_deserializer()).map(Some);
            }
        }
        Ok(None)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, A::Error> {
        match self.value.take() {
            Some((name, value)) => decode_seed(seed, value, &format!(".{name}")),
            None => self.map.next_value_seed(seed),
        }
    }
}

/// Lets a struct be read under other spellings of its properties, too. It has `#[serde(remote = "Self")]`, so
/// that the derived code can be called from here.
///
/// ```
/// /// A reply.
/// #[derive(Debug, PartialEq, serde::Serialize, serde::Deserialize)]
/// #[serde(remote = "Self")]
/// pub struct Reply {
///     /// Who replied.
///     pub author: String,
/// }
///
/// runtime::aliases!(Reply { "author_id" => "author", "writer" => "author" });
///
/// for text in [r#"{ "author": "a" }"#, r#"{ "writer": "a" }"#, r#"{ "writer": "b", "author": "a" }"#] {
///     assert_eq!(serde_json::from_str::<Reply>(text)?, Reply { author: "a".to_owned() });
/// }
/// # Ok::<(), serde_json::Error>(())
/// ```
#[macro_export]
macro_rules! aliases {
    ($name:ident { $($spelling:literal => $property:literal),+ $(,)? }) => {
        impl<'de> ::serde::Deserialize<'de> for $name {
            fn deserialize<D: ::serde::Deserializer<'de>>(
                deserializer: D,
            ) -> ::std::result::Result<Self, D::Error> {
                Self::deserialize($crate::wire::Canonical::new(deserializer, &[$(($spelling, $property)),+]))
            }
        }

        impl ::serde::Serialize for $name {
            fn serialize<S: ::serde::Serializer>(
                &self,
                serializer: S,
            ) -> ::std::result::Result<S::Ok, S::Error> {
                Self::serialize(self, serializer)
            }
        }
    };
}

#[cfg(test)]
mod tests {
    use crate::json::decode;

    #[derive(Debug, PartialEq, Default, serde::Serialize, serde::Deserialize)]
    #[serde(remote = "Self", tag = "kind", rename = "reply")]
    struct Reply {
        a: u8,
        #[serde(default)]
        b: Option<Vec<u8>>,
    }

    crate::aliases!(Reply { "a_" => "a", "A" => "a", "b_" => "b" });

    #[test]
    fn the_specified_name_wins() {
        for (text, a, b) in [
            (r#"{"a":1,"b":[2]}"#, 1, Some(2)),
            (r#"{"a_":1,"b_":[2]}"#, 1, Some(2)),
            (r#"{"A":1}"#, 1, None),
            (r#"{"a_":9,"a":1,"A":8}"#, 1, None),
            (r#"{"b_":null,"a":1,"a_":"text","b":[2],"c":{}}"#, 1, Some(2)),
        ] {
            let expected = Reply { a, b: b.map(|b| vec![b]) };
            assert_eq!(decode::<Reply>(text.as_bytes()).unwrap(), expected, "{text}");
        }
        let reply = Reply { a: 1, b: None };
        assert_eq!(serde_json::to_string(&reply).unwrap(), r#"{"kind":"reply","a":1,"b":null}"#);
    }

    #[test]
    fn faults_are_where_they_would_be() {
        for (text, path) in [
            (r#"{"a":"x"}"#, "$.a"),
            (r#"{"a_":"x"}"#, "$.a"),
            (r#"{"a":1,"b_":[1,"x"]}"#, "$.b[1]"),
            (r#"{"b":[]}"#, "$"),
            (r#"{"a":1,"a":1}"#, "$"),
        ] {
            let error = decode::<Reply>(text.as_bytes()).unwrap_err();
            assert_eq!(error.path(), path, "{text}: {error}");
        }
    }
}
