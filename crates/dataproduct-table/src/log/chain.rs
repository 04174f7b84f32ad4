//! What makes damage to the log itself visible.
//!
//! Every entry carries a digest of itself, its seal, and the digest of the entry behind which it was committed. A bit
//! that flipped, a line that was dropped, doubled or moved breaks the seal; an entry that was exchanged breaks the
//! chain. What neither can show, that the newest entries are gone, the anchor shows (`anchor.rs`).
//!
//! The seal is looked for in the bytes, before anything is parsed, so that damage to its own name is seen as well.
//! Entries of other programs have none; the entry after such a one still says which bytes it was committed behind.

use sha2::{Digest, Sha256};

use crate::error::{Error, Result};
use crate::write::file::hex;

/// How an entry of this crate begins, up to its seal.
const START: &str = "{\"commitInfo\":{\"dataproductSeal\":\"";
/// Follows the seal.
const PREVIOUS: &str = "\",\"dataproductPrevious\":\"";
/// The names alone. Within texts of an entry their quotes would be escaped.
const MARKS: [&str; 2] = ["\"dataproductSeal\"", "\"dataproductPrevious\""];
/// Hexadecimal digits of a digest.
const DIGITS: usize = 64;
/// Stands for the seal while it is computed.
const BLANK: [u8; DIGITS] = [b'0'; DIGITS];

/// What the bytes of an entry say about it and the one before.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Link {
    /// Of this entry: its seal; of an entry without one, SHA-256 of its bytes.
    pub(crate) digest: String,
    /// Of the entry behind which it was committed, if that is recorded.
    pub(crate) previous: Option<String>,
}

/// Puts the seal into a new entry, which begins with its `commitInfo`.
pub(crate) fn seal(name: &str, entry: &[u8], previous: Option<&str>) -> Result<Vec<u8>> {
    let bare = b"{\"commitInfo\":{";
    let rest = entry.strip_prefix(bare).ok_or_else(|| {
        Error::encoding("sealing a log entry", "it does not begin with `commitInfo`")
    })?;
    let mut sealed = Vec::with_capacity(entry.len() + 3 * DIGITS);
    sealed.extend_from_slice(START.as_bytes());
    sealed.extend_from_slice(&BLANK);
    sealed.extend_from_slice(PREVIOUS.as_bytes());
    sealed.extend_from_slice(previous.unwrap_or_default().as_bytes());
    sealed.extend_from_slice(b"\",");
    sealed.extend_from_slice(rest);
    let digest = digest_of(name, &sealed, &[]);
    sealed[START.len()..START.len() + DIGITS].copy_from_slice(digest.as_bytes());
    Ok(sealed)
}

/// Checks the seal of an entry, if it has one.
pub(crate) fn check(name: &str, entry: &[u8]) -> Result<Link> {
    let Some(rest) = entry.strip_prefix(START.as_bytes()) else {
        if MARKS.iter().any(|mark| contains(entry, mark.as_bytes())) {
            return Err(broken(name, "the seal is not where it should be"));
        }
        return Ok(Link {
            digest: hex(&Sha256::digest(entry)),
            previous: None,
        });
    };
    let parts = rest.split_at_checked(DIGITS).and_then(|(seal, rest)| {
        let rest = rest.strip_prefix(PREVIOUS.as_bytes())?;
        let end = rest.iter().position(|byte| *byte == b'"')?;
        Some((seal, &rest[..end], rest))
    });
    let Some((seal, previous, rest)) = parts else {
        return Err(broken(name, "the seal is cut short"));
    };
    let head: Vec<u8> = [START.as_bytes(), &BLANK, PREVIOUS.as_bytes()].concat();
    let digest = digest_of(name, &head, rest);
    if seal != digest.as_bytes() {
        return Err(broken(name, "its bytes are not those that were sealed"));
    }
    // What is sealed is as it was written: text.
    let previous = String::from_utf8_lossy(previous).into_owned();
    Ok(Link {
        digest,
        previous: (!previous.is_empty()).then_some(previous),
    })
}

/// Checks that an entry was committed behind the one that is there before it.
pub(crate) fn check_follows(name: &str, link: &Link, before: Option<&str>) -> Result<()> {
    match (&link.previous, before) {
        (Some(expected), Some(found)) if expected != found => Err(Error::damaged(
            name,
            "it was committed behind another entry than the one that is before it now; restore the one before it",
        )),
        _ => Ok(()),
    }
}

/// The name of the object is sealed with its bytes, so that an entry cannot be passed off as another version.
fn digest_of(name: &str, head: &[u8], rest: &[u8]) -> String {
    let file = name.rsplit('/').next().unwrap_or(name);
    let mut digest = Sha256::new();
    digest.update(file.as_bytes());
    digest.update(b"\n");
    digest.update(head);
    digest.update(rest);
    hex(&digest.finalize())
}

fn broken(name: &str, what: &str) -> Error {
    Error::damaged(name, format!("{what}; restore it from a copy"))
}

fn contains(bytes: &[u8], what: &[u8]) -> bool {
    bytes.windows(what.len()).any(|window| window == what)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAME: &str = "_delta_log/00000000000000000007.json";
    const ENTRY: &[u8] =
        b"{\"commitInfo\":{\"timestamp\":1}}\n{\"txn\":{\"appId\":\"a\",\"version\":1}}\n";

    #[test]
    fn a_seal_is_checked_and_leads_to_the_entry_before() {
        let bare = check(NAME, ENTRY).unwrap();
        assert_eq!(bare.previous, None);
        let sealed = seal(NAME, ENTRY, Some(&bare.digest)).unwrap();
        let link = check(NAME, &sealed).unwrap();
        assert_eq!(link.previous.as_deref(), Some(&*bare.digest));
        assert!(check_follows(NAME, &link, Some(&bare.digest)).is_ok());
        assert!(check_follows(NAME, &link, Some(&link.digest)).is_err());
        assert!(check_follows(NAME, &link, None).is_ok());
        let first = seal(NAME, ENTRY, None).unwrap();
        assert_eq!(check(NAME, &first).unwrap().previous, None);
    }

    #[test]
    fn every_flipped_bit_and_every_cut_is_seen() {
        let sealed = seal(NAME, ENTRY, Some(&"ab".repeat(32))).unwrap();
        let whole = check(NAME, &sealed).unwrap();
        for bit in 0..sealed.len() * 8 {
            let mut flipped = sealed.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(check(NAME, &flipped).is_err(), "bit {bit}");
        }
        for length in 0..sealed.len() {
            // Cut within its first bytes it is no entry of ours any more; its digest tells.
            match check(NAME, &sealed[..length]) {
                Ok(link) => assert_ne!(link.digest, whole.digest),
                Err(error) => assert!(matches!(error, Error::Damaged { .. })),
            }
        }
        let elsewhere = NAME.replace('7', "8");
        assert!(check(&elsewhere, &sealed).is_err());
    }

    #[test]
    fn texts_that_name_the_seal_are_no_seal() {
        let text = serde_json::json!({"add": {"stats": "{\"dataproductSeal\":\"x\"}"}}).to_string();
        assert!(check(NAME, text.as_bytes()).is_ok());
    }
}
