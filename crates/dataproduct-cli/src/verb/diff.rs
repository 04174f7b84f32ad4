//! `diff`: two versions of a contract.

use super::compared::{self, Judge, Verdict};
use super::read;
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
    let judge = Judge::new(diff.policy.as_ref())?;
    let mut report = Report::new("diff");
    let old = read::contract(&old, &mut report)?;
    let newer = read::contract(&new, &mut report)?;
    let (Some((old, _)), Some((newer, text))) = (old, newer) else {
        return report.write(&diff.output, look);
    };
    if old.name() != newer.name() && old.id() != newer.id() {
        return Err(Failure::Argument(format!(
            "`{}` and `{}` are two products, not two versions of one",
            old.name(),
            newer.name()
        )));
    }
    let comparison = judge.compare(&old, &newer);
    if diff.output.format == Format::Omds {
        print(comparison.to_omds().as_bytes())?;
        let honest = comparison.is_honest_if_proven();
        return Ok(if honest { EXIT_OK } else { EXIT_FINDINGS });
    }
    let verdict = Verdict::of(&comparison);
    let read = (new.name(), text);
    compared::note(
        &comparison,
        &verdict,
        &judge,
        (&read.0, &read.1),
        &mut report,
    );
    report.write(&diff.output, look)
}
