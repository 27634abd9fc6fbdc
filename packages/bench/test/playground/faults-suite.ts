import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import type { Place } from './place.js';
import { chooseLittle, chooseMethods, done, train, visit } from './site.js';

/** What keeps a page's threads from the network, and engines and trainings that fail. */
export function faultsSuite({ browser, site }: Place): void {
  it('lets no thread ask another host for anything', async () => {
    const asked: string[] = [];
    const other = createServer((request, response) => {
      asked.push(request.url ?? '');
      response.setHeader('Access-Control-Allow-Origin', '*').end('{}');
    });
    await new Promise<void>((resolve) => {
      other.listen(0, '127.0.0.1', resolve);
    });
    const address = `http://127.0.0.1:${(other.address() as AddressInfo).port}`;
    const { page, context } = await visit(browser(), site().address);
    await chooseLittle(page, 40);
    await train(page);
    const student = page.locator('.job', { has: page.getByRole('heading', { name: 'student' }) });
    await student.getByText(/step \d+ of/).waitFor();
    // A thread that has trained ends; one that waits stays.
    await page.getByRole('button', { name: 'Pause' }).click();
    await page.getByText('Paused.').waitFor();
    const ask = async (url: string): Promise<string> =>
      await fetch(url).then(
        () => 'answered',
        () => 'refused',
      );
    // The page itself, the desk, and a training.
    const [desk, job, ...more] = page.workers();
    expect([desk, job].every((each) => each !== undefined)).toBe(true);
    for (const thread of [desk, job, ...more]) {
      expect(await thread?.evaluate(ask, `${address}/from-a-worker`)).toBe('refused');
      // Its own files it has.
      expect(await thread?.evaluate(ask, `${site().address}tfjs/tf-core.min.js`)).toBe('answered');
      // As text: a compiled import would be the test runner's.
      const load = `import('${address}/module.js').then(() => 'answered', () => 'refused')`;
      expect(await thread?.evaluate(load)).toBe('refused');
    }
    expect(await page.evaluate(ask, `${address}/from-the-page`)).toBe('refused');
    expect(asked).toEqual([]);
    other.close();
    await context.close();
  });

  it('says that there is no WebGPU, and goes on with WebAssembly', async () => {
    const { page, context } = await visit(browser(), site().address);
    await chooseLittle(page, 1);
    await chooseMethods(page, ['student']);
    await page.getByLabel('Engine').selectOption('webgpu');
    await train(page);
    await page.getByText('Ended with an error.').waitFor();
    expect(await page.getByRole('alert').textContent()).toMatch(/webgpu: there is no WebGPU adapter/);
    await page.getByRole('button', { name: 'Continue with WebAssembly' }).click();
    await done(page);
    await context.close();
  });
}
