//! serde's traits for generated types, derived with less code than serde's own derives make; and their methods.
//!
//! Comes in: a struct with serde's attributes, as far as generated code has them. Goes out: the same implementations of
//! [`Serialize`] and [`Deserialize`]. Must not: read or write anything otherwise than serde's derives would. What they
//! write out for each type is here once, as ordinary code: the loop over the properties, and what is said of properties
//! that come twice or not at all.
//!
//! ```
//! use runtime::derive::{Deserialize, Serialize};
//!
//! #[derive(Debug, PartialEq, Serialize, Deserialize)]
//! #[serde(rename_all = "camelCase", skip_serializing_none)]
//! pub struct Pet {
//!     pub full_name: String,
//!     pub age: Option<u8>,
//! }
//!
//! let pet: Pet = serde_json::from_str(r#"{"fullName":"Rex"}"#)?;
//! assert_eq!(pet, Pet { full_name: "Rex".to_owned(), age: None });
//! assert_eq!(serde_json::to_string(&pet)?, r#"{"fullName":"Rex"}"#);
//!
//! let error = serde_json::from_str::<Pet>("{}").unwrap_err();
//! assert_eq!(error.to_string(), "missing field `fullName` at line 1 column 2");
//! # Ok::<(), serde_json::Error>(())
//! ```
//!
//! The derives understand `rename_all`, `tag`, `rename` and `remote = "Self"` of a struct; `rename`, `default`,
//! `skip_serializing_if` and `deserialize_with` of a field, the last with [`null_as_default`](crate::wire::null_as_default)
//! or [`not_null`](crate::wire::not_null); and, for writing alone, `untagged` of an enum. Anything else does not compile.
//!
//! One thing serde does not have: in a struct with `skip_serializing_none`, a field that is an `Option`, a
//! [`Nullable`](crate::wire::Nullable) or a [`Lenient`](crate::wire::Lenient) is left out while it holds nothing, and may be absent, as
//! if `default` and `skip_serializing_if` stood at it. `serialize_always` is for one that is written all the same, as null.
//!
//! # Methods
//!
//! [`New`] is for what is required: `new` takes the fields that `#[new(...)]` lists, in that order, and everything else gets
//! its default. [`Setters`] is for everything else: a method of the field's name takes what is in an `Option` or a
//! [`Nullable`](crate::wire::Nullable), or else what the field holds. `#[setter(other_name)]` calls it otherwise. What can be
//! null has another setter that says so, `name_null`, or what `#[setter(name, null_name)]` has second. Text comes as anything
//! that converts into it, and so does what has `#[into]`. [`OrDefault`] is for fields with `#[or_default(value)]`: the method
//! `name_or_default` returns that where there is nothing.
//!
//! ```
//! use runtime::derive::{New, OrDefault, Setters};
//! use runtime::wire::Nullable;
//!
//! #[derive(Debug, PartialEq, New, Setters, OrDefault)]
//! #[new(name)]
//! pub struct Pet {
//!     pub name: String,
//!     #[or_default(3)]
//!     pub age: Option<u8>,
//!     pub owner: Nullable<
//!         String,
//!     >,
//!     #[setter(with_clone)]
//!     pub clone: Option<bool>,
//! }
//!
//! let pet = Pet::new("Rex").owner_null().with_clone(true);
//! assert_eq!(pet.age_or_default(), 3);
//! assert_eq!(pet.clone().age(4).age_or_default(), 4);
//! assert_eq!(pet.owner, Nullable::Null);
//! # impl Clone for Pet { fn clone(&self) -> Self { Pet { name: self.name.clone(), age: self.age, owner: self.owner.clone(), clone: self.clone } } }
//! ```

mod index;
mod read;
mod write;

pub use ::derive::{Deserialize, New, OrDefault, Serialize, Setters};
pub use serde::de::{Deserialize, Deserializer};
pub use serde::ser::{Serialize, Serializer};

#[doc(hidden)]
pub use index::Index;
#[doc(hidden)]
pub use read::{
    AsItIs, Fill, NotNull, NullAsDefault, Optional, Record, Required, Slot, Source, optional, read, required,
};
#[doc(hidden)]
pub use write::Object;
