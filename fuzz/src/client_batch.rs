//! The answer to a batch: its first byte is how many requests there were.

use parse_orm::Error;
use parse_orm::internals::{batch, written};
use serde_json::Value;

use crate::everything::Everything;

pub fn run(input: &[u8]) {
    let Some((&requests, body)) = input.split_first() else {
        return;
    };
    let requests = usize::from(requests.saturating_sub(b'0'));
    let read = match batch(body, requests) {
        Ok(read) => read,
        Err(Error::UnexpectedAnswer { status: 200, .. }) => return,
        Err(other) => panic!("{other:?}"),
    };
    assert_eq!(read.len(), requests);
    let tree = serde_json::from_slice::<Value>(body).ok();
    for (place, answer) in read.iter().enumerate() {
        let item = tree.as_ref().map(|tree| &tree[place]);
        match answer {
            Ok(success) => {
                if let Some(item) = item {
                    // what is refused is never taken for done
                    assert!(item.get("error").is_none_or(Value::is_null), "{item}");
                    let read: Value = serde_json::from_slice(success).expect("a part of what was read");
                    assert_eq!(read, item["success"]);
                }
                let read = written::<Everything>(success);
                assert!(matches!(
                    read.err(),
                    None | Some(Error::UnexpectedAnswer { .. } | Error::Decode(_))
                ));
            }
            Err(Error::Server(refused)) => {
                if let Some(code) = item.and_then(|item| item["error"]["code"].as_i64()) {
                    assert_eq!(refused.code.map(|code| code.number()), Some(code));
                }
            }
            Err(Error::UnexpectedAnswer { .. }) => {}
            Err(other) => panic!("{other:?}"),
        }
    }
}
