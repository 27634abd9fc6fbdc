import { createRandom } from '@distilljs/core';
import { it } from 'vitest';
it('x', () => {
    const random = createRandom(1);
    console.log(random.uniform(), [1,2,3].map(() => random.integer(1000)), random.normal(), [...random.permutation(8)], createRandom(-7).fork('epoch-3').fork(2).uniform());
});
