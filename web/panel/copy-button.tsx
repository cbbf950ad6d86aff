import { useSignal } from '@preact/signals';
import { useApp } from './app-context.ts';

export function CopyButton({ text, label, done }: { text: string | (() => string); label?: string; done?: string }) {
  const { t } = useApp().words;
  const copied = useSignal(false);
  const copy = async () => {
    await navigator.clipboard.writeText(typeof text === 'string' ? text : text());
    copied.value = true;
    setTimeout(() => {
      copied.value = false;
    }, 1500);
  };
  const idle = label ?? t('app.copy');
  const after = done ?? t('app.copied');
  return (
    <button type="button" class={label === undefined ? 'link' : ''} onClick={() => void copy().catch(() => undefined)}>
      <span class="swap" data-other={copied.value ? idle : after}>
        {copied.value ? after : idle}
      </span>
    </button>
  );
}
