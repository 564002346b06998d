//! The figures, as tables.

use std::fmt;
use std::time::Duration;

use parse_orm_benches::{Table, median};

use crate::compile::{Crates, Derive};
use crate::contender::{Contender, Run};
use crate::job::{Figure, Job};

/// What the runs of a contender at a job took.
#[derive(Debug)]
pub(crate) struct Measured {
    pub(crate) contender: Contender,
    pub(crate) runs: Vec<Run>,
}

impl Measured {
    pub(crate) fn new(contender: Contender) -> Self {
        Self {
            contender,
            runs: Vec::new(),
        }
    }

    fn median(&self, of: impl Fn(&Run) -> f64) -> f64 {
        median(self.runs.iter().map(of).collect())
    }

    /// In milliseconds or MiB.
    fn figure(&self, figure: Figure) -> f64 {
        match figure {
            Figure::Cpu => self.median(|run| millis(run.cpu)),
            Figure::Wall => self.median(|run| millis(run.wall)),
            #[allow(clippy::cast_precision_loss, reason = "far from it")]
            Figure::Memory => self.median(|run| run.memory as f64 / f64::from(1 << 20)),
        }
    }
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// Everything that was measured.
#[derive(Debug)]
pub(crate) struct Report {
    rounds: u16,
    jobs: Vec<(&'static Job, Vec<Measured>)>,
    pub(crate) derive: Option<Derive>,
    pub(crate) crates: Option<Crates>,
}

/// A number and the most that it may be.
struct Goal {
    what: &'static str,
    measured: String,
    wanted: String,
    met: bool,
}

const CONTENDERS: [Contender; 3] = [Contender::ParseOrm, Contender::ParseRs, Contender::Js];

impl Report {
    pub(crate) fn new(rounds: u16) -> Self {
        Self {
            rounds,
            jobs: Vec::new(),
            derive: None,
            crates: None,
        }
    }

    pub(crate) fn add(&mut self, job: &'static Job, measured: Vec<Measured>) {
        self.jobs.push((job, measured));
    }

    fn figure(&self, job: &str, contender: Contender, figure: Figure) -> Option<f64> {
        let (_, measured) = self.jobs.iter().find(|(one, _)| one.name == job)?;
        let measured = measured.iter().find(|one| one.contender == contender)?;
        Some(measured.figure(figure))
    }

    /// How often a contender takes what the reference takes.
    pub(crate) fn ratio(&self, job: &Job, contender: Contender) -> Option<f64> {
        let of = |contender| self.figure(job.name, contender, job.figure);
        Some(of(contender)? / of(Contender::Reference)?)
    }

    /// The jobs that are compared with the reference.
    pub(crate) fn compared(&self) -> impl Iterator<Item = &'static Job> {
        let jobs = self.jobs.iter().map(|(job, _)| *job);
        jobs.filter(|job| job.figure != Figure::Memory)
    }

    fn ratios(&self) -> Table {
        let names = CONTENDERS.map(Contender::name);
        let [ours, others @ ..] = names;
        let mut table = Table::new(
            ["job", "reference", ours, "target", ""]
                .into_iter()
                .chain(others)
                .chain(["server"]),
        );
        for job in self.compared() {
            let reference = self.figure(job.name, Contender::Reference, job.figure);
            let ratio = |contender| {
                self.ratio(job, contender)
                    .map_or(String::new(), |ratio| format!("{ratio:.2}"))
            };
            let ours = self.ratio(job, Contender::ParseOrm);
            table.row([
                job.title.to_owned(),
                reference.map_or(String::new(), |reference| format!("{reference:.1} ms")),
                ratio(Contender::ParseOrm),
                job.target.map_or(String::new(), |target| format!("{target:.2}")),
                job.target
                    .zip(ours)
                    .map_or("", |(target, ours)| verdict(rounded(ours) <= target))
                    .to_owned(),
                ratio(Contender::ParseRs),
                ratio(Contender::Js),
                self.server_share(job)
                    .map_or(String::new(), |share| format!("{share:.2}")),
            ]);
        }
        table
    }

    /// The processor time of the server, as a part of that of the fastest client.
    fn server_share(&self, job: &Job) -> Option<f64> {
        let (_, measured) = self.jobs.iter().find(|(one, _)| one.name == job.name)?;
        let measured = measured.iter().filter(|one| !one.runs.is_empty());
        let fastest = measured.min_by(|a, b| a.figure(Figure::Cpu).total_cmp(&b.figure(Figure::Cpu)))?;
        Some(fastest.median(|run| millis(run.server)) / fastest.figure(Figure::Cpu))
    }

    fn goals(&self) -> Vec<Goal> {
        let mut goals = Vec::new();
        let mut at_most = |what, measured: Option<f64>, most: f64, unit: &str| {
            if let Some(measured) = measured {
                goals.push(Goal {
                    what,
                    measured: format!("{measured:.2}{unit}"),
                    wanted: format!("{most:.2}{unit}"),
                    met: rounded(measured) <= most,
                });
            }
        };
        let ratio = |(one, other): (f64, f64)| one / other;
        let memory = |job, contender| self.figure(job, contender, Figure::Memory);
        let all = memory("all", Contender::ParseOrm).zip(memory("all", Contender::Reference));
        at_most(
            "peak memory of `all()`, of that of a `Vec` of plain structs",
            all.map(ratio),
            1.10,
            "",
        );
        // the reference has one page at a time: what grows is what the allocator keeps
        let grown = |contender| {
            memory("memory-many", contender)
                .zip(memory("memory-few", contender))
                .map(ratio)
        };
        at_most(
            "peak memory of `stream()` over 1,000,000 rows, of that over 10,000; the reference's and 0.05",
            grown(Contender::ParseOrm),
            grown(Contender::Reference).map_or(1.0, rounded) + 0.05,
            "",
        );
        let cpu = |contender| self.figure("stream", contender, Figure::Cpu);
        let js = cpu(Contender::ParseOrm).zip(cpu(Contender::Js));
        at_most("scan, of the JavaScript SDK's", js.map(ratio), 0.067, "");
        let derive = self.derive;
        at_most(
            "derive of a model of 10 fields beyond serde's, check",
            derive.map(|derive| derive.check),
            8.0,
            " ms",
        );
        at_most("the same, build", derive.map(|derive| derive.build), 16.0, " ms");
        #[allow(clippy::cast_precision_loss, reason = "far from it")]
        let crates = self
            .crates
            .map(|crates| crates.parse_orm as f64 / crates.reference as f64);
        at_most(
            "crates in a user's tree, of those of the reference",
            crates,
            1.15,
            "",
        );
        goals
    }

    /// Everything else that was measured.
    fn figures(&self) -> Table {
        let mut table = Table::new([
            "job",
            "contender",
            "CPU ms",
            "time ms",
            "peak MiB",
            "server CPU ms",
        ]);
        for (job, measured) in &self.jobs {
            for one in measured {
                table.row([
                    job.title.to_owned(),
                    one.contender.name().to_owned(),
                    format!("{:.1}", one.figure(Figure::Cpu)),
                    format!("{:.1}", one.figure(Figure::Wall)),
                    format!("{:.1}", one.figure(Figure::Memory)),
                    format!("{:.1}", one.median(|run| millis(run.server))),
                ]);
            }
        }
        table
    }
}

/// As it is shown.
fn rounded(number: f64) -> f64 {
    (number * 100.0).round() / 100.0
}

fn verdict(met: bool) -> &'static str {
    if met { "met" } else { "missed" }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rounds = self.rounds;
        writeln!(
            f,
            "Processor time as a part of the reference's; medians of {rounds} runs, taken in turn.\n"
        )?;
        writeln!(f, "{}", self.ratios())?;
        let goals = self.goals();
        if !goals.is_empty() {
            let mut table = Table::new(["", "measured", "target", ""]);
            for goal in goals {
                table.row([goal.what, &goal.measured, &goal.wanted, verdict(goal.met)]);
            }
            writeln!(f, "{table}")?;
        }
        if let Some(Crates { reference, parse_orm }) = self.crates {
            writeln!(f, "Crates: {parse_orm}, and {reference} of the reference.\n")?;
        }
        writeln!(f, "The same runs in figures:\n\n{}", self.figures())
    }
}
