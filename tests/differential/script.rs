//! A script: requests that are written before anybody knows which ids the servers will draw.

use serde_json::{Map, Value};

/// Who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    Public,
    Master,
    /// The session of this number.
    Session(usize),
}

/// What is remembered of an answer, on each server by itself.
#[derive(Debug, Clone, Copy)]
pub enum Keep {
    /// `objectId` becomes the name of this number.
    Id(usize),
    /// `objectId` and `sessionToken`.
    User(usize, usize),
}

/// One request.
#[derive(Debug, Clone)]
pub struct Step {
    pub who: Who,
    pub method: &'static str,
    /// Below the mount, with names for ids.
    pub path: String,
    pub query: Vec<(&'static str, String)>,
    pub body: Option<Value>,
    pub keep: Option<Keep>,
    /// The order of the rows is the script's business, not the server's.
    pub ordered: bool,
    /// What of it the real server's database is known to answer otherwise.
    pub limits: Vec<Limit>,
}

impl Step {
    pub fn new(who: Who, method: &'static str, path: impl Into<String>) -> Self {
        Self {
            who,
            method,
            path: path.into(),
            query: Vec::new(),
            body: None,
            keep: None,
            ordered: true,
            limits: Vec::new(),
        }
    }

    pub fn body(mut self, body: Value) -> Self {
        self.body = Some(body);
        self
    }

    pub fn keep(mut self, keep: Keep) -> Self {
        self.keep = Some(keep);
        self
    }
}

/// The name of the object of this number, which stands for its id.
pub fn id(number: usize) -> String {
    format!("<id:{number}>")
}

/// Known limits of parse-server on PostgreSQL: the documented answer is MongoDB's, and the mock's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Limit {
    /// A scalar beside an array field is a 500.
    CompareAnArrayWithAnElement,
    /// `$in`, `$nin`, `$ne` and `$eq` with dates are a 500.
    ListDates,
    /// Operators on dotted keys match nothing.
    LookIntoObjects,
    /// `$nin`, `$ne` and `$nor` are SQL's, which are never true of a missing value.
    NegateMissingFields,
    /// `$in: []` and the like match what they should not.
    ListNothing,
    /// `Add`, `AddUnique` and `Remove` work on a set without an order.
    KeepTheOrderOfAdded,
    /// Removing from a missing list makes an empty one.
    RemoveFromNothing,
    /// Rows without the field come last in ascending order.
    OrderMissingFirst,
    /// Whole arrays, objects and Bytes in equality are a 119.
    CompareWholes,
    /// Greater or less than the empty text is a 119.
    CompareWithTheEmptyText,
    /// `$all` counts the elements that are in the list, so that one that is there twice stands for two.
    LookForSeveralElements,
    /// Sums beyond 2^53 are rounded to 15 digits.
    SumLargeNumbers,
    /// An update of a Bytes field is refused.
    ChangeBytes,
    /// Null and missing are the same.
    TellNullFromMissing,
    /// An aggregation knows a few stages and operators.
    AggregateBeyondTheBasics,
    /// A count with the master key and without conditions is an estimate.
    CountExactly,
    /// A branch of `$and`, `$or` or `$nor` without conditions is an error of the database.
    EmptyBranches,
    /// An unknown operator has another code.
    NameUnknownOperators,
    /// The session of a deleted user is good until the server's cache forgets it, some seconds later. (A limit of
    /// parse-server, not of its database.)
    ForgetSessions,
    /// A dotted key with an operation is stored as it is.
    OperateInside,
}

/// The parameters of a request, as an object: for a batch, where they travel in the body.
pub fn parameters(query: &[(&'static str, String)]) -> Value {
    let map: Map<String, Value> = query
        .iter()
        .map(|(name, text)| {
            let value = match *name {
                "where" | "limit" | "skip" | "count" => serde_json::from_str(text).unwrap_or(Value::Null),
                _ => Value::String(text.clone()),
            };
            ((*name).to_owned(), value)
        })
        .collect();
    Value::Object(map)
}
