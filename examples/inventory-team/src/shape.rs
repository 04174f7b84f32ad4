//! The files beside the code: the sites, how stock spreads over them, how fast it leaves.

use std::collections::BTreeMap;
use std::fmt;

use chrono::NaiveDate;

use crate::row::SiteKind;
use crate::{Failure, Gln};

/// A site.
#[derive(Clone, Debug)]
pub(crate) struct Site {
    pub(crate) gln: Gln,
    pub(crate) store_code: String,
    pub(crate) name: String,
    pub(crate) kind: SiteKind,
    pub(crate) postal_code: String,
}

/// What the files say.
#[derive(Debug)]
pub(crate) struct Shape {
    pub(crate) sites: Vec<Site>,
    /// For each pattern the places in [`Shape::sites`] and the quantities there.
    pub(crate) spreads: Vec<Vec<(usize, i32)>>,
    /// For each pattern the units that leave on each of [`Shape::DAYS`] days, the oldest first.
    pub(crate) outflows: Vec<Vec<i32>>,
}

/// A value of a file that is not what it should be.
#[derive(Debug)]
struct Unexpected {
    file: &'static str,
    value: String,
}

impl fmt::Display for Unexpected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "data/{}: `{}` is not expected there",
            self.file, self.value
        )
    }
}

impl std::error::Error for Unexpected {}

impl Shape {
    /// How many days the outflow covers: eight weeks, so that weekdays fall on weekdays.
    pub(crate) const DAYS: usize = 56;
    /// The last of them.
    const LAST_DAY: NaiveDate = match NaiveDate::from_ymd_opt(2011, 12, 9) {
        Some(day) => day,
        None => NaiveDate::MIN,
    };

    /// Reads the files.
    ///
    /// # Errors
    /// When a value is not what it should be.
    pub(crate) fn read() -> Result<Self, Failure> {
        let (sites, places) = sites(include_str!("../data/sites.csv"))?;
        Ok(Self {
            spreads: spreads(
                include_str!("../data/adventureworks_inventory.csv"),
                &places,
            )?,
            outflows: outflows(include_str!("../data/online_retail_daily_units.csv"))?,
            sites,
        })
    }
}

/// The lines of a file, and how to complain about one of its values.
fn lines<const N: usize>(file: &'static str, text: &str) -> Result<Vec<[String; N]>, Failure> {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let mut lines = Vec::new();
    for record in reader.records() {
        let fields: Vec<String> = record?.iter().map(str::to_owned).collect();
        let line = fields
            .try_into()
            .map_err(|fields: Vec<String>| Unexpected {
                file,
                value: fields.join(","),
            })?;
        lines.push(line);
    }
    Ok(lines)
}

fn known<T>(file: &'static str, value: &str, found: Option<T>) -> Result<T, Unexpected> {
    found.ok_or_else(|| Unexpected {
        file,
        value: value.to_owned(),
    })
}

type Places = BTreeMap<String, usize>;

fn sites(text: &str) -> Result<(Vec<Site>, Places), Failure> {
    const FILE: &str = "sites.csv";
    let (mut sites, mut places) = (Vec::new(), Places::new());
    for [gln, store_code, name, kind, postal_code, place] in lines(FILE, text)? {
        places.insert(place, sites.len());
        let site_kind = match kind.as_str() {
            "warehouse" => Some(SiteKind::Warehouse),
            "store" => Some(SiteKind::Store),
            _ => None,
        };
        sites.push(Site {
            gln: known(FILE, &gln, Gln::new(&gln))?,
            kind: known(FILE, &kind, site_kind)?,
            store_code,
            name,
            postal_code,
        });
    }
    Ok((sites, places))
}

fn spreads(text: &str, places: &Places) -> Result<Vec<Vec<(usize, i32)>>, Failure> {
    const FILE: &str = "adventureworks_inventory.csv";
    let mut spreads: BTreeMap<String, Vec<(usize, i32)>> = BTreeMap::new();
    for [product, place, quantity] in lines(FILE, text)? {
        let site = known(FILE, &place, places.get(&place).copied())?;
        let quantity = known(FILE, &quantity, quantity.parse().ok())?;
        spreads.entry(product).or_default().push((site, quantity));
    }
    Ok(spreads.into_values().collect())
}

fn outflows(text: &str) -> Result<Vec<Vec<i32>>, Failure> {
    const FILE: &str = "online_retail_daily_units.csv";
    let mut outflows: BTreeMap<String, Vec<i32>> = BTreeMap::new();
    for [code, date, units] in lines(FILE, text)? {
        let day: NaiveDate = known(FILE, &date, date.parse().ok())?;
        let before_last = (Shape::LAST_DAY - day).num_days();
        let at = usize::try_from(before_last)
            .ok()
            .and_then(|days| (Shape::DAYS - 1).checked_sub(days));
        let at = known(FILE, &date, at)?;
        let units = known(FILE, &units, units.parse().ok())?;
        outflows.entry(code).or_insert_with(|| vec![0; Shape::DAYS])[at] = units;
    }
    Ok(outflows.into_values().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_files_are_whole() {
        let shape = Shape::read().unwrap();
        assert_eq!(shape.sites.len(), 14);
        assert_eq!(
            shape
                .sites
                .iter()
                .filter(|site| site.kind == SiteKind::Warehouse)
                .count(),
            3
        );
        assert_eq!(
            shape
                .sites
                .iter()
                .find(|s| s.store_code == "S-OSL")
                .unwrap()
                .postal_code,
            "0667"
        );
        assert_eq!(shape.spreads.len(), 432);
        assert_eq!(shape.spreads.iter().map(Vec::len).sum::<usize>(), 1_069);
        assert_eq!(shape.outflows.len(), 100);
        let listed = shape
            .outflows
            .iter()
            .flatten()
            .filter(|&&units| units > 0)
            .count();
        assert_eq!(listed, 4_605);
        assert_eq!(shape.outflows.iter().flatten().sum::<i32>(), 283_894);
    }

    #[test]
    fn a_file_that_is_not_as_expected_says_where() {
        let places = Places::from([("1".to_owned(), 0)]);
        let check = |result: Result<(), Failure>, part: &str| {
            let text = result.unwrap_err().to_string();
            assert!(text.contains(part), "{text}");
        };
        check(
            spreads("product_id,location_id,quantity\n1,2,3\n", &places).map(drop),
            "`2`",
        );
        check(
            spreads("product_id,location_id,quantity\n1,1,x\n", &places).map(drop),
            "`x`",
        );
        check(
            outflows("stock_code,date,units\na,2011-12-10,1\n").map(drop),
            "`2011-12-10`",
        );
        check(
            outflows("stock_code,date,units\na,2011-10-14,1\n").map(drop),
            "`2011-10-14`",
        );
        check(
            sites("a,b,c,d,e,f\n9521234000014,b,c,store,e,f\n").map(drop),
            "`9521234000014`",
        );
        check(
            sites("a,b,c,d,e,f\n9521234000013,b,c,depot,e,f\n").map(drop),
            "`depot`",
        );
    }
}
