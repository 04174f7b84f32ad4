//! Codes of countries and currencies, as a column of them is told from other text.

pub(crate) use dataproduct_contract::codes::is_country;

/// Codes of ISO 4217 for funds, metals and units of account: no price is in them.
const NO_MONEY: [&str; 16] = [
    "BOV", "CHE", "CHW", "CLF", "COU", "MXV", "USN", "UYI", "UYW", "XAG", "XAU", "XDR", "XPD",
    "XPT", "XSU", "XUA",
];

/// Whether a text is a currency of ISO 4217 that prices are in.
pub(crate) fn is_currency(text: &str) -> bool {
    dataproduct_contract::codes::is_currency(text) && !NO_MONEY.contains(&text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_told_apart() {
        assert!(is_country("NO") && !is_country("UK"));
        assert!(is_currency("NOK") && !is_currency("XAU"));
    }
}
