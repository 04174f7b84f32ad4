//! Verdicts that other tools miss, and what a policy makes of them.

use chrono::NaiveDate;
use dataproduct_compat::{Aspect, Bump, Error, Kind, Obligation, Outcome, Policy, compare, diff};
use dataproduct_contract::{Column, Contract, ContractBuilder, DataType, Status, Version};

use crate::fixtures::{fixtures, today};

pub(crate) fn contract(
    version: &str,
    build: impl FnOnce(ContractBuilder) -> ContractBuilder,
) -> Contract {
    build(Contract::builder("sales.orders", version).with_owner("sales"))
        .build()
        .unwrap()
}

pub(crate) fn of_column(version: &str, column: Column) -> Contract {
    contract(version, |builder| builder.with_column(column))
}

/// What changes between two columns, and what it asks for.
#[track_caller]
fn check(old: Column, new: Column, expected: &[(&str, Bump)]) {
    let (old, new) = (of_column("1.0.0", old), of_column("1.1.0", new));
    let comparison = compare(&old, &new, &Policy::default(), today());
    let found: Vec<(&str, Bump)> = comparison
        .findings()
        .iter()
        .map(|f| (f.rule.id.as_str(), f.bump_if_proven))
        .collect();
    assert_eq!(found, expected);
}

fn whole() -> Column {
    Column::new("c", DataType::Int32)
}

fn text() -> Column {
    Column::new("c", DataType::String)
}

#[test]
fn units_currencies_and_zones_are_judged() {
    let price = |unit: &str| whole().with_unit(unit);
    check(
        price("EUR"),
        price("USD"),
        &[("currency-changed", Bump::Major)],
    );
    check(price("KGM"), price("LBR"), &[("unit-changed", Bump::Major)]);
    check(price("EUR"), price("KGM"), &[("unit-changed", Bump::Major)]);
    check(
        price("EUR"),
        price(" EUR "),
        &[("description-changed", Bump::Patch)],
    );
    check(
        Column::new("c", DataType::Timestamp),
        Column::new("c", DataType::TimestampNtz),
        &[
            ("timezone-changed", Bump::Major),
            ("table-feature-added", Bump::Major),
        ],
    );
}

/// What features a change is told to add to the table or to take from it, and what else is told.
#[track_caller]
fn check_features(old: &Contract, new: &Contract, expected: &[(&str, &str)]) {
    let changes = diff(old, new);
    let found: Vec<(&str, &str)> = changes
        .iter()
        .map(|change| (change.kind.id(), change.path.as_str()))
        .collect();
    assert_eq!(found, expected);
}

#[test]
fn a_feature_of_the_table_shuts_readers_out_at_any_depth_and_once() {
    let with = |version: &str, custom: &[(&str, &str)], columns: Vec<Column>| {
        contract(version, |mut builder| {
            for (name, value) in custom {
                builder = builder.with_custom(*name, *value);
            }
            builder.with_column(whole()).with_columns(columns)
        })
    };
    let mapping = [("delta.columnMapping.mode", "name")];
    let plain = with("1.0.0", &[], Vec::new());
    let mapped = with("1.1.0", &mapping, Vec::new());
    let added = ("table-feature-added", "table.columnMapping");
    check_features(&plain, &mapped, &[added]);
    let removed = ("table-feature-removed", "table.columnMapping");
    check_features(&mapped, &plain, &[removed]);
    // To ask for what is there anyway changes a word.
    let none = with("1.1.0", &[("delta.columnMapping.mode", "none")], Vec::new());
    let custom = ("custom-changed", "custom.delta.columnMapping.mode");
    check_features(&plain, &none, &[custom]);
    check_features(&none, &mapped, &[added]);
    let widening = [("delta.enableTypeWidening", "TRUE")];
    let widened = with("1.1.0", &widening, Vec::new());
    let added = ("table-feature-added", "table.typeWidening");
    check_features(&plain, &widened, &[added]);

    let local = |name: &str| Column::new(name, DataType::TimestampNtz).with_nullable(true);
    let list = |name: &str| {
        let element = DataType::Struct(vec![local("at")]);
        let element = Column::new("element", element);
        Column::new(name, DataType::List(Box::new(element))).with_nullable(true)
    };
    let (one, two) = (vec![list("a")], vec![list("a"), local("b")]);
    let first = with("1.1.0", &[], one);
    let column = ("column-added-optional", "columns.a");
    let added = ("table-feature-added", "table.timestampNtz");
    check_features(&plain, &first, &[column, added]);
    let second = with("1.2.0", &[], two);
    check_features(&first, &second, &[("column-added-optional", "columns.b")]);
}

#[test]
fn a_team_can_weigh_a_feature_down() {
    let of = |version: &str, mode: &str| {
        contract(version, |builder| {
            let builder = builder.with_custom("delta.columnMapping.mode", mode);
            builder.with_column(whole())
        })
    };
    let text = r#"
        [[evolution.rules]]
        rule = "table-feature-added"
        path = "table.columnMapping"
        bump = "minor"
        reason = "every reader uses our own library"
    "#;
    let policy = Policy::from_toml(text).unwrap();
    let comparison = compare(&of("1.0.0", "none"), &of("1.1.0", "name"), &policy, today());
    assert_eq!(comparison.required(), Bump::Minor);
    assert!(comparison.is_honest());
}

#[test]
fn limits_are_judged_together() {
    let small = |column: Column| column.with_allowed(1).with_allowed(2);
    // A list takes the place of bounds: fewer values, so that nothing is loosened.
    check(
        whole().with_minimum(0).with_maximum(9),
        small(whole()),
        &[
            ("limits-restated", Bump::Patch),
            ("enum-added", Bump::Minor),
        ],
    );
    // Bounds that the list implies add nothing.
    check(
        small(whole()),
        small(whole()).with_minimum(0),
        &[("limits-restated", Bump::Patch)],
    );
    // A wider type with the same list is no wider.
    check(
        small(whole()),
        small(Column::new("c", DataType::Int64)),
        &[("type-widened-within-range", Bump::Minor)],
    );
    let bool_list = Column::new("c", DataType::Boolean)
        .with_allowed(true)
        .with_allowed(false);
    check(
        Column::new("c", DataType::Boolean),
        bool_list,
        &[("limits-restated", Bump::Patch)],
    );
    // Bounds and step together leave the same values.
    check(
        whole()
            .with_minimum(0)
            .with_maximum(10)
            .with_multiple_of(5.0),
        whole()
            .with_minimum(-4)
            .with_maximum(14)
            .with_multiple_of(5.0),
        &[("limits-restated", Bump::Patch)],
    );
    // Text that the pattern keeps short needs no limit on its length, but nobody proves it here.
    check(
        text().with_pattern("[a-z]{3}").with_max_length(3),
        text().with_pattern("[a-z]{3}"),
        &[("length-loosened", Bump::Major)],
    );
}

#[test]
fn decimals_and_types() {
    let decimal = |precision, scale| Column::new("c", DataType::Decimal { precision, scale });
    check(
        decimal(10, 2),
        decimal(10, 4),
        &[("decimal-scale-changed", Bump::Major)],
    );
    check(
        decimal(10, 2),
        decimal(12, 4),
        &[("decimal-scale-changed", Bump::Major)],
    );
    check(
        decimal(10, 2),
        decimal(12, 2),
        &[("type-widened", Bump::Major)],
    );
    check(
        decimal(12, 2),
        decimal(10, 2),
        &[("type-narrowed", Bump::Major)],
    );
    check(
        text(),
        Column::new("c", DataType::Uuid),
        &[("format-added", Bump::Minor)],
    );
    check(
        Column::new("c", DataType::Uuid),
        text(),
        &[("format-removed", Bump::Major)],
    );
    check(
        Column::new("c", DataType::Float32),
        Column::new("c", DataType::Float64),
        &[("type-widened", Bump::Major)],
    );
    // A change of limits is not hidden by a change of scale.
    check(
        decimal(10, 2).with_maximum(100),
        decimal(10, 3).with_maximum(1_000),
        &[
            ("decimal-scale-changed", Bump::Major),
            ("range-moved", Bump::Major),
        ],
    );
}

#[test]
fn nested_changes_have_paths_and_witnesses() {
    let lines = |max: i32| {
        let sku = whole().renamed("sku").with_maximum(max);
        let line = DataType::Struct(vec![sku]);
        Column::new("lines", DataType::list(line, false))
    };
    let changes = diff(&of_column("1.0.0", lines(5)), &of_column("1.1.0", lines(7)));
    assert_eq!(changes.len(), 1);
    assert_eq!(changes[0].path, "columns.lines.element.sku");
    assert_eq!(changes[0].column(), Some("lines.element.sku"));
    let witness = changes[0].witness.as_ref().unwrap();
    assert_eq!(
        witness.only_new.as_deref(),
        Some(r#"{"lines":[{"sku":6}]}"#)
    );
    assert_eq!(witness.only_old, None);
}

#[test]
fn service_levels_have_directions() {
    let document = |name: &str, value: &str, unit: &str| {
        let unit = if unit.is_empty() {
            String::new()
        } else {
            format!("\n    unit: {unit}")
        };
        let text = format!(
            "apiVersion: v3.2.0\nkind: DataContract\nid: o\nname: orders\nversion: 1.0.0\n\
             domain: sales\nteam: {{name: sales}}\nschema:\n  - name: orders\n    properties:\n      \
             - {{name: a, logicalType: string}}\nslaProperties:\n  - property: {name}\n    value: {value}{unit}\n"
        );
        Contract::from_yaml(&text).unwrap_or_else(|problems| panic!("{name}: {problems}"))
    };
    let check = |name: &str, old: (&str, &str), new: (&str, &str), expected: Option<Kind>| {
        let (a, b) = (document(name, old.0, old.1), document(name, new.0, new.1));
        let kinds: Vec<Kind> = diff(&a, &b).iter().map(|change| change.kind).collect();
        assert_eq!(kinds, Vec::from_iter(expected), "{name} {old:?} {new:?}");
        let back: Vec<Kind> = diff(&b, &a).iter().map(|change| change.kind).collect();
        let reversed = expected.map(|kind| match kind {
            Kind::SlaTightened => Kind::SlaLoosened,
            Kind::SlaLoosened => Kind::SlaTightened,
            other => other,
        });
        assert_eq!(back, Vec::from_iter(reversed), "{name} {new:?} {old:?}");
    };
    let (better, unknown) = (Some(Kind::SlaTightened), Some(Kind::SlaChanged));
    check("latency", ("1", "d"), ("24", "h"), None);
    check("freshness", ("90", "min"), ("1", "h"), better);
    check("ly", ("1", "d"), ("23", "h"), better);
    check("frequency", ("1", "d"), ("1", "h"), better);
    check("retention", ("1", "y"), ("400", "d"), better);
    check(
        "availability",
        ("99.5", "percent"),
        ("99.9", "\"%\""),
        better,
    );
    check("availability", ("99.5", ""), ("99.5", "percent"), None);
    check(
        "availability",
        ("99.5", "percent"),
        ("99.5", "percent per month"),
        unknown,
    );
    check("throughput", ("10", "rows/s"), ("20", "rows/s"), better);
    check("throughput", ("10", "rows/s"), ("20", "rows/min"), unknown);
    check("errorRate", ("1", "percent"), ("0.5", "percent"), better);
    check("timeToDetect", ("1", "d"), ("2", "h"), better);
    check("tn", ("2", "h"), ("30", "min"), better);
    check("timeToRepair", ("2", "d"), ("1", "d"), better);
    check(
        "generalAvailability",
        ("\"2027-02-01\"", ""),
        ("\"2027-01-01\"", ""),
        better,
    );
    check(
        "endOfSupport",
        ("\"2027-01-01\"", ""),
        ("\"2028-01-01T00:00:00Z\"", ""),
        better,
    );
    check(
        "endOfLife",
        ("\"2028-01-01\"", ""),
        ("\"2029-01-01\"", ""),
        better,
    );
    check(
        "timeOfAvailability",
        ("\"09:00-08:00\"", ""),
        ("\"18:00+02:00\"", ""),
        better,
    );
    check(
        "timeOfAvailability",
        ("\"09:00-08:00\"", ""),
        ("\"17:00Z\"", ""),
        None,
    );
    check(
        "timeOfAvailability",
        ("\"09:00\"", ""),
        ("\"09:00Z\"", ""),
        unknown,
    );
    check("colour", ("green", ""), ("blue", ""), unknown);
    let deadline = |cron: &str, zone: &str| {
        contract("1.0.0", |b| {
            b.with_column(whole()).with_deadline(cron, zone)
        })
    };
    let kinds = |a: &Contract, b: &Contract| -> Vec<Kind> {
        diff(a, b).iter().map(|change| change.kind).collect()
    };
    let six = deadline("0 6 * * *", "Europe/Oslo");
    assert_eq!(
        kinds(&six, &deadline("30 5 * * *", "Europe/Oslo")),
        [Kind::SlaTightened]
    );
    assert_eq!(
        kinds(&six, &deadline("0 7 * * *", "Europe/Oslo")),
        [Kind::SlaLoosened]
    );
    assert_eq!(
        kinds(&six, &deadline("0 6 * * 1-5", "Europe/Oslo")),
        [Kind::SlaChanged]
    );
    assert_eq!(
        kinds(&six, &deadline("0 6 * * *", "Europe/London")),
        [Kind::SlaChanged]
    );
}

const POLICY: &str = r#"
[mesh]
name = "other parts of the file are left alone"

[[evolution.rules]]
rule = "range-loosened"
path = "columns.c"
bump = "minor"
reason = "its one consumer checks the range"

[[evolution.rules]]
rule = "tags-changed"
bump = "minor"
reason = "tags drive access here"

[[evolution.waivers]]
rule = "unit-changed"
path = "columns.*"
product = "sales.orders"
author = "owner@example.com"
reason = "another spelling of kilogram"
expires = "2026-11-22"
"#;

#[test]
fn a_policy_weighs_rules_and_accepts_breaks() {
    let policy = Policy::from_toml(POLICY).unwrap();
    let old = of_column("1.0.0", whole().with_maximum(5).with_unit("kg"));
    let new = of_column(
        "1.1.0",
        whole().with_maximum(9).with_unit("KGM").with_tag("x"),
    );
    let comparison = compare(&old, &new, &policy, today());
    assert_eq!(comparison.required(), Bump::Minor);
    assert!(comparison.is_honest());
    assert_eq!(
        comparison.reader(),
        Outcome::Breaks,
        "lowering a rule does not mend readers"
    );
    assert!(comparison.expired_waivers().is_empty());

    // The last day has passed: the waiver is named and does nothing.
    let later = NaiveDate::from_ymd_opt(2026, 11, 23).unwrap();
    let comparison = compare(&old, &new, &policy, later);
    assert_eq!(comparison.required(), Bump::Major);
    assert_eq!(comparison.honest_version(), Version::new(2, 0, 0));
    assert_eq!(comparison.expired_waivers().len(), 1);
    assert!(comparison.to_text().contains("expired on 2026-11-22"));

    // A waiver is for one product.
    let elsewhere = |version: &str, unit: &str| {
        Contract::builder("sales.returns", version)
            .with_owner("sales")
            .with_column(whole().with_unit(unit))
            .build()
            .unwrap()
    };
    let (a, b) = (elsewhere("1.0.0", "kg"), elsewhere("1.1.0", "KGM"));
    assert_eq!(compare(&a, &b, &policy, today()).required(), Bump::Major);
}

#[test]
fn a_waiver_takes_away_what_is_left_to_prove() {
    let text = |path: &str| {
        format!(
            "[[evolution.waivers]]\nrule = \"nullable-to-required\"\npath = \"{path}\"\n\
             product = \"sales.orders\"\nauthor = \"a\"\nreason = \"r\"\nexpires = \"2027-01-01\"\n"
        )
    };
    let old = of_column("1.0.0", whole().with_nullable(true));
    let new = of_column("1.1.0", whole());
    let obligation = Obligation {
        column: "c".to_owned(),
        aspect: Aspect::NotNull,
    };
    let open = compare(&old, &new, &Policy::default(), today());
    assert_eq!(open.obligations(), [obligation]);
    assert_eq!(
        (open.required(), open.required_if_proven()),
        (Bump::Major, Bump::Minor)
    );
    let waived = compare(
        &old,
        &new,
        &Policy::from_toml(&text("columns.c")).unwrap(),
        today(),
    );
    assert!(waived.obligations().is_empty() && waived.is_honest());
    let other = compare(
        &old,
        &new,
        &Policy::from_toml(&text("columns.d")).unwrap(),
        today(),
    );
    assert_eq!(other.required(), Bump::Major);
}

#[test]
fn another_product_is_no_version() {
    let old = of_column("1.0.0", whole());
    let new = contract("2.0.0", |b| b.with_id("another").with_column(whole()));
    let comparison = compare(&old, &new, &Policy::default(), today());
    assert_eq!(comparison.required(), Bump::Invalid);
    assert!(!comparison.is_honest());
}

#[track_caller]
fn check_policy(text: &str, expected: &str) {
    match Policy::from_toml(text) {
        Err(error) => assert!(error.to_string().contains(expected), "{error}"),
        Ok(policy) => panic!("{policy:?}"),
    }
}

#[test]
fn a_policy_says_what_is_wrong_with_it() {
    let rule = |rule: &str, rest: &str| format!("[[evolution.rules]]\nrule = \"{rule}\"\n{rest}");
    check_policy("evolution = 3", "invalid type");
    check_policy("[evolution]\nrule = []", "unknown field `rule`");
    check_policy(
        &rule("enum-wider", "bump = \"minor\"\nreason = \"r\""),
        "evolution.rules[0].rule: there is no rule `enum-wider`; did you mean `enum-",
    );
    check_policy(
        &rule("enum-widened", "bump = \"minor\"\nreason = \" \""),
        "reason: it is empty",
    );
    check_policy(
        &rule("enum-widened", "bump = \"huge\"\nreason = \"r\""),
        "huge",
    );
    check_policy(
        &rule("id-changed", "bump = \"minor\"\nreason = \"r\""),
        "another product",
    );
    check_policy(
        &rule("enum-widened", "bump = \"invalid\"\nreason = \"r\""),
        "no version",
    );
    let waiver = "[[evolution.waivers]]\nrule = \"enum-widened\"\npath = \"columns.c\"\n\
                  product = \"a.b\"\nauthor = \"a\"\nreason = \"r\"\nexpires = \"soon\"\n";
    check_policy(waiver, "`soon` is not a date");
    assert!(matches!(Policy::from_toml("["), Err(Error::Syntax { .. })));
    assert_eq!(Policy::from_toml(""), Ok(Policy::default()));
}

#[test]
fn reports_are_what_they_were() {
    let policy = Policy::from_toml(POLICY).unwrap();
    let old = contract("1.4.0", |b| {
        b.with_tag("a")
            .with_column(whole().with_maximum(5).with_unit("kg"))
            .with_column(Column::new("name", DataType::String).with_nullable(true))
    });
    let new = contract("1.5.0", |b| {
        b.with_tag("b")
            .with_column(whole().with_maximum(9).with_unit("KGM"))
            .with_column(Column::new("name", DataType::String).with_allowed("<b>|`@x`"))
    });
    let comparison = compare(&old, &new, &policy, today());
    insta::assert_snapshot!("text", comparison.to_text());
    insta::assert_snapshot!(
        "json",
        comparison
            .to_json()
            .replace(old.digest(), "OLD")
            .replace(new.digest(), "NEW")
    );
    insta::assert_snapshot!("markdown", comparison.to_markdown());
    insta::assert_snapshot!("sarif", comparison.to_sarif());
    insta::assert_snapshot!("omds", comparison.to_omds());
}

#[test]
fn every_report_of_every_fixture_can_be_read() {
    for fixture in fixtures() {
        let comparison = fixture.compare();
        let name = &fixture.name;
        for json in [comparison.to_json(), comparison.to_sarif()] {
            let value: Result<serde_json::Value, _> = serde_json::from_str(&json);
            assert!(value.is_ok(), "{name}");
        }
        let omds: dataproduct_contract::Value =
            dataproduct_contract::yaml::from_str(&comparison.to_omds()).unwrap();
        assert_eq!(
            omds.get("kind").and_then(|v| v.as_str()),
            Some("MetadataDifference")
        );
        let diffs = omds.get("diffs").and_then(|v| v.as_list()).unwrap().len();
        assert_eq!(diffs, comparison.findings().len(), "{name}");
        assert!(
            comparison
                .to_text()
                .contains(&comparison.findings()[0].rule.title),
            "{name}"
        );
        assert!(comparison.to_markdown().contains("| bump |"), "{name}");
    }
}

#[test]
fn retiring_is_a_major_until_the_announced_sunset_is_past() {
    let deprecated = |sunset: &str| {
        let sunset = sunset.parse().unwrap();
        of_column_with("1.1.0", Status::Deprecated, Some(sunset))
    };
    let retired = |sunset: Option<NaiveDate>| of_column_with("1.2.0", Status::Retired, sunset);
    let required =
        |old: &Contract, new: &Contract| compare(old, new, &Policy::default(), today()).required();
    let yesterday = today().pred_opt().unwrap();
    let past = deprecated(&yesterday.to_string());
    assert_eq!(required(&past, &retired(Some(yesterday))), Bump::Minor);
    let last_day = deprecated(&today().to_string());
    assert_eq!(required(&last_day, &retired(Some(today()))), Bump::Major);
    let unannounced = of_column_with("1.1.0", Status::Active, None);
    assert_eq!(required(&unannounced, &retired(None)), Bump::Major);
}

fn of_column_with(version: &str, status: Status, sunset: Option<NaiveDate>) -> Contract {
    contract(version, |builder| {
        let builder = builder.with_column(whole()).with_status(status);
        match sunset {
            Some(date) => builder.with_sunset(date),
            None => builder,
        }
    })
}

#[test]
fn a_former_name_is_kept_until_the_next_major() {
    let named = |name: &str, former: &[&str]| {
        let column = Column::new(name, DataType::Int32).with_id("c-id");
        let add = |column: Column, name: &&str| column.with_former_name(*name);
        former.iter().fold(column, add)
    };
    let served = ("column-renamed-served", Bump::Minor);
    let removed = ("former-name-removed", Bump::Major);
    let added = ("former-name-added", Bump::Minor);
    check(named("a", &[]), named("b", &["a"]), &[served]);
    check(named("b", &["a"]), named("b", &[]), &[removed]);
    check(named("b", &["a"]), named("c", &["a", "b"]), &[served]);
    check(named("b", &["a"]), named("c", &["b"]), &[served, removed]);
    // Back to the first name, and served under both.
    check(named("b", &["a"]), named("a", &["b"]), &[served]);
    check(named("b", &[]), named("b", &["a"]), &[added]);
    let order = ("other-changed", Bump::Patch);
    check(named("c", &["a", "b"]), named("c", &["b", "a"]), &[order]);
    // Inside a struct too.
    let within = |column: Column| Column::new("s", DataType::Struct(vec![column]));
    let (old, new) = (within(named("b", &["a"])), within(named("b", &[])));
    check(old, new, &[removed]);
}
