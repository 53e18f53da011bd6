//! How seldom the log is told.

use std::time::Duration;

use super::Seldom;

#[test]
fn it_is_told_once_a_minute() {
    let seldom = Seldom::default();
    let told: Vec<u64> = (0..200).filter(|second| seldom.is_due(Duration::from_secs(*second))).collect();
    assert_eq!(told, [0, 60, 120, 180]);
    assert!(!seldom.is_due(Duration::from_secs(199)));
}
