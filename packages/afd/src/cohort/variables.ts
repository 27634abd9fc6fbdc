import type { AuxiliaryCost, NamedVariables, PlanContext } from '@distilljs/core';
import { NO_COST } from '@distilljs/core';

/**
 * Variables of several owners as one group, as `network1/conv/kernel`. SGD and Adam treat every element by itself, so one
 * optimizer over the group is one per owner, at a fraction of the operations.
 *
 * @param owner what they belong to, e.g. `network`
 */
export function joinVariables(owner: string, groups: readonly NamedVariables[]): NamedVariables {
  return Object.fromEntries(
    groups.flatMap((variables, index) =>
      Object.entries(variables).map(([name, variable]) => [`${owner}${index + 1}/${name}`, variable]),
    ),
  );
}

/** All weights of the cohort. */
export function cohortVariables({ students }: PlanContext): NamedVariables {
  return joinVariables(
    'network',
    students.map((student) => student.variables),
  );
}

/** What training the whole cohort costs beyond its first network: the other networks. */
export function cohortCost({ students }: PlanContext): AuxiliaryCost {
  const others = students.slice(1);
  return {
    ...NO_COST,
    trainParameters: others.reduce((sum, network) => sum + network.parameters, 0),
    trainMacs: others.reduce((sum, network) => sum + network.macs, 0),
  };
}
