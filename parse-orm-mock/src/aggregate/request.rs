//! The parameters of `/aggregate`: a pipeline in one of its spellings, or `distinct` with `where`.

use serde_json::{Map, Value, json};

use crate::number::{to_text, truthy};
use crate::query::plan::check_explain;
use crate::query::preference;
use crate::refusal::Refusal;

/// What is asked for.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) distinct: Option<String>,
    pub(crate) filter: Value,
    /// Stages: name and argument. `None` where `where` or `distinct` were taken for a stage.
    pub(crate) pipeline: Vec<Option<(String, Value)>>,
    pub(crate) explain: bool,
}

impl Request {
    pub(crate) fn read(mut all: Map<String, Value>) -> Result<Self, Refusal> {
        let set = |all: &Map<String, Value>, key: &str| all.get(key).filter(|value| truthy(value)).cloned();
        let distinct = set(&all, "distinct").map(|field| to_text(&field));
        let mut taken = Map::new();
        for key in ["hint", "explain", "comment", "readPreference"] {
            if let Some(value) = set(&all, key) {
                all.shift_remove(key);
                taken.insert(key.to_owned(), value);
            }
        }
        for key in ["rawValues", "rawFieldNames"] {
            if all.get(key) == Some(&Value::Bool(true)) {
                return Err(super::not_imitated(key));
            }
            if all.get(key) == Some(&Value::Bool(false)) {
                all.shift_remove(key);
            }
        }
        let pipeline = pipeline(&all)?;
        let filter = match all.get("where") {
            Some(Value::String(text)) => {
                serde_json::from_str(text).map_err(|_| Refusal::json("where parameter is not valid JSON"))?
            }
            Some(other) => other.clone(),
            None => json!({}),
        };
        // Both are looked at by the adapter, which knows nothing of them for `distinct`.
        if distinct.is_none() {
            check_explain(taken.get("explain"))?;
            preference::check(taken.get("readPreference").and_then(Value::as_str))?;
        }
        Ok(Self {
            distinct,
            filter,
            pipeline,
            explain: taken.contains_key("explain"),
        })
    }
}

/// An array of stages, an object of them, or the parameters themselves as stages.
fn pipeline(all: &Map<String, Value>) -> Result<Vec<Option<(String, Value)>>, Refusal> {
    let single = |(name, argument): (&String, &Value)| stage(name, argument);
    match all.get("pipeline").filter(|pipeline| truthy(pipeline)) {
        None => all.iter().map(single).collect(),
        Some(Value::Object(stages)) => stages.iter().map(single).collect(),
        Some(Value::Array(stages)) => stages
            .iter()
            .map(|entry| {
                let entry = match entry {
                    Value::Object(entry) => entry,
                    Value::Null => return Err(Refusal::crash()),
                    _ => &Map::new(),
                };
                let mut keys = entry.iter();
                if let (Some((name, argument)), None) = (keys.next(), keys.next()) {
                    return stage(name, argument);
                }
                let keys: Vec<&str> = entry.keys().map(String::as_str).collect();
                Err(Refusal::query(format!(
                    "Pipeline stages should only have one key but found {}.",
                    keys.join(", ")
                )))
            })
            .collect(),
        // The letters of a text are its keys; so it goes to a pipeline in a form, which nobody parses.
        Some(Value::String(_)) => Err(Refusal::query("Invalid aggregate stage '0'.")),
        Some(_) => Ok(Vec::new()),
    }
}

fn stage(name: &str, argument: &Value) -> Result<Option<(String, Value)>, Refusal> {
    if name == "distinct" || name == "where" {
        return Ok(None);
    }
    if !name.starts_with('$') {
        return Err(Refusal::query(format!("Invalid aggregate stage '{name}'.")));
    }
    if name == "$group" {
        if argument.is_null() {
            return Err(Refusal::crash());
        }
        if argument.get("objectId").is_some() {
            let message = "Cannot use 'objectId' in aggregation stage $group.";
            return Err(Refusal::query(message));
        }
        if argument.get("_id").is_none() {
            let message = "Invalid parameter for query: group. Missing key _id";
            return Err(Refusal::query(message));
        }
    }
    Ok(Some((name.to_owned(), argument.clone())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(parameters: Value) -> Result<Vec<String>, String> {
        let Value::Object(map) = parameters else {
            panic!("parameters")
        };
        let request = Request::read(map).map_err(|refusal| refusal.message.into_owned())?;
        let name = |stage: Option<(String, Value)>| stage.map_or_else(|| "-".to_owned(), |(name, _)| name);
        Ok(request.pipeline.into_iter().map(name).collect())
    }

    #[test]
    fn spellings() {
        let group = json!({"_id": null});
        for parameters in [
            json!({"pipeline": [{"$group": group}, {"$limit": 1}]}),
            json!({"pipeline": {"$group": group, "$limit": 1}, "hint": "x", "where": {}}),
            json!({"$group": group, "$limit": 1, "comment": "c", "explain": true}),
        ] {
            assert_eq!(read(parameters).unwrap(), ["$group", "$limit"]);
        }
        assert_eq!(read(json!({"distinct": "x", "where": {}})).unwrap(), ["-", "-"]);
        let wrong = |parameters: Value| read(parameters).unwrap_err();
        assert_eq!(
            wrong(json!({"pipeline": [{"group": group}]})),
            "Invalid aggregate stage 'group'."
        );
        assert_eq!(
            wrong(json!({"pipeline": [{"$a": 1, "$b": 2}]})),
            "Pipeline stages should only have one key but found $a, $b."
        );
        assert_eq!(wrong(json!({"limit": 1})), "Invalid aggregate stage 'limit'.");
        assert_eq!(wrong(json!({"pipeline": "[]"})), "Invalid aggregate stage '0'.");
        assert_eq!(wrong(json!({"explain": "much"})), "Invalid value for explain");
    }
}
