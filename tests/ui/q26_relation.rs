use parse_orm::prelude::*;

#[derive(ParseObject, Clone)]
struct Team {
    name: String,
}

#[derive(ParseObject, Clone)]
struct Player {
    name: String,
    team: Option<Pointer<Team>>,
}

#[derive(ParseObject, Clone)]
struct GameScore {
    score: i64,
    player_name: String,
    played_at: Option<DateTime<Utc>>,
    skills: Vec<String>,
    ranks: Option<Vec<i64>>,
    location: Option<GeoPoint>,
    area: Polygon,
    player: Option<Pointer<Player>>,
    fans: Relation<Player>,
}

fn main() {
    let _ = query!(GameScore.filter(fans = "Ann"));
    let _ = query!(GameScore.filter(fans = None));
    let _ = query!(GameScore.filter(fans__gt = Pointer::<Player>::to("x")));
    let _ = query!(GameScore.filter(fans = Pointer::<Team>::to("x")));
}
