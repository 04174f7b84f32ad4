//! `init`: something to begin with, that lints and compiles as it is.

use std::fs;
use std::path::Path;

use dataproduct::contract::{Check, Operator};
use dataproduct::contract::{DataType, Rule, Threshold};
use dataproduct::{Column, Contract};

use super::create;
use crate::args::{Init, Scaffold};
use crate::command::{EXIT_OK, Failure, complain};
use crate::export::{self, Format};

const THERE: &str = "choose another folder or remove it first";

pub(crate) fn run(init: &Init) -> Result<u8, Failure> {
    let contract = contract(init)?;
    let files = match init.kind {
        Scaffold::Contract => {
            let name = format!("{}.odcs.yaml", contract.name().product());
            vec![(name, contract.to_yaml().to_owned())]
        }
        Scaffold::Crate => crate_files(&contract)?,
    };
    for (name, _) in &files {
        let path = init.folder.join(name);
        // Nothing is written unless everything can be.
        if path.exists() {
            return Err(Failure::Exists {
                name: path.to_string_lossy().into_owned(),
                fix: THERE,
            });
        }
    }
    for (name, text) in &files {
        let path = init.folder.join(name);
        folder(path.parent().unwrap_or(&init.folder))?;
        create(&path, text.as_bytes(), THERE)?;
        complain(&format!("wrote {}", path.to_string_lossy()));
    }
    Ok(EXIT_OK)
}

fn folder(path: &Path) -> Result<(), Failure> {
    fs::create_dir_all(path).map_err(|error| Failure::Write {
        name: path.to_string_lossy().into_owned(),
        reason: error.to_string(),
    })
}

/// A contract that shows the most useful of what can be said, and is valid.
fn contract(init: &Init) -> Result<Contract, Failure> {
    Contract::builder(&init.name, "0.1.0")
        .with_owner(&init.owner)
        .with_description("What one row is. Replace the columns below by your own.")
        .with_purpose("What the product is for: who decides what with it.")
        .with_freshness(std::time::Duration::from_secs(86_400))
        .with_column(
            Column::new("id", DataType::String)
                .with_key(1)
                .with_description("What names the row."),
        )
        .with_column(
            Column::new(
                "amount",
                DataType::Decimal {
                    precision: 12,
                    scale: 2,
                },
            )
            .with_description("An exact number, of what and in which unit.")
            .with_minimum(0),
        )
        .with_column(
            Column::new("note", DataType::String)
                .with_nullable(true)
                .with_description("Something that may be missing."),
        )
        .with_column(
            Column::new("updated_at", DataType::Timestamp)
                .with_event_time()
                .with_description("When the fact of the row happened."),
        )
        .with_rule(Rule::new(
            Check::RowCount,
            Threshold::rows(Operator::GreaterThan(0.0)),
        ))
        .build()
        .map_err(|problems| Failure::Argument(problems.to_string()))
}

/// A crate that declares the contract as a type, with the record of it and a test that holds the type to the record.
fn crate_files(contract: &Contract) -> Result<Vec<(String, String)>, Failure> {
    let (name, version) = (contract.name(), contract.version());
    let product = name.product();
    let text = |format| -> Result<String, Failure> {
        let exported = export::export(contract, format)
            .map_err(|error| Failure::Argument(error.to_string()))?;
        Ok(exported.text().unwrap_or_default().to_owned())
    };
    let source = text(Format::Rust)?;
    let struct_name = source
        .lines()
        .find_map(|line| line.strip_prefix("pub struct ")?.strip_suffix(" {"))
        .unwrap_or_default();
    let manifest = format!(
        "[package]\nname = \"{product}\"\ndescription = \"The data product {name}.\"\nversion = \"0.1.0\"\n\
         edition = \"2024\"\npublish = false\n\n[dependencies]\ndataproduct = \"{}\"\n",
        env!("CARGO_PKG_VERSION")
    );
    let test = format!(
        "\n// Fails when the type says something else than `schemas/`, and says what to do.\n#[cfg(test)]\n\
         dataproduct::assert_contracts!({struct_name});\n"
    );
    let mut files = vec![
        (format!("{product}/Cargo.toml"), manifest),
        (format!("{product}/src/lib.rs"), format!("{source}{test}")),
        (format!("{product}/.gitignore"), "target/\n".to_owned()),
    ];
    let record = format!("{product}/schemas/{}/{product}/{version}", name.domain());
    for (ending, format) in [
        ("odcs.yaml", Format::Odcs),
        ("odps.yaml", Format::Odps),
        ("schema.json", Format::JsonSchema),
        ("arrow.json", Format::ArrowJson),
    ] {
        files.push((format!("{record}.{ending}"), text(format)?));
    }
    Ok(files)
}
