//! Saving many objects of which the server refuses some, cut up in any way.

use crate::runtime::{cases, failed, run, server, unique};
use parse_orm::Error;
use parse_orm::prelude::*;
use proptest::prelude::*;
use serde_json::{Value, json};
use std::sync::OnceLock;

/// A column of numbers, as one that can hold anything: the server refuses what is no number.
#[derive(ParseObject, Debug, Clone, PartialEq)]
struct Item {
    case: String,
    place: i64,
    score: Value,
    games: i64,
    tags: Vec<String>,
}

#[derive(Debug, Clone, Copy)]
enum Change {
    None,
    /// Assigned, and assigned back.
    Undone,
    Assign(i64),
    Operate(i64),
    /// Refused by the server.
    Refused(i64),
    /// Refused by the client.
    TooLarge,
    Gone,
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        1 => Just(Change::None),
        1 => Just(Change::Undone),
        3 => (1..9_i64).prop_map(Change::Assign),
        3 => (1..9_i64).prop_map(Change::Operate),
        2 => (1..9_i64).prop_map(Change::Refused),
        1 => Just(Change::TooLarge),
        1 => Just(Change::Gone),
    ]
}

fn make(item: &mut Object<Item>, change: Change) {
    match change {
        Change::None => {}
        Change::Undone => {
            item.games += 1;
            item.games -= 1;
        }
        Change::Assign(by) => item.score = json!(by * 100),
        Change::Operate(by) => {
            item.increment_games(by);
            item.add_unique_tags(["t"]);
        }
        Change::Refused(by) => {
            item.score = json!("no number");
            item.increment_games(by);
        }
        Change::TooLarge => item.games = 1 << 60,
        Change::Gone => item.games = -1,
    }
}

impl Change {
    fn fails(self) -> bool {
        matches!(self, Self::Refused(_) | Self::TooLarge | Self::Gone)
    }
}

proptest! {
    #![proptest_config(cases(64))]

    #[test]
    fn row_5_exactly_the_objects_that_failed_stay_dirty(
        changes in prop::collection::vec(change(), 1..25),
        chunk in 1..9_usize,
        concurrency in 1..5_usize,
    ) {
        static SERVER: OnceLock<(parse_orm_mock::MockServer, Client)> = OnceLock::new();
        let (mock, client) = SERVER.get_or_init(server);
        run(async {
            let case = unique();
            let items: Vec<_> = (0..).take(changes.len())
                .map(|place| Item { case: case.clone(), place, score: json!(place), games: 0, tags: vec![] })
                .collect();
            client.create_all(&items[..1]).await.into_result().map_err(failed)?;
            client.create_all(&items[1..]).chunk_size(chunk).concurrency(concurrency).await
                .into_result().map_err(failed)?;
            let rows = query!(Item.filter(case = &case).order_by(place));
            let mut objects = rows.all(client).await.map_err(failed)?;
            let fetched = objects.clone();
            for (object, &change) in objects.iter_mut().zip(&changes) {
                make(object, change);
                if matches!(change, Change::Gone) {
                    object.clone().delete(client).await.map_err(failed)?;
                }
            }
            let before = objects.clone();
            mock.clear_requests();
            let outcome = client.save_all(&mut objects).chunk_size(chunk).concurrency(concurrency).await;
            // in as few requests as the chunks allow: what is clean or cannot be sent takes no place in them
            let sent = before.iter().zip(&changes)
                .filter(|(object, change)| object.is_dirty() && !matches!(change, Change::TooLarge))
                .count();
            prop_assert_eq!(mock.requests().len(), sent.div_ceil(chunk));
            prop_assert_eq!(outcome.len(), changes.len());
            let mut stored = rows.in_bulk(client, objects.iter().map(Object::id)).await.map_err(failed)?;
            for (place, result) in outcome.into_iter().enumerate() {
                let (now, before, change) = (&objects[place], &before[place], changes[place]);
                prop_assert_eq!(result.is_err(), change.fails(), "{:?}", result);
                let row = stored.remove(now.id());
                if change.fails() {
                    prop_assert_eq!(&**now, &**before);
                    prop_assert_eq!(now.dirty_fields(), before.dirty_fields());
                    prop_assert_eq!(row.as_deref(), (!matches!(change, Change::Gone)).then(|| &*fetched[place]));
                } else {
                    prop_assert!(!now.is_dirty());
                    prop_assert_eq!(row.as_deref(), Some(&**now));
                }
                // what failed is what it was, operations included: undone, it is the row
                let mut undone = now.clone();
                undone.revert();
                if change.fails() {
                    prop_assert_eq!(&*undone, &*fetched[place]);
                }
            }
            // all of it or nothing: with a single failure nothing is done
            let before = objects.clone();
            match client.save_all(&mut objects).atomic().await {
                Ok(()) => prop_assert!(!changes.iter().any(|change| change.fails())),
                Err(Error::RolledBack { .. } | Error::Invalid(_)) => {
                    prop_assert!(changes.iter().any(|change| change.fails()));
                    for (now, before) in objects.iter().zip(&before) {
                        prop_assert_eq!(&**now, &**before);
                        prop_assert_eq!(now.dirty_fields(), before.dirty_fields());
                    }
                }
                Err(other) => return Err(failed(other)),
            }
            Ok(())
        })?;
    }
}
