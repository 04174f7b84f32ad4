//! One file per verb.

pub(crate) mod check;
mod compared;
pub(crate) mod diff;
pub(crate) mod doctor;
pub(crate) mod draft;
pub(crate) mod explain;
pub(crate) mod export;
pub(crate) mod import;
pub(crate) mod init;
pub(crate) mod lint;
pub(crate) mod maintain;
pub(crate) mod publish;
pub(crate) mod quarantine;
mod read;
pub(crate) mod rows;
pub(crate) mod test;
pub(crate) mod verify;

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::args::Target;
use crate::command::{EXIT_OK, Failure, print};

/// Fewer items than this are not worth a thread each.
const ITEMS_PER_THREAD: usize = 4;

/// What a function makes of each item, in the order of the items, on all cores.
fn each<T: Sync, R: Send>(items: &[T], function: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let threads = cores.min(items.len() / ITEMS_PER_THREAD);
    if threads < 2 {
        return items.iter().map(function).collect();
    }
    let next = AtomicUsize::new(0);
    let done = Mutex::new(Vec::with_capacity(items.len()));
    let work = || {
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(item) = items.get(index) else { break };
            let result = function(item);
            // A thread that panics ends the whole run, so that nobody reads what it left.
            if let Ok(mut done) = done.lock() {
                done.push((index, result));
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(work);
        }
    });
    let mut done = done.into_inner().unwrap_or_default();
    done.sort_by_key(|(index, _)| *index);
    done.into_iter().map(|(_, result)| result).collect()
}

/// Writes a result to where it belongs.
fn deliver(bytes: &[u8], target: &Target) -> Result<u8, Failure> {
    let Some(path) = &target.output else {
        return print(bytes);
    };
    let name = || path.to_string_lossy().into_owned();
    if target.force {
        fs::write(path, bytes).map_err(|error| Failure::Write {
            name: name(),
            reason: error.to_string(),
        })?;
    } else {
        create(path, bytes, "say `--force` to write over it")?;
    }
    Ok(EXIT_OK)
}

/// Writes a file that is not there yet.
fn create(path: &Path, bytes: &[u8], fix: &'static str) -> Result<(), Failure> {
    let name = path.to_string_lossy().into_owned();
    let file = fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(path);
    match file.and_then(|mut file| file.write_all(bytes)) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            Err(Failure::Exists { name, fix })
        }
        Err(error) => Err(Failure::Write {
            name,
            reason: error.to_string(),
        }),
    }
}

/// Waits for what reads or writes tables, on all cores.
fn wait<T>(
    work: impl Future<Output = Result<T, dataproduct::Error>>,
) -> Result<T, dataproduct::Error> {
    let runtime = tokio::runtime::Runtime::new().map_err(|error| dataproduct::Error::Input {
        reason: "the machine gives no threads to work on".to_owned(),
        source: Some(Box::new(error)),
    })?;
    runtime.block_on(work)
}
