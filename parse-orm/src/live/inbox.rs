//! What one subscription has not been told yet: bounded, whatever the server sends.

use super::event::{Gap, GapReason};
use super::frame::{Event, Refusal};
use crate::error::LiveProblem;
use chrono::{DateTime, Utc};
use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

/// Between the connection and one consumer. Neither waits for the other.
pub(super) struct Inbox {
    capacity: usize,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    items: VecDeque<Item>,
    /// Behind all of the items.
    gap: Option<Gap>,
    end: Option<End>,
    waker: Option<Waker>,
}

pub(super) enum Item {
    Event(Event),
    /// The server failed at one event.
    Refused(Refusal),
    Gap(Gap),
}

enum End {
    Untold(LiveProblem),
    Told,
}

impl Inbox {
    pub(super) fn new(capacity: usize) -> Self {
        Self {
            capacity: capacity.max(1),
            state: Mutex::default(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts an event in, if there is room.
    pub(super) fn put(&self, item: Item) {
        let mut state = self.state();
        if state.items.len() >= self.capacity {
            let lost = |lost| Gap {
                reason: GapReason::SlowConsumer { lost },
                since: Utc::now(),
            };
            match &mut state.gap {
                Some(Gap {
                    reason: GapReason::SlowConsumer { lost },
                    ..
                }) => *lost = lost.saturating_add(1),
                // it already says that nobody knows
                Some(_) => {}
                None => state.gap = Some(lost(1)),
            }
            return;
        }
        let gap = state.gap.take().map(Item::Gap);
        state.items.extend(gap);
        state.items.push_back(item);
        wake(state);
    }

    /// Another connection was made; the last word of the one before came at this time.
    pub(super) fn reconnected(&self, since: DateTime<Utc>) {
        let mut state = self.state();
        let since = state.gap.map_or(since, |earlier| earlier.since.min(since));
        state.gap = Some(Gap {
            reason: GapReason::Reconnected,
            since,
        });
        wake(state);
    }

    /// Nothing comes any more; the first reason counts.
    pub(super) fn end(&self, problem: LiveProblem) {
        let mut state = self.state();
        if state.end.is_none() {
            state.end = Some(End::Untold(problem));
        }
        wake(state);
    }

    /// The next item; `None` behind the end.
    pub(super) fn poll(&self, context: &mut Context<'_>) -> Poll<Option<Result<Item, LiveProblem>>> {
        let mut state = self.state();
        let item = state.items.pop_front();
        if let Some(item) = item.or_else(|| state.gap.take().map(Item::Gap)) {
            return Poll::Ready(Some(Ok(item)));
        }
        match state.end.replace(End::Told) {
            Some(End::Untold(problem)) => Poll::Ready(Some(Err(problem))),
            Some(End::Told) => Poll::Ready(None),
            None => {
                state.end = None;
                match &mut state.waker {
                    Some(waker) => waker.clone_from(context.waker()),
                    none => *none = Some(context.waker().clone()),
                }
                Poll::Pending
            }
        }
    }
}

/// Not under the lock, which who is woken takes.
fn wake(mut state: MutexGuard<'_, State>) {
    let waker = state.waker.take();
    drop(state);
    if let Some(waker) = waker {
        waker.wake();
    }
}
