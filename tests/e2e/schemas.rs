//! The definitions of classes: made, read, changed, compared with models, and deleted.

use crate::backend::{Backend, Outcome, backend, unique};
use parse_orm::prelude::*;
use parse_orm::{
    Asker, ClassField, ClassFieldType, ClassIndex, ClassOperation, ClassPermissions, ClassSchema, IndexKind,
    Role, User,
};
use parse_orm_mock::MockServer;

/// A name that no class has had.
fn fresh(name: &str) -> String {
    unique(name).replace('-', "_")
}

/// Every type that a field can have.
#[derive(ParseObject, Debug, Clone)]
#[parse(class_name = "E2eSchemaTown")]
struct Town {
    name: String,
    population: Option<i64>,
    ok: Option<bool>,
    founded_at: Option<DateTime<Utc>>,
    notes: Option<serde_json::Value>,
    tags: Option<Vec<String>>,
    place: Option<GeoPoint>,
    area: Option<Polygon>,
    photo: Option<File>,
    seal: Option<Bytes>,
    mayor: Option<Pointer<Account>>,
    twins: Relation<Town>,
}

#[derive(ParseObject, Debug, Clone)]
#[parse(class_name = "_User")]
struct Account {
    username: String,
    nick: Option<String>,
}

/// Leaves no class behind on a server that others use.
async fn drop_class(backend: &Backend, name: &str) -> parse_orm::Result<()> {
    ClassSchema::purge(backend.master(), name).await?;
    ClassSchema::delete(backend.master(), name).await
}

#[tokio::test]
async fn a_class_is_made_from_its_model() -> Outcome {
    let backend = backend().await;
    let master = backend.master();
    drop_class(&backend, "E2eSchemaTown").await?;

    let wanted = ClassSchema::of::<Town>();
    let there = wanted.ensure(master).await?;
    assert!(wanted.diff(&there).is_empty(), "{}", wanted.diff(&there));
    let types: Vec<_> = there
        .fields()
        .map(|(name, field)| (name.to_owned(), field.field_type().to_string()))
        .collect();
    let expected = [
        ("area", "Polygon"),
        ("foundedAt", "Date"),
        ("mayor", "Pointer to _User"),
        ("name", "String"),
        ("notes", "Object"),
        ("ok", "Boolean"),
        ("photo", "File"),
        ("place", "GeoPoint"),
        ("population", "Number"),
        ("seal", "Bytes"),
        ("tags", "Array"),
        ("twins", "Relation to E2eSchemaTown"),
    ];
    assert_eq!(
        types,
        expected.map(|(name, kind)| (name.to_owned(), kind.to_owned()))
    );
    assert_eq!(there.permissions(), Some(&ClassPermissions::public()));

    // another start of the program asks, and changes nothing
    if let Some(server) = backend.server() {
        server.clear_requests();
    }
    assert_eq!(wanted.ensure(master).await?, there);
    if let Some(server) = backend.server() {
        assert_eq!(server.requests().len(), 1);
    }

    // a type that another program would write is refused from the first object on
    let wrong = master.client_of_wrong_type().await;
    assert_eq!(wrong, Some(ErrorCode::IncorrectType));

    // of the server's own classes, what the model adds
    let account = ClassSchema::of::<Account>();
    assert_eq!(
        account.fields().map(|(name, _)| name).collect::<Vec<_>>(),
        ["nick"]
    );
    let users = ClassSchema::fetch(master, "_User")
        .await?
        .ok_or("users are there")?;
    assert!(users.field("username").is_some());
    drop_class(&backend, "E2eSchemaTown").await?;
    Ok(())
}

/// A create with a value of another type than the class's.
trait WrongType {
    async fn client_of_wrong_type(&self) -> Option<ErrorCode>;
}

impl WrongType for MasterClient {
    async fn client_of_wrong_type(&self) -> Option<ErrorCode> {
        #[derive(ParseObject, Debug, Clone)]
        #[parse(class_name = "E2eSchemaTown")]
        struct Misread {
            name: i64,
        }
        Misread { name: 1 }.create(self).await.err()?.code()
    }
}

#[tokio::test]
async fn what_is_missing_is_added_and_nothing_else() -> Outcome {
    let backend = backend().await;
    let master = backend.master();
    let name = fresh("Missing");
    let locked = ClassPermissions::new().allow(ClassOperation::READ, Who::Public);
    let first = ClassSchema::new(&name)
        .add_field("name", ClassField::of::<String>())
        .add_field("level", ClassField::of::<i64>().default_value(1))
        .set_permissions(locked.clone());
    first.create(master).await?;

    let wanted = ClassSchema::new(&name)
        .add_field("name", ClassField::of::<String>())
        .add_field("team", ClassField::pointer_to("Team"))
        .add_field("level", ClassField::of::<i64>())
        .add_index("by_name", ClassIndex::fields(["name", "-level"]));
    // a lock that another program set is not taken for the own one, nor changed
    let open = wanted.clone().set_permissions(ClassPermissions::public());
    let refused = open.ensure(master).await.unwrap_err();
    assert!(refused.to_string().contains("set_permissions(..)"), "{refused}");
    let there = wanted.ensure(master).await?;
    let wanted_locked = wanted.clone().set_permissions(locked.clone());
    assert_eq!(wanted_locked.ensure(master).await?, there);
    assert_eq!(there.field("team"), Some(&ClassField::pointer_to("Team")));
    assert_eq!(there.permissions(), Some(&locked));
    let index = there.indexes().find(|(name, _)| *name == "by_name");
    assert!(index.is_some_and(|(_, index)| index.keys().count() == 2));
    let diff = open.diff(&there);
    assert!(diff.missing().is_none());
    let lines: Vec<_> = diff.to_string().lines().map(str::to_owned).collect();
    assert!(
        lines.contains(&"the default value of field `level` is 1".to_owned()),
        "{diff}"
    );
    assert!(lines.contains(&"the permissions are others".to_owned()), "{diff}");

    // a field of another type stops it before anything is changed
    let wrong = ClassSchema::new(&name)
        .add_field("motto", ClassField::of::<String>())
        .add_field("name", ClassField::of::<i64>());
    let refused = wrong.ensure(master).await.unwrap_err();
    let Error::Invalid(error) = &refused else {
        return Err(refused.into());
    };
    assert_eq!(error.field.as_deref(), Some("name"));
    assert!(error.message.contains("is a String, not a Number"), "{refused}");
    let same = ClassSchema::fetch(master, &name).await?;
    assert_eq!(same.as_ref(), Some(&there));
    drop_class(&backend, &name).await?;
    Ok(())
}

#[tokio::test]
async fn required_and_default_values_hold_at_creation() -> Outcome {
    let backend = backend().await;
    let master = backend.master();
    drop_class(&backend, "E2eSchemaRule").await?;
    #[derive(ParseObject, Debug, Clone)]
    #[parse(class_name = "E2eSchemaRule")]
    struct Rule {
        name: Option<String>,
        level: Option<i64>,
        tags: Option<Vec<String>>,
    }
    let tags = ClassField::of::<Vec<String>>().default_value(vec!["new".to_owned()]);
    ClassSchema::of::<Rule>()
        .add_field("name", ClassField::of::<String>().required())
        .add_field("level", ClassField::of::<i64>().default_value(7).required())
        .add_field("tags", tags)
        .ensure(master)
        .await?;
    let rule = |name: Option<&str>| Rule {
        name: name.map(Into::into),
        level: None,
        tags: None,
    };
    for nameless in [rule(None), rule(Some(""))] {
        let refused = nameless.create(master).await.unwrap_err();
        assert_eq!(refused.code(), Some(ErrorCode::ValidationFailed), "{refused}");
    }
    // the answer tells what the server filled in
    let mut stored = rule(Some("a")).create(master).await?;
    assert_eq!(stored.level, Some(7));
    assert_eq!(stored.tags.as_deref(), Some(&["new".to_owned()][..]));
    stored.name = None;
    let refused = stored.save(master).await.unwrap_err();
    assert_eq!(refused.code(), Some(ErrorCode::ValidationFailed), "{refused}");
    stored.revert();
    stored.tags = None;
    stored.save(master).await?;
    assert_eq!(Rule::get(master, stored.id()).await?.tags, None);
    drop_class(&backend, "E2eSchemaRule").await?;
    Ok(())
}

#[tokio::test]
async fn fields_indexes_and_permissions_change() -> Outcome {
    let backend = backend().await;
    let master = backend.master();
    let name = fresh("Change");
    let made = ClassSchema::new(&name)
        .add_field("name", ClassField::of::<String>())
        .add_field("owner", ClassField::pointer_to("_User"))
        .add_field("friends", ClassField::relation_to("_User"))
        .add_index("by_name", ClassIndex::fields(["-name"]))
        .create(master)
        .await?;
    assert_eq!(made.class_name(), name);

    let permissions = ClassPermissions::new()
        .allow(ClassOperation::READ, Asker::Authenticated)
        .allow(ClassOperation::WRITE, Who::role("Moderators"))
        .allow(ClassOperation::Update, Asker::user_field("owner"))
        .read_by_users_in(["owner"])
        .protect(Who::Public, ["name"])
        .protect(Asker::user_field("owner"), [""; 0])
        .default_acl(DefaultAcl::owner());
    let changed = ClassSchema::change(&name)
        .add_field("level", ClassField::of::<i64>().default_value(3))
        .delete_field("friends")
        .add_index("by_level", ClassIndex::fields(["level"]))
        .delete_index("by_name")
        .set_permissions(permissions.clone())
        .save(master)
        .await?;
    assert_eq!(
        changed.field("level").and_then(ClassField::default_json),
        Some(&3.into())
    );
    assert!(changed.field("friends").is_none());
    assert_eq!(changed.permissions(), Some(&permissions));
    let indexes: Vec<_> = changed.indexes().map(|(name, _)| name).collect();
    assert_eq!(indexes, ["by_level"]);
    let kind = changed.indexes().flat_map(|(_, index)| index.keys()).last();
    assert_eq!(kind, Some(("level", &IndexKind::Ascending)));

    // what one has can be the start of what one shall have
    let read = ClassSchema::fetch(master, &name).await?.ok_or("it is there")?;
    let less = read.permissions().ok_or("always said")?.clone();
    let less = less.forbid(ClassOperation::WRITE, Who::role("Moderators"));
    let changed = ClassSchema::change(&name)
        .set_permissions(less)
        .save(master)
        .await?;
    let held = changed.permissions().ok_or("always said")?;
    assert!(!held.allows(ClassOperation::Create, Who::role("Moderators")));
    assert!(held.allows(ClassOperation::Update, Asker::user_field("owner")));
    assert_eq!(held.acl_of_new(), Some(&DefaultAcl::owner()));

    // and all classes are those
    let all = ClassSchema::all(master).await?;
    assert!(all.contains(&changed));
    assert!(all.iter().any(|class| class.class_name() == "_User"));

    for (change, code) in [
        (
            ClassSchema::change(&name).add_field("level", ClassField::of::<String>()),
            ErrorCode::InvalidSchemaOperation,
        ),
        (
            ClassSchema::change(&name).delete_field("nope"),
            ErrorCode::InvalidSchemaOperation,
        ),
        (
            ClassSchema::change(&name).delete_index("nope"),
            ErrorCode::InvalidQuery,
        ),
        (
            ClassSchema::change(&name).add_index("by_level", ClassIndex::fields(["name"])),
            ErrorCode::InvalidQuery,
        ),
        (
            ClassSchema::change(&name).add_index("by_nope", ClassIndex::fields(["nope"])),
            ErrorCode::InvalidQuery,
        ),
        (
            ClassSchema::change(fresh("Nope")).delete_field("a"),
            ErrorCode::InvalidClassName,
        ),
    ] {
        let refused = change.save(master).await.unwrap_err();
        assert_eq!(refused.code(), Some(code), "{refused}");
    }
    let refused = ClassSchema::new(&name).create(master).await.unwrap_err();
    assert_eq!(refused.code(), Some(ErrorCode::InvalidClassName), "{refused}");
    drop_class(&backend, &name).await?;
    Ok(())
}

#[tokio::test]
async fn a_class_is_emptied_before_it_is_deleted() -> Outcome {
    let backend = backend().await;
    let master = backend.master();
    drop_class(&backend, "E2eSchemaFull").await?;
    #[derive(ParseObject, Debug, Clone)]
    #[parse(class_name = "E2eSchemaFull")]
    struct Full {
        n: i64,
    }
    ClassSchema::of::<Full>().ensure(master).await?;
    let rows: Vec<_> = (0..5).map(|n| Full { n }).collect();
    master.create_all(&rows).await.into_result()?;
    let refused = ClassSchema::delete(master, Full::CLASS_NAME).await.unwrap_err();
    assert_eq!(
        refused.code(),
        Some(ErrorCode::InvalidSchemaOperation),
        "{refused}"
    );
    ClassSchema::purge(master, Full::CLASS_NAME).await?;
    assert!(Full::objects().all(master).await?.is_empty());
    assert!(ClassSchema::fetch(master, Full::CLASS_NAME).await?.is_some());
    ClassSchema::delete(master, Full::CLASS_NAME).await?;
    assert_eq!(ClassSchema::fetch(master, Full::CLASS_NAME).await?, None);
    // both are done, where there is nothing to do
    drop_class(&backend, Full::CLASS_NAME).await?;
    Ok(())
}

/// The client's rules are the server's: each is refused by both.
#[tokio::test]
async fn what_the_server_would_refuse_is_not_sent() -> Outcome {
    let server = MockServer::start().await;
    let master = server.master_client();
    let city = || ClassSchema::new("City");
    let text = ClassField::of::<String>;
    let locked = ClassPermissions::new;
    for (schema, field, reason) in [
        (ClassSchema::new("1st"), None, "a name begins with a letter"),
        (ClassSchema::new("_Own"), None, "a name begins with a letter"),
        (ClassSchema::new("length"), None, "are taken"),
        (
            city().add_field("a.b", text()),
            Some("a.b"),
            "a field's name begins with a letter",
        ),
        (
            city().add_field("_a", text()),
            Some("_a"),
            "a field's name begins with a letter",
        ),
        (
            city().add_field("ACL", text()),
            Some("ACL"),
            "the server itself gives this field",
        ),
        (
            ClassSchema::new("_User").add_field("email", text()),
            Some("email"),
            "the server itself gives this field",
        ),
        (
            city().add_field("to", ClassField::pointer_to("no-class")),
            Some("to"),
            "`no-class` cannot be a class",
        ),
        (
            city().add_field("n", text().default_value(5)),
            Some("n"),
            "the default value is a Number, and the field a String",
        ),
        (
            city().add_field("n", text().default_value(None::<String>)),
            Some("n"),
            "a default value of nothing",
        ),
        (
            city().add_field("n", ClassField::of::<f64>().default_value(f64::NAN)),
            Some("n"),
            "the default value cannot be sent",
        ),
        (
            city().add_field("in", ClassField::relation_to("Club").required()),
            Some("in"),
            "a relation is neither required",
        ),
        (
            city()
                .add_field("from", ClassField::of::<GeoPoint>())
                .add_field("to", ClassField::of::<GeoPoint>()),
            Some("to"),
            "one GeoPoint field at most, and `from` is one already",
        ),
        (
            city().add_index("i", ClassIndex::fields(["name"])),
            Some("name"),
            "the index `i` is over it",
        ),
        (
            city().add_index("i", ClassIndex::fields([""; 0])),
            None,
            "the index `i` is over no field",
        ),
        (
            city().add_index("", ClassIndex::fields(["createdAt"])),
            None,
            "an index needs a name",
        ),
        (
            city().set_permissions(locked().allow(ClassOperation::Find, Asker::user_field("owner"))),
            Some("owner"),
            "the class has no such field",
        ),
        (
            city()
                .add_field("owner", ClassField::pointer_to("Club"))
                .set_permissions(locked().read_by_users_in(["owner"])),
            Some("owner"),
            "it is a Pointer to Club",
        ),
        (
            city().set_permissions(locked().protect(Who::Public, ["phone"])),
            Some("phone"),
            "the class has no such field",
        ),
        (
            city().set_permissions(locked().protect(Who::Public, ["createdAt"])),
            Some("createdAt"),
            "every object shows this field",
        ),
        (
            city().set_permissions(locked().allow(ClassOperation::Find, Asker::user("*"))),
            None,
            "which means everyone",
        ),
        (
            city().set_permissions(locked().allow(ClassOperation::Find, Asker::user("pointerFields"))),
            None,
            "a word of the permissions",
        ),
        (
            city().set_permissions(locked().default_acl(Acl::only(Who::role("")))),
            None,
            "a role without a name",
        ),
    ] {
        for refused in [schema.create(&master).await, schema.ensure(&master).await] {
            let refused = refused.unwrap_err();
            let Error::Invalid(error) = &refused else {
                return Err(refused.into());
            };
            assert_eq!(error.field.as_deref(), field, "{refused}");
            assert!(error.message.contains(reason), "{refused}");
        }
    }
    for change in [
        ClassSchema::change("no-class"),
        ClassSchema::change("City").delete_field("objectId"),
        ClassSchema::change("_User").delete_field("username"),
        ClassSchema::change("City").add_field("a b", text()),
        ClassSchema::change("City").add_index("", ClassIndex::fields(["a"])),
        ClassSchema::change("City").set_permissions(locked().allow(ClassOperation::ALL, Asker::user(""))),
    ] {
        let refused = change.save(&master).await.unwrap_err();
        assert!(matches!(refused, Error::Invalid(_)), "{refused}");
    }
    for refused in [
        ClassSchema::purge(&master, "..").await,
        ClassSchema::delete(&master, "a/b").await,
        ClassSchema::fetch(&master, "").await.map(drop),
    ] {
        assert!(matches!(refused, Err(Error::Invalid(_))), "{refused:?}");
    }
    assert!(server.requests().is_empty());

    // a second place shows only beside what is there
    let first = city().add_field("from", ClassField::of::<GeoPoint>());
    first.create(&master).await?;
    let second = city().add_field("to", ClassField::of::<GeoPoint>());
    let refused = second.ensure(&master).await.unwrap_err();
    assert!(refused.to_string().contains("`from` is one already"), "{refused}");
    Ok(())
}

/// Two programs that start at the same time: the later one goes on with what the other made.
#[tokio::test]
async fn another_program_was_quicker() -> Outcome {
    let server = MockServer::start().await;
    let master = server.master_client();
    let one = ClassSchema::new("City").add_field("name", ClassField::of::<String>());
    let other = ClassSchema::new("City").add_field("size", ClassField::of::<i64>());
    let (one, other) = tokio::join!(one.ensure(&master), other.ensure(&master));
    let (one, other) = (one?, other?);
    let both = ClassSchema::fetch(&master, "City").await?.ok_or("it is there")?;
    assert_eq!(both.fields().count(), 2, "{one:?} {other:?}");
    Ok(())
}

#[test]
fn types_that_are_not_known_are_kept() -> Outcome {
    let text = r#"{"className":"A","fields":{"objectId":{"type":"String"},"v":{"type":"Vector","size":3}},
        "classLevelPermissions":{"find":{"*":true},"newThing":{"a":1}},"indexes":{"i":{"v":"hnsw"}}}"#;
    let schema: ClassSchema = serde_json::from_str(text)?;
    let field = schema.field("v").ok_or("a field")?;
    assert_eq!(*field.field_type(), ClassFieldType::Other("Vector".into()));
    let again = serde_json::to_value(&schema)?;
    assert_eq!(
        again["fields"]["v"],
        serde_json::json!({"type": "Vector", "size": 3})
    );
    assert_eq!(
        again["classLevelPermissions"]["newThing"],
        serde_json::json!({"a": 1})
    );
    assert_eq!(again["indexes"], serde_json::json!({"i": {"v": "hnsw"}}));
    Ok(())
}

/// What permissions say is what the server does.
#[tokio::test]
async fn permissions_hold() -> Outcome {
    #[derive(ParseObject, Debug, Clone)]
    #[parse(class_name = "E2eSchemaDoc")]
    struct Doc {
        title: String,
        phone: Option<String>,
        owner: Option<Pointer<User>>,
    }
    let backend = backend().await;
    let (client, master) = (backend.client(), backend.master());
    drop_class(&backend, "E2eSchemaDoc").await?;
    let ann = User::new(unique("ann")).sign_up(client, "secret").await?;
    let bob = User::new(unique("bob")).sign_up(client, "secret").await?;
    let permissions = ClassPermissions::new()
        .allow(ClassOperation::READ, Who::Public)
        .allow(ClassOperation::Create, Asker::Authenticated)
        .allow(ClassOperation::Update, Asker::user_field("owner"))
        .allow(ClassOperation::Delete, Who::user(&bob))
        .protect(Who::Public, ["phone"])
        .protect(Asker::user_field("owner"), [""; 0]);
    ClassSchema::of::<Doc>()
        .set_permissions(permissions)
        .ensure(master)
        .await?;
    let doc = Doc {
        title: "a".into(),
        phone: Some("1".into()),
        owner: Some(Pointer::from(ann.user())),
    };
    let refused = doc.create(client).await.unwrap_err();
    assert!(refused.is_not_found(), "{refused}");
    let mut doc = doc.create(ann.client()).await?;

    assert_eq!(Doc::get(client, doc.id()).await?.phone, None);
    assert_eq!(Doc::get(bob.client(), doc.id()).await?.phone, None);
    assert_eq!(
        Doc::get(ann.client(), doc.id()).await?.phone.as_deref(),
        Some("1")
    );

    doc.title = "b".into();
    doc.save(bob.client()).await.unwrap_err();
    assert!(doc.is_dirty());
    doc.save(ann.client()).await?;
    let refused = doc.clone().delete(ann.client()).await.unwrap_err();
    assert_eq!(refused.code(), Some(ErrorCode::OperationForbidden), "{refused}");
    doc.delete(bob.client()).await?;
    drop_class(&backend, "E2eSchemaDoc").await?;
    Ok(())
}

/// A role's permissions are those of the roles within it; the users in a field have the rows that name them.
#[tokio::test]
async fn row_42_permissions_of_roles_and_of_users_in_fields() -> Outcome {
    #[derive(ParseObject, Debug, Clone)]
    #[parse(class_name = "E2eSchemaPaper")]
    struct Paper {
        title: String,
        owner: Option<Pointer<User>>,
        #[parse(default)]
        readers: Vec<Pointer<User>>,
    }
    let backend = backend().await;
    let (client, master) = (backend.client(), backend.master());
    drop_class(&backend, "E2eSchemaPaper").await?;
    let sign_up = async |name| User::new(unique(name)).sign_up(client, "secret").await;
    let (chief, owner) = (sign_up("chief").await?, sign_up("owner").await?);
    let (reader, other) = (sign_up("reader").await?, sign_up("other").await?);
    let chiefs = Role::new(unique("Chiefs"), Acl::new())?
        .users([&chief])
        .create(master)
        .await?;
    let editors = Role::new(unique("Editors"), Acl::new())?
        .roles([&chiefs])
        .create(master)
        .await?;
    let permissions = ClassPermissions::new()
        .allow(ClassOperation::ALL, Who::role(&editors))
        .read_by_users_in(["readers"])
        .write_by_users_in(["owner"]);
    ClassSchema::of::<Paper>()
        .set_permissions(permissions)
        .ensure(master)
        .await?;
    let plain = Paper {
        title: "plain".into(),
        owner: None,
        readers: Vec::new(),
    };
    let named = Paper {
        title: "named".into(),
        owner: Some(Pointer::from(owner.user())),
        readers: vec![Pointer::from(reader.user())],
    };
    for session in [&owner, &reader, &other] {
        let refused = plain.create(session).await.unwrap_err();
        assert_eq!(refused.code(), Some(ErrorCode::OperationForbidden), "{refused}");
    }
    let mut plain = plain.create(&chief).await?;
    let mut named = named.create(&chief).await?;

    let all = query!(Paper.order_by(title));
    assert_eq!(all.count(&chief).await?, 2);
    assert_eq!(all.values_list(&reader, Paper::F.title).await?, ["named"]);
    assert_eq!(all.count(&reader).await?, 1);
    for nobody in [&*other, client] {
        assert_eq!(all.count(nobody).await?, 0);
        let page = all.page(nobody, 10).await?;
        assert_eq!((page.items.len(), page.total), (0, 0));
    }
    assert_eq!(Paper::get(&reader, named.id()).await?.title, "named");
    for (who, id) in [(&reader, plain.id()), (&other, named.id()), (&owner, named.id())] {
        assert!(Paper::get(who, id).await.unwrap_err().is_not_found());
    }

    named.title = "changed".into();
    for session in [&reader, &other] {
        assert!(named.save(session).await.unwrap_err().is_not_found());
    }
    named.save(&owner).await?;
    plain.title = "mine".into();
    assert!(plain.save(&owner).await.unwrap_err().is_not_found());
    plain.save(&chief).await?;
    named.delete(&owner).await?;
    plain.delete(&chief).await?;
    drop_class(&backend, "E2eSchemaPaper").await?;
    Ok(())
}

/// The ACL of new objects, as the class has it; a client's own goes before.
#[tokio::test]
async fn a_class_gives_its_objects_an_acl() -> Outcome {
    #[derive(ParseObject, Debug, Clone)]
    #[parse(class_name = "E2eSchemaOwned")]
    struct Owned {
        title: String,
    }
    let backend = backend().await;
    let client = backend.client();
    drop_class(&backend, "E2eSchemaOwned").await?;
    let permissions = ClassPermissions::public().default_acl(DefaultAcl::owner());
    ClassSchema::of::<Owned>()
        .set_permissions(permissions)
        .ensure(backend.master())
        .await?;
    let ann = User::new(unique("ann")).sign_up(client, "secret").await?;
    let title = || Owned { title: "a".into() };
    let own = title().create(ann.client()).await?;
    assert_eq!(own.acl(), Some(&Acl::only(Who::user(&ann))));
    assert!(Owned::get(client, own.id()).await.unwrap_err().is_not_found());
    let shown = ann.client().with_default_acl(Acl::new().allow_read(Who::Public));
    let shown = title().create(&shown).await?;
    assert_eq!(Owned::get(client, shown.id()).await?.title, "a");
    drop_class(&backend, "E2eSchemaOwned").await?;
    Ok(())
}
