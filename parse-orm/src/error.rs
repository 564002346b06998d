//! What can go wrong, as a program can act on it.

use crate::value::ObjectId;
use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;

/// The result of everything that talks to a server.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Everything that can go wrong.
///
/// No variant ever holds a key, a password or a session token.
///
/// ```
/// # use parse_orm::{Error, ErrorCode, ServerError};
/// # fn f(error: Error) -> &'static str {
/// match &error {
///     Error::DoesNotExist { .. } => "gone",
///     Error::Server(refused) if refused.code == Some(ErrorCode::DuplicateValue) => "taken",
///     Error::Connection(_) => "try again",
///     _ => "report it",
/// }
/// # }
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The server answered with an error of its own.
    #[error(transparent)]
    Server(Box<ServerError>),
    /// No (complete) answer arrived: no connection, a broken one, or a timeout. What was asked for may be done: see
    /// [`unanswered`](crate::unanswered).
    #[error("{}: {}", if .0.is_timeout() { "the request timed out" } else { "the request failed" }, Causes(.0))]
    Connection(#[source] reqwest::Error),
    /// The time was up that the [client](crate::Client::with_deadline) or the
    /// [`RetryPolicy`](crate::RetryPolicy::deadline) allows.
    #[error(transparent)]
    Deadline(Box<DeadlineError>),
    /// An answer arrived that no Parse Server gives, for example a proxy's HTML page.
    #[error("HTTP status {status} with an answer that is not Parse JSON: {excerpt}")]
    UnexpectedAnswer {
        /// The HTTP status.
        status: u16,
        /// The beginning of the body, or what is wrong with it.
        excerpt: String,
    },
    /// A row does not fit the model.
    #[error(transparent)]
    Decode(Box<DecodeError>),
    /// Refused before anything was sent, because the server could not have stored or understood it.
    #[error(transparent)]
    Invalid(Box<InvalidError>),
    /// `get` found no row, or the object to save, refresh or delete is gone (or hidden by its ACL).
    #[error("no {class_name}{} exists, or it may not be seen", .id.as_ref().map(|id| format!(" with objectId `{id}`")).unwrap_or_default())]
    DoesNotExist {
        /// The class that was asked.
        class_name: &'static str,
        /// The id that was asked for, where one was.
        id: Option<ObjectId>,
    },
    /// `get` found more than one row.
    #[error("`get` matched more than one {class_name}; narrow the filter, or use `first`")]
    MultipleObjects {
        /// The class that was asked.
        class_name: &'static str,
    },
    /// The object behind a pointer was asked for, but it was not part of the answer.
    #[error(transparent)]
    NotIncluded(Box<NotIncluded>),
    /// An object was not sent, because something new that it holds could not be stored before it.
    #[error(transparent)]
    Dependency(Box<DependencyError>),
    /// Some of many objects failed; the others are done.
    #[error(transparent)]
    Batch(Box<BatchError>),
    /// The request that the object was part of was sent, and not answered as it should be: the object may be
    /// changed on the server or not. The objects of one request share the cause. Also where another try of a write was
    /// refused: the first may have been done.
    #[error("in doubt, because its request was not answered as it should be: {0}")]
    InDoubt(#[source] Arc<Error>),
    /// Nothing was done to the object: its request was refused as a whole, or was not sent, because another one
    /// before it was not answered.
    #[error("untouched, because work on many objects was stopped: {0}")]
    Untouched(#[source] Arc<Error>),
    /// The request had reached the server before, by an earlier try or because the network delivered it twice, and was
    /// answered with code 159: it counts as done, and its answer is lost. Only clients with [request ids](crate::ClientBuilder::request_ids) meet this: a
    /// `save` reads what became of the object and succeeds, the id of a new object or the result of a function is not
    /// to be had. (The server also says so where it failed at that first try.)
    #[error("done by an earlier try, whose answer was lost: {0}")]
    AlreadyApplied(#[source] Box<ServerError>),
    /// A transaction failed, and nothing of it is done. Which of its requests the server refused, and why, it
    /// does not say; on MongoDB it answers the same where it is no replica set.
    #[error(
        "a transaction of {requests} requests was rolled back; the server does not say which of them failed: {server}"
    )]
    RolledBack {
        /// How many requests the transaction had.
        requests: usize,
        /// The server's answer.
        #[source]
        server: Box<ServerError>,
    },
    /// An update or delete of every row of a query was done in part.
    #[error(transparent)]
    Interrupted(Box<Interrupted>),
    /// The contents of a file did not come where they should.
    #[error(transparent)]
    File(Box<FileError>),
    /// A user signed up and is stored, but the server gives no session before the email address is verified: it has
    /// sent a mail. Log in after that.
    #[error(
        "the user `{id}` is stored, but gets no session before the email address is verified: log in after that"
    )]
    Unverified {
        /// The user's id.
        id: ObjectId,
    },
    /// A cloud function did its work, and returned something else than the call expects.
    #[error(transparent)]
    Returned(Box<ReturnedError>),
    /// A job that was waited for failed, or is not finished in time.
    #[error(transparent)]
    Job(Box<JobError>),
    /// A subscription was refused or ended, or the server failed at one of its events. With the feature `live-query`.
    #[cfg(feature = "live-query")]
    #[error(transparent)]
    Live(Box<LiveError>),
    /// The client's own configuration is wrong.
    #[error("client configuration: {0}")]
    Config(String),
}

impl Error {
    /// The server's error code, where there is one. [`Error::DoesNotExist`] counts as
    /// [`ErrorCode::ObjectNotFound`].
    pub fn code(&self) -> Option<ErrorCode> {
        match self {
            Self::Server(error) | Self::AlreadyApplied(error) => error.code,
            Self::DoesNotExist { .. } => Some(ErrorCode::ObjectNotFound),
            Self::InDoubt(cause) | Self::Untouched(cause) => cause.code(),
            Self::RolledBack { server, .. } => server.code,
            Self::Dependency(error) => error.error.code(),
            Self::Interrupted(error) => error.cause.code(),
            #[cfg(feature = "live-query")]
            Self::Live(error) => match error.problem {
                LiveProblem::Refused { code, .. } => code,
                _ => None,
            },
            _ => None,
        }
    }

    /// True when the object or row asked for does not exist or may not be seen (code 101).
    pub fn is_not_found(&self) -> bool {
        self.code() == Some(ErrorCode::ObjectNotFound)
    }

    pub(crate) fn invalid(class_name: &str, field: Option<&str>, message: impl Into<String>) -> Self {
        Self::Invalid(Box::new(InvalidError {
            class_name: class_name.into(),
            field: field.map(Into::into),
            message: message.into(),
        }))
    }

    #[cfg(feature = "live-query")]
    pub(crate) fn live(class_name: &'static str, problem: LiveProblem) -> Self {
        Self::Live(Box::new(LiveError { class_name, problem }))
    }

    pub(crate) fn file(name: &str, problem: FileProblem) -> Self {
        let name = name.into();
        Self::File(Box::new(FileError { name, problem }))
    }
}

impl From<reqwest::Error> for Error {
    fn from(error: reqwest::Error) -> Self {
        // the URL carries the query's values: they belong in no log
        Self::Connection(error.without_url())
    }
}

impl From<DecodeError> for Error {
    fn from(error: DecodeError) -> Self {
        Self::Decode(Box::new(error))
    }
}

impl From<NotIncluded> for Error {
    fn from(error: NotIncluded) -> Self {
        Self::NotIncluded(Box::new(error))
    }
}

/// Prints the innermost cause, which is the one that says what happened.
struct Causes<'a>(&'a reqwest::Error);

impl fmt::Display for Causes<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut cause: &dyn std::error::Error = self.0;
        while let Some(next) = cause.source() {
            cause = next;
        }
        fmt::Display::fmt(cause, f)
    }
}

/// An error that the server answered with.
///
/// Match on [`code`](Self::code), never on the text: with `enableSanitizedErrorResponse` (the
/// server's default) most texts are only "Permission denied".
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
#[error("{method} {path}: {message}{} (HTTP {status})", .code.map(|c| format!(", code {c}")).unwrap_or_default())]
pub struct ServerError {
    /// The HTTP status.
    pub status: u16,
    /// The Parse code. A few answers have none, such as the 403 for a wrong key.
    pub code: Option<ErrorCode>,
    /// The server's text.
    pub message: String,
    /// The whole `error` value, where it was an object instead of a text (a cloud function or a
    /// webhook may send one).
    pub details: Option<serde_json::Value>,
    /// The HTTP method of the request.
    pub method: &'static str,
    /// The path of the request below the mount path, without its query.
    pub path: String,
}

/// A request that took too long, or that came too late to be sent.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[error("{request}: {}{}", match (.policy, .sent) {
    (Some(time), _) => format!("not answered within {} seconds, the deadline of the `RetryPolicy`", time.as_secs_f64()),
    (None, true) => "not answered before the client's deadline".into(),
    (None, false) => "the client's deadline had passed, nothing was sent".into(),
}, .earlier.as_ref().map(|error| format!("; an earlier try: {error}")).unwrap_or_default())]
pub struct DeadlineError {
    /// The HTTP method and the path below the mount path, without its query: `PUT /classes/GameScore/x1`. Or what else
    /// was waited for.
    pub request: String,
    /// The deadline of the [`RetryPolicy`](crate::RetryPolicy::deadline) that passed; `None` where it was that of the
    /// [client](crate::Client::with_deadline).
    pub policy: Option<Duration>,
    /// True where the request was sent: what it asks for may be done or not. False where nothing was done.
    pub sent: bool,
    /// What an earlier try of the request failed with, if that one may have reached the server.
    #[source]
    pub earlier: Option<Box<Error>>,
}

/// A row that does not fit its model.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[error("{class_name}{}{}: expected {expected}, found {found}",
    .id.as_ref().map(|id| format!(" `{id}`")).unwrap_or_default(),
    .field.as_ref().map(|f| format!(", field `{f}`")).unwrap_or_default())]
pub struct DecodeError {
    /// The class of the row.
    pub class_name: &'static str,
    /// The row's id, where it could be read.
    pub id: Option<ObjectId>,
    /// The Parse name of the field, where one is to blame.
    pub field: Option<String>,
    /// What the model declares.
    pub expected: String,
    /// What the row holds.
    pub found: String,
}

/// Something that was refused before it was sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[error("{class_name}{}: {message}; nothing was sent", .field.as_ref().map(|f| format!(", field `{f}`")).unwrap_or_default())]
pub struct InvalidError {
    /// The class concerned.
    pub class_name: String,
    /// The Parse name of the field, where one is to blame.
    pub field: Option<String>,
    /// What is wrong, and what would be right.
    pub message: String,
}

/// Something new that an object holds could not be stored, and so the object was not sent. Its changes stay
/// pending; what was stored is not stored again by another try.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
#[error("{class_name}, field `{field}`: the new {held} could not be stored first: {error}")]
pub struct DependencyError {
    /// The class of the object that was not sent.
    pub class_name: &'static str,
    /// The Parse name of the field that holds what could not be stored.
    pub field: &'static str,
    /// What could not be stored: an object of this class, or `File`.
    pub held: &'static str,
    /// Why: it may be a `Dependency` again. Every object that holds the same shares the error.
    #[source]
    pub error: Arc<Error>,
}

/// The contents of a file did not come where they should.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[error("the file `{name}` {problem}")]
pub struct FileError {
    /// The name of the file.
    pub name: String,
    /// What happened to it.
    #[source]
    pub problem: FileProblem,
}

/// What may happen to a file on its way.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FileProblem {
    /// The contents to upload could not be read, from a path or a stream.
    #[error("could not be read: {0}")]
    Unread(#[source] io::Error),
    /// What was downloaded could not be written to a path.
    #[error("could not be written: {0}")]
    Unwritten(#[source] io::Error),
    /// The contents were a stream, and an upload that failed has read it.
    #[error("was to come from a stream, which an upload that failed has read: make a new `File`")]
    UsedUp,
    /// Larger than the server takes: its `maxUploadSize` (codes 130 and, without a code, status 413).
    #[error("is larger than the server takes{}: raise its `maxUploadSize`, or upload it by `File::builder(..).max_upload_size(..)` with the master key",
        .limit.map(|bytes| format!(", which is {bytes} bytes")).unwrap_or_default())]
    TooLargeForServer {
        /// The limit in bytes, where the server said it.
        limit: Option<u64>,
    },
    /// Larger than the limit that the download was given.
    #[error("is larger than the limit of the download, {limit} bytes")]
    TooLarge {
        /// The limit in bytes.
        limit: u64,
    },
    /// Behind the address of the file is nothing (status 404).
    #[error("is not on the server")]
    Missing,
    /// Nothing of it moved for as long as the client's `timeout`.
    #[error("did not move for {} seconds", .0.as_secs_f64())]
    Stalled(Duration),
}

/// What a subscription failed at.
#[cfg(feature = "live-query")]
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
#[error("LiveQuery of {class_name}: {problem}")]
pub struct LiveError {
    /// The class that was to be told of.
    pub class_name: &'static str,
    /// What happened.
    #[source]
    pub problem: LiveProblem,
}

/// The code of a refusal, and what to do about it where the server does not say.
#[cfg(feature = "live-query")]
fn refusal(code: Option<ErrorCode>) -> String {
    match code {
        None => String::new(),
        Some(code) if code.number() == 4 => format!(
            ", code {code}: build the client with a key that the server's LiveQuery knows (its `keyPairs`), by \
             `.rest_key(..)`, `.javascript_key(..)`, `.client_key(..)` or `.master_key(..)`"
        ),
        Some(code) => format!(", code {code}"),
    }
}

/// What may happen to a subscription.
#[cfg(feature = "live-query")]
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum LiveProblem {
    /// The server refused the subscription or the connection, or its own code failed at an event.
    #[error("{message}{}", refusal(*.code))]
    Refused {
        /// The Parse code. LiveQuery has a few of its own, below 5: 4 is a wrong key.
        code: Option<ErrorCode>,
        /// The server's text.
        message: String,
    },
    /// No connection could be made.
    #[error("no connection to `{url}`: {cause}")]
    Unreachable {
        /// The address.
        url: String,
        /// Why.
        #[source]
        cause: Arc<Error>,
    },
    /// Behind the address is something else.
    #[error(
        "`{url}` answered with HTTP status {status}, and is no LiveQuery server: start the server with LiveQuery, or \
         give its address by `ClientBuilder::live_query_url`"
    )]
    NotAWebSocket {
        /// The address.
        url: String,
        /// The HTTP status.
        status: u16,
    },
    /// The server did not answer in time.
    #[error("the server did not answer in {} seconds", .0.as_secs_f64())]
    Unanswered(Duration),
    /// The connection broke before the server had answered.
    #[error("the connection broke: {0}")]
    Broken(String),
    /// The Tokio runtime that the connection belongs to was shut down.
    #[error("the Tokio runtime that it ran on was shut down")]
    Stopped,
}

/// A cloud function returned something else than the call expects. What the function did is done.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[error("the function `{function}` returned {found}; the call expects {expected}")]
pub struct ReturnedError {
    /// The function.
    pub function: String,
    /// What the call expects.
    pub expected: String,
    /// What the function returned.
    pub found: String,
}

/// A job that was waited for did not succeed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[error("the job `{job}` (status `{id}`) {}{}", if *.failed { "failed" } else { "is still running, after the time that was given to it" },
    .message.as_ref().map(|text| format!(": {text}")).unwrap_or_default())]
pub struct JobError {
    /// The job.
    pub job: String,
    /// The id of its status.
    pub id: ObjectId,
    /// True where it failed; false where it is still running.
    pub failed: bool,
    /// The last thing that it said.
    pub message: Option<String>,
}

/// The object behind a pointer is not part of what the server sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[error("{}", self.text())]
pub struct NotIncluded {
    /// The class that the pointer points to.
    pub target: &'static str,
    /// The id that the pointer holds; `None` for a new object that is not stored.
    pub id: Option<ObjectId>,
    /// The model's class and Rust field name, if the pointer came from a row.
    pub origin: Option<(&'static str, &'static str)>,
}

impl NotIncluded {
    fn text(&self) -> String {
        let Self { target, id, origin } = self;
        let Some(id) = id else {
            return format!(
                "this pointer holds a new {target} that is not stored yet; \
                 it is stored by the `create` or `save` of an object that holds the pointer"
            );
        };
        match origin {
            Some((model, field)) => format!(
                "`{model}.{field}` points to {target} `{id}`, which was not included; \
                 add `.select_related({field})` to the query (or the target was deleted)"
            ),
            None => format!(
                "this pointer to {target} `{id}` was made from an id and holds no object; \
                 fetch it with `pointer.fetch(&client)`"
            ),
        }
    }
}

/// An object that failed, among others in the same work.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[error("{class_name}{} at {index}: {error}", .id.as_ref().map(|id| format!(" `{id}`")).unwrap_or_default())]
pub struct BatchFailure {
    /// The object's position among those that were given.
    pub index: usize,
    /// The object's class.
    pub class_name: &'static str,
    /// The object's id, which one that was to be created has not.
    pub id: Option<ObjectId>,
    /// Why.
    #[source]
    pub error: Error,
}

/// Some of many objects failed. The others are done.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[error("{} of {total} objects failed: {}", .failures.len(), Listed(.failures))]
pub struct BatchError {
    /// The objects that failed, in the order in which they were given.
    pub failures: Vec<BatchFailure>,
    /// How many objects there were.
    pub total: usize,
}

/// The first failures, and how many more there are.
struct Listed<'a>(&'a [BatchFailure]);

impl fmt::Display for Listed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (first, more) = self.0.split_at(self.0.len().min(3));
        for (number, failure) in first.iter().enumerate() {
            write!(f, "{}{failure}", if number == 0 { "" } else { "; " })?;
        }
        if more.is_empty() {
            Ok(())
        } else {
            write!(f, "; and {} more", more.len())
        }
    }
}

/// A row that could not be updated or deleted, among others that were.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[error("`{id}`: {error}")]
pub struct RowFailure {
    /// The object.
    pub id: ObjectId,
    /// Why.
    #[source]
    pub error: Error,
}

/// An update or delete of every row of a query stopped, because one of its requests was not answered as it
/// should be.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[error(
    "{class_name}: {done} objects were done, {} were refused, {} are in doubt and {} untouched{}: {cause}",
    .failed.len(), .in_doubt.len(), .untouched.len(), if *.unread { ", and more were not yet read" } else { "" }
)]
pub struct Interrupted {
    /// The class of the objects.
    pub class_name: &'static str,
    /// How many objects were updated or deleted.
    pub done: u64,
    /// The objects that the server refused to update or delete, each with its reason.
    pub failed: Vec<RowFailure>,
    /// The objects of the batches that were not answered: each may be done or not.
    pub in_doubt: Vec<ObjectId>,
    /// The objects whose ids were read, and to which nothing was done.
    pub untouched: Vec<ObjectId>,
    /// True where there may be more objects, whose ids were not read yet: they are untouched, too.
    pub unread: bool,
    /// What stopped it.
    #[source]
    pub cause: Arc<Error>,
}

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $code:literal,)*) => {
        /// The server's error codes.
        ///
        /// Three numbers have two meanings, by where they come from: 143, 150 and 251. A number that
        /// is not in the catalogue is kept as [`ErrorCode::Other`].
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum ErrorCode {
            $(#[doc = concat!("Code ", stringify!($code), ".")] $(#[$doc])* $name,)*
            /// Any other number, often a cloud function's own.
            Other(i64),
        }

        impl ErrorCode {
            /// The number.
            pub const fn number(self) -> i64 {
                match self {
                    $(Self::$name => $code,)*
                    Self::Other(number) => number,
                }
            }
        }

        impl From<i64> for ErrorCode {
            fn from(number: i64) -> Self {
                match number {
                    $($code => Self::$name,)*
                    other => Self::Other(other),
                }
            }
        }
    };
}

codes! {
    /// Something else went wrong.
    OtherCause = -1,
    /// The server failed.
    InternalServerError = 1,
    /// The service is unavailable.
    ServiceUnavailable = 2,
    /// The connection failed; a rate limit answers with it too.
    ConnectionFailed = 100,
    /// No such object, or it may not be seen; also a failed login.
    ObjectNotFound = 101,
    /// The query is malformed.
    InvalidQuery = 102,
    /// The class name is malformed.
    InvalidClassName = 103,
    /// An object id is missing.
    MissingObjectId = 104,
    /// The field name is malformed or reserved.
    InvalidKeyName = 105,
    /// The pointer is malformed.
    InvalidPointer = 106,
    /// The JSON is malformed, or holds what the server cannot take.
    InvalidJson = 107,
    /// The command is not available.
    CommandUnavailable = 108,
    /// Parse is not initialised.
    NotInitialized = 109,
    /// The value does not fit the field's type.
    IncorrectType = 111,
    /// The push channel's name is malformed.
    InvalidChannelName = 112,
    /// Push is not configured.
    PushMisconfigured = 115,
    /// The object is too large.
    ObjectTooLarge = 116,
    /// The limit is malformed.
    InvalidLimit = 117,
    /// The skip is malformed.
    InvalidSkip = 118,
    /// The operation is not allowed for this client.
    OperationForbidden = 119,
    /// Not found in the cache.
    CacheMiss = 120,
    /// A nested key holds `$` or `.`.
    InvalidNestedKey = 121,
    /// The file name is malformed.
    InvalidFileName = 122,
    /// The ACL is malformed.
    InvalidAcl = 123,
    /// The request took too long on the server.
    Timeout = 124,
    /// The email address is malformed.
    InvalidEmailAddress = 125,
    /// The content type is missing.
    MissingContentType = 126,
    /// The content length is missing.
    MissingContentLength = 127,
    /// The content length is malformed.
    InvalidContentLength = 128,
    /// The file is too large.
    FileTooLarge = 129,
    /// The file could not be saved.
    FileSaveError = 130,
    /// A unique value is taken.
    DuplicateValue = 137,
    /// The expiration is malformed.
    InvalidExpiration = 138,
    /// The role name is malformed.
    InvalidRoleName = 139,
    /// A quota is exceeded.
    ExceededQuota = 140,
    /// Cloud code failed.
    ScriptFailed = 141,
    /// A cloud code validator refused.
    ValidationFailed = 142,
    /// A webhook failed (older clients: the image data is malformed).
    WebhookError = 143,
    /// A file has not been uploaded.
    UnsavedFile = 151,
    /// The push time is malformed.
    InvalidPushTime = 152,
    /// The file could not be deleted.
    FileDeleteError = 153,
    /// The query is too inefficient.
    InefficientQuery = 154,
    /// The request limit is exceeded.
    RequestLimitExceeded = 155,
    /// A request with this request id was received before.
    DuplicateRequest = 159,
    /// The event name is malformed.
    InvalidEventName = 160,
    /// A file without a name cannot be deleted.
    FileDeleteUnnamed = 161,
    /// The value is not acceptable.
    InvalidValue = 162,
    /// The user name is missing.
    UsernameMissing = 200,
    /// The password is missing.
    PasswordMissing = 201,
    /// The user name is taken.
    UsernameTaken = 202,
    /// The email address is taken.
    EmailTaken = 203,
    /// The email address is missing.
    EmailMissing = 204,
    /// No user has this email address.
    EmailNotFound = 205,
    /// The session is missing.
    SessionMissing = 206,
    /// Users are created by signing up.
    MustCreateUserThroughSignup = 207,
    /// The account is linked to another user.
    AccountAlreadyLinked = 208,
    /// The session token is not (or no longer) valid.
    InvalidSessionToken = 209,
    /// Multi-factor authentication failed.
    MfaError = 210,
    /// A multi-factor token is required.
    MfaTokenRequired = 211,
    /// The linked id is missing.
    LinkedIdMissing = 250,
    /// The linked session is not valid; within a transaction: a write conflict.
    InvalidLinkedSession = 251,
    /// The authentication service is not supported.
    UnsupportedService = 252,
    /// The authentication data is malformed.
    InvalidAuthData = 253,
    /// The schema operation is not valid.
    InvalidSchemaOperation = 255,
    /// Several errors in one.
    AggregateError = 600,
    /// A file could not be read.
    FileReadError = 601,
    /// A request across domains was refused.
    XDomainRequest = 602,
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.number().fmt(f)
    }
}
