import type { ComponentChildren } from 'preact';
import { useEffect, useId, useRef } from 'preact/hooks';
import { useApp } from './app-context.ts';

interface DialogProps {
  title: string;
  open: boolean;
  close: () => void;
  children: ComponentChildren;
}

/** A modal dialog: the browser's own, so Escape, focus and what lies behind are taken care of. */
export function Dialog({ title, open, close, children }: DialogProps) {
  const { t } = useApp().words;
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    if (open && !dialog.current?.open) dialog.current?.showModal();
    if (!open) dialog.current?.close();
  }, [open]);
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: Escape closes it already; the click is on what lies behind
    <dialog
      ref={dialog}
      aria-labelledby={id}
      onClose={close}
      onClick={(event) => {
        if (event.target === dialog.current) close();
      }}
    >
      {open && (
        <div class="sheet">
          <header>
            <h2 id={id}>{title}</h2>
            <button type="button" onClick={close}>
              {t('app.close')}
            </button>
          </header>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: the keyboard scrolls it */}
          <section class="content" tabIndex={0} aria-labelledby={id}>
            {children}
          </section>
        </div>
      )}
    </dialog>
  );
}
