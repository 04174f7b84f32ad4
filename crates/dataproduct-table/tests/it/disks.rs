//! Disks that are full, cannot be written to or refuse to open files, at every operation of every way of writing.

use std::sync::Arc;

use dataproduct_table::{DiskProblem, Error, Location, Table, WriteOptions};
use dataproduct_testkit::chaos::{ChaosStore, Fault};
use object_store::memory::InMemory;

use crate::chaos::{PATHS, Path, State, at, prepared, state};
use crate::support::*;

const FAULTS: [(Fault, DiskProblem, &str); 3] = [
    (Fault::DiskFull, DiskProblem::Full, "make space"),
    (
        Fault::TooManyFiles,
        DiskProblem::TooManyOpenFiles,
        "ulimit -n",
    ),
    (
        Fault::ReadOnly,
        DiskProblem::ReadOnly,
        "make the disk writable",
    ),
];

/// A way of writing, the table that it begins with, and the states before and after.
struct Prepared<'a> {
    path: &'a Path,
    store: InMemory,
    old: (State, u64),
    new: (State, u64),
    operations: u64,
}

async fn prepare(path: &Path) -> Prepared<'_> {
    let store = prepared().await;
    let old = state(&Arc::new(store.fork())).await;
    let untouched = Arc::new(store.fork());
    let healthy = ChaosStore::striking(untouched.clone(), u64::MAX, Fault::DiskFull);
    (path.act)(at(healthy.clone())).await.unwrap();
    Prepared {
        path,
        store,
        old,
        new: state(&untouched).await,
        operations: healthy.operations(),
    }
}

/// Strikes one operation, or it and all that follow; gives whether it struck and whether that was an error.
async fn strike(
    prepared: &Prepared<'_>,
    operation: u64,
    (fault, problem, remedy): (Fault, DiskProblem, &str),
    lasting: bool,
) -> (bool, bool) {
    let Prepared { path, old, new, .. } = prepared;
    let inner = Arc::new(prepared.store.fork());
    let store = match lasting {
        true => ChaosStore::striking_from(inner.clone(), operation, fault),
        false => ChaosStore::striking(inner.clone(), operation, fault),
    };
    let outcome = (path.act)(at(store.clone())).await;
    let case = format!("{}: {fault:?} at {operation}, lasting {lasting}", path.name);
    let found = state(&inner).await;
    match &outcome {
        Ok(()) => assert_eq!(found, *new, "{case}"),
        Err(error) => {
            assert_eq!(error.disk_problem(), Some(problem), "{case}: {error:?}");
            assert!(error.to_string().contains(remedy), "{case}: {error}");
            // What evolves has no id to ask by: it can be done again.
            let is_open = matches!(error, Error::OutcomeUnknown { .. }) || path.name == "evolve";
            assert!(found == *old || is_open && found == *new, "{case}: {error}");
        }
    }
    (path.act)(at(inner.clone())).await.unwrap();
    assert_eq!(state(&inner).await, *new, "{case}, again");
    (store.struck() > 0, outcome.is_err())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_disk_is_a_typed_error_and_the_old_version_is_readable() {
    let long = std::env::var_os("DATAPRODUCT_LONG").is_some();
    let (mut points, mut failed) = (0, 0);
    for path in &PATHS {
        let prepared = prepare(path).await;
        for operation in 0..prepared.operations {
            for (number, fault) in FAULTS.into_iter().enumerate() {
                for lasting in [false, true] {
                    // All of them in the long form, otherwise one at each operation.
                    let turn = (operation as usize % 3, operation % 2 == 0);
                    if long || turn == (number, lasting) {
                        let (struck, is_error) = strike(&prepared, operation, fault, lasting).await;
                        points += usize::from(struck);
                        failed += usize::from(is_error);
                    }
                }
            }
        }
    }
    println!("{points} points, {failed} of them errors, the others harmed nothing");
    assert!(points > 40 && failed > 20, "{points}, {failed}");
}

/// A real disk that is too small, in steps of 4 KiB: in the long form, and where there is the right to mount one.
#[test]
fn a_disk_that_fills_up_keeps_a_table_that_can_be_read() {
    if std::env::var_os("DATAPRODUCT_LONG").is_none() {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let mount = |size: usize| {
        let options = format!("size={size}k");
        let mut command = std::process::Command::new("mount");
        command
            .args(["-t", "tmpfs", "-o", &options, "tmpfs"])
            .arg(directory.path());
        command
            .stderr(std::process::Stdio::null())
            .status()
            .is_ok_and(|status| status.success())
    };
    let unmount = || {
        std::process::Command::new("umount")
            .arg(directory.path())
            .status()
            .unwrap()
    };
    let mut full = 0;
    for size in (16..400).step_by(4) {
        if !mount(size) {
            println!("no right to mount a disk: not tried");
            return;
        }
        // Threads that panic would be seen by their panics at the end of the runtime.
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let outcome = runtime.block_on(fill(on_disk(&directory)));
        drop(runtime);
        unmount();
        match outcome {
            Ok(published) => assert!(published > 0, "{size} KiB"),
            Err(error) => {
                assert_eq!(
                    error.disk_problem(),
                    Some(DiskProblem::Full),
                    "{size} KiB: {error:?}"
                );
                full += 1;
            }
        }
    }
    println!("{full} disks were full at once");
}

/// Publishes until the disk is full; gives how often that was possible.
async fn fill(location: Location) -> Result<usize, Error> {
    let spec = dataproduct_table::TableSpec::from_contract(&contract(false));
    let table = Table::create(&location, &spec).await?;
    for number in 0.. {
        let sku = format!("s{number:03}");
        let row = rows(&[(&sku, "L1", None)]);
        if let Err(error) = publish(&table, WriteOptions::new(), &row).await {
            assert_eq!(error.disk_problem(), Some(DiskProblem::Full), "{error:?}");
            let fresh = Table::open(&location).await.unwrap();
            assert_eq!(read_sorted(&fresh).await.len(), number);
            assert!(Table::verify(&location, |_| {}).await.unwrap().is_sound());
            return match number {
                0 => Err(error),
                _ => Ok(number),
            };
        }
    }
    Ok(0)
}
