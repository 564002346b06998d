//! `/apps/:app`: the pages behind the links of mails. Browsers ask for them, without a key.

use serde_json::{Map, Value, json};

use crate::refusal::{Refusal, code};
use crate::state::State;
use crate::store::{Class, Row, Store};
use crate::user::{password, session};

/// A request for a page.
#[derive(Debug)]
pub(crate) struct PageCall<'a> {
    pub(crate) state: &'a State,
    pub(crate) method: &'a str,
    /// The decoded segments behind `apps`.
    pub(crate) segments: &'a [String],
    pub(crate) query: &'a [(String, String)],
    pub(crate) body: Option<Value>,
    /// A program asks, by `X-Requested-With`, and wants JSON.
    pub(crate) by_program: bool,
}

/// What is shown.
#[derive(Debug)]
pub(crate) enum Page {
    Html(String),
    Json(Value),
}

pub(crate) fn enter(call: &PageCall<'_>) -> Result<Page, Refusal> {
    let segments: Vec<&str> = call.segments.iter().map(String::as_str).collect();
    match (call.method, segments.as_slice()) {
        ("GET", [app, page]) if *app == call.state.options.app_id => match *page {
            "verify_email" => Ok(verify(call)),
            "request_password_reset" => Ok(choose_password(call)),
            _ => Err(Refusal::no_route()),
        },
        ("POST", [app, "request_password_reset"]) if *app == call.state.options.app_id => reset(call),
        _ => Err(Refusal::no_route()),
    }
}

fn titled(title: &str, text: &str) -> Page {
    Page::Html(format!(
        "<!DOCTYPE html>\n<html>\n<head>\n<title>{title}</title>\n</head>\n<body>\n<h1>{title}</h1>\n{text}\n</body>\n</html>\n"
    ))
}

fn token<'a>(call: &'a PageCall<'_>) -> &'a str {
    let token = call.query.iter().find(|(key, _)| key == "token");
    token.map(|(_, token)| token.as_str()).unwrap_or_default()
}

/// The user whose row has this token.
fn owner(store: &Store, field: &str, token: &str) -> Option<String> {
    let mut rows = store.class("_User").into_iter().flat_map(Class::rows);
    let is = |row: &Row| !token.is_empty() && row.get(field).and_then(Value::as_str) == Some(token);
    let row = rows.find(|row| is(row))?;
    row.get("objectId")?.as_str().map(str::to_owned)
}

fn verify(call: &PageCall<'_>) -> Page {
    let mut store = call.state.store();
    let Some(id) = owner(&store, "_email_verify_token", token(call)) else {
        return titled("Invalid verification link!", "");
    };
    store.amend("_User", &id, |row| {
        row.insert("emailVerified".to_owned(), json!(true));
        row.shift_remove("_email_verify_token");
    });
    titled(
        "Email verified!",
        "<p>Successfully verified your email for account.</p>",
    )
}

fn choose_password(call: &PageCall<'_>) -> Page {
    let known = owner(&call.state.store(), "_perishable_token", token(call));
    if known.is_none() {
        return titled("Invalid password reset link!", "");
    }
    // The token is a known one: letters and digits.
    let form = format!(
        "<form method=\"POST\">\n<input name=\"new_password\" type=\"password\">\n\
         <input name=\"token\" type=\"hidden\" value=\"{}\">\n<button>Change Password</button>\n</form>",
        token(call)
    );
    titled("Reset Your Password", &form)
}

fn reset(call: &PageCall<'_>) -> Result<Page, Refusal> {
    let empty = Map::new();
    let body = call.body.as_ref().and_then(Value::as_object).unwrap_or(&empty);
    let text = |key: &str| body.get(key).and_then(Value::as_str).unwrap_or_default();
    let refuse = |code: i64, message: &'static str| {
        if call.by_program {
            Err(Refusal::new(code, message))
        } else {
            Ok(titled("Reset Your Password", message))
        }
    };
    let (token, new) = (text("token"), text("new_password"));
    if token.is_empty() {
        return refuse(code::OTHER_CAUSE, "Missing token");
    }
    if new.is_empty() {
        return refuse(code::PASSWORD_MISSING, "Missing password");
    }
    let hash = password::hash(new)?;
    let mut store = call.state.store();
    let Some(id) = owner(&store, "_perishable_token", token) else {
        return refuse(
            code::OTHER_CAUSE,
            "Failed to reset password: username / email / token is invalid",
        );
    };
    store.amend("_User", &id, |row| {
        row.insert("_hashed_password".to_owned(), json!(hash));
        row.shift_remove("_perishable_token");
    });
    if call.state.options.users.revoke_sessions {
        session::close_all(&mut store, &id);
    }
    Ok(if call.by_program {
        Page::Json(json!("Password successfully reset"))
    } else {
        titled("Success!", "<p>Your password has been updated.</p>")
    })
}
