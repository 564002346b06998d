//! What the requests of one server share: its options, its data and the record of what was asked.

use std::cell::{RefCell, RefMut};
use std::collections::{HashMap, VecDeque};
use std::ops::{Deref, DerefMut};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::Value;

use crate::options::Options;
use crate::rooms::files::Kept;
use crate::store::Store;

/// How many requests are remembered; older ones are forgotten, so that a long run does not eat the memory.
const REMEMBERED: usize = 10_000;

/// A request as the server understood it.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct RecordedRequest {
    /// The effective method: what `_method` in the body of a POST asked for.
    pub method: String,
    /// The method on the wire.
    pub wire_method: String,
    /// The path below the mount, as it was sent: `/classes/GameScore`.
    pub path: String,
    /// The decoded pairs of the query string, in order.
    pub query: Vec<(String, String)>,
    /// The headers, with lower-case names, in order.
    pub headers: Vec<(String, String)>,
    /// The JSON body without `_method` and without the keys that a client may send in it.
    pub body: Option<Value>,
}

impl RecordedRequest {
    /// The first header of this name, in any case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// The first query parameter of this name.
    pub fn query_value(&self, name: &str) -> Option<&str> {
        self.query
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }
}

/// The state of a server.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) options: Options,
    store: Mutex<Store>,
    requests: Mutex<VecDeque<RecordedRequest>>,
    files: Mutex<HashMap<String, Kept>>,
}

impl State {
    pub(crate) fn new(options: Options) -> Self {
        Self {
            store: Mutex::new(Store::new(&options.indexes)),
            options,
            requests: Mutex::default(),
            files: Mutex::default(),
        }
    }

    /// The data; a panic while it was held does not make it unreadable. Rooms ask
    /// [`Call::store`](crate::rooms::Call::store), which knows of the transaction that the call is part of.
    pub(crate) fn store(&self) -> MutexGuard<'_, Store> {
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Starts a transaction. Until it ends nobody else sees the data, so nobody sees a part of what it does.
    pub(crate) fn begin(&self) -> Transaction<'_> {
        let mut place = self.store();
        let mut store = std::mem::take(&mut *place);
        store.begin();
        Transaction {
            place,
            store: RefCell::new(store),
        }
    }

    /// The contents of the files, by the server's name.
    pub(crate) fn files(&self) -> MutexGuard<'_, HashMap<String, Kept>> {
        self.files.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn log(&self) -> MutexGuard<'_, VecDeque<RecordedRequest>> {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn record(&self, request: RecordedRequest) {
        let mut log = self.log();
        if log.len() == REMEMBERED {
            log.pop_front();
        }
        log.push_back(request);
    }

    pub(crate) fn requests(&self) -> Vec<RecordedRequest> {
        self.log().iter().cloned().collect()
    }

    pub(crate) fn clear_requests(&self) {
        self.log().clear();
    }

    pub(crate) fn reset(&self) {
        *self.store() = Store::new(&self.options.indexes);
        self.files().clear();
        self.clear_requests();
    }
}

/// A running transaction: dropped without [`commit`](Self::commit), it has never been.
#[derive(Debug)]
pub(crate) struct Transaction<'a> {
    /// Where the data goes back to; held until then.
    place: MutexGuard<'a, Store>,
    store: RefCell<Store>,
}

impl Transaction<'_> {
    /// The data with what the transaction has done so far.
    pub(crate) fn store(&self) -> &RefCell<Store> {
        &self.store
    }

    pub(crate) fn commit(self) {
        self.store.borrow_mut().commit();
    }
}

impl Drop for Transaction<'_> {
    fn drop(&mut self) {
        let store = self.store.get_mut();
        store.rollback();
        *self.place = std::mem::take(store);
    }
}

/// Access to the data, alone or as a part of a transaction.
#[derive(Debug)]
pub(crate) enum Data<'a> {
    Alone(MutexGuard<'a, Store>),
    InTransaction(RefMut<'a, Store>),
}

impl Deref for Data<'_> {
    type Target = Store;

    fn deref(&self) -> &Store {
        match self {
            Self::Alone(store) => store,
            Self::InTransaction(store) => store,
        }
    }
}

impl DerefMut for Data<'_> {
    fn deref_mut(&mut self) -> &mut Store {
        match self {
            Self::Alone(store) => store,
            Self::InTransaction(store) => store,
        }
    }
}
