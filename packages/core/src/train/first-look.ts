import type { PlanContext } from '../method/index.js';
import { expectGradients, probabilityWarning, studentWarning } from '../network/index.js';

/**
 * Tries a step of each student and checks the outputs of all networks, on two images, before training.
 *
 * @param taps the teacher's taps that the first phase reads; undefined if the teacher does not run
 * @returns warnings
 * @throws DistillError codes `network` and `engine` for a network that cannot train or teach
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
