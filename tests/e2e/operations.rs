//! Atomic operations, and what becomes of two of them on one field before a save.
//!
//! Each test changes an object, looks at the local value, saves, and compares with what the server then holds.
//! The bodies that travel are in `tests/wire`.

use crate::backend::{Backend, Outcome, PostgresCannot, backend, mock_because_postgres_cannot, sorted};
use parse_orm::Error;
use parse_orm::prelude::*;

#[derive(ParseObject, Debug, Clone, PartialEq)]
#[parse(class_name = "E2eTally")]
struct Tally {
    count: i64,
    ratio: f64,
    small: u8,
    maybe: Option<i64>,
    tags: Vec<String>,
    numbers: Option<Vec<i64>>,
}

fn tally() -> Tally {
    Tally {
        count: 5,
        ratio: 0.5,
        small: 250,
        maybe: Some(1),
        tags: vec!["a".into(), "b".into()],
        numbers: Some(vec![1, 2]),
    }
}

/// Saves; what the object shows must be what the server holds.
async fn saved(object: &mut Object<Tally>, backend: &Backend) -> Result<Tally, Error> {
    let expected = (**object).clone();
    object.save(backend.client()).await?;
    assert!(!object.is_dirty());
    let fresh = Tally::get(backend.client(), object.id()).await?;
    assert_eq!(*fresh, **object, "the server holds something else");
    // the order of added elements is the database's business
    let unordered = |value: &Tally| (sorted(value.tags.clone()), value.numbers.clone().map(sorted));
    assert_eq!(
        unordered(&expected),
        unordered(&fresh),
        "the value changed by saving"
    );
    assert_eq!((expected.count, expected.maybe), (fresh.count, fresh.maybe));
    Ok(fresh.into_inner())
}

fn texts(list: &[String]) -> Vec<&str> {
    sorted(list.iter().map(String::as_str))
}

#[tokio::test]
async fn set_then_increment() -> Outcome {
    let backend = backend().await;
    let mut object = tally().create(backend.client()).await?;
    object.count = 100;
    object.increment_count(11);
    object.ratio = 1.5;
    object.increment_ratio(-0.25);
    assert_eq!((object.count, object.ratio), (111, 1.25));
    let saved = saved(&mut object, &backend).await?;
    assert_eq!((saved.count, saved.ratio), (111, 1.25));
    Ok(())
}

#[tokio::test]
async fn increment_then_increment() -> Outcome {
    let backend = backend().await;
    let mut object = tally().create(backend.client()).await?;
    object.increment_count(10);
    object.increment_count(-3);
    object.increment_ratio(0.25);
    assert_eq!((object.count, object.ratio), (12, 0.75));
    let mut other = Tally::get(backend.client(), object.id()).await?;
    other.increment_count(1000);
    other.save(backend.client()).await?;
    // atomic: the other one's thousand is not overwritten, and shows after the save
    object.save(backend.client()).await?;
    assert_eq!(object.count, 1012);
    assert_eq!(Tally::get(backend.client(), object.id()).await?.count, 1012);
    Ok(())
}

#[tokio::test]
async fn increment_then_set() -> Outcome {
    let backend = backend().await;
    let mut object = tally().create(backend.client()).await?;
    let mut other = Tally::get(backend.client(), object.id()).await?;
    other.increment_count(1000);
    other.save(backend.client()).await?;
    object.increment_count(10);
    object.count = 7;
    assert_eq!(saved(&mut object, &backend).await?.count, 7);
    Ok(())
}

#[tokio::test]
async fn delete_then_increment() -> Outcome {
    let backend = backend().await;
    let mut object = tally().create(backend.client()).await?;
    object.unset_maybe();
    object.increment_maybe(4);
    assert_eq!(object.maybe, Some(4));
    assert_eq!(saved(&mut object, &backend).await?.maybe, Some(4));
    Ok(())
}

#[tokio::test]
async fn increment_of_a_missing_field() -> Outcome {
    let backend = backend().await;
    let mut value = tally();
    value.maybe = None;
    let mut object = value.create(backend.client()).await?;
    object.increment_maybe(4);
    object.increment_maybe(1);
    assert_eq!(object.maybe, Some(5));
    assert_eq!(saved(&mut object, &backend).await?.maybe, Some(5));
    Ok(())
}

#[tokio::test]
async fn any_then_delete() -> Outcome {
    let backend = backend().await;
    let mut object = tally().create(backend.client()).await?;
    object.increment_maybe(4);
    object.unset_maybe();
    object.add_numbers([3]);
    object.numbers = None;
    assert_eq!(object.dirty_fields(), ["maybe", "numbers"]);
    let saved = saved(&mut object, &backend).await?;
    assert_eq!((saved.maybe, saved.numbers), (None, None));
    Ok(())
}

#[tokio::test]
async fn add_then_add() -> Outcome {
    let backend = backend().await;
    let mut object = tally().create(backend.client()).await?;
    object.add_tags(["c"]);
    object.add_tags(["d".to_owned(), "e".to_owned()]);
    assert_eq!(object.tags, ["a", "b", "c", "d", "e"]);
    assert_eq!(
        texts(&saved(&mut object, &backend).await?.tags),
        ["a", "b", "c", "d", "e"]
    );
    Ok(())
}

/// Duplicates among what is added are kept.
#[tokio::test]
async fn add_then_add_keeps_duplicates() -> Outcome {
    let backend = mock_because_postgres_cannot(PostgresCannot::KeepTheOrderOfAdded).await;
    let mut object = tally().create(backend.client()).await?;
    object.add_tags(["b", "c"]);
    object.add_tags(["c"]);
    assert_eq!(
        saved(&mut object, &backend).await?.tags,
        ["a", "b", "b", "c", "c"]
    );
    Ok(())
}

#[tokio::test]
async fn add_unique_then_add_unique() -> Outcome {
    let backend = backend().await;
    let mut object = tally().create(backend.client()).await?;
    object.add_unique_tags(["b", "c", "c"]);
    object.add_unique_tags(["c", "a", "d"]);
    assert_eq!(texts(&object.tags), ["a", "b", "c", "d"]);
    assert_eq!(
        texts(&saved(&mut object, &backend).await?.tags),
        ["a", "b", "c", "d"]
    );
    Ok(())
}

#[tokio::test]
async fn add_unique_mixed_with_add() -> Outcome {
    let backend = backend().await;
    let mut object = tally().create(backend.client()).await?;
    object.add_tags(["c"]);
    object.add_unique_tags(["c", "d"]);
    assert_eq!(object.tags, ["a", "b", "c", "d"]);
    assert_eq!(saved(&mut object, &backend).await?.tags, ["a", "b", "c", "d"]);
    object.add_unique_tags(["d", "e"]);
    object.add_tags(["a"]);
    assert_eq!(
        saved(&mut object, &backend).await?.tags,
        ["a", "b", "c", "d", "e", "a"]
    );
    Ok(())
}

/// What users of other clients get an error for.
#[tokio::test]
async fn remove_mixed_with_add() -> Outcome {
    let backend = backend().await;
    let mut object = tally().create(backend.client()).await?;
    object.add_tags(["c"]);
    object.remove_tags(["a", "c"]);
    assert_eq!(saved(&mut object, &backend).await?.tags, ["b"]);
    object.remove_tags(["b"]);
    object.add_tags(["b", "x"]);
    assert_eq!(saved(&mut object, &backend).await?.tags, ["b", "x"]);
    object.add_unique_tags(["b", "y"]);
    object.remove_tags(["x"]);
    assert_eq!(saved(&mut object, &backend).await?.tags, ["b", "y"]);
    object.remove_tags(["y"]);
    object.add_unique_tags(["y", "z"]);
    assert_eq!(saved(&mut object, &backend).await?.tags, ["b", "y", "z"]);
    Ok(())
}

#[tokio::test]
async fn remove_then_remove() -> Outcome {
    let backend = backend().await;
    let mut value = tally();
    value.tags = ["a", "b", "a", "c"].map(Into::into).into();
    let mut object = value.create(backend.client()).await?;
    object.remove_tags(["a"]);
    object.remove_tags(["c", "nothing"]);
    assert_eq!(object.tags, ["b"]);
    assert_eq!(saved(&mut object, &backend).await?.tags, ["b"]);
    Ok(())
}

#[tokio::test]
async fn set_then_array_operations() -> Outcome {
    let backend = backend().await;
    let mut object = tally().create(backend.client()).await?;
    object.tags = vec!["x".into(), "y".into()];
    object.add_tags(["x"]);
    object.add_unique_tags(["y", "z"]);
    object.remove_tags(["y"]);
    assert_eq!(saved(&mut object, &backend).await?.tags, ["x", "x", "z"]);
    Ok(())
}

#[tokio::test]
async fn delete_then_add() -> Outcome {
    let backend = backend().await;
    let mut object = tally().create(backend.client()).await?;
    object.unset_numbers();
    object.add_numbers([7, 7]);
    assert_eq!(saved(&mut object, &backend).await?.numbers, Some(vec![7, 7]));
    object.unset_numbers();
    object.add_unique_numbers([8, 8]);
    assert_eq!(saved(&mut object, &backend).await?.numbers, Some(vec![8]));
    Ok(())
}

#[tokio::test]
async fn delete_then_remove() -> Outcome {
    let backend = backend().await;
    let mut object = tally().create(backend.client()).await?;
    object.unset_numbers();
    object.remove_numbers([1]);
    assert_eq!(object.numbers, None);
    assert_eq!(saved(&mut object, &backend).await?.numbers, None);
    Ok(())
}

#[tokio::test]
async fn array_operation_then_set() -> Outcome {
    let backend = backend().await;
    let mut object = tally().create(backend.client()).await?;
    object.add_tags(["c"]);
    object.tags = vec!["only".into()];
    assert_eq!(saved(&mut object, &backend).await?.tags, ["only"]);
    Ok(())
}

#[tokio::test]
async fn add_to_a_missing_array() -> Outcome {
    let backend = backend().await;
    let mut value = tally();
    value.numbers = None;
    let mut object = value.create(backend.client()).await?;
    object.add_numbers([3]);
    assert_eq!(object.numbers, Some(vec![3]));
    assert_eq!(saved(&mut object, &backend).await?.numbers, Some(vec![3]));
    Ok(())
}

/// The two arrays are added to by two programs; both additions stay.
#[tokio::test]
async fn two_programs_add() -> Outcome {
    let backend = backend().await;
    let mut mine = tally().create(backend.client()).await?;
    let mut theirs = Tally::get(backend.client(), mine.id()).await?;
    mine.add_unique_tags(["mine"]);
    theirs.add_unique_tags(["theirs"]);
    mine.save(backend.client()).await?;
    theirs.save(backend.client()).await?;
    // the answer to a save shows the array as it is now
    assert_eq!(texts(&theirs.tags), ["a", "b", "mine", "theirs"]);
    Ok(())
}

/// An operation whose result the field cannot hold is refused when saving, and nothing is sent.
#[tokio::test]
async fn an_increment_out_of_range_is_refused() -> Outcome {
    let backend = backend().await;
    let mut object = tally().create(backend.client()).await?;
    object.increment_small(10);
    object.count = 6;
    let error = object.save(backend.client()).await.unwrap_err();
    assert!(
        matches!(&error, Error::Invalid(error) if error.field.as_deref() == Some("small")),
        "{error}"
    );
    assert_eq!(object.dirty_fields(), ["count", "small"]);
    assert_eq!(Tally::get(backend.client(), object.id()).await?.count, 5);
    object.revert();
    object.increment_small(5);
    assert_eq!(saved(&mut object, &backend).await?.small, 255);
    Ok(())
}

/// Beyond 2^53 the server would hold another number than the local value shows.
#[tokio::test]
async fn row_54_an_increment_beyond_2_to_the_53_is_refused() -> Outcome {
    let backend = backend().await;
    let limit = 1 << 53;
    let mut object = Tally {
        count: limit - 1,
        ..tally()
    }
    .create(backend.client())
    .await?;
    object.increment_count(1);
    assert_eq!(saved(&mut object, &backend).await?.count, limit);
    object.increment_count(1);
    let error = object.save(backend.client()).await.unwrap_err();
    assert!(
        matches!(&error, Error::Invalid(error) if error.field.as_deref() == Some("count")),
        "{error}"
    );
    object.revert();
    assert_eq!(object.count, limit);
    Ok(())
}

#[tokio::test]
async fn an_increment_by_nan_is_refused() -> Outcome {
    let backend = backend().await;
    let mut object = tally().create(backend.client()).await?;
    object.increment_ratio(f64::NAN);
    let error = object.save(backend.client()).await.unwrap_err();
    assert!(
        matches!(&error, Error::Invalid(error) if error.field.as_deref() == Some("ratio")),
        "{error}"
    );
    assert_eq!(Tally::get(backend.client(), object.id()).await?.ratio, 0.5);
    Ok(())
}

/// Elements are compared by what is stored: dates to the millisecond, references by their target.
#[tokio::test]
async fn elements_are_compared_as_the_server_does() -> Outcome {
    use crate::models::{Team, team};

    #[derive(ParseObject, Debug, Clone)]
    #[parse(class_name = "E2eElements")]
    struct Holder {
        dates: Vec<DateTime<Utc>>,
        teams: Vec<Pointer<Team>>,
        numbers: Vec<f64>,
    }
    let backend = backend().await;
    let client = backend.client();
    let red = team(&backend.run(), "Red").create(client).await?;
    let blue = team(&backend.run(), "Blue").create(client).await?;
    let day: DateTime<Utc> = "2020-02-29T12:00:00.123Z".parse()?;
    let finer: DateTime<Utc> = "2020-02-29T12:00:00.123456Z".parse()?;
    let mut holder = Holder {
        dates: vec![day],
        teams: vec![red.pointer()],
        numbers: vec![1.0],
    }
    .create(client)
    .await?;
    holder.add_unique_dates([finer]);
    holder.add_unique_teams([&red, &blue]);
    holder.add_unique_numbers([1.0, 2.0]);
    assert_eq!(
        (holder.dates.len(), holder.teams.len(), holder.numbers.len()),
        (1, 2, 2)
    );
    holder.save(client).await?;
    let mut fresh = Holder::get(client, holder.id()).await?;
    assert_eq!(
        (fresh.dates.len(), fresh.teams.len(), fresh.numbers.len()),
        (1, 2, 2)
    );

    fresh.remove_teams([Pointer::to(red.id().clone())]);
    fresh.remove_dates([day]);
    fresh.remove_numbers([1.0]);
    fresh.save(client).await?;
    let fresh = Holder::get(client, fresh.id()).await?;
    assert_eq!(fresh.teams, [blue.pointer()]);
    assert_eq!(
        (fresh.dates.len(), fresh.numbers.as_slice()),
        (0, [2.0].as_slice())
    );
    Ok(())
}
