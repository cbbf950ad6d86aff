import { type ReadonlySignal, signal, useSignal } from '@preact/signals';
import type { ComponentType } from 'preact';
import { useEffect } from 'preact/hooks';

/** A panel that is fetched when it is first shown; nothing is there until then. */
export function later<Props extends object>(load: () => Promise<ComponentType<Props>>): ComponentType<Props> {
  const loaded = signal<{ Panel: ComponentType<Props> } | undefined>(undefined);
  return function Later(props: Props) {
    useEffect(() => {
      if (loaded.value !== undefined) return;
      void load().then((Panel) => {
        loaded.value = { Panel };
      });
    }, []);
    return loaded.value === undefined ? null : <loaded.value.Panel {...props} />;
  };
}

/** Panels that are fetched once they are wanted; undefined until they have come. */
export function useFetched<Panels>(wanted: boolean, load: () => Promise<Panels>): ReadonlySignal<Panels | undefined> {
  const fetched = useSignal<Panels | undefined>(undefined);
  useEffect(() => {
    if (!wanted || fetched.value !== undefined) return;
    void load().then((panels) => {
      fetched.value = panels;
    });
  }, [wanted, fetched]);
  return fetched;
}
