//! Users: signing up, logging in, and the sessions that come of it.
//!
//! One untyped core asks the server for a session (`entry`); [`ParseUser`] and [`Session`] are its typed edge.

mod auth_data;
mod entry;
mod into_user;
mod model;
mod parse_user;
mod record;
mod session;

pub use model::{User, UserAccessors, UserFields};
pub use parse_user::ParseUser;
pub use record::{
    CreatedWith, CreatedWithFields, SessionRecord, SessionRecordAccessors, SessionRecordFields,
};
pub use session::Session;

/// The class of the users.
const CLASS: &str = "_User";
