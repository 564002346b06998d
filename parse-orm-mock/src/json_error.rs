//! Reading a JSON body, and complaining about a bad one in V8's words.

use serde_json::Value;
use serde_json::error::Category;

use crate::refusal::Refusal;

/// Reads a body; as with Express only an object or an array will do.
pub(crate) fn read(bytes: &[u8]) -> Result<Value, Refusal> {
    let text = String::from_utf8_lossy(bytes);
    let first = text.trim_start().chars().next();
    if !matches!(first, Some('{' | '[') | None) {
        return Err(unexpected(first, &text));
    }
    serde_json::from_slice(bytes).map_err(|error| {
        if error.classify() == Category::Eof {
            return Refusal::bare(400, "Unexpected end of JSON input");
        }
        let position = offset(&text, error.line(), error.column());
        let reason = error.to_string();
        if reason.starts_with("key must be a string") {
            let expected = format!("Expected property name or '}}' in JSON at position {position}");
            return Refusal::bare(400, expected);
        }
        if reason.starts_with("trailing comma") {
            let expected = format!("Expected double-quoted property name in JSON at position {position}");
            return Refusal::bare(400, expected);
        }
        unexpected(text.get(position..).and_then(|rest| rest.chars().next()), &text)
    })
}

fn unexpected(token: Option<char>, text: &str) -> Refusal {
    let token = token.unwrap_or(' ');
    Refusal::bare(
        400,
        format!("Unexpected token '{token}', \"{text}\" is not valid JSON"),
    )
}

/// The byte that an error of `serde_json` points at.
fn offset(text: &str, line: usize, column: usize) -> usize {
    let before: usize = text
        .split_inclusive('\n')
        .take(line.saturating_sub(1))
        .map(str::len)
        .sum();
    before + column.saturating_sub(1)
}
