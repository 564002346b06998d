//! The servers that are measured: the mock as a program, and a real one that runs.

use std::env;
use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, ToSocketAddrs};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use crate::{Process, Result};

/// A server under load.
#[derive(Debug, Clone)]
pub struct Server {
    /// What it is called in a table.
    pub name: &'static str,
    pub(crate) address: SocketAddr,
    pub(crate) mount: String,
    pub(crate) app_id: String,
    pub(crate) rest_key: String,
    pub(crate) master_key: String,
    process: Option<Process>,
    /// Ends with the last of the values that speak of it.
    _program: Option<Arc<Program>>,
}

impl Server {
    /// Starts the mock as a program, on a free port, and waits until it says that it is ready.
    ///
    /// # Errors
    ///
    /// When it cannot be started.
    pub fn mock() -> Result<Self> {
        let mut child = Command::new(program()?)
            .args(["--port", "0"])
            .stdout(Stdio::piped())
            .spawn()?;
        let process = Process::new(child.id());
        let out = child.stdout.take().ok_or("the mock has no output")?;
        let program = Arc::new(Program(child));
        let mut url = String::new();
        BufReader::new(out).read_line(&mut url)?;
        let (address, mount) = parts(url.trim())?;
        Ok(Self {
            name: "mock",
            address,
            mount,
            app_id: "app".to_owned(),
            rest_key: "rest".to_owned(),
            master_key: "master".to_owned(),
            process: Some(process),
            _program: Some(program),
        })
    }

    /// The real server at `PARSE_SERVER_URL`, with `PARSE_APP_ID`, `PARSE_REST_KEY` and `PARSE_MASTER_KEY`; none
    /// where the first is not set.
    ///
    /// # Errors
    ///
    /// When the others are not set, or the address is none.
    pub fn real() -> Result<Option<Self>> {
        let Ok(url) = env::var("PARSE_SERVER_URL") else {
            return Ok(None);
        };
        let key = |name: &str| env::var(name).map_err(|_| format!("set {name}, as PARSE_SERVER_URL is set"));
        let (address, mount) = parts(&url)?;
        Ok(Some(Self {
            name: "real",
            address,
            mount,
            app_id: key("PARSE_APP_ID")?,
            rest_key: key("PARSE_REST_KEY")?,
            master_key: key("PARSE_MASTER_KEY")?,
            process: Process::listening_on(address.port()),
            _program: None,
        }))
    }

    /// The path of the API, without a slash at the end: paths within a batch begin with it.
    pub fn mount(&self) -> &str {
        &self.mount
    }

    /// The processor time of its process so far. That of a real server's database is not in it.
    pub fn cpu_time(&self) -> Option<Duration> {
        self.process.and_then(Process::cpu_time)
    }
}

#[derive(Debug)]
struct Program(Child);

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Builds the mock's program, optimised, which is quick when it is there already.
///
/// # Errors
///
/// When it does not compile.
pub fn build() -> Result<()> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let built = Command::new(cargo)
        .args(["build", "--quiet", "--release", "--package", "parse-orm-mock"])
        .status()?;
    if built.success() {
        Ok(())
    } else {
        Err("the mock does not compile".into())
    }
}

/// The mock's program lies beside this one.
fn program() -> Result<PathBuf> {
    let mut path = env::current_exe()?;
    path.set_file_name("parse-orm-mock");
    Ok(path.with_extension(env::consts::EXE_EXTENSION))
}

/// The address and the path of a URL.
fn parts(url: &str) -> Result<(SocketAddr, String)> {
    let rest = url
        .strip_prefix("http://")
        .ok_or_else(|| format!("`{url}` does not begin with http://"))?;
    let (host, mount) = rest.split_once('/').unwrap_or((rest, ""));
    let host = if host.contains(':') {
        host.to_owned()
    } else {
        format!("{host}:80")
    };
    let address = host.to_socket_addrs()?.next();
    let address = address.ok_or_else(|| format!("`{host}` has no address"))?;
    Ok((address, format!("/{mount}").trim_end_matches('/').to_owned()))
}
