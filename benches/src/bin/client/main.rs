//! How much the client costs, beside the same jobs written by hand and done with other clients.

mod chart;
mod compile;
mod contender;
mod job;
mod readme;
mod report;
mod server;

use std::io::{Write, stderr, stdout};

use clap::Parser;
use parse_orm_benches::Result;

use contender::{Contender, Program};
use job::{JOBS, Job};
use report::{Measured, Report};
use server::Server;

/// Measures the client: processor time, time and memory of whole processes that do one job each.
///
/// Every job is done by every contender in turn, and that as many times as there are rounds; the figures are medians.
/// They all talk to a server whose answers lie ready, a program of its own. Contenders are built when they are not.
#[derive(Debug, Parser)]
struct Arguments {
    /// How often each job is done by each contender
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u16).range(1..))]
    rounds: u16,
    /// Only these jobs: stream, all, overlap, batch, single, gets, query, diff, start, start-https,
    /// memory-few, memory-many, derive, crates
    #[arg(long, value_delimiter = ',')]
    jobs: Vec<String>,
    /// Only these contenders, beside the reference: parse-orm, parse-rs, js
    #[arg(long, value_delimiter = ',')]
    contenders: Vec<String>,
    /// Put the tables into `benches/README.md`, and the chart beside it. Takes five rounds at least
    #[arg(long)]
    write: bool,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    if arguments.write && arguments.rounds < 5 {
        return Err("what is written are medians of at least five rounds: see `--rounds`".into());
    }
    let wanted = |names: &[String], name: &str| names.is_empty() || names.iter().any(|one| one == name);
    let jobs: Vec<&Job> = JOBS
        .iter()
        .filter(|job| wanted(&arguments.jobs, job.name))
        .collect();
    let contenders = Contender::ALL.into_iter().filter(|contender| {
        *contender == Contender::Reference || wanted(&arguments.contenders, contender.name())
    });
    let mut programs = Vec::new();
    if !jobs.is_empty() {
        for contender in contenders {
            say(&format!("building {}", contender.name()));
            match contender.build()? {
                Ok(program) => programs.push(program),
                Err(lacking) => say(&format!("{} is left out: {lacking}", contender.name())),
            }
        }
    }
    let mut report = Report::new(arguments.rounds);
    if !jobs.is_empty() {
        let server = Server::start()?;
        for job in jobs {
            report.add(job, run(job, &programs, &server, arguments.rounds)?);
        }
    }
    if wanted(&arguments.jobs, compile::DERIVE) {
        say(compile::DERIVE);
        report.derive = Some(compile::derive(arguments.rounds)?);
    }
    if wanted(&arguments.jobs, compile::CRATES) {
        say(compile::CRATES);
        report.crates = Some(compile::crates()?);
    }
    writeln!(stdout(), "{report}")?;
    if arguments.write {
        readme::write(&report.to_string())?;
        chart::write(&report)?;
    }
    Ok(())
}

/// Lets every contender do a job, in turn, as often as there are rounds. They must all come to the same.
fn run(job: &Job, programs: &[Program], server: &Server, rounds: u16) -> Result<Vec<Measured>> {
    let able = programs.iter().filter(|program| job.is_for(program.contender));
    let mut measured: Vec<Measured> = able.map(|program| Measured::new(program.contender)).collect();
    let mut result = None;
    for round in 1..=rounds {
        say(&format!("{}, round {round} of {rounds}", job.name));
        for measured in &mut measured {
            let Some(program) = programs
                .iter()
                .find(|program| program.contender == measured.contender)
            else {
                continue;
            };
            let run = program.run(job, server)?;
            let expected = result.get_or_insert_with(|| run.result.clone());
            if run.result != *expected {
                let (name, found) = (program.contender.name(), &run.result);
                return Err(format!("{name} comes to {found:?} in {}, not to {expected:?}", job.name).into());
            }
            measured.runs.push(run);
        }
    }
    Ok(measured)
}

/// Says what goes on, apart from the tables.
fn say(what: &str) {
    // nobody may be listening
    let _ = writeln!(stderr(), "{what}");
}
