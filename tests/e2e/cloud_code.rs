//! Cloud functions and jobs: the real server's, and the same ones on the mock.

use crate::backend::{Outcome, backend, unique};
use parse_orm::prelude::*;
use parse_orm::{Job, JobState, JobStatus, Result};
use serde_json::{Value, json};
use std::time::Duration;

#[derive(ParseObject, Debug, Clone)]
struct Review {
    movie: String,
    stars: i64,
}

#[derive(ParseObject, Debug, Clone)]
struct CloudMade {
    x: i64,
    when: DateTime<Utc>,
}

/// What `echo` returns.
#[derive(ParseValue, Debug, Clone)]
struct Echo {
    params: Value,
    user: Option<String>,
    master: bool,
    installation_id: Option<String>,
}

/// The mean of a movie's reviews.
#[cloud_function]
async fn average_stars(client: &Client, movie: &str) -> Result<f64>;

#[cloud_function(name = "hello")]
async fn greeting(client: &Client) -> Result<String>;

#[tokio::test]
async fn results_are_typed() -> Outcome {
    let backend = backend().await;
    let client = backend.client();
    let movie = backend.run();
    for stars in [4, 5] {
        let movie = movie.clone();
        Review { movie, stars }.create(client).await?;
    }
    // by its name, with any parameters
    let params = json!({"movie": movie});
    assert!((client.call::<f64>("averageStars", &params).await? - 4.5).abs() < 1e-9);
    assert!((client.call::<f64>("averageStars", params).await? - 4.5).abs() < 1e-9);
    // declared
    assert!((average_stars(client, &movie).await? - 4.5).abs() < 1e-9);
    assert!((average_stars(backend.master(), &movie).await? - 4.5).abs() < 1e-9);
    assert_eq!(greeting(client).await?, "Hello world!");
    // a result that does not matter
    client.call::<()>("hello", ()).await?;

    // an object, ready to be changed
    let mut made: Object<CloudMade> = client.call("returnsObject", ()).await?;
    assert_eq!((made.x, made.when.timestamp()), (1, 0));
    made.x = 2;
    made.save(client).await?;
    assert_eq!(Pointer::<CloudMade>::to(made.id()).fetch(client).await?.x, 2);
    let some: Option<Object<CloudMade>> = client.call("returnsObject", ()).await?;
    assert!(some.is_some());
    Ok(())
}

/// What the mock's own functions return.
#[tokio::test]
async fn functions_return_objects() -> Outcome {
    #[derive(ParseObject, Debug, Clone)]
    struct Studio {
        name: String,
    }
    #[derive(ParseObject, Debug, Clone)]
    struct Film {
        title: String,
        out: Option<DateTime<Utc>>,
        studio: Option<Pointer<Studio>>,
        fans: Relation<Studio>,
    }
    let code = parse_orm_mock::CloudCode::new()
        .function("films", |call| async move {
            let films = query!(Film.order_by(title).select_related(studio));
            let films = films.all(&call.client()).await?;
            let films: Result<Vec<Value>> = films.iter().map(Object::to_json).collect();
            Ok(films?)
        })
        .function("retitled", |call| async move {
            let Some(mut film) = Film::objects().first(&call.client()).await? else {
                return Ok(Value::Null);
            };
            film.title = "Another".into();
            Ok(film.to_json()?)
        });
    let server = parse_orm_mock::MockServer::builder().cloud_code(code);
    let server = server.start().await?;
    let client = server.client();
    let film = Film {
        title: "One".into(),
        out: Some("2026-01-31T12:00:00.250Z".parse()?),
        studio: Some(Pointer::new(Studio { name: "S".into() })),
        fans: Relation::default(),
    };
    let stored = film.create(&client).await?;
    let film = Film {
        title: "Two".into(),
        out: None,
        studio: None,
        fans: Relation::default(),
    };
    Draft::new(film)
        .acl(Acl::new().allow_read(Who::Public))
        .create(&client)
        .await?;

    let films: Vec<Object<Film>> = client.call("films", ()).await?;
    let [one, two] = &films[..] else {
        return Err("two films".into());
    };
    assert_eq!(
        (one.id(), one.out, one.created_at()),
        (stored.id(), stored.out, stored.created_at())
    );
    let studio = one.studio.as_ref().ok_or("a studio")?;
    assert_eq!(studio.get()?.name, "S");
    assert!(two.studio.is_none() && two.acl().is_some_and(|acl| !acl.may_write(&Who::Public)));

    // with what was changed there, and not saved
    let changed: Object<Film> = client.call("retitled", ()).await?;
    assert_eq!((&*changed.title, changed.is_dirty()), ("Another", false));
    assert_eq!(Film::get(&client, stored.id()).await?.title, "One");

    // what is not stored cannot be shown
    let mut unstored = stored;
    unstored.studio = Some(Pointer::new(Studio { name: "T".into() }));
    let error = unstored.to_json().unwrap_err();
    assert!(error.to_string().contains("is not stored yet"), "{error}");
    Ok(())
}

#[tokio::test]
async fn results_hold_the_types_of_parse() -> Outcome {
    #[derive(ParseValue, Debug, Clone)]
    struct Types {
        d: DateTime<Utc>,
        n: Option<i64>,
        a: Vec<Value>,
        g: GeoPoint,
    }
    let backend = backend().await;
    let types: Types = backend.client().call("returnsTypes", ()).await?;
    assert_eq!((types.d.timestamp(), types.n, types.a.len()), (0, None, 3));
    assert_eq!(types.g, GeoPoint::new(1.0, 2.0)?);

    #[derive(serde::Deserialize, serde::Serialize, Debug, Clone, PartialEq)]
    struct Any {
        n: Option<i64>,
        a: (i64, String, Value),
    }
    let Json(any) = backend.client().call::<Json<Any>>("returnsTypes", ()).await?;
    assert_eq!(any.a, (1, "x".into(), json!({"y": 2})));
    Ok(())
}

#[tokio::test]
async fn parameters_hold_the_types_of_parse() -> Outcome {
    #[derive(ParseValue, Debug, Clone, PartialEq)]
    struct Order {
        item: String,
        wanted_at: DateTime<Utc>,
        r#where: GeoPoint,
        data: Bytes,
        review: Pointer<Review>,
        note: Option<String>,
        any: Value,
    }
    let backend = backend().await;
    let order = Order {
        item: "☕ & more".into(),
        wanted_at: "2026-03-01T10:00:00.123Z".parse()?,
        r#where: GeoPoint::new(47.5, 8.5)?,
        data: Bytes::from(vec![0, 159, 146, 150]),
        review: Pointer::to("abc"),
        note: None,
        // what no row could hold
        any: json!({"a.b": {"$c": 1}}),
    };
    let echo: Echo = backend.client().call("echo", &order).await?;
    assert_eq!(
        echo.params,
        json!({
            "item": "☕ & more",
            "wantedAt": {"__type": "Date", "iso": "2026-03-01T10:00:00.123Z"},
            "where": {"__type": "GeoPoint", "latitude": 47.5, "longitude": 8.5},
            "data": {"__type": "Bytes", "base64": "AJ+Slg=="},
            "review": {"__type": "Pointer", "className": "Review", "objectId": "abc"},
            "any": {"a.b": {"$c": 1}},
        })
    );
    #[derive(ParseValue, Debug, Clone)]
    struct Returned {
        params: Order,
    }
    let returned: Returned = backend.client().call("echo", &order).await?;
    assert_eq!(returned.params, order);
    Ok(())
}

#[tokio::test]
async fn declared_functions_take_what_fields_hold() -> Outcome {
    #[cloud_function(name = "echo")]
    async fn echo(
        client: &Client,
        review: &Object<Review>,
        names: &[String],
        #[parse(rename = "n")] number_of_things: Option<i64>,
        nothing: Option<&str>,
        something: Option<&str>,
        since: DateTime<Utc>,
        free_form: &Value,
    ) -> Result<Echo>;

    let backend = backend().await;
    let movie = backend.run();
    let review = Review { movie, stars: 1 }.create(backend.client()).await?;
    let since = "2026-03-01T10:00:00Z".parse()?;
    let names = ["a".to_owned(), "b".to_owned()];
    let echo = echo(
        backend.client(),
        &review,
        &names,
        Some(3),
        None,
        Some("x"),
        since,
        &json!([null]),
    )
    .await?;
    assert_eq!(
        echo.params,
        json!({
            "review": {"__type": "Pointer", "className": "Review", "objectId": review.id().as_str()},
            "names": ["a", "b"],
            "n": 3,
            "something": "x",
            "since": {"__type": "Date", "iso": "2026-03-01T10:00:00.000Z"},
            "freeForm": [null],
        })
    );
    Ok(())
}

#[tokio::test]
async fn functions_know_who_calls() -> Outcome {
    let backend = backend().await;
    let call = async |client: &Client| client.call::<Echo>("echo", ()).await;
    let echo = call(backend.client()).await?;
    assert!(!echo.master && echo.user.is_none() && echo.installation_id.is_none());
    assert!(call(backend.master()).await?.master);

    let refused = backend
        .client()
        .call::<String>("needsUser", ())
        .await
        .unwrap_err();
    assert_eq!(refused.code(), Some(ErrorCode::ValidationFailed), "{refused}");
    let account = parse_orm::User::new(unique("cloud"));
    let session = account.sign_up(backend.client(), "a secret").await?;
    let echo = call(session.client()).await?;
    assert_eq!(echo.user.as_deref(), Some(session.user().id().as_str()));
    let id: String = session.client().call("needsUser", ()).await?;
    assert_eq!(id, session.user().id().as_str());
    Ok(())
}

#[tokio::test]
async fn errors_keep_their_code_and_words() -> Outcome {
    let backend = backend().await;
    let client = backend.client();
    for (function, code, message) in [
        ("failPlain", ErrorCode::ScriptFailed, "plain failure"),
        ("failString", ErrorCode::ScriptFailed, "string failure"),
        ("failCode", ErrorCode::Other(4242), "custom failure"),
        (
            "noSuchFunction",
            ErrorCode::ScriptFailed,
            "Invalid function: \"noSuchFunction\"",
        ),
        (
            "needsParam",
            ErrorCode::ValidationFailed,
            "Validation failed. Please specify data for n.",
        ),
    ] {
        let Error::Server(refused) = client.call::<Value>(function, ()).await.unwrap_err() else {
            return Err(function.into());
        };
        assert_eq!((refused.code, &*refused.message), (Some(code), message));
        assert_eq!(
            (&*refused.path, refused.method),
            (&*format!("/functions/{function}"), "POST")
        );
        assert!(refused.details.is_none());
    }
    let wrong = client
        .call::<Value>("needsParam", json!({"n": "1"}))
        .await
        .unwrap_err();
    assert_eq!(wrong.code(), Some(ErrorCode::ValidationFailed));
    assert_eq!(client.call::<i64>("needsParam", json!({"n": 1})).await?, 1);
    Ok(())
}

#[tokio::test]
async fn a_result_of_another_type_is_an_error_that_says_so() -> Outcome {
    let backend = backend().await;
    let client = backend.client();
    let message = |error: Error| match error {
        Error::Returned(_) | Error::Decode(_) => error.to_string(),
        other => format!("another error: {other:?}"),
    };
    let error = client.call::<f64>("hello", ()).await.unwrap_err();
    assert_eq!(
        message(error),
        "the function `hello` returned String \"Hello world!\"; the call expects Number"
    );
    let error = client.call::<Object<Review>>("hello", ()).await.unwrap_err();
    assert_eq!(
        message(error),
        "the function `hello` returned \"Hello world!\"; the call expects an object of the class Review"
    );
    let error = client
        .call::<Vec<Object<Review>>>("returnsTypes", ())
        .await
        .unwrap_err();
    assert!(message(error).contains("the call expects objects of the class Review"));
    let error = client
        .call::<Object<Review>>("returnsObject", ())
        .await
        .unwrap_err();
    assert!(
        message(error).ends_with("expected an object of the class Review, found one of the class CloudMade")
    );
    Ok(())
}

#[tokio::test]
async fn bad_parameters_are_refused_before_they_are_sent() -> Outcome {
    let backend = backend().await;
    let client = backend.client();
    let refused = async |error: Result<Value>| match error {
        Err(Error::Invalid(refused)) => refused.to_string(),
        other => format!("{other:?}"),
    };
    let text = refused(client.call("echo", Json("text".to_owned())).await).await;
    assert!(
        text.starts_with("echo: the parameters are one JSON object, and this is another JSON value"),
        "{text}"
    );
    let text = refused(client.call("echo", json!([1])).await).await;
    assert!(
        text.contains("this is another JSON value") && text.ends_with("nothing was sent"),
        "{text}"
    );
    let text = refused(client.call("", ()).await).await;
    assert!(
        text.contains("the name `` cannot be part of an address"),
        "{text}"
    );

    #[derive(ParseValue, Debug, Clone)]
    struct Held {
        file: Option<File>,
        review: Option<Pointer<Review>>,
        number: Option<f64>,
    }
    let none = Held {
        file: None,
        review: None,
        number: None,
    };
    let mut held = none.clone();
    held.file = Some(File::new("a.txt", "text"));
    let text = refused(client.call("echo", &held).await).await;
    assert!(text.contains("the file `a.txt` is not uploaded yet"), "{text}");
    let mut held = none.clone();
    let movie = String::new();
    held.review = Some(Pointer::new(Review { movie, stars: 1 }));
    let text = refused(client.call("echo", &held).await).await;
    assert!(text.contains("Review") && text.contains("not stored"), "{text}");
    let mut held = none;
    held.number = Some(f64::NAN);
    let text = refused(client.call("echo", &held).await).await;
    assert!(text.contains("NaN"), "{text}");

    #[cloud_function(name = "echo")]
    async fn declared(client: &Client, half: f64) -> Result<Value>;
    let text = refused(declared(client, f64::INFINITY).await).await;
    assert!(text.starts_with("echo, field `half`"), "{text}");
    if let Some(server) = backend.server() {
        assert!(server.requests().is_empty());
    }
    Ok(())
}

#[tokio::test]
async fn a_job_is_awaited() -> Outcome {
    let backend = backend().await;
    let master = backend.master();
    let job = master.start_job("goodJob", json!({"days": 30})).await?;
    let running = job.status().await?;
    assert_eq!(
        (&*running.job_name, running.source.as_deref()),
        ("goodJob", Some("api"))
    );
    let done = job.finished().every(Duration::from_millis(20)).await?;
    assert_eq!(
        (done.status, done.message.as_deref()),
        (JobState::Succeeded, Some("done"))
    );
    assert!(done.finished_at.is_some() && done.id() == job.id());
    // from another process, by the id
    let same: Job = master.job(job.id());
    assert_eq!(same.finished().await?.id(), job.id());
    // the class can be queried
    let id = job.id();
    let found = query!(JobStatus.filter(object_id = id, status = JobState::Succeeded));
    assert_eq!(found.count(master).await?, 1);
    let refused = found.count(backend.client()).await.unwrap_err();
    assert_eq!(refused.code(), Some(ErrorCode::OperationForbidden));
    Ok(())
}

/// However long the pause, the time that is given counts.
#[tokio::test]
async fn a_job_is_asked_for_at_the_end_of_the_time() -> Outcome {
    let gate = std::sync::Arc::new(tokio::sync::Notify::new());
    let opened = gate.clone();
    let code = parse_orm_mock::CloudCode::new().job("waits", move |_| {
        let gate = gate.clone();
        async move {
            gate.notified().await;
            Ok("done")
        }
    });
    let server = parse_orm_mock::MockServer::builder().cloud_code(code);
    let server = server.start().await?;
    let job = server.master_client().start_job("waits", ()).await?;
    let finished = || job.finished().every(Duration::MAX);
    let late = finished().within(Duration::ZERO).await;
    assert!(matches!(late, Err(Error::Job(late)) if !late.failed));
    // without an end it waits as long as it is told
    let waits = tokio::time::timeout(Duration::from_millis(50), finished().into_future());
    assert!(waits.await.is_err());
    let (done, ()) = tokio::join!(
        finished().within(Duration::from_millis(500)).into_future(),
        async {
            tokio::task::yield_now().await;
            opened.notify_one();
        }
    );
    assert_eq!(done?.status, JobState::Succeeded);
    Ok(())
}

#[tokio::test]
async fn a_job_that_fails_says_why() -> Outcome {
    let backend = backend().await;
    let master = backend.master();
    let job = master.start_job("badJob", ()).await?;
    let error = job.finished().every(Duration::from_millis(20)).await.unwrap_err();
    let text = error.to_string();
    assert_eq!(
        text,
        format!("the job `badJob` (status `{}`) failed: job failed", job.id())
    );
    let Error::Job(failed) = error else {
        return Err(text.into());
    };
    assert!(failed.failed && failed.message.as_deref() == Some("job failed"));

    let unknown = master.start_job("noSuchJob", ()).await.unwrap_err();
    assert_eq!(unknown.code(), Some(ErrorCode::ScriptFailed), "{unknown}");
    let gone = master.job("nosuchid00").finished().await.unwrap_err();
    assert!(gone.is_not_found(), "{gone}");
    let text = master
        .start_job("goodJob", json!(1))
        .await
        .unwrap_err()
        .to_string();
    assert!(
        text.starts_with("goodJob: the parameters are one JSON object"),
        "{text}"
    );
    Ok(())
}

#[tokio::test]
async fn waiting_for_a_job_ends_in_time() -> Outcome {
    let backend = backend().await;
    let job = backend.master().start_job("goodJob", ()).await?;
    let error = job.finished().within(Duration::ZERO).await.unwrap_err();
    let Error::Job(late) = &error else {
        return Err(error.into());
    };
    assert!(!late.failed, "{error}");
    assert!(
        error
            .to_string()
            .contains("is still running, after the time that was given to it")
    );
    Ok(())
}

#[derive(ParseObject, Debug, Clone)]
struct Modified {
    name: String,
    touched: Option<bool>,
}

#[derive(ParseObject, Debug, Clone)]
struct Rejected {
    ok: bool,
}

#[tokio::test]
async fn what_a_trigger_changed_is_taken_over() -> Outcome {
    let backend = backend().await;
    let client = backend.client();
    let name = "  x  ".to_owned();
    let mut made = Modified { name, touched: None }.create(client).await?;
    assert_eq!((&*made.name, made.touched), ("x", Some(true)));
    made.name = " y ".into();
    made.save(client).await?;
    assert_eq!((&*made.name, made.is_dirty()), ("y", false));
    made.refresh(client, Unsaved::Discard).await?;
    assert_eq!(made.name, "y");
    // of many at once, too
    let many = ["  a", "b  "].map(|name| Modified {
        name: name.into(),
        touched: None,
    });
    let made = client.create_all(&many).await.into_result()?;
    let names: Vec<&str> = made.iter().map(|made| &*made.name).collect();
    assert_eq!(names, ["a", "b"]);
    Ok(())
}

#[tokio::test]
async fn what_a_trigger_refuses_is_not_done() -> Outcome {
    let backend = backend().await;
    let client = backend.client();
    let refused = Rejected { ok: false }.create(client).await.unwrap_err();
    assert_eq!(refused.code(), Some(ErrorCode::ScriptFailed));
    let mut kept = Rejected { ok: true }.create(client).await?;
    kept.ok = false;
    let refused = kept.save(client).await.unwrap_err();
    assert!(
        refused.to_string().contains("rejected by beforeSave"),
        "{refused}"
    );
    assert_eq!(kept.dirty_fields(), ["ok"]);
    let id = kept.id().clone();
    let refused = kept.delete(client).await.unwrap_err();
    assert_eq!(refused.code(), Some(ErrorCode::Other(4243)));
    assert!(Pointer::<Rejected>::to(&id).fetch(client).await?.ok);
    Ok(())
}

/// An assertion that fails within a job ends the waiting, too.
#[tokio::test]
async fn a_job_that_panics_has_failed() -> Outcome {
    let code = parse_orm_mock::CloudCode::new().job("breaks", |job| async move {
        assert_eq!(job.params["n"], 2, "two of them");
        Ok("done")
    });
    let server = parse_orm_mock::MockServer::builder().cloud_code(code);
    let server = server.start().await?;
    let job = server
        .master_client()
        .start_job("breaks", json!({"n": 1}))
        .await?;
    let waited = job.finished().every(Duration::from_millis(10)).await;
    let Err(Error::Job(failed)) = waited else {
        return Err("a job that failed".into());
    };
    let said = failed.message.as_deref().unwrap_or_default();
    assert!(
        failed.failed && said.contains("the job panicked") && said.contains("two of them"),
        "{said}"
    );
    Ok(())
}
