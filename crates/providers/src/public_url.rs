//! Where the shop's customers and its providers reach the API from outside.

use reqwest::Url;

/// The address of the API as the outside knows it: one setting for all that has to name it.
#[derive(Clone, Debug, Default, PartialEq, Eq, clap::Args)]
pub struct PublicUrl {
    /// Where customers and providers reach the API from outside, such as `https://shop.example`.
    /// Links in notices begin with it, and Twilio signs the address that it calls, which proxies
    /// change. Without it notices carry no links and Twilio's webhooks are refused
    #[arg(long, env = "PUBLIC_URL", value_name = "URL", value_parser = parse)]
    pub public_url: Option<String>,
}

impl PublicUrl {
    /// The address, without a slash at its end; none when it is not set, or set to nothing.
    #[must_use]
    pub fn get(&self) -> Option<&str> {
        self.public_url.as_deref().filter(|url| !url.is_empty())
    }
}

/// An address without a slash at its end, so that paths can be put behind it; empty: none.
fn parse(text: &str) -> Result<String, String> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(String::new());
    }
    let url = Url::parse(text).map_err(|error| error.to_string())?;
    let is_bare = url.query().is_none() && url.fragment().is_none();
    if !matches!(url.scheme(), "http" | "https") || !is_bare {
        return Err("must be such as https://shop.example".to_owned());
    }
    Ok(text.trim_end_matches('/').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_can_be_put_behind_a_public_url_however_it_was_written() {
        assert_eq!(
            parse(" https://shop.example/ "),
            Ok("https://shop.example".to_owned())
        );
        assert_eq!(
            parse("http://a.example/api"),
            Ok("http://a.example/api".to_owned())
        );
        assert_eq!(parse(""), Ok(String::new()));
        for wrong in [
            "shop.example",
            "ftp://a.example",
            "https://a.example?x=1",
            "https://a#b",
        ] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
        let empty = PublicUrl {
            public_url: Some(String::new()),
        };
        assert_eq!(empty.get(), None);
    }
}
