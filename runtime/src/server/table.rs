//! The routes of a generated router as a table, a row each.
//!
//! Comes in: verbs, paths, handlers, and methods of an implementation. Goes out: what [`Routes`](super::Routes) and
//! [`Receivers`](super::Receivers) mount, and which of the methods are not written.

use std::fmt;
use std::future::Future;
use std::pin::Pin;

use http::Method;

use super::call::Call;
use super::reply::Reply;

/// What serves a request over an implementation.
pub type Serve<A> = for<'a> fn(&'a A, &'a mut Call) -> Serving<'a>;

/// A request that is being served. Nothing comes of it where a value is missing or wrong.
pub type Serving<'a> = Pin<Box<dyn Future<Output = Option<Reply>> + Send + 'a>>;

/// Rows, each with a route and the function that serves it over an implementation `A`; written by
/// [`routes!`](crate::routes) and [`receivers!`](crate::receivers). `K` is what a row has beside: what its path is mounted
/// below, or its webhook.
pub struct Table<A, K = &'static [&'static str]> {
    pub(super) rows: Vec<Row<A, K>>,
    left_out: Vec<&'static str>,
}

/// A row of a [`Table`].
pub struct Row<A, K> {
    pub(super) method: Method,
    pub(super) path: &'static str,
    pub(super) key: K,
    pub(super) serve: Serve<A>,
}

impl<A, K> Row<A, K> {
    /// A route with what serves it.
    pub fn new(method: Method, path: &'static str, key: K, serve: Serve<A>) -> Self {
        Self { method, path, key, serve }
    }
}

impl<A, K> Table<A, K> {
    /// A table of these rows. Of each method behind them: its name, and whether the implementation leaves it to its default
    /// body.
    pub fn new<const ROWS: usize>(rows: [Row<A, K>; ROWS], methods: &[(&'static str, bool)]) -> Self {
        let left_out = methods.iter().filter(|(_, is_left_out)| *is_left_out);
        // A name that is a keyword is written with a prefix in Rust.
        let names = left_out.map(|(name, _)| name.strip_prefix("r#").unwrap_or(name));
        Self { left_out: names.collect(), rows: rows.into() }
    }

    /// A table of the rows of both.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.rows.extend(other.rows);
        self.left_out.extend(other.left_out);
        self
    }

    /// The methods that the implementation leaves to their default bodies, in the order of the rows.
    pub fn left_out(self) -> Vec<&'static str> {
        self.left_out
    }
}

impl<A, K> Default for Table<A, K> {
    fn default() -> Self {
        Self { rows: Vec::new(), left_out: Vec::new() }
    }
}

impl<A, K> fmt::Debug for Table<A, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(&self.rows).finish()
    }
}

impl<A, K> fmt::Debug for Row<A, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Row").field(&self.method).field(&self.path).finish()
    }
}

/// Defines a function that returns the [`Table`](crate::server::Table) of a trait's routes, over any implementation.
///
/// A row has a verb, a path, and the method that it leads to; the function that serves it is called like the method. Further
/// methods stand behind a `|`, and a function of another name behind `by`. Paths are mounted below the prefixes that are
/// named at the top, or in the row.
///
/// ```
/// use runtime::server::{Call, ErrorShape, Reply, Routes};
/// use runtime::{NotImplemented, Response, Result};
///
/// trait Api: Send + Sync {
///     fn get_pet(&self, id: u32) -> impl Future<Output = Result<Response<String>>> + Send {
///         let _ = id;
///         NotImplemented::new("get_pet")
///     }
///
///     fn table(&self) -> impl Future<Output = Result<Response<String>>> + Send {
///         NotImplemented::new("table")
///     }
/// }
///
/// const PREFIXES: &[&str] = &["/v1", "/v2"];
///
/// runtime::routes!(table of Api below PREFIXES {
///     GET "/pets/{id}" => get_pet,
///     GET "/table" below [""] => table by get_table,
/// });
///
/// async fn get_pet(api: &impl Api, call: &mut Call) -> Option<Reply> {
///     let id = call.path::<u32>("id")?;
///     call.reply_json(200, api.get_pet(id).await)
/// }
///
/// async fn get_table(api: &impl Api, call: &mut Call) -> Option<Reply> {
///     call.reply_json(200, api.table().await)
/// }
///
/// struct Pets;
///
/// impl Api for Pets {
///     async fn get_pet(&self, id: u32) -> Result<Response<String>> {
///         Ok(format!("pet {id}").into())
///     }
/// }
///
/// let routes = Routes::new(Pets, ErrorShape { detail: "detail", fields: false }).mount(table());
/// assert_eq!(table::<Pets>().left_out(), ["table"]);
/// ```
#[macro_export]
macro_rules! routes {
    ($table:ident of $($api:ident)::+ below $prefixes:tt {
        $($verb:ident $path:literal $(below $own:tt)? => $first:ident $(| $more:ident)* $(by $handler:ident)?,)*
    }) => {
        /// Every route, and the methods behind it.
        pub(crate) fn $table<Impl: $($api)::+ + 'static>() -> $crate::server::Table<Impl> {
            $crate::server::Table::new(
                [$($crate::server::Row::new(
                    $crate::Method::$verb,
                    $path,
                    $crate::routes!(@prefixes $($own)? $prefixes),
                    |api, call| ::std::boxed::Box::pin($crate::routes!(@handler $($handler)? $first)(api, call)),
                )),*],
                &[$(
                    (::std::stringify!($first), $crate::server::is_left_out(Impl::$first)),
                    $((::std::stringify!($more), $crate::server::is_left_out(Impl::$more)),)*
                )*],
            )
        }
    };
    ($table:ident of $($api:ident)::+ { $($rows:tt)* }) => {
        $crate::routes!($table of $($api)::+ below [] { $($rows)* });
    };
    (@prefixes $name:ident) => { $name };
    (@prefixes [$($prefix:literal),*] $($general:tt)?) => { &[$($prefix),*] };
    (@handler $handler:ident $($first:ident)?) => { $handler };
}

/// Defines a function that returns the [`Table`](crate::server::Table) of a trait's webhooks, over any implementation.
///
/// A row has a verb, the default path, a variant of the enum that names them, and the method that it leads to; the function
/// that serves it is called like the method, unless another name stands behind `by`.
///
/// ```
/// use runtime::server::{Call, ErrorShape, Receivers, Reply};
/// use runtime::{NotImplemented, Response, Result};
///
/// trait Webhooks: Send + Sync {
///     fn pet_sold(&self, body: String) -> impl Future<Output = Result<Response<()>>> + Send {
///         let _ = body;
///         NotImplemented::new("pet_sold")
///     }
/// }
///
/// #[derive(Clone, Copy, PartialEq)]
/// enum Webhook {
///     PetSold,
/// }
///
/// runtime::receivers!(table of Webhooks as Webhook {
///     POST "/pet-sold" for PetSold => pet_sold,
/// });
///
/// async fn pet_sold(handler: &impl Webhooks, call: &mut Call) -> Option<Reply> {
///     let body = call.text().await?;
///     call.reply_empty(204, handler.pet_sold(body).await)
/// }
///
/// struct Shop;
///
/// impl Webhooks for Shop {}
///
/// let receivers = Receivers::new(Shop, ErrorShape { detail: "detail", fields: false }).mount(table());
/// assert_eq!(table::<Shop>().left_out(), ["pet_sold"]);
/// ```
#[macro_export]
macro_rules! receivers {
    ($table:ident of $webhooks:ident as $webhook:ident {
        $($verb:ident $path:literal for $variant:ident => $first:ident $(| $more:ident)* $(by $handler:ident)?,)*
    }) => {
        /// Every webhook, and the methods behind it.
        pub(crate) fn $table<Impl: $webhooks + 'static>() -> $crate::server::Table<Impl, $webhook> {
            $crate::server::Table::new(
                [$($crate::server::Row::new(
                    $crate::Method::$verb,
                    $path,
                    $webhook::$variant,
                    |api, call| ::std::boxed::Box::pin($crate::routes!(@handler $($handler)? $first)(api, call)),
                )),*],
                &[$(
                    (::std::stringify!($first), $crate::server::is_left_out(Impl::$first)),
                    $((::std::stringify!($more), $crate::server::is_left_out(Impl::$more)),)*
                )*],
            )
        }
    };
}
