//! The ready-made user.

use crate::ParseObject;

/// A user, for programs that need no fields of their own. Any other model with the class name `_User` is one as
/// well: see [`ParseUser`](crate::ParseUser).
///
/// ```
/// # use parse_orm::{prelude::*, User}; use parse_orm_mock::MockServer;
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> parse_orm::Result<()> {
/// # let server = MockServer::start().await; let client = server.client();
/// let ann = User::new("ann").sign_up(&client, "correct horse").await?;
/// assert_eq!(ann.user().username, "ann");
/// # Ok(()) }
/// ```
#[derive(ParseObject, Debug, Clone, Default, PartialEq, Eq)]
#[parse(class_name = "_User", crate = crate)]
#[non_exhaustive]
pub struct User {
    /// The name to log in by, unique without regard to case. Chosen by the server for one who logs in otherwise.
    pub username: String,
    /// The address for mails, unique as well. The server shows it to nobody but the user.
    pub email: Option<String>,
    /// True when the user has shown that the address is theirs. The server's business.
    #[parse(read_only)]
    pub email_verified: Option<bool>,
}

impl User {
    /// A user with this name.
    pub fn new(username: impl Into<String>) -> Self {
        Self {
            username: username.into(),
            ..Self::default()
        }
    }
}
