//! Load: requests that are bytes already, over connections that stay open, from one thread.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::{Result, Server};

/// A request as it goes over the wire.
#[derive(Debug, Clone)]
pub struct Request(Vec<u8>);

impl Request {
    /// A request to a path below the mount, with the REST key or the master key.
    pub fn new(server: &Server, method: &str, path: &str, body: Option<&Value>, master: bool) -> Self {
        let Server { address, mount, .. } = server;
        let key = if master {
            format!("X-Parse-Master-Key: {}", server.master_key)
        } else {
            format!("X-Parse-REST-API-Key: {}", server.rest_key)
        };
        let body = body.map(Value::to_string).unwrap_or_default();
        let app_id = &server.app_id;
        let head = format!(
            "{method} {mount}{path} HTTP/1.1\r\nHost: {address}\r\nX-Parse-Application-Id: {app_id}\r\n{key}\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n",
            body.len(),
        );
        Self([head.as_bytes(), body.as_bytes()].concat())
    }
}

/// What a measurement found.
#[derive(Debug, Clone, Copy)]
pub struct Measured {
    /// Requests in a second.
    pub rate: f64,
    /// Processor time of the server for each request, where it is known.
    pub cpu: Option<Duration>,
}

/// Open connections. Each has one request under way: the server sees so many clients at once.
#[derive(Debug)]
pub struct Connections {
    server: Server,
    open: Vec<Connection>,
}

impl Connections {
    /// Opens so many.
    ///
    /// # Errors
    ///
    /// When the server does not take them.
    pub fn open(server: &Server, count: usize) -> Result<Self> {
        let open = (0..count).map(|_| Connection::open(server.address));
        Ok(Self {
            server: server.clone(),
            open: open.collect::<Result<_>>()?,
        })
    }

    /// Sends one request and gives the answer.
    ///
    /// # Errors
    ///
    /// When it does not succeed.
    pub fn ask(&mut self, request: &Request) -> Result<Value> {
        let connection = self.open.first_mut().ok_or("no connection is open")?;
        connection.send(request)?;
        Ok(serde_json::from_slice(connection.receive()?)?)
    }

    /// Sends all of these requests, and forgets the answers.
    ///
    /// # Errors
    ///
    /// When one does not succeed.
    pub fn send_all(&mut self, requests: &[Request]) -> Result<()> {
        for round in requests.chunks(self.open.len().max(1)) {
            for (connection, request) in self.open.iter_mut().zip(round) {
                connection.send(request)?;
            }
            for (connection, _) in self.open.iter_mut().zip(round) {
                connection.receive()?;
            }
        }
        Ok(())
    }

    /// Sends these requests over and over for so long.
    ///
    /// # Errors
    ///
    /// When one does not succeed.
    pub fn measure(&mut self, requests: &[Request], time: Duration) -> Result<Measured> {
        let (before, begin) = (self.server.cpu_time(), Instant::now());
        let mut count = 0_u32;
        let mut rounds = requests.chunks(self.open.len().max(1)).cycle();
        while begin.elapsed() < time
            && let Some(round) = rounds.next()
        {
            self.send_all(round)?;
            count += u32::try_from(round.len())?;
        }
        let elapsed = begin.elapsed();
        let cpu = self.server.cpu_time().zip(before);
        Ok(Measured {
            rate: f64::from(count) / elapsed.as_secs_f64(),
            cpu: cpu.map(|(after, before)| after.saturating_sub(before) / count.max(1)),
        })
    }
}

#[derive(Debug)]
struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Connection {
    fn open(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(Duration::from_secs(60)))?;
        Ok(Self {
            stream,
            buffer: Vec::new(),
        })
    }

    fn send(&mut self, request: &Request) -> Result<()> {
        Ok(self.stream.write_all(&request.0)?)
    }

    /// The body of the next answer.
    fn receive(&mut self) -> Result<&[u8]> {
        self.buffer.clear();
        let head = loop {
            self.fill()?;
            if let Some(end) = self.buffer.windows(4).position(|four| four == b"\r\n\r\n") {
                break end + 4;
            }
        };
        let text = std::str::from_utf8(&self.buffer[..head])?.to_ascii_lowercase();
        let length = text
            .lines()
            .find_map(|line| line.strip_prefix("content-length:"))
            .ok_or("an answer without a length")?;
        let end = head + length.trim().parse::<usize>()?;
        while self.buffer.len() < end {
            self.fill()?;
        }
        let body = &self.buffer[head..end];
        if text.starts_with("http/1.1 20") {
            return Ok(body);
        }
        let (status, body) = (text.lines().next(), String::from_utf8_lossy(body));
        Err(format!("{}: {body}", status.unwrap_or_default()).into())
    }

    fn fill(&mut self) -> Result<()> {
        let mut part = [0; 16 * 1024];
        match self.stream.read(&mut part)? {
            0 => Err("the server closed a connection".into()),
            read => {
                self.buffer.extend_from_slice(&part[..read]);
                Ok(())
            }
        }
    }
}
