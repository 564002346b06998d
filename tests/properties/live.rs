//! Whatever a LiveQuery server says: nothing breaks, and what it says right is heard.

use crate::live_server::{Scripted, row};
use crate::runtime::{cases, failed, run};
use futures::StreamExt as _;
use parse_orm::prelude::*;
use proptest::prelude::*;
use serde_json::{Value, json};

#[derive(ParseObject, Debug, Clone)]
struct Scored {
    score: i64,
}

fn json_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        Just(row(1)),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        let key = prop::sample::select(vec![
            "score",
            "objectId",
            "__type",
            "className",
            "createdAt",
            "ACL",
            "x",
        ]);
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((key, inner), 0..4).prop_map(|entries| entries.into_iter().collect()),
        ]
    })
}

/// Texts that may be messages. Those that end a subscription are not among them.
fn text() -> impl Strategy<Value = String> {
    let op = prop::sample::select(vec![
        "create",
        "enter",
        "update",
        "leave",
        "delete",
        "connected",
        "subscribed",
        "error",
        "redirect",
        "result",
        "",
    ]);
    let id = prop_oneof![
        4 => Just(json!(1)),
        1 => json_value(),
    ];
    let message = (op, id, json_value(), json_value(), json_value())
        .prop_map(|(op, id, object, original, other)| {
            json!({
                "op": op, "requestId": id, "clientId": other, "object": object, "original": original,
                "code": other, "error": object, "reconnect": true,
            })
            .to_string()
        })
        .boxed();
    let cut = (message.clone(), any::<prop::sample::Index>()).prop_map(|(text, at)| {
        let letters: Vec<char> = text.chars().collect();
        letters[..at.index(letters.len())].iter().collect()
    });
    prop_oneof![4 => message, 1 => cut, 1 => any::<String>(), 1 => json_value().prop_map(|value| value.to_string())]
}

proptest! {
    #![proptest_config(cases(64))]

    #[test]
    fn any_message_is_survived(texts in prop::collection::vec(text(), 0..24)) {
        run(async {
            let server = Scripted::start().await;
            let client = server.client();
            let asking = tokio::spawn(Scored::objects().subscribe(&client).into_future());
            let mut connection = server.welcome().await;
            let id = connection.subscribe().await;
            prop_assert_eq!(id, 1);
            let mut events = asking.await.expect("no panic").map_err(failed)?;
            for text in texts {
                connection.send_text(text).await;
            }
            connection.create(id, i64::MAX).await;
            loop {
                match events.next().await {
                    Some(Ok(LiveEvent::Create(row))) if row.score == i64::MAX => break,
                    Some(_) => {}
                    None => prop_assert!(false, "the stream has ended"),
                }
            }
            Ok(())
        })?;
    }
}
