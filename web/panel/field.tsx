import type { ComponentChildren, JSX } from 'preact';
import { useId } from 'preact/hooks';

interface FieldProps extends Omit<JSX.InputHTMLAttributes<HTMLInputElement>, 'value' | 'onInput' | 'label'> {
  label: ComponentChildren;
  value: string;
  /** What is wrong with it. */
  error?: string | undefined;
  /** Where the error is written, if not right below. */
  errorId?: string;
  /** A line below, such as what the value means. */
  gloss?: ComponentChildren;
  change: (value: string) => void;
}

/** A labeled input with its gloss and its error. */
export function Field({ label, value, error, errorId, gloss, change, class: extra, ...input }: FieldProps) {
  const id = useId();
  const below = (error !== undefined && errorId === undefined) || gloss !== undefined;
  const elsewhere = error === undefined ? undefined : errorId;
  return (
    <div class={`field ${extra ?? ''}`}>
      <label for={id}>{label}</label>
      <input
        {...input}
        id={id}
        value={value}
        aria-invalid={error !== undefined}
        aria-describedby={elsewhere ?? (below ? `${id}-below` : undefined)}
        onInput={(event) => change(event.currentTarget.value)}
      />
      {below && (
        <p id={`${id}-below`} class={error === undefined ? 'gloss' : 'error'} role={error ? 'alert' : undefined}>
          {error ?? gloss}
        </p>
      )}
    </div>
  );
}

interface SelectProps {
  label: ComponentChildren;
  value: string;
  options: readonly (readonly [value: string, text: string])[];
  error?: string | undefined;
  change: (value: string) => void;
}

export function Select({ label, value, options, error, change }: SelectProps) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <select
        id={id}
        value={value}
        aria-invalid={error !== undefined}
        aria-describedby={error === undefined ? undefined : `${id}-below`}
        onChange={(event) => change(event.currentTarget.value)}
      >
        {options.map(([option, text]) => (
          <option key={option} value={option}>
            {text}
          </option>
        ))}
      </select>
      {error !== undefined && (
        <p id={`${id}-below`} class="error" role="alert">
          {error}
        </p>
      )}
    </div>
  );
}
