//! The changes that the store makes to a disk, each in one place: tests record them and cut the power in between.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::FileExt;
use std::path::Path;

#[cfg(test)]
use super::power::{Step, note};

/// Makes a new file; the name must be free.
pub(super) fn create_new(path: &Path) -> io::Result<File> {
    let file = OpenOptions::new()
        .write(true)
        .read(true)
        .create_new(true)
        .open(path)?;
    #[cfg(test)]
    note(|| Step::Create(path.into()));
    Ok(file)
}

/// Writes at the end of what was written.
pub(super) fn write_all(file: &mut File, path: &Path, bytes: &[u8]) -> io::Result<()> {
    #[cfg(test)]
    note(|| Step::Append(path.into(), bytes.into()));
    // Only a recording needs the name.
    let _ = path;
    file.write_all(bytes)
}

pub(super) fn write_all_at(file: &File, path: &Path, bytes: &[u8], at: u64) -> io::Result<()> {
    #[cfg(test)]
    note(|| Step::Write(path.into(), at, bytes.into()));
    let _ = path;
    file.write_all_at(bytes, at)
}

/// Flushes a file, and with `whole` what is known of it beside its bytes.
pub(super) fn sync_file(file: &File, path: &Path, whole: bool) -> io::Result<()> {
    match whole {
        true => file.sync_all()?,
        false => file.sync_data()?,
    }
    #[cfg(test)]
    note(|| Step::SyncFile(path.into()));
    let _ = path;
    Ok(())
}

/// Flushes the names in a directory.
pub(super) fn sync_directory(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()?;
    #[cfg(test)]
    note(|| Step::SyncDirectory(path.into()));
    Ok(())
}

pub(super) fn create_directory(path: &Path) -> io::Result<()> {
    fs::create_dir(path)?;
    #[cfg(test)]
    note(|| Step::MakeDirectory(path.into()));
    Ok(())
}

/// Gives a file a second name, which must be free.
pub(super) fn link(from: &Path, to: &Path) -> io::Result<()> {
    fs::hard_link(from, to)?;
    #[cfg(test)]
    note(|| Step::Link(from.into(), to.into()));
    Ok(())
}

/// Gives a file another name, in place of what has it.
pub(super) fn rename(from: &Path, to: &Path) -> io::Result<()> {
    fs::rename(from, to)?;
    #[cfg(test)]
    note(|| Step::Rename(from.into(), to.into()));
    Ok(())
}

pub(super) fn remove(path: &Path) -> io::Result<()> {
    fs::remove_file(path)?;
    #[cfg(test)]
    note(|| Step::Remove(path.into()));
    Ok(())
}
