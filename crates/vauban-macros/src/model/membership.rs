//! `#[model(membership)]`: whose rows say who belongs to which tenant, in which role.

use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{DeriveInput, Error, GenericArgument, PathArguments, Result, Type};

use super::args::{Index, ModelArgs};
use super::column::Column;
use super::slots::Slot;
use super::types::{last_segment, named};

const SHAPE: &str = "a membership says who belongs to which tenant, in which role:\n    \
    #[model(membership, unique(organisation, person))]\n    \
    #[field(tenant, on_delete = cascade)] pub organisation: ForeignKey<Organisation>,\n    \
    #[field(owner, index, on_delete = cascade)] pub person: ForeignKey<User>,\n    \
    #[field(role)] pub role: Role,";

/// The implementations of `Membership` and `Tenant`; none of a model that is no membership.
pub(super) fn written(
    input: &DeriveInput,
    model: &ModelArgs,
    slots: &[Slot<'_>],
) -> Result<Option<TokenStream>> {
    let columns = || {
        slots.iter().filter_map(|slot| match slot {
            Slot::Column(column) => Some(&**column),
            Slot::Group(_) => None,
        })
    };
    if !model.membership {
        return match columns().find(|column| column.role) {
            Some(column) => Err(Error::new(
                column.name.span(),
                "a role is a membership's: write `#[model(membership, unique(tenant, person))]` above the struct",
            )),
            None => Ok(None),
        };
    }
    let one = |what: &str, is_it: &dyn Fn(&Column<'_>) -> bool| {
        let mut found = columns().filter(|column| is_it(column));
        match (found.next(), found.next()) {
            (Some(column), None) => Ok(column),
            (None, _) => Err(Error::new(
                input.ident.span(),
                format!("`{}` has no `#[field({what})]`; {SHAPE}", input.ident),
            )),
            // CWE-863: of two tenants nobody knows in which one the role is.
            (_, Some(second)) => Err(Error::new(
                second.name.span(),
                format!("a membership has one `#[field({what})]`, and this is a second one; {SHAPE}"),
            )),
        }
    };
    let tenant = one("tenant", &|column| column.privilege == "Tenant")?;
    let person = one("owner", &|column| column.privilege == "Owner")?;
    let role = one("role", &|column| column.role)?;
    // CWE-778: of a field that the struct keeps to itself nobody is told what it was, and the last owner would go unseen.
    let hidden = |column: &&&Column<'_>| !matches!(column.field.vis, syn::Visibility::Public(_));
    if let Some(hidden) = [tenant, person, role].iter().find(hidden) {
        let text =
            "tenant, person and role of a membership are `pub`: by them the framework sees who is made what";
        return Err(Error::new(hidden.name.span(), text));
    }
    let (tenant_type, person_type) = (key(tenant, input)?, key(person, input)?);
    is_once(input, model, tenant, person)?;
    let others = |column: &&Column<'_>| ![tenant, person, role].iter().any(|key| key.name == column.name);
    if let Some(given) = columns().filter(others).find(|column| column.is_given()) {
        return Err(Error::new(
            given.name.span(),
            "whoever accepts an invitation becomes a member, and gives no value for this: add a `default = …`",
        ));
    }
    let (orm, membership) = (&model.orm, &input.ident);
    let new = format_ident!("New{membership}");
    let (tenant, person, role, role_type) = (tenant.name, person.name, role.name, role.ty);
    let role_type = named(quote!(#role_type), membership);
    let names = [tenant, person, role].map(crate::ident::unraw);
    // Told where the types stand, if they are none of these.
    let types = [
        quote_spanned!(tenant_type.span()=> type Tenant = #tenant_type;),
        quote_spanned!(person_type.span()=> type Person = #person_type;),
        quote_spanned!(role.span()=> type Role = #role_type;),
    ];
    Ok(Some(quote! {
        #[automatically_derived]
        impl #orm::membership::Membership for #membership {
            #(#types)*
            const __FIELDS: [&'static str; 3] = [#(#names),*];
            fn tenant(&self) -> #orm::Id<#tenant_type> { self.#tenant.id() }
            fn person(&self) -> #orm::Id<#person_type> { self.#person.id() }
            fn role(&self) -> #role_type { self.#role }
            fn __tenant(&self) -> ::core::option::Option<&#tenant_type> { self.#tenant.get() }
            fn __person(&self) -> ::core::option::Option<&#person_type> { self.#person.get() }
            fn __into_tenant(self) -> ::core::option::Option<::std::sync::Arc<#tenant_type>> {
                self.#tenant.__into_row()
            }
            fn __keys<P: #orm::Place>(
                columns: &#orm::Columns<Self, P>,
            ) -> #orm::membership::MembershipColumns<'_, P, Self> {
                #orm::membership::MembershipColumns {
                    tenant: &columns.#tenant,
                    person: &columns.#person,
                    role: &columns.#role,
                }
            }
            fn __id<P: #orm::Place>(columns: &#orm::Columns<Self, P>) -> &#orm::Column<P, #orm::Id<Self>> {
                &columns.id
            }
            fn __new(
                tenant: #orm::Id<#tenant_type>,
                person: #orm::Id<#person_type>,
                role: #role_type,
            ) -> #new {
                #new { #tenant: tenant, #person: person, #role: role }
            }
        }
        #[automatically_derived]
        impl #orm::membership::Tenant for #tenant_type {
            type Membership = #membership;
        }
    }))
}

/// `T` of `ForeignKey<T>`.
fn key(column: &Column<'_>, input: &DeriveInput) -> Result<Type> {
    if last_segment(column.ty) == "ForeignKey"
        && let Type::Path(path) = column.ty
        && let Some(segment) = path.path.segments.last()
        && let PathArguments::AngleBracketed(arguments) = &segment.arguments
        && let Some(GenericArgument::Type(inner)) = arguments.args.first()
    {
        return syn::parse2(named(quote!(#inner), &input.ident));
    }
    let text = format!(
        "a membership is of one tenant and one person: this is a `ForeignKey` to them, and no `Option`; {SHAPE}"
    );
    Err(Error::new(column.ty.span(), text))
}

/// CWE-863: of two rows, whoever is demoted in the one keeps what the other gives.
fn is_once(input: &DeriveInput, model: &ModelArgs, tenant: &Column<'_>, person: &Column<'_>) -> Result<()> {
    let is_it = |index: &Index| {
        let whole =
            index.unique && index.only.is_none() && index.lower.is_empty() && index.columns.len() == 2;
        let has = |column: &Column<'_>| {
            let mut names = index.columns.iter();
            names.any(|name| name.of_group.is_none() && name.name == *column.name)
        };
        whole && has(tenant) && has(person)
    };
    if model.indexes.iter().any(is_it) {
        return Ok(());
    }
    let text = format!(
        "a person belongs to a tenant once: write `#[model(membership, unique({}, {}))]`",
        tenant.name, person.name
    );
    Err(Error::new(input.ident.span(), text))
}
