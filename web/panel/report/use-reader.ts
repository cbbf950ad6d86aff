import { createReportWords, type ReportWords } from '../../locale/report.ts';
import { type App, useApp } from '../app-context.ts';
import { createReader, type Reader } from './reader.ts';

interface ReaderApp extends App {
  reader: Reader;
  /** Words of these panels; those of the page are `words`. */
  said: ReportWords;
}

const kept = new WeakMap<App['store'], { reader: Reader; said: ReportWords }>();

/** What the panels of a person's own texts need; one reader for a store. */
export function useReader(): ReaderApp {
  const app = useApp();
  let own = kept.get(app.store);
  if (own === undefined) {
    own = { reader: createReader(app.store), said: createReportWords(app.words) };
    kept.set(app.store, own);
  }
  return { ...app, ...own };
}
