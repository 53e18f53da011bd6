//! The index: a short stack of images, one per owner, asked together.
//!
//! Lists of one owner take nothing from another's: the images are looked up each for itself and united.

use std::net::IpAddr;
use std::sync::Arc;

use super::image::{Image, NetSets, Route, Sets, TOGETHER};
use super::why::{Verified, Why, verify, why, why_address};
use super::{CategorySet, Listed};
use crate::dns::{Name, RecordType};

/// A name, the record type that it is asked for, and where it is put what the lists say.
pub type Asked<'n> = (&'n Name, RecordType, &'n mut Listed);

/// All lists that are in force.
#[derive(Debug, Clone, Default)]
pub struct Index {
    images: Vec<Arc<Image>>,
}

impl Index {
    /// The index over some images, at most one for each owner.
    pub fn new(images: Vec<Arc<Image>>) -> Self {
        Self { images }
    }

    /// What the lists say of `name` when it is asked for `record_type`. One walk for each image; allocates nothing.
    pub fn categories(&self, name: &Name, record_type: RecordType) -> Listed {
        let mut listed = Listed::default();
        self.ask::<1>(&mut std::iter::once((name, record_type, &mut listed)));
        listed
    }

    /// As [`Index::categories`], of several names side by side: they wait for the memory together. Allocates nothing.
    pub fn categories_of<'n>(&self, mut asked: impl Iterator<Item = Asked<'n>>) {
        while self.ask::<TOGETHER>(&mut asked) == TOGETHER {}
    }

    /// Looks the next `N` names up, and says how many there were.
    fn ask<'n, const N: usize>(&self, asked: &mut impl Iterator<Item = Asked<'n>>) -> usize {
        let mut questions: [Option<Asked<'n>>; N] = [const { None }; N];
        let mut routes = [Route::ROOT; N];
        let mut count = 0;
        for (route, question) in routes.iter_mut().zip(asked) {
            *route = Route::of(question.0.as_wire());
            *question.2 = Listed::default();
            questions[count] = Some(question);
            count += 1;
        }
        let mut walked = [Sets::default(); N];
        for image in &self.images {
            image.walk(&routes[..count], &mut walked);
            for (question, sets) in questions.iter_mut().zip(&walked).take(count) {
                let Some((name, record_type, listed)) = question else { continue };
                unite(listed, image, &image.settle(name, *record_type, *sets));
            }
        }
        count
    }

    /// What the lists of networks say of an address in an answer. Allocates nothing.
    pub fn address(&self, address: IpAddr) -> Listed {
        let mut listed = Listed::default();
        for image in &self.images {
            let NetSets { categories, observed } = image.networks().find(address);
            if image.owner().is_office() {
                listed.office = listed.office.union(categories);
            } else {
                listed.school = listed.school.union(categories);
            }
            listed.observed |= observed;
        }
        listed
    }

    /// Every list, line and rule that names `name`, from the first image to the last, each from the top-level domain down.
    pub fn why(&self, name: &Name, record_type: RecordType) -> Vec<Why> {
        let mut all = Vec::new();
        for image in &self.images {
            why(image, name, record_type, &mut all);
        }
        all
    }

    /// As [`Index::why`], and finds the images in which the name's hash is that of another, which they list: from then on they look it
    /// up octet for octet.
    pub fn verify(&self, name: &Name, record_type: RecordType) -> Verified {
        let mut verified = Verified { why: Vec::new(), mistaken: Vec::new() };
        for image in &self.images {
            verify(image, name, record_type, &mut verified);
        }
        verified
    }

    /// How many names the images know to be taken for others.
    pub fn mistaken(&self) -> u32 {
        self.images.iter().map(|image| image.mistaken()).sum()
    }

    /// Every list, line and network that holds `address`.
    pub fn why_address(&self, address: IpAddr) -> Vec<Why> {
        self.images.iter().flat_map(|image| why_address(image, address)).collect()
    }

    /// The images.
    pub fn images(&self) -> &[Arc<Image>] {
        &self.images
    }

    /// How many names the rules of all images have; one that several owners list counts for each.
    pub fn names(&self) -> u64 {
        self.images.iter().map(|image| image.names()).sum()
    }

    /// Octets of all images.
    pub fn bytes(&self) -> u64 {
        self.images.iter().map(|image| image.bytes()).sum()
    }

    /// Octets that queries touch, all of them together.
    pub fn hot_bytes(&self) -> u64 {
        self.images.iter().map(|image| image.hot_bytes()).sum()
    }

    /// The categories that lists of any image are about.
    pub fn listed_categories(&self) -> CategorySet {
        self.images.iter().flat_map(|image| image.lists()).map(|list| list.category).collect()
    }
}

/// Adds what one image says of a name.
pub(super) fn unite(listed: &mut Listed, image: &Image, sets: &Sets) {
    if image.owner().is_office() {
        listed.office = listed.office.union(sets.categories);
    } else {
        listed.school = listed.school.union(sets.categories);
        listed.school_exact = listed.school_exact.union(sets.exact);
    }
    listed.closed = listed.closed.union(sets.closed);
    listed.protected = listed.protected.union(sets.protected);
    listed.observed |= sets.observed;
    listed.rule_labels = listed.rule_labels.max(sets.rule_labels);
}
