//! Beginners' mistakes in modules and settings.
#![allow(dead_code, unused_variables)]

mod site;
use vauban::prelude::*;
use vauban::settings::SettingRow;

#[derive(Clone, Debug, Default)]
pub struct Shop {
    size: usize,
    open: bool,
}

pub fn no_setting() -> Vec<SettingRow<Shop>> {
    vec![SettingRow::new("size", "How large.", |s: &mut Shop| &mut s.size)]
}

pub fn no_type() -> Vec<SettingRow<Shop>> {
    vec![SettingRow::new("open", "Whether it sells.", |s: &mut Shop| &mut s.open).checked("open")]
}

pub fn not_called() -> Module {
    Module::new("shop").routes(site::urls::routes())
}

pub fn no_model() -> Module {
    Module::new("shop").model::<site::Ticket>()
}

fn main() {}
