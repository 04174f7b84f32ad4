//! Quality rules: written as documents and read again, and refused where they make no sense.

use dataproduct_contract::{
    Aggregate, Check, Column, Contract, ContractBuilder, DataType, MAX_PLACEHOLDERS, Message,
    MessageError, MessagePart, OnFailure, Operator, Placeholder, Repair, Rule, Severity, Threshold,
    Value,
};

fn stock() -> ContractBuilder {
    Contract::builder("inventory.stock-levels", "1.0.0")
        .with_owner("inventory-platform")
        .with_column(Column::new("sku", DataType::String).with_key(1))
        .with_column(Column::new("on_hand", DataType::Int64))
        .with_column(Column::new("opening", DataType::Int64))
        .with_column(Column::new("at", DataType::Timestamp))
}

fn text(text: &str) -> String {
    text.to_owned()
}

/// Every check that is written as a custom rule, and what it must be.
fn custom() -> Vec<Rule> {
    let value = |check, operator| Rule::new(check, Threshold::value(operator));
    let aggregate = |function| Check::Aggregate {
        function,
        column: Some(text("on_hand")),
    };
    vec![
        Rule::of(Check::Expression {
            expression: text("opening <= on_hand"),
        }),
        Rule::new(
            Check::Expression {
                expression: text("on_hand > 0"),
            },
            Threshold::percent(Operator::LessThan(2.5)),
        )
        .with_severity(Severity::Warning)
        .with_message("{sku} is nearly sold out: {on_hand} left"),
        Rule::of(Check::UnknownReferences {
            columns: vec![text("sku")],
            references: vec!["product.catalogue#sku".parse().unwrap()],
        })
        .with_on_failure(OnFailure::Quarantine),
        value(aggregate(Aggregate::Sum), Operator::GreaterThan(0.0)),
        value(aggregate(Aggregate::Mean), Operator::Between(1.5, 9.0)),
        value(aggregate(Aggregate::Minimum), Operator::GreaterOrEqual(0.0)),
        value(aggregate(Aggregate::Maximum), Operator::LessOrEqual(1e12)),
        value(aggregate(Aggregate::DistinctCount), Operator::NotBe(1.0)),
        value(
            Check::Age {
                column: Some(text("at")),
            },
            Operator::LessThan(900.0),
        ),
        Rule::of(Check::OutOfOrder {
            column: Some(text("on_hand")),
            by: vec![text("sku")],
            order: text("at"),
            strictly: true,
        }),
        Rule::of(Check::Discontinuity {
            opening: text("opening"),
            closing: text("on_hand"),
            by: vec![text("sku")],
            order: text("at"),
        }),
        Rule::new(
            Check::SmallestGroup {
                columns: vec![text("opening")],
            },
            Threshold::rows(Operator::GreaterOrEqual(5.0)),
        ),
        Rule::new(
            Check::VolumeChange { publishes: 7 },
            Threshold::percent(Operator::NotBetween(-60.0, -50.0)),
        )
        .with_on_failure(OnFailure::Reject),
        value(
            Check::Drift {
                column: Some(text("on_hand")),
                publishes: 14,
            },
            Operator::LessThan(0.25),
        )
        .with_on_failure(OnFailure::Notify)
        .with_message("stock looks unlike that of last week"),
    ]
}

#[test]
fn every_rule_is_read_as_it_was_written() {
    let repaired = |repair| {
        Rule::of(Check::InvalidValues {
            valid: vec![Value::from("a")],
            pattern: None,
        })
        .with_on_failure(OnFailure::Repair(repair))
    };
    let column = Column::new("shelf", DataType::String)
        .with_nullable(true)
        .with_on_failure(OnFailure::Quarantine)
        .with_rule(repaired(Repair::Trim))
        .with_rule(repaired(Repair::Default(Value::Null)))
        .with_rule(repaired(Repair::Map(vec![
            (Value::from("A"), Value::from("a")),
            (Value::from("n/a"), Value::Null),
        ])));
    let latest = |column: Option<String>| {
        Rule::of(Check::DuplicateValues {
            columns: vec![text("sku")],
        })
        .with_on_failure(OnFailure::Repair(Repair::KeepLatest(column)))
    };
    let mut builder = stock()
        .with_column(column)
        .with_on_failure(OnFailure::Report)
        .with_rule(latest(None))
        .with_rule(latest(Some(text("at"))));
    for rule in custom() {
        builder = builder.with_rule(rule);
    }
    let contract = builder.build().unwrap();
    let again = Contract::from_yaml(contract.to_yaml()).unwrap();
    assert_eq!(again.rules(), contract.rules());
    assert_eq!(again.columns(), contract.columns());
    assert_eq!(again.on_failure(), Some(&OnFailure::Report));
    assert_eq!(again, contract);
}

#[test]
fn what_happens_follows_the_severity() {
    let rule = |severity| Rule::of(Check::NullValues).with_severity(severity);
    assert_eq!(*rule(Severity::Error).what_happens(), OnFailure::Reject);
    assert_eq!(*rule(Severity::Warning).what_happens(), OnFailure::Report);
    let notice = rule(Severity::Info).with_message("look");
    assert_eq!(*notice.what_happens(), OnFailure::Notify);
}

/// The problems of a product with one more rule, of the product or of the column `on_hand`.
#[track_caller]
fn check(rule: Rule, expect: &[&str]) {
    let found: Vec<String> = match stock().with_rule(rule).build() {
        Ok(_) => Vec::new(),
        Err(problems) => problems
            .iter()
            .map(|p| format!("{} {}", p.path, p.code))
            .collect(),
    };
    assert_eq!(found, expect);
}

#[test]
fn rules_that_make_no_sense_are_refused() {
    for rule in custom() {
        check(rule, &[]);
    }
    let expression = |text: &str| {
        Rule::of(Check::Expression {
            expression: text.to_owned(),
        })
    };
    check(
        expression("on_hand <="),
        &["rules[0].expression expression-syntax"],
    );
    check(
        expression("onhand > 0 and sku > 1"),
        &[
            "rules[0].expression unknown-column",
            "rules[0].expression expression-type",
        ],
    );
    check(
        expression("on_hand + 1"),
        &["rules[0].expression expression-type"],
    );
    check(
        expression("matches(sku, '(?!a)')"),
        &["rules[0].expression bad-pattern"],
    );
    let value = |check| Rule::new(check, Threshold::value(Operator::GreaterThan(0.0)));
    let sum = |column: Option<&str>| Check::Aggregate {
        function: Aggregate::Sum,
        column: column.map(text),
    };
    check(
        value(sum(Some("sku"))),
        &["rules[0].column wrong-column-type"],
    );
    check(
        value(sum(Some("stock"))),
        &["rules[0].column unknown-column"],
    );
    check(value(sum(None)), &["rules[0].column missing-column"]);
    check(
        Rule::of(sum(Some("on_hand"))),
        &["rules[0].threshold wrong-unit"],
    );
    check(value(Check::NullValues), &["rules[0].threshold wrong-unit"]);
    check(
        Rule::of(Check::VolumeChange { publishes: 0 }),
        &[
            "rules[0].threshold wrong-unit",
            "rules[0].publishes bad-argument",
        ],
    );
    check(
        value(Check::Age {
            column: Some(text("on_hand")),
        }),
        &["rules[0].column wrong-column-type"],
    );
    let refers = |columns: &[&str], references: &[&str]| Check::UnknownReferences {
        columns: columns.iter().map(|column| text(column)).collect(),
        references: references.iter().map(|r| r.parse().unwrap()).collect(),
    };
    check(
        Rule::of(refers(&["sku"], &[])),
        &["rules[0].references unequal-reference"],
    );
    check(
        Rule::of(refers(&["sku", "on_hand"], &["a.b#c", "a.d#e"])),
        &["rules[0].references unequal-reference"],
    );
    let quarantine = |check| Rule::of(check).with_on_failure(OnFailure::Quarantine);
    check(
        Rule::new(Check::RowCount, Threshold::rows(Operator::GreaterThan(0.0)))
            .with_on_failure(OnFailure::Quarantine),
        &["rules[0].onFailure not-by-row"],
    );
    check(
        quarantine(Check::Discontinuity {
            opening: text("opening"),
            closing: text("sku"),
            by: vec![text("shelf")],
            order: text("sku"),
        }),
        &[
            "rules[0].closing wrong-column-type",
            "rules[0].by unknown-column",
            "rules[0].column wrong-column-type",
            "rules[0].onFailure not-by-row",
        ],
    );
    let repaired = |check, repair| Rule::of(check).with_on_failure(OnFailure::Repair(repair));
    check(
        repaired(
            Check::Expression {
                expression: text("on_hand > 0"),
            },
            Repair::Default(Value::from(0)),
        ),
        &["rules[0].repair bad-repair"],
    );
    check(
        repaired(Check::NullValues, Repair::KeepLatest(None)),
        &["rules[0].repair bad-repair"],
    );
}

#[test]
fn only_a_column_that_is_no_text_and_no_part_of_one_is_cast_to() {
    let cast = || OnFailure::Repair(Repair::Cast);
    let told = |column: Column| match stock().with_column(column).build() {
        Ok(contract) => {
            let again = Contract::from_yaml(contract.to_yaml()).unwrap();
            assert_eq!(again.columns(), contract.columns());
            String::new()
        }
        Err(problems) => problems.iter().map(|p| p.message.clone()).collect(),
    };
    let column = |data_type| Column::new("shelf", data_type);
    for data_type in [DataType::Boolean, DataType::Float32, DataType::Date] {
        assert_eq!(told(column(data_type).with_on_failure(cast())), "");
    }
    let no_type = "only a number, a boolean, a date or a timestamp is cast to";
    for data_type in [DataType::String, DataType::Uuid, DataType::Binary] {
        assert_eq!(told(column(data_type).with_on_failure(cast())), no_type);
    }
    let field = Column::new("width", DataType::Int64).with_on_failure(cast());
    assert_eq!(
        told(column(DataType::Struct(vec![field]))),
        "only a column at the top level is cast to, no part of one"
    );
    let rule = Rule::of(Check::NullValues).with_on_failure(cast());
    assert_eq!(
        told(column(DataType::Int64).with_rule(rule)),
        "a cast is into the column's type: say it with the column, not with a rule"
    );
}

#[test]
fn repairs_that_set_nothing_right_are_refused() {
    let with = |repair| {
        let column =
            Column::new("shelf", DataType::Int64).with_on_failure(OnFailure::Repair(repair));
        match stock().with_column(column).build() {
            Ok(_) => String::new(),
            Err(problems) => problems.iter().map(|p| p.message.clone()).collect(),
        }
    };
    assert_eq!(with(Repair::Default(Value::from(0))), "");
    assert_eq!(with(Repair::Trim), "only text can be trimmed");
    assert_eq!(with(Repair::Cast), "");
    let none = "the default is no value of the column";
    assert_eq!(with(Repair::Default(Value::from("x"))), none);
    assert_eq!(with(Repair::Default(Value::Null)), none);
    assert_eq!(with(Repair::Map(Vec::new())), "the map is empty");
    let pair = |from: i64, to: i64| (Value::from(from), Value::from(to));
    assert_eq!(with(Repair::Map(vec![pair(1, 2)])), "");
    assert_eq!(
        with(Repair::Map(vec![pair(1, 2), pair(3, 2), pair(1, 4)])),
        "the map says of one value twice what it becomes"
    );
    assert_eq!(
        with(Repair::Map(vec![pair(1, 2), pair(2, 3)])),
        "the map leads to a value that it maps again"
    );
}

/// Reads the implementation of one rule of our engine.
#[track_caller]
fn read(implementation: &str, expect: &[&str]) {
    let yaml = stock().build().unwrap().to_yaml().to_owned();
    let rule = format!(
        "    quality:\n      - type: custom\n        engine: dataproduct\n        implementation: {implementation}\n"
    );
    let marker = "    properties:\n";
    assert_eq!(yaml.matches(marker).count(), 1, "{yaml}");
    let yaml = yaml.replace(marker, &format!("{rule}{marker}"));
    let found: Vec<String> = match Contract::from_yaml(&yaml) {
        Ok(contract) => vec![contract.rules()[0].check.name().to_owned()],
        Err(problems) => problems
            .iter()
            .map(|p| format!("{} {}", p.path, p.code))
            .collect(),
    };
    assert_eq!(found, expect, "{yaml}");
}

#[test]
fn mistakes_in_documents_are_found() {
    read(
        "{check: age, column: at, mustBeLessThan: 5, unit: value}",
        &["age"],
    );
    // A check of a later version is kept, and never counts as passed.
    read("{check: entropy, of: sku}", &["entropy"]);
    read(
        "{check: expression, expresion: 'a > 0'}",
        &[
            "rules[0].implementation.expression missing-argument",
            "rules[0].implementation.expresion unknown-argument",
            "rules[0].expression expression-syntax",
        ],
    );
    read(
        "{checks: age}",
        &["rules[0].implementation.check missing-check"],
    );
    read(
        "{check: outOfOrder, column: at, order: at, by: sku, strictly: maybe}",
        &[
            "rules[0].implementation.by bad-argument",
            "rules[0].implementation.strictly bad-argument",
        ],
    );
    read(
        "{check: age, column: at, mustBe: 1, mustNotBe: 2, unit: value}",
        &[
            "rules[0].implementation operator-count",
            "rules[0].threshold missing-threshold",
        ],
    );
    read(
        "{check: age, column: at, mustBeBetween: 3, unit: days}",
        &[
            "rules[0].implementation.unit unknown-unit",
            "rules[0].implementation.mustBeBetween bad-threshold",
            "rules[0].threshold missing-threshold",
        ],
    );
    read(
        "{check: unknownReferences, columns: [sku], references: [catalogue]}",
        &[
            "rules[0].implementation.references bad-reference",
            "rules[0].references unequal-reference",
        ],
    );
}

#[test]
fn a_message_is_text_and_places_for_values() {
    let column = |name: &str| MessagePart::Value(Placeholder::Column(text(name)));
    let said = |part: &str| MessagePart::Text(text(part));
    let check = |message: &str, expect: &[MessagePart]| {
        let read = Message::parse(message).unwrap();
        assert_eq!(read.parts(), expect);
        assert_eq!(read.to_string(), message);
    };
    check("late", &[said("late")]);
    check("{sku}", &[column("sku")]);
    check(
        "{sku}{size.width}: {measure} of {rows}",
        &[
            column("sku"),
            column("size.width"),
            said(": "),
            MessagePart::Value(Placeholder::Measure),
            said(" of "),
            MessagePart::Value(Placeholder::Rows),
        ],
    );
    check(
        "{{sku}} {{{sku}}}",
        &[said("{sku} {"), column("sku"), said("}")],
    );
    check("}}{{", &[said("}{")]);
    check("blå {blå}", &[said("blå "), column("blå")]);
}

#[test]
fn a_message_whose_braces_do_not_pair_is_refused() {
    let check = |message: &str, expect| assert_eq!(Message::parse(message), Err(expect));
    check("", MessageError::Empty);
    check(" \n", MessageError::Empty);
    check("{", MessageError::Unclosed { at: 1 });
    check("å {sku", MessageError::Unclosed { at: 3 });
    check("{sku {at}", MessageError::Unclosed { at: 1 });
    check("{{{", MessageError::Unclosed { at: 3 });
    check("sku}", MessageError::Unopened { at: 4 });
    check("{sku}}", MessageError::Unopened { at: 6 });
    check("ab {}", MessageError::Unnamed { at: 4 });
    check("{ }", MessageError::Unnamed { at: 1 });
    assert!(Message::parse(&"{a}".repeat(MAX_PLACEHOLDERS)).is_ok());
    check(&"{a}".repeat(MAX_PLACEHOLDERS + 1), MessageError::TooMany);
    let error = Message::parse("{").unwrap_err().to_string();
    assert_eq!(
        error,
        "`{` at character 1 is not closed: write `{column}`, or `{{` for the brace itself"
    );
}

#[test]
fn a_message_says_the_values_it_is_given() {
    let message = Message::parse("{{{sku}}} has {on_hand}, {measure} in {rows}").unwrap();
    let mut asked = Vec::new();
    let said = message.render(|place| {
        asked.push(place.clone());
        match place {
            Placeholder::Column(name) => name.to_uppercase(),
            Placeholder::Measure => text("{sku}"),
            _ => text("7"),
        }
    });
    // What is said in a place is not looked into for places.
    assert_eq!(said, "{SKU} has ON_HAND, {sku} in 7");
    assert!(asked.iter().eq(message.placeholders()));
}

#[test]
fn messages_name_columns_that_are_there() {
    let with = |rule: Rule, message: &str| rule.with_message(message);
    let nulls = || {
        Rule::of(Check::Expression {
            expression: text("on_hand > 0"),
        })
    };
    let rows = || Rule::new(Check::RowCount, Threshold::rows(Operator::GreaterThan(0.0)));
    let order = || {
        Rule::of(Check::OutOfOrder {
            column: Some(text("on_hand")),
            by: Vec::new(),
            order: text("at"),
            strictly: false,
        })
    };
    check(
        with(nulls(), "{sku}: {on_hand} {measure} {rows} {{x}}"),
        &[],
    );
    check(with(order(), "{sku} falls"), &[]);
    check(with(rows(), "{measure} rows, {rows}"), &[]);
    check(
        with(nulls(), "{skus}, {at} and {stock}"),
        &[
            "rules[0].message unknown-column",
            "rules[0].message unknown-column",
        ],
    );
    check(with(nulls(), "{sku"), &["rules[0].message bad-message"]);
    check(with(nulls(), " "), &["rules[0].message bad-message"]);
    check(with(rows(), "{sku}"), &["rules[0].message bad-message"]);
    let kept = Check::NotRun { kind: text("sql") };
    check(with(Rule::of(kept), "{sku}"), &[]);
}

#[test]
fn there_are_bounds_to_expressions() {
    let of = |count: usize, text: &str| {
        let rule = Rule::of(Check::Expression {
            expression: text.to_owned(),
        });
        let builder = (0..count).fold(stock(), |builder, _| builder.with_rule(rule.clone()));
        builder.build().map_or_else(|p| p.iter().count(), |_| 0)
    };
    assert_eq!(of(1_000, "on_hand > 0"), 0);
    assert_eq!(of(1_001, "on_hand > 0"), 1);
    assert_eq!(of(32, "matches(sku, '[a-z]+')"), 0);
    assert_eq!(of(33, "matches(sku, '[a-z]+')"), 1);
}
