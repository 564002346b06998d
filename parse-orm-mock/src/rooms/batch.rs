//! `/batch`: several requests in one, answered in their order.

use serde_json::{Value, json};

use super::{Answer, Call, Verdict, route_in_batch};
use crate::refusal::{Refusal, code};

pub(crate) fn enter(call: &mut Call<'_>) -> Verdict {
    if call.method == "POST" && call.segments == ["batch"] {
        Some(run(call))
    } else {
        None
    }
}

fn run(call: &mut Call<'_>) -> Result<Answer, Refusal> {
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
    if body.get("transaction") == Some(&Value::Bool(true)) {
        let message = "transactions are not imitated by this version of parse-orm-mock";
        return Err(Refusal::new(code::COMMAND_UNAVAILABLE, message));
    }
    let mut results = Vec::with_capacity(requests.len());
    for (request, path) in requests.iter().zip(paths) {
        let method = request
            .get("method")
            .and_then(Value::as_str)
            .unwrap_or("undefined");
        let mut inner = Call {
            state: call.state,
            auth: call.auth,
            method,
            // A query string is no part of a batch path: it ends up in the class name.
            segments: path
                .split('/')
                .filter(|part| !part.is_empty())
                .map(decode)
                .collect(),
            query: &[],
            body: request.get("body").cloned(),
        };
        results.push(match route_in_batch(&mut inner) {
            // One request without a route fails the whole batch, though the earlier ones are done.
            None => return Err(Refusal::json(format!("cannot route {method} {path}"))),
            Some(Ok(answer)) => json!({"success": answer.body}),
            Some(Err(refusal)) => json!({"error": refusal.in_batch()}),
        });
    }
    Ok(Answer::ok(Value::Array(results)))
}

fn decode(part: &str) -> String {
    percent_encoding::percent_decode_str(part)
        .decode_utf8_lossy()
        .into_owned()
}
