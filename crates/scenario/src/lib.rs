//! What happens to the model: recordings of real kernels, scenarios and workloads.

pub mod recording;
