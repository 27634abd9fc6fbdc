import { evaluate } from '@distilljs/core';
import type { Dataset, DistillResult, Evaluation, Network } from '@distilljs/core';

/**
 * Settled statistics make other networks of the last weights and of the best than those that epochs were judged by. The last
 * epoch's validation becomes that of the network as it is, by which races and tuning choose; best is the better of the two.
 */
export async function judgedAgain(
  result: DistillResult,
  networks: readonly Network[],
  validation: Dataset,
): Promise<DistillResult> {
  const { history, best, normalization } = result;
  const judge = async (): Promise<Evaluation[]> => {
    const found: Evaluation[] = [];
    for (const network of networks) found.push(await evaluate(network, validation, normalization));
    return found;
  };
  const meanOf = (all: readonly Evaluation[]): number =>
    all.reduce((sum, { accuracy }) => sum + accuracy, 0) / all.length;
  const at = history.findLastIndex((report) => report.validation.length > 0);
  const report = history[at];
  if (report === undefined || best === undefined) return result;
  const last = await judge();
  result.restoreBest();
  const accuracy = meanOf(await judge());
  result.restoreLast();
  const isLast = meanOf(last) >= accuracy;
  return {
    ...result,
    history: history.with(at, { ...report, validation: last }),
    best: isLast
      ? { phase: report.phase, globalEpoch: report.globalEpoch, accuracy: meanOf(last) }
      : { ...best, accuracy },
    restoreBest: () => {
      if (isLast) result.restoreLast();
      else result.restoreBest();
    },
  };
}
