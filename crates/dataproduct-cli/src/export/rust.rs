//! Rust types whose derives declare the contract.
//!
//! Compiled, they declare an equal contract, but for what the notes name.

mod attribute;
mod document;
mod quality;

use std::collections::HashSet;
use std::fmt::Write as _;

use dataproduct::contract::DataType;
use dataproduct::{Column, Contract};

use super::words::{pascal_case, snake_case, unique};
use super::{Exported, Note};

/// The types of a contract, as one source file.
pub(super) fn source(contract: &Contract) -> Exported {
    let mut writer = Writer::default();
    let name = pascal_case(contract.name().product().as_str());
    writer.names.extend(
        // Names that the file uses for something else.
        [
            "String",
            "Option",
            "Vec",
            "BTreeMap",
            "DataProduct",
            "Record",
            "ColumnType",
            "Decimal",
        ]
        .map(str::to_owned),
    );
    let name = unique(name, &mut writer.names);
    let attributes = attribute::product(contract, &mut writer.notes);
    document::left_out(contract, &mut writer.notes);
    let mut product = String::new();
    documentation(contract.description(), "", &mut product);
    product.push_str("#[derive(Clone, Debug, PartialEq, DataProduct)]\n");
    let _written = writeln!(
        product,
        "#[product(\n    {}\n)]",
        attributes.join(",\n    ")
    );
    writer.record(&name, "", contract.columns(), true, &mut product);

    let mut out = format!(
        "//! `{}`, written from version {} of its contract.\n\n",
        contract.name(),
        contract.version()
    );
    writer.imports.insert("dataproduct::prelude::*");
    for import in &writer.imports {
        let _written = writeln!(out, "use {import};");
    }
    out.push('\n');
    out.push_str(&product);
    for item in &writer.items {
        out.push('\n');
        out.push_str(item);
    }
    Exported {
        bytes: out.into_bytes(),
        notes: writer.notes,
    }
}

#[derive(Default)]
struct Writer {
    names: HashSet<String>,
    imports: std::collections::BTreeSet<&'static str>,
    /// Records and enumerations that the product uses, each whole.
    items: Vec<String>,
    notes: Vec<Note>,
}

impl Writer {
    /// The struct of a record, without what stands in front of it.
    fn record(&mut self, name: &str, path: &str, columns: &[Column], top: bool, out: &mut String) {
        let _written = writeln!(out, "pub struct {name} {{");
        let mut fields = HashSet::new();
        for column in columns {
            let path = if path.is_empty() {
                column.name.clone()
            } else {
                format!("{path}.{}", column.name)
            };
            let mut field = snake_case(&column.name);
            if is_keyword(&field) {
                field.push('_');
            }
            let field = unique(field, &mut fields);
            let type_name = format!("{name}{}", pascal_case(&column.name));
            let (data_type, is_enum) = self.column(&path, &type_name, column, None);
            let mut attributes = Vec::new();
            if field != column.name {
                attributes.push(format!("name = {:?}", column.name));
            }
            attributes.extend(attribute::column(
                column,
                top,
                is_enum,
                &path,
                &mut self.notes,
            ));
            documentation(column.description.as_deref(), "    ", out);
            if !attributes.is_empty() {
                let _written = writeln!(out, "    #[column({})]", attributes.join(", "));
            }
            let _written = writeln!(out, "    pub {field}: {data_type},");
        }
        out.push_str("}\n");
    }

    /// The type of a column's field, and whether it is an enumeration of its own. `words` are said of the
    /// type, where there is no field to say them: the words of a type are those of every column of it.
    fn column(
        &mut self,
        path: &str,
        name: &str,
        column: &Column,
        words: Option<&str>,
    ) -> (String, bool) {
        let variants = variants(column);
        let is_enum = variants.is_some();
        let data_type = match (variants, &column.data_type) {
            (Some(variants), _) => self.enumeration(name, &variants, column, words),
            (None, DataType::Struct(columns)) => self.nested(path, name, columns, words),
            (None, data_type) => self.data_type(path, name, data_type),
        };
        let data_type = if column.nullable {
            format!("Option<{data_type}>")
        } else {
            data_type
        };
        (data_type, is_enum)
    }

    fn data_type(&mut self, path: &str, name: &str, data_type: &DataType) -> String {
        let plain = match data_type {
            DataType::Boolean => "bool",
            DataType::Int8 => "i8",
            DataType::Int16 => "i16",
            DataType::Int32 => "i32",
            DataType::Int64 => "i64",
            DataType::Float32 => "f32",
            DataType::Float64 => "f64",
            DataType::String => "String",
            DataType::Binary => "Vec<u8>",
            DataType::Date => "NaiveDate",
            DataType::Timestamp => "DateTime<Utc>",
            DataType::TimestampNtz => {
                self.imports.insert("chrono::NaiveDateTime");
                "NaiveDateTime"
            }
            DataType::Uuid => {
                self.imports.insert("uuid::Uuid");
                "Uuid"
            }
            DataType::Decimal { precision, scale } => {
                self.imports.insert("dataproduct::row::Decimal");
                return format!("Decimal<{precision}, {scale}>");
            }
            DataType::Struct(columns) => return self.nested(path, name, columns, None),
            DataType::List(element) => {
                let element = self.part(&format!("{path}.element"), name, element);
                return format!("Vec<{element}>");
            }
            DataType::Map { key, value } => {
                self.imports.insert("std::collections::BTreeMap");
                let key = self.part(&format!("{path}.key"), &format!("{name}Key"), key);
                let value = self.part(&format!("{path}.value"), name, value);
                return format!("BTreeMap<{key}, {value}>");
            }
            other => {
                let message = format!("`{other}` is written as text");
                self.notes.push(Note::new(path, message));
                "String"
            }
        };
        plain.to_owned()
    }

    /// The type of an element, key or value, which has no field to say more with.
    fn part(&mut self, path: &str, name: &str, column: &Column) -> String {
        let words = column.description.as_deref();
        let (data_type, is_enum) = self.column(path, name, column, words);
        let mut lost = Vec::new();
        let attributes = attribute::column(column, false, is_enum, path, &mut lost);
        let is_said = is_enum || matches!(column.data_type, DataType::Struct(_));
        if !attributes.is_empty() || !lost.is_empty() || (words.is_some() && !is_said) {
            let message = "what is said of the values within is left out; a newtype can say it";
            self.notes.push(Note::new(path, message));
        }
        data_type
    }

    fn nested(
        &mut self,
        path: &str,
        name: &str,
        columns: &[Column],
        words: Option<&str>,
    ) -> String {
        let name = unique(name.to_owned(), &mut self.names);
        let mut item = String::new();
        documentation(words, "", &mut item);
        item.push_str("#[derive(Clone, Debug, PartialEq, Record)]\n");
        // Its place is kept, so that outer types come before inner ones.
        let place = self.items.len();
        self.items.push(String::new());
        self.record(&name, path, columns, false, &mut item);
        self.items[place] = item;
        name
    }

    fn enumeration(
        &mut self,
        name: &str,
        variants: &[String],
        column: &Column,
        words: Option<&str>,
    ) -> String {
        let name = unique(name.to_owned(), &mut self.names);
        let mut item = String::new();
        documentation(words, "", &mut item);
        item.push_str("#[derive(Clone, Copy, Debug, PartialEq, Eq, ColumnType)]\n");
        let _written = writeln!(item, "pub enum {name} {{");
        for (variant, allowed) in variants.iter().zip(&column.allowed) {
            let value = allowed.value.as_str().unwrap_or_default();
            documentation(allowed.description.as_deref(), "    ", &mut item);
            if snake_case(variant) != value {
                let _written = writeln!(item, "    #[column(rename = {value:?})]");
            }
            let _written = writeln!(item, "    {variant},");
            if allowed.label.is_some() {
                let message = format!("the label of the value `{value}` is left out");
                self.notes.push(Note::new(&column.name, message));
            }
        }
        item.push_str("}\n");
        self.items.push(item);
        name
    }
}

/// The variants of an enumeration, where each value makes one of its own; an open one stays text, as only
/// its owner knows which variant is to stand for what is unknown.
fn variants(column: &Column) -> Option<Vec<String>> {
    if !column.is_enum() || column.open_enum {
        return None;
    }
    let mut seen = HashSet::new();
    column
        .allowed
        .iter()
        .map(|allowed| {
            let variant = pascal_case(allowed.value.as_str()?);
            let is_name = variant.starts_with(|c: char| c.is_ascii_uppercase());
            (is_name && variant != "Self" && seen.insert(variant.clone())).then_some(variant)
        })
        .collect()
}

/// Text as a doc comment.
fn documentation(text: Option<&str>, indent: &str, out: &mut String) {
    for line in text.unwrap_or_default().lines() {
        // A lone carriage return may not stand in a comment.
        let line = line.replace('\r', " ");
        let _written = writeln!(out, "{}", format!("{indent}/// {line}").trim_end());
    }
}

/// Words that cannot name a field.
fn is_keyword(name: &str) -> bool {
    const KEYWORDS: [&str; 52] = [
        "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "crate",
        "do", "dyn", "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl",
        "in", "let", "loop", "macro", "match", "mod", "move", "mut", "override", "priv", "pub",
        "ref", "return", "self", "static", "struct", "super", "trait", "true", "try", "type",
        "typeof", "unsafe", "unsized", "use", "virtual", "where", "while", "yield", "_",
    ];
    KEYWORDS.contains(&name)
}
