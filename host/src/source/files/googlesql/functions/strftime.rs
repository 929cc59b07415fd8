//! Writing dates and times in a format such as `%Y-%m-%d`.

use super::calendar::{Civil, DAY, SECOND, number, weekday};
use super::part::{Part, date_field};
use super::pattern::{Element, Kind, Piece, Unusable, pieces};
use super::zone::Zone;

/// Months in English.
pub(super) const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// Days of the week in English.
pub(super) const WEEKDAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

/// What is written.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moment {
    /// Since 1970-01-01.
    days: i64,
    /// Microseconds since midnight.
    time: i64,
    /// Minutes east of UTC.
    offset: i64,
}

impl Moment {
    /// A date with a time, without a zone.
    pub(super) fn local(micros: i64) -> Self {
        Self { days: micros.div_euclid(DAY), time: micros.rem_euclid(DAY), offset: 0 }
    }

    /// A date.
    pub(super) fn midnight(days: i32) -> Self {
        Self { days: days.into(), time: 0, offset: 0 }
    }

    /// An instant as the clocks of a zone have it, off by whole minutes.
    pub(super) fn zoned(micros: i64, zone: &Zone) -> Self {
        let offset = zone.offset(micros) / 60;
        Self { offset, ..Self::local(micros.saturating_add(offset * 60 * SECOND)) }
    }

    /// Seconds since 1970-01-01 00:00:00 UTC.
    fn seconds(self) -> i64 {
        self.days.saturating_mul(DAY / SECOND).saturating_add(self.time / SECOND - self.offset * 60)
    }
}

/// A format, read.
#[derive(Debug)]
pub(super) struct Layout(Vec<Item>);

#[derive(Debug)]
enum Item {
    Text(String),
    Element(Element),
}

impl Layout {
    /// Reads a format for values of a kind. An element for what they do not have stands for itself.
    pub(super) fn parse(format: &str, kind: Kind) -> Result<Self, Unusable> {
        let mut items = Vec::new();
        for piece in pieces(format) {
            items.push(match piece {
                Piece::Element(element, _) if kind.has(element.letter()) => Item::Element(element),
                Piece::Text(text) | Piece::Element(_, text) => Item::Text(text.to_owned()),
                Piece::Unknown(text) => {
                    return Err(Unusable::Unsupported(format!(
                        "the format {format:?} has the unknown element {text:?}"
                    )));
                }
            });
        }
        Ok(Self(items))
    }

    /// Writes a moment.
    pub(super) fn write(&self, moment: Moment) -> String {
        let mut text = String::with_capacity(32);
        for item in &self.0 {
            match item {
                Item::Text(written) => text.push_str(written),
                Item::Element(element) => write_element(&mut text, *element, moment),
            }
        }
        text
    }
}

fn named<'a>(names: &[&'a str], at: i64) -> &'a str {
    usize::try_from(at).ok().and_then(|at| names.get(at)).copied().unwrap_or_default()
}

fn short(name: &str) -> &str {
    name.get(..3).unwrap_or(name)
}

fn write_element(text: &mut String, element: Element, moment: Moment) {
    let (time, fraction) = (moment.time / SECOND, moment.time % SECOND);
    match element {
        Element::Letter(letter) => write_letter(text, letter, moment),
        Element::Seconds(digits) => {
            number(text, time % 60, 2, '0');
            if digits > 0 {
                text.push('.');
                let shown = fraction / 10_i64.pow(u32::try_from(6_usize.saturating_sub(digits)).unwrap_or(6));
                number(text, shown, digits.min(6), '0');
                (6..digits).for_each(|_| text.push('0'));
            }
        }
        Element::Fraction => {
            number(text, time % 60, 2, '0');
            if fraction > 0 {
                text.push('.');
                let (mut shown, mut digits) = (fraction, 6);
                while shown % 10 == 0 {
                    (shown, digits) = (shown / 10, digits - 1);
                }
                number(text, shown, digits, '0');
            }
        }
        Element::LongYear => number(text, Civil::of(moment.days).year, 4, '0'),
        Element::ColonOffset => write_offset(text, moment.offset, ":"),
    }
}

fn write_offset(text: &mut String, offset: i64, between: &str) {
    text.push(if offset < 0 { '-' } else { '+' });
    number(text, offset.abs() / 60, 2, '0');
    text.push_str(between);
    number(text, offset.abs() % 60, 2, '0');
}

/// Writes several elements with what stands between them.
fn write_letters(text: &mut String, letters: &[u8], between: char, moment: Moment) {
    for (at, letter) in letters.iter().enumerate() {
        if at > 0 {
            text.push(between);
        }
        write_letter(text, *letter, moment);
    }
}

fn write_letter(text: &mut String, letter: u8, moment: Moment) {
    let Moment { days, time, offset } = moment;
    let (hour, minute, second) = (time / (3_600 * SECOND), time / (60 * SECOND) % 60, time / SECOND % 60);
    let hour_of_12 = if hour % 12 == 0 { 12 } else { hour % 12 };
    let civil = || Civil::of(days);
    match letter {
        b'A' => text.push_str(named(&WEEKDAYS, weekday(days))),
        b'a' => text.push_str(short(named(&WEEKDAYS, weekday(days)))),
        b'B' => text.push_str(named(&MONTHS, civil().month - 1)),
        b'b' | b'h' => text.push_str(short(named(&MONTHS, civil().month - 1))),
        b'C' => number(text, civil().year.div_euclid(100), 2, '0'),
        b'c' => write_letters(text, b"abeTY", ' ', moment),
        b'D' | b'x' => write_letters(text, b"mdy", '/', moment),
        b'd' => number(text, civil().day, 2, '0'),
        b'e' => number(text, civil().day, 2, ' '),
        b'F' => {
            write_element(text, Element::LongYear, moment);
            text.push('-');
            write_letters(text, b"md", '-', moment);
        }
        b'G' => number(text, date_field(days, Part::IsoYear), 1, '0'),
        b'g' => number(text, date_field(days, Part::IsoYear).rem_euclid(100), 2, '0'),
        b'H' => number(text, hour, 2, '0'),
        b'I' => number(text, hour_of_12, 2, '0'),
        b'j' => number(text, date_field(days, Part::DayOfYear), 3, '0'),
        b'k' => number(text, hour, 2, ' '),
        b'l' => number(text, hour_of_12, 2, ' '),
        b'M' => number(text, minute, 2, '0'),
        b'm' => number(text, civil().month, 2, '0'),
        b'n' => text.push('\n'),
        b'P' => text.push_str(if hour < 12 { "am" } else { "pm" }),
        b'p' => text.push_str(if hour < 12 { "AM" } else { "PM" }),
        b'Q' => number(text, date_field(days, Part::Quarter), 1, '0'),
        b'R' => write_letters(text, b"HM", ':', moment),
        b'r' => {
            write_letters(text, b"IMS", ':', moment);
            text.push(' ');
            write_letter(text, b'p', moment);
        }
        b'S' => number(text, second, 2, '0'),
        b's' => number(text, moment.seconds(), 1, '0'),
        b'T' | b'X' => write_letters(text, b"HMS", ':', moment),
        b't' => text.push('\t'),
        b'U' => number(text, date_field(days, Part::Week), 2, '0'),
        b'u' => number(text, (weekday(days) + 6) % 7 + 1, 1, '0'),
        b'V' => number(text, date_field(days, Part::IsoWeek), 2, '0'),
        b'W' => number(text, date_field(days, Part::WeekFrom(1)), 2, '0'),
        b'w' => number(text, weekday(days), 1, '0'),
        b'Y' => number(text, civil().year, 1, '0'),
        b'y' => number(text, civil().year.rem_euclid(100), 2, '0'),
        b'Z' => {
            text.push_str("UTC");
            match (offset, offset % 60) {
                (0, _) => {}
                (_, 0) => {
                    text.push(if offset < 0 { '-' } else { '+' });
                    number(text, offset.abs() / 60, 1, '0');
                }
                _ => write_offset(text, offset, ""),
            }
        }
        b'z' => write_offset(text, offset, ""),
        other => text.push(char::from(other)),
    }
}

#[cfg(test)]
mod tests {
    use super::super::calendar::parse_datetime;
    use super::*;

    fn written(format: &str, kind: Kind, moment: Moment) -> String {
        Layout::parse(format, kind).unwrap().write(moment)
    }

    #[test]
    fn every_element() {
        let kolkata = Zone::named("Asia/Kolkata").unwrap();
        let moment = Moment::zoned(parse_datetime("2021-01-03 16:17:09.12").unwrap(), &kolkata);
        let all = [
            ("%A %a %B %b %h", "Sunday Sun January Jan Jan"),
            ("%C %Y %y %E4Y %G %g %Q", "20 2021 21 2021 2020 20 1"),
            ("%c|%D|%x|%F", "Sun Jan  3 21:47:09 2021|01/03/21|01/03/21|2021-01-03"),
            ("%d|%e|%j|%m", "03| 3|003|01"),
            ("%H|%k|%I|%l|%M|%S", "21|21|09| 9|47|09"),
            ("%P %p|%r|%R|%T|%X", "pm PM|09:47:09 PM|21:47|21:47:09|21:47:09"),
            ("%s", "1609690629"),
            ("%U %W %V %u %w", "01 00 53 7 0"),
            ("%Z %z %Ez", "UTC+0530 +0530 +05:30"),
            ("%E0S %E1S %E3S %E6S %E9S %E*S", "09 09.1 09.120 09.120000 09.120000000 09.12"),
            ("%n%t%%%%d", "\n\t%%d"),
            ("%Oe %Ey %", " 3 21 %"),
        ];
        for (format, text) in all {
            assert_eq!(written(format, Kind::Timestamp, moment), text, "{format}");
        }
        let early = Moment::local(parse_datetime("0005-12-31 00:00:00").unwrap());
        assert_eq!(written("%Y %E4Y %C %I%P %E*S", Kind::Datetime, early), "5 0005 00 12am 00");
    }

    #[test]
    fn what_a_value_does_not_have_stands_for_itself() {
        let moment = Moment::local(0);
        assert_eq!(written("%F %H:%E3S %Z", Kind::Date, moment), "1970-01-01 %H:%E3S %Z");
        assert_eq!(written("%E4Y %T", Kind::Time, moment), "%E4Y 00:00:00");
        assert_eq!(written("%Ez %T é%T", Kind::Datetime, moment), "%Ez 00:00:00 é00:00:00");
        for unknown in ["%i", "%-", "%é", "%Eq", "%Oé"] {
            let error = Layout::parse(unknown, Kind::Date).expect_err(unknown);
            let message = format!("the format {unknown:?} has the unknown element {unknown:?}");
            assert_eq!(error, Unusable::Unsupported(message));
        }
    }
}
