//! `#[derive(UserAccount)]`: checks that the app's user has the framework's columns, and reads them.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Attribute, Data, DeriveInput, Error, Field, Fields, Ident, Result, Type};

use crate::ident::{field_says, words};

/// What a column must look like.
struct Column {
    name: &'static str,
    /// The type's tokens without spaces, by its last path segments; `Self` stands for the struct.
    ty: &'static str,
    /// The attributes that `#[field(…)]` must have.
    attributes: &'static [&'static str],
    /// The line to write.
    line: &'static str,
}

const COLUMNS: &[Column] = &[
    Column {
        name: "id",
        ty: "Id<Self>",
        attributes: &[],
        line: "pub id: Id<Self>,",
    },
    Column {
        name: "email",
        ty: "Email",
        attributes: &["unique", "fixed"],
        line: "#[field(unique, fixed)] pub email: Email,",
    },
    Column {
        name: "is_active",
        ty: "bool",
        attributes: &["privileged"],
        line: "#[field(privileged, default = true)] pub is_active: bool,",
    },
    Column {
        name: "is_staff",
        ty: "bool",
        attributes: &["privileged"],
        line: "#[field(privileged, default = false)] pub is_staff: bool,",
    },
    Column {
        name: "is_superuser",
        ty: "bool",
        attributes: &["privileged"],
        line: "#[field(privileged, default = false)] pub is_superuser: bool,",
    },
    Column {
        name: "date_joined",
        ty: "DateTime",
        attributes: &["auto_now_add"],
        line: "#[field(auto_now_add)] pub date_joined: DateTime,",
    },
    Column {
        name: "last_login",
        ty: "Option<DateTime>",
        attributes: &["privileged"],
        line: "#[field(privileged)] pub last_login: Option<DateTime>,",
    },
];

/// Writes the implementation of `UserAccount`.
pub(crate) fn expand(item: TokenStream) -> Result<TokenStream> {
    let input: DeriveInput = syn::parse2(item)?;
    let fields = named_fields(&input)?;
    check_columns(&input.ident, &fields)?;
    check_user_model(&input)?;
    check_own_columns(&fields)?;
    let accounts = accounts_path(&input)?;
    let user = &input.ident;
    let own: Vec<&Field> = fields
        .iter()
        .copied()
        .filter(|field| !is_framework(field))
        .collect();
    let name = own
        .iter()
        .filter_map(|f| f.ident.as_ref())
        .find(|ident| *ident == "name");
    let display = match name {
        Some(name) => quote! {
            if self.#name.is_empty() { self.email.local_part() } else { &self.#name }
        },
        None => quote! { self.email.local_part() },
    };
    let texts = own
        .iter()
        .filter(|field| shape(&field.ty, user) == "String")
        .filter_map(|f| f.ident.as_ref());
    let attributes = texts.map(|ident| {
        let name = ident.to_string().replace('_', " ");
        quote! { #accounts::Attribute {
            name: ::std::string::String::from(#name),
            value: ::std::clone::Clone::clone(&self.#ident),
        } }
    });
    let new = quote::format_ident!("New{user}");
    let given = own
        .iter()
        .filter(|field| !has_own_value(field))
        .filter_map(|f| f.ident.as_ref());
    let groups = own.iter().filter(|field| field_says(field, "group"));
    let once = groups.map(|field| {
        let ty = &field.ty;
        quote_spanned! {ty.span()=>
            const _: () = ::core::assert!(
                !::vauban::__private::orm::__private::flat::has_unique(<#ty as ::vauban::__private::orm::FieldGroup>::__COLUMNS),
                #UNIQUE_IN_A_GROUP
            );
        }
    });
    Ok(quote! {
        #(#once)*
        impl #accounts::UserAccount for #user {
            fn email(&self) -> &#accounts::Email { &self.email }
            fn is_active(&self) -> bool { self.is_active }
            fn is_staff(&self) -> bool { self.is_staff }
            fn is_superuser(&self) -> bool { self.is_superuser }
            fn display_name(&self) -> &str { #display }
            fn attributes(&self) -> ::std::vec::Vec<#accounts::Attribute> {
                ::std::vec![#(#attributes),*]
            }
            #[allow(deprecated)]
            const DERIVED: #accounts::Derived<Self> = #accounts::Derived::__by_derive();
            fn columns_of_account<P: ::vauban::__private::orm::Place>(
                columns: &::vauban::__private::orm::Columns<Self, P>,
            ) -> #accounts::AccountColumns<'_, P, Self> {
                #accounts::AccountColumns {
                    id: &columns.id,
                    email: &columns.email,
                    is_active: &columns.is_active,
                    is_staff: &columns.is_staff,
                    is_superuser: &columns.is_superuser,
                    last_login: &columns.last_login,
                }
            }
            fn fresh(email: #accounts::Email) -> #new {
                #new { email, #(#given: ::std::default::Default::default()),* }
            }
        }
        #[automatically_derived]
        impl #accounts::__mail::Recipient for #user {
            fn mailbox(&self) -> #accounts::__mail::Mailbox {
                #accounts::__mail::Mailbox::new(::std::clone::Clone::clone(&self.email))
                    .named(<Self as #accounts::UserAccount>::display_name(self))
            }
        }
    })
}

/// Where the accounts are: `::vauban::accounts`, unless `#[account(crate = …)]` says otherwise.
fn accounts_path(input: &DeriveInput) -> Result<TokenStream> {
    let mut path = quote!(::vauban::accounts);
    for attribute in input.attrs.iter().filter(|a| a.path().is_ident("account")) {
        attribute.parse_nested_meta(|meta| {
            if !meta.path.is_ident("crate") {
                return Err(meta.error("there is only `crate = path` here"));
            }
            let other: syn::Path = meta.value()?.parse()?;
            path = quote!(::#other);
            Ok(())
        })?;
    }
    Ok(path)
}

fn named_fields(input: &DeriveInput) -> Result<Vec<&Field>> {
    match &input.data {
        Data::Struct(data) => match &data.fields {
            Fields::Named(fields) if input.generics.params.is_empty() => Ok(fields.named.iter().collect()),
            _ => Err(Error::new(
                input.ident.span(),
                "a user is a struct with named fields and no parameters",
            )),
        },
        _ => Err(Error::new(input.ident.span(), "a user is a struct")),
    }
}

/// Every column of the framework, of the right type: one error that names all that is missing.
fn check_columns(user: &Ident, fields: &[&Field]) -> Result<()> {
    let mut missing = Vec::new();
    let mut wrong: Option<Error> = None;
    let mut fail = |error: Error| match &mut wrong {
        Some(errors) => errors.combine(error),
        none => *none = Some(error),
    };
    for column in COLUMNS {
        let Some(field) = fields
            .iter()
            .find(|f| f.ident.as_ref().is_some_and(|i| i == column.name))
        else {
            missing.push(column.line.replace("Self", &user.to_string()));
            continue;
        };
        let expected = column.ty.replace("Self", &user.to_string());
        let found = shape(&field.ty, user);
        if found != expected {
            let text = format!(
                "the user's column `{}` is `{expected}`, not `{found}`",
                column.name
            );
            fail(Error::new(field.ty.span(), text));
        }
        for attribute in column.attributes {
            if !field_says(field, attribute) {
                // CWE-269: who is staff is not for a form to say.
                let text = format!(
                    "the user's column `{}` needs `{attribute}`: write `{}`",
                    column.name,
                    column.line.replace("Self", &user.to_string())
                );
                fail(Error::new(name_span(field), text));
            }
        }
    }
    if !missing.is_empty() {
        let text = format!(
            "a user account needs the framework's columns beside its own; add to `{user}`:\n    {}",
            missing.join("\n    ")
        );
        fail(Error::new(user.span(), text));
    }
    wrong.map_or(Ok(()), Err)
}

const UNIQUE_IN_A_GROUP: &str = "a new account starts with the defaults of this group's fields, so no two could be made with one that is `unique`: make that an \
     `Option` with `default = None::<String>`, or keep it in a model of its own";

/// Sign-up gives an own column its default, the same to everybody: that cannot be unique.
fn check_own_columns(fields: &[&Field]) -> Result<()> {
    let optional = |field: &Field| matches!(&field.ty, Type::Path(path) if path.path.segments.last().is_some_and(|s| s.ident == "Option"));
    for field in fields.iter().filter(|field| !is_framework(field)) {
        if field_says(field, "given") {
            return Err(Error::new(
                name_span(field),
                "nobody gives a new account the values of a group of fields: give each of the group's fields a `default`",
            ));
        }
        if field_says(field, "unique") && !optional(field) {
            return Err(Error::new(
                name_span(field),
                "a new account starts with this column's default, so no two could be made: make it an `Option`, \
                 or keep it in a model of its own",
            ));
        }
    }
    Ok(())
}

/// `#[model(user)]` makes its rows `who`.
fn check_user_model(input: &DeriveInput) -> Result<()> {
    let says = |attribute: &Attribute| {
        attribute.path().is_ident("model") && words(attribute).contains(&"user".to_owned())
    };
    if input.attrs.iter().any(says) {
        return Ok(());
    }
    Err(Error::new(
        input.ident.span(),
        "the model of those who sign in says so: write `#[model(user)]` above the struct",
    ))
}

/// Where the field's name stands.
fn name_span(field: &Field) -> proc_macro2::Span {
    field.ident.as_ref().map_or_else(|| field.span(), Ident::span)
}

fn is_framework(field: &Field) -> bool {
    field
        .ident
        .as_ref()
        .is_some_and(|ident| COLUMNS.iter().any(|column| ident == column.name))
}

/// Whether a new row gets its value without being given one.
fn has_own_value(field: &Field) -> bool {
    if field_says(field, "group") {
        return !field_says(field, "given");
    }
    ["default", "privileged", "auto_now", "auto_now_add"]
        .iter()
        .any(|word| field_says(field, word))
}

/// A type as text: without spaces, with only the last segment of each path, `Self` written out.
fn shape(ty: &Type, user: &Ident) -> String {
    let text = ty.to_token_stream().to_string().replace(' ', "");
    let mut out = String::new();
    let mut segment = String::new();
    for c in text.chars() {
        match c {
            ':' => segment.clear(),
            '<' | '>' | ',' => {
                out.push_str(&segment);
                segment.clear();
                out.push(c);
            }
            c => segment.push(c),
        }
    }
    out.push_str(&segment);
    out.replace("<Self>", &format!("<{user}>"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "#[model(user)] struct User {
        id: vauban::Id<User>, #[field(unique, fixed)] email: Email,
        #[field(privileged, default = true)] is_active: bool, #[field(privileged)] is_staff: bool,
        #[field(privileged)] is_superuser: bool, #[field(auto_now_add)] date_joined: DateTime,
        #[field(privileged)] last_login: Option<DateTime>, #[field(max_length = 80)] name: String }";

    fn message(source: &str) -> String {
        let tokens: TokenStream = source.parse().unwrap();
        expand(tokens).map_or_else(
            |error| {
                error
                    .into_iter()
                    .map(|e| e.to_string())
                    .collect::<Vec<_>>()
                    .join("; ")
            },
            |_| String::new(),
        )
    }

    #[test]
    fn a_complete_user_is_accepted() {
        assert_eq!(message(GOOD), "");
    }

    #[test]
    fn a_missing_column_is_named_with_the_line_to_write() {
        let error = message(&GOOD.replace("#[field(privileged)] is_staff: bool,", ""));
        assert!(
            error.contains("#[field(privileged, default = false)] pub is_staff: bool,"),
            "{error}"
        );
    }

    #[test]
    fn a_wrong_type_is_named() {
        let error = message(&GOOD.replace("email: Email", "email: String"));
        assert!(error.contains("`email` is `Email`, not `String`"), "{error}");
    }

    /// CWE-269, CWE-915: a staff flag that any form could set does not compile.
    #[test]
    fn a_flag_without_privilege_is_refused() {
        let error = message(&GOOD.replace("#[field(privileged)] is_superuser", "is_superuser"));
        assert!(error.contains("`is_superuser` needs `privileged`"), "{error}");
    }

    /// CWE-269: what a word says is no word.
    #[test]
    fn a_default_that_is_called_privileged_is_no_privilege() {
        for default in [
            "default = privileged",
            "default = at(privileged)",
            "default = { privileged }",
        ] {
            let open = format!("#[field({default})] is_superuser");
            let error = message(&GOOD.replace("#[field(privileged)] is_superuser", &open));
            assert!(error.contains("`is_superuser` needs `privileged`"), "{error}");
        }
    }

    #[test]
    fn an_own_column_that_would_be_the_same_for_all_is_not_unique() {
        let own = "#[field(max_length = 80)] name: String";
        assert!(
            message(&GOOD.replace(own, "#[field(max_length = 80, unique)] name: String"))
                .contains("an `Option`")
        );
        assert_eq!(
            message(&GOOD.replace(own, "#[field(max_length = 80, unique)] nick: Option<String>")),
            ""
        );
    }

    /// Sign-up has nothing to give it.
    #[test]
    fn a_group_is_taken_in_with_its_defaults() {
        let with = |words: &str| {
            GOOD.replace(
                "name: String",
                &format!("name: String, #[field({words})] times: Times"),
            )
        };
        assert_eq!(message(&with("group")), "");
        assert!(message(&with("group, given")).contains("give each of the group's fields a `default`"));
        let fresh = |source: &str| {
            let written = expand(source.parse().unwrap()).unwrap().to_string();
            written.split_once("fn fresh").unwrap().1.to_owned()
        };
        assert!(fresh(GOOD).contains("name") && !fresh(&with("group")).contains("times"));
    }

    #[test]
    fn the_user_model_says_so() {
        assert!(message(&GOOD.replace("#[model(user)]", "")).contains("#[model(user)]"));
    }
}
