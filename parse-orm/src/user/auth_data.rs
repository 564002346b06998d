//! What a user proves to another provider, and what may not be blank.

use super::CLASS;
use crate::{Error, Result, Secret};
use serde::Serialize;
use serde_json::{Map, Value, json};

/// The provider of those who have not said who they are.
pub(super) const ANONYMOUS: &str = "anonymous";

/// `{provider: data}`, with data that the server can take.
pub(super) fn of(provider: &str, data: impl Serialize) -> Result<Value> {
    let name = provider_name(provider)?;
    let refuse = |what: String| {
        let message = format!(
            "the auth data of `{name}` {what}; it is an object, for example `json!({{\"id\": .., \"access_token\": ..}})`"
        );
        Err(Error::invalid(CLASS, Some("authData"), message))
    };
    match serde_json::to_value(data) {
        Ok(Value::Object(data)) if !data.is_empty() => Ok(json!({ name: data })),
        Ok(Value::Object(_)) => refuse("is empty".into()),
        Ok(_) => refuse("is no JSON object".into()),
        // not the error's text, which may repeat a value
        Err(_) => refuse("has no JSON form".into()),
    }
}

/// `{provider: null}`: no longer.
pub(super) fn without(provider: &str) -> Result<Value> {
    Ok(json!({ provider_name(provider)?: null }))
}

fn provider_name(provider: &str) -> Result<&str> {
    filled("authData", "the provider's name", provider)?;
    Ok(provider)
}

/// Auth data of somebody new, whom nobody can guess.
pub(super) fn nobody() -> Result<Value> {
    let mut random = [0; 16];
    getrandom::fill(&mut random)
        .map_err(|error| Error::Config(format!("the operating system gave no random numbers: {error}")))?;
    Ok(json!({ANONYMOUS: {"id": format!("{:032x}", u128::from_be_bytes(random))}}))
}

/// The providers that an answer's `authData` names. What they know of the user is not kept.
pub(super) fn providers(auth_data: Option<&Value>) -> impl Iterator<Item = String> {
    let providers = auth_data.and_then(Value::as_object).into_iter().flatten();
    providers
        .filter(|(_, data)| !data.is_null())
        .map(|(name, _)| name.clone())
}

/// Refuses an empty text, which the server would answer with a riddle, or take for none.
pub(super) fn filled(field: &str, what: &str, text: &str) -> Result<()> {
    if text.is_empty() {
        let message = format!("{what} is empty");
        return Err(Error::invalid(CLASS, Some(field), message));
    }
    Ok(())
}

pub(super) fn password(password: &Secret) -> Result<Value> {
    filled("password", "the password", password.expose())?;
    Ok(password.expose().into())
}

/// A body of a few entries.
pub(super) fn body<const N: usize>(entries: [(&str, Value); N]) -> Map<String, Value> {
    entries
        .into_iter()
        .map(|(key, value)| (key.to_owned(), value))
        .collect()
}
