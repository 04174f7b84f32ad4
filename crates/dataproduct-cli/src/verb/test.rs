//! `test`: rows against a contract, without publishing them.

use std::path::PathBuf;

use dataproduct::quality::outcome::{QualityReport, TextOptions};
use dataproduct::{Contract, DataCheck, Error, Mesh, Progress};

use super::{deliver, read};
use crate::args::{ReportFormat, Test};
use crate::command::{EXIT_FINDINGS, EXIT_OK, Failure, Look, complain};
use crate::progress::Line;
use crate::report::Report;
use crate::source::Source;

pub(crate) fn run(test: &Test, look: Look) -> Result<u8, Failure> {
    let mut report = Report::new("test");
    let Some((contract, _)) = read::contract(&Source::of(&test.contract), &mut report)? else {
        complain(&report.plain());
        return Ok(EXIT_FINDINGS);
    };
    let progress = Progress::new();
    let mut check = DataCheck::new().with_progress(&progress);
    let mesh = test
        .mesh
        .as_ref()
        .map(Mesh::open)
        .transpose()
        .map_err(unusable)?;
    if let Some(mesh) = &mesh {
        check = check.with_mesh(mesh);
    }
    if let Some(threads) = test.threads {
        check = check.with_threads(threads);
    }
    let is_for_people = test.format == ReportFormat::Text && !test.quiet;
    let line = Line::of("checking", &progress, test.data.len(), is_for_people);
    let checked = match (&mesh, is_product(&test.data)) {
        (Some(mesh), Some(reference)) => super::wait(mesh.product(reference))
            .and_then(|product| check.product(&contract, &product)),
        (None, Some(_)) => {
            return Err(Failure::Argument(
                "a published product is found through its mesh: name it with `--mesh mesh.toml`"
                    .to_owned(),
            ));
        }
        _ => check.files(&contract, &test.data),
    };
    drop(line);
    match checked {
        Ok(quality) => told(&quality, test, look),
        Err(error) => refused(&contract, &error),
    }
}

/// The only argument, if it names a product and no file.
fn is_product(data: &[PathBuf]) -> Option<&str> {
    let [only] = data else { return None };
    let text = only.to_str()?;
    let is_reference = text.parse::<dataproduct::ProductRef>().is_ok();
    (is_reference && !only.exists()).then_some(text)
}

pub(super) fn unusable(error: Error) -> Failure {
    Failure::Argument(error.to_string())
}

/// Rows that no rule says anything of are a finding, all else is a failure.
fn refused(contract: &Contract, error: &Error) -> Result<u8, Failure> {
    match error {
        Error::Columns { .. } | Error::Input { .. } => {
            complain(&format!(
                "{} {}: {error}",
                contract.name(),
                contract.version()
            ));
            Ok(EXIT_FINDINGS)
        }
        other => Err(Failure::Argument(other.to_string())),
    }
}

fn told(quality: &QualityReport, test: &Test, look: Look) -> Result<u8, Failure> {
    let accepted = quality.verdict().is_accepted();
    let code = if accepted { EXIT_OK } else { EXIT_FINDINGS };
    if test.quiet && quality.is_clean() {
        return Ok(code);
    }
    let text = written(quality, test.format, look);
    deliver(text.as_bytes(), &test.target)?;
    Ok(code)
}

/// The report in a form.
pub(super) fn written(quality: &QualityReport, format: ReportFormat, look: Look) -> String {
    match format {
        ReportFormat::Text => quality.to_text(TextOptions {
            width: look.width,
            colour: look.colour,
        }),
        ReportFormat::Json => quality.to_json(),
        ReportFormat::Markdown => quality.to_markdown(),
        ReportFormat::Html => quality.to_html(),
        ReportFormat::Junit => quality.to_junit(),
        ReportFormat::Sarif => quality.to_sarif(),
        ReportFormat::Openlineage => quality.to_openlineage().to_string(),
    }
}
