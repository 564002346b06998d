//! LiveQuery: what subscriptions are told, and who is told of it.

use crate::backend::{Backend, Outcome, backend, unique};
use crate::live_server::Proxy;
use crate::models::Venue;
use crate::users::somebody;
use parse_orm::prelude::*;
use parse_orm::{
    Asker, ClassOperation, ClassPermissions, ClassSchema, Error, ErrorCode, GapReason, RetryPolicy, Role,
};
use std::time::Duration;

/// A class that both servers tell of.
#[derive(ParseObject, Debug, Clone, PartialEq, Default)]
#[parse(class_name = "LiveThing")]
pub struct Thing {
    pub run: String,
    pub title: String,
    pub score: i64,
    pub level: Option<i64>,
    pub note: Option<String>,
    #[parse(default)]
    pub tags: Vec<String>,
    pub place: Option<GeoPoint>,
    pub area: Option<Polygon>,
    pub at: Option<DateTime<Utc>>,
    pub owner: Option<Pointer<Thing>>,
    #[parse(default)]
    pub friends: Vec<Pointer<Thing>>,
    pub venue: Option<Venue>,
}

pub fn thing(run: &str, title: &str, score: i64) -> Thing {
    Thing {
        run: run.into(),
        title: title.into(),
        score,
        ..Thing::default()
    }
}

/// The next event; a test that waits for one in vain fails.
pub async fn next<R>(events: &mut Subscription<R>) -> Result<LiveEvent<R>, Error> {
    tokio::time::timeout(Duration::from_secs(20), events.next())
        .await
        .expect("an event in time")
        .expect("a stream that goes on")
}

/// What came, as a word and the score it is about; a gap fails the test.
async fn told(events: &mut Subscription<Object<Thing>>) -> Result<(&'static str, i64), Error> {
    Ok(match next(events).await? {
        LiveEvent::Create(thing) => ("create", thing.score),
        LiveEvent::Enter { object, .. } => ("enter", object.score),
        LiveEvent::Update { object, .. } => ("update", object.score),
        LiveEvent::Leave { object, .. } => ("leave", object.score),
        LiveEvent::Delete(thing) => ("delete", thing.score),
        other => panic!("{other:?}"),
    })
}

#[tokio::test]
async fn every_event_comes_with_the_object_and_its_original() -> Outcome {
    let backend = backend().await;
    let (client, run) = (backend.client(), backend.run());
    let mut high = query!(Thing.filter(run = &run, score__gte = 10))
        .subscribe(client)
        .await?;
    let mut row = Thing {
        note: Some("new".into()),
        tags: vec!["a".into()],
        at: Some("2026-01-02T03:04:05.678Z".parse()?),
        venue: Some(Venue {
            city: "Bern".into(),
            street_name: None,
            seats: 7,
        }),
        ..thing(&run, "one", 10)
    }
    .create(client)
    .await?;
    let LiveEvent::Create(created) = next(&mut high).await? else {
        return Err("no create".into());
    };
    assert_eq!((created.id(), &*created), (row.id(), &*row));
    assert_eq!(created.created_at(), row.created_at());
    assert!(!created.is_dirty());

    row.score = 12;
    row.save(client).await?;
    let LiveEvent::Update { object, original } = next(&mut high).await? else {
        return Err("no update".into());
    };
    assert_eq!((object.score, original.map(|thing| thing.score)), (12, Some(10)));
    assert_eq!((object.id(), object.updated_at()), (row.id(), row.updated_at()));

    row.score = 9;
    row.save(client).await?;
    let LiveEvent::Leave { object, original } = next(&mut high).await? else {
        return Err("no leave".into());
    };
    assert_eq!((object.score, original.map(|thing| thing.score)), (9, Some(12)));

    // not told of: it does not meet the conditions, before and after
    row.score = 8;
    row.save(client).await?;
    row.score = 11;
    row.save(client).await?;
    let LiveEvent::Enter { object, original } = next(&mut high).await? else {
        return Err("no enter".into());
    };
    assert_eq!((object.score, original.map(|thing| thing.score)), (11, Some(8)));

    row.delete(client).await?;
    let LiveEvent::Delete(gone) = next(&mut high).await? else {
        return Err("no delete".into());
    };
    assert_eq!((gone.score, gone.note.as_deref()), (11, Some("new")));
    Ok(())
}

/// Several at once, each with its own; whoever unsubscribes or is dropped is told nothing more.
#[tokio::test]
async fn each_subscription_has_events_of_its_own() -> Outcome {
    let backend = backend().await;
    let (client, run) = (backend.client(), backend.run());
    let set = query!(Thing.filter(run = &run));
    let mut all = set.subscribe(client).await?;
    let mut again = set.subscribe(client).await?;
    let mut low = query!(set.filter(score__lt = 5)).subscribe(client).await?;
    // of another run, or another class
    let mut foreign = query!(Thing.filter(run = unique("nobody")))
        .subscribe(client)
        .await?;

    for score in [3, 7] {
        thing(&run, "x", score).create(client).await?;
    }
    for events in [&mut all, &mut again] {
        assert_eq!(told(events).await?, ("create", 3));
        assert_eq!(told(events).await?, ("create", 7));
    }
    again.unsubscribe().await;
    drop(set.subscribe(client).await?);
    thing(&run, "x", 4).create(client).await?;
    assert_eq!(told(&mut low).await?, ("create", 3));
    assert_eq!(told(&mut low).await?, ("create", 4));
    assert_eq!(told(&mut all).await?, ("create", 4));
    assert!(futures::FutureExt::now_or_never(foreign.next()).is_none());
    Ok(())
}

/// Each subscription is told what its own session may read; the master key is told of everything.
#[tokio::test]
async fn nobody_is_told_of_what_they_may_not_read() -> Outcome {
    let backend = backend().await;
    let (run, master) = (backend.run(), backend.master());
    let (ann, bob) = (somebody(&backend, "ann").await?, somebody(&backend, "bob").await?);
    let name = unique("Readers");
    let readable = Acl::new().allow_read(Who::Public);
    Role::new(&name, readable)?.users([&bob]).create(master).await?;
    let set = query!(Thing.filter(run = &run));
    let mut public = set.subscribe(backend.client()).await?;
    let mut of_ann = set.subscribe(&ann).await?;
    let mut of_bob = set.subscribe(&bob).await?;
    let mut of_master = set.subscribe(master).await?;

    let of_the_role = Acl::new().allow_read(Who::role(&name));
    let mut row = Draft::new(thing(&run, "x", 1))
        .acl(Acl::only(Who::user(ann.user())))
        .create(master)
        .await?;
    Draft::new(thing(&run, "x", 2))
        .acl(of_the_role.clone())
        .create(master)
        .await?;
    Draft::new(thing(&run, "x", 3))
        .acl(Acl::new())
        .create(master)
        .await?;
    // hers no more, but his
    row.set_acl(of_the_role);
    row.score = 4;
    row.save(master).await?;
    thing(&run, "x", 5).create(master).await?;

    assert_eq!(told(&mut public).await?, ("create", 5));
    assert_eq!(told(&mut of_ann).await?, ("create", 1));
    // as it was: as it is, she may not know
    assert_eq!(told(&mut of_ann).await?, ("leave", 1));
    assert_eq!(told(&mut of_ann).await?, ("create", 5));
    assert_eq!(told(&mut of_bob).await?, ("create", 2));
    match next(&mut of_bob).await? {
        LiveEvent::Enter {
            object,
            original: None,
        } => assert_eq!(object.score, 4),
        other => return Err(format!("{other:?}").into()),
    }
    assert_eq!(told(&mut of_bob).await?, ("create", 5));
    for expected in [
        ("create", 1),
        ("create", 2),
        ("create", 3),
        ("update", 4),
        ("create", 5),
    ] {
        assert_eq!(told(&mut of_master).await?, expected);
    }
    Ok(())
}

/// The server takes a session that has ended for none at all.
#[tokio::test]
async fn a_session_that_has_ended_is_told_what_the_public_is() -> Outcome {
    let backend = backend().await;
    let (client, run) = (backend.client(), backend.run());
    let visitor = client.with_session("r:0123456789abcdef0123456789abcdef");
    let mut events = query!(Thing.filter(run = &run)).subscribe(&visitor).await?;
    Draft::new(thing(&run, "x", 1))
        .acl(Acl::new())
        .create(backend.master())
        .await?;
    thing(&run, "x", 2).create(client).await?;
    assert_eq!(told(&mut events).await?, ("create", 2));
    Ok(())
}

#[derive(ParseView, Debug, PartialEq, Clone)]
#[parse(model = Thing)]
struct Line {
    object_id: ObjectId,
    score: i64,
    owner: Option<Pointer<Thing>>,
}

/// Row 20: events with a part of the fields are views, and no object that the program has loses a field to them.
#[tokio::test]
async fn row_20_events_with_a_part_of_the_fields_clear_no_other() -> Outcome {
    let backend = backend().await;
    let (client, run) = (backend.client(), backend.run());
    let mut lines = query!(Thing.filter(run = &run))
        .subscribe_values::<Line>(client)
        .await?;
    let mut row = Thing {
        note: Some("kept".into()),
        ..thing(&run, "one", 1)
    }
    .create(client)
    .await?;
    let LiveEvent::Create(line) = next(&mut lines).await? else {
        return Err("no create".into());
    };
    assert_eq!((&line.object_id, line.score), (row.id(), 1));

    // the object is what it was, with its own pending changes, and sends nothing but these
    row.title = "two".into();
    let mut other = Thing::get(client, row.id()).await?;
    other.score = 2;
    other.save(client).await?;
    let LiveEvent::Update { object, original } = next(&mut lines).await? else {
        return Err("no update".into());
    };
    assert_eq!((object.score, original.map(|line| line.score)), (2, Some(1)));
    assert_eq!(
        (row.note.as_deref(), row.dirty_fields()),
        (Some("kept"), vec!["title"])
    );
    row.save(client).await?;
    let read = Thing::get(client, row.id()).await?;
    assert_eq!(
        (read.score, &*read.title, read.note.as_deref()),
        (2, "two", Some("kept"))
    );
    Ok(())
}

/// `exclude_keys` of the query set is kept to.
#[tokio::test]
async fn excluded_fields_are_not_sent() -> Outcome {
    let backend = backend().await;
    let (client, run) = (backend.client(), backend.run());
    let mut events = query!(Thing.filter(run = &run).exclude_keys(note).order_by(-score))
        .subscribe(client)
        .await?;
    Thing {
        note: Some("long".into()),
        level: Some(3),
        ..thing(&run, "one", 1)
    }
    .create(client)
    .await?;
    let LiveEvent::Create(row) = next(&mut events).await? else {
        return Err("no create".into());
    };
    assert_eq!(
        (row.note.as_deref(), row.level, &*row.title),
        (None, Some(3), "one")
    );
    Ok(())
}

#[tokio::test]
async fn watched_fields_alone_make_an_update() -> Outcome {
    let backend = backend().await;
    let (client, run) = (backend.client(), backend.run());
    let watched = query!(Thing.filter(run = &run, title = "in").watch(level, note));
    let mut events = watched.subscribe(client).await?;
    let mut lines = watched.subscribe_values::<Line>(client).await?;

    // a new row without any of them
    let mut row = thing(&run, "in", 1).create(client).await?;
    row.score = 2;
    row.save(client).await?;
    row.level = Some(1);
    row.score = 3;
    row.save(client).await?;
    assert_eq!(told(&mut events).await?, ("update", 3));
    // leaving and entering are told of in any case
    row.title = "out".into();
    row.save(client).await?;
    assert_eq!(told(&mut events).await?, ("leave", 3));
    row.title = "in".into();
    row.save(client).await?;
    assert_eq!(told(&mut events).await?, ("enter", 3));
    row.delete(client).await?;
    assert_eq!(told(&mut events).await?, ("delete", 3));
    let mut kinds = Vec::new();
    for _ in 0..4 {
        kinds.push(match next(&mut lines).await? {
            LiveEvent::Update { object, .. } => ("update", object.score),
            LiveEvent::Leave { object, .. } => ("leave", object.score),
            LiveEvent::Enter { object, .. } => ("enter", object.score),
            LiveEvent::Delete(line) => ("delete", line.score),
            other => return Err(format!("{other:?}").into()),
        });
    }
    assert_eq!(kinds, [("update", 3), ("leave", 3), ("enter", 3), ("delete", 3)]);
    Ok(())
}

/// What the server refuses comes with its code.
#[tokio::test]
async fn a_refused_subscription_says_why() -> Outcome {
    let backend = backend().await;
    let broken = query!(Thing.filter(title__regex = "(?<"))
        .subscribe(backend.client())
        .await;
    let refused = broken.unwrap_err();
    assert_eq!(refused.code(), Some(ErrorCode::InvalidQuery), "{refused}");
    assert!(matches!(refused, Error::Live(_)), "{refused:?}");
    assert!(
        refused.to_string().starts_with("LiveQuery of LiveThing: "),
        "{refused}"
    );

    // the socket is none the worse
    let run = backend.run();
    let mut events = query!(Thing.filter(run = &run))
        .subscribe(backend.client())
        .await?;
    thing(&run, "x", 1).create(backend.client()).await?;
    assert_eq!(told(&mut events).await?, ("create", 1));
    Ok(())
}

/// The server tells two queries apart by their `$or` alone, where it stands at the top.
#[tokio::test]
async fn queries_that_differ_beside_their_alternatives_stay_two() -> Outcome {
    let backend = backend().await;
    let (client, run) = (backend.client(), backend.run());
    let some = query!(Thing.filter(Q(score = 1) | Q(score = 2), run = &run));
    let mut a = query!(some.filter(title = "a")).subscribe(client).await?;
    let mut b = query!(some.filter(title = "b")).subscribe(client).await?;
    thing(&run, "b", 1).create(client).await?;
    thing(&run, "a", 2).create(client).await?;
    thing(&run, "b", 3).create(client).await?;
    thing(&run, "b", 2).create(client).await?;
    assert_eq!(told(&mut a).await?, ("create", 2));
    assert_eq!(told(&mut b).await?, ("create", 1));
    assert_eq!(told(&mut b).await?, ("create", 2));
    Ok(())
}

/// Class permissions decide before anything is told, and even for the master key, which LiveQuery forgets there.
#[tokio::test]
async fn who_may_not_find_cannot_subscribe() -> Outcome {
    #[derive(ParseObject, Debug, Clone)]
    #[parse(class_name = "E2eLiveLocked")]
    struct Locked {
        number: i64,
    }
    let backend = backend().await;
    let users_only = ClassPermissions::new().allow(ClassOperation::READ, Asker::Authenticated);
    ClassSchema::of::<Locked>()
        .set_permissions(users_only)
        .ensure(backend.master())
        .await?;
    let ann = somebody(&backend, "ann").await?;
    let all = Locked::objects();
    let refused = all.subscribe(backend.client()).await.unwrap_err();
    assert_eq!(refused.code(), Some(ErrorCode::ObjectNotFound), "{refused}");
    assert!(all.subscribe(&ann).await.is_ok());
    Ok(())
}

/// A connection that broke is made again by itself; what was missed is a gap, and what follows comes.
#[tokio::test]
async fn a_broken_connection_is_a_gap() -> Outcome {
    let backend = backend().await;
    let (client, run) = (backend.client(), backend.run());
    let proxy = Proxy::start(client.url()).await;
    let quick = RetryPolicy::default().backoff(Duration::from_millis(1), Duration::from_millis(2));
    let through = Client::builder(&proxy.url)
        .app_id(backend.app_id())
        .rest_key("rest")
        .retries(quick)
        .build()?;
    let ann = somebody(&backend, "ann").await?;
    let session = through.with_session(ann.token());
    let set = query!(Thing.filter(run = &run));
    let mut public = set.subscribe(&through).await?;
    let mut of_ann = set.subscribe(&session).await?;
    let of_her = |score| Draft::new(thing(&run, "x", score)).acl(Acl::only(Who::user(ann.user())));
    of_her(1).create(backend.master()).await?;
    assert_eq!(told(&mut of_ann).await?, ("create", 1));

    for round in [10, 20] {
        proxy.close();
        thing(&run, "missed", round).create(client).await?;
        proxy.open();
        for events in [&mut public, &mut of_ann] {
            match next(events).await? {
                LiveEvent::Gap(gap) => assert_eq!(gap.reason, GapReason::Reconnected),
                other => return Err(format!("{other:?}").into()),
            }
        }
        // with its conditions and its session as before
        thing(&unique("other"), "x", 0).create(client).await?;
        of_her(round + 1).create(backend.master()).await?;
        thing(&run, "x", round + 2).create(client).await?;
        assert_eq!(told(&mut public).await?, ("create", round + 2));
        assert_eq!(told(&mut of_ann).await?, ("create", round + 1));
        assert_eq!(told(&mut of_ann).await?, ("create", round + 2));
    }
    Ok(())
}

/// Things of which each lookup below finds some.
async fn stored(backend: &Backend, run: &str) -> Result<Vec<Object<Thing>>, Box<dyn std::error::Error>> {
    let client = backend.client();
    let ann = Thing {
        note: Some("C:\\Q (a|b)* [x] $1 \\E end".into()),
        level: Some(1),
        tags: vec!["red".into(), "blue".into()],
        place: Some(GeoPoint::new(46.95, 7.45)?),
        at: Some("2026-01-01T00:00:00Z".parse()?),
        venue: Some(Venue {
            city: "Bern".into(),
            street_name: Some("Main".into()),
            seats: 10,
        }),
        ..thing(run, "Ann", 1)
    }
    .create(client)
    .await?;
    let bob = Thing {
        note: Some("undefined".into()),
        level: Some(2),
        tags: vec!["red".into()],
        place: Some(GeoPoint::new(47.37, 8.54)?),
        area: Some(Polygon::new([
            GeoPoint::new(46.0, 7.0)?,
            GeoPoint::new(46.0, 8.0)?,
            GeoPoint::new(48.0, 8.0)?,
            GeoPoint::new(48.0, 7.0)?,
        ])?),
        at: Some("2026-02-01T00:00:00Z".parse()?),
        owner: Some(ann.pointer()),
        friends: vec![ann.pointer()],
        ..thing(run, "bob", 2)
    }
    .create(client)
    .await?;
    let cid = thing(run, "Cid", 3).create(client).await?;
    Ok(vec![ann, bob, cid])
}

/// Each lookup means what it means in a find: for these rows, with values and without.
#[tokio::test]
#[allow(clippy::too_many_lines, reason = "a table")]
async fn lookups_mean_what_they_mean_in_a_find() -> Outcome {
    let backend = backend().await;
    let (client, run) = (backend.client(), backend.run());
    let mut things = stored(&backend, &run).await?;
    let (ann, bob) = (things[0].clone(), things[1].clone());
    let set = query!(Thing.filter(run = &run));
    let here = GeoPoint::new(46.95, 7.45)?;
    let early: DateTime<Utc> = "2026-01-15T00:00:00Z".parse()?;
    let (first, long_ago) = (
        ann.at.ok_or("a date")?,
        "2020-01-01T00:00:00Z".parse::<DateTime<Utc>>()?,
    );
    let created = ann.created_at();
    let corners = [(46.0, 7.0), (46.0, 8.0), (47.2, 8.0), (47.2, 7.0)];
    let corners = corners.map(|(latitude, longitude)| GeoPoint::new(latitude, longitude));
    let corners = corners.into_iter().collect::<Result<Vec<_>, _>>()?;
    let table: Vec<(&str, QuerySet<Thing>, &[i64])> = vec![
        ("all", set.clone(), &[1, 2, 3]),
        ("eq", query!(set.filter(title = "Ann")), &[1]),
        ("ne", query!(set.filter(level__ne = 1)), &[2, 3]),
        ("in", query!(set.filter(level__in = [1, 7])), &[1]),
        ("nin", query!(set.filter(level__nin = [1, 7])), &[2, 3]),
        ("in nothing", query!(set.filter(level__in = [0_i64; 0])), &[]),
        ("gt", query!(set.filter(level__gt = 1)), &[2]),
        ("gte", query!(set.filter(level__gte = 1)), &[1, 2]),
        (
            "lt, not of a missing value",
            query!(set.filter(level__lt = 2)),
            &[1],
        ),
        (
            "lte, not of a missing value",
            query!(set.filter(level__lte = 9)),
            &[1, 2],
        ),
        ("range", query!(set.filter(score__range = (2, 3))), &[2, 3]),
        ("not in a range", query!(set.exclude(level__gte = 2)), &[1, 3]),
        ("isnull", query!(set.filter(level__isnull = true)), &[3]),
        ("not isnull", query!(set.filter(level__isnull = false)), &[1, 2]),
        ("exists", query!(set.filter(level__exists = true)), &[1, 2]),
        ("exists not", query!(set.filter(level__exists = false)), &[3]),
        ("id", query!(set.filter(object_id = ann.id())), &[1]),
        (
            "ids",
            query!(set.filter(object_id__in = [ann.id(), bob.id()])),
            &[1, 2],
        ),
        ("or", query!(set.filter(Q(level = 1) | Q(title = "Cid"))), &[1, 3]),
        (
            "two ors",
            query!(set.filter(Q(level = 1) | Q(level = 2), Q(score = 2) | Q(score = 3))),
            &[2],
        ),
        (
            "nor",
            query!(set.filter(!(Q(level = 1) | Q(title = "Cid")))),
            &[2],
        ),
        // texts
        ("contains", query!(set.filter(title__contains = "n")), &[1]),
        ("icontains", query!(set.filter(title__icontains = "B")), &[2]),
        ("startswith", query!(set.filter(title__startswith = "b")), &[2]),
        ("istartswith", query!(set.filter(title__istartswith = "B")), &[2]),
        ("endswith", query!(set.filter(title__endswith = "d")), &[3]),
        ("iendswith", query!(set.filter(title__iendswith = "NN")), &[1]),
        ("regex", query!(set.filter(title__regex = "^[AC].[nd]$")), &[1, 3]),
        ("iregex", query!(set.filter(title__iregex = "^B")), &[2]),
        (
            "what no pattern could be",
            query!(set.filter(note__contains = "(")),
            &[1],
        ),
        (
            "the same",
            query!(set.filter(note__contains = "(a|b)* [x] $1")),
            &[1],
        ),
        ("quotes", query!(set.filter(note__contains = "C:\\Q (")), &[1]),
        (
            "ends of quotes",
            query!(set.filter(note__endswith = "$1 \\E end")),
            &[1],
        ),
        (
            "no text at all is no text",
            query!(set.filter(note__contains = "def")),
            &[2],
        ),
        // arrays
        ("element", query!(set.filter(tags = "red")), &[1, 2]),
        ("no element", query!(set.filter(tags__ne = "blue")), &[2, 3]),
        ("one of", query!(set.filter(tags__in = ["blue", "green"])), &[1]),
        (
            "none of",
            query!(set.filter(tags__nin = ["blue", "green"])),
            &[2, 3],
        ),
        ("each of", query!(set.filter(tags__all = ["blue", "red"])), &[1]),
        (
            "nothing but",
            query!(set.filter(tags__contained_by = ["red", "green"])),
            &[2, 3],
        ),
        // dates
        ("date", query!(set.filter(at = first)), &[1]),
        ("not the date", query!(set.filter(at__ne = first)), &[2, 3]),
        ("dates", query!(set.filter(at__in = [first, early])), &[1]),
        (
            "none of the dates",
            query!(set.filter(at__nin = [first, early])),
            &[2, 3],
        ),
        ("after", query!(set.filter(at__gt = early)), &[2]),
        ("before", query!(set.filter(at__lt = early)), &[1]),
        ("created", query!(set.filter(created_at = created)), &[1]),
        (
            "created after",
            query!(set.filter(created_at__gt = created)),
            &[2, 3],
        ),
        (
            "created before",
            query!(set.filter(created_at__lt = long_ago)),
            &[],
        ),
        (
            "created since",
            query!(set.filter(created_at__gte = long_ago, updated_at__gt = long_ago)),
            &[1, 2, 3],
        ),
        // pointers
        ("pointer", query!(set.filter(owner = &ann)), &[2]),
        ("another pointer", query!(set.filter(owner__ne = &ann)), &[1, 3]),
        ("pointers", query!(set.filter(owner__in = [&ann, &bob])), &[2]),
        (
            "no pointer of these",
            query!(set.filter(owner__nin = [&ann, &bob])),
            &[1, 3],
        ),
        ("pointer in an array", query!(set.filter(friends = &ann)), &[2]),
        (
            "pointers in an array",
            query!(set.filter(friends__all = [&ann])),
            &[2],
        ),
        ("no pointer", query!(set.filter(owner__isnull = true)), &[1, 3]),
        ("any pointer", query!(set.filter(owner__isnull = false)), &[2]),
        ("any place", query!(set.filter(place__isnull = false)), &[1, 2]),
        ("any array", query!(set.filter(tags__isnull = false)), &[1, 2, 3]),
        // places
        (
            "near",
            query!(set.filter(place__near = near(here).within_km(50))),
            &[1],
        ),
        (
            "near without limit",
            query!(set.filter(place__near = here)),
            &[1, 2],
        ),
        (
            "within km",
            query!(set.filter(place__within_km = (here, 50))),
            &[1],
        ),
        ("far", query!(set.exclude(place__within_km = (here, 50))), &[2, 3]),
        (
            "box",
            query!(set.filter(place__within_box = (corners[0], corners[2]))),
            &[1],
        ),
        (
            "polygon",
            query!(set.filter(place__within_polygon = &corners)),
            &[1],
        ),
        ("area", query!(set.filter(area__intersects = here)), &[2]),
        // embedded
        ("embedded", query!(set.filter(venue.city = "Bern")), &[1]),
        ("embedded number", query!(set.filter(venue.seats__lt = 11)), &[1]),
        (
            "nothing embedded",
            query!(set.filter(venue.city__isnull = true)),
            &[2, 3],
        ),
    ];
    let mut subscriptions = Vec::new();
    for (name, query, expected) in table {
        let events = query
            .subscribe(client)
            .await
            .map_err(|error| format!("{name}: {error}"))?;
        subscriptions.push((name, events, expected));
    }
    // each row changes in nothing that is asked for
    for thing in &mut things {
        thing.run = run.clone();
        thing.set_acl(Acl::public());
        thing.save(client).await?;
    }
    // behind them all, one that everybody is told of by another way
    for (name, events, expected) in &mut subscriptions {
        let mut scores = Vec::new();
        for _ in *expected {
            match tokio::time::timeout(Duration::from_secs(5), events.next()).await {
                Ok(Some(event)) => match event? {
                    LiveEvent::Update { object, .. } => scores.push(object.score),
                    other => return Err(format!("{name}: {other:?}").into()),
                },
                _ => break,
            }
        }
        scores.sort_unstable();
        assert_eq!(scores, *expected, "{name}");
    }
    // nothing more came meanwhile: all of it is behind the last event that was waited for
    for (name, events, _) in &mut subscriptions {
        let more = futures::FutureExt::now_or_never(events.next());
        assert!(more.is_none(), "{name}: {more:?}");
    }
    Ok(())
}
