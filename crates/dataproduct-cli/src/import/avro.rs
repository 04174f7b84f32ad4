//! Avro schemas, alone or at the beginning of a data file.
//!
//! # Source
//! Apache Avro 1.12.0 specification: schema declaration, names, logical types, object container files.

use std::collections::HashMap;

use dataproduct::Column;
use dataproduct::contract::DataType;
use serde_json::Value as Json;

use super::{Budget, Draft, Error, FINER, Notes, text};
use crate::export::avro::{NAME, TYPE};

const FORM: &str = "an Avro schema";
/// What a data file begins with.
const MAGIC: &[u8] = b"Obj\x01";
/// The most entries in the header of a data file.
const MAX_HEADER_ENTRIES: usize = 1_000;

/// A draft from a schema in JSON, whose type is a record.
///
/// # Errors
/// [`Error::Malformed`] for text that is no schema, [`Error::Unsupported`] for what no column can be
/// (unions of several types, types that hold themselves, durations, times of day), [`Error::TooMuch`]
/// beyond the limits.
pub fn schema(text: &str) -> Result<Draft, Error> {
    let root: Json = serde_json::from_str(text).map_err(|error| Error::malformed(FORM, error))?;
    let mut reader = Reader {
        types: HashMap::new(),
        budget: Budget::new(),
        notes: Notes::default(),
    };
    let DataType::Struct(columns) = reader.data_type("", "", &root, 0)?.data_type else {
        return Err(Error::unsupported("", "a row is a `record`"));
    };
    Ok(Draft {
        description: documentation(&root),
        columns,
        notes: reader.notes.into_vec(),
    })
}

/// A draft from the schema at the beginning of a data file; its blocks are not read.
///
/// # Errors
/// As [`schema`].
pub fn file(bytes: &[u8]) -> Result<Draft, Error> {
    let broken = |reason: &str| Error::malformed("an Avro data file", reason);
    let mut rest = bytes
        .strip_prefix(MAGIC)
        .ok_or_else(|| broken("it does not begin with `Obj` and 1"))?;
    let mut entries = 0;
    loop {
        let mut count = long(&mut rest).ok_or_else(|| broken("its header ends too early"))?;
        if count == 0 {
            return Err(broken("its header holds no `avro.schema`"));
        }
        if count < 0 {
            // A negative count is followed by the size of the block.
            long(&mut rest).ok_or_else(|| broken("its header ends too early"))?;
            count = count.checked_neg().unwrap_or(i64::MAX);
        }
        for _ in 0..count {
            entries += 1;
            if entries > MAX_HEADER_ENTRIES {
                return Err(broken("its header has too many entries"));
            }
            let key = block(&mut rest).ok_or_else(|| broken("its header ends too early"))?;
            let value = block(&mut rest).ok_or_else(|| broken("its header ends too early"))?;
            if key == b"avro.schema" {
                let text = std::str::from_utf8(value);
                return schema(text.map_err(|_| broken("its schema is not UTF-8"))?);
            }
        }
    }
}

/// A number in the variable-length zig-zag form.
fn long(rest: &mut &[u8]) -> Option<i64> {
    let mut value: u64 = 0;
    for shift in (0..64).step_by(7) {
        let (byte, after) = rest.split_first()?;
        *rest = after;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            let half = i64::try_from(value >> 1).ok()?;
            return Some(if value & 1 == 1 { !half } else { half });
        }
    }
    None
}

/// Bytes with their length in front.
fn block<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let length = usize::try_from(long(rest)?).ok()?;
    let (block, after) = rest.split_at_checked(length)?;
    *rest = after;
    Some(block)
}

fn documentation(schema: &Json) -> Option<String> {
    let doc = text(schema, "doc").filter(|doc| !doc.trim().is_empty());
    doc.map(str::to_owned)
}

struct Reader {
    /// Named types by full name; `None` while one is being read, and so holds itself.
    types: HashMap<String, Option<Column>>,
    budget: Budget,
    notes: Notes,
}

impl Reader {
    /// The type of a schema as a column without a name of its own.
    fn data_type(
        &mut self,
        path: &str,
        namespace: &str,
        schema: &Json,
        depth: usize,
    ) -> Result<Column, Error> {
        self.budget.step(path, depth)?;
        match schema {
            Json::String(name) => self.named(path, namespace, name, depth),
            Json::Array(branches) => self.union(path, namespace, branches, depth),
            Json::Object(_) => self.object(path, namespace, schema, depth),
            _ => Err(Error::malformed(
                FORM,
                format!(
                    "{}: a type is a name, an object or a list",
                    super::named(path)
                ),
            )),
        }
    }

    /// A primitive type, or one that was declared before.
    fn named(
        &mut self,
        path: &str,
        namespace: &str,
        name: &str,
        depth: usize,
    ) -> Result<Column, Error> {
        if let Some(data_type) = primitive(name) {
            return Ok(Column::new("", data_type));
        }
        let full = full_name(name, namespace);
        match self.types.get(&full).or_else(|| self.types.get(name)) {
            Some(Some(column)) => {
                // It is used again, with all the columns in it.
                self.budget.step(path, depth + levels(column))?;
                for _ in 0..size(column) {
                    self.budget.column(path, depth)?;
                }
                Ok(column.clone())
            }
            Some(None) => Err(Error::unsupported(
                path,
                format!("`{full}` holds itself; a column has a fixed depth"),
            )),
            None => Err(Error::malformed(
                FORM,
                format!("{}: there is no type `{full}`", super::named(path)),
            )),
        }
    }

    /// A type that may be missing; other unions are no columns.
    fn union(
        &mut self,
        path: &str,
        namespace: &str,
        branches: &[Json],
        depth: usize,
    ) -> Result<Column, Error> {
        let is_null = |branch: &&Json| {
            branch.as_str() == Some("null") || text(branch, "type") == Some("null")
        };
        let mut others = branches.iter().filter(|branch| !is_null(branch));
        let nullable = branches.iter().any(|branch| is_null(&branch));
        match (others.next(), others.next()) {
            (Some(one), None) => {
                let column = self.data_type(path, namespace, one, depth + 1)?;
                let nullable = nullable || column.nullable;
                Ok(column.with_nullable(nullable))
            }
            _ => Err(Error::unsupported(
                path,
                "a union of several types is no column; use one type, or a record with a field for each",
            )),
        }
    }

    fn object(
        &mut self,
        path: &str,
        namespace: &str,
        schema: &Json,
        depth: usize,
    ) -> Result<Column, Error> {
        let kind = schema.get("type").unwrap_or(&Json::Null);
        let Some(kind) = kind.as_str() else {
            return self.data_type(path, namespace, kind, depth + 1);
        };
        match kind {
            "record" | "error" | "enum" | "fixed" => {
                self.declared(path, namespace, kind, schema, depth)
            }
            "array" => {
                let items = schema.get("items").unwrap_or(&Json::Null);
                let element = self.part(path, "element", namespace, items, depth)?;
                if text(schema, "logicalType") == Some("map")
                    && let Some(map) = pairs(&element)
                {
                    return Ok(Column::new("", map));
                }
                Ok(Column::new("", DataType::List(Box::new(element))))
            }
            "map" => {
                let values = schema.get("values").unwrap_or(&Json::Null);
                let value = self.part(path, "value", namespace, values, depth)?;
                let key = Column::new("key", DataType::String);
                let (key, value) = (Box::new(key), Box::new(value));
                Ok(Column::new("", DataType::Map { key, value }))
            }
            kind => match self.logical(path, kind, schema)? {
                Some(data_type) => Ok(Column::new("", data_type)),
                None => self.named(path, namespace, kind, depth),
            },
        }
    }

    fn part(
        &mut self,
        path: &str,
        name: &str,
        namespace: &str,
        schema: &Json,
        depth: usize,
    ) -> Result<Column, Error> {
        let path = self.budget.below(path, name, depth + 1)?;
        let column = self.data_type(&path, namespace, schema, depth + 1)?;
        Ok(column.renamed(name))
    }

    /// A type with a name, which may be used again.
    fn declared(
        &mut self,
        path: &str,
        namespace: &str,
        kind: &str,
        schema: &Json,
        depth: usize,
    ) -> Result<Column, Error> {
        let name = text(schema, "name").unwrap_or_default();
        let namespace = text(schema, "namespace").unwrap_or(namespace);
        let full = full_name(name, namespace);
        // A full name has its own namespace, which holds for what is within.
        let inner = full.rsplit_once('.').map_or("", |(namespace, _)| namespace);
        let inner = inner.to_owned();
        if self.types.insert(full.clone(), None).is_some() {
            return Err(Error::malformed(
                FORM,
                format!("`{full}` is declared twice"),
            ));
        }
        let column = match kind {
            "enum" => self.symbols(path, schema)?,
            "fixed" => {
                let data_type = self.logical(path, kind, schema)?;
                Column::new("", data_type.unwrap_or(DataType::Binary))
            }
            _ => {
                let fields = schema.get("fields").and_then(Json::as_array);
                let fields = fields.ok_or_else(|| {
                    Error::malformed(FORM, format!("the record `{full}` has no `fields`"))
                })?;
                let columns: Result<Vec<_>, _> = fields
                    .iter()
                    .map(|field| self.field(path, &inner, field, depth + 1))
                    .collect();
                Column::new("", DataType::Struct(columns?))
            }
        };
        self.types.insert(full, Some(column.clone()));
        Ok(column)
    }

    fn field(
        &mut self,
        path: &str,
        namespace: &str,
        field: &Json,
        depth: usize,
    ) -> Result<Column, Error> {
        let name = text(field, NAME).or_else(|| text(field, "name"));
        let name = name.ok_or_else(|| {
            Error::malformed(FORM, format!("{}: a field has no name", super::named(path)))
        })?;
        let is_top = path.is_empty();
        let path = self.budget.below(path, name, depth)?;
        let schema = field.get("type").unwrap_or(&Json::Null);
        let mut column = self
            .data_type(&path, namespace, schema, depth)?
            .renamed(name);
        column.description = documentation(field);
        if let Some(default) = field.get("default").filter(|default| !default.is_null()) {
            column.default = serde_json::from_value(default.clone()).ok();
            // Avro writes decimals as bytes, times as counts; and only columns of the table have a default.
            let is_other = matches!(column.data_type, DataType::Decimal { .. });
            if !is_top || is_other || column.default.is_none() || !column.permits_default() {
                column.default = None;
                self.note(&path, "the default value is left out");
            }
        }
        Ok(column)
    }

    fn symbols(&mut self, path: &str, schema: &Json) -> Result<Column, Error> {
        let symbols = schema.get("symbols").and_then(Json::as_array);
        let symbols: Option<Vec<&str>> =
            symbols.and_then(|symbols| symbols.iter().map(Json::as_str).collect());
        let symbols = symbols.ok_or_else(|| {
            Error::malformed(
                FORM,
                format!("{}: an enum has no `symbols`", super::named(path)),
            )
        })?;
        let column = Column::new("", DataType::String);
        Ok(symbols.into_iter().fold(column, Column::with_allowed))
    }

    /// The type that attributes give to a primitive or fixed type, if they do.
    fn logical(
        &mut self,
        path: &str,
        kind: &str,
        schema: &Json,
    ) -> Result<Option<DataType>, Error> {
        match (kind, text(schema, TYPE)) {
            ("int", Some("byte")) => return Ok(Some(DataType::Int8)),
            ("int", Some("short")) => return Ok(Some(DataType::Int16)),
            _ => {}
        }
        let data_type = match (kind, text(schema, "logicalType")) {
            ("bytes" | "fixed", Some("decimal")) => return self.decimal(path, schema).map(Some),
            ("int", Some("date")) => DataType::Date,
            ("long", Some("timestamp-millis" | "timestamp-micros")) => DataType::Timestamp,
            ("long", Some("local-timestamp-millis" | "local-timestamp-micros")) => {
                DataType::TimestampNtz
            }
            ("long", Some("timestamp-nanos")) => {
                self.note(path, FINER);
                DataType::Timestamp
            }
            ("long", Some("local-timestamp-nanos")) => {
                self.note(path, FINER);
                DataType::TimestampNtz
            }
            ("string" | "fixed", Some("uuid")) => DataType::Uuid,
            (_, Some(logical @ ("time-millis" | "time-micros" | "duration"))) => {
                return Err(Error::unsupported(
                    path,
                    format!("no column holds values of the logical type `{logical}`"),
                ));
            }
            (_, Some(other)) => {
                // Avro says to go on with the type below where a logical type is not known.
                self.note(path, format!("the logical type `{other}` is left out"));
                return Ok(None);
            }
            (_, None) => return Ok(None),
        };
        Ok(Some(data_type))
    }

    fn decimal(&mut self, path: &str, schema: &Json) -> Result<DataType, Error> {
        let digits = |name: &str| {
            let digits = schema.get(name).and_then(Json::as_u64);
            digits.and_then(|digits| u8::try_from(digits).ok())
        };
        let precision = digits("precision").ok_or_else(|| {
            Error::unsupported(path, "a decimal needs a `precision` of at most 38 digits")
        })?;
        let scale = match schema.get("scale") {
            None => 0,
            Some(_) => digits("scale").ok_or_else(|| {
                Error::unsupported(path, "the `scale` of a decimal is 0 to 38 digits")
            })?,
        };
        Ok(DataType::Decimal { precision, scale })
    }

    fn note(&mut self, path: &str, message: impl Into<String>) {
        self.notes.push(path, message);
    }
}

fn primitive(name: &str) -> Option<DataType> {
    Some(match name {
        "boolean" => DataType::Boolean,
        "int" => DataType::Int32,
        "long" => DataType::Int64,
        "float" => DataType::Float32,
        "double" => DataType::Float64,
        "bytes" => DataType::Binary,
        "string" => DataType::String,
        _ => return None,
    })
}

fn full_name(name: &str, namespace: &str) -> String {
    if name.contains('.') || namespace.is_empty() {
        name.to_owned()
    } else {
        format!("{namespace}.{name}")
    }
}

/// The map that a list of pairs of key and value stands for.
fn pairs(element: &Column) -> Option<DataType> {
    match &element.data_type {
        DataType::Struct(fields) => match fields.as_slice() {
            [key, value] if key.name == "key" && value.name == "value" && !key.nullable => {
                Some(DataType::Map {
                    key: Box::new(key.clone()),
                    value: Box::new(value.clone()),
                })
            }
            _ => None,
        },
        _ => None,
    }
}

/// How many levels of columns there are in a column.
fn levels(column: &Column) -> usize {
    let below = column.children().map(levels).max();
    below.map_or(0, |below| below + 1)
}

/// How many columns there are in a column.
fn size(column: &Column) -> usize {
    column.children().map(|child| 1 + size(child)).sum()
}
