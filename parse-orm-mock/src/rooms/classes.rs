//! `/classes`: find, get, create, update and delete.

use serde_json::{Value, json};

use super::{Answer, Call, Verdict};
use crate::access::{self, Action};
use crate::query::find::{self, Reader};
use crate::query::options::{Find, Shape, parameters};
use crate::refusal::Refusal;
use crate::write;

pub(crate) fn enter(call: &mut Call<'_>) -> Verdict {
    let segments = std::mem::take(&mut call.segments);
    let segments_ref: Vec<&str> = segments.iter().map(String::as_str).collect();
    let answer = match (call.method, segments_ref.as_slice()) {
        ("GET", ["classes", class]) => find_rows(call, class),
        ("POST", ["classes", class]) => create(call, class),
        ("GET", ["classes", class, id]) => get(call, class, id),
        ("PUT", ["classes", class, id]) => update(call, class, id),
        ("DELETE", ["classes", class, id]) => delete(call, class, id),
        _ => {
            call.segments = segments;
            return None;
        }
    };
    Some(answer)
}

fn find_rows(call: &Call<'_>, class: &str) -> Result<Answer, Refusal> {
    let options = &call.state.options;
    let find = Find::read(&parameters(call.body.as_ref(), call.query), options.max_limit)?;
    if find.explain.is_some() && !call.auth.master {
        let message = "Using the explain query parameter requires the master key";
        return Err(Refusal::query(message));
    }
    let store = call.store();
    let found = find::find(
        Reader {
            store: &store,
            options,
            auth: call.auth,
        },
        class,
        find,
    )?;
    drop(store);
    let mut body = json!({});
    body["results"] = found.plan.unwrap_or(Value::Array(found.rows));
    if let Some(count) = found.count {
        body["count"] = json!(count);
    }
    Ok(Answer::ok(body))
}

fn get(call: &Call<'_>, class: &str, id: &str) -> Result<Answer, Refusal> {
    let shape = Shape::read_get(&parameters(call.body.as_ref(), call.query))?;
    let store = call.store();
    let reader = Reader {
        store: &store,
        options: &call.state.options,
        auth: call.auth,
    };
    find::get(reader, class, id, shape).map(Answer::ok)
}

fn create(call: &mut Call<'_>, class: &str) -> Result<Answer, Refusal> {
    access::check(class, call.auth, Action::Create)?;
    let object = call.take_object();
    let options = &call.state.options;
    let mut store = call.store();
    access::check_class_exists(class, call.auth, options, &store)?;
    let created = write::create(&mut store, class, object, options.allow_custom_object_id)?;
    let location = format!("{}/classes/{class}/{}", call.state.options.url, created.id);
    Ok(Answer {
        status: 201,
        body: created.body,
        location: Some(location),
    })
}

fn update(call: &mut Call<'_>, class: &str, id: &str) -> Result<Answer, Refusal> {
    access::check(class, call.auth, Action::Update)?;
    let object = call.take_object();
    let mut store = call.store();
    access::check_class_exists(class, call.auth, &call.state.options, &store)?;
    write::update(&mut store, class, id, object).map(Answer::ok)
}

fn delete(call: &Call<'_>, class: &str, id: &str) -> Result<Answer, Refusal> {
    access::check(class, call.auth, Action::Delete)?;
    write::delete(&mut call.store(), class, id)?;
    Ok(Answer::ok(json!({})))
}
