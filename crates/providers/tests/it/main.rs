//! What every provider must do, run over all of them against the simulator.

mod at_ishare;
mod conformance;
mod vendor;
