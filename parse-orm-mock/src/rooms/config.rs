//! `/config`: parameters that every client can read, and those that only the master key shows.

use serde_json::{Map, Value, json};

use super::{Answer, Call, Reply, Verdict};
use crate::number::truthy;
use crate::operations::{Effect, apply};
use crate::refusal::Refusal;
use crate::store::Row;
use crate::write::canonical::has_forbidden_key;

pub(crate) fn enter<'a>(call: &mut Call<'a>) -> Verdict<'a> {
    let body = match (call.method, call.segments.as_slice()) {
        ("GET", [_]) => Ok(read(call)),
        ("PUT", [_]) => write(call),
        _ => return None,
    };
    Some(body.map(|body| Reply::Done(Answer::ok(body))))
}

fn read(call: &Call<'_>) -> Value {
    let Some(mut config) = call.state.store().config.clone() else {
        return json!({"params": {}});
    };
    let hidden = config.get("masterKeyOnly").and_then(Value::as_object);
    let hidden: Vec<String> = hidden
        .into_iter()
        .flatten()
        .filter(|(_, hidden)| !call.auth.master && truthy(hidden))
        .map(|(name, _)| name.clone())
        .collect();
    for part in config.values_mut().filter_map(Value::as_object_mut) {
        part.retain(|name, _| !hidden.contains(name));
    }
    Value::Object(config)
}

/// The parameters that are named are written, and whether the master key is needed for them; others stay.
fn write(call: &mut Call<'_>) -> Result<Value, Refusal> {
    call.auth.require_master(&call.state.options)?;
    let mut body = call.take_object();
    let mut part = |name: &str| match body.shift_remove(name) {
        Some(Value::Object(map)) => map,
        _ => Map::new(),
    };
    let (params, master_only) = (part("params"), part("masterKeyOnly"));
    let mut store = call.state.store();
    let mut config = store.config.clone().unwrap_or_else(|| {
        Row::from_iter([
            ("params".to_owned(), json!({})),
            ("masterKeyOnly".to_owned(), json!({})),
        ])
    });
    for (name, value) in params {
        if value.as_object().is_some_and(has_forbidden_key) {
            return Err(Refusal::nested_key());
        }
        apply(&mut config, &format!("params.{name}"), Effect::of_update(value)?)?;
        let hidden = master_only.get(&name).filter(|hidden| truthy(hidden));
        let hidden = hidden.cloned().unwrap_or(Value::Bool(false));
        apply(
            &mut config,
            &format!("masterKeyOnly.{name}"),
            Effect::of_update(hidden)?,
        )?;
    }
    store.config = Some(config);
    Ok(json!({"result": true}))
}
