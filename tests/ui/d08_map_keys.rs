use parse_orm::prelude::*;
use std::collections::{BTreeMap, HashMap, HashSet};

#[derive(ParseObject, Clone)]
struct GameScore {
    levels: HashMap<i32, String>,
    counts: BTreeMap<String, usize>,
    names: HashSet<String>,
}

fn main() {}
