//! `/classes`: find, get, create, update and delete.

use serde_json::json;

use super::{Answer, Call, Reply, Verdict};
use crate::cloud;
use crate::query::find::{self, Found, Reader};
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

async fn find_rows(call: &Call<'_>, class: &str) -> Result<Answer, Refusal> {
    let asked = parameters(call.body.as_ref(), call.query);
    // what the server does not understand no trigger sees
    let find = Find::read(&asked, call.state.options.max_limit)?;
    if find.explain.is_some() && !call.auth.master {
        let message = "Using the explain query parameter requires the master key";
        return Err(Refusal::query(message));
    }
    let query = cloud::before_find(call, class, asked.clone(), false).await?;
    let found = if query == asked {
        found(call, class, find)?
    } else {
        found(call, class, Find::read(&query, call.state.options.max_limit)?)?
    };
    let mut body = json!({});
    body["results"] = match found.plan {
        Some(plan) => plan,
        None => cloud::after_find(call, class, &query, found.rows, false)
            .await?
            .into(),
    };
    if let Some(count) = found.count {
        body["count"] = count;
    }
    Ok(Answer::ok(body))
}

/// Reads the rows, without waiting for anything.
fn found(call: &Call<'_>, class: &str, find: Find) -> Result<Found, Refusal> {
    let store = call.state.store();
    let reader = Reader {
        store: &store,
        options: &call.state.options,
        auth: call.auth,
    };
    find::find(reader, class, find)
}

async fn get(call: &Call<'_>, class: &str, id: &str) -> Result<Answer, Refusal> {
    let mut asked = parameters(call.body.as_ref(), call.query);
    let shape = Shape::read_get(&asked)?;
    let filter = json!({"objectId": id});
    asked.insert("where".to_owned(), filter.clone());
    let query = cloud::before_find(call, class, asked, true).await?;
    let row = if query.get("where") == Some(&filter) {
        let store = call.state.store();
        let reader = Reader {
            store: &store,
            options: &call.state.options,
            auth: call.auth,
        };
        let mut row = find::get(reader, class, id, shape)?;
        // A user's own row says which session it was asked in.
        if class == "_User"
            && call.auth.user.as_deref() == Some(id)
            && let Some(token) = &call.auth.session_token
        {
            row["sessionToken"] = json!(token);
        }
        row
    } else {
        // a trigger narrowed it
        let find = Find::read(&query, call.state.options.max_limit)?;
        let row = found(call, class, find)?.rows.into_iter().next();
        row.ok_or_else(Refusal::not_found)?
    };
    let rows = cloud::after_find(call, class, &query, vec![row], true).await?;
    let row = rows.into_iter().next().ok_or_else(Refusal::not_found)?;
    Ok(Answer::ok(row))
}
