//! Rows that keep every rule that looks at each row by itself, and every key.
//!
//! Values are drawn so that they keep what their column says, and the gate judges them. What it objects to is drawn
//! again, or set to what a condition compares it with, for a bounded number of rounds.

use std::collections::{BTreeMap, HashSet};

use dataproduct_contract::Check;

use super::cell::{Cell, Row};
use super::draw::Draw;
use super::error::TestingError;
use super::judge::Judge;
use super::random::Random;
use super::site::{Site, sites};
use super::target::{self, Target};
use crate::gate::Run;
use crate::unique::Nulls;

/// How often rows that break a rule are mended before it is given up.
const MAX_ROUNDS: usize = 400;

/// After how many rounds a row that could not be mended is begun anew.
const ROUNDS_A_ROW: usize = 25;

/// Values to be taken for a column, by its path.
pub(super) type Given = BTreeMap<String, Vec<Cell>>;

/// Makes rows.
pub(super) struct Fill<'a> {
    pub(super) judge: &'a Judge,
    pub(super) sites: Vec<Site<'a>>,
    pub(super) draw: Draw,
    pub(super) random: Random,
    given: &'a Given,
    /// By rule: what its columns are compared with.
    targets: Vec<Vec<Target>>,
    /// By rule: what its columns may refer to, together.
    pools: &'a BTreeMap<String, Vec<Row>>,
}

impl<'a> Fill<'a> {
    pub(super) fn new(
        judge: &'a Judge,
        given: &'a Given,
        pools: &'a BTreeMap<String, Vec<Row>>,
        seed: u64,
    ) -> Self {
        let sites = sites(&judge.contract);
        let schema = judge.schema();
        let targets = judge.rules.planned.iter().map(|rule| match &rule.source {
            Some(Check::Expression { expression }) => {
                target::targets(expression, &judge.contract, &sites, &schema)
            }
            _ => Vec::new(),
        });
        Self {
            targets: targets.collect(),
            judge,
            sites,
            draw: Draw::default(),
            random: Random::new(seed),
            given,
            pools,
        }
    }

    pub(super) fn site(&self, path: &str) -> Option<usize> {
        self.sites.iter().position(|site| site.path == path)
    }

    /// A value for a site.
    pub(super) fn value(&mut self, site: usize) -> Cell {
        let Some(site) = self.sites.get(site) else {
            return Cell::Null;
        };
        match self.given.get(&site.path) {
            Some(values) => self.random.pick(values).cloned().unwrap_or(Cell::Null),
            None => self.draw.value(site.column, &mut self.random),
        }
    }

    /// A row as it comes.
    pub(super) fn row(&mut self) -> Row {
        let columns = self.judge.contract.columns();
        let mut row: Row = columns
            .iter()
            .map(|column| self.draw.value(column, &mut self.random))
            .collect();
        let given: Vec<usize> = self
            .given
            .keys()
            .filter_map(|path| self.site(path))
            .collect();
        for site in given {
            self.set(&mut row, site);
        }
        for place in 0..self.judge.rules.planned.len() {
            self.refer(&mut row, place);
        }
        row
    }

    /// Draws the value of a site anew.
    pub(super) fn set(&mut self, row: &mut Row, site: usize) {
        let cell = self.value(site);
        self.put(row, site, cell);
    }

    /// Puts a value into a site, if the row has one there.
    pub(super) fn put(&self, row: &mut Row, site: usize, cell: Cell) {
        if let Some(slot) = self.sites.get(site).and_then(|site| site.of(row)) {
            *slot = cell;
        }
    }

    /// Lets the columns of a rule refer to something that is there.
    fn refer(&mut self, row: &mut Row, place: usize) {
        let Some(rule) = self.judge.rules.planned.get(place) else {
            return;
        };
        let Some(pool) = self.pools.get(rule.id.as_ref()) else {
            return;
        };
        let Some(key) = self.random.pick(pool) else {
            return;
        };
        for (path, cell) in rule.columns.iter().zip(key) {
            if let Some(site) = self.site(path) {
                self.put(row, site, cell.clone());
            }
        }
    }

    /// So many rows that break no rule that looks at each row, and repeat no key.
    ///
    /// # Errors
    /// [`TestingError::NotMet`] with the rule that was in the way most often.
    pub(super) fn rows(&mut self, count: usize) -> Result<Vec<Row>, TestingError> {
        let mut taken = Taken::new(self);
        let mut done = Vec::with_capacity(count);
        let mut pending: Vec<Row> = (0..count).map(|_| self.row()).collect();
        let mut trouble: BTreeMap<usize, usize> = BTreeMap::new();
        for round in 1..=MAX_ROUNDS {
            if pending.is_empty() {
                return Ok(done);
            }
            let broken = self.judge.broken(&pending.iter().collect::<Vec<_>>())?;
            trouble.clear();
            let mut next = Vec::new();
            for (mut row, broken) in pending.into_iter().zip(broken) {
                for place in &broken {
                    *trouble.entry(*place).or_default() += 1;
                }
                if broken.is_empty() {
                    let Some((rule, site)) = taken.repeated(self, &mut row) else {
                        done.push(row);
                        continue;
                    };
                    *trouble.entry(rule).or_default() += 1;
                    self.set(&mut row, site);
                    self.refer_again(&mut row, site);
                } else if round % ROUNDS_A_ROW == 0 {
                    row = self.row();
                } else {
                    broken.iter().for_each(|place| self.mend(&mut row, *place));
                }
                next.push(row);
            }
            pending = next;
        }
        let worst = trouble.into_iter().max_by_key(|(_, times)| *times);
        Err(TestingError::NotMet {
            rule: self.judge.id(worst.map_or(0, |(place, _)| place)),
            why: format!(
                "{} of {count} rows were found in {MAX_ROUNDS} rounds",
                done.len()
            ),
        })
    }

    /// A column that refers to something refers to something else.
    fn refer_again(&mut self, row: &mut Row, site: usize) {
        let Some(path) = self.sites.get(site).map(|site| site.path.clone()) else {
            return;
        };
        let rules = self.judge.rules.planned.iter().enumerate();
        let of: Vec<usize> = rules
            .filter(|(_, rule)| rule.columns.contains(&path))
            .map(|(place, _)| place)
            .collect();
        of.into_iter().for_each(|place| self.refer(row, place));
    }

    /// Changes what a rule looks at, in the hope that it holds then.
    fn mend(&mut self, row: &mut Row, place: usize) {
        let Some(rule) = self.judge.rules.planned.get(place) else {
            return;
        };
        match &rule.run {
            Run::Refers(_) => self.refer(row, place),
            Run::Expression(_) => self.turn(row, place),
            _ => {
                let site = rule.columns.first().and_then(|path| self.site(path));
                let top = site
                    .and_then(|site| self.sites.get(site))
                    .map(|site| site.top);
                let given = site.filter(|site| {
                    let path = self.sites.get(*site).map(|site| &site.path);
                    path.is_some_and(|path| self.given.contains_key(path))
                });
                if let Some(site) = given {
                    self.set(row, site);
                } else if let Some(top) = top {
                    let name = self.judge.contract.columns().get(top).map(|c| &c.name);
                    let site = name.and_then(|name| self.site(name));
                    site.into_iter().for_each(|site| self.set(row, site));
                }
            }
        }
    }

    /// Moves one column of a condition: to a new value, or to what it is compared with or next to it.
    pub(super) fn turn(&mut self, row: &mut Row, place: usize) {
        let Some(rule) = self.judge.rules.planned.get(place) else {
            return;
        };
        let targets = self.targets.get(place).map_or(0, Vec::len);
        if targets > 0 && self.random.chance(65) {
            let picked = self.random.below(targets);
            let further = self.random.pick(&[0, 0, 0, 1, -1]).copied().unwrap_or(0);
            self.aim(row, place, picked, further);
            return;
        }
        let sites: Vec<usize> = rule.columns.iter().filter_map(|p| self.site(p)).collect();
        let Some(site) = self.random.pick(&sites).copied() else {
            return;
        };
        let is_nullable = self
            .sites
            .get(site)
            .is_some_and(|site| site.column.nullable);
        match is_nullable && self.random.chance(20) {
            true => self.put(row, site, Cell::Null),
            false => self.set(row, site),
        }
    }

    /// Sets a column to what it is compared with, or so many units further.
    fn aim(&self, row: &mut Row, place: usize, picked: usize, further: i128) {
        let target = self.targets.get(place).and_then(|of| of.get(picked));
        let Some((target, site)) = target.and_then(|t| Some((t, self.sites.get(t.site)?))) else {
            return;
        };
        let Ok(batch) = self.judge.batch(&[row]) else {
            return;
        };
        let value = target.other.value(&batch, 0);
        let cell = value.and_then(|v| target::cell(&v, &site.column.data_type, further));
        if let Some(cell) = cell {
            self.put(row, target.site, cell);
        }
    }
}

/// The keys that rows have taken.
pub(super) struct Taken {
    /// By key: its first rule, its sites, what a missing part is, and the values.
    keys: Vec<(usize, Vec<usize>, Nulls, HashSet<String>)>,
}

impl Taken {
    pub(super) fn new(fill: &Fill<'_>) -> Self {
        let rules = &fill.judge.rules;
        let keys = rules.keys.iter().enumerate().map(|(key, (paths, nulls))| {
            let of = |run: &Run| matches!(run, Run::Unique(of) if *of == key);
            let rule = rules.planned.iter().position(|rule| of(&rule.run));
            let sites: Vec<usize> = paths.iter().filter_map(|p| fill.site(p)).collect();
            (rule.unwrap_or_default(), sites, *nulls, HashSet::new())
        });
        Self {
            keys: keys.collect(),
        }
    }

    /// Takes the keys of a row, or says which rule it breaks and a site to change.
    pub(super) fn repeated(
        &mut self,
        fill: &mut Fill<'_>,
        row: &mut Row,
    ) -> Option<(usize, usize)> {
        let mut texts = Vec::with_capacity(self.keys.len());
        for (rule, sites, nulls, known) in &self.keys {
            let parts: Vec<Cell> = sites
                .iter()
                .map(|site| {
                    let slot = fill.sites.get(*site).and_then(|site| site.of(row));
                    slot.map_or(Cell::Null, |cell| cell.clone())
                })
                .collect();
            let counts = match nulls {
                Nulls::Distinct => !parts.iter().any(Cell::is_null),
                Nulls::Equal => !parts.iter().all(Cell::is_null),
            };
            let text = counts.then(|| {
                parts
                    .iter()
                    .map(Cell::key)
                    .collect::<Vec<_>>()
                    .join("\u{1f}")
            });
            if text.as_ref().is_some_and(|text| known.contains(text)) {
                return Some((*rule, fill.random.pick(sites).copied().unwrap_or_default()));
            }
            texts.push(text);
        }
        for ((.., known), text) in self.keys.iter_mut().zip(texts) {
            known.extend(text);
        }
        None
    }
}
