//! The Delta features that a table needs, and the protocol that names them.
//!
//! # Source
//!
//! Delta transaction log protocol, "Protocol Evolution" and "Table Features".

use std::collections::BTreeMap;

use arrow_schema::Fields;

use super::has_local_timestamps;
use crate::log::action::Protocol;

/// The table property that says how columns are found in files: by `none`, by `name`, by `id`.
pub(crate) const MAPPING_MODE: &str = "delta.columnMapping.mode";
/// The table property that holds the largest number given to a column.
pub(crate) const MAPPING_MAX_ID: &str = "delta.columnMapping.maxColumnId";
/// The table property that allows types to be widened.
pub(crate) const TYPE_WIDENING: &str = "delta.enableTypeWidening";

/// The table property that allows rows to be taken out of files without the files being written anew.
pub(crate) const DELETION_VECTORS: &str = "delta.enableDeletionVectors";

type Configuration = BTreeMap<String, Option<String>>;

/// Whether columns have names of their own in files.
pub(crate) fn is_mapped(configuration: &Configuration) -> bool {
    value(configuration, MAPPING_MODE) == Some("name")
}

/// Whether types may be widened.
pub(crate) fn may_widen(configuration: &Configuration) -> bool {
    is_on(configuration, TYPE_WIDENING)
}

fn is_on(configuration: &Configuration, name: &str) -> bool {
    value(configuration, name).is_some_and(|value| value.eq_ignore_ascii_case("true"))
}

fn value<'a>(configuration: &'a Configuration, name: &str) -> Option<&'a str> {
    configuration.get(name)?.as_deref()
}

/// The features without which what a table holds cannot be read right. A plain table needs none.
pub(crate) fn needed(fields: &Fields, configuration: &Configuration) -> Vec<&'static str> {
    let all = [
        ("timestampNtz", has_local_timestamps(fields)),
        ("columnMapping", is_mapped(configuration)),
        ("typeWidening", may_widen(configuration)),
        ("deletionVectors", is_on(configuration, DELETION_VECTORS)),
    ];
    let needed = all.into_iter().filter(|(_, needed)| *needed);
    needed.map(|(feature, _)| feature).collect()
}

/// The lowest protocol: reader version 1 and writer version 2, which every Delta program knows.
pub(crate) fn plain() -> Protocol {
    Protocol {
        min_reader_version: 1,
        min_writer_version: 2,
        reader_features: None,
        writer_features: None,
    }
}

/// The protocol with those features added to what it names; `None` if it names them already.
pub(crate) fn with(protocol: &Protocol, features: &[&str]) -> Option<Protocol> {
    let mut readers = protocol.reader_features.clone().unwrap_or_default();
    let mut writers = protocol.writer_features.clone().unwrap_or_default();
    let mut changed = false;
    let add = |into: &mut Vec<String>, feature: &str| {
        if !into.iter().any(|known| known == feature) {
            into.push(feature.to_owned());
            return true;
        }
        false
    };
    // A feature that the version number stands for is there without being named.
    let implied = |feature: &str| {
        feature == "columnMapping"
            && (2..7).contains(&protocol.min_reader_version)
            && protocol.reader_features.is_none()
            && protocol.min_writer_version >= 5
    };
    for feature in features.iter().filter(|feature| !implied(feature)) {
        changed |= add(&mut readers, feature);
        changed |= add(&mut writers, feature);
    }
    if !changed {
        return None;
    }
    // Named features take the place of what the version numbers stood for.
    if protocol.reader_features.is_none() && protocol.min_reader_version == 2 {
        add(&mut readers, "columnMapping");
    }
    if protocol.writer_features.is_none() {
        const BY_VERSION: [(i32, &str); 7] = [
            (2, "invariants"),
            (2, "appendOnly"),
            (3, "checkConstraints"),
            (4, "changeDataFeed"),
            (4, "generatedColumns"),
            (5, "columnMapping"),
            (6, "identityColumns"),
        ];
        for (version, feature) in BY_VERSION {
            if protocol.min_writer_version >= version {
                add(&mut writers, feature);
            }
        }
    }
    Some(Protocol {
        min_reader_version: protocol.min_reader_version.max(3),
        min_writer_version: protocol.min_writer_version.max(7),
        reader_features: Some(readers),
        writer_features: Some(writers),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn protocol(versions: (i32, i32), features: Option<(&[&str], &[&str])>) -> Protocol {
        let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        Protocol {
            min_reader_version: versions.0,
            min_writer_version: versions.1,
            reader_features: features.map(|(readers, _)| owned(readers)),
            writer_features: features.map(|(_, writers)| owned(writers)),
        }
    }

    #[test]
    fn features_are_added_and_none_is_lost() {
        #[track_caller]
        fn check(before: Protocol, feature: &str, expect: Option<Protocol>) {
            assert_eq!(with(&before, &[feature]), expect);
        }
        check(
            plain(),
            "typeWidening",
            Some(protocol(
                (3, 7),
                Some((
                    &["typeWidening"],
                    &["typeWidening", "invariants", "appendOnly"],
                )),
            )),
        );
        check(protocol((2, 5), None), "columnMapping", None);
        check(
            protocol((2, 5), None),
            "typeWidening",
            Some(protocol(
                (3, 7),
                Some((
                    &["typeWidening", "columnMapping"],
                    &[
                        "typeWidening",
                        "invariants",
                        "appendOnly",
                        "checkConstraints",
                        "changeDataFeed",
                        "generatedColumns",
                        "columnMapping",
                    ],
                )),
            )),
        );
        let named = protocol((3, 7), Some((&["timestampNtz"], &["timestampNtz"])));
        check(named.clone(), "timestampNtz", None);
        check(
            named,
            "columnMapping",
            Some(protocol(
                (3, 7),
                Some((
                    &["timestampNtz", "columnMapping"],
                    &["timestampNtz", "columnMapping"],
                )),
            )),
        );
    }
}
