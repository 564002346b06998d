//! The fields that the server's own classes have from the start.

use super::schema::FieldType;

/// The type of such a field: [`FieldType`] without text of its own.
#[derive(Debug, Clone, Copy)]
pub(super) enum Column {
    Text,
    Number,
    Boolean,
    Date,
    Object,
    Array,
    File,
    Pointer(&'static str),
    Relation(&'static str),
}

impl Column {
    pub(super) fn field_type(self) -> FieldType {
        match self {
            Self::Text => FieldType::Text,
            Self::Number => FieldType::Number,
            Self::Boolean => FieldType::Boolean,
            Self::Date => FieldType::Date,
            Self::Object => FieldType::Object,
            Self::Array => FieldType::Array,
            Self::File => FieldType::File,
            Self::Pointer(class) => FieldType::Pointer(class.to_owned()),
            Self::Relation(class) => FieldType::Relation(class.to_owned()),
        }
    }
}

/// The fields of a class beside those that every class has.
pub(super) fn columns(class: &str) -> &'static [(&'static str, Column)] {
    use Column::{Array, Boolean, Date, File, Number, Object, Pointer, Relation, Text};
    match class {
        "_User" => &[
            ("username", Text),
            ("password", Text),
            ("email", Text),
            ("emailVerified", Boolean),
            ("authData", Object),
        ],
        "_Installation" => &[
            ("installationId", Text),
            ("deviceToken", Text),
            ("channels", Array),
            ("deviceType", Text),
            ("pushType", Text),
            ("GCMSenderId", Text),
            ("timeZone", Text),
            ("localeIdentifier", Text),
            ("badge", Number),
            ("appVersion", Text),
            ("appName", Text),
            ("appIdentifier", Text),
            ("parseVersion", Text),
        ],
        "_Role" => &[
            ("name", Text),
            ("users", Relation("_User")),
            ("roles", Relation("_Role")),
        ],
        "_Session" => &[
            ("user", Pointer("_User")),
            ("installationId", Text),
            ("sessionToken", Text),
            ("expiresAt", Date),
            ("createdWith", Object),
        ],
        "_Product" => &[
            ("productIdentifier", Text),
            ("download", File),
            ("downloadName", Text),
            ("icon", File),
            ("order", Number),
            ("title", Text),
            ("subtitle", Text),
        ],
        "_PushStatus" => &[
            ("pushTime", Text),
            ("source", Text),
            ("query", Text),
            ("payload", Text),
            ("title", Text),
            ("expiry", Number),
            ("expiration_interval", Number),
            ("status", Text),
            ("numSent", Number),
            ("numFailed", Number),
            ("pushHash", Text),
            ("errorMessage", Object),
            ("sentPerType", Object),
            ("failedPerType", Object),
            ("sentPerUTCOffset", Object),
            ("failedPerUTCOffset", Object),
            ("count", Number),
        ],
        "_JobStatus" => &[
            ("jobName", Text),
            ("source", Text),
            ("status", Text),
            ("message", Text),
            ("params", Object),
            ("finishedAt", Date),
        ],
        "_JobSchedule" => &[
            ("jobName", Text),
            ("description", Text),
            ("params", Text),
            ("startAfter", Text),
            ("daysOfWeek", Array),
            ("timeOfDay", Text),
            ("lastRun", Number),
            ("repeatMinutes", Number),
        ],
        "_Hooks" => &[
            ("functionName", Text),
            ("className", Text),
            ("triggerName", Text),
            ("url", Text),
        ],
        "_GlobalConfig" => &[("params", Object), ("masterKeyOnly", Object)],
        "_GraphQLConfig" => &[("config", Object)],
        "_Audience" => &[
            ("name", Text),
            ("query", Text),
            ("lastUsed", Date),
            ("timesUsed", Number),
        ],
        "_Idempotency" => &[("reqId", Text), ("expire", Date)],
        _ => &[],
    }
}

/// The fields that an object of a class must have.
pub(super) fn required(class: &str) -> &'static [&'static str] {
    match class {
        "_Role" => &["name", "ACL"],
        "_Product" => &["productIdentifier", "icon", "order", "title", "subtitle"],
        _ => &[],
    }
}
