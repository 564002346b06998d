//! Where things in a text end, without what they mean.

/// Whether there is no control character in a text, and so in no string of it.
pub(super) fn is_plain(text: &str) -> bool {
    // not `all`, which looks at one byte after the other
    text.bytes().fold(true, |plain, byte| plain & (byte >= b' '))
}

/// The first quote or backslash from here on.
#[inline]
pub(super) fn special(bytes: &[u8], at: usize) -> Option<usize> {
    memchr::memchr2(b'"', b'\\', bytes.get(at..)?).map(|found| at + found)
}

const ONES: u64 = 0x0101_0101_0101_0101;
const TOPS: u64 = 0x8080_8080_8080_8080;

/// Whether a text holds a character that is escaped in JSON.
///
/// Eight bytes at a time: most texts are short, so that a wider search does not pay.
#[inline]
pub(super) fn is_odd(text: &str) -> bool {
    let (chunks, rest) = text.as_bytes().as_chunks::<8>();
    // what is missing is a space
    let rest = rest
        .iter()
        .fold(ONES * 0x20, |word, byte| word << 8 | u64::from(*byte));
    let odd = chunks.iter().fold(odd_bytes(rest), |odd, chunk| {
        odd | odd_bytes(u64::from_le_bytes(*chunk))
    });
    odd != 0
}

/// Some bit where a byte is odd, or is above one that is.
#[inline]
fn odd_bytes(word: u64) -> u64 {
    let equal = |byte: u8| {
        let same = word ^ (ONES * u64::from(byte));
        same.wrapping_sub(ONES) & !same
    };
    let control = word.wrapping_sub(ONES * 0x20) & !word;
    (control | equal(b'"') | equal(b'\\')) & TOPS
}
