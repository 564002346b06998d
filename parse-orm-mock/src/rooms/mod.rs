//! One room per service. A room looks at a call and either takes it or leaves it to the next.

pub(crate) mod aggregate;
pub(crate) mod batch;
pub(crate) mod classes;
pub(crate) mod files;

use std::cell::RefCell;

use serde_json::{Map, Value, json};

use crate::keys::Auth;
use crate::refusal::Refusal;
use crate::state::{Data, State};
use crate::store::Store;

/// A request after the layers in front: the keys are checked, the method is the effective one.
#[derive(Debug)]
pub(crate) struct Call<'a> {
    pub(crate) state: &'a State,
    /// The data of the transaction that the call is a part of.
    pub(crate) transaction: Option<&'a RefCell<Store>>,
    pub(crate) auth: &'a Auth,
    pub(crate) method: &'a str,
    /// The decoded segments of the path below the mount.
    pub(crate) segments: Vec<String>,
    pub(crate) query: &'a [(String, String)],
    pub(crate) body: Option<Value>,
}

impl<'a> Call<'a> {
    /// The data.
    pub(crate) fn store(&self) -> Data<'a> {
        match self.transaction {
            Some(store) => Data::InTransaction(store.borrow_mut()),
            None => Data::Alone(self.state.store()),
        }
    }

    /// The body as the object that is to be written. An array is an object with numbers for keys: its
    /// first key is then refused as a field name.
    pub(crate) fn take_object(&mut self) -> Map<String, Value> {
        match self.body.take() {
            Some(Value::Object(map)) => map,
            Some(Value::Array(items)) => items
                .into_iter()
                .enumerate()
                .map(|(place, item)| (place.to_string(), item))
                .collect(),
            _ => Map::new(),
        }
    }
}

/// A successful answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Value,
    pub(crate) location: Option<String>,
}

impl Answer {
    pub(crate) fn ok(body: Value) -> Self {
        Self {
            status: 200,
            body,
            location: None,
        }
    }
}

/// What a room says about a call: `None` when it is not for this room.
pub(crate) type Verdict = Option<Result<Answer, Refusal>>;

/// The rooms that a batch can ask, too: batches do not nest.
const ROOMS: [fn(&mut Call<'_>) -> Verdict; 2] = [classes::enter, aggregate::enter];

/// Asks the rooms in turn; `None` when no room takes the call.
pub(crate) fn route(call: &mut Call<'_>) -> Verdict {
    route_in_batch(call).or_else(|| batch::enter(call))
}

/// Like [`route`], without the batch room.
pub(crate) fn route_in_batch(call: &mut Call<'_>) -> Verdict {
    ROOMS.iter().find_map(|room| room(call))
}

/// `GET /health`, which asks for no key.
pub(crate) fn health() -> Answer {
    Answer::ok(json!({"status": "ok"}))
}
