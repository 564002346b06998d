//! Aggregations, of the class that has no relations: beside those the real server's database gives no plain values.

use serde_json::{Value, json};

use super::Generator;
use crate::limit::Limit;
use crate::script::{Step, Who};

impl Generator {
    pub(super) fn aggregate(&mut self) -> Step {
        let mut step = Step::new(Who::Master, "GET", format!("/aggregate/{}", self.class(1)));
        if self.random.percent(20) {
            let field = self.pick_text(&["label", "on", "n", "flag", "text"]);
            step = step.with("distinct", field);
            if self.random.percent(50) {
                step = step.with("where", json!({"n": {"$lte": 9}}).to_string());
            }
            return step.unordered();
        }
        let limited = self.random.percent(30) && self.may(Limit::Aggregate, "");
        let stages = if limited { self.beyond() } else { self.pipeline() };
        if stages.to_string().contains("$group") {
            step = step.unordered();
        }
        step.with("pipeline", stages.to_string())
    }

    /// What both databases can do.
    fn pipeline(&mut self) -> Value {
        let test = match self.random.below(4) {
            0 => json!({"n": {"$gt": 1}}),
            1 => json!({"n": {"$lte": 5, "$gte": 2}}),
            2 => json!({"on": true}),
            _ => json!({"label": *self.random.pick(&["a", "b", "it's"])}),
        };
        let accumulators = match self.random.below(4) {
            0 => json!({"rows": {"$sum": 1}}),
            1 => json!({"total": {"$sum": "$n"}, "first": {"$min": "$n"}}),
            2 => json!({"mean": {"$avg": "$n"}, "last": {"$max": "$n"}}),
            _ => json!({"text": {"$max": "$label"}, "rows": {"$sum": 1}}),
        };
        let mut group = json!({"_id": *self.random.pick(&["$label", "$on", "$flag"])});
        match self.random.below(8) {
            0 => {
                self.meets(Limit::GroupNothing, "");
                group["_id"] = Value::Null;
            }
            1 => group["_id"] = json!({"label": "$label", "on": "$on"}),
            _ => {}
        }
        // every row beside a group of all is what SQL cannot give
        let all = group["_id"].is_null();
        if let (Some(group), Value::Object(accumulators)) = (group.as_object_mut(), accumulators) {
            group.extend(accumulators);
        }
        match self.random.below(7) {
            0 | 1 if all => json!([{"$group": group}]),
            0..2 => json!([{"$match": test}, {"$group": group}]),
            2 if !all => json!([{"$group": group}]),
            3 => {
                json!([{"$match": test}, {"$sort": {"n": 1}}, {"$project": {"objectId": 1, "n": 1, "label": 1}}])
            }
            4 => {
                json!([{"$sort": {"n": -1}}, {"$limit": 2}, {"$project": {"objectId": 1, "n": 1}}])
            }
            5 => json!([{"$match": test}, {"$sort": {"label": 1, "n": -1}}]),
            _ => json!([{"$sort": {"n": 1}}, {"$limit": self.random.below(4) + 1}]),
        }
    }

    pub(super) fn beyond(&mut self) -> Value {
        match self.random.below(9) {
            8 => json!([{"$group": {"_id": {"day": {"$dayOfMonth": "$at"}}, "rows": {"$sum": 1}}}]),
            0 => json!([{"$group": {"_id": "$at", "rows": {"$sum": 1}}}]),
            1 => json!([{"$sort": {"n": -1}}, {"$skip": 1}, {"$limit": 2}]),
            2 => json!([{"$group": {"_id": null, "all": {"$push": "$n"}}}]),
            3 => json!([{"$match": {"$expr": {"$gt": ["$n", "$size"]}}}, {"$sort": {"n": 1}}]),
            4 => json!([{"$unwind": "$list"}, {"$sort": {"n": 1}}]),
            5 => json!([{"$match": {"n": {"$in": [1, 2]}}}, {"$group": {"_id": null, "rows": {"$sum": 1}}}]),
            6 => json!([{"$addFields": {"twice": {"$multiply": ["$n", 2]}}}, {"$sort": {"n": 1}}]),
            _ => json!([{"$count": "rows"}]),
        }
    }
}
