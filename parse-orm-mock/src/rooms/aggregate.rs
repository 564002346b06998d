//! `/aggregate`: pipelines and `distinct`, for the master key.

use serde_json::json;

use super::{Answer, Call, Reply, Verdict};
use crate::aggregate::{self, request::Request};
use crate::query::find::Reader;
use crate::query::options::parameters;
use crate::refusal::Refusal;

pub(crate) fn enter<'a>(call: &mut Call<'a>) -> Verdict<'a> {
    match (call.method, call.segments.as_slice()) {
        ("GET", [room, class]) if room == "aggregate" => Some(run(call, class).map(Reply::Done)),
        _ => None,
    }
}

fn run(call: &Call<'_>, class: &str) -> Result<Answer, Refusal> {
    call.auth.require_master(&call.state.options)?;
    let request = Request::read(parameters(call.body.as_ref(), call.query))?;
    let store = call.state.store();
    let reader = Reader {
        store: &store,
        options: &call.state.options,
        auth: call.auth,
    };
    let results = aggregate::run(reader, class, request)?;
    Ok(Answer::ok(json!({"results": results})))
}
