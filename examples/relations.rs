//! Objects that belong together: pointers, relations, and a class of its own for what a relation cannot hold.
//!
//! `cargo run --example relations`

use parse_orm::prelude::*;
use parse_orm_mock::MockServer;

/// Somebody who plays.
#[derive(ParseObject, Debug, Clone)]
pub struct Player {
    pub name: String,
}

/// Any number of fans in a table beside the class, and at most one captain in the row itself.
#[derive(ParseObject, Debug, Clone)]
pub struct Team {
    pub name: String,
    pub captain: Option<Pointer<Player>>,
    pub fans: Relation<Player>,
}

/// Who plays for whom: a relation has no columns, so what is to be known about it needs a class with two pointers.
#[derive(ParseObject, Debug, Clone)]
pub struct Membership {
    pub team: Pointer<Team>,
    pub player: Pointer<Player>,
    pub number: i64,
    pub since: i64,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let server = MockServer::start().await;
    let client = server.client();

    let mut players = Vec::new();
    for name in ["Ann", "Bob", "Cid", "Dee"] {
        players.push(Player { name: name.into() }.create(&client).await?);
    }
    let mut teams = Vec::new();
    for (name, captain) in [("Red", &players[0]), ("Blue", &players[1])] {
        let team = Team {
            name: name.into(),
            captain: Some(captain.pointer()),
            fans: Relation::new(),
        };
        teams.push(team.create(&client).await?);
    }

    // a relation is changed by operations, and is a query like any other
    teams[0].add_to_fans(&players[1..]);
    teams[0].save(&client).await?;
    teams[1].add_to_fans([&players[3]]);
    teams[1].save(&client).await?;
    let of_red = teams[0].fans();
    let mut early = query!(of_red.filter(name__lt = "Cz"))
        .values_list(&client, Player::F.name)
        .await?;
    early.sort();
    assert_eq!(early, ["Bob", "Cid"]);

    // what pointers lead to comes in the same answer
    let listed = query!(Team.order_by(name).select_related(captain))
        .all(&client)
        .await?;
    for team in &listed {
        let captain = team.captain.as_ref().expect("a captain").get()?;
        println!("{:4} is led by {}", team.name, captain.name);
    }

    // what relations hold, for all the teams at once: one more request, not one for each team
    server.clear_requests();
    let fans = query!(Player.order_by(name))
        .prefetch_related(Team::F.fans, &listed)
        .all(&client)
        .await?;
    for team in &listed {
        let names: Vec<_> = fans.of(team).iter().map(|fan| fan.name.as_str()).collect();
        println!("{:4} has the fans {names:?}", team.name);
    }
    assert_eq!((server.requests().len(), fans.len()), (1, 4));

    // the class in between: who plays with which number since when
    for (number, (team, player)) in (7..).zip([(0, 0), (0, 2), (1, 1), (1, 2)]) {
        let membership = Membership {
            team: teams[team].pointer(),
            player: players[player].pointer(),
            number,
            since: 2020 + number,
        };
        membership.create(&client).await?;
    }
    // many to many from either side, with the other side included
    let of_teams = query!(Membership.order_by(number).select_related(player))
        .prefetch_related(Membership::F.team, &listed)
        .all(&client)
        .await?;
    let of_players = query!(Membership.order_by(since).select_related(team))
        .prefetch_related(Membership::F.player, &players)
        .all(&client)
        .await?;
    for team in &listed {
        for member in of_teams.of(team) {
            println!(
                "{:4} number {} is {}",
                team.name,
                member.number,
                member.player.get()?.name
            );
        }
    }
    let cid: Vec<_> = of_players
        .of(&players[2])
        .iter()
        .map(|member| member.since)
        .collect();
    assert_eq!(cid, [2028, 2030]);
    assert!(of_players.of(&players[3]).is_empty());

    // and as a condition: through the pointers, without reading anything in between
    let veterans = query!(Membership.filter(since__lt = 2029, team.name = "Red"))
        .count(&client)
        .await?;
    assert_eq!(veterans, 2);
    Ok(())
}
