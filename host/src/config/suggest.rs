//! "Did you mean": the name that was probably meant.

use strsim::damerau_levenshtein;

/// Longer texts are no slip of the pen, and comparing them costs the product of the lengths.
const SUGGEST_CHARS_MAX: usize = 100;

/// The most names that a hint lists.
const NAMES_SHOWN_MAX: usize = 30;

/// The nearest of `known` to `text`, if one is near enough: a third of the letters may differ. Case does
/// not count.
pub(crate) fn nearest<'a>(text: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let letters = text.chars().take(SUGGEST_CHARS_MAX + 1).count();
    if letters > SUGGEST_CHARS_MAX {
        return None;
    }
    let text = text.to_lowercase();
    let distance = |name: &str| damerau_levenshtein(&text, &name.to_lowercase());
    let slips_max = (letters / 3).max(1);
    known.into_iter().map(|name| (distance(name), name)).filter(|(slips, _)| *slips <= slips_max).min().map(|(_, n)| n)
}

/// A hint: the nearest name, or all of them, or the first of very many.
pub(crate) fn did_you_mean<'a>(text: &str, what: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    let known: Vec<_> = known.into_iter().collect();
    match (nearest(text, known.iter().copied()), known.as_slice()) {
        (Some(name), _) => format!("did you mean `{name}`?"),
        (None, []) => format!("there is no {what}"),
        (None, names) => match names.split_at_checked(NAMES_SHOWN_MAX) {
            Some((first, rest @ [_, ..])) => format!("{what}: `{}` and {} more", first.join("`, `"), rest.len()),
            Some(_) | None => format!("{what}: `{}`", names.join("`, `")),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_recognised_and_a_different_word_is_not() {
        let known = ["plugin", "settings", "sources", "tags"];
        for (text, expected) in [
            ("plugn", Some("plugin")),
            ("pulgin", Some("plugin")),
            ("Plugin", Some("plugin")),
            ("source", Some("sources")),
            ("tag", Some("tags")),
            ("owner", None),
            ("", None),
        ] {
            assert_eq!(nearest(text, known), expected, "{text}");
        }
        assert_eq!(nearest(&"p".repeat(1_000_000), known), None, "not worth comparing");
    }

    #[test]
    fn without_a_near_name_all_are_listed() {
        assert_eq!(did_you_mean("x", "sources here", ["a1", "b2"]), "sources here: `a1`, `b2`");
        assert_eq!(did_you_mean("x", "source in this file", []), "there is no source in this file");
        let many = ["name"; 32];
        let listed = |count: usize| many.iter().take(count).map(|_| "`name`").collect::<Vec<_>>().join(", ");
        assert_eq!(did_you_mean("x", "all", many.into_iter().take(30)), format!("all: {}", listed(30)));
        assert_eq!(did_you_mean("x", "all", many), format!("all: {} and 2 more", listed(30)));
    }
}
