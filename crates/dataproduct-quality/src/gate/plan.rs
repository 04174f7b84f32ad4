//! From a contract to the rules that are run: what its columns say, its keys, and its rules, in its order.

use std::collections::HashSet;
use std::sync::Arc;

use arrow_schema::{DataType as ArrowType, Schema};
use dataproduct_contract::{
    Aggregate, Check, Column, Contract, DataType, Expression, OnFailure, Repair, Rule, Severity,
    Threshold, Value,
};

use super::context::GateContext;
use super::limits::{bound_at, limits};
use super::rule::{Planned, Rules, Run, Structure};
use crate::checks::{Member, Missing, Pattern, RowCheck};
use crate::expr::Predicate;
use crate::measure::{
    Aggregated, Drift, Figure, Groups, Measure, Neighbours, Newest, Refers, RowCount, Sequence,
    Volume,
};
use crate::outcome::Mask;
use crate::unique::Nulls;

/// Plans the rules of a contract.
pub(crate) fn rules(contract: &Contract, context: &GateContext) -> Rules {
    let mut plan = Plan {
        contract,
        context,
        schema: contract.arrow_schema(),
        ids: HashSet::new(),
        rules: Rules::default(),
    };
    for column in contract.columns() {
        plan.column(column, &column.name, contract.on_failure());
    }
    let key: Vec<String> = contract.key().iter().map(|c| c.name.clone()).collect();
    if !key.is_empty() {
        plan.primary_key(key);
    }
    for rule in contract.rules() {
        plan.rule(rule, None, contract.on_failure());
    }
    plan.rules
}

struct Plan<'a> {
    contract: &'a Contract,
    context: &'a GateContext,
    schema: Arc<Schema>,
    ids: HashSet<String>,
    rules: Rules,
}

/// A column that a rule stands with.
#[derive(Clone, Copy)]
struct Own<'a> {
    path: &'a str,
}

impl Plan<'_> {
    /// An identifier that no other rule has.
    fn id(&mut self, wanted: &str) -> Arc<str> {
        let mut id = wanted.to_owned();
        let mut next = 2;
        while !self.ids.insert(id.clone()) {
            id = format!("{wanted}-{next}");
            next += 1;
        }
        id.into()
    }

    /// A rule that a column states by itself.
    fn said(&mut self, at: &str, check: &str, expected: Option<String>, said: Said<'_>) {
        let id = self.id(&format!("{at}.{check}"));
        let action = said.action.cloned().unwrap_or(OnFailure::Reject);
        let action = match (&said.run, action) {
            // Rows that are not of the contract's structure cannot be published, whatever is said of them.
            (Run::Structure(_), OnFailure::Report | OnFailure::Notify) => OnFailure::Reject,
            (_, action) => action,
        };
        let otherwise = match said.product {
            Some(OnFailure::Quarantine) => OnFailure::Quarantine,
            _ => OnFailure::Reject,
        };
        self.rules.planned.push(Planned {
            id,
            check: check.to_owned(),
            name: None,
            description: None,
            columns: vec![at.to_owned()],
            severity: Severity::Error,
            dimension: None,
            on_failure: action,
            otherwise,
            threshold: None,
            expected,
            message: None,
            source: None,
            run: said.run,
        });
    }

    /// All that a column and its parts say.
    fn column(&mut self, column: &Column, path: &str, above: Option<&OnFailure>) {
        let action = column.on_failure.as_ref().or(above);
        let said = |run| Said {
            run,
            action,
            product: self.contract.on_failure(),
        };
        let structure = |kind| said(Run::Structure(kind));
        let mut all: Vec<(&str, Option<String>, Said<'_>)> = Vec::new();
        if !column.nullable {
            all.push(("required", None, structure(Structure::Required)));
        }
        if column.on_failure == Some(OnFailure::Repair(Repair::Cast)) {
            let expected = Some(format!("reads as {}", column.data_type));
            all.push(("cast", expected, structure(Structure::Cast)));
        }
        if is_judged_as_type(&column.data_type) {
            let expected = Some(format!("is {}", column.data_type));
            all.push(("type", expected, structure(Structure::Type)));
        }
        let is_label = column.data_type == DataType::String && column.is_enum();
        if is_label && !column.open_enum {
            let expected = Some(listed(column.allowed.iter().map(|a| &a.value)));
            all.push(("allowed", expected, structure(Structure::Allowed)));
        }
        for (check, expected, bound) in limits(column) {
            let run = bound_at(path, &self.schema, bound);
            all.push((check, expected, said(run)));
        }
        for (check, expected, said) in all {
            self.said(path, check, expected, said);
        }
        // A key of one column is unique as the key.
        let is_key = self.contract.key().len() == 1 && column.key.is_some();
        if column.unique && path == column.name && !is_key {
            self.unique(&format!("{path}.unique"), vec![path.to_owned()], action);
        }
        for rule in &column.rules {
            self.rule(rule, Some(Own { path }), action);
        }
        let part = |plan: &mut Self, column: &Column, name: &str| {
            plan.column(column, &format!("{path}.{name}"), action);
        };
        match &column.data_type {
            DataType::Struct(fields) => {
                for field in fields {
                    part(self, field, &field.name);
                }
            }
            DataType::List(element) => part(self, element, "element"),
            DataType::Map { key, value } => {
                part(self, key, "key");
                part(self, value, "value");
            }
            _ => {}
        }
    }

    /// What is said above a rule of its own: a column's repair is for what the column says, and leaves it to the
    /// product what else happens.
    fn for_rows<'b>(&'b self, above: Option<&'b OnFailure>) -> Option<&'b OnFailure> {
        match above {
            Some(OnFailure::Repair(_)) => self.contract.on_failure(),
            other => other,
        }
    }

    /// The primary key. Where rows change others by it, the table may have it, and rows of the publish may as long as one
    /// of them is the latest.
    fn primary_key(&mut self, key: Vec<String>) {
        let above = self.contract.on_failure();
        let Some(by_key) = &self.context.by_key else {
            return self.unique("key", key, above);
        };
        let (columns, nulls, expected) = match by_key.latest.clone() {
            None => (key.clone(), Nulls::Distinct, None),
            Some(latest) => {
                let expected = format!("of rows with one key the latest by `{latest}` counts");
                let columns = key.iter().filter(|column| **column != latest).cloned();
                let columns = columns.chain([latest.clone()]).collect();
                (columns, Nulls::Equal, Some(expected))
            }
        };
        let run = self.key(&columns, nulls);
        if let Run::Unique(place) = run {
            self.rules.by_key = Some((key, place));
        }
        self.no_two("key", columns, above, expected, run);
    }

    /// A key that no two rows of the table may share.
    fn unique(&mut self, id: &str, columns: Vec<String>, action: Option<&OnFailure>) {
        let run = self.key(&columns, Nulls::Distinct);
        if let Run::Unique(place) = run {
            self.rules.of_table.insert(place);
        }
        self.no_two(id, columns, action, None, run);
    }

    /// A rule that no two rows share what is in some columns.
    fn no_two(
        &mut self,
        id: &str,
        columns: Vec<String>,
        action: Option<&OnFailure>,
        expected: Option<String>,
        run: Run,
    ) {
        let id = self.id(id);
        let on_failure = self.for_rows(action).unwrap_or(&OnFailure::Reject).clone();
        self.rules.planned.push(Planned {
            id,
            check: "unique".to_owned(),
            name: None,
            description: None,
            columns,
            severity: Severity::Error,
            dimension: None,
            on_failure,
            otherwise: OnFailure::Reject,
            threshold: None,
            expected,
            message: None,
            source: None,
            run,
        });
    }

    /// The place of a key among those of the gate.
    fn key(&mut self, columns: &[String], nulls: Nulls) -> Run {
        let key = (columns.to_vec(), nulls);
        let known = self.rules.keys.iter().position(|known| *known == key);
        Run::Unique(known.unwrap_or_else(|| {
            self.rules.keys.push(key);
            self.rules.keys.len() - 1
        }))
    }

    fn measure(&mut self, measure: Result<Measure, String>) -> Run {
        if let Some(why) = &self.context.is_part {
            return Run::Left(why.clone());
        }
        match measure {
            Ok(measure) => {
                self.rules.measures.push(measure);
                Run::Measure(self.rules.measures.len() - 1)
            }
            Err(why) => Run::Left(why),
        }
    }

    /// A rule of the contract.
    fn rule(&mut self, rule: &Rule, own: Option<Own<'_>>, above: Option<&OnFailure>) {
        let check = rule.check.name();
        let wanted = match (&rule.id, own) {
            (Some(id), _) => id.clone(),
            (None, Some(own)) => format!("{}.{check}", own.path),
            (None, None) => check.to_owned(),
        };
        let id = self.id(&wanted);
        let run = self.run(rule, own);
        let (on_failure, otherwise) = happens(rule, self.for_rows(above));
        self.rules.planned.push(Planned {
            id,
            check: check.to_owned(),
            name: rule.name.clone(),
            description: rule.description.clone(),
            columns: columns(rule, own),
            severity: rule.severity,
            dimension: rule.dimension,
            on_failure,
            otherwise,
            threshold: rule.threshold,
            expected: expected(rule),
            message: rule.message.clone(),
            source: Some(rule.check.clone()),
            run,
        });
    }

    fn run(&mut self, rule: &Rule, own: Option<Own<'_>>) -> Run {
        let own_column = |own: Option<Own<'_>>| own.map(|own| own.path.to_owned());
        let subject = |column: &Option<String>| column.clone().or_else(|| own_column(own));
        let together = |columns: &[String]| match columns {
            [] => own_column(own).into_iter().collect(),
            columns => columns.to_vec(),
        };
        let without = || "the rule does not say which column it is about".to_owned();
        let schema = Arc::clone(&self.schema);
        match &rule.check {
            Check::NullValues => self.of_column(own, |_| Ok(RowCheck::NotNull)),
            Check::MissingValues { missing } => {
                self.of_column(own, |t| Missing::bind(missing, t).map(RowCheck::Missing))
            }
            Check::InvalidValues { valid, pattern } => self.invalid(own, valid, pattern.as_deref()),
            Check::DuplicateValues { columns } => match together(columns) {
                columns if columns.is_empty() => Run::Left(without()),
                columns => self.key(&columns, Nulls::Equal),
            },
            Check::RowCount => self.measure(Ok(Measure::RowCount(RowCount::default()))),
            Check::Expression { expression } => {
                let predicate = Expression::parse(expression)
                    .map_err(|error| error.to_string())
                    .and_then(|e| Predicate::bind(&e, &schema).map_err(|e| e.to_string()));
                match predicate {
                    Ok(predicate) => Run::Expression(predicate),
                    Err(why) => Run::Left(why),
                }
            }
            Check::UnknownReferences {
                columns,
                references,
            } => match self.context.keys(references) {
                Some(Ok(keys)) => Run::Refers(Refers::new(&together(columns), keys)),
                Some(Err(why)) => Run::Left(why),
                None => {
                    let product = references.first().map(|r| r.product.to_string());
                    let product = product.unwrap_or_default();
                    Run::Left(format!("the keys of `{product}` were not given"))
                }
            },
            Check::Aggregate { function, column } => {
                let bound = subject(column).ok_or_else(without).and_then(|column| {
                    if *function == Aggregate::DistinctCount {
                        let groups = Groups::bind(Figure::Count, &[column], &schema);
                        return groups.map(Measure::Groups);
                    }
                    Aggregated::bind(*function, &column, &schema).map(Measure::Aggregated)
                });
                self.measure(bound)
            }
            Check::Age { column } => {
                let column = subject(column).ok_or_else(without);
                let bound = column.and_then(|column| Newest::bind(&column, &schema));
                self.measure(bound.map(Measure::Newest))
            }
            Check::OutOfOrder {
                column,
                by,
                order,
                strictly,
            } => {
                let bound = subject(column).ok_or_else(without).and_then(|column| {
                    let strictly = *strictly;
                    let rising = Neighbours::Rising { column, strictly };
                    Sequence::bind(rising, by, order, &schema)
                });
                self.measure(bound.map(Measure::Sequence))
            }
            Check::Discontinuity {
                opening,
                closing,
                by,
                order,
            } => {
                let neighbours = Neighbours::Continuous {
                    opening: opening.clone(),
                    closing: closing.clone(),
                };
                let bound = Sequence::bind(neighbours, by, order, &schema);
                self.measure(bound.map(Measure::Sequence))
            }
            Check::SmallestGroup { columns } => match together(columns) {
                columns if columns.is_empty() => Run::Left(without()),
                columns => {
                    let groups = Groups::bind(Figure::Smallest, &columns, &schema);
                    self.measure(groups.map(Measure::Groups))
                }
            },
            Check::VolumeChange { publishes } => match &self.context.rows_before {
                Some(before) => self.measure(Ok(Measure::Volume(Volume::new(before, *publishes)))),
                None => Run::Left("the publishes before were not given".to_owned()),
            },
            Check::Drift { column, publishes } => {
                let column = subject(column).ok_or_else(without);
                let bound = column.and_then(|column| self.drift(&column, *publishes));
                self.measure(bound.map(Measure::Drift))
            }
            Check::NotRun { kind } if kind == "sql" => Run::Left(
                "rules of kind `sql` are not run: state what a row must keep to as `check: expression` for the \
                 engine `dataproduct`, or run the query on the published table"
                    .to_owned(),
            ),
            Check::NotRun { kind } => Run::Left(format!("rules of kind `{kind}` are not run")),
            other => Run::Left(format!("`{}` is not run", other.name())),
        }
    }

    fn drift(&self, column: &str, publishes: u32) -> Result<Drift, String> {
        if Mask::of(self.contract).is_masked(column) {
            return Err(format!(
                "`{column}` is sensitive, so that no distribution of its values is kept"
            ));
        }
        let before = self.context.distributions_before.as_deref();
        let before = before.ok_or("the publishes before were not given")?;
        Drift::bind(column, before, publishes, &self.schema)
    }

    fn of_column(
        &self,
        own: Option<Own<'_>>,
        bind: impl FnOnce(&ArrowType) -> Result<RowCheck, String>,
    ) -> Run {
        match own {
            Some(own) => bound_at(own.path, &self.schema, bind),
            None => Run::Left("the rule does not say which column it is about".to_owned()),
        }
    }

    /// Values allowed and a pattern: where both are given, both hold.
    fn invalid(&self, own: Option<Own<'_>>, valid: &[Value], pattern: Option<&str>) -> Run {
        match (valid, pattern) {
            ([], None) => {
                Run::Left("the rule says neither which values are valid nor a pattern".to_owned())
            }
            ([], Some(pattern)) => {
                self.of_column(own, |t| Pattern::bind(pattern, t).map(RowCheck::Pattern))
            }
            (valid, None) => self.of_column(own, |t| Member::bind(valid, t).map(RowCheck::Member)),
            (valid, Some(pattern)) => self.of_column(own, |t| {
                // Of the values allowed only those are left that keep to the pattern.
                let pattern = Pattern::bind(pattern, t)?;
                let fits = |value: &&Value| {
                    value.as_str().is_some_and(|text| {
                        let array: arrow_array::ArrayRef =
                            Arc::new(arrow_array::StringArray::from(vec![text]));
                        RowCheck::Pattern(pattern.clone()).failing(&array).count() == 0
                    })
                };
                let valid: Vec<Value> = valid.iter().filter(fits).cloned().collect();
                Member::bind(&valid, t).map(RowCheck::Member)
            }),
        }
    }
}

/// A rule that a column states by itself: how it is run, and what happens on a breach.
struct Said<'a> {
    run: Run,
    action: Option<&'a OnFailure>,
    product: Option<&'a OnFailure>,
}

/// What happens on a breach of a rule, and to rows that a repair does not set right.
fn happens(rule: &Rule, above: Option<&OnFailure>) -> (OnFailure, OnFailure) {
    // What column and product say is meant for breaches of promises, not for notices.
    let above = above.filter(|_| rule.severity == Severity::Error);
    let above = above.filter(|action| match action {
        OnFailure::Quarantine => rule.check.is_by_row(),
        OnFailure::Repair(_) => false,
        _ => true,
    });
    let on_failure = match (&rule.on_failure, above) {
        (Some(said), _) => said.clone(),
        (None, Some(above)) => above.clone(),
        (None, None) => rule.what_happens().clone(),
    };
    let otherwise = match above {
        Some(OnFailure::Quarantine) => OnFailure::Quarantine,
        _ if rule.severity == Severity::Error => OnFailure::Reject,
        _ => OnFailure::Report,
    };
    (on_failure, otherwise)
}

/// The columns that a rule looks at.
fn columns(rule: &Rule, own: Option<Own<'_>>) -> Vec<String> {
    let own: Vec<String> = own.map(|own| own.path.to_owned()).into_iter().collect();
    let or_own = |columns: &[String]| match columns {
        [] => own.clone(),
        columns => columns.to_vec(),
    };
    let one = |column: &Option<String>| match column {
        Some(column) => vec![column.clone()],
        None => own.clone(),
    };
    match &rule.check {
        Check::DuplicateValues { columns }
        | Check::SmallestGroup { columns }
        | Check::UnknownReferences { columns, .. } => or_own(columns),
        Check::Aggregate { column, .. }
        | Check::Age { column }
        | Check::Drift { column, .. }
        | Check::OutOfOrder { column, .. } => one(column),
        Check::Discontinuity {
            opening, closing, ..
        } => vec![opening.clone(), closing.clone()],
        Check::Expression { expression } => match Expression::parse(expression) {
            Ok(expression) => expression.columns(),
            Err(_) => own,
        },
        _ => own,
    }
}

/// What a rule demands, for people.
fn expected(rule: &Rule) -> Option<String> {
    let threshold = rule
        .threshold
        .map(|threshold: Threshold| threshold.to_string());
    let detail = match &rule.check {
        Check::Expression { expression } => Some(expression.clone()),
        Check::InvalidValues { valid, pattern } => {
            let listed = (!valid.is_empty()).then(|| listed(valid));
            listed.or_else(|| pattern.as_ref().map(|p| format!("matches `{p}`")))
        }
        Check::UnknownReferences { references, .. } => {
            let texts: Vec<String> = references.iter().map(ToString::to_string).collect();
            Some(format!("is in {}", texts.join(", ")))
        }
        _ => None,
    };
    match (detail, threshold) {
        (Some(detail), Some(threshold)) => Some(format!("{detail}; {threshold}")),
        (detail, threshold) => detail.or(threshold),
    }
}

/// The first of a list of values, for people.
pub(super) fn listed<'a>(values: impl IntoIterator<Item = &'a Value>) -> String {
    let mut texts: Vec<String> = values
        .into_iter()
        .take(9)
        .map(|value| match value.as_str() {
            Some(text) => text.to_owned(),
            None => value.to_string(),
        })
        .collect();
    if texts.len() > 8 {
        texts[8] = "…".to_owned();
    }
    format!("one of {}", texts.join(", "))
}

/// Whether the structure judges values of the type beyond what Arrow does.
fn is_judged_as_type(data_type: &DataType) -> bool {
    matches!(
        data_type,
        DataType::Uuid
            | DataType::Decimal { .. }
            | DataType::Date
            | DataType::Timestamp
            | DataType::TimestampNtz
    )
}
