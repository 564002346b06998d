//! A leaderboard that is always right: read once, and then kept by LiveQuery.
//!
//! `cargo run --example live_leaderboard`

use parse_orm::prelude::*;
use parse_orm_mock::MockServer;
use std::collections::HashMap;

/// How many points somebody has.
#[derive(ParseObject, Debug, Clone)]
pub struct Score {
    pub name: String,
    pub points: i64,
    pub cheated: bool,
}

/// Only what the board shows.
#[derive(ParseView, Debug, Clone)]
#[parse(model = Score)]
pub struct Line {
    pub object_id: ObjectId,
    pub updated_at: DateTime<Utc>,
    pub name: String,
    pub points: i64,
}

/// The lines by their ids.
#[derive(Default)]
struct Board(HashMap<ObjectId, Line>);

impl Board {
    /// What the server has now.
    async fn read(&mut self, scores: &QuerySet<Score>, client: &Client) -> parse_orm::Result<()> {
        self.0.clear();
        for line in scores.values::<Line>(client).await? {
            self.put(line);
        }
        Ok(())
    }

    /// A line, unless a newer one of the same score is there.
    fn put(&mut self, line: Line) {
        let known = self.0.get(&line.object_id);
        if known.is_none_or(|known| known.updated_at <= line.updated_at) {
            self.0.insert(line.object_id.clone(), line);
        }
    }

    /// The best three.
    fn best(&self) -> Vec<(String, i64)> {
        let mut lines: Vec<_> = self
            .0
            .values()
            .map(|line| (line.name.clone(), line.points))
            .collect();
        lines.sort_by_key(|(_, points)| -points);
        lines.truncate(3);
        lines
    }
}

/// What the players do meanwhile, by a client of their own.
async fn season(client: Client) -> parse_orm::Result<()> {
    let score = |name: &str, points| Score {
        name: name.into(),
        points,
        cheated: false,
    };
    let mut ann = query!(Score.filter(name = "Ann")).get(&client).await?;
    let mut dee = score("Dee", 70).create(&client).await?;
    score("Eve", 5).create(&client).await?; // too few to be shown
    ann.increment_points(50);
    ann.save(&client).await?;
    dee.set_cheated(true); // off the board
    dee.save(&client).await?;
    query!(Score.filter(name = "Bob"))
        .get(&client)
        .await?
        .delete(&client)
        .await?;
    score("Fay", 40).create(&client).await?;
    Ok(())
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let server = MockServer::start().await;
    let client = server.client();
    for (name, points) in [("Ann", 10), ("Bob", 30), ("Cid", 20)] {
        let score = Score {
            name: name.into(),
            points,
            cheated: false,
        };
        score.create(&client).await?;
    }

    // subscribe first, then read: what happens in between comes as events
    let scores = query!(Score.filter(points__gte = 10, cheated = false));
    let mut events = scores.subscribe_values::<Line>(&client).await?;
    let mut board = Board::default();
    board.read(&scores, &client).await?;
    println!("before: {:?}", board.best());
    assert_eq!(board.best()[0], ("Bob".into(), 30));

    let playing = tokio::spawn(season(server.client()));
    let expected = [("Ann", 60), ("Fay", 40), ("Cid", 20)].map(|(name, points)| (name.to_owned(), points));
    while board.best() != expected {
        match events.next().await.ok_or("the subscription has ended")?? {
            LiveEvent::Create(line) => {
                println!("{} begins with {}", line.name, line.points);
                board.put(line);
            }
            LiveEvent::Enter { object, .. } | LiveEvent::Update { object, .. } => {
                println!("{} has {}", object.name, object.points);
                board.put(object);
            }
            LiveEvent::Leave { object: line, .. } | LiveEvent::Delete(line) => {
                println!("{} is gone", line.name);
                board.0.remove(&line.object_id);
            }
            // a lost connection, or too slow a program: nobody knows what happened
            LiveEvent::Gap(gap) => {
                println!("read again: {gap:?}");
                board.read(&scores, &client).await?;
            }
            _ => {}
        }
    }
    playing.await??;
    println!("after: {:?}", board.best());

    // the same as if it had been read
    let mut truth = Board::default();
    truth.read(&scores, &client).await?;
    assert_eq!(board.best(), truth.best());
    events.unsubscribe().await;
    Ok(())
}
