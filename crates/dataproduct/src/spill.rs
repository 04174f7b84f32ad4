//! Keys of a run that do not fit into memory: a file of their own in the folder for temporary files.

use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::PathBuf;

use dataproduct_quality::unique::Spill;

/// A file that is made when it is first needed and gone with its run, also when that is cut short.
#[derive(Debug, Default)]
pub(crate) struct SpillFile {
    open: Option<Open>,
    /// Where the pieces of each part are: from where on, and how many bytes.
    pieces: HashMap<usize, Vec<(u64, usize)>>,
    length: u64,
}

#[derive(Debug)]
struct Open {
    file: File,
    /// Where the file is, on systems that do not let go of the name of an open file.
    named: Option<PathBuf>,
}

impl Open {
    fn new() -> io::Result<Self> {
        let path = std::env::temp_dir().join(format!("dataproduct-{}.keys", uuid::Uuid::now_v7()));
        let mut options = OpenOptions::new();
        options.read(true).write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(&path).map_err(|error| {
            let path = path.display();
            io::Error::new(error.kind(), format!("`{path}` cannot be made: {error}"))
        })?;
        // A file without a name is gone with the process, whatever ends it.
        let named = std::fs::remove_file(&path).is_err().then_some(path);
        Ok(Self { file, named })
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        if let Some(path) = &self.named {
            // Nobody is left to be told: whoever clears the folder for temporary files finds it.
            let _left = std::fs::remove_file(path);
        }
    }
}

impl Spill for SpillFile {
    fn append(&mut self, part: usize, bytes: &[u8]) -> io::Result<()> {
        let open = match &mut self.open {
            Some(open) => open,
            open => open.insert(Open::new()?),
        };
        open.file.seek(SeekFrom::Start(self.length))?;
        open.file.write_all(bytes)?;
        let piece = (self.length, bytes.len());
        self.pieces.entry(part).or_default().push(piece);
        self.length += bytes.len() as u64;
        Ok(())
    }

    fn read(&mut self, part: usize) -> io::Result<Vec<u8>> {
        let (Some(open), Some(pieces)) = (&mut self.open, self.pieces.get(&part)) else {
            return Ok(Vec::new());
        };
        let mut bytes = vec![0; pieces.iter().map(|(_, length)| length).sum()];
        let mut rest = &mut bytes[..];
        for (from, length) in pieces {
            let (piece, others) = rest.split_at_mut(*length);
            open.file.seek(SeekFrom::Start(*from))?;
            open.file.read_exact(piece)?;
            rest = others;
        }
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroUsize;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use arrow_array::{ArrayRef, RecordBatch, StringArray};
    use dataproduct_contract::{Column, Contract, DataType};
    use dataproduct_quality::{GateContext, check_rows};

    use super::*;

    #[test]
    fn each_part_gives_back_what_was_added_to_it_in_order() {
        let mut spill = SpillFile::default();
        assert_eq!(spill.read(3).unwrap(), b"", "nothing was added");
        for (part, bytes) in [(3, "ab"), (0, "c"), (3, ""), (3, "def"), (0, "g")] {
            spill.append(part, bytes.as_bytes()).unwrap();
        }
        assert_eq!(spill.read(3).unwrap(), b"abdef");
        assert_eq!(spill.read(0).unwrap(), b"cg");
        assert_eq!(spill.read(3).unwrap(), b"abdef", "again");
        spill.append(0, b"h").unwrap();
        assert_eq!(spill.read(0).unwrap(), b"cgh", "after a read");
        assert_eq!(spill.read(1).unwrap(), b"");
    }

    #[cfg(unix)]
    #[test]
    fn the_file_has_no_name_once_it_is_open() {
        let mut spill = SpillFile::default();
        spill.append(0, b"a").unwrap();
        assert_eq!(spill.open.as_ref().unwrap().named, None);
    }

    /// Counts the bytes that go to a file.
    #[derive(Debug)]
    struct Counted(SpillFile, Arc<AtomicUsize>);

    impl Spill for Counted {
        fn append(&mut self, part: usize, bytes: &[u8]) -> io::Result<()> {
            self.1.fetch_add(bytes.len(), Ordering::Relaxed);
            self.0.append(part, bytes)
        }

        fn read(&mut self, part: usize) -> io::Result<Vec<u8>> {
            self.0.read(part)
        }
    }

    /// Keys beyond the budget, of which one comes twice: what is spilled is found again.
    #[test]
    fn a_key_that_was_spilled_is_found_to_come_twice() {
        let contract = Contract::builder("a.b", "1.0.0")
            .with_owner("c")
            .with_column(Column::new("key", DataType::String).with_key(1))
            .build()
            .unwrap();
        let rows = 1_200_000;
        let batches = (0..rows).step_by(100_000).map(|first| {
            // The last key is that of row 5.
            let number = |row| if row == rows - 1 { 5 } else { row };
            let keys = (first..first + 100_000).map(|row| number(row).to_string());
            let keys: ArrayRef = Arc::new(StringArray::from_iter_values(keys));
            RecordBatch::try_from_iter([("key", keys)])
        });
        let batches: Vec<_> = batches.collect::<Result<_, _>>().unwrap();
        let spilled = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&spilled);
        let context = GateContext::default()
            .with_unique_budget_bytes(0)
            .with_spill(move || {
                let count = Arc::clone(&count);
                Box::new(Counted(SpillFile::default(), count))
            });
        let open = || Ok::<_, std::convert::Infallible>(batches.iter().cloned().map(Ok));
        let report = check_rows(&contract, context, NonZeroUsize::MIN, open).unwrap();
        let unique = report
            .results()
            .iter()
            .find(|result| result.failed_rows > 0);
        let unique = unique.expect("a key comes twice");
        assert_eq!((unique.failed_rows, unique.first_row), (1, Some(rows - 1)));
        assert!(spilled.load(Ordering::Relaxed) > 1 << 20);
    }
}
