//! Classes of characters that two patterns treat alike.

use std::collections::HashMap;
use std::ops::BitOr;

use super::{Budget, Stop};

/// The most ranges of characters that the classes of two patterns may have together.
const MAX_RANGES: usize = 10_000;
/// How many characters of a range are looked at for one that can be shown.
const LOOKED_AT: u32 = 256;

/// The number of a set of characters within [`Sets`].
pub(super) type SetId = u32;
/// The number of a class of characters within an [`Alphabet`].
pub(super) type ClassId = u16;

/// What a look-around assertion can ask of a character.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Kind(pub(super) u8);

impl Kind {
    pub(super) const LINE_FEED: Self = Self(1);
    pub(super) const CARRIAGE_RETURN: Self = Self(2);
    pub(super) const ASCII_WORD: Self = Self(4);
    pub(super) const WORD: Self = Self(8);

    const ALL: [Self; 4] = [
        Self::LINE_FEED,
        Self::CARRIAGE_RETURN,
        Self::ASCII_WORD,
        Self::WORD,
    ];

    pub(super) fn has(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    pub(super) fn masked(self, mask: Self) -> Self {
        Self(self.0 & mask.0)
    }
}

impl BitOr for Kind {
    type Output = Self;
    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// The sets of characters that patterns name, each once.
#[derive(Default)]
pub(super) struct Sets {
    ids: HashMap<Box<[(char, char)]>, SetId>,
    ranges: usize,
    /// What assertions ask about.
    pub(super) asked: Kind,
}

impl Sets {
    /// The number of the set with these ranges, which are in order and do not overlap.
    pub(super) fn id(&mut self, ranges: Box<[(char, char)]>) -> Result<SetId, Stop> {
        if let Some(id) = self.ids.get(&ranges) {
            return Ok(*id);
        }
        self.ranges += ranges.len();
        if self.ranges > MAX_RANGES {
            return Err(Stop::Classes);
        }
        let id = self.ids.len() as SetId;
        self.ids.insert(ranges, id);
        Ok(id)
    }
}

/// A class of characters that no set and no assertion tells apart.
pub(super) struct Class {
    /// The character of the class that is shown: the most readable one.
    pub(super) shown: char,
    /// What assertions can know of it.
    pub(super) kind: Kind,
}

impl Class {
    /// What it costs to show a character of this class: the search for a text looks for the cheapest one.
    pub(super) fn cost(&self) -> u32 {
        match rank(self.shown) {
            0..=5 => 1,
            6 => 2,
            _ => 8,
        }
    }
}

/// How little a character tells a reader: letters and digits least, what cannot be seen most.
fn rank(c: char) -> u8 {
    match c {
        'a'..='z' => 0,
        'A'..='Z' => 1,
        '0'..='9' => 2,
        '!'..='~' => 3,
        ' ' => 4,
        _ if c.is_alphanumeric() => 5,
        _ if !c.is_whitespace() && c.escape_debug().len() == 1 => 6,
        _ => 7,
    }
}

/// The most readable character from `low` up to `high`, both included.
fn readable(low: u32, high: u32) -> Option<char> {
    let preferred = [('a', 'z'), ('A', 'Z'), ('0', '9'), ('!', '~'), (' ', ' ')];
    for (first, last) in preferred {
        let (first, last) = (first as u32, last as u32);
        if low <= last && first <= high {
            return char::from_u32(low.max(first));
        }
    }
    // Surrogates are no characters; the ones after them are a better place to begin.
    let low = if (0xD800..0xE000).contains(&low) {
        0xE000
    } else {
        low
    };
    (low..=high)
        .take(LOOKED_AT as usize)
        .filter_map(char::from_u32)
        .min_by_key(|c| (rank(*c), *c))
}

/// The classes of characters under some sets.
pub(super) struct Alphabet {
    /// The classes; the most readable first.
    pub(super) classes: Vec<Class>,
    /// The classes that a set consists of, by the number of the set.
    members: Vec<Vec<ClassId>>,
}

impl Alphabet {
    pub(super) fn new(sets: &Sets, budget: &mut Budget) -> Result<Self, Stop> {
        let kinds = kinds(sets.asked, budget)?;
        let numbered = sets.ids.iter().map(|(ranges, id)| (*id, &**ranges));
        let first_kind = sets.ids.len() as SetId;
        let kind_sets = kinds
            .iter()
            .enumerate()
            .map(|(i, (_, ranges))| (first_kind + i as SetId, &**ranges));
        // Where a set begins or ends: between two such places, no set tells characters apart.
        let mut edges: Vec<(u32, SetId)> = Vec::new();
        for (id, ranges) in numbered.chain(kind_sets) {
            for (first, last) in ranges {
                edges.push((*first as u32, id));
                edges.push((*last as u32 + 1, id));
            }
        }
        budget.work(edges.len() * 4)?;
        budget.bytes(edges.len() * size_of::<(u32, SetId)>())?;
        edges.sort_unstable();
        let found = sweep(&edges, budget)?;
        Ok(Self::of(found, sets.ids.len(), &kinds))
    }

    fn of(found: HashMap<Vec<SetId>, char>, sets: usize, kinds: &[(Kind, Ranges)]) -> Self {
        let mut found: Vec<_> = found.into_iter().collect();
        found.sort_unstable_by_key(|(_, shown)| (rank(*shown), *shown));
        let mut members = vec![Vec::new(); sets];
        let mut classes = Vec::with_capacity(found.len());
        for (class, (signature, shown)) in found.into_iter().enumerate() {
            let mut kind = Kind::default();
            for id in signature {
                match members.get_mut(id as usize) {
                    Some(members) => members.push(class as ClassId),
                    None => kind = kind | kinds[id as usize - sets].0,
                }
            }
            classes.push(Class { shown, kind });
        }
        Self { classes, members }
    }

    /// The classes that make up a set.
    pub(super) fn members(&self, set: SetId) -> &[ClassId] {
        self.members.get(set as usize).map_or(&[], Vec::as_slice)
    }
}

type Ranges = Box<[(char, char)]>;

/// The sets of characters that the assertions ask about.
fn kinds(asked: Kind, budget: &mut Budget) -> Result<Vec<(Kind, Ranges)>, Stop> {
    let mut out = Vec::new();
    for kind in Kind::ALL.into_iter().filter(|kind| asked.has(*kind)) {
        let ranges: Ranges = match kind {
            Kind::LINE_FEED => Box::new([('\n', '\n')]),
            Kind::CARRIAGE_RETURN => Box::new([('\r', '\r')]),
            Kind::ASCII_WORD => Box::new([('0', '9'), ('A', 'Z'), ('_', '_'), ('a', 'z')]),
            _ => super::nfa::word_characters(budget)?,
        };
        out.push((kind, ranges));
    }
    Ok(out)
}

/// The sets that characters are in together, each with the most readable of those characters.
fn sweep(edges: &[(u32, SetId)], budget: &mut Budget) -> Result<HashMap<Vec<SetId>, char>, Stop> {
    let mut found: HashMap<Vec<SetId>, char> = HashMap::new();
    let mut within: Vec<SetId> = Vec::new();
    let mut low = 0;
    let last = (char::MAX as u32 + 1, SetId::MAX);
    for (place, set) in edges.iter().copied().chain([last]) {
        if place > low {
            budget.work(1 + within.len())?;
            if let Some(shown) = readable(low, place - 1) {
                match found.get_mut(&within) {
                    Some(best) => {
                        if (rank(shown), shown) < (rank(*best), *best) {
                            *best = shown;
                        }
                    }
                    None => {
                        budget.bytes(64 + within.len() * size_of::<SetId>())?;
                        if found.len() == usize::from(ClassId::MAX) {
                            return Err(Stop::Classes);
                        }
                        found.insert(within.clone(), shown);
                    }
                }
            }
            low = place;
        }
        // An edge is where a set begins if it has not begun yet.
        match within.binary_search(&set) {
            Ok(at) => {
                within.remove(at);
            }
            Err(at) => within.insert(at, set),
        }
    }
    Ok(found)
}
