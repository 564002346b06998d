//! Files beside the database: their contents, in memory or on disk, and the rules for them.

pub(crate) mod rules;
mod spool;
pub(crate) mod types;

use serde_json::{Map, Value};

pub(crate) use spool::{Contents, Spool};

/// A file as it is kept.
#[derive(Debug, Clone)]
pub(crate) struct Kept {
    pub(crate) contents: Contents,
    pub(crate) metadata: Map<String, Value>,
}
