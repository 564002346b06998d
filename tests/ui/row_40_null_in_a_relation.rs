use parse_orm::prelude::*;

#[derive(ParseObject, Clone)]
struct Player {
    name: String,
}

#[derive(ParseObject, Clone)]
struct Team {
    fans: Relation<Player>,
}

fn main() {
    let fan: Option<Pointer<Player>> = None;
    let _ = query!(Team.filter(fans = None));
    let _ = query!(Team.filter(fans = fan.clone()));
    let _ = query!(Team.filter(fans__in = [None, fan.clone()]));
    let _ = query!(Team.filter(fans__nin = vec![fan]));
    let _ = query!(Team.filter(fans__isnull = true));
}
