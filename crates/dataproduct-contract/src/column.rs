//! A column: its type and everything a contract says about its values.

use arrow_schema::{DataType as ArrowType, Field};

use crate::{ColumnRef, DataType, OnFailure, Rule, Value};

/// A column of a product, a field of a struct, an element of a list, or a key or value of a map.
///
/// A column by itself may say anything; [`Contract`](crate::Contract) is where it is validated.
///
/// ```
/// use dataproduct_contract::{Column, DataType};
/// let column = Column::new("on_hand", DataType::Int64)
///     .with_description("Pieces on the shelf.")
///     .with_unit("H87")
///     .with_minimum(0);
/// assert!(!column.nullable);
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Column {
    /// The name, unique among its siblings without regard to case.
    pub name: String,
    /// A stable identifier that survives a rename (ODCS `id`).
    pub id: Option<String>,
    /// The type of its values.
    pub data_type: DataType,
    /// Whether a value may be missing.
    pub nullable: bool,
    /// What the column means, in prose.
    pub description: Option<String>,
    /// The name that the business uses (ODCS `businessName`).
    pub business_name: Option<String>,
    /// Its place in the primary key, counted from 1.
    pub key: Option<u32>,
    /// Its place among the partition columns, counted from 1.
    pub partition: Option<u32>,
    /// Its place in the sort order of the files, counted from 1; ascending, nulls first.
    pub sort: Option<u32>,
    /// Whether it holds the time at which the row's fact happened.
    pub event_time: bool,
    /// Whether no two rows have the same value.
    pub unique: bool,
    /// The unit of measure: a code of UN/CEFACT Recommendation 20, an ISO 4217 currency, or text.
    pub unit: Option<String>,
    /// What the column is in a public vocabulary, as a URL (`https://schema.org/sku`).
    pub semantic_type: Option<String>,
    /// How sensitive its values are.
    pub classification: Option<Classification>,
    /// Which kind of personal data it holds.
    pub pii: Option<PiiCategory>,
    /// Values as they occur, for people.
    pub examples: Vec<Value>,
    /// Set when consumers should move away from the column.
    pub deprecated: Option<Deprecation>,
    /// Names that it had before, under which it is served until the next major version.
    pub former_names: Vec<String>,
    /// What readers get in rows that were written before the column existed; nulls that are stored stay nulls. Only a
    /// column of the table's own with one plain value can have one.
    pub default: Option<Value>,
    /// What its values must keep to.
    pub limits: Limits,
    /// The values allowed; empty means any.
    pub allowed: Vec<AllowedValue>,
    /// Whether `allowed` may grow in a minor version, so that readers must expect unknown values.
    pub open_enum: bool,
    /// Columns of other products that the values refer to.
    pub references: Vec<ColumnRef>,
    /// Quality rules on the column.
    pub rules: Vec<Rule>,
    /// What happens where a value breaks what the column says: its type, its limits, the values allowed, and rules that
    /// say nothing of their own. `None` leaves it to the product.
    pub on_failure: Option<OnFailure>,
    /// Free labels.
    pub tags: Vec<String>,
    /// What an organisation adds, by name.
    pub custom: Vec<(String, Value)>,
}

/// How sensitive values are, from least to most.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Classification {
    /// Anyone may see it.
    Public,
    /// Anyone within the company may see it.
    Internal,
    /// Only those with a reason may see it.
    Confidential,
    /// Only those named may see it.
    Restricted,
    /// A level of the organisation's own.
    Other(String),
}

impl Classification {
    /// The level as a contract writes it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Public => "public",
            Self::Internal => "internal",
            Self::Confidential => "confidential",
            Self::Restricted => "restricted",
            Self::Other(text) => text,
        }
    }
}

impl From<&str> for Classification {
    fn from(text: &str) -> Self {
        match text {
            "public" => Self::Public,
            "internal" => Self::Internal,
            "confidential" => Self::Confidential,
            "restricted" => Self::Restricted,
            other => Self::Other(other.to_owned()),
        }
    }
}

/// Which kind of personal data a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PiiCategory {
    /// Names a person by itself: a name, an e-mail address, a customer number.
    Direct,
    /// Names a person together with other columns: a postal code, a date of birth.
    Indirect,
    /// A special category of GDPR article 9: health, belief, biometrics.
    Special,
}

impl PiiCategory {
    /// Every category.
    pub const ALL: [Self; 3] = [Self::Direct, Self::Indirect, Self::Special];

    /// The category as a contract writes it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Direct => "direct",
            Self::Indirect => "indirect",
            Self::Special => "special",
        }
    }
}

/// That something should no longer be used, and what to use instead.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Deprecation {
    /// What to use instead and why, in prose.
    pub note: Option<String>,
}

/// A value that an enumerated column may have.
#[derive(Clone, Debug, PartialEq)]
pub struct AllowedValue {
    /// The value as stored.
    pub value: Value,
    /// What people call it.
    pub label: Option<String>,
    /// What it means.
    pub description: Option<String>,
}

impl<V: Into<Value>> From<V> for AllowedValue {
    fn from(value: V) -> Self {
        Self {
            value: value.into(),
            label: None,
            description: None,
        }
    }
}

/// What values must keep to (ODCS `logicalTypeOptions`). Bounds include the limit itself unless
/// their name says otherwise; lengths count characters of text, bytes of binary.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Limits {
    /// The smallest value: a number, or the text of a date or timestamp.
    pub minimum: Option<Value>,
    /// The largest value.
    pub maximum: Option<Value>,
    /// Values are larger than this.
    pub exclusive_minimum: Option<Value>,
    /// Values are smaller than this.
    pub exclusive_maximum: Option<Value>,
    /// Values are whole multiples of this.
    pub multiple_of: Option<f64>,
    /// The shortest length.
    pub min_length: Option<u64>,
    /// The longest length.
    pub max_length: Option<u64>,
    /// A regular expression that the whole text matches, in the syntax of the `regex` crate.
    pub pattern: Option<String>,
    /// A named format of text: `email`, `uri`, `gtin`, ... Those that are checked are [`Format`](crate::Format).
    pub format: Option<String>,
    /// The fewest elements of a list.
    pub min_items: Option<u64>,
    /// The most elements of a list.
    pub max_items: Option<u64>,
    /// Whether the elements of a list all differ.
    pub unique_items: bool,
}

impl Column {
    /// A column whose values are never missing, with nothing else said about it.
    #[must_use]
    pub fn new(name: impl Into<String>, data_type: DataType) -> Self {
        Self {
            name: name.into(),
            id: None,
            data_type,
            nullable: false,
            description: None,
            business_name: None,
            key: None,
            partition: None,
            sort: None,
            event_time: false,
            unique: false,
            unit: None,
            semantic_type: None,
            classification: None,
            pii: None,
            examples: Vec::new(),
            deprecated: None,
            former_names: Vec::new(),
            default: None,
            limits: Limits::default(),
            allowed: Vec::new(),
            open_enum: false,
            references: Vec::new(),
            rules: Vec::new(),
            on_failure: None,
            tags: Vec::new(),
            custom: Vec::new(),
        }
    }

    /// The same column under another name.
    #[must_use]
    pub fn renamed(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// Sets the stable identifier.
    #[must_use]
    pub fn with_id(mut self, id: impl Into<String>) -> Self {
        self.id = Some(id.into());
        self
    }

    /// Says whether values may be missing; by default they may not.
    #[must_use]
    pub fn with_nullable(mut self, nullable: bool) -> Self {
        self.nullable = nullable;
        self
    }

    /// Says what the column means.
    #[must_use]
    pub fn with_description(mut self, description: impl Into<String>) -> Self {
        self.description = Some(description.into());
        self
    }

    /// Sets the name that the business uses.
    #[must_use]
    pub fn with_business_name(mut self, name: impl Into<String>) -> Self {
        self.business_name = Some(name.into());
        self
    }

    /// Puts the column at that place of the primary key, counted from 1.
    #[must_use]
    pub fn with_key(mut self, position: u32) -> Self {
        self.key = Some(position);
        self
    }

    /// Puts the column at that place among the partition columns, counted from 1.
    #[must_use]
    pub fn with_partition(mut self, position: u32) -> Self {
        self.partition = Some(position);
        self
    }

    /// Puts the column at that place of the sort order, counted from 1.
    #[must_use]
    pub fn with_sort(mut self, position: u32) -> Self {
        self.sort = Some(position);
        self
    }

    /// Says that the column holds the time at which the row's fact happened.
    #[must_use]
    pub fn with_event_time(mut self) -> Self {
        self.event_time = true;
        self
    }

    /// Says that no two rows have the same value.
    #[must_use]
    pub fn with_unique(mut self) -> Self {
        self.unique = true;
        self
    }

    /// Sets the unit of measure.
    #[must_use]
    pub fn with_unit(mut self, unit: impl Into<String>) -> Self {
        self.unit = Some(unit.into());
        self
    }

    /// Says what the column is in a public vocabulary, by URL.
    #[must_use]
    pub fn with_semantic_type(mut self, url: impl Into<String>) -> Self {
        self.semantic_type = Some(url.into());
        self
    }

    /// Sets how sensitive the values are.
    #[must_use]
    pub fn with_classification(mut self, classification: Classification) -> Self {
        self.classification = Some(classification);
        self
    }

    /// Says which kind of personal data the column holds.
    #[must_use]
    pub fn with_pii(mut self, category: PiiCategory) -> Self {
        self.pii = Some(category);
        self
    }

    /// Adds an example value.
    #[must_use]
    pub fn with_example(mut self, value: impl Into<Value>) -> Self {
        self.examples.push(value.into());
        self
    }

    /// Marks the column as deprecated; the note says what to use instead.
    #[must_use]
    pub fn with_deprecation(mut self, note: impl Into<String>) -> Self {
        self.deprecated = Some(Deprecation {
            note: Some(note.into()),
        });
        self
    }

    /// Adds a name that the column had before. With the stable identifier unchanged, readers of that name are served
    /// until the next major version.
    #[must_use]
    pub fn with_former_name(mut self, name: impl Into<String>) -> Self {
        self.former_names.push(name.into());
        self
    }

    /// Sets what readers get in rows that were written before the column existed. It is not applied to nulls that are
    /// stored, and writers still give every value.
    ///
    /// Decimals, dates and times are given as text: `"0.00"`, `"2026-01-31"`, `"2026-01-31T12:00:00Z"`.
    #[must_use]
    pub fn with_default(mut self, value: impl Into<Value>) -> Self {
        self.default = Some(value.into());
        self
    }

    /// Sets the smallest value.
    #[must_use]
    pub fn with_minimum(mut self, minimum: impl Into<Value>) -> Self {
        self.limits.minimum = Some(minimum.into());
        self
    }

    /// Sets the largest value.
    #[must_use]
    pub fn with_maximum(mut self, maximum: impl Into<Value>) -> Self {
        self.limits.maximum = Some(maximum.into());
        self
    }

    /// Sets the bound that values stay above.
    #[must_use]
    pub fn with_exclusive_minimum(mut self, minimum: impl Into<Value>) -> Self {
        self.limits.exclusive_minimum = Some(minimum.into());
        self
    }

    /// Sets the bound that values stay below.
    #[must_use]
    pub fn with_exclusive_maximum(mut self, maximum: impl Into<Value>) -> Self {
        self.limits.exclusive_maximum = Some(maximum.into());
        self
    }

    /// Sets what values are whole multiples of.
    #[must_use]
    pub fn with_multiple_of(mut self, step: f64) -> Self {
        self.limits.multiple_of = Some(step);
        self
    }

    /// Sets the shortest length.
    #[must_use]
    pub fn with_min_length(mut self, characters: u64) -> Self {
        self.limits.min_length = Some(characters);
        self
    }

    /// Sets the longest length.
    #[must_use]
    pub fn with_max_length(mut self, characters: u64) -> Self {
        self.limits.max_length = Some(characters);
        self
    }

    /// Sets the regular expression that the whole text matches.
    #[must_use]
    pub fn with_pattern(mut self, pattern: impl Into<String>) -> Self {
        self.limits.pattern = Some(pattern.into());
        self
    }

    /// Sets a named format of text.
    #[must_use]
    pub fn with_format(mut self, format: impl Into<String>) -> Self {
        self.limits.format = Some(format.into());
        self
    }

    /// Sets the fewest elements of a list.
    #[must_use]
    pub fn with_min_items(mut self, elements: u64) -> Self {
        self.limits.min_items = Some(elements);
        self
    }

    /// Sets the most elements of a list.
    #[must_use]
    pub fn with_max_items(mut self, elements: u64) -> Self {
        self.limits.max_items = Some(elements);
        self
    }

    /// Says that the elements of a list all differ.
    #[must_use]
    pub fn with_unique_items(mut self) -> Self {
        self.limits.unique_items = true;
        self
    }

    /// Adds one value to those allowed.
    #[must_use]
    pub fn with_allowed(mut self, value: impl Into<AllowedValue>) -> Self {
        self.allowed.push(value.into());
        self
    }

    /// Says that the allowed values may grow in a minor version.
    #[must_use]
    pub fn with_open_enum(mut self) -> Self {
        self.open_enum = true;
        self
    }

    /// Says that the values refer to that column of another product.
    #[must_use]
    pub fn with_reference(mut self, column: ColumnRef) -> Self {
        self.references.push(column);
        self
    }

    /// Says what happens where a value breaks what the column says.
    #[must_use]
    pub fn with_on_failure(mut self, on_failure: OnFailure) -> Self {
        self.on_failure = Some(on_failure);
        self
    }

    /// Adds a quality rule.
    #[must_use]
    pub fn with_rule(mut self, rule: Rule) -> Self {
        self.rules.push(rule);
        self
    }

    /// Adds a label.
    #[must_use]
    pub fn with_tag(mut self, tag: impl Into<String>) -> Self {
        self.tags.push(tag.into());
        self
    }

    /// Adds a property of the organisation's own.
    #[must_use]
    pub fn with_custom(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.custom.push((name.into(), value.into()));
        self
    }

    /// Whether the column is text with a closed set of values, held as a dictionary in memory.
    #[must_use]
    pub fn is_enum(&self) -> bool {
        self.data_type == DataType::String && !self.allowed.is_empty()
    }

    /// The Arrow field, without metadata.
    #[must_use]
    pub fn to_arrow(&self) -> Field {
        let data_type = if self.is_enum() {
            ArrowType::Dictionary(Box::new(ArrowType::Int16), Box::new(ArrowType::Utf8))
        } else {
            self.data_type.to_arrow()
        };
        Field::new(&self.name, data_type, self.nullable)
    }

    /// The column that holds every value of an Arrow field, or `None` where no type does.
    #[must_use]
    pub fn from_arrow(field: &Field) -> Option<Self> {
        let data_type = DataType::from_arrow(field.data_type())?;
        Some(Self::new(field.name(), data_type).with_nullable(field.is_nullable()))
    }

    /// The columns directly inside this one: fields, the element, or key and value.
    pub fn children(&self) -> impl Iterator<Item = &Column> {
        let (list, pair): (&[Column], [Option<&Column>; 2]) = match &self.data_type {
            DataType::Struct(columns) => (columns, [None, None]),
            DataType::List(element) => (&[], [Some(element), None]),
            DataType::Map { key, value } => (&[], [Some(key), Some(value)]),
            _ => (&[], [None, None]),
        };
        list.iter().chain(pair.into_iter().flatten())
    }
}
