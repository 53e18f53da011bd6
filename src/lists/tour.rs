//! Every name that some list has a rule at, once and in canonical order, with what all lists say of it and of what is below it.
//!
//! The images of several owners are walked side by side, and nothing is held but the way to the present name: five million names
//! take no more room than five.

use super::image::{ImageFault, Nodes, Sets};
use super::index::unite;
use super::{Image, Index, Listed};
use crate::dns::{MAX_NAME, Name, RecordType};

/// One name of a [`Tour`].
#[derive(Debug, Clone)]
pub struct Stop {
    /// The name.
    pub name: Name,
    /// What the lists say of this very name.
    pub own: Listed,
    /// What they say of every name below it that is no stop itself and has none above it that is further down than this one; but for
    /// patterns, which name nothing.
    pub below: Listed,
    /// Whether some rule at this very name takes it out of a category.
    pub excepted: bool,
    /// Whether some rules that bear on it are for some record types only.
    pub typed: bool,
}

/// The names of all images, and some others, in canonical order.
pub struct Tour<'i> {
    images: Vec<Walk<'i>>,
    /// In order, the next one last.
    others: Vec<Name>,
    record_type: RecordType,
}

/// The walk through one image.
struct Walk<'i> {
    image: &'i Image,
    nodes: Nodes<'i>,
    next: Option<Step>,
    /// The nodes on the way to the last stop, the topmost first.
    way: Vec<Step>,
}

/// A node, and what its class says.
#[derive(Debug, Clone)]
struct Step {
    name: Name,
    own: Sets,
    below: Sets,
    excepted: bool,
}

impl Index {
    /// All names that rules stand at, and `others`, each with what the lists say of it for `record_type`.
    ///
    /// # Errors
    /// [`ImageFault`], where an image makes no sense.
    pub fn tour(&self, record_type: RecordType, mut others: Vec<Name>) -> Result<Tour<'_>, ImageFault> {
        others.sort_unstable_by(|one, other| other.cmp(one));
        others.dedup();
        let mut images = Vec::new();
        for image in self.images() {
            let mut walk = Walk { image, nodes: image.nodes(), next: None, way: Vec::new() };
            walk.advance()?;
            images.push(walk);
        }
        Ok(Tour { images, others, record_type })
    }

    /// How many nodes a tour passes at most, `others` apart.
    pub fn nodes(&self) -> u64 {
        self.images().iter().map(|image| image.node_count()).sum()
    }
}

impl Walk<'_> {
    /// Goes to the next node.
    fn advance(&mut self) -> Result<(), ImageFault> {
        if let Some(passed) = self.next.take() {
            self.leave_for(&passed.name);
            self.way.push(passed);
        }
        let Some(node) = self.nodes.next() else { return Ok(()) };
        let node = node?;
        let above = match node.depth.checked_sub(2) {
            None => Name::root(),
            // The node before it may be deeper; the way has all that lie above the next.
            Some(place) => self.way.get(place).ok_or(ImageFault::Damaged("a record belongs to no node"))?.name.clone(),
        };
        let name = below(&above, node.label).ok_or(ImageFault::Damaged("a name is too long"))?;
        self.next = Some(Step { name, own: node.class.own, below: node.class.below, excepted: node.excepted });
        Ok(())
    }

    /// Leaves the nodes that do not lie above `name`.
    fn leave_for(&mut self, name: &Name) {
        while self.way.pop_if(|step| !name.is_at_or_below(&step.name)).is_some() {}
    }

    /// What this image says of `name`, which comes before its next node or is that node, and of what is below; and whether a
    /// rule at it takes it out.
    fn sets(&mut self, name: &Name) -> Result<(Sets, Sets, bool), ImageFault> {
        if self.next.as_ref().is_some_and(|next| next.name == *name) {
            self.advance()?;
            let step = self.way.last().expect("what was passed is on the way");
            return Ok((step.own, step.below, step.excepted));
        }
        self.leave_for(name);
        // The rules at a name above count below it, and not as exact.
        let sets = self.way.last().map_or_else(Sets::default, |step| step.below);
        Ok((sets, sets, false))
    }
}

/// The name with one more label in front.
fn below(above: &Name, label: &[u8]) -> Option<Name> {
    let mut wire = [0; MAX_NAME];
    let rest = above.as_wire();
    let end = 1 + label.len() + rest.len();
    let to = wire.get_mut(..end)?;
    to[0] = u8::try_from(label.len()).ok()?;
    to[1..=label.len()].copy_from_slice(label);
    to[1 + label.len()..].copy_from_slice(rest);
    Name::from_wire(to).ok()
}

impl Tour<'_> {
    fn stop(&mut self) -> Result<Option<Stop>, ImageFault> {
        let nodes = self.images.iter().filter_map(|walk| walk.next.as_ref().map(|next| &next.name));
        let Some(name) = nodes.chain(self.others.last()).min().cloned() else { return Ok(None) };
        self.others.pop_if(|other| *other == name);
        let mut stop = Stop { name, own: Listed::default(), below: Listed::default(), excepted: false, typed: false };
        for walk in &mut self.images {
            let (own, below, excepted) = walk.sets(&stop.name)?;
            stop.excepted |= excepted;
            stop.typed |= own.typed || below.typed;
            unite(&mut stop.own, walk.image, &walk.image.settle(&stop.name, self.record_type, own));
            unite(&mut stop.below, walk.image, &walk.image.settle_below(&stop.name, self.record_type, below));
        }
        Ok(Some(stop))
    }
}

impl Iterator for Tour<'_> {
    type Item = Result<Stop, ImageFault>;

    fn next(&mut self) -> Option<Self::Item> {
        self.stop().transpose()
    }
}

#[cfg(test)]
mod tests;
