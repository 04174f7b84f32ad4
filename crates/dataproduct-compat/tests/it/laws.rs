//! Laws that hold for all contracts, tried on generated ones; and rows, which no verdict may contradict.

use dataproduct_compat::{Bump, Comparison, Effect, Kind, Outcome, Policy, compare, diff};
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

/// A column with one of a few defaults, or mostly none; none as well where the column does not permit it.
fn defaulted<C: Strategy<Value = Column>, V: Into<Value> + Clone + std::fmt::Debug + 'static>(
    column: C,
    defaults: &[V],
) -> impl Strategy<Value = Column> + use<C, V> {
    (column, maybe(defaults), 0..3_u8).prop_map(|(column, default, how)| {
        let Some(default) = default.filter(|_| how == 0) else {
            return column;
        };
        let with_default = column.clone().with_default(default);
        match contract("1.0.0", vec![with_default.clone()]) {
            Some(_) => with_default,
            None => column,
        }
    })
}

/// The columns of a contract: some of a few, so that two contracts share most.
fn columns() -> impl Strategy<Value = Vec<Column>> {
    let real_of = |number: f64| Value::try_from(number).unwrap();
    let all = (
        defaulted(whole("n"), &[2_i64, 5]),
        defaulted(real("r"), &[0.5, 1.0].map(real_of)),
        defaulted(text("t"), &["a", "ab"]),
        defaulted(day("d"), &["2026-01-03", "2026-01-04"]),
        nested("s"),
    );
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
                        // A default says what kept rows read as and not which rows are permitted.
                        let effect = match (change.kind, reversed) {
                            (Kind::DefaultAdded, false) | (Kind::DefaultRemoved, true) => "added",
                            (Kind::DefaultAdded, true) | (Kind::DefaultRemoved, false) => "removed",
                            (Kind::DefaultChanged, _) => "changed",
                            (_, true) => change.effect.reversed().as_str(),
                            (_, false) => change.effect.as_str(),
                        };
                        let texts = if reversed {
                            (change.after, change.before)
                        } else {
                            (change.before, change.after)
                        };
                        (change.path, effect, texts)
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
    let mut runner = runner(1_600);
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
                    // Rows that were kept have nothing in columns that are new, but for a default.
                    for (name, cell) in &mut row {
                        if old.column(name).is_none() {
                            *cell = new.column(name).map_or(Cell::Null, absent);
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

/// What rows from before a column read as.
fn absent(column: &Column) -> Cell {
    let default = column.default.as_ref();
    default.map_or(Cell::Null, |default| {
        Cell::of(default, &column.data_type).unwrap()
    })
}

/// One column in two contracts, mostly with the same limits, each with a default or none.
fn twice<C: Strategy<Value = Column>, V: Into<Value> + Clone + std::fmt::Debug + 'static>(
    column: impl Fn() -> C,
    defaults: &[V],
) -> impl Strategy<Value = (Contract, Contract)> {
    let defaults = (maybe(defaults), maybe(defaults));
    (column(), column(), defaults, 0..3_u8).prop_filter_map(
        "not a contract",
        |(was, other, (before, after), alike)| {
            let is = if alike > 0 { was.clone() } else { other };
            let with = |mut column: Column, default: Option<V>| {
                column.default = default.map(Into::into);
                vec![column]
            };
            Some((
                contract("1.0.0", with(was, before))?,
                contract("1.1.0", with(is, after))?,
            ))
        },
    )
}

/// Rows from before a column that both contracts have: what they read as under the new one, which the table is
/// brought to, is nothing that a reader who gets along was not told of.
#[test]
fn no_default_contradicts_a_verdict() {
    let reals = [0.5, 1.0].map(|number| Value::try_from(number).unwrap());
    let pairs = prop_oneof![
        twice(|| whole("n"), &[2_i64, 5]),
        twice(|| real("r"), &reals),
        twice(|| text("t"), &["a", "ab"]),
        twice(|| day("d"), &["2026-01-03", "2026-01-04"]),
    ];
    let (mut differ, mut told) = (0_u64, 0_u64);
    let counts = std::cell::RefCell::new((&mut differ, &mut told));
    runner(3_000)
        .run(&pairs, |(old, new)| {
            let comparison = verdict(&old, &new);
            let (was, is) = (&old.columns()[0], &new.columns()[0]);
            let (before, after) = (absent(was), absent(is));
            let mut counts = counts.borrow_mut();
            *counts.0 += u64::from(before != after);
            if comparison.reader() == Outcome::Holds {
                *counts.1 += u64::from(before != after);
                prop_assert!(before == after || was.default.is_none(), "{was:?} {is:?}");
                prop_assert!(
                    legal(was, &after) || !legal(was, &before),
                    "an old reader meets {after:?} in {was:?}"
                );
            }
            if comparison.history() == Outcome::Holds {
                prop_assert!(
                    legal(is, &after) || !legal(was, &before),
                    "a new reader meets {after:?} in {is:?}"
                );
            }
            Ok(())
        })
        .unwrap();
    assert!(differ > 500, "{differ}");
    assert!(told > 50, "{told}");
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
