//! What a change asks of the next release: its version, and a section of the changelog.

use super::entry::Level;
use semver::{Prerelease, Version};
use std::ops::Range;

/// The least version that may be released with changes up to this level, as semver has it before and after 1.0.
pub fn next(released: &Version, highest: Option<Level>) -> Version {
    let Some(level) = highest else { return released.clone() };
    let (major, minor, patch) = (released.major, released.minor, released.patch);
    if !released.pre.is_empty() {
        // Whatever comes before a release may change everything, but for its own number.
        return Version { pre: Prerelease::EMPTY, ..Version::new(major, minor, patch) };
    }
    let breaks = level >= Level::Silent;
    match major {
        0 if breaks => Version::new(0, minor + 1, 0),
        0 => Version::new(0, minor, patch + 1),
        _ if breaks => Version::new(major + 1, 0, 0),
        _ if level == Level::Minor => Version::new(major, minor + 1, 0),
        _ => Version::new(major, minor, patch + 1),
    }
}

/// The version that a manifest of the workspace gives to its packages.
pub fn version_of(manifest: &str) -> Result<Version, String> {
    let manifest: toml::Table =
        manifest.parse().map_err(|error| format!("Cargo.toml is not TOML: {error}"))?;
    let version = || manifest.get("workspace")?.get("package")?.get("version")?.as_str();
    let text = version().ok_or("Cargo.toml has no version under [workspace.package]")?;
    text.parse().map_err(|error| format!("the version {text} of Cargo.toml is none: {error}"))
}

/// What the written part begins with; the rest of its line says that it is replaced.
const BEGIN: &str = "<!-- Written by `cargo xtask changes --write-changelog`";
const REPLACED: &str = ", which replaces it: write above or below. -->";
const END: &str = "<!-- End of what is written. -->";

/// The changelog with this section in place of the one that was written before, or below the line that begins what is not
/// released: `## Unreleased`, or the version that is to be released. Without a section, what was written before goes. What was
/// released stays as it is.
///
/// # Errors
/// There is no place for it.
pub fn with_section(
    changelog: &str,
    version: Option<&Version>,
    section: Option<&str>,
) -> Result<String, String> {
    if changelog.contains("\r\n") && !changelog.replace("\r\n", "").contains('\n') {
        let plain = with_section(&changelog.replace("\r\n", "\n"), version, section)?;
        return Ok(plain.replace('\n', "\r\n"));
    }
    let written = section.map(|section| format!("{BEGIN}{REPLACED}\n{}\n\n{END}\n", section.trim_end()));
    let written = written.unwrap_or_default();
    let Some(own) = unreleased(changelog, version) else {
        return match section {
            None => Ok(changelog.to_owned()),
            Some(_) => {
                Err("CHANGELOG.md has no section `## Unreleased`, which the changes would belong into"
                    .to_owned())
            }
        };
    };
    let (before, after) = (&changelog[..own.start], &changelog[own.end..]);
    let own = &changelog[own];
    if let Some((above, rest)) = own.split_once(BEGIN) {
        let (_, below) = rest
            .split_once(END)
            .ok_or_else(|| format!("CHANGELOG.md has a line `{BEGIN}`, and no `{END}`"))?;
        let below = below.strip_prefix('\n').unwrap_or(below);
        let below = if written.is_empty() { below.trim_start_matches('\n') } else { below };
        return Ok(format!("{before}{above}{written}{below}{after}"));
    }
    if written.is_empty() {
        return Ok(changelog.to_owned());
    }
    let line = if before.ends_with('\n') { "" } else { "\n" };
    let blank = if own.starts_with('\n') || own.is_empty() && after.is_empty() { "" } else { "\n" };
    Ok(format!("{before}{line}\n{written}{blank}{own}{after}"))
}

/// Where what is not released stands, without its heading: where something was written before, or else the first.
fn unreleased(changelog: &str, version: Option<&Version>) -> Option<Range<usize>> {
    let mut sections: Vec<(&str, Range<usize>)> = Vec::new();
    let mut at = 0;
    for line in changelog.split_inclusive('\n') {
        at += line.len();
        if let Some(heading) = line.strip_prefix("## ") {
            sections.push((heading, at..at));
        } else if let Some((_, section)) = sections.last_mut() {
            section.end = at;
        }
    }
    let version = version.map(Version::to_string);
    let is_open = |heading: &str| {
        let name = heading.trim_start_matches('[').split([' ', ']', '\n']).next().unwrap_or_default();
        name.eq_ignore_ascii_case("unreleased") || version.as_deref() == Some(name.trim_start_matches('v'))
    };
    let mut open = sections.into_iter().filter(|(heading, _)| is_open(heading)).map(|(_, section)| section);
    let written = open.clone().find(|section| changelog[section.clone()].contains(BEGIN));
    written.or_else(|| open.next())
}

/// What is wrong with a release of this version: nothing where the list is empty.
pub fn faults(
    least: &Version,
    version: &Version,
    (changelog, wanted): (&str, &Result<String, String>),
) -> Vec<String> {
    let mut faults = Vec::new();
    if version < least {
        faults.push(format!("Cargo.toml has version {version}; what changed asks for {least} at least"));
    }
    match wanted {
        Ok(wanted) if wanted == changelog => {}
        Ok(_) => faults.push(
            "CHANGELOG.md does not tell what changed: run `cargo xtask changes --write-changelog`".to_owned(),
        ),
        Err(fault) => faults.push(fault.clone()),
    }
    faults
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn version(text: &str) -> Version {
        text.parse().unwrap()
    }

    #[test]
    fn versions_follow_semver_before_and_after_1() {
        let rows = [
            ("0.1.2", None, "0.1.2"),
            ("0.1.2", Some(Level::Patch), "0.1.3"),
            ("0.1.2", Some(Level::Minor), "0.1.3"),
            ("0.1.2", Some(Level::Silent), "0.2.0"),
            ("0.1.2", Some(Level::Major), "0.2.0"),
            ("1.4.2", Some(Level::Patch), "1.4.3"),
            ("1.4.2", Some(Level::Minor), "1.5.0"),
            ("1.4.2", Some(Level::Silent), "2.0.0"),
            ("2.0.0-rc.1", Some(Level::Major), "2.0.0"),
        ];
        for (released, level, wanted) in rows {
            assert_eq!(next(&version(released), level), version(wanted), "{released} {level:?}");
        }
    }

    #[test]
    fn the_version_is_that_of_the_workspace() {
        let manifest = "[workspace]\nresolver = \"3\"\n\n[workspace.package]\nedition = \"2024\"\nversion = \"0.3.1\"\n\n[x]\nversion = \"9.0.0\"\n";
        assert_eq!(version_of(manifest), Ok(version("0.3.1")));
        assert!(version_of("[package]\nversion = \"1.0.0\"\n").is_err());
        assert!(version_of("[workspace.package]\nversion = \"one\"\n").unwrap_err().contains("one"));
    }

    #[test]
    fn the_section_is_put_where_it_belongs_replaced_and_removed() {
        let with = |log: &str, section| with_section(log, None, section);
        let log = "# Changelog\n\n## Unreleased\n\nBy hand.\n\n## 0.1.0\n\nOld.\n";
        let first = with(log, Some("### A\n")).unwrap();
        assert_eq!(
            first,
            format!(
                "# Changelog\n\n## Unreleased\n\n{BEGIN}{REPLACED}\n### A\n\n{END}\n\nBy hand.\n\n## 0.1.0\n\nOld.\n"
            )
        );
        assert_eq!(with(&first, Some("### A")).unwrap(), first, "writing twice changes nothing");
        let second = with(&first, Some("### B")).unwrap();
        assert!(second.contains("### B") && !second.contains("### A"), "{second}");
        assert_eq!(with(&second, None).unwrap(), log);
        assert_eq!(with(log, None).unwrap(), log);
        assert!(with("# Changelog\n", Some("### A")).unwrap_err().contains("## Unreleased"));
        assert_eq!(with("# Changelog\n", None).unwrap(), "# Changelog\n");
        assert!(with(&first.replace(END, ""), None).unwrap_err().contains("and no"));
        // By hand above and below, as others write headings, with other ends of lines, and with nothing behind.
        let around = first.replace(BEGIN, &format!("Above.\n\n{BEGIN}"));
        let around = with(&around, Some("### C")).unwrap();
        assert!(around.contains("\n\nAbove.\n\n<!--") && around.contains("-->\n\nBy hand."), "{around}");
        let linked = log.replace("## Unreleased", "## [Unreleased]");
        assert_eq!(with(&linked, Some("### A")).unwrap(), first.replace("## Unreleased", "## [Unreleased]"));
        let windows = |text: &str| text.replace('\n', "\r\n");
        assert_eq!(with(&windows(log), Some("### A")).unwrap(), windows(&first));
        for end in ["## Unreleased", "## Unreleased\n", "## Unreleased\n## 0.1.0\n"] {
            let told = with(end, Some("### A")).unwrap();
            assert!(told.starts_with("## Unreleased\n\n<!--") && told.contains("-->\n### A\n"), "{told}");
            assert_eq!(with(&told, Some("### A")).unwrap(), told);
            assert_eq!(told.contains("-->\n\n## 0.1.0"), end.contains("0.1.0"), "{told}");
        }
    }

    #[test]
    fn what_was_released_stays() {
        let log = "# Changelog\n\n## Unreleased\n\nBy hand.\n";
        let released = with_section(log, None, Some("### A")).unwrap().replace("Unreleased", "0.2.0");
        // To be released, and not there yet as a tag.
        let next = version("0.2.0");
        assert_eq!(with_section(&released, Some(&next), Some("### A")).unwrap(), released);
        let more = with_section(&released, Some(&next), Some("### B")).unwrap();
        assert!(more.contains("### B") && !more.contains("### A"), "{more}");
        // Afterwards.
        assert_eq!(with_section(&released, None, None).unwrap(), released);
        let open = released.replace("## 0.2.0", "## Unreleased\n\n## 0.2.0");
        let told = with_section(&open, None, Some("### B")).unwrap();
        assert!(told.contains("### A") && told.contains("### B"), "{told}");
        assert_eq!(with_section(&told, None, None).unwrap(), open);
        // What is to be released, below an empty section of what comes behind it.
        let more = with_section(&open, Some(&next), Some("### B")).unwrap();
        assert!(more.contains("### B") && !more.contains("### A"), "{more}");
    }

    #[test]
    fn a_release_fits_when_version_and_changelog_do() {
        let log = "## Unreleased\n";
        let told = with_section(log, None, Some("### A")).unwrap();
        let faults = |version: &Version, log: &str| {
            let wanted = with_section(log, None, Some("### A"));
            super::faults(&"0.2.0".parse().unwrap(), version, (log, &wanted))
        };
        assert_eq!(faults(&version("0.2.0"), &told), [""; 0]);
        assert_eq!(faults(&version("0.3.0"), &told), [""; 0]);
        let both = faults(&version("0.1.9"), log);
        assert_eq!(both.len(), 2, "{both:?}");
        assert!(both[0].contains("0.1.9") && both[0].contains("0.2.0"), "{both:?}");
        assert!(both[1].contains("--write-changelog"), "{both:?}");
    }
}
