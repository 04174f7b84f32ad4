//! What the log tells of files that are not part of the newest version.

use std::collections::{HashMap, HashSet};

use super::action::{Actions, Add};
use super::checkpoint;
use super::segment::{self, LOG, entry_name, version_of};
use crate::erase::PARAMETER;
use crate::error::Result;
use crate::facts::CommitInfo;
use crate::table::Table;
use crate::vacuum::keep;
use crate::write::partition::decode_path;

/// What the log tells of files that are not part of the newest version.
#[derive(Default)]
pub(crate) struct Past {
    /// When a file was taken out, in milliseconds, by its name.
    pub(crate) removed_at: HashMap<String, i64>,
    /// Files that some entry or checkpoint names, by name.
    pub(crate) named: HashSet<String>,
    /// Files that were taken out because they held a subject.
    pub(crate) erased: HashSet<String>,
    /// What each object adds.
    pub(crate) adds: Vec<(String, u64, Vec<Add>)>,
    /// The publish ids of objects that are commits of one.
    pub(crate) publishes: HashMap<String, String>,
}

impl Past {
    pub(crate) async fn of(table: &Table, newest: u64) -> Result<Self> {
        let storage = table.storage();
        let mut past = Self::default();
        let names = storage.list(LOG, None).await?;
        for checkpoint in segment::checkpoints(&names) {
            for actions in checkpoint::read_all(storage, &checkpoint).await? {
                for part in &checkpoint.parts {
                    let adds = actions.adds.clone();
                    past.adds
                        .push((format!("{LOG}/{part}"), checkpoint.version, adds));
                }
                past.take(&actions, None)?;
            }
        }
        for name in names.iter().filter(|name| name.ends_with(".json")) {
            let Some(version) = version_of(name) else {
                continue;
            };
            let name = format!("{LOG}/{name}");
            if version > newest || name != entry_name(version) {
                continue;
            }
            let Some(bytes) = storage.read(&name).await? else {
                continue;
            };
            let actions = Actions::parse(&name, &bytes)?;
            let info = CommitInfo::of(&actions);
            past.take(&actions, info.millis())?;
            if info.operation_parameters.get(PARAMETER).is_some() {
                for remove in &actions.removes {
                    past.erased.insert(decode_path(&remove.path)?);
                }
            }
            if let Some(facts) = info.dataproduct {
                past.publishes.insert(name.clone(), facts.publish_id);
            }
            past.adds.push((name, version, actions.adds));
        }
        Ok(past)
    }

    fn take(&mut self, actions: &Actions, millis: Option<i64>) -> Result<()> {
        for add in &actions.adds {
            keep(&mut self.named, &add.path, add.deletion_vector.as_ref())?;
        }
        for remove in &actions.removes {
            let name = decode_path(&remove.path)?;
            if let Some(at) = millis.or(remove.deletion_timestamp) {
                let known = self.removed_at.entry(name.clone()).or_insert(at);
                *known = at.max(*known);
            }
            keep(
                &mut self.named,
                &remove.path,
                remove.deletion_vector.as_ref(),
            )?;
        }
        Ok(())
    }
}
