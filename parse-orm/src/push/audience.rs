//! Named sets of installations.

use super::NAME;
use crate::installation::ParseInstallation;
use crate::{Error, ParseObject, QuerySet, Result};
use chrono::{DateTime, Utc};
use serde_json::Value;
use std::borrow::Borrow;

/// A set of installations under a name, which the server counts the uses of. An object like others, for the master
/// key alone.
///
/// ```
/// # use parse_orm::{prelude::*, Audience, Installation, Push}; use parse_orm_mock::MockServer;
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> parse_orm::Result<()> {
/// # let server = MockServer::start().await; let master = server.master_client();
/// let ios = query!(Installation.filter(device_type = "ios"));
/// let mut audience = Audience::new("iOS", &ios)?.create(&master).await?;
/// Push::to_audience(&audience).alert("Hello").send(&master).await?;
/// audience.refresh(&master, Unsaved::Keep).await?;
/// assert_eq!(audience.times_used, 1);
/// # Ok(()) }
/// ```
#[derive(ParseObject, Debug, Clone)]
#[parse(class_name = "_Audience", crate = crate)]
#[non_exhaustive]
pub struct Audience {
    /// The name, for people.
    pub name: String,
    /// The conditions on installations, as JSON.
    pub query: String,
    /// When a push last went to it.
    #[parse(read_only)]
    pub last_used: Option<DateTime<Utc>>,
    /// How many pushes went to it.
    #[parse(read_only, default)]
    pub times_used: i64,
}

impl Audience {
    /// The installations that the query matches, whenever a push goes to them.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a query with an order, a limit or another option.
    pub fn new<T: ParseInstallation>(
        name: impl Into<String>,
        installations: impl Borrow<QuerySet<T>>,
    ) -> Result<Self> {
        let conditions = installations.borrow().conditions_alone("an audience")?;
        Ok(Self {
            name: name.into(),
            query: conditions.to_string(),
            last_used: None,
            times_used: 0,
        })
    }

    /// The conditions as they go into a push.
    pub(super) fn conditions(&self) -> Result<Value> {
        serde_json::from_str(&self.query).map_err(|error| {
            let message = format!("the query of the audience `{}` is not JSON: {error}", self.name);
            Error::invalid(NAME, Some("query"), message)
        })
    }
}
