import type { VNode } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import type { ImageTable, PageData } from './types.js';

/** Images of each class that are shown. */
const SHOWN = 5;

/** How many images there are of each class, and some of them. */
export function ClassTable({ data }: { readonly data: PageData }): VNode {
  const counts = {
    train: countedBy(data.train, data.classNames.length),
    validation: countedBy(data.validation, data.classNames.length),
    test: countedBy(data.test, data.classNames.length),
  };
  return (
    <ul class="classes" aria-label="Classes">
      {data.classNames.map((name, label) => (
        <li key={name}>
          <strong>{name}</strong>
          <small>
            {counts.train[label]} training, {counts.validation[label]} validation, {counts.test[label]} test
            images
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

function countedBy({ labels }: ImageTable, classes: number): Int32Array {
  const counts = new Int32Array(classes);
  for (const label of labels) counts[label] = (counts[label] ?? 0) + 1;
  return counts;
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
    let isThere = true;
    const bytes = height * width * 3;
    const own = data.train.pixels.slice(at * bytes, (at + 1) * bytes);
    void own.arrayBuffer().then((buffer) => {
      const context = canvas.current?.getContext('2d');
      if (!isThere || context == null) return;
      const pixels = new Uint8Array(buffer);
      const image = context.createImageData(width, height);
      for (let place = 0; place < height * width; place++) {
        for (let channel = 0; channel < 3; channel++)
          image.data[4 * place + channel] = pixels[3 * place + channel] ?? 0;
        image.data[4 * place + 3] = 255;
      }
      context.putImageData(image, 0, 0);
    });
    return () => {
      isThere = false;
    };
  }, [data, at, height, width]);
  return <canvas ref={canvas} width={width} height={height} role="img" aria-label={`an image of ${words}`} />;
}
