//! The siblings of the cases in `ui/`: they differ only in the fix, and compile.
#![allow(
    missing_docs,
    dead_code,
    unused,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::print_stdout
)]

pub mod urls {
    pub struct Url;
    impl vauban_template::UrlTo for Url {
        #[allow(deprecated)]
        const __OURS: vauban_template::__private::Ours<Self> = vauban_template::__private::Ours::__made();
        fn __write_url(&self, _: &dyn vauban_template::RenderContext, _: &mut String) {}
    }
    pub fn article(_slug: &str) -> Url {
        Url
    }
}

pub mod template_filters {
    pub fn shout(text: &str, mark: &str) -> String {
        format!("{text}{mark}")
    }
}

#[path = "ui/ambiguous_slash_fixed.rs"]
mod ambiguous_slash_fixed;
#[path = "ui/another_framework_fixed.rs"]
mod another_framework_fixed;
#[path = "ui/autoescape_off_fixed.rs"]
mod autoescape_off_fixed;
#[path = "ui/branches_differ_fixed.rs"]
mod branches_differ_fixed;
#[path = "ui/context_by_hand_fixed.rs"]
mod context_by_hand_fixed;
#[path = "ui/context_by_hand_of_another_fixed.rs"]
mod context_by_hand_of_another_fixed;
#[path = "ui/day_of_a_time_fixed.rs"]
mod day_of_a_time_fixed;
#[path = "ui/deprecated_filter_fixed.rs"]
mod deprecated_filter_fixed;
#[path = "ui/dynamic_attribute_fixed.rs"]
mod dynamic_attribute_fixed;
#[path = "ui/dynamic_element_fixed.rs"]
mod dynamic_element_fixed;
#[path = "ui/filter_form_fixed.rs"]
mod filter_form_fixed;
#[path = "ui/filter_number_fixed.rs"]
mod filter_number_fixed;
#[path = "ui/foreign_form_fixed.rs"]
mod foreign_form_fixed;
#[path = "ui/form_action_from_data_fixed.rs"]
mod form_action_from_data_fixed;
#[path = "ui/hidden_filter_fixed.rs"]
mod hidden_filter_fixed;
#[path = "ui/hint_policy_fixed.rs"]
mod hint_policy_fixed;
#[path = "ui/html_from_format_fixed.rs"]
mod html_from_format_fixed;
#[path = "ui/html_from_leak_fixed.rs"]
mod html_from_leak_fixed;
#[path = "ui/html_from_string_fixed.rs"]
mod html_from_string_fixed;
#[path = "ui/html_reason_leaked_fixed.rs"]
mod html_reason_leaked_fixed;
#[path = "ui/html_without_waiver_fixed.rs"]
mod html_without_waiver_fixed;
#[path = "ui/html_wrong_wall_fixed.rs"]
mod html_wrong_wall_fixed;
#[path = "ui/list_as_text_fixed.rs"]
mod list_as_text_fixed;
#[path = "ui/meta_refresh_fixed.rs"]
mod meta_refresh_fixed;
#[path = "ui/method_without_brackets_fixed.rs"]
mod method_without_brackets_fixed;
#[path = "ui/misnested_fixed.rs"]
mod misnested_fixed;
#[path = "ui/number_with_text_fixed.rs"]
mod number_with_text_fixed;
#[path = "ui/option_in_filter_fixed.rs"]
mod option_in_filter_fixed;
#[path = "ui/option_unhandled_fixed.rs"]
mod option_unhandled_fixed;
#[path = "ui/own_filter_too_few_arguments_fixed.rs"]
mod own_filter_too_few_arguments_fixed;
#[path = "ui/own_filter_unknown_fixed.rs"]
mod own_filter_unknown_fixed;
#[path = "ui/own_filter_without_module_fixed.rs"]
mod own_filter_without_module_fixed;
#[path = "ui/page_name_fixed.rs"]
mod page_name_fixed;
#[path = "ui/plain_by_hand_fixed.rs"]
mod plain_by_hand_fixed;
#[path = "ui/plain_of_another_fixed.rs"]
mod plain_of_another_fixed;
#[path = "ui/position_in_a_list_fixed.rs"]
mod position_in_a_list_fixed;
#[path = "ui/position_in_a_text_fixed.rs"]
mod position_in_a_text_fixed;
#[path = "ui/put_in_scope_fixed.rs"]
mod put_in_scope_fixed;
#[path = "ui/safe_filter_fixed.rs"]
mod safe_filter_fixed;
#[path = "ui/scheme_from_data_fixed.rs"]
mod scheme_from_data_fixed;
#[path = "ui/script_import_fixed.rs"]
mod script_import_fixed;
#[path = "ui/script_src_fixed.rs"]
mod script_src_fixed;
#[path = "ui/srcdoc_fixed.rs"]
mod srcdoc_fixed;
#[path = "ui/template_by_hand_fixed.rs"]
mod template_by_hand_fixed;
#[path = "ui/text_filter_on_markup_fixed.rs"]
mod text_filter_on_markup_fixed;
#[path = "ui/text_in_table_row_fixed.rs"]
mod text_in_table_row_fixed;
#[path = "ui/text_with_number_fixed.rs"]
mod text_with_number_fixed;
#[path = "ui/time_of_a_date_fixed.rs"]
mod time_of_a_date_fixed;
#[path = "ui/unknown_field_fixed.rs"]
mod unknown_field_fixed;
#[path = "ui/unknown_filter_fixed.rs"]
mod unknown_filter_fixed;
#[path = "ui/unknown_slot_fixed.rs"]
mod unknown_slot_fixed;
#[path = "ui/unknown_variable_fixed.rs"]
mod unknown_variable_fixed;
#[path = "ui/unquoted_value_fixed.rs"]
mod unquoted_value_fixed;
#[path = "ui/url_too_few_arguments_fixed.rs"]
mod url_too_few_arguments_fixed;
#[path = "ui/value_in_onclick_fixed.rs"]
mod value_in_onclick_fixed;
#[path = "ui/value_in_style_fixed.rs"]
mod value_in_style_fixed;
#[path = "ui/way_in_scope_fixed.rs"]
mod way_in_scope_fixed;
#[path = "ui/wrong_url_argument_fixed.rs"]
mod wrong_url_argument_fixed;
#[path = "ui/wrong_url_name_fixed.rs"]
mod wrong_url_name_fixed;

/// Every case has its sibling, and the sibling is listed above.
#[test]
fn every_case_has_its_sibling() {
    let listed = include_str!("ui_siblings.rs");
    for entry in std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/ui")).unwrap() {
        let name = entry.unwrap().file_name().to_string_lossy().into_owned();
        if let Some(case) = name.strip_suffix(".rs").filter(|c| !c.ends_with("_fixed")) {
            assert!(listed.contains(&format!("ui/{case}_fixed.rs")), "{case}");
        }
    }
}
