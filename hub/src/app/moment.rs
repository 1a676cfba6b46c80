//! A moment of the past as of which figures are read.

use std::{fmt, str::FromStr};

use weft_host::clock;
use weft_shared::{
    period::Date,
    text::BadText,
    time::{Timestamp, Zone},
};

use super::{AppError, Counted};
use crate::{
    aggregate::{past, seen::Seen},
    store::entries,
};

/// A moment of the past.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// A point in time.
    At(Timestamp),
    /// The end of a day in the network's time zone. The end of the current day is the present.
    EndOf(Date),
}

impl Moment {
    /// The last point in time that belongs to it; none at the end of the calendar.
    pub(crate) fn last(self, zone: &Zone, now: Timestamp) -> Option<Timestamp> {
        match self {
            Self::At(at) => Some(at),
            Self::EndOf(day) if day == zone.day(now) => Some(now),
            Self::EndOf(day) => Some(zone.end_of(day)?.plus_ms(-1)),
        }
    }
}

impl FromStr for Moment {
    type Err = BadText;

    fn from_str(text: &str) -> Result<Self, BadText> {
        let day = text.parse::<Date>().ok();
        match day.filter(|day| day.to_string() == text) {
            Some(day) => Ok(Self::EndOf(day)),
            None => {
                let at = Timestamp::parse_rfc3339(text);
                at.map(Self::At).map_err(|_| BadText::new(text, FORMS))
            }
        }
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::At(at) => at.fmt(f),
            Self::EndOf(day) => day.fmt(f),
        }
    }
}

impl Moment {
    /// Reads a moment in the query of an address, where the + of an offset that was not
    /// percent-encoded arrives as a blank.
    ///
    /// # Errors
    /// If the text is not a moment.
    pub(crate) fn in_query(text: &str) -> Result<Self, BadText> {
        text.replace(' ', "+").parse()
    }
}

impl Counted<'_> {
    /// Returns the hub as of a moment, or as it is if there is none.
    ///
    /// # Errors
    /// If [`as_of`](Self::as_of) fails for the same moment.
    pub(crate) fn at(&self, moment: Option<Moment>) -> Result<Self, AppError> {
        match moment {
            Some(moment) => self.as_of(moment),
            None => Ok(self.clone()),
        }
    }

    /// The moment of the past as of which this is; none for the present.
    pub const fn moment(&self) -> Option<Timestamp> {
        self.as_of
    }

    /// Says as of when the figures are; none if they are those of the present.
    pub(crate) fn as_of_words(&self) -> Option<String> {
        let moment = self.network.zone().second(self.as_of?);
        Some(format!(
            "Figures as of {moment}: they count the entries received by then. What was withdrawn \
             or dropped since, or is no longer shared, is left out."
        ))
    }

    /// Returns the hub as of the moment of an earlier answer, which had counted the entries up to
    /// `hub_seq`.
    ///
    /// # Errors
    /// If [`as_of`](Self::as_of) fails for the same moment.
    pub(crate) fn as_of_answer(&self, at: Timestamp, hub_seq: u64) -> Result<Self, AppError> {
        let mut then = self.clone();
        then.hub_seq = then.hub_seq.min(hub_seq);
        then.as_of(Moment::At(at))
    }

    /// Returns the hub as of a moment: its figures count the entries received by then, with the
    /// locations and definitions that it knew then, and nothing that was withdrawn since. Shared
    /// records are those of today.
    ///
    /// # Errors
    /// If the moment is in the future or before the hub's first entry, or the store fails.
    pub fn as_of(&self, moment: Moment) -> Result<Self, AppError> {
        let (zone, mut now) = (self.network.zone(), clock::now());
        let received = entries::received_span(self.conn)?;
        if let Some((_, last)) = received {
            // Once its clock was set back, a hub has entries of a time to come.
            now = now.max(last);
        }
        let at = moment.last(zone, now).filter(|at| *at <= now);
        let at = at.ok_or_else(|| {
            AppError::NoMoment(format!(
                "{moment} is in the future. Name a day or a time that has begun, or none for \
                 the current figures"
            ))
        })?;
        let (hub_seq, network) = past::network_at(self.conn, at, self.hub_seq)?;
        let today = network.zone().day(at);
        let network = network.on(today);
        if let Some((first, _)) = received.filter(|_| hub_seq == 0) {
            return Err(AppError::NoMoment(format!(
                "the hub had received nothing by {moment}: its first entry came at {}. Name a \
                 later moment",
                zone.minute(first)
            )));
        }
        let mut then = self.clone();
        (then.hub_seq, then.network, then.as_of) = (hub_seq, Seen::new(network), Some(at));
        Ok(then)
    }
}

const FORMS: &str = "is not a moment: write a day, such as 2023-06-01, or a time with its offset \
    from UTC, such as 2023-06-01T09:00:00Z";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_a_time_with_its_offset_or_the_end_of_a_day() {
        let zone = Zone::parse("Pacific/Auckland").unwrap();
        let now = Timestamp::parse_rfc3339("2023-06-02T00:00:00Z").unwrap();
        let last = |text: &str| {
            let moment: Moment = text.parse().unwrap();
            assert_eq!(moment.to_string().parse(), Ok(moment));
            moment.last(&zone, now).map(Timestamp::rfc3339)
        };
        let is = |text: &str| Some(text.to_owned());
        assert_eq!(last("2023-06-01"), is("2023-06-01T11:59:59.999Z"));
        assert_eq!(last("2023-06-02"), is("2023-06-02T00:00:00.000Z"), "now");
        assert_eq!(
            last("2023-06-01T09:00:00+12:00"),
            is("2023-05-31T21:00:00.000Z")
        );
        assert_eq!(last("9999-12-31"), None);
        for wrong in [
            "",
            "yesterday",
            "2023-06",
            "20230601",
            "2023-06-01T09:00:00",
        ] {
            let error = wrong.parse::<Moment>().unwrap_err().to_string();
            assert!(error.contains("is not a moment: write a day"), "{error}");
        }
    }
}
