//! Requests as they are on the wire, for what the client has no words for: other keys, classes that have no model.

use crate::backend::Backend;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// What a server answered.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub body: Value,
}

impl Answer {
    /// The error code, if it is an error with one.
    pub fn code(&self) -> Option<i64> {
        self.body["code"].as_i64()
    }

    /// The id of what was created.
    pub fn id(&self) -> String {
        self.body["objectId"].as_str().unwrap_or_default().to_owned()
    }
}

/// Who asks, beside the application and the REST key.
#[derive(Debug, Clone, Copy)]
pub enum As<'a> {
    Nobody,
    Master,
    Session(&'a str),
}

/// Sends a request; `null` is no body.
pub async fn send(backend: &Backend, who: As<'_>, method: &str, path: &str, body: Value) -> Answer {
    let (url, keys) = match backend.server() {
        Some(server) => (
            server.url().to_owned(),
            ["app", "rest", "master"].map(str::to_owned),
        ),
        None => {
            let variable = |name: &str| std::env::var(name).expect("the server of the environment");
            let keys = ["PARSE_APP_ID", "PARSE_REST_KEY", "PARSE_MASTER_KEY"].map(variable);
            (variable("PARSE_SERVER_URL"), keys)
        }
    };
    let [app, rest, master] = keys;
    let rest_of_url = url.strip_prefix("http://").expect("an http URL");
    let (address, mount) = rest_of_url.split_once('/').unwrap_or((rest_of_url, ""));
    let credential = match who {
        As::Nobody => String::new(),
        As::Master => format!("X-Parse-Master-Key: {master}\r\n"),
        As::Session(token) => format!("X-Parse-Session-Token: {token}\r\n"),
    };
    let body = if body.is_null() {
        String::new()
    } else {
        body.to_string()
    };
    const LEFT: &AsciiSet = &NON_ALPHANUMERIC
        .remove(b'/')
        .remove(b'?')
        .remove(b'=')
        .remove(b'&')
        .remove(b'_');
    let path = utf8_percent_encode(path, LEFT);
    let request = format!(
        "{method} /{mount}{path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\
         X-Parse-Application-Id: {app}\r\nX-Parse-REST-API-Key: {rest}\r\n{credential}\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let mut stream = TcpStream::connect(address).await.expect("a connection");
    stream.write_all(request.as_bytes()).await.expect("a request");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("an answer");
    let (head, body) = answer.split_once("\r\n\r\n").expect("head and body");
    let status = head.split(' ').nth(1).and_then(|code| code.parse().ok());
    Answer {
        status: status.expect("a status"),
        body: serde_json::from_str(body).unwrap_or(Value::Null),
    }
}
