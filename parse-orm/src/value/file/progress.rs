//! How far a file has come, and when it has stopped to come.

use futures::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// How much of a file was moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Transferred {
    /// Bytes that were moved so far.
    pub bytes: u64,
    /// How many there are in all, where that is known.
    pub total: Option<u64>,
}

pub(super) type Listener = Arc<dyn Fn(Transferred) + Send + Sync>;

/// Waits for the work as long as it moves anything within each span of this length. `None` when it did not.
pub(super) async fn while_moving<T>(
    limit: Duration,
    moved: &AtomicU64,
    work: impl Future<Output = T>,
) -> Option<T> {
    let mut work = pin!(work);
    let mut before = moved.load(Ordering::Relaxed);
    loop {
        if let Ok(done) = tokio::time::timeout(limit, &mut work).await {
            return Some(done);
        }
        let now = moved.load(Ordering::Relaxed);
        if now == before {
            return None;
        }
        before = now;
    }
}
