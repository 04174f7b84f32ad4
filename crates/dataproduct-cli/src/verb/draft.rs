//! `draft`: a contract with rules from rows, and what each rule stands on.

use dataproduct::Progress;
use dataproduct::data::DataFile;
use dataproduct::draft::{Evidence, Proposal, Typing, propose};
use dataproduct::profile::Profiler;

use super::deliver;
use crate::args::{Draft, DraftFormat};
use crate::command::{EXIT_FINDINGS, EXIT_OK, Failure, complain};
use crate::progress::Line;
use crate::source;

pub(crate) fn run(draft: &Draft) -> Result<u8, Failure> {
    let (proposal, notes) = match proposed(draft)? {
        Ok(proposed) => proposed,
        Err(reason) => {
            complain(&reason);
            return Ok(EXIT_FINDINGS);
        }
    };
    let evidence = proposal.evidence.clone();
    let contract = match proposal.into_contract(&draft.name, "0.1.0", &draft.owner) {
        Ok(contract) => contract,
        Err(problems) => return Err(Failure::Argument(problems.to_string())),
    };
    match draft.format {
        DraftFormat::Text => {
            deliver(contract.to_yaml().as_bytes(), &draft.target)?;
            for note in &notes {
                complain(&format!("note: {note}"));
            }
            for evidence in &evidence {
                complain(&evidence.to_string());
            }
        }
        DraftFormat::Json => {
            let report = serde_json::json!({
                "form": 1,
                "version": env!("CARGO_PKG_VERSION"),
                "verb": "draft",
                "notes": notes,
                "contract": contract.to_yaml(),
                "evidence": evidence.iter().map(json).collect::<Vec<_>>(),
            });
            deliver(format!("{report:#}\n").as_bytes(), &draft.target)?;
        }
    }
    Ok(EXIT_OK)
}

fn json(evidence: &Evidence) -> serde_json::Value {
    serde_json::json!({
        "column": evidence.column,
        "about": evidence.about,
        "proposal": evidence.proposal,
        "basis": evidence.basis,
        "firstRow": evidence.first_row,
    })
}

/// The proposal and what the files were taken for, or what is wrong with the data.
fn proposed(draft: &Draft) -> Result<Result<(Proposal, Vec<String>), String>, Failure> {
    let mut profiler: Option<Profiler> = None;
    let mut typing = Typing::Typed;
    let mut notes = Vec::new();
    let mut left = draft.rows.unwrap_or(u64::MAX);
    let progress = Progress::new();
    progress.begin_pass();
    let is_for_people = draft.format == DraftFormat::Text;
    let line = Line::of("profiling", &progress, draft.data.len(), is_for_people);
    'files: for path in &draft.data {
        progress.begin_source();
        let name = path.to_string_lossy();
        // What never ends or cannot be read twice is refused as everywhere.
        source::open(path).map_err(|error| Failure::Read {
            name: name.clone().into_owned(),
            reason: error.to_string(),
        })?;
        let file = match DataFile::open(path) {
            Ok(file) => file,
            Err(error) => return Ok(Err(error.to_string())),
        };
        notes.push(format!("{name}: read as {}", file.description()));
        typing = typing.min(file.typing());
        if !file.is_publishable() {
            notes.push(format!(
                "{name}: to test or publish it, write it as text with commas below a line of names"
            ));
        }
        let profiler = profiler.get_or_insert_with(|| Profiler::new(file.schema()));
        let batches = match file.batches() {
            Ok(batches) => batches,
            Err(error) => return Ok(Err(error.to_string())),
        };
        for batch in batches {
            let batch = match batch {
                Ok(batch) => batch,
                Err(error) => return Ok(Err(error.to_string())),
            };
            let rows = batch
                .num_rows()
                .min(usize::try_from(left).unwrap_or(usize::MAX));
            if let Err(error) = profiler.see(&batch.slice(0, rows)) {
                return Ok(Err(format!("{name}: {error}")));
            }
            progress.add_rows(rows);
            left -= rows as u64;
            if left == 0 {
                notes.push(
                    "only the first rows were looked at; rules are those of the sample".to_owned(),
                );
                break 'files;
            }
        }
    }
    let Some(profiler) = profiler else {
        return Err(Failure::Argument("name a file of rows".to_owned()));
    };
    let profile = profiler.finish();
    drop(line);
    Ok(propose(&profile, typing)
        .map(|proposal| (proposal, notes))
        .map_err(|error| error.to_string()))
}
