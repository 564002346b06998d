//! rust-analyzer as a child process, and the language server protocol on its standard streams.

use serde_json::{Value, json};
use std::collections::VecDeque;
use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// For all of it: the first run builds the macros.
const PATIENCE: Duration = Duration::from_secs(300);
/// How much of what was last heard is told when something fails.
const REMEMBERED: usize = 12;
const SHORT: usize = 400;

pub(super) struct Server {
    child: Child,
    stdin: ChildStdin,
    heard: Receiver<Value>,
    /// The last lines of its standard error.
    complaints: Arc<Mutex<VecDeque<String>>>,
    /// The last messages, shortened.
    last: VecDeque<String>,
    deadline: Instant,
    calls: u64,
    /// What it said of itself.
    status: Value,
}

/// The address of a directory or file.
pub(super) fn uri(path: &Path) -> String {
    let path = path.to_string_lossy().replace('\\', "/");
    let mut uri = String::from(if path.starts_with('/') {
        "file://"
    } else {
        "file:///"
    });
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"/-._~:".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            let _ = write!(uri, "%{byte:02X}");
        }
    }
    uri
}

/// The directory or file of an address.
pub(super) fn path(uri: &str) -> PathBuf {
    let rest = uri.strip_prefix("file://").unwrap_or(uri);
    let mut parts = rest.split('%');
    let mut bytes = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        let (code, plain) = part.split_at_checked(2).unwrap_or((part, ""));
        bytes.extend(u8::from_str_radix(code, 16));
        bytes.extend(plain.as_bytes());
    }
    let path = String::from_utf8_lossy(&bytes).into_owned();
    // `/C:/..` on Windows
    let drive = path.get(1..).filter(|rest| rest.get(1..2) == Some(":"));
    PathBuf::from(drive.unwrap_or(&path))
}

fn remember(last: &mut VecDeque<String>, line: String) {
    if last.len() == REMEMBERED {
        last.pop_front();
    }
    last.push_back(line);
}

impl Server {
    /// Its version, if it runs: where the component is not installed, rustup has a stand-in for it.
    pub(super) fn version() -> Result<String, String> {
        let run = Command::new("rust-analyzer").arg("--version").output();
        match run {
            Ok(run) if run.status.success() => Ok(String::from_utf8_lossy(&run.stdout).trim().to_owned()),
            Ok(run) => Err(format!(
                "`rust-analyzer --version` fails: {}",
                String::from_utf8_lossy(&run.stderr).trim()
            )),
            Err(error) => Err(format!("`rust-analyzer` cannot be run: {error}")),
        }
    }

    /// Starts it. It ends by itself when its standard input is closed, at the latest with this process.
    pub(super) fn start(root: &Path, build_directory: &Path) -> Result<Self, String> {
        let mut child = Command::new("rust-analyzer")
            .current_dir(root)
            .env("CARGO_TARGET_DIR", build_directory)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| format!("rust-analyzer does not start: {error}"))?;
        let (Some(stdin), Some(stdout), Some(stderr)) =
            (child.stdin.take(), child.stdout.take(), child.stderr.take())
        else {
            return Err("rust-analyzer has no standard streams".into());
        };
        let (messages, heard) = channel();
        thread::spawn(move || {
            let mut stdout = BufReader::new(stdout);
            while let Some(message) = read(&mut stdout) {
                if messages.send(message).is_err() {
                    break;
                }
            }
        });
        let complaints = Arc::new(Mutex::new(VecDeque::new()));
        let kept = Arc::clone(&complaints);
        thread::spawn(move || {
            for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                remember(&mut kept.lock().unwrap_or_else(PoisonError::into_inner), line);
            }
        });
        Ok(Self {
            child,
            stdin,
            heard,
            complaints,
            last: VecDeque::new(),
            deadline: Instant::now() + PATIENCE,
            calls: 0,
            status: Value::Null,
        })
    }

    fn send(&mut self, mut message: Value) -> Result<(), String> {
        message["jsonrpc"] = "2.0".into();
        let body = message.to_string();
        let sent = write!(self.stdin, "Content-Length: {}\r\n\r\n{body}", body.len())
            .and_then(|()| self.stdin.flush());
        sent.map_err(|error| self.failure(&format!("does not listen: {error}")))
    }

    /// A notification.
    pub(super) fn tell(&mut self, method: &str, params: &Value) -> Result<(), String> {
        self.send(json!({"method": method, "params": params}))
    }

    /// A request, and its answer.
    pub(super) fn call(&mut self, method: &str, params: &Value) -> Result<Value, String> {
        // it gives up on a question when its view of the crate changes meanwhile: content modified, cancelled
        const ASK_AGAIN: [i64; 2] = [-32801, -32802];
        loop {
            self.calls += 1;
            let id = self.calls;
            self.send(json!({"id": id, "method": method, "params": params}))?;
            let answer = loop {
                let message = self.hear(method)?;
                if message["id"] == id && message.get("method").is_none() {
                    break message;
                }
            };
            let Some(error) = answer.get("error") else {
                return Ok(answer["result"].clone());
            };
            if !error["code"]
                .as_i64()
                .is_some_and(|code| ASK_AGAIN.contains(&code))
            {
                return Err(self.failure(&format!("answers {method} with {error}")));
            }
        }
    }

    /// Waits until the crate is loaded and its macros are built; what it then warns of.
    pub(super) fn wait_until_ready(&mut self) -> Result<Option<String>, String> {
        while self.status["quiescent"] != true {
            self.hear("it gets ready")?;
        }
        let message = self.status["message"].as_str().unwrap_or("no reason given");
        Ok((self.status["health"] != "ok").then(|| message.to_owned()))
    }

    /// The next message; the server's own questions are answered on the way.
    fn hear(&mut self, meanwhile: &str) -> Result<Value, String> {
        let left = self.deadline.saturating_duration_since(Instant::now());
        let Ok(message) = self.heard.recv_timeout(left) else {
            return Err(self.failure(&format!("says no more, while {meanwhile}")));
        };
        remember(&mut self.last, message.to_string().chars().take(SHORT).collect());
        let method = message["method"].as_str();
        if let (Some(id), Some(_)) = (message.get("id"), method) {
            self.send(json!({"id": id, "result": null}))?;
        }
        if method == Some("experimental/serverStatus") {
            self.status = message["params"].clone();
        }
        Ok(message)
    }

    fn failure(&mut self, what: &str) -> String {
        let state = match self.child.try_wait() {
            Ok(Some(status)) => format!(" (it has ended: {status})"),
            _ => String::new(),
        };
        let list =
            |lines: &VecDeque<String>| lines.iter().map(|line| format!("\n  {line}")).collect::<String>();
        let complaints = self.complaints.lock().unwrap_or_else(PoisonError::into_inner);
        format!(
            "rust-analyzer {what}{state}\nlast heard:{}\nits standard error:{}",
            list(&self.last),
            list(&complaints)
        )
    }
}

/// One message: headers, an empty line, and as many bytes as the headers say.
fn read(from: &mut impl BufRead) -> Option<Value> {
    let mut length = None;
    loop {
        let mut line = String::new();
        if from.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let line = line.trim();
        if line.is_empty() {
            break;
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().ok();
        }
    }
    let mut body = vec![0; length?];
    from.read_exact(&mut body).ok()?;
    serde_json::from_slice(&body).ok()
}
