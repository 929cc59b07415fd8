//! Reading dates and times in a format such as `%Y-%m-%d`.

use super::super::fault::Fault;
use super::calendar::{Civil, DAY, SECOND, micros_in_range};
use super::pattern::{Element, Kind, Piece, Unusable, pieces};
use super::strftime::{MONTHS, WEEKDAYS};
use super::zone::Zone;

/// Most hours and minutes that an offset has.
const OFFSET_MINUTES_MAX: i64 = 14 * 60;

/// A format, read.
#[derive(Debug)]
pub(super) struct Template {
    format: String,
    steps: Vec<Step>,
}

/// What is read next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    /// Any white space, also none.
    Space,
    Byte(u8),
    /// Of at most so many digits.
    Year(usize),
    /// Of four digits.
    LongYear,
    ShortYear,
    /// Of at most so many digits.
    Century(usize),
    Quarter,
    Month,
    MonthName,
    Day,
    DayOfYear,
    WeekdayName,
    Hour,
    /// Of a clock with twelve.
    HalfHour,
    Half,
    Minute,
    Second,
    /// Behind seconds, of at most so many digits.
    Fraction(usize),
    /// Since 1970.
    Seconds,
    /// With a colon or without.
    Offset(bool),
    Zone,
}

/// What was read.
#[derive(Debug)]
struct Fields {
    year: i64,
    century: Option<i64>,
    /// Whether the year is of a century.
    is_short: bool,
    /// Whether the century stood in the text.
    is_said: bool,
    month: i64,
    day: i64,
    /// Instead of month and day.
    day_of_year: Option<i64>,
    hour: i64,
    is_half: bool,
    afternoon: bool,
    minute: i64,
    second: i64,
    fraction: i64,
    seconds: Option<i64>,
    /// Minutes east of UTC.
    offset: Option<i64>,
    zone: Option<Zone>,
}

impl Template {
    /// Reads a format for values of a kind.
    pub(super) fn parse(format: &str, kind: Kind) -> Result<Self, Unusable> {
        let wrong = |why: String| Unusable::Wrong(Fault::argument(format!("the format {format:?} {why}")));
        let mut steps = Vec::new();
        let mut rest = pieces(format).peekable();
        while let Some(piece) = rest.next() {
            match piece {
                Piece::Text("%") => return Err(wrong("ends within an element".to_owned())),
                Piece::Text(text) => steps.extend(text.bytes().map(|byte| match is_space(byte) {
                    true => Step::Space,
                    false => Step::Byte(byte),
                })),
                Piece::Element(element, written) if !kind.has(element.letter()) => {
                    return Err(wrong(format!("has the element {written:?}, which is not for values of this type")));
                }
                Piece::Element(element, written) => {
                    // Digits that belong to the next element are not of this one.
                    let ends = matches!(rest.peek(), Some(Piece::Element(..) | Piece::Unknown(_)));
                    if !add_steps(&mut steps, element, ends) {
                        return Err(Unusable::Unsupported(format!(
                            "the format {format:?} has the element {written:?}, which is written but not read"
                        )));
                    }
                }
                Piece::Unknown(text) => {
                    return Err(Unusable::Unsupported(format!(
                        "the format {format:?} has the unknown element {text:?}"
                    )));
                }
            }
        }
        Ok(Self { format: format.to_owned(), steps })
    }

    /// Reads a text, in microseconds since 1970-01-01 00:00:00 UTC. What it does not say is of that moment in `zone`.
    ///
    /// # Errors
    /// A conversion fault for a text that is not of the format, and for days and times that there are not.
    pub(super) fn read(&self, text: &str, zone: &Zone) -> Result<i64, Fault> {
        let unfit = |why: &str| Fault::conversion(format!("{text:?} is not of the format {:?}{why}", self.format));
        let mut fields = Fields {
            year: 1970,
            century: None,
            is_short: false,
            is_said: false,
            month: 1,
            day: 1,
            day_of_year: None,
            hour: 0,
            is_half: false,
            afternoon: false,
            minute: 0,
            second: 0,
            fraction: 0,
            seconds: None,
            offset: None,
            zone: None,
        };
        let mut input = Input { bytes: text.as_bytes(), at: 0 };
        input.skip_space();
        let mut steps = self.steps.iter();
        while !input.is_done() {
            let Some(step) = steps.next() else { break };
            fields.read(*step, &mut input).ok_or_else(|| unfit(&input.place()))?;
        }
        input.skip_space();
        if !input.is_done() || !steps.all(|step| *step == Step::Space) {
            return Err(unfit(&input.place()));
        }
        let micros = fields.instant(zone).ok_or_else(|| unfit(": there is no such day"))?;
        micros_in_range(micros, || format!("{text:?} in the format {:?}", self.format))
    }
}

fn is_space(byte: u8) -> bool {
    byte.is_ascii_whitespace() || byte == 0x0b
}

/// Appends what is read for an element; whether it can be read at all.
fn add_steps(steps: &mut Vec<Step>, element: Element, ends: bool) -> bool {
    use Step::{
        Byte, Century, Day, DayOfYear, Fraction, Half, HalfHour, Hour, LongYear, Minute, Month, MonthName, Offset,
        Quarter, Second, Seconds, ShortYear, Space, WeekdayName, Year,
    };
    let found: &[Step] = match element {
        Element::Seconds(digits @ 1..=6) => &[Second, Fraction(digits)],
        Element::Seconds(0) => &[Second],
        Element::Seconds(_) => return false,
        Element::Fraction => &[Second, Fraction(usize::MAX)],
        Element::LongYear => &[LongYear],
        Element::ColonOffset => &[Offset(true)],
        Element::Letter(letter) => match letter {
            b'A' | b'a' => &[WeekdayName],
            b'B' | b'b' | b'h' => &[MonthName],
            b'C' if ends => &[Century(2)],
            b'C' => &[Century(3)],
            b'c' => &[
                WeekdayName,
                Space,
                MonthName,
                Space,
                Day,
                Space,
                Hour,
                Byte(b':'),
                Minute,
                Byte(b':'),
                Second,
                Space,
                Year(4),
            ],
            b'D' | b'x' => &[Space, Month, Byte(b'/'), Space, Day, Byte(b'/'), Space, ShortYear],
            b'd' => &[Day],
            b'e' => &[Space, Day],
            b'F' => &[Space, Year(4), Byte(b'-'), Space, Month, Byte(b'-'), Space, Day],
            b'H' => &[Hour],
            b'I' | b'l' => &[Space, HalfHour],
            b'j' => &[DayOfYear],
            b'k' => &[Space, Hour],
            b'M' => &[Minute],
            b'm' => &[Month],
            b'n' | b't' => &[Space],
            b'P' | b'p' => &[Half],
            b'Q' => &[Quarter],
            b'R' => &[Space, Hour, Byte(b':'), Space, Minute],
            b'r' => &[Space, HalfHour, Byte(b':'), Minute, Byte(b':'), Second, Space, Half],
            b'S' => &[Second],
            b's' => &[Seconds],
            b'T' | b'X' => &[Space, Hour, Byte(b':'), Space, Minute, Byte(b':'), Space, Second],
            b'Y' if ends => &[Year(4)],
            b'Y' => &[Year(5)],
            b'y' => &[ShortYear],
            b'Z' => &[Step::Zone],
            b'z' => &[Offset(false)],
            b'%' => &[Byte(b'%')],
            _ => return false,
        },
    };
    steps.extend_from_slice(found);
    true
}

/// What is left of a text.
struct Input<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Input<'a> {
    fn is_done(&self) -> bool {
        self.at >= self.bytes.len()
    }

    fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }

    fn place(&self) -> String {
        if self.is_done() { ": it ends too early".to_owned() } else { format!(", from its character {}", self.at + 1) }
    }

    fn skip_space(&mut self) {
        self.at += self.rest().iter().take_while(|byte| is_space(**byte)).count();
    }

    fn byte(&mut self, wanted: u8) -> Option<()> {
        let found = self.rest().first() == Some(&wanted);
        found.then(|| self.at += 1)
    }

    /// Digits, at most so many, and how many there are.
    fn digits(&mut self, most: usize) -> (i64, usize) {
        let count = self.rest().iter().take(most).take_while(|byte| byte.is_ascii_digit()).count();
        let value = self.rest().iter().take(count);
        let value = value.fold(0_i64, |value, byte| value.saturating_mul(10).saturating_add(i64::from(byte - b'0')));
        self.at += count;
        (value, count)
    }

    fn number(&mut self, most: usize, least_value: i64, most_value: i64) -> Option<i64> {
        let before = self.at;
        let (value, count) = self.digits(most);
        let fits = count > 0 && (least_value..=most_value).contains(&value);
        if !fits {
            self.at = before;
        }
        fits.then_some(value)
    }

    /// Which of those names stands here, whole or its first three letters.
    fn name(&mut self, names: &[&str]) -> Option<i64> {
        let begins = |name: &str| {
            let found = self.rest().get(..name.len()).is_some_and(|text| text.eq_ignore_ascii_case(name.as_bytes()));
            found.then_some(name.len())
        };
        let (at, length) = names.iter().enumerate().find_map(|(at, name)| {
            let length = begins(name).or_else(|| begins(name.get(..3)?))?;
            Some((at, length))
        })?;
        self.at += length;
        i64::try_from(at).ok()
    }

    /// `+HH`, `+HHMM` or `+HH:MM`, in minutes.
    fn offset(&mut self, colon: bool) -> Option<i64> {
        if colon && self.byte(b'Z').is_some() {
            return Some(0);
        }
        let sign = if self.byte(b'-').is_some() { -1 } else { self.byte(b'+').map(|()| 1)? };
        let (hours, 2) = self.digits(2) else { return None };
        let before = self.at;
        if colon {
            // It may be left out.
            self.byte(b':').unwrap_or_default();
        }
        let (minutes, digits) = self.digits(2);
        let minutes = if digits == 2 && minutes < 60 { minutes } else { 0 };
        if digits != 2 {
            self.at = before;
        }
        let offset = hours * 60 + minutes;
        (offset <= OFFSET_MINUTES_MAX).then_some(sign * offset)
    }

    fn word(&mut self) -> Option<&'a str> {
        let length = self.rest().iter().take_while(|byte| !is_space(**byte)).count();
        let word = std::str::from_utf8(self.rest().get(..length)?).ok()?;
        self.at += length;
        Some(word)
    }
}

impl Fields {
    fn read(&mut self, step: Step, input: &mut Input<'_>) -> Option<()> {
        match step {
            Step::Space => input.skip_space(),
            Step::Byte(byte) => input.byte(byte)?,
            Step::Year(digits) => self.set_year(input.number(digits, 0, 10_000)?),
            Step::LongYear => {
                let (year, 4) = input.digits(4) else { return None };
                self.set_year(year);
            }
            Step::ShortYear => {
                self.year = input.number(2, 0, 99)?;
                if !self.is_said {
                    self.century = Some(if self.year < 69 { 20 } else { 19 });
                }
                self.is_short = true;
            }
            Step::Century(digits) => {
                self.century = Some(input.number(digits, 0, 100)?);
                if !self.is_short {
                    self.year = 0;
                }
                (self.is_short, self.is_said) = (true, true);
            }
            Step::Quarter => (self.month, self.day) = ((input.number(1, 1, 4)? - 1) * 3 + 1, 1),
            Step::Month => (self.month, self.day_of_year) = (input.number(2, 1, 12)?, None),
            Step::MonthName => (self.month, self.day_of_year) = (input.name(&MONTHS)? + 1, None),
            Step::Day => (self.day, self.day_of_year) = (input.number(2, 1, 31)?, None),
            Step::DayOfYear => self.day_of_year = Some(input.number(3, 1, 366)?),
            // It follows from the date.
            Step::WeekdayName => drop(input.name(&WEEKDAYS)?),
            Step::Hour => (self.hour, self.is_half) = (input.number(2, 0, 23)?, false),
            Step::HalfHour => (self.hour, self.is_half) = (input.number(2, 1, 12)? % 12, true),
            Step::Half => {
                let [half, b'm' | b'M', ..] = input.rest() else { return None };
                self.afternoon = match half {
                    b'a' | b'A' => false,
                    b'p' | b'P' => true,
                    _ => return None,
                };
                input.at += 2;
            }
            Step::Minute => self.minute = input.number(2, 0, 59)?,
            Step::Second => self.second = input.number(2, 0, 60)?,
            Step::Fraction(digits) => {
                if input.byte(b'.').is_some() {
                    let (value, count) = input.digits(digits.min(6));
                    if count == 0 {
                        return None;
                    }
                    self.fraction = (count..6).fold(value, |value, _| value * 10);
                    // More than there is room for.
                    input.digits(digits - count);
                }
            }
            Step::Seconds => {
                let sign = if input.byte(b'-').is_some() { -1 } else { 1 };
                self.seconds = Some(sign * input.number(12, 0, i64::MAX)?);
            }
            Step::Offset(colon) => (self.offset, self.zone) = (Some(input.offset(colon)?), None),
            Step::Zone => (self.zone, self.offset) = (Some(Zone::named(input.word()?)?), None),
        }
        Some(())
    }

    fn set_year(&mut self, year: i64) {
        (self.year, self.is_short, self.is_said) = (year, false, false);
    }

    /// The instant that was read; `None` for a day that there is not.
    fn instant(&self, zone: &Zone) -> Option<i128> {
        if let Some(seconds) = self.seconds {
            return Some(i128::from(seconds) * i128::from(SECOND));
        }
        let century = self.century.filter(|_| self.is_short).unwrap_or_default();
        let year = century * 100 + self.year;
        let civil = match self.day_of_year {
            None => Civil { year, month: self.month, day: self.day },
            Some(day) => Civil::of(Civil { year, month: 1, day: 1 }.days() + day - 1),
        };
        if !civil.exists() || civil.year != year {
            return None;
        }
        let hour = if self.is_half && self.afternoon { self.hour + 12 } else { self.hour };
        // The 60th second is the next minute.
        let (second, fraction) = if self.second == 60 { (59, SECOND) } else { (self.second, self.fraction) };
        let local = civil.days() * DAY + ((hour * 60 + self.minute) * 60 + second) * SECOND;
        let instant = match self.offset {
            Some(minutes) => local - minutes * 60 * SECOND,
            None => self.zone.as_ref().unwrap_or(zone).instant(local),
        };
        Some(i128::from(instant) + i128::from(fraction))
    }
}

#[cfg(test)]
mod tests {
    use super::super::calendar::format_datetime;
    use super::*;

    fn read(format: &str, text: &str) -> Option<String> {
        let template = Template::parse(format, Kind::Timestamp).unwrap();
        let zone = Zone::named("Europe/Berlin").unwrap();
        template.read(text, &zone).ok().map(format_datetime)
    }

    #[test]
    fn every_element() {
        let all = [
            ("%Y-%m-%d %H:%M:%S %z", "2024-02-29 23:59:58 +0000", "2024-02-29 23:59:58"),
            ("%Y%m%d%H%M%S", "20240229120000", "2024-02-29 11:00:00"),
            ("%A %b %e %Y", "thursday DEC  5 2024", "2024-12-04 23:00:00"),
            ("%a, %B %d %y", "Thu, december 05 68", "2068-12-04 23:00:00"),
            ("%d/%m/%y", "5/1/69", "1969-01-04 23:00:00"),
            ("%C%y", "1812", "1811-12-31 23:06:32"),
            ("%c %Z", "Thu Dec 25 07:30:00 2008 America/New_York", "2008-12-25 12:30:00"),
            ("%D %T%Ez", "12/25/08 7:30:1+05:30", "2008-12-25 02:00:01"),
            ("%F %R%Ez", "2008-12-25 07:30Z", "2008-12-25 07:30:00"),
            ("%x %X %z", "12/25/08 07:30:00 -08", "2008-12-25 15:30:00"),
            ("%Y %Q %z", "2008 3 +00", "2008-07-01 00:00:00"),
            ("%Y %j %z", "2024 060 +00", "2024-02-29 00:00:00"),
            ("%I:%M %p %z", "12:30 am +00", "1970-01-01 00:30:00"),
            ("%l%P %z", " 1PM +00", "1970-01-01 13:00:00"),
            ("%r %z", "02:38:33 pM +00", "1970-01-01 14:38:33"),
            ("%k %z", " 7 +00", "1970-01-01 07:00:00"),
            ("%s", "-1", "1969-12-31 23:59:59"),
            ("%H:%M:%E*S %z", "1:2:3.1234567 +00", "1970-01-01 01:02:03.123456"),
            ("%H:%M:%E3S %z", "1:2:3.1 +00", "1970-01-01 01:02:03.100"),
            ("%H:%M:%S %z", "1:2:60 +00", "1970-01-01 01:03:00"),
            ("%E4Y%n%%%t%z", "2024 % +00", "2024-01-01 00:00:00"),
            ("%Y-%m-%d", "  2024-07-01  ", "2024-06-30 22:00:00"),
            ("%Y-%m-%d %n ", "2024-07-01", "2024-06-30 22:00:00"),
            ("%Y %F", "1999 2024-07-01", "2024-06-30 22:00:00"),
            ("%Y", "10000", "9999-12-31 23:00:00"),
        ];
        for (format, text, instant) in all {
            assert_eq!(read(format, text).as_deref(), Some(instant), "{format} {text}");
        }
        assert_eq!(Template::parse("", Kind::Date).unwrap().read(" ", &Zone::UTC), Ok(0));
    }

    #[test]
    fn what_does_not_fit() {
        let all = [
            ("%Y-%m-%d", "2024-02-30", ": there is no such day"),
            ("%Y-%m-%d", "2024-02", ": it ends too early"),
            ("%Y-%m-%d", "2024-02-01x", ", from its character 11"),
            ("%Y-%m-%d", "2024-13-01", ", from its character 6"),
            ("%E4Y", "824", ": it ends too early"),
            ("%b", "Foo", ", from its character 1"),
            ("%p", "xm", ", from its character 1"),
            ("%Z", "Mars", ": it ends too early"),
            ("%z", "+15", ": it ends too early"),
            ("%H:%M:%E*S", "1:2:3.", ": it ends too early"),
            ("é%Y", "e2024", ", from its character 1"),
        ];
        for (format, text, why) in all {
            let fault = Template::parse(format, Kind::Timestamp).unwrap().read(text, &Zone::UTC).expect_err(text);
            assert_eq!(fault, Fault::conversion(format!("{text:?} is not of the format {format:?}{why}")));
        }
        let fault = Template::parse("%s", Kind::Timestamp).unwrap().read("999999999999", &Zone::UTC).expect_err("far");
        assert!(fault.to_string().contains("outside the years 1 to 9999"), "{fault}");
    }

    #[test]
    fn formats_that_are_not_read() {
        for element in ["%U", "%W", "%V", "%G", "%g", "%u", "%w", "%E7S"] {
            let error = Template::parse(element, Kind::Timestamp).expect_err(element);
            assert!(matches!(&error, Unusable::Unsupported(message) if message.contains(element)), "{error:?}");
        }
        for (element, kind) in [("%H", Kind::Date), ("%Ez", Kind::Datetime), ("%E4Y", Kind::Time), ("%", Kind::Date)] {
            let error = Template::parse(element, kind).expect_err(element);
            assert!(matches!(error, Unusable::Wrong(_)), "{error:?}");
        }
    }
}
