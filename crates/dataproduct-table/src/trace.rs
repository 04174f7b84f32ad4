//! Looking for what is left of a value in every object under a table: names, raw bytes, decompressed pages, decoded
//! values.

use std::collections::BTreeSet;

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef};
use arrow_schema::DataType;
use bytes::Bytes;
use futures::TryStreamExt;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::errors::ParquetError;
use parquet::file::reader::{FileReader, SerializedFileReader};
use serde::{Deserialize, Serialize};

use crate::erase::Erasure;
use crate::error::{Error, Result};
use crate::predicate::Literal;
use crate::table::Table;
use crate::value::value_at;
use crate::write::partition::encode_path;

/// Text of fewer bytes is found by chance all over: it is looked for as a whole value only.
const SHORTEST_BYTES: usize = 4;

/// The lists of a quality report in which values of rows are.
const SAMPLES: &str = "samples";
const MESSAGES: &str = "messages";

/// Where a value was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum TracePlace {
    /// In the name of the object.
    Name,
    /// Among its bytes as they are stored: also in statistics, page indexes, log entries and documents.
    Bytes,
    /// In a page of a Parquet file, decompressed: also in a dictionary of which no row uses the value.
    Page,
    /// Among the decoded values of a Parquet file, rows that are not part of the table any more included.
    Value,
}

/// A value that was found where none should be.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Trace {
    /// The object, relative to the table's folder.
    pub object: String,
    /// Where in it.
    pub place: TracePlace,
}

/// What a search found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Traces {
    /// How many objects were searched.
    pub objects: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Where a value was found, in the order of names.
    pub found: Vec<Trace>,
}

/// The forms in which values may be written.
struct Forms {
    /// Anywhere.
    anywhere: BTreeSet<Vec<u8>>,
    /// As a whole value.
    whole: Vec<Literal>,
    column: String,
}

impl Forms {
    fn of(what: &Erasure) -> Self {
        let mut anywhere = BTreeSet::new();
        for value in what.values() {
            match value {
                Literal::Text(text) if text.len() >= SHORTEST_BYTES => {
                    let once = escaped(text);
                    anywhere.extend([
                        text.as_bytes().to_vec(),
                        escaped(&once).into_bytes(),
                        only_ascii(&once).into_bytes(),
                        escaped(&only_ascii(&once)).into_bytes(),
                        once.into_bytes(),
                        encode_path(text).into_bytes(),
                    ]);
                }
                Literal::Binary(bytes) if bytes.len() >= SHORTEST_BYTES => {
                    anywhere.insert(bytes.clone());
                }
                value => {
                    // In statistics and documents: the value beside the name of its column.
                    let Some(text) = json_of(value) else { continue };
                    let name = escaped(what.column());
                    for end in [",", "}"] {
                        let pair = format!("\"{name}\":{text}{end}");
                        anywhere.insert(escaped(&pair).into_bytes());
                        anywhere.insert(pair.into_bytes());
                    }
                }
            }
        }
        Self {
            anywhere,
            whole: what.values().to_vec(),
            column: what.column().to_owned(),
        }
    }

    fn are_in(&self, bytes: &[u8]) -> bool {
        self.anywhere.iter().any(|form| contains(bytes, form))
    }

    fn are_values(&self, column: &ArrayRef, is_named: bool) -> bool {
        let inner = |array: &ArrayRef| self.are_values(array, is_named);
        match column.data_type() {
            DataType::Utf8 => {
                let texts = column.as_string::<i32>();
                if texts
                    .iter()
                    .flatten()
                    .any(|text| self.are_in(text.as_bytes()))
                {
                    return true;
                }
            }
            DataType::Binary => {
                let all = column.as_binary::<i32>();
                if all.iter().flatten().any(|bytes| self.are_in(bytes)) {
                    return true;
                }
            }
            DataType::Struct(_) => return column.as_struct().columns().iter().any(inner),
            DataType::List(_) => return inner(column.as_list::<i32>().values()),
            DataType::Map(..) => {
                let map = column.as_map();
                return inner(map.keys()) || inner(map.values());
            }
            _ => {}
        }
        if !is_named {
            return false;
        }
        let literals = self.whole.iter();
        let values = literals.filter_map(|one| one.to_value(column.data_type(), "").ok());
        let values: Vec<_> = values.collect();
        !values.is_empty()
            && (0..column.len())
                .any(|row| value_at(column, row).is_some_and(|found| values.contains(&found)))
    }
}

/// The value as a token of JSON, where it is one.
fn json_of(value: &Literal) -> Option<String> {
    match value {
        Literal::Text(text) => Some(format!("\"{}\"", escaped(text))),
        Literal::Boolean(value) => Some(value.to_string()),
        Literal::Integer(value) => Some(value.to_string()),
        Literal::Float(value) => Some(value.to_string()),
        Literal::Date(date) => Some(format!("\"{date}\"")),
        _ => None,
    }
}

/// A text as it stands between quotes in JSON.
fn escaped(text: &str) -> String {
    let quoted = serde_json::Value::from(text).to_string();
    quoted[1..quoted.len() - 1].to_owned()
}

/// A text of JSON as programs write it that keep to ASCII.
fn only_ascii(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c.is_ascii() {
            true => out.push(c),
            false => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    out.push_str(&format!("\\u{unit:04x}"));
                }
            }
        }
    }
    out
}

fn contains(bytes: &[u8], form: &[u8]) -> bool {
    let Some((first, rest)) = form.split_first() else {
        return false;
    };
    let mut left = bytes;
    while let Some(at) = left.iter().position(|byte| byte == first) {
        left = &left[at + 1..];
        if left.starts_with(rest) {
            return true;
        }
    }
    false
}

impl Table {
    /// Looks for what is left of the values of an [`Erasure`] in every object under the table's folder, those of the
    /// quarantine beside it included. It rests on nothing that the erasure itself goes by.
    ///
    /// Text and binary values of at least four bytes are looked for as bytes: in names, in objects as they are stored
    /// (log, statistics, page indexes, documents; as JSON escapes them and percent-encoded too), in each page of a
    /// Parquet file decompressed, and among its decoded values. Shorter ones and values of other types are looked for as
    /// whole values: of the column in Parquet files, and beside the column's name in JSON.
    ///
    /// Not found: what only a Bloom filter tells, the beginning of a longer value in statistics that were cut, and values
    /// that are encrypted or compressed in other ways. As much memory is needed as the largest object takes, decoded a
    /// part at a time.
    ///
    /// # Errors
    ///
    /// `Damaged` if a Parquet file cannot be read; `Store` if the store fails.
    pub async fn find_traces(&self, what: &Erasure) -> Result<Traces> {
        let storage = self.storage();
        let root = storage.root();
        let listed: Vec<_> = storage
            .store()
            .list(Some(root))
            .try_collect()
            .await
            .map_err(|error| Error::store("list", root, error))?;
        let mut traces = Traces::default();
        self.steps().begin(listed.len());
        for meta in listed {
            self.steps().step();
            let parts = meta.location.prefix_match(root);
            let parts = parts.map(|parts| parts.map(|part| part.as_ref().to_owned()).collect());
            let parts: Vec<String> = parts.unwrap_or_default();
            let name = parts.join("/");
            // It may have gone since it was listed.
            let Some(bytes) = storage.read(&name).await? else {
                continue;
            };
            traces.objects += 1;
            traces.bytes += bytes.len() as u64;
            let forms = Forms::of(what);
            let object = name.clone();
            let places = tokio::task::spawn_blocking(move || places_in(&object, bytes, &forms))
                .await
                // The Parquet reader may panic on a damaged file.
                .map_err(|_| Error::damaged(&name, "decoding it failed"))?
                .map_err(|error| Error::damaged(&name, error))?;
            let object = |place| Trace {
                object: name.clone(),
                place,
            };
            traces.found.extend(places.into_iter().map(object));
        }
        traces.found.sort();
        Ok(traces)
    }
}

fn places_in(
    name: &str,
    bytes: Bytes,
    forms: &Forms,
) -> std::result::Result<Vec<TracePlace>, ParquetError> {
    let mut places = Vec::new();
    if forms.are_in(name.as_bytes()) {
        places.push(TracePlace::Name);
    }
    if forms.are_in(&bytes) {
        places.push(TracePlace::Bytes);
    }
    if !bytes.starts_with(b"PAR1") {
        return Ok(places);
    }
    if is_in_pages(bytes.clone(), forms)? {
        places.push(TracePlace::Page);
    }
    let reader = ParquetRecordBatchReaderBuilder::try_new(bytes)?.build()?;
    for batch in reader {
        let batch = batch?;
        let fields = batch.schema_ref().fields().iter().zip(batch.columns());
        let mut columns = fields.map(|(field, column)| (column, *field.name() == forms.column));
        if columns.any(|(column, is_named)| forms.are_values(column, is_named)) {
            places.push(TracePlace::Value);
            break;
        }
    }
    Ok(places)
}

fn is_in_pages(bytes: Bytes, forms: &Forms) -> std::result::Result<bool, ParquetError> {
    let reader = SerializedFileReader::new(bytes)?;
    for group in 0..reader.num_row_groups() {
        let group = reader.get_row_group(group)?;
        for column in 0..group.num_columns() {
            for page in group.get_column_page_reader(column)? {
                if forms.are_in(page?.buffer()) {
                    return Ok(true);
                }
            }
        }
    }
    Ok(false)
}

/// A quality report without its samples of a subject, or without any where it is known to be of a publish that had rows
/// of one. `None` if there is nothing to take out, `Some(None)` if nothing of it may stay.
pub(crate) fn redact(report: &[u8], what: &Erasure, has_rows: bool) -> Option<Option<Bytes>> {
    let forms = Forms::of(what);
    let texts: Vec<String> = what.values().iter().filter_map(plain_text).collect();
    let Ok(mut json) = serde_json::from_slice::<serde_json::Value>(report) else {
        return forms.are_in(report).then_some(None);
    };
    let before = json.clone();
    if has_rows {
        drop_samples(&mut json);
    }
    drop_elements(&mut json, &texts);
    let outside = shows(&json, &texts);
    match (json == before, outside) {
        (_, true) => Some(None),
        (true, false) => None,
        (false, false) => Some(Some(Bytes::from(format!("{json:#}\n")))),
    }
}

fn plain_text(value: &Literal) -> Option<String> {
    match value {
        Literal::Text(text) => Some(text.clone()),
        value => {
            let token = json_of(value)?;
            Some(token.trim_matches('"').to_owned())
        }
    }
}

fn shows(json: &serde_json::Value, texts: &[String]) -> bool {
    use serde_json::Value as V;
    match json {
        V::String(found) => texts.iter().any(|text| match text.len() {
            0..SHORTEST_BYTES => found == text,
            _ => found.contains(text.as_str()),
        }),
        V::Number(_) | V::Bool(_) | V::Null => false,
        V::Array(all) => all.iter().any(|one| shows(one, texts)),
        V::Object(all) => all.values().any(|one| shows(one, texts)),
    }
}

/// Takes samples out that show a text, whole, and of other lists the innermost elements that do.
fn drop_elements(json: &mut serde_json::Value, texts: &[String]) {
    match json {
        serde_json::Value::Array(all) => {
            all.iter_mut().for_each(|one| drop_elements(one, texts));
            all.retain(|one| !shows(one, texts));
        }
        serde_json::Value::Object(all) => {
            for (name, value) in all.iter_mut() {
                match value {
                    serde_json::Value::Array(samples) if name == SAMPLES => {
                        samples.retain(|sample| !shows(sample, texts));
                    }
                    value => drop_elements(value, texts),
                }
            }
        }
        _ => {}
    }
}

fn drop_samples(json: &mut serde_json::Value) {
    match json {
        serde_json::Value::Array(all) => all.iter_mut().for_each(drop_samples),
        serde_json::Value::Object(all) => {
            for (name, value) in all.iter_mut() {
                match value {
                    serde_json::Value::Array(list) if [SAMPLES, MESSAGES].contains(&&**name) => {
                        list.clear();
                    }
                    value => drop_samples(value),
                }
            }
        }
        _ => {}
    }
}
