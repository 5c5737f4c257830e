//! `passwords build-filter LIST --out FILE`: the filter of stolen passwords, from a list of them.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use vauban::commands::{Command, Failure, Run};

use super::bounded::{Line, next_line};
use crate::MAX_PASSWORD_BYTES;
use crate::passwords::{FilterBuilder, NotALine, Taken, Target};

pub(super) fn command() -> Command {
    Command::new(
        "build-filter",
        "Make the file of stolen passwords for `accounts.password_filter`; takes up to 40 bytes of memory for each",
        run,
    )
    .argument(
        "LIST",
        "a password a line, or its SHA-1 as Have I Been Pwned publishes it (`HEX:count`); `-` is standard input",
    )
    .option_of("out", "FILE", "The file to write")
    .option_of(
        "at-least",
        "COUNT",
        "Only passwords that were seen so often, where the list tells",
    )
}

async fn run(run: Run) -> Result<(), Failure> {
    let list = run.argument("LIST").unwrap_or_default();
    let Some(out) = run.option("out") else {
        return Err(Failure::new(
            "Say where to write it: `--out var/passwords.filter`.",
        ));
    };
    let at_least = match run.option("at-least") {
        None => 0,
        Some(text) => text
            .parse()
            .map_err(|_| Failure::new("Give `--at-least` a whole number."))?,
    };
    let target = Target::at(Path::new(out)).map_err(|error| Failure::new(format_args!("{out}: {error}")))?;
    let mut builder = FilterBuilder::at_least(at_least);
    let passed_over = match list {
        "-" => fill(&mut builder, std::io::stdin().lock(), list)?,
        path => {
            let file = File::open(path)
                .map_err(|error| Failure::new(format_args!("{path} cannot be opened: {error}")))?;
            fill(&mut builder, BufReader::with_capacity(1 << 16, file), list)?
        }
    };
    let Taken { digests, passwords } = builder.taken();
    let count = builder.write(target)?;
    run.out.line(format_args!(
        "{out} knows {count} password(s): {digests} line(s) were SHA-1 digests, {passwords} passwords as they are, {passed_over} longer \
         than any password. Set accounts.password_filter to it, and start the program again."
    ));
    Ok(())
}

/// Takes every line; says how many were too long.
fn fill(builder: &mut FilterBuilder, mut from: impl std::io::BufRead, list: &str) -> Result<u64, Failure> {
    let (mut line, mut number, mut passed_over) = (Vec::new(), 0_u64, 0);
    loop {
        let read = next_line(&mut from, &mut line, MAX_PASSWORD_BYTES)
            .map_err(|error| Failure::new(format_args!("{list} cannot be read on: {error}")))?;
        number += 1;
        match read {
            Line::End => return Ok(passed_over),
            Line::TooLong => passed_over += 1,
            Line::Here => builder.add(&line).map_err(|why| match why {
                NotALine::OfAnotherDigest => Failure::new(format_args!(
                    "line {number} is a hash of another kind than SHA-1: take the SHA-1 list. Nothing was written."
                )),
                NotALine::NotUtf8 => Failure::new(format_args!(
                    "line {number} has a zero byte, so the list is in UTF-16 or no text: make it UTF-8 (`iconv -f UTF-16 -t UTF-8`). \
                     Nothing was written."
                )),
                NotALine::TooMany => Failure::new(
                    "There are more than 1,000,000,000 passwords: take those that are seen most, `--at-least 10`. Nothing was \
                     written.",
                ),
            })?,
        }
    }
}
