//! What foreign documents say becomes what the model says, or a problem; never less, never silently.

use std::time::{Duration, Instant};

use dataproduct_contract::{
    Check, Column, Contract, DataType, Operator, Problems, Rule, Threshold,
};

/// A sound document around these properties and whatever stands after them.
fn document(properties: &str, rest: &str) -> Result<Contract, Problems> {
    Contract::from_yaml(&format!(
        "apiVersion: v3.2.0\nkind: DataContract\nid: x\ndomain: a\nname: b\nversion: 1.0.0\n\
         team: {{name: t}}\n{rest}schema:\n- name: b\n  properties:\n{properties}"
    ))
}

#[track_caller]
fn codes(result: Result<Contract, Problems>) -> Vec<String> {
    let problems = result.err().unwrap_or_default();
    problems
        .iter()
        .map(|p| format!("{} {}", p.path, p.code))
        .collect()
}

#[test]
fn logical_and_physical_types_together_tell_the_type() {
    let cases = [
        ("logicalType: integer", "long"),
        ("logicalType: integer, physicalType: INTEGER", "long"),
        ("logicalType: integer, physicalType: int4", "integer"),
        ("logicalType: integer, physicalType: tinyint", "byte"),
        (
            "logicalType: integer, logicalTypeOptions: {format: u32}",
            "long",
        ),
        (
            "logicalType: integer, logicalTypeOptions: {format: u64}",
            "decimal(20,0)",
        ),
        ("logicalType: number", "double"),
        ("logicalType: number, physicalType: bigint", "long"),
        (
            "logicalType: number, physicalType: 'NUMERIC( 9 , 4 )'",
            "decimal(9,4)",
        ),
        (
            "logicalType: number, physicalType: 'decimal(9)'",
            "decimal(9,0)",
        ),
        ("logicalType: number, physicalType: real", "float"),
        ("logicalType: date", "date"),
        ("logicalType: date, physicalType: TIMESTAMP", "timestamp"),
        (
            "logicalType: timestamp, physicalType: datetime",
            "timestamp_ntz",
        ),
        (
            "logicalType: timestamp, logicalTypeOptions: {timezone: true}, physicalType: datetime",
            "timestamp",
        ),
        ("logicalType: string, physicalType: varchar(18)", "string"),
        ("logicalType: string, physicalType: bytea", "binary"),
        ("physicalType: smallint", "short"),
        (
            "logicalType: array, items: {logicalType: date}",
            "array<date>",
        ),
        (
            "logicalType: map, map: {key: {logicalType: string}, value: {logicalType: boolean}}",
            "map<string,boolean>",
        ),
    ];
    for (property, expect) in cases {
        let contract = document(&format!("  - {{name: c, {property}}}\n"), "").unwrap();
        assert_eq!(
            contract.columns()[0].data_type.to_string(),
            expect,
            "{property}"
        );
    }
}

#[test]
fn types_that_cannot_be_are_named() {
    let cases = [
        (
            "logicalType: number, physicalType: 'NUMBER(*,2)'",
            "bad-decimal",
        ),
        (
            "logicalType: number, physicalType: 'decimal(1000,2)'",
            "bad-decimal",
        ),
        (
            "logicalType: number, physicalType: 'decimal(38,-2)'",
            "bad-decimal",
        ),
        ("logicalType: number, physicalType: NUMBER", "bad-decimal"),
        (
            "logicalType: integer, logicalTypeOptions: {format: i128}",
            "unsupported-type",
        ),
        ("logicalType: time", "unsupported-type"),
        (
            "logicalType: vector, logicalTypeOptions: {dimensions: 3}",
            "unsupported-type",
        ),
        ("physicalType: geometry", "missing-type"),
        ("description: nothing else", "missing-type"),
    ];
    for (property, expect) in cases {
        let found = codes(document(&format!("  - {{name: c, {property}}}\n"), ""));
        assert_eq!(
            found,
            [format!("schema.columns[0].type {expect}")],
            "{property}"
        );
    }
}

#[test]
fn unsigned_integers_keep_their_bounds() {
    let contract = document(
        "  - {name: c, logicalType: integer, logicalTypeOptions: {format: u8}}\n",
        "",
    )
    .unwrap();
    let limits = &contract.columns()[0].limits;
    assert_eq!(limits.minimum.as_ref().and_then(|v| v.as_i64()), Some(0));
    assert_eq!(limits.maximum.as_ref().and_then(|v| v.as_i64()), Some(255));
}

#[test]
fn fields_that_the_object_requires_are_required() {
    let object = |required: &str| {
        document(
            &format!(
                "  - name: o\n    logicalType: object\n    logicalTypeOptions: {{required: [{required}]}}\n    \
                 properties: [{{name: x, logicalType: string}}, {{name: y, logicalType: string}}]\n"
            ),
            "",
        )
    };
    let contract = object("y").unwrap();
    let nullable: Vec<_> = contract.columns()[0]
        .children()
        .map(|c| c.nullable)
        .collect();
    assert_eq!(nullable, [true, false]);
    assert_eq!(
        codes(object("z")),
        ["schema.columns[0].fields unknown-column"]
    );
}

#[test]
fn references_are_read_at_every_depth_and_from_the_table() {
    let to = "product/catalogue.odcs.yaml#/schema/catalogue/properties/sku";
    let contract = document(
        &format!(
            "  - {{name: sku, logicalType: string}}\n  - name: parts\n    logicalType: array\n    items:\n      \
             logicalType: object\n      properties: [{{name: part, logicalType: string, \
             relationships: [{{to: {to}}}]}}]\n  relationships: [{{from: b.sku, to: {to}}}]\n"
        ),
        "",
    )
    .unwrap();
    assert_eq!(
        contract.columns()[0].references[0].to_string(),
        "product.catalogue#sku"
    );
    let missing = contract.dangling_references(|_| None);
    let paths: Vec<_> = missing.iter().map(|p| p.path.as_str()).collect();
    assert_eq!(
        paths,
        [
            "schema.columns[0].references[0]",
            "schema.columns[1].element.fields[0].references[0]"
        ]
    );
}

#[test]
fn rules_that_are_not_run_are_named_at_every_depth() {
    let contract = document(
        "  - name: l\n    logicalType: array\n    items: {logicalType: string, quality: \
         [{type: sql, query: SELECT 1, mustBe: 1}]}\n",
        "",
    )
    .unwrap();
    let named: Vec<_> = contract
        .rules_not_run()
        .into_iter()
        .map(|(path, _)| path)
        .collect();
    assert_eq!(named, ["schema.columns[0].element.rules[0]"]);
}

#[test]
fn one_bad_name_hides_nothing_else() {
    let text = "apiVersion: v3.2.0\nkind: DataContract\nid: x\ndomain: Sales Dept\nname: b\nversion: '1'\n\
                status: bananas\nschema:\n- name: b\n  properties: [{name: c, logicalType: time}]\n";
    let mut found = codes(Contract::from_yaml(text));
    found.sort();
    assert_eq!(
        found,
        [
            "domain bad-name",
            "ownership.team missing-owner",
            "schema.columns[0].type unsupported-type",
            "status unknown-status",
            "version bad-version",
        ]
    );
}

#[test]
fn our_own_properties_of_the_wrong_kind_are_not_dropped() {
    let ours = |property: &str, value: &str| {
        format!("{{property: {property}, value: {value}, vendor: dataproduct}}")
    };
    let column = [
        ours("eventTime", "'true'"),
        ours("sortPosition", "'1'"),
        ours("unit", "7"),
    ];
    let contract = [ours("steward", "7"), ours("consumers", "{a: b}")];
    let found = codes(document(
        &format!(
            "  - {{name: c, logicalType: timestamp, customProperties: [{}]}}\n",
            column.join(", ")
        ),
        &format!("customProperties: [{}]\n", contract.join(", ")),
    ));
    assert_eq!(
        found,
        [
            "steward bad-custom-property",
            "consumers bad-custom-property",
            "schema.columns[0].sortPosition bad-custom-property",
            "schema.columns[0].eventTime bad-custom-property",
            "schema.columns[0].unit bad-custom-property",
        ]
    );
}

#[test]
fn promises_to_several_parties_are_kept_at_their_strictest() {
    let sla = |properties: &str| {
        document(
            "  - {name: c, logicalType: timestamp}\n",
            &format!("slaProperties:\n{properties}"),
        )
    };
    let contract = sla(
        "- {property: latency, value: 2, unit: h, driver: analytics}\n\
                        - {property: ly, value: 1, unit: h, driver: regulatory}\n\
                        - {property: retention, value: 1, unit: y, driver: analytics}\n\
                        - {property: re, value: 2, unit: y, driver: regulatory}\n\
                        - {property: availability, value: 99.9, driver: regulatory}\n\
                        - {property: av, value: 99, driver: analytics}\n",
    )
    .unwrap();
    assert_eq!(contract.sla().freshness, Some(Duration::from_secs(3_600)));
    assert_eq!(
        contract.sla().retention,
        Some(Duration::from_secs(2 * 365 * 86_400))
    );
    assert_eq!(contract.sla().availability_percent, Some(99.9));
    let twice = "- {property: retention, value: 1, unit: y}\n- {property: re, value: 2, unit: y}\n";
    assert_eq!(codes(sla(twice)), ["sla[1] duplicate-sla"]);
}

#[test]
fn text_whose_format_is_a_type_is_that_type() {
    for format in ["uuid", "binary"] {
        let built = Contract::builder("a.b", "1.0.0")
            .with_owner("o")
            .with_column(Column::new("c", DataType::String).with_format(format))
            .build();
        assert_eq!(codes(built), ["schema.columns[0].format format-is-type"]);
    }
}

#[test]
fn a_contract_that_could_not_be_read_again_is_not_made() {
    let mut column = Column::new("c", DataType::String);
    for i in 0..20_000 {
        column = column.with_allowed(format!("value {i}"));
    }
    let built = Contract::builder("a.b", "1.0.0")
        .with_owner("o")
        .with_column(column)
        .build();
    assert!(!codes(built).is_empty());
    let long = Column::new("c", DataType::String).with_description("x".repeat(2 << 20));
    let built = Contract::builder("a.b", "1.0.0")
        .with_owner("o")
        .with_column(long)
        .build();
    assert!(!codes(built).is_empty());
}

#[test]
fn values_and_bounds_are_within_their_type() {
    let check = |column: Column, expect: &[&str]| {
        let built = Contract::builder("a.b", "1.0.0")
            .with_owner("o")
            .with_column(column)
            .build();
        assert_eq!(codes(built), expect);
    };
    let small = || Column::new("c", DataType::Int8);
    check(small().with_allowed(127), &[]);
    check(
        small().with_allowed(128),
        &["schema.columns[0].enum[0] bad-enum-value"],
    );
    check(
        small().with_example(500),
        &["schema.columns[0].examples[0] bad-example"],
    );
    // Two numbers that are one and the same as floating-point numbers.
    let wide = Column::new(
        "c",
        DataType::Decimal {
            precision: 38,
            scale: 0,
        },
    );
    let empty = wide
        .with_minimum(9_007_199_254_740_993_i64)
        .with_maximum(9_007_199_254_740_992_i64);
    check(empty, &["schema.columns[0].minimum empty-range"]);
}

/// Validation of a document within the budget of reading stays cheap whatever the document says.
#[test]
fn hostile_meaning_is_as_cheap_as_hostile_shape() {
    let many = |n: usize, one: &dyn Fn(usize) -> String| (0..n).map(one).collect::<String>();
    let documents = [
        document(
            "  - {name: c, logicalType: string}\n",
            &format!("slaDefaultElement: \"{}\"\n", "a,".repeat(450_000)),
        ),
        document(
            &many(4_000, &|i| {
                format!(
                    "  - {{name: c{i}, logicalType: string, logicalTypeOptions: {{pattern: '\\w{{30}}{i}'}}}}\n"
                )
            }),
            "",
        ),
        document(
            "  - {name: c, logicalType: string}\n",
            &format!(
                "slaProperties:\n{}",
                many(4_000, &|i| format!(
                    "- {{property: timeOfAvailability, value: a, scheduler: cron, schedule: 0 {} 30 2 *}}\n",
                    i % 24
                ))
            ),
        ),
    ];
    for (i, result) in documents.into_iter().enumerate() {
        let problems = result.err().unwrap();
        assert!(
            problems.len() <= dataproduct_contract::yaml::MAX_PROBLEMS,
            "{i}"
        );
        assert!(problems.iter().all(|p| p.message.len() < 1_000), "{i}");
    }
    let rule = Rule::new(
        Check::DuplicateValues {
            columns: (0..50_000).map(|i| format!("x{i}")).collect(),
        },
        Threshold::rows(Operator::Be(0.0)),
    );
    let start = Instant::now();
    let built = Contract::builder("a.b", "1.0.0")
        .with_owner("o")
        .with_column(Column::new("c", DataType::String))
        .with_rule(rule)
        .build();
    assert_eq!(
        built.err().unwrap().len(),
        dataproduct_contract::yaml::MAX_PROBLEMS
    );
    assert!(start.elapsed() < Duration::from_secs(5));
}
