//! Writes what fuzzing starts from: `seeds [FOLDER]`, by default `corpus`.
//!
//! One folder a target, and beside them two dictionaries: `patterns.dict` with the syntax of patterns,
//! `documents.dict` with the words of all documents besides. The seeds are the documents of `schemas/`
//! and of the tests, and the pairs that show each rule, cut down to the lines that the rule needs: the
//! shorter a seed, the more inputs a second.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use dataproduct_compat::{Policy, compare};
use dataproduct_compat_fuzz::{BETWEEN, PATTERNS, SMALL, WORDS};
use dataproduct_contract::Contract;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

fn main() -> Result<()> {
    let target = std::env::args().nth(1).unwrap_or_else(|| "corpus".into());
    let target = Path::new(&target);
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut documents = BTreeSet::from([SMALL.to_owned()]);
    for folder in [
        "../../../schemas",
        "../../dataproduct-contract/tests/it/fixtures",
    ] {
        for path in yaml_files(&here.join(folder))? {
            documents.insert(fs::read_to_string(path)?);
        }
    }
    // The hostile documents beside it are left out: each takes as long as a hundred others.
    documents.insert(fs::read_to_string(here.join("../tests/it/full.odcs.yaml"))?);
    let mut words = BTreeSet::new();
    let mut pairs = BTreeSet::new();
    for old in yaml_files(&here.join("../tests/fixtures"))? {
        if !old.ends_with("old.odcs.yaml") {
            continue;
        }
        let new = fs::read_to_string(old.with_file_name("new.odcs.yaml"))?;
        let old = fs::read_to_string(old)?;
        words.extend(words_of(&old).chain(words_of(&new)));
        let (old, new) = shortened(old, new);
        documents.extend([old.clone(), new.clone()]);
        pairs.insert(pair(&old, &new));
    }
    words.extend(documents.iter().flat_map(|text| words_of(text)));
    let patterns = PATTERNS
        .iter()
        .flat_map(|old| PATTERNS.iter().map(move |new| pair(old, new)));

    write(&target.join("parse"), documents.into_iter())?;
    write(&target.join("diff"), pairs.into_iter())?;
    write(&target.join("language"), patterns)?;
    let syntax: BTreeSet<String> = WORDS.iter().map(|word| (*word).to_owned()).collect();
    fs::write(target.join("patterns.dict"), dictionary(&syntax))?;
    words.extend(syntax);
    fs::write(target.join("documents.dict"), dictionary(&words))?;
    Ok(())
}

fn pair(old: &str, new: &str) -> String {
    format!("{old}{}{new}", char::from(BETWEEN))
}

/// The words as libFuzzer reads them.
fn dictionary(words: &BTreeSet<String>) -> String {
    let escape = |byte: u8| format!("\\x{byte:02x}");
    let line = |word: &String| format!("\"{}\"\n", word.bytes().map(escape).collect::<String>());
    words.iter().map(line).collect()
}

/// Every YAML file below a folder, in the order of their paths.
fn yaml_files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let mut paths = fs::read_dir(folder)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<std::io::Result<Vec<_>>>()?;
    paths.sort();
    for path in paths {
        if path.is_dir() {
            files.extend(yaml_files(&path)?);
        } else if path.extension().is_some_and(|end| end == "yaml") {
            files.push(path);
        }
    }
    Ok(files)
}

fn write(folder: &Path, seeds: impl Iterator<Item = String>) -> Result<()> {
    fs::create_dir_all(folder)?;
    let mut written = 0;
    for seed in seeds {
        fs::write(folder.join(format!("seed-{written:03}")), seed)?;
        written += 1;
    }
    println!("{written} seeds in {}", folder.display());
    Ok(())
}

/// The keys and plain values of a document: what a mutation may insert.
fn words_of(text: &str) -> impl Iterator<Item = String> {
    text.lines()
        .flat_map(|line| line.split([':', ' ', '"', ',', '{', '}', '[', ']']))
        .filter(|word| (2..=32).contains(&word.len()))
        .filter(|word| word.bytes().all(|byte| byte.is_ascii_alphanumeric()))
        .map(str::to_owned)
}

/// The pair without every block of lines that both sides share and that the findings do not need.
fn shortened(old: String, new: String) -> (String, String) {
    let Some(shown) = rules(&old, &new) else {
        return (old, new);
    };
    let (mut old, mut new) = (old, new);
    let mut at = 0;
    while let Some(block) = block(&old, at) {
        if new.matches(block).count() == 1 {
            let without = (old.replacen(block, "", 1), new.replacen(block, "", 1));
            if rules(&without.0, &without.1).as_ref() == Some(&shown) {
                (old, new) = without;
                continue;
            }
        }
        at += 1;
    }
    (old, new)
}

/// The line of this number with the lines below it that are indented deeper.
fn block(text: &str, line: usize) -> Option<&str> {
    let depth = |line: &str| line.len() - line.trim_start_matches(' ').len();
    let mut lines = text.split_inclusive('\n').skip(line);
    let before: usize = text.split_inclusive('\n').take(line).map(str::len).sum();
    let first = lines.next()?;
    let rest: usize = lines
        .take_while(|line| depth(line) > depth(first))
        .map(str::len)
        .sum();
    text.get(before..before + first.len() + rest)
}

/// The rules that a pair of contracts breaks or keeps; none if one of them is no contract.
fn rules(old: &str, new: &str) -> Option<Vec<String>> {
    let old = Contract::from_yaml(old).ok()?;
    let new = Contract::from_yaml(new).ok()?;
    let comparison = compare(&old, &new, &Policy::default(), chrono::NaiveDate::default());
    let rules = comparison.findings().iter();
    Some(rules.map(|finding| finding.rule.id.to_string()).collect())
}
