//! Every carrier's settings, and those carriers that are configured.

use std::sync::Arc;

use crate::{
    Carrier, Carriers, Dhl, DhlSettings, Dpd, DpdSettings, Fedex, FedexSettings, ProviderSettings,
    RoyalMail, RoyalMailSettings, SettingsError, Shiprocket, TokenCache, Ups, UpsSettings,
};

/// Settings of every carrier; one without its credentials is simply not registered.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(next_help_heading = "Carriers")]
pub struct CarrierSettings {
    /// Royal Mail.
    #[command(flatten)]
    pub royal_mail: RoyalMailSettings,

    /// DPD.
    #[command(flatten)]
    pub dpd: DpdSettings,

    /// FedEx.
    #[command(flatten)]
    pub fedex: FedexSettings,

    /// UPS.
    #[command(flatten)]
    pub ups: UpsSettings,

    /// DHL.
    #[command(flatten)]
    pub dhl: DhlSettings,
}

/// Builds every configured carrier, one line each.
///
/// # Errors
/// [`SettingsError`] when a carrier's settings contradict each other or no HTTP client can be built
/// from them.
pub fn carriers(
    settings: &ProviderSettings,
    tokens: &Arc<dyn TokenCache>,
) -> Result<Carriers, SettingsError> {
    let shiprocket = Shiprocket::configured(&settings.shiprocket, tokens)?;
    let settings = &settings.carriers;
    let configured: [Option<Arc<dyn Carrier>>; 6] = [
        shiprocket.map(|carrier| Arc::new(carrier) as _),
        RoyalMail::configured(&settings.royal_mail, tokens)?.map(|carrier| Arc::new(carrier) as _),
        Dpd::configured(&settings.dpd, tokens)?.map(|carrier| Arc::new(carrier) as _),
        Fedex::configured(&settings.fedex, tokens)?.map(|carrier| Arc::new(carrier) as _),
        Ups::configured(&settings.ups, tokens)?.map(|carrier| Arc::new(carrier) as _),
        Dhl::configured(&settings.dhl)?.map(|carrier| Arc::new(carrier) as _),
    ];
    Ok(configured
        .into_iter()
        .flatten()
        .map(|carrier| (carrier.code(), carrier))
        .collect())
}
