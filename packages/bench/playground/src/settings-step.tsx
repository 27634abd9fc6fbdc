import type { VNode } from 'preact';
import { Section } from '../../src/report/page/parts.js';
import { METHODS, servedBy } from './methods.js';
import { NumberField } from './number-field.js';
import type { Settings } from './types.js';

/** Small networks of the zoo, with what to expect. */
const STUDENTS: Readonly<Record<string, string>> = {
  plain8: 'plain8, the smallest and fastest',
  resnet8: 'resnet8, a small residual network',
  'wrn-16-1': 'wrn-16-1, deeper',
  'shufflenetv2-0.5': 'shufflenetv2-0.5, made for phones',
  'mobilenetv2-0.5': 'mobilenetv2-0.5, made for phones',
};

/** Against losses that are no numbers any more. */
const RATES = [
  [1, 'usual'],
  [0.3, '0.3 times the usual'],
  [0.1, '0.1 times the usual'],
] as const;

const SEEDS: Readonly<Record<number, string>> = {
  1: '1: a first look',
  3: '3: with intervals',
  5: '5: narrower intervals',
};

export const usualSettings: Settings = {
  student: 'plain8',
  methods: ['student', 'kd'],
  epochs: 10,
  teacherEpochs: 12,
  rate: 1,
  seed: 0,
  seeds: 1,
  engine: 'auto',
};

export function SettingsStep({
  settings,
  teacher,
  onChange,
}: {
  readonly settings: Settings;
  readonly teacher: { readonly kind: string };
  readonly onChange: (settings: Settings) => void;
}): VNode {
  const change = (changes: Partial<Settings>): void => {
    onChange({ ...settings, ...changes });
  };
  const methods = Object.keys(METHODS);
  const served = servedBy(teacher, methods);
  const toggle = (method: string, isOn: boolean): void => {
    change({ methods: methods.filter((each) => (each === method ? isOn : settings.methods.includes(each))) });
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
        {Object.entries(METHODS).map(([method, summary]) => (
          <label key={method}>
            <input
              type="checkbox"
              checked={served.includes(method) && settings.methods.includes(method)}
              disabled={!served.includes(method)}
              onChange={(event) => {
                toggle(method, event.currentTarget.checked);
              }}
            />{' '}
            <strong>{method}</strong>: {summary}
            {served.includes(method) ? '' : ' (reads feature maps, which CLIP does not give)'}
          </label>
        ))}
      </fieldset>
      <div class="fields">
        {teacher.kind !== 'built-in' ? null : (
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
        <label class="field">
          Learning rate
          <select
            value={settings.rate}
            onChange={(event) => {
              change({ rate: Number(event.currentTarget.value) });
            }}
          >
            {RATES.map(([rate, words]) => (
              <option key={rate} value={rate}>
                {words}
              </option>
            ))}
          </select>
        </label>
        <label class="field">
          Seeds: students per method
          <select
            value={settings.seeds}
            onChange={(event) => {
              change({ seeds: Number(event.currentTarget.value) });
            }}
          >
            {Object.entries(SEEDS).map(([count, words]) => (
              <option key={count} value={count}>
                {words}
              </option>
            ))}
          </select>
        </label>
        <NumberField
          words="First seed"
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
