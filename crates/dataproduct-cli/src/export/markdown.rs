//! A contract as a page in Markdown.

use std::fmt::Write as _;

use dataproduct::Contract;

use super::page::{self, Part};
use crate::escape::{markdown, markdown_code};

/// The page. Text of the contract is text on the page: nothing in it is formatting, a link or HTML.
pub(super) fn page(contract: &Contract) -> String {
    let mut out = String::new();
    // Writing to a string cannot fail, here and below.
    let _written = writeln!(
        out,
        "# {} {}\n",
        markdown_code(&contract.name().to_string()),
        contract.version()
    );
    for part in page::parts(contract) {
        match part {
            Part::Prose(text) => {
                for paragraph in text.split("\n\n") {
                    let _written = writeln!(out, "{}\n", markdown(paragraph.trim()));
                }
            }
            Part::Heading(text) => {
                let _written = writeln!(out, "## {text}\n");
            }
            Part::Facts(facts) => {
                out.push_str("| | |\n|---|---|\n");
                for (name, value) in facts {
                    let _written = writeln!(out, "| {name} | {} |", markdown(&value));
                }
                out.push('\n');
            }
            Part::Table { head, rows } => {
                let _written = writeln!(out, "| {} |", head.join(" | "));
                let _written = writeln!(out, "|{}", "---|".repeat(head.len()));
                for row in rows {
                    let cells: Vec<_> = row
                        .iter()
                        .enumerate()
                        .map(|(i, cell)| match i {
                            0 => markdown_code(cell),
                            _ => markdown(cell),
                        })
                        .collect();
                    let _written = writeln!(out, "| {} |", cells.join(" | "));
                }
                out.push('\n');
            }
        }
    }
    let _written = writeln!(
        out,
        "Digest of the contract: {}",
        markdown_code(contract.digest())
    );
    out
}
