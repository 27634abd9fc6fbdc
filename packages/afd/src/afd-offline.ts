import { defineMethod, mapShape, NO_COST, taskReads, taskTerms, text, withTeacher } from '@distilljs/core';
import type { FeatureMap } from '@distilljs/core';
import { adversarialPlan } from './adversary.js';
import { tapOf } from './cohort.js';
import { runGeometry } from './discriminator-geometry.js';
import { studentExtractors } from './extractor.js';
import { adversarialChecks, afdOfflineDefaults } from './options.js';
import type { AfdOfflineOptions } from './options.js';
import { commonShape, createTransfer, transfer } from './transfer.js';

/**
 * The offline variant of `afd`: one student, and a trained, frozen teacher in place of the other network. The student
 * learns from the teacher's predictions, and plays against one discriminator that learns to tell the teacher's maps
 * from its own.
 *
 * Losses, optimizers and logged terms are those of `afd` with one network. Where the maps' channels differ, the student
 * alone gets a trained transfer layer, to the teacher's width: no loss would train one on the teacher's side. Where the
 * sizes differ, the larger map is averaged down to the smaller.
 *
 * @throws DistillError code `option`. When planned, also codes `tap` and `shape`
 * @see arXiv 2002.01775, the comparison with offline methods
 */
export const afdOffline = defineMethod<AfdOfflineOptions>({
  name: 'afd-offline',
  repeatable: true,
  defaults: afdOfflineDefaults,
  check: { ...adversarialChecks, studentTap: text, teacherTap: text },
  async plan(context, options) {
    const { teacher, random } = withTeacher('afd-offline', context);
    const [student] = context.students;
    const studentTap = tapOf("method 'afd-offline', student", student, options.studentTap, 'student');
    const teacherTap = tapOf("method 'afd-offline', teacher", teacher, options.teacherTap, 'teacher');
    // Everything that may be refused is checked before the first variable is created, or the variable would leak.
    const own = mapShape('afd-offline.studentTap', student, studentTap);
    const peer = mapShape('afd-offline.teacherTap', teacher, teacherTap);
    const shape = commonShape([{ shape: own }, { shape: peer }], peer[2]);
    const geometry = runGeometry('afd-offline', context, options, shape);
    const [extractors = {}] = await studentExtractors('afd-offline', context, [studentTap]);
    const ownTransfer = createTransfer(own, shape, own[2] !== peer[2], random.fork('transfer'));
    const peerTransfer = createTransfer(peer, shape, false, random);
    return adversarialPlan(context, options, {
      shape,
      geometry,
      extractors,
      transfers: [ownTransfer],
      reads: { students: [[studentTap]], teacher: [teacherTap], ...taskReads(options) },
      ownMaps: (step) => [transfer(step.student.tap(studentTap) as FeatureMap, ownTransfer)],
      peerMaps: (step) => [transfer(step.teacher.tap(teacherTap) as FeatureMap, peerTransfer)],
      logits: {
        name: 'logits',
        variables: student.variables,
        optimizer: context.optimizer,
        terms: (step) => taskTerms(step, options),
      },
      cost: { ...NO_COST, trainParameters: ownTransfer.parameters, trainMacs: ownTransfer.macs },
    });
  },
});
