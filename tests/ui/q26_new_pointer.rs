use parse_orm::prelude::*;

#[derive(ParseValue, Clone)]
struct Address {
    city: String,
}

#[derive(ParseObject, Clone)]
struct Team {
    name: String,
}

#[derive(ParseObject, Clone)]
struct Player {
    name: String,
    team: Option<Pointer<Team>>,
    fans: Relation<Team>,
}

fn hold(mut player: Object<Player>, team: Object<Team>) {
    let stored = Pointer::new(team.clone());
    player.team = Some(Team { name: "Red".into() });
    player.set_team(Address { city: "Bern".into() });
    player.add_to_fans([Address { city: "Bern".into() }]);
    player.fans = Relation::of([&team, &player]);
    println!("{}", player.team.as_ref().unwrap().id().as_str());
}

fn main() {}
