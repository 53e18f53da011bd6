//! What tests of lists and of what stands on them make images of.

use super::{Content, ImageKey, NetRules, Rules};
use crate::dns::Name;
use crate::lists::format::{Action, Entry, Scope, TypeSet};
use crate::lists::image::{Unwritten, write};
use crate::lists::{Image, List, Owner, Protection};

/// Lists without a rule.
pub(super) fn content(owner: Owner, lists: Vec<List>, protected: &[(Name, Protection)]) -> Content {
    Content {
        owner,
        lists,
        rules: Rules::default(),
        patterns: Vec::new(),
        networks: NetRules::default(),
        protected: protected.to_vec(),
        fingerprint: [7; 32],
    }
}

/// The octets of the image.
pub(super) fn bytes_of(content: Content) -> Vec<u8> {
    under(ImageKey::derive, content)
}

/// The octets of the image under a key by which names meet.
pub(super) fn weak_bytes_of(content: Content) -> Vec<u8> {
    under(ImageKey::weak, content)
}

fn under(derive: fn(&blake3::Hash, u32) -> ImageKey, content: Content) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut put = |parts| -> Result<u64, Unwritten> { write(parts, &mut bytes) };
    content.make_under(derive, &mut put).expect("a test's lists fit");
    bytes
}

/// A school's image of one list, each name with all below it, under a key by which names meet.
pub(crate) fn weak_image(list: List, names: &[Name]) -> Image {
    let mut content = content(Owner::School, vec![list], &[]);
    for (line, name) in (1..).zip(names) {
        let plain = Entry { name, scope: Scope::Subtree, action: Action::Block, types: TypeSet::ALL, important: false, line };
        content.rules.add(0, &plain).expect("few names");
    }
    Image::from_bytes(weak_bytes_of(content)).expect("just made")
}
