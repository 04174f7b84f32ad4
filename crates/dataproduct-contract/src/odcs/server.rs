//! Where the data of a contract is served.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::parts::CustomProperty;
use super::people::Role;
use crate::value::Map;

/// Technology of a [`Server`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum ServerKind {
    /// An HTTP API.
    Api,
    /// Amazon Athena.
    Athena,
    /// Files in Azure Blob Storage or Data Lake Storage.
    Azure,
    /// Google BigQuery.
    BigQuery,
    /// Btrieve, now Actian Zen.
    Btrieve,
    /// ClickHouse.
    ClickHouse,
    /// Databricks.
    Databricks,
    /// Denodo.
    Denodo,
    /// Dremio.
    Dremio,
    /// DuckDb.
    DuckDb,
    /// Exasol.
    Exasol,
    /// FastObjects.
    FastObjects,
    /// AWS Glue.
    Glue,
    /// SAP HANA.
    Hana,
    /// Google Cloud SQL.
    CloudSql,
    /// IBM Db2.
    Db2,
    /// Apache Hive.
    Hive,
    /// An Apache Iceberg catalog.
    Iceberg,
    /// Apache Impala.
    Impala,
    /// Informix.
    Informix,
    /// Ingres.
    Ingres,
    /// Apache Kafka.
    Kafka,
    /// Amazon Kinesis Data Streams.
    Kinesis,
    /// Files on a local disk.
    Local,
    /// MySql.
    MySql,
    /// Oracle Database.
    Oracle,
    /// Poet.
    Poet,
    /// PostgreSQL.
    PostgreSql,
    /// PostgreSQL, under its short name.
    Postgres,
    /// Presto.
    Presto,
    /// Google Cloud Pub/Sub.
    PubSub,
    /// Amazon Redshift.
    Redshift,
    /// Files in Amazon S3 or a store that speaks its protocol.
    S3,
    /// Files on an SFTP server.
    Sftp,
    /// Snowflake.
    Snowflake,
    /// Microsoft SQL Server.
    SqlServer,
    /// Azure Synapse.
    Synapse,
    /// Teradata.
    Teradata,
    /// Trino.
    Trino,
    /// Vectorwise.
    Vectorwise,
    /// Versant.
    Versant,
    /// Vertica.
    Vertica,
    /// Zen.
    Zen,
    /// Anything else.
    #[default]
    Custom,
}

/// A place where the data is served.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Server {
    /// Stable technical id, unique among its neighbours; targets of references are built from it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Name of the server, unique in the contract.
    pub server: String,
    /// Technology; it decides which details are allowed and required.
    #[serde(rename = "type")]
    pub kind: ServerKind,
    /// What the server is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Environment, such as `prod` or `test`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub environment: Option<String>,
    /// What the technology needs (`location`, `format`, `host`, `port` and so on).
    #[serde(flatten)]
    pub details: Map,
    /// Access roles of this server.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub roles: Option<Vec<Role>>,
    /// Properties outside the standard, in document order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub custom_properties: Option<Vec<CustomProperty>>,
}
