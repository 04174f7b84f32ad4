//! Merging a newer declaration of columns into the columns that a table has, or refusing it.

use std::borrow::Cow;

use dataproduct_quality::Promise;
use serde_json::{Value, json};

use crate::error::{Error, Result};
use crate::schema::delta::{
    COLUMN_ID, DEFAULT, DeltaField, DeltaType, FORMER_NAMES, Nested, RENAMED_TO, TYPE_CHANGES,
    decimal, widens,
};

/// What may be changed, and what comes of it.
pub(super) struct Merge {
    /// Whether columns have names of their own in files.
    pub(super) mapped: bool,
    /// Whether types may be widened.
    pub(super) widening: bool,
    /// Whether there is no data that a change could break.
    pub(super) empty: bool,
    /// The partition columns; renamed ones by their new names afterwards.
    pub(super) partition_by: Vec<String>,
    /// What must be proven on the data that is there.
    pub(super) prove: Vec<Promise>,
}

fn refused<T>(column: &str, reason: impl Into<String>) -> Result<T> {
    Err(Error::Incompatible {
        column: column.to_owned(),
        reason: reason.into(),
    })
}

fn join(within: &str, name: &str) -> String {
    match within {
        "" => name.to_owned(),
        within => format!("{within}.{name}"),
    }
}

/// The one of `before` that a declared field is: by id where both have one, otherwise by name.
fn same<'a>(before: &'a [DeltaField], declared: &DeltaField) -> Option<&'a DeltaField> {
    let id = declared.text(COLUMN_ID);
    let by_id = before
        .iter()
        .find(|field| id.is_some() && field.text(COLUMN_ID) == id);
    by_id.or_else(|| before.iter().find(|field| field.name == declared.name))
}

impl Merge {
    /// The columns of the table after the declaration.
    pub(super) fn table(
        &mut self,
        mut before: Vec<DeltaField>,
        declared: Vec<DeltaField>,
    ) -> Result<Vec<DeltaField>> {
        let mut merged = Vec::with_capacity(declared.len());
        let mut known = Vec::new();
        let newest = before.iter().filter_map(|field| field.text(RENAMED_TO));
        let newest: Vec<String> = newest.map(str::to_owned).collect();
        for mut field in declared {
            let Some(old) = same(&before, &field).cloned() else {
                merged.push(self.added(field, "")?);
                continue;
            };
            check_id(&old, &field, &field.name)?;
            if let Some(newer) = old.text(RENAMED_TO) {
                return refused(
                    &old.name,
                    format!(
                        "the name serves the readers of `{newer}` until the next major version"
                    ),
                );
            }
            known.push(old.name.clone());
            // Files from before a rename do not have the new column, so that other programs find null there.
            let is_partly_stored = old.nullable && newest.contains(&old.name);
            // Nor do files from before a column with a default: only readers of this crate find a value there.
            let is_partly_filled = old.nullable && old.text(DEFAULT).is_some();
            field.nullable |= is_partly_stored || is_partly_filled;
            if old.name != field.name && !self.mapped {
                merged.push(self.alias(&mut before, &old, field)?);
                continue;
            }
            // What is proven is proven of the version before, under its names.
            let mut field = self.field(old.clone(), field, &old.name)?;
            if old.name != field.name {
                self.rename(&before, &old, &mut field, "")?;
            }
            merged.push(field);
        }
        for old in before {
            let declared = merged.iter().any(|field| field.name == old.name);
            if old.text(RENAMED_TO).is_some() && !declared {
                merged.push(old);
            } else if !declared && !known.contains(&old.name) {
                return refused(
                    &old.name,
                    "it is taken away; deprecate it and leave it out of the next major version",
                );
            }
        }
        Ok(merged)
    }

    /// A column under a new name without column mapping: the old one stays beside it, and is filled from it.
    fn alias(
        &mut self,
        before: &mut [DeltaField],
        old: &DeltaField,
        mut field: DeltaField,
    ) -> Result<DeltaField> {
        if self.partition_by.contains(&old.name) {
            return refused(
                &old.name,
                "a partition column is renamed in the next major version only, or with column mapping",
            );
        }
        if before.iter().any(|other| other.name == field.name) {
            return refused(
                &field.name,
                format!("`{}` cannot take the name of another column", old.name),
            );
        }
        let nullable = field.nullable;
        // The same rules as for a column that keeps its name: type, parts, nulls.
        let path = old.name.clone();
        let mut kept = self.field(old.clone(), field.clone(), &path)?;
        field.data_type = kept.data_type.clone();
        if let Some(changes) = kept.metadata.get(TYPE_CHANGES) {
            field.set(TYPE_CHANGES, changes.clone());
        }
        // Other programs find no values under the new name in the files that are there.
        field.nullable = nullable || !self.empty;
        kept.name.clone_from(&old.name);
        kept.nullable = nullable;
        kept.metadata.remove(COLUMN_ID);
        kept.set(RENAMED_TO, field.name.clone());
        for other in before.iter_mut() {
            if other.name == old.name {
                *other = kept.clone();
            } else if other.text(RENAMED_TO) == Some(old.name.as_str()) {
                // A column renamed twice is served under all its names.
                other.set(RENAMED_TO, field.name.clone());
            }
        }
        Ok(field)
    }

    /// A column under a new name with column mapping: files do not know it, so nothing but the name changes.
    fn rename(
        &mut self,
        before: &[DeltaField],
        old: &DeltaField,
        field: &mut DeltaField,
        within: &str,
    ) -> Result<()> {
        if before.iter().any(|other| other.name == field.name) {
            return refused(
                &join(within, &field.name),
                format!("`{}` cannot take the name of another column", old.name),
            );
        }
        // Kept as text, as Arrow keeps it.
        let former: Vec<String> = old
            .text(FORMER_NAMES)
            .and_then(|names| serde_json::from_str(names).ok())
            .unwrap_or_default();
        let mut names = vec![old.name.clone()];
        names.extend(former.into_iter().filter(|name| *name != field.name));
        field.set(FORMER_NAMES, Value::from(names).to_string());
        if within.is_empty() {
            for partition in &mut self.partition_by {
                if *partition == old.name {
                    partition.clone_from(&field.name);
                }
            }
        }
        Ok(())
    }

    fn added(&mut self, mut field: DeltaField, within: &str) -> Result<DeltaField> {
        if within.is_empty() && field.text(DEFAULT).is_some() {
            // Other programs find null in the files that are there.
            field.nullable |= !self.empty;
        }
        if !field.nullable && !self.empty {
            return refused(
                &join(within, &field.name),
                "it is added and may not be null, but the rows that are there have no value for it; \
                 give it a default, let it be null, or publish the next major version",
            );
        }
        Ok(field)
    }

    /// A field that was there and is declared anew.
    fn field(&mut self, old: DeltaField, mut new: DeltaField, path: &str) -> Result<DeltaField> {
        if let Some(default) = old.text(DEFAULT)
            && let default = widened(default, &old.data_type, &new.data_type)
            && new.text(DEFAULT) != Some(&default)
            && !self.empty
        {
            return refused(
                path,
                format!(
                    "rows from before it read as its default `{default}`, which cannot change; publish the next major \
                     version"
                ),
            );
        }
        if old.nullable && !new.nullable && !self.empty {
            self.prove.push(Promise::not_null(path));
        }
        let mut changes = Vec::new();
        new.data_type = self.data_type(old.data_type, new.data_type, path, "", &mut changes)?;
        for (key, value) in old.metadata {
            // What the declaration says of the column takes the place of what an older one said.
            if key != "comment" && key != RENAMED_TO && key != DEFAULT {
                new.metadata.entry(key).or_insert(value);
            }
        }
        if !changes.is_empty() {
            let mut all = match new.metadata.remove(TYPE_CHANGES) {
                Some(Value::Array(before)) => before,
                _ => Vec::new(),
            };
            all.extend(changes);
            new.set(TYPE_CHANGES, all);
        }
        Ok(new)
    }

    /// A type. `place` says where below the nearest named field it is, `changes` gets what was widened there.
    fn data_type(
        &mut self,
        old: DeltaType,
        new: DeltaType,
        path: &str,
        place: &str,
        changes: &mut Vec<Value>,
    ) -> Result<DeltaType> {
        use DeltaType::{Nested as N, Primitive as P};
        Ok(match (old, new) {
            (P(old), P(new)) if old == new => P(new),
            (P(old), P(new)) => {
                if old == "float" && self.partition_by.iter().any(|column| column == path) {
                    return refused(
                        path,
                        "the log holds the values of a partition column as text, which is not the text of the same \
                         wider number; publish the next major version",
                    );
                }
                self.check_widening(&old, &new, path)?;
                let mut change = json!({"fromType": old, "toType": new});
                if !place.is_empty() {
                    change["fieldPath"] = Value::from(place);
                }
                changes.push(change);
                P(new)
            }
            (N(Nested::Struct { fields: old }), N(Nested::Struct { fields: new })) => {
                N(Nested::Struct {
                    fields: self.fields(old, new, path)?,
                })
            }
            (
                N(Nested::Array {
                    element_type: old,
                    contains_null: had,
                }),
                N(Nested::Array {
                    element_type: new,
                    contains_null,
                }),
            ) => {
                let path = join(path, "element");
                self.check_nulls(had, contains_null, &path);
                let place = join(place, "element");
                N(Nested::Array {
                    element_type: Box::new(self.data_type(*old, *new, &path, &place, changes)?),
                    contains_null,
                })
            }
            (
                N(Nested::Map {
                    key_type: old_key,
                    value_type: old,
                    value_contains_null: had,
                }),
                N(Nested::Map {
                    key_type,
                    value_type: new,
                    value_contains_null,
                }),
            ) => {
                let (key, value) = (join(path, "key"), join(path, "value"));
                self.check_nulls(had, value_contains_null, &value);
                let (at_key, at_value) = (join(place, "key"), join(place, "value"));
                N(Nested::Map {
                    key_type: Box::new(
                        self.data_type(*old_key, *key_type, &key, &at_key, changes)?,
                    ),
                    value_type: Box::new(self.data_type(*old, *new, &value, &at_value, changes)?),
                    value_contains_null,
                })
            }
            (old, new) => {
                return refused(
                    path,
                    format!(
                        "it is {} and cannot become {}; publish the next major version",
                        describe(&old),
                        describe(&new)
                    ),
                );
            }
        })
    }

    fn check_nulls(&mut self, had: bool, may_have: bool, path: &str) {
        if had && !may_have && !self.empty {
            self.prove.push(Promise::not_null(path));
        }
    }

    fn check_widening(&self, old: &str, new: &str, path: &str) -> Result<()> {
        match (widens(old, new), self.widening) {
            (true, true) => Ok(()),
            (true, false) => refused(
                path,
                format!(
                    "it is {old} and becomes {new} only where the contract asks for `delta.enableTypeWidening`, which shuts \
                     out programs that do not know it; or publish the next major version"
                ),
            ),
            (false, _) => {
                let scale = decimal(old)
                    .zip(decimal(new))
                    .filter(|((_, old), (_, new))| old != new);
                let reason = match scale {
                    Some(((_, old), (_, new))) => {
                        format!(
                            "it has {old} digits behind the point and cannot have {new} in as many digits"
                        )
                    }
                    None => format!("it is {old} and cannot become {new}"),
                };
                refused(path, format!("{reason}; publish the next major version"))
            }
        }
    }

    /// The fields of a struct. Other programs read them by place as well, so those that were there keep their order.
    fn fields(
        &mut self,
        before: Vec<DeltaField>,
        declared: Vec<DeltaField>,
        within: &str,
    ) -> Result<Vec<DeltaField>> {
        let mut merged = Vec::with_capacity(declared.len());
        let mut places = Vec::new();
        for field in declared {
            let Some(old) = same(&before, &field).cloned() else {
                merged.push(self.added(field, within)?);
                continue;
            };
            let path = join(within, &old.name);
            check_id(&old, &field, &path)?;
            if let Some(place) = before.iter().position(|known| known.name == old.name) {
                if places.last().is_some_and(|last| *last > place) {
                    return refused(&path, "the fields of a struct cannot change their order");
                }
                places.push(place);
            }
            let mut field = self.field(old.clone(), field, &path)?;
            if old.name != field.name {
                if !self.mapped {
                    return refused(
                        &path,
                        "a field within a struct is renamed in the next major version only, or with column mapping",
                    );
                }
                self.rename(&before, &old, &mut field, within)?;
            }
            merged.push(field);
        }
        match (0..before.len()).find(|place| !places.contains(place)) {
            Some(place) => refused(
                &join(within, &before[place].name),
                "it is taken away; deprecate it and leave it out of the next major version",
            ),
            None => Ok(merged),
        }
    }
}

/// Another id under the same name is another column.
fn check_id(old: &DeltaField, new: &DeltaField, path: &str) -> Result<()> {
    match (old.text(COLUMN_ID), new.text(COLUMN_ID)) {
        (Some(old), Some(new)) if old != new => refused(
            path,
            format!("its id is `{old}` and cannot become `{new}`: that is another column"),
        ),
        _ => Ok(()),
    }
}

/// The text of a default in the type that its column becomes, in which the same text may be another value.
fn widened<'a>(text: &'a str, from: &DeltaType, to: &DeltaType) -> Cow<'a, str> {
    let is = |data_type: &DeltaType, name: &str| matches!(data_type, DeltaType::Primitive(of) if of == name);
    match text.parse::<f32>() {
        Ok(narrow) if is(from, "float") && is(to, "double") => f64::from(narrow).to_string().into(),
        _ => text.into(),
    }
}

fn describe(data_type: &DeltaType) -> &str {
    match data_type {
        DeltaType::Primitive(name) => name,
        DeltaType::Nested(Nested::Struct { .. }) => "a struct",
        DeltaType::Nested(Nested::Array { .. }) => "a list",
        DeltaType::Nested(Nested::Map { .. }) => "a map",
    }
}
