//! The objects of many others at once: what a relation holds, and what points here.

use super::check;
use super::condition::{Holds, Node, Test};
use super::field::Field;
use super::merge::RELATED_TO;
use super::operand::Operand;
use super::paging::{Pager, ReadRows};
use super::set::{Core, QuerySet};
use crate::client::batch::{self, Item, Kind};
use crate::client::{Method, Path};
use crate::object::{Object, ParseObject, Pointer, Relation, page};
use crate::value::{Form, ObjectId};
use crate::{Client, Error, Result};
use serde_json::{Value, json};
use std::collections::{HashMap, HashSet};
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

/// Owners of a relation that are asked about in one request: each is a request of its own within a batch.
const RELATIONS: usize = 50;

/// Owners of one `$in`.
const POINTERS: usize = 500;

/// A field that leads from the rows of `T` to objects that they belong to: a relation of another model, or a
/// pointer of `T`'s own.
#[diagnostic::on_unimplemented(
    message = "`prefetch_related` goes through a `Relation<{T}>` of another model, or through a pointer of `{T}` itself, and `{Self}` is neither",
    label = "neither a relation to `{T}` nor a pointer of it",
    note = "what a relation holds: `query!(Player.order_by(name)).prefetch_related(Team::F.members, &teams)`",
    note = "what points to objects: `query!(GameScore.order_by(-score)).prefetch_related(GameScore::F.player, &players)`"
)]
pub trait Leads<T> {
    /// The model of the objects that the rows belong to.
    type Owner: ParseObject;
    /// The field, and how it leads there.
    #[doc(hidden)]
    fn link(self) -> Link;
}

/// How rows and their owners are tied.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub enum Link {
    /// A relation of the owner's.
    Relation(&'static str),
    /// A pointer of the row's, or an array of them.
    Pointer(&'static str),
}

#[diagnostic::do_not_recommend]
impl<R: ParseObject, T: ParseObject> Leads<T> for Field<R, Relation<T>> {
    type Owner = R;
    fn link(self) -> Link {
        Link::Relation(self.name())
    }
}

macro_rules! pointers {
    ($($field:ty)*) => {$(
        #[diagnostic::do_not_recommend]
        impl<T: ParseObject, O: ParseObject> Leads<T> for Field<T, $field> {
            type Owner = O;
            fn link(self) -> Link {
                Link::Pointer(self.name())
            }
        }
    )*};
}

pointers! { Pointer<O> Option<Pointer<O>> Vec<Pointer<O>> Option<Vec<Pointer<O>>> }

impl<T: ParseObject> QuerySet<T> {
    /// These rows, of each of many owners: Django's `prefetch_related`, for the two directions that
    /// [`select_related`](Self::select_related) cannot go. One request for each 50 owners of a relation, or each
    /// 500 that are pointed to, and more only where one answer cannot hold all the rows; however many objects
    /// there are, never one for each.
    ///
    /// The query set's conditions, order and included objects hold for the rows of each owner.
    ///
    /// ```
    /// # use parse_orm::prelude::*; use parse_orm_mock::MockServer;
    /// # #[derive(ParseObject, Clone, Debug)] struct Player { name: String }
    /// # #[derive(ParseObject, Clone, Debug)] struct Team { name: String, members: Relation<Player> }
    /// # #[derive(ParseObject, Clone, Debug)] struct GameScore { score: i64, player: Option<Pointer<Player>> }
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> parse_orm::Result<()> {
    /// # let server = MockServer::start().await; let client = server.client();
    /// # let ann = Player { name: "Ann".into() }.create(&client).await?;
    /// # let mut team = Team { name: "Red".into(), members: Relation::new() }.create(&client).await?;
    /// # team.add_to_members([&ann]); team.save(&client).await?;
    /// # for score in [5, 7] { GameScore { score, player: Some(ann.pointer()) }.create(&client).await?; }
    /// // what a relation holds
    /// let teams = Team::objects().all(&client).await?;
    /// let members = query!(Player.order_by(name)).prefetch_related(Team::F.members, &teams).all(&client).await?;
    /// // what points to objects: here those of the level before
    /// let scores = query!(GameScore.order_by(-score))
    ///     .prefetch_related(GameScore::F.player, members.iter())
    ///     .all(&client)
    ///     .await?;
    ///
    /// for team in &teams {
    ///     for player in members.of(team) {
    ///         let best = scores.of(player).first();
    ///         assert_eq!(best.map(|score| score.score), Some(7));
    ///     }
    /// }
    /// # Ok(()) }
    /// ```
    pub fn prefetch_related<'a, L: Leads<T>>(
        &self,
        field: L,
        owners: impl IntoIterator<Item = &'a Object<L::Owner>>,
    ) -> Prefetch<T, L::Owner> {
        let mut seen = HashSet::new();
        let ids = owners.into_iter().map(Object::id);
        Prefetch {
            core: self.core.clone(),
            link: field.link(),
            owners: ids.filter(|id| seen.insert(*id)).cloned().collect(),
            chunk: None,
            _models: PhantomData,
        }
    }
}

/// Rows of `T` that are to be read for many objects of `O`: what [`QuerySet::prefetch_related`] returns.
#[must_use = "nothing is read until `.all(&client).await`"]
pub struct Prefetch<T, O> {
    core: Core,
    link: Link,
    owners: Vec<ObjectId>,
    chunk: Option<usize>,
    _models: PhantomData<fn() -> (T, O)>,
}

impl<T: ParseObject, O: ParseObject> Prefetch<T, O> {
    /// Asks about this many owners in one request, instead of 50 of a relation or 500 that are pointed to: for
    /// a server with a lower `batchRequestLimit`.
    pub fn chunk_size(mut self, owners: usize) -> Self {
        self.chunk = Some(owners.max(1));
        self
    }

    /// Reads the rows of all the owners. Of no owners, it asks nothing.
    ///
    /// A row that belongs to several owners is there for each of them, as an object of its own.
    ///
    /// # Errors
    /// [`Error::Invalid`] after `limit`, `skip` or a cursor, which the server would apply to all owners
    /// together; nothing is sent then. [`Error::Decode`] for the first row that does not fit the model.
    pub async fn all(&self, client: &Client) -> Result<Related<O, T>> {
        check(T::CLASS_NAME, &self.core, self.link)?;
        let mut groups: Vec<Vec<Object<T>>> = Vec::new();
        groups.resize_with(self.owners.len(), Vec::new);
        match self.link {
            Link::Relation(field) => {
                for (owners, groups) in chunks(&self.owners, &mut groups, self.chunk.unwrap_or(RELATIONS)) {
                    relations(client, &self.core, (O::CLASS_NAME, field), owners, groups).await?;
                }
            }
            Link::Pointer(field) => {
                for (owners, groups) in chunks(&self.owners, &mut groups, self.chunk.unwrap_or(POINTERS)) {
                    pointers(client, &self.core, (O::CLASS_NAME, field), owners, groups).await?;
                }
            }
        }
        let index = self.owners.iter().cloned().zip(0..).collect();
        Ok(Related {
            index,
            groups,
            _owner: PhantomData,
        })
    }
}

/// Refuses what cannot be said of many owners at once, and what would hide whose a row is.
fn check(class_name: &str, core: &Core, link: Link) -> Result<()> {
    let refuse = |message: &str| Err(Error::invalid(class_name, None, message));
    if core.limit.is_some() || core.skip > 0 {
        return refuse(
            "`limit` and `skip` cannot be part of a `prefetch_related`, whose rows belong to many owners; take what you need of each owner's rows: `related.of(&owner).iter().take(3)`",
        );
    }
    if core.after.is_some() {
        return refuse("a `prefetch_related` reads all the rows, and cannot begin after a cursor");
    }
    match link {
        Link::Pointer(field) if core.options.exclude.iter().any(|path| path == field) => {
            let message = "`exclude_keys` leaves out the field that tells whose a row is";
            Err(Error::invalid(class_name, Some(field), message))
        }
        _ => Ok(()),
    }
}

fn chunks<'a, R>(
    owners: &'a [ObjectId],
    groups: &'a mut [Vec<R>],
    size: usize,
) -> impl Iterator<Item = (&'a [ObjectId], &'a mut [Vec<R>])> {
    owners.chunks(size).zip(groups.chunks_mut(size))
}

/// The query, with one more condition.
fn narrowed(core: &Core, key: &'static str, operator: &'static str, operand: Value) -> Core {
    let mut core = core.clone();
    let test = Test::Compare(operator, Operand::json(operand));
    core.added.push(Arc::new(Node::Test {
        key: key.into(),
        holds: Holds::One,
        test,
    }));
    core
}

fn pointer(class_name: &str, id: &ObjectId) -> Value {
    json!({"__type": "Pointer", "className": class_name, "objectId": id.as_str()})
}

/// `$relatedTo` takes one owner: each has a request of its own, all of them in one batch. Owners with more rows
/// than an answer holds are asked about again, together.
async fn relations<T: ParseObject>(
    client: &Client,
    core: &Core,
    (class_name, field): (&str, &str),
    owners: &[ObjectId],
    groups: &mut [Vec<Object<T>>],
) -> Result<()> {
    let pager = |owner| {
        let operand = json!({"object": pointer(class_name, owner), "key": field});
        let core = narrowed(core, RELATED_TO, "$eq", operand);
        Pager::new(&core, T::CLASS_NAME).counted()
    };
    // a batch has no parameters of its own, with which they would be checked
    let one = narrowed(core, RELATED_TO, "$eq", Value::Null);
    check::check(&one, T::CLASS_NAME)?;
    let mut open: Vec<_> = owners.iter().map(pager).zip(groups).collect();
    while !open.is_empty() {
        let mut bodies = Vec::with_capacity(open.len());
        open.retain(|(pager, _)| {
            pager.find().is_some_and(|find| {
                bodies.push(serde_json::to_vec(&find));
                true
            })
        });
        let bodies: Vec<_> = bodies
            .into_iter()
            .collect::<Result<_, _>>()
            .map_err(|error| Error::invalid(T::CLASS_NAME, None, error.to_string()))?;
        if bodies.is_empty() {
            break;
        }
        let items: Vec<_> = bodies
            .iter()
            .map(|body| Item {
                method: Method::Get,
                path: Path::Class(T::CLASS_NAME),
                body: Some(body),
            })
            .collect();
        let answers = batch::send(client, &items, Kind::Independent).await?;
        for ((pager, group), answer) in open.iter_mut().zip(answers) {
            take(pager, &answer?, |row| group.push(row))?;
        }
    }
    Ok(())
}

/// All owners of the chunk in one `$in`; each row says itself whose it is.
async fn pointers<T: ParseObject>(
    client: &Client,
    core: &Core,
    (class_name, field): (&str, &'static str),
    owners: &[ObjectId],
    groups: &mut [Vec<Object<T>>],
) -> Result<()> {
    let list: Value = owners.iter().map(|owner| pointer(class_name, owner)).collect();
    let core = narrowed(core, field, "$in", list);
    let index: HashMap<&str, usize> = owners.iter().map(ObjectId::as_str).zip(0..).collect();
    let mut pager = Pager::new(&core, T::CLASS_NAME).counted();
    while let Some(find) = pager.find() {
        let body = client.read(Path::Class(T::CLASS_NAME), &find).await?;
        take(&mut pager, &body, |row: Object<T>| {
            let mut targets = targets(&*row, field)
                .into_iter()
                .filter_map(|id| index.get(id.as_str()).copied())
                .collect::<Vec<_>>();
            targets.sort_unstable();
            targets.dedup();
            if let Some((last, others)) = targets.split_last() {
                for owner in others {
                    groups[*owner].push(row.clone());
                }
                groups[*last].push(row);
            }
        })?;
    }
    Ok(())
}

/// Takes the rows of a page, and goes on to the next.
fn take<T: ParseObject>(pager: &mut Pager, body: &[u8], mut each: impl FnMut(Object<T>)) -> Result<()> {
    let mut rows = ReadRows::new();
    let count = page::<T>(body, &mut rows)?;
    let last = rows.back().and_then(|row| Some(row.as_ref().ok()?.id().clone()));
    pager.advance(body, rows.len() as u64, last.as_ref(), count)?;
    for row in rows {
        each(row?);
    }
    Ok(())
}

/// The ids that a row's field points to.
fn targets<T: ParseObject>(row: &T, field: &str) -> Vec<String> {
    fn ids(value: &Value, into: &mut Vec<String>) {
        match value {
            Value::Array(list) => list.iter().for_each(|one| ids(one, into)),
            Value::Object(pointer) => {
                into.extend(pointer.get("objectId").and_then(Value::as_str).map(Into::into));
            }
            _ => {}
        }
    }
    let mut all = Vec::new();
    if let Some(number) = T::SCHEMA.fields.iter().position(|known| known.name == field) {
        // a pointer that was decoded can be encoded
        if let Ok(value) = row.__encode(number, Form::Wire, serde_json::value::Serializer) {
            ids(&value, &mut all);
        }
    }
    all
}

impl<T, O> Clone for Prefetch<T, O> {
    fn clone(&self) -> Self {
        Self {
            core: self.core.clone(),
            link: self.link,
            owners: self.owners.clone(),
            chunk: self.chunk,
            _models: PhantomData,
        }
    }
}

impl<T: ParseObject, O: ParseObject> fmt::Debug for Prefetch<T, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Prefetch")
            .field("rows", &T::CLASS_NAME)
            .field("link", &self.link)
            .field("owners", &self.owners)
            .finish_non_exhaustive()
    }
}

/// The rows of `T` that belong to objects of `O`: what [`Prefetch::all`] reads.
#[derive(Clone)]
pub struct Related<O, T: ParseObject> {
    index: HashMap<ObjectId, usize>,
    groups: Vec<Vec<Object<T>>>,
    _owner: PhantomData<fn() -> O>,
}

impl<O: ParseObject, T: ParseObject> Related<O, T> {
    /// The rows of this object, in the query's order: none at all where there are none, or where it was not
    /// among the owners.
    pub fn of(&self, owner: &Object<O>) -> &[Object<T>] {
        self.index
            .get(owner.id())
            .and_then(|group| self.groups.get(*group))
            .map_or(&[], Vec::as_slice)
    }

    /// Takes the rows of this object out, to be changed.
    pub fn take(&mut self, owner: &Object<O>) -> Vec<Object<T>> {
        self.index
            .get(owner.id())
            .and_then(|group| self.groups.get_mut(*group))
            .map(std::mem::take)
            .unwrap_or_default()
    }

    /// All the rows, in the order of their owners: the owners of the next level.
    pub fn iter(&self) -> impl Iterator<Item = &Object<T>> {
        self.groups.iter().flatten()
    }

    /// How many rows there are, one that belongs to several owners once for each.
    pub fn len(&self) -> usize {
        self.groups.iter().map(Vec::len).sum()
    }

    /// True when there is no row.
    pub fn is_empty(&self) -> bool {
        self.groups.iter().all(Vec::is_empty)
    }
}

impl<O: ParseObject, T: ParseObject + fmt::Debug> fmt::Debug for Related<O, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut map = f.debug_map();
        let mut ids: Vec<_> = self.index.iter().collect();
        ids.sort_by_key(|(_, group)| **group);
        for (id, group) in ids {
            map.entry(id, &self.groups[*group]);
        }
        map.finish()
    }
}
