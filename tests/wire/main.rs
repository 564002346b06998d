//! What travels, to the letter: the parameters of queries, the bodies of creates and updates, headers.
#![allow(
    clippy::needless_borrows_for_generic_args,
    reason = "that lookups take borrowed values too is tested"
)]

mod aggregates;
mod batches;
mod bodies;
mod bounds;
mod conditions;
mod live;
#[allow(dead_code, reason = "shared with the tests end to end")]
#[path = "../e2e/live_server.rs"]
mod live_server;
mod lookups;
mod models;
mod parameters;
mod push;
mod requests;
mod schemas;
mod users;
