//! Text with known values, open to others.
//!
//! Comes in: an enum with a variant for each known text and one that holds any other. Goes out: everything that reads,
//! writes and prints it, made of one table.

/// Makes an enum over text: a variant for each known text, and last one that keeps any other.
///
/// Reading never fails on text: what is not known arrives in the last variant, unchanged, and is written back as it came.
/// The enum is `#[non_exhaustive]`, has `Debug`, `Clone`, `PartialEq`, `Eq` and `Hash`, and converts from and into text
/// in every usual way. A variant without a line of documentation is documented by its text.
///
/// ```
/// runtime::text_enum! {
///     /// A colour.
///     pub enum Colour {
///         Red = "red",
///         DarkBlue = "dark-blue",
///         Unknown(String),
///     }
/// }
///
/// assert_eq!(serde_json::from_str::<Colour>(r#""dark-blue""#)?, Colour::DarkBlue);
/// assert_eq!(Colour::from("green"), Colour::Unknown("green".to_owned()));
/// assert_eq!(Colour::DarkBlue.as_str(), "dark-blue");
/// assert_eq!("red".parse(), Ok(Colour::Red));
/// assert_eq!(format!("{:>5}", Colour::Red), "  red");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[macro_export]
macro_rules! text_enum {
    (@first $docs:expr $(, $others:expr)* $(,)?) => { $docs };
    (
        $(#[$attribute:meta])*
        $visibility:vis enum $name:ident {
            $($(#[doc = $docs:literal])? $variant:ident $(= $text:literal)? $(($other:ident))?),+ $(,)?
        }
    ) => {
        $(#[$attribute])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        $visibility enum $name {
            $(
                #[doc = $crate::text_enum!(@first $($docs,)? $(concat!("`", $text, "`"),)?
                    $(concat!("A value that this version does not know, as a `", stringify!($other), "`."))?)]
                $variant $(($other))?,
            )+
        }

        impl $name {
            /// The text on the wire.
            pub fn as_str(&self) -> &str {
                match self {
                    $($(Self::$variant => $text,)? $(Self::$variant(text) => $other::as_str(text),)?)+
                }
            }
        }

        impl ::std::convert::From<&str> for $name {
            fn from(text: &str) -> Self {
                match text {
                    $($($text => Self::$variant,)? $(_ => Self::$variant($other::from(text)),)?)+
                }
            }
        }

        impl ::std::convert::From<::std::string::String> for $name {
            fn from(text: ::std::string::String) -> Self {
                match text.as_str() {
                    $($($text => Self::$variant,)? $(_ => Self::$variant($other::from(text)),)?)+
                }
            }
        }

        impl ::std::str::FromStr for $name {
            type Err = ::std::convert::Infallible;

            fn from_str(text: &str) -> ::std::result::Result<Self, ::std::convert::Infallible> {
                ::std::result::Result::Ok(::std::convert::From::from(text))
            }
        }

        impl ::std::convert::AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                self.as_str()
            }
        }

        impl ::std::fmt::Display for $name {
            fn fmt(&self, formatter: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                formatter.pad(self.as_str())
            }
        }

        impl ::serde::Serialize for $name {
            fn serialize<S: ::serde::Serializer>(
                &self,
                serializer: S,
            ) -> ::std::result::Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> ::serde::Deserialize<'de> for $name {
            fn deserialize<D: ::serde::Deserializer<'de>>(
                deserializer: D,
            ) -> ::std::result::Result<Self, D::Error> {
                $crate::wire::read_text(deserializer)
            }
        }
    };
}

use serde::de::{Deserializer, Error, Visitor};
use std::fmt;
use std::marker::PhantomData;

/// Reads text into what converts from it. What [`text_enum!`](crate::text_enum) uses.
///
/// # Errors
///
/// Whatever is not text.
pub fn read_text<'de, T, D>(deserializer: D) -> Result<T, D::Error>
where
    T: for<'a> From<&'a str> + From<String>,
    D: Deserializer<'de>,
{
    deserializer.deserialize_str(Text(PhantomData))
}

struct Text<T>(PhantomData<T>);

impl<T: for<'a> From<&'a str> + From<String>> Visitor<'_> for Text<T> {
    type Value = T;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a string")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
        Ok(T::from(text))
    }

    fn visit_string<E: Error>(self, text: String) -> Result<T, E> {
        Ok(T::from(text))
    }
}
