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
mod lookups;
mod models;
mod parameters;
mod push;
mod requests;
mod schemas;
mod users;
