import { DistillError } from '@distilljs/core';
import type { PlanContext } from '@distilljs/core';

/**
 * Throws unless the run has as many students as the method has networks.
 *
 * @throws DistillError code `option`
 */
export function expectCohort(method: string, networks: number, { students }: PlanContext): void {
  const given = students.length;
  if (given === networks) return;
  throw new DistillError({
    code: 'option',
    where: `method '${method}', students`,
    expected: `${networks} networks, as the option networks says`,
    got: String(given),
    hint: `Pass ${networks} students to distill()${given < 2 ? '' : `, or set networks: ${given}`}.`,
  });
}
