//! The columns of JSON lines, found from all of them.

use std::fmt;
use std::io::{BufRead, BufReader, Read};

use arrow_schema::{DataType, Field, FieldRef, Fields, Schema};
use serde::de::{Deserializer as _, IgnoredAny, MapAccess, Visitor};

/// The most columns.
const MAX_COLUMNS: usize = 4_096;

/// Whether a file that begins so can only be JSON lines.
pub(super) fn looks_so(sample: &[u8]) -> bool {
    sample.trim_ascii_start().starts_with(b"{")
}

/// The columns of all lines, in the order of the first line that has each within the sample, then by name; what is
/// wrong with a line.
pub(super) fn schema(file: impl Read, sample: &[u8]) -> Result<Schema, String> {
    let (found, rows) =
        arrow_json::reader::infer_json_schema(BufReader::new(file), None).map_err(|error| {
            format!("it is not one JSON object a line, which JSON lines are: {error}")
        })?;
    if rows == 0 {
        return Err("it holds no rows".to_owned());
    }
    if found.fields().len() > MAX_COLUMNS {
        return Err(format!("it has more than {MAX_COLUMNS} columns"));
    }
    let mut order = Vec::new();
    for line in sample.lines().map_while(Result::ok) {
        let _broken_off =
            serde_json::Deserializer::from_str(&line).deserialize_map(Keys(&mut order));
    }
    let place = |field: &FieldRef| {
        let known = order.iter().position(|name| name == field.name());
        (known.unwrap_or(usize::MAX), field.name().clone())
    };
    let mut fields: Vec<FieldRef> = found.fields().iter().map(in_order).collect();
    fields.sort_by_cached_key(place);
    Ok(Schema::new(fields))
}

/// A column with those within it by name: they are found in any order.
fn in_order(field: &FieldRef) -> FieldRef {
    let data_type = match field.data_type() {
        DataType::Struct(fields) => {
            let mut fields: Vec<FieldRef> = fields.iter().map(in_order).collect();
            fields.sort_by(|a, b| a.name().cmp(b.name()));
            DataType::Struct(Fields::from(fields))
        }
        DataType::List(element) => DataType::List(in_order(element)),
        other => other.clone(),
    };
    Field::clone(field).with_data_type(data_type).into()
}

/// Gathers the keys of an object that are not known yet.
struct Keys<'a>(&'a mut Vec<String>);

impl<'de> Visitor<'de> for Keys<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<String>()? {
            if self.0.len() < MAX_COLUMNS && !self.0.contains(&key) {
                self.0.push(key);
            }
            map.next_value::<IgnoredAny>()?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_come_as_they_are_written() {
        let text = "{\"sku\": \"a\", \"at\": {\"y\": 1, \"x\": 2.5}, \"b\": null}\n\
                    {\"sku\": \"b\", \"new\": true, \"at\": null, \"b\": 4}\n";
        let schema = schema(text.as_bytes(), text.as_bytes()).unwrap();
        let names: Vec<_> = schema.fields().iter().map(|f| f.name().as_str()).collect();
        assert_eq!(names, ["sku", "at", "b", "new"]);
        let DataType::Struct(at) = schema.field(1).data_type() else {
            panic!("{schema}")
        };
        assert_eq!((at[0].name().as_str(), at[1].name().as_str()), ("x", "y"));
        assert_eq!(schema.field(2).data_type(), &DataType::Int64);
    }

    #[test]
    fn what_is_not_one_object_a_line_is_refused() {
        for (text, reason) in [
            ("{\n  \"a\": 1\n}\n", "one JSON object a line"),
            ("{\"a\": 1}\n[1]\n", "one JSON object a line"),
            ("{\"a\": 1}\n{\"a\": \n", "one JSON object a line"),
        ] {
            let error = schema(text.as_bytes(), text.as_bytes()).unwrap_err();
            assert!(error.contains(reason), "{error}");
        }
    }
}
