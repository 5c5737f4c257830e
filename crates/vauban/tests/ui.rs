//! What must not compile, each with its reviewed message (`NAME.stderr`) and a sibling that differs only in the fix
//! and compiles (`NAME_fixed.rs`).

#![allow(clippy::duplicate_mod, reason = "each case is a program of its own")]

use std::collections::BTreeSet;

/// The siblings are compiled as parts of this test: what fails is checked in one go where nothing else has to be linked.
macro_rules! compiled {
    ($($name:ident = $path:literal),+ $(,)?) => {
        $(
            #[path = $path]
            #[allow(dead_code, unused_imports, unused_variables, unreachable_pub, missing_docs)]
            #[allow(clippy::unwrap_used, clippy::print_stdout, reason = "cases are as short as they can be")]
            mod $name;
        )+
        const FIXED: &[&str] = &[$(stringify!($name)),+];
    };
}

compiled! {
    answer_that_keeps_unsaid_fixed = "ui/answer_that_keeps_unsaid_fixed.rs",
    call_has_no_writer_in_a_get_fixed = "ui/call_has_no_writer_in_a_get_fixed.rs",
    command_in_a_view_fixed = "ui/command_in_a_view_fixed.rs",
    compared_amount_with_text_fixed = "ui/compared_amount_with_text_fixed.rs",
    compared_choice_that_may_be_missing_fixed = "ui/compared_choice_that_may_be_missing_fixed.rs",
    compared_choice_with_label_fixed = "ui/compared_choice_with_label_fixed.rs",
    compared_day_with_moment_fixed = "ui/compared_day_with_moment_fixed.rs",
    compared_day_with_number_fixed = "ui/compared_day_with_number_fixed.rs",
    compared_slug_with_number_fixed = "ui/compared_slug_with_number_fixed.rs",
    creates_and_does_not_say_so_fixed = "ui/creates_and_does_not_say_so_fixed.rs",
    creates_and_nothing_is_given_fixed = "ui/creates_and_nothing_is_given_fixed.rs",
    creates_what_is_a_column_already_fixed = "ui/creates_what_is_a_column_already_fixed.rs",
    creates_what_is_a_field_already_fixed = "ui/creates_what_is_a_field_already_fixed.rs",
    creates_with_a_field_that_may_be_left_out_fixed = "ui/creates_with_a_field_that_may_be_left_out_fixed.rs",
    creates_with_another_type_fixed = "ui/creates_with_another_type_fixed.rs",
    creates_without_a_column_fixed = "ui/creates_without_a_column_fixed.rs",
    credential_of_ones_own_fixed = "ui/credential_of_ones_own_fixed.rs",
    csp_mistakes_fixed = "ui/csp_mistakes_fixed.rs",
    edits_a_column_that_is_not_there_fixed = "ui/edits_a_column_that_is_not_there_fixed.rs",
    edits_a_key_that_may_not_be_empty_fixed = "ui/edits_a_key_that_may_not_be_empty_fixed.rs",
    edits_and_does_not_say_so_fixed = "ui/edits_and_does_not_say_so_fixed.rs",
    edits_with_another_type_fixed = "ui/edits_with_another_type_fixed.rs",
    engine_in_a_view_fixed = "ui/engine_in_a_view_fixed.rs",
    form_and_model_fixed = "ui/form_and_model_fixed.rs",
    form_attribute_fixed = "ui/form_attribute_fixed.rs",
    form_context_unsaid_fixed = "ui/form_context_unsaid_fixed.rs",
    form_id_without_choices_fixed = "ui/form_id_without_choices_fixed.rs",
    form_in_a_get_view_fixed = "ui/form_in_a_get_view_fixed.rs",
    form_left_out_without_option_fixed = "ui/form_left_out_without_option_fixed.rs",
    form_of_a_foreign_type_fixed = "ui/form_of_a_foreign_type_fixed.rs",
    form_of_a_model_fixed = "ui/form_of_a_model_fixed.rs",
    form_rows_from_a_list_fixed = "ui/form_rows_from_a_list_fixed.rs",
    form_secret_in_an_address_fixed = "ui/form_secret_in_an_address_fixed.rs",
    form_text_without_bound_fixed = "ui/form_text_without_bound_fixed.rs",
    has_role_of_no_role_fixed = "ui/has_role_of_no_role_fixed.rs",
    hook_as_nobody_fixed = "ui/hook_as_nobody_fixed.rs",
    hook_mistakes_fixed = "ui/hook_mistakes_fixed.rs",
    has_perm_of_no_permission_fixed = "ui/has_perm_of_no_permission_fixed.rs",
    model_holds_a_model_fixed = "ui/model_holds_a_model_fixed.rs",
    model_mistakes_fixed = "ui/model_mistakes_fixed.rs",
    module_mistakes_fixed = "ui/module_mistakes_fixed.rs",
    package_by_hand_fixed = "ui/package_by_hand_fixed.rs",
    page_not_replaceable_fixed = "ui/page_not_replaceable_fixed.rs",
    path_parameter_missing_fixed = "ui/path_parameter_missing_fixed.rs",
    path_parameter_misspelt_fixed = "ui/path_parameter_misspelt_fixed.rs",
    path_parameter_type_fixed = "ui/path_parameter_type_fixed.rs",
    path_pattern_fixed = "ui/path_pattern_fixed.rs",
    policy_mistakes_fixed = "ui/policy_mistakes_fixed.rs",
    proven_of_a_kept_actor_fixed = "ui/proven_of_a_kept_actor_fixed.rs",
    query_mistakes_fixed = "ui/query_mistakes_fixed.rs",
    redirect_to_string_fixed = "ui/redirect_to_string_fixed.rs",
    routes_name_no_view_fixed = "ui/routes_name_no_view_fixed.rs",
    rule_names_itself_fixed = "ui/rule_names_itself_fixed.rs",
    secret_compared_fixed = "ui/secret_compared_fixed.rs",
    secret_debugged_fixed = "ui/secret_debugged_fixed.rs",
    secret_from_a_literal_fixed = "ui/secret_from_a_literal_fixed.rs",
    secret_printed_fixed = "ui/secret_printed_fixed.rs",
    secret_serialised_fixed = "ui/secret_serialised_fixed.rs",
    task_as_nobody_fixed = "ui/task_as_nobody_fixed.rs",
    task_enqueued_by_a_reader_fixed = "ui/task_enqueued_by_a_reader_fixed.rs",
    task_mistakes_fixed = "ui/task_mistakes_fixed.rs",
    task_scheduled_as_who_asked_fixed = "ui/task_scheduled_as_who_asked_fixed.rs",
    template_value_in_onclick_fixed = "ui/template_value_in_onclick_fixed.rs",
    url_argument_fixed = "ui/url_argument_fixed.rs",
    url_name_fixed = "ui/url_name_fixed.rs",
    urls_mistakes_fixed = "ui/urls_mistakes_fixed.rs",
    user_account_group_given_fixed = "ui/user_account_group_given_fixed.rs",
    user_account_group_unique_fixed = "ui/user_account_group_unique_fixed.rs",
    user_account_missing_columns_fixed = "ui/user_account_missing_columns_fixed.rs",
    user_account_open_flag_fixed = "ui/user_account_open_flag_fixed.rs",
    view_answers_axum_html_fixed = "ui/view_answers_axum_html_fixed.rs",
    view_answers_axum_redirect_fixed = "ui/view_answers_axum_redirect_fixed.rs",
    view_answers_string_fixed = "ui/view_answers_string_fixed.rs",
    view_attribute_fixed = "ui/view_attribute_fixed.rs",
    view_bundle_smuggles_writer_fixed = "ui/view_bundle_smuggles_writer_fixed.rs",
    view_either_takes_session_fixed = "ui/view_either_takes_session_fixed.rs",
    view_mistakes_fixed = "ui/view_mistakes_fixed.rs",
    view_no_rule_fixed = "ui/view_no_rule_fixed.rs",
    view_rules_of_two_credentials_fixed = "ui/view_rules_of_two_credentials_fixed.rs",
    view_takes_axum_form_fixed = "ui/view_takes_axum_form_fixed.rs",
    view_takes_cookie_jar_fixed = "ui/view_takes_cookie_jar_fixed.rs",
    view_token_takes_messages_fixed = "ui/view_token_takes_messages_fixed.rs",
    view_write_in_get_fixed = "ui/view_write_in_get_fixed.rs",
    view_written_by_hand_fixed = "ui/view_written_by_hand_fixed.rs",
    view_wrong_rule_fixed = "ui/view_wrong_rule_fixed.rs",
    widget_of_one_for_many_fixed = "ui/widget_of_one_for_many_fixed.rs",
    widget_range_of_a_text_fixed = "ui/widget_range_of_a_text_fixed.rs",
    widget_with_nothing_to_choose_fixed = "ui/widget_with_nothing_to_choose_fixed.rs",
    write_in_a_get_view_fixed = "ui/write_in_a_get_view_fixed.rs",
}

/// Templates name the addresses of their crate: these are crates of their own, by the manifest.
const ROOTS: [&str; 2] = ["template_types_fixed", "template_url_name_fixed"];

#[test]
fn ui() {
    let names = std::fs::read_dir("tests/ui").unwrap().filter_map(|entry| {
        let name = entry.unwrap().file_name();
        Some(name.to_str()?.strip_suffix(".rs")?.to_owned())
    });
    let cases: BTreeSet<String> = names.collect();
    let fixed: Vec<&str> = FIXED.iter().copied().chain(ROOTS).collect();
    assert_eq!(cases.len(), fixed.len() * 2, "a case that is not listed above");
    let t = trybuild::TestCases::new();
    for fixed in fixed {
        let case = fixed.trim_end_matches("_fixed");
        assert!(cases.contains(fixed) && cases.contains(case), "{case}");
        t.compile_fail(format!("tests/ui/{case}.rs"));
    }
}
