//! The fields of the classes, and their values.

use serde_json::{Map, Value, json};

use super::{Generator, pointer};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Number,
    Text,
    Flag,
    Date,
    /// Elements that differ: what the real server's database adds to, it makes a set.
    Set,
    List,
    Map,
    Place,
    Area,
    Pointer,
    Pointers,
    Bytes,
    File,
    Relation,
    User,
    Users,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Field {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    /// Every row has it: SQL's comparisons are never true of a missing value, not even negated.
    pub(super) always: bool,
}

const fn always(name: &'static str, kind: Kind) -> Field {
    Field {
        name,
        kind,
        always: true,
    }
}

const fn sometimes(name: &'static str, kind: Kind) -> Field {
    Field {
        name,
        kind,
        always: false,
    }
}

pub(super) const LIST: Field = always("list", Kind::Set);

/// Of both classes, beside `n`, the number of the row.
const SHARED: &[Field] = &[
    always("label", Kind::Text),
    always("on", Kind::Flag),
    always("at", Kind::Date),
    LIST,
    always("size", Kind::Number),
    sometimes("num", Kind::Number),
    sometimes("text", Kind::Text),
    sometimes("flag", Kind::Flag),
    sometimes("day", Kind::Date),
    sometimes("bag", Kind::List),
    sometimes("map", Kind::Map),
    sometimes("place", Kind::Place),
    sometimes("area", Kind::Area),
    sometimes("bytes", Kind::Bytes),
    sometimes("file", Kind::File),
    sometimes("owner", Kind::User),
    sometimes("owners", Kind::Users),
];

/// Of the first class only: they lead to the second.
const LEADING: &[Field] = &[
    always("home", Kind::Pointer),
    sometimes("other", Kind::Pointer),
    sometimes("peers", Kind::Pointers),
    sometimes("friends", Kind::Relation),
];

pub(super) fn fields(class: usize) -> impl Iterator<Item = Field> {
    let leading = if class == 0 { LEADING } else { &[] };
    SHARED.iter().chain(leading).copied()
}

impl Generator {
    pub(super) fn field(&mut self, class: usize) -> Field {
        let all: Vec<Field> = fields(class).collect();
        *self.random.pick(&all)
    }

    pub(super) fn number(&mut self) -> Value {
        match self.random.below(9) {
            0 => json!(0),
            1 => json!(-1),
            2 => json!(2.5),
            3 => json!(9_007_199_254_740_991_i64),
            _ => json!(self.random.below(6)),
        }
    }

    pub(super) fn some_text(&mut self) -> Value {
        json!(*self.random.pick(&[
            "",
            "a",
            "b",
            "ab",
            "Ab",
            "a b",
            "a.b",
            "ä",
            "100%",
            "a_b",
            "\"q\"",
            "it's",
            "a\\b",
            "日本",
            "coffee",
            "a coffee shop",
            "*",
            "😀",
            " a",
            "A\nb"
        ]))
    }

    pub(super) fn value(&mut self, kind: Kind) -> Value {
        match kind {
            Kind::Number => self.number(),
            Kind::Text => self.some_text(),
            Kind::Flag => json!(self.random.percent(50)),
            Kind::Date => {
                let day = 1 + self.random.below(5);
                let milliseconds = self.random.below(3) * 250;
                json!({"__type": "Date", "iso": format!("2020-01-{day:02}T00:00:00.{milliseconds:03}Z")})
            }
            Kind::Set => {
                let (from, length) = (self.random.below(4), self.random.below(4));
                let elements = (from..from + length).map(|n| {
                    if n % 2 == 0 {
                        json!(n)
                    } else {
                        json!(format!("e{n}"))
                    }
                });
                elements.collect()
            }
            Kind::List => (0..self.random.below(4)).map(|_| self.element()).collect(),
            Kind::Map => self.map(),
            Kind::Place => {
                let (latitude, longitude) = (self.coordinate(), self.coordinate());
                json!({"__type": "GeoPoint", "latitude": latitude, "longitude": longitude})
            }
            Kind::Area => {
                let (a, b) = (self.random.below(10), self.random.below(10));
                let mut corners = vec![
                    json!([a, b]),
                    json!([a, b + 3]),
                    json!([a + 3, b + 3]),
                    json!([a + 3, b]),
                ];
                if self.random.percent(30) {
                    corners.push(json!([a, b]));
                }
                json!({"__type": "Polygon", "coordinates": corners})
            }
            Kind::Pointer => {
                let object = self.some_object(1);
                pointer(&self.class(1), &object)
            }
            Kind::Pointers => (0..self.random.below(3))
                .map(|_| self.value(Kind::Pointer))
                .collect(),
            Kind::Bytes => {
                json!({"__type": "Bytes", "base64": *self.random.pick(&["YWI=", "Yg==", "AAEC"])})
            }
            Kind::File => {
                json!({"__type": "File", "name": *self.random.pick(&["a.txt", "b c.png", "d-e.bin"])})
            }
            Kind::Relation => json!({"__type": "Relation", "className": self.class(1)}),
            Kind::User => {
                let user = self.some_user();
                pointer("_User", &user)
            }
            // one is there once: array_contains_all counts
            Kind::Users => {
                let mut users: Vec<Value> = Vec::new();
                for _ in 0..self.random.below(3) {
                    let user = self.value(Kind::User);
                    if !users.contains(&user) {
                        users.push(user);
                    }
                }
                Value::Array(users)
            }
        }
    }

    /// Off the grid of the areas, so that no place lies on an edge, and hardly two at one place.
    fn coordinate(&mut self) -> Value {
        json!(self.random.below(15) as f64 + (1 + self.random.below(900)) as f64 / 1000.0)
    }

    pub(super) fn element(&mut self) -> Value {
        match self.random.below(20) {
            0 => json!({"k": self.random.below(3)}),
            1 => json!([self.random.below(3)]),
            2 => json!(self.random.percent(50)),
            3 => self.value(Kind::Date),
            4..12 => json!(self.random.below(4)),
            _ => json!(*self.random.pick(&["x", "y", "z"])),
        }
    }

    fn map(&mut self) -> Value {
        let mut map = Map::new();
        for key in ["a", "b"] {
            if self.random.percent(60) {
                map.insert(key.to_owned(), json!(self.random.below(4)));
            }
        }
        if self.random.percent(60) {
            map.insert("c".to_owned(), json!(*self.random.pick(&["x", "y", "it's"])));
        }
        if self.random.percent(25) {
            map.insert(
                "deep".to_owned(),
                json!({"e": self.random.below(3), "list": [1, {"f": true}]}),
            );
        }
        if self.random.percent(10) {
            map.insert("when".to_owned(), self.value(Kind::Date));
        }
        Value::Object(map)
    }
}
