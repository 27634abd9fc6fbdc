declare module '*?inline' {
  const text: string;
  export default text;
}
declare module '*&url' {
  const address: string;
  export default address;
}
declare module '*?url' {
  const address: string;
  export default address;
}
