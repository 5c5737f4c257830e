//! `#[model(many(tags: Tag through ArticleTag(article, tag)))]`: many to many.

use proc_macro2::TokenStream;
use quote::quote;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{DeriveInput, Error, Ident, Path, Result, Token, parenthesized};

/// `name: Other through Link(here, there)`, or `through new Link(here, there)` for a model that the derive writes.
pub(super) struct Linking {
    pub(super) name: Ident,
    pub(super) target: Path,
    pub(super) own: bool,
    pub(super) link: Path,
    pub(super) near: Ident,
    pub(super) far: Ident,
}

impl Parse for Linking {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        const FORM: &str = "a relation of many to many is written `many(tags: Tag through ArticleTag(article, tag))`: the model that \
                            links the two, with its foreign keys to this one and to the other; `through new ArticleTag(article, tag)` \
                            writes that model, and you its policy";
        let name = input.parse()?;
        input.parse::<Token![:]>()?;
        let target = input.call(Path::parse_mod_style)?;
        let word: Ident = input.parse().map_err(|error| Error::new(error.span(), FORM))?;
        if word != "through" {
            return Err(Error::new(word.span(), FORM));
        }
        let ahead = input.fork();
        let own = ahead.parse::<Ident>().is_ok_and(|word| word == "new");
        if own {
            input.parse::<Ident>()?;
        }
        let link = input.call(Path::parse_mod_style)?;
        let inside;
        parenthesized!(inside in input);
        let keys = Punctuated::<Ident, Token![,]>::parse_terminated(&inside)?;
        let mut keys = keys.into_iter();
        match (keys.next(), keys.next(), keys.next()) {
            (Some(near), Some(far), None) if !own || link.get_ident().is_some() => Ok(Self {
                name,
                target,
                own,
                link,
                near,
                far,
            }),
            _ => Err(Error::new_spanned(link, FORM)),
        }
    }
}

impl Linking {
    /// The model of the links. CWE-862: its policy is for whoever uses it to write, and without one it does not compile. A link's
    /// ends are fixed; it goes with the row that has the relation, and with the other one if the links may be deleted.
    pub(super) fn written(&self, input: &DeriveInput, orm: &TokenStream) -> TokenStream {
        let (vis, model) = (&input.vis, &input.ident);
        let Self {
            link,
            target,
            near,
            far,
            name,
            ..
        } = self;
        let docs = [
            format!("Links a [`{model}`] to one of its `{name}`: seen, added and deleted by its own policy."),
            "The link's own key.".to_owned(),
            format!("The [`{model}`] that has the relation."),
            "What is linked to it.".to_owned(),
        ];
        let [doc, of_id, of_near, of_far] = &docs;
        quote! {
            #[doc = #doc]
            #vis struct #link {
                #[doc = #of_id]
                pub id: #orm::Id<#link>,
                #[doc = #of_near]
                pub #near: #orm::ForeignKey<#model>,
                #[doc = #of_far]
                pub #far: #orm::ForeignKey<#target>,
            }
        }
    }

    /// The same with what the derive reads; `args` are those of the model that has the relation.
    pub(super) fn described(
        &self,
        input: &DeriveInput,
        orm: &TokenStream,
        args: &TokenStream,
    ) -> TokenStream {
        let (vis, model) = (&input.vis, &input.ident);
        let Self {
            link,
            target,
            near,
            far,
            ..
        } = self;
        quote! {
            #[model(#args unique(#near, #far))]
            #vis struct #link {
                pub id: #orm::Id<#link>,
                #[field(owner, on_delete = cascade_owned)]
                pub #near: #orm::ForeignKey<#model>,
                #[field(owner, index, on_delete = cascade)]
                pub #far: #orm::ForeignKey<#target>,
            }
        }
    }
}
