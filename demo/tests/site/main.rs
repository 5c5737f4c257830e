//! What the site does, and what it refuses, over HTTP. Every attack names the weakness it tries.

mod careless;
mod forms;
mod objects;
mod pages;
mod rights;
mod world;
