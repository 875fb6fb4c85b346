//! The whole system through its public doors: see `tests/it`.
