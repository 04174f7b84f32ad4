//! Rows made from contracts: good ones keep every rule, and broken ones break what they say and nothing else. The gate
//! is the judge, by itself and not by what makes the rows.

use std::num::NonZeroUsize;

use arrow_array::RecordBatch;
use dataproduct_contract::{
    Aggregate, Check, Column, ColumnRef, Contract, ContractBuilder, DataType, Format, OnFailure,
    Operator, Rule, Threshold, Value,
};
use dataproduct_quality::outcome::QualityReport;
use dataproduct_quality::testing::{Broken, Generator, Proof, TestingError};
use dataproduct_quality::{GateContext, check_rows};
use proptest::prelude::*;

fn builder() -> ContractBuilder {
    Contract::builder("inventory.stock", "1.0.0").with_owner("inventory-platform")
}

fn decimal() -> DataType {
    DataType::Decimal {
        precision: 9,
        scale: 2,
    }
}

fn expression(id: &str, text: &str) -> Rule {
    let check = Check::Expression {
        expression: text.into(),
    };
    Rule::of(check).with_id(id)
}

fn gated(contract: &Contract, context: GateContext, batch: &RecordBatch) -> QualityReport {
    let open = || Ok::<_, std::convert::Infallible>(std::iter::once(Ok(batch.clone())));
    check_rows(contract, context, NonZeroUsize::MIN, open).unwrap()
}

/// Whether the gate finds in the rows the breach that is said, in those rows, and no other.
#[track_caller]
fn breaks_only(contract: &Contract, broken: &Broken) {
    let report = gated(contract, broken.context.clone(), &broken.batch);
    for result in report.results() {
        let expect = match result.rule == broken.rule {
            true => broken.rows.len() as u64,
            false => 0,
        };
        let is_figure = result.rule == broken.rule && broken.rows.is_empty();
        assert_eq!(result.is_failed(), result.rule == broken.rule, "{result:?}");
        assert!(is_figure || result.failed_rows == expect, "{result:?}");
        if let (Some(first), true) = (broken.rows.first(), expect > 0) {
            let first_row = usize::try_from(result.first_row.unwrap()).unwrap();
            assert!(broken.rows.contains(&first_row), "{first} {result:?}");
        }
    }
}

#[track_caller]
fn check(contract: &Contract) -> Proof {
    let generator = Generator::new(contract);
    let proof = generator.prove().unwrap_or_else(|error| panic!("{error}"));
    for rule in &proof.alone {
        breaks_only(contract, &generator.breaking(rule, 2).unwrap());
    }
    proof
}

/// Columns of every type, each with what can be said of it.
fn every_limit() -> ContractBuilder {
    let text = |name: &str| Column::new(name, DataType::String);
    let money = DataType::Struct(vec![
        Column::new("units", DataType::Int64).with_minimum(0),
        text("currency").with_allowed("NOK").with_allowed("SEK"),
    ]);
    builder()
        .with_column(text("sku").with_key(1).with_pattern("s[0-9]{4,8}"))
        .with_column(Column::new("day", DataType::Date).with_key(2))
        .with_column(
            Column::new("small", DataType::Int8)
                .with_minimum(-3)
                .with_maximum(9),
        )
        .with_column(
            Column::new("price", decimal())
                .with_minimum(Value::try_from(0.5).unwrap())
                .with_multiple_of(0.05),
        )
        .with_column(
            Column::new("share", DataType::Float64)
                .with_minimum(0)
                .with_maximum(1)
                .with_nullable(true),
        )
        .with_column(Column::new("ratio", DataType::Float32))
        .with_column(text("name").with_min_length(3).with_max_length(9))
        .with_column(Column::new("id", DataType::Uuid).with_unique())
        .with_column(Column::new("at", DataType::Timestamp).with_minimum("2024-01-01T00:00:00Z"))
        .with_column(Column::new("local", DataType::TimestampNtz).with_nullable(true))
        .with_column(Column::new("raw", DataType::Binary).with_max_length(4))
        .with_column(Column::new("open", DataType::Boolean))
        .with_column(
            text("state")
                .with_allowed("open")
                .with_allowed("shut")
                .with_nullable(true),
        )
        .with_column(Column::new("cost", money).with_nullable(true))
        .with_column(
            Column::new("tags", DataType::list(DataType::String, false))
                .with_min_items(1)
                .with_max_items(3)
                .with_unique_items(),
        )
        .with_column(
            Column::new("fees", DataType::map(DataType::String, decimal(), true))
                .with_nullable(true),
        )
}

#[test]
fn every_limit_of_every_type_is_kept_and_broken_alone() {
    let contract = every_limit().build().unwrap();
    let proof = check(&contract);
    insta::assert_snapshot!(proof, @r"
    10 rows keep every rule
    broken alone: sku.required, sku.pattern, day.required, day.type, small.required, small.range, price.required, price.type, price.range, price.multipleOf, share.range, ratio.required, name.required, name.length, id.required, id.type, id.unique, at.required, at.type, at.range, local.type, raw.required, raw.length, open.required, state.allowed, cost.units.required, cost.units.range, cost.currency.required, cost.currency.allowed, tags.required, tags.items, tags.uniqueItems, tags.element.required, fees.value.type, key
    kept by type: fees.key.required
    ");
}

#[test]
fn rows_are_the_same_for_the_same_seed() {
    let contract = every_limit().build().unwrap();
    let generator = Generator::new(&contract);
    let rows = generator.rows(50).unwrap();
    assert_eq!(rows.num_rows(), 50);
    assert_eq!(rows.schema(), contract.arrow_schema());
    assert_eq!(rows, generator.rows(50).unwrap());
    assert_ne!(rows, generator.with_seed(2).rows(50).unwrap());
    assert_eq!(Generator::new(&contract).rows(0).unwrap().num_rows(), 0);
}

#[test]
fn every_format_is_kept_and_broken_alone() {
    for format in Format::ALL {
        let column = Column::new("v", DataType::String).with_format(format.as_str());
        // Text that is a UUID has a type of its own.
        let Ok(contract) = builder().with_column(column).build() else {
            assert_eq!(format, Format::Uuid);
            continue;
        };
        assert_eq!(
            check(&contract).alone,
            ["v.required", "v.format"],
            "{format}"
        );
    }
}

#[test]
fn patterns_of_many_shapes_are_kept_and_broken_alone() {
    for pattern in [
        "[WS]-[A-Z]{3}",
        "[0-9]{13}",
        r"\d{4}-\d\d",
        "(a|bc)*d?",
        "^x+$",
        r"(?i)kr \w+",
        "[^a-z]{2,5}",
        "é+ø",
    ] {
        let column = Column::new("v", DataType::String).with_pattern(pattern);
        let proof = check(&builder().with_column(column).build().unwrap());
        assert_eq!(proof.alone, ["v.required", "v.pattern"], "{pattern}");
    }
}

#[test]
fn conditions_between_columns_are_kept_and_broken_alone() {
    let count = |name: &str| Column::new(name, DataType::Int64).with_minimum(0);
    let at = |name: &str| Column::new(name, DataType::Timestamp);
    let contract = builder()
        .with_column(Column::new("id", DataType::Int64).with_key(1))
        .with_column(count("on_hand"))
        .with_column(count("reserved"))
        .with_column(Column::new("atp", DataType::Int64))
        .with_column(at("begins"))
        .with_column(at("ends"))
        .with_column(Column::new("net", decimal()).with_minimum(0))
        .with_column(Column::new("gross", decimal()))
        .with_column(
            Column::new("state", DataType::String)
                .with_allowed("open")
                .with_allowed("shut"),
        )
        .with_column(at("closed").with_nullable(true))
        .with_rule(expression("reserved", "reserved <= on_hand"))
        .with_rule(expression("atp", "atp = on_hand - reserved"))
        .with_rule(expression("window", "begins < ends"))
        .with_rule(expression("gross", "gross = round(net * 1.25, 2)"))
        .with_rule(expression(
            "closed",
            "(state = 'shut') = (closed is not null)",
        ))
        .build()
        .unwrap();
    let proof = check(&contract);
    // Fewer than none on hand are fewer than are reserved; the others go beyond what the other column can hold.
    let together: Vec<&str> = proof
        .together
        .iter()
        .map(|(rule, _)| rule.as_str())
        .collect();
    assert_eq!(
        together,
        ["on_hand.range", "net.type", "gross.type"],
        "{proof}"
    );
    for rule in ["reserved", "atp", "window", "gross", "closed"] {
        assert!(proof.alone.iter().any(|alone| alone == rule), "{proof}");
    }
}

#[test]
fn rules_about_all_rows_are_kept_and_broken_alone() {
    let figure = |id: &str, function, column: &str, operator| {
        let column = Some(column.to_owned());
        let check = Check::Aggregate { function, column };
        Rule::new(check, Threshold::value(operator)).with_id(id)
    };
    let rising = Check::OutOfOrder {
        column: Some("reading".into()),
        by: vec!["meter".into()],
        order: "id".into(),
        strictly: false,
    };
    let chain = Check::Discontinuity {
        opening: "opening".into(),
        closing: "closing".into(),
        by: vec![],
        order: "id".into(),
    };
    let age = Check::Age { column: None };
    let number = |name: &str| Column::new(name, DataType::Int64);
    let contract = builder()
        .with_column(number("id").with_key(1))
        .with_column(
            Column::new("meter", DataType::String)
                .with_allowed("a")
                .with_allowed("b"),
        )
        .with_column(number("reading"))
        .with_column(number("opening"))
        .with_column(number("closing"))
        .with_column(number("pieces").with_minimum(0))
        .with_column(number("kinds"))
        .with_column(Column::new("seen", DataType::Timestamp).with_rule(
            Rule::new(age, Threshold::value(Operator::LessThan(3_600.0))).with_id("age"),
        ))
        .with_rule(
            Rule::new(
                Check::RowCount,
                Threshold::rows(Operator::Between(30.0, 60.0)),
            )
            .with_id("rows"),
        )
        .with_rule(Rule::of(rising).with_id("rising"))
        .with_rule(Rule::of(chain).with_id("chain"))
        .with_rule(figure(
            "sum",
            Aggregate::Sum,
            "pieces",
            Operator::LessThan(5_000.0),
        ))
        .with_rule(figure(
            "kinds",
            Aggregate::DistinctCount,
            "kinds",
            Operator::GreaterThan(2.0),
        ))
        .build()
        .unwrap();
    let proof = check(&contract);
    for rule in ["rows", "rising", "chain", "sum", "kinds", "age"] {
        assert!(proof.alone.iter().any(|alone| alone == rule), "{proof}");
    }
}

#[test]
fn references_are_to_made_up_keys_or_to_those_given() {
    let references: Vec<ColumnRef> = vec!["product.catalogue#sku".parse().unwrap()];
    let known = Check::UnknownReferences {
        columns: vec!["sku".into()],
        references: references.clone(),
    };
    let contract = builder()
        .with_column(Column::new("sku", DataType::String).with_key(1))
        .with_rule(Rule::of(known).with_id("known"))
        .build()
        .unwrap();
    assert!(check(&contract).alone.contains(&"known".to_owned()));
    let skus = arrow_array::StringArray::from(vec!["a", "b", "c"]);
    let catalogue = RecordBatch::try_from_iter([("sku", std::sync::Arc::new(skus) as _)]).unwrap();
    let generator = Generator::new(&contract).with_referenced(&references, catalogue);
    let rows = generator.rows(3).unwrap();
    let mut texts: Vec<_> = arrow_array::cast::AsArray::as_string::<i32>(rows.column(0))
        .iter()
        .map(Option::unwrap)
        .collect();
    texts.sort_unstable();
    assert_eq!(texts, ["a", "b", "c"]);
    let error = generator.rows(4).unwrap_err();
    assert!(matches!(error, TestingError::NotMet { rule, .. } if rule == "key"));
}

#[test]
fn what_cannot_be_is_an_error_that_names_the_rule() {
    let number = || Column::new("n", DataType::Int64);
    let contract = |column: Column, rule: &str| {
        builder()
            .with_column(column)
            .with_rule(expression("odd", rule))
            .build()
            .unwrap()
    };
    let never = contract(number().with_minimum(3), "n < 3");
    let error = Generator::new(&never).rows(5).unwrap_err();
    assert!(
        matches!(&error, TestingError::NotMet { rule, .. } if rule == "odd" || rule == "n.range"),
        "{error}"
    );
    let implied = contract(number().with_minimum(3), "n > 0");
    let error = Generator::new(&implied).breaking("odd", 2).unwrap_err();
    assert_eq!(
        error,
        TestingError::Implied {
            rule: "odd".into(),
            others: vec!["n.range".into()]
        }
    );
    let always = contract(number(), "n = n");
    let error = Generator::new(&always).breaking("odd", 2).unwrap_err();
    assert!(
        matches!(&error, TestingError::Unbreakable { rule, .. } if rule == "odd"),
        "{error}"
    );
    assert!(Generator::new(&always).without("odd").prove().is_ok());
    let error = Generator::new(&always).breaking("even", 2).unwrap_err();
    assert!(matches!(error, TestingError::UnknownRule { rule, .. } if rule == "even"));
    let error = Generator::new(&always).without("even").prove().unwrap_err();
    assert!(matches!(error, TestingError::UnknownRule { rule, .. } if rule == "even"));
    let enumerated = builder()
        .with_column(
            Column::new("s", DataType::String)
                .with_allowed("a")
                .with_allowed("b")
                .with_key(1),
        )
        .build()
        .unwrap();
    let error = Generator::new(&enumerated).rows(3).unwrap_err();
    assert!(
        matches!(&error, TestingError::NotMet { rule, .. } if rule == "key"),
        "{error}"
    );
    let rows =
        Rule::new(Check::RowCount, Threshold::rows(Operator::GreaterThan(9.0))).with_id("rows");
    let many = builder()
        .with_column(number())
        .with_rule(rows)
        .build()
        .unwrap();
    let error = Generator::new(&many).rows(3).unwrap_err();
    assert!(
        matches!(&error, TestingError::NotMet { rule, .. } if rule == "rows"),
        "{error}"
    );
}

#[test]
fn a_threshold_is_passed_by_as_many_rows_as_it_takes() {
    let check = Check::InvalidValues {
        valid: vec!["a".into(), "b".into()],
        pattern: None,
    };
    let rule = Rule::new(check, Threshold::rows(Operator::LessOrEqual(4.0))).with_id("rare");
    let column = Column::new("s", DataType::String).with_rule(rule);
    let contract = builder().with_column(column).build().unwrap();
    assert_eq!(
        Generator::new(&contract)
            .breaking("rare", 2)
            .unwrap()
            .rows
            .len(),
        5
    );
}

#[test]
fn edges_say_what_they_break() {
    let contract = builder()
        .with_column(Column::new("n", DataType::Int8).with_minimum(0))
        .with_column(Column::new("f", DataType::Float64).with_maximum(1))
        .with_column(Column::new("s", DataType::String).with_max_length(3))
        .build()
        .unwrap();
    let edges = Generator::new(&contract).edges().unwrap();
    assert_eq!(edges.batch.num_rows(), edges.rows.len());
    let breaks = |column: &str, what: &str| {
        let mut found = edges
            .rows
            .iter()
            .filter(|edge| edge.column == column && edge.what == what);
        found
            .next()
            .unwrap_or_else(|| panic!("{what}"))
            .breaks
            .join(" ")
    };
    assert_eq!(breaks("n", "minimum"), "");
    assert_eq!(breaks("n", "below the minimum"), "n.range");
    assert_eq!(breaks("n", "largest of the type"), "");
    assert_eq!(breaks("f", "maximum"), "");
    assert_eq!(breaks("f", "infinite"), "f.range");
    assert_eq!(breaks("f", "not a number"), "f.range");
    assert_eq!(breaks("s", "empty"), "");
    assert_eq!(breaks("s", "longest"), "");
    assert_eq!(breaks("s", "too long"), "s.length");
}

/// A column of any type, with limits drawn for it.
fn column(name: String) -> impl Strategy<Value = Column> {
    let number = (-50..50_i64, 0..200_i64, 0..4_u8).prop_map(|(low, span, kind)| {
        let data_type = match kind {
            0 => DataType::Int16,
            1 => DataType::Int64,
            2 => decimal(),
            _ => DataType::Float64,
        };
        Column::new("", data_type)
            .with_minimum(low)
            .with_maximum(low + span + 1)
    });
    let text = (
        1..5_u64,
        0..9_u64,
        prop::option::of(prop::sample::select(vec!["[a-z]*", "[0-9A-F]+", ".+"])),
    )
        .prop_map(|(least, span, pattern)| {
            let column = Column::new("", DataType::String)
                .with_min_length(least)
                .with_max_length(least + span);
            match pattern {
                Some(pattern) => column.with_pattern(pattern),
                None => column,
            }
        });
    // Text that is a UUID has a type of its own.
    let mut formats = Format::ALL.to_vec();
    formats.retain(|format| *format != Format::Uuid);
    let format = prop::sample::select(formats)
        .prop_map(|format| Column::new("", DataType::String).with_format(format.as_str()));
    let allowed = (2..6_i64).prop_map(|many| {
        let labels = (0..many).map(|n| Value::from(format!("label-{n}")));
        labels.fold(Column::new("", DataType::String), |column, label| {
            column.with_allowed(label)
        })
    });
    let plain = prop::sample::select(vec![
        DataType::Boolean,
        DataType::Date,
        DataType::Timestamp,
        DataType::Uuid,
        DataType::Binary,
    ])
    .prop_map(|data_type| Column::new("", data_type));
    let flat = prop_oneof![number, text, format, allowed, plain].boxed();
    let nested = (flat.clone(), flat.clone(), 0..3_u8).prop_map(|(a, b, kind)| match kind {
        0 => {
            let fields = vec![a.renamed("a"), b.renamed("b").with_nullable(true)];
            Column::new("", DataType::Struct(fields))
        }
        1 => Column::new("", DataType::List(Box::new(a.renamed("element")))).with_max_items(4),
        _ => {
            let key = Box::new(Column::new("key", DataType::String));
            let value = Box::new(a.renamed("value"));
            Column::new("", DataType::Map { key, value })
        }
    });
    let data = prop_oneof![4 => flat, 1 => nested];
    (data, any_action(), any::<bool>()).prop_map(move |(mut column, action, nullable)| {
        column.on_failure = action;
        column.renamed(name.clone()).with_nullable(nullable)
    })
}

fn any_action() -> impl Strategy<Value = Option<OnFailure>> {
    prop::sample::select(vec![
        None,
        Some(OnFailure::Quarantine),
        Some(OnFailure::Report),
    ])
}

fn contracts() -> impl Strategy<Value = Contract> {
    let columns: Vec<_> = (0..4).map(|n| column(format!("c{n}"))).collect();
    columns.prop_map(|columns| {
        let key = Column::new("id", DataType::Int64).with_key(1);
        let builder = columns
            .into_iter()
            .fold(builder().with_column(key), ContractBuilder::with_column);
        builder.build().unwrap()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]

    #[test]
    fn of_any_contract_good_rows_pass_and_broken_ones_break_only_their_rule(
        contract in contracts(),
        seed in any::<u64>(),
    ) {
        let generator = Generator::new(&contract).with_seed(seed);
        let rows = generator.rows(40).unwrap();
        let report = gated(&contract, GateContext::default(), &rows);
        prop_assert!(report.is_clean(), "{}", contract.to_yaml());
        let proof = generator.prove();
        let proof = proof.unwrap_or_else(|error| panic!("{error}\n{}", contract.to_yaml()));
        for rule in &proof.alone {
            breaks_only(&contract, &generator.breaking(rule, 2).unwrap());
        }
    }
}
