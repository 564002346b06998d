//! A LiveQuery server that does what a test says, for what no other server does on demand; and a broken network.

use futures::{SinkExt, StreamExt};
use parse_orm::{Client, ClientBuilder, RetryPolicy};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::AbortHandle;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;

/// Takes one connection after another, when the test does.
pub struct Scripted {
    listener: TcpListener,
    pub url: String,
}

/// One connection.
pub struct Connection(WebSocketStream<TcpStream>);

/// Longer than anything takes; a test that waits so long fails.
const PATIENCE: Duration = Duration::from_secs(20);

async fn patiently<T>(what: &str, work: impl Future<Output = T>) -> T {
    let done = tokio::time::timeout(PATIENCE, work).await;
    done.unwrap_or_else(|_| panic!("{what} did not happen"))
}

impl Scripted {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}/parse", listener.local_addr().expect("an address"));
        Self { listener, url }
    }

    /// A client that does not wait between two tries.
    pub fn client(&self) -> Client {
        self.builder().build().expect("a client")
    }

    pub fn builder(&self) -> ClientBuilder {
        let quick = RetryPolicy::default().backoff(Duration::from_millis(1), Duration::from_millis(2));
        Client::builder(&self.url).app_id("app").retries(quick)
    }

    /// The next connection, before a word was said.
    pub async fn accept(&self) -> Connection {
        patiently("a connection", async {
            let (stream, _) = self.listener.accept().await.expect("a connection");
            let socket = tokio_tungstenite::accept_async(stream).await;
            Connection(socket.expect("a WebSocket"))
        })
        .await
    }

    /// The next connection, whose `connect` was answered.
    pub async fn welcome(&self) -> Connection {
        let mut connection = self.accept().await;
        assert_eq!(connection.read().await["op"], "connect");
        connection.send(json!({"op": "connected", "clientId": "c"})).await;
        connection
    }

    /// True when nobody wants to connect.
    pub async fn is_alone(&self) -> bool {
        let next = tokio::time::timeout(Duration::from_millis(50), self.listener.accept());
        next.await.is_err()
    }
}

impl Connection {
    /// The next message; `Null` when the client has closed the connection.
    pub async fn read(&mut self) -> Value {
        patiently("a message", async {
            loop {
                match self.0.next().await {
                    Some(Ok(Message::Text(text))) => break serde_json::from_str(&text).expect("JSON"),
                    Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                    _ => break Value::Null,
                }
            }
        })
        .await
    }

    /// The next message but for texts.
    pub async fn read_control(&mut self) -> Message {
        let next = patiently("a message", self.0.next()).await;
        next.expect("a message").expect("no failure")
    }

    pub async fn send(&mut self, message: Value) {
        self.send_text(message.to_string()).await;
    }

    pub async fn send_text(&mut self, text: String) {
        self.0
            .send(Message::text(text))
            .await
            .expect("a client that listens");
    }

    /// Agrees to the next subscription, and tells its number.
    pub async fn subscribe(&mut self) -> u64 {
        let asked = self.read().await;
        assert_eq!(asked["op"], "subscribe", "{asked}");
        let id = asked["requestId"].as_u64().expect("a number");
        self.send(json!({"op": "subscribed", "clientId": "c", "requestId": id}))
            .await;
        id
    }

    /// Tells a subscription that a row was created.
    pub async fn create(&mut self, id: u64, score: i64) {
        self.send(json!({"op": "create", "clientId": "c", "requestId": id, "object": row(score)}))
            .await;
    }
}

/// A row of the class `Scored`.
pub fn row(score: i64) -> Value {
    json!({
        "className": "Scored", "objectId": format!("id{score}"), "score": score,
        "createdAt": "2026-01-01T00:00:00.000Z", "updatedAt": "2026-01-01T00:00:00.000Z",
    })
}

/// Stands between a client and a server, and breaks the connection off when a test says so.
pub struct Proxy {
    pub url: String,
    open: Arc<AtomicBool>,
    connections: Arc<Mutex<Vec<AbortHandle>>>,
    accepting: AbortHandle,
}

impl Proxy {
    /// In front of the server with this URL.
    pub async fn start(server: &str) -> Self {
        let (host, path) = server
            .trim_start_matches("http://")
            .split_once('/')
            .expect("a mount path");
        let host = host.to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}/{path}", listener.local_addr().expect("an address"));
        let (open, connections) = (Arc::new(AtomicBool::new(true)), Arc::<Mutex<Vec<_>>>::default());
        let (is_open, running) = (open.clone(), connections.clone());
        let accepting = tokio::spawn(async move {
            while let Ok((mut client, _)) = listener.accept().await {
                let host = host.clone();
                let carried = tokio::spawn(async move {
                    if let Ok(mut server) = TcpStream::connect(host).await {
                        let _ = tokio::io::copy_bidirectional(&mut client, &mut server).await;
                    }
                });
                if !is_open.load(Ordering::SeqCst) {
                    carried.abort();
                }
                running.lock().expect("no panic").push(carried.abort_handle());
            }
        });
        Self {
            url,
            open,
            connections,
            accepting: accepting.abort_handle(),
        }
    }

    /// Breaks everything off, and lets nobody through any more.
    pub fn close(&self) {
        self.open.store(false, Ordering::SeqCst);
        for connection in self.connections.lock().expect("no panic").drain(..) {
            connection.abort();
        }
    }

    pub fn open(&self) {
        self.open.store(true, Ordering::SeqCst);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.close();
        self.accepting.abort();
    }
}
