//! Where in a row a column stands.

use std::fmt;

use dataproduct_contract::Value;

/// A column within the columns around it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place<'a> {
    parent: Option<&'a Place<'a>>,
    name: &'a str,
    step: Step,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Field,
    Element,
    KeyOrValue,
}

impl<'a> Place<'a> {
    pub(crate) fn new(parent: Option<&'a Place<'a>>, name: &'a str, step: Step) -> Self {
        Self { parent, name, step }
    }

    /// Whether this is a column of the table itself.
    pub(crate) fn is_top(&self) -> bool {
        self.parent.is_none()
    }

    /// The path of changes at this place: `columns.price.amount`.
    pub(crate) fn path(&self) -> String {
        format!("columns.{self}")
    }

    /// The part of a row in which the value stands here, as JSON; `None` inside maps, whose keys are not
    /// known.
    pub(crate) fn row(&self, value: &str) -> Option<String> {
        let wrapped = match self.step {
            Step::Field => format!("{{{}:{value}}}", Value::from(self.name)),
            Step::Element => format!("[{value}]"),
            Step::KeyOrValue => return None,
        };
        match self.parent {
            Some(parent) => parent.row(&wrapped),
            None => Some(wrapped),
        }
    }
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(parent) = self.parent {
            write!(f, "{parent}.")?;
        }
        f.write_str(self.name)
    }
}
