// Words by key. English is always there; other languages arrive when they are chosen.

import { signal } from '@preact/signals';
import type { Sentence } from '../worker/model.ts';
import { en } from './en.ts';

export type Key = keyof typeof en;
export type Messages = Record<Key, string>;
export type Args = Sentence['args'];

export const LANGUAGES = { en: 'English', zh: '简体中文' } as const;
export type Language = keyof typeof LANGUAGES;

/** Arguments that are migrate types; a zone may have the same name. */
const TYPES: ReadonlySet<string> = new Set(['type', 'list', 'start', 'fallback']);

interface Locale {
  language: Language;
  messages: Messages;
  /** Sentences of the model, by the key it gives them. */
  model: Record<string, string>;
  /** Migrate types among the arguments of those sentences. */
  names: Record<string, string>;
}

/** `{name}` is replaced by an argument; `one|many` is chosen by the argument `n`. */
export function fill(template: string, args: Args, language: string): string {
  const forms = template.split('|');
  const one = forms.length > 1 && new Intl.PluralRules(language).select(Number(args.n)) === 'one';
  const form = (one ? forms[0] : forms.at(-1)) ?? template;
  return form.replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = args[name] ?? whole;
    return typeof value === 'object' ? value.phrase : String(value);
  });
}

/** Translation for one page or element. */
export function createTranslator(initial: Language = 'en') {
  const locale = signal<Locale>({ language: 'en', messages: en, model: {}, names: {} });
  let wanted = 'en' as Language;

  async function choose(language: Language): Promise<void> {
    wanted = language;
    const next = await load(language);
    if (wanted === language) locale.value = next;
  }
  const ready = initial === 'en' ? Promise.resolve() : choose(initial);

  return {
    ready,
    choose,
    get language(): Language {
      return locale.value.language;
    },
    t(key: Key, args: Args = {}): string {
      const { messages, language } = locale.value;
      return fill(messages[key], args, language);
    },
    /** A sentence of the model: translated where its key is known, its own English otherwise. */
    said(sentence: Sentence): string {
      const { model, names, language } = locale.value;
      const template = model[sentence.key];
      if (template === undefined) return sentence.text;
      const args = Object.entries(sentence.args).map(([name, value]) => {
        if (typeof value === 'object') return [name, model[value.phrase] ?? value.phrase];
        return [name, TYPES.has(name) ? (names[value] ?? value) : value];
      });
      return fill(template, Object.fromEntries(args), language);
    },
  };
}

export type Translator = ReturnType<typeof createTranslator>;

async function load(language: Language): Promise<Locale> {
  if (language === 'en') return { language, messages: en, model: {}, names: {} };
  const { zh, model, names } = await import('./zh.ts');
  return { language, messages: zh, model, names };
}
