//! What a query set asks for besides rows and order.

use crate::backend::{Outcome, backend, sorted};
use crate::models::{Player, Team, player, team};
use parse_orm::prelude::*;
use serde_json::json;

#[derive(ParseObject, Debug, Clone, PartialEq)]
#[parse(class_name = "E2eOptions")]
struct Story {
    run: String,
    title: String,
    text: Option<String>,
    rank: Option<i64>,
    writer: Option<Pointer<Player>>,
    readers: Vec<Pointer<Player>>,
    #[parse(default)]
    tags: Vec<String>,
}

fn story(run: &str, title: &str) -> Story {
    Story {
        run: run.into(),
        title: title.into(),
        text: Some(format!("{title}, long")),
        rank: None,
        writer: None,
        readers: Vec::new(),
        tags: vec!["a".into()],
    }
}

/// One story, with a writer who is in a team, and a reader.
async fn stored(client: &Client, run: &str) -> parse_orm::Result<Object<Story>> {
    let red = Team {
        city: Some("Bern".into()),
        ..team(run, "Red")
    }
    .create(client)
    .await?;
    let ann = Player {
        rank: Some(7),
        team: Some(red.pointer()),
        ..player(run, "Ann")
    }
    .create(client)
    .await?;
    let bob = player(run, "Bob").create(client).await?;
    let mut one = story(run, "one");
    one.writer = Some(ann.pointer());
    one.readers = vec![bob.pointer()];
    one.rank = Some(1);
    one.create(client).await
}

#[tokio::test]
async fn row_1_fields_that_are_left_out_are_not_sent_and_not_lost() -> Outcome {
    let backend = backend().await;
    let (client, run) = (backend.client(), backend.run());
    stored(client, &run).await?;
    let set = query!(Story.filter(run = &run));

    let mut short = query!(set.exclude_keys(text, rank)).get(client).await?;
    assert_eq!((&*short.title, &short.text, short.rank), ("one", &None, None));
    assert_eq!(short.tags, ["a"]);
    // a save of a row that was read in part changes what was changed, and nothing else
    assert!(!short.is_dirty());
    short.title = "two".into();
    short.save(client).await?;
    let whole = set.get(client).await?;
    assert_eq!(
        (&*whole.title, whole.text.as_deref(), whole.rank),
        ("two", Some("one, long"), Some(1))
    );
    Ok(())
}

#[tokio::test]
async fn a_field_of_an_included_object_is_left_out() -> Outcome {
    let backend = backend().await;
    let (client, run) = (backend.client(), backend.run());
    stored(client, &run).await?;
    let row = query!(
        Story
            .filter(run = &run)
            .select_related(writer.team)
            .exclude_keys(writer.rank, writer.team.city)
    )
    .get(client)
    .await?;
    let writer = row.writer.as_ref().unwrap().get()?;
    assert_eq!((&*writer.name, writer.rank), ("Ann", None));
    let team = writer.team.as_ref().unwrap().get()?;
    assert_eq!((&*team.name, &team.city), ("Red", &None));
    assert_eq!(row.rank, Some(1));
    Ok(())
}

/// A refresh that leaves a field out keeps what is known of it, changed or not.
#[tokio::test]
async fn row_1_a_partial_refresh_clears_nothing() -> Outcome {
    let backend = backend().await;
    let (client, run) = (backend.client(), backend.run());
    let mut here = stored(client, &run).await?;
    let mut there = Story::get(client, here.id()).await?;
    there.title = "changed".into();
    there.text = Some("changed as well".into());
    there.save(client).await?;

    let short = query!(Story.exclude_keys(text));
    short.refresh(client, &mut here, Unsaved::Discard).await?;
    assert_eq!(
        (&*here.title, here.text.as_deref()),
        ("changed", Some("one, long"))
    );
    assert!(!here.is_dirty());

    here.text = Some("mine".into());
    here.rank = Some(5);
    short.refresh(client, &mut here, Unsaved::Keep).await?;
    assert_eq!((here.text.as_deref(), here.rank), (Some("mine"), Some(5)));
    assert_eq!(here.dirty_fields(), ["rank", "text"]);
    here.save(client).await?;
    assert_eq!(Story::get(client, here.id()).await?.text.as_deref(), Some("mine"));

    // and one that reads everything takes everything over
    there.text = None;
    there.save(client).await?;
    here.refresh(client, Unsaved::Discard).await?;
    assert_eq!(here.text, None);
    Ok(())
}

/// What is there of a row that was read in part.
#[tokio::test]
async fn row_16_what_is_available_is_told_for_each_field() -> Outcome {
    let backend = backend().await;
    let (client, run) = (backend.client(), backend.run());
    stored(client, &run).await?;
    let set = query!(Story.filter(run = &run));
    let row = query!(set.exclude_keys(text)).get(client).await?;
    // what was sent is there, whatever was left out, and so is what every row has
    assert_eq!(row.title, "one");
    assert!(row.updated_at() >= row.created_at());
    // a pointer says whether its target came along
    assert!(row.writer.as_ref().unwrap().loaded().is_none());
    let row = query!(set.exclude_keys(text).select_related(writer))
        .get(client)
        .await?;
    assert!(row.writer.as_ref().unwrap().loaded().is_some());
    Ok(())
}

/// The order's own keys come, excluded or not: there would be no telling where a page ends.
#[tokio::test]
async fn the_keys_of_the_order_cannot_be_left_out() -> Outcome {
    let backend = backend().await;
    let (client, run) = (backend.client(), backend.run());
    for rank in 0..7 {
        let mut row = story(&run, "s");
        row.rank = Some(rank);
        row.create(client).await?;
    }
    let rows = query!(
        Story
            .filter(run = &run)
            .order_by(-rank)
            .exclude_keys(rank, text)
            .page_size(2)
    )
    .all(client)
    .await?;
    assert_eq!(
        rows.iter().map(|row| row.rank).collect::<Vec<_>>(),
        (0..7).rev().map(Some).collect::<Vec<_>>()
    );
    assert!(rows.iter().all(|row| row.text.is_none()));
    Ok(())
}

/// One level, and no further; the others by name.
#[tokio::test]
async fn row_18_all_pointers_are_included_one_level_deep() -> Outcome {
    let backend = backend().await;
    let (client, run) = (backend.client(), backend.run());
    stored(client, &run).await?;
    let set = query!(Story.filter(run = &run).select_related(all));
    let row = set.get(client).await?;
    let writer = row.writer.as_ref().unwrap().get()?;
    assert_eq!((&*writer.name, &*row.readers[0].get()?.name), ("Ann", "Bob"));
    assert!(writer.team.as_ref().unwrap().get().is_err());
    assert_eq!(row.tags, ["a"]);

    let row = query!(set.select_related(writer.team)).get(client).await?;
    let team = row.writer.as_ref().unwrap().get()?.team.as_ref().unwrap();
    assert_eq!(team.get()?.name, "Red");
    assert!(row.readers[0].loaded().is_some());
    Ok(())
}

/// `all` is a field like any other where the model has it.
#[tokio::test]
async fn row_18_a_pointer_may_be_named_all() {
    #[derive(ParseObject, Debug, Clone)]
    struct Named {
        all: Option<Pointer<Player>>,
        other: Option<Pointer<Player>>,
    }
    let include = |set: QuerySet<Named>| serde_json::to_value(&set).unwrap();
    assert_eq!(
        include(query!(Named.select_related(all))),
        json!({"include": "all"})
    );
    assert_eq!(
        include(query!(Named.select_related(all, other))),
        json!({"include": "all,other"})
    );
    assert_eq!(
        include(query!(Named.select_related_all())),
        json!({"include": "all,other"})
    );
}

#[tokio::test]
async fn row_19_get_and_refresh_know_what_a_query_knows() -> Outcome {
    let backend = backend().await;
    let (client, run) = (backend.client(), backend.run());
    let id = stored(client, &run).await?.id().clone();
    let wanted = query!(Story.select_related(writer.team).exclude_keys(text));

    let row = wanted.get_by_id(client, &id).await?;
    assert_eq!(
        (&*row.writer.as_ref().unwrap().get()?.name, &row.text),
        ("Ann", &None)
    );

    let mut row = Story::get(client, &id).await?;
    assert!(row.writer.as_ref().unwrap().get().is_err() && row.text.is_some());
    wanted.refresh(client, &mut row, Unsaved::Discard).await?;
    let team = row.writer.as_ref().unwrap().get()?.team.as_ref().unwrap();
    assert_eq!(team.get()?.name, "Red");

    // with conditions the object has to meet them
    let found = query!(Story.filter(run = &run, rank = 1).select_related(writer))
        .get_by_id(client, &id)
        .await?;
    assert!(found.writer.as_ref().unwrap().loaded().is_some());
    let missing = query!(wanted.filter(rank = 2)).get_by_id(client, &id).await;
    assert!(missing.unwrap_err().is_not_found());
    let missing = wanted.get_by_id(client, "nobody").await;
    assert!(
        matches!(&missing, Err(Error::DoesNotExist { id: Some(id), .. }) if *id == "nobody"),
        "{missing:?}"
    );
    let refused = wanted.limit(5).get_by_id(client, &id).await.unwrap_err();
    assert!(refused.to_string().contains("cannot follow `limit`"), "{refused}");
    Ok(())
}

/// Both servers take the options; what MongoDB does with them is MongoDB's.
#[tokio::test]
async fn options_for_the_database_are_taken() -> Outcome {
    let backend = backend().await;
    let (client, run) = (backend.client(), backend.run());
    let id = stored(client, &run).await?.id().clone();
    let set = query!(
        Story
            .filter(run = &run)
            .select_related(writer)
            .read_preference(ReadPreference::SecondaryPreferred)
            .include_read_preference(ReadPreference::Primary)
            .subquery_read_preference(ReadPreference::Nearest)
            .hint("_id_")
            .comment("12")
    );
    assert_eq!(set.all(client).await?.len(), 1);
    assert_eq!(set.count(client).await?, 1);
    assert!(set.exists(client).await? && set.first(client).await?.is_some());
    let by_keys = query!(Story.filter(run = &run).hint(json!({"_id": 1})));
    assert_eq!(by_keys.all(client).await?.len(), 1);
    // a get by id takes fewer of them
    let all = query!(
        Story
            .read_preference(ReadPreference::Secondary)
            .hint("_id_")
            .comment("text")
    );
    assert_eq!(all.get_by_id(client, &id).await?.title, "one");
    Ok(())
}

#[tokio::test]
async fn how_the_database_finds_the_rows() -> Outcome {
    let backend = backend().await;
    let (client, run) = (backend.client(), backend.run());
    stored(client, &run).await?;
    let set = query!(Story.filter(run = &run).order_by(title).select_related(writer));
    let plan = set.explain(backend.master()).await?.to_string();
    assert!(
        plan.contains("winningPlan") || plan.contains("QUERY PLAN"),
        "{plan}"
    );
    let error = set.explain(client).await.unwrap_err();
    assert_eq!(error.code(), Some(ErrorCode::InvalidQuery), "{error}");
    Ok(())
}

#[tokio::test]
async fn the_earliest_and_the_latest_row_have_a_value() -> Outcome {
    let backend = backend().await;
    let (client, run) = (backend.client(), backend.run());
    let ranks = [Some(3), None, Some(9), Some(1), None];
    for (number, rank) in ranks.into_iter().enumerate() {
        let mut row = story(&run, &format!("s{number}"));
        row.rank = rank;
        row.create(client).await?;
    }
    let set = query!(Story.filter(run = &run).order_by(title));
    assert_eq!(query!(set.earliest(client, rank)).await?.unwrap().rank, Some(1));
    assert_eq!(query!(set.latest(client, rank)).await?.unwrap().rank, Some(9));
    let all = set.all(client).await?;
    let dates = all.iter().map(|row| row.created_at());
    let first = query!(set.earliest(client, created_at)).await?.unwrap();
    assert_eq!(Some(first.created_at()), dates.clone().min());
    let last = set.latest(client, Story::F.created_at).await?.unwrap();
    assert_eq!(Some(last.created_at()), dates.max());
    let none = query!(set.filter(rank__isnull = true));
    assert!(query!(none.latest(client, rank)).await?.is_none());
    let refused = query!(set.limit(2).latest(client, rank)).await.unwrap_err();
    assert!(refused.to_string().contains("`latest`"), "{refused}");
    Ok(())
}

#[tokio::test]
async fn a_few_fields_as_tuples() -> Outcome {
    let backend = backend().await;
    let (client, run) = (backend.client(), backend.run());
    let one = stored(client, &run).await?;
    let two = story(&run, "two").create(client).await?;
    let set = query!(Story.filter(run = &run).order_by(title).select_related(writer));

    let pairs = query!(set.values_list(client, (title, rank))).await?;
    assert_eq!(pairs, [("one".to_owned(), Some(1)), ("two".to_owned(), None)]);
    let titles = query!(set.values_list(client, title)).await?;
    assert_eq!(titles, ["one", "two"]);
    let ids = query!(set[1..].values_list(client, (object_id, created_at, updated_at))).await?;
    assert_eq!(ids, [(two.id().clone(), two.created_at(), two.updated_at())]);
    let f = Story::F;
    let eight = (
        f.run,
        f.title,
        f.text,
        f.rank,
        f.writer,
        f.readers,
        f.tags,
        f.object_id,
    );
    let rows = set.values_list(client, eight).await?;
    assert_eq!(
        rows[0].4.as_ref().map(|writer| writer.id()),
        one.writer.as_ref().map(|w| w.id())
    );
    assert_eq!((rows[0].5.len(), &rows[1].6), (1, &vec!["a".to_owned()]));

    // over several pages, in the order
    let mut names = Vec::new();
    for number in 0..9 {
        let name = format!("t{number}");
        story(&run, &name).create(client).await?;
        names.push(name);
    }
    let all = query!(
        Story
            .filter(run = &run, title__startswith = "t")
            .order_by(title)
            .page_size(2)
    );
    let mut listed = all.values_list(client, f.title).await?;
    listed.retain(|name| name != "two");
    assert_eq!(listed, names);
    assert_eq!(sorted(listed.clone()), listed);
    Ok(())
}

#[tokio::test]
async fn a_row_that_does_not_fit_a_tuple_is_named() -> Outcome {
    #[derive(ParseObject, Debug, Clone)]
    #[parse(class_name = "E2eOptions")]
    struct Strict {
        run: String,
        rank: i64,
        title: bool,
    }
    let backend = backend().await;
    let (client, run) = (backend.client(), backend.run());
    let id = story(&run, "one").create(client).await?.id().clone();
    let set = query!(Strict.filter(run = &run));
    let missing = query!(set.values_list(client, (run, rank))).await.unwrap_err();
    assert_eq!(
        missing.to_string(),
        format!("E2eOptions `{id}`, field `rank`: expected Number, found no such field")
    );
    let other = query!(set.values_list(client, title)).await.unwrap_err();
    assert_eq!(
        other.to_string(),
        format!("E2eOptions `{id}`, field `title`: expected Boolean, found String \"one\"")
    );
    Ok(())
}
