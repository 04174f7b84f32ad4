//! How often the values of a column occur, in few numbers: what later publishes are compared with.

use std::collections::BTreeMap;

/// The most different places of a distribution; beyond, neighbouring ones are taken together.
pub const MAX_PLACES: usize = 512;

/// The bins of numbers that two distributions are compared by, besides that of missing values.
pub const NUMBER_BINS: usize = 10;

/// The bins of categories: the most frequent ones, and one for all others.
pub const CATEGORY_BINS: usize = 20;

/// What places of a distribution are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Places {
    /// Numbers in their order, days and instants among them. A place is a number of 64 bits without its last
    /// `dropped` bits: as many are dropped as it takes to have at most [`MAX_PLACES`].
    Numbers {
        /// How many bits are dropped, 0 to 63.
        dropped: u32,
    },
    /// Text, each value by its fingerprint: one of [`MAX_PLACES`].
    Categories,
}

/// How often the values of one column occur in one publish.
///
/// No value is in it: of numbers up to 512 places, of text fingerprints. Of equal rows it is equal, whatever their order
/// and however they come in batches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Distribution {
    pub(super) column: String,
    pub(super) places: Places,
    /// By place, in its order: how many values there are.
    pub(super) counts: BTreeMap<i64, u64>,
    pub(super) missing: u64,
}

impl Distribution {
    /// A distribution of no values.
    #[must_use]
    pub fn new(column: impl Into<String>, places: Places) -> Self {
        Self {
            column: column.into(),
            places,
            counts: BTreeMap::new(),
            missing: 0,
        }
    }

    /// The column, nested ones joined by `.`.
    #[must_use]
    pub fn column(&self) -> &str {
        &self.column
    }

    /// How many rows there are, those without a value among them.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.counts.values().sum::<u64>() + self.missing
    }

    /// How many values are missing.
    #[must_use]
    pub fn missing(&self) -> u64 {
        self.missing
    }

    pub(crate) fn add_missing(&mut self, rows: u64) {
        self.missing += rows;
    }

    /// Adds a number; every NaN is one.
    pub(crate) fn add_number(&mut self, number: f64) {
        let Places::Numbers { dropped } = self.places else {
            return;
        };
        let number = if number.is_nan() {
            f64::NAN
        } else {
            number + 0.0
        };
        let bits = number.to_bits().cast_signed();
        // Negative numbers count the other way round.
        let ordered = bits ^ (((bits >> 63).cast_unsigned() >> 1).cast_signed());
        *self.counts.entry(ordered >> dropped).or_default() += 1;
        self.shrink();
    }

    /// Adds a text by its fingerprint, the same in every run.
    pub(crate) fn add_text(&mut self, text: &str) {
        // FNV-1a: what is compared years later has to be the same then.
        let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        let hash = hash ^ (hash >> 32);
        let place = i64::try_from(hash % MAX_PLACES as u64).unwrap_or_default();
        *self.counts.entry(place).or_default() += 1;
    }

    /// Takes places together until there are few enough.
    fn shrink(&mut self) {
        while self.counts.len() > MAX_PLACES {
            let Places::Numbers { dropped } = self.places else {
                return;
            };
            self.coarsen(dropped + 1);
        }
    }

    fn coarsen(&mut self, wanted: u32) {
        let Places::Numbers { dropped } = self.places else {
            return;
        };
        if wanted <= dropped || wanted > 63 {
            return;
        }
        let mut counts = BTreeMap::new();
        for (place, count) in &self.counts {
            *counts.entry(place >> (wanted - dropped)).or_default() += count;
        }
        self.counts = counts;
        self.places = Places::Numbers { dropped: wanted };
    }

    /// Adds the counts of another distribution of the same kind; one of another kind adds nothing.
    pub(crate) fn merge(&mut self, other: &Self) {
        let mut other = other.clone();
        match (self.places, other.places) {
            (Places::Numbers { dropped: a }, Places::Numbers { dropped: b }) => {
                self.coarsen(a.max(b));
                other.coarsen(a.max(b));
            }
            (Places::Categories, Places::Categories) => {}
            _ => return,
        }
        for (place, count) in other.counts {
            *self.counts.entry(place).or_default() += count;
        }
        self.missing += other.missing;
        self.shrink();
    }

    /// Whether both are of numbers or both of categories.
    pub(crate) fn is_like(&self, other: &Self) -> bool {
        std::mem::discriminant(&self.places) == std::mem::discriminant(&other.places)
    }

    /// The population stability index of this distribution against an earlier one, `None` where either has no rows:
    /// the sum over bins of `(p - q) * ln(p / q)`, where `q` is the share of the bin before and `p` now. Each bin counts
    /// half a row more than it has, so that an empty one has a share.
    ///
    /// Bins of numbers are [`NUMBER_BINS`] with about as many of the earlier values each, bins of categories the most
    /// frequent of the earlier ones and one for all others, and missing values are a bin of their own.
    ///
    /// # Source
    /// N. Siddiqi, Credit Risk Scorecards (2006), system stability report.
    #[must_use]
    pub fn stability_index(&self, before: &Self) -> Option<f64> {
        if !self.is_like(before) || self.rows() == 0 || before.rows() == 0 {
            return None;
        }
        let (mut now, mut before) = (self.clone(), before.clone());
        if let (Places::Numbers { dropped: a }, Places::Numbers { dropped: b }) =
            (now.places, before.places)
        {
            now.coarsen(b);
            before.coarsen(a);
        }
        let bins = match now.places {
            Places::Numbers { .. } => number_bins(&now, &before),
            Places::Categories => category_bins(&now, &before),
        };
        let bins = bins.into_iter().chain([(now.missing, before.missing)]);
        let bins: Vec<(u64, u64)> = bins.filter(|bin| *bin != (0, 0)).collect();
        let half = 0.5 * bins.len() as f64;
        let (rows, rows_before) = (now.rows() as f64 + half, before.rows() as f64 + half);
        let index = bins.iter().map(|(now, before)| {
            let p = (*now as f64 + 0.5) / rows;
            let q = (*before as f64 + 0.5) / rows_before;
            (p - q) * (p / q).ln()
        });
        Some(index.sum())
    }
}

/// The counts now and before in bins that the earlier values part into about equal ones.
fn number_bins(now: &Distribution, before: &Distribution) -> Vec<(u64, u64)> {
    let total: u64 = before.counts.values().sum();
    let mut all: BTreeMap<i64, (u64, u64)> = BTreeMap::new();
    for (place, count) in &before.counts {
        all.entry(*place).or_default().1 += count;
    }
    for (place, count) in &now.counts {
        all.entry(*place).or_default().0 += count;
    }
    let mut bins = vec![(0, 0)];
    let (mut seen, mut tenths) = (0_u64, 0);
    for (now, before) in all.into_values() {
        if let Some(bin) = bins.last_mut() {
            bin.0 += now;
            bin.1 += before;
        }
        seen += before;
        // A bin ends with the place at which the next tenth of the earlier values is reached.
        let reached = u128::from(seen) * NUMBER_BINS as u128 / u128::from(total.max(1));
        if reached > tenths && seen < total {
            bins.push((0, 0));
            tenths = reached;
        }
    }
    bins
}

/// The counts now and before of the categories that were most frequent, and of all others.
fn category_bins(now: &Distribution, before: &Distribution) -> Vec<(u64, u64)> {
    let mut frequent: Vec<(i64, u64)> = before.counts.iter().map(|(p, c)| (*p, *c)).collect();
    frequent.sort_by_key(|(place, count)| (std::cmp::Reverse(*count), *place));
    frequent.truncate(CATEGORY_BINS - 1);
    let of = |counts: &BTreeMap<i64, u64>, place| counts.get(&place).copied().unwrap_or_default();
    let mut bins: Vec<(u64, u64)> = frequent
        .iter()
        .map(|(place, count)| (of(&now.counts, *place), *count))
        .collect();
    let (listed, listed_before): (Vec<u64>, Vec<u64>) = bins.iter().copied().unzip();
    let rest = |all: &Distribution, listed: Vec<u64>| {
        all.counts.values().sum::<u64>() - listed.iter().sum::<u64>()
    };
    bins.push((rest(now, listed), rest(before, listed_before)));
    bins
}

#[cfg(test)]
mod tests;
