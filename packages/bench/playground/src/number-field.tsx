import type { VNode } from 'preact';

/** A whole number; what is out of range becomes the nearest that is not. */
export function NumberField({
  words,
  value,
  range: [min, max],
  onChange,
}: {
  readonly words: string;
  readonly value: number;
  readonly range: readonly [number, number];
  readonly onChange: (value: number) => void;
}): VNode {
  return (
    <label class="field">
      {words}
      <input
        type="number"
        required
        // Not `value`: whenever the page is drawn, that would take back what is being typed.
        defaultValue={String(value)}
        min={min}
        max={max}
        onChange={({ currentTarget }) => {
          const given = Math.round(Number(currentTarget.value));
          const isNumber = currentTarget.value !== '' && Number.isFinite(given);
          const taken = isNumber ? Math.min(max, Math.max(min, given)) : value;
          currentTarget.value = String(taken);
          onChange(taken);
        }}
      />
    </label>
  );
}
