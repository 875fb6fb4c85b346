//! The rules of the feed, without I/O: how activities fold into stories, who is shown why, in which order, up to where a page went.

pub mod content;
pub mod cursor;
pub mod document;
pub mod fold;
pub mod rank;
pub mod scope;
pub mod vocabulary;
pub mod why;
