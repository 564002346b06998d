//! The tests that an application would have: each with a server of its own.

use crate::board::{Board, Line};
use crate::models::{Player, PlayerAccessors, Team};
use parse_orm::Result;
use parse_orm::prelude::*;
use parse_orm_mock::MockServer;

struct Game {
    server: MockServer,
    client: Client,
}

impl Game {
    async fn new() -> Self {
        let server = MockServer::start().await;
        let client = server.client();
        Self { server, client }
    }

    fn season(&self, number: i64) -> Board {
        Board::new(&self.client, number)
    }

    async fn player(&self, name: &str, team: Option<&Object<Team>>) -> Result<Object<Player>> {
        let player = Player {
            name: name.into(),
            team: team.map(Pointer::from),
            friends: Relation::new(),
        };
        player.create(&self.client).await
    }

    /// Players who have these points in the first season.
    async fn players<const N: usize>(&self, results: [(&str, i64); N]) -> Result<Vec<Object<Player>>> {
        let mut players = Vec::new();
        for (name, points) in results {
            let player = self.player(name, None).await?;
            self.season(1).submit(&player, points).await?;
            players.push(player);
        }
        Ok(players)
    }
}

fn shown(lines: &[Line]) -> Vec<(u64, &str, i64)> {
    lines
        .iter()
        .map(|line| (line.rank, line.name.as_str(), line.points))
        .collect()
}

#[tokio::test]
async fn the_best_result_counts() -> Result<()> {
    let game = Game::new().await;
    let (board, ann) = (game.season(1), game.player("Ann", None).await?);
    assert!(board.submit(&ann, 10).await?);
    assert!(board.submit(&ann, 30).await?);
    assert!(!board.submit(&ann, 20).await?);
    assert_eq!(shown(&board.top(10).await?), [(1, "Ann", 30)]);
    // a lower result costs a look, and no write
    game.server.clear_requests();
    assert!(!board.submit(&ann, 5).await?);
    assert!(
        game.server
            .requests()
            .iter()
            .all(|request| request.method == "GET")
    );
    Ok(())
}

#[tokio::test]
async fn equal_points_share_a_rank() -> Result<()> {
    let game = Game::new().await;
    let players = game
        .players([("Ann", 5), ("Bob", 9), ("Cid", 9), ("Dee", 1)])
        .await?;
    let board = game.season(1);
    let top = board.top(3).await?;
    assert_eq!(shown(&top), [(1, "Bob", 9), (1, "Cid", 9), (3, "Ann", 5)]);
    let mut ranks = Vec::new();
    for player in &players {
        ranks.push(board.rank(player).await?);
    }
    assert_eq!(ranks, [Some(3), Some(1), Some(1), Some(4)]);
    let nobody = game.player("Eve", None).await?;
    assert_eq!(board.rank(&nobody).await?, None);
    assert!(board.around(&nobody, 2).await?.is_empty());
    Ok(())
}

#[tokio::test]
async fn around_a_player() -> Result<()> {
    let game = Game::new().await;
    let results = [("A", 60), ("B", 50), ("C", 40), ("D", 40), ("E", 30), ("F", 20)];
    let players = game.players(results).await?;
    let board = game.season(1);
    let around = board.around(&players[3], 2).await?;
    assert_eq!(
        shown(&around),
        [
            (2, "B", 50),
            (3, "C", 40),
            (3, "D", 40),
            (5, "E", 30),
            (6, "F", 20)
        ]
    );
    assert_eq!(
        shown(&board.around(&players[0], 1).await?),
        [(1, "A", 60), (2, "B", 50)]
    );
    assert_eq!(
        shown(&board.around(&players[5], 1).await?),
        [(5, "E", 30), (6, "F", 20)]
    );
    Ok(())
}

#[tokio::test]
async fn cheaters_are_taken_off_every_board() -> Result<()> {
    let game = Game::new().await;
    let players = game.players([("Ann", 5), ("Cheater", 999)]).await?;
    game.season(2).submit(&players[1], 998).await?;
    assert_eq!(game.season(1).ban(&players[1]).await?, 2);
    assert_eq!(shown(&game.season(1).top(10).await?), [(1, "Ann", 5)]);
    assert!(game.season(2).top(10).await?.is_empty());
    assert_eq!(game.season(1).rank(&players[1]).await?, None);
    Ok(())
}

#[tokio::test]
async fn a_closed_season_counts_no_longer() -> Result<()> {
    let game = Game::new().await;
    let players = game.players([("Ann", 5), ("Bob", 7)]).await?;
    game.season(2).submit(&players[0], 1).await?;
    let (winners, entries) = game.season(1).close().await?;
    assert_eq!(
        (shown(&winners), entries),
        (vec![(1, "Bob", 7), (2, "Ann", 5)], 2)
    );
    assert!(game.season(1).top(10).await?.is_empty());
    assert_eq!(shown(&game.season(2).top(10).await?), [(1, "Ann", 1)]);
    Ok(())
}

#[tokio::test]
async fn teams_are_ranked_by_their_sums() -> Result<()> {
    let game = Game::new().await;
    let [red, blue] = ["Red", "Blue"].map(|name| Team { name: name.into() });
    let (red, blue) = (red.create(&game.client).await?, blue.create(&game.client).await?);
    let board = game.season(1);
    for (name, team, points) in [
        ("A", Some(&red), 10),
        ("B", Some(&blue), 25),
        ("C", Some(&red), 20),
        ("D", None, 90),
    ] {
        board.submit(&game.player(name, team).await?, points).await?;
    }
    let master = game.server.master_client();
    let teams = board.teams(&master, 10).await?;
    assert_eq!(teams, [("Red".to_owned(), 30), ("Blue".to_owned(), 25)]);
    assert_eq!(board.teams(&master, 1).await?.len(), 1);
    Ok(())
}

#[tokio::test]
async fn friends_are_ranked_without_a_request_for_each() -> Result<()> {
    let game = Game::new().await;
    let mut players = game
        .players([("Ann", 5), ("Bob", 7), ("Cid", 9), ("Dee", 1)])
        .await?;
    let idle = game.player("Eve", None).await?;
    let friends = [players[1].clone(), players[3].clone(), idle];
    players[0].add_to_friends(&friends);
    players[0].save(&game.client).await?;
    let board = game.season(1);
    game.server.clear_requests();
    let lines = board.among_friends(&players[0]).await?;
    assert_eq!(shown(&lines), [(1, "Bob", 7), (2, "Ann", 5), (3, "Dee", 1)]);
    // the friends, that there are no more of them, and all of their entries
    assert_eq!(game.server.requests().len(), 3);
    Ok(())
}
