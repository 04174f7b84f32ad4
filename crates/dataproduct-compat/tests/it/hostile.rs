//! Contracts of strangers, read, compared and reported: no panic, no hang, little memory.

mod cases;

use std::io::Write as _;
use std::process::{Command, Stdio};
use std::time::Duration;

use dataproduct_compat::{Finding, Outcome, Policy, compare};
use dataproduct_contract::Contract;

use cases::{Case, cases};

/// Says to a child process how long the first of the two documents on its standard input is.
const CASE: &str = "DATAPRODUCT_HOSTILE_CASE";
/// What reading two documents, comparing them both ways and writing the outcome may cost in an optimised
/// build.
const LIMIT_TIME: Duration = Duration::from_millis(100);
const LIMIT_MEMORY_KIB: u64 = 32 * 1024;

#[test]
fn there_are_as_many_as_are_promised() {
    let cases = cases();
    assert!(cases.len() >= 200, "{}", cases.len());
    let names: std::collections::BTreeSet<_> = cases.iter().map(|case| &case.name).collect();
    assert_eq!(names.len(), cases.len(), "every case has a name of its own");
}

fn contracts(case: &Case) -> Option<(Contract, Contract)> {
    let old = Contract::from_yaml(&case.old).ok();
    let new = Contract::from_yaml(&case.new).ok();
    old.zip(new)
}

fn today() -> chrono::NaiveDate {
    "2026-11-22".parse().unwrap()
}

/// Reads a pair, compares it and writes the outcome; whether both were contracts.
fn run(case: &Case) -> bool {
    let Some((old, new)) = contracts(case) else {
        return false;
    };
    let comparison = compare(&old, &new, &Policy::default(), today());
    !comparison.to_text().is_empty()
}

/// What holds of every pair that can be compared.
fn laws(case: &Case) {
    let Some((old, new)) = contracts(case) else {
        return;
    };
    let policy = Policy::default();
    let there = compare(&old, &new, &policy, today());
    let back = compare(&new, &old, &policy, today());
    assert_eq!(there.findings().is_empty(), back.findings().is_empty());
    assert!(compare(&old, &old, &policy, today()).findings().is_empty());
    let to_prove = |f: &Finding| f.history == Outcome::Prove;
    assert!(
        there
            .findings()
            .iter()
            .filter(|f| to_prove(f))
            .all(|f| f.obligation.is_some())
    );
}

/// Runs one case when a parent asks for it, and prints what it cost.
#[cfg(target_os = "linux")]
#[test]
fn one_case_in_a_process_of_its_own() {
    let Ok(length) = std::env::var(CASE) else {
        return;
    };
    let mut old = std::io::read_to_string(std::io::stdin()).unwrap();
    let new = old.split_off(length.parse().unwrap());
    let case = Case {
        name: String::new(),
        old,
        new,
    };
    // What is made once in a process, such as the rules, is made before.
    run(&Case::plain());
    let before = peak_memory_kib();
    let start = processor_time();
    let compared = run(&case);
    let took = processor_time() - start;
    println!(
        "cost {} {} {compared}",
        took.as_micros(),
        peak_memory_kib() - before
    );
    laws(&case);
}

/// Time this thread has spent on a processor: what others do on the machine does not count.
#[cfg(target_os = "linux")]
fn processor_time() -> Duration {
    let statistics = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    Duration::from_nanos(
        statistics
            .split_whitespace()
            .next()
            .unwrap()
            .parse()
            .unwrap(),
    )
}

/// Greatest memory the process had in hand, in KiB.
#[cfg(target_os = "linux")]
fn peak_memory_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmHWM:"))
        .unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

#[cfg(target_os = "linux")]
#[test]
fn every_pair_costs_little_time_and_memory() {
    // An unoptimised build is many times slower; the bound on memory is the same.
    let limit_time = if cfg!(debug_assertions) {
        20 * LIMIT_TIME
    } else {
        LIMIT_TIME
    };
    let (mut wrong, mut compared) = (Vec::new(), 0);
    for case in cases() {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args([
                "--exact",
                "hostile::one_case_in_a_process_of_its_own",
                "--nocapture",
            ])
            .env(CASE, case.old.len().to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut input = child.stdin.take().unwrap();
        input.write_all(case.old.as_bytes()).unwrap();
        input.write_all(case.new.as_bytes()).unwrap();
        drop(input);
        let output = child.wait_with_output().unwrap();
        let stdout = String::from_utf8_lossy(&output.stdout);
        let cost = stdout
            .split("cost ")
            .nth(1)
            .filter(|_| output.status.success());
        let Some(cost) = cost else {
            wrong.push(format!("{}: {stdout}", case.name));
            continue;
        };
        let words: Vec<&str> = cost.split_whitespace().collect();
        let time = Duration::from_micros(words[0].parse().unwrap());
        let memory: u64 = words[1].parse().unwrap();
        compared += usize::from(words[2] == "true");
        println!(
            "{time:>10.3?} {memory:>7} KiB  {}{}",
            case.name,
            if words[2] == "true" { "" } else { " (refused)" }
        );
        if time > limit_time || memory > LIMIT_MEMORY_KIB {
            wrong.push(format!("{}: {time:?}, {memory} KiB", case.name));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    // Refusing everything would be cheap.
    assert!(compared >= 50, "only {compared} pairs were compared");
}
