//! Words, labels, prices and everything that is left.

use dataproduct_contract::odcs::{
    CustomProperty, Description, Document, EnumValue, LogicalTypeOptions, Price, Property,
    SchemaObject,
};
use dataproduct_contract::{Contract, DataType, Deprecation};
use serde::Serialize;

use super::columns::Stated;
use super::found::{Found, json, list};
use super::{features, meaning, paired, schema, storage};
use crate::Kind;
use crate::change::Effect;

/// The vendor of the custom properties that contracts have fields for.
const VENDOR: &str = "dataproduct";
/// Custom properties of a column that are compared under their own names.
const COLUMN_FIELDS: &[&str] = &[
    "eventTime",
    "sortPosition",
    "unit",
    "piiCategory",
    "openEnum",
    "deprecationNote",
    "formerNames",
    "default",
];
/// Custom properties of a contract that are compared under their own names.
const CONTRACT_FIELDS: &[&str] = &["steward", "consumers", "sunset", "successor"];

pub(crate) fn column(path: &str, old: Stated<'_>, new: Stated<'_>, found: &mut Found) {
    let (a, b) = (old.column, new.column);
    let words = Kind::DescriptionChanged;
    found.metadata(words, path, a.description.clone(), b.description.clone());
    let (x, y) = (a.business_name.clone(), b.business_name.clone());
    found.metadata(words, &format!("{path}.businessName"), x, y);
    deprecation(path, a.deprecated.as_ref(), b.deprecated.as_ref(), found);
    found.metadata(Kind::TagsChanged, path, list(&a.tags), list(&b.tags));
    let (x, y) = (list(&a.examples), list(&b.examples));
    found.metadata(Kind::ExamplesChanged, path, x, y);
    if let (Some(a), Some(b)) = (old.property, new.property)
        && a != b
    {
        let text = |p: &Property| p.transform_description.clone();
        found.metadata(
            words,
            &format!("{path}.transformDescription"),
            text(a),
            text(b),
        );
        found.metadata(
            Kind::SynonymsChanged,
            path,
            json(&a.synonyms),
            json(&b.synonyms),
        );
        custom(
            path,
            a.custom_properties.as_deref(),
            b.custom_properties.as_deref(),
            COLUMN_FIELDS,
            found,
        );
        rest(path, &other_parts(old, a), &other_parts(new, b), found);
    }
}

fn deprecation(
    path: &str,
    old: Option<&Deprecation>,
    new: Option<&Deprecation>,
    found: &mut Found,
) {
    let text = |deprecation: Option<&Deprecation>| {
        deprecation.map(|d| d.note.clone().unwrap_or_else(|| "deprecated".to_owned()))
    };
    let kind = match (old, new) {
        (None, Some(_)) => Kind::ColumnDeprecated,
        (Some(_), None) => Kind::ColumnRestored,
        _ => Kind::DescriptionChanged,
    };
    found.metadata(kind, path, text(old), text(new));
}

/// What a property says that is compared nowhere else.
fn other_parts(stated: Stated<'_>, property: &Property) -> Property {
    let mut other = Property::default();
    let options = property.logical_type_options.as_ref();
    other.logical_type_options = options
        .map(|options| other_options(stated, options))
        .filter(|options| *options != LogicalTypeOptions::default());
    other.encrypted_name = property.encrypted_name.clone();
    other.critical_data_element = property.critical_data_element.filter(|is| *is);
    let values = property.enum_values.iter().flatten();
    let values: Vec<EnumValue> = values.map(other_parts_of_value).collect();
    // Values that say nothing besides themselves are compared as a list.
    if values.iter().any(|value| *value != EnumValue::default()) {
        other.enum_values = Some(values);
    }
    other
}

fn other_parts_of_value(value: &EnumValue) -> EnumValue {
    let mut other = EnumValue::default();
    other.id = value.id.clone();
    other.tags = value.tags.clone();
    other.custom_properties = value.custom_properties.clone();
    other.authoritative_definitions = value.authoritative_definitions.clone();
    other
}

fn other_options(stated: Stated<'_>, options: &LogicalTypeOptions) -> LogicalTypeOptions {
    let mut other = LogicalTypeOptions::default();
    other.min_properties = options.min_properties;
    other.max_properties = options.max_properties;
    other.dimensions = options.dimensions;
    other.element_type = options.element_type;
    other.distance_metric = options.distance_metric;
    other.embedding_model = options.embedding_model.clone();
    other.embedding_model_version = options.embedding_model_version.clone();
    other.normalized = options.normalized;
    // The format of numbers and of UUIDs is their type, that of other text a limit; only that of dates
    // and times is left, which says how they are written.
    let data_type = &stated.column.data_type;
    let is_told = data_type.is_numeric()
        || !data_type.is_ordered()
        || matches!(
            data_type,
            DataType::String | DataType::Uuid | DataType::Binary
        );
    other.format = options.format.clone().filter(|_| !is_told);
    other
}

/// Compares two parts key by key, and names every key that differs.
fn rest<T: Serialize + PartialEq>(path: &str, old: &T, new: &T, found: &mut Found) {
    if old == new {
        return;
    }
    let object = |part: &T| match serde_json::to_value(part) {
        Ok(serde_json::Value::Object(object)) => object,
        _ => serde_json::Map::new(),
    };
    let (a, b) = (object(old), object(new));
    let mut names: Vec<&String> = a.keys().chain(b.keys()).collect();
    names.sort();
    names.dedup();
    for name in names {
        let path = if path.is_empty() {
            name.clone()
        } else {
            format!("{path}.{name}")
        };
        let value = |object: &serde_json::Map<String, serde_json::Value>| {
            object.get(name).and_then(|value| json(&Some(value)))
        };
        found.metadata(Kind::OtherChanged, &path, value(&a), value(&b));
    }
}

/// Properties of the organisation's own, and of vendors.
pub(crate) fn custom(
    path: &str,
    old: Option<&[CustomProperty]>,
    new: Option<&[CustomProperty]>,
    known: &[&str],
    found: &mut Found,
) {
    let is_field = |property: &CustomProperty| {
        property.vendor.as_deref() == Some(VENDOR) && known.contains(&property.property.as_str())
    };
    custom_besides(path, old, new, is_field, found);
}

/// As [`custom`], besides the values of those that are compared elsewhere.
fn custom_besides(
    path: &str,
    old: Option<&[CustomProperty]>,
    new: Option<&[CustomProperty]>,
    is_field: impl Fn(&CustomProperty) -> bool,
    found: &mut Found,
) {
    if old == new {
        return;
    }
    let foreign = |list: Option<&[CustomProperty]>| -> Vec<CustomProperty> {
        let list = list.unwrap_or_default().iter().cloned();
        list.filter_map(|mut property| {
            if is_field(&property) {
                // The value is compared as what it means; what else is said stays to be compared.
                property.value = dataproduct_contract::Value::Null;
                if property.id.is_none() && property.description.is_none() {
                    return None;
                }
            }
            Some(property)
        })
        .collect()
    };
    let (old, new) = (foreign(old), foreign(new));
    for (a, b) in paired(&old, &new, |p| (p.vendor.as_deref(), p.property.as_str())) {
        let Some(either) = a.or(b) else { continue };
        let dot = if path.is_empty() { "" } else { "." };
        let path = format!("{path}{dot}custom.{}", either.property);
        // The value alone says most; what else differs is seen when the values do not.
        let whole = a.map(|p| &p.value) == b.map(|p| &p.value);
        let text = |property: Option<&CustomProperty>| {
            let property = property?;
            if whole {
                json(&Some(property))
            } else {
                json(&Some(&property.value))
            }
        };
        found.metadata(Kind::CustomChanged, &path, text(a), text(b));
    }
}

pub(crate) fn contract(old: &Contract, new: &Contract, found: &mut Found) {
    let own = |text: Option<&str>| text.map(str::to_owned);
    let words = Kind::DescriptionChanged;
    let (a, b) = (own(old.description()), own(new.description()));
    found.metadata(words, "description", a, b);
    let (a, b) = (own(old.purpose()), own(new.purpose()));
    found.metadata(words, "description.purpose", a, b);
    let (a, b) = (own(old.usage()), own(new.usage()));
    found.metadata(Kind::TermsChanged, "description.usage", a, b);
    let (a, b) = (own(old.limitations()), own(new.limitations()));
    found.metadata(Kind::TermsChanged, "description.limitations", a, b);
    found.metadata(
        Kind::TagsChanged,
        "tags",
        list(old.tags()),
        list(new.tags()),
    );
    let (a, b) = (old.document(), new.document());
    found.metadata(
        Kind::ContextChanged,
        "context",
        json(&a.context),
        json(&b.context),
    );
    meaning::definitions(
        "contract",
        a.authoritative_definitions.as_deref(),
        b.authoritative_definitions.as_deref(),
        found,
    );
    price(a.price.as_ref(), b.price.as_ref(), found);
    let features = features::told(old, new);
    custom_besides(
        "",
        a.custom_properties.as_deref(),
        b.custom_properties.as_deref(),
        |property| {
            let name = property.property.as_str();
            features.contains(&name)
                || property.vendor.as_deref() == Some(VENDOR) && CONTRACT_FIELDS.contains(&name)
        },
        found,
    );
    description(a.description.as_ref(), b.description.as_ref(), found);
    if let (Some(a), Some(b)) = (schema(a), schema(b)) {
        table(a, b, found);
        // Without physical names the names of the tables are what readers bind to, and were compared as such.
        let is_told = a.physical_name.is_none()
            && b.physical_name.is_none()
            && storage::bound_names(old, new).is_some();
        if !is_told {
            let name = |s: &SchemaObject| Some(s.name.clone());
            found.metadata(Kind::OtherChanged, "schema.name", name(a), name(b));
        }
    }
    rest("", &other_document(a, old), &other_document(b, new), found);
}

fn description(old: Option<&Description>, new: Option<&Description>, found: &mut Found) {
    let default = Description::default();
    let (a, b) = (old.unwrap_or(&default), new.unwrap_or(&default));
    if a == b {
        return;
    }
    meaning::definitions(
        "description",
        a.authoritative_definitions.as_deref(),
        b.authoritative_definitions.as_deref(),
        found,
    );
    custom(
        "description",
        a.custom_properties.as_deref(),
        b.custom_properties.as_deref(),
        &[],
        found,
    );
    for (a, b) in pairs(&a.other, &b.other) {
        let Some((name, _)) = a.or(b) else { continue };
        let text = |entry: Option<(&str, &dataproduct_contract::Value)>| {
            entry.and_then(|(_, value)| json(&Some(value)))
        };
        let path = format!("description.{name}");
        found.metadata(Kind::DescriptionChanged, &path, text(a), text(b));
    }
}

type Entry<'a> = Option<(&'a str, &'a dataproduct_contract::Value)>;

fn pairs<'a>(
    old: &'a dataproduct_contract::Map,
    new: &'a dataproduct_contract::Map,
) -> Vec<(Entry<'a>, Entry<'a>)> {
    let (a, b): (Vec<_>, Vec<_>) = (old.iter().collect(), new.iter().collect());
    // The pairs borrow from the maps, not from the two lists.
    let by_name: std::collections::HashMap<_, _> = b.iter().copied().collect();
    let known: std::collections::HashSet<_> = a.iter().map(|(name, _)| *name).collect();
    let kept = a.iter().map(|(name, value)| {
        let partner = by_name.get(name).map(|value| (*name, *value));
        (Some((*name, *value)), partner)
    });
    let added = b.iter().filter(|(name, _)| !known.contains(name));
    kept.chain(added.map(|entry| (None, Some(*entry))))
        .collect()
}

/// What the data costs. More, or charged in another way, is what a reader has to know of.
fn price(old: Option<&Price>, new: Option<&Price>, found: &mut Found) {
    if old == new {
        return;
    }
    let text = |price: Option<&Price>| {
        let price = price?;
        let amount = price.price_amount.map(|amount| amount.to_string());
        let parts = [
            amount,
            price.price_currency.clone(),
            price.price_unit.clone(),
        ];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        (!parts.is_empty()).then(|| parts.join(" "))
    };
    let terms = |price: Option<&Price>| {
        price.map(|price| (price.price_currency.clone(), price.price_unit.clone()))
    };
    let amount = |price: Option<&Price>| price.and_then(|p| p.price_amount).map(|a| a.as_f64());
    let is_lower = match (amount(old), amount(new)) {
        (Some(a), Some(b)) => terms(old) == terms(new) && b < a,
        (_, None) => new.is_none(),
        _ => false,
    };
    let kind = if is_lower {
        Kind::PriceLowered
    } else {
        Kind::PriceRaised
    };
    if text(old) == text(new) {
        let (a, b) = (json(&old), json(&new));
        found.metadata(Kind::OtherChanged, "price", a, b);
    } else {
        found.effect(kind, "price", Effect::Metadata, text(old), text(new));
    }
}

/// What is said of the table besides its columns.
fn table(old: &SchemaObject, new: &SchemaObject, found: &mut Found) {
    let words = Kind::DescriptionChanged;
    let (a, b) = (old.business_name.clone(), new.business_name.clone());
    found.metadata(words, "schema.businessName", a, b);
    let grain = |s: &SchemaObject| s.data_granularity_description.clone();
    found.metadata(
        words,
        "schema.dataGranularityDescription",
        grain(old),
        grain(new),
    );
    let tags = |s: &SchemaObject| s.tags.as_deref().and_then(list::<String>);
    found.metadata(Kind::TagsChanged, "schema.tags", tags(old), tags(new));
    let (a, b) = (json(&old.synonyms), json(&new.synonyms));
    found.metadata(Kind::SynonymsChanged, "schema", a, b);
    let (a, b) = (json(&old.context), json(&new.context));
    found.metadata(Kind::ContextChanged, "schema.context", a, b);
    meaning::definitions(
        "schema",
        old.authoritative_definitions.as_deref(),
        new.authoritative_definitions.as_deref(),
        found,
    );
    custom(
        "schema",
        old.custom_properties.as_deref(),
        new.custom_properties.as_deref(),
        &[],
        found,
    );
    let id = |s: &SchemaObject| s.id.clone();
    found.metadata(Kind::OtherChanged, "schema.id", id(old), id(new));
}

/// What a document says that is compared nowhere else.
fn other_document(document: &Document, contract: &Contract) -> Document {
    let mut d = document.clone();
    d.api_version = dataproduct_contract::odcs::ApiVersion::default();
    d.id = String::new();
    // The name of the contract is the product's, or one beside it.
    d.name = d
        .name
        .filter(|name| *name != contract.name().product().as_str());
    d.data_product = d
        .data_product
        .filter(|name| *name != contract.name().product().as_str());
    d.version = String::new();
    d.status = None;
    d.domain = None;
    d.authoritative_definitions = None;
    d.description = None;
    d.tags = None;
    d.context = None;
    d.servers = None;
    d.schema = None;
    d.support = None;
    d.price = None;
    d.team = None;
    d.roles = None;
    d.sla_properties = None;
    d.sla_default_element = None;
    d.custom_properties = None;
    d
}
