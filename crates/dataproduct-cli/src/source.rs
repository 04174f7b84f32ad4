//! What is read: files, folders, patterns and standard input, all within bounds.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crate::command::Failure;

/// The name on the command line that stands for standard input.
pub(crate) const STDIN: &str = "-";

/// The most bytes of a document: one more than is read of a contract, so that too many are noticed.
pub(crate) const MAX_DOCUMENT_BYTES: usize = dataproduct::contract::yaml::DEFAULT_MAX_BYTES + 1;

/// The most files that folders and patterns may stand for.
const MAX_FILES: usize = 100_000;

/// The most folders within each other.
const MAX_DEPTH: usize = 64;

/// How the files end that are contracts or products when a folder is named.
const DOCUMENTS: [&str; 6] = [
    ".odcs.yaml",
    ".odcs.yml",
    ".odcs.json",
    ".odps.yaml",
    ".odps.yml",
    ".odps.json",
];

/// How the files end that are contracts.
const CONTRACTS: [&str; 3] = [".odcs.yaml", ".odcs.yml", ".odcs.json"];

/// Something to read.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Source {
    /// Standard input.
    Stdin,
    /// A file.
    File(PathBuf),
}

impl Source {
    /// The source that an argument names, without patterns.
    pub(crate) fn of(argument: &Path) -> Self {
        if argument.as_os_str() == STDIN {
            Self::Stdin
        } else {
            Self::File(argument.to_owned())
        }
    }

    /// What reports call it.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::Stdin => "<stdin>".to_owned(),
            Self::File(path) => path.to_string_lossy().into_owned(),
        }
    }

    /// Its bytes, at most that many; what is longer is cut off there.
    pub(crate) fn bytes(&self, at_most: usize) -> Result<Vec<u8>, Failure> {
        let mut out = Vec::new();
        let limit = at_most as u64;
        match self {
            Self::Stdin => io::stdin().lock().take(limit).read_to_end(&mut out),
            Self::File(path) => open(path).and_then(|file| file.take(limit).read_to_end(&mut out)),
        }
        .map_err(|error| self.unreadable(&error))?;
        Ok(out)
    }

    pub(crate) fn unreadable(&self, error: &io::Error) -> Failure {
        Failure::Read {
            name: self.name(),
            reason: error.to_string(),
        }
    }
}

/// Opens a file that has an end. A named pipe may never say anything, and a device never stops.
pub(crate) fn open(path: &Path) -> io::Result<fs::File> {
    let metadata = fs::metadata(path)?;
    // What a shell hands over in `<(command)` is open already.
    let is_handed_over = path.starts_with("/dev/fd") || path.starts_with("/proc/self/fd");
    if metadata.is_file() || metadata.is_dir() || is_handed_over {
        fs::File::open(path)
    } else {
        Err(io::Error::other(
            "it is no regular file; pipe its content in and name `-`",
        ))
    }
}

/// The sources that arguments stand for, in order and each once: files, folders (every contract and product
/// document below), patterns such as `schemas/**/*.odcs.yaml`, and `-`.
pub(crate) fn all(arguments: &[PathBuf]) -> Result<Vec<Source>, Failure> {
    let mut out = Vec::new();
    let mut seen = BTreeSet::new();
    let mut push = |source: Source, out: &mut Vec<Source>| -> Result<(), Failure> {
        if out.len() >= MAX_FILES {
            return Err(Failure::TooManyFiles { limit: MAX_FILES });
        }
        if seen.insert(source.clone()) {
            out.push(source);
        }
        Ok(())
    };
    for argument in arguments {
        let text = argument.to_string_lossy();
        if argument.as_os_str() == STDIN {
            push(Source::Stdin, &mut out)?;
        } else if argument.is_dir() {
            let files = below(argument, &DOCUMENTS, Path::is_file)?;
            if files.is_empty() {
                return Err(Failure::NothingFound {
                    name: text.into_owned(),
                });
            }
            for file in files {
                push(Source::File(file), &mut out)?;
            }
        } else if !argument.exists() && text.contains(['*', '?', '[']) {
            for file in matching(&text)? {
                push(Source::File(file), &mut out)?;
            }
        } else {
            push(Source::File(argument.clone()), &mut out)?;
        }
    }
    Ok(out)
}

/// The files that a pattern stands for, where no shell has done it.
fn matching(pattern: &str) -> Result<Vec<PathBuf>, Failure> {
    let paths = glob::glob(pattern).map_err(|error| Failure::Pattern {
        pattern: pattern.to_owned(),
        reason: error.to_string(),
    })?;
    let files: Vec<PathBuf> = paths
        .filter_map(Result::ok)
        .filter(|path| path.is_file())
        .take(MAX_FILES + 1)
        .collect();
    if files.is_empty() {
        return Err(Failure::NothingFound {
            name: pattern.to_owned(),
        });
    }
    Ok(files)
}

/// The contracts below the folder of a record, in the order of their paths; also what is called like one
/// and is no regular file, as nothing in a record may go unnoticed.
pub(crate) fn contracts_below(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    below(folder, &CONTRACTS, |_| true)
}

/// The files below a folder whose names end so, in the order of their paths. Links to folders and folders
/// whose names begin with a dot are left out, as is `target`, where builds are.
fn below(
    folder: &Path,
    endings: &[&str],
    counts: fn(&Path) -> bool,
) -> Result<Vec<PathBuf>, Failure> {
    let mut out = Vec::new();
    let mut folders = vec![(folder.to_owned(), 0)];
    while let Some((folder, depth)) = folders.pop() {
        let unreadable = |error: io::Error| Failure::Read {
            name: folder.to_string_lossy().into_owned(),
            reason: error.to_string(),
        };
        for entry in fs::read_dir(&folder).map_err(unreadable)? {
            let entry = entry.map_err(unreadable)?;
            let kind = entry.file_type().map_err(unreadable)?;
            let name = entry.file_name();
            let name = name.to_string_lossy();
            let path = entry.path();
            if kind.is_dir() {
                if depth < MAX_DEPTH && !name.starts_with('.') && name != "target" {
                    folders.push((path, depth + 1));
                }
            } else if endings.iter().any(|ending| name.ends_with(ending)) && counts(&path) {
                if out.len() >= MAX_FILES {
                    return Err(Failure::TooManyFiles { limit: MAX_FILES });
                }
                out.push(path);
            }
        }
    }
    out.sort();
    Ok(out)
}
