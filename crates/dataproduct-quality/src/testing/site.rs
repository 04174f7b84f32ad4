//! Where values stand: a column at the top, or a part of one at any depth.

use dataproduct_contract::{Column, Contract, DataType};

use super::cell::Cell;

/// A step from a value into one of its parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Field(usize),
    Element,
    Key,
    Value,
}

/// A column or a part of one.
#[derive(Clone, Debug)]
pub(super) struct Site<'a> {
    /// The path as rules name it.
    pub(super) path: String,
    /// The place of the column at the top.
    pub(super) top: usize,
    /// The way from the column at the top.
    pub(super) steps: Vec<Step>,
    pub(super) column: &'a Column,
}

/// Every column and every part of one.
pub(super) fn sites(contract: &Contract) -> Vec<Site<'_>> {
    let mut out = Vec::new();
    for (top, column) in contract.columns().iter().enumerate() {
        let site = Site {
            path: column.name.clone(),
            top,
            steps: Vec::new(),
            column,
        };
        walk(site, &mut out);
    }
    out
}

fn walk<'a>(site: Site<'a>, out: &mut Vec<Site<'a>>) {
    let part = |column: &'a Column, name: &str, step: Step| {
        let mut steps = site.steps.clone();
        steps.push(step);
        Site {
            path: format!("{}.{name}", site.path),
            top: site.top,
            steps,
            column,
        }
    };
    let parts = match &site.column.data_type {
        DataType::Struct(fields) => {
            let fields = fields.iter().enumerate();
            fields
                .map(|(place, field)| part(field, &field.name, Step::Field(place)))
                .collect()
        }
        DataType::List(element) => vec![part(element, "element", Step::Element)],
        DataType::Map { key, value } => vec![
            part(key, "key", Step::Key),
            part(value, "value", Step::Value),
        ],
        _ => Vec::new(),
    };
    out.push(site);
    for part in parts {
        walk(part, out);
    }
}

impl Site<'_> {
    /// The value of a row here: the first one where there are several, `None` where there is none.
    pub(super) fn of<'r>(&self, row: &'r mut [Cell]) -> Option<&'r mut Cell> {
        let mut cell = row.get_mut(self.top)?;
        for step in &self.steps {
            cell = match (step, cell) {
                (Step::Field(place), Cell::Parts(parts)) => parts.get_mut(*place)?,
                (Step::Element, Cell::Items(items)) => items.first_mut()?,
                (Step::Key, Cell::Pairs(pairs)) => &mut pairs.first_mut()?.0,
                (Step::Value, Cell::Pairs(pairs)) => &mut pairs.first_mut()?.1,
                _ => return None,
            };
        }
        Some(cell)
    }

    /// Whether the site is the key of a map or within one.
    pub(super) fn is_map_key(&self) -> bool {
        self.steps.contains(&Step::Key)
    }
}
