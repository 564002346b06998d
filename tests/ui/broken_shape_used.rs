use parse_orm::prelude::*;

// one error for each, and none where they are used
#[derive(ParseObject, Clone, Debug)]
struct Score(i64);

#[derive(ParseObject, Clone, Debug)]
enum Level {
    Easy,
}

#[derive(ParseObject, Clone, Debug)]
struct Wrapper<T> {
    value: T,
}

#[derive(ParseObject, Clone, Debug)]
struct Replay {
    of: Pointer<Score>,
    level: Option<Pointer<Level>>,
    wrapped: Relation<Wrapper<i64>>,
}

async fn create(client: &Client) -> parse_orm::Result<Object<Score>> {
    Score(5).create(client).await
}

fn newest() -> QuerySet<Score> {
    query!(Score.order_by(-created_at))
}

fn main() {}
