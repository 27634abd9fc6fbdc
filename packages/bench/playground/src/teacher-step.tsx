import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import { Section } from '../../src/report/page/parts.js';
import { ask } from './ask.js';
import { DropZone } from './drop-zone.js';
import { droppedPaths } from './sources.js';
import type { TeacherFacts } from './teacher.js';
import { TEACHER_MODEL } from './types.js';
import type { OwnTeacher, PixelRange } from './types.js';

export type TeacherChoice =
  | { readonly kind: 'built-in' }
  | { readonly kind: 'clip' }
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
  classNames,
  onChange,
}: {
  readonly choice: TeacherChoice;
  /** Undefined before there are images. */
  readonly classNames: readonly string[] | undefined;
  readonly onChange: (choice: TeacherChoice) => void;
}): VNode {
  const isOwn = choice.kind === 'own' || choice.kind === 'missing';
  const options = [
    ['built-in', choice.kind === 'built-in', `Built in: ${TEACHER_MODEL}, trained on your images first`],
    ['missing', isOwn, 'Your own: a TensorFlow.js model or an ONNX file that knows these classes'],
    ['clip', choice.kind === 'clip', 'CLIP, which knows classes by their names. Needs the network'],
  ] as const;
  return (
    <Section title="2. Teacher" note="The large network that the students learn from.">
      <fieldset>
        <legend>Which teacher</legend>
        {options.map(([kind, isChosen, words]) => (
          <label key={kind}>
            <input
              type="radio"
              name="teacher"
              checked={isChosen}
              onChange={() => {
                onChange({ kind });
              }}
            />{' '}
            {words}
          </label>
        ))}
      </fieldset>
      {isOwn ? <OwnTeacherFiles choice={choice} onChange={onChange} /> : null}
      {choice.kind === 'clip' ? <AboutClip classNames={classNames} /> : null}
    </Section>
  );
}

function AboutClip({ classNames }: { readonly classNames: readonly string[] | undefined }): VNode {
  const [first = 'cup'] = classNames ?? [];
  return (
    <p>
      When training starts, the page downloads the library transformers.js from cdn.jsdelivr.net and the model
      Xenova/clip-vit-base-patch32 from huggingface.co, about 150 MB. The browser keeps them. Your images stay
      here: one thread may ask jsDelivr and Hugging Face, no other host, and it ends when CLIP has seen each
      image once. Name your folders as one would say it: CLIP compares each image with “a photo of a {first}”.
    </p>
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
      const teacher = { name: nameOf(files), files };
      const facts = await ask('teacherFacts', teacher);
      onChange({
        kind: 'own',
        teacher: { ...teacher, pixels: facts.hasNormalization ? 'saved' : usualRange(facts) },
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
        label="Drop model.json with its weight files, or an .onnx file"
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

/** Of an ONNX file its own; `model.json` tells nothing. */
const nameOf = (files: readonly File[]): string =>
  files.find(({ name }) => /\.onnx$/i.test(name))?.name.replace(/\.onnx$/i, '') ?? 'own-teacher';

/** What most exports of such a model were trained on. */
const usualRange = ({ kind }: TeacherFacts): PixelRange => (kind === 'ONNX file' ? 'imagenet' : '0…1');

function factsText({ kind, imageSize, classes, classNames, parameters }: TeacherFacts): string {
  const size = imageSize.every((axis) => axis === null)
    ? 'images of any size'
    : `images of ${imageSize.map((axis) => axis ?? 'any').join(' × ')} pixels`;
  const names =
    classNames === undefined
      ? '. Its files name no classes: they must be in the order of your folders from A to Z. Otherwise drop a text file with it, the name of one class per line'
      : ` (${classNames.slice(0, 8).join(', ')}${classNames.length > 8 ? ', …' : ''})`;
  const weights = Number.isFinite(parameters) ? ` with ${parameters.toLocaleString('en-US')} parameters` : '';
  const article = kind === 'ONNX file' ? 'An' : 'A';
  return `${article} ${kind}${weights} for ${size} and ${classes} classes${names}.`;
}
