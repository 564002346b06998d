//! When the server asks.

use std::fmt;

macro_rules! triggers {
    ($($(#[$doc:meta])* $name:ident = $wire:literal,)*) => {
        /// A trigger: the moment at which the server runs code of its owner's, or asks a webhook.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
        #[non_exhaustive]
        pub enum TriggerName {
            $(#[doc = concat!("`", $wire, "`: ")] $(#[$doc])* #[serde(rename = $wire)] $name,)*
        }

        impl TriggerName {
            /// The name on the wire.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$name => $wire,)*
                }
            }
        }
    };
}

triggers! {
    /// before an object is created or updated, which can be changed and refused.
    BeforeSave = "beforeSave",
    /// when it is.
    AfterSave = "afterSave",
    /// before an object is deleted, which can be refused.
    BeforeDelete = "beforeDelete",
    /// when it is.
    AfterDelete = "afterDelete",
    /// before a query or a get, which can be refused. A webhook cannot change the query.
    BeforeFind = "beforeFind",
    /// when rows were found. A webhook cannot change them.
    AfterFind = "afterFind",
    /// before a user logs in, which can be refused. Only of `_User`.
    BeforeLogin = "beforeLogin",
    /// when a user has logged in. Only of `_User`.
    AfterLogin = "afterLogin",
    /// when a session has ended. Only of `_Session`.
    AfterLogout = "afterLogout",
    /// before a mail for a new password goes out, which can be refused. Only of `_User`.
    BeforePasswordResetRequest = "beforePasswordResetRequest",
    /// before a LiveQuery client connects. Only of `@Connect`.
    BeforeConnect = "beforeConnect",
    /// before a LiveQuery client subscribes.
    BeforeSubscribe = "beforeSubscribe",
    /// before an event goes to a LiveQuery client.
    AfterEvent = "afterEvent",
}

impl fmt::Display for TriggerName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl TriggerName {
    /// What is wrong with this trigger of this class. Some mistakes the server answers with its status 500.
    pub(super) fn misplaced(self, class: &str) -> Option<String> {
        let only = match self {
            Self::BeforeLogin | Self::AfterLogin | Self::BeforePasswordResetRequest => "_User",
            Self::AfterLogout => "_Session",
            Self::BeforeSave if class == "_PushStatus" => {
                return Some(
                    "the pushes' own class has no `beforeSave`: use `TriggerName::AfterSave`".into(),
                );
            }
            _ if class == "_Session" => {
                return Some("of sessions there is only `TriggerName::AfterLogout`".into());
            }
            _ => return None,
        };
        (class != only).then(|| format!("there is a `{self}` only of the class `{only}`"))
    }
}
