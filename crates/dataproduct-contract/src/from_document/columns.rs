//! `properties` as columns: types from logical and physical type, everything else field by field.

use super::{custom, quality, typed};
use crate::odcs::{
    CustomProperty, Document, LogicalType, LogicalTypeOptions, Property, Relationship, SchemaObject,
};
use crate::to_document::SEMANTIC_TYPE;
use crate::{
    AllowedValue, Column, ColumnRef, DataType, Deprecation, Limits, PiiCategory, Problem, Problems,
    ProductName, Value, validate,
};

/// The custom properties of a column that the model has fields for.
const COLUMN_PROPERTIES: &[&str] = &[
    "eventTime",
    "sortPosition",
    "unit",
    "piiCategory",
    "openEnum",
    "deprecationNote",
    "formerNames",
    "default",
    quality::ON_FAILURE[0],
    quality::ON_FAILURE[1],
];

pub(super) fn columns(
    schema: &SchemaObject,
    document: &Document,
    problems: &mut Problems,
) -> Vec<Column> {
    let properties = schema.properties.as_deref().unwrap_or_default();
    let mut columns = fields("schema.columns", properties, document, 0, problems);
    number_in_order(&mut columns, |column| &mut column.key);
    number_in_order(&mut columns, |column| &mut column.partition);
    // Relationships of several columns stay in the document; whether they hold is checked here.
    for (i, relationship) in schema.relationships.iter().flatten().enumerate() {
        let path = format!("schema.relationships[{i}]");
        let ends = relationship.from.iter().flat_map(|from| from.elements());
        for element in ends.chain(relationship.to.elements()) {
            local(&path, element, document, problems);
        }
        // Pair by pair, what refers to another product is a reference of the column it starts from.
        let from = relationship.from.iter().flat_map(|from| from.elements());
        for (from, to) in from.zip(relationship.to.elements()) {
            let name = from.rsplit(['.', '/']).next().unwrap_or(from);
            let column = columns
                .iter_mut()
                .find(|column| column.name == name || column.id.as_deref() == Some(name));
            if let (Some(column), Some(reference)) = (column, external(to))
                && !column.references.contains(&reference)
            {
                column.references.push(reference);
            }
        }
    }
    columns
}

fn fields(
    path: &str,
    properties: &[Property],
    document: &Document,
    depth: usize,
    problems: &mut Problems,
) -> Vec<Column> {
    properties
        .iter()
        .enumerate()
        .map(|(i, property)| {
            let name = property.name.clone().unwrap_or_default();
            let mut column = column(
                &format!("{path}[{i}]"),
                name,
                property,
                document,
                depth,
                problems,
            );
            validate::fill_ids(&mut column);
            column
        })
        .collect()
}

fn column(
    path: &str,
    name: String,
    property: &Property,
    document: &Document,
    depth: usize,
    problems: &mut Problems,
) -> Column {
    let (data_type, format_is_type) = data_type(path, property, document, depth, problems);
    let custom_properties = property.custom_properties.as_deref();
    let own = format!("{path}.");
    let mut out = Column::new(name, data_type);
    out.id = property.id.clone();
    out.nullable = property.required != Some(true);
    out.description = property.description.clone();
    out.business_name = property.business_name.clone();
    out.key = position(property.primary_key, property.primary_key_position);
    out.partition = position(property.partitioned, property.partition_key_position);
    out.sort = typed(
        &own,
        custom_properties,
        "sortPosition",
        Value::as_i64,
        "a number from 1",
        problems,
    )
    .map(|position| u32::try_from(position).unwrap_or(0));
    out.event_time = flag(&own, custom_properties, "eventTime", problems);
    out.unique = property.unique == Some(true);
    out.unit = typed(
        &own,
        custom_properties,
        "unit",
        Value::as_str,
        "text",
        problems,
    )
    .map(str::to_owned);
    out.semantic_type = property
        .authoritative_definitions
        .iter()
        .flatten()
        .find(|definition| definition.kind == SEMANTIC_TYPE)
        .map(|definition| definition.url.clone());
    out.classification = property.classification.as_deref().map(Into::into);
    out.pii = pii(path, custom_properties, problems);
    out.examples = property.examples.clone().unwrap_or_default();
    out.deprecated = (property.deprecated == Some(true)).then(|| Deprecation {
        note: typed(
            &own,
            custom_properties,
            "deprecationNote",
            Value::as_str,
            "text",
            problems,
        )
        .map(str::to_owned),
    });
    out.former_names = former_names(&own, custom_properties, problems);
    out.default = super::ours(custom_properties, "default").cloned();
    out.limits = limits(property.logical_type_options.as_ref(), format_is_type);
    if let (Some(LogicalType::Integer), Some(options)) =
        (property.logical_type, &property.logical_type_options)
    {
        unsigned(options.format.as_deref(), &mut out.limits);
    }
    out.allowed = property
        .enum_values
        .iter()
        .flatten()
        .map(|value| AllowedValue {
            value: value.value.clone(),
            label: value.label.clone(),
            description: value.description.clone(),
        })
        .collect();
    out.open_enum = flag(&own, custom_properties, "openEnum", problems);
    out.rules = quality::rules(
        &format!("{path}.rules"),
        property.quality.as_deref(),
        problems,
    );
    out.on_failure = quality::on_failure(&own, custom_properties, problems);
    out.tags = property.tags.clone().unwrap_or_default();
    out.custom = custom(custom_properties, COLUMN_PROPERTIES);
    out.references = references(path, property, document, problems);
    out
}

fn former_names(
    path: &str,
    properties: Option<&[CustomProperty]>,
    problems: &mut Problems,
) -> Vec<String> {
    let texts = |value: &Value| {
        let names = value.as_list()?.iter();
        names
            .map(|name| name.as_str().map(str::to_owned))
            .collect::<Option<Vec<_>>>()
    };
    let wanted = "a list of names";
    typed(path, properties, "formerNames", texts, wanted, problems).unwrap_or_default()
}

fn flag(
    path: &str,
    properties: Option<&[CustomProperty]>,
    name: &str,
    problems: &mut Problems,
) -> bool {
    typed(
        path,
        properties,
        name,
        Value::as_bool,
        "true or false",
        problems,
    ) == Some(true)
}

/// A position is given by number; without one (the standard's default is -1) it is 0 until
/// [`number_in_order`] has seen all columns.
fn position(is: Option<bool>, position: Option<i64>) -> Option<u32> {
    match (is, position) {
        (Some(true), None | Some(-1)) => Some(0),
        // A position that is no position is kept as one that cannot be right, to be reported.
        (Some(true), Some(position)) => Some(u32::try_from(position).unwrap_or(u32::MAX)),
        _ => None,
    }
}

/// Numbers the columns of a key or a partitioning in the order of the document when none of them
/// states its position.
fn number_in_order(columns: &mut [Column], place: fn(&mut Column) -> &mut Option<u32>) {
    if columns
        .iter_mut()
        .any(|column| place(column).is_some_and(|p| p != 0))
    {
        return;
    }
    let unplaced = columns
        .iter_mut()
        .filter_map(|column| place(column).as_mut());
    for (position, place) in (1..).zip(unplaced) {
        *place = position;
    }
}

fn pii(
    path: &str,
    properties: Option<&[CustomProperty]>,
    problems: &mut Problems,
) -> Option<PiiCategory> {
    let text = super::ours(properties, "piiCategory")?;
    let known = PiiCategory::ALL
        .into_iter()
        .find(|c| text.as_str() == Some(c.as_str()));
    if known.is_none() {
        problems.push(Problem::new(
            format!("{path}.pii"),
            "unknown-pii-category",
            format!("`{text}` is not a category of personal data"),
            "write `direct`, `indirect` or `special`",
        ));
    }
    known
}

fn limits(options: Option<&LogicalTypeOptions>, format_is_type: bool) -> Limits {
    let Some(options) = options else {
        return Limits::default();
    };
    Limits {
        minimum: options.minimum.clone(),
        maximum: options.maximum.clone(),
        exclusive_minimum: options.exclusive_minimum.clone(),
        exclusive_maximum: options.exclusive_maximum.clone(),
        multiple_of: options.multiple_of.map(|n| n.as_f64()),
        min_length: options.min_length,
        max_length: options.max_length,
        pattern: options.pattern.clone(),
        format: if format_is_type {
            None
        } else {
            options.format.clone()
        },
        min_items: options.min_items,
        max_items: options.max_items,
        unique_items: options.unique_items == Some(true),
    }
}

/// The type of a property, and whether its `format` option has been used up in telling it.
fn data_type(
    path: &str,
    property: &Property,
    document: &Document,
    depth: usize,
    problems: &mut Problems,
) -> (DataType, bool) {
    let options = property.logical_type_options.as_ref();
    let format = options.and_then(|o| o.format.as_deref());
    let physical = property.physical_type.as_deref().map_or(Ok(None), physical);
    let physical = physical.unwrap_or_else(|reason| {
        problems.push(Problem::new(
            format!("{path}.type"),
            "bad-decimal",
            reason,
            "write `decimal(p,s)`: 1 to 38 digits, `s` of them after the point",
        ));
        None
    });
    if let Some(format @ ("i128" | "u128")) = format {
        problems.push(Problem::new(
            format!("{path}.type"),
            "unsupported-type",
            format!("an integer of the format `{format}` has more digits than any column"),
            "use `i64`, or a number with the physical type `decimal(38,0)`",
        ));
    }
    if depth > validate::MAX_DEPTH {
        problems.push(Problem::new(
            path,
            "too-deep",
            format!("types are nested more than {} deep", validate::MAX_DEPTH),
            "flatten the schema",
        ));
        return (DataType::String, false);
    }
    let Some(logical) = property.logical_type else {
        let known = physical.unwrap_or_else(|| {
            problems.push(Problem::new(
                format!("{path}.type"),
                "missing-type",
                match &property.physical_type {
                    Some(text) => format!("the physical type `{text}` does not tell the type"),
                    None => "the column has no type".to_owned(),
                },
                "write a `logicalType`",
            ));
            DataType::String
        });
        return (known, false);
    };
    match logical {
        LogicalType::Boolean => (DataType::Boolean, false),
        // A date that is stored with a time of day keeps it.
        LogicalType::Date => match physical {
            Some(known @ (DataType::Timestamp | DataType::TimestampNtz)) => (known, true),
            _ => (DataType::Date, true),
        },
        LogicalType::String => match (format, physical) {
            (Some("uuid"), None | Some(DataType::String | DataType::Uuid)) => {
                (DataType::Uuid, true)
            }
            (None, Some(DataType::Uuid)) => (DataType::Uuid, false),
            (Some("binary"), _) => (DataType::Binary, true),
            (_, Some(DataType::Binary)) => (DataType::Binary, false),
            _ => (DataType::String, false),
        },
        LogicalType::Integer => (integer(format, physical), true),
        LogicalType::Number => (number(format, physical), true),
        LogicalType::Timestamp => {
            let without_zone = options.and_then(|o| o.timezone) == Some(false)
                || (options.and_then(|o| o.timezone).is_none()
                    && physical == Some(DataType::TimestampNtz));
            let known = if without_zone {
                DataType::TimestampNtz
            } else {
                DataType::Timestamp
            };
            (known, true)
        }
        LogicalType::Object => {
            let properties = property.properties.as_deref().unwrap_or_default();
            let path = format!("{path}.fields");
            let mut fields = fields(&path, properties, document, depth + 1, problems);
            // The standard has two places to say that a field is required.
            let required = options.and_then(|o| o.required.as_deref());
            for name in required.unwrap_or_default() {
                match fields.iter_mut().find(|field| field.name == *name) {
                    Some(field) => field.nullable = false,
                    None => problems.push(Problem::new(
                        path.clone(),
                        "unknown-column",
                        format!(
                            "there is no field `{}` to be required",
                            validate::shown(name)
                        ),
                        format!("the object has {}", validate::names(&fields)),
                    )),
                }
            }
            (DataType::Struct(fields), false)
        }
        LogicalType::Array => (
            DataType::List(Box::new(element(path, property, document, depth, problems))),
            false,
        ),
        LogicalType::Map => (map(path, property, document, depth, problems), false),
        LogicalType::Time | LogicalType::Vector => {
            problems.push(Problem::new(
                format!("{path}.type"),
                "unsupported-type",
                format!("a column of `{}` cannot be stored", name_of(logical)),
                if logical == LogicalType::Time {
                    "use a timestamp, or text with a pattern"
                } else {
                    "use an array of numbers"
                },
            ));
            (DataType::String, true)
        }
    }
}

fn name_of(logical: LogicalType) -> &'static str {
    if logical == LogicalType::Time {
        "time"
    } else {
        "vector"
    }
}

fn element(
    path: &str,
    property: &Property,
    document: &Document,
    depth: usize,
    problems: &mut Problems,
) -> Column {
    match &property.items {
        Some(items) => column(
            &format!("{path}.element"),
            "element".to_owned(),
            items,
            document,
            depth + 1,
            problems,
        ),
        None => {
            problems.push(Problem::new(
                format!("{path}.element"),
                "missing-type",
                "the array does not say what its elements are",
                "describe them in `items`",
            ));
            Column::new("element", DataType::String).with_nullable(true)
        }
    }
}

fn map(
    path: &str,
    property: &Property,
    document: &Document,
    depth: usize,
    problems: &mut Problems,
) -> DataType {
    let Some(types) = &property.map else {
        problems.push(Problem::new(
            path,
            "missing-type",
            "the map does not say what its keys and values are",
            "describe them in `map`",
        ));
        return DataType::map(DataType::String, DataType::String, true);
    };
    let mut part = |name: &str, property: &Property| {
        Box::new(column(
            &format!("{path}.{name}"),
            name.to_owned(),
            property,
            document,
            depth + 1,
            problems,
        ))
    };
    let mut key = part("key", &types.key);
    // A key is there by definition; the standard's default would have it optional.
    if types.key.required.is_none() {
        key.nullable = false;
    }
    DataType::Map {
        key,
        value: part("value", &types.value),
    }
}

/// An unsigned integer is widened to a type with a sign; what it cannot be stays said as bounds.
fn unsigned(format: Option<&str>, limits: &mut Limits) {
    let largest = match format {
        Some("u8") => Some(i64::from(u8::MAX)),
        Some("u16") => Some(i64::from(u16::MAX)),
        Some("u32") => Some(i64::from(u32::MAX)),
        // The largest is beyond what a document can say, and the decimal has no more digits.
        Some("u64") => None,
        _ => return,
    };
    if limits.minimum.is_none() && limits.exclusive_minimum.is_none() {
        limits.minimum = Some(0.into());
    }
    if limits.maximum.is_none() && limits.exclusive_maximum.is_none() {
        limits.maximum = largest.map(Into::into);
    }
}

fn integer(format: Option<&str>, physical: Option<DataType>) -> DataType {
    match (format, physical) {
        (Some("i8"), _) => DataType::Int8,
        (Some("i16" | "u8"), _) => DataType::Int16,
        (Some("i32" | "u16"), _) => DataType::Int32,
        (Some("i64" | "u32"), _) => DataType::Int64,
        (Some("u64"), _) => DataType::Decimal {
            precision: 20,
            scale: 0,
        },
        (_, Some(known)) if known.is_integer() => known,
        (_, Some(known @ DataType::Decimal { scale: 0, .. })) => known,
        // Without a word on its size an integer gets the largest that every engine has.
        _ => DataType::Int64,
    }
}

fn number(format: Option<&str>, physical: Option<DataType>) -> DataType {
    match (physical, format) {
        (Some(known @ DataType::Decimal { .. }), _) => known,
        (_, Some("f32")) => DataType::Float32,
        (_, Some("f64")) => DataType::Float64,
        // Numbers without a point that are stored as integers are integers.
        (Some(known), _) if known.is_integer() => known,
        (Some(known @ DataType::Float32), _) => known,
        _ => DataType::Float64,
    }
}

/// The type that a physical type names in Delta, Parquet or common SQL, or `None`; what is wrong with
/// it where it names a decimal that cannot be.
fn physical(text: &str) -> Result<Option<DataType>, String> {
    let lower = text.trim().to_ascii_lowercase();
    let (name, arguments) = match lower.split_once('(') {
        Some((name, rest)) => (name.trim(), rest.trim_end().strip_suffix(')')),
        None => (lower.as_str(), None),
    };
    Ok(Some(match name {
        "boolean" | "bool" => DataType::Boolean,
        "byte" | "tinyint" => DataType::Int8,
        "short" | "smallint" | "int2" => DataType::Int16,
        "int4" | "int32" | "serial" => DataType::Int32,
        // 32 bits in some engines and 64 in others.
        "integer" | "int" => DataType::Int64,
        "long" | "bigint" | "int8" | "int64" | "bigserial" => DataType::Int64,
        "float" | "real" | "float4" => DataType::Float32,
        "double" | "double precision" | "float8" | "float64" => DataType::Float64,
        "decimal" | "numeric" | "number" => decimal(text, arguments)?,
        "string" | "text" | "varchar" | "char" | "nvarchar" | "nchar" | "character varying" => {
            DataType::String
        }
        "binary" | "varbinary" | "bytea" | "blob" | "bytes" => DataType::Binary,
        "date" => DataType::Date,
        "timestamp" | "timestamptz" | "timestamp with time zone" => DataType::Timestamp,
        "timestamp_ntz" | "datetime" | "timestamp without time zone" => DataType::TimestampNtz,
        "uuid" | "uniqueidentifier" => DataType::Uuid,
        _ => return Ok(None),
    }))
}

/// A decimal with the digits in its parentheses.
fn decimal(text: &str, arguments: Option<&str>) -> Result<DataType, String> {
    let digits: Result<Vec<u8>, _> = arguments
        .unwrap_or_default()
        .split(',')
        .map(|digits| digits.trim().parse())
        .collect();
    match digits.as_deref() {
        Ok([precision, scale]) => Ok(DataType::Decimal {
            precision: *precision,
            scale: *scale,
        }),
        Ok([precision]) => Ok(DataType::Decimal {
            precision: *precision,
            scale: 0,
        }),
        _ => Err(format!(
            "`{}` does not say how many digits there are",
            validate::shown(text)
        )),
    }
}

/// The columns of other products that a property refers to. References within the document are
/// checked and stay there.
fn references(
    path: &str,
    property: &Property,
    document: &Document,
    problems: &mut Problems,
) -> Vec<ColumnRef> {
    let relationships: &[Relationship] = property.relationships.as_deref().unwrap_or_default();
    let mut out = Vec::new();
    for (i, relationship) in relationships.iter().enumerate() {
        let path = format!("{path}.references[{i}]");
        for element in relationship.to.elements() {
            match external(element) {
                Some(reference) => out.push(reference),
                None => local(&path, element, document, problems),
            }
        }
    }
    out
}

/// `domain/product.odcs.yaml#/schema/…/properties/column`, the notation for another file.
fn external(element: &str) -> Option<ColumnRef> {
    let (file, inside) = element.split_once('#')?;
    let file = file.strip_suffix(".odcs.yaml")?;
    let mut segments = file.rsplit('/');
    let product = segments.next()?;
    let domain = segments.next()?;
    let mut inside = inside.trim_start_matches('/').split("/properties/");
    inside.next()?.strip_prefix("schema/")?;
    let column = inside.collect::<Vec<_>>().join(".");
    let product = ProductName::new(domain.parse().ok()?, product.parse().ok()?);
    (!column.is_empty()).then_some(ColumnRef { product, column })
}

/// Checks a reference to this document, by names (`table.column`) or by ids.
fn local(path: &str, element: &str, document: &Document, problems: &mut Problems) {
    if element.contains('#') {
        return;
    }
    let found = if element.contains('/') {
        let mut parts = element.trim_start_matches('/').split('/');
        let is_schema = parts.next() == Some("schema");
        let id = parts.next().unwrap_or_default();
        let object = document
            .schema
            .iter()
            .flatten()
            .find(|object| object.id.as_deref() == Some(id));
        // Other sections have ids too; only the schema is looked into here.
        !is_schema
            || object.is_some_and(|object| {
                let ids: Vec<_> = parts.filter(|part| *part != "properties").collect();
                has(object.properties.as_deref(), &ids, &|p| p.id.as_deref())
            })
    } else {
        let mut names = element.split('.');
        let table = names.next().unwrap_or_default();
        let object = document
            .schema
            .iter()
            .flatten()
            .find(|object| object.name == table);
        let names: Vec<_> = names.collect();
        object
            .is_some_and(|object| has(object.properties.as_deref(), &names, &|p| p.name.as_deref()))
    };
    if !found {
        problems.push(Problem::new(
            path,
            "dangling-reference",
            format!("`{element}` is not in this document"),
            "name a table and column of the document, or a file: `domain/product.odcs.yaml#/schema/…`",
        ));
    }
}

fn has<'a>(
    properties: Option<&'a [Property]>,
    path: &[&str],
    label: &impl Fn(&'a Property) -> Option<&'a str>,
) -> bool {
    let Some((first, rest)) = path.split_first() else {
        return true;
    };
    properties
        .unwrap_or_default()
        .iter()
        .find(|property| label(property) == Some(first))
        .is_some_and(|property| has(property.properties.as_deref(), rest, label))
}
