import { signal } from '@preact/signals';

/** What single keys do; they do nothing while something is being typed, and can be switched off. */
export function createHotkeys(actions: Record<string, () => void>) {
  const enabled = signal(true);
  const press = (event: KeyboardEvent) => {
    if (!enabled.value || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (
      event.target instanceof Element &&
      event.target.closest('input:not([type=checkbox], [type=radio], [type=range]), select, textarea, dialog')
    )
      return;
    const action = Object.hasOwn(actions, event.key.toLowerCase()) ? actions[event.key.toLowerCase()] : undefined;
    if (action === undefined) return;
    event.preventDefault();
    action();
  };
  return {
    enabled,
    listen(): () => void {
      document.addEventListener('keydown', press);
      return () => document.removeEventListener('keydown', press);
    },
  };
}

export type Hotkeys = ReturnType<typeof createHotkeys>;
