//! Which server is behind the path: the one that `PARSE_SERVER_URL` names, or a mock of the test's own.

#[path = "../../parse-orm-mock/tests/reference/mod.rs"]
mod reference;

use crate::fault::{Fault, Plan};
use crate::path::Path;
use parse_orm::prelude::*;
use parse_orm::{ClientBuilder, RetryPolicy};
use parse_orm_mock::MockServer;
use std::collections::VecDeque;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// What a test may return.
pub type Outcome = Result<(), Box<dyn std::error::Error>>;

/// A server that minds request ids. The mock lives as long as this does.
#[derive(Debug)]
pub struct Server {
    _mock: Option<MockServer>,
    url: String,
}

pub fn is_real() -> bool {
    std::env::var_os("PARSE_SERVER_URL").is_some()
}

/// How long a client waits for an answer that will come too late.
pub fn patience() -> Duration {
    Duration::from_secs(if is_real() { 4 } else { 1 })
}

/// How long it waits where an answer comes, from a server that has other things to do as well.
pub const UNHURRIED: Duration = Duration::from_secs(20);

impl Server {
    pub async fn start() -> Result<Self, Box<dyn std::error::Error>> {
        if let Ok(url) = std::env::var("PARSE_SERVER_URL") {
            return Ok(Self { _mock: None, url });
        }
        let mock = MockServer::builder()
            .idempotency([".*"], Duration::from_secs(300))
            .cloud_code(reference::cloud_code())
            .start()
            .await?;
        let url = mock.url().to_owned();
        let _mock = Some(mock);
        Ok(Self { _mock, url })
    }

    /// A path on which this goes wrong.
    pub async fn path(&self, patience: Duration, plan: Plan) -> std::io::Result<Path> {
        Path::to(&self.url, patience * 3, plan).await
    }

    /// A client that nothing stands in the way of.
    pub fn master(&self) -> parse_orm::Result<MasterClient> {
        client(&self.url).timeout(UNHURRIED * 3).build_master()
    }
}

/// A client of the server at the end of this URL, that tries again soon.
pub fn client(url: &str) -> ClientBuilder {
    let variable = |name, otherwise: &str| std::env::var(name).unwrap_or_else(|_| otherwise.to_owned());
    Client::builder(url)
        .app_id(variable("PARSE_APP_ID", "app"))
        .rest_key(variable("PARSE_REST_KEY", "rest"))
        .master_key(variable("PARSE_MASTER_KEY", "master"))
        .retries(policy())
        .timeout(UNHURRIED)
}

pub fn policy() -> RetryPolicy {
    RetryPolicy::default().backoff(Duration::from_millis(1), Duration::from_millis(3))
}

/// No fault, until one is told.
pub fn nothing() -> Plan {
    Plan::These(VecDeque::new())
}

/// A text that no other run has used.
pub fn unique(prefix: &str) -> String {
    use std::sync::atomic::{AtomicU64, Ordering};
    static COUNTER: AtomicU64 = AtomicU64::new(0);
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .expect("a clock after 1970");
    let count = COUNTER.fetch_add(1, Ordering::Relaxed);
    format!("{prefix}{:x}x{count}", now.as_nanos())
}

/// A server, a path to it on which nothing happens until it is told, and a client on that path.
pub struct Way {
    pub path: Path,
    pub client: Client,
    pub clean: MasterClient,
    _server: Server,
}

impl Way {
    pub async fn new(ids: bool) -> Result<Self, Box<dyn std::error::Error>> {
        Self::of(ids, UNHURRIED, policy()).await
    }

    pub async fn of(
        ids: bool,
        patience: Duration,
        policy: RetryPolicy,
    ) -> Result<Self, Box<dyn std::error::Error>> {
        let server = Server::start().await?;
        let path = server.path(patience, nothing()).await?;
        let client = client(path.url())
            .timeout(patience)
            .retries(policy)
            .request_ids(ids)
            .build()?;
        Ok(Self {
            clean: server.master()?,
            path,
            client,
            _server: server,
        })
    }

    /// These faults, to the next requests.
    pub fn then(&self, faults: impl IntoIterator<Item = Fault>) {
        self.path.then(faults);
    }

    /// Waits until the client has put its connection back.
    pub async fn idle(&self) {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }

    /// How many requests of this method there were since the last time; what a save reads back is no try.
    pub fn tries(&self, method: &str) -> usize {
        let sent = self.path.take_sent();
        sent.iter().filter(|sent| sent.method == method).count()
    }
}
