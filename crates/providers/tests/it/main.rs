//! What every provider must do, run over all of them against the simulator.

mod alerts;
mod at_ishare;
mod carriers;
mod conformance;
mod contracts;
mod described;
mod labels;
mod parcels;
mod pushes;
mod refunds;
mod signatures;
mod ups_contract;
mod vendor;
