/** A number of things in words: `1 training`, `3 trainings`. */
export const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;
