//! What stands on the page of a contract, before it is Markdown or HTML.

mod rules;

use dataproduct::contract::Period;
use dataproduct::{Column, Contract, Value};

/// A part of a page, in order.
pub(super) enum Part {
    /// Text of the contract.
    Prose(String),
    /// A heading of ours.
    Heading(&'static str),
    /// Facts by a name of ours.
    Facts(Vec<(&'static str, String)>),
    /// Rows under a head of ours; the first cell of a row is a name.
    Table {
        head: Vec<&'static str>,
        rows: Vec<Vec<String>>,
    },
}

/// The parts of a contract's page.
pub(super) fn parts(contract: &Contract) -> Vec<Part> {
    let mut out = Vec::new();
    out.extend(
        contract
            .description()
            .map(|text| Part::Prose(text.to_owned())),
    );
    out.push(Part::Facts(facts(contract)));
    for (heading, text) in [
        ("Purpose", contract.purpose()),
        ("Usage", contract.usage()),
        ("Limitations", contract.limitations()),
    ] {
        if let Some(text) = text {
            out.push(Part::Heading(heading));
            out.push(Part::Prose(text.to_owned()));
        }
    }
    out.push(Part::Heading("Columns"));
    let mut rows = Vec::new();
    columns("", contract.columns(), &mut rows);
    out.push(Part::Table {
        head: vec!["column", "type", "meaning", "values"],
        rows,
    });
    let promises = promises(contract);
    if !promises.is_empty() {
        out.push(Part::Heading("Promises"));
        out.push(Part::Facts(promises));
    }
    let rules = rules::rows(contract);
    if !rules.is_empty() {
        out.push(Part::Heading("Quality rules"));
        out.push(Part::Table {
            head: rules::HEAD.to_vec(),
            rows: rules,
        });
    }
    people(contract, &mut out);
    out
}

fn facts(contract: &Contract) -> Vec<(&'static str, String)> {
    let mut out = vec![
        ("Status", contract.status().to_string()),
        ("Owner", contract.owner().to_owned()),
    ];
    let mut more = |name: &'static str, value: Option<String>| {
        out.extend(value.map(|value| (name, value)));
    };
    more("Steward", contract.ownership().steward.clone());
    more(
        "Published until",
        contract.sunset().map(|day| day.to_string()),
    );
    more("Successor", contract.successor().map(ToString::to_string));
    let names = |columns: Vec<&Column>| {
        let names: Vec<_> = columns.iter().map(|column| column.name.as_str()).collect();
        (!names.is_empty()).then(|| names.join(", "))
    };
    more("Key", names(contract.key()));
    more("Partitioned by", names(contract.partition_by()));
    more(
        "Event time",
        contract.event_time().map(|column| column.name.clone()),
    );
    more("On a breach", contract.on_failure().map(rules::action));
    more(
        "Tags",
        (!contract.tags().is_empty()).then(|| contract.tags().join(", ")),
    );
    out
}

/// A row for each column at every depth.
fn columns(path: &str, columns: &[Column], rows: &mut Vec<Vec<String>>) {
    for column in columns {
        one_column(&format!("{path}{}", column.name), column, rows);
    }
}

fn one_column(path: &str, column: &Column, rows: &mut Vec<Vec<String>>) {
    let mut kind = short_type(column);
    if column.nullable {
        kind.push_str(", may be missing");
    }
    let mut meaning = Vec::new();
    meaning.extend(column.business_name.as_ref().map(|name| format!("{name}.")));
    meaning.extend(column.description.clone());
    if let Some(deprecation) = &column.deprecated {
        let note = deprecation
            .note
            .as_deref()
            .unwrap_or("no longer to be used");
        meaning.push(format!("Deprecated: {note}."));
    }
    rows.push(vec![
        path.to_owned(),
        kind,
        meaning.join(" "),
        values(column).join("; "),
    ]);
    for child in column.children() {
        // Elements, keys and values matter by what is in them; plain ones are part of the type.
        if child.children().next().is_some() || !values(child).is_empty() || is_struct(column) {
            one_column(&format!("{path}.{}", child.name), child, rows);
        }
    }
}

fn is_struct(column: &Column) -> bool {
    matches!(column.data_type, dataproduct::DataType::Struct(_))
}

/// The type without the fields within, which have rows of their own.
fn short_type(column: &Column) -> String {
    use dataproduct::DataType;
    fn short(data_type: &DataType) -> String {
        match data_type {
            DataType::Struct(_) => "struct".to_owned(),
            DataType::List(element) => format!("list of {}", short(&element.data_type)),
            DataType::Map { key, value } => {
                format!(
                    "map from {} to {}",
                    short(&key.data_type),
                    short(&value.data_type)
                )
            }
            DataType::Uuid => "uuid".to_owned(),
            other => other.to_string(),
        }
    }
    short(&column.data_type)
}

/// What the values of a column keep to.
fn values(column: &Column) -> Vec<String> {
    let limits = &column.limits;
    let mut out = Vec::new();
    let mut say = |what: &str, value: Option<String>| {
        out.extend(value.map(|value| format!("{what}{value}")));
    };
    say("key ", column.key.map(|place| place.to_string()));
    say("unique", column.unique.then(String::new));
    say("unit ", column.unit.clone());
    let plain = |value: &Option<Value>| value.as_ref().map(shown);
    say("at least ", plain(&limits.minimum));
    say("above ", plain(&limits.exclusive_minimum));
    say("at most ", plain(&limits.maximum));
    say("below ", plain(&limits.exclusive_maximum));
    say(
        "multiples of ",
        limits.multiple_of.map(|step| step.to_string()),
    );
    let number = |number: Option<u64>| number.map(|number| number.to_string());
    say("length from ", number(limits.min_length));
    say("length to ", number(limits.max_length));
    say("elements from ", number(limits.min_items));
    say("elements to ", number(limits.max_items));
    say("elements all differ", limits.unique_items.then(String::new));
    say("matches ", limits.pattern.clone());
    say("format ", limits.format.clone());
    if !column.allowed.is_empty() {
        let values: Vec<_> = column.allowed.iter().map(|a| shown(&a.value)).collect();
        let more = if column.open_enum {
            " and more to come"
        } else {
            ""
        };
        say("one of ", Some(format!("{}{more}", values.join(", "))));
    }
    say(
        "",
        column
            .classification
            .as_ref()
            .map(|level| level.as_str().to_owned()),
    );
    say(
        "personal data: ",
        column.pii.map(|pii| pii.as_str().to_owned()),
    );
    for reference in &column.references {
        say("refers to ", Some(reference.to_string()));
    }
    say(
        "on a breach: ",
        column.on_failure.as_ref().map(rules::action),
    );
    say("means ", column.semantic_type.clone());
    say(
        "in rows from before the column: ",
        column.default.as_ref().map(shown),
    );
    if !column.examples.is_empty() {
        let examples: Vec<_> = column.examples.iter().map(shown).collect();
        say("such as ", Some(examples.join(", ")));
    }
    out
}

fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn promises(contract: &Contract) -> Vec<(&'static str, String)> {
    let sla = contract.sla();
    let mut out = Vec::new();
    let mut say = |name: &'static str, value: Option<String>| {
        out.extend(value.map(|value| (name, value)));
    };
    let period = |period: Option<std::time::Duration>| period.map(|p| Period(p).to_string());
    say("Never older than", period(sla.freshness));
    say("Published every", period(sla.frequency));
    say("Kept for", period(sla.retention));
    say(
        "Can be read",
        sla.availability_percent
            .map(|percent| format!("{percent} % of the time")),
    );
    for deadline in &sla.deadlines {
        say(
            "There by",
            Some(format!("{} ({})", deadline.cron, deadline.zone)),
        );
    }
    out
}

fn people(contract: &Contract, out: &mut Vec<Part>) {
    let mut table = |heading, head: Vec<&'static str>, rows: Vec<Vec<String>>| {
        if !rows.is_empty() {
            out.push(Part::Heading(heading));
            out.push(Part::Table { head, rows });
        }
    };
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let support = contract.support().iter();
    table(
        "Support",
        vec!["channel", "tool", "address"],
        support
            .map(|c| vec![c.channel.clone(), text(&c.tool), text(&c.url)])
            .collect(),
    );
    let members = contract.ownership().members.iter();
    table(
        "Team",
        vec!["name", "role"],
        members
            .map(|m| vec![m.username.clone(), text(&m.role)])
            .collect(),
    );
    let consumers = contract.ownership().consumers.iter();
    table(
        "Consumers",
        vec!["name", "versions", "purpose"],
        consumers
            .map(|c| vec![c.name.clone(), c.versions.to_string(), c.purpose.clone()])
            .collect(),
    );
    table(
        "Access",
        vec!["role", "access"],
        contract
            .roles()
            .iter()
            .map(|r| vec![r.role.clone(), text(&r.access)])
            .collect(),
    );
}
