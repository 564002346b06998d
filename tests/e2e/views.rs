//! Views: some fields of a row, with views of what it points to.

use crate::backend::{Outcome, backend};
use crate::models::{Player, Team, player, team};
use parse_orm::prelude::*;

#[derive(ParseObject, Debug, Clone)]
#[parse(class_name = "E2eViewed")]
struct Match {
    run: String,
    number: i64,
    text: Option<String>,
    #[parse(default)]
    tags: Vec<String>,
    home: Pointer<Team>,
    best: Option<Pointer<Player>>,
    players: Vec<Pointer<Player>>,
}

#[derive(ParseView, Debug, PartialEq, Clone)]
#[parse(model = Team)]
struct TeamName {
    name: String,
}

#[derive(ParseView, Debug, PartialEq, Clone)]
#[parse(model = Player)]
struct PlayerLine {
    object_id: ObjectId,
    name: String,
    team: Option<Included<TeamName>>,
}

#[derive(ParseView, Debug, PartialEq)]
#[parse(model = Match)]
struct Line {
    number: i64,
    object_id: ObjectId,
    updated_at: DateTime<Utc>,
    tags: Option<Vec<String>>,
    home: Option<Included<TeamName>>,
    best: Option<Included<PlayerLine>>,
    players: Vec<Included<PlayerLine>>,
}

/// Pointers as they are.
#[derive(ParseView, Debug, PartialEq)]
#[parse(model = Match)]
struct Plain {
    home: Pointer<Team>,
    best: Option<Pointer<Player>>,
    players: Vec<Pointer<Player>>,
}

async fn stored(
    client: &Client,
    run: &str,
) -> parse_orm::Result<(Vec<Object<Match>>, Vec<Object<Player>>, Object<Team>)> {
    let red = team(run, "Red").create(client).await?;
    let mut players = Vec::new();
    for name in ["Ann", "Bob", "Cid"] {
        let team = (name != "Cid").then(|| red.pointer());
        players.push(
            Player {
                team,
                ..player(run, name)
            }
            .create(client)
            .await?,
        );
    }
    let mut rows = Vec::new();
    for number in 0..5 {
        let row = Match {
            run: run.into(),
            number,
            text: Some("long".into()),
            tags: Vec::new(),
            home: red.pointer(),
            best: (number % 2 == 0).then(|| players[0].pointer()),
            players: players.iter().map(Pointer::from).collect(),
        };
        rows.push(row.create(client).await?);
    }
    Ok((rows, players, red))
}

#[tokio::test]
async fn views_hold_views_of_what_is_pointed_to() -> Outcome {
    let backend = backend().await;
    let (client, run) = (backend.client(), backend.run());
    let (rows, players, _) = stored(client, &run).await?;
    // the view says what is included and left out, whatever the query says
    let set = query!(
        Match
            .filter(run = &run)
            .order_by(-number)
            .select_related(best.team)
            .exclude_keys(best)
            .page_size(2)
    );
    let lines: Vec<Line> = set.values(client).await?;
    assert_eq!(
        lines.iter().map(|line| line.number).collect::<Vec<_>>(),
        [4, 3, 2, 1, 0]
    );
    let line = &lines[4];
    assert_eq!(
        (&line.object_id, line.updated_at),
        (rows[0].id(), rows[0].updated_at())
    );
    assert_eq!(line.tags, Some(Vec::new()));
    assert_eq!(line.home.as_ref().unwrap().name, "Red");
    let best = line.best.as_ref().unwrap();
    assert_eq!((&best.object_id, &*best.name), (players[0].id(), "Ann"));
    assert_eq!(best.team.as_ref().unwrap().name, "Red");
    assert_eq!(lines[3].best, None);
    let names: Vec<_> = line.players.iter().map(|player| &*player.name).collect();
    assert_eq!(names, ["Ann", "Bob", "Cid"]);
    assert_eq!(line.players[2].team, None);

    let streamed: Vec<Line> = set.values_stream(client).try_collect().await?;
    assert_eq!(streamed, lines);
    let plain: Vec<Plain> = set.values(client).await?;
    assert_eq!(
        plain[4].best.as_ref().and_then(Pointer::id),
        Some(players[0].id())
    );
    assert!(plain[4].home.loaded().is_none());
    Ok(())
}

#[tokio::test]
async fn row_17_targets_that_are_gone_are_none_and_drop_out_of_arrays() -> Outcome {
    let backend = backend().await;
    let (client, run) = (backend.client(), backend.run());
    let (_, mut players, red) = stored(client, &run).await?;
    players.remove(0).delete(client).await?;
    red.delete(client).await?;
    let set = query!(Match.filter(run = &run).order_by(number));
    let lines: Vec<Line> = set.values(client).await?;
    for line in &lines {
        assert_eq!((&line.home, &line.best), (&None, &None));
        let names: Vec<_> = line.players.iter().map(|player| &*player.name).collect();
        assert_eq!(names, ["Bob", "Cid"]);
        assert!(line.players.iter().all(|player| player.team.is_none()));
    }
    // what was not included is still referred to
    let plain: Vec<Plain> = set.values(client).await?;
    assert_eq!(plain[0].players.len(), 3);
    assert!(plain[0].best.is_some());
    Ok(())
}

/// Rows from before a field was added: the model has a default for them, the view an `Option`.
#[tokio::test]
async fn a_field_that_rows_may_be_without_is_an_option_in_a_view() -> Outcome {
    #[derive(ParseObject, Debug, Clone)]
    #[parse(class_name = "E2eViewedOld")]
    struct Old {
        run: String,
        level: Option<i64>,
    }
    #[derive(ParseObject, Debug, Clone)]
    #[parse(class_name = "E2eViewedOld")]
    struct New {
        run: String,
        #[parse(default = 1)]
        level: i64,
    }
    #[derive(ParseView, Debug)]
    #[parse(model = New)]
    struct Levels {
        level: Option<i64>,
    }
    let backend = backend().await;
    let (client, run) = (backend.client(), backend.run());
    for level in [None, Some(7)] {
        let run = run.clone();
        Old { run, level }.create(client).await?;
    }
    let set = query!(New.filter(run = &run).order_by(created_at));
    let levels: Vec<Levels> = set.values(client).await?;
    let mut levels: Vec<_> = levels.iter().map(|view| view.level).collect();
    levels.sort_unstable();
    assert_eq!(levels, [None, Some(7)]);
    let mut whole: Vec<_> = set.all(client).await?.iter().map(|row| row.level).collect();
    whole.sort_unstable();
    assert_eq!(whole, [1, 7]);
    Ok(())
}
