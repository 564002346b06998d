//! Fields named like Rust's keywords and like the library's own methods.
#![deny(warnings)]

use parse_orm::prelude::*;

#[derive(ParseObject, Clone, Debug)]
struct Thing {
    r#type: String,
    r#match: i64,
    r#in: Vec<String>,
    save: bool,
    filter: String,
    fields: Vec<i64>,
    core: i64,
    limit: u64,
    id: i64,
    delete: Option<bool>,
    refresh: bool,
    query: String,
    value: Option<Pointer<Thing>>,
    partial: String,
    set: i64,
    from: String,
    to: String,
    form: String,
    other: String,
    schema: String,
    pointer: Option<bool>,
    target: String,
    name: String,
    objects: Relation<Thing>,
}

fn thing() -> Thing {
    Thing {
        r#type: "a".into(),
        r#match: 1,
        r#in: vec![],
        save: true,
        filter: "f".into(),
        fields: vec![1],
        core: 1,
        limit: 10,
        id: 7,
        delete: None,
        refresh: false,
        query: "q".into(),
        value: None,
        partial: "p".into(),
        set: 1,
        from: "a".into(),
        to: "b".into(),
        form: "c".into(),
        other: "o".into(),
        schema: "s".into(),
        pointer: None,
        target: "t".into(),
        name: "n".into(),
        objects: Relation::new(),
    }
}

async fn change(client: &Client) -> parse_orm::Result<()> {
    let mut stored = thing().create(client).await?;
    stored.set_type("b");
    stored.add_in(["x"]);
    stored.increment_match(1);
    stored.set_save(false);
    stored.unset_delete();
    stored.id = 8;
    let id: &ObjectId = stored.id();
    let _ = (id, stored.save, stored.objects());
    stored.save(client).await?;
    stored.refresh(client, Unsaved::Discard).await?;
    stored.delete(client).await?;
    Ok(())
}

fn main() {
    let set = query!(Thing
        .filter(r#type = "a", r#match__gte = 1, type__ne = "b", in__in = ["x"], save = true, filter__startswith = "f")
        .filter(value.r#type = "c", value__match = 2, value.core__lt = 3, limit__in = [1, 2], id = 7, fields = 1)
        .exclude(delete__isnull = true, query = "x")
        .order_by(-r#match, core, limit)
        .limit(5));
    let text = serde_json::to_string(&set).unwrap();
    for part in [
        r#""type":{"$eq":"a","$ne":"b"}"#,
        r#""match":{"$gte":1}"#,
        r#""in":{"$in":["x"]}"#,
        r#""save":true"#,
        r#""order":"-match,core,limit""#,
        r#""limit":5"#,
    ] {
        assert!(text.contains(part), "{part} in {text}");
    }
    let f = Thing::F;
    let _ = GetType::r#type(&f.r#type);
    assert_eq!((f.r#type.name(), f.r#in.name()), ("type", "in"));
    let _ = change;
}

trait GetType {
    fn r#type(&self) {}
}
impl<T> GetType for T {}
