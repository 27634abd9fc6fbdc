/** What the bench takes from `node:buffer`, in a page. */
export const constants = { MAX_LENGTH: 2 ** 31 - 1 };

/** There is no terminal in a page: what draws on one gets nothing. */
export default {};
