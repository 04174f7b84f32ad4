//! The data product around contracts, as an ODPS document.

use std::collections::BTreeSet;

use crate::odcs::CustomProperty;
use crate::odps::{Description, InputPort, ManagementPort, OutputPort, Product, Support, Team};
use crate::to_document::VENDOR;
use crate::{Column, Contract, Problem, Problems, ProductName, Status, validate};

impl Product {
    /// The product whose output ports are the tables of these contracts: one for each major version.
    ///
    /// Name, team, status and description are those of the newest contract. Products that columns
    /// refer to become input ports; where to ask becomes management ports.
    ///
    /// ```
    /// use dataproduct_contract::{Column, Contract, DataType, odps::Product};
    ///
    /// let contract = Contract::builder("inventory.stock-levels", "1.2.0")
    ///     .with_owner("inventory-platform")
    ///     .with_column(Column::new("sku", DataType::String).with_key(1))
    ///     .build()?;
    /// let product = Product::around(&[contract])?;
    /// assert_eq!(product.output_ports.unwrap()[0].name, "stock-levels-v1");
    /// # Ok::<(), dataproduct_contract::Problems>(())
    /// ```
    ///
    /// # Errors
    /// When there is no contract, or the contracts are not of one product.
    ///
    /// # Source
    /// Open Data Product Standard 1.1.0.
    pub fn around(contracts: &[Contract]) -> Result<Self, Problems> {
        let Some(newest) = contracts.iter().max_by_key(|contract| contract.version()) else {
            let fix = "give at least one";
            return Err(Problem::new("", "no-contracts", "there is no contract", fix).into());
        };
        let other = contracts
            .iter()
            .enumerate()
            .find(|(_, c)| c.name() != newest.name());
        if let Some((i, other)) = other {
            return Err(Problem::new(
                format!("contracts[{i}]"),
                "other-product",
                format!("`{}` is not `{}`", other.name(), newest.name()),
                "give the contracts of one product",
            )
            .into());
        }
        let product = Self {
            id: newest.id().to_owned(),
            name: Some(newest.name().product().to_string()),
            version: Some(newest.version().to_string()),
            status: Some(newest.status().to_string()),
            domain: Some(newest.domain().to_string()),
            description: description(newest),
            tags: (!newest.tags().is_empty()).then(|| newest.tags().to_vec()),
            input_ports: input_ports(contracts),
            output_ports: Some(contracts.iter().map(output_port).collect()),
            management_ports: Some(vec![ManagementPort {
                name: "status".to_owned(),
                content: "observability".to_owned(),
                description: Some(
                    "Version, owner and age against the promise: `Mesh::status`.".to_owned(),
                ),
                ..ManagementPort::default()
            }]),
            support: support(newest),
            team: Some(Team {
                name: Some(newest.owner().to_owned()),
                ..Team::default()
            }),
            ..Self::default()
        };
        product.check()?;
        Ok(product)
    }
}

fn description(contract: &Contract) -> Option<Description> {
    let text = |text: Option<&str>| text.map(str::to_owned);
    let description = Description {
        purpose: text(contract.purpose()),
        usage: text(contract.usage()),
        limitations: text(contract.limitations()),
        ..Description::default()
    };
    (description != Description::default()).then_some(description)
}

fn output_port(contract: &Contract) -> OutputPort {
    let name = contract.name().product();
    OutputPort {
        name: format!("{name}-v{}", contract.version().major()),
        description: contract.description().map(str::to_owned),
        kind: Some("delta".to_owned()),
        version: Some(contract.version().to_string()),
        contract_id: Some(contract.id().to_owned()),
        deprecated: matches!(contract.status(), Status::Deprecated | Status::Retired)
            .then_some(true),
        custom_properties: contract.sunset().map(|sunset| {
            vec![CustomProperty {
                property: "sunset".to_owned(),
                value: sunset.to_string().into(),
                vendor: Some(VENDOR.to_owned()),
                ..CustomProperty::default()
            }]
        }),
        ..OutputPort::default()
    }
}

/// The products that columns at any depth refer to, each once, in order.
fn input_ports(contracts: &[Contract]) -> Option<Vec<InputPort>> {
    let mut products: BTreeSet<&ProductName> = BTreeSet::new();
    for contract in contracts {
        validate::each("", contract.columns(), &mut |_, column: &Column| {
            products.extend(column.references.iter().map(|reference| &reference.product));
        });
        products.remove(contract.name());
    }
    let ports: Vec<_> = products
        .into_iter()
        .map(|product| InputPort {
            name: product.to_string(),
            contract_id: Some(product.to_string()),
            ..InputPort::default()
        })
        .collect();
    (!ports.is_empty()).then_some(ports)
}

/// Channels with an address; the standard has none without.
fn support(contract: &Contract) -> Option<Vec<Support>> {
    let channels: Vec<_> = contract
        .support()
        .iter()
        .filter_map(|channel| {
            Some(Support {
                channel: channel.channel.clone(),
                url: channel.url.clone()?,
                tool: channel.tool.clone(),
                ..Support::default()
            })
        })
        .collect();
    (!channels.is_empty()).then_some(channels)
}
