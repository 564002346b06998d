//! Passwords: kept as bcrypt hashes, as the real server keeps them, so that an export of its users works here.

use crate::refusal::Refusal;

/// bcrypt's least: a test server is to be quick. Hashes of a real server (10) are understood, too.
const COST: u32 = 4;

/// The hash of a password.
pub(crate) fn hash(password: &str) -> Result<String, Refusal> {
    // Zero bytes end a password in bcrypt; Rust's refuses them.
    bcrypt::hash(password, COST).map_err(|_| Refusal::crash())
}

/// Whether it is the password of this hash.
pub(crate) fn matches(password: &str, hash: &str) -> bool {
    !password.is_empty() && bcrypt::verify(password, hash).unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_password_matches() {
        let hash = hash("p@ss").unwrap();
        assert!(!hash.contains("p@ss"));
        assert!(matches("p@ss", &hash));
        assert!(!matches("P@ss", &hash) && !matches("", &hash) && !matches("p@ss", "no hash"));
    }
}
