import { useEffect } from 'preact/hooks';

/** Runs an effect once its inputs have been still for a moment. */
export function useDebounced(run: () => void, milliseconds: number, inputs: unknown[]): void {
  useEffect(() => {
    const timer = setTimeout(run, milliseconds);
    return () => clearTimeout(timer);
  }, inputs);
}
