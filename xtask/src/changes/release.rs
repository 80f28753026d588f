//! What a change asks of the next release: its version, and a section of the changelog.

use super::entry::Level;
use semver::{Prerelease, Version};

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

const BEGIN: &str = "<!-- Written by `cargo xtask changes --write-changelog`. -->";
const END: &str = "<!-- End of what is written. -->";

/// The changelog with this section in place of the one that was written before, or below the line that begins what is not
/// released. Without a section, what was written before goes.
///
/// # Errors
/// There is no place for it.
pub fn with_section(changelog: &str, section: Option<&str>) -> Result<String, String> {
    let written = section.map(|section| format!("{BEGIN}\n{}\n\n{END}\n", section.trim_end()));
    let written = written.unwrap_or_default();
    if let Some((before, rest)) = changelog.split_once(BEGIN) {
        let (_, after) = rest
            .split_once(END)
            .ok_or_else(|| format!("CHANGELOG.md has a line `{BEGIN}`, and no `{END}`"))?;
        let after = after.strip_prefix('\n').unwrap_or(after);
        let after = if written.is_empty() { after.trim_start_matches('\n') } else { after };
        return Ok(format!("{before}{written}{after}"));
    }
    if written.is_empty() {
        return Ok(changelog.to_owned());
    }
    let heading = "## Unreleased\n";
    let (before, after) = changelog
        .split_once(heading)
        .ok_or("CHANGELOG.md has no section `## Unreleased`, which the changes would belong into")?;
    Ok(format!("{before}{heading}\n{written}{after}"))
}

/// What is wrong with a release of this version: nothing where the list is empty.
pub fn faults(least: &Version, version: &Version, changelog: &str, section: Option<&str>) -> Vec<String> {
    let mut faults = Vec::new();
    if version < least {
        faults.push(format!("Cargo.toml has version {version}; what changed asks for {least} at least"));
    }
    match with_section(changelog, section) {
        Ok(wanted) if wanted == changelog => {}
        Ok(_) => faults.push(
            "CHANGELOG.md does not tell what changed: run `cargo xtask changes --write-changelog`".to_owned(),
        ),
        Err(fault) => faults.push(fault),
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
        let log = "# Changelog\n\n## Unreleased\n\nBy hand.\n\n## 0.1.0\n\nOld.\n";
        let first = with_section(log, Some("### A\n")).unwrap();
        assert_eq!(
            first,
            format!(
                "# Changelog\n\n## Unreleased\n\n{BEGIN}\n### A\n\n{END}\n\nBy hand.\n\n## 0.1.0\n\nOld.\n"
            )
        );
        assert_eq!(with_section(&first, Some("### A")).unwrap(), first, "writing twice changes nothing");
        let second = with_section(&first, Some("### B")).unwrap();
        assert!(second.contains("### B") && !second.contains("### A"), "{second}");
        assert_eq!(with_section(&second, None).unwrap(), log);
        assert_eq!(with_section(log, None).unwrap(), log);
        assert!(with_section("# Changelog\n", Some("### A")).unwrap_err().contains("## Unreleased"));
        assert!(with_section(&first.replace(END, ""), None).unwrap_err().contains("and no"));
    }

    #[test]
    fn a_release_fits_when_version_and_changelog_do() {
        let log = "## Unreleased\n";
        let told = with_section(log, Some("### A")).unwrap();
        assert_eq!(faults(&version("0.2.0"), &version("0.2.0"), &told, Some("### A")), [""; 0]);
        assert_eq!(faults(&version("0.2.0"), &version("0.3.0"), &told, Some("### A")), [""; 0]);
        let both = faults(&version("0.2.0"), &version("0.1.9"), log, Some("### A"));
        assert_eq!(both.len(), 2, "{both:?}");
        assert!(both[0].contains("0.1.9") && both[0].contains("0.2.0"), "{both:?}");
        assert!(both[1].contains("--write-changelog"), "{both:?}");
    }
}
