//! Files that are in no form the crate reads, as columns of text and then in the types of a contract.

use std::collections::{BTreeSet, HashMap};
use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{Array, RecordBatch, StringArray};
use arrow_schema::{DataType, Field, Schema};
use chrono::NaiveDate;
use dataproduct::contract::Contract;
use serde_json::Value;

/// A column of text by its name; an empty value is missing.
pub(super) type Column = (String, StringArray);

const COMMAS: Text = Text::new(b',', true);

/// How a text file is written.
#[derive(Clone, Copy)]
pub(super) struct Text {
    delimiter: u8,
    has_header: bool,
}

impl Text {
    pub(super) const fn new(delimiter: u8, has_header: bool) -> Self {
        Self {
            delimiter,
            has_header,
        }
    }

    /// The columns; without a line of names, those of the contract in its order.
    pub(super) fn columns(self, path: &Path, contract: &Contract) -> Vec<Column> {
        let names = contract.columns().iter().map(|c| c.name.clone()).collect();
        let names = (!self.has_header).then_some(names);
        self.read(&std::fs::read_to_string(path).unwrap(), names)
    }

    fn read(self, text: &str, names: Option<Vec<String>>) -> Vec<Column> {
        let text = text.trim_start_matches('\u{feff}');
        let header = || {
            let line = text.lines().next().unwrap();
            let format = arrow_csv::reader::Format::default()
                .with_header(true)
                .with_delimiter(self.delimiter);
            let (schema, _) = format.infer_schema(line.as_bytes(), Some(0)).unwrap();
            let names = schema.fields().iter().map(|f| storable(f.name()));
            names.collect::<Vec<_>>()
        };
        let names = names.unwrap_or_else(header);
        let fields: Vec<Field> = names
            .iter()
            .map(|name| Field::new(name, DataType::Utf8, true))
            .collect();
        let mut batches = arrow_csv::ReaderBuilder::new(Arc::new(Schema::new(fields)))
            .with_header(self.has_header)
            .with_delimiter(self.delimiter)
            .with_batch_size(1 << 20)
            .build_buffered(text.as_bytes())
            .unwrap();
        let batch = batches.next().unwrap().unwrap();
        assert!(batches.next().is_none());
        let columns = batch.columns().iter().map(|c| c.as_string().clone());
        names.into_iter().zip(columns).collect()
    }
}

/// A name that tables can store: whatever is no letter and no digit becomes one `_` between others.
fn storable(name: &str) -> String {
    let words = name.split(|c: char| !c.is_alphanumeric());
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    words.join("_")
}

/// The columns that a contract has, in its types; what does not fit fails.
pub(super) fn typed(columns: &[Column], contract: &Contract) -> RecordBatch {
    let schema = contract.arrow_schema();
    let arrays = schema.fields().iter().map(|field| {
        let name = field.name();
        let found = columns.iter().find(|(known, _)| known == name);
        let (_, texts) = found.unwrap_or_else(|| panic!("there is no `{name}`"));
        let to = plain(field.data_type());
        let options = arrow_cast::CastOptions {
            safe: false,
            ..Default::default()
        };
        let array = arrow_cast::cast_with_options(texts, to, &options);
        (name, array.unwrap_or_else(|e| panic!("{name}: {e}")), true)
    });
    RecordBatch::try_from_iter_with_nullable(arrays).unwrap()
}

fn document(path: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

/// The rows of a JSON document in the types of a contract; a name that it does not have fails.
pub(super) fn json(
    path: &Path,
    rows: fn(&Value) -> Vec<Value>,
    contract: &Contract,
) -> Vec<RecordBatch> {
    let schema = contract.arrow_schema();
    let fields = schema.fields().iter().map(|field| {
        let to = plain(field.data_type()).clone();
        Field::new(field.name(), to, field.is_nullable())
    });
    let schema = Schema::new(fields.collect::<Vec<_>>());
    let decoder = arrow_json::ReaderBuilder::new(Arc::new(schema)).with_strict_mode(true);
    let mut decoder = decoder.build_decoder().unwrap();
    decoder.serialize(&rows(&document(path))).unwrap();
    decoder.flush().unwrap().into_iter().collect()
}

/// The type that enumerated text is stored as; any other itself.
fn plain(data_type: &DataType) -> &DataType {
    match data_type {
        DataType::Dictionary(_, value) => value,
        other => other,
    }
}

/// The objects of an array.
pub(super) fn array(document: &Value) -> Vec<Value> {
    document.as_array().unwrap().clone()
}

/// The categories of the catalogue, without the products in them.
pub(super) fn categories(document: &Value) -> Vec<Value> {
    let mut rows = array(&document["resources"]);
    for row in &mut rows {
        row.as_object_mut()
            .unwrap()
            .retain(|name, _| !name.starts_with("productAndGprData"));
    }
    rows
}

/// Columns from rows of text.
fn from_rows<const N: usize>(names: [&str; N], rows: &[[Option<String>; N]]) -> Vec<Column> {
    let column = |i: usize| rows.iter().map(|row| row[i].clone()).collect();
    let names = names.iter().enumerate();
    names
        .map(|(i, name)| ((*name).to_owned(), column(i)))
        .collect()
}

fn text(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}

/// Each category of a tree with each that it names, below it or on the path above it.
pub(super) fn subcategories(path: &Path) -> Vec<Column> {
    let mut rows = Vec::new();
    for category in array(&document(path)) {
        let id = || text(&category["id"]);
        for below in array(&category["subCategories"]) {
            rows.push([id(), text(&below["id"]), None]);
        }
        for above in array(&category["path"]) {
            rows.push([id(), None, text(&above["id"])]);
        }
    }
    from_rows(["id", "below", "above"], &rows)
}

/// Each category of the catalogue with those below it.
pub(super) fn links(path: &Path) -> Vec<Column> {
    let mut rows = Vec::new();
    for category in array(&document(path)["resources"]) {
        for below in array(&category["subCategories"]) {
            rows.push([text(&category["key"]), text(&below)]);
        }
    }
    from_rows(["key", "below"], &rows)
}

/// What each category of the catalogue sells.
pub(super) fn products(path: &Path) -> Vec<Column> {
    let mut rows = Vec::new();
    for category in array(&document(path)["resources"]) {
        for product in array(&category["productAndGprData"]) {
            let variants = product["products"].as_array().map(Vec::len);
            rows.push([
                text(&category["key"]),
                text(&product["id"]),
                text(&product["type"]),
                variants.map(|n| n.to_string()),
            ]);
        }
    }
    from_rows(["key", "id", "type", "variants"], &rows)
}

/// Every article that the catalogue names, by itself or as a variant.
pub(super) fn articles(path: &Path) -> Vec<Column> {
    let mut ids = BTreeSet::new();
    for category in array(&document(path)["resources"]) {
        for product in array(&category["productAndGprData"]) {
            let variants = product["products"].as_array().into_iter().flatten();
            ids.extend(variants.filter_map(text));
            if product["type"] == "product" {
                ids.extend(text(&product["id"]));
            }
        }
    }
    let rows: Vec<_> = ids.into_iter().map(|id| [Some(id)]).collect();
    from_rows(["article"], &rows)
}

/// The sofas of a shop, with the number of the article that its address ends in.
pub(super) fn sofas(path: &Path) -> Vec<Column> {
    let text = std::fs::read_to_string(path).unwrap();
    let mut columns = COMMAS.read(&text, None);
    let (_, urls) = columns.iter().find(|(name, _)| name == "url").unwrap();
    let number = |url: Option<&str>| {
        let (_, number) = url?.trim_end_matches('/').rsplit_once('-')?;
        Some(number.to_owned())
    };
    let numbers = urls.iter().map(number).collect();
    columns.push(("article".to_owned(), numbers));
    columns
}

/// The rate of every currency on every day, out of the one file in an archive; a word where there is none.
pub(super) fn rates(path: &Path) -> Vec<Column> {
    let columns = COMMAS.read(&first_file(&std::fs::read(path).unwrap()), None);
    let (days, currencies) = columns.split_first().unwrap();
    // Every line ends in a comma.
    let (unnamed, currencies) = currencies.split_last().unwrap();
    assert_eq!(
        (unnamed.0.as_str(), unnamed.1.null_count()),
        ("", days.1.len())
    );
    let mut rows = Vec::new();
    for (row, day) in days.1.iter().enumerate() {
        for (currency, rates) in currencies {
            let rate = rates.is_valid(row).then(|| rates.value(row).to_owned());
            rows.push([day.map(str::to_owned), Some(currency.clone()), rate]);
        }
    }
    from_rows(["day", "currency", "rate"], &rows)
}

/// The text of the first file in a zip archive, which is deflated.
fn first_file(archive: &[u8]) -> String {
    let number = |at: usize, bytes: usize| {
        let bytes = archive[at..at + bytes].iter().rev();
        bytes.fold(0, |n, byte| n << 8 | usize::from(*byte))
    };
    assert!(archive.starts_with(b"PK\x03\x04"));
    assert_eq!(number(8, 2), 8, "the method is not deflate");
    let begin = 30 + number(26, 2) + number(28, 2);
    let mut text = String::new();
    flate2::read::DeflateDecoder::new(&archive[begin..begin + number(18, 4)])
        .read_to_string(&mut text)
        .unwrap();
    assert_eq!(text.len(), number(22, 4));
    text
}

/// Lines that end in a carriage return and nothing else; texts that are no day are missing among days.
pub(super) fn deliveries(path: &Path) -> Vec<Column> {
    let text = std::fs::read_to_string(path).unwrap();
    assert!(!text.contains('\n'));
    let mut columns = COMMAS.read(&text.replace('\r', "\n"), None);
    let days = |texts: &StringArray, format: &str| -> StringArray {
        let day = |text: Option<&str>| {
            let day = NaiveDate::parse_from_str(text?, format).ok()?;
            Some(day.to_string())
        };
        texts.iter().map(day).collect()
    };
    let mut made = Vec::new();
    for (name, texts) in &mut columns {
        if let Some(kind) = name.strip_suffix("_Sent_to_Vendor_Date") {
            made.push((format!("{kind}_Day"), days(texts, "%m/%d/%y")));
        } else if let Some(kind) = name.strip_suffix("_First_Sent_to_Client_Date") {
            made.push((format!("{kind}_Day"), days(texts, "%m/%d/%y")));
        } else if name.ends_with("_Date") {
            *texts = days(texts, "%d-%b-%y");
        }
    }
    columns.extend(made);
    columns
}

/// The rows whose weight and freight are said to be those of another row, beside what stands there.
pub(super) fn cross_references(path: &Path) -> Vec<Column> {
    let columns = deliveries(path);
    let of = |name: &str| &columns.iter().find(|(known, _)| known == name).unwrap().1;
    let (ids, weights, freights) = (of("ID"), of("Weight_Kilograms"), of("Freight_Cost_USD"));
    let by_id: HashMap<&str, usize> = (0..ids.len()).map(|row| (ids.value(row), row)).collect();
    let referred = |text: &str| -> Option<String> {
        let (_, id) = text.strip_prefix("See ")?.split_once("(ID#:")?;
        Some(id.trim_end_matches(')').to_owned())
    };
    let mut rows = Vec::new();
    for row in 0..ids.len() {
        let (weight, freight) = (referred(weights.value(row)), referred(freights.value(row)));
        if weight.is_none() && freight.is_none() {
            continue;
        }
        let there = |id: &Option<String>, texts: &StringArray| {
            let row = by_id.get(id.as_deref()?)?;
            Some(texts.value(*row).to_owned())
        };
        let (weight_there, freight_there) = (there(&weight, weights), there(&freight, freights));
        let id = Some(ids.value(row).to_owned());
        rows.push([id, weight, weight_there, freight, freight_there]);
    }
    let names = [
        "id",
        "weight_of",
        "weight_there",
        "freight_of",
        "freight_there",
    ];
    from_rows(names, &rows)
}
