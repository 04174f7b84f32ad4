//! `export`: a contract in another form.

use super::{deliver, read};
use crate::args::Export;
use crate::command::{EXIT_FINDINGS, Failure, complain};
use crate::export;
use crate::report::Report;
use crate::source::Source;

pub(crate) fn run(export: &Export) -> Result<u8, Failure> {
    let mut report = Report::new("export");
    let Some((contract, _)) = read::contract(&Source::of(&export.file), &mut report)? else {
        // Standard output is for the result; what is wrong with the contract goes beside it.
        complain(&report.plain());
        return Ok(EXIT_FINDINGS);
    };
    match export::export(&contract, export.to) {
        Ok(exported) => {
            for note in &exported.notes {
                complain(&format!("note: {note}"));
            }
            deliver(&exported.bytes, &export.target)
        }
        Err(error) => {
            complain(&format!("{}: {error}", Source::of(&export.file).name()));
            Ok(EXIT_FINDINGS)
        }
    }
}
