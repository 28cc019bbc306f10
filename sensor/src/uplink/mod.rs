//! Between serve and its capture children: serve never opens an interface, a child never opens
//! anything else (DESIGN §3).
//!
//! [`frame`] is what goes over the socket, [`link`] moves batches one way and durable counts the
//! other, [`child`] keeps a child running.

pub mod child;
pub mod frame;
pub mod link;

#[cfg(test)]
mod tests;
