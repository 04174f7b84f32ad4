//! `cargo run --release -p quickstart`: three teams publish, a consumer asks.

use std::process::ExitCode;

use chrono::Utc;
use dataproduct::Mesh;
use quickstart::{Arguments, Failure, Usage, answer, print_answer, print_status, publish, read};

#[tokio::main]
async fn main() -> ExitCode {
    match Arguments::parse(std::env::args().skip(1), Utc::now()) {
        Ok(arguments) => match run(&arguments).await {
            Ok(()) => ExitCode::SUCCESS,
            Err(failure) => {
                eprintln!("quickstart: {failure}");
                ExitCode::FAILURE
            }
        },
        Err(help @ Usage::Help) => {
            println!("{help}");
            ExitCode::SUCCESS
        }
        Err(mistake @ Usage::Mistake(_)) => {
            eprintln!("quickstart: {mistake}");
            ExitCode::from(2)
        }
    }
}

async fn run(arguments: &Arguments) -> Result<(), Failure> {
    let mesh = Mesh::builder().with_root(&arguments.folder).build()?;

    println!("Three teams publish into {}\n", arguments.folder);
    for receipt in publish(&mesh, Utc::now()).await? {
        println!(
            "  {:<25} {}  {:>6} rows, version {} of the table",
            receipt.product.to_string(),
            receipt.contract_version,
            receipt.rows,
            receipt.table_version
        );
    }

    let question = &arguments.question;
    let facts = read(&mesh, question).await?;
    let answer = answer(question, &facts, Utc::now());
    let mut out = String::from("\n");
    print_answer(&mut out, question, &facts, &answer)?;

    out.push_str("\nThe products of the mesh\n\n");
    print_status(&mut out, &mesh.status().await?)?;

    let root = match arguments.folder.contains("://") {
        true => arguments.folder.trim_end_matches('/').to_owned(),
        false => std::path::absolute(&arguments.folder)?
            .display()
            .to_string(),
    };
    let stock = format!("{root}/inventory/stock-levels/v1");
    out.push_str("\nThe same folder in Python (pip install polars deltalake)\n\n");
    out.push_str(&format!(
        "  import polars as pl\n  print(pl.read_delta({stock:?}).filter(pl.col(\"atp\") > 0))\n",
    ));
    print!("{out}");
    Ok(())
}
