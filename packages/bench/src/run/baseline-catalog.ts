import { at, dist, dkd, fitnet, pkt, rkd, sp } from '@distilljs/core';
import type { MethodFactory } from '@distilljs/core';
import type { CatalogEntry } from './catalog-entry.js';

/** The weights of `kd`, for methods that do not use the teacher's logits by default. */
export const WITH_KD = { ceWeight: 0.1, kdWeight: 0.9 };

function entry<Options extends object>(
  factory: MethodFactory<Options>,
  summary: string,
  options?: Partial<Options>,
): CatalogEntry {
  return {
    name: options !== undefined && 'kdWeight' in options ? `${factory.methodName}+kd` : factory.methodName,
    summary,
    package: '@distilljs/core',
    defaults: { ...factory.defaults, ...options },
    create: (given) => factory({ ...options, ...given }),
  };
}

/** Baselines of other groups, from losses between logits to ones between maps. */
export const baselineMethods: readonly CatalogEntry[] = [
  entry(dkd, 'KD in two parts, target and other classes (Zhao et al. 2022)'),
  entry(dist, 'correlations of probabilities within images and within classes (Huang et al. 2022)'),
  entry(rkd, 'distances and angles between embeddings (Park et al. 2019)'),
  entry(rkd, 'distances and angles between embeddings, with KD', WITH_KD),
  entry(pkt, 'probabilities of being neighbours (Passalis and Tefas 2018)'),
  entry(pkt, 'probabilities of being neighbours, with KD', WITH_KD),
  entry(sp, 'similarities of activations within a batch (Tung and Mori 2019)'),
  entry(sp, 'similarities of activations within a batch, with KD', WITH_KD),
  entry(at, 'attention transfer, where maps are active (Zagoruyko and Komodakis 2017)'),
  entry(at, 'attention transfer with KD', WITH_KD),
  entry(fitnet, 'FitNet: a hint through a learned projector (Romero et al. 2015)'),
  entry(fitnet, 'FitNet with KD', WITH_KD),
];
