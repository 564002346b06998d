//! Work on many objects in few requests: creates, saves and deletes in batches, and transactions.
//!
//! One untyped core sends requests in chunks, several side by side (`work`). What each object contributes is
//! a `job`; the builders are thin.

mod all;
mod atomic;
mod job;
mod mixed;
mod options;
mod outcome;
mod work;

pub use all::{CreateAll, DeleteAll, SaveAll, ToCreate, ToDelete, ToSave};
pub use atomic::Atomic;
pub use mixed::{Batch, BatchOutcome, BatchResults, Ticket};
pub use options::Progress;
pub(crate) use options::{How, options};
pub use outcome::{Outcome, Results};
pub(crate) use work::{Request, Requests, Work, run};
