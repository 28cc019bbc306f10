//! The disagreements that are known, each with the clause that decides.

/// Another engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Voice {
    Rsigma,
    SigmaRust,
}

/// A rule on which another engine decides otherwise for real events.
#[derive(Debug)]
pub struct Allowed {
    pub voice: Voice,
    pub rule: &'static str,
    /// The clause of the specification, and what the other does.
    #[expect(dead_code, reason = "for readers; printed with the entry")]
    pub clause: &'static str,
}

/// On real events.
pub const REAL: &[Allowed] = &[Allowed {
    voice: Voice::SigmaRust,
    rule: "06d71506-7beb-4f22-8888-e2e5e2ca7fd8",
    clause: "keywords are searched in every value of the event (Sigma 2.1, Lists); it has no keywords",
}];

/// A kind of item on which another engine decides otherwise for some values.
#[derive(Debug)]
pub struct AllowedItem {
    pub voice: Voice,
    /// The modifiers, or the word for what is special about the value or event.
    pub item: &'static str,
    #[expect(dead_code, reason = "for readers; printed with the entry")]
    pub clause: &'static str,
}

/// On generated rules and events.
pub const GENERATED: &[AllowedItem] = &[
    AllowedItem {
        voice: Voice::Rsigma,
        item: "null InArray",
        clause: "a null element is a null value: of an array any element may match; it looks at the array itself",
    },
    AllowedItem {
        voice: Voice::Rsigma,
        item: "|exists on null",
        clause: "exists: the key is there, whatever its value; of null it says absent",
    },
    AllowedItem {
        voice: Voice::Rsigma,
        item: "|fieldref InArray",
        clause: "of an array any element may match",
    },
    AllowedItem {
        voice: Voice::Rsigma,
        item: "|neq Missing",
        clause: "neq without the field is not specified; most back ends say `not F = a`, which is true",
    },
    AllowedItem {
        voice: Voice::Rsigma,
        item: "|startswith 'a?c'",
        clause: "startswith puts `*` behind the value only; with `?` in it, it looks anywhere",
    },
    AllowedItem {
        voice: Voice::Rsigma,
        item: "|windash|contains 'x-y'",
        clause: "windash: only a dash at a word's start; it replaces those within, too",
    },
    AllowedItem {
        voice: Voice::SigmaRust,
        item: " '*b?'",
        clause: "`*` may take any run: matching needs to go back",
    },
    AllowedItem {
        voice: Voice::Rsigma,
        item: "|windash|contains ' /b'",
        clause: "windash: a slash becomes every dash as a hyphen does; it leaves out two",
    },
    AllowedItem {
        voice: Voice::SigmaRust,
        item: "InArray",
        clause: "of an array any element may match; it does not look into arrays",
    },
    AllowedItem {
        voice: Voice::SigmaRust,
        item: "number",
        clause: "a number matches its decimal text and the text the number",
    },
    AllowedItem {
        voice: Voice::SigmaRust,
        item: "boolean",
        clause: "a truth value matches its text, as in every back end that writes text",
    },
    AllowedItem {
        voice: Voice::SigmaRust,
        item: "null Missing",
        clause: "null means absent, too, in practice: 88 rules of SigmaHQ",
    },
    AllowedItem {
        voice: Voice::SigmaRust,
        item: "|base64",
        clause: "base64 is with padding, and compared without case unless cased",
    },
    AllowedItem {
        voice: Voice::SigmaRust,
        item: "|fieldref",
        clause: "fieldref compares without case",
    },
    AllowedItem {
        voice: Voice::Rsigma,
        item: " '*b?'",
        clause: "`*` stands for any characters, line ends among them",
    },
    AllowedItem {
        voice: Voice::Rsigma,
        item: "|cased 'A*'",
        clause: "`*` stands for any characters, line ends among them",
    },
    AllowedItem {
        voice: Voice::Rsigma,
        item: "|base64offset|contains",
        clause: "base64offset: with one byte left over two characters are cut, not the padding alone",
    },
    AllowedItem {
        voice: Voice::Rsigma,
        item: "|wide|base64offset|contains",
        clause: "base64offset: with one byte left over two characters are cut, not the padding alone",
    },
    AllowedItem {
        voice: Voice::Rsigma,
        item: "|utf16be|base64offset|contains",
        clause: "base64offset: with one byte left over two characters are cut, not the padding alone",
    },
    AllowedItem {
        voice: Voice::SigmaRust,
        item: "|lt",
        clause: "integers and floats mix, and numeric text is a number",
    },
    AllowedItem {
        voice: Voice::SigmaRust,
        item: "|lte",
        clause: "integers and floats mix, and numeric text is a number",
    },
    AllowedItem {
        voice: Voice::SigmaRust,
        item: "|gt",
        clause: "integers and floats mix, and numeric text is a number",
    },
    AllowedItem {
        voice: Voice::SigmaRust,
        item: "|gte",
        clause: "integers and floats mix, and numeric text is a number",
    },
];
