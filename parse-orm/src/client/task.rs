//! Work that gets on by itself.

use crate::{Error, Result};
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::runtime::Handle;
use tokio::task::JoinHandle;

/// Work in a task of its own: it gets on while nobody looks at it, on the threads that drive the connections. It is
/// given up when this is dropped.
pub(crate) struct Task<T>(JoinHandle<T>);

impl<T: Send + 'static> Task<T> {
    /// Begins; `what` has to be done within a runtime.
    pub(crate) fn begin(what: &str, work: impl Future<Output = T> + Send + 'static) -> Result<Self> {
        match Handle::try_current() {
            Ok(runtime) => Ok(Self(runtime.spawn(work))),
            Err(_) => Err(Error::Config(format!(
                "{what} has to be polled within a Tokio runtime"
            ))),
        }
    }
}

impl<T> Future for Task<T> {
    type Output = Result<T>;
    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<T>> {
        // it ends early where the runtime is shutting down
        let stopped = |stopped| Error::Config(format!("a request was given up: {stopped}"));
        Pin::new(&mut self.0).poll(context).map_err(stopped)
    }
}

impl<T> Drop for Task<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}
