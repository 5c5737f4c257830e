//! CWE-862, CWE-352: a view that answers without being asked through its rule.

use vauban::routing::{Public, Run, View, methods};
use vauban::{Result, Text};

struct Open;
struct Opens;

impl View for Open {
    type Method = methods::Get;
    type Rule = Public;
    const PATTERN: &'static str = "/";
    fn run() -> impl Run<Self> {
        Opens
    }
}

impl Run<Open> for Opens {
    type Params = ();
    type Answer = Result<Text>;
    async fn run(self, _: Public, (): ()) -> Result<Text> {
        Ok(Text::new(""))
    }
}

fn main() {}
