//! The handle on a server: who asks, with which keys. Cheap to clone, no global state.

pub(crate) mod batch;
mod config;
mod deadline;
mod invalid_session;
#[cfg(feature = "live-query")]
mod live;
mod pairs;
mod plain_http;
mod retry;
mod secret;
mod task;
mod transport;

pub use config::ClientBuilder;
pub(crate) use deadline::{by, late};
#[cfg(feature = "live-query")]
pub(crate) use live::Doorway;
pub(crate) use pairs::Pairs;
pub use retry::RetryPolicy;
pub(crate) use retry::is_answered;
pub use secret::Secret;
pub(crate) use task::Task;
pub(crate) use transport::{Answer, Call, Method, NoParams, Params, Path, refused, unexpected};

use crate::value::{Acl, DefaultAcl, IntoUser, ObjectId};
use crate::{Error, Result};
use reqwest::header::HeaderValue;
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A handle on one Parse Server as one asker: the public, or the user of a session.
///
/// Cloning is cheap and shares the connections. Several clients of several servers or users live side by
/// side; nothing is global.
///
/// ```
/// # use parse_orm::Client;
/// let client = Client::builder("https://api.example.com/parse").app_id("app").rest_key("rest").build()?;
/// let of_user = client.with_session("r:0123456789abcdef"); // acts as that user
/// assert!(!format!("{of_user:?}").contains("r:01")); // secrets are never printed
/// # Ok::<(), parse_orm::Error>(())
/// ```
#[derive(Clone)]
pub struct Client {
    server: Arc<Server>,
    auth: Auth,
    /// The id of the device that asks.
    installation: Option<Arc<str>>,
    new_objects: NewObjects,
    /// For the server's triggers and functions, in its form as a header.
    context: Option<HeaderValue>,
    /// When all that it does is over.
    deadline: Option<Instant>,
}

/// The ACL of what a client creates.
#[derive(Clone, Default)]
struct NewObjects {
    /// As it was asked for.
    default: Option<Arc<DefaultAcl>>,
    /// As it is for this client's user.
    acl: Option<Arc<Acl>>,
}

/// What every handle on the same server shares.
struct Server {
    http: reqwest::Client,
    /// Without a trailing slash.
    url: String,
    keys: reqwest::header::HeaderMap,
    /// Whether the way to the server is one that the master key must not go.
    no_master_key: bool,
    timeout: Duration,
    /// Whether the HTTP client is one of our own, which keeps to the timeout.
    own_http: bool,
    invalid_session: Option<invalid_session::Hook>,
    retries: RetryPolicy,
    /// Whether requests carry ids, by which the server knows another try.
    request_ids: bool,
    #[cfg(feature = "live-query")]
    live: live::Live,
}

/// On whose behalf requests are made. The master key and a session exclude each other, because the
/// master key wins on the server and would silently switch the user's ACLs off.
#[derive(Clone)]
enum Auth {
    Public,
    /// With the id of the user, where it is known.
    Session(Secret, Option<ObjectId>),
    Master(Secret),
}

impl Client {
    /// Starts a configuration. The URL is the server's, with its mount path, for example
    /// `https://api.example.com/parse`; a slash at its end makes no difference.
    pub fn builder(url: impl Into<String>) -> ClientBuilder {
        ClientBuilder::new(url.into())
    }

    /// A client by the environment: `PARSE_SERVER_URL`, `PARSE_APP_ID` and, where the server wants one,
    /// `PARSE_REST_KEY`, `PARSE_JAVASCRIPT_KEY` or `PARSE_CLIENT_KEY`.
    ///
    /// # Errors
    /// [`Error::Config`] names the variable that is missing or malformed.
    pub fn from_env() -> Result<Self> {
        ClientBuilder::from_env()?.build()
    }

    /// The same server, asked as the user of this session.
    #[must_use = "this returns a new client and leaves the old one as it is"]
    pub fn with_session(&self, token: impl Into<Secret>) -> Self {
        self.asked_as(Auth::Session(token.into(), None))
    }

    /// The same server, asked as this user by this session: what [`with_session`](Self::with_session) gives, where
    /// the [default ACL](DefaultAcl::owner) names the user of the session.
    #[must_use = "this returns a new client and leaves the old one as it is"]
    pub fn with_session_of(&self, user: impl IntoUser, token: impl Into<Secret>) -> Self {
        self.asked_as(Auth::Session(token.into(), user.into_user().ok()))
    }

    /// The same server, asked as the public.
    #[must_use = "this returns a new client and leaves the old one as it is"]
    pub fn without_session(&self) -> Self {
        self.asked_as(Auth::Public)
    }

    /// The same server, asked with the master key: no ACL and no class permission applies.
    ///
    /// Every request is refused with [`Error::Config`] where the key would travel readable: over plain `http://` to
    /// another machine, unless [allowed](ClientBuilder::allow_master_key_over_http).
    #[must_use = "this returns a new client and leaves the old one as it is"]
    pub fn master(&self, key: impl Into<Secret>) -> MasterClient {
        MasterClient(self.asked_as(Auth::Master(key.into())))
    }

    fn asked_as(&self, auth: Auth) -> Self {
        Self {
            server: self.server.clone(),
            installation: self.installation.clone(),
            new_objects: NewObjects::of(self.new_objects.default.clone(), &auth),
            auth,
            context: self.context.clone(),
            deadline: self.deadline,
        }
    }

    /// The same server and user, asked by this installation: the id that the application made up for the device. In
    /// the header `X-Parse-Installation-Id`. An [`Installation`](crate::Installation) that is registered without an
    /// id takes it, sessions remember which device they began on, and functions are told.
    ///
    /// ```
    /// # use parse_orm::{prelude::*, Installation, ParseInstallation}; use parse_orm_mock::MockServer;
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> parse_orm::Result<()> {
    /// # let server = MockServer::start().await; let client = server.client();
    /// let device = client.with_installation("5f0e2c1a-8d4b-4b0e-9d5e-0f6a2c3b4d5e");
    /// Installation::new("web").register(&device).await?;
    /// # Ok(()) }
    /// ```
    #[must_use = "this returns a new client and leaves the old one as it is"]
    pub fn with_installation(&self, id: impl Into<Arc<str>>) -> Self {
        let mut client = self.clone();
        client.installation = Some(id.into());
        client
    }

    pub(crate) fn installation_id(&self) -> Option<&str> {
        self.installation.as_deref()
    }

    /// The same server and user, with this ACL for every new object that has none of its own, in the place of the
    /// [one that this client has](ClientBuilder::default_acl).
    ///
    /// ```
    /// # use parse_orm::prelude::*; use parse_orm_mock::MockServer;
    /// # #[derive(ParseObject, Clone, Debug)] struct Note { text: String }
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> parse_orm::Result<()> {
    /// # let server = MockServer::start().await; let client = server.client();
    /// let shown = client.with_default_acl(Acl::new().allow_read(Who::Public));
    /// let note = Note { text: "hello".into() }.create(&shown).await?;
    /// assert!(note.acl().is_some_and(|acl| acl.may_read(&Who::Public) && !acl.may_write(&Who::Public)));
    /// assert!(Note { text: "hello".into() }.create(&client).await?.acl().is_none());
    /// # Ok(()) }
    /// ```
    #[must_use = "this returns a new client and leaves the old one as it is"]
    pub fn with_default_acl(&self, acl: impl Into<DefaultAcl>) -> Self {
        let mut client = self.clone();
        client.new_objects = NewObjects::of(Some(Arc::new(acl.into())), &self.auth);
        client
    }

    /// The same server and user, and the server's own default for the ACL of new objects.
    #[must_use = "this returns a new client and leaves the old one as it is"]
    pub fn without_default_acl(&self) -> Self {
        let mut client = self.clone();
        client.new_objects = NewObjects::default();
        client
    }

    /// The ACL of a new object of this class, where it has none of its own. A user's and an installation's are
    /// the server's business, and nobody's defaults.
    pub(crate) fn acl_of_new(&self, class_name: &str) -> Option<&Acl> {
        let own = matches!(class_name, "_User" | "_Session" | "_Installation");
        self.new_objects.acl.as_deref().filter(|_| !own)
    }

    /// The same rights without a user's: what signs up or logs in starts from here.
    pub(crate) fn without_user(&self) -> Self {
        match self.auth {
            Auth::Session(..) => self.without_session(),
            Auth::Public | Auth::Master(_) => self.clone(),
        }
    }

    /// The token of the session that this client acts in.
    pub(crate) fn session_token(&self) -> Option<&Secret> {
        match &self.auth {
            Auth::Session(token, _) => Some(token),
            Auth::Public | Auth::Master(_) => None,
        }
    }

    /// The same client, with this for the server's own code to read; ASCII.
    pub(crate) fn in_context(&self, json: HeaderValue) -> Self {
        Self {
            context: Some(json),
            ..self.clone()
        }
    }

    /// The server's URL, with its mount path and without a slash at the end.
    pub fn url(&self) -> &str {
        &self.server.url
    }

    /// How long a request may take, and how long a file may not move.
    pub(crate) fn timeout(&self) -> Duration {
        self.server.timeout
    }

    /// The path of the URL, as it is sent: where the server is mounted. Empty at the root.
    pub(crate) fn mount_path(&self) -> &str {
        let url = &self.server.url;
        let host = url.find("://").map_or(0, |scheme| scheme + 3);
        url[host..].find('/').map_or("", |path| &url[host + path..])
    }
}

impl NewObjects {
    fn of(default: Option<Arc<DefaultAcl>>, auth: &Auth) -> Self {
        let acl = default.as_deref().map(|default| match (default.owner_permission(), auth) {
            (Some(_), Auth::Session(_, Some(user))) => default.of(user),
            // an object that nobody owns, or that nobody can see, is not what was asked for
            (Some(_), Auth::Session(_, None)) => Acl::mistaken(
                "the default ACL names the session's user, whom this client does not know: \
                 make the client with `with_session_of(&user, token)`",
            ),
            (Some(_), Auth::Public) => Acl::mistaken(
                "the default ACL names the session's user, and this client has no session: \
                 use the client of a user, give the object an ACL by a `Draft`, or use `client.with_default_acl(..)`",
            ),
            (None, _) | (Some(_), Auth::Master(_)) => default.acl().clone(),
        });
        let acl = acl.map(Arc::new);
        Self { default, acl }
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let auth = match self.auth {
            Auth::Public => "public",
            Auth::Session(..) => "session",
            Auth::Master(_) => "master",
        };
        f.debug_struct("Client")
            .field("url", &self.server.url)
            .field("auth", &auth)
            .finish_non_exhaustive()
    }
}

/// A [`Client`] that sends the master key: what needs the key asks for this type. Everything that takes a
/// `&Client` takes a `&MasterClient` as well.
///
/// ```
/// # use parse_orm::Client;
/// let master = Client::builder("http://localhost:1337/parse").app_id("app").master_key("master").build_master()?;
/// assert_eq!(master.url(), "http://localhost:1337/parse");
/// # Ok::<(), parse_orm::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct MasterClient(Client);

impl MasterClient {
    /// A master client by the environment: `PARSE_SERVER_URL`, `PARSE_APP_ID`, `PARSE_MASTER_KEY`, and
    /// `PARSE_ALLOW_MASTER_KEY_OVER_HTTP` for what
    /// [`allow_master_key_over_http`](ClientBuilder::allow_master_key_over_http) says: `true` or `false`.
    ///
    /// # Errors
    /// [`Error::Config`] names the variable that is missing or malformed, or says that the URL is not one that the
    /// master key may go to.
    pub fn from_env() -> Result<Self> {
        ClientBuilder::from_env()?.build_master()
    }

    /// As [`Client::with_default_acl`].
    #[must_use = "this returns a new client and leaves the old one as it is"]
    pub fn with_default_acl(&self, acl: impl Into<DefaultAcl>) -> Self {
        Self(self.0.with_default_acl(acl))
    }

    /// As [`Client::without_default_acl`].
    #[must_use = "this returns a new client and leaves the old one as it is"]
    pub fn without_default_acl(&self) -> Self {
        Self(self.0.without_default_acl())
    }

    /// As that of the client.
    pub(crate) fn in_context(&self, json: HeaderValue) -> Self {
        Self(self.0.in_context(json))
    }
}

impl Deref for MasterClient {
    type Target = Client;
    fn deref(&self) -> &Client {
        &self.0
    }
}

/// What sends the master key: a [`MasterClient`]. Methods that need the key ask for it by this trait, which
/// says how to get one where a plain [`Client`] is given.
#[diagnostic::on_unimplemented(
    message = "this needs the master key, and a `{Self}` does not send it",
    label = "not a `MasterClient`",
    note = "`client.master(\"the key\")` gives a `MasterClient` of the same server, as does `MasterClient::from_env()`; keep the key away from programs that users hold in their hands"
)]
pub trait MasterKey: Sync {
    /// The client that sends it.
    #[doc(hidden)]
    fn client(&self) -> &Client;
}

#[diagnostic::do_not_recommend]
impl MasterKey for MasterClient {
    fn client(&self) -> &Client {
        &self.0
    }
}

impl AsRef<Client> for MasterClient {
    fn as_ref(&self) -> &Client {
        &self.0
    }
}

fn config(message: impl Into<String>) -> Error {
    Error::Config(message.into())
}
