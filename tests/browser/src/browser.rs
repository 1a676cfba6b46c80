//! A headless chromium with its own profile, and the driver that controls it.

use std::{
    io::{BufRead as _, BufReader},
    process::{Child, ChildStdout, Command, Stdio},
    time::{Duration, Instant},
};

use fantoccini::{
    Client, ClientBuilder, Locator,
    actions::{InputSource as _, KeyAction, KeyActions},
    elements::Element,
    key,
    wd::{PrintConfigurationBuilder, PrintSize},
};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

/// Maximum time until a page shows expected text. It only ends a test that hangs.
const WAIT_MAX: Duration = Duration::from_secs(60);
/// Interval between two looks at a page.
const WAIT_STEP: Duration = Duration::from_millis(300);

/// A browser; it ends when this is dropped.
pub(crate) struct Browser {
    client: Client,
    /// The port of the driver, for commands that the client lacks.
    port: u16,
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

/// Keys without a letter.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Key {
    Down,
    Enter,
    Space,
    Tab,
}

impl From<Key> for char {
    fn from(key: Key) -> Self {
        match key {
            Key::Down => key::Key::Down.into(),
            Key::Enter => key::Key::Enter.into(),
            Key::Space => ' ',
            Key::Tab => key::Key::Tab.into(),
        }
    }
}

/// The colours that a person prefers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Colours {
    Light,
    Dark,
}

impl Colours {
    /// Returns the word in a picture's name.
    pub(crate) fn name(self) -> &'static str {
        if self == Self::Dark { "dark" } else { "light" }
    }
}

impl Browser {
    /// Starts a browser. `resolve` maps names to addresses, as a hostile name server would.
    pub(crate) async fn start(scripts: Scripts, resolve: &str) -> Self {
        Self::start_with(arguments(resolve), scripts, &json!({})).await
    }

    /// Starts a browser of a person who prefers `colours`.
    pub(crate) async fn coloured(colours: Colours) -> Self {
        let mut all = arguments("");
        // Blink numbers them so: 0 is dark.
        let number = u8::from(colours == Colours::Light);
        all.push(format!("--blink-settings=preferredColorScheme={number}"));
        all.push("--hide-scrollbars".to_owned());
        Self::start_with(all, Scripts::On, &json!({})).await
    }

    /// Gives the page a screen of this size, px.
    pub(crate) async fn resize(&self, width: u32, height: u32) {
        let sized = self.client.set_window_size(width, height).await;
        sized.expect("a window can be sized");
    }

    /// Starts a browser with the screen of a small phone: 320 pixels wide.
    pub(crate) async fn narrow() -> Self {
        let metrics = json!({"width": 320, "height": 900, "pixelRatio": 2.0, "mobile": false});
        let screen = json!({"mobileEmulation": {"deviceMetrics": metrics}});
        Self::start_with(arguments(""), Scripts::On, &screen).await
    }

    async fn start_with(mut arguments: Vec<String>, scripts: Scripts, screen: &Value) -> Self {
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
        arguments.push(format!("--user-data-dir={}", profile.path().display()));
        let mut capabilities = capabilities(scripts, &arguments);
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
            port,
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
            // The page can be replaced by the next one before its body is found, or after.
            let text = match self.client.find(Locator::Css("body")).await {
                Ok(body) => body.text().await,
                Err(error) => Err(error),
            };
            match text {
                Ok(text) => return text,
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
        self.follow(|| self.click(css)).await;
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

    /// Waits until an element has the focus, as [`Browser::focused`] names it: a page that has just
    /// come gives it a moment later.
    pub(crate) async fn waits_for_focus(&self, element: &str) {
        let begin = Instant::now();
        loop {
            let focused = self.focused().await;
            if focused == element {
                return;
            }
            assert!(
                begin.elapsed() < WAIT_MAX,
                "{focused} has the focus, and not {element}"
            );
            tokio::time::sleep(WAIT_STEP).await;
        }
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

    /// Presses a key.
    pub(crate) async fn press(&self, key: Key) {
        self.write(&char::from(key).to_string()).await;
    }

    /// Types text into whatever has the focus.
    pub(crate) async fn write(&self, text: &str) {
        let mut keys = KeyActions::new("keyboard".to_owned());
        for value in text.chars() {
            keys = keys
                .then(KeyAction::Down { value })
                .then(KeyAction::Up { value });
        }
        let typed = self.client.perform_actions(keys).await;
        typed.expect("a keyboard types");
    }

    /// Does something that leads to another page, and waits for it.
    pub(crate) async fn follow<F: Future<Output = ()>>(&self, act: impl FnOnce() -> F) {
        let before = self.find("html").await;
        act().await;
        let begin = Instant::now();
        while before.tag_name().await.is_ok() {
            assert!(begin.elapsed() < WAIT_MAX, "nothing follows");
            tokio::time::sleep(WAIT_STEP / 10).await;
        }
    }

    /// Returns the text of each element that `css` finds, in order.
    pub(crate) async fn texts(&self, css: &str) -> Vec<String> {
        let found = self.client.find_all(Locator::Css(css)).await;
        let mut texts = Vec::new();
        for element in found.expect("the page can be searched") {
            texts.push(element.text().await.expect("elements have text"));
        }
        texts
    }

    /// Whether what has the focus is among what `css` finds.
    pub(crate) async fn has_focus(&self, css: &str) -> bool {
        let focused = self.client.active_element().await;
        let focused = focused.expect("a page has a focus").element_id();
        let found = self.client.find_all(Locator::Css(css)).await;
        let found = found.expect("the page can be searched");
        found.iter().any(|one| one.element_id() == focused)
    }

    /// Returns the name of the focused element.
    pub(crate) async fn focused_name(&self) -> String {
        let element = self.client.active_element().await;
        let element = element.expect("a page has a focus");
        element.tag_name().await.expect("elements have names")
    }

    /// Returns the id of the focused element.
    pub(crate) async fn focused_id(&self) -> String {
        let element = self.client.active_element().await;
        let element = element.expect("something has the focus");
        element.attr("id").await.ok().flatten().unwrap_or_default()
    }

    /// Waits until the open page says `words` by itself.
    pub(crate) async fn see(&self, words: &str) {
        let begin = Instant::now();
        while !self.text().await.contains(words) {
            assert!(
                begin.elapsed() < WAIT_MAX,
                "no \"{words}\" on the open page"
            );
            tokio::time::sleep(WAIT_STEP).await;
        }
    }

    /// Returns the page as a PDF on A4.
    pub(crate) async fn print(&self) -> Vec<u8> {
        let mut paper = PrintConfigurationBuilder::default();
        paper = paper.size(PrintSize {
            width: 21.0,
            height: 29.7,
        });
        let paper = paper.build().expect("A4 is a size");
        self.client
            .print(paper)
            .await
            .expect("pages can be printed")
    }

    /// Returns a PNG picture of the page as it is.
    pub(crate) async fn picture(&self) -> Vec<u8> {
        self.client
            .screenshot()
            .await
            .expect("pages can be pictured")
    }

    /// Plugs in a security key that this computer pretends to have. `verifies` is whether it knows
    /// its owner's finger. Returns its number.
    pub(crate) async fn plug_in(&self, verifies: bool) -> String {
        let key = json!({
            "protocol": "ctap2",
            "transport": "internal",
            "hasResidentKey": true,
            "hasUserVerification": true,
            "isUserConsenting": true,
            "isUserVerified": verifies,
        });
        let made = self.command("POST", "webauthn/authenticator", &key).await;
        made.as_str().expect("a key has a number").to_owned()
    }

    /// Sends the driver a command of the session that the client does not know.
    pub(crate) async fn command(&self, method: &str, path: &str, body: &Value) -> Value {
        let session = self.client.session_id().await;
        let session = session
            .expect("the driver answers")
            .expect("a session is open");
        let body = if method == "POST" {
            body.to_string()
        } else {
            String::new()
        };
        let request = format!(
            "{method} /session/{session}/{path} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nContent-Type: \
             application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
            self.port,
            body.len()
        );
        let stream = TcpStream::connect(("127.0.0.1", self.port)).await;
        let mut stream = stream.expect("the driver listens");
        let sent = stream.write_all(request.as_bytes()).await;
        sent.expect("the driver takes commands");
        // The driver keeps connections open, so the length says where the answer ends.
        let mut answer = String::new();
        let mut bytes = [0; 4_096];
        let length = |head: &str| {
            let lines = head.lines().filter_map(|line| line.split_once(':'));
            let mut lengths = lines.filter(|(name, _)| name.eq_ignore_ascii_case("content-length"));
            let length = lengths
                .next()
                .and_then(|(_, length)| length.trim().parse().ok());
            length.expect("the driver says how long its answer is")
        };
        let is_whole = |answer: &str| {
            let parts = answer.split_once("\r\n\r\n");
            parts.is_some_and(|(head, body)| body.len() >= length(head))
        };
        while !is_whole(&answer) {
            let read = stream.read(&mut bytes).await;
            let read = read.expect("the driver answers");
            assert!(read > 0, "half an answer: {answer}");
            answer.push_str(&String::from_utf8_lossy(&bytes[..read]));
        }
        let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_default();
        assert!(
            head.starts_with("HTTP/1.1 200"),
            "{method} {path}: {answer}"
        );
        let body: Value = serde_json::from_str(body).expect("the driver answers in JSON");
        body["value"].clone()
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

/// Returns the browser's arguments.
fn arguments(resolve: &str) -> Vec<String> {
    let mut arguments = [
        "--headless",
        // Chromium's sandbox refuses to run as root, as tests in containers do.
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--window-size=1280,1000",
    ]
    .map(str::to_owned)
    .to_vec();
    if !resolve.is_empty() {
        arguments.push(format!("--host-resolver-rules={resolve}"));
    }
    arguments
}

fn capabilities(scripts: Scripts, arguments: &[String]) -> serde_json::Map<String, Value> {
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
