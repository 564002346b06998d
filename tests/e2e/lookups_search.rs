//! Full-text search, and the order by how well a row matches.

use crate::backend::{Backend, Outcome, PostgresCannot, backend, mock_because_postgres_cannot, sorted};
use crate::models::store;
use parse_orm::prelude::*;

#[derive(ParseObject, Debug, Clone)]
#[parse(class_name = "E2ePost")]
struct Post {
    run: String,
    name: String,
    body: Option<String>,
}

/// A model with a field of the name that the text score has in answers.
#[derive(ParseObject, Debug, Clone)]
#[parse(class_name = "E2eRatedPost")]
struct Rated {
    run: String,
    body: String,
    score: i64,
}

async fn posts(backend: &Backend) -> parse_orm::Result<QuerySet<Post>> {
    let run = backend.run();
    let post = |name: &str, body: Option<&str>| Post {
        run: run.clone(),
        name: name.into(),
        body: body.map(Into::into),
    };
    let rows = [
        post("a", Some("some tea with a biscuit")),
        post("b", Some("coffee with a cake, and after that a walk")),
        post("c", Some("Coffee coffee coffee")),
        post("d", None),
    ];
    store(backend, rows).await?;
    Ok(query!(Post.filter(run = run)))
}

async fn found(set: &QuerySet<Post>, backend: &Backend) -> parse_orm::Result<String> {
    let posts = set.all(backend.client()).await?;
    Ok(sorted(posts.into_iter().map(|post| post.into_inner().name)).concat())
}

macro_rules! finds {
    ($backend:expr, $($set:expr => $names:expr,)*) => {$(
        let set = query!($set);
        assert_eq!(found(&set, &$backend).await?, $names, "{set:?}");
    )*};
}

#[tokio::test]
async fn texts_with_a_word() -> Outcome {
    let backend = backend().await;
    let all = posts(&backend).await?;
    finds! { backend,
        all.filter(body__search = "coffee") => "bc",
        all.filter(body__search = "COFFEE") => "bc",
        all.filter(body__search = String::from("cakes")) => "b",
        all.filter(body__search = search("coffee").language("english")) => "bc",
        all.filter(body__search = "coffee", name__gt = "b") => "c",
        all.filter(body__search = "coffee", body__contains = "walk") => "b",
        all.filter(body__contains = "walk").filter(body__search = "coffee") => "b",
        all.filter(body__search = "coffee").exclude(name = "b", body__endswith = "walk") => "c",
    }
    let set = query!(all.filter(body__search = "coffee"));
    assert_eq!(set.count(backend.client()).await?, 2);
    assert!(set.exists(backend.client()).await?);
    Ok(())
}

#[tokio::test]
async fn several_words_and_what_counts_as_equal() -> Outcome {
    let backend = mock_because_postgres_cannot(PostgresCannot::SearchAsMongoDb).await;
    let all = posts(&backend).await?;
    let accent = Post {
        run: backend.run(),
        name: "e".into(),
        body: Some("un café".into()),
    };
    accent.create(backend.client()).await?;
    finds! { backend,
        all.filter(body__search = "coffee tea") => "abc",
        all.filter(body__search = search("Coffee").case_sensitive()) => "c",
        all.filter(body__search = "cafe") => "e",
        all.filter(body__search = search("cafe").diacritic_sensitive()) => "",
        all.filter(body__search = search("café").diacritic_sensitive()) => "e",
    }
    Ok(())
}

#[tokio::test]
async fn the_best_match_first() -> Outcome {
    let backend = backend().await;
    let all = posts(&backend).await?;
    let client = backend.client();
    let best = query!(all.filter(body__search = "coffee")).order_by_text_score();
    let rows = best.all(client).await?;
    let names: Vec<_> = rows.iter().map(|row| row.name.as_str()).collect();
    assert_eq!(names, ["c", "b"]);
    // nothing of the rows is lost by asking for the score
    assert_eq!(rows[0].body.as_deref(), Some("Coffee coffee coffee"));
    assert_eq!(
        best.first(client)
            .await?
            .map(|row| row.into_inner().name)
            .as_deref(),
        Some("c")
    );
    assert_eq!(best.slice(1..).all(client).await?.len(), 1);
    assert_eq!(best.count(client).await?, 2);
    assert!(best.exists(client).await?);
    let streamed: Vec<_> = best.limit(1).stream(client).try_collect().await?;
    assert_eq!(streamed[0].name, "c");
    let error = best.last(client).await.unwrap_err();
    assert!(matches!(error, Error::Invalid(_)), "{error}");
    Ok(())
}

/// Pages go by their position: what a row scores is known to the server only. Rows of one score come in the order of
/// their ids.
#[tokio::test]
async fn row_30_the_best_matches_in_pages() -> Outcome {
    let backend = backend().await;
    let (client, run) = (backend.client(), backend.run());
    let times = |number: usize| number * 5 % 7 + 1;
    let rows = (0..14).map(|number| Post {
        run: run.clone(),
        name: times(number).to_string(),
        body: Some(format!("{}tea", "coffee ".repeat(times(number)))),
    });
    store(&backend, rows).await?;
    let best = query!(Post.filter(run = &run, body__search = "coffee")).order_by_text_score();
    let told = |rows: &[Object<Post>]| -> Vec<(String, String)> {
        rows.iter()
            .map(|row| (row.name.clone(), row.id().to_string()))
            .collect()
    };
    let expected = told(&best.all(client).await?);
    let times: String = expected.iter().map(|(times, _)| times.as_str()).collect();
    assert_eq!(times, "77665544332211");
    assert!(
        expected.chunks(2).all(|pair| pair[0].1 < pair[1].1),
        "{expected:?}"
    );
    for size in [1, 3, 5] {
        let paged = best.page_size(size);
        assert_eq!(told(&paged.all(client).await?), expected, "{size}");
        let streamed: Vec<_> = paged.stream(client).try_collect().await?;
        assert_eq!(told(&streamed), expected, "{size}");
    }
    Ok(())
}

/// The score comes as a key `score`, which must not take the place of the model's own.
#[tokio::test]
async fn a_field_of_the_same_name_as_the_score_is_not_overwritten() -> Outcome {
    let backend = mock_because_postgres_cannot(PostgresCannot::OrderByTwoScores).await;
    let (client, run) = (backend.client(), backend.run());
    for (body, score) in [("tea and coffee", 1), ("coffee coffee", 2), ("tea", 3)] {
        let rated = Rated {
            run: run.clone(),
            body: body.into(),
            score,
        };
        rated.create(client).await?;
    }
    let best = query!(Rated.filter(run = run, body__search = "coffee")).order_by_text_score();
    let rows = best.all(client).await?;
    let scores: Vec<_> = rows.iter().map(|row| row.score).collect();
    assert_eq!(scores, [2, 1]);
    Ok(())
}

#[tokio::test]
async fn what_the_server_cannot_search() -> Outcome {
    let backend = backend().await;
    let client = backend.client();
    for (set, reason) in [
        (query!(Post.filter(body__search = "")), "empty"),
        (
            query!(Post.filter(body__search = search("tea").language(""))),
            "language",
        ),
        (
            query!(Post.filter(body__search = "tea", name__search = "coffee")),
            "one `search`",
        ),
        (
            query!(Post.filter(Q(body__search = "tea") | Q(name = "a"))),
            "within `|` or `!`",
        ),
        (query!(Post.exclude(body__search = "tea")), "within `|` or `!`"),
        (
            query!(Post.filter(name = "a")).order_by_text_score(),
            "there is none",
        ),
    ] {
        let error = set.all(client).await.unwrap_err();
        assert!(matches!(error, Error::Invalid(_)), "{error}");
        assert!(error.to_string().contains(reason), "{error}");
    }
    Ok(())
}
