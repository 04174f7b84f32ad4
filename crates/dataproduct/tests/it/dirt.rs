//! Real data against contracts that say what is wrong with them: `tests/dirt` has both, beside the counts.
//!
//! The data are not part of the repository. They are looked for as `shared/data` in the folders above it; where they
//! are not, there is nothing to look at.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::path::{Path, PathBuf};

use arrow_array::RecordBatch;
use dataproduct::contract::Contract;
use dataproduct::data::DataFile;
use dataproduct::quality::outcome::Outcome;
use dataproduct::quality::{GateContext, check_rows};
use dataproduct::{DataCheck, QualityReport};

mod reading;

use reading::{
    Text, array, articles, categories, cross_references, deliveries, links, products, rates, sofas,
    subcategories,
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

const COMMAS: Form = Form::Text(Text::new(b',', true));
const TABS: Form = Form::Text(Text::new(b'\t', true));
const NAMELESS: Form = Form::Text(Text::new(b',', false));
const NAMELESS_TABS: Form = Form::Text(Text::new(b'\t', false));
const SCMS: &str = "SCMS_Delivery_History_Dataset.csv";
const IKEA: &str = "ikea_full_catalog.json";

/// A set, which is the name of its folder, and its tables: the name of the contract, the file, its form.
type Set = (&'static str, &'static [(&'static str, &'static str, Form)]);

const SETS: &[Set] = &[
    (
        "online_retail",
        &[("lines", "online_retail.parquet", Form::Plain)],
    ),
    (
        "completejourney",
        &[
            ("transactions", "transactions.parquet", Form::Plain),
            ("products", "products.parquet", Form::Plain),
            ("coupons", "coupons.parquet", Form::Plain),
            ("redemptions", "coupon_redemptions.parquet", Form::Plain),
            ("targets", "campaigns.parquet", Form::Plain),
            ("campaigns", "campaign_descriptions.parquet", Form::Plain),
            ("demographics", "demographics.parquet", Form::Plain),
        ],
    ),
    (
        "scms_deliveries",
        &[
            ("deliveries", SCMS, Form::Made(deliveries)),
            ("cross-references", SCMS, Form::Made(cross_references)),
        ],
    ),
    (
        "bestbuy_stores",
        &[
            ("stores", "stores.json", Form::Json(array)),
            ("categories", "categories.json", Form::Json(array)),
            (
                "subcategories",
                "categories.json",
                Form::Made(subcategories),
            ),
        ],
    ),
    (
        "norway_postal_codes",
        &[("codes", "postal-codes.csv", NAMELESS)],
    ),
    ("wands_queries", &[("queries", "query.csv", TABS)]),
    (
        "harmonized_system",
        &[
            ("codes", "harmonized-system.csv", Form::Plain),
            ("sections", "sections.csv", Form::Plain),
        ],
    ),
    (
        "adventureworks_supply",
        &[
            ("products", "Product.csv", NAMELESS_TABS),
            ("inventory", "ProductInventory.csv", NAMELESS_TABS),
            ("locations", "Location.csv", NAMELESS_TABS),
            ("vendors", "Vendor.csv", NAMELESS_TABS),
            ("product-vendors", "ProductVendor.csv", NAMELESS_TABS),
            ("orders", "PurchaseOrderHeader.csv", NAMELESS_TABS),
            ("order-lines", "PurchaseOrderDetail.csv", NAMELESS_TABS),
            ("list-prices", "ProductListPriceHistory.csv", NAMELESS_TABS),
            ("categories", "ProductCategory.csv", NAMELESS_TABS),
            ("subcategories", "ProductSubcategory.csv", NAMELESS_TABS),
            ("ship-methods", "ShipMethod.csv", NAMELESS_TABS),
            ("unit-measures", "UnitMeasure.csv", NAMELESS_TABS),
            ("costs", "ProductCostHistory.csv", NAMELESS_TABS),
        ],
    ),
    (
        "norske_sofaer",
        &[
            ("ikea", "ikea.csv", Form::Made(sofas)),
            ("mobelringen", "mobelringen.csv", COMMAS),
            ("sofacompany", "sofacompany.csv", COMMAS),
            ("categories", IKEA, Form::Json(categories)),
            ("links", IKEA, Form::Made(links)),
            ("category-products", IKEA, Form::Made(products)),
            ("articles", IKEA, Form::Made(articles)),
        ],
    ),
    (
        "ecb_rates",
        &[("rates", "eurofxref-hist.zip", Form::Made(rates))],
    ),
];

fn tables(set: &str) -> &'static [(&'static str, &'static str, Form)] {
    let found = SETS.iter().find(|(name, _)| *name == set);
    found.unwrap_or_else(|| panic!("there is no set {set}")).1
}

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
    fn of(data: &Path, set: &str, (name, file, form): (&str, &str, Form)) -> Self {
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
            let open = || Ok::<_, Infallible>(batches.iter().cloned().map(Ok));
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
        let known = tables(of).iter().any(|(name, ..)| *name == key.0);
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
    let tables = tables(set).iter();
    let (names, all): (Vec<&str>, Vec<Table>) = tables
        .map(|&table| (table.0, Table::of(&data, set, table)))
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
        fn every_set_and_every_contract_is_looked_at() {
            let sets = [$(stringify!($set)),*];
            for (set, tables) in SETS {
                assert!(sets.contains(set), "{set}");
                let contracts = std::fs::read_dir(dirt().join(set)).unwrap().count();
                assert_eq!(contracts, tables.len(), "{set}");
            }
        }
    };
}

sets! {
    online_retail completejourney scms_deliveries bestbuy_stores norway_postal_codes wands_queries
    harmonized_system adventureworks_supply norske_sofaer ecb_rates
}
