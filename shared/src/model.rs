//! What a location team records: profile, plan, indicators, observations, insights.

pub mod number;
