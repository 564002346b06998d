//! Who asks: the server shows its webhook key.

use crate::Secret;

/// The `webhookKey` of the server, which it sends in the header `X-Parse-Webhook-Key`.
///
/// ```
/// use parse_orm::hook::Key;
/// let key = Key::new("the webhook key");
/// assert!(key.accepts(Some("the webhook key")));
/// assert!(!key.accepts(Some("another")) && !key.accepts(None));
/// ```
#[derive(Debug, Clone)]
pub struct Key(Secret);

impl Key {
    /// The key that the server is configured with.
    pub fn new(key: impl Into<Secret>) -> Self {
        Self(key.into())
    }

    /// Whether the header holds the key. How long this takes tells nothing of how much of it is right. An empty key
    /// accepts nobody.
    pub fn accepts(&self, header: Option<&str>) -> bool {
        let (key, given) = (self.0.expose().as_bytes(), header.unwrap_or_default().as_bytes());
        let differs = key
            .iter()
            .enumerate()
            .fold(key.len() ^ given.len(), |differs, (place, letter)| {
                let other = given.get(place).copied().unwrap_or_default();
                // the compiler shall not stop at the first difference
                std::hint::black_box(differs | usize::from(letter ^ other))
            });
        differs == 0 && !key.is_empty()
    }
}
