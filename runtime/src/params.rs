//! Structs of parameters that are alike.

/// Defines a struct for each of several operations that take the same parameters.
///
/// They are types of their own: a parameter that one of the operations gets later changes nothing for those who use the
/// others.
///
/// ```
/// # mod all {
/// # pub trait Api { fn list_pets(&self) {} fn list_owners(&self) {} }
/// use runtime::derive::Setters;
///
/// runtime::params! {
///     ListPets of Api::list_pets,
///     ListOwners of Api::list_owners,
///
///     #[derive(Debug, Default, Setters)]
///     #[non_exhaustive]
///     pub struct Each {
///         /// How many to return.
///         pub limit: Option<u32>,
///     }
/// }
/// # }
/// # use all::*;
///
/// let (pets, owners) = (ListPets::default().limit(1), ListOwners::default().limit(2));
/// assert_eq!(format!("{pets:?} {owners:?}"), "ListPets { limit: Some(1) } ListOwners { limit: Some(2) }");
/// ```
#[macro_export]
macro_rules! params {
    (
        $($name:ident of $of_trait:ident::$method:ident,)+
        $(#[$($attribute:tt)*])+
        pub struct $each:ident { $($fields:tt)* }
    ) => {
        $crate::params!(@all [$($name $of_trait $method)+] { $(#[$($attribute)*])+ } { $($fields)* });
    };
    (@all [$($name:ident $of_trait:ident $method:ident)+] $attributes:tt $fields:tt) => {
        $($crate::params!(@one $name $of_trait $method $attributes $fields);)+
    };
    (@one $name:ident $of_trait:ident $method:ident { $($attributes:tt)+ } $fields:tt) => {
        #[doc = concat!(
            " Parameters of [`", stringify!($of_trait), "::", stringify!($method),
            "`](crate::", stringify!($of_trait), "::", stringify!($method), ")."
        )]
        $($attributes)+
        pub struct $name $fields
    };
}
