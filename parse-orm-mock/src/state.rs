//! What the requests of one server share: its options, its data and the record of what was asked.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use serde_json::Value;

use crate::cloud::{CloudCode, Home};
use crate::faults::{Fault, Faults};
use crate::files::Kept;
use crate::fixtures::{FixtureError, load_classes};
use crate::live::Live;
use crate::options::Options;
use crate::push::DeliveredPush;
use crate::rooms::operations::{Log, TrackedEvent};
use crate::store::Store;
use crate::user::mail::Mail;

/// How many requests are remembered; older ones are forgotten, so that a long run does not eat the memory.
const REMEMBERED: usize = 10_000;

/// A request as the server understood it.
///
/// Its `Debug` says all of it but for the values of keys, tokens, passwords and auth data: a test's output is a log.
#[derive(Clone, PartialEq)]
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
pub(crate) struct State {
    pub(crate) options: Options,
    store: Mutex<Store>,
    requests: Mutex<VecDeque<RecordedRequest>>,
    files: Mutex<HashMap<String, Kept>>,
    mails: Mutex<Vec<Mail>>,
    faults: Mutex<Faults>,
    events: Mutex<Vec<TrackedEvent>>,
    errors: Mutex<Log>,
    cloud: Mutex<CloudCode>,
    pub(crate) home: Arc<Home>,
    /// For work that goes on behind an answer.
    me: Weak<Self>,
    pushes: Mutex<Vec<DeliveredPush>>,
    pub(crate) live: Live,
}

/// Data, requests and mails are full of keys, passwords and tokens.
impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("State")
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}

impl State {
    pub(crate) fn new(options: Options) -> Arc<Self> {
        Arc::new_cyclic(|me| Self {
            store: Mutex::new(Store::new(&options.indexes)),
            home: Arc::new(Home::new(&options)),
            cloud: Mutex::new(options.cloud_code.clone()),
            options,
            requests: Mutex::default(),
            files: Mutex::default(),
            mails: Mutex::default(),
            faults: Mutex::default(),
            pushes: Mutex::default(),
            events: Mutex::default(),
            errors: Mutex::default(),
            live: Live::default(),
            me: me.clone(),
        })
    }

    /// The state itself; none when the server is gone.
    pub(crate) fn me(&self) -> Option<Arc<Self>> {
        self.me.upgrade()
    }

    /// The functions, jobs and triggers.
    pub(crate) fn cloud(&self) -> MutexGuard<'_, CloudCode> {
        self.cloud.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The data; a panic while it was held does not make it unreadable.
    pub(crate) fn store(&self) -> MutexGuard<'_, Store> {
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs `work` as a transaction: nobody else sees a part of what it does, and nobody sees anything of it when
    /// it fails.
    pub(crate) fn transaction<T, E>(&self, work: impl FnOnce(&mut Store) -> Result<T, E>) -> Result<T, E> {
        let mut store = self.store();
        store.begin();
        let outcome = work(&mut store);
        match outcome {
            Ok(_) => store.commit(),
            Err(_) => store.rollback(),
        }
        outcome
    }

    /// The contents of the files, by the server's name.
    pub(crate) fn files(&self) -> MutexGuard<'_, HashMap<String, Kept>> {
        self.files.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The mails to users.
    pub(crate) fn mails(&self) -> MutexGuard<'_, Vec<Mail>> {
        self.mails.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn post(&self, mail: Mail) {
        self.mails().push(mail);
    }

    /// A push went out.
    pub(crate) fn delivered(&self, push: DeliveredPush) {
        self.sent().push(push);
    }

    pub(crate) fn pushes(&self) -> Vec<DeliveredPush> {
        self.sent().clone()
    }

    fn sent(&self) -> MutexGuard<'_, Vec<DeliveredPush>> {
        self.pushes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn log(&self) -> MutexGuard<'_, VecDeque<RecordedRequest>> {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What clients reported.
    pub(crate) fn events(&self) -> MutexGuard<'_, Vec<TrackedEvent>> {
        self.events.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What `/scriptlog` shows.
    pub(crate) fn errors(&self) -> MutexGuard<'_, Log> {
        self.errors.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The faults that are ordered.
    pub(crate) fn faults(&self) -> MutexGuard<'_, Faults> {
        self.faults.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Remembers a request, and says which fault meets it.
    pub(crate) fn record(&self, request: RecordedRequest) -> Option<Fault> {
        let fault = self.faults().meet(&request);
        let mut log = self.log();
        if log.len() == REMEMBERED {
            log.pop_front();
        }
        log.push_back(request);
        fault
    }

    pub(crate) fn requests(&self) -> Vec<RecordedRequest> {
        self.log().iter().cloned().collect()
    }

    pub(crate) fn clear_requests(&self) {
        self.log().clear();
    }

    /// Loads what the server holds from its start.
    pub(crate) fn load_fixtures(&self) -> Result<(), FixtureError> {
        let mut fixtures = self.options.fixtures.iter().cloned();
        fixtures.try_for_each(|classes| load_classes(self, classes).map(drop))
    }

    /// As it was when it started.
    pub(crate) fn reset(&self) {
        *self.store() = Store::new(&self.options.indexes);
        self.files().clear();
        self.mails().clear();
        self.sent().clear();
        self.faults().clear();
        self.events().clear();
        *self.errors() = Log::default();
        *self.cloud() = self.options.cloud_code.clone();
        self.clear_requests();
        self.live.close_all();
        // they could be loaded when it started
        let _ = self.load_fixtures();
    }
}
