//! HTML, one page that needs no other file and runs nothing.

use std::fmt::Write as _;

use dataproduct_contract::{Severity, escape};

use super::prose::{self, Tally, cut, grouped};
use super::{Outcome, QualityReport, RuleResult, Sample, Verdict};

/// No script, no font and no picture is fetched, whatever the text of contract and data says.
const POLICY: &str =
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";
const STYLE: &str = include_str!("html.css");
/// The most characters of one text of a contract or of data.
const MAX_CHARS: usize = 500;
/// How many rejecting rules the head of the page names.
const MAX_NAMED: usize = 10;

impl QualityReport {
    /// The report as one page of HTML, light or dark as the reader's system is: the verdict, where the rows went,
    /// and a table of all rules, those that weigh most first. The page has no script, fetches nothing, and forbids
    /// both to whatever text of contract or data it shows.
    #[must_use]
    pub fn to_html(&self) -> String {
        let run = self.run();
        let title = format!("{} {}", run.product, run.contract_version);
        let verdict = self.verdict();
        let mut out = format!(
            "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <meta http-equiv=\"Content-Security-Policy\" content=\"{}\">\n\
             <title>{}: {}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n",
            escape::markup(POLICY),
            safe(&title),
            verdict.as_str()
        );
        let results = self.by_weight();
        head(self, &verdict, &results, &mut out);
        table(&results, &mut out);
        out.push_str("</body>\n</html>\n");
        out
    }
}

// Writing to a string cannot fail, here and below.

/// What was checked, the verdict, and where the rows went.
fn head(report: &QualityReport, verdict: &Verdict, results: &[&RuleResult], out: &mut String) {
    let run = report.run();
    let tone = match verdict {
        Verdict::Accepted => "good",
        Verdict::Rejected { .. } => "bad",
    };
    let _written = writeln!(
        out,
        "<header>\n<h1>{} <small>{}</small> {}</h1>",
        safe(&run.product.to_string()),
        safe(&run.contract_version.to_string()),
        badge(verdict.as_str(), tone)
    );
    if let Verdict::Rejected { rules } = verdict {
        // Rules that reject weigh most, so they are the first rows of the table.
        let links = results.iter().take(rules.len().min(MAX_NAMED));
        let links: Vec<_> = links
            .enumerate()
            .map(|(row, result)| format!("<a href=\"#r{row}\">{}</a>", code(&result.rule)))
            .collect();
        let more = match rules.len().saturating_sub(MAX_NAMED) {
            0 => String::new(),
            more => format!(" and {} more", grouped(more as u64)),
        };
        let _written = writeln!(out, "<p>Rejected by {}{more}.</p>", links.join(", "));
    }
    let rows = report.rows();
    let published = match verdict {
        Verdict::Accepted => "published",
        Verdict::Rejected { .. } => "fit to publish",
    };
    let _written = writeln!(
        out,
        "<div class=\"counts\">\n{}<i>=</i>\n{}<i>+</i>\n{}<i></i>\n{}</div>",
        tile(rows.read(), "rows read"),
        tile(rows.published(), published),
        tile(rows.quarantined(), "in quarantine"),
        tile(rows.repaired(), "of them repaired")
    );
    out.push_str("<dl>\n");
    if let Some(source) = &run.source {
        fact("Source", &code(source), out);
    }
    fact("Started", &super::stored::instant(run.started_at), out);
    fact("Took", &prose::duration(run.elapsed), out);
    fact("Run", &code(&run.run_id), out);
    fact("Contract", &code(&run.contract_digest), out);
    out.push_str("</dl>\n</header>\n");
    let _written = writeln!(out, "<h2>{}</h2>", Tally::of(report).told());
}

fn tile(rows: u64, what: &str) -> String {
    format!("<div><b>{}</b>{what}</div>\n", grouped(rows))
}

fn fact(name: &str, value: &str, out: &mut String) {
    let _written = writeln!(out, "<dt>{name}</dt><dd>{value}</dd>");
}

fn table(results: &[&RuleResult], out: &mut String) {
    if results.is_empty() {
        return;
    }
    out.push_str(
        "<div class=\"scroll\"><table>\n<thead><tr><th scope=\"col\">Outcome</th><th scope=\"col\">Rule</th>\
         <th scope=\"col\">Expected</th><th scope=\"col\" class=\"number\">Measured</th>\
         <th scope=\"col\" class=\"number\">Failed rows</th><th scope=\"col\" class=\"number\">Share</th>\
         </tr></thead>\n<tbody>\n",
    );
    for (row, result) in results.iter().enumerate() {
        let _written = writeln!(
            out,
            "<tr id=\"r{row}\"><td>{}</td>",
            badge(prose::label(result), tone(result))
        );
        rule(result, out);
        figures(result, out);
        out.push_str("</tr>\n");
    }
    out.push_str("</tbody>\n</table></div>\n");
}

fn tone(result: &RuleResult) -> &'static str {
    match (&result.outcome, result.severity) {
        (Outcome::Pass, _) => "good",
        (Outcome::NotEvaluated { .. }, _) => "open",
        (Outcome::Fail, Severity::Error) => "bad",
        (Outcome::Fail, Severity::Warning) => "warn",
        (Outcome::Fail, Severity::Info) => "note",
    }
}

/// The cell that says what the rule is, and what of it a person has to know.
fn rule(result: &RuleResult, out: &mut String) {
    let _written = write!(out, "<th scope=\"row\">{}", code(&result.rule));
    if let Some(name) = &result.name {
        let _written = write!(out, " <bdi>{}</bdi>", safe(name));
    }
    if let Some(description) = &result.description {
        let _written = write!(out, "<p><bdi>{}</bdi></p>", safe(description));
    }
    let columns: Vec<_> = result.columns.iter().map(|column| code(column)).collect();
    let columns = match columns.is_empty() {
        true => "the whole product".to_owned(),
        false => columns.join(", "),
    };
    let dimension = result
        .dimension
        .map(|dimension| format!(", {}", dimension.as_str()))
        .unwrap_or_default();
    let _written = write!(
        out,
        "<p class=\"quiet\">{} of {columns}{dimension}</p>",
        code(&result.check)
    );
    if let Some(reason) = result.not_evaluated() {
        let _written = write!(out, "<p>Not evaluated: <bdi>{}</bdi></p>", safe(reason));
    }
    for message in &result.messages {
        let _written = write!(out, "<p>Message: <bdi>{}</bdi></p>", safe(message));
    }
    if result.repaired_rows > 0 {
        let rows = prose::count(result.repaired_rows, "row");
        let _written = write!(out, "<p>{rows} repaired</p>");
    }
    if let Some(way_out) = prose::way_out(result) {
        let way_out = safe(way_out);
        let _written = write!(out, "<p class=\"quiet\">Way out: {way_out}</p>");
    }
    samples(result, out);
    out.push_str("</th>\n");
}

fn samples(result: &RuleResult, out: &mut String) {
    if result.samples.is_empty() {
        return;
    }
    let _written = writeln!(
        out,
        "<details><summary>Samples: {} of {}</summary><ul>",
        result.samples.len(),
        prose::count(result.failed_rows, "row")
    );
    for Sample { row, values } in &result.samples {
        let values: Vec<_> = values
            .iter()
            .map(|(column, value)| format!("{} = {}", code(column), code(value)))
            .collect();
        let row = row.map(|row| format!("row {row}: ")).unwrap_or_default();
        let _written = writeln!(out, "<li>{row}{}</li>", values.join(", "));
    }
    out.push_str("</ul></details>");
}

/// The cells of what was demanded, measured and counted. What is not known has no number.
fn figures(result: &RuleResult, out: &mut String) {
    let expected = result.expected.as_deref().map(code).unwrap_or_default();
    let measure = result.measure.map(prose::number).unwrap_or_default();
    let (mut rows, mut share) = match result.not_evaluated() {
        Some(_) => (String::new(), String::new()),
        None => (grouped(result.failed_rows), prose::percent(result.share)),
    };
    // A failed rule without rows is about an aggregate: "0 rows" would read as if nothing were wrong.
    if result.is_failed() && result.failed_rows == 0 {
        (rows, share) = Default::default();
    }
    if let Some(first) = result.first_row {
        let _written = write!(rows, "<p class=\"quiet\">first in row {first}</p>");
    }
    let _written = writeln!(
        out,
        "<td class=\"expected\">{expected}</td><td class=\"number\">{measure}</td><td class=\"number\">{rows}</td>\
         <td class=\"number\">{}</td>",
        escape::markup(&share)
    );
}

fn badge(word: &str, tone: &str) -> String {
    format!("<span class=\"badge {tone}\">{word}</span>")
}

fn code(text: &str) -> String {
    format!("<code>{}</code>", safe(text))
}

/// Text on the page. What is hidden in it is spelled out, so that two texts that differ look different.
fn safe(text: &str) -> String {
    escape::markup(&cut(&escape::line(&cut(text, MAX_CHARS)), MAX_CHARS))
}
