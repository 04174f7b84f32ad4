//! A contract is the same value whichever way it is declared.

use std::time::Duration;

use dataproduct_contract::{
    AllowedValue, Check, Classification, Column, Contract, DataType, Dimension, Operator,
    PiiCategory, Rule, Severity, Status, SupportChannel, Threshold, Value,
};
use proptest::prelude::*;

/// A contract that uses everything that can be declared.
fn everything() -> Contract {
    let rule = Rule::new(
        Check::MissingValues {
            missing: vec![Value::from("N/A"), Value::from(-1)],
        },
        Threshold::percent(Operator::LessOrEqual(0.5)),
    )
    .with_id("few-missing")
    .with_description("Nearly every article has a colour.")
    .with_severity(Severity::Warning)
    .with_dimension(Dimension::Completeness);
    let size = DataType::Struct(vec![
        Column::new("width", DataType::Int32)
            .with_nullable(true)
            .with_unit("CMT")
            .with_exclusive_minimum(0),
        Column::new("note", DataType::String).with_description("As the shop writes it."),
    ]);
    Contract::builder("product.catalogue", "2.1.0-rc.1")
        .with_id("5f7c0f9e-catalogue")
        .with_status(Status::Deprecated)
        .with_sunset("2027-06-30".parse().unwrap())
        .with_successor("product.articles@^3")
        .with_description("One article on sale.")
        .with_purpose("What can be bought.")
        .with_usage("Join by sku.")
        .with_limitations("Sofas only: \"no rugs\", NO.")
        .with_owner("product-platform")
        .with_member("owner@example.com", "owner")
        .with_steward("data-governance")
        .with_consumer("living-room", "answer customers", "^2.1")
        .with_support(SupportChannel {
            channel: "#catalogue".to_owned(),
            tool: Some("slack".to_owned()),
            url: Some("https://example.com/c".to_owned()),
        })
        .with_role("analyst", "read")
        .with_freshness(Duration::from_secs(90 * 60))
        .with_frequency(Duration::from_secs(86_400))
        .with_deadline("0 6 * * 1-5", "Europe/Oslo")
        .with_availability_percent(99.5)
        .with_retention(Duration::from_secs(2 * 365 * 86_400))
        .with_tag("retail")
        .with_custom("costCentre", "0170")
        .with_rule(Rule::new(
            Check::RowCount,
            Threshold::rows(Operator::GreaterThan(0.0)),
        ))
        .with_rule(Rule::new(
            Check::DuplicateValues {
                columns: vec!["sku".to_owned(), "shop".to_owned()],
            },
            Threshold::rows(Operator::Be(0.0)),
        ))
        .with_column(
            Column::new("sku", DataType::String)
                .with_id("article")
                .with_key(2)
                .with_sort(1)
                .with_min_length(1)
                .with_max_length(64)
                .with_pattern("^[0-9s]+$")
                .with_example("0693")
                .with_business_name("Article number")
                .with_semantic_type("https://schema.org/sku")
                .with_reference("logistics.items#sku".parse().unwrap())
                .with_unique()
                .with_tag("id"),
        )
        .with_column(
            Column::new("shop", DataType::String)
                .with_key(1)
                .with_partition(1)
                .with_allowed(AllowedValue {
                    value: Value::from("NO"),
                    label: Some("Norway".to_owned()),
                    description: Some("The country, not the answer.".to_owned()),
                })
                .with_allowed("SE")
                .with_open_enum()
                .with_rule(rule),
        )
        .with_column(
            Column::new(
                "price",
                DataType::Decimal {
                    precision: 12,
                    scale: 2,
                },
            )
            .with_unit("NOK")
            .with_minimum(0)
            .with_multiple_of(0.5)
            .with_deprecation("Use price_minor."),
        )
        .with_column(
            Column::new("assembly", DataType::String)
                .with_nullable(true)
                .with_max_length(9)
                .with_default("none"),
        )
        .with_column(Column::new("size", size).with_nullable(true))
        .with_column(
            Column::new("colours", DataType::list(DataType::String, true))
                .with_max_items(9)
                .with_unique_items(),
        )
        .with_column(Column::new(
            "labels",
            DataType::map(
                DataType::String,
                DataType::list(DataType::Int64, false),
                true,
            ),
        ))
        .with_column(
            Column::new("buyer", DataType::Uuid)
                .with_nullable(true)
                .with_classification(Classification::Restricted)
                .with_pii(PiiCategory::Direct)
                .with_custom("mask", "hash"),
        )
        .with_column(Column::new("flag", DataType::Boolean))
        .with_column(Column::new("i8", DataType::Int8))
        .with_column(Column::new("i16", DataType::Int16))
        .with_column(Column::new("f32", DataType::Float32))
        .with_column(Column::new("f64", DataType::Float64))
        .with_column(Column::new("bytes", DataType::Binary))
        .with_column(Column::new("day", DataType::Date))
        .with_column(Column::new("local", DataType::TimestampNtz))
        .with_column(Column::new("at", DataType::Timestamp).with_event_time())
        .build()
        .unwrap()
}

#[track_caller]
fn assert_same(a: &Contract, b: &Contract) {
    assert_eq!(a, b);
    assert_eq!(a.digest(), b.digest());
    assert_eq!(a.id(), b.id());
    assert_eq!(a.name(), b.name());
    assert_eq!(a.version(), b.version());
    assert_eq!(a.status(), b.status());
    assert_eq!(a.sunset(), b.sunset());
    assert_eq!(a.successor(), b.successor());
    assert_eq!(a.description(), b.description());
    assert_eq!(a.purpose(), b.purpose());
    assert_eq!(a.usage(), b.usage());
    assert_eq!(a.limitations(), b.limitations());
    assert_eq!(a.ownership(), b.ownership());
    assert_eq!(a.support(), b.support());
    assert_eq!(a.roles(), b.roles());
    assert_eq!(a.sla(), b.sla());
    assert_eq!(a.columns(), b.columns());
    assert_eq!(a.rules(), b.rules());
    assert_eq!(a.tags(), b.tags());
    assert_eq!(a.custom(), b.custom());
    assert_eq!(a.arrow_schema(), b.arrow_schema());
}

#[test]
fn what_is_declared_in_code_survives_its_document() {
    let contract = everything();
    let again = Contract::from_yaml(contract.to_yaml()).unwrap();
    assert_same(&contract, &again);
    assert_eq!(contract.to_yaml(), again.to_yaml());
}

#[test]
fn the_document_of_a_contract_is_what_we_mean_it_to_be() {
    insta::assert_snapshot!(everything().to_yaml());
}

#[test]
fn roles_of_columns_come_in_their_order() {
    let contract = everything();
    let names = |columns: Vec<&Column>| -> Vec<String> {
        columns.iter().map(|column| column.name.clone()).collect()
    };
    assert_eq!(names(contract.key()), ["shop", "sku"]);
    assert_eq!(names(contract.partition_by()), ["shop"]);
    assert_eq!(names(contract.sort_by()), ["sku"]);
    assert_eq!(contract.event_time().unwrap().name, "at");
}

/// A document as others write it, with the words of older versions of the standard.
const FOREIGN: &str = "
apiVersion: v3.0.2
kind: DataContract
id: 53581432-6c55-4ba2-a65f-72344a91553a
domain: seller
dataProduct: payments
name: Core payments
version: 1.1.0
status: active
tenant: ClimateQuantumInc
team:
- {username: former-analyst, role: Data Scientist, dateOut: '2022-10-01'}
- {username: product-owner, role: Owner}
- {username: data-steward, role: Data Steward}
slaProperties:
- {property: freshness, value: 4, unit: hours, element: tbl.paid_at}
- {property: Retention, value: 3, unit: y}
- {property: timeOfAvailability, value: '09:00-08:00'}
- {property: errorRate, value: 1, unit: percent}
schema:
- name: tbl
  physicalName: tbl_1
  properties:
  - {name: id, primaryKey: true, logicalType: string, physicalType: varchar(18), required: true,
     encryptedName: id_enc}
  - {name: country, primaryKey: true, logicalType: string, required: true}
  - {name: amount, logicalType: number, physicalType: 'decimal(10, 2)'}
  - {name: n, logicalType: integer, physicalType: smallint}
  - {name: ratio, logicalType: number}
  - {name: paid_at, logicalType: timestamp}
  - {name: old, physicalType: bigint}
  quality:
  - {type: sql, query: SELECT 1, mustBe: 1}
  - {type: custom, engine: soda, implementation: whatever}
  - {type: text, description: Looks right.}
  - {metric: rowCount, mustBeBetween: [1, 10]}
";

#[test]
fn a_foreign_document_is_understood_and_kept_whole() {
    let contract = Contract::from_yaml(FOREIGN).unwrap();
    assert_eq!(contract.name().to_string(), "seller.payments");
    assert_eq!(contract.owner(), "product-owner");
    assert_eq!(
        contract.ownership().steward.as_deref(),
        Some("data-steward")
    );
    assert_eq!(
        contract.sla().freshness,
        Some(Duration::from_secs(4 * 3_600))
    );
    assert_eq!(
        contract.sla().retention,
        Some(Duration::from_secs(3 * 365 * 86_400))
    );
    assert!(contract.sla().deadlines.is_empty());
    let types: Vec<_> = contract
        .columns()
        .iter()
        .map(|c| c.data_type.to_string())
        .collect();
    assert_eq!(
        types,
        [
            "string",
            "string",
            "decimal(10,2)",
            "short",
            "double",
            "timestamp",
            "long"
        ]
    );
    let key: Vec<_> = contract.key().iter().map(|c| c.name.clone()).collect();
    assert_eq!(key, ["id", "country"]);
    let not_run: Vec<_> = contract
        .rules_not_run()
        .into_iter()
        .map(|(path, rule)| format!("{path} {}", rule.check.name()))
        .collect();
    assert_eq!(
        not_run,
        ["rules[0] sql", "rules[1] custom", "rules[2] text"]
    );
    // What the model has no field for is still there, now in a document of version 3.2.0.
    for text in [
        "apiVersion: v3.2.0",
        "tenant: ClimateQuantumInc",
        "encryptedName: id_enc",
        "physicalName: tbl_1",
        "query: SELECT 1",
        "errorRate",
        "dateOut",
    ] {
        assert!(
            contract.to_yaml().contains(text),
            "{text}\n{}",
            contract.to_yaml()
        );
    }
    assert_same(&contract, &Contract::from_yaml(contract.to_yaml()).unwrap());
}

#[test]
fn a_document_of_several_tables_is_not_a_contract() {
    let text = FOREIGN.replace("- name: tbl\n", "- name: other\n- name: tbl\n");
    let problems = Contract::from_yaml(&text).unwrap_err();
    let codes: Vec<_> = problems.iter().map(|p| p.code).collect();
    assert_eq!(codes, ["several-tables"]);
}

fn data_type() -> impl Strategy<Value = DataType> {
    let leaf = prop_oneof![
        Just(DataType::Boolean),
        Just(DataType::Int8),
        Just(DataType::Int16),
        Just(DataType::Int32),
        Just(DataType::Int64),
        Just(DataType::Float32),
        Just(DataType::Float64),
        Just(DataType::String),
        Just(DataType::Binary),
        Just(DataType::Uuid),
        Just(DataType::Date),
        Just(DataType::Timestamp),
        Just(DataType::TimestampNtz),
        (1_u8..=38).prop_flat_map(|precision| {
            (0..=precision).prop_map(move |scale| DataType::Decimal { precision, scale })
        }),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            (inner.clone(), any::<bool>()).prop_map(|(t, nullable)| DataType::list(t, nullable)),
            (inner.clone(), any::<bool>()).prop_map(|(t, nullable)| DataType::map(
                DataType::String,
                t,
                nullable
            )),
            prop::collection::vec((inner, any::<bool>()), 1..4).prop_map(|fields| {
                DataType::Struct(
                    fields
                        .into_iter()
                        .enumerate()
                        .map(|(i, (t, nullable))| {
                            Column::new(format!("f{i}"), t).with_nullable(nullable)
                        })
                        .collect(),
                )
            }),
        ]
    })
}

/// A default that a column of the type can have.
fn default_of(data_type: &DataType) -> Option<Value> {
    Some(match data_type {
        DataType::Boolean => true.into(),
        data_type if data_type.is_integer() => Value::from(-7),
        DataType::Float32 | DataType::Float64 => Value::try_from(0.1).unwrap(),
        DataType::String => "no: \"1\"".into(),
        DataType::Uuid => "67e55044-10b1-426f-9247-bb680e5fe0c8".into(),
        DataType::Date => "2026-01-31".into(),
        DataType::Timestamp => "2026-01-31T12:00:00Z".into(),
        DataType::TimestampNtz => "2026-01-31T12:00:00".into(),
        DataType::Decimal { .. } => "0".into(),
        _ => return None,
    })
}

proptest! {
    #[test]
    fn every_schema_survives_its_document(
        types in prop::collection::vec((data_type(), any::<bool>(), any::<bool>()), 1..6),
        text in "\\PC{0,40}",
    ) {
        let columns = types.into_iter().enumerate().map(|(i, (data_type, nullable, with_default))| {
            let default = default_of(&data_type).filter(|_| with_default);
            let mut column = Column::new(format!("c{i}"), data_type).with_nullable(nullable);
            column.default = default;
            column
        });
        let built = Contract::builder("a.b", "1.0.0")
            .with_owner("o")
            .with_columns(columns)
            .with_purpose(text.as_str())
            .build();
        // Text with characters that hide is refused; everything else comes back as it was.
        if let Ok(contract) = built {
            let again = Contract::from_yaml(contract.to_yaml()).unwrap();
            assert_same(&contract, &again);
            let arrow = contract.arrow_schema();
            for field in arrow.fields() {
                let back = Column::from_arrow(field).unwrap().to_arrow();
                prop_assert_eq!(back.data_type(), field.data_type());
            }
        }
    }

    #[test]
    fn no_text_makes_reading_panic(text in "\\PC{0,200}") {
        let _ = Contract::from_yaml(&text);
    }
}

#[test]
fn the_product_around_contracts_is_an_odps_document() {
    use dataproduct_contract::odps::Product;
    let older = Contract::builder("product.catalogue", "1.0.0")
        .with_owner("product-platform")
        .with_column(Column::new("sku", DataType::String))
        .build()
        .unwrap();
    let product = Product::around(&[older.clone(), everything()]).unwrap();
    let text = product.to_yaml().unwrap();
    assert_eq!(Product::from_yaml(&text).unwrap(), product);
    insta::assert_snapshot!(text);

    assert_eq!(
        Product::around(&[])
            .unwrap_err()
            .iter()
            .next()
            .unwrap()
            .code,
        "no-contracts"
    );
    let foreign = Contract::from_yaml(FOREIGN).unwrap();
    let problems = Product::around(&[older, foreign]).unwrap_err();
    assert_eq!(problems.iter().next().unwrap().code, "other-product");
}
