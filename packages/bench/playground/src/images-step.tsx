import type { VNode } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { Section } from '../../src/report/page/parts.js';
import { ask } from './ask.js';
import { NumberField } from './number-field.js';
import { OwnImages } from './own-images.js';
import { ClassTable } from './thumbnails.js';
import type { PageData, SampleOptions } from './types.js';

/** Training images of each class of the sample. */
const USUAL = 120;

const sampleOf = (perClass: number): SampleOptions => ({
  classes: 6,
  superclasses: 2,
  trainSize: 6 * perClass,
  testSize: 6 * Math.max(5, Math.round(perClass / 2)),
  difficulty: 0.4,
  imageSize: 32,
  seed: 0,
});

/** Where the images come from; tells the page once they are ready, and when they no longer are. */
export function ImagesStep({ onData }: { readonly onData: (data: PageData | undefined) => void }): VNode {
  const [source, setSource] = useState<'sample' | 'own'>('sample');
  const [data, setData] = useState<PageData>();
  const take = (next: PageData | undefined): void => {
    setData(next);
    onData(next);
  };
  const choose = (next: 'sample' | 'own'): void => {
    setSource(next);
    take(undefined);
  };
  return (
    <Section title="1. Images" note="At least two classes. What you drop stays in this browser.">
      <fieldset>
        <legend>Where the images come from</legend>
        <label>
          <input
            type="radio"
            name="source"
            checked={source === 'sample'}
            onChange={() => {
              choose('sample');
            }}
          />{' '}
          The built-in sample: shapes in front of stripes, painted now
        </label>
        <label>
          <input
            type="radio"
            name="source"
            checked={source === 'own'}
            onChange={() => {
              choose('own');
            }}
          />{' '}
          Your own: a folder or zip with one folder per class, or the camera
        </label>
      </fieldset>
      {source === 'sample' ? <Sample onData={take} /> : <OwnImages onData={take} />}
      {data === undefined ? null : <ClassTable data={data} />}
    </Section>
  );
}

function Sample({ onData }: { readonly onData: (data: PageData | undefined) => void }): VNode {
  const [perClass, setPerClass] = useState(USUAL);
  const [error, setError] = useState('');
  useEffect(() => {
    let isCurrent = true;
    ask('sample', sampleOf(perClass)).then(
      (data) => {
        if (isCurrent) onData(data);
      },
      (reason: unknown) => {
        if (isCurrent) setError(reason instanceof Error ? reason.message : String(reason));
      },
    );
    return () => {
      isCurrent = false;
    };
  }, [perClass]);
  return (
    <>
      <NumberField
        words="Training images per class"
        value={perClass}
        range={[8, 1000]}
        onChange={(wanted) => {
          if (wanted === perClass) return;
          onData(undefined);
          setPerClass(wanted);
        }}
      />
      {error === '' ? null : <p role="alert">{error}</p>}
    </>
  );
}
