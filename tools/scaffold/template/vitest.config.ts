import { packageTests } from '../../vitest.base.js';

export default packageTests('__name__');
