//! A phrase whose documents are found before anything else asks for them.
//!
//! tantivy 0.27's phrase scorer must not be asked for a document before its own place, and its
//! exclusion does ask; collecting the few documents of a phrase first keeps both content.

use tantivy::query::{ConstScorer, EnableScoring, Explanation, PhraseQuery, Query, Scorer, Weight};
use tantivy::{DocId, DocSet, Score, SegmentReader, TERMINATED};

/// A phrase query, collected segment by segment.
#[derive(Clone, Debug)]
pub(super) struct Phrase(pub(super) PhraseQuery);

impl Query for Phrase {
    fn weight(&self, scoring: EnableScoring<'_>) -> tantivy::Result<Box<dyn Weight>> {
        Ok(Box::new(PhraseWeight(self.0.weight(scoring)?)))
    }
}

struct PhraseWeight(Box<dyn Weight>);

impl Weight for PhraseWeight {
    fn scorer(&self, reader: &SegmentReader, boost: Score) -> tantivy::Result<Box<dyn Scorer>> {
        let mut scorer = self.0.scorer(reader, boost)?;
        let mut documents = Vec::new();
        while scorer.doc() != TERMINATED {
            documents.push(scorer.doc());
            scorer.advance();
        }
        Ok(Box::new(ConstScorer::new(
            Documents { documents, at: 0 },
            boost,
        )))
    }

    fn explain(&self, reader: &SegmentReader, document: DocId) -> tantivy::Result<Explanation> {
        self.0.explain(reader, document)
    }
}

/// Documents in ascending order.
struct Documents {
    documents: Vec<DocId>,
    at: usize,
}

impl DocSet for Documents {
    fn advance(&mut self) -> DocId {
        self.at += 1;
        self.doc()
    }

    fn doc(&self) -> DocId {
        self.documents.get(self.at).copied().unwrap_or(TERMINATED)
    }

    fn size_hint(&self) -> u32 {
        u32::try_from(self.documents.len()).unwrap_or(u32::MAX)
    }
}
