/**
 * How changesets writes CHANGELOGs. A changeset with its own headings is inserted unchanged; any other becomes a list item. Commit
 * hashes are omitted: they tell a user nothing.
 *
 * @param {{ summary: string }} changeset
 */
export async function getReleaseLine({ summary }) {
  const text = summary.trim();
  return text.startsWith('#') ? text : `- ${text.replaceAll('\n', '\n  ')}`;
}

/**
 * One line for all sibling packages that a package needs in a newer version.
 *
 * @param {unknown} _changesets
 * @param {readonly { name: string, newVersion: string }[]} updated
 */
export async function getDependencyReleaseLine(_changesets, updated) {
  if (updated.length === 0) return '';
  return `- Needs ${updated.map(({ name, newVersion }) => `${name} ${newVersion}`).join(', ')}.`;
}
