//! Interleavings of publishes against a brute-force model.

use std::collections::{BTreeMap, BTreeSet};

use arrow_schema::DataType;
use proptest::prelude::*;

use super::*;
use crate::log::action::Remove;
use crate::write::scope::{PartitionValues, Partitions};

const PARTITIONS: u8 = 3;

/// What a publish does: adds a file to each of some partitions, and replaces a scope.
#[derive(Debug, Clone)]
struct Op {
    adds: Vec<u8>,
    scope: Option<Vec<u8>>,
    careful: bool,
    /// How many commits of others happen between its start and its commit.
    lag: usize,
}

fn values(partition: u8) -> PartitionValues {
    [("p".to_owned(), Some(partition.to_string()))].into()
}

fn scope_of(scope: &Option<Vec<u8>>) -> Scope {
    match scope {
        None => Scope::Nothing,
        Some(partitions) if partitions.len() == usize::from(PARTITIONS) => Scope::All,
        Some(partitions) => {
            let wanted = partitions.iter().map(|p| values(*p)).collect();
            let types = [("p".to_owned(), DataType::Int32)].into();
            Scope::Partitions(Partitions::new(wanted, types))
        }
    }
}

fn add(file: usize, partition: u8) -> Add {
    Add {
        path: format!("{file}-{partition}"),
        partition_values: values(partition),
        size: 1,
        modification_time: 0,
        data_change: true,
        stats: None,
        tags: None,
        deletion_vector: None,
    }
}

fn op() -> impl Strategy<Value = Op> {
    let some = || prop::collection::btree_set(0..PARTITIONS, 0..=usize::from(PARTITIONS));
    (some(), prop::option::of(some()), any::<bool>(), 0..4_usize).prop_map(
        |(adds, scope, careful, lag)| Op {
            adds: adds.into_iter().collect(),
            scope: scope.map(|scope| scope.into_iter().collect()),
            careful,
            lag,
        },
    )
}

/// A table by the rules under test: files, and the log that led there.
#[derive(Default)]
struct Table {
    files: BTreeMap<String, Add>,
    log: Vec<Actions>,
}

impl Table {
    fn commit(&mut self, number: usize, op: &Op) -> bool {
        let scope = scope_of(&op.scope);
        let intent = Intent {
            scope: &scope,
            fail_on_change: op.careful,
        };
        let base = self.log.len().saturating_sub(op.lag);
        for winner in &self.log[base..] {
            if let Verdict::Conflict(_) = check(&intent, winner) {
                return false;
            }
        }
        let removes: Vec<Remove> = plan_removes(&scope, self.files.values())
            .into_iter()
            .map(|add| Remove {
                path: add.path.clone(),
                deletion_timestamp: None,
                data_change: true,
                extended_file_metadata: None,
                partition_values: Some(add.partition_values.clone()),
                size: None,
                deletion_vector: None,
            })
            .collect();
        let adds: Vec<Add> = op
            .adds
            .iter()
            .map(|partition| add(number, *partition))
            .collect();
        for remove in &removes {
            self.files.remove(&remove.path);
        }
        self.files
            .extend(adds.iter().map(|add| (add.path.clone(), add.clone())));
        self.log.push(Actions {
            adds,
            removes,
            ..Actions::default()
        });
        true
    }
}

/// The model: partition to the numbers of the publishes whose files it holds.
type Model = BTreeMap<u8, BTreeSet<usize>>;

fn apply(model: &mut Model, number: usize, op: &Op) {
    for partition in op.scope.iter().flatten() {
        model.remove(partition);
    }
    for partition in &op.adds {
        model.entry(*partition).or_default().insert(number);
    }
}

fn within(model: &Model, scope: &Option<Vec<u8>>) -> Model {
    let wanted = |partition: &u8| {
        scope
            .as_ref()
            .is_some_and(|scope| scope.contains(partition))
    };
    model
        .iter()
        .filter(|(partition, files)| wanted(partition) && !files.is_empty())
        .map(|(partition, files)| (*partition, files.clone()))
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    /// Whatever is committed adds up to the same as if it had been done one after the other in commit order, and a
    /// careful replace is committed only onto what it started from.
    #[test]
    fn commits_are_serial(ops in prop::collection::vec(op(), 1..12)) {
        let mut table = Table::default();
        let mut models = vec![Model::new()];
        for (number, op) in ops.iter().enumerate() {
            let newest = models[models.len() - 1].clone();
            let base = &models[(models.len() - 1).saturating_sub(op.lag)];
            let changed = within(base, &op.scope) != within(&newest, &op.scope);
            if table.commit(number, op) {
                prop_assert!(!(op.careful && changed), "a change was overlooked");
                let mut next = newest;
                apply(&mut next, number, op);
                models.push(next);
            } else {
                prop_assert!(op.careful, "only a careful replace may fail");
            }
            let found: BTreeSet<String> = table.files.keys().cloned().collect();
            let expect: BTreeSet<String> = models[models.len() - 1]
                .iter()
                .flat_map(|(partition, files)| files.iter().map(move |file| format!("{file}-{partition}")))
                .collect();
            prop_assert_eq!(found, expect);
        }
    }

    /// Without a change in what it replaces, no publish fails; an append never does.
    #[test]
    fn nobody_fails_without_need(op in op(), other in op()) {
        let scope = scope_of(&op.scope);
        let intent = Intent { scope: &scope, fail_on_change: op.careful };
        let winner = Actions {
            adds: other.adds.iter().map(|partition| add(1, *partition)).collect(),
            ..Actions::default()
        };
        let touched = op.scope.iter().flatten().any(|partition| other.adds.contains(partition));
        let expect = match (touched, op.careful) {
            (false, _) => Verdict::Free,
            (true, false) => Verdict::Replan,
            (true, true) => Verdict::Conflict("changed rows that this publish replaces".to_owned()),
        };
        prop_assert_eq!(check(&intent, &winner), expect);
    }
}
