/** Bundles sources as they stand for plain Node; resolves to the folder with `NAME.mjs` of each. */
export function bundled(entries: Readonly<Record<string, string>>): Promise<string>;
