//! What the server keeps of a session.

use super::User;
use crate::{ParseObject, ParseValue, Pointer};
use chrono::{DateTime, Utc};

/// The row that the server keeps of a session, of the class `_Session`. To act in one is the business of
/// [`Session`](crate::Session).
///
/// A user sees the own sessions, and no others; the master key sees all. Deleting a row ends the session. The token
/// of the session is no field here: it is a secret.
///
/// ```
/// # use parse_orm::{prelude::*, SessionRecord, User}; use parse_orm_mock::MockServer;
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> parse_orm::Result<()> {
/// # let server = MockServer::start().await; let client = server.client();
/// # User::new("ann").sign_up(&client, "correct horse").await?;
/// let phone = User::log_in(&client, "ann", "correct horse").await?;
/// let this = phone.record().await?;
/// for record in query!(SessionRecord.exclude(object_id = this.id())).all(&phone).await? {
///     record.delete(&phone).await?; // logged out there
/// }
/// assert_eq!(SessionRecord::objects().count(&phone).await?, 1);
/// # Ok(()) }
/// ```
#[derive(ParseObject, Debug, Clone, PartialEq)]
#[parse(class_name = "_Session", crate = crate)]
#[non_exhaustive]
pub struct SessionRecord {
    /// Whose session it is.
    #[parse(read_only)]
    pub user: Option<Pointer<User>>,
    /// How it began.
    #[parse(read_only)]
    pub created_with: Option<CreatedWith>,
    /// When it ends by itself: a year after it began, unless the server is configured otherwise.
    #[parse(read_only)]
    pub expires_at: Option<DateTime<Utc>>,
    /// The installation that it began on.
    #[parse(read_only)]
    pub installation_id: Option<String>,
}

/// How a session began.
#[derive(ParseValue, Debug, Clone, PartialEq, Eq)]
#[parse(crate = crate)]
#[non_exhaustive]
pub struct CreatedWith {
    /// `signup`, `login`, `create` or `upgrade`.
    pub action: String,
    /// Who the user was known by: `password`, `masterkey`, or an auth provider.
    pub auth_provider: Option<String>,
}
