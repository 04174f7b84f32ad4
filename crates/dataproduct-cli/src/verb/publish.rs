//! `publish`: rows of files, through every gate, into the table of their product.

use dataproduct::{
    BatchPublisher, DEFAULT_RESUME_TIME, Error, Mesh, Outcome, Progress, Publish, Receipt,
};

use super::{read, wait};
use crate::args::PublishRows;
use crate::command::{EXIT_FINDINGS, Failure, complain, print};
use crate::progress::Line;
use crate::report::Report;
use crate::source::Source;

pub(crate) fn run(publish: &PublishRows) -> Result<u8, Failure> {
    let mut report = Report::new("publish");
    let Some((contract, _)) = read::contract(&Source::of(&publish.contract), &mut report)? else {
        complain(&report.plain());
        return Ok(EXIT_FINDINGS);
    };
    let mesh = Mesh::open(&publish.mesh).map_err(super::test::unusable)?;
    let publisher = mesh
        .publisher_for(&contract)
        .map_err(super::test::unusable)?;
    if let Some(id) = &publish.resume {
        return resumed(&publisher, id);
    }
    let Some(file) = &publish.file else {
        return Err(Failure::Argument("name a file with rows".to_owned()));
    };
    let mut how = match (publish.replace, publish.upsert) {
        (true, _) => Publish::replace(),
        (_, true) => Publish::upsert(),
        _ => Publish::append(),
    };
    if let Some(as_of) = publish.as_of {
        how = how.with_as_of(as_of);
    }
    if let Some(id) = &publish.publish_id {
        how = how.with_publish_id(id);
    }
    let progress = Progress::new();
    let line = Line::of("publishing", &progress, 1, true);
    let published = wait(publisher.publish_file(file, how.with_progress(&progress)));
    drop(line);
    match published {
        Ok(receipt) => print(told(&receipt).as_bytes()),
        Err(error) if is_finding(&error) => {
            complain(&error.to_string());
            Ok(EXIT_FINDINGS)
        }
        Err(error) => Err(Failure::Argument(error.to_string())),
    }
}

/// What became of an earlier publish.
fn resumed(publisher: &BatchPublisher, id: &str) -> Result<u8, Failure> {
    match wait(publisher.resume(id, DEFAULT_RESUME_TIME)).map_err(super::test::unusable)? {
        Outcome::Committed(receipt) => print(told(&receipt).as_bytes()),
        Outcome::NotCommitted => {
            complain(&format!(
                "publish `{id}` did not happen and will not any more: publish the rows again"
            ));
            Ok(EXIT_FINDINGS)
        }
        Outcome::StillUnknown { source, .. } => Err(Failure::Argument(format!(
            "whether publish `{id}` happened is still not known: {source}; ask again with `--resume {id}`"
        ))),
    }
}

/// What rows or contract are not, as opposed to what a store does not do.
pub(super) fn is_finding(error: &Error) -> bool {
    matches!(
        error,
        Error::Refused { .. }
            | Error::Columns { .. }
            | Error::Input { .. }
            | Error::Evolution { .. }
            | Error::Lifecycle { .. }
            | Error::NotQuarantined { .. }
    )
}

/// What became of a publish.
pub(super) fn told(receipt: &Receipt) -> String {
    let mut text = format!(
        "{} {}: {} rows published in version {} of the table, as of {}\npublish id {}\n",
        receipt.product,
        receipt.contract_version,
        receipt.rows,
        receipt.table_version,
        receipt.as_of.to_rfc3339(),
        receipt.publish_id,
    );
    if receipt.already_published {
        text.push_str("an earlier call had published it already\n");
    }
    if receipt.quarantined > 0 {
        text.push_str(&format!(
            "{} rows are in quarantine: dataproduct quarantine --product {} inspect {}\n",
            receipt.quarantined, receipt.product, receipt.publish_id
        ));
    }
    text
}
