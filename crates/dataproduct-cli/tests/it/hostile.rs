//! Input of strangers: everything ends soon, in bounded memory, with an error that says what is wrong.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use dataproduct_cli::import::{self, Draft, Error};

use crate::run::Folder;

/// How long one input may take, with a debug build on a busy machine in mind.
const LIMIT: Duration = Duration::from_secs(10);

#[track_caller]
fn refused(what: &str, read: impl FnOnce() -> Result<Draft, Error>) -> String {
    let start = Instant::now();
    let error = read().map(|draft| draft.columns.len()).unwrap_err();
    assert!(start.elapsed() < LIMIT, "{what} took {:?}", start.elapsed());
    let message = error.to_string();
    assert!(message.len() < 1_000, "{what}: {message}");
    message
}

#[test]
fn json_schemas_that_refer_in_a_circle_or_explode() {
    let schema = |text: &str| {
        let text = text.to_owned();
        move || import::json_schema::schema(&text)
    };
    let own = r##"{"type": "object", "properties": {"a": {"$ref": "#"}}}"##;
    assert!(refused("a schema that holds itself", schema(own)).contains("levels"));
    let loops = r##"{"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}}"##;
    assert!(refused("references in a circle", schema(loops)).contains("levels"));
    // Each of 60 definitions holds the next one twice.
    let mut bomb =
        r##"{"type": "object", "properties": {"x": {"$ref": "#/$defs/d0"}}, "$defs": {"##
            .to_owned();
    for i in 0..60 {
        let next = i + 1;
        let _ = write!(
            bomb,
            r##""d{i}": {{"type": "object", "properties": {{"a": {{"$ref": "#/$defs/d{next}"}}, "b": {{"$ref": "#/$defs/d{next}"}}}}}},"##
        );
    }
    bomb += r##""d60": {"type": "string"}}}"##;
    let message = refused("a tree of references", schema(&bomb));
    assert!(message.contains("more than"), "{message}");
    let flat: String = (0..12_000)
        .map(|i| format!(r#""c{i}": {{"type": "string"}},"#))
        .collect();
    let flat = format!(r#"{{"properties": {{{}}}}}"#, flat.trim_end_matches(','));
    assert!(refused("12,000 columns", schema(&flat)).contains("10000 columns"));
    let deep = format!("{}{}", "{\"items\":".repeat(100_000), "1");
    assert!(refused("100,000 levels", schema(&deep)).contains("JSON Schema"));
    for (text, word) in [
        ("", "JSON Schema"),
        ("[]", "type"),
        ("true", "type"),
        (r#"{"type": "string"}"#, "object"),
        (r#"{"type": ["string", "integer"]}"#, "several"),
        (r#"{"type": "colour"}"#, "colour"),
        (
            r#"{"properties": {"a": {"$ref": "http://example.com/x"}}}"#,
            "out of the document",
        ),
        (
            r##"{"properties": {"a": {"$ref": "#/nowhere"}}}"##,
            "nowhere",
        ),
        (
            r#"{"properties": {"a": {"oneOf": [{"type": "string"}, {"type": "integer"}]}}}"#,
            "oneOf",
        ),
        (
            r#"{"properties": {"a": {"type": "array", "items": [{}]}}}"#,
            "items",
        ),
        (r#"{"properties": {"a": {"enum": [[]]}}}"#, "items"),
    ] {
        let message = refused(text, schema(text));
        assert!(message.contains(word), "{text}: {message}");
    }
}

#[test]
fn avro_that_holds_itself_or_is_deep() {
    let schema = |text: &str| {
        let text = text.to_owned();
        move || import::avro::schema(&text)
    };
    let list =
        r#"{"type": "record", "name": "L", "fields": [{"name": "next", "type": ["null", "L"]}]}"#;
    assert!(refused("a linked list", schema(list)).contains("holds itself"));
    let deep = format!(
        "{}\"int\"{}",
        "{\"type\":\"array\",\"items\":".repeat(60),
        "}".repeat(60)
    );
    let deep = format!(r#"{{"type":"record","name":"D","fields":[{{"name":"a","type":{deep}}}]}}"#);
    let draft = import::avro::schema(&deep);
    // Deeper than a contract may be, if not too deep to read.
    let message = match draft {
        Ok(draft) => draft
            .into_contract("a.b", "1.0.0", "c")
            .unwrap_err()
            .to_string(),
        Err(error) => error.to_string(),
    };
    assert!(
        message.contains("deep") || message.contains("levels"),
        "{message}"
    );
    let deeper = "{\"type\":\"array\",\"items\":".repeat(100_000);
    assert!(refused("100,000 levels", schema(&deeper)).contains("Avro"));
    // Each of 40 records holds the one before twice.
    let mut fields = r#"{"name":"f0","type":{"type":"record","name":"R0","fields":[{"name":"a","type":"int"}]}}"#.to_owned();
    for i in 1..40 {
        let before = i - 1;
        let _ = write!(
            fields,
            r#",{{"name":"f{i}","type":{{"type":"record","name":"R{i}","fields":[{{"name":"a","type":"R{before}"}},{{"name":"b","type":"R{before}"}}]}}}}"#
        );
    }
    let bomb = format!(r#"{{"type":"record","name":"B","fields":[{fields}]}}"#);
    let message = refused("a tree of records", schema(&bomb));
    assert!(message.contains("more than"), "{message}");
    for (text, word) in [
        ("", "Avro"),
        ("\"string\"", "record"),
        (r#"{"type":"record","name":"R"}"#, "fields"),
        (
            r#"{"type":"record","name":"R","fields":[{"type":"int"}]}"#,
            "no name",
        ),
        (
            r#"{"type":"record","name":"R","fields":[{"name":"a","type":"Gone"}]}"#,
            "Gone",
        ),
        (
            r#"{"type":"record","name":"R","fields":[{"name":"a","type":["int","string"]}]}"#,
            "union",
        ),
        (
            r#"{"type":"record","name":"R","fields":[{"name":"a","type":{"type":"int","logicalType":"time-millis"}}]}"#,
            "time-millis",
        ),
        (
            r#"{"type":"record","name":"R","fields":[{"name":"a","type":{"type":"bytes","logicalType":"decimal","precision":900}}]}"#,
            "precision",
        ),
    ] {
        let message = refused(text, schema(text));
        assert!(message.contains(word), "{text}: {message}");
    }
}

#[test]
fn files_that_lie_about_their_sizes() {
    let avro = |bytes: &[u8]| {
        let bytes = bytes.to_vec();
        move || import::avro::file(&bytes)
    };
    refused("an empty file", avro(b""));
    refused("a header without end", avro(b"Obj\x01\x02"));
    refused(
        "a count of 2^63",
        avro(b"Obj\x01\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"),
    );
    refused(
        "a key of 2^62 bytes",
        avro(b"Obj\x01\x02\xfe\xff\xff\xff\xff\xff\xff\xff\x7fa"),
    );
    refused("no schema", avro(b"Obj\x01\x02\x02a\x02b\x00"));
    let ipc = |bytes: &[u8]| {
        let bytes = bytes.to_vec();
        move || import::arrow::ipc(bytes.as_slice())
    };
    refused("an empty stream", ipc(b""));
    refused(
        "a message of 4 GiB",
        ipc(b"\xff\xff\xff\xff\xff\xff\xff\xff"),
    );
    refused(
        "a message that is not there",
        ipc(b"\xff\xff\xff\xff\x00\x01\x00\x00"),
    );
    refused(
        "a message of zeros",
        ipc(&[&b"\xff\xff\xff\xff\x40\x00\x00\x00"[..], &[0; 64]].concat()),
    );
    let parquet = |bytes: &[u8]| {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), bytes).unwrap();
        move || import::parquet::schema(file.reopen().unwrap())
    };
    refused("an empty file", parquet(b""));
    refused("no magic", parquet(b"PAR1 nothing here at all"));
    refused(
        "a footer of 4 GiB",
        parquet(b"PAR1....\xff\xff\xff\xffPAR1"),
    );
    refused(
        "a footer of zeros",
        parquet(&[&b"PAR1"[..], &[0; 32], b"\x20\x00\x00\x00PAR1"].concat()),
    );
}

#[test]
fn text_without_end_or_form() {
    let csv = |text: Vec<u8>| move || import::csv::draft(text.as_slice());
    refused("nothing", csv(Vec::new()));
    refused("a head without rows", csv(b"a,b\n".to_vec()));
    refused("uneven rows", csv(b"a,b\n1\n".to_vec()));
    refused("no UTF-8", csv(b"a,b\n\xff,1\n".to_vec()));
    refused(
        "100,000 columns",
        csv([vec![b','; 100_000], b"\n1\n".to_vec()].concat()),
    );
    // One value of 100 MB, of which 64 MiB are read.
    let endless = std::io::Read::chain(&b"a,b\n\""[..], std::io::repeat(b'x'));
    let start = Instant::now();
    let draft = import::csv::draft(endless);
    assert!(draft.is_err() || start.elapsed() < LIMIT, "{draft:?}");
}

#[test]
fn contracts_that_are_no_text_or_too_long() {
    let folder = Folder::new()
        .with("binary.odcs.yaml", b"id: \xff\xfe\n")
        .with("long.odcs.yaml", "x: ".to_owned() + &"y".repeat(5 << 20))
        .with("deep.odcs.yaml", "[".repeat(100_000))
        .with("escape.odcs.yaml", "id: \"\u{1b}]0;owned\u{7}\"\n")
        .with(
            "line.odcs.yaml",
            "id: x\nversion: ".to_owned() + &"1".repeat(500_000) + "\n",
        );
    for (file, rule) in [
        ("binary.odcs.yaml", "not-utf8"),
        ("long.odcs.yaml", "document-too-large"),
        ("deep.odcs.yaml", "document-too-complex"),
        ("escape.odcs.yaml", "forbidden-character"),
        ("line.odcs.yaml", "integer-out-of-range"),
    ] {
        let ran = folder.run(&["lint", file]);
        assert_eq!(ran.code, 1, "{file}: {ran:?}");
        assert!(ran.out.contains(rule), "{file}: {}", ran.out);
        assert!(ran.out.len() < 20_000, "{file}: {} bytes", ran.out.len());
        assert!(!ran.out.contains(['\u{1b}', '\u{7}']), "{file}");
        let ran = folder.run(&["diff", file, file]);
        assert_eq!(ran.code, 1, "{file}: {ran:?}");
    }
}

#[cfg(unix)]
#[test]
fn devices_and_pipes_are_not_read() {
    use crate::run::{column, contract};
    use std::os::unix::fs::symlink;
    let text = contract("1.1.0", &column("sku", ""));
    let folder = Folder::new()
        .with("stock.odcs.yaml", &text)
        .with("schemas/_consumers/readme.md", "")
        .with(
            "schemas/inventory/stock/1.0.0.odcs.yaml",
            contract("1.0.0", &column("sku", "")),
        );
    let recorded = folder.path("schemas/inventory/stock/1.1.0.odcs.yaml");
    let pipe = folder.path("schemas/_consumers/a.inventory.stock.yaml");
    symlink("/dev/zero", &recorded).unwrap();
    symlink("/dev/zero", folder.path("zero.odcs.yaml")).unwrap();
    let made = std::process::Command::new("mkfifo").arg(&pipe).status();
    assert!(made.unwrap().success());
    let start = Instant::now();
    let ran = folder.run(&["check", "stock.odcs.yaml", "--format", "json"]);
    assert_eq!(ran.code, 1, "{ran:?}");
    for file in ["1.1.0.odcs.yaml", "a.inventory.stock.yaml"] {
        assert!(ran.out.contains(file), "{file}: {}", ran.out);
    }
    assert!(ran.out.contains("no regular file"), "{}", ran.out);
    let pipe = pipe.to_string_lossy();
    for arguments in [
        ["lint", "zero.odcs.yaml"].as_slice(),
        &["lint", &pipe],
        &["diff", "stock.odcs.yaml", &pipe],
        &[
            "import", &pipe, "--from", "csv", "--name", "a.b", "--owner", "c",
        ],
    ] {
        let ran = folder.run(arguments);
        assert_eq!(ran.code, 2, "{arguments:?}: {ran:?}");
        assert!(ran.err.contains("no regular file"), "{ran:?}");
    }
    // What follows from a contract is not written into a device either.
    std::fs::remove_file(&recorded).unwrap();
    std::fs::remove_file(&*pipe).unwrap();
    let schema = folder.path("schemas/inventory/stock/1.1.0.schema.json");
    let made = std::process::Command::new("mkfifo").arg(&schema).status();
    assert!(made.unwrap().success());
    let ran = folder.run(&["check", "--record", "stock.odcs.yaml"]);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.err.contains("no regular file"), "{ran:?}");
    assert!(start.elapsed() < LIMIT, "{:?}", start.elapsed());
}

#[test]
fn a_bad_registration_is_a_finding_and_hides_no_other() {
    use crate::run::{column, contract};
    let folder = Folder::new()
        .with(
            "schemas/inventory/stock/1.0.0.odcs.yaml",
            contract("1.0.0", &column("sku", "")),
        )
        .with("schemas/_consumers/a.inventory.stock.yaml", "kind: [")
        .with("schemas/_consumers/b.inventory.stock.yaml", "kind: x");
    let ran = folder.run(&["check", "--format", "github"]);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert_eq!(ran.out.matches("title=broken-record").count(), 2, "{ran:?}");
    assert!(ran.out.contains("b.inventory.stock.yaml"), "{ran:?}");
}
