//! `maintain`: looking after the tables of a product.

use std::time::Duration;

use dataproduct::{
    Compaction, Erasure, ErasureReceipt, Error, Garbage, LogCleanup, Maintenance, Mesh, Restore,
    TableCopy, Traces, Vacuum,
};
use serde_json::{Value, json};

use super::{publish, wait};
use crate::args::{Maintain, MaintainFormat, MaintainVerb};
use crate::command::{EXIT_FINDINGS, EXIT_OK, Failure, complain, print};
use crate::progress::Line;

const DAY: Duration = Duration::from_secs(24 * 3600);
const HOUR: Duration = Duration::from_secs(3600);

/// What was done with one table.
struct Done {
    /// Where it is.
    table: String,
    /// For people, a line each.
    lines: Vec<String>,
    /// For programs.
    report: Value,
    /// Whether something is left that should not be.
    is_finding: bool,
}

pub(crate) fn run(maintain: &Maintain) -> Result<u8, Failure> {
    if maintain.product.is_empty() {
        return Err(Failure::Argument(
            "name the product with `--product`, such as `inventory.stock-levels@^1`".to_owned(),
        ));
    }
    let mesh = Mesh::open(&maintain.mesh).map_err(super::test::unusable)?;
    match wait(carry_out(&mesh, maintain)) {
        Ok(done) => tell(maintain, &done),
        Err(error) if publish::is_finding(&error) => {
            complain(&error.to_string());
            Ok(EXIT_FINDINGS)
        }
        Err(error) => Err(Failure::Argument(error.to_string())),
    }
}

async fn carry_out(mesh: &Mesh, maintain: &Maintain) -> Result<Vec<Done>, Error> {
    let tables = mesh.maintenance(&maintain.product).await?;
    let of_one = matches!(
        maintain.verb,
        MaintainVerb::Restore { .. } | MaintainVerb::Clone { .. }
    );
    if of_one && tables.len() > 1 {
        let versions: Vec<String> = tables.iter().map(|one| one.version().to_string()).collect();
        return Err(Error::Input {
            reason: format!(
                "`{}` has several tables, of versions {}: name one, as `@^1`",
                maintain.product,
                versions.join(", ")
            ),
            source: None,
        });
    }
    let mut all = Vec::with_capacity(tables.len());
    for table in &tables {
        let _line = Line::of_steps(name_of(&maintain.verb), table.steps());
        all.push(one(table, maintain).await?);
    }
    Ok(all)
}

fn name_of(verb: &MaintainVerb) -> &'static str {
    match verb {
        MaintainVerb::Compact => "compact",
        MaintainVerb::Vacuum { .. } => "vacuum",
        MaintainVerb::CleanLog { .. } => "clean-log",
        MaintainVerb::Gc => "gc",
        MaintainVerb::Erase { .. } => "erase",
        MaintainVerb::Restore { .. } => "restore",
        MaintainVerb::Clone { .. } => "clone",
    }
}

async fn one(table: &Maintenance, maintain: &Maintain) -> Result<Done, Error> {
    let dry_run = maintain.dry_run;
    match &maintain.verb {
        MaintainVerb::Compact => {
            let report = table
                .compact(&Compaction::new().with_dry_run(dry_run))
                .await?;
            let mut lines = vec![match dry_run {
                true => format!(
                    "{} files ({} bytes) would be written anew",
                    report.files_removed, report.bytes_removed
                ),
                false => format!(
                    "{} files ({} bytes) written anew as {} ({} bytes), {} left to publishers",
                    report.files_removed,
                    report.bytes_removed,
                    report.files_added,
                    report.bytes_added,
                    report.conflicts
                ),
            }];
            for limit in table.limits().await? {
                lines.push(format!("note: {limit}"));
            }
            Ok(done(table, lines, json!(report)))
        }
        MaintainVerb::Vacuum { retention } => {
            let mut what = Vacuum::new().with_dry_run(dry_run);
            if let Some(days) = retention {
                what = what.with_retention(DAY * *days);
            }
            let report = table.vacuum(&what).await?;
            let more = format!(
                "{} too young, {} versions held",
                report.young, report.leases
            );
            let lines = removed(&report.removed, report.bytes, &more, dry_run);
            Ok(done(table, lines, json!(report)))
        }
        MaintainVerb::CleanLog { retention } => {
            let mut what = LogCleanup::new().with_dry_run(dry_run);
            if let Some(days) = retention {
                what = what.with_retention(DAY * *days);
            }
            let report = table.clean_log(&what).await?;
            let more = match report.oldest_version {
                Some(version) => format!("versions from {version} on can be read"),
                None => "no version is older than a checkpoint that may stand for it".to_owned(),
            };
            let lines = removed(&report.removed, report.bytes, &more, dry_run);
            Ok(done(table, lines, json!(report)))
        }
        MaintainVerb::Gc => {
            let what = Garbage::new().with_dry_run(dry_run);
            let report = table.collect_garbage(&what).await?;
            let more = format!("{} too young", report.young);
            let lines = removed(&report.removed, report.bytes, &more, dry_run);
            Ok(done(table, lines, json!(report)))
        }
        MaintainVerb::Erase {
            column,
            values,
            grace,
            verify,
        } => {
            let what = table.erasure_of(column, values).await?;
            let what = what.with_grace(HOUR * *grace).with_dry_run(dry_run);
            erase(table, &what, *verify).await
        }
        MaintainVerb::Restore { version } => {
            let what = Restore::to(*version).with_dry_run(dry_run);
            let report = table.restore(&what).await?;
            let files = format!(
                "{} files in, {} out",
                report.files_added, report.files_removed
            );
            let line = match (report.files_added + report.files_removed, dry_run) {
                (0, _) => format!(
                    "version {} has the rows of {version} already",
                    report.version
                ),
                (_, true) => format!("version {version} would be restored: {files}"),
                (_, false) => {
                    format!("version {version} restored as {}: {files}", report.version)
                }
            };
            Ok(done(table, vec![line], json!(report)))
        }
        MaintainVerb::Clone { place, version } => {
            let mut what = TableCopy::new().with_dry_run(dry_run);
            if let Some(version) = version {
                what = what.with_version(*version);
            }
            let report = table.copy_to(place, &what).await?;
            let line = format!(
                "version {} {} to {place}: {} files ({} bytes), {} of them there already",
                report.version,
                if dry_run { "would be copied" } else { "copied" },
                report.files,
                report.bytes,
                report.files_there
            );
            Ok(done(table, vec![line], json!(report)))
        }
    }
}

async fn erase(table: &Maintenance, what: &Erasure, verify: bool) -> Result<Done, Error> {
    let receipt = table.erase(what).await?;
    let mut lines = Vec::new();
    told(&receipt, "", &mut lines);
    let mut report = json!({ "receipt": receipt });
    let mut is_finding = !receipt.dry_run && !receipt.is_complete();
    if verify {
        let traces = table.find_traces(what).await?;
        lines.push(verified(&traces));
        let found = traces.found.iter();
        lines.extend(found.map(|trace| format!("  {} ({:?})", trace.object, trace.place)));
        is_finding |= !receipt.dry_run && !traces.found.is_empty();
        report["traces"] = json!(traces);
    }
    Ok(Done {
        is_finding,
        ..done(table, lines, report)
    })
}

fn told(receipt: &ErasureReceipt, place: &str, lines: &mut Vec<String>) {
    let would = if receipt.dry_run { "would be " } else { "" };
    let version = match receipt.version {
        Some(version) => format!(" as version {version}"),
        None => String::new(),
    };
    lines.push(format!(
        "{place}{} rows {would}taken out{version}; {} files {would}written anew, {} objects {would}gone, {} reports \
         {would}redacted",
        receipt.rows,
        receipt.rewritten.len(),
        receipt.purged.len(),
        receipt.redacted.len()
    ));
    for pending in &receipt.pending {
        lines.push(format!(
            "  pending until {}: {} ({})",
            pending.until, pending.object, pending.reason
        ));
    }
    if !receipt.dry_run && !receipt.pending.is_empty() {
        lines.push("  run the same again then".to_owned());
    }
    if let Some(quarantine) = &receipt.quarantine {
        told(quarantine, "quarantine: ", lines);
    }
}

fn verified(traces: &Traces) -> String {
    format!(
        "{} objects ({} bytes) searched: {} traces",
        traces.objects,
        traces.bytes,
        traces.found.len()
    )
}

fn removed(names: &[String], bytes: u64, more: &str, dry_run: bool) -> Vec<String> {
    let would = if dry_run { "would be " } else { "" };
    let mut lines = vec![format!(
        "{} objects ({bytes} bytes) {would}taken away; {more}",
        names.len()
    )];
    lines.extend(names.iter().map(|name| format!("  {name}")));
    lines
}

fn done(table: &Maintenance, lines: Vec<String>, report: Value) -> Done {
    Done {
        table: table.location().to_string(),
        lines,
        report,
        is_finding: false,
    }
}

fn tell(maintain: &Maintain, all: &[Done]) -> Result<u8, Failure> {
    let text = match maintain.format {
        MaintainFormat::Text => {
            let mut text = String::new();
            for one in all {
                text.push_str(&format!("{}\n", one.table));
                for line in &one.lines {
                    text.push_str(&format!("  {line}\n"));
                }
            }
            crate::escape::lines(&text)
        }
        MaintainFormat::Json => {
            let tables = all
                .iter()
                .map(|one| json!({ "table": one.table, "report": one.report }));
            let json = json!({
                "form": 1,
                "version": env!("CARGO_PKG_VERSION"),
                "verb": name_of(&maintain.verb),
                "dryRun": maintain.dry_run,
                "ok": !all.iter().any(|one| one.is_finding),
                "tables": tables.collect::<Vec<_>>(),
            });
            format!("{json:#}\n")
        }
    };
    print(text.as_bytes())?;
    Ok(match all.iter().any(|one| one.is_finding) {
        true => EXIT_FINDINGS,
        false => EXIT_OK,
    })
}
