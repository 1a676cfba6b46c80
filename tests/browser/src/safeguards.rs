//! Another page in the same browser can do nothing to the node.

use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};

use crate::{
    browser::{Browser, Scripts},
    network::Network,
};

/// A name that a hostile name server points at this computer.
const REBOUND: &str = "rebound.example";

#[tokio::test]
async fn another_page_in_the_browser_reads_and_changes_nothing() {
    let network = Network::start();
    let browser = Browser::start(Scripts::On, &format!("MAP {REBOUND} 127.0.0.1")).await;
    // The person is signed in.
    browser.open(&network.link()).await;
    let other = serve(foreign_page(&network.node())).await;
    post_from_elsewhere(&browser, &network, &other).await;
    read_from_elsewhere(&browser, &network, &other).await;
    rebind(&browser, &network).await;
    assert_eq!(
        decision(&network),
        Value::Null,
        "nothing was decided by another page"
    );
    browser.close().await;
}

async fn post_from_elsewhere(browser: &Browser, network: &Network, other: &str) {
    browser.open(other).await;
    browser.submit("button").await;
    assert_eq!(
        browser.url().await,
        format!("{}/indicators/VAX_PRIMARY/decide", network.node()),
        "the form was sent"
    );
    assert!(browser.text().await.contains("Not from these pages"));
    assert_eq!(decision(network), Value::Null);
}

async fn read_from_elsewhere(browser: &Browser, network: &Network, other: &str) {
    browser.open(other).await;
    let node = network.node();
    let read = format!(
        "const done = arguments[0]; fetch('{node}/plan', {{credentials: 'include'}})\
         .then(answer => answer.text()).then(done, () => done('refused'));"
    );
    assert_eq!(browser.run(&read).await, json!("refused"));
    let write = format!(
        "const done = arguments[0]; fetch('{node}/indicators/VAX_PRIMARY/decide', {{method: \
         'POST', mode: 'no-cors', credentials: 'include', body: new URLSearchParams('{FORM}')}})\
         .then(() => done('sent'), () => done('refused'));"
    );
    // The browser sends it and the node refuses it: only the documents matter.
    browser.run(&write).await;
    assert_eq!(decision(network), Value::Null);
}

async fn rebind(browser: &Browser, network: &Network) {
    let node = network.node();
    let port = node.rsplit(':').next().expect("the address has a port");
    browser.open(&format!("http://{REBOUND}:{port}/")).await;
    assert!(browser.text().await.contains("Wrong address"));
    let write = format!(
        "const done = arguments[0]; fetch('/indicators/VAX_PRIMARY/decide', {{method: 'POST', \
         body: new URLSearchParams('{FORM}')}}).then(answer => done(answer.status), done);"
    );
    assert_eq!(browser.run(&write).await, json!(421));
}

/// The body that the decision form sends.
const FORM: &str = "status=adopted&audience=released&reason=";

fn decision(network: &Network) -> Value {
    let rows = network.ask(&["indicator", "list", "--json"]);
    let rows = rows.as_array().expect("a list");
    let row = rows.iter().find(|row| row["code"] == "VAX_PRIMARY");
    row.expect("the hub has the indicator")["decision"].clone()
}

fn foreign_page(node: &str) -> String {
    format!(
        "<!doctype html><title>Prizes</title>\
         <form method=\"post\" action=\"{node}/indicators/VAX_PRIMARY/decide\">\
         <input name=\"status\" value=\"adopted\"><input name=\"audience\" value=\"public\">\
         <button>Win</button></form>"
    )
}

/// Serves one page on a port of its own, as another program on this computer would.
async fn serve(page: String) -> String {
    let listener = TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a port is free");
    let address = listener.local_addr().expect("it is bound");
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let answer = format!(
                "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\nconnection: close\r\n\
                 content-length: {}\r\n\r\n{page}",
                page.len()
            );
            let mut request = [0_u8; 4_096];
            // A browser that hangs up early has what it needs.
            let _ = stream.read(&mut request).await;
            let _ = stream.write_all(answer.as_bytes()).await;
        }
    });
    // Under the node's own name: cookies of one host go to all of its ports.
    format!("http://localhost:{}/", address.port())
}
