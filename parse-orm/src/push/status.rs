//! What became of a push.

use crate::ParseObject;
use serde_json::Value;
use std::collections::HashMap;

/// A push that was sent or will be; an object like others, but only the server writes it and only the master key
/// reads it.
///
/// ```
/// # use parse_orm::{prelude::*, Push, PushStatus}; use parse_orm_mock::MockServer;
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> parse_orm::Result<()> {
/// # let server = MockServer::start().await; let master = server.master_client();
/// let push = Push::to_channels(["Giants"]).alert("They won!").send(&master).await?;
/// let status = push.fetch(&master).await?;
/// assert_eq!(status.source, "rest");
///
/// let failed = query!(PushStatus.filter(status = "failed").order_by(-created_at));
/// assert_eq!(failed.count(&master).await?, 0);
/// # Ok(()) }
/// ```
#[derive(ParseObject, Debug, Clone)]
#[parse(class_name = "_PushStatus", crate = crate)]
#[non_exhaustive]
pub struct PushStatus {
    /// `pending`, `scheduled`, `running`, and in the end `succeeded` or `failed`.
    #[parse(read_only)]
    pub status: String,
    /// When it goes out, as ISO 8601; without a `Z` at the end it is in each device's own time.
    #[parse(read_only)]
    pub push_time: String,
    /// Where it came from: `rest`.
    #[parse(read_only)]
    pub source: String,
    /// The conditions on installations, as JSON.
    #[parse(read_only)]
    pub query: String,
    /// The data of the push, as JSON.
    #[parse(read_only)]
    pub payload: String,
    /// How many installations it went to.
    #[parse(read_only, default)]
    pub num_sent: i64,
    /// For how many it failed.
    #[parse(read_only, default)]
    pub num_failed: i64,
    /// Of `num_sent`, how many of each device type.
    #[parse(read_only, default)]
    pub sent_per_type: HashMap<String, i64>,
    /// Of `num_failed`, how many of each device type.
    #[parse(read_only, default)]
    pub failed_per_type: HashMap<String, i64>,
    /// Why it failed as a whole.
    #[parse(read_only)]
    pub error_message: Option<Value>,
    /// A hash of the alert: the same for pushes with the same text.
    #[parse(read_only)]
    pub push_hash: Option<String>,
    /// When it expires, in milliseconds since 1970.
    #[parse(read_only)]
    pub expiry: Option<i64>,
    /// How long after its time it expires, in seconds.
    #[parse(read_only, rename = "expiration_interval")]
    pub expiration_interval: Option<i64>,
    /// How many batches of installations are still to be sent to.
    #[parse(read_only)]
    pub count: Option<i64>,
}

impl PushStatus {
    /// True when the server is done with it, well or not.
    pub fn is_done(&self) -> bool {
        matches!(&*self.status, "succeeded" | "failed")
    }
}
