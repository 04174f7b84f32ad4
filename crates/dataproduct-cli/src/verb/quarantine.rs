//! `quarantine`: rows that publishes kept apart.

use arrow_array::RecordBatch;
use dataproduct::{BatchPublisher, Contract, Error, Mesh, Progress, QuarantineRun, Receipt};
use futures::TryStreamExt as _;

use super::{publish, read, rows::Rows, wait};
use crate::args::{Quarantine, QuarantineVerb};
use crate::command::{EXIT_FINDINGS, Failure, complain, print};
use crate::progress::Line;
use crate::report::Report;
use crate::source::Source;

pub(crate) fn run(quarantine: &Quarantine) -> Result<u8, Failure> {
    let mesh = Mesh::open(&quarantine.mesh).map_err(super::test::unusable)?;
    let contract = match &quarantine.contract {
        None => None,
        Some(file) => {
            let mut report = Report::new("quarantine");
            let Some((contract, _)) = read::contract(&Source::of(file), &mut report)? else {
                complain(&report.plain());
                return Ok(EXIT_FINDINGS);
            };
            Some(contract)
        }
    };
    let done = wait(async {
        let publisher = publisher(&mesh, &quarantine.product, contract).await?;
        Ok(carry_out(&publisher, &quarantine.verb).await)
    });
    match done {
        Ok(done) => done,
        Err(error) => told(error),
    }
}

fn told(error: Error) -> Result<u8, Failure> {
    match publish::is_finding(&error) {
        true => {
            complain(&error.to_string());
            Ok(EXIT_FINDINGS)
        }
        false => Err(Failure::Argument(error.to_string())),
    }
}

/// A publisher under the contract given, or under the one that is published.
async fn publisher(
    mesh: &Mesh,
    product: &str,
    contract: Option<Contract>,
) -> Result<BatchPublisher, Error> {
    let contract = match contract {
        Some(contract) => contract,
        None => mesh.product(product).await?.contract().clone(),
    };
    mesh.publisher_for(&contract)
}

async fn carry_out(publisher: &BatchPublisher, verb: &QuarantineVerb) -> Result<u8, Failure> {
    match verb {
        QuarantineVerb::List => match publisher.quarantine().await {
            Ok(runs) => print(listed(&runs).as_bytes()),
            Err(error) => told(error),
        },
        QuarantineVerb::Inspect { run, format, limit } => {
            let stream = match publisher.inspect(run).await {
                Ok(stream) => stream,
                Err(error) => return told(error),
            };
            let (mut writer, mut stream) = (Rows::new(*format, *limit), Box::pin(stream));
            loop {
                match stream.try_next().await {
                    Ok(Some(batch)) if writer.write(&batch) => {}
                    Ok(_) => return writer.finish(),
                    Err(error) => return told(error),
                }
            }
        }
        QuarantineVerb::Replay { run } => match replayed(publisher, run).await {
            Ok(receipt) => print(publish::told(&receipt).as_bytes()),
            Err(error) => told(error),
        },
        QuarantineVerb::Expire { before } => match publisher.expire_quarantine(*before).await {
            Ok(runs) => {
                let rows: u64 = runs.iter().map(|run| run.rows).sum();
                print(format!("{rows} rows of {} runs thrown away\n", runs.len()).as_bytes())
            }
            Err(error) => told(error),
        },
    }
}

/// Publishes the rows of a run after all, and shows how far it is.
async fn replayed(publisher: &BatchPublisher, run: &str) -> Result<Receipt, Error> {
    let progress = Progress::new();
    progress.begin_pass();
    let _line = Line::of("replaying", &progress, 1, true);
    let counted = |batch: RecordBatch| {
        progress.add_rows(batch.num_rows());
        Ok(batch)
    };
    publisher.replay(run, counted).await
}

fn listed(runs: &[QuarantineRun]) -> String {
    if runs.is_empty() {
        return "no rows are in quarantine\n".to_owned();
    }
    let mut text = String::new();
    for run in runs {
        text.push_str(&format!(
            "{}  {}  contract {}  {} rows\n",
            run.run,
            run.quarantined_at.to_rfc3339(),
            run.contract_version,
            run.rows
        ));
        for (rule, rows) in &run.rules {
            text.push_str(&format!("    {rule}: {rows}\n"));
        }
    }
    text
}
