//! Telling the application, once, that a session has ended.

use super::{Path, Secret};
use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Mutex, PoisonError};

/// How many tokens are remembered as told.
const REMEMBERED: usize = 1 << 16;

/// The application's hook, and the tokens that it was called with.
pub(super) struct Hook {
    call: Box<dyn Fn(&Secret) + Send + Sync>,
    hasher: RandomState,
    /// Hashes: the tokens themselves are nobody's business.
    told: Mutex<HashSet<u64>>,
}

impl Hook {
    pub(super) fn new(call: Box<dyn Fn(&Secret) + Send + Sync>) -> Self {
        Self {
            call,
            hasher: RandomState::new(),
            told: Mutex::default(),
        }
    }

    /// The server answered a request to this path that the token is not valid.
    pub(super) fn found(&self, token: &Secret, path: Path<'_>) {
        // who logs out knows that the session ends
        if matches!(path, Path::Plain("/logout")) {
            return;
        }
        let new = {
            let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
            if told.len() == REMEMBERED {
                told.clear();
            }
            told.insert(self.hasher.hash_one(token.expose()))
        };
        // not under the lock: the hook may make requests
        if new {
            (self.call)(token);
        }
    }
}
