/**
 * Fills the places `__word__` of a template's text.
 *
 * @param {string} text
 * @param {Readonly<Record<string, string>>} words
 * @param {(word: string) => string} [quote] what the file's language needs done to a word, e.g. escapes
 * @throws Error for a place without a word
 */
export function fill(text, words, quote = (word) => word) {
  return text.replace(/__([A-Za-z]+)__/g, (place, key) => {
    const word = words[key];
    if (word === undefined)
      throw new Error(`template: expected one of ${Object.keys(words).join(', ')}, got ${place}`);
    return quote(word);
  });
}

/** Escapes a word for use inside a JSON string. @param {string} word */
export function inJson(word) {
  return JSON.stringify(word).slice(1, -1);
}
