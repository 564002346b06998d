//! What may happen to a request on its way.

use crate::http::Message;
use crate::random::Random;
use std::collections::VecDeque;

/// One thing that goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Half of the request reaches the server, then both connections are reset.
    CutRequest,
    /// Done; the connection is reset before the answer.
    LostAnswer,
    /// Done; the connection is reset in the middle of the answer's body.
    CutAnswer,
    /// Done; the answer comes late, in two parts.
    Slow,
    /// Done; the answer comes later than the client waits.
    TooLate,
    /// Status 429 with this `Retry-After`.
    NotNow(&'static str),
    /// An error of Parse with status 500.
    Failed { done: bool },
    /// A proxy's page.
    Page { status: u16, done: bool },
    /// A proxy's page with status 200, as of a network that wants a log-in.
    Portal,
    /// Refused with this status, by the server with an error of this code, or by a proxy.
    Refused { status: u16, code: Option<i64> },
    /// Done; half of the answer's JSON comes, with a length that fits.
    Half,
    /// Done; the answer comes as what it is not.
    WrongType,
    /// The server gets the request twice, one after the other; the first or the second answer comes back.
    Twice { second: bool },
    /// Done; the connection is closed as soon as it is idle.
    ClosedIdle,
    /// Done; the connection is reset as the next request begins to arrive.
    ClosedInWrite,
    /// Done; then nobody listens for a moment, and connections that are idle are closed.
    Away,
}

/// The names of all faults.
pub const KINDS: [&str; 16] = [
    "cut request",
    "lost answer",
    "cut answer",
    "slow",
    "too late",
    "not now",
    "failed",
    "page",
    "portal",
    "half",
    "wrong type",
    "twice",
    "closed idle",
    "closed in write",
    "away",
    "refused",
];

impl Fault {
    pub fn kind(self) -> &'static str {
        KINDS[match self {
            Self::CutRequest => 0,
            Self::LostAnswer => 1,
            Self::CutAnswer => 2,
            Self::Slow => 3,
            Self::TooLate => 4,
            Self::NotNow(_) => 5,
            Self::Failed { .. } => 6,
            Self::Page { .. } => 7,
            Self::Portal => 8,
            Self::Half => 9,
            Self::WrongType => 10,
            Self::Twice { .. } => 11,
            Self::ClosedIdle => 12,
            Self::ClosedInWrite => 13,
            Self::Away => 14,
            Self::Refused { .. } => 15,
        }]
    }

    /// Whether the server does the work.
    pub fn is_done(self) -> bool {
        match self {
            Self::CutRequest | Self::NotNow(_) | Self::Portal | Self::Refused { .. } => false,
            Self::Failed { done } | Self::Page { done, .. } => done,
            _ => true,
        }
    }

    /// Whether it can happen to this request, and leave something that a client could still get right.
    fn is_for(self, request: &Message) -> bool {
        match self {
            Self::Twice { .. } => may_come_twice(request),
            // the server's word for a transaction that was rolled back
            Self::Failed { done: true } => !has(&request.body, br#""transaction":true"#),
            _ => true,
        }
    }

    fn any(random: &mut Random) -> Self {
        let done = random.percent(50);
        match random.below(66) {
            0..4 => Self::CutRequest,
            4..8 => Self::LostAnswer,
            8..12 => Self::CutAnswer,
            12..20 => Self::Slow,
            20 => Self::TooLate,
            21..25 => Self::NotNow("0"),
            // in 1994
            25 => Self::NotNow("Sun, 06 Nov 1994 08:49:37 GMT"),
            26..29 => Self::Failed { done },
            29..33 => Self::Page {
                status: *random.pick(&[500, 502, 503, 504]),
                done,
            },
            33..36 => Self::Portal,
            36..39 => Self::Half,
            39..42 => Self::WrongType,
            42..48 => Self::Twice { second: done },
            48..53 => Self::ClosedIdle,
            53..58 => Self::ClosedInWrite,
            58..60 => Self::Away,
            60..63 => Self::Refused {
                status: 403,
                code: None,
            },
            _ => Self::Refused {
                status: 400,
                code: Some(119),
            },
        }
    }
}

/// What happens to which request.
#[derive(Debug)]
pub enum Plan {
    /// To the next requests, one after the other; then nothing.
    These(VecDeque<Option<Fault>>),
    /// To this many of a hundred.
    Random(Random, usize),
}

impl Plan {
    pub fn decide(&mut self, request: &Message) -> Option<Fault> {
        match self {
            Self::These(faults) => faults.pop_front().flatten(),
            Self::Random(random, percent) => {
                let met = random.percent(*percent).then(|| Fault::any(random));
                met.filter(|fault| fault.is_for(request))
            }
        }
    }
}

/// No client can help it where a network delivers a batch twice, or another request that adds something and that
/// the server does not know again.
fn may_come_twice(request: &Message) -> bool {
    let (method, path) = request.head.request();
    if request.head.header("x-parse-request-id").is_some() {
        return true;
    }
    match method {
        "GET" | "DELETE" => true,
        "PUT" => path.contains("/classes/") && !adds(&request.body),
        _ => has(&request.body, br#""_method":"GET""#),
    }
}

fn adds(body: &[u8]) -> bool {
    has(body, br#""__op":"Increment""#) || has(body, br#""__op":"Add""#)
}

fn has(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}
