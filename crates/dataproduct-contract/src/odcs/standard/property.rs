//! Schema objects and their properties.

use crate::shape::{Field, Kind, Record, Variant, opt, record, req};
use crate::yaml::Node;

use super::quality::QUALITY;
use super::{
    CONTEXT, CUSTOM_PROPERTIES, DEFINITIONS, ID, OBJECT_RELATIONSHIP, RELATIONSHIPS, SYNONYMS,
    TEXTS,
};

const QUALITY_RULES: Kind = Kind::List(&Kind::Record(&QUALITY));
const COUNT: Kind = Kind::Integer(0);

pub(super) static SCHEMA_OBJECT: Record = record(
    "schema object",
    &[
        opt("id", ID),
        req("name", Kind::Text),
        opt("logicalType", Kind::OneOf(&["object"])),
        opt("physicalName", Kind::Text),
        opt("physicalType", Kind::Text),
        opt("businessName", Kind::Text),
        opt("description", Kind::Text),
        opt("deprecated", Kind::Bool),
        opt("synonyms", SYNONYMS),
        opt("dataGranularityDescription", Kind::Text),
        opt("context", CONTEXT),
        opt("authoritativeDefinitions", DEFINITIONS),
        opt("tags", TEXTS),
        opt("properties", PROPERTY_LIST),
        opt(
            "relationships",
            Kind::List(&Kind::Record(&OBJECT_RELATIONSHIP)),
        ),
        opt("quality", QUALITY_RULES),
        opt("customProperties", CUSTOM_PROPERTIES),
    ],
);

/// A property of an object: it has a name.
static PROPERTY: Record = Record {
    name: "property",
    fields: PROPERTY_FIELDS,
    variant: |node| with_name(variant(node)),
    rule: |_, _, _| {},
};

/// The element of a list, or the key or value of a map: it may do without a name.
static ELEMENT: Record = Record {
    name: "element",
    fields: PROPERTY_FIELDS,
    variant,
    rule: |_, _, _| {},
};

const PROPERTY_FIELDS: &[Field] = &[
    opt("id", ID),
    opt("name", Kind::Text),
    opt("primaryKey", Kind::Bool),
    opt("primaryKeyPosition", Kind::Integer(i64::MIN)),
    opt("businessName", Kind::Text),
    opt("logicalType", Kind::OneOf(LOGICAL_TYPES)),
    opt("physicalType", Kind::Text),
    opt("physicalName", Kind::Text),
    opt("description", Kind::Text),
    opt("required", Kind::Bool),
    opt("unique", Kind::Bool),
    opt("deprecated", Kind::Bool),
    opt("synonyms", SYNONYMS),
    opt(
        "semanticType",
        Kind::OneOf(&["column", "measure", "dimension"]),
    ),
    opt("partitioned", Kind::Bool),
    opt("partitionKeyPosition", Kind::Integer(i64::MIN)),
    opt("classification", Kind::Text),
    opt("encryptedName", Kind::Text),
    opt("transformSourceObjects", TEXTS),
    opt("transformLogic", Kind::Text),
    opt("transformDescription", Kind::Text),
    opt("examples", Kind::List(&Kind::Any)),
    opt("enum", ENUM_VALUES),
    opt("criticalDataElement", Kind::Bool),
    opt("authoritativeDefinitions", DEFINITIONS),
    opt("tags", TEXTS),
    opt("relationships", RELATIONSHIPS),
    opt("quality", QUALITY_RULES),
    opt("customProperties", CUSTOM_PROPERTIES),
];

const LOGICAL_TYPES: &[&str] = &[
    "string",
    "date",
    "timestamp",
    "time",
    "number",
    "integer",
    "object",
    "array",
    "boolean",
    "map",
    "vector",
];

const ENUM_VALUES: Kind = Kind::Set(&Kind::Record(&ENUM_VALUE));
const PROPERTY_LIST: Kind = Kind::List(&Kind::Record(&PROPERTY));
const PROPERTIES: Field = opt("properties", PROPERTY_LIST);
const ITEMS: Field = opt("items", Kind::Record(&ELEMENT));

/// What the logical type adds: its own options, and what it is made of.
fn variant(node: &Node) -> Variant {
    let Some(logical_type) = node.get("logicalType") else {
        return Variant::Of("without a logical type".to_owned(), vec![&UNTYPED]);
    };
    let fields: &'static [Field] = match logical_type.as_str() {
        Some("string") => &STRING,
        Some("date") => &DATE,
        Some("timestamp" | "time") => &TIME,
        Some("integer") => &INTEGER,
        Some("number") => &NUMBER,
        Some("object") => &OBJECT,
        Some("array") => &ARRAY,
        Some("boolean") => &BOOLEAN,
        Some("map") => &MAP,
        Some("vector") => &VECTOR,
        // What the type would allow is not known; that the type is wrong is reported by itself.
        _ => return Variant::Open,
    };
    let word = logical_type.as_str().unwrap_or_default();
    Variant::Of(format!("of logical type `{word}`"), vec![fields])
}

const fn options(record: &'static Record) -> Field {
    opt("logicalTypeOptions", Kind::Record(record))
}

/// Without a type the parts of a record and of a list may be given, but no options.
static UNTYPED: [Field; 3] = [options(&NO_OPTIONS), PROPERTIES, ITEMS];
static STRING: [Field; 1] = [options(&STRING_OPTIONS)];
static DATE: [Field; 1] = [options(&DATE_OPTIONS)];
static TIME: [Field; 1] = [options(&TIME_OPTIONS)];
static INTEGER: [Field; 1] = [options(&INTEGER_OPTIONS)];
static NUMBER: [Field; 1] = [options(&NUMBER_OPTIONS)];
static OBJECT: [Field; 2] = [options(&OBJECT_OPTIONS), PROPERTIES];
static ARRAY: [Field; 2] = [options(&ARRAY_OPTIONS), ITEMS];
static BOOLEAN: [Field; 1] = [options(&NO_OPTIONS)];
static MAP: [Field; 2] = [options(&NO_OPTIONS), req("map", Kind::Record(&MAP_TYPES))];
static VECTOR: [Field; 1] = [req("logicalTypeOptions", Kind::Record(&VECTOR_OPTIONS))];

fn with_name(variant: Variant) -> Variant {
    const NAME: &[Field] = &[req("name", Kind::Text)];
    match variant {
        Variant::Of(which, mut groups) => {
            groups.push(NAME);
            Variant::Of(which, groups)
        }
        other => other,
    }
}

static MAP_TYPES: Record = record(
    "map",
    &[
        req("key", Kind::Record(&ELEMENT)),
        req("value", Kind::Record(&ELEMENT)),
    ],
);

static ENUM_VALUE: Record = record(
    "allowed value",
    &[
        opt("id", ID),
        req("value", Kind::Scalar),
        opt("label", Kind::Text),
        opt("description", Kind::Text),
        opt("tags", TEXTS),
        opt("customProperties", CUSTOM_PROPERTIES),
        opt("authoritativeDefinitions", DEFINITIONS),
    ],
);

static NO_OPTIONS: Record = record("set of options of this type", &[]);

static STRING_OPTIONS: Record = record(
    "set of options of a string",
    &[
        opt("minLength", COUNT),
        opt("maxLength", COUNT),
        opt("pattern", Kind::Text),
        opt("format", Kind::Text),
    ],
);

static DATE_OPTIONS: Record = record(
    "set of options of a date",
    &[
        opt("format", Kind::Text),
        opt("minimum", Kind::Text),
        opt("exclusiveMinimum", Kind::Text),
        opt("maximum", Kind::Text),
        opt("exclusiveMaximum", Kind::Text),
    ],
);

static TIME_OPTIONS: Record = record(
    "set of options of a timestamp or time",
    &[
        opt("format", Kind::Text),
        opt("minimum", Kind::Text),
        opt("exclusiveMinimum", Kind::Text),
        opt("maximum", Kind::Text),
        opt("exclusiveMaximum", Kind::Text),
        opt("timezone", Kind::Bool),
        opt("defaultTimezone", Kind::Text),
    ],
);

static INTEGER_OPTIONS: Record = record(
    "set of options of an integer",
    &[
        opt("multipleOf", Kind::Positive),
        opt("minimum", Kind::Number),
        opt("exclusiveMinimum", Kind::Number),
        opt("maximum", Kind::Number),
        opt("exclusiveMaximum", Kind::Number),
        opt("format", Kind::OneOf(INTEGER_FORMATS)),
    ],
);

const INTEGER_FORMATS: &[&str] = &[
    "i8", "i16", "i32", "i64", "i128", "u8", "u16", "u32", "u64", "u128",
];

static NUMBER_OPTIONS: Record = record(
    "set of options of a number",
    &[
        opt("multipleOf", Kind::Positive),
        opt("minimum", Kind::Number),
        opt("exclusiveMinimum", Kind::Number),
        opt("maximum", Kind::Number),
        opt("exclusiveMaximum", Kind::Number),
        opt("format", Kind::OneOf(&["f32", "f64"])),
    ],
);

static OBJECT_OPTIONS: Record = record(
    "set of options of an object",
    &[
        opt("required", Kind::Set(&Kind::Text)),
        opt("minProperties", COUNT),
        opt("maxProperties", COUNT),
    ],
);

static ARRAY_OPTIONS: Record = record(
    "set of options of an array",
    &[
        opt("minItems", COUNT),
        opt("maxItems", COUNT),
        opt("uniqueItems", Kind::Bool),
    ],
);

static VECTOR_OPTIONS: Record = record(
    "set of options of a vector",
    &[
        req("dimensions", Kind::Integer(1)),
        opt("elementType", Kind::OneOf(ELEMENT_TYPES)),
        opt("distanceMetric", Kind::OneOf(DISTANCE_METRICS)),
        opt("embeddingModel", Kind::Text),
        opt("embeddingModelVersion", Kind::Text),
        opt("normalized", Kind::Bool),
    ],
);

const ELEMENT_TYPES: &[&str] = &[
    "bfloat16", "binary", "float16", "float32", "float64", "int8", "uint8",
];
const DISTANCE_METRICS: &[&str] = &["cosine", "dotProduct", "euclidean", "hamming", "manhattan"];
