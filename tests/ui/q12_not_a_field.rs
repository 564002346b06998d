use parse_orm::prelude::*;

#[derive(ParseValue, Clone)]
struct Address {
    city: String,
    geo: Inner,
}

#[derive(ParseValue, Clone)]
struct Inner {
    floor: i64,
}

fn address() -> Address {
    Address { city: String::new(), geo: Inner { floor: 0 } }
}

#[derive(ParseObject, Clone)]
struct Player {
    name: String,
}

#[derive(ParseObject, Clone)]
struct GameScore {
    score: i64,
    level: i32,
    rating: Option<f64>,
    player_name: String,
    note: Option<String>,
    skills: Vec<String>,
    player: Option<Pointer<Player>>,
    home: Address,
}

fn main() {
    let _ = query!(GameScore.update(scoer = 5));
    let _ = query!(GameScore.update(home.cty = "Bern"));
    let _ = query!(GameScore.update(home.geo.floor = 1));
    let _ = query!(GameScore.update(home = address(), home.city = "Bern"));
    let _ = query!(GameScore.update(score.deep = 1));
    let _ = query!(GameScore.update(player__name = "Ann"));
    let _ = query!(GameScore.update(score__gte = 5));
    let _ = query!(GameScore.update(score == 5));
    let _ = query!(GameScore.update(score += 1, score += 1));
    let _ = query!(GameScore.update());
    let _ = query!(GameScore.update(score += 1 & level += 1));
    let _ = query!(GameScore.update(score = 1 & level = 1));
}
