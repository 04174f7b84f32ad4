//! What single inputs cost: `cost TARGET FILE_OR_FOLDER...`, the dearest first.
//!
//! It does what a user does, reading a contract, comparing a pair of contracts or of patterns, and none
//! of the target's checks.
//!
//! Each input is run in a process of its own, without instrumentation, so that the peak of memory is
//! its own. Time is that of the processor, since what else the machine does is not the input's fault:
//! the mean of ten runs, which the clock of the kernel cuts into 4 ms together. Memory is what they add
//! to a process that has run the target on a small input before. Linux only.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use dataproduct_compat_fuzz::{BETWEEN, PATTERNS, SMALL, processor_time, use_of};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// What one input may cost.
const LIMIT_TIME: Duration = Duration::from_millis(100);
const LIMIT_MEMORY_KIB: u64 = 32 * 1024;
/// Says to a child process that it runs the one input named.
const ONE: &str = "--one";
const RUNS: u32 = 10;
/// How many of the dearest are shown.
const SHOWN: usize = 10;

struct Cost {
    time: Duration,
    memory_kib: u64,
    path: PathBuf,
}

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.as_slice() {
        [one, name, path] if one == ONE => run(name, path),
        [name, paths @ ..] if !paths.is_empty() => all(name, paths),
        _ => Err("usage: cost TARGET FILE_OR_FOLDER...".into()),
    }
}

fn all(name: &str, paths: &[String]) -> Result<()> {
    let mut files = Vec::new();
    for path in paths.iter().map(PathBuf::from) {
        if path.is_dir() {
            for entry in fs::read_dir(path)? {
                files.push(entry?.path());
            }
        } else {
            files.push(path);
        }
    }
    let mut costs = Vec::new();
    for path in files {
        let output = Command::new(std::env::current_exe()?)
            .args([ONE, name])
            .arg(&path)
            .output()?;
        let text = String::from_utf8(output.stdout)?;
        let mut numbers = text.split_whitespace();
        let (Some(time), Some(memory)) = (numbers.next(), numbers.next()) else {
            return Err(format!("{}: {}", path.display(), output.status).into());
        };
        costs.push(Cost {
            time: Duration::from_nanos(time.parse()?),
            memory_kib: memory.parse()?,
            path,
        });
    }
    costs.sort_by_key(|cost| std::cmp::Reverse(cost.time));
    costs.iter().take(SHOWN).for_each(show);
    costs.sort_by_key(|cost| std::cmp::Reverse(cost.memory_kib));
    costs.iter().take(SHOWN).for_each(show);
    let above = |cost: &&Cost| cost.time > LIMIT_TIME || cost.memory_kib > LIMIT_MEMORY_KIB;
    println!(
        "{} inputs, {} above {LIMIT_TIME:?} or {LIMIT_MEMORY_KIB} KiB",
        costs.len(),
        costs.iter().filter(above).count()
    );
    Ok(())
}

fn show(cost: &Cost) {
    let Cost {
        time,
        memory_kib,
        path,
    } = cost;
    println!("{time:>10.2?} {memory_kib:>7} KiB  {}", path.display());
}

fn run(name: &str, path: &str) -> Result<()> {
    let used = use_of(name).ok_or("name a target: parse, diff or language")?;
    let input = fs::read(path)?;
    // What is made once in a process, such as the rules, is made before.
    let small = if name == "language" {
        PATTERNS[0]
    } else {
        SMALL
    };
    let changed = small.replace("[a-z]", "[a-y]").replace("A-Z", "A-Y");
    used(small.as_bytes());
    used(&[small.as_bytes(), &[BETWEEN], changed.as_bytes()].concat());
    let before = peak_memory_kib()?;
    let time = processor_time(|| (0..RUNS).for_each(|_| used(&input)))? / RUNS;
    let memory_kib = peak_memory_kib()? - before;
    println!("{} {memory_kib}", time.as_nanos());
    Ok(())
}

/// Greatest memory the process had in hand, in KiB.
fn peak_memory_kib() -> Result<u64> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"));
    let number = line.and_then(|line| line.split_whitespace().nth(1));
    Ok(number.ok_or("no peak of memory")?.parse()?)
}
