//! Empty models, models that point to themselves and to each other, and models in constants.
#![deny(warnings)]

use parse_orm::prelude::*;

#[derive(ParseObject, Clone, Debug)]
struct Empty {}

#[derive(ParseValue, Clone, Debug)]
struct Nothing {}

#[derive(ParseValue, Clone, Debug)]
struct Limits {
    #[parse(default = Self::MOST)]
    most: i64,
}

impl Limits {
    const MOST: i64 = 5;
}

#[derive(ParseObject, Clone, Debug)]
struct Node {
    parent: Option<Pointer<Node>>,
    children: Vec<Pointer<Self>>,
    related: Relation<Self>,
    nothing: Nothing,
    limits: Limits,
}

#[derive(ParseObject, Clone, Debug)]
struct Hen {
    egg: Option<Pointer<Egg>>,
}

#[derive(ParseObject, Clone, Debug)]
#[parse(class_name = "EggOfHen")]
struct Egg {
    hen: Pointer<Hen>,
}

const CLASS: &str = Egg::CLASS_NAME;
const FIELD: &str = Egg::F.hen.name();
static SCHEMA: &parse_orm::Schema = Egg::SCHEMA;

fn main() {
    assert_eq!((CLASS, FIELD, SCHEMA.fields.len()), ("EggOfHen", "hen", 1));
    assert_eq!(Empty::SCHEMA.fields.len(), 0);
    let _ = (Empty {}, Nothing {}, Limits { most: 1 }.most);
    let nodes = query!(Node
        .filter(parent.parent.object_id = "Ed1nuqPvcm", parent__parent__parent__isnull = true)
        .select_related(parent.parent, children));
    assert!(serde_json::to_string(&nodes).unwrap().ends_with(r#""include":"parent.parent,children"}"#));
    let hens = query!(Hen.filter(egg.hen.egg__isnull = false).select_related(egg.hen.egg));
    assert_eq!(
        serde_json::to_string(&hens).unwrap(),
        r#"{"where":{"egg":{"$inQuery":{"where":{"hen":{"$inQuery":{"where":{"egg":{"$ne":null}},"className":"Hen"}}},"className":"EggOfHen"}}},"include":"egg.hen.egg"}"#
    );
}
