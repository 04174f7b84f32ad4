//! Which commit published last, however many others came behind it.

use std::collections::HashMap;
use std::pin::pin;

use futures::{Stream, StreamExt as _, TryStreamExt as _};

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
    let mut commits = pin!(back_from(storage, version));
    while let Some(commit) = commits.try_next().await? {
        if wanted(&commit) {
            return Ok(Some(commit));
        }
    }
    Ok(None)
}

/// Those of these contract versions that a commit up to `version` was published under, or may have been: of entries
/// that were cleaned up nobody can tell. Each with the digest that the newest such commit names. Looks back only until
/// all are found.
pub(crate) async fn among(
    storage: &Storage,
    version: u64,
    contracts: &[String],
) -> Result<Vec<(String, Option<String>)>> {
    let mut found: HashMap<&str, Option<String>> = HashMap::new();
    let mut oldest = version.saturating_add(1);
    let mut commits = pin!(back_from(storage, version));
    while found.len() < contracts.len()
        && let Some(commit) = commits.try_next().await?
    {
        oldest = commit.version;
        let Some(published) = commit.facts.map(|facts| facts.published) else {
            continue;
        };
        let is_named = |contract: &&String| Some(*contract) == published.contract_version.as_ref();
        if let Some(contract) = contracts.iter().find(is_named) {
            let digest = published.contract_digest;
            found.entry(contract).or_insert(digest);
        }
    }
    let may_be_older = oldest > 0;
    let published = |contract: &String| match found.remove(contract.as_str()) {
        Some(digest) => Some((contract.clone(), digest)),
        None => may_be_older.then(|| (contract.clone(), None)),
    };
    Ok(contracts.iter().filter_map(published).collect())
}

/// The commits up to `version`, newest first, as far as entries are kept.
fn back_from(storage: &Storage, version: u64) -> impl Stream<Item = Result<Commit>> + Send {
    let commit_of = move |version: u64| async move {
        let name = entry_name(version);
        let Some(bytes) = storage.read(&name).await? else {
            return Ok(None);
        };
        let info = CommitInfo::of(&Actions::parse(&name, &bytes)?);
        Ok(Some(info.into_commit(version)))
    };
    let commits = futures::stream::iter((0..=version).rev())
        .map(commit_of)
        .buffered(READ_AHEAD);
    commits
        .try_take_while(|commit| std::future::ready(Ok(commit.is_some())))
        .try_filter_map(|commit| std::future::ready(Ok(commit)))
}
