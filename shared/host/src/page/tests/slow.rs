//! Clients that send a form slowly, and many at once.

use std::time::Duration;

use tokio::time::timeout;

use super::*;

/// Sends the head of a form and a part of its body, as a proxy does for a client.
async fn begun(pages: &Pages, client: &str) -> TcpStream {
    let mut stream = TcpStream::connect(pages.address).await.unwrap();
    let text = format!(
        "POST /api/form HTTP/1.1\r\nHost: hub.example.org.nz\r\n\
         Origin: https://hub.example.org.nz\r\nX-Forwarded-Proto: https\r\n\
         X-Forwarded-For: {client}\r\nContent-Length: 60000\r\n\r\na=half"
    );
    stream.write_all(text.as_bytes()).await.unwrap();
    stream
}

async fn status(mut stream: TcpStream) -> u16 {
    let mut answer = String::new();
    // The rest of the form is not read, so the connection may end hard after the answer.
    let _ended = stream.read_to_string(&mut answer).await;
    let words = answer.split(' ').nth(1);
    words.map_or(0, |status| status.parse().unwrap())
}

async fn behind_a_proxy() -> Pages {
    let public = Public {
        host: "hub.example.org.nz".to_owned(),
        proxies: vec!["127.0.0.1".parse().unwrap()],
        local: &["/healthz"],
    };
    let with = |guard: Guard| guard.with_forms(&["/api/form"]).behind(public);
    Pages::start_with("127.0.0.1:0", with).await
}

#[tokio::test(flavor = "multi_thread")]
async fn slow_forms_of_one_stranger_are_few_and_have_an_end() {
    let pages = behind_a_proxy().await;
    let mut held = Vec::new();
    for _ in 0..limits::PAGE_FORMS_OF_AN_ADDRESS_MAX {
        held.push(begun(&pages, "192.0.2.1").await);
    }
    tokio::time::sleep(Duration::from_millis(500)).await;
    let another = timeout(Duration::from_secs(2), async {
        status(begun(&pages, "192.0.2.1").await).await
    });
    assert_eq!(another.await.unwrap(), 429);
    // One at another address has a place, and the same time.
    held.push(begun(&pages, "192.0.2.2").await);
    let all = async {
        let mut all = Vec::new();
        for stream in held {
            all.push(status(stream).await);
        }
        all
    };
    let all = timeout(2 * limits::PAGE_FORM_TIME_MAX, all).await.unwrap();
    assert!(all.iter().all(|status| *status == 408), "{all:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_who_holds_all_connections_keeps_no_monitor_of_this_computer_out() {
    let pages = behind_a_proxy().await;
    let mut held = Vec::new();
    for n in 0..limits::HTTP_CONNECTIONS_MAX {
        held.push(begun(&pages, &format!("192.0.2.{}", n / 8)).await);
    }
    let soon = Duration::from_secs(2);
    let here = pages.ask(&["GET /healthz HTTP/1.1", "Host: HOST"]);
    assert_eq!(timeout(soon, here).await.unwrap().status(), 200);
    let lines = [
        "GET /api/v1/rollups HTTP/1.1",
        "Host: hub.example.org.nz",
        "X-Forwarded-Proto: https",
    ];
    let busy = timeout(soon, pages.ask(&lines)).await.unwrap();
    assert_eq!(busy.status(), 503);
    assert_eq!(busy.header("retry-after"), Some("5"));
}
