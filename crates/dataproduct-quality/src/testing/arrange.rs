//! Rules about all rows together: rows are put in order, and columns are set to what a figure is measured against.

use std::collections::BTreeMap;

use arrow_array::RecordBatch;
use dataproduct_contract::{Aggregate, Check, DataType, Operator, Threshold};

use super::cell::{Cell, Row};
use super::error::TestingError;
use super::fill::Fill;
use super::number;
use crate::gate::{Planned, Run};

/// How often the columns of figures are set otherwise.
const MAX_TRIES: usize = 60;

/// The most rows that a proof makes by itself.
const MAX_ROWS: usize = 200_000;

/// The two numbers of a comparison, or one of them twice.
pub(super) fn operands(threshold: Threshold) -> (f64, f64) {
    match threshold.operator {
        Operator::Be(x)
        | Operator::NotBe(x)
        | Operator::GreaterThan(x)
        | Operator::GreaterOrEqual(x)
        | Operator::LessThan(x)
        | Operator::LessOrEqual(x) => (x, x),
        Operator::Between(low, high) | Operator::NotBetween(low, high) => (low, high),
    }
}

/// Whether so many rows are as a rule about their number demands; `None` for other rules.
pub(super) fn counts(rule: &Planned, rows: usize, before: Option<&[u64]>) -> Option<bool> {
    let threshold = rule.threshold?;
    let rows = rows as f64;
    match (&rule.source, &rule.run) {
        (Some(Check::RowCount), Run::Measure(_)) => Some(threshold.operator.holds(rows)),
        (Some(Check::VolumeChange { publishes }), Run::Measure(_)) => {
            let before = before?;
            let last = before.iter().take(*publishes as usize);
            let (count, sum) =
                last.fold((0.0, 0.0), |(n, sum), rows| (n + 1.0, sum + *rows as f64));
            let mean = sum / count;
            Some(threshold.operator.holds((rows - mean) / mean * 100.0))
        }
        _ => None,
    }
}

/// Numbers of rows near those at which rules about them turn.
pub(super) fn row_counts(rules: &[Planned], before: Option<&[u64]>) -> Vec<usize> {
    let mut out = vec![24];
    for rule in rules {
        let Some(threshold) = rule.threshold else {
            continue;
        };
        let (low, high) = operands(threshold);
        let mut near = match rule.source {
            Some(Check::RowCount) => vec![low, high, f64::midpoint(low, high)],
            Some(Check::VolumeChange { .. }) => before
                .unwrap_or_default()
                .iter()
                .map(|rows| *rows as f64)
                .collect(),
            _ => continue,
        };
        near.retain(|x| (0.0..=MAX_ROWS as f64).contains(x));
        for x in near {
            let whole = x as usize;
            out.extend([whole, whole + 1, whole.saturating_sub(1), whole + 24]);
        }
    }
    out
}

impl Fill<'_> {
    /// Rows that keep every rule, those about all rows together, too.
    pub(super) fn arranged(
        &mut self,
        count: usize,
    ) -> Result<(Vec<Row>, RecordBatch), TestingError> {
        let mut rows = self.rows(count)?;
        let mut failed = None;
        for _ in 0..MAX_TRIES {
            self.order(&mut rows);
            let batch = self.judge.batch(&rows.iter().collect::<Vec<_>>())?;
            let report = self.judge.report(&batch)?;
            let mut broken = report.results().iter().filter(|result| result.is_failed());
            let Some(result) = broken.next() else {
                return Ok((rows, batch));
            };
            let measure = result
                .measure
                .map_or_else(String::new, |x| format!(" ({x})"));
            failed = Some((result.rule.clone(), measure));
            let rules = self.judge.rules.planned.iter();
            let place = rules.enumerate().find(|(_, rule)| *rule.id == *result.rule);
            let Some((
                place,
                Planned {
                    run: Run::Measure(_),
                    ..
                },
            )) = place
            else {
                break;
            };
            self.level(&mut rows, place)?;
        }
        let (rule, measure) = failed.unwrap_or_default();
        Err(TestingError::NotMet {
            rule,
            why: format!("{count} rows that keep all rules of single rows do not keep it{measure}"),
        })
    }

    /// Puts values in the order that rules demand.
    pub(super) fn order(&self, rows: &mut [Row]) {
        for rule in &self.judge.rules.planned {
            if !matches!(rule.run, Run::Measure(_)) {
                continue;
            }
            match &rule.source {
                Some(Check::OutOfOrder { by, order, .. }) => {
                    let column = rule.columns.first().map_or("", String::as_str);
                    self.sort(rows, column, by, order);
                }
                Some(Check::Discontinuity {
                    opening,
                    closing,
                    by,
                    order,
                }) => {
                    self.chain(rows, opening, closing, by, order);
                }
                _ => {}
            }
        }
    }

    /// The value of a row at a path.
    pub(super) fn at(&self, row: &mut Row, path: &str) -> Cell {
        let site = self.site(path).and_then(|site| self.sites.get(site));
        let slot = site.and_then(|site| site.of(row));
        slot.map_or(Cell::Null, |cell| cell.clone())
    }

    fn put_at(&self, row: &mut Row, path: &str, cell: Cell) {
        if let Some(site) = self.site(path) {
            self.put(row, site, cell);
        }
    }

    /// The rows of each key, in their order.
    fn groups(&self, rows: &mut [Row], by: &[String], order: &str) -> Vec<Vec<usize>> {
        let mut groups: BTreeMap<String, Vec<(Cell, usize)>> = BTreeMap::new();
        for (place, row) in rows.iter_mut().enumerate() {
            let key: Vec<String> = by.iter().map(|path| self.at(row, path).key()).collect();
            let at = self.at(row, order);
            groups
                .entry(key.join("\u{1f}"))
                .or_default()
                .push((at, place));
        }
        let sorted = groups.into_values().map(|mut group| {
            group.sort_by(|(a, _), (b, _)| compare(a, b));
            group.into_iter().map(|(_, place)| place).collect()
        });
        sorted.collect()
    }

    fn sort(&self, rows: &mut [Row], column: &str, by: &[String], order: &str) {
        for group in self.groups(rows, by, order) {
            let values = group.iter().filter_map(|place| {
                let row = rows.get_mut(*place)?;
                Some(self.at(row, column)).filter(|cell| !cell.is_null())
            });
            let mut values: Vec<Cell> = values.collect();
            values.sort_by(compare);
            let mut values = values.into_iter();
            for place in group {
                let Some(row) = rows.get_mut(place) else {
                    continue;
                };
                if !self.at(row, column).is_null()
                    && let Some(cell) = values.next()
                {
                    self.put_at(row, column, cell);
                }
            }
        }
    }

    fn chain(&self, rows: &mut [Row], opening: &str, closing: &str, by: &[String], order: &str) {
        for group in self.groups(rows, by, order) {
            let mut before = None;
            for place in group {
                let Some(row) = rows.get_mut(place) else {
                    continue;
                };
                if let Some(cell) = before {
                    self.put_at(row, opening, cell);
                }
                before = Some(self.at(row, closing));
            }
        }
    }

    /// Sets the columns of a figure to one of the values at which it turns, in every row that keeps its rules then.
    pub(super) fn level(&mut self, rows: &mut [Row], place: usize) -> Result<(), TestingError> {
        let Some(rule) = self.judge.rules.planned.get(place) else {
            return Ok(());
        };
        let levels = self.levels(rule, rows.len());
        let variety = match &rule.source {
            Some(Check::Aggregate {
                function: Aggregate::DistinctCount,
                ..
            }) => rule
                .threshold
                .map_or(1, |t| operands(t).0.clamp(1.0, 1e6) as usize + 1),
            _ => 1,
        };
        let drawn: Vec<Vec<Cell>> = (0..variety)
            .map(|_| {
                let columns = rule.columns.iter();
                let cells = columns.map(|path| {
                    let site = self.site(path)?;
                    let level = self.random.pick(&levels).cloned();
                    let is_fresh = self.random.chance(30);
                    level
                        .filter(|_| !is_fresh)
                        .or_else(|| Some(self.value(site)))
                });
                cells.map(|cell| cell.unwrap_or(Cell::Null)).collect()
            })
            .collect();
        let mut changed: Vec<Row> = rows.to_vec();
        for (number, row) in changed.iter_mut().enumerate() {
            let cells = drawn
                .get(number % variety)
                .map(Vec::as_slice)
                .unwrap_or_default();
            for (path, cell) in rule.columns.iter().zip(cells) {
                self.put_at(row, path, cell.clone());
            }
        }
        let broken = self.judge.broken(&changed.iter().collect::<Vec<_>>())?;
        for ((row, changed), broken) in rows.iter_mut().zip(changed).zip(broken) {
            if broken.is_empty() {
                *row = changed;
            }
        }
        Ok(())
    }

    /// Values of a column at which a figure turns.
    pub(super) fn levels(&self, rule: &Planned, rows: usize) -> Vec<Cell> {
        let Some(threshold) = rule.threshold else {
            return Vec::new();
        };
        let site = rule.columns.first().and_then(|path| self.site(path));
        let Some(column) = site.and_then(|s| self.sites.get(s)).map(|s| s.column) else {
            return Vec::new();
        };
        let (low, high) = operands(threshold);
        let middle = f64::midpoint(low, high);
        let each = rows.max(1) as f64;
        let is_age = matches!(rule.source, Some(Check::Age { .. }));
        let now = self.judge.context.now.timestamp_micros() as f64;
        let mut numbers: Vec<f64> = Vec::new();
        for x in [low, middle, high] {
            numbers.extend(match is_age {
                true => [
                    now,
                    now - x * 5e5,
                    now - x * 1e6 - 1e6,
                    now - x * 2e6 - 864e8,
                    now,
                ],
                false => [x, x / each, x + 1.0, x - 1.0, x * 2.0 + 1.0],
            });
        }
        let (units, is_day) = (
            number::units(&column.data_type) as f64,
            column.data_type == DataType::Date,
        );
        let is_float = matches!(column.data_type, DataType::Float32 | DataType::Float64);
        let range = number::type_range(&column.data_type);
        let limits = number::limits(column);
        let cells = numbers.into_iter().filter_map(|x| {
            if is_float {
                return Some(Cell::Float(x));
            }
            let whole = match is_age && is_day {
                true => (x / 864e8).floor(),
                false => (x * units).round(),
            } as i128;
            let (least, most) = range?;
            (least..=most)
                .contains(&whole)
                .then_some(Cell::Integer(whole))
        });
        let ends = [limits.0, limits.1]
            .into_iter()
            .flatten()
            .map(Cell::Integer);
        cells.chain(ends).collect()
    }
}

fn compare(a: &Cell, b: &Cell) -> std::cmp::Ordering {
    use std::cmp::Ordering;
    match (a, b) {
        (Cell::Null, Cell::Null) => Ordering::Equal,
        (Cell::Null, _) => Ordering::Less,
        (_, Cell::Null) => Ordering::Greater,
        (Cell::Integer(a), Cell::Integer(b)) => a.cmp(b),
        (Cell::Float(a), Cell::Float(b)) => a.total_cmp(b),
        (Cell::Text(a), Cell::Text(b)) => a.cmp(b),
        (Cell::Boolean(a), Cell::Boolean(b)) => a.cmp(b),
        _ => Ordering::Equal,
    }
}
