//! What LiveQuery needs of a client: its address, the keys to introduce itself by, and a place for its sockets.

use super::config::{APP_ID, CLIENT_KEY, JAVASCRIPT_KEY, REST_KEY, shown};
use super::{Auth, Client, Path, RetryPolicy, Secret, config, plain_http};
use crate::Result;
use reqwest::header::HeaderValue;
use std::any::Any;
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use url::Url;

/// As it was asked for.
pub(super) struct LiveConfig {
    pub(super) url: Option<String>,
    pub(super) idle_timeout: Duration,
}

impl Default for LiveConfig {
    fn default() -> Self {
        Self {
            url: None,
            idle_timeout: Duration::from_secs(30),
        }
    }
}

/// As it is.
pub(super) struct Live {
    /// With `ws` or `wss`.
    url: String,
    /// Whether the way there is one that the master key must not go.
    no_master_key: bool,
    idle_timeout: Duration,
    /// The sockets, which this room knows nothing about.
    sockets: OnceLock<Arc<dyn Any + Send + Sync>>,
}

impl LiveConfig {
    /// Checks the address; without one it is the server's.
    pub(super) fn settle(self, server: &Url, master_key_over_http: bool) -> Result<Live> {
        let url = match self.url {
            None => server.clone(),
            Some(text) => {
                let wrong = |reason: &str| config(format!("the LiveQuery URL `{}` {reason}", shown(&text)));
                let url = Url::parse(&text).map_err(|error| wrong(&format!("is not a URL: {error}")))?;
                if !matches!(url.scheme(), "ws" | "wss" | "http" | "https") || url.host_str().is_none() {
                    return Err(wrong("must begin with ws:// or wss:// and name a host"));
                }
                if url.fragment().is_some() {
                    return Err(wrong("must not have a fragment"));
                }
                if !url.username().is_empty() || url.password().is_some() {
                    return Err(wrong("must not hold a user name or a password"));
                }
                url
            }
        };
        let no_master_key = plain_http::is_readable(&url) && !master_key_over_http;
        let url = url.as_str().trim_end_matches('/');
        // `http://..` and `https://..` become `ws://..` and `wss://..`
        let url = url
            .strip_prefix("http")
            .map_or(url.into(), |rest| format!("ws{rest}"));
        Ok(Live {
            url,
            no_master_key,
            idle_timeout: self.idle_timeout,
            sockets: OnceLock::new(),
        })
    }
}

impl Live {
    pub(super) fn is_secured(&self) -> bool {
        self.url.starts_with("wss:")
    }
}

/// What a client introduces itself by.
pub(crate) struct Doorway<'a> {
    pub(crate) app_id: &'a str,
    pub(crate) rest_key: Option<&'a str>,
    pub(crate) javascript_key: Option<&'a str>,
    pub(crate) client_key: Option<&'a str>,
    pub(crate) master_key: Option<&'a Secret>,
    pub(crate) installation: Option<&'a str>,
}

impl Client {
    /// Fails where the master key would have to go a way that others can read.
    pub(crate) fn doorway(&self) -> Result<Doorway<'_>> {
        let key = |name: &str| {
            // they were texts when they were given
            self.server
                .keys
                .get(name)
                .map(HeaderValue::to_str)
                .and_then(Result::ok)
        };
        let live = &self.server.live;
        let master_key = match &self.auth {
            Auth::Master(_) if live.no_master_key => return Err(plain_http::refused(&live.url)),
            Auth::Master(key) => Some(key),
            Auth::Public | Auth::Session(..) => None,
        };
        Ok(Doorway {
            app_id: key(APP_ID).unwrap_or_default(),
            rest_key: key(REST_KEY),
            javascript_key: key(JAVASCRIPT_KEY),
            client_key: key(CLIENT_KEY),
            master_key,
            installation: self.installation.as_deref(),
        })
    }

    /// Where LiveQuery is, with `ws` or `wss`.
    pub(crate) fn live_query_url(&self) -> &str {
        &self.server.live.url
    }

    pub(crate) fn live_query_idle_timeout(&self) -> Duration {
        self.server.live.idle_timeout
    }

    /// The sockets of all handles on the server.
    pub(crate) fn sockets<S: Any + Default + Send + Sync>(&self) -> Arc<S> {
        let sockets = self.server.live.sockets.get_or_init(|| Arc::new(S::default()));
        // there is one room that asks, for one type
        sockets.clone().downcast().unwrap_or_default()
    }

    pub(crate) fn http(&self) -> &reqwest::Client {
        &self.server.http
    }

    pub(crate) fn retry_policy(&self) -> &RetryPolicy {
        &self.server.retries
    }

    /// LiveQuery says that the session of this client is not valid.
    pub(crate) fn session_is_invalid(&self) {
        if let (Auth::Session(token, _), Some(hook)) = (&self.auth, &self.server.invalid_session) {
            hook.found(token, Path::Plain("/"));
        }
    }
}
