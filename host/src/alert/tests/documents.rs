//! What is kept, as it is written.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::world::World;
use super::*;
use crate::model::Status;

fn round_trips<T: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug>(value: &T) -> Value {
    let text = serde_json::to_string(value).unwrap();
    assert_eq!(&serde_json::from_str::<T>(&text).unwrap(), value, "{text}");
    let mut document: Value = serde_json::from_str(&text).unwrap();
    let written = document.clone();
    document.as_object_mut().unwrap().insert("surprise".to_owned(), Value::Null);
    assert!(serde_json::from_value::<T>(document).is_err(), "what is not known is not read over");
    written
}

#[test]
fn states_and_what_was_told_come_back_as_they_were() {
    round_trips(&State::new());
    round_trips(&Told::default());
    round_trips(&Desk::default());
    let mut world = World::of_one();
    world.limit = Some(RateLimit { messages: 1, per: Duration::from_hours(1) });
    for minute in 0..40 {
        let status = if minute % 3 == 0 { Status::Fail } else { Status::Pass };
        world.result("c", status, Severity::Critical, minute * 9 * MINUTE);
        let silence = Silence { id: "s".to_owned(), matchers: Vec::new(), from: at(2 * HOUR), until: at(3 * HOUR) };
        world.overlays.silences = vec![silence];
        world.pass_time(minute * 9 * MINUTE, (minute + 1) * 9 * MINUTE - 1);
        world.states.values().for_each(|state| drop(round_trips(state)));
        world.tolds.values().for_each(|told| drop(round_trips(told)));
        world.desks.values().for_each(|desk| drop(round_trips(desk)));
    }
    assert!(world.held.len() > 1 && world.sent.len() > 1);
}

#[test]
fn a_state_is_written_in_words() {
    let mut alert = Alert::data(at_once());
    alert.take(&fail(0, Severity::High), 1);
    alert.take(&ack(Some(HOUR), true), 2);
    let document = round_trips(alert.state());
    assert_eq!(document["phase"], "acked");
    assert_eq!(document["severity"], "high");
    assert_eq!(document["id"], "00000000000000000000000001");
    assert_eq!(document["opened_at"], "2026-01-01T00:00:01Z");
    assert_eq!(document["acked"]["until"], "2026-01-01T01:00:00Z");
    assert_eq!(document["last_run"], RunId::NIL.to_string());
    alert.take(&Event::Resolve { by: "ann".to_owned(), reason: "known".to_owned() }, 3);
    assert_eq!(round_trips(alert.state())["ended"]["how"], "by_hand");
}

#[test]
fn a_word_that_does_not_exist_is_refused() {
    let text = serde_json::to_string(&State::new()).unwrap().replace("\"inactive\"", "\"asleep\"");
    let error = serde_json::from_str::<State>(&text).expect_err("asleep").to_string();
    assert!(error.starts_with("`asleep` is no phase"), "{error}");
    assert!(serde_json::from_str::<State>("{}").is_err(), "a phase is not made up");
}
