//! The quality gate of one publish: what it is told, what it keeps apart, and what becomes of its report.

use std::collections::BTreeMap;

use arrow_array::RecordBatch;
use bytes::Bytes;
use dataproduct_contract::{Check, Column, ColumnRef, Contract, ProductName, ProductRef};
use dataproduct_quality::outcome::{Distribution, Outcome, QualityReport};
use dataproduct_quality::{
    Admitted, Concluded, Finding, Finished, Gate, GateContext, Quarantined, ReferenceKeys, Report,
    SecondPass, Separation, Verdict,
};
use dataproduct_table::{QuarantineWriter, Snapshot, Table, Upsert, Writer};
use futures::TryStreamExt as _;

use crate::held::{Held, TableKeys};
use crate::spill::SpillFile;
use crate::{Error, Mesh, Result};

/// Over how many publishes rules may look back.
const MOST_PUBLISHES: usize = 100;

/// The gate of one publish, and the rows that it keeps apart.
pub(crate) struct Audit {
    contract: Contract,
    table: Table,
    publish_id: String,
    context: GateContext,
    /// The keys that no two rows of the table share.
    keys: TableKeys,
    /// Whether rows with such a key of another row may stay.
    only_tells_of_keys: bool,
    gate: Option<Gate>,
    refused: Option<Report>,
    apart: Option<QuarantineWriter>,
    /// Whether rows of this try were committed to the quarantine.
    has_kept: bool,
    report: Option<Box<QualityReport>>,
    /// The rows of the table against which the keys were judged.
    beside: Option<Snapshot>,
    /// Whether rows that change others by key were taken out since the keys were judged: what they would have changed
    /// stays now, and may be in the way of other rows.
    is_open: bool,
}

impl Audit {
    /// Begins the audit of a publish: rows that are referred to and publishes before are looked up here.
    pub(crate) async fn begin(
        mesh: &Mesh,
        contract: &Contract,
        table: &Table,
        publish_id: &str,
        by_key: Option<&Upsert>,
        part: Option<&'static str>,
    ) -> Result<Self> {
        let mut context = GateContext::new(publish_id, mesh.0.now())
            .with_spill(|| Box::new(SpillFile::default()));
        if let Some(upsert) = by_key {
            context = context.with_change_by_key(upsert.latest());
        }
        if let Some(why) = part {
            context = context.with_part(why);
        }
        if has_rule(contract, |check| {
            matches!(check, Check::VolumeChange { .. })
        }) {
            context = context.with_rows_before(rows_before(table).await?);
        }
        if has_rule(contract, |check| matches!(check, Check::Drift { .. })) {
            let before = distributions_before(table, publishes_of_drift(contract)).await?;
            context = context.with_distributions_before(before);
        }
        context = with_keys(mesh, contract, context).await;
        let gate = Gate::with_context(contract, context.clone());
        Ok(Self {
            keys: gate.keys_of_table(),
            only_tells_of_keys: gate.only_tells_of_keys(),
            gate: Some(gate),
            context,
            contract: contract.clone(),
            table: table.clone(),
            publish_id: publish_id.to_owned(),
            refused: None,
            apart: None,
            has_kept: false,
            report: None,
            beside: None,
            is_open: false,
        })
    }

    /// Checks a batch; gives the rows to be written, or `None` if nothing of the publish will be.
    pub(crate) async fn check(&mut self, batch: RecordBatch) -> Result<Option<Admitted>> {
        let Some(gate) = &mut self.gate else {
            return Ok(None);
        };
        match gate.check(batch) {
            Verdict::Admitted(rows) => Ok(Some(rows)),
            Verdict::Separated {
                admitted,
                quarantined,
            } => {
                self.keep(&quarantined).await?;
                Ok(Some(admitted))
            }
            Verdict::Refused(report) => {
                self.refused.get_or_insert(report);
                Ok(None)
            }
        }
    }

    async fn keep(&mut self, rows: &Quarantined) -> Result<()> {
        let writer = match &mut self.apart {
            Some(writer) => writer,
            None => {
                let quarantine = self.table.quarantine_for(&self.contract).await?;
                let writer = match self.has_kept {
                    true => {
                        quarantine
                            .write_more(&self.publish_id, &self.contract)
                            .await?
                    }
                    false => quarantine.write(&self.publish_id, &self.contract).await?,
                };
                self.apart.insert(writer)
            }
        };
        Ok(writer.push(rows).await?)
    }

    /// Ends the audit. Rows that repeat others are looked for among the staged rows a second time where that is open;
    /// what is to be kept apart of them is taken out of what `writer` has staged.
    pub(crate) async fn end(&mut self, writer: &mut Writer) -> Result<()> {
        let Some(mut gate) = self.gate.take() else {
            return Ok(());
        };
        if let Some(report) = self.refused.take() {
            let quality = match gate.finish().map_err(unfinished)? {
                Finished::Done(quality) => Some(quality),
                // Nothing was staged of rows that were refused, so that keys stay unknown.
                Finished::SecondPass(pass) => Some(pass.give_up()),
            };
            return Err(self.refusal(report, quality));
        }
        let held = Held::look(writer, &self.contract, &self.keys, None).await?;
        if let Some(held) = &held {
            held.give(&mut gate).await?;
        }
        let quality = match gate.finish().map_err(unfinished)? {
            Finished::Done(quality) => quality,
            Finished::SecondPass(pass) => self.second(*pass, held.as_ref(), writer).await?,
        };
        self.conclude(quality, writer).await?;
        self.judged_on(held, writer);
        self.until_closed(writer).await
    }

    /// Judges the keys again as long as rows are taken out for them, each time with fewer rows.
    async fn until_closed(&mut self, writer: &mut Writer) -> Result<()> {
        while std::mem::take(&mut self.is_open) {
            self.once_more(writer).await?;
        }
        Ok(())
    }

    /// The publish holds behind that version only: keys that come later were not compared.
    fn judged_on(&mut self, held: Option<Held>, writer: &mut Writer) {
        if let Some(held) = held {
            writer.expect_version(held.beside.version());
            self.beside = Some(held.beside);
        }
    }

    /// The version against which keys were judged, if any were.
    pub(crate) fn version(&self) -> Option<u64> {
        self.beside.as_ref().map(Snapshot::version)
    }

    /// Judges the keys against what others have published since they were judged: those rows alone are read. Rows that
    /// are to be kept apart now are taken out of what `writer` has staged.
    pub(crate) async fn again(&mut self, writer: &mut Writer) -> Result<()> {
        self.once_more(writer).await?;
        self.until_closed(writer).await
    }

    async fn once_more(&mut self, writer: &mut Writer) -> Result<()> {
        let known = self.beside.take().filter(|_| !self.only_tells_of_keys);
        let held = Held::look(writer, &self.contract, &self.keys, known.as_ref()).await?;
        if let Some(held) = &held
            && held.may_clash(&self.keys).await?
        {
            self.anew(held, writer).await?;
        }
        self.judged_on(held, writer);
        Ok(())
    }

    /// Judges the rows that were to be published from the beginning: some may have to go, and figures are of the others.
    async fn anew(&mut self, held: &Held, writer: &mut Writer) -> Result<()> {
        let mut gate = Gate::with_context(&self.contract, self.context.clone());
        let mut rows = held.staged()?;
        while let Some(batch) = rows.try_next().await? {
            match gate.check(batch) {
                Verdict::Admitted(_) => {}
                Verdict::Separated { .. } => {
                    let why = "rows that were admitted are not any more".to_owned();
                    return Err(unfinished(why));
                }
                Verdict::Refused(report) => return Err(self.refusal(report, None)),
            }
        }
        held.give(&mut gate).await?;
        let again = match gate.finish().map_err(unfinished)? {
            Finished::Done(quality) => quality,
            Finished::SecondPass(pass) => {
                let pass = pass.without_numbers();
                self.second(pass, Some(held), writer).await?
            }
        };
        let quality = match self.report.take() {
            Some(first) => {
                let both = first.judged_again(&again);
                Box::new(both.map_err(|error| unfinished(error.to_string()))?)
            }
            None => again,
        };
        self.conclude(quality, writer).await?;
        self.keep_apart().await
    }

    /// Refuses the publish if a rule does; otherwise notes its quality.
    async fn conclude(&mut self, quality: Box<QualityReport>, writer: &mut Writer) -> Result<()> {
        if !quality.verdict().is_accepted() {
            let report = findings(&quality);
            return Err(self.refusal(report, Some(quality)));
        }
        writer.set_quality(summary(&quality));
        if quality.rows().read() > 0 {
            let text = Bytes::from(quality.to_json());
            self.table.put_report(&self.publish_id, text).await?;
        }
        self.report = Some(quality);
        Ok(())
    }

    /// Looks at the staged rows again.
    async fn second(
        &mut self,
        mut pass: SecondPass,
        held: Option<&Held>,
        writer: &mut Writer,
    ) -> Result<Box<QualityReport>> {
        if let Some(held) = held.filter(|held| held.is_more()) {
            // Another call with this id may be what has the keys: then it is told, and no row is kept apart.
            if self.table.receipt(&self.publish_id).await?.is_some() {
                return Err(unfinished("the publish is made already".to_owned()));
            }
            held.give_again(&mut pass).await?;
        }
        let staged = writer.stage().await?;
        // Rows that were sorted or parted into folders come back in another order, and without those kept apart before.
        let in_order = self.contract.sort_by().is_empty()
            && self.contract.partition_by().is_empty()
            && self.apart.is_none();
        if !in_order {
            pass = pass.without_numbers();
        }
        let in_force = held.and_then(|held| held.in_force.clone());
        let is_by_key = in_force.is_some();
        if let Some(in_force) = in_force {
            pass = pass.with_rows_in_force(in_force);
        }
        let schema = self.contract.arrow_schema();
        let mut rows = staged.scan().read_as(schema).stream()?;
        while let Some(batch) = rows.try_next().await? {
            pass.look(&batch)
                .map_err(|report| self.refusal(report, None))?;
        }
        match pass.conclude() {
            Concluded::Done(quality) => Ok(quality),
            Concluded::Separation(separation) => {
                self.is_open = is_by_key;
                self.separate(*separation, &staged, writer).await
            }
        }
    }

    /// Writes the staged rows anew, without those that repeat others.
    async fn separate(
        &mut self,
        mut separation: Separation,
        staged: &Snapshot,
        writer: &mut Writer,
    ) -> Result<Box<QualityReport>> {
        writer.restart();
        let schema = self.contract.arrow_schema();
        let mut rows = staged.scan().read_as(schema).stream()?;
        while let Some(batch) = rows.try_next().await? {
            match separation.check(&batch) {
                Verdict::Admitted(rows) => writer.push(&rows).await?,
                Verdict::Separated {
                    admitted,
                    quarantined,
                } => {
                    writer.push(&admitted).await?;
                    self.keep(&quarantined).await?;
                }
                Verdict::Refused(report) => return Err(self.refusal(report, None)),
            }
        }
        Ok(separation.finish())
    }

    /// Commits the rows that are kept apart. They count once the publish is committed, which comes next.
    pub(crate) async fn keep_apart(&mut self) -> Result<()> {
        if let Some(writer) = self.apart.take() {
            writer.commit().await?;
            self.has_kept = true;
        }
        if self.has_kept {
            return Ok(());
        }
        // An earlier try of the same publish may have kept rows apart that are published now.
        if let Some(quarantine) = self.table.quarantine().await?
            && quarantine.holds(&self.publish_id).await?
        {
            quarantine.remove([self.publish_id.as_str()]).await?;
        }
        Ok(())
    }

    /// How many rows were kept apart.
    pub(crate) fn quarantined(&self) -> u64 {
        self.report
            .as_ref()
            .map_or(0, |report| report.rows().quarantined())
    }

    fn refusal(&self, report: Report, quality: Option<Box<QualityReport>>) -> Error {
        Error::Refused {
            product: self.contract.name().clone(),
            version: self.contract.version().clone(),
            report,
            quality,
        }
    }
}

fn unfinished(why: String) -> Error {
    Error::Input {
        reason: format!("the keys of the rows could not be compared: {why}"),
        source: None,
    }
}

/// The rules that reject, as findings.
fn findings(quality: &QualityReport) -> Report {
    let rejecting = quality.results().iter().filter(|result| result.rejects());
    rejecting.map(Finding::of).collect()
}

/// What the commit says of the quality of its rows.
fn summary(quality: &QualityReport) -> BTreeMap<String, String> {
    let rows = quality.rows();
    let mut out = BTreeMap::from([
        ("rowsRead".to_owned(), rows.read().to_string()),
        ("rowsQuarantined".to_owned(), rows.quarantined().to_string()),
        ("rowsRepaired".to_owned(), rows.repaired().to_string()),
    ]);
    let count = |is: fn(&Outcome) -> bool| {
        quality
            .results()
            .iter()
            .filter(|r| is(&r.outcome))
            .count()
            .to_string()
    };
    out.insert("rulesPassed".to_owned(), count(|o| *o == Outcome::Pass));
    out.insert("rulesFailed".to_owned(), count(|o| *o == Outcome::Fail));
    let open = count(|o| matches!(o, Outcome::NotEvaluated { .. }));
    out.insert("rulesNotEvaluated".to_owned(), open);
    for result in quality.results() {
        if result.failed_rows > 0 && out.len() < MOST_FACTS {
            out.insert(
                format!("failed.{}", result.rule),
                result.failed_rows.to_string(),
            );
        }
    }
    out
}

/// How many facts about quality a commit has, at most.
const MOST_FACTS: usize = 64;

/// The checks of the product, of its columns and of their parts.
fn checks(contract: &Contract) -> Vec<&Check> {
    let mut out: Vec<&Check> = contract.rules().iter().map(|rule| &rule.check).collect();
    let mut columns: Vec<&Column> = contract.columns().iter().collect();
    while let Some(column) = columns.pop() {
        out.extend(column.rules.iter().map(|rule| &rule.check));
        columns.extend(column.children());
    }
    out
}

/// Whether a rule has such a check.
fn has_rule(contract: &Contract, is: impl Fn(&Check) -> bool) -> bool {
    checks(contract).into_iter().any(is)
}

/// Over how many publishes the rules about drift look back.
fn publishes_of_drift(contract: &Contract) -> usize {
    let publishes = checks(contract)
        .into_iter()
        .filter_map(|check| match check {
            Check::Drift { publishes, .. } => usize::try_from(*publishes).ok(),
            _ => None,
        });
    publishes.max().unwrap_or(1).min(MOST_PUBLISHES)
}

/// The distributions in the reports of the publishes before, the newest first. A report that is not there any more, or
/// that nobody can read, has none.
async fn distributions_before(table: &Table, publishes: usize) -> Result<Vec<Vec<Distribution>>> {
    let mut out = Vec::new();
    for commit in table.history(MOST_PUBLISHES * 2).await? {
        let Some(facts) = commit.facts.filter(|facts| facts.rows > 0) else {
            continue;
        };
        let Some(report) = table.read_report(&facts.publish_id).await? else {
            continue;
        };
        let text = String::from_utf8_lossy(&report);
        let Ok(report) = QualityReport::from_json(&text) else {
            continue;
        };
        if !report.distributions().is_empty() {
            out.push(report.distributions().to_vec());
        }
        if out.len() == publishes {
            break;
        }
    }
    Ok(out)
}

/// The rows of the publishes before, the newest first; those without rows were heartbeats.
async fn rows_before(table: &Table) -> Result<Vec<u64>> {
    let history = table.history(MOST_PUBLISHES * 2).await?;
    let rows = history
        .into_iter()
        .filter_map(|commit| Some(commit.facts?.rows));
    Ok(rows.filter(|rows| *rows > 0).take(MOST_PUBLISHES).collect())
}

/// Reads what the rows refer to. What cannot be read leaves the rule not evaluated, with the reason.
pub(crate) async fn with_keys(
    mesh: &Mesh,
    contract: &Contract,
    mut context: GateContext,
) -> GateContext {
    for (references, keys) in GateContext::references_of(contract) {
        let keys = match (keys, references.first()) {
            (Ok(keys), Some(first)) => {
                let product = first.product.clone();
                let read = read_keys(mesh, &product, &references, keys).await;
                read.map_err(|error| format!("`{product}` could not be read: {error}"))
            }
            (keys, _) => keys,
        };
        context = context.with_keys(&references, keys);
    }
    context
}

async fn read_keys(
    mesh: &Mesh,
    product: &ProductName,
    references: &[ColumnRef],
    mut keys: ReferenceKeys,
) -> Result<ReferenceKeys> {
    let product = mesh
        .product(&ProductRef::from(product.clone()).to_string())
        .await?;
    // Of a nested column the one at the top level is read.
    let top = |reference: &ColumnRef| {
        let name = reference.column.split('.').next();
        name.unwrap_or(&reference.column).to_owned()
    };
    let mut columns: Vec<String> = references.iter().map(top).collect();
    columns.dedup();
    let mut rows = Box::pin(product.read().select(columns).batches().await?);
    while let Some(batch) = rows.try_next().await? {
        keys.push(&batch).map_err(|reason| Error::Input {
            reason,
            source: None,
        })?;
    }
    Ok(keys)
}
