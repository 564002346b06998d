//! Requests to the mock server, one after the other: a line with the method and the target, headers, an empty line and
//! the body, as HTTP has them; between two of them a line `---`.

use std::cell::RefCell;

use serde_json::json;

use crate::mock_server::{Request, Server};

/// Each costs time.
const MOST: usize = 8;

pub fn run(input: &[u8]) {
    thread_local! {
        static SERVER: RefCell<Option<Server>> = const { RefCell::new(None) };
    }
    SERVER.with_borrow_mut(|server| {
        let server = server.get_or_insert_with(Server::new);
        server.reset();
        for request in split(input, b"\n---\n").into_iter().take(MOST) {
            if let Some(request) = read(request) {
                server.answer(&request);
            }
        }
        is_sound(server);
    });
}

fn read(text: &[u8]) -> Option<Request<'_>> {
    let (head, body) = match split(text, b"\n\n")[..] {
        [head, ..] if head.len() + 2 <= text.len() => (head, &text[head.len() + 2..]),
        _ => (text, &b""[..]),
    };
    let mut lines = std::str::from_utf8(head).ok()?.lines();
    let (method, target) = lines.next()?.split_once(' ')?;
    let mut request = Request {
        method,
        target,
        body,
        headers: lines.filter_map(|line| line.split_once(": ")).collect(),
    };
    // else almost every request is refused for its keys
    if !request
        .headers
        .iter()
        .any(|(name, _)| name.eq_ignore_ascii_case("x-parse-application-id"))
    {
        request.headers.push(("x-parse-application-id", "app"));
        request.headers.push(("x-parse-rest-api-key", "rest"));
    }
    Some(request)
}

fn split<'a>(mut text: &'a [u8], by: &[u8]) -> Vec<&'a [u8]> {
    let mut parts = Vec::new();
    while let Some(at) = text.windows(by.len()).position(|window| window == by) {
        parts.push(&text[..at]);
        text = &text[at + by.len()..];
    }
    parts.push(text);
    parts
}

/// Whatever was asked, the server goes on.
fn is_sound(server: &Server) {
    let (status, made) = server.ask("POST", "/parse/classes/Sound", &json!({"n": 1}));
    assert_eq!(status, 201, "{made}");
    let id = made["objectId"].as_str().expect("an id");
    let (status, found) = server.ask("GET", &format!("/parse/classes/Sound/{id}"), &json!({}));
    assert_eq!((status, &found["n"]), (200, &json!(1)));
}
