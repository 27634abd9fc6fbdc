import { encode } from 'fast-png';

/** What the bench takes from `pngjs`, in a page: a picture of RGBA pixels as a PNG. */
export class PNG {
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;

  constructor({ width, height }: { readonly width: number; readonly height: number }) {
    this.width = width;
    this.height = height;
    this.data = new Uint8Array(width * height * 4);
  }

  static readonly sync = {
    write: ({ width, height, data }: PNG) => {
      const bytes = encode({ width, height, data, channels: 4, depth: 8 });
      return {
        toString: (): string => btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join('')),
      };
    },
  };
}
