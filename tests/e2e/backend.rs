//! Which server a test talks to, and values that no other test has used.

#[path = "../../parse-orm-mock/tests/reference/mod.rs"]
mod reference;

use parse_orm::prelude::*;
use parse_orm_mock::MockServer;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

/// What a test may return.
pub type Outcome = Result<(), Box<dyn std::error::Error>>;

/// A server to test against. The mock lives as long as this does.
pub struct Backend {
    server: Option<MockServer>,
    client: Client,
    master: MasterClient,
    run: String,
}

/// The server of this run: the one that `PARSE_SERVER_URL` names, or a mock of the test's own.
pub async fn backend() -> Backend {
    if std::env::var_os("PARSE_SERVER_URL").is_none() {
        return mock().await;
    }
    Backend {
        server: None,
        client: Client::from_env().expect("a client by the environment"),
        master: MasterClient::from_env().expect("a master client by the environment"),
        run: unique("run"),
    }
}

async fn mock() -> Backend {
    // what the real server of the tests has
    let server = MockServer::builder()
        .auth_provider("fakeauth", |data| data["token"] == "good")
        .cloud_code(reference::cloud_code());
    let server = server.start().await.expect("a mock server");
    Backend {
        client: server.client(),
        master: server.master_client(),
        run: unique("run"),
        server: Some(server),
    }
}

/// What a parse-server on PostgreSQL gets wrong or cannot do. The documented behaviour is MongoDB's, and the
/// mock's: a test of such a thing runs on the mock in every run.
#[derive(Debug, Clone, Copy)]
pub enum PostgresCannot {
    /// A scalar beside an array field is a 500; only `$in` asks for membership.
    CompareAnArrayWithAnElement,
    /// `$in`, `$nin` and `$ne` with dates are a 500.
    ListDates,
    /// `$in` and `$exists` on a dotted key match nothing, and `{"$ne": null}` does not work there.
    LookIntoEmbeddedObjects,
    /// `$nin` and `$nor` are SQL's `NOT`, which is never true of a missing value.
    NegateMissingFields,
    /// `{"$in": []}`, and a sub-query that finds nothing, match the rows without the field instead of none.
    ListNothing,
    /// `Add` keeps the elements as a set without an order, and duplicates may go.
    KeepTheOrderOfAdded,
    /// Rows without the field come last in ascending order, where MongoDB has them first.
    OrderMissingFirst,
    /// A text lookup does not find quoted text that holds line breaks, `\E`, or characters beyond the first
    /// 65,536, such as emoji.
    QuoteEveryText,
    /// An update of a Bytes field is refused (119); only a create takes one.
    ChangeBytes,
    /// Adding to a null gives the amount, where MongoDB refuses.
    RefuseToAddToNull,
    /// A field that no row ever had cannot be asked for: 500.
    AskForUnknownFields,
    /// An aggregation knows a few stages, only `=`, `<` and `>` in its conditions, and no order by a group's key.
    AggregateBeyondTheBasics,
    /// A search for several words is a 500, and neither case nor diacritics are options.
    SearchAsMongoDb,
    /// The order by the text score takes a field `score` of the model's own instead.
    OrderByTwoScores,
    /// `$all` of beginnings counts elements: two that begin with one text count twice.
    LookForSeveralBeginnings,
    /// Null and missing are the same.
    TellNullFromMissing,
}

/// The mock, for what the real server's database cannot do.
pub async fn mock_because_postgres_cannot(_reason: PostgresCannot) -> Backend {
    mock().await
}

impl Backend {
    /// A client without special rights.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// A client with the master key.
    pub fn master(&self) -> &MasterClient {
        &self.master
    }

    /// The URL of the API.
    pub fn url(&self) -> String {
        match &self.server {
            Some(server) => server.url().into(),
            None => std::env::var("PARSE_SERVER_URL").expect("a URL in the environment"),
        }
    }

    /// The application id of the server.
    pub fn app_id(&self) -> String {
        match &self.server {
            Some(server) => server.app_id().into(),
            None => std::env::var("PARSE_APP_ID").expect("an application id in the environment"),
        }
    }

    /// A text that marks the rows of this test: a used database holds the rows of earlier runs.
    pub fn run(&self) -> String {
        self.run.clone()
    }

    /// The mock, where it is one: for what only a witness can tell.
    pub fn server(&self) -> Option<&MockServer> {
        self.server.as_ref()
    }
}

/// A value that no test, and no earlier run, has used.
pub fn unique(prefix: &str) -> String {
    static COUNTER: AtomicU64 = AtomicU64::new(0);
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .expect("a clock after 1970");
    let count = COUNTER.fetch_add(1, Ordering::Relaxed);
    format!("{prefix}-{}-{:x}-{count}", std::process::id(), now.as_nanos())
}

/// Sorted, because neither rows without an order nor a PostgreSQL array after `Add` have one to rely on.
pub fn sorted<T: Ord>(values: impl IntoIterator<Item = T>) -> Vec<T> {
    let mut values: Vec<T> = values.into_iter().collect();
    values.sort();
    values
}
