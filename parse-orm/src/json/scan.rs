//! Where things in a text end, without what they mean.

/// Whether there is no control character in a text, and so in no string of it.
pub(super) fn is_plain(text: &str) -> bool {
    // the least of them, which is found many at a time, as `all` is not
    text.bytes().fold(u8::MAX, u8::min) >= b' '
}

/// The first quote or backslash from here on.
#[inline]
pub(super) fn special(bytes: &[u8], mut at: usize) -> Option<usize> {
    // most texts end here, sooner than a wider search begins
    for _ in 0..2 {
        let Some(chunk) = bytes.get(at..)?.first_chunk::<8>() else {
            break;
        };
        let word = u64::from_le_bytes(*chunk);
        let found = (equal(word, b'"') | equal(word, b'\\')) & TOPS;
        if found != 0 {
            return Some(at + (found.trailing_zeros() / 8) as usize);
        }
        at += 8;
    }
    far(bytes, at)
}

/// The same, of a long text.
#[inline(never)]
fn far(bytes: &[u8], at: usize) -> Option<usize> {
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
    let control = word.wrapping_sub(ONES * 0x20) & !word;
    (control | equal(word, b'"') | equal(word, b'\\')) & TOPS
}

/// The top bit of each byte that is this one, and maybe of some above the first of them, because of what is borrowed in
/// the subtraction; other bits are anything.
#[inline]
fn equal(word: u64, byte: u8) -> u64 {
    let same = word ^ (ONES * u64::from(byte));
    same.wrapping_sub(ONES) & !same
}
