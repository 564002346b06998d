//! Views: a part of a model's fields, as a struct of its own.

use super::field::Field;
use super::paging::{Pager, ReadRow, ReadRows, collect};
use super::set::{Core, QuerySet};
use super::slice::Slice;
use super::stream::Reader;
use crate::object::{ParseObject, Pointer, rows};
use crate::value::{ObjectId, ParseValue};
use crate::{Client, DecodeError, Result};
use futures::Stream;
use serde::Deserializer;
use serde::de::DeserializeSeed;
use std::ops::Deref;
use std::pin::Pin;
use std::task::{Context, Poll};

/// A projection of a model: a struct that names some of its fields, with their types. It decides what is
/// asked for (`keys`, and `include` for the objects behind pointers), and it can only be read.
///
/// Implement it with [`#[derive(ParseView)]`](derive@crate::ParseView).
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a view",
    label = "not a view",
    note = "add `#[derive(ParseView)] #[parse(model = ..)]` to a struct with some of the model's fields"
)]
pub trait ParseView: Sized + Send + 'static {
    /// The model that it is a part of.
    type Model: ParseObject;

    /// Adds what the view needs to a request.
    #[doc(hidden)]
    fn __request(request: &mut Request);

    /// Reads one row.
    #[doc(hidden)]
    fn __decode<'de, D: Deserializer<'de>>(from: D) -> Result<Self, D::Error>;

    /// A view cannot be saved: it does not know the fields that it leaves out.
    #[doc(hidden)]
    fn save(&mut self, _: &Client) -> std::future::Ready<Result<()>>
    where
        Self: Stored,
    {
        std::future::ready(Ok(()))
    }

    /// A view cannot be deleted.
    #[doc(hidden)]
    fn delete(self, _: &Client) -> std::future::Ready<Result<()>>
    where
        Self: Stored,
    {
        std::future::ready(Ok(()))
    }
}

/// Never implemented: it gives saving a view its own error message.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is a view, and a view can only be read",
    label = "a view holds some fields of a row, and cannot be saved or deleted",
    note = "query the model itself to change its objects: `.all(&client)` gives `Object`s, which have `save` and `delete`"
)]
pub trait Stored {}

/// What a view asks the server for.
#[doc(hidden)]
#[derive(Debug, Default)]
pub struct Request {
    pub(super) keys: Vec<String>,
    pub(super) include: Vec<String>,
    /// The pointer that is being gone through, with its dot.
    prefix: String,
}

/// What generated code does with a field of a view.
#[doc(hidden)]
pub trait ViewCodec<V> {
    /// Asks the server for the field.
    fn request(self, request: &mut Request);
    /// Reads the wire form.
    fn decode<'de, D: Deserializer<'de>>(self, from: D) -> Result<V, D::Error>;
    /// The value of a missing field, or the field's number.
    fn or_missing(self, value: Option<V>, field: usize) -> Result<V, usize>;
}

/// The codec of a view's field.
#[doc(hidden)]
#[derive(Debug)]
pub struct Viewed<R, M, V>(Field<R, M>, std::marker::PhantomData<V>);

impl<R, M> Field<R, M> {
    /// For generated code: the codec of a view's field.
    #[doc(hidden)]
    pub fn view<V>(self) -> Viewed<R, M, V> {
        Viewed(self, std::marker::PhantomData)
    }
}

impl<R, M, V: ViewField<M>> ViewCodec<V> for Viewed<R, M, V> {
    fn request(self, request: &mut Request) {
        V::request(self.0.name, request);
    }
    fn decode<'de, D: Deserializer<'de>>(self, from: D) -> Result<V, D::Error> {
        V::decode(from)
    }
    fn or_missing(self, value: Option<V>, field: usize) -> Result<V, usize> {
        value.or_else(V::missing).ok_or(field)
    }
}

/// The type of a view's field, for a field of the model of type `M`.
#[diagnostic::on_unimplemented(
    message = "this field of the view is a `{Self}`, and the model's field is a `{M}`",
    label = "the model's field is a `{M}`",
    note = "a view repeats the types of its model, or makes them an `Option`; a `Pointer<T>` or `Option<Pointer<T>>` can also be an `Option<Included<View>>`, a `Vec<Pointer<T>>` a `Vec<Included<View>>`, where `View` is a view of `T`"
)]
pub trait ViewField<M>: Sized {
    #[doc(hidden)]
    fn request(name: &str, request: &mut Request);
    #[doc(hidden)]
    fn decode<'de, D: Deserializer<'de>>(from: D) -> Result<Self, D::Error>;
    #[doc(hidden)]
    fn missing() -> Option<Self>;
}

#[diagnostic::do_not_recommend]
impl<V: ParseValue> ViewField<V> for V {
    fn request(name: &str, request: &mut Request) {
        request.keys.push(format!("{}{name}", request.prefix));
    }
    fn decode<'de, D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        V::decode(from)
    }
    fn missing() -> Option<Self> {
        V::missing()
    }
}

/// A field that rows may be without, by a default of the model's, which a view does not know.
#[diagnostic::do_not_recommend]
impl<V: ParseValue> ViewField<V> for Option<V> {
    fn request(name: &str, request: &mut Request) {
        <V as ViewField<V>>::request(name, request);
    }
    fn decode<'de, D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        <Self as ParseValue>::decode(from)
    }
    fn missing() -> Option<Self> {
        Some(None)
    }
}

/// The object behind a pointer, as a view, in another view.
///
/// It stands within an `Option` (the target may be deleted, or hidden by its ACL) or a `Vec`, and makes the
/// query include the target, with only the fields that the view names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Included<W>(pub W);

impl<W> Deref for Included<W> {
    type Target = W;
    fn deref(&self) -> &W {
        &self.0
    }
}

/// Asks for the fields of the view `W` behind the pointer `name`.
fn nested<W: ParseView>(name: &str, request: &mut Request) {
    let path = format!("{}{name}", request.prefix);
    let outer = std::mem::replace(&mut request.prefix, format!("{path}."));
    request.include.push(path);
    W::__request(request);
    request.prefix = outer;
}

/// Reads an included object; a pointer that was not included is `None`.
struct IncludedSeed<W>(std::marker::PhantomData<W>);

impl<'de, W: ParseView> DeserializeSeed<'de> for IncludedSeed<W> {
    type Value = Included<W>;
    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Included<W>, D::Error> {
        W::__decode(from).map(Included)
    }
}

/// Reads an included object, or none.
fn included<'de, W: ParseView, D: Deserializer<'de>>(from: D) -> Result<Option<Included<W>>, D::Error> {
    struct Visitor<W>(std::marker::PhantomData<W>);
    impl<'de, W: ParseView> serde::de::Visitor<'de> for Visitor<W> {
        type Value = Option<Included<W>>;
        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("an included object or nothing")
        }
        fn visit_none<E>(self) -> Result<Self::Value, E> {
            Ok(None)
        }
        fn visit_unit<E>(self) -> Result<Self::Value, E> {
            Ok(None)
        }
        fn visit_some<D: Deserializer<'de>>(self, from: D) -> Result<Self::Value, D::Error> {
            IncludedSeed(std::marker::PhantomData).deserialize(from).map(Some)
        }
    }
    from.deserialize_option(Visitor(std::marker::PhantomData))
}

macro_rules! included {
    ($($pointer:ty)*) => {$(
        #[diagnostic::do_not_recommend]
        impl<W: ParseView> ViewField<$pointer> for Option<Included<W>> {
            fn request(name: &str, request: &mut Request) {
                nested::<W>(name, request);
            }
            fn decode<'de, D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                included(from)
            }
            fn missing() -> Option<Self> {
                Some(None)
            }
        }
    )*};
}

// the target of a pointer that is always there may be gone all the same
included! { Option<Pointer<W::Model>> Pointer<W::Model> }

#[diagnostic::do_not_recommend]
impl<W: ParseView> ViewField<Vec<Pointer<W::Model>>> for Vec<Included<W>> {
    fn request(name: &str, request: &mut Request) {
        nested::<W>(name, request);
    }
    fn decode<'de, D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Visitor<W>(std::marker::PhantomData<W>);
        impl<'de, W: ParseView> serde::de::Visitor<'de> for Visitor<W> {
            type Value = Vec<Included<W>>;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an Array of included objects")
            }
            fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
                let mut all = Vec::new();
                while let Some(one) = list.next_element_seed(IncludedSeed(std::marker::PhantomData))? {
                    all.push(one);
                }
                Ok(all)
            }
        }
        from.deserialize_seq(Visitor(std::marker::PhantomData))
    }
    fn missing() -> Option<Self> {
        None
    }
}

/// One row, read as a view.
struct ViewRow<W>(W);

pub(super) struct ViewSeed<W>(pub(super) std::marker::PhantomData<W>);

impl<'de, W: ParseView> DeserializeSeed<'de> for ViewSeed<W> {
    type Value = W;
    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<W, D::Error> {
        W::__decode(from)
    }
}

/// Reads the rows of an answer as views.
pub(crate) fn page<W: ParseView>(body: &[u8]) -> Result<Vec<Result<W, DecodeError>>> {
    let seed = || ViewSeed::<W>(std::marker::PhantomData);
    rows(body, seed, W::Model::CLASS_NAME)
}

impl<W: ParseView> ReadRow for ViewRow<W> {
    fn page(body: &[u8], into: &mut ReadRows<Self>) -> Result<()> {
        into.extend(page(body)?.into_iter().map(|row| row.map(ViewRow)));
        Ok(())
    }
    fn id(&self) -> Option<&ObjectId> {
        None
    }
}

/// What reads the rows of a query as views.
fn pager<W: ParseView>(core: &Core) -> Pager {
    let mut request = Request::default();
    W::__request(&mut request);
    let mut core = core.clone();
    core.include = request.include.into_iter().map(Into::into).collect();
    Pager::new(&core, W::Model::CLASS_NAME).only(&request.keys)
}

/// The rows of a query as views, one by one: what [`QuerySet::values_stream`] returns. It behaves as
/// [`Rows`](crate::Rows) do.
#[must_use = "a stream reads nothing until it is polled: `while let Some(row) = rows.try_next().await? { .. }`"]
pub struct ViewRows<W: ParseView>(Reader<ViewRow<W>>);

impl<W: ParseView> Stream for ViewRows<W> {
    type Item = Result<W>;
    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let row = Pin::new(&mut self.0).poll_next(context);
        row.map(|row| row.map(|row| row.map(|ViewRow(view)| view)))
    }
}

impl<W: ParseView> std::fmt::Debug for ViewRows<W> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

async fn values<W: ParseView>(client: &Client, core: &Core) -> Result<Vec<W>> {
    let rows = collect::<ViewRow<W>>(client, pager::<W>(core)).await?;
    rows.into_iter().map(|row| Ok(row?.0)).collect()
}

macro_rules! views {
    ($($set:ident)*) => {$(
        impl<T: ParseObject> $set<T> {
            /// Every row as a view: only the fields that `W` names are sent, with the objects that it
            /// includes.
            ///
            /// ```
            /// # use parse_orm::prelude::*; use parse_orm_mock::MockServer;
            /// # #[derive(ParseObject, Clone, Debug)] struct Player { name: String, age: i64 }
            /// # #[derive(ParseObject, Clone, Debug)]
            /// # struct GameScore { score: i64, note: String, player: Option<Pointer<Player>> }
            /// #[derive(ParseView, Debug)]
            /// #[parse(model = GameScore)]
            /// struct Line { score: i64, player: Option<Included<Name>> }
            ///
            /// #[derive(ParseView, Debug)]
            /// #[parse(model = Player)]
            /// struct Name { name: String }
            ///
            /// # #[tokio::main(flavor = "current_thread")] async fn main() -> parse_orm::Result<()> {
            /// # let server = MockServer::start().await; let client = server.client();
            /// # let ann = Player { name: "Ann".into(), age: 30 }.create(&client).await?;
            /// # GameScore { score: 7, note: "long".into(), player: Some(ann.pointer()) }.create(&client).await?;
            /// // keys=score,player.name and include=player
            /// let lines: Vec<Line> = GameScore::objects().values(&client).await?;
            /// assert_eq!((lines[0].score, &*lines[0].player.as_ref().unwrap().name), (7, "Ann"));
            /// # Ok(()) }
            /// ```
            ///
            /// # Errors
            /// [`Error::Decode`](crate::Error::Decode) for the first row that does not fit the view.
            pub async fn values<W: ParseView<Model = T>>(&self, client: &Client) -> Result<Vec<W>> {
                values(client, &self.core).await
            }

            /// Every row as a view, one by one, in constant memory: [`stream`](Self::stream) of
            /// [`values`](Self::values).
            ///
            /// ```
            /// # use parse_orm::prelude::*; use parse_orm_mock::MockServer;
            /// # #[derive(ParseObject, Clone, Debug)] struct GameScore { score: i64, note: String }
            /// #[derive(ParseView, Debug)]
            /// #[parse(model = GameScore)]
            /// struct Line { score: i64 }
            ///
            /// # #[tokio::main(flavor = "current_thread")] async fn main() -> parse_orm::Result<()> {
            /// # let server = MockServer::start().await; let client = server.client();
            /// # for score in 1..=3 { GameScore { score, note: "long".into() }.create(&client).await?; }
            /// let mut lines = GameScore::objects().values_stream::<Line>(&client);
            /// let mut total = 0;
            /// while let Some(line) = lines.try_next().await? {
            ///     total += line.score;
            /// }
            /// assert_eq!(total, 6);
            /// # Ok(()) }
            /// ```
            pub fn values_stream<W: ParseView<Model = T>>(&self, client: &Client) -> ViewRows<W> {
                ViewRows(Reader::new(client, pager::<W>(&self.core), T::CLASS_NAME))
            }
        }
    )*};
}

views! { QuerySet Slice }
