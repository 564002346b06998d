//! What only rust-analyzer sees, which sets this: the types that the editor's expansion of `query!` goes through.

use crate::{Embedded, Field, Includable, ParseObject, Pointer, QuerySet, Relation};
pub use parse_orm_derive::__lookups as lookups;

/// What a condition can begin with.
pub trait Lookups {
    /// A struct whose fields are all the lookups.
    type Lookups;
}

impl<T: Lookups> Lookups for Pointer<T> {
    type Lookups = T::Lookups;
}

impl<T: Lookups> Lookups for Relation<T> {
    type Lookups = T::Lookups;
}

impl<V: Lookups> Lookups for Option<V> {
    type Lookups = V::Lookups;
}

impl<V: Lookups> Lookups for Vec<V> {
    type Lookups = V::Lookups;
}

impl<T: ParseObject + Lookups> QuerySet<T> {
    /// The lookups of the model.
    #[doc(hidden)]
    pub fn lookups(&self) -> T::Lookups {
        any()
    }
}

impl<R, V: Embedded> Field<R, V> {
    /// The fields of the embedded struct.
    #[doc(hidden)]
    pub fn inner_fields(self) -> V::Fields {
        any()
    }
}

impl<R, V: Includable> Field<R, V> {
    /// The fields of the included model.
    #[doc(hidden)]
    pub fn model_fields(self) -> V::Fields {
        any()
    }
}

/// The lookups behind a field.
pub fn behind<V: Lookups>(_: V) -> V::Lookups {
    any()
}

/// A value of the type that is needed.
pub fn any<T>() -> T {
    loop {}
}
