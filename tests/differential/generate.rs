//! Random scripts: valid requests, and some that are slightly wrong.

use serde_json::{Map, Value, json};

use crate::random::Random;
use crate::script::{Keep, Limit, Step, Who, id, parameters};

/// The fields of the classes, by the kind of their values.
const FIELDS: [(&str, Kind); 9] = [
    ("num", Kind::Number),
    ("text", Kind::Text),
    ("flag", Kind::Flag),
    ("day", Kind::Date),
    ("list", Kind::List),
    ("map", Kind::Map),
    ("place", Kind::Place),
    ("other", Kind::Pointer),
    ("bytes", Kind::Bytes),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Number,
    Text,
    Flag,
    Date,
    List,
    Map,
    Place,
    Pointer,
    Bytes,
}

/// Writes one script.
pub struct Generator {
    random: Random,
    security: bool,
    /// Sets the classes and the names of this script apart from all others.
    mark: String,
    steps: Vec<Step>,
    ids: usize,
    sessions: usize,
    /// The objects of each class, by their numbers.
    objects: [Vec<usize>; 2],
    users: Vec<(usize, usize)>,
    roles: Vec<(usize, String)>,
    rows: i64,
    /// A user was deleted: the real server remembers the session for some seconds.
    deleted: bool,
}

/// A script of about so many requests, the same for one seed but for the names of its classes, which the real
/// server may know from an earlier run; `security` adds users, ACLs, roles and permissions.
pub fn script(seed: u64, run: u64, length: usize, security: bool) -> Vec<Step> {
    let mut generator = Generator {
        random: Random::new(seed),
        security,
        mark: format!("{seed:x}r{run:x}"),
        steps: Vec::new(),
        ids: 0,
        sessions: 0,
        objects: [Vec::new(), Vec::new()],
        users: Vec::new(),
        roles: Vec::new(),
        rows: 0,
        deleted: false,
    };
    generator.classes();
    while generator.steps.len() < length {
        generator.step();
        if let (true, Some(step)) = (generator.deleted, generator.steps.last_mut()) {
            step.limits.push(Limit::ForgetSessions);
        }
    }
    generator.steps
}

impl Generator {
    fn class(&self, number: usize) -> String {
        format!("D{}{}", self.mark, ["A", "B"][number])
    }

    fn new_id(&mut self) -> usize {
        self.ids += 1;
        self.ids
    }

    /// Both classes have an object with every field, so that every column is there.
    fn classes(&mut self) {
        for class in [1, 0] {
            let step = self.create(class, true);
            self.steps.push(step);
        }
    }

    fn step(&mut self) {
        // with security every second step is about it
        let choice = if self.security && self.random.percent(40) {
            80 + self.random.below(15)
        } else {
            self.random.below(100)
        };
        let step = match choice {
            0..18 => {
                let class = self.random.below(2);
                self.create(class, false)
            }
            18..34 => self.update(),
            34..64 => self.find(),
            64..69 => self.get(),
            69..73 => self.delete(),
            73..80 => self.batch(),
            80..95 if !self.security => return,
            80..87 => return self.user(),
            87..90 => self.access(),
            90..93 => self.role(),
            93..95 => self.permissions(),
            95..98 => self.aggregate(),
            _ => self.wrong(),
        };
        self.steps.push(step);
    }

    /// Mostly without special rights.
    fn who(&mut self) -> Who {
        match self.random.below(10) {
            0..2 => Who::Master,
            2..5 if !self.users.is_empty() => Who::Session(self.random.pick(&self.users).1),
            _ => Who::Public,
        }
    }

    fn some_object(&mut self, class: usize) -> String {
        if self.objects[class].is_empty() || self.random.percent(3) {
            return "missing000".to_owned();
        }
        id(*self.random.pick(&self.objects[class]))
    }

    // --- values

    fn number(&mut self) -> Value {
        match self.random.below(8) {
            0 => json!(0),
            1 => json!(-1),
            2 => json!(2.5),
            3 => json!(9_007_199_254_740_991_i64),
            _ => json!(self.random.below(6)),
        }
    }

    fn text(&mut self) -> Value {
        json!(*self.random.pick(&[
            "", "a", "b", "ab", "Ab", "a b", "a.b", "ä", "100%", "a_b", "\"q\""
        ]))
    }

    fn value(&mut self, kind: Kind) -> Value {
        match kind {
            Kind::Number => self.number(),
            Kind::Text => self.text(),
            Kind::Flag => json!(self.random.percent(50)),
            Kind::Date => {
                let day = 1 + self.random.below(5);
                json!({"__type": "Date", "iso": format!("2020-01-{day:02}T00:00:00.000Z")})
            }
            Kind::List => (0..self.random.below(4)).map(|_| self.element()).collect(),
            Kind::Map => {
                let mut map = Map::new();
                for key in ["a", "b", "c"] {
                    if self.random.percent(60) {
                        let value = if key == "c" {
                            self.text()
                        } else {
                            json!(self.random.below(4))
                        };
                        map.insert(key.to_owned(), value);
                    }
                }
                Value::Object(map)
            }
            Kind::Place => {
                let latitude = self.random.below(20);
                let longitude = self.random.below(20);
                json!({"__type": "GeoPoint", "latitude": latitude, "longitude": longitude})
            }
            Kind::Pointer => {
                let object = self.some_object(1);
                json!({"__type": "Pointer", "className": self.class(1), "objectId": object})
            }
            Kind::Bytes => json!({"__type": "Bytes", "base64": *self.random.pick(&["YWI=", "Yg==", "AAEC"])}),
        }
    }

    fn element(&mut self) -> Value {
        if self.random.percent(50) {
            json!(self.random.below(4))
        } else {
            json!(*self.random.pick(&["x", "y", "z"]))
        }
    }

    // --- objects

    fn create(&mut self, class: usize, full: bool) -> Step {
        let mut body = Map::new();
        self.rows += 1;
        body.insert("n".to_owned(), json!(self.rows));
        for (name, kind) in FIELDS {
            let skipped = kind == Kind::Pointer && class == 1;
            if !skipped && (full || self.random.percent(60)) {
                body.insert(name.to_owned(), self.value(kind));
            }
        }
        let number = self.new_id();
        let mut step = Step::new(
            if full { Who::Master } else { self.who() },
            "POST",
            format!("/classes/{}", self.class(class)),
        );
        if !full && self.random.percent(8) {
            body.insert("num".to_owned(), json!({"__op": "Increment", "amount": 2}));
        }
        if !full && self.random.percent(8) {
            body.insert(
                "list".to_owned(),
                json!({"__op": "AddUnique", "objects": [1, 1, "x"]}),
            );
            step.limits.push(Limit::KeepTheOrderOfAdded);
        }
        if !full && self.security && self.random.percent(15) {
            body.insert("ACL".to_owned(), self.acl());
        }
        self.objects[class].push(number);
        step.body(Value::Object(body)).keep(Keep::Id(number))
    }

    fn acl(&mut self) -> Value {
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

    fn change(&mut self, step: &mut Step, class: usize) -> Value {
        let mut body = Map::new();
        for _ in 0..=self.random.below(2) {
            let (name, kind) = *self.random.pick(&FIELDS);
            if kind == Kind::Pointer && class == 1 {
                continue;
            }
            let value = match (kind, self.random.below(10)) {
                (_, 0) => json!({"__op": "Delete"}),
                (Kind::Number, 2..7) => json!({"__op": "Increment", "amount": self.random.below(5)}),
                (Kind::List, 2..9) => {
                    step.limits
                        .extend([Limit::KeepTheOrderOfAdded, Limit::RemoveFromNothing]);
                    let objects: Vec<Value> = (0..=self.random.below(2)).map(|_| self.element()).collect();
                    json!({"__op": *self.random.pick(&["Add", "AddUnique", "Remove"]), "objects": objects})
                }
                (Kind::Bytes, _) => {
                    step.limits.push(Limit::ChangeBytes);
                    self.value(kind)
                }
                (Kind::Map, 2..4) => {
                    step.limits.push(Limit::OperateInside);
                    body.insert("map.a".to_owned(), json!(self.random.below(9)));
                    continue;
                }
                _ => self.value(kind),
            };
            body.insert(name.to_owned(), value);
        }
        if body.contains_key("map.a") {
            body.shift_remove("map");
        }
        Value::Object(body)
    }

    fn update(&mut self) -> Step {
        let class = self.random.below(2);
        let object = self.some_object(class);
        let mut step = Step::new(
            self.who(),
            "PUT",
            format!("/classes/{}/{object}", self.class(class)),
        );
        let body = self.change(&mut step, class);
        step.body(body)
    }

    fn delete(&mut self) -> Step {
        let class = self.random.below(2);
        let object = self.some_object(class);
        Step::new(
            self.who(),
            "DELETE",
            format!("/classes/{}/{object}", self.class(class)),
        )
    }

    fn get(&mut self) -> Step {
        let class = self.random.below(2);
        let object = self.some_object(class);
        let mut step = Step::new(
            self.who(),
            "GET",
            format!("/classes/{}/{object}", self.class(class)),
        );
        self.shape(&mut step, class);
        step
    }

    fn shape(&mut self, step: &mut Step, class: usize) {
        if self.random.percent(20) {
            step.query.push((
                "keys",
                (*self.random.pick(&["num", "num,text", "map.a", "other.text"])).to_owned(),
            ));
        }
        if self.random.percent(10) {
            step.query.push((
                "excludeKeys",
                (*self.random.pick(&["num", "text,flag", "nothing"])).to_owned(),
            ));
        }
        if class == 0 && self.random.percent(30) {
            step.query.push(("include", "other".to_owned()));
        }
    }

    // --- queries

    fn find(&mut self) -> Step {
        let class = self.random.below(2);
        let mut step = Step::new(self.who(), "GET", format!("/classes/{}", self.class(class)));
        let depth = self.random.below(3);
        let conditions = self.conditions(&mut step, class, depth);
        step.query.push(("where", conditions.to_string()));
        step.ordered = self.random.percent(60);
        if step.ordered {
            let order = match self.random.below(6) {
                0 => "num,n",
                1 => "-num,n",
                2 => "text,n",
                3 => "-day,n",
                4 => "-n",
                _ => "n",
            };
            if order.contains(',') {
                step.limits.push(Limit::OrderMissingFirst);
            }
            step.query.push(("order", order.to_owned()));
            if self.random.percent(30) {
                step.query.push(("limit", self.random.below(5).to_string()));
            }
            if self.random.percent(20) {
                step.query.push(("skip", self.random.below(3).to_string()));
            }
        }
        if self.random.percent(15) {
            step.query.push(("count", "1".to_owned()));
            step.limits.push(Limit::CountExactly);
        }
        self.shape(&mut step, class);
        step
    }

    fn conditions(&mut self, step: &mut Step, class: usize, depth: usize) -> Value {
        let mut map = Map::new();
        for _ in 0..self.random.below(3) {
            let (name, kind) = *self.random.pick(&FIELDS);
            if kind == Kind::Pointer && class == 1 {
                continue;
            }
            let (key, condition) = self.condition(step, name, kind, depth);
            map.insert(key, condition);
        }
        if depth > 0 && self.random.percent(40) {
            let branches: Vec<Value> = (0..=self.random.below(2))
                .map(|_| self.conditions(step, class, depth - 1))
                .collect();
            let key = *self.random.pick(&["$or", "$and", "$nor"]);
            if branches
                .iter()
                .any(|branch| branch.as_object().is_some_and(Map::is_empty))
            {
                step.limits.push(Limit::EmptyBranches);
            }
            if key == "$nor" {
                step.limits.push(Limit::NegateMissingFields);
            }
            map.insert(key.to_owned(), Value::Array(branches));
        }
        Value::Object(map)
    }

    fn condition(&mut self, step: &mut Step, name: &str, kind: Kind, depth: usize) -> (String, Value) {
        let chance = self.random.below(100);
        if kind == Kind::Bytes {
            step.limits.push(Limit::CompareWholes);
        }
        let condition = match (kind, chance) {
            (_, 0..8) => json!({"$exists": self.random.percent(50)}),
            (_, 8..12) => {
                step.limits.push(Limit::TellNullFromMissing);
                Value::Null
            }
            (_, 12..15) => {
                step.limits.push(Limit::TellNullFromMissing);
                json!({"$ne": null})
            }
            (Kind::Number | Kind::Text | Kind::Date, 15..45) => {
                let operator = *self.random.pick(&["$lt", "$lte", "$gt", "$gte"]);
                let value = self.value(kind);
                if value == "" {
                    step.limits.push(Limit::CompareWithTheEmptyText);
                }
                json!({operator: value})
            }
            (Kind::List, 15..45) => {
                let elements: Vec<Value> = (0..self.random.below(3)).map(|_| self.element()).collect();
                let operator = *self.random.pick(&["$all", "$containedBy", "$in"]);
                if elements.is_empty() {
                    step.limits.push(Limit::ListNothing);
                }
                if operator == "$all" {
                    step.limits.push(Limit::LookForSeveralElements);
                }
                if operator == "$containedBy" {
                    step.limits.push(Limit::NegateMissingFields);
                }
                json!({operator: elements})
            }
            (Kind::List, _) => {
                step.limits.push(Limit::CompareAnArrayWithAnElement);
                self.element()
            }
            (Kind::Map, _) => {
                step.limits.push(Limit::LookIntoObjects);
                return ("map.a".to_owned(), json!(self.random.below(4)));
            }
            (Kind::Text, 45..65) => {
                let pattern = *self.random.pick(&["^a", "b$", "\\Qa.b\\E", "^\\QA\\E", "."]);
                if self.random.percent(30) {
                    json!({"$regex": pattern, "$options": "i"})
                } else {
                    json!({"$regex": pattern})
                }
            }
            (Kind::Place, _) => self.around(),
            (Kind::Pointer, 15..40) if depth > 0 => {
                let operator = *self.random.pick(&["$inQuery", "$notInQuery"]);
                if operator == "$notInQuery" {
                    step.limits.push(Limit::NegateMissingFields);
                }
                step.limits.push(Limit::ListNothing);
                let inner = self.conditions(step, 1, 0);
                json!({operator: {"where": inner, "className": self.class(1)}})
            }
            (Kind::Number, 45..55) if depth > 0 => {
                let operator = *self.random.pick(&["$select", "$dontSelect"]);
                step.limits.push(Limit::ListNothing);
                step.limits.push(Limit::NegateMissingFields);
                json!({operator: {"query": {"className": self.class(1), "where": {}}, "key": "num"}})
            }
            (_, 65..75) => {
                let values: Vec<Value> = (0..self.random.below(3)).map(|_| self.value(kind)).collect();
                if values.is_empty() {
                    step.limits.push(Limit::ListNothing);
                }
                if kind == Kind::Date {
                    step.limits.push(Limit::ListDates);
                }
                json!({"$in": values})
            }
            (_, 75..82) => {
                let values: Vec<Value> = (0..self.random.below(3)).map(|_| self.value(kind)).collect();
                step.limits.push(Limit::NegateMissingFields);
                if kind == Kind::Date {
                    step.limits.push(Limit::ListDates);
                }
                json!({"$nin": values})
            }
            (_, 82..88) => {
                if kind == Kind::Date {
                    step.limits.push(Limit::ListDates);
                }
                step.limits.push(Limit::NegateMissingFields);
                json!({"$ne": self.value(kind)})
            }
            _ => self.value(kind),
        };
        (name.to_owned(), condition)
    }

    fn around(&mut self) -> Value {
        let point = self.value(Kind::Place);
        match self.random.below(3) {
            0 => {
                let far = json!({"__type": "GeoPoint", "latitude": 10, "longitude": 10});
                let near = json!({"__type": "GeoPoint", "latitude": 0, "longitude": 0});
                json!({"$within": {"$box": [near, far]}})
            }
            1 => json!({"$geoWithin": {"$centerSphere": [point, 0.1]}}),
            _ => {
                let corner = |latitude: u8, longitude: u8| json!({"__type": "GeoPoint", "latitude": latitude, "longitude": longitude});
                json!({"$geoWithin": {"$polygon": [corner(0, 0), corner(0, 12), corner(12, 12), corner(12, 0)]}})
            }
        }
    }

    // --- many at once

    fn batch(&mut self) -> Step {
        let who = self.who();
        let mut requests = Vec::new();
        let mut limits = Vec::new();
        let together = self.random.percent(30);
        for _ in 0..=self.random.below(3) {
            let step = match self.random.below(4) {
                0 => {
                    let mut step = self.create(0, false);
                    // the answer of a batch is not looked into for ids
                    self.objects[0].pop();
                    step.keep = None;
                    step
                }
                1 => self.update(),
                2 => self.delete(),
                _ => self.find(),
            };
            // within a batch all run side by side: two that touch one object have no order
            let clash = step.method != "POST"
                && requests.iter().any(|known: &Value| {
                    let path = known["path"].as_str().unwrap_or_default();
                    path.ends_with(&step.path) || step.method == "GET"
                });
            let unordered_find = step.method == "GET" && !step.ordered;
            if clash || unordered_find || requests.iter().any(|known| known["method"] == "GET") {
                continue;
            }
            limits.extend(step.limits.iter().copied());
            let body = step.body.clone().unwrap_or_else(|| parameters(&step.query));
            requests.push(json!({
                "method": step.method,
                "path": format!("/parse{}", step.path),
                "body": body,
            }));
        }
        let mut body = json!({"requests": requests});
        if together {
            body["transaction"] = json!(true);
        }
        let mut step = Step::new(who, "POST", "/batch").body(body);
        step.limits = limits;
        step
    }

    // --- users, roles and permissions

    fn user(&mut self) {
        let step = match self.random.below(14) {
            6 => {
                let number = self.new_id();
                let session = self.sessions;
                self.sessions += 1;
                let name = format!("anon{}x{number}", self.mark);
                self.users.push((number, session));
                Step::new(Who::Public, "POST", "/users")
                    .body(json!({"authData": {"anonymous": {"id": name}}}))
                    .keep(Keep::User(number, session))
            }
            7 if !self.users.is_empty() => {
                let mut step = Step::new(
                    self.who(),
                    "GET",
                    *self.random.pick(&["/users", "/classes/_User"]),
                );
                let (number, _) = *self.random.pick(&self.users);
                let conditions = match self.random.below(4) {
                    0 => json!({"objectId": id(number)}),
                    1 => json!({"username": format!("u{}x{number}", self.mark)}),
                    2 => json!({"email": "nobody@example.com"}),
                    _ => json!({"username": {"$regex": format!("^u{}x", self.mark)}}),
                };
                step.query.push(("where", conditions.to_string()));
                step.query.push(("order", "createdAt".to_owned()));
                step
            }
            8 if !self.users.is_empty() => {
                let (number, session) = *self.random.pick(&self.users);
                let who = if self.random.percent(70) {
                    Who::Session(session)
                } else {
                    self.who()
                };
                let body = match self.random.below(6) {
                    0 => json!({"username": format!("u{}x{number}", self.mark)}),
                    1 => json!({"password": "secret"}),
                    2 => json!({"email": "broken"}),
                    3 => json!({"email": format!("e{}x{number}@example.com", self.mark)}),
                    4 => {
                        json!({"authData": {"fakeauth": {"id": format!("f{}x{number}", self.mark), "token": "good"}}})
                    }
                    _ => json!({"authData": {"anonymous": null}}),
                };
                Step::new(who, "PUT", format!("/users/{}", id(number)))
                    .body(body)
                    .keep(Keep::User(number, session))
            }
            9 if !self.users.is_empty() => {
                let mut step = Step::new(self.who(), "GET", "/sessions");
                if step.who == Who::Master {
                    step.who = Who::Public;
                }
                step.ordered = false;
                step.query
                    .push(("keys", "user,createdWith,restricted".to_owned()));
                step
            }
            10 => Step::new(self.who(), "GET", "/sessions/me"),
            11 if !self.users.is_empty() => {
                let (number, _) = *self.random.pick(&self.users);
                let mut step = Step::new(self.who(), "DELETE", format!("/users/{}", id(number)));
                if self.random.percent(50) {
                    step.method = "GET";
                }
                self.deleted |= step.method == "DELETE";
                step
            }
            12 => {
                let number = self.new_id();
                let session = self.sessions;
                self.sessions += 1;
                let user = self.users.first().map_or(number, |user| user.0);
                let token = if self.random.percent(70) { "good" } else { "bad" };
                self.users.push((number, session));
                Step::new(Who::Public, "POST", "/users")
                    .body(json!({"authData": {"fakeauth": {"id": format!("f{}x{user}", self.mark), "token": token}}}))
                    .keep(Keep::User(number, session))
            }
            13 if !self.users.is_empty() => {
                let (number, _) = *self.random.pick(&self.users);
                let path = *self
                    .random
                    .pick(&["/verifyPassword", "/loginAs", "/requestPasswordReset"]);
                let body = match path {
                    "/verifyPassword" => {
                        json!({"username": format!("u{}x{number}", self.mark), "password": "secret"})
                    }
                    "/loginAs" => json!({"userId": id(number)}),
                    _ => json!({"email": "nobody@example.com"}),
                };
                let who = if path == "/loginAs" {
                    Who::Master
                } else {
                    Who::Public
                };
                Step::new(who, "POST", path).body(body)
            }
            0..2 => {
                let number = self.new_id();
                let session = self.sessions;
                self.sessions += 1;
                let name = if self.random.percent(90) || self.users.is_empty() {
                    format!("u{}x{number}", self.mark)
                } else {
                    format!("u{}x{}", self.mark, self.random.pick(&self.users).0)
                };
                self.users.push((number, session));
                let mut body = json!({"username": name, "password": "secret"});
                if self.random.percent(40) {
                    body["email"] = json!(format!("{name}@example.com"));
                }
                Step::new(Who::Public, "POST", "/users")
                    .body(body)
                    .keep(Keep::User(number, session))
            }
            _ if self.users.is_empty() => return,
            2 => {
                let (number, session) = *self.random.pick(&self.users);
                let password = if self.random.percent(80) {
                    "secret"
                } else {
                    "wrong"
                };
                Step::new(Who::Public, "POST", "/login")
                    .body(json!({"username": format!("u{}x{number}", self.mark), "password": password}))
                    .keep(Keep::User(number, session))
            }
            3 => Step::new(self.who(), "GET", "/users/me"),
            4 => {
                let (number, _) = *self.random.pick(&self.users);
                let method = *self.random.pick(&["GET", "PUT"]);
                let mut step = Step::new(self.who(), method, format!("/users/{}", id(number)));
                if method == "PUT" {
                    step = step.body(json!({"level": self.random.below(9)}));
                }
                step
            }
            _ => {
                let (_, session) = *self.random.pick(&self.users);
                Step::new(Who::Session(session), "POST", "/logout").body(json!({}))
            }
        };
        self.steps.push(step);
    }

    fn access(&mut self) -> Step {
        let class = self.random.below(2);
        let object = self.some_object(class);
        let acl = self.acl();
        Step::new(
            self.who(),
            "PUT",
            format!("/classes/{}/{object}", self.class(class)),
        )
        .body(json!({"ACL": acl}))
    }

    fn role(&mut self) -> Step {
        let Some(&(user, _)) = self.users.first() else {
            return self.get();
        };
        let user = if self.random.percent(50) {
            self.random.pick(&self.users).0
        } else {
            user
        };
        let member = json!({"__type": "Pointer", "className": "_User", "objectId": id(user)});
        if self.roles.is_empty() || self.random.percent(40) {
            let number = self.new_id();
            let name = format!("R{}x{number}", self.mark);
            let mut body = json!({
                "name": name,
                "ACL": {"*": {"read": true}},
                "users": {"__op": "AddRelation", "objects": [member]},
            });
            if let Some(&(parent, _)) = self.roles.first() {
                let child = json!({"__type": "Pointer", "className": "_Role", "objectId": id(parent)});
                body["roles"] = json!({"__op": "AddRelation", "objects": [child]});
            }
            self.roles.push((number, name));
            return Step::new(self.who(), "POST", "/roles")
                .body(body)
                .keep(Keep::Id(number));
        }
        let role = self.random.pick(&self.roles).0;
        let operation = *self.random.pick(&["AddRelation", "RemoveRelation"]);
        Step::new(Who::Master, "PUT", format!("/roles/{}", id(role)))
            .body(json!({"users": {"__op": operation, "objects": [member]}}))
    }

    fn permissions(&mut self) -> Step {
        let mut permissions = Map::new();
        for operation in ["find", "get", "count", "create", "update", "delete"] {
            let allowed = match self.random.below(5) {
                0 => json!({"requiresAuthentication": true}),
                1 if !self.roles.is_empty() => {
                    json!({format!("role:{}", self.random.pick(&self.roles).1): true})
                }
                2 => json!({}),
                _ => json!({"*": true}),
            };
            permissions.insert(operation.to_owned(), allowed);
        }
        let adding = *self.random.pick(&["*", "requiresAuthentication"]);
        permissions.insert("addField".to_owned(), json!({adding: true}));
        if self.random.percent(30) {
            let group = *self.random.pick(&["*", "authenticated"]);
            permissions.insert("protectedFields".to_owned(), json!({group: ["num", "text"]}));
        }
        Step::new(Who::Master, "PUT", format!("/schemas/{}", self.class(1)))
            .body(json!({"classLevelPermissions": permissions}))
    }

    fn aggregate(&mut self) -> Step {
        let mut step = Step::new(
            Who::Master,
            "GET",
            format!("/aggregate/{}", self.class(self.random.clone().below(2))),
        );
        self.random.next();
        let stages = match self.random.below(4) {
            0 => json!([{"$group": {"_id": null, "total": {"$sum": "$num"}, "best": {"$max": "$num"}}}]),
            1 => {
                json!([{"$match": {"num": {"$gt": 1}}}, {"$sort": {"n": 1}}, {"$project": {"num": 1, "n": 1}}])
            }
            2 => json!([{"$sort": {"n": -1}}, {"$skip": 1}, {"$limit": 2}, {"$project": {"n": 1}}]),
            _ => {
                step.ordered = false;
                json!([{"$group": {"_id": "$flag", "rows": {"$sum": 1}}}])
            }
        };
        step.limits
            .extend([Limit::AggregateBeyondTheBasics, Limit::SumLargeNumbers]);
        step.query.push(("pipeline", stages.to_string()));
        step
    }

    /// Requests with a mistake.
    fn wrong(&mut self) -> Step {
        let class = self.class(0);
        match self.random.below(if self.security { 9 } else { 5 }) {
            0 => Step::new(Who::Public, "POST", format!("/classes/{class}")).body(json!({"num": "text"})),
            1 => Step::new(Who::Public, "POST", format!("/classes/{class}")).body(json!({"a-b": 1})),
            2 => {
                Step::new(Who::Public, "POST", format!("/classes/{class}")).body(json!({"objectId": "mine"}))
            }
            3 => {
                let mut step = Step::new(Who::Public, "GET", format!("/classes/{class}"));
                step.query
                    .push(("where", json!({"num": {"$huh": 1}}).to_string()));
                step.limits.push(Limit::NameUnknownOperators);
                step
            }
            4 => {
                let mut step = Step::new(Who::Public, "GET", format!("/classes/{class}"));
                step.query.push(("limit", "x".to_owned()));
                step.ordered = false;
                step
            }
            5 => Step::new(Who::Public, "GET", format!("/schemas/{class}")),
            6 => Step::new(Who::Public, "POST", "/login").body(json!({"username": "nobody"})),
            7 => Step::new(Who::Public, "POST", "/users").body(json!({"username": "", "password": "x"})),
            _ => Step::new(Who::Session(999), "GET", format!("/classes/{class}")),
        }
    }
}
