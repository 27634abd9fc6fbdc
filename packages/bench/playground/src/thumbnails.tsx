import type { VNode } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import type { PageData } from './types.js';

/** Images of each class that are shown. */
const SHOWN = 5;

/** How many images there are of each class, and some of them. */
export function ClassTable({ data }: { readonly data: PageData }): VNode {
  const count = (part: 'train' | 'validation' | 'test', label: number): number =>
    data[part].labels.reduce((sum, each) => sum + (each === label ? 1 : 0), 0);
  return (
    <ul class="classes" aria-label="Classes">
      {data.classNames.map((name, label) => (
        <li key={name}>
          <strong>{name}</strong>
          <small>
            {count('train', label)} to train on, {count('validation', label)} to choose by,{' '}
            {count('test', label)} to test on
          </small>
          <span class="thumbnails">
            {positionsOf(data, label).map((at) => (
              <Thumbnail key={at} data={data} at={at} words={name} />
            ))}
          </span>
        </li>
      ))}
    </ul>
  );
}

function positionsOf({ train: { labels } }: PageData, label: number): readonly number[] {
  const found: number[] = [];
  for (let at = 0; at < labels.length && found.length < SHOWN; at++) if (labels[at] === label) found.push(at);
  return found;
}

function Thumbnail({
  data,
  at,
  words,
}: {
  readonly data: PageData;
  readonly at: number;
  readonly words: string;
}): VNode {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [height, width] = data.imageShape;
  useEffect(() => {
    const context = canvas.current?.getContext('2d');
    if (context == null) return;
    const pixels = height * width;
    const image = context.createImageData(width, height);
    for (let place = 0; place < pixels; place++) {
      for (let channel = 0; channel < 3; channel++)
        image.data[4 * place + channel] = data.train.images[3 * (at * pixels + place) + channel] ?? 0;
      image.data[4 * place + 3] = 255;
    }
    context.putImageData(image, 0, 0);
  }, [data, at, height, width]);
  return <canvas ref={canvas} width={width} height={height} role="img" aria-label={`an image of ${words}`} />;
}
