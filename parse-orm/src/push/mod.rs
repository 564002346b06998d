//! Push notifications: to channels, to the installations of a query, to an audience; and what became of them.

mod audience;
mod message;
mod status;

pub use audience::{Audience, AudienceAccessors, AudienceFields};
pub use message::Push;
pub use status::{PushStatus, PushStatusAccessors, PushStatusFields};

/// What errors call a push, in the place of a class.
const NAME: &str = "Push";
