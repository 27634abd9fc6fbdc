const TAR = 'TAR@FAR ';

/** A measure with its unit, as the head of a column. A rate of false accepts is a share in the measure's name. */
export function measureTitle(name: string): string {
  if (!isShare(name)) return name;
  return name.startsWith(TAR) ? `TAR %, FAR ${100 * Number(name.slice(TAR.length))} %` : `${name} %`;
}

/** Whether a measure is a share, shown in per cent. Cosines are not. */
export const isShare = (name: string): boolean => !name.startsWith('cosine');
