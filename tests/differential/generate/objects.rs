//! Creating, reading, changing and deleting objects.

use serde_json::{Map, Value, json};

use super::Generator;
use super::values::{Field, Kind, fields};
use crate::limit::Limit;
use crate::script::{Keep, Step, Who, id};

impl Generator {
    /// An object with every field, so that every column is there.
    pub(super) fn full(&mut self, class: usize) -> Step {
        let mut step = self.new_object(class, 100);
        step.who = Who::Master;
        step
    }

    pub(super) fn create(&mut self, class: usize) -> Step {
        let mut step = self.new_object(class, 50);
        step.who = self.who();
        step
    }

    pub(super) fn new_object(&mut self, class: usize, chance: usize) -> Step {
        let mut body = Map::new();
        self.rows += 1;
        body.insert("n".to_owned(), json!(self.rows));
        for field in fields(class) {
            if field.always || self.random.percent(chance) {
                let value = self.first_value(field, chance == 100);
                body.insert(field.name.to_owned(), value);
            }
        }
        if chance < 100 && self.security && self.random.percent(15) {
            body.insert("ACL".to_owned(), self.acl());
        }
        let number = self.new_id();
        self.objects[class].push(number);
        Step::new(Who::Public, "POST", self.classes(class))
            .body(Value::Object(body))
            .keep(Keep::Id(number))
    }

    /// What a new object has in a field: a value, or what an operation or null makes.
    fn first_value(&mut self, field: Field, plain: bool) -> Value {
        if plain {
            return match field.kind {
                Kind::Relation => json!({"__op": "AddRelation", "objects": [self.value(Kind::Pointer)]}),
                kind => self.value(kind),
            };
        }
        if !field.always && self.nulls && field.may_be_null() && self.random.percent(15) {
            self.left(Limit::KeepNull);
            return Value::Null;
        }
        let chance = self.random.below(100);
        match (field.kind, chance) {
            (Kind::Number, 0..15) => json!({"__op": "Increment", "amount": self.random.below(4)}),
            (Kind::Set, 0..8) => json!({"__op": "AddUnique", "objects": self.value(Kind::Set)}),
            (Kind::List, 0..8) => json!({"__op": "Add", "objects": self.value(Kind::List)}),
            (Kind::List, 8..12) => json!({"__op": "Remove", "objects": self.value(Kind::List)}),
            (Kind::Relation, _) => self.relation_change(),
            (_, 98..) if !field.always => json!({"__op": "Delete"}),
            (kind, _) => self.value(kind),
        }
    }

    pub(super) fn update(&mut self) -> Step {
        let class = self.random.below(2);
        let object = self.some_object(class);
        let body = self.changes(class);
        Step::new(self.who(), "PUT", format!("{}/{object}", self.classes(class))).body(body)
    }

    pub(super) fn delete(&mut self) -> Step {
        let class = self.random.below(2);
        let object = self.some_object(class);
        Step::new(self.who(), "DELETE", format!("{}/{object}", self.classes(class)))
    }

    pub(super) fn get(&mut self) -> Step {
        let class = self.random.below(2);
        let object = self.some_object(class);
        let step = Step::new(self.who(), "GET", format!("{}/{object}", self.classes(class)));
        self.shape(step, class)
    }

    pub(super) fn acl(&mut self) -> Value {
        let mut acl = Map::new();
        for _ in 0..self.random.below(3) {
            let who = match self.random.below(3) {
                0 if !self.users.is_empty() => id(self.random.pick(&self.users).0),
                1 if !self.roles.is_empty() => format!("role:{}", self.random.pick(&self.roles).1),
                _ => "*".to_owned(),
            };
            let mut allowed = Map::new();
            if self.random.percent(80) {
                allowed.insert("read".to_owned(), json!(true));
            }
            if self.random.percent(50) {
                allowed.insert("write".to_owned(), json!(true));
            }
            acl.insert(who, Value::Object(allowed));
        }
        Value::Object(acl)
    }
}
