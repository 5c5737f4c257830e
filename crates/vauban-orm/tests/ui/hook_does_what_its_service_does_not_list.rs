//! CWE-862. Attack: a change hook, which runs in everybody's unit, reads rows that the policy hides from whoever asks.
use vauban_macros::Model;
use vauban_orm::*;

#[derive(Model)]
#[model(crate = vauban_orm)]
pub struct Entry {
    pub id: Id<Entry>,
    #[field(max_length = 20)]
    pub text: String,
}
impl Policy for Entry {
    fn rules(_: Who<Self>, _: &Columns<Self>) -> Rules<Self> {
        Rules::none()
    }
}
service! {
    /// Writes down what was changed.
    pub WriteDown: Add<Entry>;
    waiver!(ServiceRights, "nobody writes down what they did themselves")
}
struct Audit;
impl ChangeHook for Audit {
    type Service = WriteDown;
    async fn changed(&self, _: &Changes<'_>, db: &Acting<WriteDown, Write>) -> Result<()> {
        Entry::objects().all(db).await.map(drop)
    }
}
fn main() {}
