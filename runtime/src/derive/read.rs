//! Reading a record: a slot for each of its fields, and one loop that fills the slots of any record.

use std::fmt;
use std::marker::PhantomData;

use super::index::{Index, table};
use serde::de::{
    Deserialize, DeserializeSeed, Deserializer, Error, Expected, IgnoredAny, MapAccess, SeqAccess, Visitor,
};
use serde::forward_to_deserialize_any;

/// What the derive implements beside `Deserialize`.
pub trait Record<'de>: Sized {
    /// The name of the type.
    const TYPE: &'static str;
    /// What the type is called where it is read.
    const NAME: &'static str;
    /// The properties, in the order of the fields.
    const PROPERTIES: &'static [&'static str];
    /// How many of them have no default.
    const REQUIRED: usize;

    /// How a property is found. Only one of the tables becomes a part of the program, or none.
    const INDEX: Index = Index::new(Self::PROPERTIES, Self::SMALL, Self::LARGE);
    /// For some properties.
    const SMALL: &'static [u8; 64] = &table(Self::PROPERTIES);
    /// For many.
    const LARGE: &'static [u8; 512] = &table(Self::PROPERTIES);

    /// The values of all fields.
    ///
    /// # Errors
    ///
    /// When a value does not fit, or is missing.
    fn from_source<S: Source<'de>>(source: S) -> Result<Self, S::Error>;
}

/// Reads a record.
///
/// # Errors
///
/// Those of the deserializer, and whatever is not a record of this type.
pub fn read<'de, T: Record<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    deserializer.deserialize_struct(T::NAME, T::PROPERTIES, Reader(PhantomData))
}

struct Reader<T>(PhantomData<T>);

impl<'de, T: Record<'de>> Visitor<'de> for Reader<T> {
    type Value = T;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "struct {}", T::TYPE)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
        T::from_source(Properties { map, index: T::INDEX, required: T::REQUIRED })
    }

    fn visit_seq<A: SeqAccess<'de>>(self, elements: A) -> Result<T, A::Error> {
        T::from_source(Elements { elements, of: T::TYPE, names: T::PROPERTIES, at: 0 })
    }
}

/// Where the values of a record come from.
pub trait Source<'de>: Sized {
    /// Of the deserializer.
    type Error: Error;

    /// Fills the slots, which are in the order of the fields.
    ///
    /// # Errors
    ///
    /// When a value does not fit, or is missing.
    fn fill(self, slots: &mut [&mut dyn Fill<'de, Self>]) -> Result<(), Self::Error>;

    /// The value that comes next; nothing where no more come.
    ///
    /// # Errors
    ///
    /// When it does not fit.
    fn value<T: Deserialize<'de>>(&mut self) -> Result<Option<T>, Self::Error>;

    /// What stands for a value that did not come.
    ///
    /// # Errors
    ///
    /// When nothing does.
    fn missing<T: Deserialize<'de>>(&self, name: &'static str) -> Result<T, Self::Error>;
}

/// An object.
struct Properties<A> {
    map: A,
    index: Index,
    /// How many must come.
    required: usize,
}

impl<'de, A: MapAccess<'de>> Source<'de> for Properties<A> {
    type Error = A::Error;

    fn fill(mut self, slots: &mut [&mut dyn Fill<'de, Self>]) -> Result<(), A::Error> {
        let (index, names) = (self.index, self.index.names);
        let (mut likely, mut required) = (0, 0);
        while let Some(at) = self.map.next_key_seed(Key { index, likely })? {
            match slots.get_mut(at).zip(names.get(at)) {
                Some((slot, name)) => {
                    required += usize::from(slot.fill(&mut self, name)?);
                    likely = at + 1;
                }
                None => {
                    self.map.next_value::<IgnoredAny>()?;
                }
            }
        }
        if required < self.required {
            for (slot, name) in slots.iter_mut().zip(names) {
                slot.finish(&self, name)?;
            }
        }
        Ok(())
    }

    #[inline]
    fn value<T: Deserialize<'de>>(&mut self) -> Result<Option<T>, A::Error> {
        self.map.next_value().map(Some)
    }

    fn missing<T: Deserialize<'de>>(&self, name: &'static str) -> Result<T, A::Error> {
        T::deserialize(Missing { name, error: PhantomData })
    }
}

/// An array: the values of all fields, in their order. JSON has objects; other formats write this.
struct Elements<A> {
    elements: A,
    of: &'static str,
    names: &'static [&'static str],
    at: usize,
}

impl<'de, A: SeqAccess<'de>> Source<'de> for Elements<A> {
    type Error = A::Error;

    fn fill(mut self, slots: &mut [&mut dyn Fill<'de, Self>]) -> Result<(), A::Error> {
        for (slot, name) in slots.iter_mut().zip(self.names) {
            slot.fill(&mut self, name)?;
            slot.finish(&self, name)?;
            self.at += 1;
        }
        Ok(())
    }

    fn value<T: Deserialize<'de>>(&mut self) -> Result<Option<T>, A::Error> {
        self.elements.next_element()
    }

    fn missing<T: Deserialize<'de>>(&self, _: &'static str) -> Result<T, A::Error> {
        Err(A::Error::invalid_length(self.at, self))
    }
}

impl<A> Expected for Elements<A> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.names.len();
        write!(formatter, "struct {} with {count} element{}", self.of, if count == 1 { "" } else { "s" })
    }
}

/// The place of a name among the properties.
struct Key {
    index: Index,
    /// Most come in the order of the fields.
    likely: usize,
}

impl<'de> DeserializeSeed<'de> for Key {
    type Value = usize;

    #[inline]
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<usize, D::Error> {
        deserializer.deserialize_identifier(self)
    }
}

impl Visitor<'_> for Key {
    type Value = usize;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("field identifier")
    }

    fn visit_u64<E: Error>(self, at: u64) -> Result<usize, E> {
        Ok(usize::try_from(at).unwrap_or(usize::MAX))
    }

    #[inline]
    fn visit_str<E: Error>(self, key: &str) -> Result<usize, E> {
        Ok(self.index.find(key.as_bytes(), self.likely))
    }

    fn visit_bytes<E: Error>(self, key: &[u8]) -> Result<usize, E> {
        Ok(self.index.find(key, self.likely))
    }
}

/// What a property that did not come is read from: an option is none, anything else an error.
struct Missing<E> {
    name: &'static str,
    error: PhantomData<E>,
}

impl<'de, E: Error> Deserializer<'de> for Missing<E> {
    type Error = E;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, E> {
        Err(E::missing_field(self.name))
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, E> {
        visitor.visit_none()
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct
        newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

/// A slot, whatever the type of its value. The source is a parameter of the trait, not of its methods, so that slots of
/// several types fit into one list.
pub trait Fill<'de, S: Source<'de>> {
    /// Reads the value that comes next. Whether the record cannot do without it.
    ///
    /// # Errors
    ///
    /// When it does not fit, or is the second one.
    fn fill(&mut self, source: &mut S, name: &'static str) -> Result<bool, S::Error>;

    /// Sees to it that there is a value, if the record cannot do without.
    ///
    /// # Errors
    ///
    /// When none came and nothing stands for it.
    fn finish(&mut self, source: &S, name: &'static str) -> Result<(), S::Error>;
}

/// The value of a field while its record is read.
#[derive(Debug)]
pub struct Slot<T, H> {
    value: Option<T>,
    how: PhantomData<H>,
}

impl<T, H> Slot<T, H> {
    pub(crate) const EMPTY: Self = Self { value: None, how: PhantomData };
}

/// For a value that must come, unless it is an option.
#[inline]
pub const fn required<T>() -> Slot<T, Required> {
    Slot::EMPTY
}

/// For a value whose default stands for it.
#[inline]
pub const fn optional<T: Default>() -> Slot<T, Optional<AsItIs>> {
    Slot::EMPTY
}

impl<T> Slot<T, Required> {
    /// The value, after a source filled all slots.
    #[inline]
    pub fn take(self) -> T {
        match self.value {
            Some(value) => value,
            None => unreachable!("a source fills all slots or fails"),
        }
    }
}

impl<T: Default, H> Slot<T, Optional<H>> {
    /// The value, or what stands for it.
    #[inline]
    pub fn take(self) -> T {
        self.value.unwrap_or_default()
    }
}

impl<'de, T: Deserialize<'de>, S: Source<'de>> Fill<'de, S> for Slot<T, Required> {
    fn fill(&mut self, source: &mut S, name: &'static str) -> Result<bool, S::Error> {
        if self.value.is_some() {
            return Err(S::Error::duplicate_field(name));
        }
        self.value = source.value()?;
        Ok(true)
    }

    fn finish(&mut self, source: &S, name: &'static str) -> Result<(), S::Error> {
        if self.value.is_none() {
            self.value = Some(source.missing(name)?);
        }
        Ok(())
    }
}

impl<'de, T, H: How<'de, T>, S: Source<'de>> Fill<'de, S> for Slot<T, Optional<H>> {
    fn fill(&mut self, source: &mut S, name: &'static str) -> Result<bool, S::Error> {
        if self.value.is_some() {
            return Err(S::Error::duplicate_field(name));
        }
        self.value = H::value(source)?;
        Ok(false)
    }

    fn finish(&mut self, _: &S, _: &'static str) -> Result<(), S::Error> {
        Ok(())
    }
}

/// The value must come, unless it is an option.
#[derive(Debug)]
pub enum Required {}

/// The default stands for the value; it is read in one of several ways.
#[derive(Debug)]
pub struct Optional<H>(PhantomData<H>);

/// How a value is read whose default stands for it.
pub trait How<'de, T> {
    /// Reads it.
    ///
    /// # Errors
    ///
    /// When it does not fit.
    fn value<S: Source<'de>>(source: &mut S) -> Result<Option<T>, S::Error>;
}

/// As it is.
#[derive(Debug)]
pub enum AsItIs {}

impl<'de, T: Deserialize<'de>> How<'de, T> for AsItIs {
    #[inline]
    fn value<S: Source<'de>>(source: &mut S) -> Result<Option<T>, S::Error> {
        source.value()
    }
}

/// With the default for null, too.
#[derive(Debug)]
pub enum NullAsDefault {}

impl<'de, T: Deserialize<'de> + Default> How<'de, T> for NullAsDefault {
    #[inline]
    fn value<S: Source<'de>>(source: &mut S) -> Result<Option<T>, S::Error> {
        Ok(source.value::<Option<T>>()?.map(Option::unwrap_or_default))
    }
}

/// Without null.
#[derive(Debug)]
pub enum NotNull {}

impl<'de, T: Deserialize<'de>> How<'de, Option<T>> for NotNull {
    #[inline]
    fn value<S: Source<'de>>(source: &mut S) -> Result<Option<Option<T>>, S::Error> {
        Ok(source.value::<T>()?.map(Some))
    }
}
