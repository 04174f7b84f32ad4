//! A pair of contracts for every row of the table of verdicts and for every rule.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use chrono::NaiveDate;
use dataproduct_compat::{Bump, Comparison, Effect, Finding, Kind, Outcome, Policy, compare, diff};
use dataproduct_contract::Contract;

pub(crate) fn today() -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 11, 22).unwrap()
}

/// What a fixture expects, as `expected.toml` says it.
pub(crate) struct Expected {
    pub(crate) row: Option<String>,
    pub(crate) rules: Vec<String>,
    pub(crate) reader: String,
    pub(crate) writer: String,
    pub(crate) history: String,
    pub(crate) bump: String,
    pub(crate) bump_if_proven: String,
    pub(crate) table: Option<String>,
    pub(crate) differs: Option<String>,
}

pub(crate) struct Fixture {
    pub(crate) name: String,
    pub(crate) old: Contract,
    pub(crate) new: Contract,
    pub(crate) expected: Expected,
}

impl Fixture {
    pub(crate) fn compare(&self) -> Comparison {
        compare(&self.old, &self.new, &Policy::default(), today())
    }
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures")
}

fn expected(text: &str) -> Expected {
    let table: toml::Table = text.parse().unwrap();
    let text = |key: &str| table.get(key).map(|v| v.as_str().unwrap().to_owned());
    let rules = table["rules"].as_array().unwrap();
    Expected {
        row: text("row"),
        rules: rules
            .iter()
            .map(|r| r.as_str().unwrap().to_owned())
            .collect(),
        reader: text("reader").unwrap(),
        writer: text("writer").unwrap(),
        history: text("history").unwrap(),
        bump: text("bump").unwrap(),
        bump_if_proven: text("bump_if_proven").unwrap(),
        table: text("table"),
        differs: text("differs"),
    }
}

/// Every fixture, by name; read once.
pub(crate) fn fixtures() -> &'static [Fixture] {
    static FIXTURES: OnceLock<Vec<Fixture>> = OnceLock::new();
    FIXTURES.get_or_init(read_all)
}

fn read_all() -> Vec<Fixture> {
    let mut names: Vec<_> = std::fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    let read =
        |name: &str, file: &str| std::fs::read_to_string(folder().join(name).join(file)).unwrap();
    let contract = |name: &str, file: &str| {
        Contract::from_yaml(&read(name, file)).unwrap_or_else(|p| panic!("{name}/{file}: {p}"))
    };
    names
        .into_iter()
        .map(|name| Fixture {
            old: contract(&name, "old.odcs.yaml"),
            new: contract(&name, "new.odcs.yaml"),
            expected: expected(&read(&name, "expected.toml")),
            name,
        })
        .collect()
}

fn ids(findings: &[Finding]) -> Vec<&str> {
    findings
        .iter()
        .map(|finding| finding.rule.id.as_str())
        .collect()
}

#[test]
fn every_fixture_gets_its_verdict() {
    let mut wrong = String::new();
    for fixture in fixtures() {
        let comparison = fixture.compare();
        let e = &fixture.expected;
        let found: BTreeSet<_> = ids(comparison.findings())
            .into_iter()
            .map(str::to_owned)
            .collect();
        let expected: BTreeSet<_> = e.rules.iter().cloned().collect();
        let is = [
            comparison.reader().as_str(),
            comparison.writer().as_str(),
            comparison.history().as_str(),
            comparison.required().as_str(),
            comparison.required_if_proven().as_str(),
        ];
        let should = [&e.reader, &e.writer, &e.history, &e.bump, &e.bump_if_proven];
        if found != expected || is != should.map(String::as_str) {
            let _ = writeln!(
                wrong,
                "{}: {found:?} {is:?}, expected {expected:?} {should:?}",
                fixture.name
            );
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn every_rule_fires_on_a_fixture() {
    let mut left: BTreeSet<&str> = Kind::ALL.iter().map(|kind| kind.id()).collect();
    let fixtures = fixtures();
    for fixture in fixtures {
        for finding in fixture.compare().findings() {
            left.remove(finding.rule.id.as_str());
        }
    }
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn what_is_equal_is_silent() {
    for fixture in fixtures() {
        for contract in [&fixture.old, &fixture.new] {
            assert!(diff(contract, contract).is_empty(), "{}", fixture.name);
            let comparison = compare(contract, contract, &Policy::default(), today());
            assert_eq!(comparison.required(), Bump::None);
            assert_eq!(&comparison.honest_version(), contract.version());
            assert!(comparison.is_honest());
        }
    }
}

#[test]
fn the_version_of_the_new_contract_is_the_lowest_honest_one() {
    for fixture in fixtures() {
        let comparison = fixture.compare();
        if fixture.expected.bump == "invalid" {
            assert!(!comparison.is_honest(), "{}", fixture.name);
            continue;
        }
        let name = &fixture.name;
        assert!(comparison.is_honest_if_proven(), "{name}");
        assert_eq!(
            &comparison.honest_version_if_proven(),
            fixture.new.version(),
            "{name}"
        );
        let proven = comparison.with_proven(&comparison.obligations());
        assert!(
            proven.is_honest() && proven.obligations().is_empty(),
            "{name}"
        );
        assert_eq!(proven.required(), comparison.required_if_proven(), "{name}");
        // Without the proof it is honest only where nothing was left to prove.
        let is_open = comparison.required() != comparison.required_if_proven();
        assert_eq!(comparison.is_honest(), !is_open, "{name}");
    }
}

#[test]
fn an_effect_agrees_with_its_rule() {
    for fixture in fixtures() {
        for finding in fixture.compare().findings() {
            let (change, name) = (&finding.change, &fixture.name);
            match change.effect {
                Effect::Loosens => assert_eq!(finding.reader, Outcome::Breaks, "{name}"),
                Effect::Both => assert_eq!(finding.reader, Outcome::Breaks, "{name}"),
                Effect::Undecided => assert_eq!(finding.reader, Outcome::Undecided, "{name}"),
                Effect::Tightens => assert_eq!(finding.reader, Outcome::Holds, "{name}"),
                Effect::Metadata => {}
            }
            if change.effect.permits_less() && change.effect != Effect::Undecided {
                let known = [Kind::UnitAdded, Kind::EventTimeAdded].contains(&change.kind);
                assert!(finding.writer == Outcome::Breaks || known, "{name}");
            }
        }
    }
}

/// One page for review: every rule over every fixture.
#[test]
fn all_rules_over_all_fixtures() {
    let mut out = String::new();
    for fixture in fixtures() {
        let comparison = fixture.compare();
        let _ = writeln!(
            out,
            "{}: R {} W {} H {} -> {} ({} if proven)",
            fixture.name,
            comparison.reader(),
            comparison.writer(),
            comparison.history(),
            comparison.required(),
            comparison.required_if_proven()
        );
        for finding in comparison.findings() {
            let change = &finding.change;
            let _ = writeln!(out, "  {} [{}] {}", finding.rule.id, change.effect, change);
            if let Some(witness) = &change.witness {
                for (side, row) in [("old", &witness.only_old), ("new", &witness.only_new)] {
                    if let Some(row) = row {
                        let _ = writeln!(out, "    only {side}: {row}");
                    }
                }
            }
            if let Some(obligation) = &finding.obligation {
                let _ = writeln!(
                    out,
                    "    prove {} of {}",
                    obligation.aspect, obligation.column
                );
            }
        }
    }
    insta::assert_snapshot!(out);
}

/// The table of docs/evolution.md, as the fixtures have it.
fn table() -> String {
    let mut out = String::from(
        "| change | rule | reader | writer | history | bump | recommended |\n|---|---|---|---|---|---|---|\n",
    );
    let mut rows = BTreeMap::new();
    for (i, fixture) in fixtures().iter().enumerate() {
        let e = &fixture.expected;
        let Some(row) = &e.row else { continue };
        let bump = if e.bump == e.bump_if_proven {
            e.bump.clone()
        } else {
            format!("{} if proven, else {}", e.bump_if_proven, e.bump)
        };
        let line = format!(
            "| {row} | `{}` | {} | {} | {} | {bump} | {}{} |\n",
            e.rules.join("`, `"),
            e.reader,
            e.writer,
            e.history,
            e.table.as_deref().unwrap(),
            if e.differs.is_some() {
                " (differs)"
            } else {
                ""
            }
        );
        rows.insert((row, i), line);
    }
    out.extend(rows.into_values());
    out
}

#[test]
fn the_page_has_the_table_of_the_fixtures() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/evolution.md");
    let text = std::fs::read_to_string(&page).unwrap();
    let (start, end) = ("<!-- verdicts -->\n", "<!-- /verdicts -->");
    let from = text.find(start).unwrap() + start.len();
    let to = text.find(end).unwrap();
    let table = table();
    if std::env::var_os("DATAPRODUCT_WRITE").is_some() {
        std::fs::write(&page, format!("{}{table}{}", &text[..from], &text[to..])).unwrap();
        return;
    }
    assert_eq!(
        &text[from..to],
        table,
        "run the test with DATAPRODUCT_WRITE=1"
    );
}

#[test]
fn where_the_table_differs_the_page_says_why() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/evolution.md");
    let text = std::fs::read_to_string(page).unwrap();
    for fixture in fixtures() {
        let e = &fixture.expected;
        let (Some(table), Some(row)) = (&e.table, &e.row) else {
            continue;
        };
        let same = table.starts_with(&e.bump_if_proven) || table.ends_with(&e.bump_if_proven);
        assert_eq!(same, e.differs.is_none(), "{}: {table}", fixture.name);
        if let Some(why) = &e.differs {
            assert!(text.contains(why), "{row}: {why}");
        }
    }
}
