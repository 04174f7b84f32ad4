//! Which commit published last, however many others came behind it.

use futures::{StreamExt as _, TryStreamExt as _};

use super::action::Actions;
use super::segment::entry_name;
use crate::error::Result;
use crate::facts::{Commit, CommitInfo};
use crate::storage::Storage;

/// How many log entries are read ahead when looking back.
const READ_AHEAD: usize = 16;

/// Whether a commit says under which contract it was published.
pub(crate) fn names_contract(commit: &Commit) -> bool {
    let published = commit.facts.as_ref().map(|facts| &facts.published);
    published.is_some_and(|published| {
        published.contract_version.is_some() || published.contract_digest.is_some()
    })
}

/// The newest commit up to `version` of which `wanted` holds. Looks back only until it is found, and ends where
/// entries were cleaned up.
pub(crate) async fn newest(
    storage: &Storage,
    version: u64,
    wanted: impl Fn(&Commit) -> bool,
) -> Result<Option<Commit>> {
    let commit_of = |version: u64| async move {
        let name = entry_name(version);
        let Some(bytes) = storage.read(&name).await? else {
            return Ok(None);
        };
        let info = CommitInfo::of(&Actions::parse(&name, &bytes)?);
        Ok(Some(info.into_commit(version)))
    };
    let mut commits = futures::stream::iter((0..=version).rev())
        .map(commit_of)
        .buffered(READ_AHEAD);
    while let Some(Some(commit)) = commits.try_next().await? {
        if wanted(&commit) {
            return Ok(Some(commit));
        }
    }
    Ok(None)
}
