//! What an author of checks has at hand: to prove a check before anybody relies on it.

pub mod audit;
