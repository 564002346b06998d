//! The jobs, and what is asked of them.

use crate::contender::Contender;

/// What every contender does.
#[derive(Debug)]
pub(crate) struct Job {
    /// What it is called on the command line, and to the contenders.
    pub(crate) name: &'static str,
    pub(crate) title: &'static str,
    /// What the contenders are told to do, where that is another's job in another place.
    pub(crate) does: &'static str,
    /// How many times.
    pub(crate) number: usize,
    /// How the server answers, as the beginning of its path.
    pub(crate) server: &'static str,
    /// How many processes make one run, one after the other.
    pub(crate) processes: u32,
    pub(crate) figure: Figure,
    /// The most that parse-orm may take, as a part of what the reference takes.
    pub(crate) target: Option<f64>,
    /// Who cannot do it, or need not.
    pub(crate) without: &'static [Contender],
}

/// What is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Figure {
    /// Processor time, of the user and of the system.
    Cpu,
    /// Time on the clock.
    Wall,
    /// The most memory at once.
    Memory,
}

impl Job {
    pub(crate) fn is_for(&self, contender: Contender) -> bool {
        !self.without.contains(&contender)
    }
}

const JOB: Job = Job {
    name: "",
    title: "",
    does: "",
    number: 1,
    server: "",
    processes: 1,
    figure: Figure::Cpu,
    target: None,
    without: &[],
};

/// Their order is that of the table.
pub(crate) const JOBS: &[Job] = &[
    Job {
        name: "stream",
        title: "scan of 100,000 rows, `stream()`",
        does: "stream",
        target: Some(0.60),
        ..JOB
    },
    Job {
        name: "all",
        title: "scan of 100,000 rows, `all()`",
        does: "all",
        target: Some(0.65),
        ..JOB
    },
    Job {
        name: "overlap",
        title: "20 pages, 20 ms each at the server and 20 ms in the consumer: time",
        does: "overlap",
        server: "/rows-20000/delay-20",
        figure: Figure::Wall,
        target: Some(0.55),
        without: &[Contender::ParseRs],
        ..JOB
    },
    Job {
        name: "batch",
        title: "10,000 creates in batches of 50",
        does: "batch",
        number: 10_000,
        target: Some(1.00),
        ..JOB
    },
    Job {
        name: "single",
        title: "2,000 creates and 2,000 updates of one field",
        does: "single",
        number: 2_000,
        target: Some(1.00),
        ..JOB
    },
    Job {
        name: "gets",
        title: "20,000 gets, 64 at a time",
        does: "gets",
        number: 20_000,
        target: Some(1.00),
        ..JOB
    },
    Job {
        name: "query",
        title: "a query of 6 conditions, built and encoded 1,000,000 times",
        does: "query",
        number: 1_000_000,
        target: Some(0.40),
        ..JOB
    },
    Job {
        name: "diff",
        title: "3 changes of 10 fields, found and encoded 200,000 times",
        does: "diff",
        number: 200_000,
        without: &[Contender::ParseRs],
        ..JOB
    },
    Job {
        name: "start",
        title: "start of a process with one client",
        does: "start",
        processes: 10,
        target: Some(1.05),
        ..JOB
    },
    Job {
        name: "start-https",
        title: "the same for `https`",
        does: "start",
        server: "https",
        processes: 10,
        target: Some(1.05),
        ..JOB
    },
    Job {
        name: "memory-few",
        title: "memory of `stream()`, 10,000 rows",
        does: "stream",
        server: "/rows-10000",
        figure: Figure::Memory,
        without: &[Contender::ParseRs, Contender::Js],
        ..JOB
    },
    Job {
        name: "memory-many",
        title: "memory of `stream()`, 1,000,000 rows",
        does: "stream",
        server: "/rows-1000000",
        figure: Figure::Memory,
        without: &[Contender::ParseRs, Contender::Js],
        ..JOB
    },
];
