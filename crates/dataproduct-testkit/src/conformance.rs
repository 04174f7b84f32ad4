//! What an object store has to keep so that tables on it are safe, as a suite that any store can be put through.
//!
//! ```
//! use std::sync::Arc;
//! use dataproduct_testkit::conformance;
//! use object_store::memory::InMemory;
//!
//! # tokio::runtime::Runtime::new()?.block_on(async {
//! let broken = conformance::check(Arc::new(InMemory::new()), "tried").await;
//! assert_eq!(broken, Vec::<String>::new());
//! # });
//! # Ok::<_, std::io::Error>(())
//! ```

use std::sync::Arc;

use bytes::Bytes;
use futures::TryStreamExt;
use futures::future::join_all;
use object_store::path::Path;
use object_store::{Error, ObjectStore, ObjectStoreExt, PutMode, PutOptions, PutPayload, Result};

/// How many names are raced for.
pub const RACES: usize = 100;

/// How many creates race for each.
pub const RACERS: usize = 16;

type Store = Arc<dyn ObjectStore>;

/// A suite's view of a store: a folder in it.
struct Folder {
    store: Store,
    root: Path,
}

impl Folder {
    fn at(&self, name: &str) -> Path {
        name.split('/')
            .fold(self.root.clone(), |path, part| path.join(part))
    }

    async fn put(&self, name: &str, bytes: &'static str) -> Result<()> {
        self.store
            .put(&self.at(name), bytes.into())
            .await
            .map(|_| ())
    }

    async fn get(&self, name: &str) -> Result<Bytes> {
        self.store.get(&self.at(name)).await?.bytes().await
    }

    async fn create(&self, name: &str, bytes: String) -> Result<bool> {
        let options = PutOptions::from(PutMode::Create);
        let payload = PutPayload::from(bytes);
        match self.store.put_opts(&self.at(name), payload, options).await {
            Ok(_) => Ok(true),
            Err(Error::AlreadyExists { .. } | Error::Precondition { .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }

    async fn list(&self, name: &str, after: Option<&str>) -> Result<Vec<String>> {
        let folder = self.at(name);
        let listed = match after {
            Some(after) => {
                let after = folder.clone().join(after);
                self.store.list_with_offset(Some(&folder), &after)
            }
            None => self.store.list(Some(&folder)),
        };
        let metas: Vec<_> = listed.try_collect().await?;
        let name = |path: &Path| path.filename().unwrap_or_default().to_owned();
        let mut names: Vec<_> = metas.iter().map(|meta| name(&meta.location)).collect();
        names.sort();
        Ok(names)
    }
}

/// Puts a store through the suite, in a folder that should be empty; gives what it does not keep, in words. Nothing is
/// removed. On a runtime of several threads races are harder.
pub async fn check(store: Store, folder: &str) -> Vec<String> {
    let folder = Arc::new(Folder {
        store,
        root: Path::from(folder),
    });
    let mut broken = Vec::new();
    let mut note = |what: &str, kept: Result<Option<String>>| match kept {
        Ok(None) => {}
        Ok(Some(how)) => broken.push(format!("{what}: {how}")),
        Err(error) => broken.push(format!("{what}: it failed: {error}")),
    };
    note("reading what was written", reading(&folder).await);
    note("reading parts", ranges(&folder).await);
    note("what is not there", absent(&folder).await);
    note("creating", creating(&folder).await);
    note("creates that race", racing(&folder).await);
    note("listing", listing(&folder).await);
    note("writing in parts", parts(&folder).await);
    note("copying", copying(&folder).await);
    note("deleting", deleting(&folder).await);
    broken
}

fn unless(kept: bool, how: impl FnOnce() -> String) -> Result<Option<String>> {
    Ok((!kept).then(how))
}

async fn reading(folder: &Folder) -> Result<Option<String>> {
    for text in ["first", "the second, which is longer", "3", ""] {
        folder.put("read/it", text).await?;
        let read = folder.get("read/it").await?;
        if read != text {
            return unless(false, || format!("{read:?} for {text:?}"));
        }
        let head = folder.store.head(&folder.at("read/it")).await?;
        if head.size != text.len() as u64 {
            return unless(false, || format!("a size of {} for {text:?}", head.size));
        }
    }
    Ok(None)
}

async fn ranges(folder: &Folder) -> Result<Option<String>> {
    folder.put("ranges", "0123456789").await?;
    let path = folder.at("ranges");
    let read = folder.store.get_ranges(&path, &[8..10, 0..3, 4..5]).await?;
    unless(read == ["89", "012", "4"], || format!("{read:?}"))
}

async fn absent(folder: &Folder) -> Result<Option<String>> {
    let read = folder.get("absent").await;
    unless(matches!(read, Err(Error::NotFound { .. })), || {
        format!("{read:?}")
    })
}

async fn creating(folder: &Folder) -> Result<Option<String>> {
    let first = folder.create("created", "first".to_owned()).await?;
    let second = folder.create("created", "second".to_owned()).await?;
    let read = folder.get("created").await?;
    unless(first && !second && read == "first", || {
        format!("free name accepted: {first}, taken name accepted: {second}, left: {read:?}")
    })
}

async fn racing(folder: &Arc<Folder>) -> Result<Option<String>> {
    let mut wrong = 0;
    for race in 0..RACES {
        let name: Arc<str> = format!("races/{race:03}").into();
        let racers = (0..RACERS).map(|racer| {
            let (folder, name) = (Arc::clone(folder), Arc::clone(&name));
            tokio::spawn(async move { folder.create(&name, format!("racer {racer}")).await })
        });
        let mut winners = Vec::new();
        for (racer, won) in join_all(racers).await.into_iter().enumerate() {
            if won?? {
                winners.push(format!("racer {racer}"));
            }
        }
        let kept = folder.get(&name).await?;
        let right = matches!(&winners[..], [winner] if kept == winner.as_bytes());
        wrong += usize::from(!right);
    }
    unless(wrong == 0, || {
        format!("{wrong} of {RACES} races did not have one winner")
    })
}

async fn listing(folder: &Folder) -> Result<Option<String>> {
    for number in 0..30 {
        folder
            .create(&format!("list/{number:02}"), "x".to_owned())
            .await?;
        let listed = folder.list("list", None).await?;
        if listed.len() != number + 1 {
            return unless(false, || {
                format!("{} of {} at once", listed.len(), number + 1)
            });
        }
    }
    let behind = folder.list("list", Some("26")).await?;
    if behind != ["27", "28", "29"] {
        return unless(false, || format!("behind an offset {behind:?}"));
    }
    folder.put("list/below/deep", "x").await?;
    let level = folder
        .store
        .list_with_delimiter(Some(&folder.at("list")))
        .await?;
    let below = [folder.at("list/below")];
    unless(
        level.objects.len() == 30 && level.common_prefixes == below,
        || {
            format!(
                "one level has {} objects and {:?}",
                level.objects.len(),
                level.common_prefixes
            )
        },
    )
}

/// Enough for two parts on S3, where all but the last have at least five mebibytes.
const PART_BYTES: usize = 5 * 1024 * 1024;

async fn parts(folder: &Folder) -> Result<Option<String>> {
    let path = folder.at("parts");
    let mut upload = folder.store.put_multipart(&path).await?;
    upload.put_part(vec![1; PART_BYTES].into()).await?;
    upload.put_part(vec![2; 10].into()).await?;
    if folder.store.head(&path).await.is_ok() {
        return unless(false, || "it is there before it is complete".to_owned());
    }
    upload.complete().await?;
    let read = folder.get("parts").await?;
    let whole = [vec![1; PART_BYTES], vec![2; 10]].concat();
    unless(read == whole, || format!("{} bytes were read", read.len()))
}

async fn copying(folder: &Folder) -> Result<Option<String>> {
    folder.put("copy/from", "1").await?;
    folder
        .store
        .copy(&folder.at("copy/from"), &folder.at("copy/to"))
        .await?;
    let copied = folder.get("copy/to").await?;
    if copied != "1" {
        return unless(false, || format!("{copied:?} was copied"));
    }
    folder.put("copy/from", "2").await?;
    let (from, to) = (folder.at("copy/from"), folder.at("copy/to"));
    match folder.store.copy_if_not_exists(&from, &to).await {
        Err(Error::AlreadyExists { .. } | Error::Precondition { .. }) => {}
        // Tables do without it.
        Err(Error::NotSupported { .. } | Error::NotImplemented { .. }) => return Ok(None),
        other => return unless(false, || format!("over a taken name: {other:?}")),
    }
    let kept = folder.get("copy/to").await?;
    unless(kept == "1", || format!("a refused copy left {kept:?}"))
}

async fn deleting(folder: &Folder) -> Result<Option<String>> {
    folder.put("deleted", "x").await?;
    folder.store.delete(&folder.at("deleted")).await?;
    let read = folder.get("deleted").await;
    if !matches!(read, Err(Error::NotFound { .. })) {
        return unless(false, || format!("{read:?}"));
    }
    let free = folder.create("deleted", "y".to_owned()).await?;
    unless(free, || "its name is not free".to_owned())
}
