//! The library on a path where everything may go wrong: nothing is lost, and nothing is done twice.
//!
//! Between a client and a mock server stands a proxy that cuts, delays, refuses and repeats (`path.rs`, `fault.rs`).
//! Where `PARSE_SERVER_URL` is set, that server takes the mock's place; it has to mind request ids.
//!
//! `PARSE_ORM_FAULTS_OPERATIONS` says how many operations the long tests do together, `PARSE_ORM_FAULTS_SEED` repeats
//! the choices of one that failed.

mod fault;
mod http;
mod lost_answers;
mod operations;
mod passing;
mod path;
#[path = "../differential/random.rs"]
mod random;
mod retry_table;
mod server;
mod truth;
mod work;
