use parse_orm::prelude::*;

#[derive(ParseObject, Clone, Copy)]
union Number {
    whole: i64,
    real: f64,
}

fn main() {}
