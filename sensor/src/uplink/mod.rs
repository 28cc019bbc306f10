//! Between processes: capture children and serve, edges and the centre.
//!
//! Serve never opens an interface, a child never opens anything else (DESIGN §3): [`frame`] is what
//! goes over their socket, [`link`] moves batches one way and durable counts the other, [`child`]
//! keeps a child running.
//!
//! On an edge [`spool`] keeps every event until the centre has it; [`wire`] is what goes over the
//! line, [`send`] the edge's end of it, [`receive`] the centre's, [`order`] that of bodies which are on their way together.

pub mod child;
pub mod frame;
pub mod link;
pub mod order;
pub mod receive;
pub mod send;
pub mod spool;
pub mod wire;

#[cfg(test)]
mod tests;
