//! Classes that a program makes at its start: from its models, with permissions, indexes, required and default values.
//! What differs, what changes, and how a class goes.
//!
//! `cargo run --example schema`

use parse_orm::prelude::*;
use parse_orm::{Asker, ClassField, ClassIndex, ClassOperation, ClassPermissions, ClassSchema, User};
use parse_orm_mock::MockServer;

/// Something for sale.
#[derive(ParseObject, Debug, Clone)]
pub struct Offer {
    pub title: String,
    pub price: f64,
    pub stock: Option<i64>,
    pub phone: Option<String>,
    pub place: Option<GeoPoint>,
    pub owner: Option<Pointer<User>>,
    pub watchers: Relation<User>,
}

fn offer(title: &str, owner: Option<&Object<User>>) -> Offer {
    Offer {
        title: title.into(),
        price: 9.5,
        stock: None,
        phone: Some("555-1234".into()),
        place: None,
        owner: owner.map(Pointer::from),
        watchers: Relation::default(),
    }
}

/// What the program needs, of each class.
fn wanted() -> ClassSchema {
    let permissions = ClassPermissions::new() // nobody may do anything ..
        .allow(ClassOperation::READ, Who::Public)
        .allow(ClassOperation::Create, Asker::Authenticated)
        .allow(ClassOperation::WRITE, Who::role("Moderators"))
        .allow(ClassOperation::Update, Asker::user_field("owner"))
        // .. the number is for those who have logged in ..
        .protect(Who::Public, ["phone"])
        .protect(Asker::Authenticated, [""; 0])
        // .. and the server gives this ACL to what brings none
        .default_acl(DefaultAcl::from(Acl::new().allow_read(Who::Public)).and_owner());
    ClassSchema::of::<Offer>()
        .add_field("title", ClassField::of::<String>().required())
        .add_field("stock", ClassField::of::<i64>().default_value(1))
        .add_index("by_price", ClassIndex::fields(["price", "-stock"]))
        .set_permissions(permissions)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    // a server whose clients make no classes, as a new one is
    let server = MockServer::builder()
        .allow_client_class_creation(false)
        .start()
        .await?;
    let (client, master) = (server.client(), server.master_client());
    let ann = User::new("ann").sign_up(&client, "correct horse").await?;
    let refused = offer("Chair", None).create(ann.client()).await.unwrap_err();
    println!("before: {refused}");

    // at each start of the program: made once, completed when the model has grown
    let made = wanted().ensure(&master).await?;
    println!("made {} with {} fields", made.class_name(), made.fields().count());
    assert!(wanted().diff(&made).is_empty());
    assert_eq!(wanted().ensure(&master).await?, made);

    // what the permissions and the definition do
    let chair = offer("Chair", Some(ann.user())).create(ann.client()).await?;
    assert_eq!(chair.stock, Some(1));
    assert!(chair.acl().is_some_and(|acl| acl.may_write(&Who::user(&ann))));
    let seen = Offer::get(&client, chair.id()).await?;
    assert_eq!((seen.phone.as_deref(), &*seen.title), (None, "Chair"));
    let known = Offer::get(ann.client(), chair.id()).await?;
    assert_eq!(known.phone.as_deref(), Some("555-1234"));
    let refused = offer("Desk", None).create(&client).await.unwrap_err();
    assert!(refused.is_not_found(), "who has not logged in may not create");
    let refused = offer("", None).create(ann.client()).await.unwrap_err();
    assert_eq!(refused.code(), Some(ErrorCode::ValidationFailed));

    // a program that expects something else is told so
    let other = ClassSchema::new("Offer")
        .add_field("price", ClassField::of::<String>())
        .add_field("sold", ClassField::of::<bool>());
    let diff = other.diff(&made);
    println!("{diff}");
    assert_eq!(
        diff.to_string(),
        "field `sold` (Boolean) is missing\nfield `price` is a Number, not a String"
    );
    let refused = other.ensure(&master).await.unwrap_err();
    println!("refused: {refused}");

    // changes that are more than additions are asked for by name
    let changed = ClassSchema::change("Offer")
        .add_field("sold", ClassField::of::<bool>().default_value(false))
        .delete_field("place")
        .delete_index("by_price")
        .save(&master)
        .await?;
    assert!(changed.field("place").is_none());
    for class in ClassSchema::all(&master).await? {
        println!("{}: {} fields", class.class_name(), class.fields().count());
    }

    // a class goes when it is empty
    let refused = ClassSchema::delete(&master, "Offer").await.unwrap_err();
    assert_eq!(refused.code(), Some(ErrorCode::InvalidSchemaOperation));
    ClassSchema::purge(&master, "Offer").await?;
    ClassSchema::delete(&master, "Offer").await?;
    assert_eq!(ClassSchema::fetch(&master, "Offer").await?, None);
    Ok(())
}
