//! `/schemas` and `/purge`: the definitions of the classes, with the master key.

use serde_json::{Map, Value, json};

use super::{Answer, Call, Reply, Verdict};
use crate::refusal::{Refusal, code};
use crate::store::definition::{self, Written};

pub(crate) fn enter<'a>(call: &mut Call<'a>) -> Verdict<'a> {
    let segments = std::mem::take(&mut call.segments);
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    let known = matches!(
        (call.method, segments.as_slice()),
        ("GET" | "POST", ["schemas"] | ["schemas", _])
            | ("PUT", ["schemas", _])
            | ("DELETE", ["schemas" | "purge", _])
    );
    known.then(|| run(call, &segments).map(|body| Reply::Done(Answer::ok(body))))
}

fn run(call: &mut Call<'_>, segments: &[&str]) -> Result<Value, Refusal> {
    call.auth.require_master(&call.state.options)?;
    let custom_ids = call.state.options.allow_custom_object_id;
    let body = call.take_object();
    let mut store = call.state.store();
    match (call.method, segments) {
        ("GET", [_]) => Ok(json!({"results": definition::all(&store)})),
        ("GET", [_, class]) => definition::find(&store, class),
        ("POST", [_, rest @ ..]) => {
            let class = class_name(&body, rest.first().copied())?;
            let class = class.ok_or_else(|| Refusal::new(135, "POST /schemas needs a class name."))?;
            definition::create(&mut store, &class, &written(body)?, custom_ids)
        }
        ("PUT", [_, class]) => {
            class_name(&body, Some(*class))?;
            definition::change(&mut store, class, &written(body)?, custom_ids)
        }
        (_, ["purge", class]) => {
            store.purge(class);
            Ok(json!({}))
        }
        (_, [_, class]) => definition::drop(&mut store, class).map(|()| json!({})),
        _ => Err(Refusal::no_route()),
    }
}

/// The class of the body and that of the path are one.
fn class_name(body: &Map<String, Value>, of_path: Option<&str>) -> Result<Option<String>, Refusal> {
    let of_body = body
        .get("className")
        .and_then(Value::as_str)
        .filter(|name| !name.is_empty());
    match (of_body, of_path) {
        (Some(of_body), Some(of_path)) if of_body != of_path => Err(Refusal::new(
            code::INVALID_CLASS_NAME,
            format!("Class name mismatch between {of_body} and {of_path}."),
        )),
        (of_body, of_path) => Ok(of_path.or(of_body).map(str::to_owned)),
    }
}

fn written(mut body: Map<String, Value>) -> Result<Written, Refusal> {
    let mut object = |name: &str| match body.shift_remove(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Object(map)) => Ok(Some(map)),
        // The real server looks into whatever it is, and fails somewhere.
        Some(_) => Err(Refusal::crash()),
    };
    let fields = object("fields")?.unwrap_or_default();
    let indexes = object("indexes")?;
    let resets_permissions = body.get("classLevelPermissions") == Some(&Value::Null);
    let permissions = match body.shift_remove("classLevelPermissions") {
        None | Some(Value::Null) => None,
        Some(Value::Object(map)) => Some(map),
        Some(_) => return Err(Refusal::crash()),
    };
    Ok(Written {
        fields,
        permissions,
        resets_permissions,
        indexes,
    })
}
