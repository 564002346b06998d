use parse_orm::prelude::*;

#[derive(ParseValue, Clone)]
enum Shape {
    Circle(f64),
    Square { side: f64 },
    #[parse(default)]
    Point,
    #[parse(rename = "Point")]
    Dot,
}

#[derive(ParseValue, Clone)]
enum Nothing {}

#[derive(ParseObject, Clone)]
struct Drawing {
    shape: Shape,
}

fn main() {}
