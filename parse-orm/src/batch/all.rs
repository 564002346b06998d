//! Creating, saving and deleting many objects.

use super::job::{Creation, Deletion, Job, each};
use super::options::{How, options};
use super::outcome::Outcome;
use crate::Client;
use crate::object::{Draft, New, Object, ParseObject, Pointer};
use futures::future::{BoxFuture, FutureExt as _};
use std::fmt;
use std::future::IntoFuture;

impl Client {
    /// Stores a copy of each value (or [`Draft`]) as a new object. Lazy: `.await` sends it. One POST (a batch)
    /// for each 50 objects, 4 at once.
    ///
    /// Each value becomes an object of its own, also where two are equal. New objects and files that the values
    /// hold (see [`Pointer::new`]) are stored first, those of all values together; where one cannot be stored, exactly
    /// the values that hold it fail.
    ///
    /// ```
    /// # use parse_orm::prelude::*; use parse_orm_mock::MockServer;
    /// # #[derive(ParseObject, Clone, Debug)] struct GameScore { score: i64 }
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> parse_orm::Result<()> {
    /// # let server = MockServer::start().await; let client = server.client();
    /// let scores: Vec<_> = (0..120).map(|score| GameScore { score }).collect();
    /// let stored: Vec<Object<GameScore>> = client.create_all(&scores).await.into_result()?;
    /// assert_eq!(stored[119].score, 119);
    /// # Ok(()) }
    /// ```
    ///
    /// The [`Outcome`] has a result for each value. A value that cannot be stored, or that the server
    /// refuses, does not stop the others. A batch that is not answered does: its objects are
    /// [in doubt](crate::Error::InDoubt), those that were not sent [untouched](crate::Error::Untouched).
    pub fn create_all<'a, I>(&self, values: I) -> CreateAll<'a, <I::Item as ToCreate<'a>>::Model>
    where
        I: IntoIterator,
        I::Item: ToCreate<'a>,
    {
        CreateAll {
            client: self.clone(),
            creations: values.into_iter().map(ToCreate::creation).collect(),
            how: How::default(),
        }
    }

    /// Sends what changed in each object. Lazy: `.await` sends it. One POST (a batch) for each 50 objects, 4 at
    /// once; an object that did not change sends nothing.
    ///
    /// ```
    /// # use parse_orm::prelude::*; use parse_orm_mock::MockServer;
    /// # #[derive(ParseObject, Clone, Debug)] struct GameScore { score: i64 }
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> parse_orm::Result<()> {
    /// # let server = MockServer::start().await; let client = server.client();
    /// # client.create_all(&[GameScore { score: 1 }, GameScore { score: 2 }]).await.into_result()?;
    /// let mut scores = GameScore::objects().all(&client).await?;
    /// for score in &mut scores {
    ///     score.increment_score(10);
    /// }
    /// let outcome = client.save_all(&mut scores).on_progress(|p| assert_eq!(p.done, 2)).await;
    /// assert!(outcome.failed().next().is_none() && !scores[0].is_dirty());
    /// # Ok(()) }
    /// ```
    ///
    /// New objects and files that the objects hold are stored first, as by [`create_all`](Self::create_all).
    ///
    /// The [`Outcome`] has a result for each object. An object that was saved is clean; one that failed has
    /// exactly the changes that it had before. Where a batch is not answered, its objects are
    /// [in doubt](crate::Error::InDoubt): they keep their changes, which the server may have or not.
    ///
    /// Dropping the future keeps the results of the batches that were answered: see [`unanswered`](crate::unanswered).
    pub fn save_all<'a, I>(&self, objects: I) -> SaveAll<'a>
    where
        I: IntoIterator,
        I::Item: ToSave<'a>,
    {
        SaveAll {
            client: self.clone(),
            objects: objects.into_iter().map(ToSave::job).collect(),
            how: How::default(),
        }
    }

    /// Deletes each object: of `Object`s, `Pointer`s, or references to them. Lazy: `.await` sends it. One POST (a
    /// batch) for each 50 objects, 4 at once.
    ///
    /// ```
    /// # use parse_orm::prelude::*; use parse_orm_mock::MockServer;
    /// # #[derive(ParseObject, Clone, Debug)] struct GameScore { score: i64 }
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> parse_orm::Result<()> {
    /// # let server = MockServer::start().await; let client = server.client();
    /// # let ids = ["a", "b"];
    /// # client.create_all(&[GameScore { score: 1 }, GameScore { score: 2 }]).await.into_result()?;
    /// let scores = GameScore::objects().all(&client).await?;
    /// client.delete_all(&scores).await.into_result()?;
    /// // by their ids: these are gone, or never were
    /// let outcome = client.delete_all(ids.map(Pointer::<GameScore>::to)).await;
    /// assert!(outcome.failed().all(|failure| failure.error.is_not_found()));
    /// # Ok(()) }
    /// ```
    ///
    /// The [`Outcome`] has a result for each object; [`Error::DoesNotExist`](crate::Error::DoesNotExist) where
    /// one is gone already (also because it is given twice), or may not be deleted by this client.
    pub fn delete_all<'a, I>(&self, objects: I) -> DeleteAll<'a>
    where
        I: IntoIterator,
        I::Item: ToDelete,
    {
        DeleteAll {
            client: self.clone(),
            deletions: objects.into_iter().map(ToDelete::deletion).collect(),
            how: How::default(),
        }
    }
}

/// Creates that are not yet sent; what [`Client::create_all`] returns.
#[must_use = "nothing is created until this is awaited"]
pub struct CreateAll<'a, T> {
    pub(super) client: Client,
    pub(super) creations: Vec<Creation<'a, T>>,
    pub(super) how: How<'a>,
}

/// Saves that are not yet sent; what [`Client::save_all`] returns.
#[must_use = "nothing is saved until this is awaited"]
pub struct SaveAll<'a> {
    pub(super) client: Client,
    pub(super) objects: Vec<&'a mut dyn Job>,
    pub(super) how: How<'a>,
}

/// Deletes that are not yet sent; what [`Client::delete_all`] returns.
#[must_use = "nothing is deleted until this is awaited"]
pub struct DeleteAll<'a> {
    pub(super) client: Client,
    pub(super) deletions: Vec<Deletion>,
    pub(super) how: How<'a>,
}

impl<'a, T: ParseObject> CreateAll<'a, T> {
    options!('a);
}

impl<'a> SaveAll<'a> {
    options!('a);
}

impl<'a> DeleteAll<'a> {
    options!('a);
}

/// Of jobs of one type, what the core works on.
pub(super) fn jobs<J: Job>(jobs: &mut [J]) -> Vec<&mut dyn Job> {
    jobs.iter_mut().map(|job| job as _).collect()
}

impl<'a, T: ParseObject> IntoFuture for CreateAll<'a, T> {
    type Output = Outcome<Object<T>>;
    type IntoFuture = BoxFuture<'a, Self::Output>;
    fn into_future(mut self) -> Self::IntoFuture {
        async move {
            let outcome = each(&self.client, &self.how, jobs(&mut self.creations)).await;
            outcome.with(self.creations, Creation::made)
        }
        .boxed()
    }
}

impl<'a> IntoFuture for SaveAll<'a> {
    type Output = Outcome<()>;
    type IntoFuture = BoxFuture<'a, Self::Output>;
    fn into_future(self) -> Self::IntoFuture {
        async move { each(&self.client, &self.how, self.objects).await }.boxed()
    }
}

impl<'a> IntoFuture for DeleteAll<'a> {
    type Output = Outcome<()>;
    type IntoFuture = BoxFuture<'a, Self::Output>;
    fn into_future(mut self) -> Self::IntoFuture {
        async move { each(&self.client, &self.how, jobs(&mut self.deletions)).await }.boxed()
    }
}

impl<T: ParseObject> fmt::Debug for CreateAll<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "CreateAll<{}>({} values, {:?})",
            T::CLASS_NAME,
            self.creations.len(),
            self.how
        )
    }
}

impl fmt::Debug for SaveAll<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SaveAll({} objects, {:?})", self.objects.len(), self.how)
    }
}

impl fmt::Debug for DeleteAll<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DeleteAll({} objects, {:?})", self.deletions.len(), self.how)
    }
}

/// What can become a new object: a reference to a value, or to a [`Draft`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be created: plain values are given by reference",
    label = "not a reference to a plain value or a `Draft`",
    note = "`client.create_all(&values)` stores a copy of each value, `batch.create(&value)` of one",
    note = "an `Object` is stored already: change it, and give it to `save_all`"
)]
pub trait ToCreate<'a> {
    /// The model.
    type Model: ParseObject;
    #[doc(hidden)]
    fn creation(self) -> Creation<'a, Self::Model>;
}

#[diagnostic::do_not_recommend]
impl<'a, T: ParseObject> ToCreate<'a> for &'a T {
    type Model = T;
    fn creation(self) -> Creation<'a, T> {
        Creation::new(New::value(self))
    }
}

#[diagnostic::do_not_recommend]
impl<'a, T: ParseObject> ToCreate<'a> for &'a Draft<T> {
    type Model = T;
    fn creation(self) -> Creation<'a, T> {
        Creation::new(New::draft(self))
    }
}

/// What can be saved: a mutable reference to a stored object.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a stored object that can be saved",
    label = "not a `&mut Object`",
    note = "a plain value is not stored yet: create it first, with `value.create(&client)` or `client.create_all(&values)`",
    note = "objects are given by mutable reference: `client.save_all(&mut objects)` saves each, `batch.save(&mut object)` one"
)]
pub trait ToSave<'a> {
    #[doc(hidden)]
    fn job(self) -> &'a mut dyn Job;
}

#[diagnostic::do_not_recommend]
impl<'a, T: ParseObject> ToSave<'a> for &'a mut Object<T> {
    fn job(self) -> &'a mut dyn Job {
        self
    }
}

/// What can be deleted: an `Object`, a `Pointer`, or a reference to one.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a stored object that can be deleted",
    label = "not an `Object` or a `Pointer`",
    note = "a plain value is not stored yet, and has nothing to delete",
    note = "by an id: `Pointer::<GameScore>::to(id)`",
    note = "all that a query matches: `query!(GameScore.filter(..).delete()).run(&client)`"
)]
pub trait ToDelete {
    #[doc(hidden)]
    fn deletion(self) -> Deletion;
}

macro_rules! to_delete {
    ($($of:ty: |$it:ident| $id:expr;)*) => {$(
        #[diagnostic::do_not_recommend]
        impl<T: ParseObject> ToDelete for $of {
            fn deletion(self) -> Deletion {
                let $it = self;
                Deletion {
                    class_name: T::CLASS_NAME,
                    id: $id,
                }
            }
        }
    )*};
}

to_delete! {
    Object<T>: |object| Some(object.id().clone());
    &Object<T>: |object| Some(object.id().clone());
    &mut Object<T>: |object| Some(object.id().clone());
    Pointer<T>: |pointer| pointer.id().cloned();
    &Pointer<T>: |pointer| pointer.id().cloned();
}
