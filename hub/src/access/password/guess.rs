//! Passwords that are guessed first, as NIST SP 800-63B (5.1.1.2) lists them: common ones, the same
//! again and again, letters and digits in a row, and words about the person or the network.

use weft_shared::model::spelling::folded_name;

/// Whether a password has fewer than [`CHOICES_MIN`] choices in it. A common word, a word of
/// `about`, a row such as `1234` or `qwerty`, and what came before is one choice, however long;
/// any other letter or digit is one as well.
pub(super) fn is_guessed(password: &str, about: &[&str]) -> bool {
    let text = letters(password);
    let about = about.iter().flat_map(|words| words.split_whitespace());
    let known: Vec<Vec<char>> = COMMON
        .split_whitespace()
        .chain(about)
        .map(letters)
        .filter(|word| word.len() >= WORD_CHARS_MIN)
        .collect();
    let (mut at, mut choices) = (0, 0);
    while at < text.len() {
        let rest = &text[at..];
        let word = known.iter().filter(|word| begins(rest, word));
        let word = word.map(Vec::len).max().unwrap_or(0);
        at += word.max(row(rest)).max(repeated(&text, at)).max(1);
        choices += 1;
    }
    choices < CHOICES_MIN
}

/// The letters and digits of a text, folded as names are.
fn letters(text: &str) -> Vec<char> {
    folded_name(text).chars().filter(|c| *c != '_').collect()
}

/// Whether a text begins with a word, or with it in the usual digits: `passw0rd`.
fn begins(text: &[char], word: &[char]) -> bool {
    let same = |(c, of): (&char, &char)| {
        let digits = LETTERS.iter().find(|(digit, _)| digit == c);
        c == of || digits.is_some_and(|(_, letters)| letters.contains(*of))
    };
    text.len() >= word.len() && text.iter().zip(word).all(same)
}

/// Letters or digits at the beginning of a text that follow each other, in their order, on a
/// keyboard or as the same again; 0 if there are too few.
fn row(text: &[char]) -> usize {
    let by = |step: i32| {
        let pairs = text.windows(2);
        let follow = |pair: &&[char]| i64::from(pair[1] as u32) - i64::from(pair[0] as u32);
        1 + pairs
            .take_while(|pair| follow(pair) == i64::from(step))
            .count()
    };
    let keys = |keys: &mut dyn Iterator<Item = char>| {
        let keys: Vec<char> = keys.skip_while(|key| Some(key) != text.first()).collect();
        text.iter()
            .zip(&keys)
            .take_while(|(c, key)| c == key)
            .count()
    };
    let rows = KEYS.iter();
    let on_keys = rows.flat_map(|row| [keys(&mut row.chars()), keys(&mut row.chars().rev())]);
    let most = on_keys.chain([by(1), by(-1), by(0)]).max();
    most.filter(|most| *most >= ROW_CHARS_MIN).unwrap_or(0)
}

/// Letters or digits from a place on that stand before it already; 0 if there are too few.
fn repeated(text: &[char], at: usize) -> usize {
    let from = |start: usize| {
        let pairs = text[at..].iter().zip(&text[start..]);
        pairs.take_while(|(again, before)| again == before).count()
    };
    let most = (0..at).map(from).max();
    most.filter(|most| *most >= ROW_CHARS_MIN).unwrap_or(0)
}

/// Fewest choices of a password.
const CHOICES_MIN: usize = 8;
const WORD_CHARS_MIN: usize = 3;
const ROW_CHARS_MIN: usize = 3;
/// Digits that stand for letters.
const LETTERS: [(char, &str); 7] = [
    ('0', "o"),
    ('1', "il"),
    ('3', "e"),
    ('4', "a"),
    ('5', "s"),
    ('7', "t"),
    ('8', "b"),
];
const KEYS: [&str; 4] = ["1234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm"];
/// The words of the most common passwords in lists of stolen ones, and of this country.
const COMMON: &str = "\
    abc access account admin administrator adobe always amanda america andrew angel apple aroha \
    ashley auckland autumn baby bailey banana baseball basketball batman battery butterfly \
    charlie cheese chelsea chocolate christchurch computer cookie correct daniel default dragon \
    dunedin easter eagle family flower football forever freedom friends george ginger google \
    guest hamilton hannah harley health hello hockey horse hottie hunter iloveyou internet \
    jackson jasmine jennifer jessica jesus jordan joshua justin kia ora killer kitten kiwi letme \
    in liverpool login london love lovely loveme maggie master matrix matthew melissa michael \
    michelle mickey monday monkey monster mother mustang naruto newzealand new zealand nicole \
    ninja office orange pass passwd password passw pepper please pokemon power princess purple \
    qazwsx ranger rangers robert rugby samsung secret shadow silver soccer spring staple \
    starwars summer sunday sunshine superman system temp test thomas thunder tigger trustno user \
    waikato welcome wellington whatever william winter wizard yankees allblacks all blacks \
    aotearoa january february march april may june july august september october november \
    december the quick brown fox jumps over lazy dog to be or not that is question lorem ipsum \
    dolor sit amet force with you one two three four five six seven eight nine ten";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_guessed_first_is_refused_and_four_words_of_ones_own_are_not() {
        let about = ["Aroha Ngata", "Example: ministry", "Example Network"];
        for guessed in [
            "password password",
            "PassWord-PassWord-1",
            "p4ssw0rd p4ssw0rd",
            "aaaaaaaaaaaaaaaa",
            "1212121212121212",
            "0123456789abcdef",
            "qwertyuiopasdfgh",
            "poiuytrewqlkjhgfdsa",
            "letmein letmein letmein",
            "correct horse battery staple",
            "the quick brown fox jumps",
            "ngata ngata ngata 2026",
            "Example Network 12345",
            "kererū kererū kererū",
            "                ",
            "!!!!!!!!!!!!!!!!",
        ] {
            assert!(is_guessed(guessed, &about), "{guessed}");
        }
        for own in [
            "kererū over the harbour",
            "four words that no one puts together",
            "ostrich frost cargo approve",
            "tJ7#mQ2z!xL9vB4k",
            "āēīōū kohekohe pōhutukawa",
            "雨が静かに降る夜に猫が窓の外を見ている",
        ] {
            assert!(!is_guessed(own, &about), "{own}");
        }
    }
}
