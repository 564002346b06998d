//! A small HTTP/1.1 client: the tests of the mock use no code of `parse-orm` and none of an HTTP library.
#![allow(dead_code, unreachable_pub, reason = "each test program uses a part of it")]

use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, channel};

use serde_json::Value;

/// An answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Reply {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Reply {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("no JSON ({error}): {}", self.body))
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }
}

/// Sends one request on a connection of its own; the path is relative to the URL and already encoded.
pub fn send(url: &str, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Reply {
    let rest = url.strip_prefix("http://").expect("an http URL");
    let (address, mount) = rest
        .split_once('/')
        .map_or((rest, String::new()), |(a, m)| (a, format!("/{m}")));
    let mut stream = TcpStream::connect(address).expect("a connection");
    let mut head = format!("{method} {mount}{path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n");
    for (name, value) in headers {
        write!(head, "{name}: {value}\r\n").expect("a string");
    }
    write!(head, "Content-Length: {}\r\n\r\n", body.len()).expect("a string");
    stream.write_all(head.as_bytes()).expect("the head");
    // A server that refuses a large body may stop reading it.
    let _ = stream.write_all(body);
    read(&mut BufReader::new(stream))
}

fn read(stream: &mut BufReader<TcpStream>) -> Reply {
    let mut line = String::new();
    stream.read_line(&mut line).expect("a status line");
    let status = line
        .split(' ')
        .nth(1)
        .and_then(|code| code.parse().ok())
        .expect("a status");
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).expect("a header");
        match line.trim_end().split_once(": ") {
            Some((name, value)) => headers.push((name.to_ascii_lowercase(), value.to_owned())),
            None => break,
        }
    }
    let mut body = Vec::new();
    let _ = stream.read_to_end(&mut body);
    Reply {
        status,
        headers,
        body: String::from_utf8(body).expect("text"),
    }
}

/// A request that [`listen`] answered: the path, the head and the body.
#[derive(Debug)]
pub struct Asked {
    pub path: String,
    pub head: String,
    pub body: Value,
}

/// A program behind webhooks, on a thread of its own that ends with the test: its URL, and what it was asked.
pub fn listen(answer: impl Fn(&Asked) -> Value + Send + 'static) -> (String, Receiver<Asked>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let (tell, told) = channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = BufReader::new(stream.expect("a connection"));
            let (mut head, mut length) = (String::new(), 0);
            while !head.ends_with("\r\n\r\n") {
                let from = head.len();
                stream.read_line(&mut head).expect("a line");
                if let Some(value) = head[from..].to_ascii_lowercase().strip_prefix("content-length: ") {
                    length = value.trim().parse().expect("a number");
                }
            }
            let mut body = vec![0; length];
            stream.read_exact(&mut body).expect("the body");
            let asked = Asked {
                path: head.split(' ').nth(1).expect("a path").to_owned(),
                body: serde_json::from_slice(&body).expect("JSON"),
                head,
            };
            let text = answer(&asked).to_string();
            let head = format!(
                "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {}\r\n\r\n",
                text.len()
            );
            let stream = stream.get_mut();
            stream.write_all((head + &text).as_bytes()).expect("a connection");
            if tell.send(asked).is_err() {
                break;
            }
        }
    });
    (url, told)
}

/// Percent-encodes what cannot stand in a request line.
pub fn encode(path: &str) -> String {
    let mut out = String::new();
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"/?&=-_.~:$,*".contains(&byte) {
            out.push(char::from(byte));
        } else {
            write!(out, "%{byte:02X}").expect("a string");
        }
    }
    out
}

/// The usual keys.
pub const KEYS: [(&str, &str); 2] = [
    ("X-Parse-Application-Id", "app"),
    ("X-Parse-REST-API-Key", "rest"),
];

/// A JSON request with the usual keys; `path` is encoded here.
pub fn call(url: &str, method: &str, path: &str, body: &Value) -> Reply {
    let body = if body.is_null() {
        String::new()
    } else {
        body.to_string()
    };
    send(url, method, &encode(path), &KEYS, body.as_bytes())
}
