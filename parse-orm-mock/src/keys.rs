//! Keys: who is asking, from headers, from HTTP basic auth, or from the body as the JavaScript SDK sends them.

use axum::http::HeaderMap;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};

use crate::options::Options;
use crate::refusal::{Refusal, code};

/// Who is asking.
#[derive(Debug, Clone, Default)]
pub(crate) struct Auth {
    pub(crate) master: bool,
}

/// What a request offers to prove its rights.
#[derive(Debug, Default)]
struct Offered {
    app_id: Option<String>,
    rest: Option<String>,
    javascript: Option<String>,
    master: Option<String>,
    session: Option<String>,
}

/// Checks the keys of a request and takes those in the body out of it.
pub(crate) fn authenticate(
    options: &Options,
    headers: &HeaderMap,
    body: Option<&mut Map<String, Value>>,
) -> Result<Auth, Refusal> {
    let header = |name: &str| {
        headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .map(str::to_owned)
    };
    let mut offered = Offered {
        app_id: header("x-parse-application-id"),
        rest: header("x-parse-rest-api-key"),
        javascript: header("x-parse-javascript-key"),
        master: header("x-parse-master-key"),
        session: header("x-parse-session-token"),
    };
    if let Some(basic) = header("authorization").as_deref().and_then(read_basic)
        && basic.0 == options.app_id
    {
        match basic.1.strip_prefix("javascript-key=") {
            Some(key) => offered.javascript = Some(key.to_owned()),
            None => offered.master = Some(basic.1).filter(|key| !key.is_empty()).or(offered.master),
        }
        offered.app_id = Some(basic.0);
    }
    if offered.app_id.as_ref() != Some(&options.app_id) {
        take_from_body(options, &mut offered, body)?;
    }
    if offered.master.as_ref() == Some(&options.master_key) {
        return Ok(Auth { master: true });
    }
    // A wrong master key is no offence: the request is judged by its other keys.
    if offered.rest.as_ref() != Some(&options.rest_key)
        && offered.javascript.as_ref() != Some(&options.javascript_key)
    {
        return Err(Refusal::unauthorized());
    }
    match offered.session.filter(|token| !token.is_empty()) {
        None => Ok(Auth::default()),
        // No user has logged in yet, so no token is good.
        Some(_) => Err(Refusal::new(code::INVALID_SESSION_TOKEN, "Invalid session token")),
    }
}

fn read_basic(header: &str) -> Option<(String, String)> {
    let (scheme, encoded) = header.split_once(' ')?;
    let decoded = scheme
        .eq_ignore_ascii_case("basic")
        .then(|| STANDARD.decode(encoded.trim()).ok())??;
    let (app_id, key) = std::str::from_utf8(&decoded).ok()?.split_once(':')?;
    Some((app_id.to_owned(), key.to_owned()))
}

/// Without an application id in the headers all keys are looked for in the body.
fn take_from_body(
    options: &Options,
    offered: &mut Offered,
    body: Option<&mut Map<String, Value>>,
) -> Result<(), Refusal> {
    let body = body.ok_or_else(Refusal::unauthorized)?;
    body.shift_remove("_RevocableSession");
    if body.get("_ApplicationId").and_then(Value::as_str) != Some(&options.app_id)
        || offered
            .master
            .as_ref()
            .is_some_and(|key| *key != options.master_key)
    {
        return Err(Refusal::unauthorized());
    }
    let mut take = |name: &str| match body.shift_remove(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(Refusal::unauthorized()),
    };
    take("_ApplicationId")?;
    offered.javascript = take("_JavaScriptKey")?;
    take("_ClientVersion")?;
    take("_InstallationId")?;
    offered.session = take("_SessionToken")?.or_else(|| offered.session.take());
    offered.master = take("_MasterKey")?.or_else(|| offered.master.take());
    take("_ContentType")?;
    body.shift_remove("_context");
    Ok(())
}
