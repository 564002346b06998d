//! Who does the jobs: programs that are built and run.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use parse_orm_benches::Result;
use wait4::Wait4;

use crate::job::Job;
use crate::server::Server;

/// Who does the jobs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Contender {
    /// reqwest, `serde_json` and chrono, by hand.
    Reference,
    ParseOrm,
    /// The other client in Rust.
    ParseRs,
    /// The JavaScript SDK.
    Js,
}

/// A contender that is ready.
pub(crate) struct Program {
    pub(crate) contender: Contender,
    command: Vec<OsString>,
}

/// What a job took.
#[derive(Debug, Clone)]
pub(crate) struct Run {
    pub(crate) cpu: Duration,
    pub(crate) wall: Duration,
    /// In bytes.
    pub(crate) memory: u64,
    /// Processor time of the server meanwhile.
    pub(crate) server: Duration,
    /// What came of it.
    pub(crate) result: String,
}

/// Why a contender cannot be measured here.
pub(crate) type Lacking = &'static str;

impl Contender {
    pub(crate) const ALL: [Self; 4] = [Self::Reference, Self::ParseOrm, Self::ParseRs, Self::Js];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Reference => "reference",
            Self::ParseOrm => "parse-orm",
            Self::ParseRs => "parse-rs",
            Self::Js => "js",
        }
    }

    /// Builds it, as its user would.
    pub(crate) fn build(self) -> Result<std::result::Result<Program, Lacking>> {
        let command = if self == Self::Js {
            let Some(script) = install()? else {
                return Ok(Err("node and npm are needed"));
            };
            vec!["node".into(), script.into()]
        } else {
            let package = format!("bench-{}", self.name());
            let built = cargo(&["build", "--quiet", "--release", "--package", &package])
                .current_dir(peers())
                .status()?;
            if !built.success() {
                return Err(format!("{package} does not compile").into());
            }
            vec![self::built(&package)?.into()]
        };
        Ok(Ok(Program {
            contender: self,
            command,
        }))
    }
}

impl Program {
    /// Does a job, and measures the whole of it: from before a process begins until it has ended.
    pub(crate) fn run(&self, job: &Job, server: &Server) -> Result<Run> {
        let url = server.url(job.server);
        let mut run = Run {
            cpu: Duration::ZERO,
            wall: Duration::ZERO,
            memory: 0,
            server: Duration::ZERO,
            result: String::new(),
        };
        for _ in 0..job.processes {
            let (before, begin) = (server.cpu(), Instant::now());
            let mut child = Command::new(&self.command[0])
                .args(&self.command[1..])
                .args([job.does, &url, &job.number.to_string()])
                .stdout(Stdio::piped())
                .spawn()?;
            // a line, which the pipe holds until it is read
            let ended = child.wait4()?;
            run.wall += begin.elapsed();
            run.cpu += ended.rusage.utime + ended.rusage.stime;
            run.memory = run.memory.max(ended.rusage.maxrss);
            run.server += server.cpu().saturating_sub(before);
            if !ended.status.success() {
                return Err(format!(
                    "{} failed at {}: {}",
                    self.contender.name(),
                    job.name,
                    ended.status
                )
                .into());
            }
            let out = child.stdout.take().ok_or("a contender has no output")?;
            run.result = std::io::read_to_string(out)?;
        }
        run.cpu /= job.processes;
        run.wall /= job.processes;
        run.server /= job.processes;
        Ok(run)
    }
}

/// The folder of this package.
pub(crate) fn here() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn peers() -> PathBuf {
    here().join("peers")
}

/// Cargo, which puts what it builds where this program is.
pub(crate) fn cargo(arguments: &[&str]) -> Command {
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args(arguments);
    if let Ok(folder) = target() {
        cargo.env("CARGO_TARGET_DIR", folder);
    }
    cargo
}

/// The folder for what is built, which this program was built into.
pub(crate) fn target() -> Result<PathBuf> {
    let path = env::current_exe()?;
    let folder = path
        .ancestors()
        .nth(2)
        .ok_or("this program is in no folder of Cargo's")?;
    Ok(folder.to_owned())
}

/// A program that was built, optimised.
pub(crate) fn built(name: &str) -> Result<PathBuf> {
    let path = target()?.join("release").join(name);
    Ok(path.with_extension(env::consts::EXE_EXTENSION))
}

/// Installs the JavaScript SDK where it is not, and gives the program that uses it; none without Node.js.
fn install() -> Result<Option<PathBuf>> {
    let folder = peers().join("js");
    let runs = |program: &str| {
        let version = Command::new(program)
            .arg("--version")
            .stdout(Stdio::null())
            .status();
        version.is_ok_and(|status| status.success())
    };
    if !runs("node") || !runs("npm") {
        return Ok(None);
    }
    let age = |path: &str| folder.join(path).metadata().and_then(|file| file.modified()).ok();
    if age("node_modules/.package-lock.json") < age("package-lock.json") {
        let installed = Command::new("npm")
            .args(["ci", "--no-audit", "--no-fund", "--ignore-scripts", "--silent"])
            .current_dir(&folder)
            .status()?;
        if !installed.success() {
            return Err("the JavaScript SDK cannot be installed".into());
        }
    }
    Ok(Some(folder.join("bench.mjs")))
}
