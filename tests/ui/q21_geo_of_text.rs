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
    let here = GeoPoint::new(1.0, 2.0).unwrap();
    let _ = query!(GameScore.filter(player_name__near = here));
    let _ = query!(GameScore.filter(score__within_km = (here, 5.0)));
    let _ = query!(GameScore.filter(area__within_box = (here, here)));
    let _ = query!(GameScore.filter(location__intersects = here));
}
