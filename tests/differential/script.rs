//! A script: requests that are written before anybody knows which ids the servers will draw.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::limit::{Known, Limit};
use crate::play::Answer;

/// Stands for what sets one run's classes and names apart from all others.
pub const MARK: &str = "<mark>";

/// The requests of one run, and what it is about when it is kept.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Script {
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub about: String,
    pub steps: Vec<Step>,
}

/// Who asks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Who {
    #[default]
    Public,
    Master,
    /// The session of this number.
    Session(usize),
    /// The keys of another application.
    Stranger,
}

/// What is remembered of an answer, on each server by itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Keep {
    /// `objectId` becomes the name of this number.
    Id(usize),
    /// `objectId` and `sessionToken`.
    User(usize, usize),
    /// The `objectId` of each item of a batch.
    Items(Vec<Option<usize>>),
}

/// What a request carries.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Body {
    Json(Value),
    /// Sent as it is, and said to be JSON.
    Text(String),
}

impl fmt::Display for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Json(value) => value.fmt(f),
            Self::Text(text) => f.write_str(text),
        }
    }
}

/// One request.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Step {
    #[serde(default)]
    pub who: Who,
    pub method: String,
    /// Below the mount, with names for ids.
    pub path: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub query: Vec<(String, String)>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<Body>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keep: Option<Keep>,
    /// The order of the rows is the server's business.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unordered: bool,
    /// The one thing in it that the real server's database is known to answer otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub known: Option<Known>,
    /// What earlier requests left in the data that the real server's database keeps otherwise.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub since: Vec<Limit>,
    /// What the real server said when the script was kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<Answer>,
}

impl Step {
    pub fn new(who: Who, method: &str, path: impl Into<String>) -> Self {
        Self {
            who,
            method: method.to_owned(),
            path: path.into(),
            query: Vec::new(),
            body: None,
            keep: None,
            unordered: false,
            known: None,
            since: Vec::new(),
            answer: None,
        }
    }

    pub fn body(mut self, body: Value) -> Self {
        self.body = Some(Body::Json(body));
        self
    }

    pub fn text(mut self, body: &str) -> Self {
        self.body = Some(Body::Text(body.to_owned()));
        self
    }

    pub fn keep(mut self, keep: Keep) -> Self {
        self.keep = Some(keep);
        self
    }

    pub fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.query.push((name.to_owned(), value.into()));
        self
    }

    pub fn unordered(mut self) -> Self {
        self.unordered = true;
        self
    }

    /// The parameters as an object: for a batch, where they travel in the body.
    pub fn parameters(&self) -> Value {
        let map: Map<String, Value> = self
            .query
            .iter()
            .map(|(name, text)| {
                let value = match name.as_str() {
                    "where" | "limit" | "skip" | "count" | "pipeline" => {
                        serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.clone()))
                    }
                    _ => Value::String(text.clone()),
                };
                (name.clone(), value)
            })
            .collect();
        Value::Object(map)
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} {} {}", self.who, self.method, self.path)?;
        for (name, value) in &self.query {
            write!(f, "\n    {name}={value}")?;
        }
        match &self.body {
            Some(body) => write!(f, "\n    {body}"),
            None => Ok(()),
        }
    }
}

/// The name of the object of this number, which stands for its id.
pub fn id(number: usize) -> String {
    format!("<id:{number}>")
}
