//! One server and one runtime for all cases: a client's connections belong to the runtime that made them.

use parse_orm::Client;
use parse_orm_mock::MockServer;
use proptest::test_runner::{Config, TestCaseError};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

/// This many cases, unless `PROPTEST_CASES` says otherwise; failures are not written to files.
pub fn cases(cases: u32) -> Config {
    let default = Config::default();
    Config {
        cases: if std::env::var_os("PROPTEST_CASES").is_some() {
            default.cases
        } else {
            cases
        },
        failure_persistence: None,
        ..default
    }
}

fn runtime() -> &'static tokio::runtime::Runtime {
    static RUNTIME: OnceLock<tokio::runtime::Runtime> = OnceLock::new();
    RUNTIME.get_or_init(|| tokio::runtime::Runtime::new().expect("a runtime"))
}

/// A server for one property, with a client.
pub fn server() -> (MockServer, Client) {
    let server = runtime().block_on(MockServer::start());
    let client = server.client();
    (server, client)
}

/// Runs one case; its errors fail the case.
pub fn run<T>(case: impl Future<Output = Result<T, TestCaseError>>) -> Result<T, TestCaseError> {
    runtime().block_on(case)
}

/// An error of the library as the failure of a case.
pub fn failed(error: parse_orm::Error) -> TestCaseError {
    TestCaseError::fail(format!("{error:?}"))
}

/// A value that no other case has used.
pub fn unique() -> String {
    static COUNTER: AtomicU64 = AtomicU64::new(0);
    format!("case {}", COUNTER.fetch_add(1, Ordering::Relaxed))
}
