//! `#[product(...)]`.

use proc_macro2::Span;
use syn::{Attribute, LitStr, Meta, Path};

use super::column::{custom, extend, krate};
use super::failure::Failure;
use super::rule::Rule;
use super::{Item, Literal, items, set, unknown};
use crate::check;
use crate::errors::Errors;

/// What `#[product(...)]` says.
#[derive(Default)]
pub(crate) struct ProductAttrs {
    pub(crate) name: Option<LitStr>,
    pub(crate) version: Option<LitStr>,
    pub(crate) status: Option<(String, Span)>,
    pub(crate) sunset: Option<LitStr>,
    pub(crate) successor: Option<LitStr>,
    pub(crate) id: Option<LitStr>,
    pub(crate) purpose: Option<LitStr>,
    pub(crate) usage: Option<LitStr>,
    pub(crate) limitations: Option<LitStr>,
    pub(crate) owner: Option<LitStr>,
    pub(crate) members: Vec<(LitStr, LitStr)>,
    pub(crate) steward: Option<LitStr>,
    pub(crate) consumers: Vec<[LitStr; 3]>,
    /// Milliseconds.
    pub(crate) fresh_within: Option<u64>,
    pub(crate) published_every: Option<u64>,
    pub(crate) kept_for: Option<u64>,
    pub(crate) deadlines: Vec<(LitStr, LitStr)>,
    /// Percent.
    pub(crate) available: Option<f64>,
    pub(crate) support: Vec<Support>,
    pub(crate) roles: Vec<(LitStr, LitStr)>,
    pub(crate) tags: Vec<LitStr>,
    pub(crate) custom: Vec<(String, Literal)>,
    pub(crate) rules: Vec<Rule>,
    /// Never a repair, which is of one column or rule.
    pub(crate) failure: Failure,
    pub(crate) krate: Option<Path>,
    /// Every key that is there, whether or not its value could be read.
    pub(crate) seen: Vec<String>,
}

/// A channel where consumers ask and are told.
pub(crate) struct Support {
    pub(crate) channel: LitStr,
    pub(crate) tool: &'static str,
    pub(crate) url: Option<LitStr>,
}

const KEYS: &[&str] = &[
    "name",
    "version",
    "status",
    "sunset",
    "successor",
    "id",
    "purpose",
    "usage",
    "limitations",
    "owner",
    "member",
    "steward",
    "consumer",
    "fresh_within",
    "published_every",
    "kept_for",
    "deadline",
    "available",
    "support",
    "role",
    "tag",
    "custom",
    "rule",
    "on_failure",
    "crate",
];

const STATUSES: &[&str] = &["proposed", "draft", "active", "deprecated", "retired"];
/// The tools that ODCS names.
const TOOLS: &[&str] = &[
    "slack",
    "email",
    "teams",
    "discord",
    "ticket",
    "googlechat",
    "other",
];

/// Words of other formats, and what to write here.
const ELSEWHERE: &[(&[&str], &str)] = &[
    (
        &["description", "desc", "doc"],
        "a doc comment `/// ...` above the struct",
    ),
    (
        &["domain"],
        "the domain in the name: `name = \"inventory.stock-levels\"`",
    ),
    (&["team", "producer"], "`owner = \"inventory-platform\"`"),
    (
        &["freshness", "latency", "max_age", "sla"],
        "`fresh_within = \"15 minutes\"`",
    ),
    (
        &["frequency", "interval", "schedule"],
        "`published_every = \"5 minutes\"`",
    ),
    (&["retention"], "`kept_for = \"2 years\"`"),
    (&["availability", "uptime"], "`available = \"99.5 %\"`"),
    (&["tags"], "`tag(\"stock\", \"core\")`"),
    (
        &["quality", "rules", "check"],
        "`rule(row_count > 0)`, once for each rule",
    ),
    (
        &[
            "key",
            "primary_key",
            "partition",
            "partition_by",
            "sort",
            "event_time",
        ],
        "it on the field: `#[column(...)]`",
    ),
    (
        &["repair"],
        "it with a rule or on a field, `#[column(repair(trim))]`",
    ),
    (
        &["contact", "channel", "slack", "email"],
        "`support(slack = \"#inventory\")`",
    ),
    (
        &["deprecated"],
        "`status = deprecated, sunset = \"2026-12-31\"`",
    ),
];

const CONSUMER: &str =
    "consumer(\"living-room\", purpose = \"promise delivery\", versions = \"^1\")";
const DEADLINE: &str = "deadline(\"0 6 * * 1-5\", zone = \"Europe/Oslo\")";
const SUPPORT: &str = "support(slack = \"#inventory\", url = \"https://...\")";

impl ProductAttrs {
    pub(crate) fn read(attributes: &[Attribute], errors: &mut Errors) -> Self {
        let mut out = Self::default();
        let unreadable = |attribute: &Attribute| {
            attribute.path().is_ident("product") && !matches!(attribute.meta, Meta::List(_))
        };
        if attributes.iter().any(unreadable) {
            // Nothing can be said of what is missing where nothing could be read.
            out.seen
                .extend(["name", "version", "owner"].map(str::to_owned));
        }
        for item in items(attributes, "product", errors) {
            out.seen.push(item.key.to_string());
            let result = out.take(&item);
            errors.take(result);
        }
        out
    }

    fn take(&mut self, item: &Item) -> syn::Result<()> {
        match item.key.to_string().as_str() {
            "name" => checked(
                &mut self.name,
                item,
                "name = \"inventory.stock-levels\"",
                check::product,
            ),
            "version" => checked(
                &mut self.version,
                item,
                "version = \"1.0.0\"",
                check::version,
            ),
            "status" => set(&mut self.status, item, item.word(STATUSES)?),
            "sunset" => checked(
                &mut self.sunset,
                item,
                "sunset = \"2026-12-31\"",
                check::day,
            ),
            "successor" => checked(
                &mut self.successor,
                item,
                "successor = \"inventory.stock@^2\"",
                check::product_ref,
            ),
            "id" => set(
                &mut self.id,
                item,
                item.text("id = \"inventory-stock-levels\"")?,
            ),
            "purpose" => set(&mut self.purpose, item, item.text("purpose = \"...\"")?),
            "usage" => set(&mut self.usage, item, item.text("usage = \"...\"")?),
            "limitations" => set(
                &mut self.limitations,
                item,
                item.text("limitations = \"...\"")?,
            ),
            "owner" => set(
                &mut self.owner,
                item,
                item.text("owner = \"inventory-platform\"")?,
            ),
            "steward" => set(
                &mut self.steward,
                item,
                item.text("steward = \"data-governance\"")?,
            ),
            "member" => extend(
                &mut self.members,
                [pair(
                    item,
                    "role",
                    "member(\"owner@example.com\", role = \"owner\")",
                )?],
            ),
            "consumer" => self.consumer(item),
            "fresh_within" => period(
                &mut self.fresh_within,
                item,
                "fresh_within = \"15 minutes\"",
            ),
            "published_every" => period(
                &mut self.published_every,
                item,
                "published_every = \"5 minutes\"",
            ),
            "kept_for" => period(&mut self.kept_for, item, "kept_for = \"2 years\""),
            "deadline" => self.deadline(item),
            "available" => {
                let text = item.text("available = \"99.5 %\"")?;
                set(&mut self.available, item, check::percent(&text)?)
            }
            "support" => self.support(item),
            "role" => extend(
                &mut self.roles,
                [pair(
                    item,
                    "access",
                    "role(\"analyst\", access = \"read\")",
                )?],
            ),
            "tag" => extend(&mut self.tags, item.texts("tag(\"stock\")")?),
            "custom" => extend(&mut self.custom, custom(item)?),
            "rule" => extend(&mut self.rules, [Rule::parse(item)?]),
            "on_failure" => self.failure.take_action(item),
            "crate" => set(&mut self.krate, item, krate(item)?),
            name => Err(refuse(item, name)),
        }
    }

    fn deadline(&mut self, item: &Item) -> syn::Result<()> {
        let (cron, zone) = pair(item, "zone", DEADLINE)?;
        check::cron(&cron)?;
        check::zone(&zone)?;
        extend(&mut self.deadlines, [(cron, zone)])
    }

    fn consumer(&mut self, item: &Item) -> syn::Result<()> {
        let call = item.call(&["purpose", "versions"], CONSUMER)?;
        let purpose = call.need(item, "purpose", CONSUMER)?.clone();
        let versions = call.need(item, "versions", CONSUMER)?.clone();
        check::version_range(&versions)?;
        extend(&mut self.consumers, [[call.first, purpose, versions]])
    }

    fn support(&mut self, item: &Item) -> syn::Result<()> {
        let known: Vec<&str> = TOOLS.iter().copied().chain(["url"]).collect();
        let named = item.named(&known, SUPPORT)?;
        let url = named
            .iter()
            .find(|(key, _)| key == "url")
            .map(|(_, url)| url.clone());
        url.as_ref().map_or(Ok(()), check::url)?;
        let mut channels = named.into_iter().filter(|(key, _)| key != "url");
        let Some((tool, channel)) = channels.next() else {
            return Err(syn::Error::new_spanned(
                &item.tokens,
                format!("name a channel: write `{SUPPORT}`"),
            ));
        };
        if let Some((second, _)) = channels.next() {
            return Err(syn::Error::new(
                second.span(),
                "one `support(...)` names one channel: write another for this",
            ));
        }
        // The key was looked up in this list.
        let tool = TOOLS
            .iter()
            .find(|known| tool == **known)
            .copied()
            .unwrap_or("other");
        self.support.push(Support { channel, tool, url });
        Ok(())
    }
}

fn checked(
    slot: &mut Option<LitStr>,
    item: &Item,
    example: &str,
    check: fn(&LitStr) -> syn::Result<()>,
) -> syn::Result<()> {
    let text = item.text(example)?;
    // Kept even when it is refused, so that it is not reported as missing too.
    set(slot, item, text.clone())?;
    check(&text)
}

fn period(slot: &mut Option<u64>, item: &Item, example: &str) -> syn::Result<()> {
    let text = item.text(example)?;
    set(slot, item, check::period(&text)?)
}

/// A first text and one that must be named.
fn pair(item: &Item, name: &str, example: &str) -> syn::Result<(LitStr, LitStr)> {
    let call = item.call(&[name], example)?;
    let second = call.need(item, name, example)?.clone();
    Ok((call.first, second))
}

fn refuse(item: &Item, name: &str) -> syn::Error {
    let elsewhere = ELSEWHERE.iter().find(|(names, _)| names.contains(&name));
    let message = match elsewhere {
        Some((_, instead)) => format!("`#[product]` does not know `{name}`: write {instead}"),
        None => unknown("`#[product]`", name, KEYS),
    };
    syn::Error::new(item.key.span(), message)
}
