//! What a draft's source says and a contract cannot, within bounds.

use super::Note;

/// The most notes that a draft has; the last one then says how many there would be more.
const MAX_NOTES: usize = 1_000;

/// Notes of one draft.
#[derive(Debug, Default)]
pub(super) struct Notes {
    kept: Vec<Note>,
    more: usize,
}

impl Notes {
    pub(super) fn push(&mut self, path: &str, message: impl Into<String>) {
        // One place is left for the count.
        if self.kept.len() + 1 < MAX_NOTES {
            self.kept.push(Note::new(path, message));
        } else {
            self.more += 1;
        }
    }

    pub(super) fn into_vec(mut self) -> Vec<Note> {
        if self.more > 0 {
            let message = format!("{} more notes are not shown", self.more);
            self.kept.push(Note::new("", message));
        }
        self.kept
    }
}
