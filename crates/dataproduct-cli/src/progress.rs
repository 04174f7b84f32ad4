//! How far long work has come, on a terminal and nowhere else.

use std::io::{self, IsTerminal as _};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use dataproduct::{Progress, Steps};
use indicatif::{HumanCount, ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Work that is done sooner shows nothing.
const SHOWN_AFTER: Duration = Duration::from_millis(500);
/// How often the line is drawn.
const DRAWN_EVERY: Duration = Duration::from_millis(100);

/// A line on standard error that says how far work has come; dropped, it is gone.
#[derive(Debug, Default)]
pub(crate) struct Line {
    /// Hung up when the work is done.
    done: Option<mpsc::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Line {
    /// Shows work on that many sources while the value lives, if a person may be looking: where standard error is a
    /// terminal that can take back what it shows, and `is_for_people` says that nothing else is to be read there.
    pub(crate) fn of(
        what: &'static str,
        progress: &Progress,
        sources: usize,
        is_for_people: bool,
    ) -> Self {
        Self::counting(what, "rows", progress, sources, is_for_people)
    }

    /// As [`of`](Self::of), where objects of one table are counted in place of rows.
    pub(crate) fn of_objects(what: &'static str, progress: &Progress, is_for_people: bool) -> Self {
        Self::counting(what, "objects", progress, 1, is_for_people)
    }

    fn counting(
        what: &'static str,
        unit: &'static str,
        progress: &Progress,
        sources: usize,
        is_for_people: bool,
    ) -> Self {
        if !is_for_people || !may_draw() {
            return Self::default();
        }
        let progress = progress.clone();
        Self::begun(move |waiting| show((what, unit), &progress, sources, waiting))
    }

    /// Shows maintenance while the value lives, if a person may be looking.
    pub(crate) fn of_steps(what: &'static str, steps: &Steps) -> Self {
        if !may_draw() {
            return Self::default();
        }
        let steps = steps.clone();
        Self::begun(move |waiting| {
            draw(waiting, || match steps.total() {
                0 => what.to_owned(),
                total => format!(
                    "{what}, {} of {}",
                    HumanCount(steps.done()),
                    HumanCount(total)
                ),
            });
        })
    }

    fn begun(show: impl FnOnce(&mpsc::Receiver<()>) + Send + 'static) -> Self {
        let (done, waiting) = mpsc::channel();
        let show = move || show(&waiting);
        let thread = std::thread::Builder::new().spawn(show);
        // Without a thread for it the work goes on unseen.
        Self {
            done: Some(done),
            thread: thread.ok(),
        }
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.done = None;
        if let Some(thread) = self.thread.take() {
            // What follows on standard error begins on an empty line.
            let _shown = thread.join();
        }
    }
}

fn may_draw() -> bool {
    let dumb = std::env::var_os("TERM").is_none_or(|term| term.is_empty() || term == "dumb");
    io::stderr().is_terminal() && !dumb
}

fn show(
    (what, unit): (&str, &str),
    progress: &Progress,
    sources: usize,
    done: &mpsc::Receiver<()>,
) {
    let mut begun = Instant::now();
    let mut pass = progress.pass();
    draw(done, || {
        if pass != progress.pass() {
            pass = progress.pass();
            begun = Instant::now();
        }
        text((what, unit), progress, sources, begun.elapsed())
    });
}

/// Draws what there is to say, again and again until the work is done.
fn draw(done: &mpsc::Receiver<()>, mut text: impl FnMut() -> String) {
    if done.recv_timeout(SHOWN_AFTER) != Err(RecvTimeoutError::Timeout) {
        return;
    }
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
    // The template is ours and without colours; were it wrong, the bar would look as bars do.
    if let Ok(style) = ProgressStyle::with_template("{spinner} {wide_msg}") {
        bar.set_style(style);
    }
    loop {
        bar.set_message(text());
        bar.tick();
        if done.recv_timeout(DRAWN_EVERY) != Err(RecvTimeoutError::Timeout) {
            break;
        }
    }
    bar.finish_and_clear();
}

/// What the line says.
fn text(
    (what, unit): (&str, &str),
    progress: &Progress,
    sources: usize,
    elapsed: Duration,
) -> String {
    let mut text = what.to_owned();
    if progress.pass() > 1 {
        text.push_str(&format!(", pass {}", progress.pass()));
    }
    if sources > 1 {
        text.push_str(&format!(", file {} of {sources}", progress.sources()));
    }
    let rows = progress.rows();
    text.push_str(&format!(", {} {unit}", HumanCount(rows)));
    let millis = elapsed.as_millis();
    if millis > 0
        && let Ok(rate) = u64::try_from(u128::from(rows) * 1_000 / millis)
    {
        text.push_str(&format!(", {} {unit}/s", HumanCount(rate)));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_names_what_there_is_to_name() {
        let progress = Progress::new();
        progress.begin_pass();
        progress.begin_source();
        progress.add_rows(1_234_567);
        let seconds = Duration::from_secs;
        assert_eq!(
            text(("checking", "rows"), &progress, 1, seconds(2)),
            "checking, 1,234,567 rows, 617,283 rows/s"
        );
        assert_eq!(
            text(("checking", "rows"), &progress, 1, seconds(0)),
            "checking, 1,234,567 rows"
        );
        progress.begin_pass();
        progress.begin_source();
        progress.begin_source();
        assert_eq!(
            text(("checking", "rows"), &progress, 3, seconds(1)),
            "checking, pass 2, file 2 of 3, 0 rows, 0 rows/s"
        );
    }
}
