//! Arrow schemas, in JSON and at the beginning of IPC files and streams.

use std::io::Read;

use arrow_ipc::convert::fb_to_schema;
use arrow_ipc::root_as_message;
use arrow_schema::{DataType as ArrowType, Field, Schema};
use dataproduct::Column;

use super::{Budget, Draft, Error, FINER, Notes, damaged};

/// The most bytes of the message that holds a schema.
const MAX_SCHEMA_BYTES: usize = 16 << 20;
/// What an IPC file begins with.
const FILE_MAGIC: &[u8; 6] = b"ARROW1";
/// What a message begins with since Arrow 0.15.
const CONTINUATION: [u8; 4] = [0xff; 4];

/// A draft from an Arrow schema in the JSON of arrow-rs.
///
/// # Errors
/// [`Error::Malformed`] for text that is no schema, [`Error::Unsupported`] for types that no column has,
/// [`Error::TooMuch`] beyond the limits.
pub fn json(text: &str) -> Result<Draft, Error> {
    let schema: Schema = serde_json::from_str(text)
        .map_err(|error| Error::malformed("an Arrow schema in JSON", error))?;
    draft(&schema)
}

/// A draft from the schema of an Arrow IPC file or stream; batches are not read.
///
/// # Errors
/// As [`json`], and [`Error::Io`] when reading fails.
pub fn ipc(mut input: impl Read) -> Result<Draft, Error> {
    const FORM: &str = "an Arrow IPC file or stream";
    let mut word = [0; 4];
    input.read_exact(&mut word)?;
    if word == FILE_MAGIC[..4] {
        // The rest of the magic and its padding to 8 bytes.
        input.read_exact(&mut word)?;
        input.read_exact(&mut word)?;
    }
    if word == CONTINUATION {
        input.read_exact(&mut word)?;
    }
    let length = usize::try_from(u32::from_le_bytes(word)).unwrap_or(usize::MAX);
    if length > MAX_SCHEMA_BYTES {
        return Err(Error::malformed(
            FORM,
            format!("its first message would have {length} bytes, more than {MAX_SCHEMA_BYTES}"),
        ));
    }
    let mut message = Vec::new();
    let limit = u64::try_from(length).unwrap_or(u64::MAX);
    input.take(limit).read_to_end(&mut message)?;
    if message.len() < length {
        return Err(Error::malformed(FORM, "it ends within its first message"));
    }
    let message = root_as_message(&message).map_err(|error| Error::malformed(FORM, error))?;
    let schema = message
        .header_as_schema()
        .ok_or_else(|| Error::malformed(FORM, "its first message is no schema"))?;
    draft(&damaged::guarded(FORM, || Ok(fb_to_schema(schema)))?)
}

/// A draft from an Arrow schema.
///
/// # Errors
/// [`Error::Unsupported`] for types that no column has, [`Error::TooMuch`] beyond the limits.
pub fn draft(schema: &Schema) -> Result<Draft, Error> {
    let mut draft = Draft::default();
    let mut notes = Notes::default();
    let mut budget = Budget::new();
    for field in schema.fields() {
        fits("", field, 0, &mut budget, &mut notes)?;
        let column = Column::from_arrow(field)
            .ok_or_else(|| unsupported(field.name(), field.data_type()))?;
        draft.columns.push(described(column, field));
    }
    draft.notes = notes.into_vec();
    Ok(draft)
}

/// What metadata says of a column; Spark and dbt call it `comment`, others `description`.
fn described(column: Column, field: &Field) -> Column {
    let metadata = field.metadata();
    let description = ["description", "comment"]
        .iter()
        .find_map(|key| metadata.get(*key))
        .filter(|text| !text.trim().is_empty());
    match description {
        Some(text) => column.with_description(text),
        None => column,
    }
}

/// Whether a column can hold every value of a field, at every depth.
fn fits(
    path: &str,
    field: &Field,
    depth: usize,
    budget: &mut Budget,
    notes: &mut Notes,
) -> Result<(), Error> {
    let path = budget.below(path, field.name(), depth)?;
    changed(&path, field.data_type(), notes);
    match field.data_type() {
        ArrowType::Struct(fields) => fields
            .iter()
            .try_for_each(|inner| fits(&path, inner, depth + 1, budget, notes)),
        ArrowType::List(inner)
        | ArrowType::LargeList(inner)
        | ArrowType::ListView(inner)
        | ArrowType::LargeListView(inner)
        | ArrowType::FixedSizeList(inner, _)
        | ArrowType::Map(inner, _) => fits(&path, inner, depth + 1, budget, notes),
        ArrowType::Dictionary(_, values) => fits(
            &path,
            &Field::new("values", (**values).clone(), true),
            depth + 1,
            budget,
            notes,
        ),
        other => dataproduct::DataType::from_arrow(other)
            .map(drop)
            .ok_or_else(|| unsupported(&path, other)),
    }
}

fn unsupported(path: &str, data_type: &ArrowType) -> Error {
    Error::unsupported(
        path,
        format!("no column holds values of the Arrow type {data_type}"),
    )
}

/// What a type says that its column does not.
fn changed(path: &str, data_type: &ArrowType, notes: &mut Notes) {
    let message = match data_type {
        ArrowType::Timestamp(unit, zone) => {
            let finer = *unit == arrow_schema::TimeUnit::Nanosecond;
            match zone.as_deref() {
                Some(zone) if !matches!(zone, "UTC" | "+00:00" | "Z") => {
                    let kept = format!("instants of the zone `{zone}` are kept in UTC");
                    if finer {
                        format!("{kept}; {FINER}")
                    } else {
                        kept
                    }
                }
                _ if finer => FINER.to_owned(),
                _ => return,
            }
        }
        ArrowType::UInt8 | ArrowType::UInt16 | ArrowType::UInt32 | ArrowType::UInt64 => {
            "widened, as no column is without sign; add `minimum: 0` to keep that said".to_owned()
        }
        ArrowType::FixedSizeList(_, length) => format!("the length {length} is left out"),
        ArrowType::FixedSizeBinary(length) => format!("the length {length} is left out"),
        _ => return,
    };
    notes.push(path, message);
}
