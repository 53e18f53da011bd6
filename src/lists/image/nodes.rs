//! Every node of an image, in canonical order: a name stands right before those below it.
//!
//! Records lie in the order in which the compiler opened their nodes, each with its own label alone. Where a record belongs is found by
//! its hash: of the nodes above, the one under which the table leads back to this very record. So a walk over millions of names holds
//! no more than the way to one.

use super::{Class, ColdRule, Image, ImageFault, Record, Section};
use crate::lists::ListAction;
use crate::lists::format::Action;

/// The nodes of an image, one after the other.
pub(in crate::lists) struct Nodes<'i> {
    image: &'i Image,
    records: &'i [u8],
    at: usize,
    /// The hashes of the nodes on the way to the last one, the topmost first.
    way: Vec<u64>,
}

/// One node.
pub(in crate::lists) struct NodeAt<'i> {
    /// How many labels its name has: its parent is the last node before it with one less.
    pub(in crate::lists) depth: usize,
    pub(in crate::lists) label: &'i [u8],
    pub(in crate::lists) class: &'i Class,
    /// Whether some rule at its name takes it out of a category.
    pub(in crate::lists) excepted: bool,
}

impl Image {
    /// Every node.
    pub(in crate::lists) fn nodes(&self) -> Nodes<'_> {
        Nodes { image: self, records: self.section(Section::Records), at: 0, way: Vec::new() }
    }

    /// How many nodes there are.
    pub const fn node_count(&self) -> u64 {
        self.header.nodes
    }
}

impl<'i> Nodes<'i> {
    /// Reads the record at the present place and finds where it belongs.
    fn read(&mut self) -> Option<NodeAt<'i>> {
        let bytes = self.records.get(self.at..)?;
        let record = Record::read(bytes)?;
        let slot = self.belongs(record.label)?;
        let class = self.image.class_at(slot)?;
        let depth = self.way.len();
        self.at += bytes.len() - record.behind()?.len();
        Some(NodeAt { depth, label: record.label, class, excepted: record.rules().any(|rule| self.is_exception(&rule)) })
    }

    /// A list's exception is one, and an entry of a list that allows.
    fn is_exception(&self, rule: &ColdRule) -> bool {
        let list = self.image.lists.get(usize::from(rule.list));
        list.is_some_and(|list| (list.action == ListAction::Allow) != (rule.action == Action::Allow))
    }

    /// The slot of the node whose record is the present one; the way then ends with it.
    fn belongs(&mut self, label: &[u8]) -> Option<usize> {
        let (table, key) = (self.image.table(), self.image.header.key);
        for depth in (0..=self.way.len()).rev() {
            let above = depth.checked_sub(1).map_or(0, |place| self.way[place]);
            let hash = key.step(above, label);
            if let Some(slot) = table.find(hash)
                && self.image.place(slot) == Some(self.at)
            {
                self.way.truncate(depth);
                self.way.push(hash);
                return Some(slot);
            }
        }
        None
    }
}

impl<'i> Iterator for Nodes<'i> {
    type Item = Result<NodeAt<'i>, ImageFault>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.at >= self.records.len() {
            return None;
        }
        let node = self.read();
        if node.is_none() {
            // Nothing behind it could be told apart.
            self.at = self.records.len();
        }
        Some(node.ok_or(ImageFault::Damaged("a record belongs to no node")))
    }
}
