//! How work on many objects is cut up, and how it tells of its progress.

use std::fmt;
use std::sync::Arc;

/// How far work on many objects has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Progress {
    /// Objects that are done.
    pub done: u64,
    /// Objects that were refused, or whose outcome is in doubt.
    pub failed: u64,
    /// How many objects there are; `None` while the server has not yet named all of them.
    pub total: Option<u64>,
}

type Listener<'a> = Arc<dyn Fn(Progress) + Send + Sync + 'a>;

/// The options of work on many objects.
#[derive(Clone)]
pub(crate) struct How<'a> {
    pub(crate) chunk: usize,
    pub(crate) concurrency: usize,
    pub(crate) listener: Option<Listener<'a>>,
}

impl Default for How<'_> {
    fn default() -> Self {
        Self {
            chunk: 50,
            concurrency: 4,
            listener: None,
        }
    }
}

impl How<'_> {
    pub(crate) fn tell(&self, progress: Progress) {
        if let Some(listener) = &self.listener {
            listener(progress);
        }
    }
}

impl fmt::Debug for How<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("How")
            .field("chunk", &self.chunk)
            .field("concurrency", &self.concurrency)
            .finish_non_exhaustive()
    }
}

/// The setters of the options, for a builder with a field `how`.
macro_rules! options {
    ($how:lifetime) => {
        /// This many objects in one request, instead of 50: fewer for a server with a lower
        /// `batchRequestLimit`, or for objects that are costly to write; more for small ones. The server itself
        /// has no limit of 50.
        pub fn chunk_size(mut self, objects: usize) -> Self {
            self.how.chunk = objects.max(1);
            self
        }

        /// This many requests at once, instead of 4. With 1 they go one after the other.
        pub fn concurrency(mut self, requests: usize) -> Self {
            self.how.concurrency = requests.max(1);
            self
        }

        /// Calls this whenever a request was answered, and at the end.
        pub fn on_progress(mut self, listener: impl Fn($crate::Progress) + Send + Sync + $how) -> Self {
            self.how.listener = Some(std::sync::Arc::new(listener));
            self
        }
    };
}
pub(crate) use options;
