//! Playing a script on a server, and naming what it draws by itself: ids, tokens and times.

use std::fmt::Write as _;

use chrono::{DateTime, Utc};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::script::{self, Body, Keep, MARK, Step, Who};
use crate::wire;

/// A server under test, with the names of its ids and tokens.
pub struct Server {
    url: String,
    master: String,
    mark: String,
    ids: Vec<(String, String)>,
    tokens: Vec<Option<String>>,
}

/// An answer, with the names of the script in the place of ids and times.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    pub status: u16,
    /// The `Location` header.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
    pub body: Value,
}

impl Answer {
    /// The code of an error, or 0.
    pub fn code(&self) -> i64 {
        let code = self.body.get("code").and_then(Value::as_f64);
        code.map_or(0, |code| code as i64)
    }
}

impl Server {
    pub fn new(url: &str, master: &str) -> Self {
        Self {
            url: url.to_owned(),
            master: master.to_owned(),
            mark: String::new(),
            ids: Vec::new(),
            tokens: Vec::new(),
        }
    }

    /// Begins a script, whose classes and users are told apart by a mark of letters and digits.
    pub fn begin(&mut self, mark: &str) {
        mark.clone_into(&mut self.mark);
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
            Who::Stranger => headers[0].1 = "stranger",
        }
        let body = match &step.body {
            None => String::new(),
            Some(Body::Json(json)) if json.get("_ApplicationId").is_some() => {
                headers.clear();
                headers.push(("Content-Type", "text/plain"));
                let mut json = json.clone();
                json["_JavaScriptKey"] = json!("js");
                match step.who {
                    Who::Master => json["_MasterKey"] = json!(self.master),
                    Who::Session(_) => json["_SessionToken"] = json!(token),
                    Who::Public | Who::Stranger => {}
                }
                self.real(&json.to_string())
            }
            Some(Body::Json(json)) => self.real(&json.to_string()),
            Some(Body::Text(text)) => self.real(text),
        };
        if step.body.is_some() && !headers.is_empty() && headers[0].0 != "Content-Type" {
            headers.push(("Content-Type", "application/json"));
        }
        let reply = wire::send(&self.url, &step.method, &path, &headers, body.as_bytes());
        let location = reply.header("location").map(str::to_owned);
        let body: Value = serde_json::from_str(&reply.body).unwrap_or(Value::String(reply.body));
        self.remember(step, &body);
        Answer {
            status: reply.status,
            location: location.map(|location| self.named_place(&location)),
            body: self.named(&body),
        }
    }

    fn remember(&mut self, step: &Step, body: &Value) {
        let mut id_of = |number: usize, body: &Value| {
            if let Some(id) = body.get("objectId").and_then(Value::as_str) {
                self.ids.push((script::id(number), id.to_owned()));
            }
        };
        match &step.keep {
            None => {}
            Some(Keep::Id(number)) => id_of(*number, body),
            Some(Keep::Items(numbers)) => {
                let items = body.as_array().into_iter().flatten();
                for (number, item) in numbers.iter().zip(items) {
                    if let Some(number) = number {
                        id_of(*number, &item["success"]);
                    }
                }
            }
            Some(Keep::User(number, session)) => {
                id_of(*number, body);
                if self.tokens.len() <= *session {
                    self.tokens.resize(session + 1, None);
                }
                if let Some(token) = body.get("sessionToken").and_then(Value::as_str) {
                    self.tokens[*session] = Some(token.to_owned());
                }
            }
        }
    }

    /// The text with this server's ids.
    fn real(&self, text: &str) -> String {
        let mut text = text.replace(MARK, &self.mark);
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
                    // an object that no request names
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

    /// A URL that may end in an id.
    fn named_place(&self, url: &str) -> String {
        match url.rsplit_once('/') {
            Some((room, id)) if self.is_nameless(&json!(id)) => format!("{}/<new>", self.named_text(room)),
            _ => self.named_text(url),
        }
    }

    fn named_text(&self, text: &str) -> String {
        if let Ok(time) = text.parse::<DateTime<Utc>>() {
            if (Utc::now() - time).num_hours().abs() < 2 {
                return "<now>".to_owned();
            }
            // the end of a session
            if (Utc::now() - time).num_days().abs_diff(-365) <= 1 {
                return "<in a year>".to_owned();
            }
        }
        // what the provider of the real one says
        let mut text = text.replace("fakeauth: bad token", "fakeauth auth is invalid for this user.");
        for (name, id) in &self.ids {
            text = text.replace(id, name);
        }
        text.replace(&self.url, "<url>").replace(&self.mark, MARK)
    }
}

/// Whether it is a text of so many letters and digits.
fn is_drawn(value: &Value, length: usize) -> bool {
    let text = value.as_str().unwrap_or_default();
    text.len() == length && text.bytes().all(|letter| letter.is_ascii_alphanumeric())
}
