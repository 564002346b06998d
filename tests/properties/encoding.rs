//! Row 35: whatever is in ids and texts reaches the server as it is.

use crate::runtime::{cases, failed, run, server, unique};
use parse_orm::Error;
use parse_orm::prelude::*;
use proptest::prelude::*;
use std::sync::OnceLock;

#[derive(ParseObject, Debug, Clone, PartialEq)]
struct Note {
    run: String,
    text: String,
}

/// Biased to what means something in an address, in JSON, or to a proxy.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[&+%#?/=;: \\\\\"'<>{}\\[\\]|^`~@!$,.*()0-9a-fé日🎲\u{80}\n\t]{0,20}",
        any::<String>(),
        "(%[0-9A-F]{2}|&|\\+){1,6}",
    ]
}

proptest! {
    #![proptest_config(cases(96))]

    #[test]
    fn row_35_texts_in_conditions(texts in prop::collection::vec(text(), 1..4), padding in 0_usize..3) {
        static SERVER: OnceLock<(parse_orm_mock::MockServer, Client)> = OnceLock::new();
        let (mock, client) = SERVER.get_or_init(server);
        run(async {
            let case = unique();
            for text in &texts {
                Note { run: case.clone(), text: text.clone() }.create(client).await.map_err(failed)?;
            }
            let mut distinct = texts.clone();
            distinct.sort();
            distinct.dedup();
            // short ones go in the address, long ones in a body
            let mut list = texts.clone();
            list.extend(std::iter::repeat_n("x".repeat(1000), padding));
            let mine = query!(Note.filter(run = &case));
            for text in &distinct {
                for set in [query!(mine.filter(text = text)), query!(mine.filter(text__in = &list, text = text))] {
                    mock.clear_requests();
                    let found = set.all(client).await.map_err(failed)?;
                    let expected = texts.iter().filter(|other| *other == text).count();
                    prop_assert_eq!(found.len(), expected, "{:?}", set);
                    prop_assert!(found.iter().all(|row| row.text == *text));
                    let request = mock.requests().swap_remove(0);
                    let asked = match (&request.body, request.query_value("where")) {
                        (_, Some(text)) => serde_json::from_str(text).unwrap(),
                        (Some(body), None) => body["where"].clone(),
                        (None, None) => serde_json::Value::Null,
                    };
                    prop_assert_eq!(asked, serde_json::to_value(&set).unwrap()["where"].clone());
                }
            }
            prop_assert_eq!(query!(mine.filter(text__in = &list)).count(client).await.map_err(failed)?, texts.len() as u64);
            Ok(())
        })?;
    }

    #[test]
    fn row_35_ids_in_addresses(id in text().prop_filter("an id", |id| !id.is_empty())) {
        static SERVER: OnceLock<(parse_orm_mock::MockServer, Client)> = OnceLock::new();
        let (mock, client) = SERVER.get_or_init(|| {
            run(async {
                let mock = parse_orm_mock::MockServer::builder().allow_custom_object_id(true).start().await.unwrap();
                let client = mock.client();
                Ok((mock, client))
            }).unwrap()
        });
        mock.reset();
        run(async {
            let note = Note { run: unique(), text: "first".into() };
            let mut stored = Draft::new(note).id(id.as_str()).create(client).await.map_err(failed)?;
            prop_assert_eq!(stored.id().as_str(), &id);
            stored.text = "second".into();
            if matches!(id.as_str(), "." | "..") {
                // no address can have such an end
                prop_assert!(matches!(stored.save(client).await, Err(Error::Invalid(_))));
                return Ok(());
            }
            stored.save(client).await.map_err(failed)?;
            prop_assert_eq!(&Note::get(client, id.as_str()).await.map_err(failed)?.text, "second");
            prop_assert_eq!(&query!(Note.filter(object_id = id.as_str())).get(client).await.map_err(failed)?.text, "second");
            stored.delete(client).await.map_err(failed)?;
            prop_assert!(Note::get(client, id.as_str()).await.is_err_and(|error| error.is_not_found()));
            Ok(())
        })?;
    }
}
