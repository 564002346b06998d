//! Playing a script on a server, and naming what it draws by itself: ids, tokens and times.

use std::fmt::Write as _;

use chrono::{DateTime, Utc};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value, json};

use crate::script::{Keep, Step, Who};
use crate::wire;

/// A server under test, with the names of its ids and tokens.
pub struct Server {
    url: String,
    master: String,
    ids: Vec<(String, String)>,
    tokens: Vec<Option<String>>,
}

/// An answer, with the names of the script in the place of ids and times.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    pub status: u16,
    pub body: Value,
}

impl Server {
    pub fn new(url: &str, master: &str) -> Self {
        Self {
            url: url.to_owned(),
            master: master.to_owned(),
            ids: Vec::new(),
            tokens: Vec::new(),
        }
    }

    /// Forgets the names of the last script.
    pub fn forget(&mut self) {
        self.ids.clear();
        self.tokens.clear();
    }

    /// Sends one request.
    pub fn play(&mut self, step: &Step) -> Answer {
        let mut path = self.real(&step.path);
        for (place, (name, text)) in step.query.iter().enumerate() {
            let mark = if place == 0 { '?' } else { '&' };
            let text = utf8_percent_encode(&self.real(text), NON_ALPHANUMERIC).to_string();
            write!(path, "{mark}{name}={text}").expect("a string");
        }
        let token = match step.who {
            Who::Session(number) => self.tokens.get(number).cloned().flatten(),
            _ => None,
        };
        let token = token.unwrap_or_else(|| "r:none".to_owned());
        let mut headers = wire::KEYS.to_vec();
        match step.who {
            Who::Public => {}
            Who::Master => headers.push(("X-Parse-Master-Key", &self.master)),
            Who::Session(_) => headers.push(("X-Parse-Session-Token", &token)),
        }
        let mut body = String::new();
        if let Some(json) = &step.body {
            headers.push(("Content-Type", "application/json"));
            body = self.real(&json.to_string());
        }
        let reply = wire::send(&self.url, step.method, &path, &headers, body.as_bytes());
        let status = reply.status;
        let body: Value = serde_json::from_str(&reply.body).unwrap_or(Value::String(reply.body));
        self.remember(step, &body);
        let mut body = self.named(&body);
        if !step.ordered
            && let Some(Value::Array(rows)) = body.get_mut("results")
        {
            rows.sort_by_key(ToString::to_string);
        }
        Answer { status, body }
    }

    fn remember(&mut self, step: &Step, body: &Value) {
        let mut id_of = |number: usize, body: &Value| {
            if let Some(id) = body.get("objectId").and_then(Value::as_str) {
                self.ids.push((crate::script::id(number), id.to_owned()));
            }
        };
        match step.keep {
            None => {}
            Some(Keep::Id(number)) => id_of(number, body),
            Some(Keep::User(number, session)) => {
                id_of(number, body);
                if self.tokens.len() <= session {
                    self.tokens.resize(session + 1, None);
                }
                if let Some(token) = body.get("sessionToken").and_then(Value::as_str) {
                    self.tokens[session] = Some(token.to_owned());
                }
            }
        }
    }

    /// The text with this server's ids.
    fn real(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for (name, id) in &self.ids {
            text = text.replace(name, id);
        }
        // what was never created has the same id on both
        while let Some(start) = text.find("<id:") {
            let end = text[start..].find('>').map_or(text.len(), |end| start + end + 1);
            let name: String = text[start..end].chars().filter(char::is_ascii_digit).collect();
            text.replace_range(start..end, &format!("missing{name:0>3}"));
        }
        text
    }

    fn named(&self, value: &Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.named_text(text)),
            Value::Array(items) => items.iter().map(|item| self.named(item)).collect(),
            Value::Object(map) => {
                let named = map.iter().map(|(key, value)| match key.as_str() {
                    "sessionToken" => (key.clone(), json!("<token>")),
                    // of a user who gave none
                    "username" if is_drawn(value, 25) => (key.clone(), json!("<name>")),
                    // an object that a batch made has no name
                    "objectId" if self.is_nameless(value) => (key.clone(), json!("<new>")),
                    _ => (self.named_text(key), self.named(value)),
                });
                let mut named: Map<_, _> = named.collect();
                named.sort_keys();
                Value::Object(named)
            }
            // 1 and 1.0 are one number in JavaScript
            Value::Number(number) => number.as_f64().map_or(Value::Null, |number| json!(number)),
            other => other.clone(),
        }
    }

    fn is_nameless(&self, id: &Value) -> bool {
        let is_named = self.ids.iter().any(|(_, known)| *id == **known);
        is_drawn(id, 10) && !is_named && !id.as_str().is_some_and(|id| id.starts_with("missing"))
    }

    fn named_text(&self, text: &str) -> String {
        if let Ok(time) = text.parse::<DateTime<Utc>>()
            && (Utc::now() - time).num_hours().abs() < 2
        {
            return "<now>".to_owned();
        }
        // the end of a session
        if let Ok(time) = text.parse::<DateTime<Utc>>()
            && (Utc::now() - time).num_days().abs_diff(-365) <= 1
        {
            return "<in a year>".to_owned();
        }
        // what the provider of the real one says
        let text = text.replace("fakeauth: bad token", "fakeauth auth is invalid for this user.");
        let mut text = text;
        for (name, id) in &self.ids {
            text = text.replace(id, name);
        }
        text.replace(&self.url, "<url>")
    }
}

/// Whether it is a text of so many letters and digits.
fn is_drawn(value: &Value, length: usize) -> bool {
    let text = value.as_str().unwrap_or_default();
    text.len() == length && text.bytes().all(|letter| letter.is_ascii_alphanumeric())
}
