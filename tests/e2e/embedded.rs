//! Saving a part of an embedded struct or map.

use crate::backend::{Outcome, backend};
use parse_orm::prelude::*;
use std::collections::BTreeMap;

#[derive(ParseValue, Debug, Clone, PartialEq)]
struct Address {
    city: String,
    street: Option<String>,
    seats: i64,
}

#[derive(ParseObject, Debug, Clone, PartialEq)]
#[parse(class_name = "E2eHall")]
struct Hall {
    at: Option<Address>,
    prices: BTreeMap<String, i64>,
}

/// The same class, as a program knows it that has other keys in the address.
#[derive(ParseValue, Debug, Clone, PartialEq)]
struct Extended {
    city: String,
    country: Option<String>,
}

#[derive(ParseObject, Debug, Clone, PartialEq)]
#[parse(class_name = "E2eHall")]
struct ExtendedHall {
    at: Option<Extended>,
}

fn hall() -> Hall {
    Hall {
        at: Some(Address {
            city: "Bern".into(),
            street: Some("Main Street".into()),
            seats: 10,
        }),
        prices: BTreeMap::from([("front".to_owned(), 50), ("back".to_owned(), 20)]),
    }
}

#[tokio::test]
async fn row_12_two_writers_of_one_struct_do_not_overwrite_each_other() -> Outcome {
    let backend = backend().await;
    let mut one = hall().create(backend.client()).await?;
    let mut other = Hall::get(backend.client(), one.id().clone()).await?;
    one.at.as_mut().ok_or("an address")?.city = "Basel".into();
    one.prices.insert("front".into(), 60);
    other.at.as_mut().ok_or("an address")?.seats = 11;
    other.prices.remove("back");
    one.save(backend.client()).await?;
    other.save(backend.client()).await?;
    one.refresh(backend.client(), Unsaved::Keep).await?;
    let expected = Hall {
        at: Some(Address {
            city: "Basel".into(),
            street: Some("Main Street".into()),
            seats: 11,
        }),
        prices: BTreeMap::from([("front".to_owned(), 60)]),
    };
    assert_eq!(*one, expected);
    Ok(())
}

#[tokio::test]
async fn row_12_keys_that_the_struct_does_not_declare_stay() -> Outcome {
    let backend = backend().await;
    let mut hall = hall().create(backend.client()).await?;
    let mut extended = ExtendedHall::get(backend.client(), hall.id().clone()).await?;
    extended.at.as_mut().ok_or("an address")?.country = Some("CH".into());
    extended.save(backend.client()).await?;
    hall.at.as_mut().ok_or("an address")?.street = None;
    hall.save(backend.client()).await?;
    extended.refresh(backend.client(), Unsaved::Discard).await?;
    assert_eq!(
        extended.at.as_ref().ok_or("an address")?.country.as_deref(),
        Some("CH")
    );
    hall.refresh(backend.client(), Unsaved::Discard).await?;
    let at = hall.at.as_ref().ok_or("an address")?;
    assert_eq!((at.street.as_deref(), at.seats), (None, 10));
    Ok(())
}

#[tokio::test]
async fn row_12_a_refresh_keeps_the_changed_parts_and_takes_the_others() -> Outcome {
    let backend = backend().await;
    let mut one = hall().create(backend.client()).await?;
    let mut other = Hall::get(backend.client(), one.id().clone()).await?;
    other.at.as_mut().ok_or("an address")?.seats = 11;
    other.prices.insert("side".into(), 30);
    other.save(backend.client()).await?;
    one.at.as_mut().ok_or("an address")?.city = "Basel".into();
    one.prices.remove("back");
    one.refresh(backend.client(), Unsaved::Keep).await?;
    assert_eq!(one.dirty_fields(), ["at", "prices"]);
    one.save(backend.client()).await?;
    let stored = Hall::get(backend.client(), one.id().clone()).await?;
    let at = stored.at.as_ref().ok_or("an address")?;
    assert_eq!((&*at.city, at.seats), ("Basel", 11));
    assert_eq!(
        stored.prices,
        BTreeMap::from([("front".to_owned(), 50), ("side".to_owned(), 30)])
    );
    Ok(())
}

#[tokio::test]
async fn row_13_a_changed_part_and_then_the_whole_is_one_value() -> Outcome {
    let backend = backend().await;
    let mut hall = hall().create(backend.client()).await?;
    hall.at.as_mut().ok_or("an address")?.city = "Basel".into();
    hall.at = Some(Address {
        city: "Biel".into(),
        street: None,
        seats: 3,
    });
    hall.at.as_mut().ok_or("an address")?.seats = 4;
    hall.save(backend.client()).await?;
    let stored = Hall::get(backend.client(), hall.id().clone()).await?;
    assert_eq!(*stored, *hall);
    assert_eq!(stored.at.as_ref().map(|at| at.seats), Some(4));
    Ok(())
}

#[tokio::test]
async fn row_12_an_update_changes_a_part_of_the_struct_in_every_row() -> Outcome {
    let backend = backend().await;
    let city = crate::backend::unique("city");
    for _ in 0..3 {
        let mut hall = hall();
        hall.at.as_mut().ok_or("an address")?.city.clone_from(&city);
        hall.create(backend.client()).await?;
    }
    let there = query!(Hall.filter(at.city = &city));
    let done = query!(there.update(at.seats += 5, at.street = None))
        .run(backend.client())
        .await?;
    assert_eq!((done.updated, done.failed.len()), (3, 0));
    for hall in there.all(backend.client()).await? {
        let expected = Address {
            city: city.clone(),
            street: None,
            seats: 15,
        };
        assert_eq!(hall.at, Some(expected));
    }
    Ok(())
}

#[tokio::test]
async fn row_13_the_whole_and_a_part_are_not_changed_at_once() -> Outcome {
    let backend = backend().await;
    let f = Hall::F;
    let whole = Address {
        city: "Bern".into(),
        street: None,
        seats: 1,
    };
    for changes in [
        [f.at.set(whole.clone()), f.at.at(Address::F.seats.set(2))],
        [f.at.at(Address::F.seats.set(2)), f.at.set(whole.clone())],
        [
            f.at.at(Address::F.seats.set(2)),
            f.at.at(Address::F.seats.increment(2)),
        ],
    ] {
        let refused = Hall::objects()
            .update(changes)
            .run(backend.client())
            .await
            .unwrap_err();
        assert!(matches!(&refused, Error::Invalid(_)), "{refused}");
        assert!(refused.to_string().contains("changed twice"), "{refused}");
    }
    Ok(())
}
