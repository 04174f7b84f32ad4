//! Laws that hold for all contracts, tried on generated ones; and rows, which no verdict may contradict.

use dataproduct_compat::{Bump, Comparison, Effect, Outcome, Policy, compare, diff};
use dataproduct_contract::{Column, Contract, DataType, Value, yaml};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use proptest::test_runner::{Config, TestRunner};

use crate::fixtures::today;
use crate::oracle::{Cell, legal, legal_row, pool};

/// How many times more samples are taken: 1 unless `DATAPRODUCT_DEEP` says otherwise.
pub(crate) fn deep() -> u32 {
    let text = std::env::var("DATAPRODUCT_DEEP").unwrap_or_default();
    text.parse().unwrap_or(1)
}

fn runner(cases: u32) -> TestRunner {
    TestRunner::new(Config {
        cases: cases * deep(),
        failure_persistence: None,
        ..Config::default()
    })
}

fn contract(version: &str, columns: Vec<Column>) -> Option<Contract> {
    Contract::builder("laws.generated", version)
        .with_owner("laws")
        .with_columns(columns)
        .build()
        .ok()
}

/// One of a few values, or none; few, so that two columns are often comparable.
fn maybe<T: Clone + std::fmt::Debug + 'static>(
    values: &[T],
) -> impl Strategy<Value = Option<T>> + use<T> {
    let mut all: Vec<Option<T>> = vec![None, None];
    all.extend(values.iter().cloned().map(Some));
    select(all)
}

fn whole(name: &'static str) -> impl Strategy<Value = Column> {
    let types = select(vec![
        DataType::Int8,
        DataType::Int32,
        DataType::Int32,
        DataType::Int64,
        DataType::Decimal {
            precision: 3,
            scale: 0,
        },
        DataType::Decimal {
            precision: 5,
            scale: 1,
        },
    ]);
    let bounds = (
        maybe(&[-3, 0, 1]),
        maybe(&[5, 9]),
        maybe(&[-1, 0]),
        maybe(&[6, 10]),
        maybe(&[1.0, 2.0, 3.0, 0.5]),
    );
    let lists = (subsequence(vec![0, 1, 2, 5, 6, 8], 0..=6), 0..4_u8);
    (types, any::<bool>(), bounds, lists).prop_map(
        move |(data_type, nullable, (min, max, above, below, step), (list, how))| {
            let mut column = Column::new(name, data_type).with_nullable(nullable);
            column.limits.minimum = min.map(Into::into);
            column.limits.maximum = max.map(Into::into);
            column.limits.exclusive_minimum = above.map(Into::into);
            column.limits.exclusive_maximum = below.map(Into::into);
            column.limits.multiple_of = step;
            listed(column, list.into_iter().map(Value::from), how)
        },
    )
}

fn real(name: &'static str) -> impl Strategy<Value = Column> {
    let bounds = (
        maybe(&[0.0, 0.5]),
        maybe(&[2.0, 9.5]),
        maybe(&[-1.0, 0.0]),
        maybe(&[2.0]),
        maybe(&[0.5, 0.25, 0.1]),
    );
    (any::<bool>(), bounds).prop_map(move |(nullable, (min, max, above, below, step))| {
        let mut column = Column::new(name, DataType::Float64).with_nullable(nullable);
        let value = |number: Option<f64>| number.map(|n| Value::try_from(n).unwrap());
        column.limits.minimum = value(min);
        column.limits.maximum = value(max);
        column.limits.exclusive_minimum = value(above);
        column.limits.exclusive_maximum = value(below);
        column.limits.multiple_of = step;
        column
    })
}

fn text(name: &'static str) -> impl Strategy<Value = Column> {
    let lengths = (maybe(&[1_u64, 2]), maybe(&[2_u64, 4]));
    let patterns = maybe(&["a*", "[ab]*", "[ab]{1,2}", "(?s).*"]);
    let lists = (subsequence(vec!["", "a", "ab", "abc", "x"], 0..=5), 0..4_u8);
    (any::<bool>(), lengths, patterns, lists).prop_map(
        move |(nullable, (min, max), pattern, (list, how))| {
            let mut column = Column::new(name, DataType::String).with_nullable(nullable);
            column.limits.min_length = min;
            column.limits.max_length = max;
            column.limits.pattern = pattern.map(str::to_owned);
            listed(column, list.into_iter().map(Value::from), how)
        },
    )
}

/// Limits a column to a list of values in one case of four, and to an open one in another.
fn listed(mut column: Column, list: impl Iterator<Item = Value>, how: u8) -> Column {
    if how < 2 {
        column.allowed = list.map(Into::into).collect();
        column.open_enum = how == 1 && !column.allowed.is_empty();
    }
    column
}

fn day(name: &'static str) -> impl Strategy<Value = Column> {
    let days = (maybe(&["2026-01-01", "2026-01-03"]), maybe(&["2026-01-05"]));
    (any::<bool>(), days).prop_map(move |(nullable, (min, max))| {
        let mut column = Column::new(name, DataType::Date).with_nullable(nullable);
        column.limits.minimum = min.map(Into::into);
        column.limits.maximum = max.map(Into::into);
        column
    })
}

fn nested(name: &'static str) -> impl Strategy<Value = Column> {
    let fields = (whole("x"), text("y"), 0..3_u8);
    let lists = (
        maybe(&[0_u64, 1]),
        maybe(&[2_u64, 3]),
        any::<bool>(),
        whole("element"),
    );
    let list = (any::<bool>(), lists).prop_map(move |(nullable, (min, max, unique, element))| {
        let list = DataType::List(Box::new(element));
        let mut column = Column::new(name, list).with_nullable(nullable);
        column.limits.min_items = min;
        column.limits.max_items = max;
        column.limits.unique_items = unique;
        column
    });
    let record = (any::<bool>(), fields).prop_map(move |(nullable, (x, y, which))| {
        let fields = match which {
            0 => vec![x],
            1 => vec![x, y],
            _ => vec![y, x],
        };
        Column::new(name, DataType::Struct(fields)).with_nullable(nullable)
    });
    prop_oneof![list, record]
}

/// The columns of a contract: some of a few, so that two contracts share most.
fn columns() -> impl Strategy<Value = Vec<Column>> {
    let all = (whole("n"), real("r"), text("t"), day("d"), nested("s"));
    (all, 0..32_u8).prop_map(|((n, r, t, d, s), mask)| {
        let columns = vec![n, r, t, d, s];
        let kept = columns.into_iter().enumerate();
        // Most columns are there most of the time.
        let kept = kept.filter(|(i, _)| mask & (1 << i) != 0 || *i == 0);
        kept.map(|(_, column)| column).collect()
    })
}

fn pair() -> impl Strategy<Value = (Contract, Contract)> {
    (columns(), columns(), 0..5_u8).prop_filter_map("not a contract", |(old, mut new, alike)| {
        // Often only one column differs: then the verdict rests on that one alone.
        if alike > 0 {
            let keep = usize::from(alike) % old.len().max(1);
            for (i, column) in old.iter().enumerate() {
                let same = new.iter_mut().find(|other| other.name == column.name);
                match same {
                    Some(other) if i != keep => *other = column.clone(),
                    None if i != keep => new.push(column.clone()),
                    _ => {}
                }
            }
        }
        Some((contract("1.0.0", old)?, contract("1.1.0", new)?))
    })
}

fn verdict(old: &Contract, new: &Contract) -> Comparison {
    compare(old, new, &Policy::default(), today())
}

#[test]
fn nothing_differs_from_itself() {
    runner(200)
        .run(
            &columns().prop_filter_map("not a contract", |c| contract("1.0.0", c)),
            |a| {
                prop_assert!(diff(&a, &a).is_empty());
                prop_assert_eq!(verdict(&a, &a).required(), Bump::None);
                Ok(())
            },
        )
        .unwrap();
}

#[test]
fn tightening_one_way_is_loosening_the_other() {
    runner(400)
        .run(&pair(), |(a, b)| {
            let summary = |changes: Vec<dataproduct_compat::Change>, reversed: bool| {
                let mut summary: Vec<_> = changes
                    .into_iter()
                    .map(|change| {
                        let effect = if reversed {
                            change.effect.reversed()
                        } else {
                            change.effect
                        };
                        let texts = if reversed {
                            (change.after, change.before)
                        } else {
                            (change.before, change.after)
                        };
                        (change.path, effect.as_str(), texts)
                    })
                    .collect();
                summary.sort();
                summary
            };
            prop_assert_eq!(summary(diff(&a, &b), false), summary(diff(&b, &a), true));
            Ok(())
        })
        .unwrap();
}

/// Rows from the edges of both contracts, tried against every verdict.
#[test]
fn no_row_contradicts_a_verdict() {
    let mut samples = 0_u64;
    let mut told = [0_u64; 4];
    // Pairs that differ and of which the verdict says that a party gets along.
    let mut claims = [0_u64; 3];
    let mut runner = runner(900);
    let counts = std::cell::RefCell::new((&mut samples, &mut told, &mut claims));
    runner
        .run(&(pair(), any::<u64>()), |((old, new), seed)| {
            let comparison = verdict(&old, &new);
            let outcomes = [
                comparison.reader(),
                comparison.writer(),
                comparison.history(),
            ];
            let differs = |f: &dataproduct_compat::Finding| f.change.effect != Effect::Metadata;
            let differs = comparison.findings().iter().any(differs);
            for (count, outcome) in counts.borrow_mut().2.iter_mut().zip(outcomes) {
                *count += u64::from(differs && outcome == Outcome::Holds);
            }
            let mut random = crate::oracle::Random(seed);
            let pools: Vec<_> = new
                .columns()
                .iter()
                .map(|c| pool(old.column(&c.name), c))
                .collect();
            let only_old: Vec<_> = old
                .columns()
                .iter()
                .filter(|c| new.column(&c.name).is_none())
                .map(|c| (c.name.clone(), pool(Some(c), c)))
                .collect();
            for _ in 0..120 {
                let mut row: Vec<(String, Cell)> = new
                    .columns()
                    .iter()
                    .zip(&pools)
                    .map(|(c, pool)| (c.name.clone(), random.pick(pool)))
                    .collect();
                for (name, pool) in &only_old {
                    row.push((name.clone(), random.pick(pool)));
                }
                let (was, is) = (
                    legal_row(old.columns(), &row),
                    legal_row(new.columns(), &row),
                );
                let mut counts = counts.borrow_mut();
                *counts.0 += 1;
                counts.1[usize::from(was) * 2 + usize::from(is)] += 1;
                if comparison.reader() == Outcome::Holds {
                    prop_assert!(!is || was, "an old reader meets {row:?}");
                }
                if comparison.writer() == Outcome::Holds {
                    prop_assert!(!was || is, "an old writer sends {row:?}");
                }
                if comparison.history() == Outcome::Holds {
                    // Rows that were kept have nothing in columns that are new.
                    for (name, cell) in &mut row {
                        if old.column(name).is_none() {
                            *cell = Cell::Null;
                        }
                    }
                    let is = legal_row(new.columns(), &row);
                    prop_assert!(!was || is, "a new reader meets {row:?}");
                }
            }
            Ok(())
        })
        .unwrap();
    assert!(samples >= 100_000, "{samples}");
    // Each way that a row can be legal occurs often, so the test above looks at something.
    assert!(told.iter().all(|count| *count > 1_000), "{told:?}");
    assert!(claims.iter().all(|count| *count > 50), "{claims:?}");
}

/// The column that a witness is about in each contract, and the value there.
fn witnessed<'a>(
    columns: (&'a [Column], &'a [Column]),
    witness: &Value,
) -> Option<(&'a Column, &'a Column, Cell)> {
    let map = witness.as_map()?;
    let (name, value) = map.iter().next()?;
    let find = |columns: &'a [Column]| columns.iter().find(|c| c.name == name);
    descend((find(columns.0)?, find(columns.1)?), value)
}

fn descend<'a>(
    (old, new): (&'a Column, &'a Column),
    value: &Value,
) -> Option<(&'a Column, &'a Column, Cell)> {
    match (&old.data_type, &new.data_type, value) {
        (DataType::Struct(a), DataType::Struct(b), Value::Map(_)) => witnessed((a, b), value),
        (DataType::List(a), DataType::List(b), Value::List(items)) => {
            descend((a, b), items.first()?)
        }
        _ => Some((old, new, Cell::of(value, &new.data_type)?)),
    }
}

#[test]
fn witnesses_are_legal_on_one_side_only() {
    let mut seen = 0_u64;
    let count = std::cell::RefCell::new(&mut seen);
    runner(400)
        .run(&pair(), |(old, new)| {
            for change in diff(&old, &new) {
                let Some(witness) = &change.witness else {
                    continue;
                };
                let sides = [(&witness.only_old, true), (&witness.only_new, false)];
                for (json, is_old) in sides {
                    let Some(json) = json else { continue };
                    let Ok(value) = yaml::from_str::<Value>(json) else {
                        continue;
                    };
                    let found = witnessed((old.columns(), new.columns()), &value);
                    let Some((a, b, cell)) = found else { continue };
                    // Sizes of lists are told in words.
                    let is_list = |c: &Column| matches!(c.data_type, DataType::List(_));
                    if (is_list(a) || is_list(b)) && cell != Cell::Null {
                        continue;
                    }
                    prop_assert_eq!(legal(a, &cell), is_old, "{} {}", change, json);
                    prop_assert_eq!(legal(b, &cell), !is_old, "{} {}", change, json);
                    **count.borrow_mut() += 1;
                }
            }
            Ok(())
        })
        .unwrap();
    assert!(seen > 200, "{seen}");
}

/// Two steps in one direction are a step in that direction, and as strict as each of them.
#[test]
fn steps_in_one_direction_compose() {
    let mut runner = runner(1);
    let strategy = prop::collection::vec(
        whole("n").prop_filter_map("not a contract", |c| contract("1.0.0", vec![c])),
        70,
    );
    let universe = {
        use proptest::strategy::ValueTree;
        strategy.new_tree(&mut runner).unwrap().current()
    };
    let effects: Vec<Vec<Vec<Effect>>> = universe
        .iter()
        .map(|a| {
            let row = universe.iter();
            row.map(|b| diff(a, b).into_iter().map(|change| change.effect).collect())
                .collect()
        })
        .collect();
    let bumps: Vec<Vec<Bump>> = universe
        .iter()
        .map(|a| universe.iter().map(|b| verdict(a, b).required()).collect())
        .collect();
    let mut chains = 0_u64;
    for direction in [Effect::Tightens, Effect::Loosens] {
        let is_step = |effects: &[Effect]| {
            effects.contains(&direction)
                && effects
                    .iter()
                    .all(|e| *e == direction || *e == Effect::Metadata)
        };
        for a in 0..universe.len() {
            for b in 0..universe.len() {
                for c in 0..universe.len() {
                    if is_step(&effects[a][b]) && is_step(&effects[b][c]) {
                        chains += 1;
                        assert!(
                            is_step(&effects[a][c]),
                            "{:?} -> {:?} -> {:?}: {:?}",
                            universe[a].columns(),
                            universe[b].columns(),
                            universe[c].columns(),
                            effects[a][c]
                        );
                        assert!(bumps[a][c] >= bumps[a][b].max(bumps[b][c]));
                    }
                }
            }
        }
    }
    assert!(chains > 200, "{chains}");
}
