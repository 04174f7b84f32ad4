//! The search for texts that one automaton accepts and the other does not.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};

use super::alphabet::{Alphabet, ClassId};
use super::automaton::{ACCEPTS_ALL, ACCEPTS_NONE, Automaton, Id};
use super::{Budget, Inclusion, Stop};

/// A place that both automata have come to by the same text.
#[derive(Clone, Copy)]
struct Place {
    old: Id,
    new: Id,
    /// The place before and the class of characters that led here; the first place has none.
    from: Option<(u32, ClassId)>,
}

/// What one place needs in memory: itself, its turn in the queue, and its entry in the table.
const PLACE_BYTES: usize =
    size_of::<Place>() + size_of::<(u32, u32)>() + 2 * size_of::<(Id, Id, u32)>();

/// Walks both automata over the same texts, the cheapest text first, until both kinds of difference are
/// found or there is nothing left to find.
pub(super) fn run(
    mut old: Automaton<'_>,
    mut new: Automaton<'_>,
    alphabet: &Alphabet,
    budget: &mut Budget,
) -> Result<Inclusion, Stop> {
    let costs: Vec<u32> = alphabet.classes.iter().map(|class| class.cost()).collect();
    let mut places = Vec::new();
    let mut cheapest: HashMap<(Id, Id), u32> = HashMap::new();
    let mut queue = BinaryHeap::new();
    let first = Place {
        old: old.start(budget)?,
        new: new.start(budget)?,
        from: None,
    };
    cheapest.insert((first.old, first.new), 0);
    queue.push(Reverse((0, 0)));
    places.push(first);
    let (mut only_old, mut only_new) = (None, None);
    while let Some(Reverse((cost, at))) = queue.pop() {
        let place = places[at as usize];
        if cheapest.get(&(place.old, place.new)) != Some(&cost) {
            continue;
        }
        budget.work(4)?;
        match (
            old.accepts(place.old, budget)?,
            new.accepts(place.new, budget)?,
        ) {
            (true, false) if only_old.is_none() => only_old = Some(at),
            (false, true) if only_new.is_none() => only_new = Some(at),
            _ => {}
        }
        if only_old.is_some() && only_new.is_some() {
            break;
        }
        let may_be_old =
            only_old.is_none() && place.old != ACCEPTS_NONE && place.new != ACCEPTS_ALL;
        let may_be_new =
            only_new.is_none() && place.new != ACCEPTS_NONE && place.old != ACCEPTS_ALL;
        if !may_be_old && !may_be_new {
            continue;
        }
        let after_old = old.next(place.old, budget)?;
        let after_new = new.next(place.new, budget)?;
        budget.work(costs.len())?;
        for (class, step) in costs.iter().enumerate() {
            let pair = (after_old[class], after_new[class]);
            let cost = cost + step;
            let known = cheapest.entry(pair).or_insert(u32::MAX);
            if cost < *known {
                *known = cost;
                budget.bytes(PLACE_BYTES)?;
                budget.work(4)?;
                queue.push(Reverse((cost, places.len() as u32)));
                places.push(Place {
                    old: pair.0,
                    new: pair.1,
                    from: Some((at, class as ClassId)),
                });
            }
        }
    }
    let text = |at| text(&places, alphabet, at);
    Ok(match (only_old.map(text), only_new.map(text)) {
        (None, None) => Inclusion::Equal,
        (Some(only_old), None) => Inclusion::Narrower { only_old },
        (None, Some(only_new)) => Inclusion::Wider { only_new },
        (Some(only_old), Some(only_new)) => Inclusion::Neither { only_old, only_new },
    })
}

/// The text that leads to a place.
fn text(places: &[Place], alphabet: &Alphabet, mut at: u32) -> String {
    let mut reversed = Vec::new();
    while let Some((before, class)) = places[at as usize].from {
        reversed.push(alphabet.classes[usize::from(class)].shown);
        at = before;
    }
    reversed.into_iter().rev().collect()
}
