//! Rules and what happens on a breach: what attributes say is what the builder says, and what the document says when it
//! is read again.

use chrono::{DateTime, NaiveDate, Utc};
use dataproduct::row::{ColumnType, DataProduct, Decimal, Record};
use dataproduct::{
    Aggregate, Check, ColumnRef, Contract, OnFailure, Operator, Repair, Rule, Severity, Threshold,
    Value,
};

/// What is in stock, month by month.
#[derive(Clone, Debug, PartialEq, DataProduct)]
#[product(
    name = "inventory.stock-months",
    version = "1.0.0",
    owner = "inventory-platform",
    on_failure = quarantine,
    rule(expression("reserved <= on_hand")),
    rule(
        expression("on_hand > 0") < 2.5 %,
        id = "low-stock",
        severity = warning,
        on_failure = notify,
        message = "{{low}} {sku}: {on_hand} left, {rows} rows, {measure}, {size.width}"
    ),
    rule(unknown_references("sku", to = "product.catalogue#sku"), on_failure = reject),
    rule(unknown_references(
        "sku",
        "location",
        to("inventory.shelves#sku", "inventory.shelves#place")
    ) <= 3),
    rule(sum("on_hand") > 0),
    rule(mean("price") >= 1.5),
    rule(minimum("on_hand") >= 0),
    rule(0 < maximum("ratio") < 1e12),
    rule(distinct_count("location") != 1),
    rule(age("at") < "15 minutes"),
    rule(!(10 < age("month") < 86_400.5)),
    rule("1 min" < age("at") < "1 h"),
    rule(out_of_order("on_hand", order = "at", by = "sku", strictly)),
    rule(out_of_order("the-month", order = "at", by("sku", "location")) < 1 %),
    rule(discontinuity(
        opening = "opening",
        closing = "on_hand",
        by("sku", "location"),
        order = "month"
    )),
    rule(smallest_group("location", "size.width") >= 5, on_failure = report),
    rule(volume_change(publishes = 7) > -50 %),
    rule(-50 % < volume_change < 250 %),
    rule(drift("on_hand", publishes = 14) < 0.25, message = "stock looks unlike that of last week"),
    rule(duplicate_values("sku", "month"), repair(keep_latest)),
    rule(duplicate_values("sku", "at") == 0, repair(keep_latest = "at"))
)]
struct StockMonth {
    #[column(key, rule(unknown_references(to = "product.catalogue#sku"), on_failure = quarantine))]
    sku: String,
    #[column(rule(smallest_group >= 5), rule(distinct_count("sku") > 1))]
    location: String,
    #[column(range = 0.., on_failure = quarantine, rule(sum > 0), rule(drift(publishes = 7) < 0.25))]
    on_hand: i64,
    #[column(range = 0.., repair(default = 0), rule(out_of_order(order = "at", by = "sku")))]
    reserved: Option<i64>,
    #[column(repair(map(-1 = 0, -2 = 0)), rule(mean < 5), rule(minimum > 0), rule(maximum < 9))]
    opening: i64,
    #[column(rule(age < 900), rule(drift < 1))]
    at: DateTime<Utc>,
    #[column(id = "the-month")]
    month: NaiveDate,
    #[column(rule(null_values, repair(default = 0.5)))]
    ratio: Option<f64>,
    #[column(rule(expression("price > 0"), repair(default = null)))]
    price: Option<Decimal<10, 2>>,
    #[column(
        one_of("a", "b"),
        repair(map("A" = "a", "n/a" = null, "" = "b")),
        rule(duplicate_values, repair(keep_latest = "at")),
        rule(invalid_values("a", "b"), repair(trim), message = "{shelf}!")
    )]
    shelf: Option<String>,
    #[column(repair(default = true))]
    kept: bool,
    #[column(repair(cast))]
    counted: i64,
    size: Size,
}

/// How large it is.
#[derive(Clone, Debug, PartialEq, Record)]
struct Size {
    #[column(on_failure = report, rule(sum > 0, on_failure = notify))]
    width: Centimetres,
}

/// A length.
#[derive(Clone, Debug, PartialEq, ColumnType)]
#[column(above = 0, on_failure = reject, rule(expression("size.width < 900"), repair(default = 1)))]
struct Centimetres(i32);

fn text(text: &str) -> String {
    text.to_owned()
}

fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|each| text(each)).collect()
}

fn expression(expression: &str) -> Check {
    Check::Expression {
        expression: text(expression),
    }
}

fn refers(columns: &[&str], references: &[&str]) -> Rule {
    Rule::of(Check::UnknownReferences {
        columns: texts(columns),
        references: references
            .iter()
            .map(|text| text.parse::<ColumnRef>().unwrap())
            .collect(),
    })
}

fn value(check: Check, operator: Operator) -> Rule {
    Rule::new(check, Threshold::value(operator))
}

fn aggregate(function: Aggregate, column: Option<&str>, operator: Operator) -> Rule {
    let column = column.map(text);
    value(Check::Aggregate { function, column }, operator)
}

fn age(column: Option<&str>, operator: Operator) -> Rule {
    let column = column.map(text);
    value(Check::Age { column }, operator)
}

fn drift(column: Option<&str>, publishes: u32, below: f64) -> Rule {
    let column = column.map(text);
    let check = Check::Drift { column, publishes };
    value(check, Operator::LessThan(below))
}

fn order(column: Option<&str>, by: &[&str], strictly: bool) -> Check {
    Check::OutOfOrder {
        column: column.map(text),
        by: texts(by),
        order: text("at"),
        strictly,
    }
}

fn groups(columns: &[&str]) -> Rule {
    let columns = texts(columns);
    let five = Threshold::rows(Operator::GreaterOrEqual(5.0));
    Rule::new(Check::SmallestGroup { columns }, five)
}

fn duplicates(columns: &[&str], latest: Option<&str>) -> Rule {
    let columns = texts(columns);
    Rule::of(Check::DuplicateValues { columns })
        .with_on_failure(OnFailure::Repair(Repair::KeepLatest(latest.map(text))))
}

fn default(value: impl Into<Value>) -> OnFailure {
    OnFailure::Repair(Repair::Default(value.into()))
}

/// The rules of the product, in order, as the builder takes them.
fn of_product() -> Vec<Rule> {
    use Operator::{
        Between, GreaterOrEqual, GreaterThan, LessOrEqual, LessThan, NotBe, NotBetween,
    };
    let change = |publishes, operator| {
        Rule::new(
            Check::VolumeChange { publishes },
            Threshold::percent(operator),
        )
    };
    let mut few = refers(
        &["sku", "location"],
        &["inventory.shelves#sku", "inventory.shelves#place"],
    );
    few.threshold = Some(Threshold::rows(LessOrEqual(3.0)));
    vec![
        Rule::of(expression("reserved <= on_hand")),
        Rule::new(expression("on_hand > 0"), Threshold::percent(LessThan(2.5)))
            .with_id("low-stock")
            .with_severity(Severity::Warning)
            .with_on_failure(OnFailure::Notify)
            .with_message("{{low}} {sku}: {on_hand} left, {rows} rows, {measure}, {size.width}"),
        refers(&["sku"], &["product.catalogue#sku"]).with_on_failure(OnFailure::Reject),
        few,
        aggregate(Aggregate::Sum, Some("on_hand"), GreaterThan(0.0)),
        aggregate(Aggregate::Mean, Some("price"), GreaterOrEqual(1.5)),
        aggregate(Aggregate::Minimum, Some("on_hand"), GreaterOrEqual(0.0)),
        aggregate(Aggregate::Maximum, Some("ratio"), Between(0.0, 1e12)),
        aggregate(Aggregate::DistinctCount, Some("location"), NotBe(1.0)),
        age(Some("at"), LessThan(900.0)),
        age(Some("month"), NotBetween(10.0, 86_400.5)),
        age(Some("at"), Between(60.0, 3600.0)),
        Rule::of(order(Some("on_hand"), &["sku"], true)),
        Rule::new(
            order(Some("the-month"), &["sku", "location"], false),
            Threshold::percent(LessThan(1.0)),
        ),
        Rule::of(Check::Discontinuity {
            opening: text("opening"),
            closing: text("on_hand"),
            by: texts(&["sku", "location"]),
            order: text("month"),
        }),
        groups(&["location", "size.width"]).with_on_failure(OnFailure::Report),
        change(7, GreaterThan(-50.0)),
        change(1, Between(-50.0, 250.0)),
        drift(Some("on_hand"), 14, 0.25).with_message("stock looks unlike that of last week"),
        duplicates(&["sku", "month"], None),
        duplicates(&["sku", "at"], Some("at")),
    ]
}

/// What a column says of breaches, and its rules.
fn of_column(name: &str) -> (Option<OnFailure>, Vec<Rule>) {
    use Operator::{GreaterThan, LessThan};
    let above = |function| aggregate(function, None, GreaterThan(0.0));
    let map = |pairs: &[(Value, Value)]| OnFailure::Repair(Repair::Map(pairs.to_vec()));
    let a_or_b = Check::InvalidValues {
        valid: vec!["a".into(), "b".into()],
        pattern: None,
    };
    let number = |number: i64| Value::from(number);
    match name {
        "sku" => {
            let rule = refers(&[], &["product.catalogue#sku"]);
            (None, vec![rule.with_on_failure(OnFailure::Quarantine)])
        }
        "location" => {
            let count = aggregate(Aggregate::DistinctCount, Some("sku"), GreaterThan(1.0));
            (None, vec![groups(&[]), count])
        }
        "on_hand" => (
            Some(OnFailure::Quarantine),
            vec![above(Aggregate::Sum), drift(None, 7, 0.25)],
        ),
        "reserved" => (
            Some(default(0_i64)),
            vec![Rule::of(order(None, &["sku"], false))],
        ),
        "opening" => (
            Some(map(&[(number(-1), number(0)), (number(-2), number(0))])),
            vec![
                aggregate(Aggregate::Mean, None, LessThan(5.0)),
                above(Aggregate::Minimum),
                aggregate(Aggregate::Maximum, None, LessThan(9.0)),
            ],
        ),
        "at" => (None, vec![age(None, LessThan(900.0)), drift(None, 1, 1.0)]),
        "ratio" => {
            let half = default(Value::try_from(0.5).unwrap());
            (
                None,
                vec![Rule::of(Check::NullValues).with_on_failure(half)],
            )
        }
        "price" => {
            let rule = Rule::of(expression("price > 0"));
            (None, vec![rule.with_on_failure(default(Value::Null))])
        }
        "shelf" => (
            Some(map(&[
                ("A".into(), "a".into()),
                ("n/a".into(), Value::Null),
                ("".into(), "b".into()),
            ])),
            vec![
                duplicates(&[], Some("at")),
                Rule::of(a_or_b)
                    .with_on_failure(OnFailure::Repair(Repair::Trim))
                    .with_message("{shelf}!"),
            ],
        ),
        "kept" => (Some(default(true)), Vec::new()),
        "counted" => (Some(OnFailure::Repair(Repair::Cast)), Vec::new()),
        _ => (None, Vec::new()),
    }
}

#[track_caller]
fn check(contract: &Contract) {
    assert_eq!(contract.on_failure(), Some(&OnFailure::Quarantine));
    let expect = of_product();
    for (rule, expect) in contract.rules().iter().zip(&expect) {
        assert_eq!(rule, expect);
    }
    assert_eq!(contract.rules().len(), expect.len());
    for column in contract.columns() {
        let said = (column.on_failure.clone(), column.rules.clone());
        assert_eq!(said, of_column(&column.name), "{}", column.name);
    }
    let width = contract.column("size").unwrap().children().next().unwrap();
    assert_eq!(width.on_failure, Some(OnFailure::Report));
    let own = Rule::of(expression("size.width < 900")).with_on_failure(default(1_i64));
    let sum = aggregate(Aggregate::Sum, None, Operator::GreaterThan(0.0));
    assert_eq!(width.rules, [own, sum.with_on_failure(OnFailure::Notify)]);
}

#[test]
fn rules_are_those_of_the_builder_and_of_the_document() {
    let contract = StockMonth::try_contract().unwrap();
    check(contract);
    let again = Contract::from_yaml(contract.to_yaml()).unwrap();
    check(&again);
    assert_eq!(again, *contract);

    let mut builder = Contract::builder("inventory.stock-months", "1.0.0")
        .with_owner("inventory-platform")
        .with_description("What is in stock, month by month.")
        .with_on_failure(OnFailure::Quarantine);
    for column in StockMonth::columns() {
        let (on_failure, rules) = of_column(&column.name);
        let mut built = column.clone();
        built.on_failure = on_failure;
        built.rules = rules;
        builder = builder.with_column(built);
    }
    for rule in of_product() {
        builder = builder.with_rule(rule);
    }
    assert_eq!(builder.build().unwrap(), *contract);
}
