//! The verdict: which version is honest, whom the new contract breaks, and what is left to prove.

use chrono::NaiveDate;
use dataproduct_contract::{Contract, Version};

use crate::policy::{Override, Waiver};
use crate::rule::{Rule, Rules};
use crate::{Aspect, Bump, Change, Kind, Outcome, Policy, diff, semver};

/// Something that has to be proven on stored rows before a promise holds for them.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Obligation {
    /// The column of the new contract, without the leading `columns.`: `price.amount`. For a key its
    /// columns with commas; for a relationship of the whole table `relationships`.
    pub column: String,
    /// What has to be proven.
    pub aspect: Aspect,
}

/// One change, judged.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Finding {
    /// What has changed.
    pub change: Change,
    /// The rule that judges it.
    pub rule: &'static Rule,
    /// What it means for a reader of the old version on new data.
    pub reader: Outcome,
    /// What it means for a writer of the old version under the new contract.
    pub writer: Outcome,
    /// What it means for a reader of the new version on data that is kept.
    pub history: Outcome,
    /// How far the version has to move for it, after policy, waiver and proof.
    pub bump: Bump,
    /// How far it would have to move once what is left to prove was proven.
    pub bump_if_proven: Bump,
    /// What the team's policy makes of the rule here.
    pub overridden: Option<Override>,
    /// The waiver that accepts it.
    pub waiver: Option<Waiver>,
    /// What is left to prove on stored rows.
    pub obligation: Option<Obligation>,
    /// Whether the old contract had told its readers of it, with a date that is past.
    pub announced: bool,
}

impl Finding {
    fn new(
        change: Change,
        (old, new): (&Contract, &Contract),
        policy: &Policy,
        today: NaiveDate,
    ) -> Self {
        let product = new.name().to_string();
        let rule = Rules::standard().of(change.kind);
        let overridden = policy.override_for(change.kind, &change.path).cloned();
        let waiver = policy
            .waivers_for(change.kind, &change.path, &product)
            .find(|waiver| waiver.counts_on(today))
            .cloned();
        let aspect = change
            .kind
            .aspect()
            .filter(|_| rule.history == Outcome::Prove);
        let obligation = aspect.map(|aspect| Obligation {
            column: change.column().unwrap_or(&change.path).to_owned(),
            aspect,
        });
        let is_past = |sunset: NaiveDate| sunset < today;
        let announced = change.kind == Kind::StatusRetired && old.sunset().is_some_and(is_past);
        // Whoever still reads or writes after the sunset was told.
        let or_told = |outcome| if announced { Outcome::Holds } else { outcome };
        let mut finding = Self {
            reader: or_told(rule.reader),
            writer: or_told(rule.writer),
            history: rule.history,
            bump: rule.bump,
            bump_if_proven: rule.bump,
            change,
            rule,
            overridden,
            waiver,
            obligation,
            announced,
        };
        finding.weigh();
        finding
    }

    fn weigh(&mut self) {
        let ruled = match &self.overridden {
            Some(decided) => decided.bump,
            None if self.announced => Bump::Minor,
            None => self.rule.bump,
        };
        let accepted = |bump: Bump| match &self.waiver {
            // A break that was accepted, or is none, is still something that consumers see.
            Some(_) if bump == Bump::Major => Bump::Minor,
            _ => bump,
        };
        self.bump_if_proven = accepted(ruled);
        self.bump = if self.history == Outcome::Prove {
            accepted(ruled.max(Bump::Major))
        } else {
            self.bump_if_proven
        };
    }

    /// Takes what was proven; history holds then.
    fn prove(&mut self, proven: &[Obligation]) {
        if self.obligation.as_ref().is_some_and(|o| proven.contains(o)) {
            self.obligation = None;
            self.history = Outcome::Holds;
            self.weigh();
        }
    }
}

/// What two versions of a contract differ by, judged.
#[derive(Clone, Debug)]
pub struct Comparison {
    old: Contract,
    new: Contract,
    findings: Vec<Finding>,
    expired: Vec<Waiver>,
}

/// Compares two versions of a contract under a team's policy. `today` decides which waivers still count.
///
/// It sees these two versions alone. A pre-release has promised nothing, so every step from one is honest; and a
/// sunset that an earlier version named is not known. Compare a contract with the newest version that is no
/// pre-release too, and with every other one that is alive.
///
/// ```
/// use dataproduct_compat::{Bump, Obligation, Policy, compare};
/// use dataproduct_contract::{Column, Contract, DataType, Version};
///
/// let contract = |version: &str, nullable: bool| {
///     Contract::builder("inventory.stock", version)
///         .with_owner("inventory")
///         .with_column(Column::new("on_hand", DataType::Int32).with_nullable(nullable))
///         .build()
/// };
/// let (old, new) = (contract("1.4.0", true)?, contract("1.5.0", false)?);
/// let today = "2026-11-22".parse().expect("a date");
///
/// let comparison = compare(&old, &new, &Policy::default(), today);
/// // Stored rows may hold nulls, so a reader of 1.5 could meet one.
/// assert_eq!(comparison.required(), Bump::Major);
/// assert_eq!(comparison.honest_version(), Version::new(2, 0, 0));
/// assert!(!comparison.is_honest());
///
/// let proven: Vec<Obligation> = comparison.obligations();
/// assert!(comparison.with_proven(&proven).is_honest());
/// # Ok::<(), dataproduct_contract::Problems>(())
/// ```
#[must_use]
pub fn compare(old: &Contract, new: &Contract, policy: &Policy, today: NaiveDate) -> Comparison {
    let product = new.name().to_string();
    let changes = diff(old, new);
    let mut expired: Vec<Waiver> = Vec::new();
    for change in &changes {
        for waiver in policy.waivers_for(change.kind, &change.path, &product) {
            if !waiver.counts_on(today) && !expired.contains(waiver) {
                expired.push(waiver.clone());
            }
        }
    }
    let findings = changes
        .into_iter()
        .map(|change| Finding::new(change, (old, new), policy, today))
        .collect();
    Comparison {
        old: old.clone(),
        new: new.clone(),
        findings,
        expired,
    }
}

impl Comparison {
    /// The contract that was there.
    #[must_use]
    pub fn old(&self) -> &Contract {
        &self.old
    }

    /// The contract that comes.
    #[must_use]
    pub fn new_contract(&self) -> &Contract {
        &self.new
    }

    /// Every change, judged, in the order of [`diff`].
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// Waivers that would cover a change and no longer count.
    #[must_use]
    pub fn expired_waivers(&self) -> &[Waiver] {
        &self.expired
    }

    /// How far the version has to move: the furthest that any change asks for. What is left to prove
    /// asks for a major.
    #[must_use]
    pub fn required(&self) -> Bump {
        let bumps = self.findings.iter().map(|finding| finding.bump);
        bumps.max().unwrap_or(Bump::None)
    }

    /// How far the version has to move once everything that is left to prove was proven: what can be
    /// said without the stored rows at hand.
    #[must_use]
    pub fn required_if_proven(&self) -> Bump {
        let bumps = self.findings.iter().map(|finding| finding.bump_if_proven);
        bumps.max().unwrap_or(Bump::None)
    }

    /// The lowest version after the old one that says how far it has moved.
    ///
    /// Before 1.0 a minor is what breaks and everything else is a patch, as ranges such as `^0.3` read
    /// it. After a pre-release comes its release: it has promised nothing yet. Where no version is
    /// honest ([`Bump::Invalid`]) this is the next major.
    #[must_use]
    pub fn honest_version(&self) -> Version {
        semver::next(self.old.version(), self.required())
    }

    /// [`honest_version`](Self::honest_version) once everything that is left to prove was proven.
    #[must_use]
    pub fn honest_version_if_proven(&self) -> Version {
        semver::next(self.old.version(), self.required_if_proven())
    }

    /// Whether the new version says at least how far it has moved. A larger step than asked for is
    /// honest; the same version for other content never is.
    #[must_use]
    pub fn is_honest(&self) -> bool {
        semver::covers(self.old.version(), self.new.version(), self.required())
    }

    /// Whether the new version would be honest once everything that is left to prove was proven.
    #[must_use]
    pub fn is_honest_if_proven(&self) -> bool {
        let required = self.required_if_proven();
        semver::covers(self.old.version(), self.new.version(), required)
    }

    /// What readers of the old version meet in new data: the worst of all changes that no one accepted.
    #[must_use]
    pub fn reader(&self) -> Outcome {
        self.worst(|finding| finding.reader)
    }

    /// What writers of the old version meet under the new contract.
    #[must_use]
    pub fn writer(&self) -> Outcome {
        self.worst(|finding| finding.writer)
    }

    /// What readers of the new version meet in data that is kept.
    #[must_use]
    pub fn history(&self) -> Outcome {
        self.worst(|finding| finding.history)
    }

    fn worst(&self, of: impl Fn(&Finding) -> Outcome) -> Outcome {
        let open = self.findings.iter().filter(|f| f.waiver.is_none());
        open.map(of).fold(Outcome::Holds, Outcome::worst)
    }

    /// What is left to prove on stored rows, sorted and each once. What was accepted by a waiver is not
    /// asked for.
    #[must_use]
    pub fn obligations(&self) -> Vec<Obligation> {
        let open = self.findings.iter().filter(|f| f.waiver.is_none());
        let mut obligations: Vec<_> = open.filter_map(|f| f.obligation.clone()).collect();
        obligations.sort();
        obligations.dedup();
        obligations
    }

    /// The comparison after these obligations were proven on all data that is kept.
    #[must_use]
    pub fn with_proven(&self, proven: &[Obligation]) -> Self {
        let mut out = self.clone();
        for finding in &mut out.findings {
            finding.prove(proven);
        }
        out
    }
}
