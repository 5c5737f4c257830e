//! Reads the table of patterns (`tests/patterns/table.txt`).
#![allow(dead_code, unreachable_pub, missing_docs, clippy::unwrap_used, clippy::panic)]

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Safe, and compiles.
    Compiles,
    /// Not safe, and refused.
    Refused,
    /// Safe, and refused all the same.
    Wanted,
}

pub struct Pattern {
    /// The library or kind of page.
    pub section: String,
    pub line: usize,
    pub verdict: Verdict,
    /// Of a refusal.
    pub class: String,
    /// Of what compiles and does not work under the default policy.
    pub hint: Option<String>,
    pub why: String,
    pub text: String,
}

pub fn patterns() -> Vec<Pattern> {
    let mut section = String::new();
    let mut all: Vec<Pattern> = Vec::new();
    for (number, line) in include_str!("../patterns/table.txt").lines().enumerate() {
        if let Some(name) = line.strip_prefix("## ") {
            name.clone_into(&mut section);
        } else if let Some(head) = line.strip_prefix("= ") {
            let (head, why) = head.split_once(": ").unwrap_or((head, ""));
            let words: Vec<&str> = head.split(' ').collect();
            let (verdict, class, hint) = match words.as_slice() {
                ["compiles"] => (Verdict::Compiles, "", None),
                ["compiles", "hint", hint] => (Verdict::Compiles, "", Some((*hint).to_owned())),
                ["refused", class] => (Verdict::Refused, *class, None),
                ["wanted", class] => (Verdict::Wanted, *class, None),
                _ => panic!("line {}: {line}", number + 1),
            };
            all.push(Pattern {
                section: section.clone(),
                line: number + 1,
                verdict,
                class: class.to_owned(),
                hint,
                why: why.to_owned(),
                text: String::new(),
            });
        } else if !line.starts_with('#')
            && !line.is_empty()
            && let Some(last) = all.last_mut()
        {
            if !last.text.is_empty() {
                last.text.push('\n');
            }
            last.text.push_str(line);
        }
    }
    all
}
