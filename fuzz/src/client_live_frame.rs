//! What comes over a LiveQuery socket.

use parse_orm::internals::{live_frame, object};
use serde_json::Value;

use crate::client_page::has_a_key_twice;
use crate::everything::Everything;

const EVENTS: [&str; 5] = ["create", "enter", "update", "leave", "delete"];

pub fn run(input: &[u8]) {
    // a socket hands on texts only
    let Ok(text) = std::str::from_utf8(input) else {
        return;
    };
    let tree = serde_json::from_str::<Value>(text).ok();
    let Some(frame) = live_frame(text) else {
        // what is plainly a frame is read as one
        let Some(tree) = tree.filter(|_| !has_a_key_twice(input)) else {
            return;
        };
        let plain = tree["op"] == "connected"
            || tree["requestId"].is_u64() && EVENTS.iter().any(|op| tree["op"] == **op);
        let others = ["requestId", "code", "reconnect", "error", "object", "original"];
        let odd = others.iter().any(|key| match (*key, &tree[key]) {
            (_, Value::Null) | ("error" | "object" | "original", _) => false,
            ("requestId", value) => !value.is_u64(),
            ("code", value) => !value.is_i64(),
            (_, value) => !value.is_boolean(),
        });
        assert!(!plain || odd || !tree.is_object(), "{tree}");
        return;
    };
    let Some(tree) = tree else { return };
    assert_eq!(tree["op"], frame.op);
    assert_eq!(tree["requestId"].as_u64(), frame.request);
    let event = EVENTS.contains(&frame.op);
    assert_eq!(frame.object.is_some(), event);
    if let Some((code, message)) = &frame.refusal {
        assert_eq!(tree["code"].as_i64(), *code);
        assert!(tree["error"].as_str().is_none_or(|text| text == message));
    }
    for one in [&frame.object, &frame.original].into_iter().flatten() {
        match object::<Everything>(one.get()) {
            Ok(read) => assert_eq!(
                Some(read.id().as_str()),
                serde_json::from_str::<Value>(one.get())
                    .ok()
                    .as_ref()
                    .map_or(Some(read.id().as_str()), |tree| tree["objectId"].as_str())
            ),
            Err(error) => assert!(
                error.class_name == "Everything" && !error.found.is_empty(),
                "{error:?}"
            ),
        }
    }
}
