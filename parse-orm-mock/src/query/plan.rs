//! `explain` and `hint`: how a find would be run. The plan is a simple one: a scan, or a look at the ids.

use serde_json::{Map, Value, json};

use super::matcher::Filter;
use crate::refusal::Refusal;
use crate::store::Class;

/// The ways to ask for a plan; `true` means all there is to tell.
pub(crate) fn check_explain(explain: Option<&Value>) -> Result<(), Refusal> {
    const ALLOWED: [&str; 4] = [
        "queryPlanner",
        "queryPlannerExtended",
        "executionStats",
        "allPlansExecution",
    ];
    match explain {
        None | Some(Value::Bool(_)) => Ok(()),
        Some(Value::String(text)) if ALLOWED.contains(&text.as_str()) => Ok(()),
        Some(_) => Err(Refusal::query("Invalid value for explain")),
    }
}

/// An index that the hint does not find is an error of the database.
pub(crate) fn check_hint(hint: Option<&Value>, class: &Class) -> Result<(), Refusal> {
    let known = |hint: &Value| match hint {
        Value::String(name) => {
            class.declared.contains_key(name) || class.indexes().any(|fields| index_name(&fields) == *name)
        }
        Value::Object(keys) if keys.contains_key("$natural") => true,
        Value::Object(keys) => {
            let wanted: Vec<(&str, i64)> = keys
                .iter()
                .map(|(field, direction)| (field.as_str(), direction.as_i64().unwrap_or_default()))
                .collect();
            let same = |held: &Value| held.as_object().is_some_and(|held| held.iter().eq(keys));
            class.indexes().any(|fields| fields == wanted) || class.declared.values().any(same)
        }
        // Other values do not reach the database.
        _ => true,
    };
    if hint.is_none_or(known) {
        Ok(())
    } else {
        Err(Refusal::database())
    }
}

/// `score_-1_player_1`, as MongoDB names an index.
fn index_name(fields: &[(&str, i64)]) -> String {
    if fields == [("_id", 1)] {
        return "_id_".to_owned();
    }
    let names: Vec<String> = fields
        .iter()
        .map(|(field, direction)| format!("{field}_{direction}"))
        .collect();
    names.join("_")
}

/// What was done for a find.
#[derive(Debug)]
pub(crate) struct Work<'a> {
    pub(crate) class: &'a str,
    pub(crate) filter: &'a Map<String, Value>,
    pub(crate) compiled: &'a Filter,
    pub(crate) hint: Option<&'a Value>,
    pub(crate) sorted: bool,
    pub(crate) limit: usize,
    pub(crate) examined: usize,
    pub(crate) returned: usize,
}

impl Work<'_> {
    /// MongoDB's answer to `explain`, as far as it tells anything here.
    pub(crate) fn explain(&self, explain: &Value) -> Value {
        let by_id = self.compiled.ids().is_some();
        let mut plan = match self.hint.filter(|hint| hint.is_string()) {
            None if by_id => json!({"stage": "IXSCAN", "indexName": "_id_", "keyPattern": {"_id": 1}}),
            None => json!({"stage": "COLLSCAN", "filter": self.filter}),
            Some(name) => json!({"stage": "IXSCAN", "indexName": name}),
        };
        plan["direction"] = json!("forward");
        if self.sorted {
            plan = json!({"stage": "SORT", "inputStage": plan});
        }
        if self.limit < usize::MAX {
            plan = json!({"stage": "LIMIT", "limitAmount": self.limit, "inputStage": plan});
        }
        let mut answer = json!({
            "explainVersion": "1",
            "queryPlanner": {
                "namespace": format!("parse.{}", self.class),
                "indexFilterSet": false,
                "parsedQuery": self.filter,
                "winningPlan": plan,
                "rejectedPlans": [],
            },
        });
        let kind = explain.as_str().unwrap_or("allPlansExecution");
        if !kind.starts_with("queryPlanner") {
            answer["executionStats"] = json!({
                "executionSuccess": true,
                "nReturned": self.returned,
                "executionTimeMillis": 0,
                "totalKeysExamined": if by_id { self.examined } else { 0 },
                "totalDocsExamined": self.examined,
            });
            if kind == "allPlansExecution" {
                answer["executionStats"]["allPlansExecution"] = json!([]);
            }
        }
        answer["command"] = json!({"find": self.class, "filter": self.filter});
        answer["ok"] = json!(1);
        answer
    }
}
