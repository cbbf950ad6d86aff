//! A diagnosis as plain text.

use super::{Access, Diagnosis, Score, Subject};
use crate::sentence::signed;
use std::fmt::{Display, Formatter, Result};

impl Display for Diagnosis {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        writeln!(f, "line {}: {}", self.line, self.title.text)?;
        if let Some(verdict) = &self.verdict {
            writeln!(f, "  {}", verdict.text)?;
        }
        self.notes.iter().try_for_each(|note| writeln!(f, "  {}", note.text))?;
        if !self.zones.is_empty() {
            let heading = if self.subject == Subject::Machine { "Zones:" } else { "Zones, as the request tried them:" };
            writeln!(f, "\n  {heading}")?;
        }
        for zone in &self.zones {
            writeln!(f, "    {}", zone.sentence.text)?;
            zone.sum.iter().try_for_each(|line| writeln!(f, "      {line}"))?;
        }
        access(f, &self.access)?;
        scores(f, &self.scores)?;
        if !self.remedies.is_empty() {
            writeln!(f, "\n  What would have let it pass, tried on a copy of this machine:")?;
        }
        for remedy in &self.remedies {
            writeln!(f, "    {} {}: {}", if remedy.ok { "+" } else { "-" }, remedy.text, remedy.detail)?;
        }
        if !self.assumptions.is_empty() {
            writeln!(f, "\n  Assumed:")?;
        }
        self.assumptions.iter().try_for_each(|assumption| writeln!(f, "    {}", assumption.text))
    }
}

fn access(f: &mut Formatter<'_>, access: &[Access]) -> Result {
    if access.is_empty() {
        return Ok(());
    }
    writeln!(f, "\n  Largest order that a request would get now, above the low marks / at all:")?;
    let order = |order: i64| if order < 0 { "none".to_owned() } else { order.to_string() };
    access.iter().try_for_each(|it| writeln!(f, "    {:<22} {:>4} / {}", it.gfp, order(it.at_once), order(it.at_all)))
}

fn scores(f: &mut Formatter<'_>, scores: &[Score]) -> Result {
    if scores.is_empty() {
        return Ok(());
    }
    writeln!(f, "\n  Scores (oom_badness), in pages:")?;
    writeln!(f, "       pid      points =      rss +     swap +   tables +  adjustment (oom_score_adj)")?;
    for score in scores {
        let points = score.points.map_or("never".to_owned(), signed);
        let Score { pid, rss, swap, tables, adj, comm, .. } = score;
        let adjustment = signed(score.adjustment);
        write!(f, "    {pid:>6} {points:>11} = {rss:>8} + {swap:>8} + {tables:>8} + {adjustment:>11} ({adj}) {comm}")?;
        writeln!(f, "{}", if score.killed { "  <- killed" } else { "" })?;
    }
    Ok(())
}
