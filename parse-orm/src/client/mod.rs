//! The handle on a server: who asks, with which keys. Cheap to clone, no global state.

pub(crate) mod batch;
mod config;
mod secret;
mod transport;

pub use config::ClientBuilder;
pub use secret::Secret;
#[allow(
    unused_imports,
    reason = "the services that read an answer's headers are on their way"
)]
pub(crate) use transport::Answer;
pub(crate) use transport::{Call, Method, NoParams, Params, Path, refused, unexpected};

use crate::{Error, Result};
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

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
}

/// What every handle on the same server shares.
struct Server {
    http: reqwest::Client,
    /// Without a trailing slash.
    url: String,
    keys: reqwest::header::HeaderMap,
}

/// On whose behalf requests are made. The master key and a session exclude each other, because the
/// master key wins on the server and would silently switch the user's ACLs off.
#[derive(Clone)]
enum Auth {
    Public,
    Session(Secret),
    Master(Secret),
}

impl Client {
    /// Starts a configuration. The URL is the server's, with its mount path, for example
    /// `https://api.example.com/parse`; a slash at its end makes no difference.
    pub fn builder(url: impl Into<String>) -> ClientBuilder {
        ClientBuilder::new(url.into())
    }

    /// A client by the environment: `PARSE_SERVER_URL`, `PARSE_APP_ID` and, where the server wants one,
    /// `PARSE_REST_KEY`.
    ///
    /// # Errors
    /// [`Error::Config`] names the variable that is missing or malformed.
    pub fn from_env() -> Result<Self> {
        ClientBuilder::from_env()?.build()
    }

    /// The same server, asked as the user of this session.
    #[must_use = "this returns a new client and leaves the old one as it is"]
    pub fn with_session(&self, token: impl Into<Secret>) -> Self {
        Self {
            server: self.server.clone(),
            auth: Auth::Session(token.into()),
        }
    }

    /// The same server, asked as the public.
    #[must_use = "this returns a new client and leaves the old one as it is"]
    pub fn without_session(&self) -> Self {
        Self {
            server: self.server.clone(),
            auth: Auth::Public,
        }
    }

    /// The same server, asked with the master key: no ACL and no class permission applies.
    #[must_use = "this returns a new client and leaves the old one as it is"]
    pub fn master(&self, key: impl Into<Secret>) -> MasterClient {
        MasterClient(Self {
            server: self.server.clone(),
            auth: Auth::Master(key.into()),
        })
    }

    /// The server's URL, with its mount path and without a slash at the end.
    pub fn url(&self) -> &str {
        &self.server.url
    }

    /// The path of the URL, as it is sent: where the server is mounted. Empty at the root.
    pub(crate) fn mount_path(&self) -> &str {
        let url = &self.server.url;
        let host = url.find("://").map_or(0, |scheme| scheme + 3);
        url[host..].find('/').map_or("", |path| &url[host + path..])
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let auth = match self.auth {
            Auth::Public => "public",
            Auth::Session(_) => "session",
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
    /// A master client by the environment: `PARSE_SERVER_URL`, `PARSE_APP_ID`, `PARSE_MASTER_KEY`.
    ///
    /// # Errors
    /// [`Error::Config`] names the variable that is missing or malformed.
    pub fn from_env() -> Result<Self> {
        ClientBuilder::from_env()?.build_master()
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
