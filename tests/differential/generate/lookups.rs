//! Random `where` trees.

use serde_json::{Map, Value, json};

use super::values::{Field, Kind};
use super::{Generator, pointer};
use crate::limit::Limit;

/// Where a condition stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    pub(super) class: usize,
    /// How many levels may follow.
    depth: usize,
    /// Below a `$nor`: there SQL's missing values count.
    negated: bool,
}

impl Place {
    pub(super) fn top(class: usize, depth: usize) -> Self {
        Self {
            class,
            depth,
            negated: false,
        }
    }

    fn below(self) -> Self {
        Self {
            depth: self.depth.saturating_sub(1),
            ..self
        }
    }
}

impl Generator {
    pub(super) fn conditions(&mut self, place: Place) -> Value {
        let mut map = Map::new();
        for _ in 0..=self.random.below(2) {
            let (key, condition) = self.condition(place);
            map.insert(key, condition);
        }
        if place.depth > 0 && self.random.percent(50) {
            let key = self.pick_text(&["$or", "$and", "$nor"]);
            let mut below = place.below();
            below.negated |= key == "$nor";
            let mut branches: Vec<Value> = (0..=self.random.below(3))
                .map(|_| self.conditions(below))
                .collect();
            if self.random.percent(20) && self.may(Limit::EmptyBranch, "") {
                branches = vec![json!({})];
            }
            map.insert(key, Value::Array(branches));
        }
        Value::Object(map)
    }

    fn condition(&mut self, place: Place) -> (String, Value) {
        match self.random.below(30) {
            0 => return ("objectId".to_owned(), self.about_ids(place.class)),
            1 => return (self.pick_text(&["createdAt", "updatedAt"]), self.about_times()),
            2 => return ("n".to_owned(), self.about_numbers()),
            3 if place.depth > 0 => return ("n".to_owned(), self.select("n")),
            5 if place.depth > 0 && place.class == 0 => {
                let operator = *self.random.pick(&["$inQuery", "$notInQuery"]);
                return ("home".to_owned(), json!({operator: self.subquery()}));
            }
            4 if place.class == 0 && !place.negated => {
                return ("$relatedTo".to_owned(), self.related());
            }
            _ => {}
        }
        let field = self.field(place.class);
        if field.kind == Kind::Relation {
            return (field.name.to_owned(), self.value(Kind::Pointer));
        }
        if field.kind == Kind::Map {
            return self.about_maps(place);
        }
        let negative = place.negated && !field.always;
        if negative && !self.may(Limit::NegateMissing, field.name) {
            return (field.name.to_owned(), self.never_unknown(field));
        }
        let limited = self.known.is_none();
        let condition = if limited { self.limited(field) } else { None };
        let mut condition = match condition {
            Some(condition) => condition,
            None => self.operators(field, place),
        };
        // a second constraint beside the first
        if self.known.is_none()
            && self.random.percent(20)
            && let (Some(first), Value::Object(second)) =
                (condition.as_object_mut(), self.operators(field, place))
            && first
                .iter()
                .chain(second.iter())
                .all(|(key, value)| can_stand_together(key, value))
        {
            first.extend(second);
        }
        (field.name.to_owned(), condition)
    }

    /// What SQL answers with yes or no, also of a missing value.
    fn never_unknown(&mut self, field: Field) -> Value {
        match field.kind {
            Kind::Number | Kind::Text | Kind::Flag | Kind::Pointer if self.random.percent(40) => {
                json!({"$ne": self.value(field.kind)})
            }
            _ if self.random.percent(50) => json!({"$exists": self.random.percent(50)}),
            _ => Value::Null,
        }
    }

    /// A condition that the real server's database answers in another way.
    fn limited(&mut self, field: Field) -> Option<Value> {
        if !self.spare || !self.random.percent(60) {
            return None;
        }
        let name = field.name;
        let chance = self.random.below(4);
        let value = self.value(field.kind);
        Some(match field.kind {
            Kind::Bytes | Kind::File => {
                self.may(Limit::CompareWholes, name);
                value
            }
            Kind::Date => {
                self.may(Limit::CompareOtherTypes, name);
                let operator = *self.random.pick(&["$eq", "$ne", "$in", "$nin"]);
                let list = operator.ends_with("in");
                json!({operator: if list { json!([value]) } else { value }})
            }
            Kind::Set | Kind::List => match chance {
                0 => {
                    self.may(Limit::CompareWholes, name);
                    value
                }
                1 => {
                    self.may(Limit::CompareOtherTypes, name);
                    self.element()
                }
                2 if field.kind == Kind::List => {
                    self.may(Limit::CountElements, name);
                    json!({"$all": [1, 2]})
                }
                2 => return None,
                _ => {
                    self.may(Limit::NegateMissing, name);
                    json!({*self.random.pick(&["$nin", "$containedBy"]): [1, "x"]})
                }
            },
            Kind::Number => match chance {
                0 => {
                    self.may(Limit::CompareOtherTypes, name);
                    json!({*self.random.pick(&["$gt", "$ne", "$eq"]): "text"})
                }
                1 => {
                    self.may(Limit::ListNothing, name);
                    json!({"$in": []})
                }
                2 => {
                    self.may(Limit::ListNull, name);
                    json!({"$in": [1, null]})
                }
                _ => {
                    self.may(Limit::NegateMissing, name);
                    json!({"$nin": [value]})
                }
            },
            Kind::Text => match chance {
                0 => {
                    self.may(Limit::CompareWholes, name);
                    json!({*self.random.pick(&["$gt", "$gte", "$lt", "$lte"]): ""})
                }
                1 => {
                    self.may(Limit::CheckElements, name);
                    json!({*self.random.pick(&["$in", "$nin"]): [1, "a"]})
                }
                2 => {
                    self.may(Limit::ForgetConstraint, name);
                    json!({"$ne": null, "$regex": "^a"})
                }
                _ => {
                    self.may(Limit::NegateMissing, name);
                    json!({"$nin": [value]})
                }
            },
            _ => return None,
        })
    }

    /// A condition that both databases answer alike where every row has the field, or a row without it is not found.
    fn operators(&mut self, field: Field, place: Place) -> Value {
        let kind = field.kind;
        let value = self.value(kind);
        match self.random.below(12) {
            0 => return json!({"$exists": self.random.percent(50)}),
            1 if self.random.percent(50) => return Value::Null,
            1 => return json!({"$ne": null}),
            _ => {}
        }
        match kind {
            Kind::Number => self.scalar(field, true),
            Kind::Text => match self.random.below(10) {
                0..4 => self.pattern(),
                4 if field.name == "text" => json!({"$text": {"$search": {"$term": "coffee"}}}),
                _ => self.scalar(field, true),
            },
            Kind::Flag => self.scalar(field, false),
            Kind::Date => match self.random.below(5) {
                0..2 => value,
                2 => {
                    let when = self.pick_text(&["in 1 day", "2 years 3 days ago", "now", "1 hour ago"]);
                    json!({*self.random.pick(&["$lt", "$lte", "$gt", "$gte"]): {"$relativeTime": when}})
                }
                _ => json!({*self.random.pick(&["$lt", "$lte", "$gt", "$gte"]): value}),
            },
            Kind::Set | Kind::List => self.about_lists(field),
            Kind::Pointers | Kind::Users => {
                let kind = if kind == Kind::Pointers {
                    Kind::Pointer
                } else {
                    Kind::User
                };
                let value = self.value(kind);
                match self.random.below(3) {
                    0 => value,
                    1 => json!({"$in": [value, self.value(kind)]}),
                    _ if self.may(Limit::CountElements, field.name) => json!({"$all": [value]}),
                    _ => json!({"$in": [value]}),
                }
            }
            Kind::Pointer => match self.random.below(9) {
                0 => json!({"$ne": value}),
                1 => json!({"$in": [value, self.value(kind)]}),
                2 if field.always => json!({"$nin": [value]}),
                3 => json!({"$eq": value}),
                4..6 if place.depth > 0 && field.always => json!({"$notInQuery": self.subquery()}),
                6..8 if place.depth > 0 && field.always => json!({"$inQuery": self.subquery()}),
                _ => value,
            },
            Kind::User => match self.random.below(4) {
                0 => json!({"$in": [value]}),
                1 if place.depth > 0 => {
                    let inner = json!({"username": {"$regex": "^u<mark>x"}});
                    // with none found it would be a list of nothing
                    if self.may(Limit::ListNothing, field.name) {
                        json!({"$inQuery": {"className": "_User", "where": inner}})
                    } else {
                        value
                    }
                }
                _ => value,
            },
            Kind::Place => self.around(),
            Kind::Area => {
                let point = self.value(Kind::Place);
                json!({"$geoIntersects": {"$point": point}})
            }
            Kind::Bytes | Kind::File | Kind::Map | Kind::Relation => json!({"$exists": true}),
        }
    }

    fn scalar(&mut self, field: Field, ordered: bool) -> Value {
        let value = self.value(field.kind);
        // without a limit these are left out
        let plain = value != "" && value != false;
        match self.random.below(if field.always { 10 } else { 9 }) {
            0 => json!({"$ne": value}),
            1 => json!({"$eq": value}),
            2 => json!({"$in": [value, self.value(field.kind)]}),
            3..7 if ordered && plain => {
                json!({*self.random.pick(&["$lt", "$lte", "$gt", "$gte"]): value})
            }
            9 if self.random.percent(20) => json!({"$nin": []}),
            9 => json!({"$nin": [value, self.value(field.kind)]}),
            _ => value,
        }
    }

    fn pattern(&mut self) -> Value {
        let pattern = *self.random.pick(&[
            "^a",
            "b$",
            "\\Qa.b\\E",
            "^\\QA\\E",
            "^\\Qa b\\E",
            ".",
            "a|ä",
            "[ab]",
            "^.$",
            "\\Q\"q\"\\E$",
            "\\Q%\\E",
            "a+b?",
            "^(a|b)",
            "\\Qit's\\E",
            "\\Qa\\b\\E",
            "日",
        ]);
        match self.random.below(6) {
            0 | 1 => json!({"$regex": pattern, "$options": "i"}),
            2 => json!({"$regex": pattern, "$options": "im"}),
            _ => json!({"$regex": pattern}),
        }
    }

    fn about_lists(&mut self, field: Field) -> Value {
        // an element that a list of differing elements has at most once
        let elements = json!([2, "e1", 0]);
        match self.random.below(if field.kind == Kind::Set { 9 } else { 2 }) {
            0 | 1 => json!({"$in": [self.random.below(4), *self.random.pick(&["x", "e1", "e3"])]}),
            2 => json!({"$nin": [self.random.below(4)]}),
            3 => json!({"$ne": self.random.below(4)}),
            4 => json!({"$all": []}),
            5 => json!({"$containedBy": [0, "e1", 2, "e3"]}),
            6 => json!({"$containedBy": elements}),
            7 => json!({"$all": [*self.random.pick(&["e1", "e3"])]}),
            _ => json!({"$all": ["e1", 2]}),
        }
    }

    fn about_maps(&mut self, place: Place) -> (String, Value) {
        if self.random.percent(60) && self.may(Limit::CompareWholes, "map") {
            return ("map".to_owned(), self.value(Kind::Map));
        }
        if self.random.percent(60) && self.may(Limit::LookIntoObjects, "map") {
            return ("map.a".to_owned(), json!({"$exists": true}));
        }
        let negative = place.negated;
        let key = self.pick_text(&["map.a", "map.b"]);
        let number = self.random.below(4);
        match self.random.below(if negative { 2 } else { 9 }) {
            0 => ("map".to_owned(), json!({"$exists": self.random.percent(50)})),
            1 => (key, json!({"$ne": number})),
            2 => (key, Value::Null),
            3 => (key, json!({"$eq": number})),
            4 => (
                key,
                json!({*self.random.pick(&["$lt", "$lte", "$gt", "$gte"]): number}),
            ),
            5 => ("map.c".to_owned(), json!("x")),
            6 => ("map.c".to_owned(), json!({"$regex": "^x"})),
            7 => ("map.deep.e".to_owned(), json!(number)),
            _ => (key, json!(number)),
        }
    }

    fn around(&mut self) -> Value {
        let point = self.value(Kind::Place);
        let corner = |latitude: f64, longitude: f64| json!({"__type": "GeoPoint", "latitude": latitude, "longitude": longitude});
        match self.random.below(6) {
            0 => json!({"$within": {"$box": [corner(0.0, 0.0), corner(10.0, 10.0)]}}),
            1 => json!({"$geoWithin": {"$centerSphere": [point, 0.1]}}),
            2 => {
                json!({"$geoWithin": {"$polygon": [corner(0.0, 0.0), corner(0.0, 12.0), corner(12.0, 12.0), corner(12.0, 0.0)]}})
            }
            3 => {
                json!({"$geoWithin": {"$polygon": {"__type": "Polygon", "coordinates": [[0, 0], [0, 9], [9, 9], [9, 0]]}}})
            }
            4 => json!({"$ne": point}),
            _ => point,
        }
    }

    fn about_ids(&mut self, class: usize) -> Value {
        let (one, other) = (self.some_object(class), self.some_object(class));
        match self.random.below(5) {
            0 => json!({"$in": [one, other]}),
            1 => json!({"$nin": [one, other]}),
            2 => json!({"$ne": one}),
            3 => json!({"$exists": true}),
            _ => json!(one),
        }
    }

    fn about_times(&mut self) -> Value {
        let date = json!({"__type": "Date", "iso": "2020-01-01T00:00:00.000Z"});
        match self.random.below(4) {
            0 => json!({"$gt": date}),
            1 => json!({"$lt": date}),
            2 => json!({"$lte": {"$relativeTime": "in 1 day"}}),
            _ => json!({"$gte": "2020-01-01T00:00:00.000Z"}),
        }
    }

    fn about_numbers(&mut self) -> Value {
        let (low, high) = (self.random.below(10), self.random.below(20));
        match self.random.below(3) {
            0 => json!({"$gte": low, "$lte": high}),
            1 => json!({"$in": [1, low, high]}),
            _ => json!({"$nin": [low, high]}),
        }
    }

    /// A query for objects of the second class; what is found there has no limits of its own.
    fn subquery(&mut self) -> Value {
        let spare = std::mem::replace(&mut self.spare, false);
        let inner = self.conditions(Place::top(1, 0));
        self.spare = spare;
        json!({"className": self.class(1), "where": inner})
    }

    fn select(&mut self, key: &str) -> Value {
        let operator = *self.random.pick(&["$select", "$dontSelect"]);
        json!({operator: {"query": self.subquery(), "key": key}})
    }

    fn related(&mut self) -> Value {
        let owner = self.some_object(0);
        json!({"object": pointer(&self.class(0), &owner), "key": "friends"})
    }

    /// `$nearSphere`, which orders the rows.
    pub(super) fn near(&mut self) -> Value {
        let point = self.value(Kind::Place);
        match self.random.below(2) {
            0 => json!({"place": {"$nearSphere": point}}),
            _ => json!({"place": {"$nearSphere": point, "$maxDistance": 0.1}}),
        }
    }
}

/// The others take no second constraint beside them.
fn can_stand_together(operator: &str, value: &Value) -> bool {
    !value.is_null()
        && matches!(
            operator,
            "$eq" | "$ne" | "$lt" | "$lte" | "$gt" | "$gte" | "$in" | "$nin" | "$exists" | "$regex" | "$all"
        )
}
