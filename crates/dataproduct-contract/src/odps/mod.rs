//! Documents of the Open Data Product Standard of Bitol: the product around its contracts.
//!
//! [`Product`] is the whole standard as plain structs. It shares the parts that both standards have
//! with [`odcs`](crate::odcs). The Open Data Product Specification of opendataproducts.org, which has
//! the same initials, is another format.
//!
//! # Source
//!
//! Open Data Product Standard v1.1.0, <https://bitol-io.github.io/open-data-product-standard/v1.1.0/>.

mod port;
mod product;
mod standard;

pub use port::{InputContract, InputPort, ManagementPort, OutputPort, Sbom};
pub use product::{ApiVersion, Description, Kind, Product, Support, Team};
