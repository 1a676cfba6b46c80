//! Reporting periods: year, fiscal year, quarter, month, week, and ranges of them.
