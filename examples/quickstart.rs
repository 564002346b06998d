//! The whole round: a model, its objects, its queries.
//!
//! `cargo run --example quickstart` runs it against the embedded mock server. To run it against a real one, name that in
//! the environment: `PARSE_SERVER_URL`, `PARSE_APP_ID`, `PARSE_REST_KEY`.

use parse_orm::prelude::*;
use parse_orm_mock::MockServer;

/// Somebody who plays.
#[derive(ParseObject, Debug, Clone)]
pub struct Player {
    pub name: String,
    pub team: Option<Pointer<Team>>,
}

/// A group of players.
#[derive(ParseObject, Debug, Clone)]
pub struct Team {
    pub name: String,
}

/// One finished game.
#[derive(ParseObject, Debug, Clone)]
pub struct GameScore {
    pub score: i64,
    pub player_name: String, // stored as playerName
    pub cheat_mode: bool,
    #[parse(default)]
    pub skills: Vec<String>,
    pub played_at: Option<DateTime<Utc>>,
    pub location: Option<GeoPoint>,
    pub player: Option<Pointer<Player>>,
    pub opponents: Relation<Player>,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    // the server in the environment, or one of our own, in memory and gone at the end
    let mut embedded = None;
    let client = if std::env::var_os("PARSE_SERVER_URL").is_some() {
        Client::from_env()?
    } else {
        embedded.insert(MockServer::start().await).client()
    };
    println!(
        "server     {}{}",
        client.url(),
        if embedded.is_some() {
            " (embedded mock)"
        } else {
            ""
        }
    );

    // create: a plain value becomes a stored object
    let red = Team { name: "Red".into() }.create(&client).await?;
    let sean = Player {
        name: "Sean Plott".into(),
        team: Some(red.pointer()),
    }
    .create(&client)
    .await?;
    let jang = Player {
        name: "Jang Min Chul".into(),
        team: None,
    }
    .create(&client)
    .await?;
    let mut score = GameScore {
        score: 1337,
        player_name: "Sean Plott".into(),
        cheat_mode: false,
        skills: vec!["pwnage".into()],
        played_at: Some(Utc::now()),
        location: Some(GeoPoint::new(40.0, -30.0)?),
        player: Some(sean.pointer()),
        opponents: Relation::new(),
    }
    .create(&client)
    .await?;
    println!("created    GameScore {} at {}", score.id(), score.created_at());

    // change: plain assignment, or an atomic operation; only what changed is sent
    score.cheat_mode = true;
    score.increment_score(10);
    score.add_unique_skills(["flying"]);
    println!(
        "changed    {:?}, score is {} already",
        score.dirty_fields(),
        score.score
    );
    score.save(&client).await?;
    println!(
        "saved      score {}, skills {:?}, still dirty: {}",
        score.score,
        score.skills,
        score.is_dirty()
    );

    score.cheat_mode = false;
    score.save(&client).await?;
    let same = GameScore::get(&client, score.id()).await?;
    println!(
        "read back  {} by {}, cheat mode {}",
        same.score, same.player_name, same.cheat_mode
    );

    // query: lazy, immutable, checked by the compiler
    let run = score.created_at();
    for (number, points) in (1..=5).zip([900, 1100, 1200, 1250, 2000]) {
        let mut other = GameScore::clone(&score);
        (other.score, other.player_name, other.cheat_mode) =
            (points, format!("Player {number}"), points == 2000);
        other.player = Some(if number % 2 == 0 {
            sean.pointer()
        } else {
            jang.pointer()
        });
        other.create(&client).await?;
    }
    let recent = query!(GameScore.filter(created_at__gte = run));
    let fair = query!(recent.filter(score__gte = 1000).exclude(cheat_mode = true));
    println!("query      {}", serde_json::to_string(&fair)?);
    println!(
        "counted    {} fair scores of {}",
        fair.count(&client).await?,
        recent.count(&client).await?
    );

    let best = query!(fair.order_by(-score, player_name).select_related(player.team)[..3]);
    for (place, score) in best.all(&client).await?.iter().enumerate() {
        // the pointers' objects came with the page
        let Some(player) = &score.player else { continue };
        let player = player.get()?;
        let team = player
            .team
            .as_ref()
            .and_then(|team| team.loaded())
            .map_or("no team", |team| &team.name);
        println!(
            "  {}. {:5} {:13} {} ({team})",
            place + 1,
            score.score,
            score.player_name,
            player.name
        );
    }
    let next = query!(fair.order_by(-score)[3..]).all(&client).await?;
    println!(
        "next page  {:?}",
        next.iter().map(|score| score.score).collect::<Vec<_>>()
    );

    let reds = query!(recent.filter(player.team.name = "Red", skills__in = ["flying"]));
    println!(
        "through    {} skilled scores by players of the team Red",
        reds.count(&client).await?
    );
    let extreme = query!(recent.filter(
        Q(score__lt = 1000) | Q(score__gt = 1300),
        !Q(player_name__istartswith = "player 5")
    ));
    let extreme = extreme.order_by(GameScore::F.score).all(&client).await?;
    println!(
        "either or  {:?}",
        extreme.iter().map(|score| score.score).collect::<Vec<_>>()
    );

    // relations: any number of objects, in a table of their own
    score.add_to_opponents([&jang]);
    score.save(&client).await?;
    for opponent in query!(score.opponents().order_by(name)).all(&client).await? {
        println!("opponent   {}", opponent.name);
    }

    // delete
    let id = score.id().clone();
    score.delete(&client).await?;
    let gone = GameScore::get(&client, id).await.unwrap_err();
    println!("deleted    {gone}");
    Ok(())
}
