//! How each product is doing.

use dataproduct_contract::{ProductName, ProductRef, Version};
use dataproduct_freshness::{Freshness, State, Unknown};

use crate::product::{self, Life, Source};
use crate::{Error, Mesh};

/// How a product is doing at one moment.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ProductStatus {
    /// The product.
    pub product: ProductName,
    /// What its newest state is, when it could be read.
    pub source: Option<Source>,
    /// How fresh it is, when it could be read.
    pub freshness: Option<Freshness>,
    /// The verdict; a product that could not be read is unknown.
    pub state: State,
    /// Why it could not be read.
    pub problem: Option<String>,
}

impl ProductStatus {
    /// The version of the contract, when the product could be read.
    #[must_use]
    pub fn version(&self) -> Option<&Version> {
        self.source.as_ref().map(|source| &source.contract_version)
    }

    /// The team that owns the product, when it could be read.
    #[must_use]
    pub fn owner(&self) -> Option<&str> {
        self.source.as_ref().map(|source| source.owner.as_str())
    }
}

pub(crate) async fn of(mesh: &Mesh, name: ProductName) -> ProductStatus {
    match product::open(mesh, &ProductRef::from(name.clone()), Life::Any).await {
        Ok(product) => ProductStatus {
            product: name,
            source: Some(product.source()),
            freshness: Some(*product.freshness()),
            state: product.freshness().state(),
            problem: None,
        },
        Err(error) => ProductStatus {
            product: name,
            source: None,
            freshness: None,
            state: State::Unknown(match error {
                Error::NotPublished { .. } => Unknown::NotPublished,
                _ => Unknown::Unreadable,
            }),
            problem: Some(error.to_string()),
        },
    }
}
