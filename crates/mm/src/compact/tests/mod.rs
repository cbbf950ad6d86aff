//! What compaction comes to, and why.

mod capture;
mod cma;
mod contig;
mod daemon;
mod finished;
mod hints;
mod requests;
mod results;
