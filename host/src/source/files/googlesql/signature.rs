//! The forms in which a function may be called, written as its documentation has them:
//! `(STRING, INT64[, INT64]) -> STRING`.
//!
//! `T` is any type, the same wherever it stands; `ANY` is any type of its own; `...` behind the last argument repeats
//! it; `PART` is a word such as `DAY`, written without quotes. What stands behind `[` may be left out.

use std::iter;

use super::types::{Type, listed};

/// One form of a function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Form {
    slots: Vec<Slot>,
    /// How many of the slots must be there.
    required: usize,
    /// Whether the last slot may be repeated.
    repeats: bool,
    returns: Slot,
}

/// What an argument or a result may be.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Slot {
    Exact(Type),
    Any,
    ArrayOfAny,
    /// Any type, whatever the others are.
    Each,
    Part,
}

/// A call that fits a form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Matched {
    /// Number of the form.
    pub(super) form: usize,
    /// What the arguments become.
    pub(super) types: Vec<Type>,
    /// The type of the result.
    pub(super) returns: Type,
    cost: u32,
}

impl Form {
    /// Reads a form; `None` for a text that is none.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (arguments, returns) = text.split_once(") -> ")?;
        let arguments = arguments.strip_prefix('(')?.trim_end_matches(']');
        let (mut slots, mut required, mut repeats) = (Vec::new(), None, false);
        let mut rest = arguments;
        while !rest.is_empty() {
            let end = rest.find(['[', ',']).unwrap_or(rest.len());
            let (mut word, behind) = rest.split_at(end);
            if let Some(repeated) = word.strip_suffix("...") {
                (word, repeats) = (repeated, true);
            }
            if !word.trim().is_empty() {
                slots.push(Slot::parse(word.trim())?);
            }
            if behind.starts_with('[') {
                required.get_or_insert(slots.len());
            }
            rest = behind.get(1..).unwrap_or_default();
        }
        let required = required.unwrap_or(slots.len());
        Some(Self { slots, required, repeats, returns: Slot::parse(returns.trim())? })
    }

    /// Places of the arguments that are words.
    pub(super) fn parts(&self) -> impl Iterator<Item = usize> {
        self.slots.iter().enumerate().filter(|(_, slot)| **slot == Slot::Part).map(|(at, _)| at)
    }

    fn slot(&self, at: usize) -> Option<&Slot> {
        if self.repeats { self.slots.get(at).or(self.slots.last()) } else { self.slots.get(at) }
    }

    fn matched(&self, form: usize, types: &[Type]) -> Option<Matched> {
        if types.len() < self.required || (types.len() > self.slots.len() && !self.repeats) {
            return None;
        }
        let slots: Vec<&Slot> = (0..types.len()).map(|at| self.slot(at)).collect::<Option<_>>()?;
        let mut any: Option<Type> = None;
        for (slot, given) in slots.iter().zip(types) {
            let given = match (slot, given) {
                (Slot::Any, given) => given,
                (Slot::ArrayOfAny, Type::Array(item)) => &**item,
                _ => continue,
            };
            any = Some(match any {
                None => given.clone(),
                Some(known) => known.supertype(given)?,
            });
        }
        let any = any.map_or(Type::Int64, settled);
        let (mut cost, mut coerced) = (0, Vec::with_capacity(types.len()));
        for (slot, given) in slots.into_iter().zip(types) {
            let wanted = slot.filled(&any, given);
            cost += match slot {
                Slot::Part if *given != Type::Literal => return None,
                Slot::Part => 0,
                // A form made for the type is better than one made for any.
                Slot::Any | Slot::ArrayOfAny => given.coercion(&wanted)? + 1,
                Slot::Each => given.coercion(&wanted)? + 2,
                Slot::Exact(_) => given.coercion(&wanted)?,
            };
            coerced.push(wanted);
        }
        Some(Matched { form, types: coerced, returns: self.returns.filled(&any, &any), cost })
    }
}

impl Slot {
    fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "T" => Self::Any,
            "ARRAY<T>" => Self::ArrayOfAny,
            "ANY" => Self::Each,
            "PART" => Self::Part,
            text => Self::Exact(named(text)?),
        })
    }

    fn filled(&self, any: &Type, given: &Type) -> Type {
        match self {
            Self::Exact(exact) => exact.clone(),
            Self::Any => any.clone(),
            Self::ArrayOfAny => Type::Array(Box::new(any.clone())),
            Self::Each => settled(given.clone()),
            Self::Part => Type::Literal,
        }
    }
}

/// The type that a value has where nothing says another: of a text in the statement and of `NULL`.
fn settled(given: Type) -> Type {
    match given {
        Type::Literal => Type::String,
        Type::Null => Type::Int64,
        Type::Array(item) => Type::Array(Box::new(settled(*item))),
        Type::Struct(fields) => Type::Struct(fields.into_iter().map(|(name, field)| (name, settled(field))).collect()),
        other => other,
    }
}

fn named(text: &str) -> Option<Type> {
    Some(match text {
        "INT64" => Type::Int64,
        "FLOAT64" => Type::Float64,
        "NUMERIC" => Type::Numeric,
        "BIGNUMERIC" => Type::BigNumeric,
        "BOOL" => Type::Bool,
        "STRING" => Type::String,
        "BYTES" => Type::Bytes,
        "DATE" => Type::Date,
        "DATETIME" => Type::Datetime,
        "TIME" => Type::Time,
        "TIMESTAMP" => Type::Timestamp,
        text => Type::Array(Box::new(named(text.strip_prefix("ARRAY<")?.strip_suffix('>')?)?)),
    })
}

/// The form that a call fits best; the first of several that fit as well.
pub(super) fn matched(forms: &[Form], types: &[Type]) -> Option<Matched> {
    let fitting = forms.iter().enumerate().filter_map(|(at, form)| form.matched(at, types));
    fitting.min_by_key(|matched| matched.cost)
}

/// What is said of a call that fits no form.
pub(super) fn mismatch(name: &str, forms: &[&str], types: &[Type]) -> String {
    let forms: Vec<String> =
        forms.iter().map(|form| format!("{name}{}", form.split(" -> ").next().unwrap_or(form))).collect();
    let given = iter::once(listed(types)).find(|given| !given.is_empty()).unwrap_or_else(|| "none".to_owned());
    format!("no form of {name} takes arguments of the types {given}; there is {}", forms.join(" and "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn best(forms: &[&str], types: &[Type]) -> Option<(usize, Vec<Type>, Type)> {
        let forms: Vec<Form> = forms.iter().map(|form| Form::parse(form).unwrap()).collect();
        matched(&forms, types).map(|matched| (matched.form, matched.types, matched.returns))
    }

    #[test]
    fn a_call_takes_the_form_that_it_fits_best() {
        use Type::{Date, Float64, Int64, Literal, Null, Numeric, String, Timestamp};
        let add = ["(INT64, INT64) -> INT64", "(NUMERIC, NUMERIC) -> NUMERIC", "(FLOAT64, FLOAT64) -> FLOAT64"];
        assert_eq!(best(&add, &[Int64, Int64]), Some((0, vec![Int64, Int64], Int64)));
        assert_eq!(best(&add, &[Int64, Numeric]), Some((1, vec![Numeric, Numeric], Numeric)));
        assert_eq!(best(&add, &[Float64, Numeric]), Some((2, vec![Float64, Float64], Float64)));
        assert_eq!(best(&add, &[Null, Null]), Some((0, vec![Int64, Int64], Int64)));
        assert_eq!(best(&add, &[Int64, String]), None, "a text is no number");
        assert_eq!(best(&add, &[Int64]), None);

        let substr = ["(STRING, INT64[, INT64]) -> STRING"];
        assert_eq!(best(&substr, &[Literal, Int64]), Some((0, vec![String, Int64], String)));
        assert_eq!(best(&substr, &[String, Int64, Int64]), Some((0, vec![String, Int64, Int64], String)));
        assert_eq!(best(&substr, &[String]), None);
        assert_eq!(best(&substr, &[String, Int64, Int64, Int64]), None);

        let diff = ["(DATE, DATE, PART) -> INT64", "(TIMESTAMP, TIMESTAMP, PART) -> INT64"];
        assert_eq!(best(&diff, &[Literal, Date, Literal]), Some((0, vec![Date, Date, Literal], Int64)));
        assert_eq!(best(&diff, &[Timestamp, Literal, Literal]).map(|found| found.0), Some(1));
        assert_eq!(best(&diff, &[String, Date, Literal]), None, "a column of text is no date");
        assert_eq!(best(&diff, &[Date, Date, String]), None, "a part is a word");

        let greatest = ["(T...) -> T"];
        assert_eq!(best(&greatest, &[Int64, Float64, Null]), Some((0, vec![Float64; 3], Float64)));
        assert_eq!(best(&greatest, &[Date, Literal]), Some((0, vec![Date, Date], Date)));
        assert_eq!(best(&greatest, &[Date, Int64]), None);
        let list = Type::Array(Box::new(Int64));
        assert_eq!(best(&["(ARRAY<T>) -> T"], std::slice::from_ref(&list)), Some((0, vec![list.clone()], Int64)));
        assert_eq!(
            best(&["(ARRAY<T>...) -> ARRAY<T>"], &[list, Type::Array(Box::new(Float64))]),
            Some((0, vec![Type::Array(Box::new(Float64)); 2], Type::Array(Box::new(Float64))))
        );

        let format = ["(STRING[, ANY...]) -> STRING"];
        assert_eq!(best(&format, &[Literal]), Some((0, vec![String], String)));
        assert_eq!(
            best(&format, &[Literal, Literal, Date, Null, Type::Array(Box::new(Literal))]),
            Some((0, vec![String, String, Date, Int64, Type::Array(Box::new(String))], String))
        );
    }

    #[test]
    fn a_mismatch_names_the_types_and_the_forms() {
        let text = mismatch("SUBSTR", &["(STRING, INT64[, INT64]) -> STRING"], &[Type::Date, Type::Int64]);
        assert_eq!(
            text,
            "no form of SUBSTR takes arguments of the types DATE, INT64; there is SUBSTR(STRING, INT64[, INT64])"
        );
    }
}
