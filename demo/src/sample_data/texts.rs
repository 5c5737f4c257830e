//! What the sample articles, tasks and events say.

use crate::events::Kind;

/// An article: its author's place in `PEOPLE`, whether it is published, title and text. The newest comes last.
pub(super) struct SampleArticle {
    pub(super) author: usize,
    pub(super) published: bool,
    pub(super) title: &'static str,
    pub(super) body: &'static str,
}

const fn article(author: usize, published: bool, title: &'static str, body: &'static str) -> SampleArticle {
    SampleArticle {
        author,
        published,
        title,
        body,
    }
}

/// Tags: a name, and the place of the organisation whose members alone see it.
pub(super) const TAGS: [(&str, Option<usize>); 5] = [
    ("plans", None),
    ("building", None),
    ("lighthouse drafts", Some(0)),
    ("people", None),
    ("bridge matters", Some(1)),
];

/// A thread of comments: each author's place in `PEOPLE`, and what they say to the one before.
pub(super) const COMMENTS: [(usize, &str); 3] = [
    (
        1,
        "I have walked it with the plan in hand, and got stuck at the second gate.",
    ),
    (
        0,
        "That gate was drawn by somebody who never went through it. Which way did you go?",
    ),
    (1, "Back to the start, and then by the water."),
];

pub(super) const ARTICLES: &[SampleArticle] = &[
    article(
        1,
        true,
        "How to read a plan",
        "Start at the gate and walk. Every line that you cross was drawn by \
        somebody who asked what you would do next.\n\nIf you can say where you would get stuck, you have read the plan.",
    ),
    article(
        0,
        true,
        "Stone, earth and water",
        "Stone is for looks, earth is for cannon balls, water is for \
        everything else. A good ditch has saved more towns than a high wall.\n\nThe trick is to need all three at once.",
    ),
    article(
        2,
        true,
        "What a curator keeps",
        "Not the best things. The things that explain the others.\n\nA key \
        without its door is worth more than ten doors: it makes people ask.",
    ),
    article(
        0,
        true,
        "The gate is part of the wall",
        "People tend to think of the gate as the place where the wall \
        stops. It is the place where the wall has to be cleverest.\n\nWhoever comes in states their name and their \
        business, before the bridge comes down and not after.",
    ),
    article(
        1,
        true,
        "Bridges that lift",
        "A bridge that cannot be lifted is a road. Roads are fine, until the day \
        when they are not.\n\nCounterweights are cheaper than courage.",
    ),
    article(
        3,
        true,
        "Drawing with a blunt pencil",
        "A sharp line says more than you know. Begin blunt, and let the \
        line get thin where you have measured.",
    ),
    article(
        0,
        true,
        "Why stars have points",
        "A round tower has a blind spot: the foot of its own wall, straight \
        ahead. Pull the wall out into a point, and the neighbours can see every stone of it.\n\nThat is all there is to \
        the star: no place that nobody looks at.",
    ),
    article(
        1,
        false,
        "Notes for a longer bridge",
        "Measure the current in spring, not in August. Ask the ferryman.",
    ),
    article(
        2,
        true,
        "A short history of locks",
        "For most of history a lock kept honest people honest. The others \
        took the hinges off.\n\nThe locks that worked were those that had no other side to come from.",
    ),
    article(
        0,
        true,
        "Three hundred towns",
        "He is said to have worked on some three hundred of them: new ones, old \
        ones, and a few that were only ever drawn.\n\nNone of the plans is like another. All of them follow the same \
        few rules.",
    ),
    article(
        3,
        true,
        "What scale models are for",
        "A king could see his border towns on a table, down to the last \
        shed. An engineer could show what a cannon would see.\n\nA test is a scale model: small, complete, and you may \
        fire at it.",
    ),
    article(
        0,
        true,
        "Every wall covers another",
        "Do not ask whether a wall holds. Ask what stands behind whoever \
        has climbed it.\n\nIn a good fortress they stand in a ditch, in the open, in view of two other walls. The \
        first wall did its work: it brought them there.\n\nThis site is built like that. The template escapes what you \
        write; if it did not, the page would still not run a script that it did not bring; and the session cookie is \
        not there for scripts to see.",
    ),
    article(
        0,
        false,
        "A draft that only Ann and staff can see",
        "Look at this page as Ben, and it is not there. Not \
        forbidden: not there, to the byte the same as an article that was never written.",
    ),
];

/// Tasks: an organisation's place in `ORGANISATIONS`, whether it is done, title and notes.
pub(super) const TASKS: &[(usize, bool, &str, &str)] = &[
    (0, true, "Order a new lamp", "The old one hums."),
    (
        0,
        false,
        "Paint the gallery before the autumn storms",
        "Two coats. The north side first, it dries slowest.",
    ),
    (
        0,
        false,
        "Count the steps again",
        "The guide says 217, the children say 219.",
    ),
    (0, false, "Write to the harbour office", "About the buoy."),
    (1, true, "Survey the east pier", ""),
    (
        1,
        false,
        "Replace the expansion joint",
        "Closed for two nights; tell the bus company a week before.",
    ),
    (
        1,
        false,
        "Load test with the fire brigade",
        "They are looking forward to it.",
    ),
    (
        2,
        false,
        "Prune the old pear tree",
        "In February, and not all at once.",
    ),
    (2, true, "Label the herbs", "Latin and local names."),
    (2, false, "Mend the well cover", "Before the school visit."),
];

/// An event of an organisation, some days from now.
pub(super) struct EventText {
    pub(super) organisation: usize,
    pub(super) host: usize,
    pub(super) kind: Kind,
    pub(super) in_days: i32,
    pub(super) hour: i8,
    pub(super) cents: i64,
    pub(super) title: &'static str,
    pub(super) about: &'static str,
}

/// What is on.
pub(super) const EVENTS: &[EventText] = &[
    EventText {
        organisation: 0,
        host: 0,
        kind: Kind::Outing,
        in_days: 3,
        hour: 18,
        cents: 0,
        title: "Up the lighthouse at dusk",
        about: "217 steps, or 219. Bring a coat: the gallery is windy.",
    },
    EventText {
        organisation: 1,
        host: 1,
        kind: Kind::Talk,
        in_days: 9,
        hour: 19,
        cents: 450,
        title: "Why bridges sing",
        about: "Wind, cables and a recording of the old one.",
    },
    EventText {
        organisation: 2,
        host: 2,
        kind: Kind::Workshop,
        in_days: 16,
        hour: 10,
        cents: 2_400,
        title: "Pruning apple trees",
        about: "Saws are there. Seeds and a soup are in the price.",
    },
    EventText {
        organisation: 2,
        host: 0,
        kind: Kind::Talk,
        in_days: 30,
        hour: 17,
        cents: 0,
        title: "A garden for moths",
        about: "What flowers at night, and who comes to it.",
    },
];
