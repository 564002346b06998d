use parse_orm::prelude::*;

#[derive(ParseObject, Clone)]
struct GameScore {
    object_id: String,
    created_at: DateTime<Utc>,
    #[parse(rename = "updatedAt")]
    changed: DateTime<Utc>,
    #[parse(rename = "ACL")]
    rights: Acl,
    class_name: String,
    #[parse(rename = "__type")]
    kind: String,
}

fn main() {}
