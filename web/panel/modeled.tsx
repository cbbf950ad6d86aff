import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { ModeledText } from '../locale/modeled.ts';
import { useApp } from './app-context.ts';
import { Dialog } from './dialog.tsx';

const TEXTS = {
  en: () => import('../locale/modeled.en.ts'),
  zh: () => import('../locale/modeled.zh.ts'),
} as const;

/** What the model covers, and what it leaves out and why. */
export function Modeled({ open, close }: { open: boolean; close: () => void }) {
  const { words } = useApp();
  const text = useSignal<ModeledText | undefined>(undefined);
  const { language } = words;
  useEffect(() => {
    if (!open) return;
    void TEXTS[language]().then(({ modeled }) => {
      text.value = modeled;
    });
  }, [open, language, text]);
  const shown = text.value;
  return (
    <Dialog title={words.t('app.modeled')} open={open} close={close}>
      {shown !== undefined && (
        <div class="modeled">
          <List title={shown.inTitle} items={shown.in} />
          <List title={shown.outTitle} items={shown.out} />
          <p>{shown.foot}</p>
        </div>
      )}
    </Dialog>
  );
}

function List({ title, items }: { title: string; items: ModeledText['in'] }) {
  return (
    <section>
      <h3>{title}</h3>
      <dl>
        {items.map(([what, text]) => (
          <div key={what}>
            <dt>{what}</dt>
            <dd>{text}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
