//! What the education office decided of single names, besides its lists; it stands above what a school may say.

use super::holding;
use crate::dns::{Name, NameMap};

/// Whether a guarantee opens its name in an exam too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Guarantee {
    /// An exam closes the name, nothing else does.
    OutsideExams,
    /// `exam = true`: not even an exam closes it.
    InExamsToo,
}

/// The office's decisions in force; each holds for its name and everything below.
#[derive(Debug, Clone, Default)]
pub struct OfficeDecisions {
    /// Names that no deny and no tier closes.
    pub guarantees: NameMap<Guarantee>,
    /// Names whose tier blocks and school's locks are lifted.
    pub allows: NameMap<()>,
    /// Names that are closed to everyone, whatever lists say of them.
    pub locks: NameMap<()>,
}

impl OfficeDecisions {
    /// Labels of the deepest guaranteed name at or above `name`.
    pub fn guaranteed(&self, name: &Name) -> Option<usize> {
        self.guarantees.covering(name).map(|(labels, _)| labels)
    }

    /// Labels of the deepest name at or above `name` that is guaranteed in exams too.
    pub fn guaranteed_in_exams(&self, name: &Name) -> Option<usize> {
        let found = holding(&self.guarantees, name, |guarantee| match guarantee {
            Guarantee::InExamsToo => true,
            Guarantee::OutsideExams => false,
        });
        found.map(|(labels, _)| labels)
    }

    /// Labels of the deepest allowed name at or above `name`.
    pub fn allowed(&self, name: &Name) -> Option<usize> {
        self.allows.covering(name).map(|(labels, ())| labels)
    }

    /// Labels of the deepest locked name at or above `name`.
    pub fn locked(&self, name: &Name) -> Option<usize> {
        self.locks.covering(name).map(|(labels, ())| labels)
    }
}
