//! Who is connected, and what they subscribed to.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use indexmap::IndexMap;
use serde_json::{Map, Number, Value};
use tokio::sync::{mpsc, oneshot};

use super::matcher::Matcher;

/// How much may wait for a client that does not read, in bytes: with more its connection ends.
const WAITING: usize = 32 * 1024 * 1024;

/// All connections, by their numbers.
#[derive(Default)]
pub(super) struct Hub {
    pub(super) connections: BTreeMap<u64, Connection>,
    drawn: u64,
}

/// A socket. Dropping it ends the connection.
pub(super) struct Connection {
    queue: Queue,
    /// The last one speaks; a client that connects again on its socket still hears what the one before subscribed to.
    pub(super) clients: Vec<Client>,
    _end: oneshot::Sender<()>,
}

/// The texts that are to be sent to a client.
#[derive(Clone)]
struct Queue {
    texts: mpsc::UnboundedSender<String>,
    waiting: Arc<AtomicUsize>,
}

/// The other end of a connection's queue.
pub(super) struct Outgoing {
    texts: mpsc::UnboundedReceiver<String>,
    waiting: Arc<AtomicUsize>,
}

/// Who connected.
#[derive(Clone)]
pub(super) struct Client {
    pub(super) id: String,
    pub(super) master: bool,
    pub(super) session_token: Option<String>,
    pub(super) installation_id: Option<String>,
    pub(super) subscriptions: IndexMap<Number, Subscription>,
}

/// What somebody subscribed to.
#[derive(Clone)]
pub(super) struct Subscription {
    pub(super) class: String,
    pub(super) filter: Map<String, Value>,
    pub(super) matcher: Arc<Matcher>,
    pub(super) keys: Option<Vec<String>>,
    pub(super) watch: Option<Vec<String>>,
    pub(super) session_token: Option<String>,
}

impl Hub {
    /// A new connection: its number, what is to be sent, and when it is to end.
    pub(super) fn open(&mut self) -> (u64, Outgoing, oneshot::Receiver<()>) {
        let (texts, outgoing) = mpsc::unbounded_channel();
        let (end, ended) = oneshot::channel();
        let waiting = Arc::new(AtomicUsize::new(0));
        let number = self.drawn;
        self.drawn += 1;
        let connection = Connection {
            queue: Queue {
                texts,
                waiting: Arc::clone(&waiting),
            },
            clients: Vec::new(),
            _end: end,
        };
        self.connections.insert(number, connection);
        let texts = outgoing;
        (number, Outgoing { texts, waiting }, ended)
    }

    /// Sends a text, unless the connection is gone. One whose client reads nothing ends.
    pub(super) fn send(&mut self, number: u64, text: String) {
        let Some(connection) = self.connections.get(&number) else {
            return;
        };
        if !connection.queue.push(text) {
            self.connections.remove(&number);
        }
    }

    /// The client that speaks on a connection.
    pub(super) fn client(&mut self, number: u64) -> Option<&mut Client> {
        self.connections.get_mut(&number)?.clients.last_mut()
    }

    pub(super) fn clients(&self) -> impl Iterator<Item = (u64, &Client)> {
        self.connections
            .iter()
            .flat_map(|(number, connection)| connection.clients.iter().map(|client| (*number, client)))
    }

    /// How many subscriptions there are.
    pub(super) fn subscriptions(&self) -> usize {
        self.clients().map(|(_, client)| client.subscriptions.len()).sum()
    }
}

impl Queue {
    fn push(&self, text: String) -> bool {
        let waiting = self.waiting.fetch_add(text.len(), Ordering::Relaxed);
        waiting <= WAITING && self.texts.send(text).is_ok()
    }
}

impl Outgoing {
    /// The next text; none when the connection is to end.
    pub(super) async fn next(&mut self) -> Option<String> {
        let text = self.texts.recv().await?;
        self.waiting.fetch_sub(text.len(), Ordering::Relaxed);
        Some(text)
    }
}
