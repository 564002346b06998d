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
    let _ = query!(GameScore.filter(location__near = (1.0, 2.0)));
    let _ = query!(GameScore.filter(location__within_km = 5.0));
    let _ = query!(GameScore.filter(location__within_miles = (5.0, here)));
    let _ = query!(GameScore.filter(location__within_box = here));
    let _ = query!(GameScore.filter(location__within_polygon = (here, here)));
    let _ = query!(GameScore.filter(area__intersects = "here"));
}
