//! The arguments of the command.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use chrono::{DateTime, Utc};
use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::{export, import};

/// Contracts of data products: lint, compare, check, import and export them.
#[derive(Debug, Parser)]
#[command(name = "dataproduct", version, about, long_about = LONG, after_help = EXIT_CODES)]
#[command(propagate_version = true, max_term_width = 100)]
pub(crate) struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub(crate) verb: Verb,
    /// When to colour output for people; NO_COLOR in the environment means never.
    #[arg(long, global = true, value_enum, default_value_t = Colour::Auto, hide_possible_values = true)]
    pub(crate) color: Colour,
}

const LONG: &str = "Contracts of data products: lint, compare, check, import and export them.\n\n\
A contract is an ODCS document (Open Data Contract Standard, YAML or JSON). Only what publishes or reads rows of a mesh on an object store talks to a network.";

const EXIT_CODES: &str = "\
Exit codes: 0 nothing found or done, 1 findings, 2 the command cannot be carried out as given, \
70 a bug of dataproduct.";

/// When output is coloured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Colour {
    /// On a terminal.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// How findings are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people, with the place in the source.
    #[default]
    Human,
    /// One JSON object; docs/cli.md describes it.
    Json,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
    /// JUnit XML, one test case per file.
    Junit,
    /// Markdown for a pull request.
    Markdown,
    /// Annotations of GitHub Actions.
    Github,
    /// The draft of the Open Metadata Difference Standard (Bitol RFC 39), for `diff` alone.
    Omds,
}

/// How findings come out.
#[derive(Clone, Debug, Args)]
pub(crate) struct Output {
    /// How findings are written.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub(crate) format: Format,
    /// Say nothing when nothing is found.
    #[arg(long, short)]
    pub(crate) quiet: bool,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Check that contracts and products are valid by themselves.
    Lint(Lint),
    /// Compare two versions of a contract: what changed, whom it breaks, which version is honest.
    Diff(Diff),
    /// Compare the contracts of the working tree with the versions recorded in schemas/.
    Check(Check),
    /// Make a contract from another form of schema or from data, or bring an older ODCS document to 3.2.
    Import(Import),
    /// Propose a contract with rules from rows: CSV, JSON lines or Parquet.
    Draft(Draft),
    /// Write a contract in another form.
    Export(Export),
    /// Check rows against a contract, without publishing them.
    Test(Test),
    /// Publish the rows of a file: through every gate, into the table of their product.
    Publish(PublishRows),
    /// Read the rows of a published product.
    Read(ReadRows),
    /// Look at rows that publishes kept apart, and publish them after all.
    Quarantine(Quarantine),
    /// Look at everything that a table rests on, and name what is damaged.
    Verify(Verify),
    /// Try out whether a store keeps what tables with several writers need.
    Doctor(Doctor),
    /// Look after the tables of a product: compact, vacuum, erase, restore and more.
    Maintain(Maintain),
    /// Scaffold a contract, or a crate that declares one as a type.
    Init(Init),
    /// Explain a rule of evolution or a code of a problem.
    Explain(Explain),
    /// Write the completions of a shell to standard output.
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
}

/// Arguments of `lint`.
#[derive(Debug, Args)]
pub(crate) struct Lint {
    /// Files, folders, patterns, or `-` for standard input.
    #[arg(required = true, value_name = "FILES")]
    pub(crate) files: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) output: Output,
}

/// Arguments of `diff`.
#[derive(Debug, Args)]
pub(crate) struct Diff {
    /// The older contract, or `-` for standard input.
    pub(crate) old: PathBuf,
    /// The newer contract, or `-` for standard input.
    pub(crate) new: PathBuf,
    /// The folder of the record, whose registered consumers are named; by default `schemas`, where there is one.
    #[arg(long, value_name = "FOLDER")]
    pub(crate) schemas: Option<PathBuf>,
    /// The `mesh.toml` whose `[evolution]` raises, lowers or waives rules; by default that of the folder.
    #[arg(long, value_name = "FILE")]
    pub(crate) policy: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) output: Output,
}

/// Arguments of `check`.
#[derive(Debug, Args)]
pub(crate) struct Check {
    /// Contracts or folders of the working tree; by default the record is checked by itself.
    #[arg(value_name = "FILES")]
    pub(crate) files: Vec<PathBuf>,
    /// The folder of the record, `<domain>/<product>/<version>.odcs.yaml` below it.
    #[arg(long, value_name = "FOLDER", default_value = "schemas")]
    pub(crate) schemas: PathBuf,
    /// The `mesh.toml` whose `[evolution]` raises, lowers or waives rules; by default that of the folder.
    #[arg(long, value_name = "FILE")]
    pub(crate) policy: Option<PathBuf>,
    /// Record the FILES that are honest and not recorded yet, with the documents that follow from them.
    #[arg(long, requires = "files")]
    pub(crate) record: bool,
    #[command(flatten)]
    pub(crate) output: Output,
}

/// Arguments of `import`.
#[derive(Debug, Args)]
pub(crate) struct Import {
    /// What to read, or `-` for standard input.
    pub(crate) file: PathBuf,
    /// What the file is; by default its name and its first bytes tell.
    #[arg(long, value_enum, value_name = "FORM")]
    pub(crate) from: Option<import::Format>,
    /// The product's name, `domain.product`; needed for all but ODCS.
    #[arg(long, value_name = "NAME")]
    pub(crate) name: Option<String>,
    /// The team that owns the product; needed for all but ODCS.
    #[arg(long, value_name = "TEAM")]
    pub(crate) owner: Option<String>,
    /// The version of the draft.
    #[arg(
        id = "contract-version",
        long,
        value_name = "VERSION",
        default_value = "0.1.0"
    )]
    pub(crate) version: String,
    #[command(flatten)]
    pub(crate) target: Target,
}

/// Arguments of `draft`.
#[derive(Debug, Args)]
pub(crate) struct Draft {
    /// Files of one shape: CSV, JSON lines or Parquet.
    #[arg(required = true, value_name = "DATA")]
    pub(crate) data: Vec<PathBuf>,
    /// The product's name, `domain.product`.
    #[arg(long, value_name = "NAME")]
    pub(crate) name: String,
    /// The team that owns the product.
    #[arg(long, value_name = "TEAM")]
    pub(crate) owner: String,
    /// How many rows are looked at, from the first; by default all.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) rows: Option<u64>,
    /// What is written.
    #[arg(long, value_enum, default_value_t = DraftFormat::Text)]
    pub(crate) format: DraftFormat,
    #[command(flatten)]
    pub(crate) target: Target,
}

/// What `draft` writes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum DraftFormat {
    /// The contract as ODCS; the evidence goes to standard error.
    #[default]
    Text,
    /// One JSON object with both.
    Json,
}

/// Arguments of `export`.
#[derive(Debug, Args)]
pub(crate) struct Export {
    /// The contract, or `-` for standard input.
    pub(crate) file: PathBuf,
    /// The form to write.
    #[arg(long, value_enum, value_name = "FORM")]
    pub(crate) to: export::Format,
    #[command(flatten)]
    pub(crate) target: Target,
}

/// Where the result goes.
#[derive(Debug, Args)]
pub(crate) struct Target {
    /// The file to write; standard output by default. A file that is there already is left alone.
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Write over a file that is there already.
    #[arg(long, requires = "output")]
    pub(crate) force: bool,
}

/// Arguments of `init`.
#[derive(Debug, Args)]
pub(crate) struct Init {
    /// The product's name, `domain.product`.
    pub(crate) name: String,
    /// The team that owns the product.
    #[arg(long, value_name = "TEAM")]
    pub(crate) owner: String,
    /// What to scaffold.
    #[arg(long, value_enum, default_value_t = Scaffold::Contract)]
    pub(crate) kind: Scaffold,
    /// The folder to write into; what is there already is left alone.
    #[arg(long, value_name = "FOLDER", default_value = ".")]
    pub(crate) folder: PathBuf,
}

/// What `init` makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Scaffold {
    /// `<product>.odcs.yaml`.
    Contract,
    /// A crate with the row type and a test.
    Crate,
}

/// Arguments of `explain`.
#[derive(Debug, Args)]
pub(crate) struct Explain {
    /// The rule or code, such as `nullable-key`; without one all are listed.
    pub(crate) rule: Option<String>,
}

/// Arguments of `test`.
#[derive(Debug, Args)]
pub(crate) struct Test {
    /// The contract, or `-` for standard input.
    #[arg(long, short, value_name = "FILE")]
    pub(crate) contract: PathBuf,
    /// Files (.csv, .jsonl, .ndjson, .parquet) and Delta tables of the same columns, or one published product.
    #[arg(required = true, value_name = "DATA")]
    pub(crate) data: Vec<PathBuf>,
    /// The `mesh.toml` of the products that are tested or that rows refer to.
    #[arg(long, value_name = "FILE")]
    pub(crate) mesh: Option<PathBuf>,
    /// How the report is written.
    #[arg(long, value_enum, default_value_t = ReportFormat::Text)]
    pub(crate) format: ReportFormat,
    /// On how many threads rows are looked at; all cores by default.
    #[arg(long, value_name = "N")]
    pub(crate) threads: Option<NonZeroUsize>,
    /// Say nothing when nothing is found.
    #[arg(long, short)]
    pub(crate) quiet: bool,
    #[command(flatten)]
    pub(crate) target: Target,
}

/// How a quality report is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum ReportFormat {
    /// For people.
    #[default]
    Text,
    /// The stored form: docs/quality.md describes it.
    Json,
    /// Markdown for a pull request.
    Markdown,
    /// One page that needs nothing else.
    Html,
    /// JUnit XML, one test case a rule.
    Junit,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
    /// The facets of an OpenLineage dataset.
    Openlineage,
}

/// How rows are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum RowFormat {
    /// Comma-separated values with a header line.
    #[default]
    Csv,
    /// One JSON object a line.
    Jsonl,
}

/// Arguments of `publish`.
#[derive(Debug, Args)]
pub(crate) struct PublishRows {
    /// The contract, or `-` for standard input.
    #[arg(long, short, value_name = "FILE")]
    pub(crate) contract: PathBuf,
    /// The rows: a file that ends in .csv, .jsonl, .ndjson or .parquet.
    #[arg(value_name = "DATA", required_unless_present = "resume")]
    pub(crate) file: Option<PathBuf>,
    /// The `mesh.toml` that says where the domain's products are.
    #[arg(long, value_name = "FILE", default_value = "mesh.toml")]
    pub(crate) mesh: PathBuf,
    /// Replace everything published before; by default rows are added.
    #[arg(long)]
    pub(crate) replace: bool,
    /// Put each row in the place of the one with its primary key, or add it.
    #[arg(long, conflicts_with = "replace")]
    pub(crate) upsert: bool,
    /// The instant up to which the product is complete, such as 2026-11-27T06:00:00Z; now by default.
    #[arg(long, value_name = "INSTANT")]
    pub(crate) as_of: Option<DateTime<Utc>>,
    /// The id of the publish: the same id twice is one publish.
    #[arg(long, value_name = "ID")]
    pub(crate) publish_id: Option<String>,
    /// Publish nothing, and find out what became of the publish with this id, whose outcome was not known.
    #[arg(long, value_name = "ID", conflicts_with_all = ["file", "replace", "as_of", "publish_id"])]
    pub(crate) resume: Option<String>,
}

/// Arguments of `verify`.
#[derive(Debug, Args)]
pub(crate) struct Verify {
    /// A table's folder or URL, or a product and its versions, such as `inventory.stock-levels@^1`.
    #[arg(value_name = "TABLE|PRODUCT")]
    pub(crate) target: String,
    /// The `mesh.toml` that says where the domain's products are.
    #[arg(long, value_name = "FILE", default_value = "mesh.toml")]
    pub(crate) mesh: PathBuf,
    /// How the report is written.
    #[arg(long, value_enum, default_value_t = CheckFormat::Text)]
    pub(crate) format: CheckFormat,
    /// Say nothing when nothing is damaged.
    #[arg(long, short)]
    pub(crate) quiet: bool,
}

/// Arguments of `doctor`.
#[derive(Debug, Args)]
pub(crate) struct Doctor {
    /// A folder or URL that may be written to, such as `s3://bucket/stock`.
    #[arg(value_name = "URL")]
    pub(crate) location: String,
    /// How the diagnosis is written.
    #[arg(long, value_enum, default_value_t = CheckFormat::Text)]
    pub(crate) format: CheckFormat,
}

/// How the reports of `verify` and `doctor` are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum CheckFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object; docs/cli.md describes it.
    Json,
}

/// Arguments of `read`.
#[derive(Debug, Args)]
pub(crate) struct ReadRows {
    /// The product and its versions, such as `inventory.stock-levels@^1`.
    pub(crate) product: String,
    /// The `mesh.toml` that says where the domain's products are.
    #[arg(long, value_name = "FILE", default_value = "mesh.toml")]
    pub(crate) mesh: PathBuf,
    /// The columns to read, parted by commas; all by default.
    #[arg(long, value_name = "COLUMNS", value_delimiter = ',')]
    pub(crate) columns: Vec<String>,
    /// The most rows to write.
    #[arg(long, value_name = "N")]
    pub(crate) limit: Option<usize>,
    /// How rows are written.
    #[arg(long, value_enum, default_value_t = RowFormat::Csv)]
    pub(crate) format: RowFormat,
}

/// Arguments of `quarantine`.
#[derive(Debug, Args)]
pub(crate) struct Quarantine {
    /// What to do.
    #[command(subcommand)]
    pub(crate) verb: QuarantineVerb,
    /// The product and its versions, such as `inventory.stock-levels@^1`.
    #[arg(long, short, value_name = "PRODUCT")]
    pub(crate) product: String,
    /// The `mesh.toml` that says where the domain's products are.
    #[arg(long, value_name = "FILE", default_value = "mesh.toml")]
    pub(crate) mesh: PathBuf,
    /// The contract to replay under; by default the one that is published.
    #[arg(long, short, value_name = "FILE")]
    pub(crate) contract: Option<PathBuf>,
}

/// What `quarantine` does.
#[derive(Debug, Subcommand)]
pub(crate) enum QuarantineVerb {
    /// The runs of which rows are in quarantine, with the rules that they broke.
    List,
    /// The rows of a run, with the rules that each broke.
    Inspect {
        /// The publish id of the run.
        run: String,
        /// How rows are written.
        #[arg(long, value_enum, default_value_t = RowFormat::Jsonl)]
        format: RowFormat,
        /// The most rows to write.
        #[arg(long, value_name = "N")]
        limit: Option<usize>,
    },
    /// Publish the rows of a run after all: they pass the same gates, and leave the quarantine exactly once.
    Replay {
        /// The publish id of the run.
        run: String,
    },
    /// Throw away the rows of runs that were kept apart before an instant.
    Expire {
        /// The instant, such as 2026-11-01T00:00:00Z.
        #[arg(long, value_name = "INSTANT")]
        before: DateTime<Utc>,
    },
}

/// Arguments of `maintain`.
#[derive(Debug, Args)]
pub(crate) struct Maintain {
    /// What to do.
    #[command(subcommand)]
    pub(crate) verb: MaintainVerb,
    /// The product and its versions, such as `inventory.stock-levels@^1`; each major version is a table of its own.
    #[arg(long, short, value_name = "PRODUCT", global = true, default_value = "")]
    pub(crate) product: String,
    /// The `mesh.toml` that says where the domain's products are.
    #[arg(long, value_name = "FILE", default_value = "mesh.toml", global = true)]
    pub(crate) mesh: PathBuf,
    /// Change nothing and only say what would be done.
    #[arg(long, global = true)]
    pub(crate) dry_run: bool,
    /// How the report is written.
    #[arg(long, value_enum, default_value_t = MaintainFormat::Text, global = true)]
    pub(crate) format: MaintainFormat,
}

/// How a report of maintenance is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum MaintainFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object; docs/cli.md describes it.
    Json,
}

/// What `maintain` does.
#[derive(Clone, Debug, Subcommand)]
pub(crate) enum MaintainVerb {
    /// Write small files together, and files anew of which much was taken out.
    Compact,
    /// Take away files that no version in use has; older versions can be read no more.
    Vacuum {
        /// For how many days files stay that are not part of the newest version any more, at least 1; 7 by default.
        #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u32).range(1..))]
        retention: Option<u32>,
    },
    /// Take away log entries of older versions, behind a checkpoint; these versions can be read no more.
    CleanLog {
        /// For how many days versions stay that are not the newest any more, at least 1; by default the table says it,
        /// or 30.
        #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u32).range(1..))]
        retention: Option<u32>,
    },
    /// Take away what publishes left that never happened; all versions stay.
    Gc,
    /// Erase all rows in which a column has a value, from all that is stored; once more, when its grace is over.
    Erase {
        /// The column by which rows are found.
        #[arg(long, value_name = "COLUMN")]
        column: String,
        /// The value, in the column's type; may be repeated.
        #[arg(long = "value", value_name = "VALUE", required = true)]
        values: Vec<String>,
        /// For how many hours readers of older versions may go on. With 0 nobody else may publish or read.
        #[arg(long, value_name = "HOURS", default_value_t = 24)]
        grace: u32,
        /// Look for what is left of the values in every object afterwards.
        #[arg(long)]
        verify: bool,
    },
    /// Make the rows of an older version those of the newest one, in a commit of its own.
    Restore {
        /// The version of the table.
        #[arg(id = "restored", value_name = "VERSION")]
        version: u64,
    },
    /// Copy a version to another place, as a table of its own.
    Clone {
        /// The folder or URL of the copy.
        place: String,
        /// The version of the table; the newest by default.
        #[arg(id = "table-version", long = "table-version", value_name = "VERSION")]
        version: Option<u64>,
    },
}
