//! One flight for many, whoever leaves.

use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::*;

/// A flight that counts itself and lands when the gate opens.
fn flight(begun: &Arc<AtomicUsize>, gate: &Arc<Semaphore>) -> Result<impl Future<Output = usize> + Send + 'static, usize> {
    let number = begun.fetch_add(1, SeqCst);
    let gate = Arc::clone(gate);
    Ok(async move {
        gate.acquire().await.expect("the gate is never closed").forget();
        number
    })
}

#[tokio::test]
async fn ten_thousand_askers_are_one_flight() {
    let flights = Flights::<&str, usize>::new();
    let (begun, gate) = (Arc::new(AtomicUsize::new(0)), Arc::new(Semaphore::new(0)));
    let mut askers = JoinSet::new();
    for _ in 0..10_000 {
        let (flights, begun, gate) = (Arc::clone(&flights), Arc::clone(&begun), Arc::clone(&gate));
        askers.spawn(async move { flights.join(&"name", || flight(&begun, &gate)).await });
    }
    tokio::task::yield_now().await;
    gate.add_permits(1);
    assert!(askers.join_all().await.into_iter().all(|landed| landed == Some(0)));
    assert_eq!(begun.load(SeqCst), 1);
    // What has landed is off the list: the next asker starts anew.
    gate.add_permits(1);
    assert_eq!(flights.join(&"name", || flight(&begun, &gate)).await, Some(1));
    assert!(flights.open().is_empty());
}

#[tokio::test]
async fn a_leader_who_leaves_takes_nothing_along() {
    let flights = Flights::<&str, usize>::new();
    let (begun, gate) = (Arc::new(AtomicUsize::new(0)), Arc::new(Semaphore::new(0)));
    let leader = {
        let (flights, begun, gate) = (Arc::clone(&flights), Arc::clone(&begun), Arc::clone(&gate));
        tokio::spawn(async move { flights.join(&"name", || flight(&begun, &gate)).await })
    };
    while begun.load(SeqCst) == 0 {
        tokio::task::yield_now().await;
    }
    leader.abort();
    assert!(leader.await.expect_err("the leader is gone").is_cancelled());
    gate.add_permits(1);
    assert_eq!(flights.join(&"name", || flight(&begun, &gate)).await, Some(0));
}

#[tokio::test]
async fn what_is_known_at_once_starts_nothing() {
    let flights = Flights::<&str, usize>::new();
    let known = flights.join(&"name", || Err::<std::future::Ready<usize>, _>(7)).await;
    assert_eq!(known, Some(7));
    assert!(flights.open().is_empty());
}

#[tokio::test]
async fn a_flight_that_panics_is_off_the_list() {
    let flights = Flights::<&str, usize>::new();
    let lost = flights.join(&"name", || Ok(async { panic!("the flight is lost") })).await;
    assert_eq!(lost, None);
    assert!(flights.open().is_empty());
}
