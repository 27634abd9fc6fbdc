/**
 * How changesets writes CHANGELOGs. A changeset that has headings of its own goes in as it is, any other one becomes a
 * point of a list. Hashes of commits are left out: they say nothing to a user.
 *
 * @param {{ summary: string }} changeset
 */
export async function getReleaseLine({ summary }) {
  const text = summary.trim();
  return text.startsWith('#') ? text : `- ${text.replaceAll('\n', '\n  ')}`;
}

/**
 * One line for all siblings that a package needs in a newer version.
 *
 * @param {unknown} _changesets
 * @param {readonly { name: string, newVersion: string }[]} updated
 */
export async function getDependencyReleaseLine(_changesets, updated) {
  if (updated.length === 0) return '';
  return `- Needs ${updated.map(({ name, newVersion }) => `${name} ${newVersion}`).join(', ')}.`;
}
