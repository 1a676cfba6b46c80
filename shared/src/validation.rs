//! Checks of what people enter, in words that say what to do next.
