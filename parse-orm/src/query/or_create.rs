//! The row that matches, or a new one.

use super::set::QuerySet;
use crate::object::{Draft, Object, ParseObject};
use crate::{Client, Error, ErrorCode, Result};

impl<T: ParseObject> QuerySet<T> {
    /// The only row, or a new one where there is none; with `true` where it was created. The new one is a value
    /// or a [`Draft`], with an ACL for example.
    ///
    /// ```
    /// # use parse_orm::prelude::*; use parse_orm_mock::MockServer;
    /// # #[derive(ParseObject, Clone, Debug)] struct Player { name: String, level: i64 }
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> parse_orm::Result<()> {
    /// # let server = MockServer::start().await; let client = server.client();
    /// let ann = query!(Player.filter(name = "Ann"));
    /// let new = || Player { name: "Ann".into(), level: 1 };
    /// let (player, created) = ann.get_or_create(&client, new).await?;
    /// assert!(created && player.level == 1);
    /// let (same, created) = ann.get_or_create(&client, new).await?;
    /// assert!(!created && same.id() == player.id());
    /// # Ok(()) }
    /// ```
    ///
    /// Two programs that do this at the same time both find nothing and both create, **unless the database has a
    /// unique index** on what the query asks for. With one, the server refuses the later create (code 137, or 202 and
    /// 203 for a user's name and address); the row is then read again, and is the other program's.
    ///
    /// # Errors
    /// [`Error::MultipleObjects`] when several rows match, [`Error::Invalid`] after `limit` or `skip`. The server's refusal of the create, also where the
    /// value is taken and the row still cannot be seen: the index holds another row than the query asks for, or one that
    /// this client may not read.
    pub async fn get_or_create<V: Into<Draft<T>>>(
        &self,
        client: &Client,
        value: impl FnOnce() -> V + Send,
    ) -> Result<(Object<T>, bool)> {
        if let Some(option) = self.core.window() {
            let reason = format!(
                "`get_or_create` asks whether a row matches, and with `{option}` it could miss it and create another: leave `{option}` away"
            );
            return Err(Error::invalid(T::CLASS_NAME, None, reason));
        }
        if let Some(row) = found(self.get(client).await)? {
            return Ok((row, false));
        }
        let new: Draft<T> = value().into();
        let (error, created) = match new.create(client).await {
            Err(error) if is_taken(&error) => (error, false),
            Err(error @ Error::AlreadyApplied(_)) => (error, true),
            created => return Ok((created?, true)),
        };
        let row = match found(self.get(client).await) {
            // what keeps it from being read does not undo it
            Err(_) if created => return Err(error),
            row => row?,
        };
        row.map(|row| (row, created)).ok_or(error)
    }

    /// The only row with this change, or a new one where there is none; with `true` where it was created.
    ///
    /// A row that exists is changed and saved: one PUT with what the change did to it, none where it did
    /// nothing. A new row is stored as it is.
    ///
    /// ```
    /// # use parse_orm::prelude::*; use parse_orm_mock::MockServer;
    /// # #[derive(ParseObject, Clone, Debug)] struct Player { name: String, games: i64 }
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> parse_orm::Result<()> {
    /// # let server = MockServer::start().await; let client = server.client();
    /// let ann = query!(Player.filter(name = "Ann"));
    /// for expected in [(1, true), (2, false)] {
    ///     let one_more = |player: &mut Object<Player>| player.increment_games(1);
    ///     let new = || Player { name: "Ann".into(), games: 1 };
    ///     let (player, created) = ann.update_or_create(&client, one_more, new).await?;
    ///     assert_eq!((player.games, created), expected);
    /// }
    /// # Ok(()) }
    /// ```
    ///
    /// What [`get_or_create`](Self::get_or_create) says about unique indexes holds here, too.
    ///
    /// # Errors
    /// Those of [`get_or_create`](Self::get_or_create), and of the save.
    pub async fn update_or_create<V: Into<Draft<T>>>(
        &self,
        client: &Client,
        change: impl FnOnce(&mut Object<T>) + Send,
        value: impl FnOnce() -> V + Send,
    ) -> Result<(Object<T>, bool)> {
        let (mut row, created) = self.get_or_create(client, value).await?;
        if !created {
            change(&mut row);
            row.save(client).await?;
        }
        Ok((row, created))
    }
}

/// "There is none" as a value.
fn found<T>(row: Result<Object<T>>) -> Result<Option<Object<T>>> {
    match row {
        Err(Error::DoesNotExist { .. }) => Ok(None),
        row => row.map(Some),
    }
}

/// A unique value that another row has.
fn is_taken(error: &Error) -> bool {
    matches!(
        error.code(),
        Some(ErrorCode::DuplicateValue | ErrorCode::UsernameTaken | ErrorCode::EmailTaken)
    )
}
