/** The part of jstat that is used; the package has no types of its own. */
declare module 'jstat' {
  export const jStat: {
    readonly noncentralt: {
      cdf(t: number, freedom: number, noncentrality: number): number;
    };
  };
}
