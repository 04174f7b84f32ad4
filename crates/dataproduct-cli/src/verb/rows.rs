//! `read`: the rows of a published product, with how fresh they are.

use std::io::{IsTerminal as _, Write as _};

use arrow_array::RecordBatch;
use dataproduct::{Freshness, Mesh, Progress, State};
use futures::TryStreamExt as _;

use super::wait;
use crate::args::{ReadRows, RowFormat};
use crate::command::{EXIT_OK, Failure, complain};
use crate::progress::Line;

pub(crate) fn run(read: &ReadRows) -> Result<u8, Failure> {
    let mesh = Mesh::open(&read.mesh).map_err(super::test::unusable)?;
    let mut writer = Rows::new(read.format, read.limit);
    let progress = Progress::new();
    progress.begin_pass();
    let done = wait(async {
        let product = mesh.product(&read.product).await?;
        let source = product.source();
        complain(&format!(
            "{} {} of {}, version {} of the table: {}",
            source.product,
            source.contract_version,
            source.owner,
            source.table_version,
            freshness(product.freshness())
        ));
        let mut rows = product.read();
        if !read.columns.is_empty() {
            rows = rows.select(read.columns.clone());
        }
        let mut rows = Box::pin(rows.batches().await?);
        // Rows on the same screen say themselves how far it is.
        let _line = Line::of("reading", &progress, 1, !std::io::stdout().is_terminal());
        while let Some(batch) = rows.try_next().await? {
            progress.add_rows(batch.num_rows());
            if !writer.write(&batch) {
                break;
            }
        }
        Ok(())
    });
    done.map_err(super::test::unusable)?;
    writer.finish()
}

/// How fresh a product is, in a few words.
fn freshness(freshness: &Freshness) -> String {
    let state = match freshness.state() {
        State::Fresh => "fresh",
        State::Stale => "stale",
        State::Unknown(_) => "freshness unknown",
    };
    match freshness.age() {
        Some(age) => format!("{state}, {} s old", age.as_secs()),
        None => state.to_owned(),
    }
}

/// Rows on their way to standard output.
pub(super) struct Rows {
    format: RowFormat,
    left: Option<usize>,
    header: bool,
    failed: Option<Failure>,
}

impl Rows {
    pub(super) fn new(format: RowFormat, limit: Option<usize>) -> Self {
        Self {
            format,
            left: limit,
            header: true,
            failed: None,
        }
    }

    /// Writes a batch; `false` when no more rows are wanted.
    pub(super) fn write(&mut self, batch: &RecordBatch) -> bool {
        let wanted = self
            .left
            .map_or(batch.num_rows(), |left| left.min(batch.num_rows()));
        let batch = batch.slice(0, wanted);
        self.left = self.left.map(|left| left - wanted);
        let mut bytes = Vec::new();
        let written = match self.format {
            RowFormat::Csv => arrow_csv::WriterBuilder::new()
                .with_header(self.header)
                .build(&mut bytes)
                .write(&batch),
            RowFormat::Jsonl => arrow_json::LineDelimitedWriter::new(&mut bytes).write(&batch),
        };
        self.header = false;
        let written = written
            .map_err(|error| {
                Failure::Argument(format!("{error}; nested columns need `--format jsonl`"))
            })
            .and_then(|()| Ok(std::io::stdout().lock().write_all(&bytes)?));
        match written {
            Ok(()) => self.left != Some(0),
            Err(failure) => {
                self.failed = Some(failure);
                false
            }
        }
    }

    pub(super) fn finish(self) -> Result<u8, Failure> {
        match self.failed {
            Some(failure) => Err(failure),
            None => {
                std::io::stdout().lock().flush()?;
                Ok(EXIT_OK)
            }
        }
    }
}
