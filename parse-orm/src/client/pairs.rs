//! The parameters of a URL, encoded as they are written.

use super::Path;
use serde::Serialize;
use std::fmt::Write;
use std::io;

/// `?name=value&name=value`, behind what leads there.
pub(crate) struct Pairs {
    url: Vec<u8>,
    separator: u8,
}

impl Pairs {
    /// Behind an address of the server and a path.
    pub(super) fn behind(server: &str, path: Path<'_>) -> Self {
        let mut url = String::with_capacity(1024);
        url.push_str(server);
        // writing to a String cannot fail
        let _ = write!(url, "{path}");
        Self {
            url: url.into_bytes(),
            separator: b'?',
        }
    }

    /// A text as it is.
    pub(crate) fn text(&mut self, name: &str, text: &str) {
        self.name(name);
        self.escape(text.as_bytes());
    }

    /// A value as JSON.
    pub(crate) fn json(&mut self, name: &str, value: &(impl Serialize + ?Sized)) -> serde_json::Result<()> {
        self.name(name);
        serde_json::to_writer(Escaped(self), value)
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

    /// Escapes a text. JSON comes in pieces, most of which are one byte, or have nothing to escape.
    fn escape(&mut self, mut text: &[u8]) {
        while let [first, rest @ ..] = text {
            let (escaped, length) = ESCAPED[usize::from(*first)];
            if length == 1 {
                let plain = rest.iter().take_while(|byte| ESCAPED[usize::from(**byte)].1 == 1);
                let (plain, rest) = text.split_at(1 + plain.count());
                self.url.extend_from_slice(plain);
                text = rest;
            } else {
                self.url.extend_from_slice(&escaped);
                text = rest;
            }
        }
    }
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

/// Escapes what is written.
struct Escaped<'a>(&'a mut Pairs);

impl io::Write for Escaped<'_> {
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        self.0.escape(text);
        Ok(text.len())
    }

    fn write_all(&mut self, text: &[u8]) -> io::Result<()> {
        self.0.escape(text);
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
