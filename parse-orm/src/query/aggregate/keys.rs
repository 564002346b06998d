//! What rows are grouped by.

use super::answer::{Misfit, decode, reference};
use super::expression::{Collected, Column};
use crate::query::Field;
use serde_json::Value;

/// A field to group by, or a tuple of up to six; `()` makes one group of all rows.
#[diagnostic::on_unimplemented(
    message = "rows of `{R}` cannot be grouped by `{Self}`",
    label = "not a field of this model",
    note = "write `F.player_name`, or a tuple: `(F.player_name, F.level)`"
)]
pub trait GroupKeys<R>: Send + Sync + 'static {
    /// A group's key: the field's type, or a tuple.
    type Output: Send;
    /// The untyped fields.
    #[doc(hidden)]
    fn columns(&self) -> Vec<Column>;
    /// Reads their values, which come in the same order.
    #[doc(hidden)]
    fn read(&self, next: &mut dyn FnMut() -> Value) -> Result<Self::Output, Misfit>;
}

impl<R: 'static, V: Collected> GroupKeys<R> for Field<R, V> {
    type Output = V;
    fn columns(&self) -> Vec<Column> {
        vec![Column::of(*self)]
    }
    fn read(&self, next: &mut dyn FnMut() -> Value) -> Result<V, Misfit> {
        let misfit = |found| Misfit {
            field: Some(self.name()),
            expected: format!("{} (`{}`) to group by", V::TYPE, std::any::type_name::<V>()),
            found,
        };
        match next() {
            Value::Null => V::missing().ok_or_else(|| misfit("rows without the field".into())),
            value => decode(reference(V::TYPE, value)).map_err(misfit),
        }
    }
}

impl<R: 'static> GroupKeys<R> for () {
    type Output = ();
    fn columns(&self) -> Vec<Column> {
        Vec::new()
    }
    fn read(&self, _: &mut dyn FnMut() -> Value) -> Result<(), Misfit> {
        Ok(())
    }
}

macro_rules! tuples {
    ($(($($part:ident $number:tt)*))*) => {$(
        impl<R: 'static, $($part: GroupKeys<R>),*> GroupKeys<R> for ($($part,)*) {
            type Output = ($($part::Output,)*);
            fn columns(&self) -> Vec<Column> {
                [$(self.$number.columns()),*].concat()
            }
            fn read(&self, next: &mut dyn FnMut() -> Value) -> Result<Self::Output, Misfit> {
                Ok(($(self.$number.read(next)?,)*))
            }
        }
    )*};
}

tuples! {
    (A 0)
    (A 0 B 1)
    (A 0 B 1 C 2)
    (A 0 B 1 C 2 D 3)
    (A 0 B 1 C 2 D 3 E 4)
    (A 0 B 1 C 2 D 3 E 4 F 5)
}
