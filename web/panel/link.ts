// The part of a link after the #: a small state of the page, versioned. Whatever is in there came from anybody.

import { LANGUAGES, type Language } from '../locale/index.ts';
import type { RequestForm } from './store.ts';
import type { ThemeChoice } from './theme.ts';

export interface LinkState {
  preset?: string;
  request: Partial<RequestForm>;
  theme?: ThemeChoice;
  language?: Language;
}

export type LinkProblem = { kind: 'tooLong' | 'version' } | { kind: 'field'; field: string };

const VERSION = '1';
/** Longer than any link that this page writes. */
const MAX_LENGTH = 1000;

type Read = (value: string, state: LinkState) => boolean;

const FIELDS: Record<string, Read> = {
  preset: matching(/^[a-z0-9-]{1,40}$/, (value, state) => {
    state.preset = value;
  }),
  gfp: text('gfp', /^[\w|+:(), -]{1,300}$/),
  order: text('order', /^\d{1,2}$/),
  cpu: text('cpu', /^\d{1,4}$/),
  policy: text('policy', /^[a-z]{1,12}(=[a-z]{1,10})?(:[\d,-]{1,200})?$/),
  count: text('count', /^\d{1,6}$/),
  context: text('context', /^(task|softirq|hardirq)$/),
  theme: matching(/^(auto|light|dark)$/, (value, state) => {
    state.theme = value as ThemeChoice;
  }),
  lang: (value, state) => {
    if (!Object.hasOwn(LANGUAGES, value)) return false;
    state.language = value as Language;
    return true;
  },
};

/** Reads what can be read, and says what could not. */
export function readLink(hash: string): { state: LinkState; problem?: LinkProblem } {
  const state: LinkState = { request: {} };
  const content = hash.replace(/^#/, '');
  if (content === '') return { state };
  if (content.length > MAX_LENGTH) return { state, problem: { kind: 'tooLong' } };
  const values = new URLSearchParams(content);
  if (values.get('v') !== VERSION) return { state, problem: { kind: 'version' } };
  values.delete('v');
  let problem: LinkProblem | undefined;
  for (const [field, value] of values) {
    const read = Object.hasOwn(FIELDS, field) ? FIELDS[field] : undefined;
    if (read?.(value, state) !== true) problem ??= { kind: 'field', field: field.slice(0, 40) };
  }
  return problem === undefined ? { state } : { state, problem };
}

export function writeLink({ preset, request, theme, language }: LinkState): string {
  const values = new URLSearchParams({ v: VERSION });
  const set = (field: string, value: string | undefined, usual: string) => {
    if (value !== undefined && value !== usual) values.set(field, value);
  };
  set('preset', preset, '');
  set('gfp', request.gfp, '');
  set('order', request.order, '0');
  set('cpu', request.cpu, '0');
  set('policy', request.policy, 'default');
  set('count', request.count, '1');
  set('context', request.context, 'task');
  set('theme', theme, 'auto');
  set('lang', language, 'en');
  return `#${values}`;
}

function matching(pattern: RegExp, keep: (value: string, state: LinkState) => void): Read {
  return (value, state) => {
    if (!pattern.test(value)) return false;
    keep(value, state);
    return true;
  };
}

function text(field: 'gfp' | 'order' | 'cpu' | 'policy' | 'count' | 'context', pattern: RegExp): Read {
  return matching(pattern, (value, state) => {
    state.request[field] = value;
  });
}
