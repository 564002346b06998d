//! Clients of `parse-orm` that talk to the server: only the wire is shared.

use crate::MockServer;
use crate::options::Options;

impl MockServer {
    /// A client with the REST API key.
    ///
    /// # Panics
    ///
    /// When `parse-orm` refuses the URL of the server, which it has no reason to.
    #[expect(
        clippy::expect_used,
        reason = "documented; the URL and the keys come from the server itself"
    )]
    pub fn client(&self) -> parse_orm::Client {
        builder(self.options())
            .build()
            .expect("a client of the mock server")
    }

    /// A client with the master key.
    ///
    /// # Panics
    ///
    /// When `parse-orm` refuses the URL of the server, which it has no reason to.
    pub fn master_client(&self) -> parse_orm::MasterClient {
        master(self.options())
    }
}

fn builder(options: &Options) -> parse_orm::ClientBuilder {
    let builder = parse_orm::Client::builder(&options.url).app_id(&options.app_id);
    match options.rest_key.as_str() {
        "" => builder,
        key => builder.rest_key(key),
    }
}

/// A client of the server of these options.
#[expect(
    clippy::expect_used,
    reason = "the URL and the keys come from the server itself"
)]
pub(crate) fn master(options: &Options) -> parse_orm::MasterClient {
    builder(options)
        .master_key(options.master_key.as_str())
        .build_master()
        .expect("a master client of the mock server")
}
