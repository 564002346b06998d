//! `/batch`: several requests in one, answered in their order, and transactions: all of them or none.

use serde_json::{Value, json};

use super::{Answer, Call, Verdict, route_in_batch};
use crate::refusal::Refusal;
use crate::state::Transaction;

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
    let transaction = (body.get("transaction") == Some(&Value::Bool(true))).then(|| call.state.begin());
    let items: Vec<Item<'_>> = requests.iter().zip(&paths).map(Item::read).collect();
    let mut results = vec![Value::Null; items.len()];
    let mut failed = false;
    // A find is no part of the transaction on the real server: it does not see what the others do.
    let (reads, writes): (Vec<usize>, Vec<usize>) =
        (0..items.len()).partition(|place| transaction.is_some() && items[*place].method == "GET");
    for place in reads.into_iter().chain(writes) {
        let item = &items[place];
        let mut inner = Call {
            state: call.state,
            transaction: transaction.as_ref().map(Transaction::store),
            auth: call.auth,
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
        results[place] = match route_in_batch(&mut inner) {
            // One request without a route fails the whole batch, though the earlier ones are done.
            None => {
                let message = format!("cannot route {} {}", item.method, item.path);
                return Err(Refusal::json(message));
            }
            Some(Ok(answer)) => json!({"success": answer.body}),
            Some(Err(refusal)) => {
                failed = true;
                json!({"error": refusal.in_batch()})
            }
        };
    }
    if let Some(transaction) = transaction {
        if failed {
            // The real server has the results at hand, but its error handler does not know their form.
            return Err(Refusal::crash());
        }
        transaction.commit();
    }
    Ok(Answer::ok(Value::Array(results)))
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
