//! The master key over plain HTTP: to this machine only, unless the program says otherwise.

use super::config;
use crate::Error;
use url::{Host, Url};

/// Whether anybody between here and there could read along.
pub(super) fn is_readable(url: &Url) -> bool {
    if !matches!(url.scheme(), "http" | "ws") {
        return false;
    }
    match url.host() {
        Some(Host::Domain(name)) => name != "localhost",
        Some(Host::Ipv4(address)) => !address.is_loopback(),
        Some(Host::Ipv6(address)) => !address.to_canonical().is_loopback(),
        None => true,
    }
}

/// Why the master key is not sent to this address.
pub(super) fn refused(url: &str) -> Error {
    let safe = if url.starts_with("ws") { "wss" } else { "https" };
    config(format!(
        "the master key is not sent to `{url}`, because everybody on the way could read it: use {safe}://, or, where \
         the network is trusted, `.allow_master_key_over_http(true)` or PARSE_ALLOW_MASTER_KEY_OVER_HTTP=true"
    ))
}
