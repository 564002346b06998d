//! The library end to end, through its public API only.
//!
//! Against the mock server, one for each test; or, where `PARSE_SERVER_URL` is set, the same tests against that
//! server. See `backend.rs`.
#![allow(
    clippy::needless_borrows_for_generic_args,
    reason = "that lookups take borrowed values too is tested"
)]

mod acls;
mod aggregates;
mod atomic;
mod auth_data;
mod backend;
mod bulk;
mod bulk_new_objects;
mod cancelling;
mod client;
mod cloud_code;
mod config;
mod contradictions;
mod cursors;
mod deadlines;
mod deletes;
mod embedded;
mod error_shapes;
mod errors;
mod file_transfers;
mod files;
mod included;
mod installations;
mod keeping;
mod live_connection;
mod live_events;
mod live_matching;
mod live_protocol;
mod live_server;
mod local_state;
mod lookups;
mod lookups_arrays;
mod lookups_geo;
mod lookups_search;
mod lookups_text;
mod mails;
mod models;
mod new_objects;
mod objects;
mod operations;
mod options;
mod or_create;
mod other_hosts;
mod own_server;
mod paging;
mod plain_http;
mod pointers;
mod prefetch;
mod printed;
mod push;
mod queries;
#[path = "../differential/random.rs"]
mod random;
mod raw;
mod readme;
mod relation_lookups;
mod relations;
mod retries;
mod roles;
mod scans;
mod schemas;
mod secrets;
mod security;
mod server_side;
mod sessions;
#[path = "../../parse-orm-mock/tests/socket/mod.rs"]
mod socket;
mod staged_answers;
mod streams;
mod subqueries;
mod traversal;
mod triggers;
mod updates;
mod users;
mod values;
mod values_refused;
mod views;
mod webhooks;
#[path = "../../parse-orm-mock/tests/wire/mod.rs"]
mod wire;
