//! What a subscription tells.

use chrono::{DateTime, Utc};

/// What happened to a row of a subscription: an object, or a view of it.
///
/// The server says so after it has stored the object, and looks at it then: conditions that are met are those of the
/// query, and what the asker may not read does not exist.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum LiveEvent<R> {
    /// A new row, which meets the conditions.
    Create(R),
    /// A row that did not meet the conditions, or could not be read, and now does.
    Enter {
        /// As it is.
        object: R,
        /// As it was; `None` where that could not be read.
        original: Option<R>,
    },
    /// A row was saved, and meets the conditions as before.
    Update {
        /// As it is.
        object: R,
        /// As it was; `None` where the server's own code took it away.
        original: Option<R>,
    },
    /// A row met the conditions, and no longer does.
    Leave {
        /// As it is; as it was, where it can no longer be read.
        object: R,
        /// As it was; `None` where the server's own code took it away.
        original: Option<R>,
    },
    /// A row that met the conditions was deleted: as it was.
    Delete(R),
    /// What happened for a while is not known. Read the rows again, if what you keep is to be what the server has:
    /// what happens from here on comes as events.
    Gap(Gap),
}

/// A time of which not every event is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Gap {
    /// Why.
    pub reason: GapReason,
    /// When it began, by the clock of this machine: everything before came as events.
    pub since: DateTime<Utc>,
}

/// Why events are not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum GapReason {
    /// The connection broke, and another one was made.
    Reconnected,
    /// The program took the events more slowly than they came, and what did not fit into its
    /// [capacity](crate::Subscribe::capacity) was thrown away.
    SlowConsumer {
        /// How many events.
        lost: u64,
    },
}
