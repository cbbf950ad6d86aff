//! Logs line by line.

use crate::compare::check::{Check, Tally};

/// The lines of the report that begins at a line (from 1) of a log, without times and stack trace.
pub(super) fn of_report(log: &str, line: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut in_trace = false;
    for line in log.lines().skip(line - 1) {
        let text = line.split_once("] ").map_or(line, |(_, text)| text);
        if !lines.is_empty() && starts_another(text) {
            break;
        }
        in_trace = text == "Call Trace:" || in_trace && text != "Mem-Info:";
        if !in_trace {
            lines.push(text.to_owned());
        }
    }
    lines
}

/// Whether a line is the first of another message.
fn starts_another(text: &str) -> bool {
    [": page allocation failure", " invoked oom-killer", "Killed process", "oom_reaper:"]
        .iter()
        .any(|p| text.contains(p))
}

/// Compares each line of the kernel's report with the model's.
pub(super) fn check(what: &str, kernel: &[String], model: &str) -> Check {
    let model: Vec<&str> = model.lines().collect();
    let mut tally = Tally::default();
    for n in 0..kernel.len().max(model.len()) {
        let kernel = kernel.get(n).map_or("(no line)", String::as_str);
        let model = model.get(n).copied().unwrap_or("(no line)");
        tally.add(kernel == model, || format!("line {}\n    kernel: {kernel}\n    model:  {model}", n + 1));
    }
    let mut check = Check::each(what, tally);
    check.kernel = check.kernel.replace("seen", "lines");
    check.model = check.model.replace("so", "equal");
    check
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOG: &str = "\
[    1.0] random: done
[    3.8] init: page allocation failure: order:0
[    3.8] CPU: 0 PID: 1
[    3.8] Call Trace:
[    3.8]  dump_stack+0x5e/0x74
[    3.8] Mem-Info:
[    3.8] active_anon:472
[    3.8]  active_file:0
[    3.9] oom_reaper: reaped process 71
";

    #[test]
    fn a_report_has_neither_times_nor_stack_trace() {
        let lines = of_report(LOG, 2);
        let expected = [
            "init: page allocation failure: order:0",
            "CPU: 0 PID: 1",
            "Mem-Info:",
            "active_anon:472",
            " active_file:0",
        ];
        assert_eq!(lines, expected);
    }

    #[test]
    fn the_first_line_that_differs_is_shown() {
        let kernel = ["a".to_owned(), "b".to_owned()];
        assert!(check("report", &kernel, "a\nb\n").holds);
        let differs = check("report", &kernel, "a\nx\nc\n");
        assert_eq!((differs.kernel.as_str(), differs.model.as_str()), ("3 lines", "1 equal"));
        assert!(differs.note.is_some_and(|note| note.contains("kernel: b\n") && note.contains("model:  x")));
    }
}
