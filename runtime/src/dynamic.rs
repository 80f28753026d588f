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
/// The methods may be those of several traits, and the trait just their sum: see [`dynamic_part!`](crate::dynamic_part).
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
        pub trait $name:ident: $api:ident where $(Self: $part:ident,)* {}
    ) => {
        // Whoever switches all parts off has one that can do nothing.
        $crate::dynamic!(@type $name: $api [$(#[$meta])* #[allow(dead_code)]]);

        pub(crate) trait Erased: Send + Sync where $(Self: $part,)* {}

        impl<Implementation: $api> Erased for Implementation {}
    };
    (
        $(#[$meta:meta])*
        pub trait $name:ident: $api:ident { $($methods:tt)* }
    ) => {
        $crate::dynamic!(@type $name: $api [$(#[$meta])*]);

        $crate::dynamic_part! {
            pub trait $name: $api { $($methods)* }
        }
    };
    (@type $name:ident: $api:ident [$(#[$meta:meta])*]) => {
        $(#[$meta])*
        #[derive(Clone)]
        pub struct $name(pub(crate) ::std::sync::Arc<dyn Erased>);

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

/// Adds the methods of one trait to a type of [`dynamic!`](crate::dynamic) that holds implementations of several. What
/// generated code uses.
///
/// Each trait is in a module of its own, and so is the type.
///
/// ```
/// # use runtime::{NotImplemented, Response, Result};
/// pub trait PetsApi: Send + Sync {
///     fn pet(&self, id: &str) -> impl Future<Output = Result<Response<String>>> + Send;
/// }
///
/// pub trait OrdersApi: Send + Sync {
///     fn cancel(&self, number: u64) -> impl Future<Output = Result<Response<()>>> + Send;
/// }
///
/// pub trait Api: PetsApi + OrdersApi {}
/// impl<All: PetsApi + OrdersApi> Api for All {}
///
/// mod pets {
///     # use super::*;
///     runtime::dynamic_part! {
///         pub trait DynApi: PetsApi {
///             fn pet(&self, id: &str) -> Result<Response<String>>;
///         }
///     }
/// }
///
/// mod orders {
///     # use super::*;
///     runtime::dynamic_part! {
///         pub trait DynApi: OrdersApi {
///             fn cancel(&self, number: u64) -> Result<Response<()>>;
///         }
///     }
/// }
///
/// mod dynamic {
///     # use super::Api;
///     use crate::{orders::Erased as OrdersApi, pets::Erased as PetsApi};
///
///     runtime::dynamic! {
///         /// Any implementation of [`Api`].
///         pub trait DynApi: Api
///         where
///             Self: PetsApi,
///             Self: OrdersApi,
///         {}
///     }
/// }
/// use dynamic::DynApi;
///
/// struct Fake;
///
/// impl PetsApi for Fake {
///     async fn pet(&self, id: &str) -> Result<Response<String>> {
///         Ok(format!("pet {id}").into())
///     }
/// }
///
/// impl OrdersApi for Fake {
///     async fn cancel(&self, _: u64) -> Result<Response<()>> {
///         Ok(().into())
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<()> {
/// let api = DynApi::new(Fake);
/// assert_eq!(*api.pet("7").await?, "pet 7");
/// api.cancel(7).await?;
/// # Ok(())
/// # }
/// ```
#[macro_export]
macro_rules! dynamic_part {
    (
        pub trait $name:ident: $api:ident {
            $(fn $method:ident(&self $(, $($arguments:tt)*)?) -> $result:ty;)*
        }
    ) => {
        pub(crate) trait Erased: Send + Sync {
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
}
