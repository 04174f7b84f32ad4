//! The forms that contracts are written in.

use dataproduct::contract::AllowedValue;
use dataproduct::{Column, Contract, DataType};
use dataproduct_cli::export::{Exported, Format, export};

use crate::run::{every_type, stock_levels};

fn written(contract: &Contract, format: Format) -> Exported {
    export(contract, format).unwrap()
}

fn text(yaml: &str, format: Format) -> String {
    let contract = Contract::from_yaml(yaml).unwrap();
    written(&contract, format).text().unwrap().to_owned()
}

/// Names and words that would break out of every form.
pub(crate) fn hostile() -> Contract {
    let evil = "</script><script>alert(1)</script> '\" ` \\ | -- \n; DROP TABLE x; */ ${x} {{x}}";
    Contract::builder("inventory.stock", "1.0.0")
        .with_owner(evil)
        .with_description(evil)
        .with_purpose(evil)
        .with_column(
            Column::new("na'me'y", DataType::String)
                .with_description(evil)
                .with_allowed(AllowedValue::from("it's \\ \"x\""))
                .with_allowed(AllowedValue::from("-- ; DROP")),
        )
        .with_column(Column::new("na'me'z", DataType::Int64).with_nullable(true))
        .with_column(
            Column::new(
                "select",
                DataType::Struct(vec![Column::new("a-b", DataType::Date)]),
            )
            .with_description(evil),
        )
        .build()
        .unwrap()
}

#[test]
fn every_form_of_the_example_is_as_reviewed() {
    for (name, format) in [
        ("odcs-3.1", Format::Odcs31),
        ("avro", Format::Avro),
        ("sql-ansi", Format::SqlAnsi),
        ("sql-duckdb", Format::SqlDuckdb),
        ("sql-postgres", Format::SqlPostgres),
        ("sql-spark", Format::SqlSpark),
        ("markdown", Format::Markdown),
        ("html", Format::Html),
    ] {
        insta::assert_snapshot!(
            format!("stock-levels-{name}"),
            text(&stock_levels(), format)
        );
    }
    for (name, format) in [
        ("odcs-3.1", Format::Odcs31),
        ("avro", Format::Avro),
        ("sql-duckdb", Format::SqlDuckdb),
        ("sql-postgres", Format::SqlPostgres),
        ("sql-spark", Format::SqlSpark),
    ] {
        insta::assert_snapshot!(format!("every-type-{name}"), text(&every_type(), format));
    }
}

#[test]
fn a_page_says_what_each_rule_is_about_and_what_happens_on_a_breach() {
    let contract = crate::rust_type::every_rule().build().unwrap();
    let page = written(&contract, Format::Markdown);
    let page = page.text().unwrap();
    insta::assert_snapshot!("every-rule-markdown", page);
}

#[test]
fn sql_names_what_it_says_nowhere_of_nested_values() {
    let mut code = Column::new("code", DataType::String);
    code.limits.max_length = Some(9);
    let mut sku = Column::new("sku", DataType::String).with_allowed("a");
    sku.references = vec!["product.catalogue#sku".parse().unwrap()];
    let count = Column::new("count", DataType::Int64).with_minimum(0);
    let open = Column::new("open", DataType::String)
        .with_allowed("a")
        .with_open_enum();
    let line = DataType::Struct(vec![code, sku.clone(), count.clone(), open]);
    let lines = DataType::List(Box::new(Column::new("element", line)));
    let (key, value) = (
        Box::new(Column::new("key", DataType::String)),
        Box::new(count.renamed("value")),
    );
    let contract = Contract::builder("inventory.orders", "1.0.0")
        .with_owner("inventory")
        .with_column(sku.with_key(1))
        .with_column(Column::new("lines", lines))
        .with_column(Column::new("by", DataType::Map { key, value }))
        .build()
        .unwrap();
    let of_all = [
        "sku: what the values refer to is left out",
        "lines.element.sku: what the values refer to is left out",
        "lines.element.sku: the allowed values of nested values are left out",
        "lines.element.count: the limits of nested values are left out",
        "by.value: the limits of nested values are left out",
    ];
    let length = "lines.element.code: the limits of nested values are left out";
    for (format, says_length) in [
        (Format::SqlAnsi, true),
        (Format::SqlDuckdb, false),
        (Format::SqlPostgres, false),
        (Format::SqlSpark, false),
    ] {
        let notes = written(&contract, format).notes;
        let mut notes: Vec<_> = notes.iter().map(ToString::to_string).collect();
        notes.retain(|note| note.contains("nested values") || note.contains("refer"));
        let mut expected = of_all.to_vec();
        if !says_length {
            expected.insert(1, length);
        }
        assert_eq!(notes, expected, "{format:?}");
    }
}

/// A column of each kind that a default is written differently for.
fn with_defaults() -> Contract {
    let decimal = DataType::Decimal {
        precision: 6,
        scale: 2,
    };
    let real = dataproduct::Value::try_from(0.25).unwrap();
    Contract::builder("inventory.defaults", "1.0.0")
        .with_owner("inventory")
        .with_column(Column::new("sku", DataType::String).with_key(1))
        .with_column(Column::new("n", DataType::Int32).with_default(-7))
        .with_column(Column::new("t", DataType::String).with_default("it's"))
        .with_column(
            Column::new("is", DataType::Boolean)
                .with_nullable(true)
                .with_default(true),
        )
        .with_column(Column::new("share", DataType::Float64).with_default(real))
        .with_column(Column::new("price", decimal).with_default("0.50"))
        .with_column(Column::new("day", DataType::Date).with_default("2026-01-31"))
        .with_column(Column::new("at", DataType::Timestamp).with_default("2026-01-31T12:00:00Z"))
        .build()
        .unwrap()
}

#[test]
fn sql_has_the_defaults_of_columns_or_says_that_it_has_not() {
    let contract = with_defaults();
    let columns: Vec<_> = contract.columns().iter().skip(1).collect();
    for format in [Format::SqlAnsi, Format::SqlDuckdb, Format::SqlPostgres] {
        let written = written(&contract, format);
        assert!(written.notes.is_empty(), "{:?}", written.notes);
        let sql = written.text().unwrap();
        let line = |name: &str| {
            let quoted = format!("\"{name}\" ");
            let named = |line: &&str| line.trim_start().starts_with(&quoted);
            sql.lines()
                .find(named)
                .unwrap_or_else(|| panic!("{name}: {sql}"))
        };
        let literals = [
            ("n", "-7"),
            ("t", "'it''s'"),
            ("share", "0.25"),
            ("price", "0.50"),
            ("day", "'2026-01-31'"),
            ("at", "'2026-01-31"),
        ];
        for (name, literal) in literals {
            let (before, after) = line(name).split_once(" DEFAULT ").unwrap_or_else(|| {
                panic!("{name} {format:?}: {sql}");
            });
            assert!(after.contains(literal), "{name} {format:?}: {after}");
            // Where it stands behind a `NOT NULL`, programs of the standard refuse it.
            assert!(!before.contains("NOT NULL"), "{name} {format:?}");
        }
        assert!(line("is").to_lowercase().contains("default true"), "{sql}");
        assert!(!line("sku").contains("DEFAULT"), "{sql}");
    }
    // There it is a feature that shuts programs out.
    let written = written(&contract, Format::SqlSpark);
    assert!(!written.text().unwrap().contains("DEFAULT"));
    let mut notes: Vec<_> = written.notes.iter().map(ToString::to_string).collect();
    notes.retain(|note| note.contains("default"));
    let expect: Vec<_> = columns
        .iter()
        .map(|column| format!("{}: the default is left out", column.name))
        .collect();
    assert_eq!(notes, expect);
}

#[test]
fn a_page_says_what_rows_from_before_a_column_read_as() {
    let contract = with_defaults();
    for format in [Format::Markdown, Format::Html] {
        let page = written(&contract, format);
        let page = page.text().unwrap();
        let said = page.matches("in rows from before the column: ").count();
        assert_eq!(said, 7, "{page}");
        for value in ["-7", "true", "0.25", "0.50", "2026-01-31"] {
            let said = format!("in rows from before the column: {value}");
            assert!(page.contains(&said), "{value} {format:?}: {page}");
        }
    }
}

#[test]
fn what_is_generated_for_the_record_is_what_is_exported() {
    let folder = crate::run::schemas().join("testing/every-type");
    for (ending, format) in [
        ("odcs.yaml", Format::Odcs),
        ("odps.yaml", Format::Odps),
        ("arrow.json", Format::ArrowJson),
        ("schema.json", Format::JsonSchema),
    ] {
        let recorded = std::fs::read_to_string(folder.join(format!("1.0.0.{ending}"))).unwrap();
        assert_eq!(text(&every_type(), format), recorded, "{ending}");
    }
}

#[test]
fn odcs_3_1_can_be_read_and_names_what_it_lost() {
    let contract = Contract::from_yaml(&every_type()).unwrap();
    let exported = written(&contract, Format::Odcs31);
    let yaml = exported.text().unwrap();
    assert!(yaml.starts_with("apiVersion: v3.1.0\n"), "{yaml}");
    let document = dataproduct::contract::odcs::Document::from_yaml(yaml).unwrap();
    assert_eq!(
        document.schema.unwrap()[0]
            .properties
            .as_ref()
            .unwrap()
            .len(),
        28
    );
    let notes: Vec<_> = exported.notes.iter().map(ToString::to_string).collect();
    assert!(
        notes
            .iter()
            .any(|n| n.starts_with("by_word: the type becomes `object`")),
        "{notes:?}"
    );
    assert!(
        notes
            .iter()
            .any(|n| n.starts_with("standing: `enum` becomes")),
        "{notes:?}"
    );
    assert!(
        notes.iter().any(|n| n.contains("lose their vendor")),
        "{notes:?}"
    );
}

#[test]
fn pages_show_text_and_never_run_it() {
    let html = written(&hostile(), Format::Html);
    let html = html.text().unwrap();
    assert!(!html.contains("<script"), "{html}");
    assert!(html.contains("&lt;script&gt;alert(1)"), "{html}");
    assert!(html.contains("default-src &#39;none&#39;"), "{html}");
    for outside in ["http:", "src=", "url(", "@import", "<link"] {
        assert!(!html.contains(outside), "{outside}");
    }
    let markdown = written(&hostile(), Format::Markdown);
    let markdown = markdown.text().unwrap();
    assert!(!markdown.contains("<script"), "{markdown}");
    let rows = markdown.lines().filter(|line| line.starts_with("| `"));
    for row in rows {
        assert_eq!(row.replace("\\|", "").matches('|').count(), 5, "{row}");
    }
}

#[test]
fn the_page_of_a_product_links_to_nothing_outside() {
    let html = text(&stock_levels(), Format::Html);
    assert!(!html.contains("<a ") && !html.contains("<script"), "{html}");
    assert!(html.contains("available to promise") || html.contains("Available to promise"));
}

#[test]
fn a_rust_type_says_what_it_leaves_out() {
    let yaml = r#"
apiVersion: v3.2.0
kind: DataContract
id: inventory.stock
name: stock
version: 1.1.0
status: active
domain: inventory
team:
  name: inventory-team
servers:
  - server: lake
    type: s3
    location: s3://lake/stock
price:
  priceAmount: 1
  priceCurrency: EUR
  priceUnit: month
schema:
  - name: stock
    properties:
      - id: quantity
        name: pieces
        logicalType: integer
        required: true
        physicalName: QTY
        synonyms:
          - synonym: count
        customProperties:
          - property: formerNames
            value: [quantity]
            vendor: dataproduct
      - name: place
        logicalType: object
        properties:
          - name: shelf
            logicalType: string
            transformLogic: upper(shelf)
"#;
    let contract = Contract::from_yaml(yaml).unwrap();
    let written = written(&contract, Format::Rust);
    let text = written.text().unwrap();
    assert!(text.contains("renamed_from(\"quantity\")"), "{text}");
    let notes: Vec<_> = written
        .notes
        .iter()
        .map(|note| format!("{}: {}", note.path, note.message))
        .collect();
    for expected in [
        ": the servers are left out",
        ": the price is left out",
        "pieces: the physical name is left out",
        "pieces: the synonyms are left out",
        "place.shelf: the transformation is left out",
    ] {
        assert!(notes.iter().any(|note| note == expected), "{notes:?}");
    }
}
