//! What the standard allows in a document.
//!
//! # Source
//! ODPS v1.1.0, and `schema/odps-json-schema-v1.1.0.json` of its repository.

use crate::odcs::standard::{DATE, DATE_TIME, TEXTS};
use crate::shape::{Kind, Record, opt, record, req};

/// Versions of the standard that are read.
const VERSIONS: &[&str] = &["v1.1.0", "v1.0.0", "v0.9.0"];

const CUSTOM_PROPERTIES: Kind = Kind::List(&Kind::Record(&CUSTOM_PROPERTY));
const DEFINITIONS: Kind = Kind::List(&Kind::Record(&AUTHORITATIVE_DEFINITION));
const SYNONYMS: Kind = Kind::List(&Kind::Record(&SYNONYM));

pub(super) static PRODUCT: Record = record(
    "product",
    &[
        req("apiVersion", Kind::OneOf(VERSIONS)),
        req("kind", Kind::OneOf(&["DataProduct"])),
        req("id", Kind::Text),
        opt("name", Kind::Text),
        opt("deprecated", Kind::Bool),
        opt("synonyms", SYNONYMS),
        opt("version", Kind::Text),
        opt("status", Kind::Text),
        opt("domain", Kind::Text),
        opt("type", Kind::Text),
        opt("context", Kind::Record(&CONTEXT)),
        opt("tenant", Kind::Text),
        opt("authoritativeDefinitions", DEFINITIONS),
        opt("description", Kind::Record(&DESCRIPTION)),
        opt("customProperties", CUSTOM_PROPERTIES),
        opt("tags", TEXTS),
        opt("inputPorts", Kind::List(&Kind::Record(&INPUT_PORT))),
        opt("outputPorts", Kind::List(&Kind::Record(&OUTPUT_PORT))),
        opt(
            "managementPorts",
            Kind::List(&Kind::Record(&MANAGEMENT_PORT)),
        ),
        opt("support", Kind::List(&Kind::Record(&SUPPORT))),
        opt("team", Kind::Record(&TEAM)),
        opt("productCreatedTs", DATE_TIME),
    ],
);

static DESCRIPTION: Record = record(
    "description",
    &[
        opt("purpose", Kind::Text),
        opt("limitations", Kind::Text),
        opt("usage", Kind::Text),
        opt("authoritativeDefinitions", DEFINITIONS),
        opt("customProperties", CUSTOM_PROPERTIES),
    ],
);

static CUSTOM_PROPERTY: Record = record(
    "custom property",
    &[
        opt("id", Kind::Text),
        req("property", Kind::Text),
        req("value", Kind::Any),
        opt("description", Kind::Text),
        opt("vendor", Kind::Text),
    ],
);

static SYNONYM: Record = record(
    "synonym",
    &[
        opt("id", Kind::Text),
        req("synonym", Kind::Text),
        opt("description", Kind::Text),
        opt("locale", Kind::Text),
        opt("source", Kind::Text),
        opt("status", Kind::Text),
        opt("customProperties", CUSTOM_PROPERTIES),
    ],
);

static AUTHORITATIVE_DEFINITION: Record = record(
    "authoritative definition",
    &[
        opt("id", Kind::Text),
        req("type", Kind::Text),
        req("url", Kind::Text),
        opt("description", Kind::Text),
    ],
);

static INPUT_PORT: Record = record(
    "input port",
    &[
        opt("deprecated", Kind::Bool),
        opt("id", Kind::Text),
        req("name", Kind::Text),
        opt("version", Kind::Text),
        opt("contractId", Kind::Text),
        opt("tags", TEXTS),
        opt("customProperties", CUSTOM_PROPERTIES),
        opt("authoritativeDefinitions", DEFINITIONS),
    ],
);

static OUTPUT_PORT: Record = record(
    "output port",
    &[
        opt("deprecated", Kind::Bool),
        opt("id", Kind::Text),
        req("name", Kind::Text),
        opt("description", Kind::Text),
        opt("type", Kind::Text),
        opt("version", Kind::Text),
        opt("contractId", Kind::Text),
        opt("sbom", Kind::List(&Kind::Record(&SBOM))),
        opt("inputContracts", Kind::List(&Kind::Record(&INPUT_CONTRACT))),
        opt("synonyms", SYNONYMS),
        opt("tags", TEXTS),
        opt("customProperties", CUSTOM_PROPERTIES),
        opt("authoritativeDefinitions", DEFINITIONS),
        opt("context", Kind::Record(&CONTEXT)),
    ],
);

static SBOM: Record = record(
    "bill of materials",
    &[
        opt("id", Kind::Text),
        opt("type", Kind::Text),
        opt("url", Kind::Text),
        opt("tags", TEXTS),
        opt("customProperties", CUSTOM_PROPERTIES),
        opt("authoritativeDefinitions", DEFINITIONS),
    ],
);

static INPUT_CONTRACT: Record = record(
    "input contract",
    &[req("id", Kind::Text), req("version", Kind::Text)],
);

static MANAGEMENT_PORT: Record = record(
    "management port",
    &[
        opt("deprecated", Kind::Bool),
        opt("id", Kind::Text),
        req("name", Kind::Text),
        req("content", Kind::Text),
        opt("type", Kind::Text),
        opt("url", Kind::Text),
        opt("channel", Kind::Text),
        opt("description", Kind::Text),
        opt("tags", TEXTS),
        opt("customProperties", CUSTOM_PROPERTIES),
        opt("authoritativeDefinitions", DEFINITIONS),
    ],
);

static SUPPORT: Record = record(
    "support channel",
    &[
        opt("id", Kind::Text),
        req("channel", Kind::Text),
        req("url", Kind::Text),
        opt("description", Kind::Text),
        opt("tool", Kind::Text),
        opt("scope", Kind::Text),
        opt("invitationUrl", Kind::Text),
        opt("tags", TEXTS),
        opt("customProperties", CUSTOM_PROPERTIES),
        opt("authoritativeDefinitions", DEFINITIONS),
    ],
);

static TEAM_MEMBER: Record = record(
    "team member",
    &[
        opt("id", Kind::Text),
        req("username", Kind::Text),
        opt("name", Kind::Text),
        opt("description", Kind::Text),
        opt("role", Kind::Text),
        opt("dateIn", DATE),
        opt("dateOut", DATE),
        opt("replacedByUsername", Kind::Text),
        opt("tags", TEXTS),
        opt("customProperties", CUSTOM_PROPERTIES),
        opt("authoritativeDefinitions", DEFINITIONS),
    ],
);

static CONTEXT: Record = record(
    "context",
    &[
        opt("instructions", Kind::Text),
        opt(
            "verifiedStatements",
            Kind::List(&Kind::Record(&VERIFIED_STATEMENT)),
        ),
        opt(
            "constraints",
            Kind::List(&Kind::Record(&CONTEXT_CONSTRAINT)),
        ),
    ],
);

static TEAM: Record = record(
    "team",
    &[
        opt("name", Kind::Text),
        opt("description", Kind::Text),
        opt("members", Kind::List(&Kind::Record(&TEAM_MEMBER))),
        opt("tags", TEXTS),
        opt("customProperties", CUSTOM_PROPERTIES),
        opt("authoritativeDefinitions", DEFINITIONS),
    ],
);

static VERIFIED_STATEMENT: Record = record(
    "verified statement",
    &[
        opt("id", Kind::Text),
        req("question", Kind::Text),
        opt("answer", Kind::Text),
        opt("authoritativeDefinitions", DEFINITIONS),
        opt("tags", TEXTS),
        opt("customProperties", CUSTOM_PROPERTIES),
    ],
);

static CONTEXT_CONSTRAINT: Record = record(
    "constraint",
    &[
        opt("id", Kind::Text),
        req("constraint", Kind::Text),
        opt("authoritativeDefinitions", DEFINITIONS),
        opt("tags", TEXTS),
        opt("customProperties", CUSTOM_PROPERTIES),
    ],
);
