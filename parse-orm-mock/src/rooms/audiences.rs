//! `/push_audiences`: the class `_Audience`, whose query is a text in the database.

use serde_json::Value;

use super::{Call, Reply, Verdict, classes};
use crate::refusal::Refusal;

pub(crate) async fn enter<'a>(call: &mut Call<'a>) -> Verdict<'a> {
    if call.segments.len() > 2 {
        return None;
    }
    if let Err(refusal) = call.auth.require_master(&call.state.options) {
        return Some(Err(refusal));
    }
    call.segments
        .splice(..1, ["classes".to_owned(), "_Audience".to_owned()]);
    let mut reply = classes::enter(call).await?;
    if let Ok(Reply::Done(answer)) = &mut reply {
        let opened = match answer.body.get_mut("results").and_then(Value::as_array_mut) {
            Some(rows) => rows.iter_mut().try_for_each(open),
            None => open(&mut answer.body),
        };
        if let Err(refusal) = opened {
            return Some(Err(refusal));
        }
    }
    Some(reply)
}

/// Reads the query of a row.
fn open(row: &mut Value) -> Result<(), Refusal> {
    let query = row.get("query").and_then(Value::as_str).unwrap_or_default();
    row["query"] = serde_json::from_str(query).map_err(|_| Refusal::crash())?;
    Ok(())
}
