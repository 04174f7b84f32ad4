//! Rules that need more than one row, against an oracle: what rows refer to, what rows before them say, publishes before,
//! the clock; and what is told of rows.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arrow_array::{
    ArrayRef, Int32Array, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray,
};
use dataproduct_contract::{
    Aggregate, Check, Column, ColumnRef, Contract, DataType, OnFailure, Operator, PiiCategory,
    Rule, Severity, Threshold,
};
use dataproduct_quality::GateContext;
use dataproduct_quality::outcome::QualityReport;
use proptest::prelude::*;

use super::driver::{context, parted_in, report_in, result, timeless};

/// A month of an account.
#[derive(Clone, Debug)]
struct Row {
    account: Option<String>,
    month: Option<i64>,
    opening: Option<i64>,
    closing: Option<i64>,
    /// Seconds before the clock of the run.
    age: Option<i64>,
    owner: Option<String>,
    branch: Option<i32>,
}

/// What the world beyond the rows is like.
#[derive(Clone, Debug)]
struct World {
    product: Option<OnFailure>,
    /// Owner and branch of the customers; a part may be missing.
    customers: Vec<(Option<String>, Option<i64>)>,
    before: Vec<u64>,
    publishes: u32,
    oldest: f64,
}

fn contract(world: &World) -> Contract {
    let column = |name: &str, data_type| Column::new(name, data_type).with_nullable(true);
    let number = |name: &str| column(name, DataType::Int64);
    let text = |name: &str| column(name, DataType::String);
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    let refers = |columns: &[&str], keys: &[&str]| {
        let keys = keys
            .iter()
            .map(|key| format!("crm.customers#{key}").parse::<ColumnRef>());
        let check = Check::UnknownReferences {
            columns: names(columns),
            references: keys.map(Result::unwrap).collect(),
        };
        Rule::of(check).with_id(columns.join("-"))
    };
    let continuity = Check::Discontinuity {
        opening: "opening".into(),
        closing: "closing".into(),
        by: names(&["account"]),
        order: "month".into(),
    };
    let age = Check::Age {
        column: Some("at".into()),
    };
    let volume = Check::VolumeChange {
        publishes: world.publishes,
    };
    let overdrawn = Check::Expression {
        expression: "closing >= 0".into(),
    };
    let sum = Check::Aggregate {
        function: Aggregate::Sum,
        column: Some("closing".into()),
    };
    let notify = |rule: Rule, message: &str| {
        let rule = rule
            .with_on_failure(OnFailure::Notify)
            .with_message(message);
        rule.with_severity(Severity::Warning)
    };
    let mut builder = Contract::builder("finance.ledger", "1.0.0")
        .with_owner("finance")
        .with_column(text("account"))
        .with_column(number("month"))
        .with_column(number("opening").with_minimum(-50))
        .with_column(number("closing"))
        .with_column(column("at", DataType::Timestamp))
        .with_column(text("owner").with_pii(PiiCategory::Direct))
        .with_column(column("branch", DataType::Int32))
        .with_rule(Rule::new(
            continuity,
            Threshold::rows(Operator::LessOrEqual(1.0)),
        ))
        .with_rule(refers(&["owner"], &["name"]))
        .with_rule(refers(&["owner", "branch"], &["name", "branch"]))
        .with_rule(Rule::new(
            age,
            Threshold::value(Operator::LessThan(world.oldest)),
        ))
        .with_rule(Rule::new(
            volume,
            Threshold::percent(Operator::Between(-50.0, 50.0)),
        ))
        .with_rule(notify(
            Rule::of(overdrawn).with_id("overdrawn"),
            "{account} of {owner} is at {closing}, {measure} in all",
        ))
        .with_rule(notify(
            Rule::new(sum, Threshold::value(Operator::GreaterOrEqual(0.0))).with_id("sum"),
            "all are at {measure}",
        ));
    if let Some(product) = &world.product {
        builder = builder.with_on_failure(product.clone());
    }
    builder.build().unwrap()
}

fn batch(rows: &[Row]) -> RecordBatch {
    let now = context_seconds();
    let text = |of: fn(&Row) -> &Option<String>| -> ArrayRef {
        Arc::new(
            rows.iter()
                .map(|row| of(row).as_deref())
                .collect::<StringArray>(),
        )
    };
    let number = |of: fn(&Row) -> Option<i64>| -> ArrayRef {
        Arc::new(rows.iter().map(of).collect::<Int64Array>())
    };
    let at = rows
        .iter()
        .map(|row| row.age.map(|age| (now - age) * 1_000_000));
    let at: TimestampMicrosecondArray = at.collect();
    let columns: [(&str, ArrayRef); 7] = [
        ("account", text(|row| &row.account)),
        ("month", number(|row| row.month)),
        ("opening", number(|row| row.opening)),
        ("closing", number(|row| row.closing)),
        ("at", Arc::new(at.with_timezone("UTC"))),
        ("owner", text(|row| &row.owner)),
        (
            "branch",
            Arc::new(rows.iter().map(|row| row.branch).collect::<Int32Array>()),
        ),
    ];
    RecordBatch::try_from_iter_with_nullable(columns.map(|(name, array)| (name, array, true)))
        .unwrap()
}

/// The clock of the run, in seconds.
fn context_seconds() -> i64 {
    1_700_000_000
}

fn given(world: &World, contract: &Contract) -> GateContext {
    let mut context = context().with_rows_before(world.before.clone());
    let names: StringArray = world.customers.iter().map(|row| row.0.as_deref()).collect();
    let branches: Int64Array = world.customers.iter().map(|row| row.1).collect();
    let columns: [(&str, ArrayRef, bool); 2] = [
        ("name", Arc::new(names), true),
        ("branch", Arc::new(branches), true),
    ];
    let customers = RecordBatch::try_from_iter_with_nullable(columns).unwrap();
    for (references, keys) in GateContext::references_of(contract) {
        let mut keys = keys.unwrap();
        keys.push(&customers).unwrap();
        context = context.with_keys(&references, Ok(keys));
    }
    context
}

/// The rows that break a rule, and its measure.
type Found = (Vec<usize>, Option<f64>);

/// The rows that refer to a customer who is not there; without `branch` by name alone.
fn strangers(world: &World, rows: &[Row], branch: bool) -> Vec<usize> {
    let is_stranger = |row: &Row| match (&row.owner, row.branch) {
        (None, _) => false,
        (Some(_), None) if branch => false,
        (Some(owner), of) => !world.customers.iter().any(|(name, known)| {
            name.as_ref() == Some(owner)
                && (!branch || (known.is_some() && *known == of.map(i64::from)))
        }),
    };
    let rows = rows.iter().enumerate();
    rows.filter(|(_, row)| is_stranger(row))
        .map(|(place, _)| place)
        .collect()
}

/// The months that do not open as the one before has closed.
fn broken_chains(rows: &[Row], stay: &[usize]) -> Vec<usize> {
    let mut chains: BTreeMap<&Option<String>, Vec<(i64, usize)>> = BTreeMap::new();
    for place in stay {
        let row = &rows[*place];
        if let Some(month) = row.month {
            chains
                .entry(&row.account)
                .or_default()
                .push((month, *place));
        }
    }
    let mut broken = Vec::new();
    for mut chain in chains.into_values() {
        chain.sort_unstable();
        let mut closed = None;
        for (_, place) in chain {
            if let (Some(closed), Some(opening)) = (closed, rows[place].opening)
                && closed != opening
            {
                broken.push(place);
            }
            closed = rows[place].closing.or(closed);
        }
    }
    broken.sort_unstable();
    broken
}

/// What each rule must come to, and the rows that stay.
fn oracle(world: &World, rows: &[Row]) -> (BTreeMap<&'static str, Found>, Vec<usize>) {
    let places = |is_bad: &dyn Fn(&Row) -> bool| -> Vec<usize> {
        let rows = rows.iter().enumerate();
        rows.filter(|(_, row)| is_bad(row))
            .map(|(place, _)| place)
            .collect()
    };
    let by_row = [
        (
            "opening.range",
            places(&|row| row.opening.is_some_and(|n| n < -50)),
        ),
        ("owner", strangers(world, rows, false)),
        ("owner-branch", strangers(world, rows, true)),
        (
            "overdrawn",
            places(&|row| row.closing.is_some_and(|n| n < 0)),
        ),
    ];
    let apart: BTreeSet<usize> = match world.product {
        Some(_) => by_row[..3]
            .iter()
            .flat_map(|(_, rows)| rows.iter().copied())
            .collect(),
        None => BTreeSet::new(),
    };
    let stay: Vec<usize> = (0..rows.len())
        .filter(|place| !apart.contains(place))
        .collect();
    let mut out: BTreeMap<&str, Found> = BTreeMap::new();
    for (rule, rows) in by_row {
        let measure = Some(rows.len() as f64);
        out.insert(rule, (rows, measure));
    }
    let broken = broken_chains(rows, &stay);
    let measure = Some(broken.len() as f64);
    out.insert("discontinuity", (broken, measure));
    let youngest = stay.iter().filter_map(|place| rows[*place].age).min();
    out.insert("age", (Vec::new(), youngest.map(|age| age as f64)));
    let before: Vec<u64> = world
        .before
        .iter()
        .copied()
        .take(world.publishes as usize)
        .collect();
    let mean = before.iter().sum::<u64>() as f64 / before.len().max(1) as f64;
    let change = match (before.is_empty(), mean == 0.0, stay.is_empty()) {
        (true, ..) | (false, true, false) => None,
        (false, true, true) => Some(0.0),
        (false, false, _) => Some((stay.len() as f64 - mean) / mean * 100.0),
    };
    out.insert("volumeChange", (Vec::new(), change));
    let sum: i64 = stay.iter().filter_map(|place| rows[*place].closing).sum();
    out.insert("sum", (Vec::new(), Some(sum as f64)));
    (out, stay)
}

fn check(world: &World, rows: &[Row], found: &QualityReport) {
    let (expect, stay) = oracle(world, rows);
    for (rule, (failed, measure)) in &expect {
        let result = result(found, rule);
        let first = failed.first().map(|row| *row as u64);
        let counts = (result.failed_rows, result.first_row, result.measure);
        assert_eq!(counts, (failed.len() as u64, first, *measure), "{rule}");
        assert_eq!(
            result.not_evaluated().is_some(),
            measure.is_none(),
            "{rule}"
        );
        let holds = match (*rule, measure) {
            (_, None) => true,
            ("discontinuity", Some(rows)) => *rows <= 1.0,
            ("age", Some(age)) => *age < world.oldest,
            ("volumeChange", Some(change)) => *change > -50.0 && *change < 50.0,
            ("sum", Some(sum)) => *sum >= 0.0,
            (_, Some(rows)) => *rows == 0.0,
        };
        assert_eq!(result.is_failed(), !holds, "{rule}");
        let refuses = match *rule {
            "overdrawn" | "sum" => false,
            "opening.range" | "owner" | "owner-branch" => world.product.is_none(),
            _ => true,
        };
        assert_eq!(result.rejects(), !holds && refuses, "{rule}");
    }
    let (overdrawn, measure) = &expect["overdrawn"];
    let told = overdrawn.iter().take(100).map(|place| {
        let row = &rows[*place];
        let account = row.account.as_deref().unwrap_or("null");
        let (closing, all) = (row.closing.unwrap(), measure.unwrap());
        format!("{account} of ••• is at {closing}, {all} in all")
    });
    assert_eq!(
        result(found, "overdrawn").messages,
        told.collect::<Vec<_>>()
    );
    let sum = expect["sum"].1.unwrap();
    let told = (sum < 0.0).then(|| format!("all are at {sum}"));
    assert_eq!(
        result(found, "sum").messages,
        told.into_iter().collect::<Vec<_>>()
    );
    assert_eq!(found.rows().published(), stay.len() as u64);
}

fn name() -> impl Strategy<Value = Option<String>> {
    let names = prop::sample::select(vec!["ada", "bo", "cy", "di"]);
    prop_oneof![1 => Just(None), 6 => names.prop_map(|name| Some(name.to_owned()))]
}

fn maybe<T: std::fmt::Debug + Clone + 'static>(
    value: impl Strategy<Value = T> + 'static,
) -> impl Strategy<Value = Option<T>> {
    prop_oneof![1 => Just(None), 8 => value.prop_map(Some)]
}

fn row() -> impl Strategy<Value = Row> {
    let account = prop::sample::select(vec!["x", "y"]).prop_map(str::to_owned);
    // Few amounts, so that months do follow each other.
    let amount = || prop_oneof![20 => -1..2_i64, 1 => Just(-51), 1 => Just(-50)];
    let columns = (
        maybe(account),
        maybe(0..6_i64),
        maybe(amount()),
        maybe(amount()),
        maybe(-100..1_000_i64),
        name(),
        maybe(0..3_i32),
    );
    columns.prop_map(
        |(account, month, opening, closing, age, owner, branch)| Row {
            account,
            month,
            opening,
            closing,
            age,
            owner,
            branch,
        },
    )
}

fn world() -> impl Strategy<Value = World> {
    let customer = (name(), maybe(0..3_i64));
    let product = prop::option::of(Just(OnFailure::Quarantine));
    let before = prop::collection::vec(0..40_u64, 0..4);
    let customers = prop::collection::vec(customer, 0..9);
    let world = (product, customers, before, 1..4_u32, -100..500_i64);
    world.prop_map(|(product, customers, before, publishes, oldest)| World {
        product,
        customers,
        before,
        publishes,
        oldest: oldest as f64,
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    #[test]
    fn rules_about_more_than_a_row_find_what_a_plain_look_finds(
        world in world(),
        rows in prop::collection::vec(row(), 0..40),
        cut in 0..40_usize,
    ) {
        let contract = contract(&world);
        let whole = batch(&rows);
        let cut = cut.min(rows.len());
        let batches = [whole.slice(0, cut), whole.slice(cut, rows.len() - cut)];
        let (parted, by_hand) = parted_in(&contract, given(&world, &contract), &batches);
        check(&world, &rows, &by_hand);
        for threads in [1, 2] {
            let found = report_in(&contract, given(&world, &contract), &batches, threads);
            prop_assert_eq!(timeless(&found), timeless(&by_hand));
        }
        if !parted.refused {
            let (_, stay) = oracle(&world, &rows);
            prop_assert_eq!(parted.published_rows(), stay.len());
        }
    }
}
