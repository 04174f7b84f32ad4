//! A pattern as a nondeterministic automaton over sets of characters.

use dataproduct_contract::pattern::{MAX_NESTING, expansion_cost};
use regex_syntax::ParserBuilder;
use regex_syntax::hir::{Class, Hir, HirKind, Look, Repetition};

use super::alphabet::{Kind, SetId, Sets};
use super::{Budget, Stop};

/// The number of a state.
pub(super) type StateId = u32;

/// A state of the automaton.
#[derive(Clone, Debug)]
pub(super) enum State {
    /// Goes on over any character of a set.
    Characters(SetId, StateId),
    /// Goes on where an assertion holds.
    Look(Look, StateId),
    /// Goes on along each branch without a character.
    Union(Vec<StateId>),
    /// Goes nowhere.
    Fail,
    /// The pattern has matched.
    Match,
}

/// The automaton of one pattern.
pub(super) struct Nfa {
    pub(super) states: Vec<State>,
    pub(super) start: StateId,
    /// Whether some assertion looks at the character before it.
    pub(super) looks_back: bool,
    /// What assertions ask about.
    pub(super) asked: Kind,
}

impl Nfa {
    /// The automaton of a pattern; the sets of characters that it names are added to `sets`.
    pub(super) fn new(pattern: &str, sets: &mut Sets, budget: &mut Budget) -> Result<Self, Stop> {
        let hir = parse(pattern, budget)?;
        let mut compiler = Compiler {
            states: vec![State::Match],
            looks_back: false,
            asked: Kind::default(),
            sets,
            budget,
        };
        let start = compiler.compile(&hir, 0)?;
        let (states, looks_back, asked) = (compiler.states, compiler.looks_back, compiler.asked);
        sets.asked = sets.asked | asked;
        Ok(Self {
            states,
            start,
            looks_back,
            asked,
        })
    }
}

/// Parses with the flags of `regex::Regex::new`, after a look at how much the pattern would expand to.
fn parse(pattern: &str, budget: &mut Budget) -> Result<Hir, Stop> {
    let cost = expansion_cost(pattern).map_err(Stop::Syntax)?;
    budget.classes = budget.classes.checked_sub(cost).ok_or(Stop::Classes)?;
    ParserBuilder::new()
        .nest_limit(MAX_NESTING)
        .build()
        .parse(pattern)
        .map_err(|error| {
            // The first lines of the message repeat the pattern; the last says what is wrong.
            let text = error.to_string();
            let reason = text.lines().last().unwrap_or_default();
            Stop::Syntax(reason.trim_start_matches("error: ").trim().to_owned())
        })
}

/// The ranges of Unicode's word characters, which `\b` looks at.
pub(super) fn word_characters(budget: &mut Budget) -> Result<Box<[(char, char)]>, Stop> {
    match parse(r"\w", budget)?.kind() {
        HirKind::Class(class) => Ok(ranges(class)),
        _ => Ok(Box::default()),
    }
}

fn ranges(class: &Class) -> Box<[(char, char)]> {
    match class {
        Class::Unicode(class) => class.iter().map(|r| (r.start(), r.end())).collect(),
        // With the flags of text, a class of bytes has ASCII only.
        Class::Bytes(class) => class
            .iter()
            .map(|r| (char::from(r.start()), char::from(r.end())))
            .collect(),
    }
}

/// Compiles from the end: each part is given the state that follows it and returns its first.
struct Compiler<'a> {
    states: Vec<State>,
    looks_back: bool,
    asked: Kind,
    sets: &'a mut Sets,
    budget: &'a mut Budget,
}

impl Compiler<'_> {
    fn push(&mut self, state: State) -> Result<StateId, Stop> {
        let branches = match &state {
            State::Union(branches) => branches.len(),
            _ => 0,
        };
        self.budget
            .bytes(size_of::<State>() + branches * size_of::<StateId>())?;
        self.states.push(state);
        Ok(self.states.len() as StateId - 1)
    }

    fn compile(&mut self, hir: &Hir, next: StateId) -> Result<StateId, Stop> {
        // Counted also where no state comes of it: nothing repeated a billion times is still a loop.
        self.budget.work(1)?;
        match hir.kind() {
            HirKind::Empty => Ok(next),
            HirKind::Literal(literal) => {
                let text = str::from_utf8(&literal.0)
                    .map_err(|_| Stop::Syntax("it matches bytes that are no text".to_owned()))?;
                text.chars().rev().try_fold(next, |next, c| {
                    self.budget.work(1)?;
                    let set = self.sets.id(Box::new([(c, c)]))?;
                    self.push(State::Characters(set, next))
                })
            }
            HirKind::Class(class) => {
                let ranges = ranges(class);
                if ranges.is_empty() {
                    return self.push(State::Fail);
                }
                self.budget.work(ranges.len())?;
                let set = self.sets.id(ranges)?;
                self.push(State::Characters(set, next))
            }
            HirKind::Look(look) => {
                self.note(*look);
                self.push(State::Look(*look, next))
            }
            HirKind::Repetition(repetition) => self.repetition(repetition, next),
            HirKind::Capture(capture) => self.compile(&capture.sub, next),
            HirKind::Concat(parts) => parts
                .iter()
                .rev()
                .try_fold(next, |next, part| self.compile(part, next)),
            HirKind::Alternation(parts) => {
                let branches = parts
                    .iter()
                    .map(|part| self.compile(part, next))
                    .collect::<Result<_, _>>()?;
                self.push(State::Union(branches))
            }
        }
    }

    fn repetition(&mut self, repetition: &Repetition, next: StateId) -> Result<StateId, Stop> {
        let mut first = match repetition.max {
            None => {
                let again = self.push(State::Fail)?;
                let body = self.compile(&repetition.sub, again)?;
                if let Some(state) = self.states.get_mut(again as usize) {
                    *state = State::Union(vec![body, next]);
                }
                again
            }
            Some(max) => {
                let mut first = next;
                for _ in repetition.min..max {
                    let body = self.compile(&repetition.sub, first)?;
                    first = self.push(State::Union(vec![body, next]))?;
                }
                first
            }
        };
        for _ in 0..repetition.min {
            first = self.compile(&repetition.sub, first)?;
        }
        Ok(first)
    }

    fn note(&mut self, look: Look) {
        self.looks_back |= !matches!(look, Look::End | Look::EndLF);
        self.asked = self.asked
            | match look {
                Look::Start | Look::End => Kind::default(),
                Look::StartLF | Look::EndLF => Kind::LINE_FEED,
                Look::StartCRLF | Look::EndCRLF => Kind::LINE_FEED | Kind::CARRIAGE_RETURN,
                Look::WordAscii
                | Look::WordAsciiNegate
                | Look::WordStartAscii
                | Look::WordEndAscii
                | Look::WordStartHalfAscii
                | Look::WordEndHalfAscii => Kind::ASCII_WORD,
                Look::WordUnicode
                | Look::WordUnicodeNegate
                | Look::WordStartUnicode
                | Look::WordEndUnicode
                | Look::WordStartHalfUnicode
                | Look::WordEndHalfUnicode => Kind::WORD,
            };
    }
}
