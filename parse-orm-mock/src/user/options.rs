//! What a server can be told about its users.

use super::provider::Provider;

/// The options about users; [`crate::MockServerBuilder`] sets them.
#[derive(Debug, Clone)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a switch of the real server"
)]
pub(crate) struct UserOptions {
    pub(crate) enforce_private: bool,
    pub(crate) anonymous: bool,
    pub(crate) revoke_sessions: bool,
    pub(crate) verify_emails: bool,
    pub(crate) prevent_unverified_login: bool,
    pub(crate) lockout: Option<Lockout>,
    pub(crate) providers: Vec<Provider>,
}

/// After so many failed log-ins an account is closed for some minutes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Lockout {
    pub(crate) threshold: u32,
    pub(crate) minutes: u32,
}

impl Default for UserOptions {
    fn default() -> Self {
        Self {
            enforce_private: true,
            anonymous: true,
            revoke_sessions: true,
            verify_emails: false,
            prevent_unverified_login: false,
            lockout: None,
            providers: Vec::new(),
        }
    }
}

impl UserOptions {
    /// Adds a provider; one of the same name is replaced.
    pub(crate) fn add(&mut self, provider: Provider) {
        self.providers.retain(|known| known.name != provider.name);
        self.providers.push(provider);
    }
}
