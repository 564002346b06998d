//! Until when work may take: the deadline of a client.

use super::{Client, MasterClient};
use crate::error::DeadlineError;
use crate::{Error, Result};
use std::pin::{Pin, pin};
use std::time::{Duration, Instant};

impl Client {
    /// The same server and user, for work that is over by then: whatever is done with this client, be it one request
    /// or a thousand, their tries and the pauses in between.
    ///
    /// What comes too late fails with [`Error::Deadline`](crate::Error::Deadline), which says whether the server may
    /// have been asked. Of a batch, the objects of a request that was under way are
    /// [in doubt](crate::Error::InDoubt), those that were not sent [untouched](crate::Error::Untouched). Files and
    /// streams of rows end in the middle; a [`Cursor`](crate::Cursor) goes on there with another client.
    ///
    /// [What is left](crate::unanswered) of a request that was given up is the same as of any other that is not answered.
    ///
    /// A client that has an earlier deadline keeps it. A [`Session`](crate::Session) that begins has none, and neither
    /// has a subscription once it is made. Beside the deadline stay the limits of each single request:
    /// [`timeout`](crate::ClientBuilder::timeout) and [`RetryPolicy::deadline`](crate::RetryPolicy::deadline).
    ///
    /// ```
    /// # use parse_orm::prelude::*; use parse_orm_mock::{Fault, MockServer};
    /// # #[derive(ParseObject, Clone, Debug)] struct GameScore { score: i64 }
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> parse_orm::Result<()> {
    /// # let server = MockServer::start().await; let client = server.client();
    /// # GameScore { score: 1 }.create(&client).await?;
    /// use std::time::{Duration, Instant};
    ///
    /// // as much as the program's own caller will wait
    /// let hurried = client.with_deadline(Instant::now() + Duration::from_millis(200));
    /// let mut score = GameScore::objects().get(&hurried).await?;
    /// score.score = 2;
    /// # server.fail(Fault::delay(Duration::from_secs(60)));
    /// match score.save(&hurried).await {
    ///     Err(Error::Deadline(late)) => assert!(late.sent && score.is_dirty()), // it may be saved or not
    ///     _ => panic!("the server has slept"),
    /// }
    /// # Ok(()) }
    /// ```
    #[must_use = "this returns a new client and leaves the old one as it is"]
    pub fn with_deadline(&self, deadline: Instant) -> Self {
        let mut client = self.clone();
        client.deadline = earlier(self.deadline, Some(deadline));
        client
    }

    pub(crate) fn without_deadline(&self) -> Self {
        let mut client = self.clone();
        client.deadline = None;
        client
    }

    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.deadline
    }

    pub(crate) fn is_late(&self) -> bool {
        self.deadline.is_some_and(|deadline| deadline <= Instant::now())
    }

    /// Waits for what is no request itself, as long as the deadline allows.
    pub(crate) async fn in_time<T>(
        &self,
        what: impl FnOnce() -> String,
        work: impl Future<Output = T>,
    ) -> Result<T> {
        if self.is_late() {
            return Err(late(what(), None, false, None));
        }
        let done = by(self.deadline, pin!(work)).await;
        done.ok_or_else(|| late(what(), None, true, None))
    }
}

impl MasterClient {
    /// As [`Client::with_deadline`].
    #[must_use = "this returns a new client and leaves the old one as it is"]
    pub fn with_deadline(&self, deadline: Instant) -> Self {
        Self(self.0.with_deadline(deadline))
    }
}

/// The first of the two, where there are any.
pub(super) fn earlier(a: Option<Instant>, b: Option<Instant>) -> Option<Instant> {
    a.into_iter().chain(b).min()
}

/// What comes of this, unless it takes longer. It is pinned where it is: a future that is moved is held twice.
pub(crate) async fn by<T>(deadline: Option<Instant>, work: Pin<&mut impl Future<Output = T>>) -> Option<T> {
    match deadline {
        // no timer where there is nothing to wait for
        None => Some(work.await),
        Some(deadline) => tokio::time::timeout_at(deadline.into(), work).await.ok(),
    }
}

/// Why this was given up.
pub(crate) fn late(request: String, policy: Option<Duration>, sent: bool, earlier: Option<Error>) -> Error {
    Error::Deadline(Box::new(DeadlineError {
        request,
        policy,
        sent,
        earlier: earlier.map(Box::new),
    }))
}
