import { parse } from 'yaml';
import { DistillError } from '@distilljs/core';

/**
 * A setting from the command line: `optimizer.learningRate=0.1`, `seeds=[0, 1]`. The value is read as YAML.
 *
 * @returns a mapping for {@link resolveConfig}'s flags, e.g. `{optimizer: {learningRate: 0.1}}`
 * @throws DistillError code `config` for a text of another form
 */
export function parseSetting(setting: string): object {
  const { path, value } = /^(?<path>\w+(?:\.\w+)*)=(?<value>.*)$/s.exec(setting)?.groups ?? {};
  if (path === undefined || value === undefined) {
    throw new DistillError({
      code: 'config',
      where: 'command line',
      expected: 'a setting key=value, e.g. optimizer.learningRate=0.1',
      got: `'${setting}'`,
    });
  }
  return path
    .split('.')
    .reduceRight<unknown>((inner, key) => ({ [key]: inner }), valueOf(value, path)) as object;
}

function valueOf(text: string, path: string): unknown {
  try {
    return parse(text, { prettyErrors: false });
  } catch (cause) {
    throw new DistillError({
      code: 'config',
      where: `command line, ${path}`,
      expected: 'a YAML value',
      got: `'${text}'`,
      cause,
    });
  }
}
