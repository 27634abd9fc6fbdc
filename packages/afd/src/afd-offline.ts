import { defineMethod, taskTerms, text, withTeacher } from '@distilljs/core';
import type { FeatureMap } from '@distilljs/core';
import * as tf from '@tensorflow/tfjs-core';
import { createAdversary } from './adversary.js';
import { inOrder } from './afd.js';
import { joinVariables } from './cohort/index.js';
import { runGeometry } from './discriminator/index.js';
import { studentExtractors } from './extractor.js';
import { featureMapShape } from './feature-map-shape.js';
import { oncePerStep } from './once-per-step.js';
import { adversarialChecks, afdOfflineDefaults } from './options.js';
import type { AfdOfflineOptions } from './options.js';
import { reviewDiscriminators } from './review.js';
import { commonShape, createTransfer, transfer } from './transfer/index.js';

/**
 * The offline variant of {@link afd}: one student and a trained, fixed teacher in place of the other network. The student
 * gets the teacher's predictions, and plays against one discriminator that learns to tell the teacher's maps from its own.
 *
 * Losses, optimizers and logged terms are those of `afd` with one network. The transfer layer, needed where maps differ in
 * channels, is the student's alone and leads to the teacher's width: one on the teacher's side would be trained by no
 * loss. Maps of unlike size are averaged down to the smaller one, on either side.
 *
 * @throws DistillError code `option`; when it is planned, also codes `tap` and `shape`
 * @see arXiv 2002.01775, the comparison with offline methods
 */
export const afdOffline = defineMethod<AfdOfflineOptions>({
  name: 'afd-offline',
  defaults: afdOfflineDefaults,
  check: { ...adversarialChecks, studentTap: text, teacherTap: text },
  plan(context, options) {
    const { teacher, random } = withTeacher('afd-offline', context);
    const [student] = context.students;
    const { studentTap, teacherTap } = options;
    const own = featureMapShape(student, studentTap);
    const peer = featureMapShape(teacher, teacherTap);
    const whose = `method 'afd-offline'`;
    const shape = commonShape(
      [
        { where: `${whose}, students[0] '${student.name}', tap '${studentTap}'`, shape: own },
        { where: `${whose}, teacher '${teacher.name}', tap '${teacherTap}'`, shape: peer },
      ],
      peer[2],
    );
    // All that can be refused is looked at before the first variable is made.
    const geometry = runGeometry('afd-offline', context, options, shape);
    const [extractor = {}] = studentExtractors(context, [studentTap]);
    const ownTransfer = createTransfer(own, shape, own[2] !== peer[2], random.fork('transfer'));
    const peerTransfer = createTransfer(peer, shape, false, random);
    const transfers = joinVariables('transfer', [ownTransfer.variables]);
    const adversary = createAdversary(context, options, {
      shape,
      geometry,
      transfers: [ownTransfer],
      generators: { ...extractor, ...transfers },
      own: oncePerStep((step) => [transfer(step.student.tap(studentTap) as FeatureMap, ownTransfer)]),
      peers: (step) => [transfer(step.teacher.tap(teacherTap) as FeatureMap, peerTransfer)],
    });
    return {
      auxiliary: { ...transfers, ...adversary.variables },
      cost: adversary.cost,
      phases: [
        {
          name: 'train',
          epochs: context.epochs,
          reads: { students: [[studentTap]], teacher: [teacherTap] },
          order: options.order,
          updates: inOrder(options.order, adversary, {
            name: 'logits',
            variables: student.variables,
            optimizer: context.optimizer,
            terms: (step) => taskTerms(step, options),
          }),
        },
      ],
      review: reviewDiscriminators,
      dispose() {
        adversary.dispose();
        tf.dispose(Object.values(transfers));
      },
    };
  },
});
