//! What travels, to the letter: the parameters of queries, the bodies of creates and updates, headers.

mod bodies;
mod conditions;
mod models;
mod parameters;
mod requests;
