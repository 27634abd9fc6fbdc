/** Formats recognized by their first bytes, whatever the file name. */
export type ImageKind = 'jpeg' | 'png' | 'gif' | 'webp' | 'bmp' | 'tiff' | 'avif' | 'heif' | 'jxl';

/** Facts from an image's header, before any pixel is decoded. */
export interface ImageHeader {
  readonly kind: ImageKind;
  /** As stored; undefined where only decoding reveals it. */
  readonly width?: number | undefined;
  readonly height?: number | undefined;
  /** EXIF's 1 to 8; 1 is upright. */
  readonly orientation: number;
  /** A JPEG's components: 1 grey, 3 colours, 4 CMYK. */
  readonly components?: number | undefined;
  /** Lower bound of the bytes that so many pixels take, where known. */
  readonly fewestBytes?: number | undefined;
  /** Byte offset of a TIFF's orientation. */
  readonly orientationAt?: number | undefined;
}

/** Maximum number of pixels: an image that decodes to more than a gigabyte is no photograph. */
export const MOST_PIXELS = 2 ** 28;

const ascii = (bytes: Uint8Array, from: number, to: number): string =>
  String.fromCharCode(...bytes.subarray(from, to));

/** The format of a file; undefined for unknown formats. */
export function kindOf(bytes: Uint8Array): ImageKind | undefined {
  const start = ascii(bytes, 0, 12);
  if (start.startsWith('\xff\xd8\xff')) return 'jpeg';
  if (start.startsWith('\x89PNG\r\n\x1a\n')) return 'png';
  if (start.startsWith('GIF87a') || start.startsWith('GIF89a')) return 'gif';
  if (start.startsWith('RIFF') && start.slice(8) === 'WEBP') return 'webp';
  if (start.startsWith('BM')) return 'bmp';
  if (/^(?:II\*\0|MM\0\*)/.test(start)) return 'tiff';
  if (start.startsWith('\xff\x0a') || start.startsWith('\0\0\0\x0cJXL ')) return 'jxl';
  if (start.slice(4, 8) === 'ftyp') return /^avi[fs]/.test(start.slice(8)) ? 'avif' : 'heif';
  return undefined;
}

/** @returns undefined for unknown formats; fields are omitted where the file is truncated */
export function headerOf(bytes: Uint8Array): ImageHeader | undefined {
  const kind = kindOf(bytes);
  if (kind === undefined) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  try {
    switch (kind) {
      case 'jpeg':
        return jpegHeader(view, bytes);
      case 'png':
        return {
          kind,
          width: view.getUint32(16),
          height: view.getUint32(20),
          ...exifIn(pngChunk(view, bytes)),
        };
      case 'gif':
        return { kind, width: view.getUint16(6, true), height: view.getUint16(8, true), orientation: 1 };
      case 'bmp':
        return { kind, ...bmpSize(view), orientation: 1 };
      case 'webp':
        return { kind, ...exifIn(webpChunks(bytes).find(({ name }) => name === 'EXIF')?.data) };
      case 'tiff':
        return { kind, ...tiffTags(view) };
      default:
        return { kind, orientation: 1 };
    }
  } catch {
    // Truncated within the header: decoding reports it.
    return { kind, orientation: 1 };
  }
}

function bmpSize(view: DataView): Pick<ImageHeader, 'width' | 'height'> {
  // OS/2's header has 16-bit sizes.
  if (view.getUint32(14, true) === 12)
    return { width: view.getUint16(18, true), height: view.getUint16(20, true) };
  return { width: Math.abs(view.getInt32(18, true)), height: Math.abs(view.getInt32(22, true)) };
}

/** Walks through the segments before the pixels. */
function jpegHeader(view: DataView, bytes: Uint8Array): ImageHeader {
  let exif: Uint8Array | undefined;
  for (let at = 2; at + 4 <= bytes.length;) {
    if (bytes[at] !== 0xff) break;
    const marker = bytes[at + 1] ?? 0;
    if (marker === 0xff) {
      at++;
      continue;
    }
    const end = at + 2 + view.getUint16(at + 2);
    // Frame headers of all codings; C4, C8 and CC are not frames.
    if (marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker)) {
      const [height, width] = [view.getUint16(at + 5), view.getUint16(at + 7)];
      // Each block of 8×8 pixels has a Huffman code, of a bit or more; arithmetic coding (from C9 on) may take less.
      const fewestBytes = marker < 0xc9 ? Math.floor((width * height) / 64 / 8) : undefined;
      return { kind: 'jpeg', width, height, components: bytes[at + 9], fewestBytes, ...exifIn(exif) };
    }
    if (marker === 0xe1 && ascii(bytes, at + 4, at + 8) === 'Exif') exif = bytes.subarray(at + 10, end);
    if (marker === 0xda) break;
    at = end;
  }
  return { kind: 'jpeg', ...exifIn(exif) };
}

function pngChunk(view: DataView, bytes: Uint8Array): Uint8Array | undefined {
  for (let at = 8; at + 12 <= bytes.length; at += 12 + view.getUint32(at)) {
    if (ascii(bytes, at + 4, at + 8) === 'eXIf') return bytes.subarray(at + 8, at + 8 + view.getUint32(at));
  }
  return undefined;
}

/** The chunks of a RIFF container from `from` on: of a WebP file, or of one of its frames. */
export function webpChunks(
  bytes: Uint8Array,
  from = 12,
): readonly { readonly name: string; readonly data: Uint8Array; readonly whole: Uint8Array }[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const chunks = [];
  for (let at = from; at + 8 <= bytes.length;) {
    const size = view.getUint32(at + 4, true);
    const end = at + 8 + size + (size % 2);
    chunks.push({
      name: ascii(bytes, at, at + 4),
      data: bytes.subarray(at + 8, at + 8 + size),
      whole: bytes.subarray(at, end),
    });
    at = end;
  }
  return chunks;
}

/** The orientation in an EXIF block; 1 where it has none or is damaged. */
function exifIn(block: Uint8Array | undefined): { readonly orientation: number } {
  // Some programs write WebP files with JPEG's prefix.
  const tiff = block !== undefined && ascii(block, 0, 4) === 'Exif' ? block.subarray(6) : block;
  if (tiff === undefined) return { orientation: 1 };
  try {
    return { orientation: tiffTags(new DataView(tiff.buffer, tiff.byteOffset, tiff.byteLength)).orientation };
  } catch {
    return { orientation: 1 };
  }
}

/** Tags in the first directory of a TIFF file; an EXIF block has the same structure. */
function tiffTags(view: DataView): Omit<ImageHeader, 'kind'> {
  const little = view.getUint8(0) === 0x49;
  const directory = view.getUint32(4, little);
  const tags = new Map<number, { readonly value: number; readonly at: number }>();
  for (let entry = 0; entry < view.getUint16(directory, little); entry++) {
    const at = directory + 2 + 12 * entry;
    const isShort = view.getUint16(at + 2, little) === 3;
    const value = isShort ? view.getUint16(at + 8, little) : view.getUint32(at + 8, little);
    tags.set(view.getUint16(at, little), { value, at: at + 8 });
  }
  const orientation = tags.get(0x0112);
  return {
    width: tags.get(0x0100)?.value,
    height: tags.get(0x0101)?.value,
    orientation:
      orientation !== undefined && orientation.value >= 1 && orientation.value <= 8 ? orientation.value : 1,
    orientationAt: orientation?.at,
  };
}
