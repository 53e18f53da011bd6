//! Placeholder until the trust's branch is merged.
use super::keeping::Before;
use crate::config::OfficeSource;
use crate::fetch::{Bootstrap, Failure, Reason};
use crate::office::Part;
use jiff::Timestamp;
use std::path::Path;
#[derive(Debug)]
pub(super) struct Repository;
#[derive(Debug)]
pub(super) struct Verified;
#[derive(Debug, Clone)]
pub(super) struct Way;
pub(super) struct Offer {
    pub(super) lists: Part,
    pub(super) decisions: Part,
}
impl Way {
    pub(super) fn folder(_: std::path::PathBuf) -> Self {
        Self
    }
    pub(super) fn of(_: &OfficeSource, _: Bootstrap) -> Self {
        Self
    }
}
impl Repository {
    pub(super) fn below(_: &Path) -> Self {
        Self
    }
    pub(super) async fn kept(&self, _: &OfficeSource, _: Timestamp) -> Result<Option<Verified>, Failure> {
        Ok(None)
    }
    pub(super) async fn ask(&self, _: &OfficeSource, _: &Way, _: Timestamp) -> Result<Verified, Failure> {
        Err(Failure::new(Reason::Local, ""))
    }
}
impl Verified {
    pub(super) fn origin(&self) -> &str {
        ""
    }
    pub(super) fn newest(&self) -> u64 {
        0
    }
    pub(super) fn expires(&self) -> Option<Timestamp> {
        None
    }
    pub(super) fn offer(&self, _: u8, _: Timestamp) -> Option<Offer> {
        None
    }
    pub(super) async fn decisions(&self, _: &Way, _: &crate::office::RolePart) -> Result<Vec<u8>, Failure> {
        Ok(Vec::new())
    }
    pub(super) async fn names(&self, _: &Way, _: &crate::office::RolePart, _: Option<Before>) -> Result<Vec<u8>, Failure> {
        Ok(Vec::new())
    }
}
