//! Names, types and roles of columns.

use std::collections::{BTreeMap, HashSet};

use super::{default, limits, rules, shown, visible};
use crate::data_type::MAX_DECIMAL_PRECISION;
use crate::{Column, DataType, Problem, Problems};

/// The deepest nesting of structs, lists and maps.
pub(crate) const MAX_DEPTH: usize = 32;
/// The longest name of a column, in bytes.
const MAX_COLUMN_NAME_BYTES: usize = 255;

/// Gives every column without an identifier its name as one, where a name can be an identifier.
pub(crate) fn fill_ids(column: &mut Column) {
    let is_id = |text: &str| {
        !text.is_empty()
            && text
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'))
    };
    if column.id.is_none() && is_id(&column.name) {
        column.id = Some(column.name.clone());
    }
    match &mut column.data_type {
        DataType::Struct(fields) => fields.iter_mut().for_each(fill_ids),
        // Elements, keys and values have no name of their own to be found by.
        DataType::List(element) => fill_fields(element),
        DataType::Map { key, value } => {
            fill_fields(key);
            fill_fields(value);
        }
        _ => {}
    }
}

fn fill_fields(part: &mut Column) {
    match &mut part.data_type {
        DataType::Struct(fields) => fields.iter_mut().for_each(fill_ids),
        DataType::List(element) => fill_fields(element),
        DataType::Map { key, value } => {
            fill_fields(key);
            fill_fields(value);
        }
        _ => {}
    }
}

/// Calls `visit` with the path of every column at every depth.
pub(crate) fn each<'a>(
    path: &str,
    columns: &'a [Column],
    visit: &mut impl FnMut(&str, &'a Column),
) {
    for (i, column) in columns.iter().enumerate() {
        each_in(&format!("{path}[{i}]"), column, visit);
    }
}

fn each_in<'a>(path: &str, column: &'a Column, visit: &mut impl FnMut(&str, &'a Column)) {
    visit(path, column);
    match &column.data_type {
        DataType::Struct(fields) => each(&format!("{path}.fields"), fields, visit),
        DataType::List(element) => each_in(&format!("{path}.element"), element, visit),
        DataType::Map { key, value } => {
            each_in(&format!("{path}.key"), key, visit);
            each_in(&format!("{path}.value"), value, visit);
        }
        _ => {}
    }
}

/// The names of columns for a message, at most a dozen.
pub(crate) fn names(columns: &[Column]) -> String {
    let mut names: Vec<_> = columns
        .iter()
        .take(12)
        .map(|c| format!("`{}`", c.name))
        .collect();
    if columns.len() > names.len() {
        names.push("…".to_owned());
    }
    names.join(", ")
}

pub(super) fn check(columns: &[Column], problems: &mut Problems) {
    if columns.is_empty() {
        problems.push(Problem::new(
            "schema.columns",
            "no-columns",
            "the product has no columns",
            "declare at least one",
        ));
        return;
    }
    if depth(columns, MAX_DEPTH).is_none() {
        problems.push(Problem::new(
            "schema.columns",
            "too-deep",
            format!("types are nested more than {MAX_DEPTH} deep"),
            "flatten the schema",
        ));
        return;
    }
    siblings("schema.columns", columns, problems);
    each("schema.columns", columns, &mut |path, column| {
        one(path, column, columns, problems)
    });
    roles(columns, problems);
}

/// The depth of nesting, or `None` when it is over the limit.
fn depth(columns: &[Column], left: usize) -> Option<usize> {
    let left = left.checked_sub(1)?;
    columns.iter().try_fold(0, |deepest, column| {
        let mut inner = 0;
        for child in column.children() {
            inner = inner.max(depth(std::slice::from_ref(child), left)?);
        }
        Some(deepest.max(inner + 1))
    })
}

/// A former name is only known again by the identifier, and nobody else may have taken it.
fn former_names(path: &str, columns: &[Column], problems: &mut Problems) {
    let names: HashSet<&str> = columns.iter().map(|column| column.name.as_str()).collect();
    let mut former: HashSet<&str> = HashSet::new();
    for (i, column) in columns.iter().enumerate() {
        let at = || format!("{path}[{i}].formerNames");
        // An identifier that nobody gave is the name.
        let own = column.id.as_deref().is_none_or(|id| id == column.name);
        if !column.former_names.is_empty() && own {
            problems.push(Problem::new(
                at(),
                "former-name-without-id",
                "the column has a former name and no id but its name",
                "give it the id that it had under that name: by it readers of either name find it",
            ));
        }
        for name in &column.former_names {
            if names.contains(name.as_str()) || !former.insert(name) {
                problems.push(Problem::new(
                    at(),
                    "former-name-taken",
                    format!(
                        "`{}` is the name of a column, or a former name twice",
                        shown(name)
                    ),
                    "give a column a name that none has had within the major version",
                ));
            }
        }
    }
}

/// Names and identifiers that must differ among the fields of one struct.
fn siblings(path: &str, columns: &[Column], problems: &mut Problems) {
    former_names(path, columns, problems);
    let mut by_name: BTreeMap<String, &str> = BTreeMap::new();
    let mut by_id: BTreeMap<&str, usize> = BTreeMap::new();
    for (i, column) in columns.iter().enumerate() {
        if let Some(other) = by_name.insert(column.name.to_lowercase(), &column.name) {
            let (code, message) = if other == column.name {
                (
                    "duplicate-column",
                    format!("`{}` is there twice", shown(&column.name)),
                )
            } else {
                (
                    "case-fold-twin",
                    format!(
                        "`{}` differs from `{}` only in case",
                        shown(&column.name),
                        shown(other)
                    ),
                )
            };
            problems.push(Problem::new(
                format!("{path}[{i}].name"),
                code,
                message,
                "rename one: most engines do not tell case apart",
            ));
        }
        if let Some(id) = &column.id
            && let Some(first) = by_id.insert(id, i)
        {
            problems.push(Problem::new(
                format!("{path}[{i}].id"),
                "duplicate-id",
                format!("`{}` is also the id of column {first}", shown(id)),
                "give every column an id of its own",
            ));
        }
        if column.children().next().is_some() {
            nested(&format!("{path}[{i}]"), column, problems);
        }
    }
}

fn nested(path: &str, column: &Column, problems: &mut Problems) {
    match &column.data_type {
        DataType::Struct(fields) => siblings(&format!("{path}.fields"), fields, problems),
        DataType::List(element) => nested(&format!("{path}.element"), element, problems),
        DataType::Map { key, value } => {
            nested(&format!("{path}.key"), key, problems);
            nested(&format!("{path}.value"), value, problems);
        }
        _ => {}
    }
}

/// What one column at any depth must keep to.
fn one(path: &str, column: &Column, columns: &[Column], problems: &mut Problems) {
    name(path, column, problems);
    data_type(path, column, problems);
    let texts = [
        ("description", &column.description),
        ("businessName", &column.business_name),
        ("unit", &column.unit),
    ];
    for (field, text) in texts {
        if let Some(text) = text {
            visible(&format!("{path}.{field}"), text, problems);
        }
    }
    if column
        .unit
        .as_ref()
        .is_some_and(|unit| unit.trim().is_empty())
    {
        problems.push(Problem::new(
            format!("{path}.unit"),
            "empty-unit",
            "the unit is empty",
            "name a unit, such as `H87` for pieces, or leave it out",
        ));
    }
    if let Some(text) = &column.semantic_type
        && url::Url::parse(text).is_err()
    {
        problems.push(Problem::new(
            format!("{path}.semanticType"),
            "bad-url",
            format!("`{}` is not a URL", shown(text)),
            "name the term by its URL, such as `https://schema.org/sku`",
        ));
    }
    limits::check(path, column, problems);
    default::check(path, column, problems);
    for (i, rule) in column.rules.iter().enumerate() {
        let path = format!("{path}.rules[{i}]");
        rules::check(&path, rule, Some(column), columns, problems);
    }
    if let Some(action) = &column.on_failure {
        rules::on_failure(path, action, Some(column), columns, problems);
    }
}

fn name(path: &str, column: &Column, problems: &mut Problems) {
    let name = &column.name;
    // Delta without column mapping cannot store these, and a dot would read as a path.
    let bad = name
        .chars()
        .find(|c| c.is_control() || " ,;{}()\n\t=.`\"/".contains(*c));
    let message = if name.is_empty() {
        "the column has no name".to_owned()
    } else if name.len() > MAX_COLUMN_NAME_BYTES {
        format!("the name is longer than {MAX_COLUMN_NAME_BYTES} bytes")
    } else if let Some(c) = bad {
        format!(
            "`{}` holds {c:?}, which tables cannot store in a name",
            shown(name)
        )
    } else if matches!(
        name.as_str(),
        "_change_type" | "_commit_version" | "_commit_timestamp"
    ) {
        format!("`{name}` is a name that Delta keeps for its change feed")
    } else {
        visible(&format!("{path}.name"), name, problems);
        return;
    };
    problems.push(Problem::new(
        format!("{path}.name"),
        "bad-column-name",
        message,
        "use letters, digits and `_`",
    ));
}

fn data_type(path: &str, column: &Column, problems: &mut Problems) {
    match &column.data_type {
        DataType::Decimal { precision, scale }
            if *precision == 0 || *precision > MAX_DECIMAL_PRECISION || scale > precision =>
        {
            problems.push(Problem::new(
                format!("{path}.type"),
                "bad-decimal",
                format!("decimal({precision},{scale}) does not exist"),
                format!(
                    "use 1 to {MAX_DECIMAL_PRECISION} digits, and at most as many after the point"
                ),
            ));
        }
        DataType::Struct(fields) if fields.is_empty() => problems.push(Problem::new(
            format!("{path}.type"),
            "empty-struct",
            "a struct has no fields",
            "declare at least one",
        )),
        DataType::Map { key, .. } if key.nullable => problems.push(Problem::new(
            format!("{path}.key"),
            "nullable-map-key",
            "the keys of a map may be missing",
            "make the key required",
        )),
        DataType::Map { key, .. } if !key.data_type.is_ordered() => problems.push(Problem::new(
            format!("{path}.key"),
            "bad-map-key",
            format!("{} cannot be the key of a map", key.data_type),
            "use text, a number, a date or a timestamp",
        )),
        _ => {}
    }
}

/// A place in the primary key, the partitioning or the sort order.
struct Role {
    what: &'static str,
    field: &'static str,
    place: fn(&Column) -> Option<u32>,
    fits: fn(&DataType) -> bool,
}

const ROLES: [Role; 3] = [
    Role {
        what: "primary key",
        field: "key",
        place: |c| c.key,
        fits: |t| t.is_ordered() && !matches!(t, DataType::Float32 | DataType::Float64),
    },
    Role {
        what: "partitioning",
        field: "partition",
        place: |c| c.partition,
        fits: |t| {
            t.is_ordered() && !matches!(t, DataType::Float32 | DataType::Float64 | DataType::Binary)
        },
    },
    Role {
        what: "sort order",
        field: "sort",
        place: |c| c.sort,
        fits: DataType::is_ordered,
    },
];

fn roles(columns: &[Column], problems: &mut Problems) {
    for role in &ROLES {
        places(role, columns, problems);
    }
    for (i, column) in columns.iter().enumerate() {
        let path = format!("schema.columns[{i}]");
        if column.key.is_some() && column.nullable {
            problems.push(Problem::new(
                format!("{path}.key"),
                "nullable-key",
                format!(
                    "`{}` is part of the primary key and may be missing",
                    shown(&column.name)
                ),
                "make the column required, or take it out of the key",
            ));
        }
        for child in column.children() {
            inner_roles(&path, child, problems);
        }
    }
    if columns.iter().all(|column| column.partition.is_some()) {
        problems.push(Problem::new(
            "schema.columns",
            "only-partition-columns",
            "every column is a partition column, so files would have none",
            "leave at least one column out of the partitioning",
        ));
    }
    event_time(columns, problems);
}

/// Positions must be 1, 2, 3 ... and the types must fit.
fn places(role: &Role, columns: &[Column], problems: &mut Problems) {
    let taken: Vec<(usize, u32)> = columns
        .iter()
        .enumerate()
        .filter_map(|(i, c)| (role.place)(c).map(|p| (i, p)))
        .collect();
    for (i, place) in &taken {
        let path = format!("schema.columns[{i}].{}", role.field);
        let column = &columns[*i];
        if !(1..=taken.len() as u32).contains(place) {
            problems.push(Problem::new(
                path.clone(),
                "bad-position",
                format!("position {place} of the {} does not exist", role.what),
                format!("number its {} columns from 1 without gaps", taken.len()),
            ));
        } else if taken.iter().any(|(j, other)| j < i && other == place) {
            problems.push(Problem::new(
                path.clone(),
                "duplicate-position",
                format!("position {place} of the {} is taken twice", role.what),
                "give every column a position of its own",
            ));
        }
        if !(role.fits)(&column.data_type) {
            problems.push(Problem::new(
                path,
                "bad-role-type",
                format!("{} cannot be part of the {}", column.data_type, role.what),
                "use a column of text, an integer, a decimal, a date or a timestamp",
            ));
        }
    }
}

/// Keys, partitions, order and event time are matters of whole rows.
fn inner_roles(path: &str, column: &Column, problems: &mut Problems) {
    let has = column.key.is_some()
        || column.partition.is_some()
        || column.sort.is_some()
        || column.event_time;
    if column.default.is_some() {
        problems.push(Problem::new(
            format!("{path}.{}", shown(&column.name)),
            "nested-default",
            format!("`{}` is inside another column", shown(&column.name)),
            "only columns at the top level have a default; let it be missing",
        ));
    }
    if has {
        problems.push(Problem::new(
            format!("{path}.{}", shown(&column.name)),
            "nested-role",
            format!("`{}` is inside another column", shown(&column.name)),
            "only columns at the top level can be key, partition, sort order or event time",
        ));
    }
    for child in column.children() {
        inner_roles(path, child, problems);
    }
}

fn event_time(columns: &[Column], problems: &mut Problems) {
    let mut first: Option<&Column> = None;
    for (i, column) in columns.iter().enumerate().filter(|(_, c)| c.event_time) {
        let path = format!("schema.columns[{i}].eventTime");
        if let Some(first) = first {
            problems.push(Problem::new(
                path.clone(),
                "second-event-time",
                format!("`{}` already is the event time", shown(&first.name)),
                "keep one",
            ));
        }
        if !matches!(column.data_type, DataType::Timestamp | DataType::Date) {
            problems.push(Problem::new(
                path,
                "bad-event-time",
                format!("{} is not an instant", column.data_type),
                "use a timestamp with zone, or a date",
            ));
        }
        first = first.or(Some(column));
    }
}
