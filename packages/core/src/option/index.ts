export { checkOptions, expectKnown, expectOption, expectSizes } from './check-options.js';
export type { OptionChecks } from './check-options.js';
export {
  belowOne,
  eitherOf,
  flag,
  inRange,
  listOf,
  nonNegative,
  objectWith,
  oneOf,
  optional,
  positive,
  temperatureRange,
  text,
  wholeNumber,
} from './checks.js';
export type { OptionCheck } from './checks.js';
