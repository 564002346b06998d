//! A Parse Server for tests: in this process, in memory, nothing to install.
//!
//! [`MockServer`] answers HTTP as parse-server 9.10 on MongoDB does: keys, classes, objects, atomic
//! operations, queries, includes, aggregates, batches and transactions, with the real error codes and
//! messages. Users, sessions and roles are there, and who may do what is enforced: ACLs, class-level
//! permissions, protected fields, private users. It is a *witness* of the protocol: it shares no code with the
//! client it is used to test, and its answers are checked against recorded answers of the real server.
//!
//! ```
//! # let runtime = tokio::runtime::Builder::new_current_thread().build()?;
//! # runtime.block_on(async {
//! use parse_orm_mock::MockServer;
//!
//! let server = MockServer::start().await;
//! assert!(server.url().ends_with("/parse"));
//! assert_eq!(server.app_id(), "app");
//! assert!(server.requests().is_empty());
//!
//! let strict = MockServer::builder().mount_path("/").allow_client_class_creation(false).start().await?;
//! assert_eq!(strict.url(), format!("http://127.0.0.1:{}", strict.port()));
//! # Ok::<(), std::io::Error>(())
//! # })?;
//! # Ok::<(), std::io::Error>(())
//! ```
//!
//! The crate is also a program, `parse-orm-mock --port 1337`, behind the feature `cli`: for tests in other languages. Its
//! `--help` says which of the options here it knows.
//!
//! # Not imitated
//!
//! Password policies. Objects compare without regard to the order of their keys, which MongoDB minds. In
//! `/aggregate` the rarer stages and operators: they are refused with code 108.
#![forbid(unsafe_code)]
#![deny(missing_docs)]
#![allow(
    clippy::doc_markdown,
    reason = "MongoDB, PostgreSQL and LiveQuery are names in prose, not code"
)]

mod access;
mod aggregate;
#[cfg(feature = "client")]
mod client;
mod clock;
mod cloud;
mod faults;
mod files;
mod fixtures;
mod http;
mod idempotency;
#[cfg(feature = "__internals")]
#[doc(hidden)]
pub mod internals;
mod json_error;
mod keys;
mod live;
mod number;
mod operations;
mod options;
mod push;
mod query;
mod redacted;
mod refusal;
mod rooms;
mod server;
mod state;
mod store;
mod user;
mod value;
mod write;

pub use cloud::{Caller, CloudCode, CloudError, FunctionCall, JobCall, TriggerCall, Validator};
pub use faults::Fault;
pub use fixtures::FixtureError;
pub use live::LiveSubscription;
pub use push::DeliveredPush;
pub use rooms::operations::TrackedEvent;
pub use server::{MockServer, MockServerBuilder};
pub use state::RecordedRequest;
pub use user::mail::{Mail, MailKind};
