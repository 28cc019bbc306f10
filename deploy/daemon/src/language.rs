//! In which language a command speaks: Vietnamese or English, by the locale of whoever asks.

/// A language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Language {
    /// Tiếng Việt.
    Vietnamese,
    /// English.
    English,
}

impl Language {
    /// As the environment says, by the rules of POSIX: `LC_ALL`, else `LC_MESSAGES`, else `LANG`.
    pub(crate) fn of_environment() -> Self {
        let names = ["LC_ALL", "LC_MESSAGES", "LANG"];
        let set = names.iter().filter_map(|name| std::env::var(name).ok());
        Self::of_locale(
            &set.into_iter()
                .find(|value| !value.is_empty())
                .unwrap_or_default(),
        )
    }

    fn of_locale(locale: &str) -> Self {
        if locale == "vi" || locale.starts_with("vi_") || locale.starts_with("vi.") {
            Self::Vietnamese
        } else {
            Self::English
        }
    }

    /// The sentence of this language.
    pub(crate) fn say<'a>(self, vietnamese: &'a str, english: &'a str) -> &'a str {
        match self {
            Self::Vietnamese => vietnamese,
            Self::English => english,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_locale_decides() {
        for locale in ["vi", "vi_VN", "vi_VN.UTF-8", "vi.UTF-8"] {
            assert_eq!(
                Language::of_locale(locale),
                Language::Vietnamese,
                "{locale}"
            );
        }
        for locale in ["", "C", "en_GB.UTF-8", "vie"] {
            assert_eq!(Language::of_locale(locale), Language::English, "{locale}");
        }
    }
}
