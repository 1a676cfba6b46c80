//! The names of the hub's pages, for people who never see its addresses.

/// Each page's address, in which `{}` is any code, and its name.
const PAGES: &[(&str, &str)] = &[
    ("/", "the national overview"),
    ("/locations", "the list of locations"),
    ("/locations/{}", "the page of location {}"),
    ("/locations.csv", "the file of all locations"),
    ("/initiatives.csv", "the file of all initiatives"),
    ("/insights", "the list of insights"),
    ("/insights/{}/{}", "an insight of {}"),
    ("/insights.csv", "the file of all insights"),
    ("/shifted.csv", "the file of all that shifted"),
    ("/indicators", "the list of indicators"),
    ("/indicators/{}", "the page of indicator {}"),
    ("/indicators.csv", "the file of all figures"),
    ("/coverage", "the page of coverage"),
    ("/coverage.csv", "the file of coverage"),
    ("/definitions", "the list of definitions"),
    ("/definitions.csv", "the file of all definitions"),
    ("/data/{}/{}/", "the page of release {}/{}"),
    ("/releases", "the list of releases"),
    ("/releases/{}/{}", "the page of a release of {}"),
];

/// Returns the name of the page at an address, with the choice that its query makes; `None` for an
/// address that is no page's.
pub(super) fn name(address: &str) -> Option<String> {
    let (path, query) = address.split_once('?').unwrap_or((address, ""));
    let file = |page: &str| Some(format!("{}, as a file", of(page)?));
    let named = of(path).or_else(|| path.strip_suffix(".csv").and_then(file))?;
    Some(match query {
        "" => named,
        _ => format!("{named} ({query})"),
    })
}

fn of(path: &str) -> Option<String> {
    PAGES.iter().find_map(|(form, name)| {
        let (form, path) = (form.split('/'), path.split('/'));
        if form.clone().count() != path.clone().count() {
            return None;
        }
        let mut named = (*name).to_owned();
        for (form, part) in form.zip(path) {
            match form {
                "{}" if part.is_empty() || part.strip_suffix(".csv").is_some() => return None,
                // The first codes name the page; those that it has no room for are left out.
                "{}" => named = named.replacen("{}", part, 1),
                _ if form == part => {}
                _ => return None,
            }
        }
        Some(named)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_named_in_words_and_not_by_its_address() {
        let named = |address| name(address).unwrap_or_default();
        assert_eq!(named("/"), "the national overview");
        assert_eq!(named("/locations/FN"), "the page of location FN");
        let file = named("/locations/FN.csv");
        assert_eq!(file, "the page of location FN, as a file");
        assert_eq!(named("/insights.csv"), "the file of all insights");
        let release = named("/data/vaccination/2026.1/");
        assert_eq!(release, "the page of release vaccination/2026.1");
        assert_eq!(named("/insights/FN/0a1b"), "an insight of FN");
        assert_eq!(
            named("/insights?theme=Food"),
            "the list of insights (theme=Food)"
        );
        for other in [
            "",
            "/locations/",
            "/elsewhere",
            "SMOKING 2018",
            "/locations/FN/x",
        ] {
            assert_eq!(name(other), None, "{other}");
        }
    }
}
