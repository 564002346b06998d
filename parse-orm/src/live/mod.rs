//! LiveQuery: what happens to the rows of a query, as it happens, over a WebSocket.
//!
//! A [`Subscription`] is a handle on an [`Inbox`](inbox::Inbox), which the task behind the socket ([`line`]) fills.
//! All subscriptions of a server's handles share a socket ([`sockets`]).

mod event;
mod frame;
mod inbox;
mod line;
mod socket;
mod sockets;
mod subscription;

pub use event::{Gap, GapReason, LiveEvent};
pub use subscription::{Subscribe, Subscription};

use crate::error::LiveProblem;

impl From<frame::Refusal> for LiveProblem {
    fn from(refusal: frame::Refusal) -> Self {
        let frame::Refusal { code, message } = refusal;
        Self::Refused { code, message }
    }
}
