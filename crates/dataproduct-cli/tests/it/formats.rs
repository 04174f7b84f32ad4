//! The forms of a report, with names and text that would break out of them.

use crate::run::{Folder, column, contract};

/// A file name that would break every form if it were not escaped.
const NAME: &str = "a \"<b>&'%,:x|y\n::error::z\u{1b}[31m.odcs.yaml";

fn hostile() -> Folder {
    let pattern = "        logicalTypeOptions:\n          pattern: \"[%0A<x>&|`\"\n";
    Folder::new().with(NAME, contract("1.0.0", &column("sku", pattern)))
}

fn report(format: &str) -> String {
    let ran = hostile().run(&["lint", NAME, "--format", format]);
    assert_eq!(ran.code, 1, "{ran:?}");
    ran.out
}

#[test]
fn human_output_holds_no_control_of_a_terminal() {
    let out = report("human");
    let hidden = out.chars().find(|c| c.is_control() && *c != '\n');
    assert_eq!(hidden, None, "{out}");
    assert!(out.contains("bad-pattern"));
}

#[test]
fn json_is_what_the_manual_describes() {
    let out = report("json");
    let json: serde_json::Value = serde_json::from_str(&out).unwrap();
    let keys = |value: &serde_json::Value| -> Vec<String> {
        value.as_object().unwrap().keys().cloned().collect()
    };
    assert_eq!(
        keys(&json),
        [
            "comparisons",
            "files",
            "findings",
            "form",
            "ok",
            "verb",
            "version"
        ]
    );
    let finding = &json["findings"][0];
    assert_eq!(
        keys(finding),
        [
            "column", "file", "help", "level", "line", "message", "path", "rule"
        ]
    );
    assert_eq!(finding["file"], NAME);
    assert_eq!(finding["rule"], "bad-pattern");
    assert_eq!(
        (finding["line"].as_u64(), finding["column"].as_u64()),
        (Some(14), Some(20))
    );
    let manual = include_str!("../../../../docs/cli.md");
    for key in keys(&json).iter().chain(&keys(finding)) {
        assert!(
            manual.contains(&format!("`{key}`")),
            "docs/cli.md does not describe `{key}`"
        );
    }
}

#[test]
fn sarif_has_what_the_standard_demands() {
    let sarif: serde_json::Value = serde_json::from_str(&report("sarif")).unwrap();
    assert_eq!(sarif["version"], "2.1.0");
    let run = &sarif["runs"][0];
    assert_eq!(run["tool"]["driver"]["name"], "dataproduct");
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    let results = run["results"].as_array().unwrap();
    assert!(!results.is_empty());
    for result in results {
        let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(rules[index]["id"], result["ruleId"]);
        assert!(rules[index]["shortDescription"]["text"].is_string());
        assert!(matches!(
            result["level"].as_str(),
            Some("error" | "warning" | "note")
        ));
        assert!(result["message"]["text"].is_string());
        let place = &result["locations"][0]["physicalLocation"];
        let uri = place["artifactLocation"]["uri"].as_str().unwrap();
        assert!(
            uri.bytes()
                .all(|b| b.is_ascii_graphic() && !b"\"<>|".contains(&b)),
            "{uri}"
        );
        assert!(place["region"]["startLine"].as_u64().unwrap() > 0);
    }
}

#[test]
fn junit_is_well_formed() {
    let out = report("junit");
    let tags = well_formed(&out);
    assert_eq!(tags, ["testsuites", "testsuite", "testcase", "failure"]);
    assert!(out.contains("tests=\"1\" failures=\"1\""));
}

/// The names of the elements in order, after a check that tags nest and that no character is one that XML
/// has no place for.
#[track_caller]
fn well_formed(xml: &str) -> Vec<String> {
    let legal = |c: char| matches!(c, '\t' | '\n' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..);
    assert!(xml.chars().all(legal));
    let body = xml
        .strip_prefix("<?xml version=\"1.0\" encoding=\"UTF-8\"?>")
        .unwrap();
    let (mut open, mut names) = (Vec::new(), Vec::new());
    let mut rest = body;
    while let Some(start) = rest.find('<') {
        let end = rest[start..].find('>').unwrap() + start;
        let tag = &rest[start + 1..end];
        assert!(!tag.contains('<'), "{tag}");
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop().as_deref(), Some(name));
        } else {
            let name: String = tag
                .chars()
                .take_while(|c| c.is_ascii_alphabetic() || *c == '-')
                .collect();
            // Values stand between double quotes, and nothing but white space between attributes.
            assert_eq!(tag.matches('"').count() % 2, 0, "{tag}");
            names.push(name.clone());
            if !tag.ends_with('/') {
                open.push(name);
            }
        }
        rest = &rest[end + 1..];
    }
    assert!(open.is_empty() && rest.trim().is_empty());
    for (at, _) in body.match_indices('&') {
        let entity = &body[at..at + body[at..].find(';').unwrap()];
        assert!(
            ["&lt", "&gt", "&amp", "&quot", "&#39"].contains(&entity),
            "{entity}"
        );
    }
    names
}

#[test]
fn markdown_is_one_table_whatever_it_holds() {
    let out = report("markdown");
    let rows: Vec<_> = out
        .lines()
        .filter(|line| line.starts_with("| error"))
        .collect();
    assert_eq!(rows.len(), 1, "{out}");
    let bars = rows[0].replace("\\|", "").matches('|').count();
    assert_eq!(bars, 5, "{out}");
    // Between back-ticks nothing is markup; everywhere else nothing may look like it.
    let outside: String = rows[0].replace("\\`", "").split('`').step_by(2).collect();
    assert!(!outside.replace("<br>", "").contains('<'), "{outside}");
}

#[test]
fn github_annotations_cannot_be_forged() {
    let out = report("github");
    let lines: Vec<_> = out.lines().collect();
    assert!(
        lines.iter().all(|line| line.starts_with("::error file=a ")),
        "{out}"
    );
    let (properties, message) = lines[0][2..].split_once("::").unwrap();
    assert!(properties.contains("%0A%3A%3Aerror%3A%3Az"), "{properties}");
    assert!(
        properties.ends_with(",line=14,col=20,title=bad-pattern"),
        "{properties}"
    );
    assert!(message.contains("%250A"), "{message}");
}
