//! A value behind a pointer that is not stored yet.

use super::draft::New;
use super::{Draft, Object, ParseObject};
use crate::Result;
use crate::value::{Acl, Holder, NewObject, ObjectId, Unstored};
use futures::lock::Mutex;
use serde_json::Value;
use std::sync::OnceLock;

/// The value, and the object that it has become. Every clone of the pointer shares it.
pub(super) struct Newborn<T> {
    pub(super) draft: Draft<T>,
    object: OnceLock<Object<T>>,
    gate: Mutex<()>,
}

impl<T> Newborn<T> {
    pub(super) fn new(draft: Draft<T>) -> Self {
        Self {
            draft,
            object: OnceLock::new(),
            gate: Mutex::new(()),
        }
    }

    pub(super) fn object(&self) -> Option<&Object<T>> {
        self.object.get()
    }
}

impl<T: ParseObject> Holder for Newborn<T> {
    fn class_name(&self) -> &'static str {
        T::CLASS_NAME
    }

    fn field_name(&self, field: usize) -> &'static str {
        T::SCHEMA.fields[field].name
    }

    fn unstored<'a>(&'a self, found: &mut dyn FnMut(usize, Unstored<'a>)) {
        self.draft.value.__unstored(found);
    }

    fn check(&self) -> Result<()> {
        New::draft(&self.draft).check()
    }
}

impl<T: ParseObject> NewObject for Newborn<T> {
    fn stored_id(&self) -> Option<&ObjectId> {
        self.object().map(Object::id)
    }

    fn body(&self, default: Option<&Acl>) -> Result<Vec<u8>> {
        New::draft(&self.draft).body(default)
    }

    fn stored(&self, answer: &[u8], default: Option<&Acl>) -> Result<()> {
        let new = New::draft(&self.draft);
        let (object, outcome) = match new.created(answer, default) {
            Ok(object) => (object, Ok(())),
            // it is stored, whatever else the answer says: another try must not store it again
            Err(error) => match new.created(&least(answer), default) {
                Ok(object) => (object, Err(error)),
                Err(_) => return Err(error),
            },
        };
        // nobody else can have come first: the gate was held
        let _ = self.object.set(object);
        outcome
    }

    fn gate(&self) -> &Mutex<()> {
        &self.gate
    }
}

/// Of an answer, what every create is answered.
fn least(answer: &[u8]) -> Vec<u8> {
    let mut all: serde_json::Map<String, Value> = serde_json::from_slice(answer).unwrap_or_default();
    all.retain(|key, _| matches!(key.as_str(), "objectId" | "createdAt"));
    Value::Object(all).to_string().into_bytes()
}
