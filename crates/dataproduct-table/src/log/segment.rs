//! Which objects of the log make up a version.

use crate::error::{Error, Result};
use crate::storage::Storage;

/// The folder of the log.
pub(crate) const LOG: &str = "_delta_log";

/// The name of the log entry of a version, relative to the table.
pub(crate) fn entry_name(version: u64) -> String {
    format!("{LOG}/{version:020}.json")
}

/// The objects to read for one version: at most one checkpoint and every commit after it.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Segment {
    /// The newest version of the segment.
    pub(crate) version: u64,
    pub(crate) checkpoint: Option<Checkpoint>,
    /// The versions of the commits after the checkpoint, without gaps.
    pub(crate) commits: Vec<u64>,
    /// The oldest version whose log entry is still kept.
    pub(crate) oldest_entry: Option<u64>,
}

/// A complete checkpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Checkpoint {
    pub(crate) version: u64,
    /// File names in the log folder.
    pub(crate) parts: Vec<String>,
}

#[derive(Debug, PartialEq, Eq)]
enum LogFile {
    Commit(u64),
    /// `parts` is 1 unless the checkpoint is stored in several files.
    Checkpoint {
        version: u64,
        parts: u64,
    },
}

/// Reads what a file name in the log folder stands for; `None` for files that do not matter here.
fn classify(name: &str) -> Option<LogFile> {
    let (digits, rest) = name.split_at_checked(20)?;
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let version = digits.parse().ok()?;
    let mut fields = rest.strip_prefix('.')?.split('.');
    let fields = (
        fields.next()?,
        fields.next(),
        fields.next(),
        fields.next(),
        fields.next(),
    );
    match fields {
        ("json", None, ..) => Some(LogFile::Commit(version)),
        ("checkpoint", Some("parquet"), None, ..) => {
            Some(LogFile::Checkpoint { version, parts: 1 })
        }
        // Version 2: one file with a unique name.
        ("checkpoint", Some(_), Some("parquet" | "json"), None, _) => {
            Some(LogFile::Checkpoint { version, parts: 1 })
        }
        ("checkpoint", Some(_), Some(parts), Some("parquet"), None) => Some(LogFile::Checkpoint {
            version,
            parts: parts.parse().ok()?,
        }),
        _ => None,
    }
}

/// The version that an object in the log folder belongs to; `None` for what belongs to none, as the hint to the last
/// checkpoint.
pub(crate) fn version_of(name: &str) -> Option<u64> {
    let (digits, rest) = name.split_at_checked(20)?;
    let plain = digits.bytes().all(|byte| byte.is_ascii_digit()) && rest.starts_with('.');
    plain.then(|| digits.parse().ok())?
}

/// The complete checkpoints among the names of the log folder, which are in order: the oldest first.
pub(crate) fn checkpoints(names: &[String]) -> Vec<Checkpoint> {
    contents(names).1
}

/// The entries and the complete checkpoints of a log, each in order.
pub(crate) fn contents(names: &[String]) -> (Vec<u64>, Vec<Checkpoint>) {
    let mut commits = Vec::new();
    let mut checkpoints: Vec<(Checkpoint, u64)> = Vec::new();
    for name in names {
        match classify(name) {
            Some(LogFile::Commit(version)) => commits.push(version),
            Some(LogFile::Checkpoint { version, parts }) => match checkpoints.last_mut() {
                Some((last, expected))
                    if parts > 1 && last.version == version && *expected == parts =>
                {
                    last.parts.push(name.clone());
                }
                _ => checkpoints.push((
                    Checkpoint {
                        version,
                        parts: vec![name.clone()],
                    },
                    parts,
                )),
            },
            None => {}
        }
    }
    // A checkpoint in several files counts only when all of them are there.
    let complete = |(checkpoint, parts): (Checkpoint, u64)| {
        (checkpoint.parts.len() as u64 == parts).then_some(checkpoint)
    };
    (
        commits,
        checkpoints.into_iter().filter_map(complete).collect(),
    )
}

/// Finds the newest complete checkpoint at or before `target` and the commits after it.
fn assemble(names: &[String], target: Option<u64>) -> Result<Option<Segment>> {
    let wanted = |version: u64| target.is_none_or(|target| version <= target);
    let (mut commits, checkpoints) = contents(names);
    let oldest_entry = commits.first().copied();
    let mut checkpoints = checkpoints.into_iter().rev();
    let checkpoint = checkpoints.find(|checkpoint| wanted(checkpoint.version));
    let start = checkpoint
        .as_ref()
        .map_or(0, |checkpoint| checkpoint.version + 1);
    commits.retain(|version| *version >= start && wanted(*version));
    for (expected, found) in (start..).zip(&commits) {
        if expected != *found {
            return Err(Error::damaged(
                entry_name(expected),
                format!("it is missing, but version {found} is there"),
            ));
        }
    }
    let newest = commits
        .last()
        .copied()
        .or(checkpoint.as_ref().map(|found| found.version));
    Ok(newest.map(|version| Segment {
        version,
        checkpoint,
        commits,
        oldest_entry,
    }))
}

/// Lists the log and finds what makes up `target`, or the newest version.
///
/// `None` if there is no log. With a target beyond the newest version, the newest is found.
pub(crate) async fn find(storage: &Storage, target: Option<u64>) -> Result<Option<Segment>> {
    let hint = match target {
        None => read_hint(storage).await?,
        Some(_) => None,
    };
    find_from(storage, hint, target).await
}

/// As [`find`], with a hint to a checkpoint.
pub(crate) async fn find_from(
    storage: &Storage,
    hint: Option<u64>,
    target: Option<u64>,
) -> Result<Option<Segment>> {
    if let Some(hint) = hint {
        let names = storage.list(LOG, Some(&format!("{hint:020}"))).await?;
        if let Ok(Some(found)) = assemble(&names, target)
            && found.checkpoint.is_some()
        {
            return Ok(Some(found));
        }
        // The hint is out of date or wrong: it is only a hint. If the log is damaged, the whole listing tells.
    }
    assemble(&storage.list(LOG, None).await?, target)
}

/// The same version put together without the checkpoint of a segment or a later one; `None` if it had none.
pub(crate) async fn without_checkpoint(
    storage: &Storage,
    segment: &Segment,
) -> Result<Option<Segment>> {
    let Some(checkpoint) = &segment.checkpoint else {
        return Ok(None);
    };
    let mut names = storage.list(LOG, None).await?;
    names.retain(|name| {
        !matches!(classify(name), Some(LogFile::Checkpoint { version, .. }) if version >= checkpoint.version)
    });
    let found = assemble(&names, Some(segment.version))?;
    Ok(found.filter(|found| found.version == segment.version))
}

#[derive(serde::Deserialize)]
struct LastCheckpoint {
    version: u64,
}

/// Over a network the hint saves listing the whole log; on disk a listing costs less than reading the hint.
pub(crate) async fn read_hint(storage: &Storage) -> Result<Option<u64>> {
    if storage.is_local() {
        return Ok(None);
    }
    let bytes = storage.read(&format!("{LOG}/_last_checkpoint")).await?;
    let hint = bytes.and_then(|bytes| serde_json::from_slice::<LastCheckpoint>(&bytes).ok());
    Ok(hint.map(|hint| hint.version))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(names: &[&str]) -> Vec<String> {
        let mut names: Vec<String> = names
            .iter()
            .map(|name| {
                let (version, rest) = name.split_once('.').unwrap();
                format!("{:020}.{rest}", version.parse::<u64>().unwrap())
            })
            .collect();
        names.sort();
        names
    }

    #[track_caller]
    fn check(files: &[&str], target: Option<u64>, expect: Option<(u64, Option<u64>, &[u64])>) {
        let found = assemble(&names(files), target).unwrap();
        let found = found.as_ref().map(|segment| {
            (
                segment.version,
                segment.checkpoint.as_ref().map(|found| found.version),
                &segment.commits[..],
            )
        });
        assert_eq!(found, expect);
    }

    #[test]
    fn segments() {
        check(&[], None, None);
        check(
            &["0.json", "1.json", "2.crc"],
            None,
            Some((1, None, &[0, 1])),
        );
        check(
            &["0.json", "1.json", "1.checkpoint.parquet"],
            None,
            Some((1, Some(1), &[])),
        );
        check(
            &["0.json", "1.json", "1.checkpoint.parquet"],
            Some(0),
            Some((0, None, &[0])),
        );
        check(
            &["5.checkpoint.parquet", "5.json", "6.json"],
            None,
            Some((6, Some(5), &[6])),
        );
        check(
            &[
                "0.json",
                "1.json",
                "1.checkpoint.0000000001.0000000002.parquet",
            ],
            None,
            Some((1, None, &[0, 1])),
        );
        check(
            &[
                "1.json",
                "1.checkpoint.0000000001.0000000002.parquet",
                "1.checkpoint.0000000002.0000000002.parquet",
            ],
            None,
            Some((1, Some(1), &[])),
        );
        check(
            &[
                "1.json",
                "1.checkpoint.80a083e8-7026-4e79-81be-64bd76c43a11.json",
                "2.json",
            ],
            None,
            Some((2, Some(1), &[2])),
        );
        check(
            &["0.json", "0.00000000000000000003.compacted.json"],
            None,
            Some((0, None, &[0])),
        );
    }

    #[test]
    fn a_missing_commit_is_damage() {
        for files in [
            &["0.json", "2.json"][..],
            &["1.json"],
            &["3.checkpoint.parquet", "5.json"],
        ] {
            let error = assemble(&names(files), None).unwrap_err();
            assert!(matches!(error, Error::Damaged { .. }), "{error}");
        }
    }
}
