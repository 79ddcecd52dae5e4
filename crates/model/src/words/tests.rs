//! What the words take and refuse.

use super::*;

#[test]
fn ghanaian_numbers_are_one_number_in_any_usual_form() {
    for form in [
        "+233241234567",
        "00233241234567",
        "233241234567",
        "0241234567",
        "241234567",
        "024 123 4567",
        "(024) 123-4567",
    ] {
        let phone = PhoneNumber::parse(form).unwrap_or_else(|e| panic!("{form}: {e:?}"));
        assert_eq!(phone.as_str(), "+233241234567", "{form}");
        assert_eq!(phone.ghana_local().as_deref(), Some("0241234567"));
    }
}

#[test]
fn foreign_numbers_need_their_country_code() {
    assert_eq!(
        PhoneNumber::parse("+44 20 7946 0958").unwrap().as_str(),
        "+442079460958"
    );
    assert_eq!(
        PhoneNumber::parse("+44 20 7946 0958")
            .unwrap()
            .ghana_local(),
        None
    );
    for bad in [
        "",
        "+",
        "12",
        "call me",
        "+2332412345",
        "+1234567890123456",
        "0241",
        "+0123456789",
        "٠٢٤١٢٣٤٥٦٧",
        "+233 24 123 4567 8",
        "0",
        "000",
        "02412345678",
    ] {
        assert!(PhoneNumber::parse(bad).is_err(), "{bad:?} must be refused");
    }
}

#[test]
fn mail_addresses_that_a_server_would_bounce_are_refused() {
    for good in [
        "ama@example.com",
        "a.b+c@mail.example.co.uk",
        "x@xn--bcher-kva.example",
    ] {
        assert!(EmailAddress::parse(good).is_ok(), "{good}");
    }
    for bad in [
        "",
        "a",
        "a@b",
        "@b.c",
        "a@.c",
        "a@b.",
        "a b@c.de",
        "a@b..c",
        "a@b@c.de ",
        "a@-b.de",
        ".a@b.de",
        "ä@b.de",
        "a@b.de\r\nBcc: x@y.zz",
        "a@127.0.0.1",
    ] {
        assert!(EmailAddress::parse(bad).is_err(), "{bad:?} must be refused");
    }
}

#[test]
fn money_is_shown_with_the_digits_of_its_currency() {
    let shown = |amount, code| {
        Money {
            amount,
            currency: Currency::parse(code).unwrap(),
        }
        .to_string()
    };
    assert_eq!(shown(1205, "GHS"), "GHS 12.05");
    assert_eq!(shown(-5, "USD"), "USD -0.05");
    assert_eq!(shown(1200, "JPY"), "JPY 1200");
    assert_eq!(shown(1234, "KWD"), "KWD 1.234");
}

#[test]
fn codes_are_exact() {
    assert!(Currency::parse("ghs").is_err());
    assert!(Currency::parse("XXX").is_err());
    assert!(Country::parse("UK").is_err());
    assert!(!Country::parse("GH").unwrap().needs_postal_code());
    assert!(Country::parse("GB").unwrap().needs_postal_code());
}

#[test]
fn personal_data_does_not_show_in_debug_output() {
    let phone = format!("{:?}", PhoneNumber::parse("0241234567").unwrap());
    assert!(!phone.contains("1234"), "{phone}");
    let mail = format!("{:?}", EmailAddress::parse("ama@example.com").unwrap());
    assert!(!mail.contains("ama"), "{mail}");
}
