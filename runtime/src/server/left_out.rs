//! Which operations an implementation leaves to their default body.
//!
//! Comes in: a method of an implementation, as a function. Goes out: whether its future is [`NotImplemented`]. Must not:
//! call it.

use std::any::TypeId;
use std::future::Future;

use crate::{NotImplemented, Response, Result};

/// Whether a method of an implementation is left to its default body. It is not called.
///
/// A router can so refuse, or leave out, what would answer 501 anyway. For anything else than a default body this is
/// false: a decorator whose methods pass calls on has written them, whatever is inside of it.
///
/// ```
/// use runtime::server::is_left_out;
/// use runtime::{NotImplemented, Response, Result};
///
/// trait Api: Send + Sync {
///     fn greet(&self, name: &str) -> impl Future<Output = Result<Response<String>>> + Send {
///         let _ = name;
///         NotImplemented::new("greet")
///     }
///
///     fn count(&self) -> impl Future<Output = Result<Response<u64>>> + Send {
///         NotImplemented::new("count")
///     }
/// }
///
/// struct Greeter;
///
/// impl Api for Greeter {
///     async fn greet(&self, name: &str) -> Result<Response<String>> {
///         Ok(format!("hello, {name}").into())
///     }
/// }
///
/// assert!(is_left_out(Greeter::count));
/// assert!(!is_left_out(Greeter::greet));
/// ```
pub fn is_left_out<Signature, M: Method<Signature>>(method: M) -> bool {
    let _ = method;
    M::is_left_out()
}

/// A method of an API trait, as a function of up to 32 arguments, the implementation among them. `Signature` is
/// what the compiler finds by itself.
pub trait Method<Signature> {
    /// Whether its body is the default one.
    fn is_left_out() -> bool;
}

macro_rules! methods {
    ($first:ident $($argument:ident)*) => {
        methods!(@implement $first $($argument)*);
        methods!($($argument)*);
    };
    () => {};
    (@implement $($argument:ident)*) => {
        impl<Function, Answer, Body, $($argument),*> Method<(Answer, Body, $($argument),*)> for Function
        where
            Function: FnOnce($($argument),*) -> Answer,
            Answer: Future<Output = Result<Response<Body>>> + 'static,
            Body: 'static,
        {
            fn is_left_out() -> bool {
                TypeId::of::<Answer>() == TypeId::of::<NotImplemented<Body>>()
            }
        }
    };
}

// A tuple of twelve is the longest that has traits, but any length can be a parameter.
methods!(
    A1 A2 A3 A4 A5 A6 A7 A8 A9 A10 A11 A12 A13 A14 A15 A16 A17 A18 A19 A20 A21 A22 A23 A24 A25 A26 A27 A28 A29 A30 A31 A32
);

#[cfg(test)]
mod tests {
    use super::*;

    struct Id(String);

    type Answer<T> = Result<Response<T>>;

    /// Arguments of every kind that generated code has: borrowed, optional, lists, texts and owned values.
    trait Api: Send + Sync {
        fn none(&self) -> impl Future<Output = Answer<()>> + Send {
            NotImplemented::new("none")
        }
        fn borrowed(&self, id: &Id, name: &str) -> impl Future<Output = Answer<String>> + Send {
            let _ = (id, name);
            NotImplemented::new("borrowed")
        }
        fn optional(&self, id: Option<&Id>) -> impl Future<Output = Answer<Vec<u8>>> + Send {
            let _ = id;
            NotImplemented::new("optional")
        }
        fn named<'a>(
            &'a self,
            ids: &'a [Id],
            names: Vec<&'a str>,
        ) -> impl Future<Output = Answer<Id>> + Send + 'a {
            let _ = (ids, names);
            NotImplemented::new("named")
        }
        fn owned(&self, body: crate::Body) -> impl Future<Output = Answer<crate::Download>> + Send {
            let _ = body;
            NotImplemented::new("owned")
        }
    }

    macro_rules! longest {
        ($($argument:ident)*) => {
            #[allow(clippy::too_many_arguments)]
            fn longest($(_: $argument),*) -> NotImplemented<()> {
                NotImplemented::new("longest")
            }
            assert!(is_left_out(longest));
        };
    }

    #[test]
    fn a_method_may_have_as_many_arguments_as_is_said() {
        type A = u8;
        longest!(A A A A A A A A A A A A A A A A A A A A A A A A A A A A A A A A);
    }

    fn left_out<Impl: Api + 'static>() -> Vec<&'static str> {
        let methods = [
            ("none", is_left_out(Impl::none)),
            ("borrowed", is_left_out(Impl::borrowed)),
            ("optional", is_left_out(Impl::optional)),
            ("named", is_left_out(Impl::named)),
            ("owned", is_left_out(Impl::owned)),
        ];
        methods.iter().filter(|(_, is_left_out)| *is_left_out).map(|(name, _)| *name).collect()
    }

    struct Nothing;

    impl Api for Nothing {}

    struct Some;

    impl Api for Some {
        async fn borrowed(&self, id: &Id, name: &str) -> Answer<String> {
            let text = format!("{}{name}", id.0);
            std::future::ready(()).await;
            Ok(text.into())
        }
        async fn owned(&self, _: crate::Body) -> Answer<crate::Download> {
            // Written, and still not implemented: nobody can tell from outside.
            Err(crate::Error::not_implemented("owned"))
        }
    }

    /// A decorator with a part of its own.
    struct Decorated<Inner>(Inner);

    impl<Inner: Api> Api for Decorated<Inner> {
        async fn none(&self) -> Answer<()> {
            self.0.none().await
        }
    }

    #[test]
    fn what_is_not_written_is_found_without_a_call() {
        assert_eq!(left_out::<Nothing>(), ["none", "borrowed", "optional", "named", "owned"]);
        assert_eq!(left_out::<Some>(), ["none", "optional", "named"]);
        let decorated = ["borrowed", "optional", "named", "owned"];
        assert_eq!(left_out::<Decorated<Nothing>>(), decorated);
        assert_eq!(left_out::<Decorated<Decorated<Some>>>(), decorated);
    }
}
