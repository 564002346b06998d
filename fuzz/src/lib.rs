//! What the fuzz targets do with an input: a module for each target, with a function `run` that panics where something
//! is wrong.
//!
//! This file is also the root of the test `hostile` of the package `parse-orm-tests`, which runs every target over its
//! committed corpus.

pub mod client_batch;
pub mod client_error;
pub mod client_json;
pub mod client_live_frame;
pub mod client_page;
mod everything;
pub mod mock_matcher;
pub mod mock_request;
mod mock_server;
pub mod mock_where;
pub mod query_macro;

// the macros' own modules: a crate of macros exports nothing else
#[path = "../../parse-orm-derive/src/attr.rs"]
mod attr;
#[path = "../../parse-orm-derive/src/error.rs"]
mod error;
#[allow(
    dead_code,
    unused_imports,
    reason = "what declares lookups for the editor has no input of a user's"
)]
#[path = "../../parse-orm-derive/src/expand/mod.rs"]
mod expand;
#[path = "../../parse-orm-derive/src/function.rs"]
mod function;
#[path = "../../parse-orm-derive/src/model.rs"]
mod model;
#[path = "../../parse-orm-derive/src/naming.rs"]
mod naming;
#[path = "../../parse-orm-derive/src/query/mod.rs"]
mod query;
#[path = "../../parse-orm-derive/src/types.rs"]
mod types;
#[path = "../../parse-orm-derive/src/value.rs"]
mod value;
#[path = "../../parse-orm-derive/src/view.rs"]
mod view;

#[cfg(test)]
mod cases;
#[cfg(test)]
mod corpus;
