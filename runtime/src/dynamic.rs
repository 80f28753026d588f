//! An implementation of an API trait that is chosen at run time.
//!
//! Comes in: the methods of a trait. Goes out: a type that holds any implementation of it, and is one. Must not: hold
//! anything else than a pointer.

/// Declares a type that holds any implementation of a trait of operations, and implements it. What generated code uses.
///
/// Methods of such a trait return futures of types that nobody can name, so there is no `dyn Trait` of it. This makes the
/// trait that there can be one of, keeps it private, and hides it in a type that is cheap to clone. Each call boxes its
/// future; that is all that it costs. The private trait has the same methods, so it belongs into a module of its own.
///
/// ```
/// # use runtime::{NotImplemented, Response, Result};
/// /// What a shop can do.
/// pub trait Api: Send + Sync {
///     /// Its name for an article.
///     fn name(&self, id: &str, language: Option<&str>) -> impl Future<Output = Result<Response<String>>> + Send;
/// }
///
/// mod dynamic {
///     # use super::*;
///     runtime::dynamic! {
///         /// Any implementation of [`Api`].
///         pub trait DynApi: Api {
///             fn name(&self, id: &str, language: Option<&str>) -> Result<Response<String>>;
///         }
///     }
/// }
/// use dynamic::DynApi;
///
/// struct Fake;
///
/// impl Api for Fake {
///     async fn name(&self, id: &str, _: Option<&str>) -> Result<Response<String>> {
///         Ok(format!("article {id}").into())
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<()> {
/// let api = DynApi::new(Fake);
/// assert_eq!(*api.name("7", None).await?, "article 7");
/// # Ok(())
/// # }
/// ```
#[macro_export]
macro_rules! dynamic {
    (
        $(#[$meta:meta])*
        pub trait $name:ident: $api:ident {
            $(fn $method:ident(&self $(, $($arguments:tt)*)?) -> $result:ty;)*
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone)]
        pub struct $name(::std::sync::Arc<dyn Erased>);

        impl $name {
            /// Takes any implementation.
            pub fn new(api: impl $api + 'static) -> Self {
                Self(::std::sync::Arc::new(api))
            }
        }

        /// Says nothing of the implementation.
        impl ::std::fmt::Debug for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.debug_struct(stringify!($name)).finish_non_exhaustive()
            }
        }

        trait Erased: Send + Sync {
            $($crate::dynamic!(@declare $method [] [$($($arguments)*)?] $result);)*
        }

        #[allow(deprecated)]
        impl<Implementation: $api> Erased for Implementation {
            $($crate::dynamic!(@call $api $method [] [$($($arguments)*)?] $result);)*
        }

        impl $api for $name {
            $($crate::dynamic!(@forward $method [$($($arguments)*)?] $result);)*
        }
    };
    (@declare $method:ident [$($argument:ident: $type:ty,)*] [] $result:ty) => {
        fn $method<'a>(
            &'a self,
            $($argument: $type),*
        ) -> ::std::pin::Pin<::std::boxed::Box<dyn ::std::future::Future<Output = $result> + Send + 'a>>;
    };
    (@call $api:ident $method:ident [$($argument:ident: $type:ty,)*] [] $result:ty) => {
        fn $method<'a>(
            &'a self,
            $($argument: $type),*
        ) -> ::std::pin::Pin<::std::boxed::Box<dyn ::std::future::Future<Output = $result> + Send + 'a>> {
            ::std::boxed::Box::pin($api::$method(self $(, $argument)*))
        }
    };
    (@forward $method:ident [$($argument:ident: $type:ty),* $(,)?] $result:ty) => {
        async fn $method(&self $(, $argument: $type)*) -> $result {
            Erased::$method(&*self.0 $(, $argument)*).await
        }
    };
    // What is borrowed lives as long as the future.
    (@$do:ident $($name:ident)+ [$($done:tt)*] [$argument:ident: &$type:ty $(, $($rest:tt)*)?] $result:ty) => {
        $crate::dynamic!(@$do $($name)+ [$($done)* $argument: &'a $type,] [$($($rest)*)?] $result);
    };
    (@$do:ident $($name:ident)+ [$($done:tt)*] [$argument:ident: Option<&$type:ty> $(, $($rest:tt)*)?] $result:ty) => {
        $crate::dynamic!(@$do $($name)+ [$($done)* $argument: Option<&'a $type>,] [$($($rest)*)?] $result);
    };
    (@$do:ident $($name:ident)+ [$($done:tt)*] [$argument:ident: $type:ty $(, $($rest:tt)*)?] $result:ty) => {
        $crate::dynamic!(@$do $($name)+ [$($done)* $argument: $type,] [$($($rest)*)?] $result);
    };
}
