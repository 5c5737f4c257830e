//! What must not compile, each with its reviewed message and with a sibling that differs only in the fix and compiles.

#![allow(clippy::duplicate_mod, reason = "each case is a program of its own")]

use std::collections::BTreeSet;
use std::path::Path;

/// The siblings are compiled as parts of this test.
macro_rules! compiled {
    ($($name:ident = $path:literal),+ $(,)?) => {
        $(
            #[path = $path]
            #[allow(dead_code, unused_imports, unreachable_pub, missing_docs)]
            mod $name;
        )+
        const FIXED: &[&str] = &[$(stringify!($name)),+];
    };
}

compiled! {
    actor_made_by_hand_fixed = "ui/actor_made_by_hand_fixed.rs",
    aggregate_in_a_filter_fixed = "ui/aggregate_in_a_filter_fixed.rs",
    amount_and_a_number_added_fixed = "ui/amount_and_a_number_added_fixed.rs",
    amount_computed_fixed = "ui/amount_computed_fixed.rs",
    amounts_of_two_types_added_fixed = "ui/amounts_of_two_types_added_fixed.rs",
    binder_made_by_hand_fixed = "ui/binder_made_by_hand_fixed.rs",
    bounds_of_a_text_fixed = "ui/bounds_of_a_text_fixed.rs",
    column_in_an_aggregate_fixed = "ui/column_in_an_aggregate_fixed.rs",
    column_of_an_unrelated_row_fixed = "ui/column_of_an_unrelated_row_fixed.rs",
    column_of_another_type_fixed = "ui/column_of_another_type_fixed.rs",
    columns_with_equals_sign_fixed = "ui/columns_with_equals_sign_fixed.rs",
    data_migration_without_a_waiver_fixed = "ui/data_migration_without_a_waiver_fixed.rs",
    document_compared_fixed = "ui/document_compared_fixed.rs",
    encrypted_and_unique_fixed = "ui/encrypted_and_unique_fixed.rs",
    encrypted_chosen_fixed = "ui/encrypted_chosen_fixed.rs",
    encrypted_grouped_fixed = "ui/encrypted_grouped_fixed.rs",
    encrypted_looked_up_fixed = "ui/encrypted_looked_up_fixed.rs",
    encrypted_printed_fixed = "ui/encrypted_printed_fixed.rs",
    encrypted_searched_fixed = "ui/encrypted_searched_fixed.rs",
    encrypted_sorted_fixed = "ui/encrypted_sorted_fixed.rs",
    encrypted_under_one_label_fixed = "ui/encrypted_under_one_label_fixed.rs",
    encrypted_without_a_label_fixed = "ui/encrypted_without_a_label_fixed.rs",
    filter_from_a_string_fixed = "ui/filter_from_a_string_fixed.rs",
    filter_of_another_model_fixed = "ui/filter_of_another_model_fixed.rs",
    group_column_misspelt_fixed = "ui/group_column_misspelt_fixed.rs",
    group_column_twice_fixed = "ui/group_column_twice_fixed.rs",
    group_given_for_nothing_fixed = "ui/group_given_for_nothing_fixed.rs",
    group_in_a_group_fixed = "ui/group_in_a_group_fixed.rs",
    group_that_is_a_column_fixed = "ui/group_that_is_a_column_fixed.rs",
    group_that_is_generic_fixed = "ui/group_that_is_generic_fixed.rs",
    group_that_is_optional_fixed = "ui/group_that_is_optional_fixed.rs",
    group_that_is_serialised_fixed = "ui/group_that_is_serialised_fixed.rs",
    group_that_makes_row_version_fixed = "ui/group_that_makes_row_version_fixed.rs",
    group_that_must_be_given_fixed = "ui/group_that_must_be_given_fixed.rs",
    group_with_an_id_fixed = "ui/group_with_an_id_fixed.rs",
    group_without_the_word_fixed = "ui/group_without_the_word_fixed.rs",
    helper_for_one_row_only_fixed = "ui/helper_for_one_row_only_fixed.rs",
    helper_with_a_model_for_a_place_fixed = "ui/helper_with_a_model_for_a_place_fixed.rs",
    helper_without_a_place_fixed = "ui/helper_without_a_place_fixed.rs",
    hook_does_what_its_service_does_not_list_fixed = "ui/hook_does_what_its_service_does_not_list_fixed.rs",
    id_of_another_model_fixed = "ui/id_of_another_model_fixed.rs",
    index_of_no_column_fixed = "ui/index_of_no_column_fixed.rs",
    inner_row_outside_its_any_fixed = "ui/inner_row_outside_its_any_fixed.rs",
    link_without_a_policy_fixed = "ui/link_without_a_policy_fixed.rs",
    lock_through_a_reading_handle_fixed = "ui/lock_through_a_reading_handle_fixed.rs",
    member_of_no_tenant_fixed = "ui/member_of_no_tenant_fixed.rs",
    membership_of_nobody_fixed = "ui/membership_of_nobody_fixed.rs",
    membership_that_is_not_unique_fixed = "ui/membership_that_is_not_unique_fixed.rs",
    membership_whose_person_is_no_user_fixed = "ui/membership_whose_person_is_no_user_fixed.rs",
    membership_without_a_role_fixed = "ui/membership_without_a_role_fixed.rs",
    model_described_by_hand_fixed = "ui/model_described_by_hand_fixed.rs",
    model_that_is_serialised_fixed = "ui/model_that_is_serialised_fixed.rs",
    model_without_policy_fixed = "ui/model_without_policy_fixed.rs",
    models_are_not_serialised_fixed = "ui/models_are_not_serialised_fixed.rs",
    relation_that_was_not_loaded_fixed = "ui/relation_that_was_not_loaded_fixed.rs",
    relation_without_load_fixed = "ui/relation_without_load_fixed.rs",
    role_behind_the_owner_fixed = "ui/role_behind_the_owner_fixed.rs",
    rows_that_never_meet_fixed = "ui/rows_that_never_meet_fixed.rs",
    service_by_hand_fixed = "ui/service_by_hand_fixed.rs",
    service_does_what_it_does_not_list_fixed = "ui/service_does_what_it_does_not_list_fixed.rs",
    service_with_the_proof_of_another_fixed = "ui/service_with_the_proof_of_another_fixed.rs",
    service_without_a_waiver_fixed = "ui/service_without_a_waiver_fixed.rs",
    set_inside_any_fixed = "ui/set_inside_any_fixed.rs",
    set_on_a_related_row_fixed = "ui/set_on_a_related_row_fixed.rs",
    set_to_another_type_fixed = "ui/set_to_another_type_fixed.rs",
    set_to_on_a_related_row_fixed = "ui/set_to_on_a_related_row_fixed.rs",
    sql_from_a_leaked_string_fixed = "ui/sql_from_a_leaked_string_fixed.rs",
    sql_from_a_string_fixed = "ui/sql_from_a_string_fixed.rs",
    sql_from_format_fixed = "ui/sql_from_format_fixed.rs",
    sql_that_asks_the_clock_fixed = "ui/sql_that_asks_the_clock_fixed.rs",
    sql_that_leaves_its_place_fixed = "ui/sql_that_leaves_its_place_fixed.rs",
    sql_with_a_bare_column_fixed = "ui/sql_with_a_bare_column_fixed.rs",
    sql_with_a_place_in_quotes_fixed = "ui/sql_with_a_place_in_quotes_fixed.rs",
    sql_with_a_subquery_fixed = "ui/sql_with_a_subquery_fixed.rs",
    sql_with_another_function_fixed = "ui/sql_with_another_function_fixed.rs",
    sql_with_too_few_values_fixed = "ui/sql_with_too_few_values_fixed.rs",
    table_of_the_framework_fixed = "ui/table_of_the_framework_fixed.rs",
    text_without_a_length_fixed = "ui/text_without_a_length_fixed.rs",
    unscoped_handle_kept_fixed = "ui/unscoped_handle_kept_fixed.rs",
    unscoped_handle_returned_fixed = "ui/unscoped_handle_returned_fixed.rs",
    values_of_columns_that_are_moved_fixed = "ui/values_of_columns_that_are_moved_fixed.rs",
    who_has_no_permission_fixed = "ui/who_has_no_permission_fixed.rs",
    who_is_not_a_bool_fixed = "ui/who_is_not_a_bool_fixed.rs",
    write_through_a_reading_handle_fixed = "ui/write_through_a_reading_handle_fixed.rs",
    write_through_an_unscoped_handle_fixed = "ui/write_through_an_unscoped_handle_fixed.rs",
}

#[test]
fn what_must_not_compile() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/ui");
    let cases: BTreeSet<String> = std::fs::read_dir(&folder)
        .unwrap()
        .filter_map(|entry| {
            entry
                .unwrap()
                .file_name()
                .to_str()?
                .strip_suffix(".rs")
                .map(str::to_owned)
        })
        .collect();
    let build = trybuild::TestCases::new();
    let mut pairs = 0;
    assert_eq!(FIXED.len() * 2, cases.len());
    for case in cases.iter().filter(|case| !case.ends_with("_fixed")) {
        let fixed = format!("{case}_fixed");
        assert!(cases.contains(&fixed), "`{case}` has no sibling that compiles");
        let lines = |name: &str| {
            let text = std::fs::read_to_string(folder.join(format!("{name}.rs"))).unwrap();
            text.lines().map(str::to_owned).collect::<Vec<_>>()
        };
        let (bad, good) = (lines(case), lines(&fixed));
        let only_here = |a: &[String], b: &[String]| a.iter().filter(|line| !b.contains(line)).count();
        assert!(
            only_here(&bad, &good) <= 1 && only_here(&good, &bad) <= 4,
            "`{case}` differs in more than its fix"
        );
        build.compile_fail(format!("tests/ui/{case}.rs"));
        assert!(
            FIXED.contains(&fixed.as_str()),
            "`{fixed}` is not compiled with this test"
        );
        pairs += 1;
    }
    assert_eq!(pairs, FIXED.len(), "cases that were seen");
}
