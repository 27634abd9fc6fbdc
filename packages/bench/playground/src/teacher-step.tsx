import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import { Section } from '../../src/report/page/parts.js';
import { ask } from './ask.js';
import { DropZone } from './drop-zone.js';
import { droppedModel } from './model-files.js';
import { droppedPaths } from './sources.js';
import type { TeacherFacts } from './teacher.js';
import { TEACHER_MODEL } from './types.js';
import type { OwnTeacher, PixelRange } from './types.js';

export type TeacherChoice =
  | { readonly kind: 'built-in' }
  /** A teacher of one's own that is not there yet. */
  | { readonly kind: 'missing' }
  | { readonly kind: 'own'; readonly teacher: OwnTeacher; readonly facts: TeacherFacts };

const RANGES: Readonly<Record<Exclude<PixelRange, 'saved'>, string>> = {
  '0…1': '0 to 1 (divided by 255)',
  '−1…1': '−1 to 1',
  '0…255': '0 to 255, as they are',
  imagenet: 'mean and deviation of ImageNet',
};

export function TeacherStep({
  choice,
  onChange,
}: {
  readonly choice: TeacherChoice;
  readonly onChange: (choice: TeacherChoice) => void;
}): VNode {
  const isBuiltIn = choice.kind === 'built-in';
  return (
    <Section title="2. Teacher" note="The large network that the students learn from.">
      <fieldset>
        <legend>Which teacher</legend>
        <label>
          <input
            type="radio"
            name="teacher"
            checked={isBuiltIn}
            onChange={() => {
              onChange({ kind: 'built-in' });
            }}
          />{' '}
          Built in: {TEACHER_MODEL}, trained on your images first
        </label>
        <label>
          <input
            type="radio"
            name="teacher"
            checked={!isBuiltIn}
            onChange={() => {
              onChange({ kind: 'missing' });
            }}
          />{' '}
          Your own: a TensorFlow.js layers model that knows these classes
        </label>
      </fieldset>
      {isBuiltIn ? null : <OwnTeacherFiles choice={choice} onChange={onChange} />}
    </Section>
  );
}

function OwnTeacherFiles({
  choice,
  onChange,
}: {
  readonly choice: TeacherChoice;
  readonly onChange: (choice: TeacherChoice) => void;
}): VNode {
  const [status, setStatus] = useState('');
  const [error, setError] = useState('');
  const take = async (files: readonly File[]): Promise<void> => {
    setError('');
    setStatus('Reading the model…');
    try {
      const read = await droppedModel(files);
      const teacher = { name: 'own-teacher', files: read };
      const facts = await ask('teacherFacts', teacher);
      onChange({
        kind: 'own',
        teacher: { ...teacher, pixels: facts.hasNormalization ? 'saved' : '0…1' },
        facts,
      });
    } catch (reason) {
      onChange({ kind: 'missing' });
      setError(reason instanceof Error ? reason.message : String(reason));
    }
    setStatus('');
  };
  return (
    <>
      <DropZone
        label="Drop model.json and its weight files here"
        onDrop={(transfer) => {
          void droppedPaths(transfer).then((paths) =>
            take(paths.flatMap(({ blob }) => (blob instanceof File ? [blob] : []))),
          );
        }}
        inputs={[{ words: 'Choose the files', isMany: true, onFiles: (files) => void take(files) }]}
      />
      <p role="status">{status}</p>
      {error === '' ? null : <p role="alert">{error}</p>}
      {choice.kind === 'own' ? (
        <>
          <p>{factsText(choice.facts)}</p>
          {choice.facts.hasNormalization ? null : (
            <label class="field">
              Pixel values that it was trained on
              <select
                value={choice.teacher.pixels}
                onChange={({ currentTarget }) => {
                  const pixels = currentTarget.value as PixelRange;
                  onChange({ ...choice, teacher: { ...choice.teacher, pixels } });
                }}
              >
                {Object.entries(RANGES).map(([range, words]) => (
                  <option key={range} value={range}>
                    {words}
                  </option>
                ))}
              </select>
            </label>
          )}
        </>
      ) : null}
    </>
  );
}

function factsText({ imageSize, classes, classNames, parameters }: TeacherFacts): string {
  const size = imageSize.every((axis) => axis === null)
    ? 'images of any size'
    : `images of ${imageSize.map((axis) => axis ?? 'any').join(' × ')} pixels`;
  const names =
    classNames === undefined
      ? '. Its files name no classes: they must be in the order of your folders from A to Z'
      : ` (${classNames.slice(0, 8).join(', ')}${classNames.length > 8 ? ', …' : ''})`;
  return `A network of ${parameters.toLocaleString('en-US')} parameters for ${size} and ${classes} classes${names}.`;
}
