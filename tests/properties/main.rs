//! What holds for any input: properties, tried on random cases against the mock server.

mod bulk;
mod changes;
mod encoding;
mod graphs;
mod json;
mod json_written;
mod live;
#[allow(dead_code, reason = "shared with the tests end to end")]
#[path = "../e2e/live_server.rs"]
mod live_server;
mod round_trips;
mod runtime;
mod text_lookups;
mod trees;
