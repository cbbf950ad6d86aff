//! A diagnosis as plain text.

use super::{Diagnosis, Score};
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
            writeln!(f, "\n  Zones, as the request tried them:")?;
        }
        for zone in &self.zones {
            writeln!(f, "    {}", zone.sentence.text)?;
            zone.sum.iter().try_for_each(|line| writeln!(f, "      {line}"))?;
        }
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
