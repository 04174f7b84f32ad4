//! Seeded mutations of documents, judged by a reader and by a published schema.

use std::collections::BTreeMap;

use dataproduct_contract::{Problem, Problems, yaml};
use serde_json::{Map, Value, json};

/// A small generator of random numbers (SplitMix64): the same seed gives the same mutants.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub(crate) fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(bound).unwrap()).unwrap()
    }

    fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len())]
    }
}

/// What mutants are made of: names and texts that mean something to the standard.
struct Stock {
    names: Vec<String>,
    values: Vec<Value>,
}

impl Stock {
    /// Field names and allowed values of a JSON Schema, with values of every type beside them.
    fn of(schema: &Value) -> Self {
        let mut names = vec![
            "nmae".to_owned(),
            "x".to_owned(),
            String::new(),
            "a b".to_owned(),
        ];
        let mut values = vec![
            json!(null),
            json!(true),
            json!(0),
            json!(-1),
            json!(1),
            json!(1.0),
            json!(0.5),
            json!(""),
            json!("x"),
            json!("a.b"),
            json!("schema/a/properties/b"),
            json!("urn:x:y"),
            json!("not an id"),
            json!("2026-01-01"),
            json!("2026-13-01"),
            json!("NO"),
            json!("1"),
            json!("v2.2.0"),
            json!("v3.0.2"),
            json!("sftp://x"),
            json!([]),
            json!([1]),
            json!([1, 2]),
            json!([1, 1]),
            json!([1, 1.0]),
            json!(["a.b"]),
            json!(["x", "x"]),
            json!([null]),
            json!([{}]),
            json!({}),
            json!({"x": 1}),
            json!({"property": "x", "value": null}),
            json!([{"property": "x"}]),
            json!({"logicalType": "string"}),
            json!({"key": {}, "value": {}}),
            json!({"dimensions": 0}),
            json!({"minimum": 1}),
        ];
        collect(schema, &mut names, &mut values);
        Self { names, values }
    }
}

fn collect(schema: &Value, names: &mut Vec<String>, values: &mut Vec<Value>) {
    match schema {
        Value::Object(map) => {
            for (key, value) in map {
                match (key.as_str(), value) {
                    ("properties", Value::Object(fields)) => names.extend(fields.keys().cloned()),
                    ("enum", Value::Array(members)) => values.extend(members.iter().cloned()),
                    _ => {}
                }
                collect(value, names, values);
            }
        }
        Value::Array(elements) => elements.iter().for_each(|one| collect(one, names, values)),
        _ => {}
    }
}

/// Changes a document in one to three places.
fn mutate(document: &mut Value, stock: &Stock, random: &mut Random) {
    for _ in 0..=random.below(3) {
        let mut pointers = Vec::new();
        list_pointers(document, String::new(), &mut pointers);
        let pointer = random.pick(&pointers).clone();
        let other = random.pick(&pointers).clone();
        let copy = document.pointer(&other).unwrap().clone();
        let Some(target) = document.pointer_mut(&pointer) else {
            continue;
        };
        match random.below(3) {
            0 => *target = random.pick(&stock.values).clone(),
            1 if random.below(3) == 0 => *target = copy,
            _ => change(target, copy, stock, random),
        }
    }
}

/// Changes a map or a list in one of its entries; anything else is changed in type or content.
fn change(target: &mut Value, copy: Value, stock: &Stock, random: &mut Random) {
    match target {
        Value::Object(map) => change_map(map, copy, stock, random),
        Value::Array(list) => match random.below(5) {
            0 => list.clear(),
            1 => list.push(copy),
            2 => list.push(random.pick(&stock.values).clone()),
            3 if !list.is_empty() => list.push(random.pick(list).clone()),
            _ if !list.is_empty() => drop(list.remove(random.below(list.len()))),
            _ => {}
        },
        Value::String(text) => match random.below(5) {
            0 => {
                let tail: &&str = random.pick(&[" ", ".", "#", "x", "é", "/a/b"]);
                text.push_str(tail);
            }
            1 => *text = text.to_uppercase(),
            2 => *target = json!([text]),
            3 => *target = json!({ "value": text }),
            _ => *target = random.pick(&stock.values).clone(),
        },
        Value::Number(number) => {
            let float = number.as_f64().unwrap();
            let text = number.to_string();
            *target = match random.below(4) {
                0 => json!(-float),
                1 => json!(text),
                2 => json!(float + 0.5),
                _ => json!([float, float]),
            };
        }
        Value::Bool(value) => *target = json!(value.to_string()),
        Value::Null => *target = random.pick(&stock.values).clone(),
    }
}

fn change_map(map: &mut Map<String, Value>, copy: Value, stock: &Stock, random: &mut Random) {
    let names: Vec<String> = map.keys().cloned().collect();
    match random.below(5) {
        0 if !names.is_empty() => drop(map.remove(random.pick(&names))),
        1 if !names.is_empty() => {
            let value = map.remove(random.pick(&names)).unwrap();
            map.insert(random.pick(&stock.names).clone(), value);
        }
        2 => drop(map.insert(random.pick(&stock.names).clone(), copy)),
        3 if names.len() > 1 => {
            let (one, other) = (random.pick(&names), random.pick(&names));
            let (a, b) = (map[one].clone(), map[other].clone());
            map.insert(one.clone(), b);
            map.insert(other.clone(), a);
        }
        _ => {
            let value = random.pick(&stock.values).clone();
            map.insert(random.pick(&stock.names).clone(), value);
        }
    }
}

/// JSON Pointers of all values in a document.
fn list_pointers(value: &Value, here: String, pointers: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            for (name, value) in map {
                let name = name.replace('~', "~0").replace('/', "~1");
                list_pointers(value, format!("{here}/{name}"), pointers);
            }
        }
        Value::Array(list) => {
            for (index, value) in list.iter().enumerate() {
                list_pointers(value, format!("{here}/{index}"), pointers);
            }
        }
        _ => {}
    }
    pointers.push(here);
}

/// A reader to be judged against a schema.
pub(crate) struct Trial<'a> {
    pub(crate) schema: &'a Value,
    /// Documents that are read and valid.
    pub(crate) sources: &'a [String],
    /// Reads a document and writes it.
    pub(crate) rewrite: fn(&str) -> Result<String, Problems>,
    /// Whether a problem that the schema does not see is one on purpose.
    pub(crate) is_intended: fn(&Problem, &Value) -> bool,
    /// Whether a document is in an older form that reading brings to the newest.
    pub(crate) is_upgraded: fn(&Value) -> bool,
}

/// Whatever the schema refuses is refused; whatever is read is written so that the schema accepts
/// it; and where more is refused, it is on purpose.
///
/// `DATAPRODUCT_DEEP` runs many more mutants.
pub(crate) fn judge(trial: &Trial<'_>) {
    let validator = jsonschema::validator_for(trial.schema).unwrap();
    let errors_of = |document: &Value| -> Vec<String> {
        let errors = validator.iter_errors(document);
        errors
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect()
    };
    let stock = Stock::of(trial.schema);
    let parse = |text: &str| to_json(&yaml::from_str(text).unwrap());
    let sources: Vec<Value> = trial.sources.iter().map(|text| parse(text)).collect();
    let count = if std::env::var_os("DATAPRODUCT_DEEP").is_some() {
        60_000
    } else {
        2_000
    };
    let (mut refused, mut accepted, mut stricter) = (0, 0, BTreeMap::new());
    for seed in 0..count {
        let mut random = Random(seed);
        let mut mutant = random.pick(&sources).clone();
        mutate(&mut mutant, &stock, &mut random);
        let text = mutant.to_string();
        let errors = errors_of(&mutant);
        match (trial.rewrite)(&text) {
            Ok(written) => {
                let after = errors_of(&parse(&written));
                assert!(
                    after.is_empty(),
                    "seed {seed}: written invalid: {after:#?}\n{text}"
                );
                let sound = errors.is_empty() || (trial.is_upgraded)(&mutant);
                assert!(
                    sound,
                    "seed {seed}: read, but the schema says {errors:#?}\n{text}"
                );
                accepted += 1;
            }
            Err(problems) => {
                assert!(!problems.is_empty());
                for problem in &problems {
                    assert!(
                        !problem.message.is_empty() && !problem.fix.is_empty(),
                        "{problem}"
                    );
                    assert!(problem.line.is_some(), "no position: {problem}");
                    if errors.is_empty() {
                        let intended = (trial.is_intended)(problem, &mutant);
                        assert!(intended, "seed {seed}: {problem}\n{text}");
                        *stricter.entry(problem.code).or_insert(0) += 1;
                    }
                }
                refused += usize::from(!errors.is_empty());
            }
        }
    }
    println!(
        "{count} mutants: {refused} refused by both, {accepted} accepted, stricter {stricter:?}"
    );
    let count = usize::try_from(count).unwrap();
    assert!(
        refused > count / 4 && accepted > count / 50,
        "the mutants are one-sided"
    );
}

fn to_json(value: &dataproduct_contract::Value) -> Value {
    serde_json::to_value(value).unwrap()
}
