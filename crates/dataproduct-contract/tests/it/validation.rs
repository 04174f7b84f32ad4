//! Every mistake of meaning is found, at its place, with a way out.

use std::time::Duration;

use dataproduct_contract::{
    Check, Column, Contract, ContractBuilder, DataType, Operator, Rule, Status, SupportChannel,
    Threshold,
};

/// A contract without a fault, to put faults into.
fn sound() -> ContractBuilder {
    Contract::builder("inventory.stock-levels", "1.0.0")
        .with_status(Status::Active)
        .with_owner("inventory-platform")
}

fn sku() -> Column {
    Column::new("sku", DataType::String).with_key(1)
}

/// Checks that a contract has exactly these problems, as `path code`.
#[track_caller]
fn check(builder: ContractBuilder, expect: &[&str]) {
    let found: Vec<String> = match builder.build() {
        Ok(_) => Vec::new(),
        Err(problems) => {
            for problem in &problems {
                assert!(
                    !problem.message.is_empty() && !problem.fix.is_empty(),
                    "{problem}"
                );
            }
            problems
                .iter()
                .map(|p| format!("{} {}", p.path, p.code))
                .collect()
        }
    };
    assert_eq!(found, expect);
}

/// Checks one column beside a sound one; `expect` leaves out the path of the column.
#[track_caller]
fn check_column(column: Column, expect: &[&str]) {
    let expect: Vec<String> = expect
        .iter()
        .map(|e| format!("schema.columns[1]{e}"))
        .collect();
    let expect: Vec<&str> = expect.iter().map(String::as_str).collect();
    check(sound().with_column(sku()).with_column(column), &expect);
}

fn integer() -> Column {
    Column::new("n", DataType::Int32)
}

fn text() -> Column {
    Column::new("t", DataType::String)
}

#[test]
fn a_sound_contract_has_no_problem() {
    check(sound().with_column(sku()), &[]);
}

#[test]
fn identity() {
    let build = |name: &str, version: &str| {
        Contract::builder(name, version)
            .with_owner("o")
            .with_column(sku())
    };
    for version in [
        "not-a-semver",
        "1.0",
        "1",
        "01.0.0",
        "v1.0.0",
        "",
        "1.0.0.0",
    ] {
        check(build("a.b", version), &["version bad-version"]);
    }
    for name in [
        "", "a", "a.", ".b", "A.b", "a.b.c", "a/b.c", "../x.y", "a.b\0", "é.b", "a.b c",
    ] {
        check(build(name, "1.0.0"), &["name bad-name"]);
    }
    let long = format!("a.{}", "b".repeat(64));
    check(build(&long, "1.0.0"), &["name bad-name"]);
    check(sound().with_id(" ").with_column(sku()), &["id missing-id"]);
    check(
        sound().with_purpose("ok\u{202e}").with_column(sku()),
        &["purpose hidden-character"],
    );
}

#[test]
fn ownership() {
    check(
        Contract::builder("a.b", "1.0.0").with_column(sku()),
        &["ownership.team missing-owner"],
    );
    check(
        sound()
            .with_column(sku())
            .with_member("owner", "owner")
            .with_member("owner", "developer")
            .with_consumer("living-room", "promise delivery", "^1")
            .with_consumer("app", " ", "^^"),
        &[
            "ownership.consumers[1].versions bad-version-range",
            "ownership.members[1] duplicate",
            "ownership.consumers[1].purpose missing-purpose",
        ],
    );
    let channel = |channel: &str, url: &str| SupportChannel {
        channel: channel.to_owned(),
        tool: None,
        url: Some(url.to_owned()),
    };
    check(
        sound()
            .with_column(sku())
            .with_support(channel("", "nowhere")),
        &[
            "support[0].channel missing-channel",
            "support[0].url bad-url",
        ],
    );
}

#[test]
fn lifecycle() {
    let day = "2027-01-31".parse().unwrap();
    let deprecated = || sound().with_status(Status::Deprecated).with_column(sku());
    check(deprecated(), &["lifecycle.sunset missing-sunset"]);
    check(
        deprecated()
            .with_sunset(day)
            .with_successor("inventory.stock-levels@^2"),
        &[],
    );
    check(
        deprecated()
            .with_sunset(day)
            .with_successor("inventory.stock-levels@^1"),
        &["lifecycle.successor own-successor"],
    );
    check(
        deprecated().with_sunset(day).with_successor("nonsense"),
        &["lifecycle.successor bad-reference"],
    );
    check(
        sound()
            .with_column(sku())
            .with_sunset(day)
            .with_successor("inventory.other@*"),
        &[
            "lifecycle.sunset sunset-without-deprecation",
            "lifecycle.successor successor-without-deprecation",
        ],
    );
}

#[test]
fn names_of_columns() {
    check(sound(), &["schema.columns no-columns"]);
    for name in [
        "", "a b", "a.b", "a,b", "a;b", "a{b", "a(b", "a=b", "a\tb", "a`b", "a\u{7f}b",
    ] {
        check_column(
            Column::new(name, DataType::Int64),
            &[".name bad-column-name"],
        );
    }
    check_column(
        Column::new("x".repeat(256), DataType::Int64),
        &[".name bad-column-name"],
    );
    check_column(
        Column::new("_change_type", DataType::Int64),
        &[".name bad-column-name"],
    );
    check_column(
        Column::new("sku", DataType::Int64),
        &[".name duplicate-column", ".id duplicate-id"],
    );
    check_column(
        Column::new("SKU", DataType::Int64),
        &[".name case-fold-twin"],
    );
    check_column(integer().with_id("sku"), &[".id duplicate-id"]);
    check_column(integer().with_id("i").with_former_name("was"), &[]);
    check_column(
        integer().with_former_name("was"),
        &[".formerNames former-name-without-id"],
    );
    let twice = integer().with_id("i").with_former_name("was");
    check_column(
        twice.with_former_name("was").with_former_name("sku"),
        &[
            ".formerNames former-name-taken",
            ".formerNames former-name-taken",
        ],
    );
    let twins = vec![
        Column::new("é", DataType::Int64),
        Column::new("É", DataType::Int64),
    ];
    check_column(
        Column::new("s", DataType::Struct(twins)),
        &[".fields[1].name case-fold-twin"],
    );
}

#[test]
fn types() {
    let decimal = |precision, scale| Column::new("d", DataType::Decimal { precision, scale });
    check_column(decimal(38, 38), &[]);
    for (precision, scale) in [(0, 0), (39, 0), (5, 6), (255, 255)] {
        check_column(decimal(precision, scale), &[".type bad-decimal"]);
    }
    check_column(
        Column::new("s", DataType::Struct(vec![])),
        &[".type empty-struct"],
    );
    let mut key = DataType::map(DataType::String, DataType::Int64, false);
    if let DataType::Map { key, .. } = &mut key {
        key.nullable = true;
    }
    check_column(Column::new("m", key), &[".key nullable-map-key"]);
    let list_key = DataType::map(DataType::list(DataType::Int8, false), DataType::Int8, false);
    check_column(Column::new("m", list_key), &[".key bad-map-key"]);
    let mut deep = DataType::Int8;
    for _ in 0..40 {
        deep = DataType::list(deep, false);
    }
    check(
        sound().with_column(Column::new("l", deep)),
        &["schema.columns too-deep"],
    );
}

#[test]
fn roles_of_columns() {
    check(
        sound().with_column(sku().with_nullable(true)),
        &["schema.columns[0].key nullable-key"],
    );
    check(
        sound().with_column(Column::new("sku", DataType::String).with_key(7)),
        &["schema.columns[0].key bad-position"],
    );
    check_column(integer().with_key(1), &[".key duplicate-position"]);
    check_column(integer().with_key(3), &[".key bad-position"]);
    check_column(
        Column::new("f", DataType::Float64).with_key(2),
        &[".key bad-role-type"],
    );
    check_column(
        Column::new("f", DataType::Float32).with_partition(1),
        &[".partition bad-role-type"],
    );
    check_column(
        Column::new("l", DataType::list(DataType::Int8, false)).with_sort(1),
        &[".sort bad-role-type"],
    );
    check(
        sound().with_column(sku().with_partition(1)),
        &["schema.columns only-partition-columns"],
    );
    check_column(text().with_event_time(), &[".eventTime bad-event-time"]);
    let at = |name: &str| Column::new(name, DataType::Timestamp).with_event_time();
    check(
        sound()
            .with_column(sku())
            .with_column(at("a"))
            .with_column(at("b")),
        &["schema.columns[2].eventTime second-event-time"],
    );
    let inner = DataType::Struct(vec![integer().with_key(1)]);
    check_column(Column::new("s", inner), &[".n nested-role"]);
}

#[test]
fn bounds_and_lengths() {
    check_column(integer().with_minimum(5).with_maximum(5), &[]);
    check_column(
        integer().with_minimum(6).with_maximum(5),
        &[".minimum empty-range"],
    );
    check_column(
        integer().with_minimum(5).with_exclusive_maximum(5),
        &[".minimum empty-range"],
    );
    check_column(integer().with_minimum("many"), &[".minimum bad-bound"]);
    check_column(
        integer().with_maximum(1_i64 << 31),
        &[".maximum bound-outside-type"],
    );
    check_column(integer().with_multiple_of(0.0), &[".multipleOf bad-step"]);
    check_column(
        text().with_multiple_of(1.0),
        &[".multipleOf misplaced-limit"],
    );
    check_column(text().with_minimum(1), &[".minimum misplaced-limit"]);
    check_column(
        text().with_min_length(9).with_max_length(3),
        &[".minLength empty-range"],
    );
    check_column(
        integer().with_max_length(3),
        &[".maxLength misplaced-limit"],
    );
    check_column(text().with_min_items(1), &[".minItems misplaced-limit"]);
    check_column(
        text().with_unique_items(),
        &[".uniqueItems misplaced-limit"],
    );
    let list = Column::new("l", DataType::list(DataType::Int8, false));
    check_column(
        list.with_min_items(3).with_max_items(2),
        &[".minItems empty-range"],
    );
    let day = || Column::new("d", DataType::Date);
    check_column(
        day().with_minimum("2026-01-01").with_maximum("2026-12-31"),
        &[],
    );
    check_column(day().with_minimum("2026-13-01"), &[".minimum bad-bound"]);
    check_column(
        day().with_minimum("2027-01-01").with_maximum("2026-01-01"),
        &[".minimum empty-range"],
    );
    let instant = || Column::new("i", DataType::Timestamp);
    // The same instant in two zones is one value.
    check_column(
        instant()
            .with_minimum("2026-01-01T01:00:00+01:00")
            .with_maximum("2026-01-01T00:00:00Z"),
        &[],
    );
    check_column(
        instant().with_minimum("2026-01-01"),
        &[".minimum bad-bound"],
    );
}

#[test]
fn patterns() {
    check_column(text().with_pattern("^[0-9]+$"), &[]);
    for pattern in [
        "[",
        "a{5",
        "(?=x)",
        r"(a)\1",
        "a)(b",
        "((((a{100}){100}){100}){100})",
    ] {
        check_column(text().with_pattern(pattern), &[".pattern bad-pattern"]);
    }
    let nested = format!("{}a{}", "(".repeat(60), ")".repeat(60));
    check_column(text().with_pattern(nested), &[".pattern bad-pattern"]);
    check_column(integer().with_pattern("1"), &[".pattern misplaced-limit"]);
    check_column(integer().with_format("email"), &[".format misplaced-limit"]);
}

#[test]
fn values() {
    check_column(
        text().with_allowed("a").with_allowed("b").with_example("a"),
        &[],
    );
    check_column(
        text().with_allowed("a").with_allowed("a"),
        &[".enum[1] duplicate"],
    );
    check_column(text().with_allowed(1), &[".enum[0] bad-enum-value"]);
    check_column(
        text().with_open_enum(),
        &[".openEnum open-enum-without-values"],
    );
    check_column(
        text().with_allowed("a").with_example("c"),
        &[".examples[0] bad-example"],
    );
    check_column(
        text().with_allowed("a").with_open_enum().with_example("c"),
        &[],
    );
    check_column(text().with_example(1234), &[".examples[0] bad-example"]);
    check_column(integer().with_example("x"), &[".examples[0] bad-example"]);
    check_column(
        Column::new("u", DataType::Uuid).with_example("x"),
        &[".examples[0] bad-example"],
    );
    check_column(text().with_unit(" "), &[".unit empty-unit"]);
    check_column(text().with_semantic_type("sku"), &[".semanticType bad-url"]);
}

#[test]
fn rules() {
    let rule = |check, operator| Rule::new(check, Threshold::rows(operator));
    let nulls = || Check::NullValues;
    check_column(text().with_rule(rule(nulls(), Operator::Be(0.0))), &[]);
    check_column(
        text().with_rule(rule(nulls(), Operator::Between(9.0, 1.0))),
        &[".rules[0].threshold empty-range"],
    );
    check_column(
        text().with_rule(Rule::new(
            nulls(),
            Threshold::percent(Operator::LessThan(101.0)),
        )),
        &[".rules[0].threshold bad-percentage"],
    );
    let duplicates = |column: &str| Check::DuplicateValues {
        columns: vec![column.to_owned()],
    };
    check(
        sound()
            .with_column(sku())
            .with_rule(rule(duplicates("sku"), Operator::Be(0.0)))
            .with_rule(rule(duplicates("skuu"), Operator::Be(0.0)))
            .with_rule(Rule::new(
                Check::RowCount,
                Threshold::percent(Operator::Be(1.0)),
            )),
        &[
            "rules[1].columns unknown-column",
            "rules[2].threshold percent-of-row-count",
        ],
    );
    let invalid = Check::InvalidValues {
        valid: vec![],
        pattern: Some("[".to_owned()),
    };
    check_column(
        text().with_rule(rule(invalid, Operator::Be(0.0))),
        &[".rules[0].pattern bad-pattern"],
    );
}

#[test]
fn service_levels() {
    let sound = || sound().with_column(sku());
    check(
        sound().with_freshness(Duration::ZERO),
        &["sla.freshness zero-period"],
    );
    check(
        sound()
            .with_freshness(Duration::from_secs(7_200))
            .with_retention(Duration::from_secs(3_600)),
        &["sla.retention retention-under-freshness"],
    );
    for percent in [0.0, -1.0, 100.1, f64::NAN, f64::INFINITY] {
        check(
            sound().with_availability_percent(percent),
            &["sla.availability bad-percentage"],
        );
    }
    check(sound().with_deadline("0 6 * * 1-5", "Europe/Oslo"), &[]);
    for cron in [
        "",
        "* * * *",
        "0 0 30 2 *",
        "61 * * * *",
        "@daily",
        "0 0 0 1 1 *",
    ] {
        check(
            sound().with_deadline(cron, "Europe/Oslo"),
            &["sla.deadlines[0].cron bad-cron"],
        );
    }
    for zone in ["", "Oslo", "CEST", "europe/oslo/x"] {
        check(
            sound().with_deadline("0 6 * * *", zone),
            &["sla.deadlines[0].zone unknown-zone"],
        );
    }
}

#[test]
fn relationships_hold_or_are_named() {
    let catalogue = Contract::builder("product.catalogue", "1.0.0")
        .with_owner("product")
        .with_column(sku())
        .with_column(Column::new(
            "size",
            DataType::Struct(vec![Column::new("width", DataType::Int32)]),
        ))
        .build()
        .unwrap();
    let stock = |reference: &str, data_type: DataType| {
        sound()
            .with_column(Column::new("c", data_type).with_reference(reference.parse().unwrap()))
            .build()
            .unwrap()
    };
    let found = |contract: &Contract| -> Vec<String> {
        contract
            .dangling_references(|name| (name == catalogue.name()).then(|| catalogue.clone()))
            .iter()
            .map(|p| format!("{} {}", p.path, p.code))
            .collect()
    };
    let path = "schema.columns[0].references[0]";
    assert!(found(&stock("product.catalogue#sku", DataType::String)).is_empty());
    assert!(found(&stock("product.catalogue#size.width", DataType::Int32)).is_empty());
    assert_eq!(
        found(&stock("product.catalogue#sku", DataType::Int64)),
        [format!("{path} reference-type")]
    );
    assert_eq!(
        found(&stock("product.catalogue#gtin", DataType::String)),
        [format!("{path} dangling-reference")]
    );
    assert_eq!(
        found(&stock("product.rugs#sku", DataType::String)),
        [format!("{path} unknown-product")]
    );
    // A product may refer to itself.
    assert!(found(&stock("inventory.stock-levels#c", DataType::String)).is_empty());
}

/// The document of finding after finding that other tools call valid.
const FULL_OF_MISTAKES: &str = "
apiVersion: v3.2.0
kind: DataContract
id: stock
domain: inventory
name: stock-levels
version: not-a-semver
status: bananas
team: {name: inventory-platform}
schema:
- name: stock
  properties:
  - {name: sku, logicalType: string, primaryKey: true, primaryKeyPosition: 7, required: false,
     logicalTypeOptions: {minLength: 9, maxLength: 3, pattern: '['}}
  - {name: on_hand, logicalType: integer, required: true,
     logicalTypeOptions: {minimum: 10, maximum: 1}}
  - {name: On_Hand, logicalType: integer,
     relationships: [{to: nowhere.nothing}]}
slaProperties:
- {property: freshness, value: banana, unit: parsecs, element: stock.updated_at}
";

#[test]
fn every_mistake_of_one_document_is_found_at_once() {
    let problems = Contract::from_yaml(FULL_OF_MISTAKES).unwrap_err();
    let mut found: Vec<_> = problems
        .iter()
        .map(|p| format!("{} {}", p.path, p.code))
        .collect();
    found.sort();
    let mut expect = [
        "schema.columns[0].key bad-position",
        "schema.columns[0].key nullable-key",
        "schema.columns[0].minLength empty-range",
        "schema.columns[0].pattern bad-pattern",
        "schema.columns[1].minimum empty-range",
        "schema.columns[2].name case-fold-twin",
        "schema.columns[2].references[0] dangling-reference",
        "sla[0].element unknown-element",
        "sla[0].unit unknown-unit",
        "sla[0].value bad-sla-value",
        "status unknown-status",
        "version bad-version",
    ];
    expect.sort_unstable();
    assert_eq!(found, expect);
}

#[test]
fn defaults() {
    use dataproduct_contract::Value;
    let of = |data_type: DataType, value: Value| Column::new("d", data_type).with_default(value);
    let decimal = DataType::Decimal {
        precision: 5,
        scale: 2,
    };
    let float = |number: f64| Value::try_from(number).unwrap();
    let good: [(DataType, Value, &str); 18] = [
        (DataType::Boolean, true.into(), "true"),
        (DataType::Int8, Value::from(-128), "-128"),
        (
            DataType::Int64,
            Value::from(i64::MAX),
            "9223372036854775807",
        ),
        (DataType::Float32, float(0.5), "0.5"),
        (DataType::Float64, Value::from(2), "2"),
        (decimal.clone(), "-123.45".into(), "-123.45"),
        (decimal.clone(), float(0.5), "0.5"),
        // One number has one text, however many zeros it is written with.
        (decimal.clone(), "0.50".into(), "0.5"),
        (decimal.clone(), "-007.00".into(), "-7"),
        (decimal.clone(), "-0.0".into(), "0"),
        (decimal.clone(), "100".into(), "100"),
        (decimal.clone(), Value::from(999), "999"),
        (DataType::String, "".into(), ""),
        (
            DataType::Uuid,
            "67E55044-10B1-426F-9247-BB680E5FE0C8".into(),
            "67e55044-10b1-426f-9247-bb680e5fe0c8",
        ),
        (DataType::Date, "2026-01-31".into(), "2026-01-31"),
        (
            DataType::Timestamp,
            "2026-01-31T12:00:00.5+01:00".into(),
            "2026-01-31T11:00:00.500000Z",
        ),
        (
            DataType::TimestampNtz,
            "2026-01-31T12:00:00".into(),
            "2026-01-31T12:00:00.000000",
        ),
        (
            DataType::Float64,
            float(-1e300),
            &format!("-1{}", "0".repeat(300)),
        ),
    ];
    for (data_type, value, text) in good {
        let column = of(data_type, value);
        assert_eq!(column.default_text().as_deref(), Some(text));
        check_column(column, &[]);
    }
    let bad: [(DataType, Value); 14] = [
        (DataType::Boolean, "true".into()),
        (DataType::Int8, Value::from(128)),
        (DataType::Int32, "7".into()),
        (DataType::Int32, float(1.5)),
        (DataType::Float32, float(1e300)),
        (decimal.clone(), "1000.00".into()),
        (decimal.clone(), "0.001".into()),
        (decimal.clone(), "1e2".into()),
        (decimal, "".into()),
        (DataType::String, Value::from(7)),
        (DataType::Date, "2026-02-30".into()),
        (DataType::Timestamp, "2026-01-31T12:00:00".into()),
        (DataType::Binary, "AA==".into()),
        (
            DataType::list(DataType::Int32, false),
            Value::List(Vec::new()),
        ),
    ];
    for (data_type, value) in bad {
        check_column(of(data_type, value), &[".default bad-default"]);
    }
    check_column(
        integer().with_default(Value::Null).with_nullable(true),
        &[".default bad-default"],
    );
    for column in [
        integer().with_default(1).with_unique(),
        text().with_default("a").with_partition(1),
    ] {
        check_column(column, &[".default misplaced-default"]);
    }
    let nested = DataType::Struct(vec![Column::new("a", DataType::Int64).with_default(1)]);
    check_column(Column::new("s", nested), &[".a nested-default"]);
}

#[test]
fn a_default_is_permitted_by_its_column() {
    let outside = &[".default default-outside-limits"];
    let one = || integer().with_default(1);
    for (column, is_good) in [
        (one().with_minimum(1).with_maximum(1), true),
        (one().with_minimum(2), false),
        (one().with_maximum(0), false),
        (one().with_exclusive_minimum(1), false),
        (one().with_exclusive_maximum(1), false),
        (one().with_multiple_of(0.5), true),
        (one().with_multiple_of(2.0), false),
        (one().with_allowed(2), false),
        (one().with_allowed(2).with_open_enum(), true),
        (one().with_allowed(1), true),
        (text().with_default("ab").with_pattern("a|ab"), true),
        (text().with_default("abc").with_pattern("a|ab"), false),
        (text().with_default("åß").with_max_length(2), true),
        (text().with_default("åß").with_max_length(1), false),
        (text().with_default("").with_min_length(1), false),
        (
            Column::new("d", DataType::Date)
                .with_default("2026-01-31")
                .with_maximum("2026-01-30"),
            false,
        ),
    ] {
        check_column(column, if is_good { &[] } else { outside });
    }
}
