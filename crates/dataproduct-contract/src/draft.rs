//! What a builder has gathered or a document has said, before it is validated.

use chrono::NaiveDate;

use crate::{
    AccessRole, Column, OnFailure, Ownership, ProductName, ProductRef, Rule, Sla, Status,
    SupportChannel, Value, Version,
};

/// The parts of a contract, each well-formed by itself, not yet checked against each other.
#[derive(Clone, Debug)]
pub(crate) struct Draft {
    pub(crate) id: String,
    pub(crate) name: ProductName,
    pub(crate) version: Version,
    pub(crate) status: Status,
    pub(crate) sunset: Option<NaiveDate>,
    pub(crate) successor: Option<ProductRef>,
    pub(crate) description: Option<String>,
    pub(crate) purpose: Option<String>,
    pub(crate) usage: Option<String>,
    pub(crate) limitations: Option<String>,
    pub(crate) ownership: Ownership,
    pub(crate) support: Vec<SupportChannel>,
    pub(crate) roles: Vec<AccessRole>,
    pub(crate) sla: Sla,
    pub(crate) columns: Vec<Column>,
    pub(crate) rules: Vec<Rule>,
    pub(crate) on_failure: Option<OnFailure>,
    pub(crate) tags: Vec<String>,
    pub(crate) custom: Vec<(String, Value)>,
}

impl Draft {
    /// A draft that says no more than which product and version it is.
    pub(crate) fn new(name: ProductName, version: Version) -> Self {
        Self {
            id: name.to_string(),
            name,
            version,
            status: Status::default(),
            sunset: None,
            successor: None,
            description: None,
            purpose: None,
            usage: None,
            limitations: None,
            ownership: Ownership::default(),
            support: Vec::new(),
            roles: Vec::new(),
            sla: Sla::default(),
            columns: Vec::new(),
            rules: Vec::new(),
            on_failure: None,
            tags: Vec::new(),
            custom: Vec::new(),
        }
    }
}
