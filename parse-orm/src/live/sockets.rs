//! The sockets of a server's handles: one for the public and all sessions together, one for each master key.

use super::line::{Command, Work};
use crate::{Client, Error, Result};
use futures::channel::mpsc;
use futures::{FutureExt as _, StreamExt as _};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::runtime::Handle;
use tracing::Instrument as _;

/// Shared by all handles on a server.
#[derive(Default)]
pub(super) struct Sockets {
    open: Mutex<Vec<(Line, mpsc::UnboundedSender<Command>)>>,
    requests: AtomicU64,
}

/// What a socket was opened with: the master key and the device belong to the whole of it, a session does not.
#[derive(Clone, PartialEq)]
pub(super) struct Line {
    master_key: Option<crate::Secret>,
    installation: Option<String>,
}

impl Line {
    fn of(client: &Client) -> Result<Self> {
        let doorway = client.doorway()?;
        Ok(Self {
            master_key: doorway.master_key.cloned(),
            installation: doorway.installation.map(Into::into),
        })
    }
}

impl Sockets {
    /// A number that no other subscription of this server has.
    pub(super) fn next_request(&self) -> u64 {
        self.requests.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// Gives a command to the client's socket, which is opened if it is not; and the way to give it more.
    pub(super) fn send(
        self: &Arc<Self>,
        client: &Client,
        command: Command,
    ) -> Result<mpsc::UnboundedSender<Command>> {
        let line = Line::of(client)?;
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let mut command = command;
        if let Some(place) = open.iter().position(|(known, _)| *known == line) {
            let (_, commands) = &open[place];
            match commands.unbounded_send(command) {
                Ok(()) => return Ok(commands.clone()),
                // its runtime has dropped the task
                Err(unsent) => command = unsent.into_inner(),
            }
            open.swap_remove(place);
        }
        let runtime = Handle::try_current()
            .map_err(|_| Error::Config("a subscription has to be awaited within a Tokio runtime".into()))?;
        let (commands, receiver) = mpsc::unbounded();
        // the receiver is right here
        let _ = commands.unbounded_send(command);
        open.push((line.clone(), commands.clone()));
        // no session goes with the socket
        let span = tracing::debug_span!("parse_live_query", url = client.live_query_url());
        let work = Work::new(client.without_user(), line, self.clone(), receiver);
        runtime.spawn(work.run().instrument(span));
        Ok(commands)
    }

    /// Forgets a socket that nobody needs, unless somebody has just asked it for something.
    pub(super) fn retire(
        &self,
        line: &Line,
        commands: &mut mpsc::UnboundedReceiver<Command>,
    ) -> Result<(), Command> {
        // who subscribes holds the lock
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(Some(command)) = commands.next().now_or_never() {
            return Err(command);
        }
        commands.close();
        open.retain(|(known, _)| known != line);
        Ok(())
    }
}
