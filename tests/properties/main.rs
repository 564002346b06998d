//! What holds for any input: properties, tried on random cases against the mock server.

mod bulk;
mod changes;
mod encoding;
mod graphs;
mod round_trips;
mod runtime;
mod text_lookups;
mod trees;
