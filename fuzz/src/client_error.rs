//! The answer of a server that refuses, or of something between it and the client.

use parse_orm::Error;
use parse_orm::internals::error;
use serde_json::Value;

pub fn run(input: &[u8]) {
    let Some((&[high, low], body)) = input.split_first_chunk() else {
        return;
    };
    let status = 300 + u16::from_be_bytes([high, low]) % 700;
    let read = error(status, body);
    let shown = read.to_string();
    assert!(!shown.is_empty());
    let tree = serde_json::from_slice::<Value>(body).ok();
    match &read {
        Error::Server(refused) => {
            assert_eq!(refused.status, status);
            // a tree has no place for some numbers and letters, which stand where nobody looks
            let Some(tree) = tree else { return };
            if let Some(code) = tree["code"].as_i64() {
                assert_eq!(refused.code.map(|code| code.number()), Some(code));
            }
            if let Some(text) = tree["error"].as_str() {
                assert_eq!(refused.message, text);
            }
            assert!(!refused.message.is_empty() || tree["error"] == "" || shown.len() < 200_000);
        }
        Error::UnexpectedAnswer {
            status: read,
            excerpt,
        } => {
            assert_eq!(*read, status);
            assert!(!excerpt.is_empty() && excerpt.chars().count() <= 200, "{excerpt}");
            assert!(
                !excerpt.contains("sessionToken") && !excerpt.contains("authData"),
                "{excerpt}"
            );
        }
        other => panic!("{other:?}"),
    }
}
