//! The checks that a filter passes before the database sees it; none depends on the schema.

use serde_json::{Map, Value};

use crate::number::truthy;
use crate::refusal::{Refusal, code};

const COMBINATORS: [&str; 3] = ["$or", "$and", "$nor"];

/// Combinators must be arrays. This check comes first and, being about access, hides its reason; those who may do
/// everything are spared it, and what follows stumbles.
pub(crate) fn check_combinators(filter: &Map<String, Value>, unrestricted: bool) -> Result<(), Refusal> {
    for name in COMBINATORS {
        match filter.get(name) {
            None => {}
            Some(Value::Array(branches)) => {
                branches
                    .iter()
                    .filter_map(Value::as_object)
                    .try_for_each(|branch| check_combinators(branch, unrestricted))?;
            }
            Some(_) if !unrestricted => return Err(Refusal::denied(code::INVALID_QUERY)),
            Some(_) if name == "$nor" => {
                return Err(Refusal::query(
                    "Bad $nor format - use an array of at least 1 value.",
                ));
            }
            Some(_) => return Err(Refusal::crash()),
        }
    }
    Ok(())
}

/// `validateQuery` of the real server.
pub(crate) fn validate(filter: &Map<String, Value>) -> Result<(), Refusal> {
    if filter.get("ACL").is_some_and(truthy) {
        return Err(Refusal::query("Cannot query on ACL."));
    }
    for name in COMBINATORS {
        let Some(branches) = filter.get(name).and_then(Value::as_array) else {
            continue;
        };
        if name == "$nor" && branches.is_empty() {
            return Err(Refusal::query(
                "Bad $nor format - use an array of at least 1 value.",
            ));
        }
        for branch in branches {
            match branch {
                Value::Object(branch) => validate(branch)?,
                // Reading a property of null throws; other values have no keys of their own.
                Value::Null => return Err(Refusal::crash()),
                _ => {}
            }
        }
    }
    for (key, constraint) in filter {
        if let Some(pattern) = constraint.get("$regex") {
            if !pattern.is_string() {
                return Err(Refusal::query("$regex value must be a string"));
            }
            let options = constraint.get("$options");
            let known = |options: &str| !options.is_empty() && options.chars().all(|o| "imxsu".contains(o));
            match options.map(Value::as_str) {
                Some(None) => return Err(Refusal::query("$options value must be a string")),
                Some(Some(options)) if !known(options) => {
                    return Err(Refusal::query(format!("Bad $options value for query: {options}")));
                }
                _ => {}
            }
        }
        let plain = key.starts_with(|first: char| first.is_ascii_alphabetic())
            && key
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'.');
        if !plain && !COMBINATORS.contains(&key.as_str()) && key != "_rperm" && key != "_wperm" {
            return Err(Refusal::bad_key(format!("Invalid key name: {key}")));
        }
    }
    Ok(())
}
