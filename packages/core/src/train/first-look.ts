import type { PlanContext } from '../method/index.js';
import { expectGradients, probabilityWarning, studentWarning } from '../network/index.js';

/**
 * A trial step of each student and a look at everybody's outputs, on two images, before training.
 *
 * @param taps of the teacher that the first phase reads; undefined when it does not run
 * @returns what is odd, in words
 * @throws DistillError codes `network` and `engine` for what cannot train or teach
 */
export async function firstLook(
  context: PlanContext,
  taps: readonly string[] | undefined,
): Promise<readonly string[]> {
  const { students, teacher, train } = context;
  const some = await context.images(train.size > 1 ? [0, 1] : [0]);
  try {
    const odd: (string | undefined)[] = [];
    for (const [index, student] of students.entries()) {
      expectGradients(student, some);
      odd.push(await studentWarning(`students[${index}]`, student, some));
    }
    if (teacher !== undefined && taps !== undefined) odd.push(await probabilityWarning(teacher, some, taps));
    return odd.filter((warning) => warning !== undefined);
  } finally {
    some.dispose();
  }
}
