//! Drafts from other forms, and back to where they came from.

use dataproduct::{Column, Contract, DataType};
use dataproduct_cli::export::{Format, export};
use dataproduct_cli::import::{self, Draft, Error};

use crate::run::every_type;

fn exported(contract: &Contract, format: Format) -> Vec<u8> {
    export(contract, format).unwrap().bytes
}

/// The columns without what the form in between cannot say.
fn bare(columns: &[Column], forget: &dyn Fn(&mut Column)) -> Vec<Column> {
    columns
        .iter()
        .map(|column| {
            let mut column = column.clone();
            column.id = None;
            column.key = None;
            column.partition = None;
            column.event_time = false;
            column.unit = None;
            forget(&mut column);
            column.data_type = match column.data_type {
                DataType::Struct(fields) => DataType::Struct(bare(&fields, forget)),
                DataType::List(element) => {
                    DataType::List(Box::new(bare(&[*element], forget).remove(0)))
                }
                DataType::Map { key, value } => DataType::Map {
                    key: Box::new(bare(&[*key], forget).remove(0)),
                    value: Box::new(bare(&[*value], forget).remove(0)),
                },
                other => other,
            };
            column
        })
        .collect()
}

#[test]
fn avro_is_read_back_as_it_was_written() {
    let contract = Contract::from_yaml(&every_type()).unwrap();
    let draft =
        import::avro::schema(&String::from_utf8(exported(&contract, Format::Avro)).unwrap())
            .unwrap();
    // Avro has no limits, and says nothing of values within lists and maps.
    let forget = |column: &mut Column| {
        column.limits = Default::default();
        for allowed in &mut column.allowed {
            allowed.description = None;
        }
        if ["element", "key", "value"].contains(&column.name.as_str()) {
            column.description = None;
        }
    };
    assert_eq!(draft.columns, bare(contract.columns(), &forget));
    assert_eq!(draft.description.as_deref(), contract.description());
}

#[test]
fn json_schema_is_read_back_as_far_as_it_says() {
    let contract = Contract::from_yaml(&every_type()).unwrap();
    let text = String::from_utf8(exported(&contract, Format::JsonSchema)).unwrap();
    let mut draft = import::json_schema::schema(&text).unwrap();
    let forget = |column: &mut Column| {
        for allowed in &mut column.allowed {
            allowed.description = None;
        }
        // JSON knows one kind of number, and names of objects are text.
        match column.data_type {
            DataType::Float32 => column.data_type = DataType::Float64,
            DataType::Int32 if column.name == "key" => column.data_type = DataType::Int64,
            _ => {}
        }
        // Bounds of exact numbers are bounds of text, which JSON Schema cannot say.
        if matches!(column.data_type, DataType::Decimal { .. }) {
            column.limits = Default::default();
        }
        // A narrower range than the type's own keeps the range and loses the type.
        if column.limits.minimum.is_some() && column.data_type.is_integer() {
            column.data_type = DataType::Int64;
        }
    };
    let mut columns = bare(contract.columns(), &forget);
    // JSON objects have no order.
    sort(&mut columns);
    sort(&mut draft.columns);
    assert_eq!(draft.columns, columns);
}

fn sort(columns: &mut [Column]) {
    columns.sort_by(|a, b| a.name.cmp(&b.name));
    for column in columns {
        match &mut column.data_type {
            DataType::Struct(fields) => sort(fields),
            DataType::List(element) => sort(std::slice::from_mut(element)),
            _ => {}
        }
    }
}

#[test]
fn arrow_schemas_are_read_back_in_both_forms() {
    let contract = Contract::from_yaml(&every_type()).unwrap();
    let arrow = contract.arrow_schema();
    let json = String::from_utf8(exported(&contract, Format::ArrowJson)).unwrap();
    let ipc = exported(&contract, Format::ArrowIpc);
    for draft in [
        import::arrow::json(&json).unwrap(),
        import::arrow::ipc(ipc.as_slice()).unwrap(),
    ] {
        let again = draft
            .into_contract("testing.every-type", "1.0.0", "testing")
            .unwrap();
        // Which words are allowed and which text is a UUID is not in an Arrow schema.
        for (a, b) in arrow.fields().iter().zip(again.arrow_schema().fields()) {
            assert_eq!((a.name(), a.is_nullable()), (b.name(), b.is_nullable()));
            if !matches!(a.data_type(), arrow_schema::DataType::Dictionary(..)) {
                assert_eq!(a.data_type(), b.data_type());
            }
        }
    }
}

#[test]
fn a_parquet_file_gives_the_types_of_its_footer() {
    use arrow_array::{Decimal128Array, RecordBatch, UInt16Array};
    use std::sync::Arc;
    let price = Decimal128Array::from(vec![Some(1999)])
        .with_precision_and_scale(10, 2)
        .unwrap();
    let batch = RecordBatch::try_from_iter_with_nullable([
        ("price", Arc::new(price) as arrow_array::ArrayRef, true),
        ("count", Arc::new(UInt16Array::from(vec![1])), false),
    ])
    .unwrap();
    let path = tempfile::NamedTempFile::new().unwrap();
    let mut writer =
        parquet::arrow::ArrowWriter::try_new(path.reopen().unwrap(), batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    let draft = import::parquet::schema(path.reopen().unwrap()).unwrap();
    let decimal = DataType::Decimal {
        precision: 10,
        scale: 2,
    };
    assert_eq!(
        draft.columns,
        [
            Column::new("price", decimal).with_nullable(true),
            Column::new("count", DataType::Int32)
        ]
    );
    assert!(
        draft.notes[0].message.contains("widened"),
        "{:?}",
        draft.notes
    );
}

#[track_caller]
fn csv(text: &str, expect: &[(&str, DataType, bool)]) -> Draft {
    let draft = import::csv::draft(text.as_bytes()).unwrap();
    let found: Vec<_> = draft
        .columns
        .iter()
        .map(|c| (c.name.as_str(), c.data_type.clone(), c.nullable))
        .collect();
    assert_eq!(found, expect);
    draft
}

#[test]
fn types_of_text_are_guessed_and_err_towards_text() {
    use DataType::{Boolean, Date, Float64, Int64, String, Timestamp, TimestampNtz, Uuid};
    csv(
        "b;i;f;d;t;n;u;s\ntrue;-1;1.5;2026-01-31;2026-01-31T12:00:00Z;2026-01-31 12:00:00;\
         67e55044-10b1-426f-9247-bb680e5fe0c8;x\nFALSE;20;3;2026-02-01;2026-01-31T12:00:00.5+01:00;\
         2026-01-31T12:00:00.25;67E55044-10b1-426f-9247-bb680e5fe0c8;1\n",
        &[
            ("b", Boolean, false),
            ("i", Int64, false),
            ("f", Float64, false),
            ("d", Date, false),
            ("t", Timestamp, false),
            ("n", TimestampNtz, false),
            ("u", Uuid, false),
            ("s", String, false),
        ],
    );
    // Leading zeros, plus signs, words for numbers and whole numbers beyond 64 bits are text.
    csv(
        "\u{feff}postal,plus,inf,large,empty\n0667,+1,inf,9223372036854775808,\n1000,2,1,1,\n",
        &[
            ("postal", String, false),
            ("plus", String, false),
            ("inf", String, false),
            ("large", String, false),
            ("empty", String, true),
        ],
    );
    let draft = csv(
        "a,,A\n1,2,3\n",
        &[
            ("a", Int64, false),
            ("column_2", Int64, false),
            ("column_3", Int64, false),
        ],
    );
    assert_eq!(draft.notes.len(), 3);
    csv(
        "a\tb\n1\t\"x\ty\"\n",
        &[("a", Int64, false), ("b", String, false)],
    );
}

#[test]
fn what_holds_together_in_a_json_schema_is_one_column() {
    #[track_caller]
    fn check(schema: &str, expected: Column, notes: &[&str]) {
        let text = format!(
            r##"{{"type": "object", "required": ["c"], "properties": {{"c": {schema}}}, "$defs": {{
                "code": {{"type": "string", "maxLength": 9, "description": "A code."}},
                "maybe": {{"type": ["integer", "null"], "minimum": 0}},
                "size": {{"type": "object", "required": ["w"], "properties": {{"w": {{"type": "number"}}}}}}}}}}"##
        );
        let draft = import::json_schema::schema(&text).unwrap();
        assert_eq!(draft.columns, [expected.renamed("c")]);
        let told: Vec<String> = draft.notes.iter().map(ToString::to_string).collect();
        assert_eq!(told, notes);
    }
    let text = || Column::new("c", DataType::String);
    let long = || Column::new("c", DataType::Int64);
    let code = || {
        let mut column = text().with_description("A code.");
        column.limits.max_length = Some(9);
        column
    };
    let shorter = |length| {
        let mut column = code();
        column.limits.max_length = Some(length);
        column
    };
    // Beside a reference.
    check(r##"{"$ref": "#/$defs/code"}"##, code(), &[]);
    check(
        r##"{"$ref": "#/$defs/code", "maxLength": 4}"##,
        shorter(4),
        &[],
    );
    check(
        r##"{"$ref": "#/$defs/code", "maxLength": 40}"##,
        code(),
        &[],
    );
    check(
        r##"{"$ref": "#/$defs/code", "enum": ["a", 7]}"##
            .replace(", 7", "")
            .as_str(),
        code().with_allowed("a"),
        &[],
    );
    check(
        r##"{"$ref": "#/$defs/maybe", "maximum": 5}"##,
        long().with_minimum(0).with_maximum(5).with_nullable(true),
        &[],
    );
    // Of all branches, and beside them; null only where all permit it.
    check(
        r##"{"allOf": [{"$ref": "#/$defs/code"}, {"minLength": 2}, {"maxLength": 5}], "pattern": "^a+$"}"##,
        {
            let mut column = shorter(5);
            column.limits.min_length = Some(2);
            column.limits.pattern = Some("a+".to_owned());
            column
        },
        &[],
    );
    check(
        r##"{"allOf": [{"$ref": "#/$defs/maybe"}], "type": "integer"}"##,
        long().with_minimum(0),
        &[],
    );
    check(
        r##"{"allOf": [{"enum": ["a", "b", "c"]}, {"enum": ["b", "c"]}, {"const": "c"}]}"##,
        text().with_allowed("c"),
        &[],
    );
    check(
        r##"{"allOf": [{"type": ["number", "string"]}, {"type": ["integer", "boolean"]}]}"##,
        long(),
        &[],
    );
    let w = || Column::new("w", DataType::Float64);
    let h = Column::new("h", DataType::Int64).with_nullable(true);
    check(
        r##"{"allOf": [{"$ref": "#/$defs/size"}, {"properties": {"h": {"type": "integer"}, "w": {"minimum": 0}}}]}"##,
        Column::new("c", DataType::Struct(vec![h, w().with_minimum(0)])),
        &[],
    );
    check(
        r##"{"allOf": [{"type": "string", "pattern": "^a$"}, {"pattern": "^b$"}]}"##,
        {
            let mut column = text();
            column.limits.pattern = Some("a".to_owned());
            column
        },
        &["c: a second `pattern` for the same values is left out"],
    );
    // Beside one branch or null.
    check(
        r##"{"anyOf": [{"$ref": "#/$defs/code"}, {"type": "null"}], "maxLength": 3}"##,
        shorter(3).with_nullable(true),
        &[],
    );
    check(
        r##"{"oneOf": [{"type": "string"}], "description": "Said."}"##,
        text().with_description("Said."),
        &[],
    );
    // The words of OpenAPI.
    check(
        r##"{"type": "string", "nullable": true}"##,
        text().with_nullable(true),
        &[],
    );
    check(
        r##"{"type": "integer", "format": "int32"}"##,
        Column::new("c", DataType::Int32),
        &[],
    );
    check(
        r##"{"type": "number", "format": "float"}"##,
        Column::new("c", DataType::Float32),
        &[],
    );
    // What no column says is told.
    check(
        r##"{"type": "string", "format": "date", "minLength": 10, "minimum": 3, "x-order": 1, "not": {"const": "a"}}"##,
        Column::new("c", DataType::Date),
        &[
            "c: `minLength` is left out",
            "c: `not` is left out",
            "c: `x-order` is left out",
        ],
    );
    check(
        r##"{"type": "object", "properties": {"w": {"type": "number"}}, "minProperties": 1, "required": ["w"]}"##,
        Column::new("c", DataType::Struct(vec![w()])),
        &["c: `minProperties` is left out"],
    );
}

#[test]
fn what_no_value_keeps_to_is_refused() {
    for (schema, said) in [
        (
            r#"{"allOf": [{"type": "string"}, {"type": "integer"}]}"#,
            "permit no value",
        ),
        (
            r#"{"type": "string", "allOf": [{"enum": ["a"]}, {"const": "b"}]}"#,
            "permit no value",
        ),
        (
            r#"{"allOf": [{"type": "string"}, false]}"#,
            "permits no value",
        ),
        (
            r#"{"anyOf": [{"type": "string"}, {"type": "integer"}]}"#,
            "write one type",
        ),
    ] {
        let text = format!(r#"{{"type": "object", "properties": {{"c": {schema}}}}}"#);
        let error = import::json_schema::schema(&text).unwrap_err().to_string();
        assert!(error.contains(said), "{error}");
    }
}

#[test]
fn beside_a_reference_older_drafts_say_nothing() {
    let text = r##"{"$schema": "http://json-schema.org/draft-07/schema#", "type": "object", "required": ["c"],
        "properties": {"c": {"$ref": "#/definitions/code", "maxLength": 3, "description": "Mine."}},
        "definitions": {"code": {"type": "string", "maxLength": 9}}}"##;
    let draft = import::json_schema::schema(text).unwrap();
    assert_eq!(draft.columns[0].limits.max_length, Some(9));
    assert_eq!(draft.columns[0].description.as_deref(), Some("Mine."));
    assert_eq!(draft.notes.len(), 1);
    assert!(
        draft.notes[0]
            .to_string()
            .contains("`maxLength` beside `$ref`")
    );
}

#[test]
fn json_schemas_of_others_are_understood() {
    let text = r##"{
        "$schema": "http://json-schema.org/draft-07/schema#",
        "type": "object", "required": ["id", "status", "size"],
        "definitions": {"size": {"type": "object", "description": "How large.", "required": ["w"],
            "properties": {"w": {"type": "number", "minimum": 0, "exclusiveMinimum": true}}}},
        "properties": {
            "id": {"type": "integer", "minimum": 1},
            "status": {"enum": ["open", "done"]},
            "size": {"$ref": "#/definitions/size", "description": "How large it is."},
            "email": {"type": "string", "format": "email", "maxLength": 100},
            "code": {"type": "string", "pattern": "^[A-Z]+$"},
            "part": {"type": "string", "pattern": "[A-Z]"},
            "maybe": {"anyOf": [{"type": "string"}, {"type": "null"}]},
            "tags": {"type": "array", "items": {"type": "string"}, "minItems": 1, "uniqueItems": true},
            "by": {"type": "object", "additionalProperties": {"type": ["integer", "null"]}}
        }}"##;
    let draft = import::json_schema::schema(text).unwrap();
    let find = |name: &str| {
        draft
            .columns
            .iter()
            .find(|c| c.name == name)
            .unwrap()
            .clone()
    };
    assert_eq!(
        find("id"),
        Column::new("id", DataType::Int64).with_minimum(1)
    );
    assert_eq!(
        find("status"),
        Column::new("status", DataType::String)
            .with_allowed("open")
            .with_allowed("done")
    );
    let w = Column::new("w", DataType::Float64).with_exclusive_minimum(0);
    let size = Column::new("size", DataType::Struct(vec![w])).with_description("How large it is.");
    assert_eq!(find("size"), size);
    assert_eq!(find("email").limits.format.as_deref(), Some("email"));
    assert!(find("email").nullable && find("maybe").nullable);
    assert_eq!(find("code").limits.pattern.as_deref(), Some("[A-Z]+"));
    assert_eq!(
        find("part").limits.pattern.as_deref(),
        Some("(?s:.*)(?:[A-Z])(?s:.*)")
    );
    assert_eq!(find("tags").limits.min_items, Some(1));
    assert_eq!(
        find("by").data_type,
        DataType::map(DataType::String, DataType::Int64, true)
    );
    draft
        .into_contract("inventory.things", "0.1.0", "inventory")
        .unwrap();
}

#[test]
fn avro_of_others_is_understood() {
    let text = r#"{"type": "record", "name": "com.example.Order", "doc": "An order.", "fields": [
        {"name": "id", "type": {"type": "fixed", "name": "Id", "size": 16}},
        {"name": "kind", "type": {"type": "enum", "name": "Kind", "symbols": ["A", "B"]}, "doc": "Which."},
        {"name": "other", "type": ["null", "Kind"], "default": null},
        {"name": "again", "type": "com.example.Kind"},
        {"name": "at", "type": {"type": "long", "logicalType": "timestamp-millis"}},
        {"name": "price", "type": {"type": "bytes", "logicalType": "decimal", "precision": 9, "scale": 2}},
        {"name": "odd", "type": {"type": "string", "logicalType": "made-up"}, "default": "x"},
        {"name": "lines", "type": {"type": "array", "items": {"type": "record", "name": "Line",
            "fields": [{"name": "sku", "type": "string"}]}}}
    ]}"#;
    let draft = import::avro::schema(text).unwrap();
    assert_eq!(draft.description.as_deref(), Some("An order."));
    let types: Vec<_> = draft
        .columns
        .iter()
        .map(|c| c.data_type.to_string())
        .collect();
    assert_eq!(
        types,
        [
            "binary",
            "string",
            "string",
            "string",
            "timestamp",
            "decimal(9,2)",
            "string",
            "array<struct<sku:string>>"
        ]
    );
    assert_eq!(draft.columns[2].allowed.len(), 2);
    assert!(draft.columns[2].nullable && !draft.columns[3].nullable);
    assert_eq!(draft.columns[6].default, Some("x".into()));
    assert_eq!(draft.notes.len(), 1, "{:?}", draft.notes);
}

#[test]
fn defaults_are_exported_and_come_back() {
    let decimal = DataType::Decimal {
        precision: 6,
        scale: 2,
    };
    let contract = Contract::builder("inventory.defaults", "1.0.0")
        .with_owner("inventory")
        .with_column(Column::new("sku", DataType::String).with_key(1))
        .with_column(Column::new("n", DataType::Int32).with_default(-7))
        .with_column(
            Column::new("t", DataType::String)
                .with_nullable(true)
                .with_default("it's"),
        )
        .with_column(
            Column::new("e", DataType::String)
                .with_allowed("A")
                .with_default("A"),
        )
        .with_column(Column::new("is", DataType::Boolean).with_default(true))
        .with_column(Column::new("price", decimal).with_default("0.50"))
        .with_column(Column::new("on", DataType::Date).with_default("2026-01-31"))
        .build()
        .unwrap();
    let text = |format| String::from_utf8(exported(&contract, format)).unwrap();
    let draft = import::avro::schema(&text(Format::Avro)).unwrap();
    let defaults: Vec<_> = draft.columns.iter().map(Column::default_text).collect();
    let of = |text: &str| Some(text.to_owned());
    assert_eq!(
        defaults,
        [None, of("-7"), of("it's"), of("A"), of("true"), None, None]
    );
    let types = |columns: &[Column]| -> Vec<_> {
        columns
            .iter()
            .map(|c| (c.data_type.clone(), c.nullable))
            .collect()
    };
    assert_eq!(types(&draft.columns), types(contract.columns()));
    // JSON Schema has all of them.
    let draft = import::json_schema::schema(&text(Format::JsonSchema)).unwrap();
    assert_eq!(draft.columns.len(), contract.columns().len());
    for column in &draft.columns {
        let written = contract.column(&column.name).unwrap();
        assert_eq!(column.default_text(), written.default_text());
    }
    assert!(draft.notes.is_empty(), "{:?}", draft.notes);
    let rust = text(Format::Rust);
    assert!(
        rust.contains("default = -7") && rust.contains("default = \"it's\""),
        "{rust}"
    );
    let json: serde_json::Value = serde_json::from_str(&text(Format::JsonSchema)).unwrap();
    assert_eq!(json["properties"]["price"]["default"], "0.50");
}

#[test]
fn a_default_of_json_schema_is_taken_where_a_column_can_have_it() {
    let cases = [
        (r#"{"type": "integer", "default": 5}"#, Some("5")),
        (r#"{"type": "integer", "default": 5.0}"#, Some("5")),
        (
            r#"{"type": ["number", "null"], "default": 0.25}"#,
            Some("0.25"),
        ),
        (r#"{"type": "string", "default": ""}"#, Some("")),
        (r##"{"$ref": "#/$defs/grade", "default": "B"}"##, Some("B")),
        (r##"{"$ref": "#/$defs/grade"}"##, Some("A")),
        (
            r#"{"type": "string", "format": "date-time", "default": "2026-01-31T12:00:00Z"}"#,
            Some("2026-01-31T12:00:00.000000Z"),
        ),
        // Of another type, not permitted, or of what has none.
        (r#"{"type": "integer", "default": "5"}"#, None),
        (r#"{"type": "integer", "default": 5.5}"#, None),
        (r#"{"type": "integer", "minimum": 0, "default": -1}"#, None),
        (r##"{"$ref": "#/$defs/grade", "default": "C"}"##, None),
        (
            r#"{"type": "array", "items": {"type": "string"}, "default": []}"#,
            None,
        ),
        (
            r#"{"properties": {"x": {"type": "integer", "default": 1}}}"#,
            None,
        ),
    ];
    for (property, expect) in cases {
        let schema = format!(
            r#"{{"$defs": {{"grade": {{"enum": ["A", "B"], "default": "A"}}}},
                "properties": {{"c": {property}}}}}"#
        );
        let draft = import::json_schema::schema(&schema).unwrap();
        let column = &draft.columns[0];
        assert_eq!(column.default_text().as_deref(), expect, "{property}");
        let notes: Vec<_> = draft.notes.iter().map(|n| n.message.as_str()).collect();
        let said: &[&str] = match expect {
            Some(_) => &[],
            None => &["the default value is left out"],
        };
        assert_eq!(notes, said, "{property}");
        let contract = draft.into_contract("inventory.things", "0.1.0", "inventory");
        contract.unwrap_or_else(|error| panic!("{property}: {error:?}"));
    }
    // What is missing is null in any case.
    let null = r#"{"properties": {"c": {"type": ["string", "null"], "default": null}}}"#;
    let draft = import::json_schema::schema(null).unwrap();
    assert!(draft.columns[0].default.is_none() && draft.notes.is_empty());
}

#[test]
fn older_odcs_becomes_the_newest() {
    let older = every_type().replace("apiVersion: v3.2.0", "apiVersion: v3.1.0");
    let yaml = import::odcs::upgrade(&older).unwrap();
    assert!(yaml.starts_with("apiVersion: v3.2.0\n"));
    let invalid = import::odcs::upgrade("apiVersion: v3.1.0\nkind: DataContract\n");
    assert!(matches!(invalid, Err(Error::Invalid(_))), "{invalid:?}");
}

#[test]
fn forms_are_told_by_name_and_content() {
    use import::{Format, detect};
    for (name, beginning, format) in [
        ("x.parquet", "", Some(Format::Parquet)),
        ("x", "PAR1....", Some(Format::Parquet)),
        ("x.csv", "a,b", Some(Format::Csv)),
        ("x.avsc", "{}", Some(Format::Avro)),
        (
            "x.json",
            "{\"type\": \"record\", \"fields\": []}",
            Some(Format::Avro),
        ),
        (
            "x.json",
            "{\"fields\": [{\"data_type\": \"Utf8\"}]}",
            Some(Format::ArrowJson),
        ),
        ("x.json", "{\"$schema\": \"x\"}", Some(Format::JsonSchema)),
        ("x.json", "{\"kind\": \"DataContract\"}", Some(Format::Odcs)),
        ("x.yaml", "", Some(Format::Odcs)),
        ("x.arrow", "", Some(Format::ArrowIpc)),
        ("x", "ARROW1\0\0", Some(Format::ArrowIpc)),
        ("x.avro", "Obj\u{1}", Some(Format::Avro)),
        ("x.txt", "hello", None),
    ] {
        assert_eq!(
            detect(name, beginning.as_bytes()),
            format,
            "{name} {beginning}"
        );
    }
}

#[test]
fn a_draft_is_a_contract_with_whatever_else_is_said() {
    let draft = import::csv::draft("a,b\n1,2\n".as_bytes()).unwrap();
    let contract = draft
        .into_contract("inventory.things", "0.1.0", "inventory")
        .unwrap();
    assert_eq!(contract.owner(), "inventory");
}

#[test]
fn times_finer_than_a_microsecond_are_said_to_be_refused() {
    let avro = r#"{"type": "record", "name": "A", "fields": [
        {"name": "at", "type": {"type": "long", "logicalType": "timestamp-nanos"}}
    ]}"#;
    let nanos = |zone: Option<&str>| {
        let unit = arrow_schema::TimeUnit::Nanosecond;
        let data_type = arrow_schema::DataType::Timestamp(unit, zone.map(Into::into));
        let field = arrow_schema::Field::new("at", data_type, true);
        import::arrow::draft(&arrow_schema::Schema::new(vec![field])).unwrap()
    };
    for draft in [
        import::avro::schema(avro).unwrap(),
        nanos(None),
        nanos(Some("UTC")),
        nanos(Some("Europe/Oslo")),
    ] {
        let [note] = draft.notes.as_slice() else {
            panic!("{:?}", draft.notes)
        };
        assert_eq!(note.path, "at");
        assert!(note.message.contains("are refused"), "{note:?}");
    }
}
