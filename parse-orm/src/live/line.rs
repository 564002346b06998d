//! The task behind a socket: it opens it, keeps it open, and gives each subscription what is its own. It ends with the
//! last subscription.

use super::frame::{Frame, Refusal, Request, read};
use super::inbox::{Inbox, Item};
use super::socket::{Socket, Unopened, open, text};
use super::sockets::{Line, Sockets};
use crate::error::LiveProblem;
use crate::query::LiveQuery;
use crate::{Client, ErrorCode, RetryPolicy};
use bytes::Bytes;
use chrono::{DateTime, Utc};
use futures::channel::{mpsc, oneshot};
use futures::future::BoxFuture;
use futures::{FutureExt as _, SinkExt as _, StreamExt as _};
use std::collections::{BTreeMap, VecDeque};
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::time::{Instant, Interval, MissedTickBehavior, Sleep};
use tokio_tungstenite::tungstenite::{Error as SocketError, Message};

/// The longest time between two tries to connect again.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// How long the other side has to agree that it is over.
const FAREWELL: Duration = Duration::from_secs(1);

/// What the handles ask of the task.
pub(super) enum Command {
    Subscribe(u64, Box<Entry>),
    /// Answered, where somebody waits, when the server has agreed.
    Unsubscribe(u64, Option<oneshot::Sender<()>>),
}

/// One subscription.
pub(super) struct Entry {
    client: Client,
    query: LiveQuery,
    inbox: Arc<Inbox>,
    /// Who waits for the server's first answer.
    ready: Option<oneshot::Sender<Result<(), LiveProblem>>>,
    /// Since when, and how often it was tried, as long as somebody waits.
    begun: Instant,
    tried: u32,
    state: State,
    /// When the last word of a connection came that broke.
    lost_since: Option<DateTime<Utc>>,
    /// Nobody wants it any more.
    unwanted: bool,
    done: Option<oneshot::Sender<()>>,
}

#[derive(Clone, Copy, PartialEq)]
enum State {
    Unasked,
    Asked(Instant),
    Live,
    Leaving(Instant),
}

impl Entry {
    pub(super) fn new(
        client: Client,
        query: LiveQuery,
        inbox: Arc<Inbox>,
        ready: oneshot::Sender<Result<(), LiveProblem>>,
    ) -> Self {
        Self {
            begun: Instant::now(),
            tried: 0,
            client,
            query,
            inbox,
            ready: Some(ready),
            state: State::Unasked,
            lost_since: None,
            unwanted: false,
            done: None,
        }
    }

    /// Tells whoever waits, or reads.
    fn fail(mut self, problem: LiveProblem) {
        match self.ready.take() {
            // who gave up waiting has no more questions
            Some(ready) => drop(ready.send(Err(problem))),
            None => self.inbox.end(problem),
        }
    }
}

/// The runtime may drop the task at any time.
impl Drop for Entry {
    fn drop(&mut self) {
        self.inbox.end(LiveProblem::Stopped);
    }
}

/// The state of the task.
pub(super) struct Work {
    client: Client,
    line: Line,
    sockets: Arc<Sockets>,
    commands: mpsc::UnboundedReceiver<Command>,
    entries: BTreeMap<u64, Box<Entry>>,
    phase: Phase,
    policy: RetryPolicy,
    /// How often it was tried to connect since it last held.
    tried: u32,
    ticks: Interval,
}

enum Phase {
    Opening(BoxFuture<'static, Result<Socket, Unopened>>),
    Open(Box<Open>),
    Waiting(Pin<Box<Sleep>>),
}

struct Open {
    socket: Socket,
    outgoing: VecDeque<Message>,
    unflushed: bool,
    begun: Instant,
    /// When the other side was last heard of.
    heard: Instant,
    heard_at: DateTime<Utc>,
    pinged: bool,
}

enum Happening {
    Command(Command),
    Opened(Result<Socket, Unopened>),
    Received(Message),
    Broken(String),
    TryAgain,
    Tick,
}

impl Work {
    pub(super) fn new(
        client: Client,
        line: Line,
        sockets: Arc<Sockets>,
        commands: mpsc::UnboundedReceiver<Command>,
    ) -> Self {
        let finest = client.live_query_idle_timeout().min(client.timeout());
        let mut ticks = tokio::time::interval((finest / 4).max(Duration::from_millis(1)));
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self {
            policy: client.retry_policy().up_to(LONGEST_PAUSE),
            phase: Phase::Opening(opening(&client)),
            client,
            line,
            sockets,
            commands,
            entries: BTreeMap::new(),
            tried: 0,
            ticks,
        }
    }

    pub(super) async fn run(mut self) {
        loop {
            match poll_fn(|context| self.poll(context)).await {
                Happening::Command(command) => self.obey(command),
                Happening::Opened(Ok(socket)) => self.opened(socket),
                Happening::Opened(Err(unopened)) => self.unopened(unopened),
                Happening::Received(message) => self.received(message),
                Happening::Broken(reason) => self.broken(reason),
                Happening::TryAgain => self.phase = Phase::Opening(opening(&self.client)),
                Happening::Tick => self.tick(),
            }
            let wanted = |entry: &Entry| !entry.unwanted || entry.done.is_some();
            if !self.entries.values().any(|entry| wanted(entry)) {
                match self.sockets.retire(&self.line, &mut self.commands) {
                    Ok(()) => break,
                    Err(command) => self.obey(command),
                }
            }
        }
        if let Phase::Open(open) = &mut self.phase {
            // it is over, whether the other side agrees or not
            let _ = tokio::time::timeout(FAREWELL, open.socket.close()).await;
        }
        tracing::debug!("closed");
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Happening> {
        if let Poll::Ready(Some(command)) = self.commands.poll_next_unpin(context) {
            return Poll::Ready(Happening::Command(command));
        }
        // before the events, of which there may be many
        if self.ticks.poll_tick(context).is_ready() {
            return Poll::Ready(Happening::Tick);
        }
        match &mut self.phase {
            Phase::Opening(opening) => opening.poll_unpin(context).map(Happening::Opened),
            Phase::Waiting(pause) => pause.as_mut().poll(context).map(|()| Happening::TryAgain),
            Phase::Open(open) => open.poll(context),
        }
    }

    fn obey(&mut self, command: Command) {
        match command {
            Command::Subscribe(id, entry) => {
                self.entries.insert(id, entry);
                if let Phase::Waiting(_) = self.phase {
                    // who is new does not wait for those that were long in vain
                    self.tried = 0;
                    self.phase = Phase::Opening(opening(&self.client));
                }
                self.ask(id);
            }
            Command::Unsubscribe(id, done) => {
                let Some(entry) = self.entries.get_mut(&id) else {
                    return;
                };
                entry.unwanted = true;
                entry.done = done;
                match entry.state {
                    // nothing was sent
                    State::Unasked => drop(self.entries.remove(&id)),
                    // the server would not find what it is still at: it is told when it has answered
                    State::Asked(_) | State::Leaving(_) => {}
                    State::Live => self.leave(id),
                }
            }
        }
    }

    /// Asks the server for a subscription, where there is a connection.
    fn ask(&mut self, id: u64) {
        let (Phase::Open(open), Some(entry)) = (&mut self.phase, self.entries.get_mut(&id)) else {
            return;
        };
        entry.state = State::Asked(Instant::now());
        open.outgoing.push_back(text(&Request::Subscribe {
            request_id: id,
            query: &entry.query,
            session_token: entry.client.session_token().map(crate::Secret::expose),
        }));
    }

    fn leave(&mut self, id: u64) {
        let (Phase::Open(open), Some(entry)) = (&mut self.phase, self.entries.get_mut(&id)) else {
            return;
        };
        entry.state = State::Leaving(Instant::now());
        open.outgoing
            .push_back(text(&Request::Unsubscribe { request_id: id }));
        tracing::debug!(request = id, class = entry.query.class_name, "unsubscribed");
        if entry.done.is_none() {
            self.entries.remove(&id);
        }
    }

    fn opened(&mut self, socket: Socket) {
        tracing::debug!("connected");
        self.phase = Phase::Open(Box::new(Open {
            socket,
            outgoing: VecDeque::new(),
            unflushed: false,
            begun: Instant::now(),
            heard: Instant::now(),
            heard_at: Utc::now(),
            pinged: false,
        }));
        for id in self.entries.keys().copied().collect::<Vec<_>>() {
            self.ask(id);
        }
    }

    fn unopened(&mut self, unopened: Unopened) {
        let (problem, patience) = match unopened {
            Unopened::NotNow(problem) => (problem, true),
            Unopened::NotHere(problem) => (problem, false),
            Unopened::Refused(problem) => {
                tracing::warn!(%problem, "the connection was refused");
                for (_, entry) in std::mem::take(&mut self.entries) {
                    entry.fail(problem.clone());
                }
                return self.pause();
            }
        };
        tracing::debug!(%problem, tried = self.tried, "not connected");
        self.failed(&problem, patience);
        self.pause();
    }

    /// One try less for those that never were subscribed.
    fn failed(&mut self, problem: &LiveProblem, patience: bool) {
        let policy = self.client.retry_policy();
        let hopeless = |entry: &mut Entry| {
            if entry.ready.is_none() {
                return false;
            }
            entry.tried += 1;
            !patience || policy.is_over(entry.tried, entry.begun.into_std())
        };
        for (id, mut entry) in std::mem::take(&mut self.entries) {
            if hopeless(&mut entry) {
                entry.fail(problem.clone());
            } else {
                self.entries.insert(id, entry);
            }
        }
    }

    fn pause(&mut self) {
        self.tried = self.tried.saturating_add(1);
        let pause = self.policy.pause(self.tried);
        self.phase = Phase::Waiting(Box::pin(tokio::time::sleep(pause)));
    }

    fn broken(&mut self, reason: String) {
        if let Phase::Open(open) = &self.phase {
            if open.begun.elapsed() > self.policy.pause(self.tried.saturating_add(1)) {
                self.tried = 0;
            }
            let since = open.heard_at;
            self.entries.retain(|_, entry| !entry.unwanted);
            for entry in self.entries.values_mut() {
                if entry.ready.is_none() {
                    entry.lost_since.get_or_insert(since);
                }
                entry.state = State::Unasked;
            }
        }
        tracing::debug!(reason, "the connection broke");
        self.failed(&LiveProblem::Broken(reason), true);
        self.pause();
    }

    fn tick(&mut self) {
        let Phase::Open(open) = &mut self.phase else {
            return;
        };
        let (idle, limit) = (self.client.live_query_idle_timeout(), self.client.timeout());
        let silent = open.heard.elapsed();
        let overdue = |since: Instant| since.elapsed() >= limit;
        self.entries
            .retain(|_, entry| !matches!(entry.state, State::Leaving(since) if overdue(since)));
        let unanswered = |entry: &Entry| matches!(entry.state, State::Asked(since) if overdue(since));
        if silent >= idle {
            self.broken(format!("nothing was heard of the server for {silent:.1?}"));
        } else if self.entries.values().any(|entry| unanswered(entry)) {
            self.broken(format!("the server did not answer `subscribe` in {limit:.1?}"));
        } else if silent >= idle / 2 && !open.pinged {
            open.pinged = true;
            open.outgoing.push_back(Message::Ping(Bytes::new()));
        }
    }

    fn received(&mut self, message: Message) {
        let Message::Text(text) = message else { return };
        match read(&text) {
            None => tracing::debug!(bytes = text.len(), "a message that no LiveQuery server sends"),
            Some(Frame::Connected) => {}
            Some(Frame::Subscribed(id)) => self.subscribed(id),
            Some(Frame::Unsubscribed(id)) => {
                if let Some(done) = self.entries.remove(&id).and_then(|mut entry| entry.done.take()) {
                    // who gave up waiting has no more questions
                    let _ = done.send(());
                }
            }
            Some(Frame::Event(id, event)) => {
                if let Some(entry) = self.entries.get(&id).filter(|entry| !entry.unwanted) {
                    entry.inbox.put(Item::Event(event));
                }
            }
            Some(Frame::Error {
                request: Some(id),
                refusal,
                ..
            }) => self.refused(id, refusal),
            Some(Frame::Error {
                request: None,
                refusal,
                reconnect,
            }) => self.refused_somewhere(refusal, reconnect),
        }
    }

    fn subscribed(&mut self, id: u64) {
        let Some(entry) = self.entries.get_mut(&id) else {
            return;
        };
        entry.state = State::Live;
        tracing::debug!(request = id, class = entry.query.class_name, "subscribed");
        if let Some(since) = entry.lost_since.take() {
            entry.inbox.reconnected(since);
        }
        if let Some(ready) = entry.ready.take() {
            // who gave up waiting unsubscribes
            let _ = ready.send(Ok(()));
        }
        if entry.unwanted {
            self.leave(id);
        }
    }

    /// The server refuses a subscription, or failed at one of its events.
    fn refused(&mut self, id: u64, refusal: Refusal) {
        let Some(entry) = self.entries.get_mut(&id) else {
            return;
        };
        tracing::debug!(request = id, class = entry.query.class_name, code = ?refusal.code, "refused");
        if refusal.code == Some(ErrorCode::InvalidSessionToken) {
            entry.client.session_is_invalid();
        }
        if entry.state == State::Live {
            entry.inbox.put(Item::Refused(refusal));
        } else if let Some(entry) = self.entries.remove(&id) {
            entry.fail(refusal.into());
        }
    }

    /// The server refuses it knows not what: where one answer is missing, it is that.
    fn refused_somewhere(&mut self, refusal: Refusal, reconnect: bool) {
        let asked = self
            .entries
            .iter()
            .filter(|(_, entry)| matches!(entry.state, State::Asked(_)));
        let asked: Vec<u64> = asked.map(|(id, _)| *id).take(2).collect();
        match *asked {
            [id] => self.refused(id, refusal),
            _ if reconnect => {
                tracing::warn!(code = ?refusal.code, message = refusal.message, "the server refused a message");
            }
            // it wants no more of this
            _ => self.unopened(Unopened::Refused(refusal.into())),
        }
    }
}

fn opening(client: &Client) -> BoxFuture<'static, Result<Socket, Unopened>> {
    let client = client.clone();
    Box::pin(async move { open(&client).await })
}

impl Open {
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Happening> {
        let broken = |error: SocketError| Poll::Ready(Happening::Broken(error.to_string()));
        while !self.outgoing.is_empty() {
            match self.socket.poll_ready_unpin(context) {
                Poll::Pending => break,
                Poll::Ready(Err(error)) => return broken(error),
                Poll::Ready(Ok(())) => {
                    let Some(message) = self.outgoing.pop_front() else {
                        break;
                    };
                    if let Err(error) = self.socket.start_send_unpin(message) {
                        return broken(error);
                    }
                    self.unflushed = true;
                }
            }
        }
        if self.unflushed {
            match self.socket.poll_flush_unpin(context) {
                Poll::Pending => {}
                Poll::Ready(Err(error)) => return broken(error),
                Poll::Ready(Ok(())) => self.unflushed = false,
            }
        }
        match self.socket.poll_next_unpin(context) {
            Poll::Pending => Poll::Pending,
            Poll::Ready(Some(Ok(Message::Close(_))) | None) => {
                Poll::Ready(Happening::Broken("the server closed it".into()))
            }
            Poll::Ready(Some(Err(error))) => broken(error),
            Poll::Ready(Some(Ok(message))) => {
                (self.heard, self.heard_at, self.pinged) = (Instant::now(), Utc::now(), false);
                Poll::Ready(Happening::Received(message))
            }
        }
    }
}
