//! Power cuts: what the store does to a disk is recorded, and then any part of it that was not flushed is lost.
//!
//! Of what was not flushed any subset may have reached the disk: names and bytes apart from each other, and of the last
//! write of a file only the first sectors. `DATAPRODUCT_LONG` cuts ten thousand times.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use arrow_array::{ArrayRef, Int64Array, RecordBatch};
use arrow_schema::{DataType, Field, Schema};
use dataproduct_testkit::stock::mix;
use object_store::ObjectStoreExt;
use object_store::memory::InMemory;

use crate::{Location, Table, TableOptions, TableSpec, WriteOptions};

/// One change of a disk.
#[derive(Debug, Clone)]
pub(super) enum Step {
    Create(PathBuf),
    Append(PathBuf, Vec<u8>),
    Write(PathBuf, u64, Vec<u8>),
    SyncFile(PathBuf),
    SyncDirectory(PathBuf),
    MakeDirectory(PathBuf),
    Link(PathBuf, PathBuf),
    Rename(PathBuf, PathBuf),
    Remove(PathBuf),
    /// Somebody was told that so many publishes are done.
    Acknowledged(usize),
}

/// The folder that is recorded, and what happened in it.
static RECORDING: Mutex<Option<(PathBuf, Vec<Step>)>> = Mutex::new(None);

/// Notes a step, if its folder is recorded.
pub(super) fn note(step: impl FnOnce() -> Step) {
    let mut recording = RECORDING.lock().unwrap_or_else(PoisonError::into_inner);
    let Some((root, steps)) = recording.as_mut() else {
        return;
    };
    let step = step();
    let path = match &step {
        Step::Create(path)
        | Step::Append(path, _)
        | Step::Write(path, ..)
        | Step::SyncFile(path)
        | Step::SyncDirectory(path)
        | Step::MakeDirectory(path)
        | Step::Link(path, _)
        | Step::Rename(path, _)
        | Step::Remove(path) => path,
        Step::Acknowledged(_) => &*root,
    };
    if path.starts_with(&*root) {
        steps.push(step);
    }
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Named {
    File(usize),
    Directory,
}

/// A change of names that was not flushed yet; a rename is both at once.
#[derive(Debug, Clone)]
struct Pending {
    add: Option<(PathBuf, Named)>,
    remove: Option<PathBuf>,
}

impl Pending {
    fn is_in(&self, directory: &Path) -> bool {
        let path = self
            .add
            .as_ref()
            .map(|(path, _)| path)
            .or(self.remove.as_ref());
        path.and_then(|path| path.parent()) == Some(directory)
    }

    fn apply(self, names: &mut BTreeMap<PathBuf, Named>) {
        if let Some(path) = self.remove {
            names.remove(&path);
        }
        if let Some((path, named)) = self.add {
            names.insert(path, named);
        }
    }
}

#[derive(Debug, Clone, Default)]
struct File {
    flushed: Vec<u8>,
    pending: Vec<(usize, Vec<u8>)>,
    length: usize,
}

fn put(bytes: &mut Vec<u8>, at: usize, new: &[u8]) {
    if bytes.len() < at + new.len() {
        bytes.resize(at + new.len(), 0);
    }
    bytes[at..at + new.len()].copy_from_slice(new);
}

/// A disk that forgets.
#[derive(Debug, Clone, Default)]
struct Disk {
    files: Vec<File>,
    /// As the running system sees them.
    names: BTreeMap<PathBuf, Named>,
    flushed: BTreeMap<PathBuf, Named>,
    pending: Vec<Pending>,
    acknowledged: usize,
}

impl Disk {
    fn rename(&mut self, add: Option<(PathBuf, Named)>, remove: Option<PathBuf>) {
        let pending = Pending { add, remove };
        pending.clone().apply(&mut self.names);
        self.pending.push(pending);
    }

    fn file(&mut self, path: &Path) -> Option<&mut File> {
        match self.names.get(path) {
            Some(Named::File(file)) => self.files.get_mut(*file),
            _ => None,
        }
    }

    fn write(&mut self, path: &Path, at: Option<usize>, bytes: &[u8]) {
        let file = self.file(path).unwrap();
        let at = at.unwrap_or(file.length);
        file.length = file.length.max(at + bytes.len());
        file.pending.push((at, bytes.to_vec()));
    }

    fn take(&mut self, step: &Step) {
        match step {
            Step::Create(path) => {
                self.files.push(File::default());
                let file = Named::File(self.files.len() - 1);
                self.rename(Some((path.clone(), file)), None);
            }
            Step::Append(path, bytes) => self.write(path, None, bytes),
            Step::Write(path, at, bytes) => self.write(path, Some(*at as usize), bytes),
            Step::SyncFile(path) => {
                let Some(file) = self.file(path) else { return };
                for (at, bytes) in std::mem::take(&mut file.pending) {
                    put(&mut file.flushed, at, &bytes);
                }
            }
            Step::SyncDirectory(path) => {
                let all = std::mem::take(&mut self.pending);
                for pending in all {
                    match pending.is_in(path) {
                        true => pending.apply(&mut self.flushed),
                        false => self.pending.push(pending),
                    }
                }
            }
            Step::MakeDirectory(path) => self.rename(Some((path.clone(), Named::Directory)), None),
            Step::Link(from, to) => {
                let file = self.names[from];
                self.rename(Some((to.clone(), file)), None);
            }
            Step::Rename(from, to) => {
                let file = self.names[from];
                self.rename(Some((to.clone(), file)), Some(from.clone()));
            }
            Step::Remove(path) => self.rename(None, Some(path.clone())),
            Step::Acknowledged(publishes) => self.acknowledged = *publishes,
        }
    }

    /// The files that are there after the power was cut, by their paths below the folder. Gives how much was lost, too.
    fn cut(&self, root: &Path, seed: u64) -> (Vec<(String, Vec<u8>)>, u64) {
        let (mut draws, mut lost) = (0, 0);
        let mut draw = |of: u64| {
            draws += 1;
            mix(mix(seed) ^ draws) % of
        };
        // Now and then everything that was not flushed is lost, or nothing.
        let keep = [0, 1, 2, 3, 4][draw(5) as usize];
        let mut names = self.flushed.clone();
        for pending in &self.pending {
            match draw(4) < keep {
                true => pending.clone().apply(&mut names),
                false => lost += 1,
            }
        }
        let contents: Vec<Vec<u8>> = self
            .files
            .iter()
            .map(|file| {
                let mut bytes = file.flushed.clone();
                for (number, (at, new)) in file.pending.iter().enumerate() {
                    if draw(4) >= keep {
                        lost += 1;
                        continue;
                    }
                    let sectors = new.len().div_ceil(512) as u64;
                    let is_last = number + 1 == file.pending.len();
                    let kept = if is_last {
                        draw(sectors + 1) as usize * 512
                    } else {
                        new.len()
                    };
                    put(&mut bytes, *at, &new[..kept.min(new.len())]);
                }
                bytes
            })
            .collect();
        let mut found = Vec::new();
        for (path, named) in &names {
            let below = path.strip_prefix(root).unwrap();
            let mut above = below
                .ancestors()
                .skip(1)
                .filter(|above| *above != Path::new(""));
            let is_there =
                above.all(|above| names.get(&root.join(above)) == Some(&Named::Directory));
            let name = below.to_str().unwrap();
            if let (Named::File(file), true, false) = (named, is_there, name.contains('#')) {
                found.push((name.to_owned(), contents[*file].clone()));
            }
        }
        (found, lost)
    }
}

fn spec() -> TableSpec {
    let schema = Schema::new(vec![Field::new("n", DataType::Int64, false)]);
    TableSpec::new(Arc::new(schema))
}

/// Publishes rows and records what happens to the disk.
async fn recorded(root: &Path, publishes: usize) -> Vec<Step> {
    *RECORDING.lock().unwrap() = Some((root.to_owned(), Vec::new()));
    let location = Location::parse(root.join("table").to_str().unwrap()).unwrap();
    Table::create(&location, &spec()).await.unwrap();
    note(|| Step::Acknowledged(0));
    let options = TableOptions::default().with_checkpoint_interval(4);
    let table = Table::open_with(&location, options).await.unwrap();
    for number in 0..publishes {
        let n = i64::try_from(number).unwrap();
        let column =
            Arc::new(Int64Array::from_iter_values(std::iter::repeat_n(n, 300))) as ArrayRef;
        let batch = RecordBatch::try_from_iter([("n", column)]).unwrap();
        let mut writer = table.write(WriteOptions::new()).await.unwrap();
        writer.push_batch(&batch).await.unwrap();
        writer.commit().await.unwrap();
        note(|| Step::Acknowledged(number + 1));
    }
    RECORDING.lock().unwrap().take().unwrap().1
}

/// How often each number is in the table.
async fn counts(store: Arc<InMemory>) -> BTreeMap<i64, usize> {
    let location = Location::with_store("memory://power/table", store).unwrap();
    let table = Table::open(&location).await.unwrap();
    let mut counts = BTreeMap::new();
    for batch in table
        .snapshot()
        .await
        .unwrap()
        .scan()
        .collect()
        .await
        .unwrap()
    {
        for n in batch.column(0).as_primitive::<Int64Type>().values() {
            *counts.entry(*n).or_default() += 1;
        }
    }
    counts
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_acknowledged_survives_a_power_cut() {
    let cuts = if std::env::var_os("DATAPRODUCT_LONG").is_some() {
        10_000
    } else {
        150
    };
    let given = std::env::var("DATAPRODUCT_SEED").ok();
    let seed: u64 = given.and_then(|seed| seed.parse().ok()).unwrap_or(1);
    let directory = tempfile::tempdir().unwrap();
    let steps = recorded(directory.path(), 9).await;
    let begun = steps
        .iter()
        .position(|step| matches!(step, Step::Acknowledged(0)))
        .unwrap();
    let (mut lost, mut late) = (0, 0);
    for cut in 0..cuts {
        let draw = mix(mix(seed) ^ cut);
        let at = begun + 1 + (draw as usize % (steps.len() - begun));
        let mut disk = Disk::default();
        steps[..at.min(steps.len())]
            .iter()
            .for_each(|step| disk.take(step));
        let (files, gone) = disk.cut(directory.path(), draw);
        lost += gone;
        let store = Arc::new(InMemory::new());
        for (name, bytes) in files {
            store
                .put(&name.as_str().into(), bytes.into())
                .await
                .unwrap();
        }
        let counts = counts(store).await;
        let case = format!(
            "DATAPRODUCT_SEED={seed}, cut {cut} after step {at} of {}",
            steps.len()
        );
        let published = counts.len();
        assert!(
            published >= disk.acknowledged,
            "{case}: an acknowledged publish is lost"
        );
        assert!(published <= disk.acknowledged + 1, "{case}");
        late += usize::from(published > disk.acknowledged);
        let whole = counts
            .iter()
            .enumerate()
            .all(|(n, (found, rows))| (n as i64, 300) == (*found, *rows));
        assert!(whole, "{case}: half a publish is there: {counts:?}");
    }
    println!("{cuts} cuts, {lost} changes lost, {late} publishes there that nobody was told of");
    assert!(lost > cuts && late > 0);
}
