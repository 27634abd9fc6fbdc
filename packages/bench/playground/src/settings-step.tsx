import type { VNode } from 'preact';
import { Section } from '../../src/report/page/parts.js';
import { findMethod } from '../../src/run/method-catalog.js';
import type { Settings } from './types.js';

/** Small networks of the zoo, with what to expect. */
const STUDENTS: Readonly<Record<string, string>> = {
  plain8: 'plain8, the smallest and fastest',
  resnet8: 'resnet8, a small residual network',
  'wrn-16-1': 'wrn-16-1, deeper',
  'shufflenetv2-0.5': 'shufflenetv2-0.5, made for phones',
  'mobilenetv2-0.5': 'mobilenetv2-0.5, made for phones',
};

const METHODS = ['student', 'kd', 'dkd', 'at+kd', 'cckd', 'mhgd+kd'];

export const usualSettings: Settings = {
  student: 'plain8',
  methods: ['student', 'kd'],
  epochs: 10,
  teacherEpochs: 12,
  seed: 0,
  engine: 'auto',
};

export function SettingsStep({
  settings,
  hasOwnTeacher,
  onChange,
}: {
  readonly settings: Settings;
  readonly hasOwnTeacher: boolean;
  readonly onChange: (settings: Settings) => void;
}): VNode {
  const change = (changes: Partial<Settings>): void => {
    onChange({ ...settings, ...changes });
  };
  const toggle = (method: string, isOn: boolean): void => {
    change({ methods: METHODS.filter((each) => (each === method ? isOn : settings.methods.includes(each))) });
  };
  return (
    <Section
      title="3. Student and methods"
      note="Each method trains a student of its own from the same start."
    >
      <label class="field">
        Student
        <select
          value={settings.student}
          onChange={(event) => {
            change({ student: event.currentTarget.value });
          }}
        >
          {Object.entries(STUDENTS).map(([name, words]) => (
            <option key={name} value={name}>
              {words}
            </option>
          ))}
        </select>
      </label>
      <fieldset>
        <legend>Methods: two or three make a comparison</legend>
        {METHODS.map((method) => (
          <label key={method}>
            <input
              type="checkbox"
              checked={settings.methods.includes(method)}
              onChange={(event) => {
                toggle(method, event.currentTarget.checked);
              }}
            />{' '}
            <strong>{method}</strong>: {findMethod(method)?.summary}
          </label>
        ))}
      </fieldset>
      <div class="fields">
        {hasOwnTeacher ? null : (
          <NumberField
            words="Epochs of the teacher"
            value={settings.teacherEpochs}
            range={[1, 200]}
            onChange={(teacherEpochs) => {
              change({ teacherEpochs });
            }}
          />
        )}
        <NumberField
          words="Epochs of each student"
          value={settings.epochs}
          range={[1, 200]}
          onChange={(epochs) => {
            change({ epochs });
          }}
        />
        <NumberField
          words="Seed"
          value={settings.seed}
          range={[0, 1_000_000]}
          onChange={(seed) => {
            change({ seed });
          }}
        />
        <label class="field">
          Engine
          <select
            value={settings.engine}
            onChange={(event) => {
              change({ engine: event.currentTarget.value as Settings['engine'] });
            }}
          >
            <option value="auto">the fastest that this browser has</option>
            <option value="webgpu">WebGPU</option>
            <option value="wasm">WebAssembly (repeats exactly)</option>
          </select>
        </label>
      </div>
    </Section>
  );
}

function NumberField({
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
        value={value}
        min={min}
        max={max}
        onChange={(event) => {
          const given = Math.round(Number(event.currentTarget.value));
          onChange(Math.min(max, Math.max(min, Number.isFinite(given) ? given : value)));
        }}
      />
    </label>
  );
}
