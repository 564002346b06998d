//! The canned server, as a program.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use parse_orm_benches::{Process, Result};

use crate::contender::{built, cargo, here};

/// Runs until it is dropped.
pub(crate) struct Server {
    program: Child,
    /// Where it is: `http://127.0.0.1:4711`.
    origin: String,
}

impl Server {
    pub(crate) fn start() -> Result<Self> {
        let built = cargo(&[
            "build",
            "--quiet",
            "--release",
            "--package",
            "parse-orm-benches",
            "--bin",
            "canned",
        ])
        .current_dir(here())
        .status()?;
        if !built.success() {
            return Err("the server does not compile".into());
        }
        let mut program = Command::new(self::built("canned")?)
            .stdout(Stdio::piped())
            .spawn()?;
        let out = program.stdout.take();
        let mut server = Self {
            program,
            origin: String::new(),
        };
        let mut url = String::new();
        BufReader::new(out.ok_or("the server has no output")?).read_line(&mut url)?;
        let origin = url
            .trim()
            .strip_suffix("/parse")
            .ok_or("the server did not start")?;
        origin.clone_into(&mut server.origin);
        Ok(server)
    }

    /// The address of its API, for a job that wants it so.
    pub(crate) fn url(&self, how: &str) -> String {
        match how {
            // nobody is asked
            "https" => "https://api.example.com/parse".to_owned(),
            how => format!("{}{how}/parse", self.origin),
        }
    }

    /// The processor time that it took so far, where the system tells.
    pub(crate) fn cpu(&self) -> Duration {
        Process::new(self.program.id()).cpu_time().unwrap_or_default()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.program.kill();
        let _ = self.program.wait();
    }
}
