//! A few fields of every row, as a tuple.

use super::field::Field;
use super::paging::{Pager, ReadRow, ReadRows, collect};
use super::set::{Core, QuerySet};
use super::slice::Slice;
use crate::client::unexpected;
use crate::object::{Misfit, ParseObject, RawRow};
use crate::value::{ObjectId, ParseValue};
use crate::{Client, DecodeError, Result};
use futures::future::BoxFuture;
use serde::Deserialize;
use serde_json::value::RawValue;

/// A field, or a tuple of up to eight fields, to read from every row: what `values_list` takes.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is neither a field of `{R}` nor a tuple of them",
    label = "not a field or a tuple of fields",
    note = "write `F.score`, or `(F.score, F.player_name)` with up to eight fields; for more of them, and for what is behind pointers, derive a `ParseView`"
)]
pub trait FieldList<R> {
    /// What a row becomes: the field's type, or a tuple of the fields' types.
    type Row;
    #[doc(hidden)]
    fn names(&self) -> Vec<&'static str>;
    #[doc(hidden)]
    fn read(&self, row: &RawRow<'_>) -> Result<Self::Row, Misfit>;
}

#[diagnostic::do_not_recommend]
impl<R, V: ParseValue> FieldList<R> for Field<R, V> {
    type Row = V;
    fn names(&self) -> Vec<&'static str> {
        vec![self.name]
    }
    fn read(&self, row: &RawRow<'_>) -> Result<V, Misfit> {
        row.field(self.name)
    }
}

macro_rules! tuples {
    ($(($($value:ident $index:tt),*))*) => {$(
        #[diagnostic::do_not_recommend]
        impl<R, $($value: ParseValue),*> FieldList<R> for ($(Field<R, $value>,)*) {
            type Row = ($($value,)*);
            fn names(&self) -> Vec<&'static str> {
                vec![$(self.$index.name),*]
            }
            fn read(&self, row: &RawRow<'_>) -> Result<Self::Row, Misfit> {
                Ok(($(row.field(self.$index.name)?,)*))
            }
        }
    )*};
}

tuples! {
    (A 0)
    (A 0, B 1)
    (A 0, B 1, C 2)
    (A 0, B 1, C 2, D 3)
    (A 0, B 1, C 2, D 3, E 4)
    (A 0, B 1, C 2, D 3, E 4, F 5)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7)
}

impl ReadRow for Box<RawValue> {
    fn page(body: &[u8], into: &mut ReadRows<Self>) -> Result<()> {
        #[derive(Deserialize)]
        struct Page {
            results: Vec<Box<RawValue>>,
        }
        let Page { results } = serde_json::from_slice(body).map_err(|_| unexpected(200, body))?;
        into.extend(results.into_iter().map(Ok));
        Ok(())
    }
    fn id(&self) -> Option<&ObjectId> {
        None
    }
}

/// The rows, with only these fields.
async fn rows(
    client: &Client,
    core: &Core,
    class_name: &'static str,
    names: &[&'static str],
) -> Result<Vec<Box<RawValue>>> {
    let mut core = core.clone();
    core.include.clear();
    let names: Vec<String> = names.iter().map(|&name| name.into()).collect();
    let rows = collect(client, Pager::new(&core, class_name).only(&names)).await?;
    Ok(rows.into_iter().collect::<Result<_, DecodeError>>()?)
}

// a boxed future, and the row's type as a parameter of its own: a mistake in the fields would be reported again
// wherever the result is used otherwise
async fn list<T, C: FieldList<T, Row = V>, V>(
    client: &Client,
    core: &Core,
    class_name: &'static str,
    fields: C,
) -> Result<Vec<V>> {
    let rows = rows(client, core, class_name, &fields.names()).await?;
    let read = |row: &RawValue| {
        let row = RawRow::of(row.get());
        fields
            .read(&row)
            .map_err(|misfit| row.error(class_name, misfit).into())
    };
    rows.iter().map(|row| read(row)).collect()
}

macro_rules! lists {
    ($($set:ident)*) => {$(
        impl<T: ParseObject> $set<T> {
            /// A few fields of every row: a tuple for a tuple of fields, the bare value for a single one.
            /// Only these fields are sent (`keys`).
            ///
            /// ```
            /// # use parse_orm::prelude::*; use parse_orm_mock::MockServer;
            /// # #[derive(ParseObject, Clone, Debug)]
            /// # struct GameScore { score: i64, player_name: String, note: String }
            /// # #[tokio::main(flavor = "current_thread")] async fn main() -> parse_orm::Result<()> {
            /// # let server = MockServer::start().await; let client = server.client();
            /// # for (score, name) in [(1, "Ann"), (2, "Bob")] {
            /// #     GameScore { score, player_name: name.into(), note: "long".into() }.create(&client).await?;
            /// # }
            /// let best = query!(GameScore.order_by(-score).values_list(&client, (score, player_name))).await?;
            /// assert_eq!(best, [(2, "Bob".to_owned()), (1, "Ann".to_owned())]);
            ///
            /// // the same without macros; and one field alone
            /// let f = GameScore::F;
            /// let set = GameScore::objects().order_by(f.score);
            /// assert_eq!(set.values_list(&client, (f.score, f.player_name)).await?[0].1, "Ann");
            /// assert_eq!(set.values_list(&client, f.score).await?, [1, 2]);
            /// # Ok(()) }
            /// ```
            ///
            /// # Errors
            /// [`Error::Decode`](crate::Error::Decode) for the first row that lacks a field, unless it is an
            /// `Option`, or has a value of another type.
            pub fn values_list<'a, C: FieldList<T, Row = V> + Send + Sync + 'a, V: Send + 'a>(
                &'a self,
                client: &'a Client,
                fields: C,
            ) -> BoxFuture<'a, Result<Vec<V>>> {
                Box::pin(list(client, &self.core, T::CLASS_NAME, fields))
            }
        }
    )*};
}

lists! { QuerySet Slice }
