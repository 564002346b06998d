//! The way between a client and a server, on which things go wrong: a proxy that speaks HTTP/1.1.
//!
//! It passes on what it gets, byte by byte, unless a fault is planned. What it passed on is done before the client
//! hears of it or is let down, and what a client asks (by its installation id) is done in the order in which it came:
//! a request that the client has given up does not overtake a later one.

use crate::fault::{Fault, KINDS, Plan};
use crate::http::{Connection, Message};
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};
use tokio::net::{TcpListener, TcpSocket};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::sleep;

/// How long nobody listens, at least, when nobody does.
const AWAY: Duration = Duration::from_millis(15);

/// For how long a connection to the server is used again.
const FRESH: Duration = Duration::from_secs(2);

/// A way to a server. It ends with this.
#[derive(Debug)]
pub struct Path {
    url: String,
    way: Arc<Way>,
    listening: JoinHandle<()>,
    /// Bound, and never listening: while nobody listens, nobody else gets the port.
    _port: TcpSocket,
}

/// A request that a client sent, whole or in part.
#[derive(Debug, Clone)]
pub struct Sent {
    pub method: String,
    pub id: Option<String>,
    pub body: String,
    /// The client was told that it was not even looked at.
    pub turned_away: bool,
}

#[derive(Debug)]
struct Way {
    server: String,
    /// Longer than the client waits.
    too_late: Duration,
    plan: Mutex<Plan>,
    met: Mutex<BTreeMap<&'static str, usize>>,
    sent: Mutex<Vec<Sent>>,
    lanes: Mutex<HashMap<String, Arc<tokio::sync::Mutex<()>>>>,
    /// Whether anybody is to listen, and whether anybody does.
    open: watch::Sender<bool>,
    listening: watch::Sender<bool>,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().expect("no test failed with it")
}

impl Path {
    /// A way to the server of this URL, for clients that wait less than `too_late`.
    pub async fn to(url: &str, too_late: Duration, plan: Plan) -> io::Result<Self> {
        let (server, mount) = url
            .strip_prefix("http://")
            .and_then(|rest| rest.split_once('/'))
            .expect("an http URL with a mount path");
        let port = socket()?;
        port.bind(SocketAddr::from(([127, 0, 0, 1], 0)))?;
        let address = port.local_addr()?;
        let way = Arc::new(Way {
            server: server.to_owned(),
            too_late,
            plan: Mutex::new(plan),
            met: Mutex::default(),
            sent: Mutex::default(),
            lanes: Mutex::default(),
            open: watch::Sender::new(true),
            listening: watch::Sender::new(true),
        });
        let listener = listen(address)?;
        Ok(Self {
            url: format!("http://{address}/{mount}"),
            listening: tokio::spawn(way.clone().listen(address, listener)),
            way,
            _port: port,
        })
    }

    /// The URL of the server, by this way.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// From now on this happens, to one request after the other.
    pub fn then(&self, faults: impl IntoIterator<Item = Fault>) {
        let faults: VecDeque<_> = faults.into_iter().map(Some).collect();
        *locked(&self.way.plan) = Plan::These(faults);
    }

    /// From now on nobody listens, and connections that are idle are closed.
    pub async fn leave(&self) {
        self.way.leave().await;
    }

    /// Somebody listens again.
    pub fn come_back(&self) {
        self.way.open.send_replace(true);
    }

    /// What was sent since the last time that this was asked.
    pub fn take_sent(&self) -> Vec<Sent> {
        std::mem::take(&mut *locked(&self.way.sent))
    }

    /// How often each fault happened.
    pub fn met(&self) -> BTreeMap<&'static str, usize> {
        let met = locked(&self.way.met);
        let times = |kind| met.get(kind).copied().unwrap_or_default();
        KINDS.iter().map(|kind| (*kind, times(kind))).collect()
    }
}

impl Drop for Path {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

fn socket() -> io::Result<TcpSocket> {
    let socket = TcpSocket::new_v4()?;
    socket.set_reuseaddr(true)?;
    Ok(socket)
}

fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = socket()?;
    socket.bind(address)?;
    socket.listen(1024)
}

impl Way {
    async fn listen(self: Arc<Self>, address: SocketAddr, first: TcpListener) {
        let mut open = self.open.subscribe();
        let mut first = Some(first);
        loop {
            let listener = match first.take() {
                Some(listener) => listener,
                None => listen(address).expect("the port is still ours"),
            };
            self.listening.send_replace(true);
            loop {
                tokio::select! {
                    accepted = listener.accept() => {
                        if let Ok((stream, _)) = accepted {
                            let way = self.clone();
                            // a connection that breaks is what this is for
                            tokio::spawn(async move { way.serve(Connection::new(stream)).await.ok() });
                        }
                    }
                    _ = open.wait_for(|open| !open) => break,
                }
            }
            drop(listener);
            self.listening.send_replace(false);
            // the sender is our own
            let _ = open.wait_for(|open| *open).await;
        }
    }

    async fn leave(&self) {
        self.open.send_replace(false);
        let _ = self.listening.subscribe().wait_for(|listening| !listening).await;
    }

    fn count(&self, fault: Fault) {
        *locked(&self.met).entry(fault.kind()).or_default() += 1;
    }

    fn note(&self, line: &str, id: Option<&str>, body: &[u8], turned_away: bool) {
        let method = line.split(' ').next().unwrap_or_default();
        locked(&self.sent).push(Sent {
            method: method.to_owned(),
            id: id.map(str::to_owned),
            body: String::from_utf8_lossy(body).into_owned(),
            turned_away,
        });
    }

    async fn serve(self: Arc<Self>, mut client: Connection) -> io::Result<()> {
        let mut open = self.open.subscribe();
        let mut server = None;
        let mut doomed = false;
        loop {
            let begins = tokio::select! {
                begins = client.begins() => begins?,
                _ = open.wait_for(|open| !open) => false,
            };
            if !begins {
                return Ok(());
            }
            if doomed {
                self.count(Fault::ClosedInWrite);
                let begun = String::from_utf8_lossy(client.begun()).into_owned();
                let mut lines = begun.lines();
                let line = lines.next().unwrap_or_default();
                let id = lines.find_map(|line| line.strip_prefix("x-parse-request-id: "));
                self.note(line, id, begun.as_bytes(), false);
                client.reset();
                return Ok(());
            }
            let request = client.message().await?;
            let fault = locked(&self.plan).decide(&request);
            let id = request.head.header("x-parse-request-id");
            let turned_away = matches!(fault, Some(Fault::NotNow(_) | Fault::Refused { .. }));
            self.note(request.head.first_line(), id, &request.content(), turned_away);
            if let Some(fault) = fault.filter(|fault| *fault != Fault::ClosedInWrite) {
                self.count(fault);
            }
            let answer = if fault.is_none_or(Fault::is_done) {
                let twice = match fault {
                    Some(Fault::Twice { second }) => Some(second),
                    _ => None,
                };
                Some(self.pass(&mut server, &request, twice).await?)
            } else {
                None
            };
            match self.answer(client, &request, fault, answer).await? {
                Some(open) => client = open,
                None => return Ok(()),
            }
            doomed = fault == Some(Fault::ClosedInWrite);
        }
    }

    /// Has the server do it, and returns its answer: the second one, where it is to come twice and that is wanted.
    async fn pass(
        &self,
        server: &mut Option<(Connection, Instant)>,
        request: &Message,
        twice: Option<bool>,
    ) -> io::Result<Message> {
        let lane = request.head.header("x-parse-installation-id").unwrap_or_default();
        let lane = locked(&self.lanes).entry(lane.to_owned()).or_default().clone();
        let _turn = lane.lock().await;
        let answer = self.ask(server, request).await?;
        match twice {
            None => Ok(answer),
            Some(second) => {
                let again = self.ask(server, request).await?;
                Ok(if second { again } else { answer })
            }
        }
    }

    async fn ask(
        &self,
        server: &mut Option<(Connection, Instant)>,
        request: &Message,
    ) -> io::Result<Message> {
        let fresh = server.take().filter(|(_, since)| since.elapsed() < FRESH);
        let mut connection = match fresh {
            Some((connection, _)) => connection,
            None => Connection::to(&self.server).await?,
        };
        connection.send(&request.bytes()).await?;
        let answer = connection.message().await?;
        let closes = |message: &Message| message.head.header("connection") == Some("close");
        if !closes(&answer) && !closes(request) {
            *server = Some((connection, Instant::now()));
        }
        Ok(answer)
    }

    /// Answers, as well as the fault lets it. The connection comes back where it can be used again.
    async fn answer(
        self: &Arc<Self>,
        mut client: Connection,
        request: &Message,
        fault: Option<Fault>,
        answer: Option<Message>,
    ) -> io::Result<Option<Connection>> {
        let html = |status: u16, text: &str| {
            let page = format!("<html><head><title>{status} {text}</title></head><body>{{}}</body></html>\n");
            Message::answer(&format!("{status} {text}"), "text/html", &page)
        };
        let said = match (fault, answer) {
            (Some(Fault::CutRequest), _) => {
                let mut server = Connection::to(&self.server).await?;
                let bytes = request.bytes();
                server.send(&bytes[..bytes.len() / 2]).await?;
                server.reset();
                client.reset();
                return Ok(None);
            }
            (Some(Fault::LostAnswer), _) => {
                client.reset();
                return Ok(None);
            }
            (Some(Fault::CutAnswer), Some(answer)) => {
                let bytes = answer.bytes();
                client
                    .send(&bytes[..bytes.len() - answer.body.len() / 2 - 1])
                    .await?;
                // what was written goes out while this waits
                sleep(Duration::from_millis(1)).await;
                client.reset();
                return Ok(None);
            }
            (Some(Fault::Slow), Some(answer)) => {
                let bytes = answer.bytes();
                let (first, second) = bytes.split_at(bytes.len() / 2);
                sleep(Duration::from_millis(3)).await;
                client.send(first).await?;
                sleep(Duration::from_millis(3)).await;
                client.send(second).await?;
                return Ok(Some(client));
            }
            (Some(Fault::TooLate), Some(answer)) => {
                tokio::select! {
                    () = sleep(self.too_late) => answer,
                    // it has given up
                    _ = client.begins() => return Ok(None),
                }
            }
            (Some(Fault::NotNow(after)), _) => {
                let body = r#"{"code":100,"error":"Too many requests"}"#;
                Message::answer("429 Too Many Requests", "application/json", body).with("Retry-After", after)
            }
            (Some(Fault::Failed { .. }), _) => {
                let body = r#"{"code":1,"message":"Internal server error."}"#;
                Message::answer("500 Internal Server Error", "application/json", body)
            }
            (Some(Fault::Page { status, .. }), _) => html(status, "Trouble"),
            (Some(Fault::Portal), _) => html(200, "Log in"),
            (
                Some(Fault::Refused {
                    status,
                    code: Some(code),
                }),
                _,
            ) => {
                let body = format!(r#"{{"code":{code},"error":"no"}}"#);
                Message::answer(&format!("{status} No"), "application/json", &body)
            }
            (Some(Fault::Refused { status, .. }), _) => html(status, "No"),
            (Some(Fault::Half), Some(answer)) => answer.halved(),
            (Some(Fault::WrongType), Some(answer)) => {
                answer.with("Content-Type", "text/html; charset=latin1")
            }
            (Some(Fault::Away), Some(answer)) => {
                self.leave().await;
                let way = self.clone();
                tokio::spawn(async move {
                    sleep(AWAY).await;
                    way.open.send_replace(true);
                });
                // this connection as well
                answer.with("Connection", "close")
            }
            (_, Some(answer)) => answer,
            (_, None) => return Ok(None),
        };
        client.send(&said.bytes()).await?;
        let closes = fault == Some(Fault::ClosedIdle) || said.head.header("connection") == Some("close");
        Ok(Some(client).filter(|_| !closes))
    }
}
