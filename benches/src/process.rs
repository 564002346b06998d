//! The processor time of a process: unlike the time on the clock it hardly depends on what else the machine does.

use std::fs;
use std::time::Duration;

/// A process that is looked at from outside.
#[derive(Debug, Clone, Copy)]
pub struct Process {
    id: u32,
}

impl Process {
    /// The process of this id.
    pub fn new(id: u32) -> Self {
        Self { id }
    }

    /// The process on this machine that listens on a TCP port; none where the system does not tell.
    pub fn listening_on(port: u16) -> Option<Self> {
        let sockets = ["/proc/net/tcp", "/proc/net/tcp6"].map(|table| fs::read_to_string(table).ok());
        let socket = sockets
            .iter()
            .flatten()
            .find_map(|table| table.lines().find_map(|line| listener(line, port)))?;
        let target = format!("socket:[{socket}]");
        let holds = |id: &u32| {
            let open = fs::read_dir(format!("/proc/{id}/fd"))
                .into_iter()
                .flatten()
                .flatten();
            open.into_iter()
                .filter_map(|file| fs::read_link(file.path()).ok())
                .any(|link| link.to_str() == Some(&target))
        };
        let processes = fs::read_dir("/proc").ok()?.flatten();
        processes
            .filter_map(|process| process.file_name().to_str()?.parse().ok())
            .find(holds)
            .map(Self::new)
    }

    /// The processor time of all its threads so far; none where the system does not tell.
    pub fn cpu_time(self) -> Option<Duration> {
        let threads = fs::read_dir(format!("/proc/{}/task", self.id)).ok()?;
        let nanos = threads.flatten().filter_map(|thread| {
            let spent = fs::read_to_string(thread.path().join("schedstat")).ok()?;
            spent.split(' ').next()?.parse::<u64>().ok()
        });
        Some(Duration::from_nanos(nanos.sum()))
    }
}

/// The inode of the socket that a line of `/proc/net/tcp` is about, if it listens on the port.
fn listener(line: &str, port: u16) -> Option<&str> {
    const LISTENS: &str = "0A";
    let mut columns = line.split_whitespace();
    let (local, state) = (columns.nth(1)?, columns.nth(1)?);
    let here = local.rsplit_once(':')?.1 == format!("{port:04X}");
    columns.nth(5).filter(|_| here && state == LISTENS)
}
