//! `/classes`: find, get, create, update and delete.

use serde_json::{Value, json};

use super::{Answer, Call, Reply, Verdict};
use crate::query::find::{self, Reader};
use crate::query::options::{Find, Shape, parameters};
use crate::refusal::Refusal;
use crate::write::{Change, Write};

pub(crate) async fn enter<'a>(call: &mut Call<'a>) -> Verdict<'a> {
    let segments = std::mem::take(&mut call.segments);
    let (class, id) = match segments.as_slice() {
        [_, class] => (class, None),
        [_, class, id] => (class, Some(id.as_str())),
        _ => return None,
    };
    enter_class(call, class, id).await
}

/// A built-in class at the address of its own: `/roles`, `/roles/:id`.
pub(crate) async fn enter_own<'a>(call: &mut Call<'a>, class: &str) -> Verdict<'a> {
    let segments = std::mem::take(&mut call.segments);
    match segments.as_slice() {
        [_] => enter_class(call, class, None).await,
        [_, id] => enter_class(call, class, Some(id)).await,
        _ => None,
    }
}

async fn enter_class<'a>(call: &mut Call<'a>, class: &str, id: Option<&str>) -> Verdict<'a> {
    let change = match (call.method, id) {
        ("GET", None) => return Some(find_rows(call, class).await.map(Reply::Done)),
        ("GET", Some(id)) => return Some(get(call, class, id).await.map(Reply::Done)),
        ("POST", None) => Change::Create(call.take_object()),
        ("PUT", Some(id)) => Change::Update(id.to_owned(), call.take_object()),
        ("DELETE", Some(id)) => Change::Delete(id.to_owned()),
        _ => return None,
    };
    Some(Write::prepare(call, class, change).await)
}

#[allow(clippy::unused_async, reason = "triggers will be waited for here")]
async fn find_rows(call: &Call<'_>, class: &str) -> Result<Answer, Refusal> {
    let options = &call.state.options;
    let find = Find::read(&parameters(call.body.as_ref(), call.query), options.max_limit)?;
    if find.explain.is_some() && !call.auth.master {
        let message = "Using the explain query parameter requires the master key";
        return Err(Refusal::query(message));
    }
    let store = call.state.store();
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

#[allow(clippy::unused_async, reason = "triggers will be waited for here")]
async fn get(call: &Call<'_>, class: &str, id: &str) -> Result<Answer, Refusal> {
    let shape = Shape::read_get(&parameters(call.body.as_ref(), call.query))?;
    let store = call.state.store();
    let reader = Reader {
        store: &store,
        options: &call.state.options,
        auth: call.auth,
    };
    let mut object = find::get(reader, class, id, shape)?;
    // A user's own row says which session it was asked in.
    if class == "_User"
        && call.auth.user.as_deref() == Some(id)
        && let Some(token) = &call.auth.session_token
    {
        object["sessionToken"] = json!(token);
    }
    Ok(Answer::ok(object))
}
