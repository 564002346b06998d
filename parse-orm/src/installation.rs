//! Installations: the devices that push notifications go to.

use crate::object::New;
use crate::{Client, Error, Object, ParseObject, Result};
use std::fmt;

/// A model of the installations: a struct with `#[parse(class_name = "_Installation")]`. [`Installation`] is a
/// ready-made one.
///
/// The derive of [`ParseObject`] implements it.
///
/// ```
/// use parse_orm::{prelude::*, ParseInstallation, Registered};
/// # use parse_orm_mock::MockServer;
///
/// #[derive(ParseObject, Clone, Debug)]
/// #[parse(class_name = "_Installation")]
/// struct Device {
///     device_type: String,
///     installation_id: Option<String>,
///     favourite_team: Option<String>,
/// }
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> parse_orm::Result<()> {
/// # let server = MockServer::start().await; let client = server.client();
/// let device = Device {
///     device_type: "web".into(),
///     installation_id: Some("5f0e2c1a-8d4b-4b0e-9d5e-0f6a2c3b4d5e".into()),
///     favourite_team: Some("Giants".into()),
/// };
/// let Registered::Created(stored) = device.register(&client).await? else { panic!("it is new") };
/// assert_eq!(stored.favourite_team.as_deref(), Some("Giants"));
/// // with the same installation id it is the same installation
/// assert!(matches!(device.register(&client).await?, Registered::Updated));
/// # Ok(()) }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a model of the installations",
    label = "not a model of the class `_Installation`",
    note = "a model of the installations has `#[parse(class_name = \"_Installation\")]`; `parse_orm::Installation` is a ready-made one"
)]
pub trait ParseInstallation: ParseObject {
    /// Stores the installation, or brings the one up to date that the server knows by the same installation id, else
    /// by the same device token. One POST.
    ///
    /// A plain `create` fails in the second case, because the server does not say then which object it is. Whoever
    /// keeps the [`Object`] of the first time saves that instead. The server writes installation ids in lower case,
    /// and device tokens of 64 characters (Apple's).
    ///
    /// # Errors
    /// [`Error::Invalid`] without both an installation id and a device token, unless the client
    /// [says which installation it is](Client::with_installation); nothing is sent then. The server's codes 135 without
    /// a device type; 132
    /// where several installations have the token and no installation id tells them apart; 136 for another device
    /// type than the installation has.
    fn register(&self, client: &Client) -> impl Future<Output = Result<Registered<Self>>> + Send {
        async move {
            let new = New::value(self);
            let says = |name: &str| {
                let text = new.field(name);
                text.is_some_and(|text| text.as_str().is_some_and(|text| !text.is_empty()))
            };
            if !says("installationId") && !says("deviceToken") && client.installation_id().is_none() {
                let message = "an installation is known by its installation id or its device token: set one of them \
                    (a UUID that the application keeps will do)";
                return Err(Error::invalid(Self::CLASS_NAME, Some("installationId"), message));
            }
            let stored = new.create_or_update(client).await?;
            Ok(stored.map_or(Registered::Updated, Registered::Created))
        }
    }
}

/// What became of an installation by [`ParseInstallation::register`].
#[derive(Debug, Clone)]
pub enum Registered<T: ParseObject> {
    /// It was new.
    Created(Object<T>),
    /// The server knew it and updated it. Which object it is the server does not say, and only the master key may
    /// look for it.
    Updated,
}

/// A device, or a browser, that push notifications go to. Any other model with the class name `_Installation` is one
/// as well: see [`ParseInstallation`].
///
/// Anyone may register an installation and change one whose id is known; to find and to delete some takes the master
/// key.
///
/// ```
/// # use parse_orm::{prelude::*, Installation, ParseInstallation}; use parse_orm_mock::MockServer;
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> parse_orm::Result<()> {
/// # let server = MockServer::start().await; let (client, master) = (server.client(), server.master_client());
/// let mut device = Installation::new("android");
/// device.device_token = Some("APA91b..".into());
/// device.channels = vec!["Giants".into()];
/// device.register(&client).await?;
///
/// let fans = query!(Installation.filter(channels = "Giants"));
/// assert_eq!(fans.count(&master).await?, 1);
/// # Ok(()) }
/// ```
#[derive(ParseObject, Clone, Default, PartialEq, Eq)]
#[parse(class_name = "_Installation", crate = crate)]
#[non_exhaustive]
pub struct Installation {
    /// `ios`, `android`, `web`, .. It never changes.
    pub device_type: String,
    /// An id that the application makes up for each device, such as a UUID.
    pub installation_id: Option<String>,
    /// What Apple or Google know the device by. Without one it gets no push.
    pub device_token: Option<String>,
    /// The channels that it subscribed to.
    #[parse(default)]
    pub channels: Vec<String>,
    /// The number on the application's icon, as the server knows it.
    pub badge: Option<i64>,
    /// Such as `Europe/Prague`.
    pub time_zone: Option<String>,
    /// Language and country, such as `de-AT`: localised alerts go by it.
    pub locale_identifier: Option<String>,
    /// The application's version.
    pub app_version: Option<String>,
    /// The application's name.
    pub app_name: Option<String>,
    /// The application's bundle or package, such as `com.example.game`.
    pub app_identifier: Option<String>,
    /// The version of the client library.
    pub parse_version: Option<String>,
    /// Which push service to go by, where it is not told by the device type: `gcm`, `fcm`, ..
    pub push_type: Option<String>,
    /// Google's sender id.
    #[parse(rename = "GCMSenderId")]
    pub gcm_sender_id: Option<String>,
}

/// Without the device token: who has it, and the push service's key, reaches the device.
impl fmt::Debug for Installation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Installation")
            .field("device_type", &self.device_type)
            .field("installation_id", &self.installation_id)
            .field("channels", &self.channels)
            .field("badge", &self.badge)
            .field("time_zone", &self.time_zone)
            .field("locale_identifier", &self.locale_identifier)
            .field("app_version", &self.app_version)
            .finish_non_exhaustive()
    }
}

impl Installation {
    /// An installation on a device of this type: `ios`, `android`, `web`, ..
    pub fn new(device_type: impl Into<String>) -> Self {
        Self {
            device_type: device_type.into(),
            ..Self::default()
        }
    }
}
