//! Where the labels of a name begin, however many it has.

use super::*;
use crate::dns::Name;
use crate::lists::image::Labels;

#[test]
fn labels_are_found_from_the_top() {
    let long = ["x"; 127].join(".");
    for text in [".", "vn", "edu.vn", "www.moet.gov.vn", "a.b.c.d.e.f.g.h.example", "a.b.c.d.e.f.g.h.i.j.k.l.m.example", &long] {
        let name = Name::parse(text).expect("a name");
        let (route, labels) = (Route::of(name.as_wire()), Labels::of(&name));
        assert_eq!(route.labels, labels.count(), "{text}");
        for depth in 1..=labels.count() {
            assert_eq!(route.label(depth), labels.at(depth), "{text}, {depth} from the top");
        }
    }
}
