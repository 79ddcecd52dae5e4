//! What is told, from outside: notices rendered, and previews that say what is sent.

mod notices;
mod previews;
