//! Servers of every technology.

use crate::shape::{Field, Kind, Record, Variant, opt, req};
use crate::yaml::Node;

use super::{CUSTOM_PROPERTIES, ID, ROLES};

pub(super) static SERVER: Record = Record {
    name: "server",
    fields: &[
        opt("id", ID),
        req("server", Kind::Text),
        req("type", Kind::OneOf(KINDS)),
        opt("description", Kind::Text),
        opt("environment", Kind::Text),
        opt("roles", ROLES),
        opt("customProperties", CUSTOM_PROPERTIES),
    ],
    variant,
    rule: |_, _, _| {},
};

/// What the technology adds.
fn variant(node: &Node) -> Variant {
    let kind = node.get("type").and_then(Node::as_str).unwrap_or_default();
    match details(kind) {
        Some(fields) => Variant::Of(format!("of type `{kind}`"), vec![fields]),
        // A type that is missing or wrong is reported by itself.
        None => Variant::Open,
    }
}

const PORT: Kind = Kind::Choice(&[Kind::Integer(i64::MIN), Kind::Text]);

const KINDS: &[&str] = &[
    "api",
    "athena",
    "azure",
    "bigquery",
    "btrieve",
    "clickhouse",
    "databricks",
    "denodo",
    "dremio",
    "duckdb",
    "exasol",
    "fastobjects",
    "glue",
    "hana",
    "cloudsql",
    "db2",
    "hive",
    "iceberg",
    "impala",
    "informix",
    "ingres",
    "kafka",
    "kinesis",
    "local",
    "mysql",
    "oracle",
    "poet",
    "postgresql",
    "postgres",
    "presto",
    "pubsub",
    "redshift",
    "s3",
    "sftp",
    "snowflake",
    "sqlserver",
    "synapse",
    "teradata",
    "trino",
    "vectorwise",
    "versant",
    "vertica",
    "zen",
    "custom",
];

fn details(kind: &str) -> Option<&'static [Field]> {
    Some(match kind {
        "api" => API,
        "athena" => ATHENA,
        "azure" => AZURE,
        "bigquery" => BIGQUERY,
        "btrieve" | "zen" => ZEN,
        "clickhouse" => CLICKHOUSE,
        "databricks" => DATABRICKS,
        "denodo" => DENODO,
        "dremio" => DREMIO,
        "duckdb" => DUCKDB,
        "exasol" => EXASOL,
        "fastobjects" | "poet" => POET,
        "glue" => GLUE,
        "hana" => HANA,
        "cloudsql" => CLOUD_SQL,
        "db2" => DB2,
        "hive" => HIVE,
        "iceberg" => ICEBERG,
        "impala" => IMPALA,
        "informix" => INFORMIX,
        "ingres" => INGRES,
        "kafka" => KAFKA,
        "kinesis" => KINESIS,
        "local" => LOCAL,
        "mysql" => MYSQL,
        "oracle" => ORACLE,
        "postgresql" | "postgres" => POSTGRES,
        "presto" => PRESTO,
        "pubsub" => PUBSUB,
        "redshift" => REDSHIFT,
        "s3" => S3,
        "sftp" => SFTP,
        "snowflake" => SNOWFLAKE,
        "sqlserver" => SQLSERVER,
        "synapse" => SYNAPSE,
        "teradata" => TERADATA,
        "trino" => TRINO,
        "vectorwise" => VECTORWISE,
        "versant" => VERSANT,
        "vertica" => VERTICA,
        "custom" => CUSTOM,
        _ => return None,
    })
}

const SFTP_URL: Kind = Kind::Form(
    |text| text.starts_with("sftp://"),
    "a URL that begins with `sftp://`",
);

const API: &[Field] = &[req("location", Kind::Text)];

const ATHENA: &[Field] = &[
    opt("stagingDir", Kind::Text),
    req("schema", Kind::Text),
    opt("catalog", Kind::Text),
    opt("regionName", Kind::Text),
    opt("workgroup", Kind::Text),
];

const AZURE: &[Field] = &[
    req("location", Kind::Text),
    req("format", Kind::Text),
    opt("encoding", Kind::Text),
    opt("delimiter", Kind::Text),
];

const BIGQUERY: &[Field] = &[req("project", Kind::Text), req("dataset", Kind::Text)];

const ZEN: &[Field] = &[
    req("host", Kind::Text),
    opt("port", PORT),
    req("database", Kind::Text),
];

const CLICKHOUSE: &[Field] = &[
    req("host", Kind::Text),
    req("port", PORT),
    req("database", Kind::Text),
];

const DATABRICKS: &[Field] = &[
    opt("host", Kind::Text),
    req("catalog", Kind::Text),
    req("schema", Kind::Text),
];

const DENODO: &[Field] = &[
    req("host", Kind::Text),
    req("port", PORT),
    opt("database", Kind::Text),
];

const DREMIO: &[Field] = &[
    req("host", Kind::Text),
    req("port", PORT),
    opt("schema", Kind::Text),
];

const DUCKDB: &[Field] = &[req("database", Kind::Text), opt("schema", Kind::Text)];

const EXASOL: &[Field] = &[
    req("host", Kind::Text),
    opt("port", PORT),
    opt("schema", Kind::Text),
];

const POET: &[Field] = &[
    req("database", Kind::Text),
    opt("host", Kind::Text),
    opt("port", PORT),
];

const GLUE: &[Field] = &[
    req("account", Kind::Text),
    req("database", Kind::Text),
    opt("location", Kind::Text),
    opt("format", Kind::Text),
    opt("encoding", Kind::Text),
];

const HANA: &[Field] = &[
    req("host", Kind::Text),
    opt("port", PORT),
    opt("database", Kind::Text),
    opt("schema", Kind::Text),
];

const CLOUD_SQL: &[Field] = &[
    req("host", Kind::Text),
    req("port", PORT),
    req("database", Kind::Text),
    req("schema", Kind::Text),
];

const DB2: &[Field] = &[
    req("host", Kind::Text),
    req("port", PORT),
    req("database", Kind::Text),
    opt("schema", Kind::Text),
];

const HIVE: &[Field] = &[
    req("host", Kind::Text),
    opt("port", PORT),
    req("database", Kind::Text),
];

const ICEBERG: &[Field] = &[
    req("catalog", Kind::Text),
    req("catalogUrl", Kind::Text),
    opt("namespace", Kind::Text),
    opt("warehouse", Kind::Text),
];

const IMPALA: &[Field] = &[
    req("host", Kind::Text),
    opt("port", PORT),
    req("database", Kind::Text),
];

const INFORMIX: &[Field] = &[
    req("host", Kind::Text),
    opt("port", PORT),
    req("database", Kind::Text),
];

const INGRES: &[Field] = &[
    req("database", Kind::Text),
    req("host", Kind::Text),
    opt("port", PORT),
];

const KAFKA: &[Field] = &[
    req("host", Kind::Text),
    opt("format", Kind::Text),
    opt("encoding", Kind::Text),
];

const KINESIS: &[Field] = &[
    opt("region", Kind::Text),
    opt("format", Kind::Text),
    opt("encoding", Kind::Text),
];

const LOCAL: &[Field] = &[
    req("path", Kind::Text),
    req("format", Kind::Text),
    opt("encoding", Kind::Text),
];

const MYSQL: &[Field] = &[
    req("host", Kind::Text),
    req("port", PORT),
    req("database", Kind::Text),
];

const ORACLE: &[Field] = &[
    req("host", Kind::Text),
    req("port", PORT),
    req("serviceName", Kind::Text),
];

const POSTGRES: &[Field] = &[
    req("host", Kind::Text),
    req("port", PORT),
    req("database", Kind::Text),
    req("schema", Kind::Text),
];

const PRESTO: &[Field] = &[
    req("host", Kind::Text),
    opt("catalog", Kind::Text),
    opt("schema", Kind::Text),
];

const PUBSUB: &[Field] = &[req("project", Kind::Text)];

const REDSHIFT: &[Field] = &[
    opt("host", Kind::Text),
    req("database", Kind::Text),
    req("schema", Kind::Text),
    opt("region", Kind::Text),
    opt("account", Kind::Text),
];

const S3: &[Field] = &[
    req("location", Kind::Text),
    opt("endpointUrl", Kind::Text),
    opt("format", Kind::Text),
    opt("encoding", Kind::Text),
    opt("delimiter", Kind::Text),
];

const SFTP: &[Field] = &[
    req("location", SFTP_URL),
    opt("format", Kind::Text),
    opt("encoding", Kind::Text),
    opt("delimiter", Kind::Text),
];

const SNOWFLAKE: &[Field] = &[
    opt("host", Kind::Text),
    opt("port", PORT),
    req("account", Kind::Text),
    req("database", Kind::Text),
    req("schema", Kind::Text),
    opt("warehouse", Kind::Text),
];

const SQLSERVER: &[Field] = &[
    req("host", Kind::Text),
    opt("port", PORT),
    req("database", Kind::Text),
    req("schema", Kind::Text),
];

const SYNAPSE: &[Field] = &[
    req("host", Kind::Text),
    req("port", PORT),
    req("database", Kind::Text),
];

const TERADATA: &[Field] = &[
    req("host", Kind::Text),
    opt("port", PORT),
    opt("database", Kind::Text),
];

const TRINO: &[Field] = &[
    req("host", Kind::Text),
    req("port", PORT),
    req("catalog", Kind::Text),
    req("schema", Kind::Text),
];

const VECTORWISE: &[Field] = &[
    req("database", Kind::Text),
    req("host", Kind::Text),
    opt("port", PORT),
];

const VERSANT: &[Field] = &[
    req("database", Kind::Text),
    opt("host", Kind::Text),
    opt("port", PORT),
];

const VERTICA: &[Field] = &[
    req("host", Kind::Text),
    req("port", PORT),
    req("database", Kind::Text),
    req("schema", Kind::Text),
];

const CUSTOM: &[Field] = &[
    opt("account", Kind::Text),
    opt("catalog", Kind::Text),
    opt("database", Kind::Text),
    opt("dataset", Kind::Text),
    opt("delimiter", Kind::Text),
    opt("endpointUrl", Kind::Text),
    opt("format", Kind::Text),
    opt("encoding", Kind::Text),
    opt("host", Kind::Text),
    opt("location", Kind::Text),
    opt("path", Kind::Text),
    opt("port", PORT),
    opt("project", Kind::Text),
    opt("region", Kind::Text),
    opt("regionName", Kind::Text),
    opt("schema", Kind::Text),
    opt("serviceName", Kind::Text),
    opt("stagingDir", Kind::Text),
    opt("warehouse", Kind::Text),
    opt("stream", Kind::Text),
];
