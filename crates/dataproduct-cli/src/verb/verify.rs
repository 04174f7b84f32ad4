//! `verify`: everything that a table rests on, and what of it is damaged.

use std::path::Path;

use dataproduct::{Mesh, ProductRef, Progress, Verified, VerifyProgress};
use serde_json::json;

use super::wait;
use crate::args::{CheckFormat, Verify};
use crate::command::{EXIT_FINDINGS, EXIT_OK, Failure, print};
use crate::escape::line as escape;
use crate::progress::Line;

pub(crate) fn run(verify: &Verify) -> Result<u8, Failure> {
    let progress = Progress::new();
    progress.begin_pass();
    let is_for_people = verify.format == CheckFormat::Text && !verify.quiet;
    let line = Line::of_objects("verifying", &progress, is_for_people);
    // It is called for each object.
    let told = |_: VerifyProgress| progress.add_rows(1);
    let verified = match is_product(&verify.target) {
        true => {
            let mesh = Mesh::open(&verify.mesh).map_err(super::test::unusable)?;
            wait(mesh.verify(&verify.target, told))
        }
        false => wait(dataproduct::verify_table(&verify.target, told)).map(|one| vec![one]),
    };
    drop(line);
    let verified = verified.map_err(super::test::unusable)?;
    let is_sound = verified.iter().all(|verified| verified.report.is_sound());
    match verify.format {
        CheckFormat::Json => print(as_json(&verified, is_sound).as_bytes())?,
        CheckFormat::Text if verify.quiet && is_sound => EXIT_OK,
        CheckFormat::Text => print(as_text(&verified).as_bytes())?,
    };
    Ok(match is_sound {
        true => EXIT_OK,
        false => EXIT_FINDINGS,
    })
}

/// Whether a target names a product and no folder.
fn is_product(target: &str) -> bool {
    target.parse::<ProductRef>().is_ok() && !Path::new(target).exists()
}

fn as_text(verified: &[Verified]) -> String {
    let mut text = String::new();
    for Verified { table, report, .. } in verified {
        text.push_str(&format!(
            "{table}: version {}, {} log entries, {} checkpoints, {} data files with {} bytes\n",
            report.version, report.entries, report.checkpoints, report.files, report.bytes
        ));
        if report.files_without_digest > 0 {
            text.push_str(&format!(
                "{} of the files are of other writers and have no digest: only that they are there was checked\n",
                report.files_without_digest
            ));
        }
        for damage in &report.damages {
            let (object, reason) = (escape(&damage.object), escape(&damage.reason));
            text.push_str(&format!("damaged: {object}: {reason}\n"));
        }
        text.push_str(match report.is_sound() {
            true => "nothing is damaged\n",
            false => "restore what is damaged from a copy; it is never served\n",
        });
    }
    text
}

fn as_json(verified: &[Verified], is_sound: bool) -> String {
    let tables = verified.iter().map(|Verified { table, report, .. }| {
        let damages = report.damages.iter();
        let damages =
            damages.map(|damage| json!({"object": damage.object, "reason": damage.reason}));
        json!({
            "table": table,
            "tableVersion": report.version,
            "entries": report.entries,
            "checkpoints": report.checkpoints,
            "files": report.files,
            "bytes": report.bytes,
            "filesWithoutDigest": report.files_without_digest,
            "damages": damages.collect::<Vec<_>>(),
        })
    });
    let whole = json!({
        "form": 1,
        "version": env!("CARGO_PKG_VERSION"),
        "verb": "verify",
        "ok": is_sound,
        "tables": tables.collect::<Vec<_>>(),
    });
    format!("{whole:#}\n")
}
