//! Trying out whether a store keeps what tables rest on.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use futures::StreamExt;
use futures::future::join_all;
use object_store::{ObjectStore, ObjectStoreExt, PutMode, PutOptions, PutPayload};

use crate::error::{Error, Result};
use crate::location::Location;
use crate::storage::Storage;

/// How many names are raced for.
const RACES: usize = 50;

/// How many creates race for each.
const RACERS: usize = 8;

/// What a store was asked for, and whether it kept it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Trial {
    /// What tables need.
    pub need: &'static str,
    /// What the store did instead; `None` if it kept to it.
    pub failure: Option<String>,
}

/// What was found out about a store.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Diagnosis {
    /// In the order in which they were made.
    pub trials: Vec<Trial>,
}

impl Diagnosis {
    /// Whether the store kept everything that was asked of it. Only then may several writers share a table on it.
    #[must_use]
    pub fn is_safe(&self) -> bool {
        self.trials.iter().all(|trial| trial.failure.is_none())
    }
}

impl fmt::Display for Diagnosis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for trial in &self.trials {
            match &trial.failure {
                None => writeln!(f, "kept: {}", trial.need)?,
                Some(failure) => writeln!(f, "NOT KEPT: {}: {failure}", trial.need)?,
            }
        }
        match self.is_safe() {
            true => writeln!(f, "several writers may share tables here"),
            false => writeln!(
                f,
                "do not let more than one process write to a table here, or use another store"
            ),
        }
    }
}

impl Location {
    /// Tries out whether the store keeps what tables rest on, above all that of creates that race for one name one wins.
    ///
    /// It works in a folder `_doctor` of the location, which is removed again. A store that failed once is unsafe; one that
    /// never failed is only not known to be: 50 races of 8 writers find a store that looks before it writes almost
    /// surely, and one that errs once in a thousand times hardly ever.
    ///
    /// # Errors
    ///
    /// `Store` if the store cannot be written to or does not answer. What it does wrong is in the diagnosis.
    ///
    /// # Example
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # tokio::runtime::Runtime::new()?.block_on(async {
    /// let location = dataproduct_table::Location::parse("memory://doctor")?;
    /// assert!(location.doctor().await?.is_safe());
    /// # Ok::<_, dataproduct_table::Error>(())
    /// # })?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn doctor(&self) -> Result<Diagnosis> {
        let storage = self
            .join(&format!("_doctor/{}", uuid::Uuid::now_v7()))?
            .open()?;
        let examined = examine(&storage).await;
        let swept = sweep(&storage).await;
        let diagnosis = examined?;
        swept?;
        Ok(diagnosis)
    }
}

async fn examine(storage: &Storage) -> Result<Diagnosis> {
    let mut diagnosis = Diagnosis::default();
    let mut note = |need, failure| diagnosis.trials.push(Trial { need, failure });
    note("what was written is read", written_is_read(storage).await?);
    note(
        "a create of a name that is taken is refused",
        taken_is_refused(storage).await?,
    );
    note(
        "of creates that race for one name one wins",
        races(storage).await?,
    );
    note(
        "what was created is listed at once",
        created_is_listed(storage).await?,
    );
    note("what was deleted is gone", deleted_is_gone(storage).await?);
    Ok(diagnosis)
}

async fn written_is_read(storage: &Storage) -> Result<Option<String>> {
    let bytes = Bytes::from_static(b"0123456789");
    for written in [&bytes, &bytes.slice(3..)] {
        storage.put("written", written.clone()).await?;
        let read = storage.read("written").await?;
        if read.as_ref() != Some(written) {
            return Ok(Some(format!("{read:?} was read for {written:?}")));
        }
    }
    let path = storage.path("written")?;
    let part = storage.read_ranges(&path, &[2..4, 0..1]).await?;
    let right = part == [bytes.slice(5..7), bytes.slice(3..4)];
    Ok((!right).then(|| format!("ranges of it were read as {part:?}")))
}

/// As the store says it, without what the table makes of it.
async fn create(storage: &Storage, name: &str, bytes: String) -> Result<bool> {
    let path = storage.path(name)?;
    let options = PutOptions::from(PutMode::Create);
    match storage
        .store()
        .put_opts(&path, PutPayload::from(bytes), options)
        .await
    {
        Ok(_) => Ok(true),
        Err(
            object_store::Error::AlreadyExists { .. } | object_store::Error::Precondition { .. },
        ) => Ok(false),
        Err(error) => Err(Error::store("write", &path, error)),
    }
}

async fn taken_is_refused(storage: &Storage) -> Result<Option<String>> {
    if !create(storage, "taken", "first".to_owned()).await? {
        return Ok(Some("a create of a free name was refused".to_owned()));
    }
    if create(storage, "taken", "second".to_owned()).await? {
        return Ok(Some("it was accepted".to_owned()));
    }
    let kept = storage.read("taken").await?;
    let right = kept.as_deref() == Some(b"first");
    Ok((!right).then(|| format!("it was refused and left {kept:?}")))
}

async fn races(storage: &Storage) -> Result<Option<String>> {
    let (mut several, mut nobody, mut others) = (0, 0, 0);
    for race in 0..RACES {
        let name: Arc<str> = format!("races/{race}").into();
        let racers = (0..RACERS).map(|racer| {
            let (storage, name) = (storage.clone(), Arc::clone(&name));
            tokio::spawn(async move { create(&storage, &name, format!("racer {racer}")).await })
        });
        let mut winners = Vec::new();
        for (racer, won) in join_all(racers).await.into_iter().enumerate() {
            let stopped = |_| Error::Interrupted {
                operation: "racing",
            };
            if won.map_err(stopped)?? {
                winners.push(racer);
            }
        }
        let kept = storage.read(&name).await?;
        match &winners[..] {
            [] => nobody += 1,
            [winner] => {
                others +=
                    usize::from(kept.as_deref() != Some(format!("racer {winner}").as_bytes()));
            }
            _ => several += 1,
        }
    }
    Ok(match (several, nobody, others) {
        (0, 0, 0) => None,
        (0, 0, others) => Some(format!(
            "in {others} of {RACES} races the bytes are not the winner's"
        )),
        (0, nobody, _) => Some(format!("in {nobody} of {RACES} races nobody won")),
        (several, ..) => Some(format!(
            "{several} of {RACES} races had several winners: the store looks first and then writes"
        )),
    })
}

async fn created_is_listed(storage: &Storage) -> Result<Option<String>> {
    for number in 0..10 {
        let name = format!("listed/{number:02}");
        create(storage, &name, String::new()).await?;
        let listed = storage.list("listed", None).await?;
        if listed.len() != number + 1 {
            return Ok(Some(format!(
                "{} of {} objects were listed",
                listed.len(),
                number + 1
            )));
        }
    }
    let behind = storage.list("listed", Some("06")).await?;
    let right = behind == ["07", "08", "09"];
    Ok((!right).then(|| format!("behind `06` these were listed: {behind:?}")))
}

async fn deleted_is_gone(storage: &Storage) -> Result<Option<String>> {
    let path = storage.path("taken")?;
    let deleted = storage.store().delete(&path).await;
    deleted.map_err(|error| Error::store("delete", &path, error))?;
    if storage.read("taken").await?.is_some() {
        return Ok(Some("it was still read".to_owned()));
    }
    let free = create(storage, "taken", "third".to_owned()).await?;
    Ok((!free).then(|| "its name is not free".to_owned()))
}

/// Removes what the trials have left.
async fn sweep(storage: &Storage) -> Result<()> {
    let root = storage.root();
    let failed = |error| Error::store("delete", root, error);
    let listed: Vec<_> = storage.store().list(Some(root)).collect::<Vec<_>>().await;
    for meta in listed {
        let path = meta.map_err(failed)?.location;
        match storage.store().delete(&path).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => {}
            Err(error) => return Err(failed(error)),
        }
    }
    Ok(())
}
