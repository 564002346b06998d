//! How Cloud Code reaches its own server, and webhooks.

use std::sync::OnceLock;

use axum::body::Body;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;

use crate::options::Options;

pub(crate) type Http = Client<HttpConnector, Body>;

/// What is needed for it; each client is made when it is first asked for, and kept for its connections.
#[derive(Debug)]
pub(crate) struct Home {
    #[cfg(feature = "client")]
    options: Options,
    #[cfg(feature = "client")]
    client: OnceLock<parse_orm::MasterClient>,
    http: OnceLock<Http>,
}

impl Home {
    #[cfg_attr(
        not(feature = "client"),
        expect(unused_variables, reason = "only the client asks")
    )]
    pub(crate) fn new(options: &Options) -> Self {
        Self {
            #[cfg(feature = "client")]
            options: options.clone(),
            #[cfg(feature = "client")]
            client: OnceLock::new(),
            http: OnceLock::new(),
        }
    }

    /// A client with the master key.
    #[cfg(feature = "client")]
    pub(crate) fn client(&self) -> parse_orm::MasterClient {
        let made = || crate::client::master(&self.options);
        self.client.get_or_init(made).clone()
    }

    /// For webhooks, which are plain HTTP here.
    pub(crate) fn http(&self) -> &Http {
        self.http
            .get_or_init(|| Client::builder(TokioExecutor::new()).build_http())
    }
}
