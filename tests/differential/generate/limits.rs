//! Requests that run into a limit of the real server's database, each in its turn.

use serde_json::{Value, json};

use super::{Generator, pointer};
use crate::limit::Limit;
use crate::script::{Step, Who};

impl Generator {
    pub(super) fn limited_request(&mut self) -> Step {
        let object = self.some_object(0);
        let path = format!("{}/{object}", self.classes(0));
        let change = |body: Value| Step::new(Who::Master, "PUT", path.clone()).body(body);
        let find = |class: String, conditions: Value| {
            let step = Step::new(Who::Master, "GET", class).with("where", conditions.to_string());
            step.with("order", "n")
        };
        let class = self.classes(0);
        let (limit, field, step) = match self.turn(1, 20) {
            0 => (
                Limit::CompareWholes,
                "bytes",
                find(class, json!({"bytes": {"__type": "Bytes", "base64": "YWI="}})),
            ),
            1 => (
                Limit::CompareOtherTypes,
                "day",
                find(
                    class,
                    json!({"day": {"$in": [self.value(super::values::Kind::Date)]}}),
                ),
            ),
            2 => (
                Limit::CheckElements,
                "text",
                find(class, json!({"text": {"$nin": [1]}})),
            ),
            3 => (
                Limit::NegateMissing,
                "num",
                find(class, json!({"$nor": [{"num": {"$gt": 1}}]})),
            ),
            4 => (
                Limit::ListNothing,
                "num",
                find(class, json!({"num": {"$in": []}})),
            ),
            5 => (
                Limit::ListNull,
                "num",
                find(class, json!({"num": {"$in": [1, null]}})),
            ),
            6 => (
                Limit::CountElements,
                "bag",
                find(class, json!({"bag": {"$all": ["x"]}})),
            ),
            7 => (
                Limit::LookIntoObjects,
                "map",
                find(class, json!({"map.a": {"$exists": true}})),
            ),
            8 => (
                Limit::ForgetConstraint,
                "text",
                find(class, json!({"text": {"$ne": null, "$gt": "b"}})),
            ),
            9 => {
                let step = Step::new(Who::Master, "GET", class).with("order", "num,n");
                (Limit::OrderMissing, "num", step)
            }
            10 => {
                let step = Step::new(Who::Master, "GET", class).with("count", "1");
                (Limit::CountAll, "", step.with("order", "n"))
            }
            11 => (Limit::EmptyBranch, "", find(class, json!({"$or": [{}]}))),
            12 => (
                Limit::RemoveFromNothing,
                "bag",
                change(json!({"bag": {"__op": "Remove", "objects": [1]}})),
            ),
            13 => (
                Limit::ChangeBytes,
                "bytes",
                change(json!({"bytes": {"__type": "Bytes", "base64": "Yg=="}})),
            ),
            14 => {
                let add = json!({"map.deep.list": {"__op": "Add", "objects": [1]}});
                (Limit::OperateInside, "map", change(add))
            }
            15 => (
                Limit::ChangeId,
                "objectId",
                change(json!({"objectId": "another0000"})),
            ),
            16 => (
                Limit::DeleteRelation,
                "friends",
                change(json!({"friends": {"__op": "Delete"}})),
            ),
            17 => {
                let nobody = pointer(&self.class(1), "missing000");
                let request = json!({
                    "method": "PUT",
                    "path": format!("/parse{path}"),
                    "body": {"friends": {"__op": "RemoveRelation", "objects": [nobody]}},
                });
                let body = json!({"requests": [request], "transaction": true});
                (
                    Limit::RelateInVain,
                    "friends",
                    Step::new(Who::Master, "POST", "/batch").body(body),
                )
            }
            18 if self.security && !self.users.is_empty() => {
                let session = self.random.pick(&self.users).1;
                let step = Step::new(Who::Session(session), "POST", "/upgradeToRevocableSession");
                (Limit::UpgradeSession, "", step.body(json!({})))
            }
            _ => {
                let stages = self.beyond();
                let step = Step::new(Who::Master, "GET", format!("/aggregate/{}", self.class(1)));
                (
                    Limit::Aggregate,
                    "",
                    step.with("pipeline", stages.to_string()).unordered(),
                )
            }
        };
        self.meets(limit, field);
        step
    }
}
