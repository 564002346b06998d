//! A LiveQuery client that knows no more of the protocol than frames: it uses no code of `parse-orm`.
#![allow(dead_code, unreachable_pub, reason = "each test program uses a part of it")]

use std::net::TcpStream;
use std::time::Duration;

use serde_json::{Value, json};
use tungstenite::{Message, WebSocket};

/// A WebSocket to a server.
#[derive(Debug)]
pub struct Socket(WebSocket<TcpStream>);

impl Socket {
    /// Opens one; the URL is that of the API.
    pub fn open(url: &str) -> Self {
        Self::try_open(url).expect("an upgrade")
    }

    /// Opens one, unless the server does not want to; then its status.
    pub fn try_open(url: &str) -> Result<Self, u16> {
        let address = url.strip_prefix("http://").expect("an http URL");
        let (host, _) = address.split_once('/').unwrap_or((address, ""));
        let stream = TcpStream::connect(host).expect("a connection");
        stream
            .set_read_timeout(Some(Duration::from_secs(20)))
            .expect("a timeout");
        match tungstenite::client(format!("ws://{address}"), stream) {
            Ok((socket, _)) => Ok(Self(socket)),
            Err(tungstenite::HandshakeError::Failure(tungstenite::Error::Http(answer))) => {
                Err(answer.status().as_u16())
            }
            Err(error) => panic!("no answer to an upgrade: {error}"),
        }
    }

    /// Opens one and connects with the REST key, and with what else is said.
    pub fn connected(url: &str, more: &Value) -> Self {
        let mut socket = Self::open(url);
        let mut connect = json!({"op": "connect", "applicationId": "app", "restAPIKey": "rest"});
        for (key, value) in more.as_object().expect("an object") {
            connect[key] = value.clone();
        }
        let answer = socket.ask(&connect);
        assert_eq!(answer["op"], "connected", "{answer}");
        socket
    }

    /// Sends a frame.
    pub fn say(&mut self, frame: &Value) {
        self.say_text(&frame.to_string());
    }

    /// Sends a text, which may be no JSON.
    pub fn say_text(&mut self, text: &str) {
        self.0.send(Message::text(text)).expect("a frame that is sent");
    }

    /// The next frame from the server.
    pub fn hear(&mut self) -> Value {
        loop {
            match self.0.read().expect("a frame from the server") {
                Message::Text(text) => {
                    return serde_json::from_str(&text)
                        .unwrap_or_else(|error| panic!("no JSON ({error}): {text}"));
                }
                Message::Close(why) => panic!("closed: {why:?}"),
                _ => {}
            }
        }
    }

    /// Sends a frame and hears the next one.
    pub fn ask(&mut self, frame: &Value) -> Value {
        self.say(frame);
        self.hear()
    }

    /// Subscribes, and says what is answered.
    pub fn subscribe(&mut self, request_id: u64, query: &Value) -> Value {
        self.ask(&json!({"op": "subscribe", "requestId": request_id, "query": query}))
    }

    /// Whether the connection has ended; waits for that.
    pub fn ends(&mut self) -> bool {
        loop {
            match self.0.read() {
                Ok(Message::Close(_)) => {}
                Ok(_) => return false,
                Err(tungstenite::Error::Io(error)) if error.kind() == std::io::ErrorKind::WouldBlock => {
                    return false;
                }
                Err(_) => return true,
            }
        }
    }
}
