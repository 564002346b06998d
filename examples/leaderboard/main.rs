//! A leaderboard as an application would have it: `models.rs` says what is stored, `board.rs` what is done with it, and
//! `tests.rs` tests that against the embedded mock server, with no network and no other program.
//!
//! `cargo run --example leaderboard` plays a season; `cargo test --example leaderboard` runs the tests.

mod board;
mod models;
#[cfg(test)]
mod tests;

use board::{Board, Line};
use models::{Player, PlayerAccessors, Team};
use parse_orm::prelude::*;
use parse_orm_mock::MockServer;

fn show(title: &str, lines: &[Line]) {
    println!("{title}");
    for Line { rank, name, points } in lines {
        println!("  {rank:>2}. {name:<5} {points:>4}");
    }
}

#[tokio::main]
async fn main() -> parse_orm::Result<()> {
    let server = MockServer::start().await;
    let client = server.client();

    // two teams of three, in one request each
    let [red, blue] = ["Red", "Blue"].map(|name| Team { name: name.into() });
    let (red, blue) = (red.create(&client).await?, blue.create(&client).await?);
    let mut players = Vec::new();
    for (number, name) in ["Ann", "Bob", "Cid", "Dee", "Eve", "Fay"].into_iter().enumerate() {
        let team = if number % 2 == 0 { &red } else { &blue };
        let player = Player {
            name: name.into(),
            team: Some(team.pointer()),
            friends: Relation::new(),
        };
        players.push(player.create(&client).await?);
    }

    let board = Board::new(&client, 1);
    for (player, points) in players.iter().zip([300, 250, 250, 100, 50, 9999]) {
        assert!(board.submit(player, points).await?);
    }
    assert!(
        !board.submit(&players[0], 10).await?,
        "a lower result changes nothing"
    );
    board.ban(&players[5]).await?;

    let top = board.top(3).await?;
    show("top three", &top);
    assert_eq!(top.iter().map(|line| line.rank).collect::<Vec<_>>(), [1, 2, 2]);

    assert_eq!(board.rank(&players[3]).await?, Some(4));
    let around = board.around(&players[3], 1).await?;
    show("around Dee", &around);
    assert_eq!(around[1].name, "Dee");

    let friends = [&players[1], &players[4]].map(Clone::clone);
    players[0].add_to_friends(&friends);
    players[0].save(&client).await?;
    let mine = board.among_friends(&players[0]).await?;
    show("Ann's friends", &mine);
    assert_eq!(mine.len(), 3);

    let teams = board.teams(&server.master_client(), 10).await?;
    println!("teams {teams:?}");
    assert_eq!(teams, [("Red".to_owned(), 600), ("Blue".to_owned(), 350)]);

    let (winners, entries) = board.close().await?;
    show("the season's winners", &winners);
    assert_eq!(entries, 5);
    assert!(Board::new(&client, 1).top(3).await?.is_empty());
    Ok(())
}
