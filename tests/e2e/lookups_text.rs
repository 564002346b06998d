//! Text lookups, and user text that looks like something else.

use crate::backend::{Backend, Outcome, PostgresCannot, backend, mock_because_postgres_cannot, sorted};
use crate::models::{Game, game, names, store};
use parse_orm::prelude::*;

async fn games(backend: &Backend, names: &[&str]) -> parse_orm::Result<QuerySet<Game>> {
    let run = backend.run();
    store(backend, names.iter().map(|name| game(&run, name, 1))).await?;
    Ok(query!(Game.filter(run = run)))
}

#[tokio::test]
async fn every_text_lookup() -> Outcome {
    let backend = backend().await;
    let all = games(&backend, &["Ann", "anna", "Hannah", "BEN", "Ben 2"]).await?;
    let find = async |set: QuerySet<Game>| names(&set, &backend).await;
    assert_eq!(
        find(query!(all.filter(player_name__contains = "ann"))).await?,
        ["Hannah", "anna"]
    );
    assert_eq!(
        find(query!(all.filter(player_name__icontains = "ANN"))).await?,
        ["Ann", "Hannah", "anna"]
    );
    assert_eq!(
        find(query!(all.filter(player_name__startswith = "Ann"))).await?,
        ["Ann"]
    );
    assert_eq!(
        find(query!(all.filter(player_name__istartswith = "ANN"))).await?,
        ["Ann", "anna"]
    );
    assert_eq!(
        find(query!(all.filter(player_name__endswith = "nn"))).await?,
        ["Ann"]
    );
    assert_eq!(
        find(query!(all.filter(player_name__endswith = "2"))).await?,
        ["Ben 2"]
    );
    assert_eq!(
        find(query!(all.filter(player_name__iendswith = "EN"))).await?,
        ["BEN"]
    );
    assert_eq!(
        find(query!(all.filter(player_name__regex = "^[AB]"))).await?,
        ["Ann", "BEN", "Ben 2"]
    );
    assert_eq!(
        find(query!(all.filter(player_name__regex = "^A.n$"))).await?,
        ["Ann"]
    );
    assert_eq!(
        find(query!(all.filter(player_name__iregex = "^ben"))).await?,
        ["BEN", "Ben 2"]
    );
    assert_eq!(
        find(query!(all.filter(player_name__contains = ""))).await?.len(),
        5
    );
    Ok(())
}

#[tokio::test]
async fn several_text_lookups_on_one_field() -> Outcome {
    let backend = backend().await;
    let all = games(&backend, &["Ann", "Anton", "Dan", "Bob"]).await?;
    let find = async |set: QuerySet<Game>| names(&set, &backend).await;
    let both = query!(all.filter(player_name__startswith = "An", player_name__endswith = "n"));
    assert_eq!(find(both).await?, ["Ann", "Anton"]);
    let three = query!(
        all.filter(player_name__contains = "n", player_name__ne = "Dan")
            .filter(player_name__contains = "o")
    );
    assert_eq!(find(three).await?, ["Anton"]);
    let either = query!(all.filter(Q(player_name__startswith = "B") | Q(player_name__iendswith = "AN")));
    assert_eq!(find(either).await?, ["Bob", "Dan"]);
    let not = query!(all.exclude(player_name__contains = "n"));
    assert_eq!(find(not).await?, ["Bob"]);
    Ok(())
}

/// Texts that would be patterns, ends of quotes, or markup of an address if anyone let them.
const NASTY: [&str; 29] = [
    ".*",
    "a.c",
    "abc",
    "(",
    ")",
    "[a-z]",
    "^start",
    "end$",
    "a|b",
    "a+b",
    "a&b=c",
    "100%",
    "50%25",
    "#hash",
    "what?",
    "semi;colon",
    "quo'te",
    "dou\"ble",
    "back\\slash",
    "C:\\Path\\Queue",
    "{1,2}",
    "$regex",
    "{\"$ne\":null}",
    "über straße",
    "日本語",
    "a/b/../c",
    "<script>",
    " leading and trailing ",
    "comma,separated",
];

/// Each text is found by each of the lookups, and by no other text's.
#[tokio::test]
async fn nasty_texts_stand_for_themselves() -> Outcome {
    let backend = backend().await;
    let all = games(&backend, &NASTY).await?;
    for text in NASTY {
        let expected = |matches: fn(&str, &str) -> bool| {
            sorted(
                NASTY
                    .iter()
                    .filter(|name| matches(name, text))
                    .map(ToString::to_string),
            )
        };
        let contains = query!(all.filter(player_name__contains = text));
        let startswith = query!(all.filter(player_name__startswith = text));
        let endswith = query!(all.filter(player_name__endswith = text));
        assert_eq!(
            names(&contains, &backend).await?,
            expected(|a, b| a.contains(b)),
            "{contains:?}"
        );
        assert_eq!(
            names(&startswith, &backend).await?,
            expected(|a, b| a.starts_with(b)),
            "{startswith:?}"
        );
        assert_eq!(
            names(&endswith, &backend).await?,
            expected(|a, b| a.ends_with(b)),
            "{endswith:?}"
        );
        assert_eq!(
            names(&query!(all.filter(player_name = text)), &backend).await?,
            [text]
        );
    }
    assert_eq!(
        names(&query!(all.filter(player_name__in = NASTY)), &backend).await?,
        sorted(NASTY)
    );
    Ok(())
}

/// The ends of quotes and of lines.
#[tokio::test]
async fn texts_that_try_to_end_the_quoting() -> Outcome {
    const TEXTS: [&str; 13] = [
        "\\E.*",
        "\\Q.*\\E",
        "x\\E|.*\\Qx",
        "\\",
        "\\\\",
        "\\E",
        "\\Q",
        "\\E\\E",
        "one\\E two\\E three",
        "line\nbreak",
        "plain",
        "ends\\",
        "🎲 dice",
    ];
    let backend = mock_because_postgres_cannot(PostgresCannot::QuoteEveryText).await;
    let all = games(&backend, &TEXTS).await?;
    for text in TEXTS {
        let expected = |matches: fn(&str, &str) -> bool| {
            sorted(
                TEXTS
                    .iter()
                    .filter(|name| matches(name, text))
                    .map(ToString::to_string),
            )
        };
        let contains = query!(all.filter(player_name__contains = text));
        let startswith = query!(all.filter(player_name__startswith = text));
        let endswith = query!(all.filter(player_name__endswith = text));
        assert_eq!(
            names(&contains, &backend).await?,
            expected(|a, b| a.contains(b)),
            "{contains:?}"
        );
        assert_eq!(
            names(&startswith, &backend).await?,
            expected(|a, b| a.starts_with(b)),
            "{startswith:?}"
        );
        assert_eq!(
            names(&endswith, &backend).await?,
            expected(|a, b| a.ends_with(b)),
            "{endswith:?}"
        );
    }
    Ok(())
}

/// On any database: user text that tries to end the quoting never finds what it does not hold.
#[tokio::test]
async fn nothing_is_found_by_an_injected_pattern() -> Outcome {
    let backend = backend().await;
    let all = games(&backend, &["secret", "other"]).await?;
    for text in [
        "\\E.*\\Q",
        "\\E.*",
        "\\E|.*|\\Q",
        ".*",
        "\\E\\\\E.*\\Q",
        "x\\E|secret\\Q",
        "(?i)SECRET",
    ] {
        for set in [
            query!(all.filter(player_name__contains = text)),
            query!(all.filter(player_name__startswith = text)),
            query!(all.filter(player_name__endswith = text)),
            query!(all.filter(player_name__icontains = text)),
        ] {
            // an error is an answer too, rows are not
            let found = names(&set, &backend).await.unwrap_or_default();
            assert!(found.is_empty(), "{set:?} found {found:?}");
        }
    }
    Ok(())
}
