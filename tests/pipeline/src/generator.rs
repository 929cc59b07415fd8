//! The days of an order, one after the other, with what goes wrong applied to each.

use std::sync::Arc;

use jiff::ToSpan as _;
use jiff::civil::Date;

use crate::clock::{Clock, NoZone};
use crate::incident::{Incident, Injector};
use crate::rows::DayRows;
use crate::schema::{self, SchemaError, Table};
use crate::season::calendar::Calendar;
use crate::season::{Season, Span};

/// What to generate.
#[derive(Debug, Clone)]
pub struct Order {
    /// Seed of everything that varies.
    pub seed: u64,
    /// First league day.
    pub from: Date,
    /// Last league day.
    pub to: Date,
    /// What goes wrong, in the order it is applied.
    pub incidents: Vec<Incident>,
}

/// Why nothing can be generated.
#[derive(Debug, thiserror::Error)]
pub enum OrderError {
    /// The declared tables are wrong.
    #[error(transparent)]
    Schema(#[from] SchemaError),
    /// There is no clock.
    #[error(transparent)]
    Clock(#[from] NoZone),
    /// The range is empty.
    #[error("the last day, {to}, is before the first, {from}")]
    Backwards {
        /// First day.
        from: Date,
        /// Last day.
        to: Date,
    },
}

/// Makes the rows of one day after the other; holds the season that is being played and nothing of the days behind.
#[derive(Debug)]
pub struct Generator {
    seed: u64,
    from: Date,
    to: Date,
    next: Option<Date>,
    clock: Clock,
    tables: Arc<[Table]>,
    season: Season,
    injector: Injector,
}

impl Generator {
    /// Gets ready to make the first day: plays the season up to it.
    ///
    /// # Errors
    /// When the range is empty or the declared tables cannot be used.
    pub fn new(order: Order) -> Result<Self, OrderError> {
        let Order { seed, from, to, incidents } = order;
        if to < from {
            return Err(OrderError::Backwards { from, to });
        }
        let tables: Arc<[Table]> = schema::tables()?.into();
        let clock = Clock::new()?;
        let mut season = Season::new(seed, Calendar::of(from), clock.clone());
        season.calendar().first_day().series(1.day()).take_while(|day| *day < from).for_each(|day| season.skip(day));
        let injector = Injector::new(seed, incidents, Arc::clone(&tables), clock.clone());
        Ok(Self { seed, from, to, next: Some(from), clock, tables, season, injector })
    }

    /// The tables as declared.
    #[must_use]
    pub fn tables(&self) -> &[Table] {
        &self.tables
    }

    /// What the incidents change of whole tables, and of rows.
    #[must_use]
    pub fn injector(&self) -> &Injector {
        &self.injector
    }
}

impl Iterator for Generator {
    type Item = DayRows;

    fn next(&mut self) -> Option<DayRows> {
        let day = self.next.filter(|day| *day <= self.to)?;
        self.next = day.tomorrow().ok();
        if day > self.season.calendar().last_day() {
            self.season = Season::new(self.seed, Calendar::of(day), self.clock.clone());
        }
        let mut rows = DayRows::new(day, Arc::clone(&self.tables));
        self.season.write(day, Span { opens: day == self.from, to: self.to }, &mut rows);
        self.injector.apply(&mut rows);
        Some(rows)
    }
}
