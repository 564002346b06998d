//! Changing an object: new values, and every operation.

use serde_json::{Map, Value, json};

use super::Generator;
use super::values::{Field, Kind, LIST};
use crate::limit::Limit;

impl Field {
    /// Of the others an operation meets the null, which the two databases take in two ways.
    pub(super) fn may_be_null(self) -> bool {
        matches!(
            self.kind,
            Kind::Text
                | Kind::Flag
                | Kind::Date
                | Kind::Place
                | Kind::Area
                | Kind::Pointer
                | Kind::File
                | Kind::User
        )
    }
}

impl Generator {
    /// A change of one to three fields.
    pub(super) fn changes(&mut self, class: usize) -> Value {
        let mut body = Map::new();
        for _ in 0..=self.random.below(3) {
            let mut field = self.field(class);
            if self.adds && self.random.percent(20) {
                field = LIST;
            }
            if field.kind == Kind::Map && self.random.percent(40) {
                let (key, value) = self.inside();
                body.insert(key, value);
                continue;
            }
            if let Some(value) = self.change(field) {
                body.insert(field.name.to_owned(), value);
            }
        }
        // what is written below a field and the field itself are a conflict
        if body.keys().any(|key| key.contains('.')) {
            body.shift_remove("map");
        }
        Value::Object(body)
    }

    fn change(&mut self, field: Field) -> Option<Value> {
        let chance = self.random.below(100);
        if !field.always && chance < 10 && field.kind != Kind::Relation {
            return Some(json!({"__op": "Delete"}));
        }
        if !field.always && self.nulls && field.may_be_null() && chance < 20 {
            self.left(Limit::KeepNull);
            return Some(Value::Null);
        }
        Some(match (field.kind, chance) {
            (Kind::Number, 20..60) => {
                let amount = if chance < 30 {
                    json!(-1.5)
                } else {
                    json!(self.random.below(5))
                };
                json!({"__op": "Increment", "amount": amount})
            }
            (Kind::Set, 20..80) => return self.change_set(),
            (Kind::List, 20..50) if self.may(Limit::RemoveFromNothing, field.name) => {
                json!({"__op": "Remove", "objects": self.value(Kind::List)})
            }
            (Kind::Pointers | Kind::Users, 20..40) if self.may(Limit::RemoveFromNothing, field.name) => {
                json!({"__op": "Remove", "objects": self.value(field.kind)})
            }
            (Kind::Bytes, _) => {
                if !self.may(Limit::ChangeBytes, field.name) {
                    return None;
                }
                self.value(field.kind)
            }
            (Kind::Relation, 20..) => self.relation_change(),
            (kind, _) => self.value(kind),
        })
    }

    /// Adding gives another order there, which every later answer shows.
    fn change_set(&mut self) -> Option<Value> {
        let operation = *self.random.pick(&["Add", "AddUnique", "Remove"]);
        if operation == "Remove" {
            return Some(json!({"__op": "Remove", "objects": self.value(Kind::Set)}));
        }
        if !self.adds {
            return Some(self.value(Kind::Set));
        }
        self.left(Limit::OrderOfAdded);
        if operation == "AddUnique" {
            return Some(json!({"__op": "AddUnique", "objects": self.value(Kind::Set)}));
        }
        // what is there twice would be there once
        self.elements += 2;
        Some(json!({"__op": "Add", "objects": [self.elements, format!("e{}", self.elements + 1)]}))
    }

    /// A dotted key.
    fn inside(&mut self) -> (String, Value) {
        let key = self.pick_text(&["map.a", "map.b"]);
        match self.random.below(8) {
            0 => (key, json!({"__op": "Delete"})),
            1..3 => (key, json!({"__op": "Increment", "amount": self.random.below(4)})),
            3 => ("map.c".to_owned(), json!("z")),
            4 if self.may(Limit::OperateInside, "map") => (
                "map.deep.list".to_owned(),
                json!({"__op": *self.random.pick(&["Add", "AddUnique", "Remove"]), "objects": [1, 2]}),
            ),
            _ => (key, json!(self.random.below(9))),
        }
    }

    pub(super) fn relation_change(&mut self) -> Value {
        let mut one = |operation: &str| {
            let mut objects = vec![self.value(Kind::Pointer)];
            let second = self.value(Kind::Pointer);
            if self.random.percent(50) && !objects.contains(&second) {
                objects.push(second);
            }
            json!({"__op": operation, "objects": objects})
        };
        let (add, remove) = (one("AddRelation"), one("RemoveRelation"));
        match self.random.below(5) {
            0 => remove,
            1 => {
                let mut ops = vec![add, remove];
                // one object in both would depend on which is done first
                let added = ops[0]["objects"].clone();
                if let Some(removed) = ops[1]["objects"].as_array_mut() {
                    removed.retain(|object| !added.as_array().is_some_and(|added| added.contains(object)));
                }
                json!({"__op": "Batch", "ops": ops})
            }
            _ => add,
        }
    }
}
