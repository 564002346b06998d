//! When a request is sent again, how long after, and what the answer to another try means.

use super::deadline::{earlier, late};
use super::{Client, Method, Path, Server};
use crate::{Error, ErrorCode};
use chrono::{DateTime, Utc};
use reqwest::header::{HeaderMap, RETRY_AFTER};
use std::hash::{BuildHasher as _, RandomState};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How often a request is tried, and how long the client waits in between.
///
/// A request is tried again only where that cannot do the same thing twice:
///
/// | what came of a try | reads | `PUT`, `DELETE` of an object | `POST`, `PUT` with Increment or Add | the same with a request id |
/// | --- | --- | --- | --- | --- |
/// | no connection could be made | again | again | again | again |
/// | status 429: not now | again | again | again | again |
/// | no whole answer, or a proxy's: 408, 5xx, success without JSON | again | again | never | again |
/// | an error of Parse with status 5xx | again | again | never | never |
/// | any other answer, so 101, 209, all of 4xx | never | never | never | never |
///
/// - *Reads* are GETs, and the long queries that go as a POST. The third column is also that of batches, log-ins and
///   all else that is written or called, and of changes to `_User` and `_Session`: a new password ends the session
///   that would ask again. The contents of a file are read while they are sent, and sent once.
/// - A DELETE that finds nothing (code 101) after another try of it may have reached the server has succeeded.
/// - [Request ids](crate::ClientBuilder::request_ids) are sent where the server minds them: creates and
///   updates of objects, sign-ups, functions and jobs; not for batches. It refuses the second request of an id with
///   code 159, even where the first one failed, so an error of Parse is final. See [`Error::AlreadyApplied`].
/// - All tries together take no longer than the policy's [deadline](Self::deadline), and nothing goes beyond that of the
///   [client](Client::with_deadline).
/// - The time in between doubles, up to a longest one, and is shortened by up to a half at random, so that many clients
///   do not come back at once. A `Retry-After` of the server's is kept to, in seconds or as a date, unless
///   the deadline comes first: then the failure is returned at once.
/// - Where a try may have reached the server and a later one did not, the failure of the former is returned. Where the
///   later one of a write is refused, that is [`Error::InDoubt`] with the refusal: the former may have been done.
///
/// ```
/// # use parse_orm::{Client, RetryPolicy};
/// use std::time::Duration;
///
/// let patient = RetryPolicy::default()
///     .attempts(6)
///     .backoff(Duration::from_millis(250), Duration::from_secs(10))
///     .deadline(Duration::from_secs(120));
/// let client = Client::builder("http://localhost:1337/parse").app_id("app").retries(patient).build()?;
/// let strict = Client::builder("http://localhost:1337/parse").app_id("app").retries(RetryPolicy::never()).build()?;
/// # Ok::<(), parse_orm::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "a policy does nothing until it is given to `ClientBuilder::retries`"]
pub struct RetryPolicy {
    attempts: u32,
    first: Duration,
    longest: Duration,
    deadline: Option<Duration>,
}

/// As long as a request takes with its tries, unless told.
const LONG_ENOUGH: Duration = Duration::from_secs(60);

/// Three attempts, 0.1 to 2 seconds apart, in at most 60 seconds or the client's timeout.
impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            attempts: 3,
            first: Duration::from_millis(100),
            longest: Duration::from_secs(2),
            deadline: None,
        }
    }
}

impl RetryPolicy {
    /// Nothing is sent twice.
    pub fn never() -> Self {
        Self::default().attempts(1)
    }

    /// How many tries there are at most, the first one included. 3 unless told; 0 is 1.
    pub fn attempts(mut self, attempts: u32) -> Self {
        self.attempts = attempts;
        self
    }

    /// The time before the second try, and the longest one before any. 0.1 and 2 seconds unless told.
    pub fn backoff(mut self, first: Duration, longest: Duration) -> Self {
        self.first = first;
        self.longest = longest;
        self
    }

    /// How long a request may take, all of its tries and the pauses in between together; a try that is under way then
    /// is given up, with [`Error::Deadline`]. 60 seconds unless told, and not less than the client's
    /// [timeout](crate::ClientBuilder::timeout). For the contents of a file, which are sent once, there is none. Not to be confused with the deadline of a [client](Client::with_deadline), which is a moment, and
    /// for all that is done with it.
    pub fn deadline(mut self, time: Duration) -> Self {
        self.deadline = Some(time);
        self
    }

    /// Whether there is no other try after so many.
    #[cfg(feature = "live-query")]
    pub(crate) fn is_over(&self, tried: u32, begun: Instant) -> bool {
        tried >= self.attempts || begun.elapsed() >= self.deadline.unwrap_or(LONG_ENOUGH)
    }

    /// With pauses that may grow as long as this.
    #[cfg(feature = "live-query")]
    pub(crate) fn up_to(&self, longest: Duration) -> Self {
        let longest = self.longest.max(longest);
        self.clone().backoff(self.first, longest)
    }

    /// The time before the next try, of which there were so many.
    pub(crate) fn pause(&self, tried: u32) -> Duration {
        let doubled = self.first.saturating_mul(1 << (tried - 1).min(20));
        let time = doubled.min(self.longest);
        let part = u32::try_from(random() >> 32).unwrap_or_default();
        time.mul_f64(1.0 - 0.5 * f64::from(part) / f64::from(u32::MAX))
    }
}

/// Whether a request may reach the server twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Twice {
    /// It comes to the same.
    Yes,
    /// The server refuses the second by its id.
    ById,
    No,
}

/// What came of a try, by what may be done about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Failure {
    /// Nothing reached the server.
    Unsent,
    /// Nothing was done, and another time it may be.
    NotNow,
    /// It may be done or not.
    Unanswered,
    /// The server failed at it.
    Failed,
    /// The answer is final.
    Final,
}

impl Failure {
    fn of(error: &Error) -> Self {
        match error {
            Error::Connection(failed) if failed.is_builder() => Self::Final,
            Error::Connection(failed) if failed.is_connect() => Self::Unsent,
            Error::Connection(_) => Self::Unanswered,
            // what stands before the server has no codes
            Error::Server(refused) => Self::by_status(refused.status, refused.code.is_some()),
            Error::UnexpectedAnswer { status, .. } => Self::by_status(*status, false),
            _ => Self::Final,
        }
    }

    fn by_status(status: u16, by_parse: bool) -> Self {
        match status {
            429 => Self::NotNow,
            500.. if by_parse => Self::Failed,
            // a success that is no JSON, or only the beginning of some
            200..300 | 408 | 500.. => Self::Unanswered,
            _ => Self::Final,
        }
    }

    fn permits(self, twice: Twice) -> bool {
        match self {
            Self::Unsent | Self::NotNow => true,
            Self::Unanswered => twice != Twice::No,
            Self::Failed => twice == Twice::Yes,
            Self::Final => false,
        }
    }
}

impl Client {
    /// An id for a request that could do the same thing twice; `None` where the server would not mind it.
    pub(crate) fn new_request_id(
        &self,
        method: Method,
        path: Path<'_>,
        body: Option<&[u8]>,
    ) -> Option<String> {
        let wanted = self.server.request_ids && takes_id(method, path) && !may_repeat(method, path, body);
        wanted.then(new_id)
    }
}

/// Whether the server has looked at the request itself, and said what came of it.
pub(crate) fn is_answered(error: &Error) -> bool {
    match error {
        // limits and sessions are looked at before
        Error::Server(refused) => {
            let of_request = |code| code != ErrorCode::InvalidSessionToken;
            refused.status != 429 && refused.code.is_some_and(of_request)
        }
        Error::InDoubt(cause) => is_answered(cause),
        _ => false,
    }
}

/// A request and its tries.
pub(super) struct Tries<'a> {
    policy: &'a RetryPolicy,
    method: Method,
    path: Path<'a>,
    body: Option<&'a [u8]>,
    /// The same for every try.
    pub(super) id: Option<String>,
    /// The client's.
    deadline: Option<Instant>,
    /// The policy's.
    limit: Duration,
    /// That of each try, where it is known.
    timeout: Option<Duration>,
    begun: Instant,
    tried: u32,
    /// The failure of a try that the server may have been at.
    doubt: Option<Error>,
}

/// What to do after a try.
pub(super) enum Next {
    TryAfter(Duration),
    /// An earlier try did it.
    Done,
    Fail(Error),
}

impl<'a> Tries<'a> {
    /// The request with this meaning and body, before its first try.
    pub(super) fn new(
        client: &'a Client,
        method: Method,
        path: Path<'a>,
        body: Option<&'a [u8]>,
        id: Option<String>,
    ) -> Self {
        let Server {
            retries: policy,
            timeout,
            own_http,
            ..
        } = &*client.server;
        Self {
            policy,
            method,
            path,
            body,
            id: id.or_else(|| client.new_request_id(method, path, body)),
            deadline: client.deadline,
            limit: policy.deadline.unwrap_or(LONG_ENOUGH.max(*timeout)),
            timeout: own_http.then_some(*timeout),
            begun: Instant::now(),
            tried: 0,
            doubt: None,
        }
    }

    fn twice(&self) -> Twice {
        if self.id.is_some() {
            Twice::ById
        } else if may_repeat(self.method, self.path, self.body) {
            Twice::Yes
        } else {
            Twice::No
        }
    }

    /// When the policy allows no more.
    fn end(&self) -> Option<Instant> {
        self.begun.checked_add(self.limit)
    }

    /// When the next try is over; `None` where it is over before by the timeout that each has.
    pub(super) fn until(&self) -> Option<Instant> {
        let before = |timeout| timeout <= self.limit;
        let limited = self.tried == 0 && (self.policy.deadline.is_none() || self.timeout.is_some_and(before));
        earlier(self.deadline, self.end().filter(|_| !limited))
    }

    /// The failure of a request for which there is no more time.
    pub(super) fn late(&mut self, sent: bool) -> Error {
        let by_client = self
            .deadline
            .is_some_and(|deadline| self.end().is_none_or(|end| deadline <= end));
        late(
            format!("{} {}", self.method.name(), self.path),
            (!by_client).then_some(self.limit),
            sent || self.doubt.is_some(),
            self.doubt.take(),
        )
    }

    /// What to do after a try that failed.
    pub(super) fn after(&mut self, error: Error, headers: &HeaderMap) -> Next {
        self.tried += 1;
        match error {
            Error::Server(refused)
                if self.doubt.is_some()
                    && self.method == Method::Delete
                    && refused.code == Some(ErrorCode::ObjectNotFound) =>
            {
                return Next::Done;
            }
            // nobody else has the id: where this is the first try, the network has delivered it twice, or it was sent
            // before by a save that nobody waited for
            Error::Server(refused)
                if self.id.is_some() && refused.code == Some(ErrorCode::DuplicateRequest) =>
            {
                return Next::Fail(Error::AlreadyApplied(refused));
            }
            _ => {}
        }
        let failure = Failure::of(&error);
        let pause = if self.tried < self.policy.attempts && failure.permits(self.twice()) {
            let pause = self.policy.pause(self.tried);
            let asked = retry_after(headers).unwrap_or_default();
            let end = earlier(self.deadline, self.end());
            let next = |pause: &Duration| Instant::now().checked_add(*pause);
            Some(pause.max(asked))
                .filter(|pause| next(pause).is_some_and(|next| end.is_none_or(|end| next < end)))
        } else {
            None
        };
        match (failure, pause) {
            (Failure::Unsent | Failure::NotNow, None) => Next::Fail(self.doubt.take().unwrap_or(error)),
            (Failure::Final, None) if self.doubt.is_some() && self.method != Method::Get => {
                Next::Fail(Error::InDoubt(Arc::new(error)))
            }
            (_, None) => Next::Fail(error),
            (failure, Some(pause)) => {
                tracing::debug!(
                    method = self.method.name(), path = %self.path, tried = self.tried, ?failure, ?pause, "will be tried again"
                );
                if matches!(failure, Failure::Unanswered | Failure::Failed) {
                    self.doubt = Some(error);
                }
                Next::TryAfter(pause)
            }
        }
    }
}

/// Whether doing it twice comes to the same as doing it once.
fn may_repeat(method: Method, path: Path<'_>, body: Option<&[u8]>) -> bool {
    match (method, path) {
        (Method::Get, _) => true,
        (Method::Post, _) | (_, Path::Object("_User" | "_Session", _)) => false,
        (Method::Delete, Path::Object(..)) => true,
        // as the client itself writes them: within a text the quotes would be escaped
        (Method::Put, Path::Object(..)) => body.is_none_or(|body| {
            !contains(body, br#""__op":"Increment""#) && !contains(body, br#""__op":"Add""#)
        }),
        _ => false,
    }
}

fn contains(body: &[u8], part: &[u8]) -> bool {
    body.windows(part.len()).any(|window| window == part)
}

/// Where the server minds request ids.
#[allow(clippy::unnested_or_patterns, clippy::match_same_arms, reason = "a list")]
fn takes_id(method: Method, path: Path<'_>) -> bool {
    match (method, path) {
        // a new password ends the session, which is looked at before the id
        (Method::Put, Path::Object("_User" | "_Session", _)) => false,
        (Method::Put, Path::Object(..) | Path::Named("/installations", _)) => true,
        (Method::Post, Path::Class(_) | Path::Plain("/users" | "/installations")) => true,
        (Method::Post, Path::Named("/functions" | "/jobs", _)) => true,
        _ => false,
    }
}

/// An id that no other request has: two times 64 random bits.
fn new_id() -> String {
    format!("{:016x}{:016x}", random(), random())
}

/// The standard library keeps random keys for its hash maps.
fn random() -> u64 {
    RandomState::new().hash_one(())
}

/// How long the server wants to be left alone, in seconds or until a date.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = DateTime::parse_from_rfc2822(text).ok()?;
    Some(
        (date.with_timezone(&Utc) - Utc::now())
            .to_std()
            .unwrap_or_default(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use reqwest::header::HeaderValue;

    fn headers(retry_after: &str) -> HeaderMap {
        let value = HeaderValue::from_str(retry_after).unwrap();
        HeaderMap::from_iter([(RETRY_AFTER, value)])
    }

    fn page(status: u16) -> Error {
        let excerpt = String::new();
        Error::UnexpectedAnswer { status, excerpt }
    }

    fn client(policy: RetryPolicy) -> Client {
        let builder = Client::builder("http://localhost/parse").app_id("app");
        builder.retries(policy).build().unwrap()
    }

    fn read(client: &Client) -> Tries<'_> {
        Tries::new(client, Method::Get, Path::Class("A"), None, None)
    }

    #[test]
    fn a_retry_after_is_seconds_or_a_date() {
        assert_eq!(retry_after(&headers("120")), Some(Duration::from_secs(120)));
        assert_eq!(
            retry_after(&headers("Sun, 06 Nov 1994 08:49:37 GMT")),
            Some(Duration::ZERO)
        );
        let far = retry_after(&headers("Fri, 01 Jan 2100 00:00:00 GMT")).unwrap();
        assert!(far > Duration::from_secs(1_000_000_000));
        for wrong in ["soon", "-1", "1.5", ""] {
            assert_eq!(retry_after(&headers(wrong)), None, "{wrong}");
        }
        assert_eq!(retry_after(&HeaderMap::new()), None);
    }

    #[test]
    fn row_58_a_retry_after_is_kept_to() {
        let policy = client(RetryPolicy::default());
        for (status, asked) in [(429, "7"), (503, "7")] {
            match read(&policy).after(page(status), &headers(asked)) {
                Next::TryAfter(pause) => assert_eq!(pause, Duration::from_secs(7)),
                _ => panic!("not tried again"),
            }
        }
        // longer than there is time
        assert!(matches!(
            read(&policy).after(page(503), &headers("61")),
            Next::Fail(_)
        ));
        // longer than any time there is
        assert!(matches!(
            read(&policy).after(page(503), &headers(&u64::MAX.to_string())),
            Next::Fail(_)
        ));
        // shorter than the pause itself
        let slow = RetryPolicy::default().backoff(Duration::from_secs(4), Duration::from_secs(9));
        let slow = client(slow);
        match read(&slow).after(page(503), &headers("1")) {
            Next::TryAfter(pause) => assert!(pause >= Duration::from_secs(2)),
            _ => panic!("not tried again"),
        }
    }

    #[test]
    fn a_try_is_limited_by_what_comes_first() {
        let (short, long) = (Duration::from_secs(30), Duration::from_secs(90));
        let client = |timeout, policy| {
            let builder = Client::builder("http://localhost/parse").app_id("app");
            builder.timeout(timeout).retries(policy).build().unwrap()
        };
        let ends = |client: &Client, tried| {
            let mut tries = read(client);
            tries.tried = tried;
            tries.until().map(|until| (until - tries.begun).as_secs())
        };
        // the first try has a timeout of its own, which says more; later ones have what is left
        let usual = client(short, RetryPolicy::default());
        assert_eq!((ends(&usual, 0), ends(&usual, 1)), (None, Some(60)));
        let slow = client(long, RetryPolicy::default());
        assert_eq!((ends(&slow, 0), ends(&slow, 1)), (None, Some(90)));
        let equal = client(short, RetryPolicy::default().deadline(short));
        assert_eq!((ends(&equal, 0), ends(&equal, 1)), (None, Some(30)));
        let hasty = client(long, RetryPolicy::default().deadline(short));
        assert_eq!((ends(&hasty, 0), ends(&hasty, 1)), (Some(30), Some(30)));
        // an HTTP client of the program's own: its timeouts are not known
        let builder = Client::builder("http://localhost/parse").app_id("app");
        let builder = builder.timeout(short).http_client(usual.server.http.clone());
        let foreign = builder
            .retries(RetryPolicy::default().deadline(short))
            .build()
            .unwrap();
        assert_eq!((ends(&foreign, 0), ends(&foreign, 1)), (Some(30), Some(30)));
        // the client's own deadline
        let soon = Instant::now() + Duration::from_secs(10);
        assert_eq!(read(&usual.with_deadline(soon)).until(), Some(soon));
        let patient = usual.with_deadline(soon + long);
        assert_eq!(
            (read(&patient).until(), ends(&patient, 1)),
            (Some(soon + long), Some(60))
        );
    }

    #[test]
    fn row_58_pauses_double_and_differ() {
        let (first, longest) = (Duration::from_millis(100), Duration::from_millis(350));
        let policy = RetryPolicy::default().backoff(first, longest);
        for (tried, full) in [(1, 100), (2, 200), (3, 350), (40, 350), (u32::MAX, 350)] {
            let full = Duration::from_millis(full);
            let pauses: Vec<_> = (0..50).map(|_| policy.pause(tried)).collect();
            assert!(
                pauses.iter().all(|pause| *pause >= full / 2 && *pause <= full),
                "{pauses:?}"
            );
            assert!(
                pauses.iter().any(|pause| *pause != pauses[0]),
                "the same for everybody"
            );
        }
        let none = RetryPolicy::default().backoff(Duration::ZERO, Duration::ZERO);
        assert_eq!(none.pause(1), Duration::ZERO);
    }

    #[test]
    fn row_6_no_two_ids_are_the_same() {
        let ids: std::collections::HashSet<_> = (0..10_000).map(|_| new_id()).collect();
        assert_eq!(ids.len(), 10_000);
    }

    #[test]
    fn row_58_what_a_put_does_twice() {
        let object = Path::Object("GameScore", "a");
        for (body, repeatable) in [
            (r#"{"score":1}"#, true),
            (r#"{"score":{"__op":"Delete"}}"#, true),
            (r#"{"skills":{"__op":"AddUnique","objects":["a"]}}"#, true),
            (r#"{"skills":{"__op":"Remove","objects":["a"]}}"#, true),
            (
                r#"{"fans":{"__op":"Batch","ops":[{"__op":"AddRelation","objects":[]}]}}"#,
                true,
            ),
            (r#"{"name":"{\"__op\":\"Increment\"}"}"#, true),
            (r#"{"score":{"__op":"Increment","amount":1}}"#, false),
            (r#"{"a":1,"skills":{"__op":"Add","objects":["a"]}}"#, false),
        ] {
            let repeats = |path| may_repeat(Method::Put, path, Some(body.as_bytes()));
            assert_eq!(repeats(object), repeatable, "{body}");
            // a new password ends the session that would ask again
            assert!(!repeats(Path::Object("_User", "a")));
            assert!(!repeats(Path::Plain("/config")));
        }
    }
}
