//! What tests of lists and of what stands on them make images of.

use std::io::Cursor;

use super::{Content, ImageKey, KEYS, NetRules, Rules};
use crate::dns::Name;
use crate::lists::format::{Action, Entry, Scope, TypeSet};
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

fn under(derive: fn(&[u8; 32], u32) -> ImageKey, content: Content) -> Vec<u8> {
    let made = (0..KEYS).find_map(|attempt| {
        let mut octets = Cursor::new(Vec::new());
        content.clone().make_under(derive, attempt, &mut octets).ok().map(|_| octets.into_inner())
    });
    made.expect("a test's lists fit")
}

/// A school's image of one list, each name with all below it, under a key by which names meet.
pub(crate) fn weak_image(list: List, names: &[Name]) -> Image {
    let mut content = content(Owner::School, vec![list], &[]);
    for (line, name) in (1..).zip(names) {
        let plain = Entry { name, scope: Scope::Subtree, action: Action::Block, types: TypeSet::ALL, important: false, line };
        content.rules.add(0, &plain);
    }
    Image::from_bytes(weak_bytes_of(content)).expect("just made")
}
