//! Users: what lies below the rooms of users and sessions.

pub(crate) mod mail;
pub(crate) mod options;
pub(crate) mod password;
pub(crate) mod provider;
pub(crate) mod session;
