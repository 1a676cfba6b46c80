//! A headless chromium with its own profile, and the driver that controls it.

use std::{
    io::{BufRead as _, BufReader},
    process::{Child, ChildStdout, Command, Stdio},
    time::{Duration, Instant},
};

use fantoccini::{Client, ClientBuilder, Locator, elements::Element};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use tempfile::TempDir;

/// Maximum time until a page shows expected text. It only ends a test that hangs.
const WAIT_MAX: Duration = Duration::from_secs(60);
/// Interval between two looks at a page.
const WAIT_STEP: Duration = Duration::from_millis(300);

/// A browser; it ends when this is dropped.
pub(crate) struct Browser {
    client: Client,
    driver: Child,
    /// Never read, but the driver ends if its output has no reader.
    _said: BufReader<ChildStdout>,
    _profile: TempDir,
}

/// Whether pages may run scripts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scripts {
    On,
    Off,
}

impl Browser {
    /// Starts a browser. `resolve` maps names to addresses, as a hostile name server would.
    pub(crate) async fn start(scripts: Scripts, resolve: &str) -> Self {
        Self::start_with(scripts, resolve, &json!({})).await
    }

    /// Starts a browser with the screen of a small phone: 320 pixels wide.
    pub(crate) async fn narrow() -> Self {
        let metrics = json!({"width": 320, "height": 900, "pixelRatio": 2.0, "mobile": false});
        let screen = json!({"mobileEmulation": {"deviceMetrics": metrics}});
        Self::start_with(Scripts::On, "", &screen).await
    }

    async fn start_with(scripts: Scripts, resolve: &str, screen: &Value) -> Self {
        let mut driver = Command::new("chromedriver")
            .arg("--port=0")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("chromedriver is installed: apt-get install chromium chromium-driver");
        let mut said = BufReader::new(driver.stdout.take().expect("stdout is piped"));
        let port = port(&mut said);
        let profile = TempDir::new().expect("a profile needs a folder");
        let mut capabilities = capabilities(scripts, resolve, &profile);
        let options = capabilities["goog:chromeOptions"].as_object_mut();
        let screen = screen.as_object().expect("options are an object").clone();
        options.expect("options are an object").extend(screen);
        let client = ClientBuilder::new(HttpConnector::new())
            .capabilities(capabilities)
            .connect(&format!("http://127.0.0.1:{port}"))
            .await
            .expect("chromium starts");
        Self {
            client,
            driver,
            _said: said,
            _profile: profile,
        }
    }

    pub(crate) async fn open(&self, url: &str) {
        self.client.goto(url).await.expect("the page opens");
    }

    pub(crate) async fn url(&self) -> String {
        self.client
            .current_url()
            .await
            .expect("there is a page")
            .to_string()
    }

    pub(crate) async fn title(&self) -> String {
        self.client.title().await.expect("pages have titles")
    }

    /// Returns all readable text on the page.
    pub(crate) async fn text(&self) -> String {
        let begin = Instant::now();
        loop {
            match self.find("body").await.text().await {
                Ok(text) => return text,
                // The page was replaced by the next one just now.
                Err(error) => assert!(begin.elapsed() < WAIT_MAX, "no page to read: {error}"),
            }
            tokio::time::sleep(WAIT_STEP).await;
        }
    }

    #[track_caller]
    pub(crate) fn find<'a>(&'a self, css: &'a str) -> impl Future<Output = Element> + 'a {
        let place = std::panic::Location::caller();
        async move {
            match self.client.find(Locator::Css(css)).await {
                Ok(element) => element,
                Err(error) => panic!("{place}: no {css} on {}: {error}", self.url().await),
            }
        }
    }

    pub(crate) async fn click(&self, css: &str) {
        self.find(css)
            .await
            .click()
            .await
            .expect("it can be clicked");
    }

    /// Clicks a button that sends a form, and waits for the next page.
    pub(crate) async fn submit(&self, css: &str) {
        let before = self.find("html").await;
        self.click(css).await;
        let begin = Instant::now();
        while before.tag_name().await.is_ok() {
            assert!(begin.elapsed() < WAIT_MAX, "{css} sends nothing");
            tokio::time::sleep(WAIT_STEP).await;
        }
    }

    pub(crate) async fn fill(&self, css: &str, text: &str) {
        let field = self.find(css).await;
        field.clear().await.expect("it is a field");
        field.send_keys(text).await.expect("it takes text");
    }

    /// Returns the focused element as `name#id.class`.
    pub(crate) async fn focused(&self) -> String {
        let element = self
            .client
            .active_element()
            .await
            .expect("something has the focus");
        let part = async |name: &str| element.attr(name).await.ok().flatten().unwrap_or_default();
        let tag = element.tag_name().await.expect("elements have names");
        format!("{tag}#{}.{}", part("id").await, part("class").await)
    }

    /// Loads `url` repeatedly until the page says `words`.
    pub(crate) async fn wait_for(&self, url: &str, words: &str) -> String {
        let begin = Instant::now();
        loop {
            self.open(url).await;
            let text = self.text().await;
            if text.contains(words) {
                return text;
            }
            assert!(
                begin.elapsed() < WAIT_MAX,
                "no \"{words}\" on {url}:\n{text}"
            );
            tokio::time::sleep(WAIT_STEP).await;
        }
    }

    pub(crate) async fn forget_cookies(&self) {
        self.client
            .delete_all_cookies()
            .await
            .expect("cookies can be deleted");
    }

    pub(crate) async fn run(&self, script: &str) -> Value {
        let result = self.client.execute_async(script, Vec::new()).await;
        result.expect("the script runs")
    }

    /// Returns a PNG picture of the page as it is.
    pub(crate) async fn picture(&self) -> Vec<u8> {
        self.client
            .screenshot()
            .await
            .expect("pages can be pictured")
    }

    pub(crate) async fn close(self) {
        // The driver is ended in any case.
        let _ = self.client.clone().close().await;
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

/// Returns the port that the driver announces.
fn port(said: &mut impl std::io::BufRead) -> u16 {
    for line in said.lines() {
        let line = line.expect("the driver speaks text");
        if let Some((_, port)) = line.split_once("successfully on port ") {
            return port
                .trim_end_matches('.')
                .parse()
                .expect("a port is a number");
        }
    }
    panic!("chromedriver ended without having said its port");
}

fn capabilities(
    scripts: Scripts,
    resolve: &str,
    profile: &TempDir,
) -> serde_json::Map<String, Value> {
    let mut arguments = vec![
        "--headless".to_owned(),
        // Chromium's sandbox refuses to run as root, as tests in containers do.
        "--no-sandbox".to_owned(),
        "--disable-gpu".to_owned(),
        "--disable-quic".to_owned(),
        "--no-first-run".to_owned(),
        "--disable-background-networking".to_owned(),
        "--disable-component-update".to_owned(),
        "--disable-sync".to_owned(),
        "--window-size=1280,1000".to_owned(),
        format!("--user-data-dir={}", profile.path().display()),
    ];
    if !resolve.is_empty() {
        arguments.push(format!("--host-resolver-rules={resolve}"));
    }
    let scripts = if scripts == Scripts::Off { 2 } else { 1 };
    let capabilities = json!({
        "goog:chromeOptions": {
            "args": arguments,
            "prefs": { "profile.managed_default_content_settings.javascript": scripts },
        }
    });
    let Value::Object(capabilities) = capabilities else {
        unreachable!("json! of braces is an object");
    };
    capabilities
}
