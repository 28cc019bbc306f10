//! The one way in which commands print: whoever reads may go away (`| head -1`), and that is no failure.

use std::fmt::Arguments;
use std::io::{ErrorKind, Write as _};

/// Prints a line.
macro_rules! say {
    () => { $crate::commands::print::text(format_args!("\n")) };
    ($($given:tt)+) => {
        $crate::commands::print::text(format_args!("{}\n", format_args!($($given)+)))
    };
}

/// Prints a text as it is.
macro_rules! say_text {
    ($($given:tt)+) => { $crate::commands::print::text(format_args!($($given)+)) };
}

/// Prints to standard output. When nobody reads it any more the process ends quietly: what a command does is done
/// before it tells of it. Any other failure is one.
#[expect(
    clippy::disallowed_methods,
    reason = "nobody reads what a destructor would say, and what a command does is done"
)]
pub(crate) fn text(text: Arguments<'_>) {
    let mut out = std::io::stdout().lock();
    let Err(error) = out.write_fmt(text).and_then(|()| out.flush()) else {
        return;
    };
    if error.kind() == ErrorKind::BrokenPipe {
        std::process::exit(0);
    }
    eprintln!("haidang: cannot print: {error}");
    std::process::exit(1);
}
