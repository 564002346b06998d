//! LiveQuery: clients that listen over a WebSocket to what becomes of the objects that match a query.
//!
//! `socket` carries frames, `frame` reads them, `conversation` answers them, `subscribe` judges what is asked for.
//! `event` decides what a write is to each subscription, with the `matcher`, which follows the real server's own
//! (`javascript`, `places`, `regex`) and not that of queries.

mod access;
mod classes;
mod conversation;
mod event;
mod frame;
mod hub;
mod javascript;
mod look;
mod matcher;
mod places;
mod regex;
mod socket;
mod subscribe;

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

pub(crate) use classes::LiveClasses;
pub(crate) use event::{Happened, publish, publish_session};
use hub::Hub;
pub use look::LiveSubscription;
#[cfg(feature = "__internals")]
use serde_json::{Map, Value};
pub(crate) use socket::{is_upgrade, upgrade};

/// Whether an object meets a `where`; none where the real server's code throws.
#[cfg(feature = "__internals")]
pub(crate) fn matches(filter: &Map<String, Value>, object: &Value) -> Option<bool> {
    matcher::Matcher::read(filter).matches(object).ok()
}

/// The listeners of a server.
#[derive(Default)]
pub(crate) struct Live {
    /// Taken after the store, where both are needed.
    hub: Mutex<Hub>,
    /// How many subscriptions there are: without one a write has nothing to do here.
    subscriptions: AtomicUsize,
}

/// Tokens are nobody's business.
impl fmt::Debug for Live {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Live")
            .field("subscriptions", &self.subscriptions)
            .finish_non_exhaustive()
    }
}

impl Live {
    fn hub(&self) -> MutexGuard<'_, Hub> {
        self.hub.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes what is listened to.
    fn change<R>(&self, change: impl FnOnce(&mut Hub) -> R) -> R {
        let mut hub = self.hub();
        let result = change(&mut hub);
        self.subscriptions.store(hub.subscriptions(), Ordering::Release);
        result
    }

    /// A connection has ended.
    fn close(&self, number: u64) {
        self.change(|hub| hub.connections.remove(&number));
    }

    /// Ends all connections.
    pub(crate) fn close_all(&self) {
        self.change(|hub| hub.connections.clear());
    }

    /// Whether anybody listens to anything.
    pub(crate) fn is_heard(&self) -> bool {
        self.subscriptions.load(Ordering::Acquire) > 0
    }
}
