//! The ids of rows, for work on all of them that reads nothing else.

use super::paging::{Pager, ReadRow, ReadRows};
use super::set::Core;
use crate::Result;
use crate::client::unexpected;
use crate::value::ObjectId;
use serde::Deserialize;
use std::borrow::Cow;

impl ReadRow for ObjectId {
    fn page(body: &[u8], into: &mut ReadRows<Self>) -> Result<()> {
        #[derive(Deserialize)]
        struct Page {
            results: Vec<Row>,
        }
        #[derive(Deserialize)]
        struct Row {
            #[serde(rename = "objectId")]
            id: ObjectId,
        }
        let Page { results } = serde_json::from_slice(body).map_err(|_| unexpected(200, body))?;
        into.extend(results.into_iter().map(|row| Ok(row.id)));
        Ok(())
    }

    fn id(&self) -> Option<&ObjectId> {
        Some(self)
    }
}

/// The ids of every row of the query, in the order of the ids unless it has one.
///
/// The pages go by the ids, too: rows that change meanwhile do not shift the others.
pub(super) fn ids(class_name: &'static str, core: &Core) -> Pager {
    let unordered = Some(core).filter(|core| core.limit.is_none() && core.skip == 0 && core.is_ranked());
    let core = unordered.map_or(Cow::Borrowed(core), |core| Cow::Owned(core.unordered()));
    Pager::new(&core, class_name).only(&["objectId".to_owned()])
}
