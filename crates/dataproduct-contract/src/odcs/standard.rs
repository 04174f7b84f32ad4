//! What the standard allows in a document.
//!
//! Where the published JSON Schemas of v3.2.0 differ, the tables follow the text of the standard: ids
//! are any text without the characters of a list, ports may be text, a property may lack its logical
//! type, and a vector has its options.
//!
//! # Source
//! ODCS v3.2.0, and `schema/odcs-json-schema-v3.2.0.json` of its repository.

use crate::shape::{
    Kind, Record, is_date, is_date_time, is_reference, is_stable_id, opt, record, req,
};

mod property;
mod quality;
mod server;

use property::SCHEMA_OBJECT;
pub(super) use quality::OPERATORS;
use server::SERVER;

const ID: Kind = Kind::Form(
    is_stable_id,
    "a stable id: text without white space and without `. # / \\ @ ! % & ^`",
);
pub(crate) const DATE: Kind = Kind::Form(is_date, "a day as `YYYY-MM-DD`");
pub(crate) const DATE_TIME: Kind = Kind::Form(
    is_date_time,
    "an instant as RFC 3339 writes it, `2026-01-31T09:30:00Z`",
);
const REFERENCE: Kind = Kind::Form(
    is_reference,
    "a reference, `object.property` or `/schema/<id>/properties/<id>`",
);

pub(crate) const TEXTS: Kind = Kind::List(&Kind::Text);
const CUSTOM_PROPERTIES: Kind = Kind::List(&Kind::Record(&CUSTOM_PROPERTY));
const DEFINITIONS: Kind = Kind::List(&Kind::Record(&AUTHORITATIVE_DEFINITION));
const SYNONYMS: Kind = Kind::List(&Kind::Record(&SYNONYM));
const ROLES: Kind = Kind::List(&Kind::Record(&ROLE));
const RELATIONSHIPS: Kind = Kind::List(&Kind::Record(&RELATIONSHIP));
const CONTEXT: Kind = Kind::Choice(&[Kind::Text, Kind::Record(&CONTEXT_DETAILS)]);

/// Versions of the standard that are read.
const VERSIONS: &[&str] = &["v3.2.0", "v3.1.0", "v3.0.2", "v3.0.1", "v3.0.0"];

pub(super) static DOCUMENT: Record = record(
    "contract",
    &[
        req("apiVersion", Kind::OneOf(VERSIONS)),
        req("kind", Kind::OneOf(&["DataContract"])),
        req("id", Kind::Text),
        opt("name", Kind::Text),
        req("version", Kind::Text),
        opt("status", Kind::Text),
        opt("tenant", Kind::Text),
        opt("domain", Kind::Text),
        opt("dataProduct", Kind::Text),
        opt("authoritativeDefinitions", DEFINITIONS),
        opt("description", Kind::Record(&DESCRIPTION)),
        opt("tags", TEXTS),
        opt("context", CONTEXT),
        opt("servers", Kind::List(&Kind::Record(&SERVER))),
        opt("schema", Kind::List(&Kind::Record(&SCHEMA_OBJECT))),
        opt("support", Kind::List(&Kind::Record(&SUPPORT_ITEM))),
        opt("price", Kind::Record(&PRICE)),
        opt(
            "team",
            Kind::Choice(&[Kind::Record(&TEAM), Kind::List(&Kind::Record(&TEAM_MEMBER))]),
        ),
        opt("roles", ROLES),
        opt("slaDefaultElement", Kind::Text),
        opt("slaProperties", Kind::List(&Kind::Record(&SLA_PROPERTY))),
        opt("customProperties", CUSTOM_PROPERTIES),
        opt("contractCreatedTs", DATE_TIME),
    ],
);

static DESCRIPTION: Record = Record {
    name: "description",
    fields: &[
        opt("purpose", Kind::Text),
        opt("limitations", Kind::Text),
        opt("usage", Kind::Text),
        opt("authoritativeDefinitions", DEFINITIONS),
        opt("customProperties", CUSTOM_PROPERTIES),
    ],
    variant: |_| crate::shape::Variant::Open,
    rule: |_, _, _| {},
};

static CUSTOM_PROPERTY: Record = record(
    "custom property",
    &[
        opt("id", ID),
        req("property", Kind::Text),
        req("value", Kind::Any),
        opt("description", Kind::Text),
        opt("vendor", Kind::Text),
    ],
);

static AUTHORITATIVE_DEFINITION: Record = record(
    "authoritative definition",
    &[
        opt("id", ID),
        req("url", Kind::Text),
        req("type", Kind::Text),
        opt("description", Kind::Text),
    ],
);

static SYNONYM: Record = record(
    "synonym",
    &[
        opt("id", ID),
        req("synonym", Kind::Text),
        opt("description", Kind::Text),
        opt("locale", Kind::Text),
        opt("source", Kind::Text),
        opt("status", Kind::Text),
        opt("customProperties", CUSTOM_PROPERTIES),
    ],
);

static CONTEXT_DETAILS: Record = record(
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

static SUPPORT_ITEM: Record = record(
    "support channel",
    &[
        opt("id", ID),
        req("channel", Kind::Text),
        opt("url", Kind::Text),
        opt("description", Kind::Text),
        opt("tool", Kind::Text),
        opt("scope", Kind::Text),
        opt("invitationUrl", Kind::Text),
        opt("customProperties", CUSTOM_PROPERTIES),
    ],
);

static PRICE: Record = record(
    "price",
    &[
        opt("id", ID),
        opt("priceAmount", Kind::Number),
        opt("priceCurrency", Kind::Text),
        opt("priceUnit", Kind::Text),
    ],
);

static TEAM: Record = record(
    "team",
    &[
        opt("id", ID),
        opt("name", Kind::Text),
        opt("description", Kind::Text),
        opt("members", Kind::List(&Kind::Record(&TEAM_MEMBER))),
        opt("tags", TEXTS),
        opt("customProperties", CUSTOM_PROPERTIES),
        opt("authoritativeDefinitions", DEFINITIONS),
    ],
);

static TEAM_MEMBER: Record = record(
    "team member",
    &[
        opt("id", ID),
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

static ROLE: Record = record(
    "role",
    &[
        opt("id", ID),
        req("role", Kind::Text),
        opt("description", Kind::Text),
        opt("access", Kind::Text),
        opt("firstLevelApprovers", Kind::Text),
        opt("secondLevelApprovers", Kind::Text),
        opt("customProperties", CUSTOM_PROPERTIES),
    ],
);

static SLA_PROPERTY: Record = record(
    "service level",
    &[
        opt("id", ID),
        req("property", Kind::Text),
        req("value", Kind::Scalar),
        opt("valueExt", Kind::Scalar),
        opt("unit", Kind::Text),
        opt("element", Kind::Text),
        opt("driver", Kind::Text),
        opt("description", Kind::Text),
        opt("scheduler", Kind::Text),
        opt("schedule", Kind::Text),
        opt("customProperties", CUSTOM_PROPERTIES),
        opt("authoritativeDefinitions", DEFINITIONS),
    ],
);

const ENDPOINT: Kind = Kind::Choice(&[REFERENCE, Kind::NonEmpty(&REFERENCE)]);

/// A relationship of a property; the property is its referring end.
static RELATIONSHIP: Record = record(
    "relationship of a property",
    &[
        opt("id", Kind::Text),
        opt("type", Kind::OneOf(&["foreignKey"])),
        req("to", ENDPOINT),
        opt("customProperties", CUSTOM_PROPERTIES),
    ],
);

/// A relationship of a schema object, which names both ends in the same form.
static OBJECT_RELATIONSHIP: Record = Record {
    name: "relationship of a schema object",
    fields: &[
        opt("id", Kind::Text),
        opt("type", Kind::OneOf(&["foreignKey"])),
        req("from", ENDPOINT),
        req("to", ENDPOINT),
        opt("customProperties", CUSTOM_PROPERTIES),
    ],
    variant: |_| crate::shape::Variant::Plain,
    rule: |node, path, report| {
        if let (Some(from), Some(to)) = (node.get("from"), node.get("to"))
            && from.kind() != to.kind()
        {
            report.note(
                to,
                &path.field("to"),
                "uneven-relationship",
                format!("`from` is {}, `to` is {}", from.kind(), to.kind()),
                "write both ends as one reference, or both as lists",
            );
        }
    },
};
