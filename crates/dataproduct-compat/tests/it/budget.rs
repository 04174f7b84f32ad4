//! What a comparison may cost, also of contracts that mean harm.

use std::time::{Duration, Instant};

use dataproduct_compat::{Kind, Policy, compare, diff};
use dataproduct_contract::{Column, Contract, DataType};

use crate::fixtures::today;
use crate::verdicts::{contract, of_column};

fn wide(version: &str, columns: u32, edit: u32) -> Contract {
    let column = |i: u32| {
        Column::new(format!("column_{i}"), DataType::Int64)
            .with_description("One of many.")
            .with_minimum(0)
            .with_maximum(i64::from(100 + (i + edit) % 7))
            .with_tag("wide")
    };
    // The other order, so that nothing is found by luck.
    let columns: Vec<Column> = if edit == 0 {
        (0..columns).map(column).collect()
    } else {
        (0..columns).rev().map(column).collect()
    };
    contract(version, |b| b.with_columns(columns))
}

/// The shortest of a few runs: what the work costs when the machine does nothing else.
fn shortest(run: impl Fn()) -> Duration {
    let times = (0..5).map(|_| {
        let start = Instant::now();
        run();
        start.elapsed()
    });
    times.min().unwrap()
}

#[test]
fn a_thousand_columns_cost_a_thousand_times_one() {
    let time = |columns: u32| {
        let (old, new) = (wide("1.0.0", columns, 0), wide("2.0.0", columns, 3));
        assert!(diff(&old, &new).len() > columns as usize / 2);
        shortest(|| {
            let _ = compare(&old, &new, &Policy::default(), today());
        })
    };
    let (some, many) = (time(250), time(2_000));
    // Eight times as much work, with room for a busy machine; a quadratic would take 64 times.
    assert!(many < some * 36, "{some:?} {many:?}");
}

#[test]
fn long_lists_and_hard_patterns_end() {
    let list = |from: i64| {
        let mut column = Column::new("c", DataType::Int64);
        column.allowed = (from..from + 8_000).map(|i| i.into()).collect();
        of_column("1.0.0", column)
    };
    let (old, new) = (list(0), list(1));
    let time = shortest(|| {
        let changes = diff(&old, &new);
        assert_eq!(changes[0].kind, Kind::EnumReplaced);
        assert!(changes[0].before.as_ref().unwrap().len() < 400);
    });
    assert!(time < Duration::from_secs(2), "{time:?}");
    let patterns = |extra: usize| {
        let columns = (0..40).map(|i| {
            let pattern = format!("(a|b)*a(a|b){{{}}}", 20 + i + extra);
            Column::new(format!("c{i}"), DataType::String).with_pattern(pattern)
        });
        contract("1.0.0", |b| b.with_columns(columns))
    };
    let (old, new) = (patterns(0), patterns(1));
    let time = shortest(|| {
        let changes = diff(&old, &new);
        assert!(
            changes
                .iter()
                .all(|change| change.kind == Kind::PatternUndecided)
        );
    });
    assert!(time < Duration::from_secs(5), "{time:?}");
}

#[test]
fn an_undecided_pattern_says_what_it_is_undecided_for() {
    let patterns = |extra: usize| {
        let hard = (0..10).map(|i| {
            let pattern = format!("(a|b)*a(a|b){{{}}}", 20 + i + extra);
            Column::new(format!("c{i}"), DataType::String).with_pattern(pattern)
        });
        let easy = Column::new("easy", DataType::String).with_pattern(format!("[0-9]{{{extra}}}"));
        contract("1.0.0", |b| b.with_columns(hard).with_column(easy))
    };
    let changes = diff(&patterns(1), &patterns(2));
    let reason = |path: &str| {
        let change = changes.iter().find(|change| change.path == path).unwrap();
        change.undecided.clone().unwrap()
    };
    let hard = reason("columns.c0");
    assert!(hard.contains("the patterns repeat too much"), "{hard}");
    let easy = reason("columns.easy");
    assert!(easy.contains("the other patterns"), "{easy}");
}

#[test]
fn long_sections_end() {
    let document = |from: usize| {
        let mut text = String::from(
            "apiVersion: v3.2.0\nkind: DataContract\nid: o\nname: orders\nversion: 1.0.0\n\
             domain: sales\nteam: {name: sales}\nschema:\n  - name: orders\n    properties:\n      \
             - {name: a, logicalType: string}\nslaProperties:\n",
        );
        for i in from..from + 2_000 {
            text.push_str(&format!("  - {{property: p{i}, value: {i}}}\n"));
        }
        text.push_str("servers:\n");
        for i in from..from + 2_000 {
            text.push_str(&format!("  - {{server: s{i}, type: custom}}\n"));
        }
        text.push_str("customProperties:\n");
        for i in from..from + 2_000 {
            text.push_str(&format!("  - {{property: c{i}, value: {i}}}\n"));
        }
        Contract::from_yaml(&text).unwrap_or_else(|p| panic!("{:?}", p.iter().next()))
    };
    let (old, new) = (document(0), document(5_000));
    let time = shortest(|| {
        assert!(diff(&old, &new).len() > 6_000);
    });
    assert!(time < Duration::from_secs(2), "{time:?}");
}
