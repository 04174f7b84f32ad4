//! `diff`: two versions of a contract.

use std::path::Path;

use dataproduct::record::Schemas;

use super::compared::{self, Judge, Place, Verdict};
use super::{check, read};
use crate::args::{Diff, Format};
use crate::command::{EXIT_FINDINGS, EXIT_OK, Failure, Look, print};
use crate::report::Report;
use crate::source::Source;

pub(crate) fn run(diff: &Diff, look: Look) -> Result<u8, Failure> {
    let (old, new) = (Source::of(&diff.old), Source::of(&diff.new));
    if old == Source::Stdin && new == Source::Stdin {
        return Err(Failure::Argument(
            "standard input can be one of the two contracts, not both".to_owned(),
        ));
    }
    let mut judge = Judge::new(diff.policy.as_ref())?;
    let mut report = Report::new("diff");
    let usual = Path::new("schemas");
    let folder = match &diff.schemas {
        Some(folder) => Some(folder.as_path()),
        None => usual.is_dir().then_some(usual),
    };
    if let Some(folder) = folder {
        let schemas =
            Schemas::open(folder).map_err(|error| Failure::Argument(error.to_string()))?;
        report.findings = check::consumers(&schemas, &mut judge)?;
    }
    let (Some(old), Some(newer)) = read::contracts([&old, &new], &mut report)? else {
        return report.write(&diff.output, look);
    };
    let (place, newer) = (Place::of(&newer, new.name()), &newer.contract);
    if old.name() != newer.name() && old.id() != newer.id() {
        return Err(Failure::Argument(format!(
            "`{}` and `{}` are two products, not two versions of one",
            old.name(),
            newer.name()
        )));
    }
    let comparison = judge.compare(&old, newer);
    if diff.output.format == Format::Omds {
        print(comparison.to_omds().as_bytes())?;
        let honest = comparison.is_honest_if_proven();
        return Ok(if honest { EXIT_OK } else { EXIT_FINDINGS });
    }
    let verdict = Verdict::of(&comparison);
    compared::note(&comparison, &verdict, &judge, &place, &mut report);
    report.write(&diff.output, look)
}
