//! Mails that a real server would have sent.

use std::fmt;

/// A mail to a user.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Mail {
    /// What it is about.
    pub kind: MailKind,
    /// The address, or the name of a user without one.
    pub to: String,
    /// What the user is to open: this server has the page. A password is chosen there by a form, `POST` with `token`
    /// and `new_password`.
    pub link: String,
}

/// What a mail is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum MailKind {
    /// The user forgot the password: `POST /requestPasswordReset`.
    PasswordReset,
    /// The address is to be verified: a sign-up, a new address, or `POST /verificationEmailRequest`.
    Verification,
}

/// Without the token of the link, which takes the place of a password.
impl fmt::Debug for Mail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let page = self.link.split('?').next();
        f.debug_struct("Mail")
            .field("kind", &self.kind)
            .field("to", &self.to)
            .field("link", &page.unwrap_or_default())
            .finish_non_exhaustive()
    }
}

impl Mail {
    /// A mail whose link has this token.
    pub(crate) fn new(kind: MailKind, to: &str, url: &str, app_id: &str, token: &str) -> Self {
        let page = match kind {
            MailKind::PasswordReset => "request_password_reset",
            MailKind::Verification => "verify_email",
        };
        Self {
            kind,
            to: to.to_owned(),
            link: format!("{url}/apps/{app_id}/{page}?token={token}"),
        }
    }
}
