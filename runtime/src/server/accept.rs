//! Which media type a caller would rather have (RFC 9110, 12.5.1).

/// One of the offered media types: the one with the highest quality, of several the first.
pub(super) fn preferred<'h>(
    accepted: impl Iterator<Item = &'h str>,
    offered: &[&'static str],
) -> &'static str {
    let ranges: Vec<Range<'h>> =
        accepted.flat_map(|header| header.split(',')).filter_map(Range::new).collect();
    let mut best: Option<(&'static str, u16)> = None;
    for media_type in offered {
        let quality = quality(&ranges, media_type);
        if best.is_none_or(|(_, known)| quality > known) {
            best = Some((media_type, quality));
        }
    }
    best.map_or("", |(media_type, _)| media_type)
}

/// Whether a media type is named, and not less welcome than an answer in JSON.
pub(super) fn names<'h>(accepted: impl Iterator<Item = &'h str>, media_type: &str) -> bool {
    let ranges: Vec<Range<'h>> =
        accepted.flat_map(|header| header.split(',')).filter_map(Range::new).collect();
    let media_type = media_type.split(';').next().unwrap_or_default().trim();
    let is_named = ranges.iter().any(|range| range.is(media_type));
    let wanted = quality(&ranges, media_type);
    is_named && wanted > 0 && wanted >= quality(&ranges, "application/json")
}

/// A media type or several, and how welcome they are: from 0 to 1000.
struct Range<'h> {
    kind: &'h str,
    form: &'h str,
    /// Those that tell forms apart: how text is encoded does not.
    parameters: Vec<&'h str>,
    quality: u16,
}

impl<'h> Range<'h> {
    fn new(text: &'h str) -> Option<Self> {
        let mut parts = text.split(';').map(str::trim);
        let (kind, form) = parts.next()?.split_once('/')?;
        let mut parameters = Vec::new();
        let quality = parts.find_map(|part| {
            let (name, value) = part.split_once('=')?;
            let is_named = |other: &str| name.trim().eq_ignore_ascii_case(other);
            if !is_named("q") && !is_named("charset") {
                parameters.push(part);
            }
            is_named("q").then(|| value.trim().parse::<f32>().unwrap_or(1.0))
        });
        let quality = (quality.unwrap_or(1.0).clamp(0.0, 1.0) * 1000.0) as u16;
        Some(Self { kind, form, parameters, quality })
    }

    /// Whether it names this media type and no other.
    fn is(&self, media_type: &str) -> bool {
        media_type
            .split_once('/')
            .is_some_and(|(kind, form)| form != "*" && self.exactness(kind, form, &[]) == Some(2))
    }

    /// How exactly it names a media type; nothing where it does not.
    fn exactness(&self, kind: &str, form: &str, parameters: &[&str]) -> Option<u8> {
        let same = |a: &str, b: &str| a.eq_ignore_ascii_case(b);
        let has = |wanted: &&str| parameters.iter().any(|parameter| same(parameter, wanted));
        match () {
            () if !self.parameters.iter().all(has) => None,
            () if same(self.kind, kind) && same(self.form, form) => {
                Some(if self.parameters.is_empty() { 2 } else { 3 })
            }
            () if same(self.kind, kind) && (self.form == "*" || form == "*") => Some(1),
            () if self.kind == "*" && self.form == "*" => Some(0),
            () => None,
        }
    }
}

/// What the range says that names the media type most exactly. Without any range everything is welcome.
fn quality(ranges: &[Range<'_>], media_type: &str) -> u16 {
    if ranges.is_empty() {
        return 1000;
    }
    let mut parts = media_type.split(';').map(str::trim);
    let essence = parts.next().unwrap_or_default();
    let parameters: Vec<&str> = parts.collect();
    let (kind, form) = essence.split_once('/').unwrap_or((essence, ""));
    let fitting =
        ranges.iter().filter_map(|range| Some((range.exactness(kind, form, &parameters)?, range.quality)));
    fitting.max().map_or(0, |(_, quality)| quality)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_is_wanted_where_it_is_named_and_not_less_welcome() {
        for (accept, expected) in [
            ("text/event-stream", true),
            ("TEXT/Event-Stream; charset=utf-8", true),
            ("application/json, text/event-stream", true),
            ("text/event-stream, application/json;q=0.9, */*;q=0.5", true),
            ("text/event-stream;q=0.1", true),
            ("text/event-stream;q=0", false),
            ("text/event-stream;q=0.0, */*", false),
            ("application/json, text/event-stream;q=0.5", false),
            ("application/*, text/event-stream;q=0.5", false),
            ("text/event-streams", false),
            ("application/json;note=text/event-stream", false),
            ("text/*", false),
            ("*/*", false),
            ("", false),
        ] {
            assert_eq!(names(std::iter::once(accept), "text/event-stream"), expected, "{accept}");
        }
    }

    #[test]
    fn the_most_welcome_form_is_chosen() {
        const OFFERED: &[&str] = &["application/json", "text/csv", "image/*"];
        for (accept, expected) in [
            ("", "application/json"),
            ("*/*", "application/json"),
            ("text/csv", "text/csv"),
            ("TEXT/CSV; charset=utf-8", "text/csv"),
            ("text/*, application/json;q=0.9", "text/csv"),
            ("text/csv;q=0.1, */*;q=0.5", "application/json"),
            ("application/json;q=0, */*", "text/csv"),
            ("image/png", "image/*"),
            ("audio/ogg", "application/json"),
            ("text/csv;q=x", "text/csv"),
            ("nonsense", "application/json"),
        ] {
            let accepted = Some(accept).filter(|accept| !accept.is_empty());
            assert_eq!(preferred(accepted.into_iter(), OFFERED), expected, "{accept}");
        }
    }

    #[test]
    fn forms_are_told_apart_by_parameters() {
        const OFFERED: &[&str] =
            &["application/x+json;version=1", "application/x+json;version=2", "text/csv"];
        for (accept, expected) in [
            ("application/x+json;version=2", OFFERED[1]),
            ("application/x+json; VERSION=2; charset=utf-8; q=0.5", OFFERED[1]),
            ("application/x+json;version=1", OFFERED[0]),
            ("application/x+json", OFFERED[0]),
            ("application/x+json;version=2, application/x+json;q=0.5", OFFERED[1]),
            ("application/x+json;version=3, text/csv;q=0.1", OFFERED[2]),
        ] {
            assert_eq!(preferred(std::iter::once(accept), OFFERED), expected, "{accept}");
        }
    }
}
