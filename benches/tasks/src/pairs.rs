//! Both sides in turn, and the ratio of each turn.

/// What both took, turn by turn.
#[derive(Default)]
pub(crate) struct Pairs(Vec<(f64, f64)>);

/// Both in turn, once more than is counted.
pub(crate) async fn pair(rounds: usize, one: impl AsyncFn() -> f64, other: impl AsyncFn() -> f64) -> Pairs {
    let mut all = Pairs::default();
    for round in 0..=rounds {
        let took = match round % 2 {
            0 => {
                let first = one().await;
                (first, other().await)
            }
            _ => {
                let second = other().await;
                (one().await, second)
            }
        };
        if round > 0 {
            all.add(took.0, took.1);
        }
    }
    all
}

impl Pairs {
    pub(crate) fn add(&mut self, one: f64, other: f64) {
        self.0.push((one, other));
    }

    /// Prints them; the medians of both.
    pub(crate) fn row(&self, what: &str) -> (f64, f64) {
        let of = |which: fn(&(f64, f64)) -> f64| sorted(self.0.iter().map(which).collect());
        let (one, other) = (of(|pair| pair.0), of(|pair| pair.1));
        let ratios = of(|pair| pair.1 / pair.0);
        let (one, other) = (at(&one, 50), at(&other, 50));
        println!(
            "| {what} | {one:.1} | {other:.1} | {:.2} ({:.2}–{:.2}) |",
            at(&ratios, 50),
            at(&ratios, 25),
            at(&ratios, 75)
        );
        (one, other)
    }
}

/// Prints the median and the largest, in milliseconds.
pub(crate) fn middle(what: &str, all: Vec<f64>) {
    let all = sorted(all);
    println!(
        "| {what}, ms | | {:.2} | nine of ten {:.2}, all {:.2} |",
        at(&all, 50),
        at(&all, 90),
        at(&all, 100)
    );
}

fn sorted(mut all: Vec<f64>) -> Vec<f64> {
    all.sort_by(f64::total_cmp);
    all
}

fn at(all: &[f64], hundredth: usize) -> f64 {
    all[(all.len() - 1) * hundredth / 100]
}
