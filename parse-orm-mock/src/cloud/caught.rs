//! Cloud Code that panics: it has failed, as JavaScript's that throws, and the server goes on.

use std::any::Any;
use std::panic::AssertUnwindSafe;

use futures::FutureExt;

use super::CloudError;

/// Runs the application's code. What it shares with others is its own, and theirs to mend.
pub(super) async fn caught<R>(
    what: &str,
    work: impl Future<Output = Result<R, CloudError>>,
) -> Result<R, CloudError> {
    let outcome = AssertUnwindSafe(work).catch_unwind().await;
    outcome.unwrap_or_else(|panic| Err(format!("the {what} panicked: {}", said(&*panic)).into()))
}

fn said(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or_default()
}
