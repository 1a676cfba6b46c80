//! Every page that links lead to, on a phone's screen and a wide one, light and dark: nothing
//! scrolls sideways, axe-core finds nothing, and a picture of each is kept for people.

use std::collections::{BTreeMap, VecDeque};

use serde_json::Value;

use crate::{
    browser::{Browser, Colours},
    demo::{Demo, axe},
    network::picture_path,
};

/// Widths of screens, px: the narrowest that must work, a phone, a laptop and a wide screen.
const WIDTHS: [u32; 4] = [320, 390, 1280, 1600];
/// Pages of one kind that are looked at, such as two of all records.
const OF_ONE_KIND: usize = 2;
/// Tallest picture, px.
const TALLEST: u64 = 6_000;

#[tokio::test]
async fn pages_of_a_team_in_light() {
    let demo = Demo::start();
    look(&demo.team, "node", Colours::Light).await;
}

#[tokio::test]
async fn pages_of_a_team_in_the_dark() {
    let demo = Demo::start();
    look(&demo.team, "node", Colours::Dark).await;
}

#[tokio::test]
async fn pages_of_the_hub_in_light() {
    let demo = Demo::start();
    look(&demo.hub, "hub", Colours::Light).await;
}

#[tokio::test]
async fn pages_of_the_hub_in_the_dark() {
    let demo = Demo::start();
    look(&demo.hub, "hub", Colours::Dark).await;
}

#[tokio::test]
async fn pages_of_the_administration() {
    let demo = Demo::start();
    look(&demo.admin, "admin", Colours::Light).await;
}

/// The node adds up what is published about every area, and must come to the hub's figure.
#[tokio::test]
async fn the_network_is_beside_the_place() {
    let demo = Demo::start();
    let browser = Browser::coloured(Colours::Light).await;
    browser.open(&demo.hub).await;
    let hub = origin(&browser.url().await);
    browser.open(&format!("{hub}/indicators/SMOKING")).await;
    let at_the_hub = browser
        .texts(".plot .own.wide, .plot text.own")
        .await
        .join(" ");
    browser.open(&demo.team).await;
    let lines = browser.run(NETWORK_LINES).await;
    assert_eq!(lines, serde_json::json!([true, true, true, true]));
    let node = origin(&browser.url().await);
    browser.open(&format!("{node}/indicators/SMOKING")).await;
    let at_the_node = browser.texts(".plot text.net").await.join(" ");
    for page in [at_the_hub, at_the_node] {
        assert!(page.contains("Network 15.7"), "{page}");
    }
    browser.close().await;
}

/// The README shows them: copy them to `examples/pictures` when the pages look different.
#[tokio::test]
async fn pictures_for_the_readme() {
    let demo = Demo::start();
    let browser = Browser::coloured(Colours::Light).await;
    browser.resize(1280, 900).await;
    for (start, name) in [
        (demo.team.clone(), "node-today.png"),
        (format!("{}#place", demo.hub), "hub-overview.png"),
    ] {
        browser.open(&start).await;
        let picture = browser.picture().await;
        // A page of one colour would be smaller, and the README would be slow with a larger one.
        assert!((30_000..150_000).contains(&picture.len()), "{name}");
        std::fs::write(picture_path(name), picture).expect("target/ can be written");
    }
    browser.close().await;
}

/// Follows all links from `start` on, and says everything that is wrong at the end.
async fn look(start: &str, whose: &str, colours: Colours) {
    let browser = Browser::coloured(colours).await;
    browser.open(start).await;
    let site = origin(&browser.url().await);
    let axe = axe();
    let mut wrong = Vec::new();
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let mut known = std::collections::BTreeSet::new();
    let mut waiting = VecDeque::from([browser.url().await]);
    while let Some(url) = waiting.pop_front() {
        let kind = kind(&url[site.len()..]);
        let times = seen.entry(kind.clone()).or_default();
        if *times == OF_ONE_KIND {
            continue;
        }
        *times += 1;
        let name = format!("{whose}-{}-{times}", name(&kind));
        browser.open(&url).await;
        wrong.extend(faults(&browser, &url, &name, &axe, colours).await);
        for link in links(&browser, &site).await {
            if known.insert(link.clone()) {
                waiting.push_back(link);
            }
        }
    }
    browser.close().await;
    let folder = picture_path("");
    println!("pictures of {} pages: {}", seen.len(), folder.display());
    assert!(seen.len() > 3, "few pages were found: {seen:?}");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Returns what is wrong with the open page.
pub(crate) async fn faults(
    browser: &Browser,
    url: &str,
    name: &str,
    axe: &str,
    colours: Colours,
) -> Vec<String> {
    let mut wrong = Vec::new();
    for width in WIDTHS {
        browser.resize(width, 900).await;
        let found = browser.run(SIDEWAYS).await;
        if found != Value::Array(Vec::new()) {
            wrong.push(format!("{url} at {width} px scrolls sideways: {found}"));
        }
        let found = browser.run(TOUCHING).await;
        if found != Value::Array(Vec::new()) {
            wrong.push(format!("{url} at {width} px has lines that touch: {found}"));
        }
        let found = browser.run(BROKEN).await;
        if found != Value::Array(Vec::new()) {
            wrong.push(format!("{url} at {width} px breaks words: {found}"));
        }
        let words = match (width, colours) {
            (320 | 1280, Colours::Light) | (1280, Colours::Dark) => browser.run(&judge(axe)).await,
            _ => continue,
        };
        for violation in words.as_array().expect("axe-core answers with a list") {
            wrong.push(format!("{url} at {width} px: {violation}"));
        }
    }
    for width in [390, 1280] {
        browser.resize(width, 900).await;
        let tall = browser.run(TALL).await.as_u64().expect("a height");
        let tall = u32::try_from(tall.clamp(900, TALLEST)).expect("it is clamped");
        browser.resize(width, tall).await;
        let picture = browser.picture().await;
        let file = picture_path(&format!("{name}-{width}-{}.png", colours.name()));
        std::fs::write(file, picture).expect("target/ can be written");
    }
    wrong
}

async fn links(browser: &Browser, site: &str) -> Vec<String> {
    let found = browser.run(LINKS).await;
    let all = found.as_array().expect("a list of links");
    let mine = |link: &&str| {
        let file = link.rsplit('/').next().unwrap_or_default();
        let path = file.split('?').next().unwrap_or_default();
        link.starts_with(site) && !path.contains('.')
    };
    all.iter()
        .filter_map(Value::as_str)
        .filter(mine)
        .map(str::to_owned)
        .collect()
}

/// Returns the address of a page's site, without a final slash.
pub(crate) fn origin(url: &str) -> String {
    let path = url
        .match_indices('/')
        .nth(2)
        .map_or(url.len(), |(at, _)| at);
    url[..path].to_owned()
}

/// Returns a path without what differs between pages of one kind: codes, ids and days.
fn kind(path: &str) -> String {
    let (path, asked) = path.split_once('?').unwrap_or((path, ""));
    let one = |part: &str| {
        let own = part.contains(|letter: char| letter.is_ascii_uppercase() || letter.is_numeric());
        if own { "-".to_owned() } else { part.to_owned() }
    };
    let mut kind = path.split('/').map(one).collect::<Vec<_>>().join("/");
    // A filter makes another page; its values do not.
    for name in asked.split('&').filter_map(|pair| pair.split('=').next()) {
        if !name.is_empty() {
            kind.push('?');
            kind.push_str(name);
        }
    }
    kind
}

fn name(kind: &str) -> String {
    let plain = kind.trim_matches('/').replace(['/', '?'], "_");
    if plain.is_empty() {
        "first".to_owned()
    } else {
        plain
    }
}

/// Axe-core's findings against WCAG 2.2 AA and its own best practice, one line each.
fn judge(axe: &str) -> String {
    format!(
        "const done = arguments[arguments.length - 1];
        {axe}
        const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
        document.querySelectorAll('details').forEach(one => {{ one.open = true; }});
        window.axe.run(document, {{runOnly: tags}}).then(found => done(found.violations.map(one =>
            `${{one.id}}: ${{one.help}}: ${{one.nodes.slice(0, 3).map(node =>
                node.target.join(' ') + ' ' + node.html.slice(0, 120)).join(' | ')}}`)),
            error => done([String(error)]));"
    )
}

/// Everything that makes the page wider than the screen.
const SIDEWAYS: &str = "
    const done = arguments[arguments.length - 1];
    document.querySelectorAll('details').forEach(one => { one.open = true; });
    requestAnimationFrame(() => {
        const page = document.documentElement;
        if (page.scrollWidth <= page.clientWidth) return done([]);
        const inside = one => one.parentElement?.closest('.scroll, pre');
        const wide = [...document.body.querySelectorAll('*')].filter(one =>
            !inside(one) && one.getBoundingClientRect().right > page.clientWidth + 1);
        done(wide.slice(-3).map(one => one.outerHTML.slice(0, 120)));
    });
";
/// The plain words that begin right where those before them end. Lines of one item of a list
/// belong together, so only those of a page, a section, an article or a form are looked at.
const TOUCHING: &str = "
    const PLAIN = 'p, ul, ol, dl, table, .scroll, form, fieldset, details, figure, h2, h3';
    const places = ['main', 'section', 'article', 'form', '.alone'];
    const all = document.querySelectorAll(places.map(one => `${one} > :is(${PLAIN})`).join());
    const inner = (one, side) => parseFloat(getComputedStyle(one)[`padding-${side}`]);
    const touching = [...all].filter(one => {
        const next = one.nextElementSibling;
        if (!next?.matches(PLAIN)) return false;
        const [above, below] = [one.getBoundingClientRect(), next.getBoundingClientRect()];
        const shown = above.height > 1 && below.height > 1;
        const stacked = above.left < below.right && below.left < above.right;
        const end = above.bottom - inner(one, 'bottom');
        const gap = below.top + inner(next, 'top') - end;
        return shown && stacked && gap > -9 && gap < 3;
    });
    arguments[arguments.length - 1](touching.slice(0, 3).map(one =>
        `${one.outerHTML.slice(0, 80)} | ${one.nextElementSibling.outerHTML.slice(0, 80)}`));
";
/// The words of ordinary length that go on in another line without a hyphen: their column is too
/// narrow.
const BROKEN: &str = "
    // A fingerprint has more letters than a line, so it may break.
    const SINGLE = /(?<![\\p{L}\\p{N}])[\\p{L}\\p{N}]{2,18}(?![\\p{L}\\p{N}])/gu;
    const main = document.querySelector('main') ?? document.body;
    const walker = document.createTreeWalker(main, NodeFilter.SHOW_TEXT);
    const broken = new Set();
    const range = document.createRange();
    for (let node; (node = walker.nextNode());) {
        const near = node.parentElement;
        if (near.closest('code, pre, .secret, option, svg') || near.clientWidth === 1) continue;
        for (const word of node.data.matchAll(SINGLE)) {
            range.setStart(node, word.index);
            range.setEnd(node, word.index + word[0].length);
            const tops = new Set([...range.getClientRects()].map(one => Math.round(one.top)));
            if (tops.size > 1) broken.add(word[0]);
        }
    }
    arguments[arguments.length - 1]([...broken].slice(0, 5));
";
/// Closes the menus, which lie over the page, and returns its height.
const TALL: &str = "
    document.querySelectorAll('details.menu').forEach(one => { one.open = false; });
    arguments[arguments.length - 1](document.documentElement.scrollHeight + 1);
";
/// Whether each strip of Today has a line or a dot of the network.
const NETWORK_LINES: &str = "
    arguments[arguments.length - 1]([...document.querySelectorAll('.minis svg')].map(one =>
        one.querySelector('line.net, path.net, .dot.old') !== null));
";
const LINKS: &str = "
    const links = document.querySelectorAll('a[href]:not([download])');
    arguments[arguments.length - 1]([...links].map(one => {
        const url = new URL(one.href);
        url.hash = '';
        return url.href;
    }));
";
