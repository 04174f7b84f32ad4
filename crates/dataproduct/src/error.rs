//! What can go wrong between a caller and a product.

use dataproduct_compat::Comparison;
use dataproduct_contract::{Problems, ProductName, ProductRef, Version};
use dataproduct_quality::Report;
use dataproduct_quality::outcome::QualityReport;

use crate::Receipt;

/// The result of this crate's functions.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why something could not be done. Variants are named by what the caller can do about them.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// `mesh.toml` cannot be used.
    #[error("the mesh file `{path}` cannot be used: {reason}")]
    Config {
        /// The file.
        path: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The record of contracts, or a file in it, cannot be used.
    #[error("the record `{path}` cannot be used: {reason}")]
    Record {
        /// The file or folder.
        path: String,
        /// What is wrong, and what to do.
        reason: String,
    },
    /// The contract cannot be recorded as it is.
    #[error("{0}")]
    NotRecorded(Box<crate::record::Judgement>),
    /// A name or a reference is not well-formed.
    #[error(transparent)]
    Name(#[from] dataproduct_contract::NameError),
    /// The mesh has no root for the domain.
    #[error(
        "the mesh knows no domain `{domain}` (it knows: {known}); add it to `[domains]` of mesh.toml, or set a `root` for all"
    )]
    UnknownDomain {
        /// The domain asked for.
        domain: String,
        /// The domains that have a root.
        known: String,
    },
    /// The contract is not valid.
    #[error("the contract is not valid:\n{0}")]
    Contract(Problems),
    /// No published version of the product is in the range.
    #[error("`{reference}` is not published{offered}")]
    NotPublished {
        /// The product and range asked for.
        reference: String,
        /// What is published instead, where something is.
        offered: String,
    },
    /// The log of a table names a contract whose file is not there.
    #[error(
        "the contract {version} of `{location}` is lost: the table's log names it and `_contract/{version}.odcs.yaml` is not there; put it back from the record in `schemas/`"
    )]
    ContractLost {
        /// The table.
        location: String,
        /// The version of the contract.
        version: Version,
    },
    /// The stored contract is not the one that the table's log names.
    #[error(
        "the contract {version} of `{location}` is damaged: `_contract/{version}.odcs.yaml` has another digest than the table's log; put it back from the record in `schemas/`"
    )]
    ContractDamaged {
        /// The table.
        location: String,
        /// The version of the contract.
        version: Version,
    },
    /// The contract's life forbids to publish under it.
    #[error("`{product}` {version} cannot be published: {reason}")]
    Lifecycle {
        /// The product.
        product: ProductName,
        /// The version of its contract.
        version: Version,
        /// Why not.
        reason: String,
    },
    /// The life of the product's major version is over. Read the successor.
    #[error("`{product}` {version} is read no more: {reason}{}", instead(.successor.as_ref()))]
    Retired {
        /// The product.
        product: ProductName,
        /// The version of its contract.
        version: Version,
        /// Why.
        reason: String,
        /// What to read instead, where its contract says so.
        successor: Option<ProductRef>,
    },
    /// Of two major versions the older one is published and the newer one is not, or it is not known whether it is.
    /// The same call with the same id settles it.
    #[error(
        "publish `{}` is in `{}` {} and not yet in the newer major version: {source}; call again with the same publish id",
        .published.publish_id, .published.product, .published.contract_version
    )]
    HalfPublished {
        /// What was published.
        published: Box<Receipt>,
        /// Why the other was not.
        source: Box<Error>,
    },
    /// The contract cannot follow the one that consumers hold.
    #[error("`{product}` {version} cannot follow {published}: {reason}")]
    Evolution {
        /// The product.
        product: ProductName,
        /// The version that was to be published.
        version: Version,
        /// The newest version published.
        published: Version,
        /// What stands in the way, and what to do.
        reason: String,
        /// Every change, judged; `None` if it did not come to that.
        comparison: Option<Box<Comparison>>,
    },
    /// No rows of that run are in quarantine: its publish kept none apart, or they were replayed or thrown away since.
    #[error("no rows of run `{run}` of `{product}` are in quarantine (runs that have some: {known})")]
    NotQuarantined {
        /// The product.
        product: ProductName,
        /// The publish id of the run.
        run: String,
        /// Runs of which rows are in quarantine.
        known: String,
    },
    /// The rows do not keep the contract's promises. Nothing has been published.
    #[error("`{product}` {version} was not published, {} found:\n{report}", counted(.report.findings().len()))]
    Refused {
        /// The product.
        product: ProductName,
        /// The version of its contract.
        version: Version,
        /// What refuses: of the first batch that was refused, or of all rows together.
        report: Report,
        /// What every rule has found in all rows; `None` if it did not come to that.
        quality: Option<Box<QualityReport>>,
    },
    /// The input cannot be read as rows of the contract. Nothing has been published.
    #[error("the input cannot be read: {reason}")]
    Input {
        /// Where and why.
        reason: String,
        /// What the reader of the format said.
        #[source]
        source: Option<Box<dyn std::error::Error + Send + Sync>>,
    },
    /// Rows and columns do not fit each other.
    #[error(transparent)]
    Row(#[from] dataproduct_contract::row::RowError),
    /// The table or its store failed; [`Error::is_retryable`] tells whether trying again can help.
    #[error(transparent)]
    Table(#[from] dataproduct_table::Error),
}

fn instead(successor: Option<&ProductRef>) -> String {
    successor.map_or(String::new(), |successor| format!("; read `{successor}`"))
}

fn counted(findings: usize) -> String {
    if findings == 1 {
        "1 problem was".to_owned()
    } else {
        format!("{findings} problems were")
    }
}

impl Error {
    /// Whether the same call may succeed later without a change of contract, rows or settings.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Table(error) => error.is_retryable(),
            Self::HalfPublished { source, .. } => source.is_retryable(),
            _ => false,
        }
    }

    pub(crate) fn input(
        reason: impl Into<String>,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        Self::Input {
            reason: reason.into(),
            source: Some(source.into()),
        }
    }
}
