//! New objects inside of new objects, in any shape that owned values can have, some of which the server refuses.

use crate::runtime::{cases, failed, run, server, unique};
use parse_orm::Error;
use parse_orm::prelude::*;
use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::HashSet;

/// A column of numbers, as one that can hold anything: the server refuses what is no number.
#[derive(ParseObject, Debug, Clone)]
struct Leaf {
    case: String,
    mark: Value,
    first: Option<Pointer<Self>>,
    others: Vec<Pointer<Self>>,
    related: Relation<Self>,
}

/// One object: whether it is refused, and which of the earlier ones it holds, in which of its fields.
#[derive(Debug, Clone)]
struct Shape {
    refused: bool,
    holds: Vec<(usize, u8)>,
}

fn shapes() -> impl Strategy<Value = Vec<Shape>> {
    let shape = (
        prop::bool::weighted(0.08),
        prop::collection::vec((any::<prop::sample::Index>(), 0..3_u8), 0..4),
    );
    prop::collection::vec(shape, 1..24).prop_map(|shapes| {
        let hold = |place: usize, holds: Vec<(prop::sample::Index, u8)>| {
            let earlier = holds.into_iter().filter(|_| place > 0);
            earlier
                .map(|(index, field)| (index.index(place), field))
                .collect()
        };
        let shapes = shapes.into_iter().enumerate();
        shapes
            .map(|(place, (refused, holds))| Shape {
                refused,
                holds: hold(place, holds),
            })
            .collect()
    })
}

fn build(case: &str, shapes: &[Shape]) -> Vec<Leaf> {
    let mut pointers: Vec<Pointer<Leaf>> = Vec::new();
    let mut values = Vec::new();
    for (place, shape) in shapes.iter().enumerate() {
        let mut leaf = Leaf {
            case: case.into(),
            mark: if shape.refused {
                json!("no number")
            } else {
                json!(place)
            },
            first: None,
            others: Vec::new(),
            related: Relation::new(),
        };
        for (held, field) in &shape.holds {
            let held = pointers[*held].clone();
            match field {
                0 => leaf.first = Some(held),
                1 => leaf.others.push(held),
                _ => leaf.related.add([held]),
            }
        }
        pointers.push(Pointer::new(leaf.clone()));
        values.push(leaf);
    }
    values
}

/// What an object really holds: its first field has room for one.
fn held(shape: &Shape) -> HashSet<usize> {
    let first = shape.holds.iter().rev().find(|(_, field)| *field == 0);
    let rest = shape.holds.iter().filter(|(_, field)| *field != 0);
    first.into_iter().chain(rest).map(|(place, _)| *place).collect()
}

proptest! {
    #![proptest_config(cases(96))]

    /// Stored is what can be, once, in one request for each depth; another try stores nothing again.
    #[test]
    fn row_7_and_row_9_each_is_stored_once(shapes in shapes()) {
        let (server, client) = server();
        run(async {
            let case = unique();
            let seed = Leaf { mark: json!(0), ..build("seed", &[Shape { refused: false, holds: vec![] }]).remove(0) };
            seed.create(&client).await.map_err(failed)?;
            server.clear_requests();

            let root = shapes.len() - 1;
            let mut reachable = vec![false; shapes.len()];
            reachable[root] = true;
            for place in (0..=root).rev() {
                if reachable[place] {
                    held(&shapes[place]).into_iter().for_each(|below| reachable[below] = true);
                }
            }
            let (mut sound, mut height) = (vec![true; shapes.len()], vec![0; shapes.len()]);
            for (place, shape) in shapes.iter().enumerate() {
                sound[place] = !shape.refused && held(shape).iter().all(|below| sound[*below]);
                height[place] = held(shape).iter().map(|below| height[*below] + 1).max().unwrap_or(0);
            }

            let value = build(&case, &shapes).pop().expect("a root");
            let outcome = value.create(&client).await;
            let requests = server.requests().len();
            if sound[root] {
                prop_assert_eq!(requests, height[root] + 1);
                outcome.map_err(failed)?;
            } else {
                let error = outcome.expect_err("something of it is refused");
                prop_assert_eq!(matches!(error, Error::Dependency(_)), held(&shapes[root]).iter().any(|below| !sound[*below]));
                prop_assert_eq!(error.code(), Some(ErrorCode::IncorrectType));
                let again = value.create(&client).await;
                prop_assert!(again.is_err());
            }
            let rows = query!(Leaf.filter(case = &case)).all(&client).await.map_err(failed)?;
            let mut marks: Vec<_> = rows.iter().filter_map(|row| row.mark.as_u64()).collect();
            marks.sort_unstable();
            let expected: Vec<_> = (0..=root).filter(|place| reachable[*place] && sound[*place]).map(|place| place as u64).collect();
            prop_assert_eq!(marks, expected);
            Ok(())
        })?;
    }
}
