//! The welcome page: a computer without a data directory joins in a browser, without a terminal.

use std::{
    fs,
    io::{Read as _, Write as _},
    net::{TcpStream, UdpSocket},
};

use crate::{
    network::Network,
    program::{Program, Running, files},
};

#[test]
fn a_new_location_joins_through_its_page_and_the_same_browser_goes_on() {
    let network = Network::start();
    let node = network.node("desk");
    let mut browser = Browser::open(&node);
    // Every address of a computer that has not joined leads to the page.
    assert_eq!(browser.get("/plan").see(), "/welcome");
    let page = browser.get("/welcome").ok();
    assert!(page.contains("Paste the line"), "{page}");

    // Something else than an invite: words, and the field keeps it.
    let wrong = browser.post("line", &[("line", "https://example.org/")]);
    assert_eq!(wrong.status, 422);
    assert!(wrong.body.contains("no Weft invite"), "{}", wrong.body);
    assert!(wrong.body.contains("value=\"https://example.org/\""));

    // The line says what it is for before anything is done.
    let invite = network.invite("FN");
    let page = browser.send("line", &[("line", &invite)]);
    assert!(page.contains("Location FN"), "{page}");
    assert!(page.contains(network.sync_address()), "{page}");
    let named = "about to join <b>Healthy Families NZ</b>, run by <b>Example operator</b>";
    assert!(page.contains(named), "{page}");
    assert!(!node.folder.join("device.key").exists());
    let nameless = browser.post("line", &[("line", &invite), ("name", " ")]);
    assert_eq!(nameless.status, 422);
    assert!(nameless.body.contains("id=\"name-error\""));

    // The recovery words, and three of them back.
    let page = browser.send("line", &[("line", &invite), ("name", "Front desk laptop")]);
    let words = recovery_words(&page);
    assert_eq!(words.len(), 24, "{page}");
    let page = browser.send("written", &[]);
    assert!(!page.contains(&format!(">{}<", words[0])), "shown once");
    let wrong = browser.post("check", &[("first", "no"), ("second", "no")]);
    assert_eq!(wrong.status, 422);
    let again = browser.send("again", &[]);
    assert_eq!(recovery_words(&again), words, "the same words");
    let page = browser.send("written", &[]);
    let back = typed_back(&page, &words);
    let page = browser.send("check", &back);
    for told in [
        "Healthy Families NZ",
        "Healthy Families Far North",
        "Example operator",
    ] {
        assert!(page.contains(told), "{told}: {page}");
    }

    // The four words are those that the national team hears; Today opens with the same cookie.
    let four = between(&page, "id=\"words\">", "<");
    network.confirm("FN", four);
    let today = browser.get("/").ok();
    assert!(today.contains("Front desk laptop"), "{today}");
    assert!(browser.get("/welcome").ok().contains(four));
    let plan = browser.get("/plan").ok();
    assert!(plan.contains("<h1>"), "{plan}");
    // Commands reach the running node, and a restart finds everything in place.
    node.run(&["sync", "--once"]).ok();
    let Browser {
        running, cookie, ..
    } = browser;
    let told = running.stop();
    assert!(told.contains("The node has stopped"), "{told}");
    let mut again = Browser::open(&node);
    assert_ne!(again.cookie, cookie);
    assert_eq!(again.get("/welcome").see(), "/");
}

#[test]
fn a_location_that_lost_its_devices_comes_back_on_the_page() {
    let network = Network::start();
    let lost = network.founded("FN", "lost");
    fs::remove_dir_all(&lost.folder).expect("the folder is there");
    let create = ["invite", "create", "FN", "--way-back"];
    let line = network.hub.run(&create).ok();
    let node = network.node("desk");
    let mut browser = Browser::open(&node);
    let page = browser.send("line", &[("line", &line)]);
    assert!(
        page.contains("bring it back, with its recovery words"),
        "{page}"
    );
    let named = [("line", &*line), ("name", "New desk")];
    let page = browser.send("line", &named);
    assert!(page.contains("brings your location back"), "{page}");
    let wrong = browser.post("earlier", &[("words", "river sea")]);
    assert_eq!(wrong.status, 422);
    assert!(wrong.body.contains("id=\"words-error\""), "{}", wrong.body);
    // The words of another root lead back to the line, and nothing is begun.
    let other = network.hub.folder.join("root.words");
    let other = fs::read_to_string(other).expect("the words are there");
    browser.post("earlier", &[("words", &other)]);
    let page = browser.get("/welcome").ok();
    assert!(page.contains("Nothing was joined"), "{page}");
    assert!(!page.contains("destroy that paper"), "{page}");
    browser.send("line", &named);
    browser.send("line", &named);
    let words = fs::read_to_string(network.path("FN.words")).expect("the words are there");
    let page = browser.send("earlier", &[("words", &words)]);
    assert!(page.contains("Your lost devices can still share"), "{page}");
    let settings = browser.get("/settings").ok();
    assert!(
        settings.contains("/settings/devices/1/revoke"),
        "{settings}"
    );
    let today = browser.get("/").ok();
    assert!(today.contains("New desk"), "{today}");
}

#[test]
fn a_computer_starts_alone_on_its_page_and_joins_there_later() {
    let network = Network::start();
    let node = network.node("desk");
    let mut browser = Browser::open(&node);
    let page = browser.get("/welcome").ok();
    assert!(
        page.contains("There are no indicators, no import"),
        "{page}"
    );
    let nameless = browser.post("alone", &[("name", " ")]);
    assert_eq!(nameless.status, 422);
    assert!(nameless.body.contains("id=\"alone-name-error\""));
    let page = browser.send("alone", &[("name", "Front desk laptop")]);
    let words = recovery_words(&page);
    // Back and again: other words, because the first are not shown twice.
    browser.send("back", &[]);
    let page = browser.send("alone", &[("name", "Front desk laptop")]);
    assert_ne!(recovery_words(&page), words);
    let words = recovery_words(&page);
    let page = browser.send("written", &[]);
    assert!(page.contains("<button>Start alone</button>"), "{page}");
    let back = typed_back(&page, &words);
    assert_eq!(browser.post("check", &back).see(), "/");

    // The navigation names what there is, and the addresses of the rest say why not.
    let today = browser.get("/").ok();
    assert!(today.contains("This computer works alone"), "{today}");
    assert!(today.contains("href=\"/welcome\""), "{today}");
    for (page, offered) in [("/plan", true), ("/insights", true), ("/help", true)]
        .into_iter()
        .chain(["/indicators", "/import", "/sharing", "/report"].map(|page| (page, false)))
    {
        let link = format!("<a href=\"{page}\"");
        assert_eq!(today.contains(&link), offered, "{page}: {today}");
        let answer = browser.get(page);
        match offered {
            true => drop(answer.ok()),
            false => {
                assert_eq!(answer.status, 404);
                assert!(answer.body.contains("works alone"), "{}", answer.body);
            }
        }
    }
    let insight = ["insight", "add", "--text", "Example: water first"];
    let open = [
        "--audience",
        "network",
        "--consent",
        "network",
        "--attribution",
        "none",
    ];
    node.run(&[&insight[..], &open].concat()).ok();

    // The line of a further device does not fit; a founding one brings all along.
    let line = network.invite("FN");
    let page = browser.send("line", &[("line", &line)]);
    assert!(page.contains("This computer keeps its name"), "{page}");
    let page = browser.send("line", &[("line", &line)]);
    let page = browser.until(page, "Healthy Families Far North");
    network.confirm("FN", between(&page, "id=\"words\">", "<"));
    let today = browser.get("/").ok();
    assert!(today.contains("Front desk laptop"), "{today}");
    assert!(today.contains("<a href=\"/indicators\""), "{today}");
    node.run(&["sync", "--once"]).ok();
    let insights = network.hub.run(&["insight", "list"]).ok();
    assert!(insights.contains("water first"), "{insights}");
}

#[test]
fn a_further_device_joins_through_its_page() {
    let network = Network::start();
    let steward = network.founded("FN", "desk");
    let invite = steward.run(&["device", "invite", "--role", "member"]).ok();
    let node = network.node("field");
    let mut browser = Browser::open(&node);
    let page = browser.send("line", &[("line", &invite)]);
    assert!(page.contains("one of its devices"), "{page}");
    // Mail programs wrap long lines; the wrapped line is the same invite.
    let wrapped = invite.replacen('#', "#\r\n ", 1);
    let page = browser.send("line", &[("line", &wrapped), ("name", "Field laptop")]);
    assert!(page.contains("Healthy Families Far North"), "{page}");
    assert!(!page.contains("national team"), "{page}");
    assert!(browser.get("/").ok().contains("Field laptop"));
    // The line is used up.
    let late = network.node("late");
    let mut browser = Browser::open(&late);
    browser.send("line", &[("line", &invite)]);
    let page = browser.send("line", &[("line", &invite), ("name", "Late laptop")]);
    assert!(page.contains("has been used"), "{page}");
    assert!(page.contains("Nothing was joined"), "{page}");
    assert!(page.contains("value=\"Late laptop\""), "{page}");
    assert!(!late.folder.join("device.key").exists());
}

#[test]
fn a_hub_that_does_not_answer_costs_no_words() {
    let mut network = Network::start();
    let invite = network.invite("FN");
    network.kill_hub();
    let hole = UdpSocket::bind(network.sync_address()).expect("the hub's port is free");
    let node = network.node("desk");
    let mut browser = Browser::open(&node);
    let line = [("line", &*invite), ("name", "Front desk laptop")];
    browser.send("line", &line);
    let words = recovery_words(&browser.send("line", &line));
    let page = browser.send("written", &[]);
    let page = browser.send("check", &typed_back(&page, &words));
    let page = browser.until(page, "does not answer");
    assert!(page.contains("try again with the same line"), "{page}");
    assert!(page.contains(&*format!("value=\"{invite}\"")), "{page}");
    // The hub is back: the same root founds the location, and nothing is asked again.
    drop(hole);
    network.start_hub();
    let page = browser.send("line", &line);
    let page = browser.until(page, "Healthy Families Far North");
    network.confirm("FN", between(&page, "id=\"words\">", "<"));
}

#[test]
fn a_page_that_joined_nothing_leaves_nothing() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let node = Program::node(&folder.path().join("none"));
    let browser = Browser::open(&node);
    // It runs: another process opens its page instead of a second one.
    let link = node.run(&["page"]).ok();
    assert!(link.starts_with("http://localhost:"), "{link}");
    let told = ["joined no network", "weft-node open"];
    node.run(&["status"]).ends_with(10).tells(&told);
    node.run(&["join", "weft://x"]).ends_with(10).tells(&told);
    let said = browser.running.stop();
    assert!(said.contains("joined no network"), "{said}");
    assert_eq!(files(&node), Vec::<String>::new());
    assert!(!node.folder.exists());
    // Files of other people are left alone.
    fs::create_dir(&node.folder).expect("a folder can be made");
    fs::write(node.folder.join("letter.txt"), "Dear").expect("it can be written");
    node.run(&["open"])
        .ends_with(1)
        .tells(&["holds other files"]);
}

/// A browser that has opened a node's one-time link.
struct Browser {
    running: Running,
    host: String,
    cookie: String,
}

/// An answer to a browser.
#[derive(Debug)]
struct Answer {
    status: u16,
    head: String,
    body: String,
}

impl Answer {
    #[track_caller]
    fn ok(self) -> String {
        assert_eq!(self.status, 200, "{self:?}");
        self.body
    }

    /// Returns the address that it redirects to.
    #[track_caller]
    fn see(self) -> String {
        assert_eq!(self.status, 303, "{self:?}");
        between(&self.head, "location: ", "\r\n").to_owned()
    }
}

impl Browser {
    fn open(node: &Program) -> Self {
        let running = node.start(&["--http", "127.0.0.1:0"], 1);
        let link = running.line("pages http://").to_owned();
        let (host, path) = link.split_once('/').expect("an address with a path");
        let mut browser = Self {
            host: host.to_owned(),
            cookie: String::new(),
            running,
        };
        let answer = browser.get(&format!("/{path}"));
        browser.cookie = between(&answer.head, "set-cookie: ", ";").to_owned();
        browser
    }

    fn get(&mut self, path: &str) -> Answer {
        self.ask(&format!("GET {path}"), "")
    }

    /// Sends a form of the welcome page.
    fn post(&mut self, act: &str, fields: &[(&str, &str)]) -> Answer {
        let pairs = fields.iter().map(|(name, value)| {
            let value: String = value.bytes().map(|byte| format!("%{byte:02X}")).collect();
            format!("{name}={value}")
        });
        let body = pairs.collect::<Vec<_>>().join("&");
        self.ask(&format!("POST /welcome/{act}"), &body)
    }

    /// Sends a form that leads on, and returns the page that follows.
    #[track_caller]
    fn send(&mut self, act: &str, fields: &[(&str, &str)]) -> String {
        assert_eq!(self.post(act, fields).see(), "/welcome", "{act}");
        self.get("/welcome").ok()
    }

    /// Waits until the page has these words; it reloads itself as long as the hub is asked.
    fn until(&mut self, mut page: String, words: &str) -> String {
        for _ in 0..600 {
            if page.contains(words) || !page.contains("http-equiv=\"refresh\"") {
                break;
            }
            std::thread::sleep(std::time::Duration::from_millis(100));
            page = self.get("/welcome").ok();
        }
        assert!(page.contains(words), "no \"{words}\" in: {page}");
        page
    }

    fn ask(&mut self, line: &str, body: &str) -> Answer {
        let Self { host, cookie, .. } = self;
        let mut stream = TcpStream::connect(&*host).expect("the page answers");
        let request = format!(
            "{line} HTTP/1.1\r\nHost: {host}\r\nCookie: {cookie}\r\nOrigin: http://{host}\r\n\
             Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\
             Connection: close\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(request.as_bytes()).expect("it listens");
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).expect("it answers");
        let answer = String::from_utf8_lossy(&answer);
        let (head, body) = answer.split_once("\r\n\r\n").expect("a head and a body");
        let status = head.split(' ').nth(1).and_then(|code| code.parse().ok());
        Answer {
            status: status.expect("a status"),
            head: format!("{head}\r\n"),
            body: body.to_owned(),
        }
    }
}

fn recovery_words(page: &str) -> Vec<String> {
    let Some((_, list)) = page.split_once("<ol class=\"recovery") else {
        panic!("no recovery words: {page}");
    };
    let (list, _) = list.split_once("</ol>").expect("lists end");
    let words = list.split("<li>").skip(1);
    let words = words.filter_map(|rest| Some(rest.split_once('<')?.0.to_owned()));
    words.collect()
}

/// Returns the words that a page asks back, in its fields.
fn typed_back<'a>(page: &str, words: &'a [String]) -> Vec<(&'static str, &'a str)> {
    let fields = ["first", "second", "third"].into_iter();
    let back = fields.map(|field| {
        let label = format!("<label for=\"{field}\">Word ");
        let place: usize = between(page, &label, "<").parse().expect("a number");
        (field, &*words[place - 1])
    });
    back.collect()
}

#[track_caller]
fn between<'a>(text: &'a str, before: &str, after: &str) -> &'a str {
    let found = text.split_once(before);
    let found = found.and_then(|(_, rest)| rest.split_once(after));
    found.unwrap_or_else(|| panic!("no {before} in {text}")).0
}
