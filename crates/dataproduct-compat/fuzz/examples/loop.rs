//! The targets in a loop of mutations, on any toolchain: `loop TARGET EXECUTIONS [SEED]`.
//!
//! It knows nothing of coverage: libFuzzer finds more in less time where it is at hand.

use std::time::{Duration, Instant};

use dataproduct_compat_fuzz::{BETWEEN, PATTERNS, SMALL, WORDS, target};

const STOCK: &str = include_str!("../../../../schemas/inventory/stock-levels/1.0.0.odcs.yaml");
/// A small generator of random numbers (SplitMix64).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound.max(1) as u64) as usize
    }

    fn mutate(&mut self, bytes: &mut Vec<u8>) {
        for _ in 0..=self.below(3) {
            let at = self.below(bytes.len());
            let end = (at + 1 + self.below(12)).min(bytes.len());
            match self.below(5) {
                0 if !bytes.is_empty() => bytes[at] ^= 1 << self.below(7),
                1 => drop(bytes.drain(at..end)),
                2 => {
                    let copy = bytes[at..end].to_vec();
                    let to = self.below(bytes.len() + 1);
                    bytes.splice(to..to, copy);
                }
                3 if !bytes.is_empty() => bytes[at] = 32 + self.below(95) as u8,
                _ => {
                    let word = WORDS[self.below(WORDS.len())];
                    bytes.splice(at..at, word.bytes());
                }
            }
        }
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let name = arguments.first().map_or("", String::as_str);
    let executions: u64 = arguments
        .get(1)
        .map_or(Ok(1_000_000), |text| text.parse())?;
    let seed: u64 = arguments.get(2).map_or(Ok(1), |text| text.parse())?;
    let target = target(name).ok_or("name a target: parse, diff or language")?;
    let mut random = Random(seed);
    let start = Instant::now();
    let mut slowest = Duration::ZERO;
    for done in 0..executions {
        let mut bytes = input(name, &mut random);
        // One half of a pair stays as it is now and then, so that more pairs are pairs.
        random.mutate(&mut bytes);
        let begin = Instant::now();
        target(&bytes);
        let took = begin.elapsed();
        if took > slowest {
            slowest = took;
            if took > Duration::from_millis(100) {
                println!("{took:?}: {:?}", String::from_utf8_lossy(&bytes));
            }
        }
        if (done + 1) % 100_000 == 0 {
            println!(
                "{} executions, {:.0?}, slowest {slowest:.1?}",
                done + 1,
                start.elapsed()
            );
        }
    }
    println!(
        "{executions} executions of {name} in {:.0?}, slowest {slowest:.1?}",
        start.elapsed()
    );
    Ok(())
}

fn input(target: &str, random: &mut Random) -> Vec<u8> {
    let document = |random: &mut Random| if random.below(20) == 0 { STOCK } else { SMALL };
    match target {
        "parse" => document(random).as_bytes().to_vec(),
        "diff" => {
            let text = document(random);
            let mut bytes = text.as_bytes().to_vec();
            if random.below(2) == 0 {
                random.mutate(&mut bytes);
            }
            bytes.push(BETWEEN);
            bytes.extend(text.bytes());
            bytes
        }
        _ => {
            let mut pick = || PATTERNS[random.below(PATTERNS.len())];
            let (old, new) = (pick(), pick());
            let mut bytes = old.as_bytes().to_vec();
            random.mutate(&mut bytes);
            bytes.push(BETWEEN);
            bytes.extend(new.bytes());
            bytes
        }
    }
}
