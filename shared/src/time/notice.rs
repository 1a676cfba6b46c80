//! Days that people have for an answer: the summer break does not count.

use jiff::civil::Date;

/// The day that is so many days after `day`, not counting those of the summer break, 20 December to
/// 15 January. It is the first day on which a release with such a notice may go out, and the last
/// on which an answer is in time.
///
/// ```
/// use weft_shared::time::after_days;
/// let after = |day: &str, days| after_days(day.parse().unwrap(), days).to_string();
/// assert_eq!(after("2026-11-27", 14), "2026-12-11");
/// assert_eq!(after("2026-12-10", 10), "2027-01-16");
/// ```
#[must_use]
pub fn after_days(day: Date, days: u16) -> Date {
    let mut left = days;
    let mut due = day;
    while left > 0 {
        // The calendar ends: there is no later day.
        let Ok(next) = due.tomorrow() else { break };
        due = next;
        if !is_summer(due) {
            left -= 1;
        }
    }
    due
}

fn is_summer(day: Date) -> bool {
    (day.month() == 12 && day.day() >= 20) || (day.month() == 1 && day.day() <= 15)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_days_of_notice_leave_out_the_summer_break() {
        let due = |day: &str, days| after_days(day.parse().unwrap(), days).to_string();
        assert_eq!(due("2026-11-27", 14), "2026-12-11");
        assert_eq!(due("2026-11-27", 0), "2026-11-27");
        assert_eq!(due("2026-12-10", 9), "2026-12-19");
        assert_eq!(due("2026-12-10", 10), "2027-01-16");
        assert_eq!(due("2026-12-25", 14), "2027-01-29");
        assert_eq!(due("2027-01-15", 1), "2027-01-16");
        assert_eq!(after_days(Date::MAX, 28), Date::MAX);
    }
}
