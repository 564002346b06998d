//! Requests with a mistake.

use serde_json::{Value, json};

use super::{Generator, pointer};
use crate::limit::Limit;
use crate::script::{Body, Step, Who};

/// How many kinds there are.
pub(super) const MISTAKES: usize = 128;

impl Generator {
    pub(super) fn wrong(&mut self, kind: usize) -> Step {
        match kind {
            kind @ 0..26 => self.wrong_object(kind),
            kind @ 26..41 => self.wrong_operation(kind - 26),
            kind @ 41..73 => self.wrong_query(kind - 41),
            kind @ 73..87 => {
                let step = Step::new(self.who(), "GET", self.classes(0));
                self.wrong_parameter(step, kind - 73)
            }
            kind @ 87..105 => self.wrong_place(kind - 87),
            kind @ 105..114 => self.wrong_batch(kind - 105),
            kind => self.wrong_user(kind - 114),
        }
    }

    fn wrong_object(&mut self, kind: usize) -> Step {
        let step = Step::new(self.who(), "POST", self.classes(0));
        let point = |latitude: f64| json!({"__type": "GeoPoint", "latitude": latitude, "longitude": 1});
        let body = match kind {
            0 => json!({"num": "text"}),
            1 => json!({"a-b": 1}),
            2 => json!({"objectId": "mine"}),
            3 => json!({"text": 1}),
            4 => json!({"flag": 1}),
            5 => json!({"day": "2020-01-01T00:00:00.000Z"}),
            6 => json!({"list": {"a": 1}}),
            7 => json!({"map": [1]}),
            8 => json!({"place": [1, 2]}),
            9 => json!({"other": pointer("Nothing", "x")}),
            10 => json!({"other": "missing000"}),
            11 => json!({"friends": pointer(&self.class(1), "missing000")}),
            12 => json!({"bytes": "YWI="}),
            13 => json!({"file": "a.txt"}),
            14 => {
                self.meets(Limit::RefuseOtherwise, "area");
                json!({"area": {"__type": "Polygon", "coordinates": [[0, 0], [1, 1]]}})
            }
            15 => json!({"place": point(91.0)}),
            16 => json!({"map": {"a.b": 1}}),
            17 => json!({"map": {"$a": 1}}),
            18 => json!({"1num": 1}),
            19 => json!({"createdAt": "2020-01-01T00:00:00.000Z", "updatedAt": "x"}),
            20 => json!({"className": "x"}),
            21 => json!({"_private": 1}),
            22 => json!({"day": {"__type": "Date"}}),
            23 => json!({"num": {"__type": "Nothing", "x": 1}}),
            24 => json!([1, 2]),
            _ => return step.text("{\"num\": 1"),
        };
        // beside a mistake there is all that every row has
        let mut whole = match self.new_object(0, 0).body {
            Some(Body::Json(whole)) => whole,
            _ => json!({}),
        };
        if let (Some(whole), Value::Object(wrong)) = (whole.as_object_mut(), body) {
            whole.extend(wrong);
        }
        step.body(whole)
    }

    fn wrong_operation(&mut self, kind: usize) -> Step {
        let object = self.some_object(0);
        let step = Step::new(self.who(), "PUT", format!("{}/{object}", self.classes(0)));
        step.body(match kind {
            0 => {
                self.meets(Limit::OperateOnOtherTypes, "num");
                json!({"num": {"__op": "Increment", "amount": "one"}})
            }
            1 => {
                self.meets(Limit::OperateOnOtherTypes, "num");
                json!({"num": {"__op": "Increment"}})
            }
            2 => json!({"text": {"__op": "Increment", "amount": 1}}),
            3 => json!({"num": {"__op": "Add", "objects": [1]}}),
            4 => {
                self.meets(Limit::OperateOnOtherTypes, "list");
                json!({"list": {"__op": "Add", "objects": 1}})
            }
            5 => {
                self.meets(Limit::OperateOnOtherTypes, "list");
                json!({"list": {"__op": "AddUnique"}})
            }
            6 => {
                self.meets(Limit::OperateOnOtherTypes, "list");
                json!({"list": {"__op": "Remove", "objects": "x"}})
            }
            7 => json!({"list": {"__op": "Shuffle"}}),
            13 => json!({"list": {"__op": "SetOnInsert", "amount": [1]}}),
            8 => json!({"friends": {"__op": "AddRelation", "objects": [pointer("Nothing", "x")]}}),
            9 => json!({"num": {"__op": "AddRelation", "objects": [pointer(&self.class(1), "x")]}}),
            10 => json!({"friends": {"__op": "AddRelation", "objects": []}}),
            11 => json!({"list": {"__op": "Increment", "amount": 1}}),
            12 => json!({"text": {"__op": "Add", "objects": ["x"]}}),
            _ => json!({"1list": {"__op": "Add", "objects": [1]}}),
        })
    }

    fn wrong_query(&mut self, kind: usize) -> Step {
        let step = Step::new(self.who(), "GET", self.classes(0));
        let conditions = match kind {
            0 => {
                self.meets(Limit::RefuseOtherwise, "num");
                json!({"num": {"$huh": 1}})
            }
            1 => json!({"num": {"$in": 1}}),
            2 => json!({"num": {"$nin": "x"}}),
            3 => json!({"list": {"$containedBy": 1}}),
            4 => json!({"$or": {"num": 1}}),
            5 => json!({"$and": 1}),
            6 => json!({"$nor": []}),
            7 => json!({"ACL": {"*": {"read": true}}}),
            8 => json!({"a-b": 1}),
            9 => json!({"text": {"$regex": 1}}),
            10 => json!({"text": {"$regex": "a", "$options": "q"}}),
            11 => json!({"text": {"$regex": "a", "$options": 1}}),
            12 => json!({"place": {"$geoWithin": {"$centerSphere": [1, 2]}}}),
            13 => json!({"place": {"$geoWithin": {"$polygon": []}}}),
            14 => {
                json!({"place": {"$geoWithin": {"$centerSphere": [{"__type": "GeoPoint", "latitude": 1, "longitude": 1}, -1]}}})
            }
            15 => json!({"text": {"$text": "x"}}),
            16 => json!({"text": {"$text": {"$search": "x"}}}),
            17 => json!({"text": {"$text": {"$search": {"$term": 1}}}}),
            18 => json!({"other": {"$inQuery": {"where": {}}}}),
            19 => json!({"other": {"$inQuery": 1}}),
            20 => json!({"n": {"$select": {"key": "n"}}}),
            21 => json!({"n": {"$dontSelect": {"query": {"className": self.class(1)}, "key": "n", "x": 1}}}),
            22 => json!({"area": {"$geoIntersects": {"$point": 1}}}),
            23 => {
                self.meets(Limit::RefuseOtherwise, "at");
                json!({"at": {"$gt": {"$relativeTime": "yesterday"}}})
            }
            24 => json!({"num": {"$gt": {"$relativeTime": "in 1 day"}}}),
            25 => json!({"at": {"$eq": {"$relativeTime": "in 1 day"}}}),
            26 => json!({"$relatedTo": {"object": pointer(&self.class(0), "missing000"), "key": "num"}}),
            27 => json!({"unknown": 1}),
            28 => json!({"unknown": {"$exists": false}, "n": {"$gt": 0}}),
            29 => json!({"_hidden": 1}),
            30 => json!({"$where": "1"}),
            31 => {
                self.meets(Limit::RefuseOtherwise, "list");
                json!({"list": {"$all": 1}})
            }
            _ => json!({"num": {"$exists": "x"}}),
        };
        if let Value::Object(map) = &conditions
            && map.contains_key("$relatedTo")
        {
            return step.with("where", conditions.to_string()).unordered();
        }
        step.with("where", conditions.to_string()).with("order", "n")
    }

    fn wrong_parameter(&mut self, step: Step, kind: usize) -> Step {
        match kind {
            0 => step.with("limit", "x").unordered(),
            1 => step.with("limit", "-1").unordered(),
            2 => step.with("skip", "x").unordered(),
            3 => step.with("skip", "-1").with("order", "n"),
            4 => step.with("where", "{\"n\":").unordered(),
            5 => step.with("where", "[1]").unordered(),
            6 => step.with("limits", "1"),
            7 => step.with("order", "a-b").unordered(),
            8 => step.with("order", "unknown").unordered(),
            9 => step.with("keys", "").unordered(),
            10 => step.with("include", "unknown.deeper").unordered(),
            11 => {
                self.meets(Limit::CountAll, "");
                step.with("count", "x").with("order", "n")
            }
            12 => step.with("redirectClassNameForKey", "num").unordered(),
            _ => step.with("where", "text").unordered(),
        }
    }

    fn wrong_place(&mut self, kind: usize) -> Step {
        let class = self.class(0);
        let who = self.who();
        match kind {
            0 => Step::new(Who::Public, "GET", format!("/schemas/{class}")),
            1 => Step::new(Who::Stranger, "GET", format!("/classes/{class}")),
            2 => Step::new(Who::Session(999), "GET", format!("/classes/{class}")),
            3 => Step::new(Who::Session(999), "POST", format!("/classes/{class}")).body(json!({"n": 1})),
            4 => Step::new(who, "GET", format!("/classes/{class}/")).unordered(),
            5 => Step::new(who, "PUT", format!("/classes/{class}")).body(json!({"n": 1})),
            6 => Step::new(who, "DELETE", format!("/classes/{class}")),
            7 => Step::new(who, "PATCH", format!("/classes/{class}/missing000")).body(json!({"n": 1})),
            8 => Step::new(who, "POST", format!("/classes/{class}/missing000")).body(json!({"n": 1})),
            9 => Step::new(who, "GET", format!("/classes/{class}/missing000/more")),
            10 => Step::new(who, "GET", "/classes/1bad"),
            11 => Step::new(who, "POST", "/classes/1bad").body(json!({"n": 1})),
            12 => Step::new(who, "GET", "/nowhere"),
            13 => Step::new(Who::Public, "GET", format!("/aggregate/{class}")).with("distinct", "n"),
            14 => Step::new(Who::Master, "GET", format!("/aggregate/{class}"))
                .with("pipeline", "[{\"$group\":{}}]"),
            15 => Step::new(Who::Master, "GET", format!("/aggregate/{class}")).with("pipeline", "x"),
            16 => Step::new(who, "GET", format!("/classes/Never{class}")),
            _ => Step::new(who, "GET", format!("/classes/{class}/missing000")).with("where", "{}"),
        }
    }

    fn wrong_user(&mut self, kind: usize) -> Step {
        let step = |path: &str| Step::new(Who::Public, "POST", path);
        match kind {
            0 => step("/login").body(json!({"username": "nobody"})),
            1 => step("/login").body(json!({"username": {"$regex": "a"}, "password": "x"})),
            2 => step("/login").body(json!({})),
            3 => step("/users").body(json!({"username": "", "password": "x"})),
            4 => step("/users").body(json!({"username": "u<mark>wrong"})),
            5 => step("/users").body(json!({"password": "x"})),
            6 => step("/users").body(json!({"username": 1, "password": "x"})),
            7 => step("/users").body(json!({"username": "u<mark>wrong", "password": 1})),
            8 => step("/users").body(json!({"username": "u<mark>wrong", "password": "x", "email": "broken"})),
            9 => step("/users").body(json!({"authData": {"nothing": {"id": "x"}}})),
            10 => step("/users").body(json!({"authData": {"anonymous": {}}})),
            11 => step("/roles").body(json!({"name": "R<mark>wrong"})),
            12 => step("/logout").body(json!({})),
            _ => step("/requestPasswordReset").body(json!({})),
        }
    }

    fn wrong_batch(&mut self, kind: usize) -> Step {
        let who = self.who();
        let path = format!("/parse{}", self.classes(0));
        let one = |method: &str, path: &str| json!([{"method": method, "path": path, "body": {"n": 1}}]);
        Step::new(who, "POST", "/batch").body(match kind {
            0 => json!({}),
            1 => json!({"requests": 1}),
            2 => json!({"requests": one("GET", "/elsewhere/classes/A")}),
            3 => json!({"requests": one("POST", "/parse/batch")}),
            4 => json!({"requests": one("GET", "/parse/nowhere")}),
            5 => json!({"requests": [{"method": "GET"}]}),
            6 => json!({"requests": [{"method": "POST", "path": path, "body": {"num": "text"}}], "transaction": true}),
            7 => json!({"requests": [{"method": "PUT", "path": format!("{path}/missing000"), "body": {"num": 1}}]}),
            _ => json!({"requests": []}),
        })
    }
}
