//! The derive macros of the dataproduct SDK.
//!
//! [`DataProduct`] declares a data product as the struct of its rows, [`Record`] a struct nested in
//! one, [`ColumnType`] an enum or a newtype that a column can have. Users reach them through the
//! facade crate `dataproduct`, next to the traits of the same names.
//!
//! A macro parses (`ast`, `attr`), checks (`valid`) and expands (`expand`), one file per step. All
//! mistakes are reported at once, each on its own token; `fallback` then stands in for the
//! expansion, so that one mistake gives one message.

use proc_macro::TokenStream;

mod ast;
mod attr;
mod check;
mod errors;
mod expand;
mod fallback;
mod kind;
mod valid;

/// Declares a data product as the struct of its rows.
///
/// Doc comments become descriptions. `#[product(...)]` on the struct says what the product is:
///
/// | key | example |
/// |---|---|
/// | `name`, `version`, `owner` (needed) | `name = "inventory.stock-levels", version = "1.0.0", owner = "inventory-platform"` |
/// | `status` | `status = active` (`proposed`, `draft`, `active`, `deprecated`, `retired`); a draft by default |
/// | `sunset`, `successor` | `sunset = "2026-12-31", successor = "inventory.stock@^2"` |
/// | `id` | `id = "..."`, the same for every version; the name by default |
/// | `purpose`, `usage`, `limitations` | `purpose = "promise delivery dates"` |
/// | `member`, `steward` | `member("owner@example.com", role = "owner"), steward = "data-governance"` |
/// | `consumer` | `consumer("living-room", purpose = "promise delivery", versions = "^1")` |
/// | `fresh_within`, `published_every`, `kept_for` | `fresh_within = "15 minutes"` |
/// | `deadline` | `deadline("0 6 * * 1-5", zone = "Europe/Oslo")` |
/// | `available` | `available = "99.5 %"` |
/// | `support` | `support(slack = "#inventory", url = "https://...")` |
/// | `role` | `role("analyst", access = "read")` |
/// | `tag`, `custom` | `tag("stock", "core"), custom(costCentre = "4711")` |
/// | `rule` | `rule(row_count > 0)`, `rule(duplicate_values("sku", "day") == 0, severity = warning)`; see [rules](#rules) |
/// | `on_failure` | `on_failure = quarantine`: what happens on a breach of what says nothing of its own |
/// | `crate` | `crate = "my_dataproduct"`, when the facade has another name |
///
/// `#[column(...)]` on a field says what the column is:
///
/// | key | example |
/// |---|---|
/// | `key`, `partition`, `sort` | `key`; in the order of the fields, or all with a place: `key = 2` |
/// | `event_time`, `unique` | `event_time` |
/// | `name`, `id`, `business_name` | `name = "on-hand"`; the field's name by default |
/// | `unit`, `semantic` | `unit = "H87", semantic = "https://schema.org/sku"` |
/// | `classification`, `pii` | `classification = restricted, pii = direct` |
/// | `references` | `references = "product.catalogue#sku"` |
/// | `range`, `above`, `below`, `multiple_of` | `range = 0..=100`, `above = 0` |
/// | `length`, `pattern`, `format` | `length = 1..=64, pattern = "^[0-9]+$"` |
/// | `items`, `unique_items` | `items = 1..=10, unique_items` |
/// | `one_of`, `open` | `one_of("NOK", "SEK"), open` |
/// | `example` | `example = "s69305697"` |
/// | `default` | `default = 0`: what readers get in rows from before the column existed; nulls that are stored stay nulls |
/// | `deprecated` | `deprecated = "use available"` |
/// | `renamed_from` | `renamed_from("quantity")`, with the `id` that the column had: served under both names until the next major version |
/// | `tag`, `custom`, `rule` | `rule(null_values < 5 %)`; see [rules](#rules) |
/// | `on_failure`, `repair` | `on_failure = quarantine`, `repair(default = 0)`: what happens on a breach of what the column says |
///
/// The expansion also makes a struct `<Name>View`, a row borrowed from a batch, with an accessor for
/// each field.
///
/// # Rules
///
/// A rule is a measure, what it must be, and options behind commas: `rule(sum("on_hand") > 0, severity = warning)`.
/// The measure is compared by `==`, `!=`, `<`, `<=`, `>` or `>=`. It lies between two bounds that are left out,
/// `10 < row_count < 100`, or does not, `!(10 < row_count < 100)`. A measure that counts rows which should not be is
/// `== 0` where nothing is compared, and takes a share as well: `null_values < 5 %`.
///
/// | measure | on | counts | example |
/// |---|---|---|---|
/// | `null_values` | a column | rows | `null_values < 5 %` |
/// | `missing_values`, `invalid_values` | a column | rows | `missing_values("n/a")`, `invalid_values("a", "b", pattern = "[a-z]+")` |
/// | `duplicate_values` | both | rows | `duplicate_values`, on the product `duplicate_values("sku", "day")` |
/// | `expression` | both | rows | `expression("reserved <= on_hand")` |
/// | `unknown_references` | both | rows | `unknown_references("sku", to = "product.catalogue#sku")` |
/// | `out_of_order` | both | rows | `out_of_order("meter", order = "at", by("sku", "location"), strictly)` |
/// | `discontinuity` | the product | rows | `discontinuity(opening = "opening", closing = "closing", order = "month", by = "sku")` |
/// | `row_count` | the product | rows, and is compared | `row_count > 0` |
/// | `smallest_group` | both | rows, and is compared | `smallest_group("age", "zip") >= 5` |
/// | `sum`, `mean`, `minimum`, `maximum`, `distinct_count` | both | a value | `sum("on_hand") > 0` |
/// | `age` | both | seconds | `age("at") < 900`, `age("at") < "15 minutes"` |
/// | `drift` | both | an index | `drift("on_hand", publishes = 7) < 0.25` |
/// | `volume_change` | the product | percent, of either sign | `-50 % < volume_change(publishes = 7) < 50 %` |
///
/// On a column the name of the column is left out: `rule(sum > 0)`, `rule(unknown_references(to = "..."))`. Several
/// columns that are referred to are a list, `to("a.b#c", "a.b#d")`, and so is a key, `by("sku", "location")`; without
/// `by` all rows are of one key. `publishes` is 1 where it is left out.
///
/// | option | example |
/// |---|---|
/// | `id`, `name`, `description` | `id = "low-stock"` |
/// | `severity` | `severity = warning` (`info`, `warning`, `error`); an error by default |
/// | `dimension` | `dimension = uniqueness` (`accuracy`, `completeness`, `conformity`, `consistency`, `coverage`, `timeliness`) |
/// | `on_failure` | `on_failure = quarantine` (`reject`, `quarantine`, `report`, `notify`) |
/// | `repair` | `repair(cast)`, `repair(trim)`, `repair(default = 0)`, `repair(map("A" = "a", "n/a" = null))`, `repair(keep_latest)`, `repair(keep_latest = "updated_at")` |
/// | `message` | `message = "{sku} is nearly sold out: {on_hand} left"`; `{measure}` and `{rows}` are values as well, `{{` and `}}` braces |
///
/// A repair is what happens on a breach, so that it stands instead of `on_failure`. Both `quarantine` and `repair`
/// need rows that break the rule each by itself; the latest row is kept by `duplicate_values` alone.
#[proc_macro_derive(DataProduct, attributes(product, column))]
pub fn derive_data_product(input: TokenStream) -> TokenStream {
    expand::product(input.into()).into()
}

/// Declares a struct with named fields that is nested in the rows of a data product.
///
/// Fields take `#[column(...)]` as under [`DataProduct`], but for what is a matter of whole rows:
/// `key`, `partition`, `sort`, `event_time`. `#[record(crate = "...")]` names the facade when it has
/// another name.
#[proc_macro_derive(Record, attributes(record, column))]
pub fn derive_record(input: TokenStream) -> TokenStream {
    expand::record(input.into()).into()
}

/// Declares what a consumer uses of a product: the columns are the fields of the struct.
///
/// The struct derives [`Record`] as well, which reads it. `#[consumes(...)]` says the rest, all of it
/// needed:
///
/// | key | example |
/// |---|---|
/// | `product` | `product = "inventory.stock-levels@^1"`: the product and the versions that are read |
/// | `consumer` | `consumer = "living-room"`: the reading team or service, a name of `a-z`, `0-9`, `-` |
/// | `owner` | `owner = "advice-team"`: the team that is told of changes |
/// | `purpose` | `purpose = "answer what is in stock"` |
///
/// `crate = "..."` names the facade when it has another name.
#[proc_macro_derive(Consumes, attributes(consumes))]
pub fn derive_consumes(input: TokenStream) -> TokenStream {
    expand::consumes(input.into()).into()
}

/// Declares an enum without fields, or a tuple struct of one field, that a column can have.
///
/// The variants of an enum become the values allowed, in `snake_case` unless
/// `#[column(rename_all = "...")]` on the enum or `#[column(rename = "...")]` on a variant says
/// otherwise; their doc comments become descriptions. `#[column(other)]` marks the variant that
/// stands for every unknown value when rows are read. The enum must be `Copy` and `Debug`.
///
/// A tuple struct is its field to every reader of the table. It takes `#[column(...)]` with what
/// holds for all its values (`unit`, `semantic`, `pattern`, ...), for every column of the type.
#[proc_macro_derive(ColumnType, attributes(column))]
pub fn derive_column_type(input: TokenStream) -> TokenStream {
    expand::column_type(input.into()).into()
}
