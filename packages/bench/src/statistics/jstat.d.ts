/** The part of jstat that is used; the package has no types of its own. */
declare module 'jstat' {
  const jstat: {
    readonly jStat: {
      readonly normal: {
        cdf(x: number, mean: number, deviation: number): number;
      };
      readonly noncentralt: {
        cdf(t: number, freedom: number, noncentrality: number): number;
      };
    };
  };
  export default jstat;
}
