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

/// Reads a frame for who looks at it alone.
#[cfg(feature = "__internals")]
pub(crate) fn read(text: &str) -> Option<crate::internals::Frame> {
    use frame::{Frame, Kind};
    let mut read = crate::internals::Frame {
        op: "connected",
        request: None,
        object: None,
        original: None,
        refusal: None,
        last: false,
    };
    match frame::read(text)? {
        Frame::Connected => {}
        Frame::Subscribed(request) => (read.op, read.request) = ("subscribed", Some(request)),
        Frame::Unsubscribed(request) => (read.op, read.request) = ("unsubscribed", Some(request)),
        Frame::Event(request, event) => {
            read.op = match event.kind {
                Kind::Create => "create",
                Kind::Enter => "enter",
                Kind::Update => "update",
                Kind::Leave => "leave",
                Kind::Delete => "delete",
            };
            read.request = Some(request);
            (read.object, read.original) = (Some(event.object), event.original);
        }
        Frame::Error {
            request,
            refusal,
            reconnect,
        } => {
            (read.op, read.request, read.last) = ("error", request, !reconnect);
            read.refusal = Some((refusal.code.map(crate::ErrorCode::number), refusal.message));
        }
    }
    Some(read)
}

impl From<frame::Refusal> for LiveProblem {
    fn from(refusal: frame::Refusal) -> Self {
        let frame::Refusal { code, message } = refusal;
        Self::Refused { code, message }
    }
}
