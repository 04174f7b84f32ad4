//! Every rule against an oracle that judges plain values row by row, over rows with planted faults and clean ones.

use std::collections::{BTreeMap, HashMap, HashSet};

use dataproduct_contract::{OnFailure, Repair};
use dataproduct_quality::outcome::{Outcome, QualityReport};
use proptest::prelude::*;

use super::driver::{parted, report, result, timeless};
use super::model::{Row, Said, batch, clean_rows, contract, rows, said};

/// What a rule must come to.
#[derive(Clone, Debug, Default, PartialEq)]
struct Expect {
    failed: u64,
    first: Option<u64>,
    repaired: u64,
    /// `None` where it cannot be evaluated.
    measure: Option<f64>,
    rejects: bool,
}

/// Rules by row, in the order in which the gate repairs, with the column that each is of.
const BY_ROW: [(&str, char); 10] = [
    ("n.required", 'n'),
    ("n.range", 'n'),
    ("f.range", 'f'),
    ("d.type", 'd'),
    ("d.multipleOf", 'd'),
    ("s.length", 's'),
    ("s.pattern", 's'),
    ("e.allowed", 'e'),
    ("g.format", 'g'),
    ("g.missingValues", 'g'),
];

fn breaks(rule: &str, row: &Row) -> bool {
    let text = |text: &Option<String>, fails: fn(&str) -> bool| text.as_deref().is_some_and(fails);
    match rule {
        "n.required" => row.n.is_none(),
        "n.range" => row.n.is_some_and(|n| !(0..=99).contains(&n)),
        "f.range" => row.f.is_some_and(|f| !(0.0..=1.0).contains(&f)),
        "d.type" => row.d.is_some_and(|d| d.abs() > 99_999),
        "d.multipleOf" => row.d.is_some_and(|d| d % 5 != 0),
        "s.length" => text(&row.s, |s| s.chars().count() > 3),
        "s.pattern" => text(&row.s, |s| {
            s.is_empty() || s.chars().any(|c| !"abc".contains(c))
        }),
        "e.allowed" => text(&row.e, |e| e != "open" && e != "shut"),
        "g.format" => text(&row.g, |g| !g.contains('@')),
        "g.missingValues" => row.g.as_deref().is_none_or(|g| g == "N/A"),
        "expr" => row.n.is_some_and(|n| n > row.id + 60),
        other => panic!("no rule {other}"),
    }
}

/// Sets a row right by the repair of a column; says whether anything has changed.
fn repair(column: char, row: &mut Row) -> bool {
    match column {
        'n' => row.n.replace(7) != Some(7),
        's' => {
            let trimmed = row.s.as_deref().map(str::trim).filter(|s| !s.is_empty());
            let trimmed = trimmed.map(str::to_owned);
            std::mem::replace(&mut row.s, trimmed.clone()) != trimmed
        }
        'e' if row.e.as_deref() == Some("OPEN") => {
            row.e = Some("open".into());
            true
        }
        _ => false,
    }
}

/// The oracle.
struct Oracle<'a> {
    said: &'a Said,
    rows: Vec<Row>,
    out: BTreeMap<&'static str, Expect>,
    /// Rows that are kept apart, with the rules that they broke.
    apart: BTreeMap<i64, Vec<String>>,
    repaired_rows: u64,
}

impl Oracle<'_> {
    fn column(&self, column: char) -> Option<&OnFailure> {
        match column {
            'n' => self.said.n.as_ref(),
            'f' => self.said.f.as_ref(),
            's' => self.said.s.as_ref(),
            'e' => self.said.e.as_ref(),
            _ => None,
        }
    }

    fn by_product(&self) -> OnFailure {
        self.said.product.clone().unwrap_or(OnFailure::Reject)
    }

    fn happens(&self, rule: &str, column: char) -> OnFailure {
        let is_structure = ["n.required", "d.type", "e.allowed"].contains(&rule);
        match self.column(column) {
            None | Some(OnFailure::Repair(_)) => self.by_product(),
            Some(OnFailure::Report) if is_structure => OnFailure::Reject,
            Some(other) => other.clone(),
        }
    }

    fn count(&mut self, rule: &'static str, failed: &[usize]) {
        let expect = self.out.entry(rule).or_default();
        expect.failed = failed.len() as u64;
        expect.first = failed.iter().min().map(|row| *row as u64);
    }

    fn repair(&mut self) {
        let mut changed = HashSet::new();
        for (rule, column) in BY_ROW {
            let repairs = matches!(self.column(column), Some(OnFailure::Repair(_)));
            let mut repaired = 0;
            for (number, row) in self.rows.iter_mut().enumerate() {
                if repairs && breaks(rule, row) && repair(column, row) {
                    repaired += 1;
                    changed.insert(number);
                }
            }
            self.out.entry(rule).or_default().repaired = repaired;
        }
        self.repaired_rows = changed.len() as u64;
    }

    /// Rows that repeat an earlier one, and those that give way.
    fn repeats(
        &self,
        rule: &str,
        among: &[usize],
        keep: Option<&Repair>,
    ) -> (Vec<usize>, Vec<usize>) {
        let mut groups: HashMap<String, Vec<usize>> = HashMap::new();
        for number in among {
            let row = &self.rows[*number];
            let key = match rule {
                "key" => format!("{}", row.id),
                _ if row.s.is_none() && row.e.is_none() => continue,
                _ => format!("{:?} {:?}", row.s, row.e),
            };
            groups.entry(key).or_default().push(*number);
        }
        let (mut repeats, mut give_way) = (Vec::new(), Vec::new());
        for group in groups.values() {
            repeats.extend(&group[1..]);
            let stays = match keep {
                Some(Repair::KeepLatest(None)) => group.last(),
                Some(_) => group
                    .iter()
                    .max_by_key(|number| (self.rows[**number].n, **number)),
                None => group.first(),
            };
            give_way.extend(group.iter().filter(|number| Some(*number) != stays));
        }
        repeats.sort_unstable();
        (repeats, give_way)
    }

    fn keys(&mut self, kept: &[usize]) -> Vec<usize> {
        let dups = self.said.dups.clone().unwrap_or_else(|| self.by_product());
        let actions = [("key", self.by_product()), ("dups", dups)];
        let mut left = kept.to_vec();
        for (rule, action) in &actions {
            let keep = match action {
                OnFailure::Repair(repair) => Some(repair),
                _ => None,
            };
            let (repeats, give_way) = self.repeats(rule, kept, keep);
            self.count(rule, &repeats);
            if keep.is_some() {
                self.out.entry(rule).or_default().repaired = repeats.len() as u64;
            }
            if keep.is_some() || *action == OnFailure::Quarantine {
                left.retain(|row| !give_way.contains(row));
                for row in give_way {
                    self.apart
                        .entry(row as i64)
                        .or_default()
                        .push((*rule).to_owned());
                }
            }
        }
        for (rule, action) in &actions {
            if matches!(action, OnFailure::Reject | OnFailure::Report) {
                let (repeats, _) = self.repeats(rule, &left, None);
                self.count(rule, &repeats);
            }
            let expect = self.out.entry(rule).or_default();
            expect.measure = Some(expect.failed as f64);
            expect.rejects = expect.failed > 0 && *action == OnFailure::Reject;
        }
        left
    }

    fn figures(&mut self, left: &[usize]) {
        let rows: Vec<&Row> = left.iter().map(|number| &self.rows[*number]).collect();
        let n: Vec<i128> = rows
            .iter()
            .filter_map(|row| row.n.map(i128::from))
            .collect();
        let sum = n.iter().sum::<i128>() as f64;
        let s: HashSet<&String> = rows.iter().filter_map(|row| row.s.as_ref()).collect();
        let mut groups: HashMap<&Option<String>, u64> = HashMap::new();
        for row in &rows {
            *groups.entry(&row.e).or_default() += 1;
        }
        let d = rows.iter().filter_map(|row| row.d).max();
        let figures = [
            ("rows", Some(rows.len() as f64)),
            ("sum", Some(sum)),
            ("mean", (!n.is_empty()).then(|| sum / n.len() as f64)),
            ("minimum", n.iter().min().map(|n| *n as f64)),
            ("maximum", d.map(|d| d as f64 / 100.0)),
            ("distinctCount", Some(s.len() as f64)),
            ("smallest", groups.values().min().map(|rows| *rows as f64)),
        ];
        for (rule, measure) in figures {
            let rejects = rule == "sum" && sum > self.said.most;
            self.out.insert(
                rule,
                Expect {
                    measure,
                    rejects,
                    ..Expect::default()
                },
            );
        }
    }

    fn order(&mut self, left: &[usize]) {
        let mut sorted = left.to_vec();
        sorted.sort_by_key(|number| (&self.rows[*number].e, self.rows[*number].id, *number));
        let mut last: HashMap<&Option<String>, i64> = HashMap::new();
        let mut failed = Vec::new();
        for number in sorted {
            let row = &self.rows[number];
            let Some(n) = row.n else { continue };
            if let Some(before) = last.insert(&row.e, n)
                && (n < before || (self.said.strictly && n == before))
            {
                failed.push(number);
            }
        }
        self.count("order", &failed);
        let expect = self.out.entry("order").or_default();
        expect.measure = Some(failed.len() as f64);
        expect.rejects = !failed.is_empty();
    }

    fn judge(&mut self) {
        self.repair();
        let count = self.rows.len();
        let mut kept: Vec<usize> = (0..count).collect();
        let mut broken: Vec<Vec<String>> = vec![Vec::new(); count];
        for (rule, column) in BY_ROW.into_iter().chain([("expr", '-')]) {
            let failed: Vec<usize> = (0..count)
                .filter(|row| breaks(rule, &self.rows[*row]))
                .collect();
            self.count(rule, &failed);
            for row in &failed {
                broken[*row].push(rule.to_owned());
            }
            let happens = self.happens(rule, column);
            if happens == OnFailure::Quarantine {
                kept.retain(|row| !failed.contains(row));
            }
            let (rows, share) = (
                failed.len() as f64,
                failed.len() as f64 / count.max(1) as f64 * 100.0,
            );
            let (measure, holds) = match rule {
                "g.missingValues" => (share, share <= 40.0),
                "expr" => (rows, rows <= 2.0),
                _ => (rows, rows == 0.0),
            };
            let expect = self.out.entry(rule).or_default();
            expect.measure = Some(measure);
            expect.rejects = !holds && happens == OnFailure::Reject;
        }
        for row in 0..count {
            if !kept.contains(&row) {
                self.apart.insert(row as i64, Vec::new());
            }
        }
        let left = self.keys(&kept);
        self.figures(&left);
        self.order(&left);
        for (row, rules) in &mut self.apart {
            rules.extend(broken[usize::try_from(*row).unwrap()].iter().cloned());
            rules.sort_unstable();
        }
    }
}

fn judged<'a>(said: &'a Said, rows: &[Row]) -> Oracle<'a> {
    let mut oracle = Oracle {
        said,
        rows: rows.to_vec(),
        out: BTreeMap::new(),
        apart: BTreeMap::new(),
        repaired_rows: 0,
    };
    oracle.judge();
    oracle
}

fn check(report: &QualityReport, oracle: &Oracle<'_>) {
    for (rule, expect) in &oracle.out {
        let result = result(report, rule);
        let is_evaluated = !matches!(result.outcome, Outcome::NotEvaluated { .. });
        let found = Expect {
            failed: result.failed_rows,
            first: result.first_row,
            repaired: result.repaired_rows,
            measure: result.measure.filter(|_| is_evaluated),
            rejects: result.rejects(),
        };
        assert_eq!(&found, expect, "{rule}");
    }
    let rows = report.rows();
    let apart = oracle.apart.len() as u64;
    assert_eq!(rows.read(), oracle.rows.len() as u64);
    assert_eq!(rows.quarantined(), apart);
    assert_eq!(rows.published(), rows.read() - apart);
    assert_eq!(rows.repaired(), oracle.repaired_rows);
}

/// The rows in batches that end at these places, some of them empty.
fn split(rows: &[Row], cuts: &[prop::sample::Index]) -> Vec<arrow_array::RecordBatch> {
    let mut ends: Vec<usize> = cuts.iter().map(|cut| cut.index(rows.len() + 1)).collect();
    ends.extend([0, rows.len()]);
    ends.sort_unstable();
    let whole = batch(rows);
    let spans = ends.windows(2);
    spans
        .map(|span| whole.slice(span[0], span[1] - span[0]))
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    #[test]
    fn every_rule_counts_what_a_plain_loop_counts(
        said in said(),
        rows in rows(),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..5),
    ) {
        let contract = contract(&said);
        let oracle = judged(&said, &rows);
        let whole = report(&contract, &[batch(&rows)], 1);
        check(&whole, &oracle);
        let batches = split(&rows, &cuts);
        for threads in [1, 2] {
            let split = report(&contract, &batches, threads);
            prop_assert_eq!(split.rows(), whole.rows());
            prop_assert_eq!(timeless(&split), timeless(&whole));
        }
        let (parted, by_hand) = parted(&contract, &batches);
        check(&by_hand, &oracle);
        if parted.refused {
            return Ok(());
        }
        let mut apart = parted.apart;
        apart.values_mut().for_each(|rules| rules.sort_unstable());
        prop_assert_eq!(&apart, &oracle.apart);
        // What is published is repaired already.
        let published: usize = parted.published.iter().map(arrow_array::RecordBatch::num_rows).sum();
        prop_assert_eq!(published + apart.len(), rows.len());
        let again = report(&contract, &parted.published, 2);
        prop_assert_eq!(again.rows().repaired(), 0);
        prop_assert_eq!(again.rows().quarantined(), 0);
    }

    #[test]
    fn nothing_is_found_in_clean_rows(
        said in said(),
        rows in clean_rows(),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..5),
    ) {
        let contract = contract(&said);
        let report = report(&contract, &split(&rows, &cuts), 2);
        prop_assert!(report.is_clean(), "{:?}", report.results());
    }
}
