//! Aggregation: pipelines and `distinct`, which run on the documents of the database and not on Parse objects.
//!
//! Every stage is checked before the first one runs, as by MongoDB, whose messages reach the client unchanged.

mod accumulator;
mod arithmetic;
mod dates;
mod distinct;
mod document;
mod expression;
mod group;
mod lists;
mod matching;
mod operator;
mod projection;
pub(crate) mod request;
mod rewrite;
mod stage;
mod texts;

use crate::query::find::{Reader, add_urls};
use crate::refusal::{Refusal, code};
use document::{Document, of_row};
use request::Request;
use serde_json::{Value, json};
use stage::Stage;

/// The `results` of a pipeline or of `distinct`.
pub(crate) fn run(reader: Reader<'_>, class_name: &str, request: Request) -> Result<Value, Refusal> {
    if let Some(field) = &request.distinct {
        return distinct::run(reader, class_name, request.filter, field).map(Value::Array);
    }
    let Some(class) = reader.store.class(class_name) else {
        return Ok(json!([]));
    };
    if request.pipeline.len() > 1_000 {
        return Err(mongo("Pipeline length must be no longer than 1000 stages"));
    }
    let schema = &class.schema;
    let mut pointer_ids = false;
    let mut stages = Vec::with_capacity(request.pipeline.len());
    for stage in request.pipeline {
        // A stage that the router has dropped is read by the adapter all the same.
        let Some((name, argument)) = stage else {
            return Err(mongo("Cannot read properties of undefined (reading '$group')"));
        };
        let argument = rewrite::rewrite(&name, argument, schema);
        let by_pointer = |id: &Value| id.as_str().is_some_and(|id| id.contains("$_p_"));
        pointer_ids = pointer_ids || (name == "$group" && argument.get("_id").is_some_and(by_pointer));
        stages.extend(Stage::compile(&name, &argument)?);
    }
    if request.explain {
        return Ok(json!([plan(class_name)]));
    }
    let mut documents: Vec<Document> = class.rows().map(|row| of_row(row, schema)).collect();
    for stage in &stages {
        documents = stage
            .run(documents, reader)
            .map_err(|refusal| caused_by("PlanExecutor error during aggregation", refusal))?;
    }
    let answer = |document| {
        let mut row = document::answer(document, schema, pointer_ids)?;
        if let Value::Object(row) = &mut row {
            add_urls(reader.options, row);
        }
        Ok(row)
    };
    documents
        .into_iter()
        .map(answer)
        .collect::<Result<_, _>>()
        .map(Value::Array)
}

fn plan(class_name: &str) -> Value {
    json!({
        "explainVersion": "1",
        "queryPlanner": {
            "namespace": format!("parse.{class_name}"),
            "winningPlan": {"stage": "COLLSCAN", "direction": "forward"},
            "rejectedPlans": [],
        },
        "ok": 1,
    })
}

/// An error of the database, which is not hidden here as it is on a find.
pub(crate) fn mongo(message: impl Into<String>) -> Refusal {
    Refusal::query(message.into())
}

/// What MongoDB has and this server has not.
pub(crate) fn not_imitated(what: &str) -> Refusal {
    let message = format!("{what} is not imitated by parse-orm-mock");
    Refusal::new(code::COMMAND_UNAVAILABLE, message)
}

/// MongoDB's way to say where an error comes from.
pub(crate) fn caused_by(place: &str, mut refusal: Refusal) -> Refusal {
    if refusal.code == Some(code::INVALID_QUERY) {
        refusal.message = format!("{place} :: caused by :: {}", refusal.message).into();
    }
    refusal
}
