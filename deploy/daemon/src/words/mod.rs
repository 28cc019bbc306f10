//! What boxes say in words of a closed set, in Vietnamese and in English: one place for `status` and `doctor`.
//!
//! Files and the line carry short words (`failed`, `rolled_back`); people read these. A word of a newer box, which is
//! in no set here, is shown as it came.

/// A closed set of words: what stands in files and on the line, then what a person reads in Vietnamese and English.
macro_rules! spoken {
    ($(#[$doc:meta])* $name:ident {
        $($(#[$vdoc:meta])* $variant:ident $text:literal, $vi:literal, $en:literal;)+
    }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum $name { $($(#[$vdoc])* $variant,)+ }

        impl $name {
            /// All of them, each with the word that stands for it.
            #[cfg(test)]
            pub(crate) const ALL: &'static [(Self, &'static str)] = &[$((Self::$variant, $text),)+];

            /// The one that a word stands for, if this program knows it.
            pub(crate) fn of(word: &str) -> Option<Self> {
                match word { $($text => Some(Self::$variant),)+ _ => None }
            }

            /// For a person.
            pub(crate) fn words(self, language: $crate::language::Language) -> &'static str {
                let (vi, en) = match self { $(Self::$variant => ($vi, $en),)+ };
                language.say(vi, en)
            }
        }
    };
}

mod cause;
mod problem;
mod state;
#[cfg(test)]
mod tests;

pub(crate) use cause::{Explained, SourceCause};
pub(crate) use problem::{Graveness, Trouble};
pub(crate) use spoken;
pub(crate) use state::{
    ConfigState, FileFault, HealthState, SourceState, SpoolState, UpdateState, UplinkState,
};
