//! Real data against contracts that say what is wrong with them: `tests/dirt` has both, beside the counts.
//!
//! The data are not part of the repository. They are looked for as `shared/data` in the folders above it; where they
//! are not, there is nothing to look at.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use arrow_array::RecordBatch;
use dataproduct::contract::Contract;
use dataproduct::data::DataFile;
use dataproduct::quality::outcome::Outcome;
use dataproduct::quality::{GateContext, check_rows};
use dataproduct::{DataCheck, QualityReport};

mod reading;

use reading::{
    Text, articles, cross_references, deliveries, links, products, rates, sofas, subcategories,
};

/// How a file becomes rows.
#[derive(Clone, Copy)]
enum Form {
    /// As it is.
    Plain,
    /// Text that is not comma-separated under a line of names.
    Text(Text),
    /// A JSON document, and the objects in it that are rows.
    Json(fn(&serde_json::Value) -> Vec<serde_json::Value>),
    /// Columns of text that are made of those in the file.
    Made(fn(&Path) -> Vec<reading::Column>),
}

/// Every table: its set, its name, its file.
const TABLES: &[(&str, &str, &str, Form)] = &[
    (
        "online_retail",
        "lines",
        "online_retail.parquet",
        Form::Plain,
    ),
    (
        "completejourney",
        "transactions",
        "transactions.parquet",
        Form::Plain,
    ),
    (
        "completejourney",
        "products",
        "products.parquet",
        Form::Plain,
    ),
    ("completejourney", "coupons", "coupons.parquet", Form::Plain),
    (
        "completejourney",
        "redemptions",
        "coupon_redemptions.parquet",
        Form::Plain,
    ),
    (
        "completejourney",
        "targets",
        "campaigns.parquet",
        Form::Plain,
    ),
    (
        "completejourney",
        "campaigns",
        "campaign_descriptions.parquet",
        Form::Plain,
    ),
    (
        "completejourney",
        "demographics",
        "demographics.parquet",
        Form::Plain,
    ),
    (
        "scms_deliveries",
        "deliveries",
        "SCMS_Delivery_History_Dataset.csv",
        Form::Made(deliveries),
    ),
    (
        "scms_deliveries",
        "cross-references",
        "SCMS_Delivery_History_Dataset.csv",
        Form::Made(cross_references),
    ),
    (
        "bestbuy_stores",
        "stores",
        "stores.json",
        Form::Json(reading::array),
    ),
    (
        "bestbuy_stores",
        "categories",
        "categories.json",
        Form::Json(reading::array),
    ),
    (
        "bestbuy_stores",
        "subcategories",
        "categories.json",
        Form::Made(subcategories),
    ),
    (
        "norway_postal_codes",
        "codes",
        "postal-codes.csv",
        Form::Text(Text::HEADERLESS),
    ),
    (
        "wands_queries",
        "queries",
        "query.csv",
        Form::Text(Text::TABS),
    ),
    (
        "harmonized_system",
        "codes",
        "harmonized-system.csv",
        Form::Plain,
    ),
    ("harmonized_system", "sections", "sections.csv", Form::Plain),
    (
        "adventureworks_supply",
        "products",
        "Product.csv",
        Form::Text(Text::HEADERLESS_TABS),
    ),
    (
        "adventureworks_supply",
        "inventory",
        "ProductInventory.csv",
        Form::Text(Text::HEADERLESS_TABS),
    ),
    (
        "adventureworks_supply",
        "locations",
        "Location.csv",
        Form::Text(Text::HEADERLESS_TABS),
    ),
    (
        "adventureworks_supply",
        "vendors",
        "Vendor.csv",
        Form::Text(Text::HEADERLESS_TABS),
    ),
    (
        "adventureworks_supply",
        "product-vendors",
        "ProductVendor.csv",
        Form::Text(Text::HEADERLESS_TABS),
    ),
    (
        "adventureworks_supply",
        "orders",
        "PurchaseOrderHeader.csv",
        Form::Text(Text::HEADERLESS_TABS),
    ),
    (
        "adventureworks_supply",
        "order-lines",
        "PurchaseOrderDetail.csv",
        Form::Text(Text::HEADERLESS_TABS),
    ),
    (
        "adventureworks_supply",
        "list-prices",
        "ProductListPriceHistory.csv",
        Form::Text(Text::HEADERLESS_TABS),
    ),
    ("norske_sofaer", "ikea", "ikea.csv", Form::Made(sofas)),
    (
        "norske_sofaer",
        "mobelringen",
        "mobelringen.csv",
        Form::Text(Text::COMMAS),
    ),
    (
        "norske_sofaer",
        "sofacompany",
        "sofacompany.csv",
        Form::Text(Text::COMMAS),
    ),
    (
        "norske_sofaer",
        "categories",
        "ikea_full_catalog.json",
        Form::Json(reading::categories),
    ),
    (
        "norske_sofaer",
        "links",
        "ikea_full_catalog.json",
        Form::Made(links),
    ),
    (
        "norske_sofaer",
        "category-products",
        "ikea_full_catalog.json",
        Form::Made(products),
    ),
    (
        "norske_sofaer",
        "articles",
        "ikea_full_catalog.json",
        Form::Made(articles),
    ),
    (
        "ecb_rates",
        "rates",
        "eurofxref-hist.zip",
        Form::Made(rates),
    ),
    (
        "adventureworks_supply",
        "categories",
        "ProductCategory.csv",
        Form::Text(Text::HEADERLESS_TABS),
    ),
    (
        "adventureworks_supply",
        "subcategories",
        "ProductSubcategory.csv",
        Form::Text(Text::HEADERLESS_TABS),
    ),
    (
        "adventureworks_supply",
        "ship-methods",
        "ShipMethod.csv",
        Form::Text(Text::HEADERLESS_TABS),
    ),
    (
        "adventureworks_supply",
        "unit-measures",
        "UnitMeasure.csv",
        Form::Text(Text::HEADERLESS_TABS),
    ),
    (
        "adventureworks_supply",
        "costs",
        "ProductCostHistory.csv",
        Form::Text(Text::HEADERLESS_TABS),
    ),
];

/// A folder beside the repository or above it, where there is one.
fn data() -> Option<PathBuf> {
    let folders = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors();
    folders.map(|f| f.join("shared/data")).find(|f| f.is_dir())
}

fn dirt() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/dirt")
}

struct Table {
    contract: Contract,
    path: PathBuf,
    form: Form,
}

impl Table {
    fn of((set, name, file, form): (&str, &str, &str, Form), data: &Path) -> Self {
        let path = dirt().join(set).join(format!("{name}.odcs.yaml"));
        let text = std::fs::read_to_string(&path).unwrap();
        let contract = Contract::from_yaml(&text);
        Self {
            contract: contract.unwrap_or_else(|e| panic!("{}: {e}", path.display())),
            path: data.join(set).join(file),
            form,
        }
    }

    /// The rows, for what is no file that the crate reads, and for others to refer to.
    fn batches(&self) -> Vec<RecordBatch> {
        let columns = match self.form {
            Form::Text(text) => text.columns(&self.path, &self.contract),
            Form::Made(make) => make(&self.path),
            Form::Json(rows) => return reading::json(&self.path, rows, &self.contract),
            Form::Plain => {
                let file = DataFile::open(&self.path).unwrap();
                return file.batches().unwrap().map(Result::unwrap).collect();
            }
        };
        vec![reading::typed(&columns, &self.contract)]
    }

    fn report(&self, all: &[Table]) -> QualityReport {
        let references = GateContext::references_of(&self.contract);
        if !references.is_empty() {
            let mut context = GateContext::default();
            for (columns, keys) in references {
                let mut keys = keys.unwrap();
                let product = &columns[0].product;
                let other = all.iter().find(|t| t.contract.name() == product);
                let other = other.unwrap_or_else(|| panic!("there is no `{product}`"));
                for batch in other.batches() {
                    keys.push(&batch).unwrap();
                }
                context = context.with_keys(&columns, Ok(keys));
            }
            let threads = std::thread::available_parallelism().unwrap();
            let batches = self.batches();
            let open = || Ok::<_, dataproduct::Error>(batches.iter().cloned().map(Ok));
            return check_rows(&self.contract, context, threads, open).unwrap();
        }
        let check = DataCheck::new();
        let report = match self.form {
            Form::Plain => check.files(&self.contract, std::slice::from_ref(&self.path)),
            _ => {
                let batches = self.batches();
                let open = || Ok(batches.iter().cloned().map(Ok));
                check.rows(&self.contract, "rows", open)
            }
        };
        report.unwrap_or_else(|e| panic!("{}: {e}", self.path.display()))
    }
}

/// What `counts.csv` says: rows that break a rule, by table and rule of a set.
fn counts(set: &str) -> BTreeMap<(String, String), u64> {
    let text = std::fs::read_to_string(dirt().join("counts.csv")).unwrap();
    let lines = text.lines().skip(1).map(|line| {
        let parts: Vec<&str> = line.splitn(5, ',').collect();
        let [of, table, rule, rows, _said] = parts[..] else {
            panic!("`{line}` has not five parts")
        };
        let rows = rows.parse().unwrap_or_else(|_| panic!("`{line}`"));
        (of, ((table.to_owned(), rule.to_owned()), rows))
    });
    let mut out = BTreeMap::new();
    for (of, (key, rows)) in lines {
        let known = TABLES.iter().any(|t| (t.0, t.1) == (of, key.0.as_str()));
        assert!(known, "there is no table {of} {}", key.0);
        if of == set {
            assert!(out.insert(key.clone(), rows).is_none(), "{key:?} twice");
        }
    }
    out
}

/// Runs every contract of a set: each rule finds as many rows as `counts.csv` says, none where it says nothing; no
/// rule is left out, and the rows may be published with what is wrong with them.
#[track_caller]
fn check(set: &str) {
    let Some(data) = data().filter(|data| data.join(set).is_dir()) else {
        println!("there is no `shared/data/{set}` to look at");
        return;
    };
    let mut expected = counts(set);
    let tables = TABLES.iter().filter(|table| table.0 == set);
    let (names, all): (Vec<&str>, Vec<Table>) = tables
        .map(|&table| (table.1, Table::of(table, &data)))
        .unzip();
    let mut wrong = Vec::new();
    for (name, table) in names.iter().zip(&all) {
        let report = table.report(&all);
        for result in report.results() {
            let key = ((*name).to_owned(), result.rule.clone());
            let listed = expected.remove(&key);
            let rows = listed.unwrap_or(0);
            let kept = listed.is_some() || result.outcome == Outcome::Pass;
            let known = result.not_evaluated().is_none();
            if result.failed_rows != rows || !kept || !known {
                let first = result.samples.first().map(|sample| &sample.values);
                wrong.push(format!(
                    "{set} {name} {}: {} rows, {rows} expected; measure {:?}, {:?}, {first:?}",
                    result.rule, result.failed_rows, result.measure, result.outcome
                ));
            }
        }
        if !report.verdict().is_accepted() {
            wrong.push(format!("{set} {name}: {:?}", report.verdict()));
        }
    }
    wrong.extend(expected.keys().map(|key| format!("{set}: no rule {key:?}")));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

macro_rules! sets {
    ($($set:ident)*) => {
        $(#[test]
        fn $set() {
            check(stringify!($set));
        })*

        #[test]
        fn every_table_is_of_a_set_that_is_looked_at() {
            let sets = [$(stringify!($set)),*];
            for (set, table, ..) in TABLES {
                assert!(sets.contains(set), "{set} {table}");
            }
        }
    };
}

sets! {
    online_retail completejourney scms_deliveries bestbuy_stores norway_postal_codes wands_queries
    harmonized_system adventureworks_supply norske_sofaer ecb_rates
}
