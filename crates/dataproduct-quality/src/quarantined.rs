//! Rows that are kept apart from those that are published.

use std::sync::Arc;

use arrow_array::{
    ArrayRef, Int64Array, ListArray, MapArray, RecordBatch, StringArray, StructArray,
};
use arrow_buffer::{NullBuffer, OffsetBuffer};
use arrow_schema::{ArrowError, DataType, Field, Fields, Schema, SchemaRef};
use dataproduct_contract::{Column, Contract, OnFailure, Repair};

use crate::nesting::{loose, loosened};

/// The identifiers of the rules that a row has broken, as a list of text.
pub const RULES_COLUMN: &str = "_quarantine_rules";
/// The number of the row in its publish, counted from 0; null where that is not known any more.
pub const ROW_COLUMN: &str = "_quarantine_row";
/// The values of a row that could not be cast, as they came: a map from column to text, null where there is none. It is
/// there where a column of the contract is cast, and such a value is null in its own column.
pub const TEXT_COLUMN: &str = "_quarantine_text";

/// Rows of a product that broke rules which keep rows apart, with the identifiers of all rules that each broke.
///
/// Only the gate makes them. The columns are those of the contract, each of which may be null at every depth, behind
/// [`RULES_COLUMN`], [`ROW_COLUMN`] and, where columns are cast, [`TEXT_COLUMN`].
#[derive(Clone, Debug)]
pub struct Quarantined {
    batch: RecordBatch,
}

impl Quarantined {
    /// `rules` holds the rules that each row broke; `texts` the values that could not be cast by row, with their
    /// columns, where any column is cast.
    pub(crate) fn new(
        rows: &RecordBatch,
        rules: &[Vec<Arc<str>>],
        numbers: Vec<Option<u64>>,
        texts: Option<&[Texts]>,
    ) -> Result<Self, ArrowError> {
        let ends = OffsetBuffer::from_lengths(rules.iter().map(Vec::len));
        let broken: StringArray = rules
            .iter()
            .flatten()
            .map(|rule| Some(rule.as_ref()))
            .collect();
        let numbers: Int64Array = numbers
            .into_iter()
            .map(|number| number.and_then(|number| i64::try_from(number).ok()))
            .collect();
        let fields = schema_of(rows.schema_ref().fields(), texts.is_some());
        let rules = ListArray::try_new(element(), ends, Arc::new(broken), None)?;
        let mut columns: Vec<ArrayRef> = vec![Arc::new(rules), Arc::new(numbers)];
        if let Some(texts) = texts {
            columns.push(Arc::new(mapped(texts)?));
        }
        let own = columns.len();
        for (column, field) in rows.columns().iter().zip(fields.fields().iter().skip(own)) {
            columns.push(loosened(column, field.data_type())?);
        }
        let batch = RecordBatch::try_new(fields, columns)?;
        Ok(Self { batch })
    }

    /// The rows.
    #[must_use]
    pub fn batch(&self) -> &RecordBatch {
        &self.batch
    }

    /// The schema of the rows that are kept apart under a contract.
    #[must_use]
    pub fn schema(contract: &Contract) -> SchemaRef {
        schema_of(contract.arrow_schema().fields(), casts(contract))
    }
}

/// Values of one row that could not be cast, each with its column.
pub(crate) type Texts = Vec<(String, String)>;

/// Whether a column of the contract is cast.
pub(crate) fn casts(contract: &Contract) -> bool {
    let is = |column: &Column| column.on_failure == Some(OnFailure::Repair(Repair::Cast));
    contract.columns().iter().any(is)
}

impl Quarantined {
    /// The column [`TEXT_COLUMN`], as it stands in the schema of a contract that casts.
    #[must_use]
    pub fn text_field() -> Field {
        use dataproduct_contract::DataType;
        let data_type = DataType::map(DataType::String, DataType::String, false);
        Column::new(TEXT_COLUMN, data_type)
            .with_nullable(true)
            .to_arrow()
    }
}

fn mapped(texts: &[Texts]) -> Result<MapArray, ArrowError> {
    let field = Quarantined::text_field();
    let DataType::Map(entries, sorted) = field.data_type() else {
        return Err(ArrowError::SchemaError("a map is no map".to_owned()));
    };
    let DataType::Struct(parts) = entries.data_type() else {
        return Err(ArrowError::SchemaError("a map has no entries".to_owned()));
    };
    let all = || texts.iter().flatten();
    let keys: StringArray = all().map(|(column, _)| Some(column)).collect();
    let values: StringArray = all().map(|(_, text)| Some(text)).collect();
    let parts = StructArray::try_new(parts.clone(), vec![Arc::new(keys), Arc::new(values)], None)?;
    let ends = OffsetBuffer::from_lengths(texts.iter().map(Vec::len));
    let is_there: NullBuffer = texts.iter().map(|texts| !texts.is_empty()).collect();
    MapArray::try_new(Arc::clone(entries), ends, parts, Some(is_there), *sorted)
}

fn element() -> Arc<Field> {
    Arc::new(Field::new_list_field(DataType::Utf8, false))
}

fn schema_of(fields: &Fields, with_texts: bool) -> SchemaRef {
    let own = [
        Field::new(RULES_COLUMN, DataType::List(element()), false),
        Field::new(ROW_COLUMN, DataType::Int64, true),
    ];
    let theirs = fields.iter().map(|field| loose(field));
    Arc::new(Schema::new(
        own.into_iter()
            .chain(with_texts.then(Quarantined::text_field))
            .map(Arc::new)
            .chain(theirs)
            .collect::<Vec<_>>(),
    ))
}

#[cfg(test)]
mod tests {
    use arrow_array::cast::AsArray;
    use arrow_array::types::Int64Type;
    use dataproduct_contract::Column;

    use super::*;

    #[test]
    fn rows_keep_their_values_their_number_and_their_rules() {
        let size = dataproduct_contract::DataType::Struct(vec![Column::new(
            "width",
            dataproduct_contract::DataType::Int64,
        )]);
        let contract = Contract::builder("product.catalogue", "1.0.0")
            .with_owner("product-platform")
            .with_column(Column::new("sku", dataproduct_contract::DataType::String).with_key(1))
            .with_column(Column::new("size", size))
            .build()
            .unwrap();
        let DataType::Struct(fields) = contract.arrow_schema().field(1).data_type().clone() else {
            panic!("a struct");
        };
        let width: ArrayRef = Arc::new(Int64Array::from(vec![1, 2, 3]));
        let size = arrow_array::StructArray::new(fields, vec![width], None);
        let rows = RecordBatch::try_new(
            contract.arrow_schema(),
            vec![
                Arc::new(StringArray::from(vec!["a", "b", "c"])),
                Arc::new(size),
            ],
        )
        .unwrap();
        let rules: Vec<Vec<Arc<str>>> =
            vec![vec!["x".into()], vec!["x".into(), "y".into()], Vec::new()];
        let apart = Quarantined::new(&rows, &rules, vec![Some(7), None, Some(9)], None).unwrap();
        let batch = apart.batch();
        assert_eq!(batch.schema(), Quarantined::schema(&contract));
        let rules = batch.column(0).as_list::<i32>();
        assert_eq!(rules.value_length(1), 2);
        assert_eq!(rules.value(1).as_string::<i32>().value(1), "y");
        let numbers = batch.column(1).as_primitive::<Int64Type>();
        assert_eq!(numbers.iter().collect::<Vec<_>>(), [Some(7), None, Some(9)]);
        assert_eq!(batch.column(2).as_string::<i32>().value(2), "c");
        let width = batch.column(3).as_struct().column(0);
        assert_eq!(width.as_primitive::<Int64Type>().value(2), 3);
    }
}
