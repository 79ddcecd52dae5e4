//! Settings that are right one by one, and from which no provider can be built.

use std::sync::Arc;

use crate::{
    AtIshare, Dhl, Dpd, Fedex, LocalTokens, Prodigi, ProviderSettings, Razorpay, RoyalMail,
    SettingsError, Stripe, TokenCache, Ups,
};

/// Everything that is wrong with these settings together, of every vendor.
#[must_use]
pub fn contradictions(settings: &ProviderSettings) -> Vec<SettingsError> {
    let tokens: Arc<dyn TokenCache> = Arc::new(LocalTokens::default());
    let carriers = &settings.carriers;
    let mut found = settings.shiprocket.contradictions();
    let others = [
        AtIshare::configured(&settings.at_ishare).err(),
        Prodigi::configured(&settings.prodigi).err(),
        Stripe::configured(&settings.stripe).err(),
        Razorpay::configured(&settings.razorpay).err(),
        RoyalMail::configured(&carriers.royal_mail, &tokens).err(),
        Dpd::configured(&carriers.dpd, &tokens).err(),
        Fedex::configured(&carriers.fedex, &tokens).err(),
        Ups::configured(&carriers.ups, &tokens).err(),
        Dhl::configured(&carriers.dhl).err(),
    ];
    found.extend(others.into_iter().flatten());
    found
}
