//! What parse-server is known to do otherwise on PostgreSQL: the documented answer is MongoDB's, and the mock's.
//!
//! The reasons name the functions of `lib/Adapters/Storage/Postgres/PostgresStorageAdapter.js` of parse-server 9.10. A
//! request has at most one limit, so that one never excuses what another would have to.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::compare::{rows, rows_apart, sorted_lists};
use crate::play::Answer;

/// A limit, and the field that it is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Known {
    pub limit: Limit,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub field: String,
}

macro_rules! limits {
    ($($name:ident: $reason:literal,)+) => {
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum Limit { $($name,)+ }

        impl Limit {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name,)+];

            /// Why the real server answers otherwise.
            pub fn reason(self) -> &'static str {
                match self { $(Self::$name => $reason,)+ }
            }
        }
    };
}

limits! {
    CompareWholes: "buildWhereClause has no SQL for Bytes, File, whole objects and arrays, and none for comparing with \"\", false and an empty pattern: 119",
    CompareOtherTypes: "buildWhereClause hands any operand to a typed column (dates in $eq, $ne, $in and $nin, a scalar beside an array, text beside a number): 500",
    CheckElements: "buildWhereClause wants the elements of $in and $nin of a String field to be texts: 102",
    NegateMissing: "buildWhereClause writes SQL's comparisons and NOT IN, which are never true of a missing value, not even negated",
    ListNothing: "buildWhereClause turns $in: [] into IS NULL",
    ListNull: "buildWhereClause leaves null out of $in",
    CountElements: "array_contains_all (sql/array/contains-all.sql) counts elements: one that is there twice stands for two",
    LookIntoObjects: "buildWhereClause takes a dotted key with $exists for a column that does not exist, and $in for one value that holds the list",
    ForgetConstraint: "buildWhereClause goes on to the next field after $ne: null and forgets the rest of the constraint",
    OrderMissing: "find orders with SQL's NULLS LAST",
    CountAll: "count estimates where there are no conditions",
    EmptyBranch: "buildWhereClause writes () for a branch without conditions: 500",
    RefuseOtherwise: "the two adapters refuse the same thing with another code or in other words",
    ChangeId: "updateObjectsByQuery changes an objectId, which MongoDB cannot",
    KeepNull: "createObject and updateObjectsByQuery keep null as a missing value",
    OrderOfAdded: "array_add and array_add_unique (sql/array) keep a set, in the order of its hashes",
    RemoveFromNothing: "array_remove of a missing list makes an empty one (updateObjectsByQuery: COALESCE)",
    ChangeBytes: "updateObjectsByQuery has no SQL for Bytes: 119",
    OperateInside: "updateObjectsByQuery knows Increment and Delete below a field, and keeps other operations as they are",
    OperateOnOtherTypes: "updateObjectsByQuery lets SQL decide what an operation does to a value of another type",
    GroupNothing: "aggregate makes one group of no rows at all",
    Aggregate: "aggregate knows $match, $group, $sort, $skip, $limit and $project, one of each and in the order of SQL",
    DeleteRelation: "updateObjectsByQuery sets the column of a relation to NULL, and there is none: 500",
    RelateInVain: "deleteObjectsByQuery and upsertOneObject fail a transaction that changes a relation in vain: 500",
    UpgradeSession: "upgradeToRevocableSession takes sessionToken away from a user, a column that the table has not: 500",
    ForgetSession: "the cache of parse-server (not of its database) knows the user of a deleted session for five seconds",
}

impl Known {
    pub fn new(limit: Limit, field: &str) -> Self {
        Self {
            limit,
            field: field.to_owned(),
        }
    }

    /// Whether the limit leads to just this difference.
    pub fn explains(&self, mock: &Answer, real: &Answer) -> bool {
        let code = real.code();
        let found = mock.status == 200 && real.status == 200;
        match self.limit {
            Limit::CompareWholes => code == 119 && matches!(mock.code(), 0 | 107),
            Limit::ChangeBytes => code == 119 && matches!(mock.status, 200 | 404),
            Limit::CheckElements => code == 102 && mock.status == 200,
            Limit::CompareOtherTypes | Limit::EmptyBranch => real.status == 500 && mock.status < 500,
            Limit::RefuseOtherwise => mock.status >= 400 && real.status >= 400,
            Limit::UpgradeSession | Limit::RelateInVain => mock.status == 200 && real.status == 500,
            Limit::DeleteRelation => matches!(mock.status, 200 | 404) && real.status == 500,
            Limit::ChangeId => mock.status == 500 && real.status == 200,
            Limit::NegateMissing | Limit::ListNothing | Limit::ListNull | Limit::KeepNull => {
                found && self.of_rows(mock, real, |value| value.is_none_or(Value::is_null))
            }
            Limit::ForgetConstraint => {
                let theirs = rows(real).unwrap_or_default();
                found
                    && rows(mock)
                        .unwrap_or_default()
                        .iter()
                        .all(|row| theirs.contains(row))
                    && self.of_rows(mock, real, |value| value.is_some_and(|value| !value.is_null()))
            }
            Limit::CountElements => found && self.of_rows(mock, real, |value| value.is_some_and(has_twice)),
            Limit::LookIntoObjects => found && rows(real).is_some_and(<[Value]>::is_empty),
            Limit::OrderMissing => found && rows_apart(mock, real).is_empty(),
            Limit::CountAll => found && rows(mock) == rows(real),
            Limit::OrderOfAdded => found && sorted_lists(&mock.body) == sorted_lists(&real.body),
            Limit::RemoveFromNothing => found && without(mock, &self.field) == without(real, &self.field),
            Limit::OperateInside => found && without(mock, "map") == without(real, "map"),
            Limit::OperateOnOtherTypes => mock.code() == 107 || mock.status == 404,
            Limit::GroupNothing => {
                found
                    && rows(mock).is_some_and(<[Value]>::is_empty)
                    && rows(real).map(<[Value]>::len) == Some(1)
            }
            Limit::Aggregate => true,
            // compared where the session is known
            Limit::ForgetSession => false,
        }
    }

    /// Whether every row that only one of them found is one whose field is so.
    fn of_rows(&self, mock: &Answer, real: &Answer, is: impl Fn(Option<&Value>) -> bool) -> bool {
        rows_apart(mock, real).iter().all(|row| is(row.get(&self.field)))
    }
}

impl Limit {
    /// Whether what it leaves behind is looked past in the rest of a script; after others the two servers hold
    /// different data.
    pub fn can_go_on(self) -> bool {
        matches!(self, Self::KeepNull | Self::OrderOfAdded | Self::RefuseOtherwise)
    }
}

fn has_twice(list: &Value) -> bool {
    let items = list.as_array().map_or(&[][..], Vec::as_slice);
    items
        .iter()
        .enumerate()
        .any(|(place, item)| items[..place].contains(item))
}

fn without(answer: &Answer, field: &str) -> Value {
    let mut body = answer.body.clone();
    if let Some(map) = body.as_object_mut() {
        map.remove(field);
    }
    body
}
