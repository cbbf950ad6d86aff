interface SidesProps<Name extends string> {
  label: string;
  sides: readonly (readonly [name: Name, label: string])[];
  chosen: Name;
  choose: (name: Name) => void;
}

/** One of two views. */
export function Sides<Name extends string>({ label, sides, chosen, choose }: SidesProps<Name>) {
  return (
    // biome-ignore lint/a11y/useSemanticElements: buttons, not a form
    <div class="sides" role="group" aria-label={label}>
      {sides.map(([name, text]) => (
        <button key={name} type="button" aria-pressed={name === chosen} onClick={() => choose(name)}>
          {text}
        </button>
      ))}
    </div>
  );
}
