//! The contract: one validated value, whichever way it was declared.

use std::fmt;
use std::sync::{Arc, OnceLock};

use arrow_schema::{Schema, SchemaRef};
use chrono::NaiveDate;
use sha2::{Digest as _, Sha256};

use crate::builder::ContractBuilder;
use crate::draft::Draft;
use crate::yaml;
use crate::{
    Column, Name, OnFailure, Problem, Problems, ProductName, ProductRef, Rule, Sla, Value, Version,
    VersionReq, from_document, odcs, to_document, validate,
};

/// Where a contract stands in its life.
///
/// # Source
/// The values of `status` in ODCS 3.2.0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Status {
    /// Offered for discussion.
    Proposed,
    /// Being worked out; may change without notice.
    #[default]
    Draft,
    /// In force.
    Active,
    /// In force until its sunset date; consumers should move to the successor.
    Deprecated,
    /// No longer published.
    Retired,
}

impl Status {
    /// Every status, in the order of a life.
    pub const ALL: [Self; 5] = [
        Self::Proposed,
        Self::Draft,
        Self::Active,
        Self::Deprecated,
        Self::Retired,
    ];

    /// The status as a contract writes it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Proposed => "proposed",
            Self::Draft => "draft",
            Self::Active => "active",
            Self::Deprecated => "deprecated",
            Self::Retired => "retired",
        }
    }

    /// Whether rows may be published under a contract of this status.
    #[must_use]
    pub const fn is_publishable(self) -> bool {
        !matches!(self, Self::Retired)
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Who answers for a product: the three parts that a data mesh knows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Ownership {
    /// The team that publishes the product and is on call for it.
    pub team: String,
    /// The people of that team.
    pub members: Vec<Member>,
    /// Who approves changes of contract and policy.
    pub steward: Option<String>,
    /// Who reads the product, as registered with it.
    pub consumers: Vec<Consumer>,
}

/// Someone on the team that owns a product.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// An e-mail address or account name.
    pub username: String,
    /// What they do on the team.
    pub role: Option<String>,
}

/// Someone who reads a product.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Consumer {
    /// The reading team or service.
    pub name: String,
    /// What it reads the product for.
    pub purpose: String,
    /// The versions it can read.
    pub versions: VersionReq,
}

/// Where consumers ask and are told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SupportChannel {
    /// The channel's name, such as `#inventory`.
    pub channel: String,
    /// What runs it: `slack`, `email`, `teams`, `ticket`, ...
    pub tool: Option<String>,
    /// Where it is.
    pub url: Option<String>,
}

/// A role that has access.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessRole {
    /// The role's name in the access system.
    pub role: String,
    /// What it may do, such as `read`.
    pub access: Option<String>,
}

/// The contract of a data product at one version: schema, semantics, rules, ownership, service levels.
///
/// A `Contract` is valid by construction: the derive, the [builder](Contract::builder) and
/// [ODCS documents](Contract::from_yaml) all pass the same validation, which reports every problem at
/// once. Cloning is cheap.
///
/// ```
/// use dataproduct_contract::{Column, Contract, DataType, Status};
/// use std::time::Duration;
///
/// let contract = Contract::builder("inventory.stock-levels", "1.0.0")
///     .with_status(Status::Active)
///     .with_owner("inventory-platform")
///     .with_freshness(Duration::from_secs(900))
///     .with_column(Column::new("sku", DataType::String).with_key(1))
///     .with_column(Column::new("on_hand", DataType::Int64).with_minimum(0))
///     .build()?;
///
/// let again = Contract::from_yaml(contract.to_yaml())?;
/// assert_eq!(again, contract);
/// # Ok::<(), dataproduct_contract::Problems>(())
/// ```
#[derive(Clone)]
pub struct Contract(Arc<Inner>);

struct Inner {
    draft: Draft,
    document: odcs::Document,
    // What many have no use for is made for the first who has.
    yaml: OnceLock<String>,
    arrow_schema: OnceLock<SchemaRef>,
    digest: OnceLock<String>,
}

impl Contract {
    /// Starts a contract of the product `domain.product` at a version; both are checked by
    /// [`ContractBuilder::build`].
    pub fn builder(product: &str, version: &str) -> ContractBuilder {
        ContractBuilder::new(product, version)
    }

    /// Validates what a builder has gathered.
    pub(crate) fn from_draft(draft: Draft) -> Result<Self, Problems> {
        let mut problems = Problems::new();
        validate::draft(&draft, &mut problems);
        problems.into_result(())?;
        let document = to_document::document(&draft);
        document.check()?;
        let contract = Self::assemble(draft, document);
        contract.check_readable()?;
        Ok(contract)
    }

    /// Writes the contract, which must be readable again, within the budget of reading.
    fn check_readable(&self) -> Result<(), Problems> {
        let text = self.document().write()?;
        yaml::parse(&text)?;
        self.0.yaml.get_or_init(|| text);
        Ok(())
    }

    /// The contract of a draft and its document, both of which are known to be right.
    fn assemble(draft: Draft, document: odcs::Document) -> Self {
        Self(Arc::new(Inner {
            draft,
            document,
            yaml: OnceLock::new(),
            arrow_schema: OnceLock::new(),
            digest: OnceLock::new(),
        }))
    }

    /// The contract that an ODCS document states.
    ///
    /// What the standard can say and this model has no field for is kept in the
    /// [document](Self::document), so nothing is lost when the contract is written again.
    ///
    /// # Errors
    /// All problems of meaning, in the order of the document, with paths in the words of the model. A
    /// document of several tables is refused: a data product is one table.
    pub fn from_document(document: odcs::Document) -> Result<Self, Problems> {
        let contract = Self::of_document(document)?;
        contract.document().check()?;
        contract.check_readable()?;
        Ok(contract)
    }

    /// The contract that a document states whose shape was checked.
    fn of_document(document: odcs::Document) -> Result<Self, Problems> {
        let mut problems = Problems::new();
        let draft = from_document::draft(&document, &mut problems);
        validate::draft(&draft, &mut problems);
        problems.into_result(())?;
        Ok(Self::assemble(draft, upgraded(document)))
    }

    /// Reads an ODCS document of version 3.0, 3.1 or 3.2, in YAML or JSON, and validates it.
    ///
    /// # Errors
    /// All problems of the document's shape or, when its shape is right, all problems of meaning; each
    /// with the line and column of what it names.
    pub fn from_yaml(text: &str) -> Result<Self, Problems> {
        // Only a failure needs the positions, so they are read again instead of kept beside.
        let mut root = yaml::parse(text)?;
        let (document, is_readable) = Self::read(&mut root)?;
        drop(root);
        Self::of_read(document, is_readable).map_err(|problems| match odcs::Places::of(text) {
            Ok(places) => with_places(&places, problems),
            Err(_) => problems,
        })
    }

    /// Reads a contract as [`from_yaml`](Self::from_yaml) does, and where its parts stand in the text.
    ///
    /// # Errors
    /// As [`from_yaml`](Self::from_yaml).
    pub fn from_yaml_with_places(text: &str) -> Result<(Self, odcs::Places), Problems> {
        let mut root = yaml::parse(text)?;
        let (document, is_readable) = Self::read(&mut root)?;
        let places = odcs::Places::of_tree(root);
        match Self::of_read(document, is_readable) {
            Ok(contract) => Ok((contract, places)),
            Err(problems) => Err(with_places(&places, problems)),
        }
    }

    /// The document of a tree, and whether it is sure to be readable when it is written again.
    fn read(root: &mut yaml::Node) -> Result<(odcs::Document, bool), Problems> {
        let document = odcs::Document::of_tree(root)?;
        // A document writes what was read and no more.
        Ok((document, yaml::is_surely_readable(root)))
    }

    fn of_read(document: odcs::Document, is_readable: bool) -> Result<Self, Problems> {
        let contract = Self::of_document(document)?;
        if !is_readable {
            contract.check_readable()?;
        }
        Ok(contract)
    }

    /// The contract as an ODCS 3.2.0 document in YAML; equal contracts give equal text.
    #[must_use]
    #[expect(
        clippy::expect_used,
        reason = "what was not written to be checked was read: text, numbers, lists and maps, which are always written"
    )]
    pub fn to_yaml(&self) -> &str {
        let write = || self.document().write();
        self.0
            .yaml
            .get_or_init(|| write().expect("a document that was read can be written"))
    }

    /// The contract as an ODCS 3.2.0 document.
    #[must_use]
    pub fn document(&self) -> &odcs::Document {
        &self.0.document
    }

    /// The SHA-256 of [`to_yaml`](Self::to_yaml) in lower-case hexadecimal: the same for equal contracts.
    #[must_use]
    pub fn digest(&self) -> &str {
        self.0.digest.get_or_init(|| {
            Sha256::digest(self.to_yaml().as_bytes())
                .iter()
                .map(|byte| format!("{byte:02x}"))
                .collect()
        })
    }

    /// The stable identifier, the same for every version of the product.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.0.draft.id
    }

    /// The product's name.
    #[must_use]
    pub fn name(&self) -> &ProductName {
        &self.0.draft.name
    }

    /// The domain that owns the product.
    #[must_use]
    pub fn domain(&self) -> &Name {
        self.0.draft.name.domain()
    }

    /// The version.
    #[must_use]
    pub fn version(&self) -> &Version {
        &self.0.draft.version
    }

    /// Where the contract stands in its life.
    #[must_use]
    pub fn status(&self) -> Status {
        self.0.draft.status
    }

    /// The last day on which a deprecated product is published.
    #[must_use]
    pub fn sunset(&self) -> Option<NaiveDate> {
        self.0.draft.sunset
    }

    /// What consumers of a deprecated product should read instead.
    #[must_use]
    pub fn successor(&self) -> Option<&ProductRef> {
        self.0.draft.successor.as_ref()
    }

    /// What one row is, in prose.
    #[must_use]
    pub fn description(&self) -> Option<&str> {
        self.0.draft.description.as_deref()
    }

    /// What the product is for.
    #[must_use]
    pub fn purpose(&self) -> Option<&str> {
        self.0.draft.purpose.as_deref()
    }

    /// How the product should be used.
    #[must_use]
    pub fn usage(&self) -> Option<&str> {
        self.0.draft.usage.as_deref()
    }

    /// What the product must not be used for.
    #[must_use]
    pub fn limitations(&self) -> Option<&str> {
        self.0.draft.limitations.as_deref()
    }

    /// Who publishes, approves and reads.
    #[must_use]
    pub fn ownership(&self) -> &Ownership {
        &self.0.draft.ownership
    }

    /// The team that publishes the product and is on call for it.
    #[must_use]
    pub fn owner(&self) -> &str {
        &self.0.draft.ownership.team
    }

    /// Where consumers ask and are told.
    #[must_use]
    pub fn support(&self) -> &[SupportChannel] {
        &self.0.draft.support
    }

    /// The roles that have access.
    #[must_use]
    pub fn roles(&self) -> &[AccessRole] {
        &self.0.draft.roles
    }

    /// What the owner promises about time and availability.
    #[must_use]
    pub fn sla(&self) -> &Sla {
        &self.0.draft.sla
    }

    /// The columns, in order.
    #[must_use]
    pub fn columns(&self) -> &[Column] {
        &self.0.draft.columns
    }

    /// The column of that name, at the top level.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns().iter().find(|column| column.name == name)
    }

    /// The columns of the primary key, in its order; empty for a product without key.
    #[must_use]
    pub fn key(&self) -> Vec<&Column> {
        self.positioned(|column| column.key)
    }

    /// The partition columns, in order.
    #[must_use]
    pub fn partition_by(&self) -> Vec<&Column> {
        self.positioned(|column| column.partition)
    }

    /// The columns that rows are sorted by within a file: as declared, otherwise the primary key.
    #[must_use]
    pub fn sort_by(&self) -> Vec<&Column> {
        let declared = self.positioned(|column| column.sort);
        if declared.is_empty() {
            self.key()
        } else {
            declared
        }
    }

    fn positioned(&self, position: impl Fn(&Column) -> Option<u32>) -> Vec<&Column> {
        let mut columns: Vec<_> = self
            .columns()
            .iter()
            .filter_map(|c| position(c).map(|p| (p, c)))
            .collect();
        columns.sort_by_key(|(position, _)| *position);
        columns.into_iter().map(|(_, column)| column).collect()
    }

    /// The column that holds the time at which a row's fact happened.
    #[must_use]
    pub fn event_time(&self) -> Option<&Column> {
        self.columns().iter().find(|column| column.event_time)
    }

    /// What happens where rows break a rule that says nothing of its own; `None` leaves it to the severity.
    #[must_use]
    pub fn on_failure(&self) -> Option<&OnFailure> {
        self.0.draft.on_failure.as_ref()
    }

    /// The quality rules on whole rows; those on one column are with the column.
    #[must_use]
    pub fn rules(&self) -> &[Rule] {
        &self.0.draft.rules
    }

    /// Every rule that is kept but not run, with the path of the place that states it.
    #[must_use]
    pub fn rules_not_run(&self) -> Vec<(String, &Rule)> {
        fn note<'a>(path: &str, rules: &'a [Rule], out: &mut Vec<(String, &'a Rule)>) {
            let not_run = rules.iter().enumerate().filter(|(_, rule)| !rule.is_run());
            out.extend(not_run.map(|(i, rule)| (format!("{path}[{i}]"), rule)));
        }
        let mut out = Vec::new();
        note("rules", self.rules(), &mut out);
        validate::each("schema.columns", self.columns(), &mut |path, column| {
            note(&format!("{path}.rules"), &column.rules, &mut out);
        });
        out
    }

    /// Free labels.
    #[must_use]
    pub fn tags(&self) -> &[String] {
        &self.0.draft.tags
    }

    /// What the organisation adds, by name.
    #[must_use]
    pub fn custom(&self) -> &[(String, Value)] {
        &self.0.draft.custom
    }

    /// The Arrow schema of the product's batches, without metadata.
    #[must_use]
    pub fn arrow_schema(&self) -> SchemaRef {
        let schema = || {
            let fields: Vec<_> = self.columns().iter().map(Column::to_arrow).collect();
            Arc::new(Schema::new(fields))
        };
        Arc::clone(self.0.arrow_schema.get_or_init(schema))
    }

    /// The relationships that do not hold: the product or the column does not exist, or its type
    /// differs.
    ///
    /// `lookup` gives the contract of a product, or `None` where there is none.
    #[must_use]
    pub fn dangling_references(
        &self,
        lookup: impl Fn(&ProductName) -> Option<Contract>,
    ) -> Problems {
        validate::references(self, lookup)
    }
}

fn with_places(places: &odcs::Places, problems: Problems) -> Problems {
    problems.into_iter().map(|p| located(places, p)).collect()
}

/// The problem with the position of what it names, where it has none.
fn located(places: &odcs::Places, problem: Problem) -> Problem {
    match places.find(&problem.path) {
        Some(at) if problem.line.is_none() => problem.at(at.line, at.column),
        _ => problem,
    }
}

/// The document under the version of the standard that we write; every older one is valid under it.
fn upgraded(mut document: odcs::Document) -> odcs::Document {
    document.api_version = odcs::ApiVersion::default();
    document
}

impl PartialEq for Contract {
    /// Contracts are equal when they say the same, whichever way they were declared.
    fn eq(&self, other: &Self) -> bool {
        self.0.document == other.0.document
    }
}

impl fmt::Debug for Contract {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Contract")
            .field("name", self.name())
            .field("version", self.version())
            .field("digest", &self.digest())
            .finish_non_exhaustive()
    }
}

impl TryFrom<odcs::Document> for Contract {
    type Error = Problems;
    fn try_from(document: odcs::Document) -> Result<Self, Problems> {
        Self::from_document(document)
    }
}
