import { useEffect, useRef } from 'preact/hooks';
import { lineRange } from './place-in-file.ts';

/** Beyond so many lines only their text is shown. */
const NUMBERED = 4000;

interface NumberedTextProps {
  name: string;
  label: string;
  value: string;
  change: (value: string) => void;
  /** The line that is wrong, from 1; it is selected and scrolled to. */
  bad: number | undefined;
  describedBy: string;
  invalid: boolean;
  rows: number;
  placeholder?: string;
}

/** A text to write or paste, with numbers beside its lines. */
export function NumberedText(props: NumberedTextProps) {
  const { name, label, value, change, bad, describedBy, invalid, rows, placeholder } = props;
  const area = useRef<HTMLTextAreaElement>(null);
  const gutter = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (bad === undefined || area.current === null) return;
    area.current.focus();
    area.current.setSelectionRange(...lineRange(area.current.value, bad));
    const height = Number.parseFloat(getComputedStyle(area.current).lineHeight);
    area.current.scrollTop = Math.max(0, (bad - 3) * height);
  }, [bad, invalid]);
  const lines = value.split('\n').length;
  return (
    <div class="text">
      <div class="gutter" aria-hidden="true">
        <div ref={gutter}>
          {lines <= NUMBERED &&
            Array.from({ length: lines }, (_, i) => (
              <span key={i} class={bad === i + 1 ? 'bad' : ''}>
                {i + 1}
              </span>
            ))}
        </div>
      </div>
      <textarea
        ref={area}
        name={name}
        aria-label={label}
        aria-invalid={invalid}
        aria-describedby={describedBy}
        spellcheck={false}
        autocomplete="off"
        autocapitalize="off"
        wrap="off"
        rows={rows}
        placeholder={placeholder}
        value={value}
        onInput={(event) => change(event.currentTarget.value)}
        onScroll={(event) => {
          if (gutter.current) gutter.current.style.translate = `0 ${-event.currentTarget.scrollTop}px`;
        }}
      />
    </div>
  );
}
