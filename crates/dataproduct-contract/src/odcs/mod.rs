//! Documents of the Open Data Contract Standard.
//!
//! [`Document`] is the whole standard as plain structs: what a document says, in the words of the
//! standard, nothing left out. Fields that are absent are `None`; an empty list that is written is
//! `Some` of an empty list.
//!
//! # Source
//!
//! Open Data Contract Standard v3.2.0, <https://bitol-io.github.io/open-data-contract-standard/v3.2.0/>.

mod document;
mod parts;
mod people;
mod place;
mod quality;
mod relationship;
mod schema;
mod server;
mod service_level;
pub(crate) mod standard;
mod upgrade;

pub use document::{ApiVersion, Description, Document, Kind};
pub use parts::{
    AuthoritativeDefinition, Context, ContextConstraint, ContextDetails, CustomProperty, Synonym,
    VerifiedStatement,
};
pub use people::{Price, Role, SupportItem, Team, TeamEntry, TeamMember};
pub use place::{Places, Position};
pub use quality::{Operator, Quality, QualityDimension, QualityKind, QualityMetric};
pub use relationship::{Endpoint, Relationship, RelationshipKind};
pub use schema::{
    DistanceMetric, ElementType, EnumValue, LogicalType, LogicalTypeOptions, MapTypes, ObjectType,
    Property, SchemaObject, SemanticType,
};
pub use server::{Server, ServerKind};
pub use service_level::SlaProperty;
