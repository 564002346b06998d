//! A subscription: how it is asked for, and the stream that it is.

use super::event::LiveEvent;
use super::frame::{Event, Kind};
use super::inbox::{Inbox, Item};
use super::line::{Command, Entry};
use super::sockets::Sockets;
use crate::error::LiveProblem;
use crate::object::{Object, ParseObject, object};
use crate::query::{LiveQuery, QuerySet, Slice, Watched, view};
use crate::{Client, DecodeError, Error, ParseView, Result};
use futures::Stream;
use futures::channel::{mpsc, oneshot};
use futures::future::BoxFuture;
use std::fmt;
use std::future::IntoFuture;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

/// How many events wait for a consumer, unless it says otherwise.
const CAPACITY: usize = 1024;

/// How a row is read.
type Read<R> = fn(&str) -> Result<R, DecodeError>;

/// A subscription that is to be made: what [`QuerySet::subscribe`] returns. Awaiting it asks the server.
#[must_use = "nothing is subscribed until it is awaited: `query.subscribe(&client).await?`"]
pub struct Subscribe<R> {
    client: Client,
    query: Result<LiveQuery>,
    capacity: usize,
    read: Read<R>,
}

impl<R> Subscribe<R> {
    fn new(client: &Client, query: Result<LiveQuery>, read: Read<R>) -> Self {
        Self {
            client: client.clone(),
            query,
            capacity: CAPACITY,
            read,
        }
    }

    /// How many events may wait for this program to take them. 1024 unless told; 0 is 1. What comes when it is full is
    /// thrown away, and a [`LiveEvent::Gap`] stands in its place.
    pub fn capacity(mut self, events: usize) -> Self {
        self.capacity = events;
        self
    }

    async fn ask(self) -> Result<Subscription<R>> {
        let query = self.query?;
        let class_name = query.class_name;
        let asked = self
            .client
            .in_time(|| format!("the subscription to {class_name}"), async {
                let sockets = self.client.sockets::<Sockets>();
                let id = sockets.next_request();
                let inbox = Arc::new(Inbox::new(self.capacity));
                let (ready, answer) = oneshot::channel();
                let entry = Box::new(Entry::new(self.client.clone(), query, inbox.clone(), ready));
                let commands = sockets.send(&self.client, Command::Subscribe(id, entry))?;
                // from here on, whoever drops this unsubscribes
                let subscription = Subscription {
                    class_name,
                    id,
                    inbox,
                    commands,
                    read: self.read,
                };
                match answer.await.unwrap_or(Err(LiveProblem::Stopped)) {
                    Ok(()) => Ok(subscription),
                    Err(problem) => Err(Error::live(class_name, problem)),
                }
            });
        asked.await?
    }
}

impl<R: 'static> IntoFuture for Subscribe<R> {
    type Output = Result<Subscription<R>>;
    type IntoFuture = BoxFuture<'static, Result<Subscription<R>>>;
    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.ask())
    }
}

impl<R> fmt::Debug for Subscribe<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subscribe")
            .field("class", &self.query.as_ref().map(|query| query.class_name).ok())
            .field("capacity", &self.capacity)
            .finish_non_exhaustive()
    }
}

/// What happens to the rows of a query, as it happens: a stream of [`LiveEvent`]s. Dropping it unsubscribes.
///
/// An `Err` is about one event, and the stream goes on: a row that does not fit the model
/// ([`Error::Decode`]), or an event that the server's own code failed at ([`Error::Live`]). When the
/// subscription cannot go on, such as when the server refuses it after a lost connection, the last item is
/// the `Err` that says why.
#[must_use = "dropping a subscription ends it; take its events by `while let Some(event) = events.next().await { .. }`"]
pub struct Subscription<R> {
    class_name: &'static str,
    id: u64,
    inbox: Arc<Inbox>,
    commands: mpsc::UnboundedSender<Command>,
    read: Read<R>,
}

impl<R> Subscription<R> {
    /// Ends the subscription, and waits until the server has agreed. Dropping it ends it as well, without waiting.
    pub async fn unsubscribe(self) {
        let (done, agreed) = oneshot::channel();
        // a task that is gone has no connection any more
        let _ = self
            .commands
            .unbounded_send(Command::Unsubscribe(self.id, Some(done)));
        let _ = agreed.await;
    }

    fn event(&self, event: Event) -> Result<LiveEvent<R>> {
        let object = (self.read)(event.object.get())?;
        let original = || {
            let original = event.original.as_ref();
            original.map(|row| (self.read)(row.get())).transpose()
        };
        Ok(match event.kind {
            Kind::Create => LiveEvent::Create(object),
            Kind::Delete => LiveEvent::Delete(object),
            Kind::Enter => LiveEvent::Enter {
                object,
                original: original()?,
            },
            Kind::Update => LiveEvent::Update {
                object,
                original: original()?,
            },
            Kind::Leave => LiveEvent::Leave {
                object,
                original: original()?,
            },
        })
    }
}

impl<R> Stream for Subscription<R> {
    type Item = Result<LiveEvent<R>>;
    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let item = ready!(self.inbox.poll(context));
        Poll::Ready(item.map(|item| match item {
            Ok(Item::Event(event)) => self.event(event),
            Ok(Item::Gap(gap)) => Ok(LiveEvent::Gap(gap)),
            Ok(Item::Refused(refusal)) => Err(Error::live(self.class_name, refusal.into())),
            Err(problem) => Err(Error::live(self.class_name, problem)),
        }))
    }
}

impl<R> Drop for Subscription<R> {
    fn drop(&mut self) {
        // a task that is gone has no connection any more
        let _ = self.commands.unbounded_send(Command::Unsubscribe(self.id, None));
    }
}

impl<R> fmt::Debug for Subscription<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subscription")
            .field("class", &self.class_name)
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

impl<T: ParseObject> QuerySet<T> {
    /// Subscribes to the rows: once this is awaited, everything that happens to them comes as [`LiveEvent`]s.
    ///
    /// ```
    /// # use parse_orm::prelude::*; use parse_orm_mock::MockServer;
    /// # #[derive(ParseObject, Clone, Debug)] struct GameScore { score: i64 }
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> parse_orm::Result<()> {
    /// # let server = MockServer::start().await; let client = server.client();
    /// let mut events = query!(GameScore.filter(score__gte = 100)).subscribe(&client).await?;
    /// # let mut score = GameScore { score: 150 }.create(&client).await?;
    /// # score.score = 50; score.save(&client).await?;
    /// while let Some(event) = events.next().await {
    ///     match event? {
    ///         LiveEvent::Create(score) => assert_eq!(score.score, 150),
    ///         LiveEvent::Enter { object, .. } | LiveEvent::Update { object, .. } => println!("{}", object.score),
    ///         LiveEvent::Leave { object, original } => {
    ///             assert_eq!((object.score, original.unwrap().score), (50, 150));
    ///             break; // dropping the subscription ends it
    ///         }
    ///         LiveEvent::Delete(score) => println!("{} is gone", score.id()),
    ///         LiveEvent::Gap(gap) => println!("read the rows again: {gap:?}"),
    ///         _ => {}
    ///     }
    /// }
    /// # Ok(()) }
    /// ```
    ///
    /// To keep what the rows are, subscribe first and read them then: what happens in between comes as events, of which
    /// some may tell what was read already (`updated_at` says which is newer). After a [gap](LiveEvent::Gap) read them
    /// again. Saves that follow one another closely may be told of in another order.
    ///
    /// **What is asked for.** The server has to publish the class (its `liveQuery.classNames`): of others it accepts
    /// subscriptions, and tells nothing. The conditions are those of a find, but the server looks at one object at a
    /// time, without the database: sub-queries, conditions through a pointer or on a relation, `search`, relative times
    /// and equal points are refused here, by name, and so is a `limit` or `skip`. Conditions are sent in a spelling that
    /// means the same there. An order, and what says how rows are read (`hint`, `page_size`, ..), mean nothing to events,
    /// so that one query set can be read and subscribed to. Objects behind pointers are not sent, whatever
    /// `select_related` says; `exclude_keys` is kept to.
    ///
    /// **Who is told.** What the client's session, or the public, may read; everything with the master key, where the
    /// server's LiveQuery knows it (its `keyPairs`). A session that is not valid counts as none there, without a word.
    /// Class permissions that refuse the asker `find` refuse the subscription, with code 119, even with the master key.
    ///
    /// **The connection.** A WebSocket to [`live_query_url`](crate::ClientBuilder::live_query_url), made by the client's
    /// own HTTP client (HTTP/1.1). One for all subscriptions of all clones of a client and its sessions, and one for each
    /// master key and [installation](Client::with_installation). It is opened for the first subscription, by the
    /// client's [`RetryPolicy`](crate::RetryPolicy); kept by pings; made again when it breaks, with pauses that grow to
    /// 30 seconds, for as long as it takes; and closed behind the last subscription. It runs on the Tokio runtime that
    /// the first one was awaited on.
    ///
    /// # Errors
    /// [`Error::Live`] when the server refuses it, or is not reached; [`Error::Invalid`] when LiveQuery cannot answer it.
    pub fn subscribe(&self, client: &Client) -> Subscribe<Object<T>> {
        Subscribe::new(client, self.live(), object::<T>)
    }

    /// As [`subscribe`](Self::subscribe), with the rows as views: only the fields that `W` names are sent, as `keys`.
    ///
    /// ```
    /// # use parse_orm::prelude::*; use parse_orm_mock::MockServer;
    /// # #[derive(ParseObject, Clone, Debug)] struct GameScore { score: i64, note: String }
    /// #[derive(ParseView, Debug)]
    /// #[parse(model = GameScore)]
    /// struct Line { object_id: ObjectId, score: i64 }
    ///
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> parse_orm::Result<()> {
    /// # let server = MockServer::start().await; let client = server.client();
    /// let mut lines = GameScore::objects().subscribe_values::<Line>(&client).await?;
    /// # GameScore { score: 7, note: "long".into() }.create(&client).await?;
    /// if let Some(LiveEvent::Create(line)) = lines.try_next().await? {
    ///     println!("{} has {}", line.object_id, line.score);
    /// #   return Ok(());
    /// }
    /// # panic!() }
    /// ```
    ///
    /// # Errors
    /// As `subscribe`; [`Error::Invalid`] for a view with [`Included`](crate::Included) objects, which no event has.
    pub fn subscribe_values<W: ParseView<Model = T>>(&self, client: &Client) -> Subscribe<W> {
        Subscribe::new(client, self.live_values::<W>(), view::<W>)
    }
}

impl<T: ParseObject> Watched<T> {
    /// As [`QuerySet::subscribe`].
    pub fn subscribe(&self, client: &Client) -> Subscribe<Object<T>> {
        Subscribe::new(client, self.live(), object::<T>)
    }

    /// As [`QuerySet::subscribe_values`].
    pub fn subscribe_values<W: ParseView<Model = T>>(&self, client: &Client) -> Subscribe<W> {
        Subscribe::new(client, self.live_values::<W>(), view::<W>)
    }
}

/// Never implemented: it gives subscribing to a slice its own error message.
#[diagnostic::on_unimplemented(
    message = "a slice cannot be subscribed to: the server tells of every row that meets the conditions",
    label = "this query was sliced before",
    note = "subscribe to the query without the slice, and keep as many of its rows as you want"
)]
pub trait Unsliced {}

/// What a slice does not offer; the editor, which would complete it, does not see it.
#[cfg(not(rust_analyzer))]
#[doc(hidden)]
impl<T: ParseObject> Slice<T> {
    pub fn subscribe(&self, client: &Client) -> Subscribe<Object<T>>
    where
        Self: Unsliced,
    {
        QuerySet::new().subscribe(client)
    }
    pub fn subscribe_values<W: ParseView<Model = T>>(&self, client: &Client) -> Subscribe<W>
    where
        Self: Unsliced,
    {
        QuerySet::new().subscribe_values(client)
    }
}
