//! Everything that attributes can say arrives in the contract.

use std::time::Duration;

use chrono::{DateTime, NaiveDate, Utc};
use dataproduct::row::{ColumnType, DataProduct, Decimal, Record};
use dataproduct::{
    Check, Classification, Dimension, Operator, PiiCategory, Rule, Severity, Status, Threshold,
    Value,
};

/// Where an article can be bought.
///
/// - in a store,
/// - on the web.
///
/// The rest of the text
/// is one paragraph.
#[derive(Clone, Debug, PartialEq, DataProduct)]
#[product(
    name = "inventory.offers",
    version = "2.1.0-rc.1",
    status = deprecated,
    sunset = "2027-02-28",
    successor = "inventory.listings@^3",
    id = "offers-of-inventory",
    owner = "inventory-platform",
    member("owner@example.com", role = "owner"),
    member("on-call@example.com", role = "on call"),
    steward = "data-governance",
    consumer("living-room", purpose = "promise delivery", versions = "^2"),
    purpose = "say what can be bought",
    usage = "join by sku",
    limitations = "no prices for firms",
    fresh_within = "15 minutes",
    published_every = "5 min",
    deadline("0 6 * * 1-5", zone = "Europe/Oslo"),
    available = "99.5 %",
    kept_for = "2 years",
    support(slack = "#inventory", url = "https://example.com/slack"),
    support(email = "inventory@example.com"),
    role("analyst", access = "read"),
    tag("stock", "core"),
    custom(costCentre = "4711", "retention-class" = 2, audited = true, weight = 0.5),
    rule(row_count > 0),
    rule(10 < row_count < 1_000_000, severity = warning),
    rule(duplicate_values("sku", "store") == 0, dimension = uniqueness, id = "one-offer"),
)]
struct Offer {
    /// The article.
    #[column(
        key = 2,
        id = "article",
        business_name = "Article number",
        references = "product.catalogue#sku",
        length = 1..=64,
        pattern = "^[0-9s]+$",
        semantic = "https://schema.org/sku",
        example = "s69305697",
        example("1", "2"),
        tag("identifier"),
        rule(null_values < 5 %, name = "Few nulls", description = "Scanners fail.")
    )]
    sku: String,
    #[column(key = 1, sort = 1, name = "store")]
    shop: i32,
    #[column(sort = 2, event_time)]
    seen_at: DateTime<Utc>,
    #[column(partition)]
    country: String,
    #[column(unit = "NOK", above = 0, below = 1_000_000.5, multiple_of = 0.05)]
    price: Decimal<10, 2>,
    #[column(one_of("NOK", "SEK"), open, rule(invalid_values("XXX", pattern = "^[A-Z]{3}$") <= 3))]
    currency: String,
    #[column(range = -10..100, unique, id = "place", renamed_from("place"))]
    rank: i64,
    #[column(items = 1..4, unique_items)]
    colours: Vec<String>,
    #[column(classification = restricted, pii = direct, format = "email", custom(mask = "hash"))]
    contact: Option<String>,
    #[column(classification = "secret", deprecated = "use `contact`", rule(!(1 < missing_values("n/a") < 9)))]
    phone: Option<String>,
    #[column(range = "2020-01-01"..)]
    since: NaiveDate,
    r#type: Kind,
    size: Option<Size>,
}

/// A kind of offer.
#[derive(Clone, Copy, Debug, PartialEq, ColumnType)]
#[column(rename_all = "SCREAMING_SNAKE_CASE")]
enum Kind {
    /// As it comes.
    FullPrice,
    #[column(rename = "sale!")]
    Sale,
    /// Whatever comes next.
    #[column(other)]
    Unknown,
}

/// Centimetres.
#[derive(Clone, Debug, PartialEq, ColumnType)]
#[column(unit = "CMT", above = 0, semantic = "https://schema.org/width")]
struct Length(i32);

/// How large it is.
#[derive(Clone, Debug, PartialEq, Record)]
struct Size {
    width: Length,
    /// Deeper than wide.
    #[column(range = ..=500)]
    depth: Option<Length>,
}

#[test]
fn the_product_says_it_all() {
    let contract = Offer::try_contract().unwrap();
    assert_eq!(
        contract.description(),
        Some(
            "Where an article can be bought.\n\n- in a store,\n- on the web.\n\nThe rest of the text is one paragraph."
        )
    );
    assert_eq!(contract.version().to_string(), "2.1.0-rc.1");
    assert_eq!(
        (contract.id(), contract.status()),
        ("offers-of-inventory", Status::Deprecated)
    );
    assert_eq!(contract.sunset(), NaiveDate::from_ymd_opt(2027, 2, 28));
    assert_eq!(
        contract.successor().unwrap().to_string(),
        "inventory.listings@^3"
    );
    let ownership = contract.ownership();
    let members: Vec<_> = ownership
        .members
        .iter()
        .map(|m| (m.username.as_str(), m.role.as_deref()))
        .collect();
    assert_eq!(
        members,
        [
            ("owner@example.com", Some("owner")),
            ("on-call@example.com", Some("on call"))
        ]
    );
    assert_eq!(
        (ownership.team.as_str(), ownership.steward.as_deref()),
        ("inventory-platform", Some("data-governance"))
    );
    assert_eq!(ownership.consumers[0].versions.to_string(), "^2");
    assert_eq!(contract.purpose(), Some("say what can be bought"));
    assert_eq!(contract.usage(), Some("join by sku"));
    assert_eq!(contract.limitations(), Some("no prices for firms"));
    let sla = contract.sla();
    assert_eq!(sla.freshness, Some(Duration::from_secs(15 * 60)));
    assert_eq!(sla.frequency, Some(Duration::from_secs(5 * 60)));
    assert_eq!(sla.retention, Some(Duration::from_secs(2 * 365 * 86_400)));
    assert_eq!(sla.availability_percent, Some(99.5));
    assert_eq!(
        (
            sla.deadlines[0].cron.as_str(),
            sla.deadlines[0].zone.as_str()
        ),
        ("0 6 * * 1-5", "Europe/Oslo")
    );
    let support: Vec<_> = contract
        .support()
        .iter()
        .map(|s| (s.channel.as_str(), s.tool.as_deref()))
        .collect();
    assert_eq!(
        support,
        [
            ("#inventory", Some("slack")),
            ("inventory@example.com", Some("email"))
        ]
    );
    assert_eq!(contract.roles()[0].access.as_deref(), Some("read"));
    assert_eq!(contract.tags(), ["stock", "core"]);
    let custom: Vec<_> = contract
        .custom()
        .iter()
        .map(|(name, value)| (name.as_str(), value.clone()))
        .collect();
    assert_eq!(
        custom,
        [
            ("costCentre", Value::from("4711")),
            ("retention-class", Value::from(2_i64)),
            ("audited", Value::from(true)),
            ("weight", Value::try_from(0.5).unwrap()),
        ]
    );
    let columns = vec!["sku".to_owned(), "store".to_owned()];
    assert_eq!(
        contract.rules(),
        [
            Rule::new(Check::RowCount, Threshold::rows(Operator::GreaterThan(0.0))),
            Rule::new(
                Check::RowCount,
                Threshold::rows(Operator::Between(10.0, 1e6))
            )
            .with_severity(Severity::Warning),
            Rule::new(
                Check::DuplicateValues { columns },
                Threshold::rows(Operator::Be(0.0))
            )
            .with_dimension(Dimension::Uniqueness)
            .with_id("one-offer"),
        ]
    );
}

#[test]
fn columns_say_what_they_are() {
    let contract = Offer::contract();
    let column = |name| contract.column(name).unwrap();
    let names = |columns: Vec<&dataproduct::Column>| {
        columns
            .iter()
            .map(|column| column.name.clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(names(contract.key()), ["store", "sku"]);
    assert_eq!(names(contract.sort_by()), ["store", "seen_at"]);
    assert_eq!(names(contract.partition_by()), ["country"]);
    assert_eq!(contract.event_time().unwrap().name, "seen_at");

    let sku = column("sku");
    assert_eq!(
        (sku.id.as_deref(), sku.business_name.as_deref()),
        (Some("article"), Some("Article number"))
    );
    assert_eq!(sku.references[0].to_string(), "product.catalogue#sku");
    assert_eq!(
        (sku.limits.min_length, sku.limits.max_length),
        (Some(1), Some(64))
    );
    assert_eq!(sku.limits.pattern.as_deref(), Some("^[0-9s]+$"));
    assert_eq!(sku.semantic_type.as_deref(), Some("https://schema.org/sku"));
    assert_eq!(sku.examples, ["s69305697", "1", "2"].map(Value::from));
    assert_eq!(sku.tags, ["identifier"]);
    let mut rule = Rule::new(
        Check::NullValues,
        Threshold::percent(Operator::LessThan(5.0)),
    )
    .with_description("Scanners fail.");
    rule.name = Some("Few nulls".to_owned());
    assert_eq!(sku.rules, [rule]);

    let price = &column("price").limits;
    assert_eq!(price.exclusive_minimum, Some(Value::from(0_i64)));
    assert_eq!(
        price.exclusive_maximum,
        Some(Value::try_from(1_000_000.5).unwrap())
    );
    assert_eq!(price.multiple_of, Some(0.05));
    assert_eq!(column("price").unit.as_deref(), Some("NOK"));

    let currency = column("currency");
    assert!(currency.open_enum);
    assert_eq!(currency.allowed.len(), 2);
    let invalid = Check::InvalidValues {
        valid: vec!["XXX".into()],
        pattern: Some("^[A-Z]{3}$".to_owned()),
    };
    assert_eq!(
        currency.rules,
        [Rule::new(
            invalid,
            Threshold::rows(Operator::LessOrEqual(3.0))
        )]
    );

    let rank = column("rank");
    assert!(rank.unique);
    assert_eq!(rank.limits.minimum, Some(Value::from(-10_i64)));
    assert_eq!(rank.limits.exclusive_maximum, Some(Value::from(100_i64)));

    let colours = &column("colours").limits;
    assert_eq!(
        (colours.min_items, colours.max_items, colours.unique_items),
        (Some(1), Some(3), true)
    );

    let contact = column("contact");
    assert!(contact.nullable);
    assert_eq!(contact.classification, Some(Classification::Restricted));
    assert_eq!(contact.pii, Some(PiiCategory::Direct));
    assert_eq!(contact.limits.format.as_deref(), Some("email"));
    assert_eq!(contact.custom, [("mask".to_owned(), Value::from("hash"))]);

    let phone = column("phone");
    assert_eq!(
        phone.classification,
        Some(Classification::Other("secret".to_owned()))
    );
    let rank = contract.column("rank").unwrap();
    assert_eq!(rank.former_names, ["place"]);
    assert_eq!(
        phone.deprecated.as_ref().unwrap().note.as_deref(),
        Some("use `contact`")
    );
    let missing = Check::MissingValues {
        missing: vec!["n/a".into()],
    };
    assert_eq!(
        phone.rules,
        [Rule::new(
            missing,
            Threshold::rows(Operator::NotBetween(1.0, 9.0))
        )]
    );
    assert_eq!(
        column("since").limits.minimum,
        Some(Value::from("2020-01-01"))
    );
}

#[test]
fn enums_newtypes_and_records_say_what_they_are() {
    let contract = Offer::contract();
    let kind = contract.column("type").unwrap();
    let allowed: Vec<_> = kind
        .allowed
        .iter()
        .map(|a| (a.value.as_str().unwrap(), a.description.as_deref()))
        .collect();
    assert_eq!(
        allowed,
        [
            ("FULL_PRICE", Some("As it comes.")),
            ("sale!", None),
            ("UNKNOWN", Some("Whatever comes next."))
        ]
    );
    assert!(kind.open_enum, "an enum that reads unknown labels may grow");

    let size = contract.column("size").unwrap();
    assert_eq!(
        (size.nullable, size.description.as_deref()),
        (true, Some("How large it is."))
    );
    let fields: Vec<_> = size.children().collect();
    assert_eq!(fields[0].unit.as_deref(), Some("CMT"));
    assert_eq!(fields[0].description.as_deref(), Some("Centimetres."));
    assert_eq!(fields[1].description.as_deref(), Some("Deeper than wide."));
    assert_eq!(
        fields[1].semantic_type.as_deref(),
        Some("https://schema.org/width")
    );
    assert_eq!(fields[1].limits.exclusive_minimum, Some(Value::from(0_i64)));
    assert_eq!(fields[1].limits.maximum, Some(Value::from(500_i64)));
}

/// A declaration whose mistake only the contract can see.
#[derive(Debug, DataProduct)]
#[product(name = "inventory.broken", version = "1.0.0", owner = "inventory")]
struct Broken {
    #[column(pattern = "a{2,1}")]
    text: String,
    #[column(key)]
    name: Keyless,
}

#[derive(Debug, ColumnType)]
struct Keyless(f64);

#[test]
fn what_the_macro_cannot_see_the_contract_reports() {
    let problems = Broken::try_contract().unwrap_err();
    let codes: Vec<_> = problems.iter().map(|problem| problem.code).collect();
    assert_eq!(codes, ["bad-role-type", "bad-pattern"]);
    let panic = std::panic::catch_unwind(Broken::contract).unwrap_err();
    let message = panic.downcast_ref::<String>().unwrap();
    assert!(
        message.contains("`Broken`") && message.contains("bad-pattern"),
        "{message}"
    );
}

#[test]
fn rows_have_a_json_schema() {
    let schema = Offer::json_schema();
    let object = schema.as_object().unwrap();
    assert_eq!(object["title"], "Offer");
    let required: Vec<_> = object["required"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|v| v.as_str())
        .collect();
    assert!(required.contains(&"sku") && !required.contains(&"contact"));
    let sku = &object["properties"]["sku"];
    assert_eq!(
        (sku["pattern"].as_str(), sku["maxLength"].as_u64()),
        (Some("^(?:^[0-9s]+$)$"), Some(64))
    );
    assert_eq!(object["properties"]["phone"]["deprecated"], true);
    let width = &object["properties"]["size"]["properties"]["width"];
    assert_eq!(width["exclusiveMinimum"], 0);
}

/// What a consumer reads, some of it nested.
#[derive(Record, dataproduct::row::Consumes)]
#[consumes(
    product = "inventory.stock-levels@>=1.2, <3",
    consumer = "living-room",
    owner = "advice-team",
    purpose = "answer what is in stock"
)]
#[allow(dead_code, reason = "only its columns are asked for")]
struct Consumed {
    sku: String,
    #[column(name = "on-hand")]
    on_hand: i64,
    inbound: Vec<Nested>,
    size: Option<Nested>,
    by_site: std::collections::BTreeMap<String, Nested>,
    tags: Vec<String>,
}

/// Something nested.
#[derive(Record)]
#[allow(dead_code, reason = "only its columns are asked for")]
struct Nested {
    quantity: i32,
    note: Option<String>,
}

#[test]
fn a_consumption_names_the_columns_by_path() {
    use dataproduct::row::Consumes as _;
    let consumption = Consumed::consumption();
    assert_eq!(
        consumption.product.to_string(),
        "inventory.stock-levels@>=1.2, <3"
    );
    assert_eq!(
        (
            consumption.consumer.as_str(),
            consumption.owner.as_str(),
            consumption.purpose.as_str()
        ),
        ("living-room", "advice-team", "answer what is in stock"),
    );
    assert_eq!(
        consumption.columns,
        [
            "sku",
            "on-hand",
            "inbound.element.quantity",
            "inbound.element.note",
            "size.quantity",
            "size.note",
            "by_site.value.quantity",
            "by_site.value.note",
            "tags",
        ]
    );
    let text = consumption.to_yaml().unwrap();
    assert_eq!(
        dataproduct::Consumption::from_yaml(&text).unwrap(),
        *consumption
    );
}
