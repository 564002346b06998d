//! The configuration of a client.

use super::invalid_session::Hook;
#[cfg(feature = "live-query")]
use super::live::LiveConfig;
use super::{Auth, Client, MasterClient, NewObjects, RetryPolicy, Secret, Server, config, plain_http};
use crate::Result;
use crate::value::DefaultAcl;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

pub(super) const APP_ID: &str = "x-parse-application-id";
pub(super) const REST_KEY: &str = "x-parse-rest-api-key";
pub(super) const JAVASCRIPT_KEY: &str = "x-parse-javascript-key";
pub(super) const CLIENT_KEY: &str = "x-parse-client-key";

/// Configures a [`Client`]; see [`Client::builder`].
#[must_use = "a builder does nothing until `build` or `build_master`"]
pub struct ClientBuilder {
    url: String,
    app_id: Option<String>,
    rest_key: Option<Secret>,
    javascript_key: Option<Secret>,
    client_key: Option<Secret>,
    master_key: Option<Secret>,
    master_key_over_http: bool,
    connect_timeout: Duration,
    timeout: Duration,
    pool_idle_timeout: Duration,
    http: Option<reqwest::Client>,
    default_acl: Option<DefaultAcl>,
    invalid_session: Option<Hook>,
    retries: RetryPolicy,
    request_ids: bool,
    #[cfg(feature = "live-query")]
    live: LiveConfig,
}

impl fmt::Debug for ClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientBuilder")
            .field("url", &shown(&self.url))
            .field("app_id", &self.app_id)
            .field("rest_key", &self.rest_key)
            .field("javascript_key", &self.javascript_key)
            .field("client_key", &self.client_key)
            .field("master_key", &self.master_key)
            .field("master_key_over_http", &self.master_key_over_http)
            .field("connect_timeout", &self.connect_timeout)
            .field("timeout", &self.timeout)
            .field("pool_idle_timeout", &self.pool_idle_timeout)
            .field("default_acl", &self.default_acl)
            .field("retries", &self.retries)
            .field("request_ids", &self.request_ids)
            .finish_non_exhaustive()
    }
}

impl ClientBuilder {
    pub(super) fn new(url: String) -> Self {
        Self {
            url,
            app_id: None,
            rest_key: None,
            javascript_key: None,
            client_key: None,
            master_key: None,
            master_key_over_http: false,
            connect_timeout: Duration::from_secs(10),
            timeout: Duration::from_secs(60),
            // the server closes an idle connection after 5 s, and a request on a dying one fails
            pool_idle_timeout: Duration::from_secs(4),
            http: None,
            default_acl: None,
            invalid_session: None,
            retries: RetryPolicy::default(),
            request_ids: false,
            #[cfg(feature = "live-query")]
            live: LiveConfig::default(),
        }
    }

    pub(super) fn from_env() -> Result<Self> {
        let read = |name: &str| match std::env::var(name) {
            Ok(text) if !text.is_empty() => Ok(Some(text)),
            Ok(_) | Err(std::env::VarError::NotPresent) => Ok(None),
            Err(std::env::VarError::NotUnicode(_)) => Err(config(format!(
                "the environment variable {name} is not valid Unicode"
            ))),
        };
        let needed = |name: &str| {
            read(name)?.ok_or_else(|| config(format!("the environment variable {name} is not set")))
        };
        let mut builder = Self::new(needed("PARSE_SERVER_URL")?).app_id(needed("PARSE_APP_ID")?);
        builder.rest_key = read("PARSE_REST_KEY")?.map(Into::into);
        builder.javascript_key = read("PARSE_JAVASCRIPT_KEY")?.map(Into::into);
        builder.client_key = read("PARSE_CLIENT_KEY")?.map(Into::into);
        builder.master_key = read("PARSE_MASTER_KEY")?.map(Into::into);
        let allowed = "PARSE_ALLOW_MASTER_KEY_OVER_HTTP";
        builder.master_key_over_http = match read(allowed)?.as_deref() {
            Some("true") => true,
            Some("false") | None => false,
            Some(_) => {
                return Err(config(format!(
                    "the environment variable {allowed} is neither `true` nor `false`"
                )));
            }
        };
        Ok(builder)
    }

    /// The application id, which every server asks for.
    pub fn app_id(mut self, id: impl Into<String>) -> Self {
        self.app_id = Some(id.into());
        self
    }

    /// The REST key, if the server is configured with one. LiveQuery is told it as well: a server that knows other
    /// keys there (its `keyPairs`) refuses the connection with code 4, and wants one of those.
    pub fn rest_key(mut self, key: impl Into<Secret>) -> Self {
        self.rest_key = Some(key.into());
        self
    }

    /// The JavaScript key, for a server that gives its applications no REST key, or whose LiveQuery knows this one
    /// (its `keyPairs`). Where the server has several keys one is enough. Wire form `X-Parse-JavaScript-Key`, and
    /// `javascriptKey` to LiveQuery.
    ///
    /// ```
    /// # use parse_orm::prelude::*; use parse_orm_mock::MockServer;
    /// # #[derive(ParseObject, Clone, Debug)] struct GameScore { score: i64 }
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let server = MockServer::builder().rest_key("").javascript_key("js").start().await?;
    /// let client = Client::builder(server.url()).app_id("app").javascript_key("js").build()?;
    /// assert_eq!(GameScore::objects().count(&client).await?, 0);
    /// # Ok(()) }
    /// ```
    pub fn javascript_key(mut self, key: impl Into<Secret>) -> Self {
        self.javascript_key = Some(key.into());
        self
    }

    /// The client key, which applications for phones have; as [`javascript_key`](Self::javascript_key). Wire form
    /// `X-Parse-Client-Key`, and `clientKey` to LiveQuery.
    pub fn client_key(mut self, key: impl Into<Secret>) -> Self {
        self.client_key = Some(key.into());
        self
    }

    /// The master key, for [`build_master`](Self::build_master). [`build`](Self::build) never sends it.
    pub fn master_key(mut self, key: impl Into<Secret>) -> Self {
        self.master_key = Some(key.into());
        self
    }

    /// Lets the master key go over plain `http://`, and with LiveQuery over `ws://`, to another machine: everybody on
    /// the way can read it, and with it everything. `false` unless told: such requests are refused, and nothing of
    /// them is sent. Say `true` where the network itself is trusted, as between the containers of one machine. To the
    /// machine itself (`localhost`, `127.0.0.0/8`, `::1`) it may go without.
    ///
    /// ```
    /// # use parse_orm::Client;
    /// let inside = || Client::builder("http://parse:1337/parse").app_id("app").master_key("master");
    /// assert!(inside().build_master().unwrap_err().to_string().contains("everybody on the way could read it"));
    /// let master = inside().allow_master_key_over_http(true).build_master()?;
    /// # Ok::<(), parse_orm::Error>(())
    /// ```
    ///
    /// Session tokens and the REST key, which programs that users hold in their hands have too, go over plain `http://`
    /// without being asked about.
    pub fn allow_master_key_over_http(mut self, on: bool) -> Self {
        self.master_key_over_http = on;
        self
    }

    /// How long a connection may take to be made. 10 seconds unless told.
    pub fn connect_timeout(mut self, time: Duration) -> Self {
        self.connect_timeout = time;
        self
    }

    /// How long a request may take, from its start to the last byte of its answer. 60 seconds unless told. A file
    /// may take longer, up or down: for it, this is the longest that nothing may move. All tries of a request together
    /// are limited by [`RetryPolicy::deadline`], and work of many requests by [`Client::with_deadline`].
    pub fn timeout(mut self, time: Duration) -> Self {
        self.timeout = time;
        self
    }

    /// How long an unused connection is kept. 4 seconds unless told: the server closes its end after 5.
    pub fn pool_idle_timeout(mut self, time: Duration) -> Self {
        self.pool_idle_timeout = time;
        self
    }

    /// How often a request is tried, where it may be: see [`RetryPolicy`]. Three times unless told.
    pub fn retries(mut self, policy: RetryPolicy) -> Self {
        self.retries = policy;
        self
    }

    /// Whether the server can tell another try of a request from another request. With `true` each create, each
    /// update that adds to what is stored, and each call of a function or job carries an `X-Parse-Request-Id` of its
    /// own, the same in all of its tries, and so may be tried again: see [`RetryPolicy`]. An object that is
    /// [saved again](crate::unanswered) after a save that was not answered sends the same id, too.
    ///
    /// Say it only where the server's `idempotencyOptions.paths` covers these requests, for example
    /// `{ paths: ['.*'] }`: any other server ignores the ids, and would do a request twice.
    pub fn request_ids(mut self, on: bool) -> Self {
        self.request_ids = on;
        self
    }

    /// Uses this HTTP client instead of one of our own: for proxies, certificates, or sharing
    /// connections. The timeouts are then its business. Let it follow no redirects: they would carry the
    /// keys to wherever they lead.
    pub fn http_client(mut self, http: reqwest::Client) -> Self {
        self.http = Some(http);
        self
    }

    /// The ACL of every new object that has none of its own: what this client creates, one by one or in a batch,
    /// and the new objects behind pointers.
    ///
    /// It stays when a session begins or ends ([`Client::with_session`], [`Client::without_session`]), and
    /// [`Client::with_default_acl`] changes it for a handle. New users and installations keep the server's
    /// own. Sent with the create, `"ACL": {..}`; no save sends it again.
    ///
    /// ```
    /// use parse_orm::{Acl, Client, DefaultAcl, Who};
    /// let client = Client::builder("https://api.example.com/parse")
    ///     .app_id("app")
    ///     .default_acl(DefaultAcl::from(Acl::new().allow_read(Who::Public)).and_owner())
    ///     .build()?;
    /// # Ok::<(), parse_orm::Error>(())
    /// ```
    ///
    /// With [`DefaultAcl::owner`] a client must know its user: [`Client::with_session_of`]. A create by a client
    /// that does not is refused before it is sent; one with the master key has no owner.
    pub fn default_acl(mut self, acl: impl Into<DefaultAcl>) -> Self {
        self.default_acl = Some(acl.into());
        self
    }

    /// Where LiveQuery is, if it is not where the server is: the server's URL with `ws://` for `http://` and `wss://`
    /// for `https://`, unless told. Either spelling does. With the feature `live-query`.
    #[cfg(feature = "live-query")]
    pub fn live_query_url(mut self, url: impl Into<String>) -> Self {
        self.live.url = Some(url.into());
        self
    }

    /// How long nothing may be heard of the LiveQuery server before the connection counts as broken, and another one
    /// is made. 30 seconds unless told; after half of it the server is asked for a sign of life. With the feature
    /// `live-query`.
    #[cfg(feature = "live-query")]
    pub fn live_query_idle_timeout(mut self, time: Duration) -> Self {
        self.live.idle_timeout = time;
        self
    }

    /// Calls `hook` with the token of a session that the server says is not valid (code 209): it ended, or its user
    /// logged out, or changed the password. The program's place to ask its user to log in again.
    ///
    /// Once for each token, however many requests find out, and of all clones of the client; a log-out that finds its
    /// session dead already does not call it. The request fails with [`ErrorCode::InvalidSessionToken`], is not tried
    /// again, and the client keeps its token. The hook runs before the request returns and should be short: let it
    /// send a message to whoever does the work.
    ///
    /// ```
    /// # use parse_orm::{prelude::*, Secret}; use parse_orm_mock::MockServer; use std::sync::mpsc;
    /// # #[derive(ParseObject, Clone, Debug)] struct GameScore { score: i64 }
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> parse_orm::Result<()> {
    /// # let server = MockServer::start().await;
    /// let (ended, news) = mpsc::channel();
    /// let client = Client::builder(server.url())
    ///     .app_id("app")
    ///     .rest_key("rest")
    ///     .on_invalid_session(move |token| drop(ended.send(token.clone())))
    ///     .build()?;
    /// let visitor = client.with_session("r:ended");
    /// for _ in 0..3 {
    ///     let error = GameScore::objects().all(&visitor).await.unwrap_err();
    ///     assert_eq!(error.code(), Some(ErrorCode::InvalidSessionToken));
    /// }
    /// assert_eq!(news.try_iter().collect::<Vec<_>>(), [Secret::from("r:ended")]); // once
    /// # Ok(()) }
    /// ```
    ///
    /// [`ErrorCode::InvalidSessionToken`]: crate::ErrorCode::InvalidSessionToken
    pub fn on_invalid_session(mut self, hook: impl Fn(&Secret) + Send + Sync + 'static) -> Self {
        self.invalid_session = Some(Hook::new(Box::new(hook)));
        self
    }

    /// The client.
    ///
    /// # Errors
    /// [`Error::Config`](crate::Error::Config) when the URL, a key or the default ACL is malformed or missing.
    pub fn build(mut self) -> Result<Client> {
        let default = self.default_acl.take();
        if let Some(reason) = default.as_ref().and_then(|default| default.acl().mistake()) {
            return Err(config(format!("the default ACL cannot be used: {reason}")));
        }
        let auth = Auth::Public;
        Ok(Client {
            installation: None,
            server: Arc::new(self.server()?),
            new_objects: NewObjects::of(default.map(Arc::new), &auth),
            auth,
            context: None,
            deadline: None,
        })
    }

    /// The client that sends the master key.
    ///
    /// # Errors
    /// [`Error::Config`](crate::Error::Config) when the URL or a key is malformed or missing, or the URL is one that
    /// the [master key may not go to](Self::allow_master_key_over_http).
    pub fn build_master(mut self) -> Result<MasterClient> {
        let key = self.master_key.take().ok_or_else(|| {
            config("the master key is missing: give `.master_key(..)` or set PARSE_MASTER_KEY")
        })?;
        header(key.expose(), "master key")?;
        let client = self.build()?;
        if client.server.no_master_key {
            return Err(plain_http::refused(client.url()));
        }
        Ok(client.master(key))
    }

    fn server(self) -> Result<Server> {
        let url = url::Url::parse(&self.url)
            .map_err(|error| config(format!("`{}` is not a URL: {error}", shown(&self.url))))?;
        if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
            return Err(config(format!(
                "`{}` must begin with http:// or https:// and name a host",
                shown(&self.url)
            )));
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(config(format!(
                "`{}` must not have a query or a fragment",
                shown(&self.url)
            )));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(config(
                "the URL must not hold a user name or a password: give the keys by themselves",
            ));
        }
        #[cfg(feature = "live-query")]
        let live = self.live.settle(&url, self.master_key_over_http)?;
        let app_id = self
            .app_id
            .ok_or_else(|| config("the application id is missing: give `.app_id(..)`"))?;
        let mut keys = HeaderMap::new();
        keys.insert(
            HeaderName::from_static(APP_ID),
            header(&app_id, "application id")?,
        );
        for (name, key, what) in [
            (REST_KEY, &self.rest_key, "REST key"),
            (JAVASCRIPT_KEY, &self.javascript_key, "JavaScript key"),
            (CLIENT_KEY, &self.client_key, "client key"),
        ] {
            if let Some(key) = key {
                keys.insert(HeaderName::from_static(name), header(key.expose(), what)?);
            }
        }
        let https = url.scheme() == "https";
        #[cfg(feature = "live-query")]
        let https = https || live.is_secured();
        let own_http = self.http.is_none();
        let http = match self.http {
            Some(http) => http,
            None => secured(reqwest::Client::builder(), https)?
                .connect_timeout(self.connect_timeout)
                .timeout(self.timeout)
                .pool_idle_timeout(self.pool_idle_timeout)
                // a redirect would carry the keys to wherever it leads
                .redirect(reqwest::redirect::Policy::none())
                .build()
                .map_err(|error| config(format!("the HTTP client could not be built: {error}")))?,
        };
        Ok(Server {
            http,
            url: url.as_str().trim_end_matches('/').into(),
            keys,
            no_master_key: plain_http::is_readable(&url) && !self.master_key_over_http,
            timeout: self.timeout,
            own_http,
            invalid_session: self.invalid_session,
            retries: self.retries,
            request_ids: self.request_ids,
            #[cfg(feature = "live-query")]
            live,
        })
    }
}

/// A URL for messages: who put a password into it shall not read it in a log.
pub(super) fn shown(url: &str) -> Cow<'_, str> {
    let host = url.find("://").map_or(0, |scheme| scheme + 3);
    match url.rfind('@') {
        Some(at) if at >= host => format!("{}..{}", &url[..host], &url[at..]).into(),
        _ => url.into(),
    }
}

/// A key as a header's value, marked so that nothing prints it.
pub(super) fn header(text: &str, what: &str) -> Result<HeaderValue> {
    let mut value = HeaderValue::from_str(text).map_err(|_| {
        config(format!(
            "the {what} holds characters that an HTTP header cannot carry"
        ))
    })?;
    value.set_sensitive(true);
    Ok(value)
}

/// TLS by rustls with the ring provider, handed over ready-made: there is no process-wide default to set.
/// The platform's certificates are read only where they are needed.
#[cfg(feature = "rustls")]
fn secured(http: reqwest::ClientBuilder, https: bool) -> Result<reqwest::ClientBuilder> {
    use rustls_platform_verifier::BuilderVerifierExt;
    let failed = |error: rustls::Error| config(format!("TLS could not be set up: {error}"));
    let tls = rustls::ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(failed)?;
    let tls = if https {
        tls.with_platform_verifier()
            .map_err(failed)?
            .with_no_client_auth()
    } else {
        tls.with_root_certificates(rustls::RootCertStore::empty())
            .with_no_client_auth()
    };
    Ok(http.tls_backend_preconfigured(tls))
}

#[cfg(not(feature = "rustls"))]
fn secured(http: reqwest::ClientBuilder, https: bool) -> Result<reqwest::ClientBuilder> {
    if https && cfg!(not(feature = "native-tls")) {
        return Err(config(
            "https needs one of the features `rustls` (the default) and `native-tls` of parse-orm",
        ));
    }
    Ok(http)
}
