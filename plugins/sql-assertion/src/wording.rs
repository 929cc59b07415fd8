//! The sentence of a finding.

/// A template of the settings with what was found in the place of the names in braces. What it does not know stays.
pub(crate) fn filled(template: &str, found: &[(&str, String)]) -> String {
    let mut message = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        message.push_str(before);
        let known = found.iter().find_map(|(name, value)| {
            let rest = after.strip_prefix(name)?.strip_prefix('}')?;
            Some((value, rest))
        });
        rest = match known {
            Some((value, rest)) => {
                message.push_str(value);
                rest
            }
            None => {
                message.push('{');
                after
            }
        };
    }
    message.push_str(rest);
    message
}

#[cfg(test)]
mod tests {
    use super::filled;

    #[test]
    fn what_was_found_is_not_a_template_again() {
        let found = [("value", "{examined}".to_owned()), ("examined", "7".to_owned())];
        for (template, message) in [
            ("{value} of {examined}", "{examined} of 7"),
            ("{{value}} and {unknown}, {", "{{examined}} and {unknown}, {"),
            ("nothing", "nothing"),
        ] {
            assert_eq!(filled(template, &found), message);
        }
    }
}
