//! Wrong attempts, by a clock that the test sets.

use axum::http::{Method, StatusCode};
use weft_host::clock;
use weft_shared::time::Timestamp;

use super::{Enrolled, Entrance, PASSWORD, cookie};
use crate::tests::web::ask;

/// Sets the clock, and lets the next code be one of that time.
fn at(now: Timestamp, person: &mut Enrolled) {
    clock::simulate(now);
    person.used = now;
}

async fn may_in(hub: &Entrance, person: &mut Enrolled, now: Timestamp) -> bool {
    at(now, person);
    let answer = hub.try_in(person, PASSWORD).await;
    answer.status == StatusCode::SEE_OTHER
}

async fn fail_three_times(hub: &Entrance, person: &mut Enrolled, now: Timestamp) {
    at(now, person);
    for _ in 0..3 {
        let answer = hub.try_in(person, "0123456789abcdef").await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    }
}

#[tokio::test]
async fn three_failures_lock_a_password_and_the_fourth_lock_of_a_day_lasts() {
    let begin = clock::now();
    clock::simulate(begin);
    let hub = Entrance::new().await;
    let mut person = hub.person("Aroha", "national").await;
    let minutes = |count: i64| begin.plus_ms(count * 60_000);
    assert!(may_in(&hub, &mut person, minutes(1)).await);
    fail_three_times(&hub, &mut person, minutes(2)).await;
    assert!(!may_in(&hub, &mut person, minutes(3)).await);
    assert!(!may_in(&hub, &mut person, minutes(16)).await);
    assert!(may_in(&hub, &mut person, minutes(18)).await);
    for lock in 1..=3 {
        fail_three_times(&hub, &mut person, minutes(20 * lock)).await;
    }
    assert!(!may_in(&hub, &mut person, minutes(100)).await);
    assert!(!may_in(&hub, &mut person, minutes(60 * 24 * 30)).await);
    let acts = hub.acts().await;
    let last = |text: &str| acts.iter().any(|(_, _, subject)| subject.contains(text));
    assert!(last("locked until a reset"), "{acts:?}");
    assert!(last("locked for 15 minutes"), "{acts:?}");
}

/// Somebody who types badly now and then is not locked out for good.
#[tokio::test]
async fn locks_of_the_day_before_count_no_more() {
    let begin = clock::now();
    clock::simulate(begin);
    let hub = Entrance::new().await;
    let mut person = hub.person("Aroha", "national").await;
    let minutes = |count: i64| begin.plus_ms(count * 60_000);
    let locks = [20, 800, 1_600, 2_400, 3_200];
    for lock in locks {
        fail_three_times(&hub, &mut person, minutes(lock)).await;
    }
    assert!(!may_in(&hub, &mut person, minutes(3_210)).await);
    assert!(may_in(&hub, &mut person, minutes(3_220)).await);
}

#[tokio::test]
async fn whoever_is_kept_out_gets_one_answer() {
    let hub = Entrance::new().await;
    let mut person = hub.person("Aroha", "national").await;
    let code = person.secret.code(clock::now().plus_ms(30_000));
    let wrong = hub.send_in("Aroha", "0123456789abcdef", &code).await;
    let unknown = hub.send_in("Nikau", PASSWORD, &code).await;
    let no_code = hub.send_in("Aroha", PASSWORD, "000000").await;
    for answer in [&unknown, &no_code] {
        assert_eq!(answer.status, wrong.status);
        // Each page offers a ceremony of its own.
        let same = |body: &str| {
            let lines = body.lines().filter(|line| !line.contains("ceremony"));
            let lines = lines.filter(|line| !line.contains("data-options"));
            lines.collect::<String>().replace("Nikau", "Aroha")
        };
        assert_eq!(same(&answer.body), same(&wrong.body));
    }
    // A code counts once, even where the password is right.
    let session = hub.try_in(&mut person, PASSWORD).await;
    assert_eq!(session.status, StatusCode::SEE_OTHER);
    let again = person.secret.code(person.used);
    let again = hub.send_in("Aroha", PASSWORD, &again).await;
    assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY);
    let acts = hub.acts().await;
    assert!(
        !format!("{acts:?}").contains("Nikau"),
        "a typed name may be a password"
    );
}

#[tokio::test]
async fn a_token_opens_nothing_after_90_days() {
    let begin = clock::now();
    clock::simulate(begin);
    let hub = Entrance::new().await;
    let token = hub.app.create_token("Report").await.unwrap();
    let bearer = format!("Bearer {token}");
    for (days, status) in [(89, StatusCode::OK), (91, StatusCode::UNAUTHORIZED)] {
        clock::simulate(begin.plus_ms(days * 86_400_000));
        let headers = [("authorization", bearer.as_str())];
        let path = "/api/v1/indicators";
        let answer = ask(&hub.router, Method::GET, path, &headers, "").await;
        assert_eq!(answer.status, status, "{days}: {}", answer.body);
    }
}

#[tokio::test]
async fn a_session_ends_idle_and_in_any_case() {
    let begin = clock::now();
    clock::simulate(begin);
    let hub = Entrance::new().await;
    let mut person = hub.person("Aroha", "national").await;
    at(begin.plus_ms(60_000), &mut person);
    let session = cookie(&hub.try_in(&mut person, PASSWORD).await);
    let is_in = async |minutes: i64| {
        clock::simulate(begin.plus_ms(minutes * 60_000));
        hub.get("/account", &session).await.status == StatusCode::OK
    };
    for minutes in (1..=720).step_by(29) {
        assert!(is_in(minutes).await, "{minutes}");
    }
    assert!(!is_in(721).await);
    at(begin.plus_ms(60_000 * 800), &mut person);
    let session = cookie(&hub.try_in(&mut person, PASSWORD).await);
    clock::simulate(begin.plus_ms(60_000 * 831));
    assert_eq!(
        hub.get("/account", &session).await.status,
        StatusCode::SEE_OTHER
    );
}
