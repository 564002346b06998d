//! The parameters of a URL, encoded as they are written.

use super::Path;
use crate::json::{self, Spelling, Writer};
use serde::Serialize;

/// `?name=value&name=value`, behind what leads there.
pub(crate) struct Pairs {
    url: Vec<u8>,
    separator: u8,
}

impl Pairs {
    /// Behind an address of the server and a path.
    pub(super) fn behind(server: &str, path: Path<'_>) -> Self {
        let mut url = Vec::with_capacity(1024);
        url.extend_from_slice(server.as_bytes());
        path.spell(&mut |part| url.extend_from_slice(part.as_bytes()));
        Self { url, separator: b'?' }
    }

    /// A text as it is.
    pub(crate) fn text(&mut self, name: &str, text: &str) {
        self.name(name);
        escape(text.as_bytes(), &mut self.url);
    }

    /// A value as JSON.
    pub(crate) fn json(&mut self, name: &str, value: &(impl Serialize + ?Sized)) -> Result<(), json::Error> {
        self.name(name);
        value.serialize(Writer::<Escaped>::new(&mut self.url))
    }

    pub(super) fn into_url(self) -> String {
        // only ASCII is ever added
        String::from_utf8(self.url).unwrap_or_default()
    }

    fn name(&mut self, name: &str) {
        self.url.push(std::mem::replace(&mut self.separator, b'&'));
        self.url.extend_from_slice(name.as_bytes());
        self.url.push(b'=');
    }
}

/// Escapes a text, in runs of what need not be.
fn escape(mut text: &[u8], to: &mut Vec<u8>) {
    while let [first, rest @ ..] = text {
        let (escaped, length) = ESCAPED[usize::from(*first)];
        if length == 1 {
            let plain = rest.iter().take_while(|byte| is_plain(**byte));
            let (plain, rest) = text.split_at(1 + plain.count());
            to.extend_from_slice(plain);
            text = rest;
        } else {
            to.extend_from_slice(&escaped);
            text = rest;
        }
    }
}

/// Whether a character stands for itself.
#[inline]
fn is_plain(byte: u8) -> bool {
    ESCAPED[usize::from(byte)].1 == 1
}

/// What each byte becomes, and how long that is. RFC 3986 leaves more characters to a query than to a path, and JSON is
/// full of them.
const ESCAPED: [([u8; 3], u8); 256] = {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    let mut table = [([0; 3], 1); 256];
    let mut byte = 0_u8;
    loop {
        let at = byte as usize;
        table[at] = match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b':' | b',' | b'$' => {
                ([byte, 0, 0], 1)
            }
            _ => ([b'%', HEX[at >> 4], HEX[at & 15]], 3),
        };
        if byte == u8::MAX {
            break;
        }
        byte += 1;
    }
    table
};

/// JSON as it stands in a URL.
enum Escaped {}

impl Spelling for Escaped {
    const QUOTE: &'static [u8] = b"%22";
    const COLON: &'static [u8] = b":";
    const COMMA: &'static [u8] = b",";
    const LIST: [&'static [u8]; 2] = [b"%5B", b"%5D"];
    const OBJECT: [&'static [u8]; 2] = [b"%7B", b"%7D"];

    #[inline]
    fn is_plain(text: &str) -> bool {
        text.bytes().all(is_plain)
    }

    fn spell(json: &mut Vec<u8>, from: usize) {
        if !json.iter().skip(from).copied().all(is_plain) {
            let written = json.split_off(from);
            escape(&written, json);
        }
    }
}
