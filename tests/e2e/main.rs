//! The library end to end, through its public API only.
//!
//! Against the mock server, one for each test; or, where `PARSE_SERVER_URL` is set, the same tests against that
//! server. See `backend.rs`.

mod backend;
mod client;
mod error_shapes;
mod errors;
mod included;
mod keeping;
mod lookups;
mod lookups_text;
mod models;
mod objects;
mod operations;
mod paging;
mod pointers;
mod queries;
mod relations;
mod secrets;
mod staged_answers;
mod traversal;
mod values;
mod values_refused;
