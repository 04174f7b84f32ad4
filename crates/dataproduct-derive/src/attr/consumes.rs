//! `#[consumes(...)]`.

use syn::{Attribute, LitStr, Path};

use super::column::krate;
use super::{Item, items, set, unknown};
use crate::check;
use crate::errors::Errors;

/// What `#[consumes(...)]` says.
#[derive(Default)]
pub(crate) struct ConsumesAttrs {
    pub(crate) product: Option<LitStr>,
    pub(crate) consumer: Option<LitStr>,
    pub(crate) owner: Option<LitStr>,
    pub(crate) purpose: Option<LitStr>,
    pub(crate) krate: Option<Path>,
    /// Every key that is there, whether or not its value could be read.
    seen: Vec<String>,
}

const KEYS: &[&str] = &["product", "consumer", "owner", "purpose", "crate"];

/// What has to be said, and how.
const NEEDED: &[(&str, &str)] = &[
    ("product", "product = \"inventory.stock-levels@^1\""),
    ("consumer", "consumer = \"living-room\""),
    ("owner", "owner = \"advice-team\""),
    ("purpose", "purpose = \"answer what is in stock\""),
];

impl ConsumesAttrs {
    pub(crate) fn read(attributes: &[Attribute], ident: &syn::Ident, errors: &mut Errors) -> Self {
        let mut out = Self::default();
        for item in items(attributes, "consumes", errors) {
            out.seen.push(item.key.to_string());
            let result = out.take(&item);
            errors.take(result);
        }
        for (name, example) in NEEDED {
            if !out.seen.iter().any(|seen| seen == name) {
                errors.on(
                    ident,
                    format!("a consumption needs `{name}`: write `#[consumes({example})]`"),
                );
            }
        }
        out
    }

    fn take(&mut self, item: &Item) -> syn::Result<()> {
        let name = item.key.to_string();
        let example = NEEDED.iter().find(|(needed, _)| name == *needed);
        match (name.as_str(), example) {
            ("product", Some((_, example))) => {
                let text = item.text(example)?;
                check::product_ref(&text)?;
                if !text.value().contains('@') {
                    return Err(syn::Error::new(
                        text.span(),
                        format!(
                            "say which versions are read: write `{}@^1`, or `@*` for all of them",
                            text.value()
                        ),
                    ));
                }
                set(&mut self.product, item, text)
            }
            ("consumer", Some((_, example))) => {
                let text = item.text(example)?;
                check::segment(&text)?;
                set(&mut self.consumer, item, text)
            }
            ("owner", Some((_, example))) => set(&mut self.owner, item, item.text(example)?),
            ("purpose", Some((_, example))) => set(&mut self.purpose, item, item.text(example)?),
            ("crate", _) => set(&mut self.krate, item, krate(item)?),
            (name, _) => Err(syn::Error::new(
                item.key.span(),
                unknown("`#[consumes]`", name, KEYS),
            )),
        }
    }
}
