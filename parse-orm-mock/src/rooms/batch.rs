//! `/batch`: several requests in one, answered in their order, and transactions: all of them or none.

use serde_json::{Value, json};

use super::{Answer, Call, Reply, enter as enter_room, write_together};
use crate::refusal::Refusal;

pub(crate) async fn enter(call: &mut Call<'_>) -> Option<Result<Answer, Refusal>> {
    if call.method == "POST" && call.segments == ["batch"] {
        Some(run(call).await)
    } else {
        None
    }
}

async fn run(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    let body = call.take_object();
    let Some(Value::Array(requests)) = body.get("requests") else {
        return Err(Refusal::json("requests must be an array"));
    };
    if requests
        .iter()
        .any(|request| !request.get("path").is_some_and(Value::is_string))
    {
        return Err(Refusal::json("batch request path must be a string"));
    }
    // The real server takes the prefix from its own URL, which a query string spoils.
    if !call.query.is_empty() {
        return Err(Refusal::crash());
    }
    let mount = &call.state.options.mount;
    let mut paths = Vec::with_capacity(requests.len());
    for request in requests {
        let path = request.get("path").and_then(Value::as_str).unwrap_or_default();
        let below = path.strip_prefix(mount.as_str());
        let below = below.ok_or_else(|| Refusal::json(format!("cannot route batch path {path}")))?;
        let below = format!("/{}", below.trim_start_matches('/'));
        let method = request.get("method").and_then(Value::as_str).unwrap_or("GET");
        if method.eq_ignore_ascii_case("POST") && below == "/batch" {
            return Err(Refusal::json("nested batch requests are not allowed"));
        }
        paths.push(below);
    }
    let together = body.get("transaction") == Some(&Value::Bool(true));
    let items: Vec<Item<'_>> = requests.iter().zip(&paths).map(Item::read).collect();
    let mut results = vec![Value::Null; items.len()];
    let mut failed = false;
    // The writes of a transaction, which are done when all are checked, and their places.
    let mut waiting = (Vec::new(), Vec::new());
    for (place, item) in items.iter().enumerate() {
        let mut inner = Call {
            state: call.state,
            auth: call.auth,
            info: call.info,
            method: item.method,
            // A query string is no part of a batch path: it ends up in the class name.
            segments: item
                .path
                .split('/')
                .filter(|part| !part.is_empty())
                .map(decode)
                .collect(),
            query: &[],
            body: item.body.cloned(),
        };
        let answer = match enter_room(&mut inner).await {
            // One request without a route fails the whole batch, though the earlier ones are done.
            None => {
                let message = format!("cannot route {} {}", item.method, item.path);
                return Err(Refusal::json(message));
            }
            Some(Ok(Reply::Write(write))) if together => {
                waiting.0.push(place);
                waiting.1.push(write);
                continue;
            }
            Some(Ok(Reply::Write(write))) => write.run().await,
            Some(Ok(Reply::Done(answer))) => Ok(answer),
            Some(Err(refusal)) => Err(refusal),
        };
        failed |= answer.is_err();
        results[place] = result(answer);
    }
    if together {
        // The real server has the results at hand, but its error handler does not know their form.
        if failed {
            return Err(Refusal::crash());
        }
        let answers = write_together(call.state, waiting.1).await;
        let answers = answers.map_err(|_| Refusal::crash())?;
        for (place, answer) in waiting.0.into_iter().zip(answers) {
            results[place] = result(Ok(answer));
        }
    }
    Ok(Answer::ok(Value::Array(results)))
}

fn result(answer: Result<Answer, Refusal>) -> Value {
    match answer {
        Ok(answer) => json!({"success": answer.body}),
        Err(refusal) => json!({"error": refusal.in_batch()}),
    }
}

/// One request of a batch.
#[derive(Debug)]
struct Item<'a> {
    method: &'a str,
    /// Below the mount.
    path: &'a str,
    body: Option<&'a Value>,
}

impl<'a> Item<'a> {
    fn read((request, path): (&'a Value, &'a String)) -> Self {
        let method = request.get("method").and_then(Value::as_str);
        Self {
            method: method.unwrap_or("undefined"),
            path,
            body: request.get("body"),
        }
    }
}

fn decode(part: &str) -> String {
    percent_encoding::percent_decode_str(part)
        .decode_utf8_lossy()
        .into_owned()
}
