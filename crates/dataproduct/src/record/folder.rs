//! The folder of recorded contracts.

use std::fs;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};

use chrono::NaiveDate;
use dataproduct_compat::Policy;
use dataproduct_contract::odps::Product;
use dataproduct_contract::{Consumption, Contract, ProductName, Version, row, yaml};

use super::judge::{self, Judgement, Standing};
use crate::{Error, Result};

/// The ending of a recorded contract.
const CONTRACT: &str = ".odcs.yaml";
/// Where consumers are registered.
const CONSUMERS: &str = "_consumers";
/// The most files that are listed of one folder.
const MAX_FILES: usize = 100_000;

/// A folder of recorded contracts and registered consumers; see the [module](super).
///
/// Nothing is kept in memory: every call reads what it needs.
#[derive(Clone, Debug)]
pub struct Schemas {
    folder: PathBuf,
    policy: Policy,
}

fn error(path: &Path, reason: impl ToString) -> Error {
    Error::Record {
        path: path.display().to_string(),
        reason: reason.to_string(),
    }
}

impl Schemas {
    /// The record in a folder, under the policy that a `mesh.toml` beside the folder states.
    ///
    /// # Errors
    /// [`Error::Record`] when the folder is not there or the policy cannot be read.
    pub fn open(folder: impl Into<PathBuf>) -> Result<Self> {
        let folder = folder.into();
        if !folder.is_dir() {
            return Err(error(
                &folder,
                "there is no such folder; make it: contracts are recorded in it",
            ));
        }
        let mesh = folder.join("../mesh.toml");
        let policy = if mesh.is_file() {
            Policy::from_toml(&read(&mesh)?).map_err(|e| error(&mesh, e))?
        } else {
            Policy::default()
        };
        Ok(Self { folder, policy })
    }

    /// The record that is nearest above a folder: `schemas` in it or in one that holds it.
    ///
    /// # Errors
    /// [`Error::Record`] when there is none, and as [`open`](Self::open).
    pub fn above(start: impl AsRef<Path>) -> Result<Self> {
        let start = start.as_ref();
        let found = start
            .ancestors()
            .map(|folder| folder.join("schemas"))
            .find(|folder| folder.is_dir());
        match found {
            Some(folder) => Self::open(folder),
            None => Err(error(
                start,
                "neither it nor a folder above it has a folder `schemas`; make one where contracts are to be recorded, such as beside the workspace's Cargo.toml",
            )),
        }
    }

    /// Sets what the team has decided for itself, in place of what `mesh.toml` says.
    #[must_use]
    pub fn with_policy(mut self, policy: Policy) -> Self {
        self.policy = policy;
        self
    }

    /// The folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The policy that changes are judged by.
    #[must_use]
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    fn of(&self, product: &ProductName) -> PathBuf {
        self.folder
            .join(product.domain().as_str())
            .join(product.product().as_str())
    }

    /// Where a version of a contract is recorded, whether or not it is.
    #[must_use]
    pub fn path(&self, product: &ProductName, version: &Version) -> PathBuf {
        self.of(product).join(format!("{version}{CONTRACT}"))
    }

    /// The recorded versions of a product, in order; none for one that is not recorded.
    ///
    /// # Errors
    /// [`Error::Record`] when the folder cannot be read or a file in it has no version for a name.
    pub fn versions(&self, product: &ProductName) -> Result<Vec<Version>> {
        let folder = self.of(product);
        let mut versions = Vec::new();
        for name in list(&folder)? {
            if let Some(version) = name.strip_suffix(CONTRACT) {
                let version = version
                    .parse()
                    .map_err(|e| error(&folder.join(&name), format!("{e}; rename or remove it")))?;
                versions.push(version);
            }
        }
        versions.sort();
        Ok(versions)
    }

    /// A recorded contract.
    ///
    /// # Errors
    /// [`Error::Record`] when it is not recorded, cannot be read, is no valid contract, or is that of
    /// another product or version than its path says.
    pub fn contract(&self, product: &ProductName, version: &Version) -> Result<Contract> {
        let path = self.path(product, version);
        let contract = Contract::from_yaml(&read(&path)?)
            .map_err(|problems| error(&path, format!("it is no valid contract:\n{problems}")))?;
        if contract.name() == product && contract.version() == version {
            Ok(contract)
        } else {
            Err(error(
                &path,
                format!(
                    "it is the contract of `{}` {}; put back what was recorded here",
                    contract.name(),
                    contract.version()
                ),
            ))
        }
    }

    /// How a contract stands to what is recorded of its product; `today` tells which versions are still
    /// alive and which waivers count.
    ///
    /// Which versions it is held against is said by [`bases`](super::bases): every one of its major that is alive
    /// among them.
    ///
    /// # Errors
    /// [`Error::Record`] when the record cannot be read.
    pub fn judge(&self, contract: &Contract, today: NaiveDate) -> Result<Judgement> {
        judge::judge(self, contract, today)
    }

    /// Records a contract that is new and honest, with the documents that follow from it. Gives back the
    /// files that were written: none when all is as it was.
    ///
    /// # Errors
    /// [`Error::NotRecorded`] when the version is recorded with other content or is not honest,
    /// [`Error::Record`] when the record cannot be read or written.
    pub fn record(&self, contract: &Contract, today: NaiveDate) -> Result<Vec<PathBuf>> {
        let judgement = self.judge(contract, today)?;
        if !matches!(
            judgement.standing(),
            Standing::Recorded | Standing::First | Standing::Follows
        ) {
            return Err(Error::NotRecorded(Box::new(judgement)));
        }
        let mut written = Vec::new();
        if judgement.standing() != Standing::Recorded {
            let path = self.path(contract.name(), contract.version());
            create(&path, contract.to_yaml())?;
            written.push(path);
        }
        for (path, text) in self.outdated(contract)? {
            replace(&path, &text)?;
            written.push(path);
        }
        Ok(written)
    }

    /// The documents that follow from a contract and are missing in the record or not as they should be.
    ///
    /// # Errors
    /// [`Error::Record`] when a document cannot be made.
    pub fn stale(&self, contract: &Contract) -> Result<Vec<PathBuf>> {
        let outdated = self.outdated(contract)?;
        Ok(outdated.into_iter().map(|(path, _)| path).collect())
    }

    /// The documents that follow from a contract and are not in the record as they should be, with what
    /// they should say.
    ///
    /// The JSON Schema is called after the product, so that a type and a document record the same.
    fn outdated(&self, contract: &Contract) -> Result<Vec<(PathBuf, String)>> {
        let folder = self.of(contract.name());
        let path = |ending: &str| folder.join(format!("{}.{ending}", contract.version()));
        let json = |value: serde_json::Result<String>| {
            value.map(|text| text + "\n").map_err(|e| error(&folder, e))
        };
        let description = contract.description().unwrap_or_default();
        let product = Product::around(std::slice::from_ref(contract))
            .and_then(|product| product.to_yaml())
            .map_err(|problems| error(&folder, problems))?;
        let schema = row::json_schema(
            &contract.name().to_string(),
            description,
            contract.columns(),
        );
        let files = [
            (path("odps.yaml"), product),
            (
                path("schema.json"),
                json(serde_json::to_string_pretty(&schema))?,
            ),
            (
                path("arrow.json"),
                json(serde_json::to_string_pretty(
                    contract.arrow_schema().as_ref(),
                ))?,
            ),
        ];
        // Documents that follow may be longer than a contract may be, but not than they should be.
        let is_stale = |(path, text): &(PathBuf, String)| {
            read_within(path, text.len()).ok().as_ref() != Some(text)
        };
        Ok(files.into_iter().filter(is_stale).collect())
    }

    /// The registered consumers of all products, in the order of their files.
    ///
    /// # Errors
    /// [`Error::Record`] when the folder or a file in it cannot be read, is no consumption, or is named
    /// for another one.
    pub fn consumptions(&self) -> Result<Vec<Consumption>> {
        self.registrations()?.into_iter().collect()
    }

    /// The files of registered consumers in their order, each with its consumption or what is wrong with
    /// it, so that one bad file does not hide the others.
    ///
    /// # Errors
    /// [`Error::Record`] when the folder cannot be read.
    pub fn registrations(&self) -> Result<Vec<Result<Consumption>>> {
        let folder = self.folder.join(CONSUMERS);
        let mut names = list(&folder)?;
        names.retain(|name| name.ends_with(".yaml"));
        names.sort();
        let registered = |name: String| {
            let path = folder.join(&name);
            let consumption = Consumption::from_yaml(&read(&path)?)
                .map_err(|problems| error(&path, format!("it is no consumption:\n{problems}")))?;
            if consumption.file_name() == name {
                Ok(consumption)
            } else {
                let own = consumption.file_name();
                Err(error(&path, format!("call it `{own}`")))
            }
        };
        Ok(names.into_iter().map(registered).collect())
    }

    /// Where a consumption is registered, and whether the file says the same.
    pub(super) fn registration(&self, consumption: &Consumption) -> (PathBuf, bool) {
        let path = self.folder.join(CONSUMERS).join(consumption.file_name());
        let same = read(&path)
            .ok()
            .and_then(|text| Consumption::from_yaml(&text).ok())
            .is_some_and(|registered| registered == *consumption);
        (path, same)
    }

    /// Registers what a consumer uses, in place of what it was registered with before. Gives back the file.
    ///
    /// # Errors
    /// [`Error::Contract`] when owner or purpose are missing or a column is named twice, [`Error::Record`]
    /// when the file cannot be written.
    pub fn register(&self, consumption: &Consumption) -> Result<PathBuf> {
        let text = consumption.to_yaml().map_err(Error::Contract)?;
        let (path, _) = self.registration(consumption);
        make_folder_of(&path)?;
        replace(&path, &text)?;
        Ok(path)
    }
}

/// The text of a file of the record, within the budget of documents.
fn read(path: &Path) -> Result<String> {
    read_within(path, yaml::DEFAULT_MAX_BYTES)
}

/// The text of a regular file of at most that many bytes.
///
/// A device has no end and a pipe may never say anything: neither is opened.
fn read_within(path: &Path, limit: usize) -> Result<String> {
    let metadata = fs::metadata(path).map_err(|e| error(path, e))?;
    if !metadata.is_file() {
        return Err(error(path, "it is no regular file; remove it"));
    }
    let mut text = String::new();
    let file = fs::File::open(path).map_err(|e| error(path, e))?;
    // A file may grow while it is read.
    file.take(limit as u64 + 1)
        .read_to_string(&mut text)
        .map_err(|e| error(path, e))?;
    if text.len() > limit {
        let size = metadata.len().max(text.len() as u64);
        let reason = format!("it has {size} bytes, more than {limit}");
        return Err(error(path, reason));
    }
    Ok(text)
}

/// Writes a file in place of the regular one that may be there.
fn replace(path: &Path, text: &str) -> Result<()> {
    if fs::metadata(path).is_ok_and(|metadata| !metadata.is_file()) {
        return Err(error(path, "it is no regular file; remove it"));
    }
    fs::write(path, text).map_err(|e| error(path, e))
}

/// The names of the files in a folder, none for a folder that is not there.
fn list(folder: &Path) -> Result<Vec<String>> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(e) => return Err(error(folder, e)),
    };
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry.map_err(|e| error(folder, e))?;
        // A name that is not text is the name of no file of ours.
        names.extend(entry.file_name().into_string());
        if names.len() > MAX_FILES {
            return Err(error(folder, format!("it has more than {MAX_FILES} files")));
        }
    }
    Ok(names)
}

fn make_folder_of(path: &Path) -> Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder).map_err(|e| error(folder, e))
}

/// Writes a file that must not be there yet.
fn create(path: &Path, text: &str) -> Result<()> {
    make_folder_of(path)?;
    let mut file = fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(path)
        .map_err(|e| error(path, e))?;
    let written = file
        .write_all(text.as_bytes())
        .and_then(|()| file.sync_all());
    written.map_err(|e| {
        // Half a contract would be taken for the recorded one.
        let _ = fs::remove_file(path);
        error(path, e)
    })
}
