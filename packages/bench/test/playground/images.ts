import { encode } from 'fast-png';

/** A square of one colour with a little noise of its own, as a PNG. */
export function picture(
  [red, green, blue]: readonly [number, number, number],
  seed: number,
  edge = 24,
): Buffer {
  const data = new Uint8Array(edge * edge * 3);
  for (let at = 0; at < edge * edge; at++) {
    const noise = (at * 7 + seed * 13) % 40;
    data.set([red + noise, green + noise, blue + noise], 3 * at);
  }
  return Buffer.from(encode({ width: edge, height: edge, data, channels: 3, depth: 8 }));
}

const COLOURS = [
  [200, 20, 20],
  [20, 200, 20],
  [20, 20, 200],
  [200, 200, 20],
] as const;

/** Pictures by path, one folder per class. */
export const folders = (names: readonly string[], each: number): Readonly<Record<string, Buffer>> =>
  Object.fromEntries(
    names.flatMap((name, label) =>
      Array.from({ length: each }, (_, at) => [
        `${name}/${at}.png`,
        picture(COLOURS[label % COLOURS.length] as [number, number, number], at),
      ]),
    ),
  );
