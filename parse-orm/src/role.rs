//! Roles: users under a name that an ACL can speak of.

use crate::object::Draft;
use crate::value::{IntoRole, IntoUser};
use crate::{Acl, Error, Object, ParseObject, ParseUser, Pointer, QuerySet, Relation, Result, User};

/// Users under a name, of the class `_Role`: an [`Acl`] allows something to the role `Who::role("Editors")`, and with
/// it to all its users.
///
/// **Child roles inherit.** Whoever is in a role that is one of this role's `roles` has what this role has: with
/// `Admins` among the roles of `Editors` every admin may do what editors may. It goes on to any depth, and never the
/// other way round.
///
/// ```
/// # use parse_orm::{prelude::*, Role, User}; use parse_orm_mock::MockServer;
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> parse_orm::Result<()> {
/// # let server = MockServer::start().await; let client = server.client(); let master = server.master_client();
/// let ann = User::new("ann").sign_up(&client, "correct horse").await?;
/// let bob = User::new("bob").sign_up(&client, "battery staple").await?;
/// // who may read and change the role itself
/// let acl = Acl::new().allow_read(Who::Public);
/// let admins = Role::new("Admins", acl.clone())?.users([&ann]).create(&master).await?;
/// let mut editors = Role::new("Editors", acl)?.roles([&admins]).create(&master).await?;
/// editors.add_users([&bob]);
/// editors.save(&master).await?;
///
/// assert_eq!(editors.members::<User>().get(&bob).await?.username, "bob");
/// assert_eq!(query!(Role.filter(users = Pointer::to(ann.user().id()))).get(&client).await?.name, "Admins");
/// # Ok(()) }
/// ```
///
/// A role must have an ACL of its own: who may change the role may give its rights to anyone. Renaming a role
/// leaves the ACLs that speak of it as they are, so that its users lose what these allow.
#[derive(ParseObject, Debug, Clone, PartialEq)]
#[parse(class_name = "_Role", crate = crate)]
#[non_exhaustive]
pub struct Role {
    /// The name, unique, of letters from a to z, digits, spaces, `-` and `_`.
    pub name: String,
    /// The users.
    pub users: Relation<User>,
    /// The roles whose users have what this role has.
    pub roles: Relation<Role>,
}

impl Role {
    /// A role with this name, to be stored by [`create`](Draft::create). The ACL says who may read and change the
    /// role itself.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a name with other characters, or none: the server takes it, but not every client can
    /// write it into an ACL.
    pub fn new(name: impl Into<String>, acl: Acl) -> Result<Draft<Self>> {
        let name = name.into();
        let allowed = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_' | ' ');
        if name.is_empty() || !name.chars().all(allowed) {
            let message = format!(
                "`{name}` cannot be the name of a role: it has letters from a to z, digits, spaces, `-` and `_`"
            );
            return Err(Error::invalid(Self::CLASS_NAME, Some("name"), message));
        }
        let (users, roles) = (Relation::new(), Relation::new());
        Ok(Draft::new(Self { name, users, roles }).acl(acl))
    }
}

fn pointers(users: impl IntoIterator<Item = impl IntoUser>) -> Vec<Pointer<User>> {
    users
        .into_iter()
        .map(|user| match user.into_user() {
            Ok(id) => Pointer::to(id),
            // the save says that users sign up
            Err(_) => Pointer::new(User::default()),
        })
        .collect()
}

impl Draft<Role> {
    /// With these users: objects of any model of the users, sessions, pointers or ids.
    pub fn users(mut self, users: impl IntoIterator<Item = impl IntoUser>) -> Self {
        self.value_mut().users.add(pointers(users));
        self
    }

    /// With these child roles, whose users have what this role has.
    pub fn roles(mut self, roles: impl IntoIterator<Item = impl Into<Pointer<Role>>>) -> Self {
        self.value_mut().roles.add(roles);
        self
    }
}

impl Object<Role> {
    /// Adds users, at the next [`save`](Self::save): objects of any model of the users, sessions, pointers or ids.
    pub fn add_users(&mut self, users: impl IntoIterator<Item = impl IntoUser>) {
        self.users.add(pointers(users));
    }

    /// Takes users out, at the next [`save`](Self::save).
    pub fn remove_users(&mut self, users: impl IntoIterator<Item = impl IntoUser>) {
        self.users.remove(pointers(users));
    }

    /// Adds child roles, at the next [`save`](Self::save): their users have what this role has.
    pub fn add_roles(&mut self, roles: impl IntoIterator<Item = impl Into<Pointer<Role>>>) {
        self.roles.add(roles);
    }

    /// Takes child roles out, at the next [`save`](Self::save).
    pub fn remove_roles(&mut self, roles: impl IntoIterator<Item = impl Into<Pointer<Role>>>) {
        self.roles.remove(roles);
    }

    /// A query for the role's own users, not for those of its child roles, as the program's model of users. It finds
    /// those whom the client may read.
    pub fn members<U: ParseUser>(&self) -> QuerySet<U> {
        crate::query::related(Role::CLASS_NAME, self.id(), "users")
    }

    /// A query for the child roles.
    pub fn child_roles(&self) -> QuerySet<Role> {
        crate::query::related(Role::CLASS_NAME, self.id(), "roles")
    }
}

/// By its name, as it is here: an ACL knows nothing of a role that is renamed later.
impl IntoRole for &Object<Role> {
    fn into_role(self) -> String {
        self.name.clone()
    }
}
