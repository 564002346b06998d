//! The journal of a transaction: what to undo, last change first, when it does not come to its end.

use std::sync::Arc;

use super::Row;

/// How to take one change back.
#[derive(Debug)]
pub(super) enum Undo {
    Remove {
        class: String,
        id: String,
    },
    Replace {
        class: String,
        id: String,
        row: Arc<Row>,
    },
    /// At its old place: the order of insertion is the order of a query without `order`.
    PutBack {
        class: String,
        id: String,
        place: u64,
        row: Arc<Row>,
    },
    Unrelate(Member),
    Relate(Member, usize),
}

/// One entry of a join table.
#[derive(Debug, Clone)]
pub(super) struct Member {
    pub(super) class: String,
    pub(super) key: String,
    pub(super) owner: String,
    pub(super) related: String,
}

impl Member {
    pub(super) fn new(class: &str, key: &str, owner: &str, related: &str) -> Self {
        Self {
            class: class.to_owned(),
            key: key.to_owned(),
            owner: owner.to_owned(),
            related: related.to_owned(),
        }
    }
}
