//! What became of each object.

use crate::error::{BatchError, BatchFailure};
use crate::{Error, Result};

/// The results of work on many objects: one for each, in the order in which they were given.
///
/// What succeeded is done on the server, whatever happened to the others. All of them or an error:
/// `client.create_all(&values).await.into_result()?`.
///
/// ```
/// # use parse_orm::prelude::*; use parse_orm_mock::MockServer;
/// # #[derive(ParseObject, Clone, Debug)] struct GameScore { score: i64 }
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> parse_orm::Result<()> {
/// # let server = MockServer::start().await; let client = server.client();
/// let scores = [GameScore { score: 1 }, GameScore { score: 1 << 60 }, GameScore { score: 3 }];
/// let outcome = client.create_all(&scores).await;
/// for failure in outcome.failed() {
///     assert_eq!((failure.index, failure.class_name), (1, "GameScore")); // beyond 2^53: not sent
/// }
/// let created: Vec<_> = outcome.into_iter().flatten().collect();
/// assert_eq!(created.len(), 2);
/// # Ok(()) }
/// ```
#[derive(Debug)]
#[must_use = "an outcome may hold failures: see `failed`, or `into_result()?` for all or an error"]
pub struct Outcome<R> {
    results: Vec<Result<R, BatchFailure>>,
}

impl<R> Outcome<R> {
    pub(super) fn new(results: Vec<Result<R, BatchFailure>>) -> Self {
        Self { results }
    }

    /// How many objects there were.
    pub fn len(&self) -> usize {
        self.results.len()
    }

    /// True when there was no object at all.
    pub fn is_empty(&self) -> bool {
        self.results.is_empty()
    }

    /// The objects that failed: which, and why.
    pub fn failed(&self) -> impl Iterator<Item = &BatchFailure> {
        self.results.iter().filter_map(|result| result.as_ref().err())
    }

    /// Every result, if there was no failure.
    ///
    /// # Errors
    /// [`Error::Batch`] names each object that failed. The others are done on the server all the same;
    /// iterate over the outcome to keep their results.
    pub fn into_result(self) -> Result<Vec<R>> {
        let total = self.results.len();
        let (mut all, mut failures) = (Vec::with_capacity(total), Vec::new());
        for result in self.results {
            match result {
                Ok(result) => all.push(result),
                Err(failure) => failures.push(failure),
            }
        }
        if failures.is_empty() {
            return Ok(all);
        }
        Err(Error::Batch(Box::new(BatchError { failures, total })))
    }

    /// With what each object that succeeded has become.
    pub(super) fn with<J, S>(
        self,
        jobs: impl IntoIterator<Item = J>,
        become_of: impl Fn(J, usize) -> Result<S, BatchFailure>,
    ) -> Outcome<S> {
        let results = self.results.into_iter().zip(jobs).enumerate();
        Outcome::new(
            results
                .map(|(index, (result, job))| result.and_then(|_| become_of(job, index)))
                .collect(),
        )
    }
}

impl<R> Outcome<Option<R>> {
    /// Takes one result out.
    pub(super) fn take(&mut self, index: usize) -> Option<Result<Option<R>>> {
        let result = std::mem::replace(self.results.get_mut(index)?, Ok(None));
        Some(result.map_err(|failure| failure.error))
    }
}

/// Each result, in the order of the objects.
impl<R> IntoIterator for Outcome<R> {
    type Item = Result<R>;
    type IntoIter = Results<R>;
    fn into_iter(self) -> Results<R> {
        Results(self.results.into_iter())
    }
}

/// The results of an [`Outcome`], one after the other.
#[derive(Debug)]
pub struct Results<R>(std::vec::IntoIter<Result<R, BatchFailure>>);

impl<R> Iterator for Results<R> {
    type Item = Result<R>;
    fn next(&mut self) -> Option<Result<R>> {
        Some(self.0.next()?.map_err(|failure| failure.error))
    }
    fn size_hint(&self) -> (usize, Option<usize>) {
        self.0.size_hint()
    }
}

impl<R> ExactSizeIterator for Results<R> {}
