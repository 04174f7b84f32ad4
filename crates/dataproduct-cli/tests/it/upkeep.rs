//! `verify`, `doctor` and `publish --resume`: what is stored, and whether it can be trusted.

use std::path::PathBuf;

use serde_json::Value;

use crate::run::Folder;

const CONTRACT: &str = "\
apiVersion: v3.2.0
kind: DataContract
id: stock
name: stock
version: 1.0.0
status: active
domain: inventory
team:
  name: inventory-team
schema:
  - name: stock
    properties:
      - name: sku
        logicalType: string
        required: true
        primaryKey: true
        primaryKeyPosition: 1
      - name: on_hand
        logicalType: integer
";

/// A folder with a product that was published once, under the id `first`.
fn published() -> Folder {
    let folder = Folder::new()
        .with("stock.odcs.yaml", CONTRACT)
        .with("mesh.toml", "root = \"data\"\n")
        .with("rows.csv", "sku,on_hand\na,1\nb,2\n");
    let ran = folder.run(&[
        "publish",
        "--contract",
        "stock.odcs.yaml",
        "rows.csv",
        "--publish-id",
        "first",
    ]);
    assert_eq!(ran.code, 0, "{ran:?}");
    folder
}

fn table(folder: &Folder) -> PathBuf {
    folder.path("data/inventory/stock/v1")
}

fn flip(path: &PathBuf) {
    let mut bytes = std::fs::read(path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(path, bytes).unwrap();
}

#[test]
fn verify_names_what_is_damaged() {
    let folder = published();
    let table = table(&folder);
    for target in [
        "inventory.stock",
        "inventory.stock@^1",
        table.to_str().unwrap(),
    ] {
        let ran = folder.run(&["verify", target]);
        assert_eq!(ran.code, 0, "{target}: {ran:?}");
        assert!(
            ran.out.contains("1 data files") && ran.out.contains("nothing is damaged"),
            "{}",
            ran.out
        );
        assert_eq!(folder.run(&["verify", "--quiet", target]).out, "");
    }
    let ran = folder.run(&["verify", "inventory.stock@^2"]);
    assert_eq!(ran.code, 2, "{ran:?}");

    let newest = std::fs::read_dir(table.join("_delta_log")).unwrap();
    let newest = newest.map(|entry| entry.unwrap().path()).max().unwrap();
    let data = std::fs::read_dir(&table)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let data = data
        .into_iter()
        .find(|path| path.extension().is_some_and(|ending| ending == "parquet"));
    flip(&data.clone().unwrap());
    flip(&newest);
    let ran = folder.run(&["verify", "--format", "json", table.to_str().unwrap()]);
    assert_eq!(ran.code, 1, "{ran:?}");
    let told: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(
        (&told["form"], &told["verb"], &told["ok"]),
        (&1.into(), &"verify".into(), &false.into())
    );
    let damages = told["tables"][0]["damages"].as_array().unwrap();
    let objects: Vec<_> = damages
        .iter()
        .map(|damage| damage["object"].as_str().unwrap())
        .collect();
    assert!(
        objects.iter().any(|object| newest.ends_with(object)),
        "{objects:?}"
    );

    // Once the log is whole again, the data is what is damaged.
    flip(&newest);
    let ran = folder.run(&["verify", "inventory.stock"]);
    let name = data
        .unwrap()
        .file_name()
        .unwrap()
        .to_str()
        .unwrap()
        .to_owned();
    assert_eq!(ran.code, 1);
    assert!(
        ran.out
            .contains(&format!("damaged: {name}: expected sha256")),
        "{}",
        ran.out
    );
}

#[test]
fn a_log_that_was_cut_short_is_not_read() {
    let folder = published();
    let log = table(&folder).join("_delta_log");
    let newest = std::fs::read_dir(log)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .max()
        .unwrap();
    std::fs::remove_file(&newest).unwrap();
    let ran = folder.run(&["read", "inventory.stock"]);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.err.contains("_anchor/head.json"), "{}", ran.err);
    assert_eq!(folder.run(&["verify", "inventory.stock"]).code, 1);
}

#[test]
fn resume_tells_what_became_of_a_publish() {
    let folder = published();
    let resume =
        |id: &str| folder.run(&["publish", "--contract", "stock.odcs.yaml", "--resume", id]);
    let ran = resume("first");
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(
        ran.out.contains("2 rows published") && ran.out.contains("publish id first"),
        "{}",
        ran.out
    );
    let ran = resume("other");
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(
        ran.err.contains("publish `other` did not happen"),
        "{}",
        ran.err
    );
    let both = folder.run(&[
        "publish",
        "--contract",
        "stock.odcs.yaml",
        "--resume",
        "first",
        "rows.csv",
    ]);
    assert_eq!(both.code, 2, "{both:?}");
    let neither = folder.run(&["publish", "--contract", "stock.odcs.yaml"]);
    assert_eq!(neither.code, 2, "{neither:?}");
}

#[test]
fn doctor_tries_a_store_out_and_leaves_nothing() {
    let folder = Folder::new();
    let ran = folder.run(&["doctor", "store"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(
        ran.out
            .contains("kept: of creates that race for one name one wins"),
        "{}",
        ran.out
    );
    let ran = folder.run(&["doctor", "--format", "json", "store"]);
    let told: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(
        (&told["verb"], &told["ok"]),
        (&"doctor".into(), &true.into())
    );
    assert_eq!(told["trials"].as_array().unwrap().len(), 5);
    let refused = folder.run(&["doctor", "ftp://host/x"]);
    assert_eq!(refused.code, 2, "{refused:?}");
}
