//! Which version says how far a contract has moved.

use dataproduct_contract::Version;

use crate::Bump;

/// The parts of a version without pre-release and build.
fn core(version: &Version) -> (u64, u64, u64) {
    (version.major(), version.minor(), version.patch())
}

/// How a bump shows in a version: before 1.0 everything is one place further to the right.
///
/// # Source
/// Semantic Versioning 2.0.0, clause 4 leaves versions before 1.0 open; ranges such as `^0.3` take a
/// minor for what breaks, and so do we.
fn shown(old: &Version, bump: Bump) -> Bump {
    match bump {
        _ if old.major() > 0 => bump,
        Bump::Invalid | Bump::Major => Bump::Minor,
        Bump::Minor | Bump::Patch => Bump::Patch,
        Bump::None => Bump::None,
    }
}

/// The lowest version after `old` that shows a bump.
pub(crate) fn next(old: &Version, bump: Bump) -> Version {
    let (major, minor, patch) = core(old);
    if bump == Bump::None {
        return old.clone();
    }
    if bump == Bump::Invalid {
        return Version::new(major.saturating_add(1), 0, 0);
    }
    if !old.pre_release().is_empty() {
        return Version::new(major, minor, patch);
    }
    match shown(old, bump) {
        Bump::Major | Bump::Invalid => Version::new(major.saturating_add(1), 0, 0),
        Bump::Minor => Version::new(major, minor.saturating_add(1), 0),
        Bump::Patch | Bump::None => Version::new(major, minor, patch.saturating_add(1)),
    }
}

/// Whether a step from `old` to `new` shows at least a bump.
pub(crate) fn covers(old: &Version, new: &Version, bump: Bump) -> bool {
    if bump == Bump::Invalid {
        return false;
    }
    if bump == Bump::None {
        return new >= old;
    }
    let (a, b) = (core(old), core(new));
    if !old.pre_release().is_empty() && new > old {
        // A pre-release has promised nothing to anyone.
        return true;
    }
    let step = if b.0 > a.0 {
        Bump::Major
    } else if b.0 == a.0 && b.1 > a.1 {
        Bump::Minor
    } else if (b.0, b.1) == (a.0, a.1) && b.2 > a.2 {
        Bump::Patch
    } else {
        return false;
    };
    step >= shown(old, bump)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(old: &str, bump: Bump, expected: &str) {
        let old: Version = old.parse().unwrap();
        let honest = next(&old, bump);
        assert_eq!(honest.to_string(), expected);
        assert!(covers(&old, &honest, bump), "{honest}");
    }

    #[test]
    fn the_next_version_shows_the_bump() {
        check("1.4.2", Bump::Major, "2.0.0");
        check("1.4.2", Bump::Minor, "1.5.0");
        check("1.4.2", Bump::Patch, "1.4.3");
        check("1.4.2", Bump::None, "1.4.2");
        check("0.3.1", Bump::Major, "0.4.0");
        check("0.3.1", Bump::Minor, "0.3.2");
        check("0.3.1", Bump::Patch, "0.3.2");
        check("2.0.0-rc.1", Bump::Major, "2.0.0");
        check("1.4.2+build.7", Bump::Patch, "1.4.3");
    }

    #[track_caller]
    fn check_step(old: &str, new: &str, bump: Bump, honest: bool) {
        let parse = |text: &str| text.parse::<Version>().unwrap();
        assert_eq!(
            covers(&parse(old), &parse(new), bump),
            honest,
            "{old} {new} {bump}"
        );
    }

    #[test]
    fn a_step_is_honest_when_it_is_large_enough() {
        check_step("1.4.0", "1.5.0", Bump::Major, false);
        check_step("1.4.0", "2.1.0", Bump::Major, true);
        check_step("1.4.0", "2.0.0", Bump::Patch, true);
        check_step("1.4.0", "1.4.1", Bump::Minor, false);
        check_step("1.4.0", "1.4.0", Bump::Patch, false);
        check_step("1.4.0", "1.3.9", Bump::Patch, false);
        check_step("1.4.0", "1.3.0", Bump::None, false);
        check_step("1.4.0", "1.4.0", Bump::None, true);
        check_step("0.4.0", "0.5.0", Bump::Major, true);
        check_step("0.4.0", "0.4.1", Bump::Major, false);
        check_step("0.4.0", "1.0.0", Bump::Major, true);
        check_step("2.0.0-rc.1", "2.0.0-rc.2", Bump::Major, true);
        check_step("2.0.0-rc.1", "2.0.0", Bump::Major, true);
        check_step("1.0.0", "9.0.0", Bump::Invalid, false);
    }
}
