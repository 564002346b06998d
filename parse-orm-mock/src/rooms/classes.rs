//! `/classes`: find, get, create, update and delete.

use serde_json::{Value, json};

use super::{Answer, Call, Reply, Verdict};
use crate::query::find::{self, Reader};
use crate::query::options::{Find, Shape, parameters};
use crate::refusal::Refusal;
use crate::write::{Change, Write};

pub(crate) async fn enter<'a>(call: &mut Call<'a>) -> Verdict<'a> {
    let segments = std::mem::take(&mut call.segments);
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    let reply = match (call.method, segments.as_slice()) {
        ("GET", ["classes", class]) => find_rows(call, class).await.map(Reply::Done),
        ("GET", ["classes", class, id]) => get(call, class, id).await.map(Reply::Done),
        ("POST", ["classes", class]) => {
            let change = Change::Create(call.take_object());
            Write::prepare(call, class, change).await.map(Reply::Write)
        }
        ("PUT", ["classes", class, id]) => {
            let change = Change::Update((*id).to_owned(), call.take_object());
            Write::prepare(call, class, change).await.map(Reply::Write)
        }
        ("DELETE", ["classes", class, id]) => {
            let change = Change::Delete((*id).to_owned());
            Write::prepare(call, class, change).await.map(Reply::Write)
        }
        _ => return None,
    };
    Some(reply)
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
    find::get(reader, class, id, shape).map(Answer::ok)
}
