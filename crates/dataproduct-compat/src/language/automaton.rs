//! The deterministic automaton of a pattern, made state by state as a search asks for it.

use std::collections::HashMap;
use std::mem;
use std::rc::Rc;

use regex_syntax::hir::Look;

use super::alphabet::{Alphabet, ClassId, Kind};
use super::nfa::{Nfa, State as NfaState, StateId};
use super::{Budget, Match, Stop};

/// The number of a deterministic state.
pub(super) type Id = u32;
/// Whatever follows, the text is accepted.
pub(super) const ACCEPTS_ALL: Id = 0;
/// Whatever follows, the text is not accepted.
pub(super) const ACCEPTS_NONE: Id = 1;

/// A character beside a place in a text, as far as assertions can know it; `None` is no character.
type Beside = Option<Kind>;

/// Where the search stands after some text: what the automaton can be in, and what came before.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Key {
    /// States that wait for a character or for an assertion to be looked at, in order.
    waiting: Rc<[StateId]>,
    before: Beside,
}

struct State {
    key: Key,
    /// The state after each class of characters, once it has been asked for.
    next: Option<Box<[Id]>>,
}

/// A pattern's automaton; see the [module](self).
pub(super) struct Automaton<'a> {
    nfa: &'a Nfa,
    alphabet: &'a Alphabet,
    how: Match,
    /// The classes of characters that assertions cannot tell apart, by what they know.
    kinds: Vec<(Kind, Vec<ClassId>)>,
    states: Vec<State>,
    ids: HashMap<Key, Id>,
    scratch: Scratch,
}

/// Memory that is used again for each state.
#[derive(Default)]
struct Scratch {
    /// The round in which an NFA state was last seen.
    seen: Vec<u32>,
    round: u32,
    stack: Vec<StateId>,
    /// The NFA states reached over each class.
    reached: Vec<Vec<StateId>>,
}

impl Scratch {
    fn begin(&mut self) {
        self.round += 1;
        self.stack.clear();
    }

    fn is_new(&mut self, state: StateId) -> bool {
        let seen = &mut self.seen[state as usize];
        mem::replace(seen, self.round) != self.round
    }
}

impl<'a> Automaton<'a> {
    pub(super) fn new(nfa: &'a Nfa, alphabet: &'a Alphabet, how: Match) -> Self {
        let mut kinds: Vec<(Kind, Vec<ClassId>)> = Vec::new();
        for (i, class) in alphabet.classes.iter().enumerate() {
            let kind = class.kind.masked(nfa.asked);
            match kinds.iter_mut().find(|(other, _)| *other == kind) {
                Some((_, classes)) => classes.push(i as ClassId),
                None => kinds.push((kind, vec![i as ClassId])),
            }
        }
        let fixed = |id: Id| State {
            key: Key {
                waiting: Rc::new([]),
                before: None,
            },
            next: Some(vec![id; alphabet.classes.len()].into()),
        };
        Self {
            nfa,
            alphabet,
            how,
            kinds,
            states: vec![fixed(ACCEPTS_ALL), fixed(ACCEPTS_NONE)],
            ids: HashMap::new(),
            scratch: Scratch {
                seen: vec![0; nfa.states.len()],
                reached: vec![Vec::new(); alphabet.classes.len()],
                ..Scratch::default()
            },
        }
    }

    /// The state before any text.
    pub(super) fn start(&mut self, budget: &mut Budget) -> Result<Id, Stop> {
        // Where nothing looks back, what came before makes no difference and no states.
        let before = (!self.nfa.looks_back).then(Kind::default);
        self.enter(&[self.nfa.start], before, budget)
    }

    /// Whether a text that ends in this state is accepted.
    pub(super) fn accepts(&mut self, id: Id, budget: &mut Budget) -> Result<bool, Stop> {
        if id == ACCEPTS_ALL || id == ACCEPTS_NONE {
            return Ok(id == ACCEPTS_ALL);
        }
        let key = self.states[id as usize].key.clone();
        Ok(self.resolve(&key, None, budget)?.1)
    }

    /// The states after each class of characters.
    pub(super) fn next(&mut self, id: Id, budget: &mut Budget) -> Result<&[Id], Stop> {
        if self.states[id as usize].next.is_none() {
            let next = self.step(id, budget)?;
            self.states[id as usize].next = Some(next);
        }
        Ok(self.states[id as usize].next.as_deref().unwrap_or_default())
    }

    fn step(&mut self, id: Id, budget: &mut Budget) -> Result<Box<[Id]>, Stop> {
        let key = self.states[id as usize].key.clone();
        let classes = self.alphabet.classes.len();
        budget.bytes(classes * size_of::<Id>())?;
        let mut next = vec![ACCEPTS_NONE; classes];
        for at in 0..self.kinds.len() {
            let kind = self.kinds[at].0;
            let (ready, matched) = self.resolve(&key, Some(kind), budget)?;
            if matched && self.how == Match::Part {
                for class in &self.kinds[at].1 {
                    next[usize::from(*class)] = ACCEPTS_ALL;
                }
                continue;
            }
            for state in ready {
                if let NfaState::Characters(set, target) = self.nfa.states[state as usize] {
                    let members = self.alphabet.members(set);
                    budget.work(members.len())?;
                    for class in members {
                        self.scratch.reached[usize::from(*class)].push(target);
                    }
                }
            }
            let before = Some(if self.nfa.looks_back {
                kind
            } else {
                Kind::default()
            });
            for i in 0..self.kinds[at].1.len() {
                let class = usize::from(self.kinds[at].1[i]);
                let reached = mem::take(&mut self.scratch.reached[class]);
                next[class] = self.enter(&reached, before, budget)?;
                self.scratch.reached[class] = reached;
            }
            // Sets reach into classes of other kinds, which have a round of their own.
            self.scratch.reached.iter_mut().for_each(Vec::clear);
            budget.work(classes)?;
        }
        Ok(next.into())
    }

    /// The states that wait for a character once the assertions have been looked at, and whether the
    /// pattern has matched.
    fn resolve(
        &mut self,
        key: &Key,
        after: Beside,
        budget: &mut Budget,
    ) -> Result<(Vec<StateId>, bool), Stop> {
        self.scratch.begin();
        let mut ready = Vec::new();
        let mut matched = false;
        self.scratch.stack.extend_from_slice(&key.waiting);
        while let Some(id) = self.scratch.stack.pop() {
            budget.work(1)?;
            if !self.scratch.is_new(id) {
                continue;
            }
            match &self.nfa.states[id as usize] {
                NfaState::Characters(..) => ready.push(id),
                NfaState::Look(look, next) => {
                    if holds(*look, key.before, after) {
                        self.scratch.stack.push(*next);
                    }
                }
                NfaState::Union(branches) => self.scratch.stack.extend_from_slice(branches),
                NfaState::Fail => {}
                NfaState::Match => matched = true,
            }
        }
        Ok((ready, matched))
    }

    /// The deterministic state of being in these states.
    fn enter(&mut self, from: &[StateId], before: Beside, budget: &mut Budget) -> Result<Id, Stop> {
        self.scratch.begin();
        self.scratch.stack.extend_from_slice(from);
        if self.how == Match::Part {
            // A part of the text may begin at any place.
            self.scratch.stack.push(self.nfa.start);
        }
        let mut waiting = Vec::new();
        while let Some(id) = self.scratch.stack.pop() {
            budget.work(1)?;
            if !self.scratch.is_new(id) {
                continue;
            }
            match &self.nfa.states[id as usize] {
                NfaState::Match if self.how == Match::Part => return Ok(ACCEPTS_ALL),
                NfaState::Union(branches) => self.scratch.stack.extend_from_slice(branches),
                NfaState::Fail => {}
                _ => waiting.push(id),
            }
        }
        if waiting.is_empty() {
            return Ok(ACCEPTS_NONE);
        }
        // Put in order, hashed and compared.
        budget.work(16 + 6 * waiting.len())?;
        waiting.sort_unstable();
        let key = Key {
            waiting: waiting.into(),
            before,
        };
        if let Some(id) = self.ids.get(&key) {
            return Ok(*id);
        }
        budget.bytes(
            2 * size_of::<Key>()
                + size_of::<State>()
                + 16
                + key.waiting.len() * size_of::<StateId>(),
        )?;
        let id = self.states.len() as Id;
        self.ids.insert(key.clone(), id);
        self.states.push(State { key, next: None });
        Ok(id)
    }
}

/// Whether an assertion holds between two characters.
///
/// # Source
/// The documentation of `regex_syntax::hir::Look`.
fn holds(look: Look, before: Beside, after: Beside) -> bool {
    let is = |beside: Beside, kind: Kind| beside.is_some_and(|beside| beside.has(kind));
    let boundary = |word: Kind| (is(before, word), is(after, word));
    match look {
        Look::Start => before.is_none(),
        Look::End => after.is_none(),
        Look::StartLF => before.is_none() || is(before, Kind::LINE_FEED),
        Look::EndLF => after.is_none() || is(after, Kind::LINE_FEED),
        Look::StartCRLF => {
            before.is_none()
                || is(before, Kind::LINE_FEED)
                || (is(before, Kind::CARRIAGE_RETURN) && !is(after, Kind::LINE_FEED))
        }
        Look::EndCRLF => {
            after.is_none()
                || is(after, Kind::CARRIAGE_RETURN)
                || (is(after, Kind::LINE_FEED) && !is(before, Kind::CARRIAGE_RETURN))
        }
        Look::WordAscii => matches!(boundary(Kind::ASCII_WORD), (a, b) if a != b),
        Look::WordAsciiNegate => matches!(boundary(Kind::ASCII_WORD), (a, b) if a == b),
        Look::WordUnicode => matches!(boundary(Kind::WORD), (a, b) if a != b),
        Look::WordUnicodeNegate => matches!(boundary(Kind::WORD), (a, b) if a == b),
        Look::WordStartAscii => boundary(Kind::ASCII_WORD) == (false, true),
        Look::WordEndAscii => boundary(Kind::ASCII_WORD) == (true, false),
        Look::WordStartUnicode => boundary(Kind::WORD) == (false, true),
        Look::WordEndUnicode => boundary(Kind::WORD) == (true, false),
        Look::WordStartHalfAscii => !is(before, Kind::ASCII_WORD),
        Look::WordEndHalfAscii => !is(after, Kind::ASCII_WORD),
        Look::WordStartHalfUnicode => !is(before, Kind::WORD),
        Look::WordEndHalfUnicode => !is(after, Kind::WORD),
    }
}
