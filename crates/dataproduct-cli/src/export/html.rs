//! A contract as a page in HTML that needs no other file and runs nothing.

use std::fmt::Write as _;

use dataproduct::Contract;

use super::page::{self, Part};
use crate::escape::markup;

/// No script, no font and no picture is fetched, whatever the text of the contract says.
const POLICY: &str =
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

const STYLE: &str = "\
:root { color-scheme: light dark; --line: #8886; --quiet: #777; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 72rem; margin: 0 auto; padding: 2rem 1rem; }
h1 { font-size: 1.75rem; overflow-wrap: anywhere; } h1 small { color: var(--quiet); font-weight: normal; }
h2 { font-size: 1.25rem; margin-top: 2.5rem; }
p { max-width: 46rem; white-space: pre-line; overflow-wrap: anywhere; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .4rem .75rem .4rem 0; border-bottom: 1px solid var(--line); }
td { overflow-wrap: anywhere; min-width: 5rem; }
tbody td:first-child { min-width: 11rem; }
.facts th { width: 12rem; font-weight: normal; color: var(--quiet); }
code { font: .9em ui-monospace, monospace; overflow-wrap: anywhere; }
footer { margin-top: 3rem; color: var(--quiet); font-size: .85rem; }
@media print { body { max-width: none; padding: 0; } }
";

/// The page. Text of the contract is text on the page, never markup.
pub(super) fn page(contract: &Contract) -> String {
    let name = markup(&contract.name().to_string());
    let version = contract.version();
    let mut out = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{}\">\n\
         <title>{name} {version}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n\
         <h1>{name} <small>{version}</small></h1>\n",
        markup(POLICY)
    );
    for part in page::parts(contract) {
        match part {
            Part::Prose(text) => paragraphs(&text, &mut out),
            Part::Heading(text) => {
                // Writing to a string cannot fail, here and below.
                let _written = writeln!(out, "<h2>{text}</h2>");
            }
            Part::Facts(facts) => {
                out.push_str("<table class=\"facts\">\n");
                for (name, value) in facts {
                    let value = markup(&value);
                    let _written = writeln!(
                        out,
                        "<tr><th scope=\"row\">{name}</th><td>{value}</td></tr>"
                    );
                }
                out.push_str("</table>\n");
            }
            Part::Table { head, rows } => table(&head, &rows, &mut out),
        }
    }
    let digest = contract.digest();
    let _written = write!(
        out,
        "</main>\n<footer>Digest of the contract: <code>{digest}</code></footer>\n</body>\n</html>\n"
    );
    out
}

fn paragraphs(text: &str, out: &mut String) {
    for paragraph in text.split("\n\n").filter(|text| !text.trim().is_empty()) {
        let _written = writeln!(out, "<p>{}</p>", markup(paragraph.trim()));
    }
}

fn table(head: &[&str], rows: &[Vec<String>], out: &mut String) {
    out.push_str("<div class=\"scroll\"><table>\n<thead><tr>");
    for cell in head {
        let _written = write!(out, "<th scope=\"col\">{cell}</th>");
    }
    out.push_str("</tr></thead>\n<tbody>\n");
    for row in rows {
        out.push_str("<tr>");
        for (i, cell) in row.iter().enumerate() {
            let cell = markup(cell);
            let _written = match i {
                0 => write!(out, "<td><code>{cell}</code></td>"),
                _ => write!(out, "<td>{cell}</td>"),
            };
        }
        out.push_str("</tr>\n");
    }
    out.push_str("</tbody>\n</table></div>\n");
}
