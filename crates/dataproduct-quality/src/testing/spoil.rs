//! Rows that break one rule and no other, found by spoiling rows that break none.

use std::collections::BTreeSet;

use arrow_array::RecordBatch;
use dataproduct_contract::Check;

use super::arrange;
use super::cell::{Cell, Row};
use super::error::TestingError;
use super::fill::{Fill, Taken};
use super::odd;
use super::site::Site;
use crate::gate::{Planned, Run, Structure};
use crate::outcome::QualityReport;

/// How often a batch of spoiled rows is tried.
const MAX_ROUNDS: usize = 80;

/// How many rows are spoiled side by side.
const SIDE_BY_SIDE: usize = 32;

/// How often conditions that a spoiled row breaks besides are mended.
const MAX_MENDS: usize = 8;

/// How often whole batches are tried.
const MAX_BATCHES: usize = 60;

/// Rows of which some break a rule.
#[derive(Debug)]
pub(super) struct Spoiled {
    pub(super) batch: RecordBatch,
    /// The rows that break it; none for a rule about all rows together.
    pub(super) rows: Vec<usize>,
    /// Other rules that are broken, too.
    pub(super) others: Vec<String>,
}

/// What was tried so far.
#[derive(Default)]
struct Best {
    spoiled: Option<Spoiled>,
}

impl Best {
    fn offer(&mut self, spoiled: Spoiled) {
        let fewer = |best: &Spoiled| spoiled.others.len() < best.others.len();
        if self.spoiled.as_ref().is_none_or(fewer) {
            self.spoiled = Some(spoiled);
        }
    }

    fn is_alone(&self) -> bool {
        self.spoiled
            .as_ref()
            .is_some_and(|best| best.others.is_empty())
    }

    fn or(self, rule: &Planned, why: &str) -> Result<Spoiled, TestingError> {
        self.spoiled.ok_or_else(|| TestingError::Unbreakable {
            rule: rule.id.to_string(),
            why: why.to_owned(),
        })
    }
}

impl Fill<'_> {
    /// Rows like `base` of which `count`, or as many more as its threshold lets be, break the rule at a place.
    pub(super) fn spoiled(
        &mut self,
        base: &[Row],
        place: usize,
        count: usize,
    ) -> Result<Spoiled, TestingError> {
        let Some(rule) = self.judge.rules.planned.get(place) else {
            return Err(TestingError::Rows {
                why: format!("there is no rule {place}"),
            });
        };
        match &rule.run {
            Run::Left(why) => Err(TestingError::NotEvaluated {
                rule: rule.id.to_string(),
                why: why.clone(),
            }),
            Run::Measure(_) => self.figures(base, place, rule),
            Run::Unique(_) => self.repeats(base, place, rule, count),
            Run::Structure(Structure::Required) if self.is_of_map_key(rule) => {
                Err(TestingError::Unbreakable {
                    rule: rule.id.to_string(),
                    why: "no batch holds a map with a key that is missing".to_owned(),
                })
            }
            _ => self.single(base, place, rule, count),
        }
    }

    /// Whether the rule is about the keys of a map.
    pub(super) fn is_of_map_key(&self, rule: &Planned) -> bool {
        let site = rule.columns.first().and_then(|path| self.site(path));
        let site = site.and_then(|site| self.sites.get(site));
        site.is_some_and(Site::is_map_key)
    }

    /// Judges a batch by the whole gate; `None` where it does not break the rule in so many rows.
    fn judged(
        &self,
        rows: &[Row],
        broken: Vec<usize>,
        rule: &Planned,
    ) -> Result<Option<Spoiled>, TestingError> {
        let batch = self.judge.batch(&rows.iter().collect::<Vec<_>>())?;
        let report = self.judge.report(&batch)?;
        let found = report
            .results()
            .iter()
            .find(|result| *result.rule == *rule.id);
        let is_broken = found.is_some_and(|result| {
            let counted = result.failed_rows == broken.len() as u64;
            result.is_failed() && (counted || matches!(rule.run, Run::Measure(_)))
        });
        Ok(is_broken.then(|| Spoiled {
            others: others(&report, rule),
            batch,
            rows: broken,
        }))
    }

    /// The fewest rows, at least `count`, with which the rule fails.
    fn enough(rule: &Planned, count: usize, of: usize) -> Option<usize> {
        (count.max(1)..=of).find(|count| !rule.holds(*count as u64, of as u64))
    }

    /// Rows each of which breaks a rule by itself.
    fn single(
        &mut self,
        base: &[Row],
        place: usize,
        rule: &Planned,
        count: usize,
    ) -> Result<Spoiled, TestingError> {
        let Some(count) = Self::enough(rule, count, base.len()) else {
            return Best::default().or(rule, "its threshold lets every row break it");
        };
        let mut best = Best::default();
        let (mut alone, mut together) = (Vec::new(), Vec::new());
        let mut fewest = usize::MAX;
        for round in 0..MAX_ROUNDS {
            let spoiled = self.spoil_some(base, place, rule, round)?;
            let rows: Vec<&Row> = spoiled.iter().map(|(_, row)| row).collect();
            let broken = self.judge.broken(&rows)?;
            for ((at, row), broken) in spoiled.into_iter().zip(broken) {
                if !broken.contains(&place) {
                    continue;
                }
                match broken.len() {
                    1 => alone.push((at, row)),
                    many if many <= fewest => {
                        if many < fewest {
                            together.clear();
                        }
                        fewest = many;
                        together.push((at, row));
                    }
                    _ => {}
                }
            }
            if let Some((rows, broken)) = self.replaced(base, &alone, count) {
                if let Some(spoiled) = self.judged(&rows, broken, rule)? {
                    best.offer(spoiled);
                }
                if best.is_alone() {
                    break;
                }
                alone.clear();
            }
        }
        if best.spoiled.is_none()
            && let Some((rows, broken)) = self.replaced(base, &together, count)
            && let Some(spoiled) = self.judged(&rows, broken, rule)?
        {
            best.offer(spoiled);
        }
        best.or(
            rule,
            &format!("{} rows were tried", MAX_ROUNDS * SIDE_BY_SIDE),
        )
    }

    /// Rows of the base with something of what the rule looks at changed, each with its place.
    fn spoil_some(
        &mut self,
        base: &[Row],
        place: usize,
        rule: &Planned,
        round: usize,
    ) -> Result<Vec<(usize, Row)>, TestingError> {
        let (mut places, mut rows) = (Vec::new(), Vec::new());
        for number in 0..SIDE_BY_SIDE {
            let at = (round * SIDE_BY_SIDE + number) % base.len().max(1);
            let Some(row) = base.get(at) else { continue };
            let mut row = row.clone();
            if self.spoil(&mut row, place, rule) {
                places.push(at);
                rows.push(row);
            }
        }
        let all: Vec<usize> = (0..rows.len()).collect();
        self.mend_others(&mut rows, &all, place, rule)?;
        Ok(places.into_iter().zip(rows).collect())
    }

    /// Changes something of what the rule looks at; says whether there was anything to change.
    fn spoil(&mut self, row: &mut Row, place: usize, rule: &Planned) -> bool {
        if let Run::Expression(_) = rule.run {
            for _ in 0..=self.random.below(3) {
                self.turn(row, place);
            }
            return true;
        }
        let path = self.random.pick(&rule.columns).cloned();
        let Some(at) = path.and_then(|path| self.site(&path)) else {
            return false;
        };
        let Some(site) = self.sites.get(at).cloned() else {
            return false;
        };
        for _ in 0..8 {
            if let Some(now) = site.of(row).filter(|cell| !cell.is_null()) {
                let now = now.clone();
                let nothing = self.random.chance(50);
                let cell = match (&rule.run, &rule.source) {
                    (Run::Structure(Structure::Required), _) | (_, Some(Check::NullValues)) => {
                        Cell::Null
                    }
                    (_, Some(Check::MissingValues { .. })) if site.column.nullable && nothing => {
                        Cell::Null
                    }
                    (Run::Structure(Structure::Type), _) => {
                        match odd::none_of_type(site.column, &mut self.random) {
                            Some(cell) => cell,
                            None => return false,
                        }
                    }
                    (Run::Refers(_), _) => self.draw.present(site.column, &mut self.random),
                    _ => odd::value(site.column, &now, &self.draw, &mut self.random),
                };
                self.put(row, at, cell);
                return true;
            }
            let top = self.judge.contract.columns().get(site.top);
            if let (Some(top), Some(slot)) = (top, row.get_mut(site.top)) {
                *slot = self.draw.present(top, &mut self.random);
            }
        }
        false
    }

    /// The base with `count` of its rows replaced by spoiled ones that repeat no key; `None` where there are not
    /// enough.
    fn replaced(
        &mut self,
        base: &[Row],
        spoiled: &[(usize, Row)],
        count: usize,
    ) -> Option<(Vec<Row>, Vec<usize>)> {
        let places: BTreeSet<usize> = spoiled.iter().map(|(at, _)| *at).collect();
        if places.len() < count {
            return None;
        }
        let chosen: BTreeSet<usize> = places.into_iter().take(count).collect();
        let mut taken = Taken::new(self);
        let mut rows = base.to_vec();
        for (_, row) in rows
            .iter_mut()
            .enumerate()
            .filter(|(at, _)| !chosen.contains(at))
        {
            if taken.repeated(self, row).is_some() {
                return None;
            }
        }
        for at in &chosen {
            let mut offers = spoiled.iter().filter(|(of, _)| of == at);
            let fits = offers.find_map(|(_, row)| {
                let mut row = row.clone();
                taken.repeated(self, &mut row).is_none().then_some(row)
            });
            *rows.get_mut(*at)? = fits?;
        }
        Some((rows, chosen.into_iter().collect()))
    }

    /// Rows that repeat others in a key.
    fn repeats(
        &mut self,
        base: &[Row],
        place: usize,
        rule: &Planned,
        count: usize,
    ) -> Result<Spoiled, TestingError> {
        let enough = Self::enough(rule, count, base.len()).filter(|count| count * 2 <= base.len());
        let Some(count) = enough else {
            return Best::default().or(rule, "its threshold lets half of all rows repeat others");
        };
        let mut best = Best::default();
        for _ in 0..MAX_BATCHES {
            let mut rows = base.to_vec();
            let mut changed = Vec::new();
            for number in 0..base.len() {
                if changed.len() == count {
                    break;
                }
                // The originals are the first rows, the copies stand among the others.
                let spare = base.len() - count;
                let copy = count + (self.random.below(spare) + number) % spare.max(1);
                if changed.contains(&copy) {
                    continue;
                }
                let mut original = base.get(changed.len()).cloned().unwrap_or_default();
                let mut row = base.get(copy).cloned().unwrap_or_default();
                for path in &rule.columns {
                    let cell = self.at(&mut original, path);
                    if let Some(site) = self.site(path) {
                        self.put(&mut row, site, cell);
                    }
                }
                if let Some(slot) = rows.get_mut(copy) {
                    *slot = row;
                    changed.push(copy);
                }
            }
            // What the copies break besides is mended where other columns let it be.
            self.mend_others(&mut rows, &changed, place, rule)?;
            changed.sort_unstable();
            if let Some(spoiled) = self.judged(&rows, changed, rule)? {
                best.offer(spoiled);
            }
            if best.is_alone() {
                break;
            }
        }
        best.or(rule, &format!("{MAX_BATCHES} batches were tried"))
    }

    /// Turns columns that the rule does not look at until rows break no other condition.
    fn mend_others(
        &mut self,
        rows: &mut [Row],
        changed: &[usize],
        place: usize,
        rule: &Planned,
    ) -> Result<(), TestingError> {
        let rules = &self.judge.rules.planned;
        let is_condition = |of: &usize| {
            let rule = rules.get(*of).filter(|_| *of != place);
            rule.is_some_and(|rule| matches!(rule.run, Run::Expression(_)))
        };
        for _ in 0..MAX_MENDS {
            let of: Vec<&Row> = changed.iter().filter_map(|at| rows.get(*at)).collect();
            let mut broken = self.judge.broken(&of)?;
            broken
                .iter_mut()
                .for_each(|broken| broken.retain(is_condition));
            if broken.iter().all(Vec::is_empty) {
                break;
            }
            for (at, broken) in changed.iter().zip(broken) {
                let Some(row) = rows.get_mut(*at) else {
                    continue;
                };
                let mut kept = row.clone();
                broken.into_iter().for_each(|other| self.turn(row, other));
                for path in &rule.columns {
                    let cell = self.at(&mut kept, path);
                    if let Some(site) = self.site(path) {
                        self.put(row, site, cell);
                    }
                }
            }
        }
        Ok(())
    }

    /// Rows that together are not what a figure must be.
    fn figures(
        &mut self,
        base: &[Row],
        place: usize,
        rule: &Planned,
    ) -> Result<Spoiled, TestingError> {
        let mut best = Best::default();
        let before = self.judge.context.rows_before.as_deref();
        if arrange::counts(rule, 0, before).is_some() {
            let mut counts = arrange::row_counts(std::slice::from_ref(rule), before);
            counts.extend([1, 2, 0]);
            counts.retain(|count| arrange::counts(rule, *count, before) == Some(false));
            counts.sort_by_key(|count| (*count == 0, *count));
            counts.dedup();
            for count in counts.into_iter().take(6) {
                let mut rows = match base.get(..count) {
                    Some(rows) => rows.to_vec(),
                    None => self.rows(count)?,
                };
                // Fewer rows follow each other otherwise than all of them did.
                self.order(&mut rows);
                if let Some(spoiled) = self.judged(&rows, Vec::new(), rule)? {
                    best.offer(spoiled);
                }
                if best.is_alone() {
                    break;
                }
            }
            return best.or(rule, "no number of rows that was tried does");
        }
        for _ in 0..MAX_BATCHES {
            let mut rows = base.to_vec();
            self.disturb(&mut rows, place, rule)?;
            let broken = self.judge.broken(&rows.iter().collect::<Vec<_>>())?;
            if broken.iter().any(|broken| !broken.is_empty()) && best.spoiled.is_some() {
                continue;
            }
            if let Some(spoiled) = self.judged(&rows, Vec::new(), rule)? {
                best.offer(spoiled);
            }
            if best.is_alone() {
                break;
            }
        }
        best.or(rule, &format!("{MAX_BATCHES} batches were tried"))
    }

    /// Changes the columns of a figure in some rows.
    fn disturb(
        &mut self,
        rows: &mut [Row],
        place: usize,
        rule: &Planned,
    ) -> Result<(), TestingError> {
        let by: Vec<String> = match &rule.source {
            Some(Check::OutOfOrder { by, .. } | Check::Discontinuity { by, .. }) => by.clone(),
            _ => Vec::new(),
        };
        match self.random.below(3) {
            0 => self.level(rows, place)?,
            1 => {
                // Two rows change their values, and are of one key.
                let (a, b) = (self.random.below(rows.len()), self.random.below(rows.len()));
                let (Some(mut first), Some(mut second)) =
                    (rows.get(a).cloned(), rows.get(b).cloned())
                else {
                    return Ok(());
                };
                for path in &rule.columns {
                    let (x, y) = (self.at(&mut first, path), self.at(&mut second, path));
                    if let Some(site) = self.site(path) {
                        self.put(&mut first, site, y);
                        self.put(&mut second, site, x);
                    }
                }
                for path in &by {
                    let cell = self.at(&mut first, path);
                    if let Some(site) = self.site(path) {
                        self.put(&mut second, site, cell);
                    }
                }
                for (at, row) in [(a, first), (b, second)] {
                    if let Some(slot) = rows.get_mut(at) {
                        *slot = row;
                    }
                }
            }
            _ => {
                let levels = self.levels(rule, 1);
                let at = self.random.below(rows.len());
                for path in &rule.columns {
                    let Some(site) = self.site(path) else {
                        continue;
                    };
                    let level = self.random.pick(&levels).cloned();
                    let is_fresh = self.random.chance(50);
                    let cell = level
                        .filter(|_| !is_fresh)
                        .unwrap_or_else(|| self.value(site));
                    if let Some(row) = rows.get_mut(at) {
                        self.put(row, site, cell);
                    }
                }
            }
        }
        Ok(())
    }
}

/// The rules that are broken besides one.
fn others(report: &QualityReport, rule: &Planned) -> Vec<String> {
    let results = report.results().iter();
    let broken = results.filter(|result| result.is_failed() || result.failed_rows > 0);
    let others = broken.filter(|result| *result.rule != *rule.id);
    others.map(|result| result.rule.clone()).collect()
}
