//! Writing a record: one property after another, until something fails.

use serde::ser::{Serialize, SerializeStruct, Serializer};

/// A record that is being written.
pub struct Object<S: Serializer> {
    /// What failed first.
    state: Result<S::SerializeStruct, S::Error>,
}

impl<S: Serializer> Object<S> {
    /// A record with so many properties, of which some are left out.
    #[inline]
    pub fn new(serializer: S, name: &'static str, count: usize, left_out: &[bool]) -> Self {
        let left_out = left_out.iter().filter(|is_left_out| **is_left_out).count();
        Self { state: serializer.serialize_struct(name, count - left_out) }
    }

    /// Writes a property.
    #[inline]
    pub fn put<T: Serialize>(&mut self, name: &'static str, value: &T) {
        let Ok(object) = &mut self.state else { return };
        if let Err(error) = object.serialize_field(name, value) {
            self.state = Err(error);
        }
    }

    /// Writes a property, or leaves it out.
    #[inline]
    pub fn put_unless<T: Serialize>(&mut self, is_left_out: bool, name: &'static str, value: &T) {
        if !is_left_out {
            return self.put(name, value);
        }
        let Ok(object) = &mut self.state else { return };
        if let Err(error) = object.skip_field(name) {
            self.state = Err(error);
        }
    }

    /// Ends it.
    ///
    /// # Errors
    ///
    /// The first one.
    #[inline]
    pub fn end(self) -> Result<S::Ok, S::Error> {
        self.state?.end()
    }
}
