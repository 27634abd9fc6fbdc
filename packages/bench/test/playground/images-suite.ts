import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { zipSync } from 'fflate';
import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { folders } from './images.js';
import type { Place } from './place.js';
import { visit } from './site.js';

declare global {
  /** What went from the page to its threads: the task, and how many paths. */
  var crossed: [task: string, paths: number][] | undefined;
}

const isReady = async (page: Page): Promise<boolean> =>
  await page.getByRole('button', { name: 'Train', exact: true }).isEnabled();

/** Images of one's own: dropped, chosen, taken; and what is wrong with them. */
export function imagesSuite({ folder, browser, site }: Place): void {
  /** Lets go of a file or folder of this disk over the page, as from the system's own window. */
  async function drop(page: Page, path: string): Promise<void> {
    const session = await page.context().newCDPSession(page);
    const target = page.getByText('Drop a folder or a zip here');
    await target.scrollIntoViewIfNeeded();
    const box = await target.boundingBox();
    const data = { items: [], files: [path], dragOperationsMask: 1 };
    for (const type of ['dragEnter', 'dragOver', 'drop'] as const)
      await session.send('Input.dispatchDragEvent', {
        type,
        x: (box?.x ?? 0) + 5,
        y: (box?.y ?? 0) + 5,
        data,
      });
  }
  const write = (place: string, files: Readonly<Record<string, Buffer | string>>): string => {
    for (const [path, bytes] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, place, path)), { recursive: true });
      writeFileSync(join(folder, place, path), bytes);
    }
    return join(folder, place);
  };

  it('takes a folder and a zip that are dropped', async () => {
    const { page, context, errors } = await visit(browser(), site().address);
    await page.getByLabel('Your own: a folder or zip').check();
    await drop(page, write('dropped', folders(['cats', 'dogs'], 5)));
    await page.getByText('3 training, 1 validation, 1 test').first().waitFor();
    expect(await page.locator('.classes strong').allTextContents()).toEqual(['cats', 'dogs']);
    await expect.poll(() => isReady(page)).toBe(true);
    await page.getByRole('button', { name: 'Remove all images' }).click();
    await expect.poll(() => isReady(page)).toBe(false);
    const zip = join(folder, 'birds.zip');
    writeFileSync(
      zip,
      zipSync({ ...folders(['set/birds', 'set/fish'], 4), '__MACOSX/._x.png': Buffer.of(1) }),
    );
    await drop(page, zip);
    await page.getByText('2 training, 1 validation, 1 test').first().waitFor();
    expect(await page.locator('.classes strong').allTextContents()).toEqual(['birds', 'fish']);
    writeFileSync(zip, 'no zip');
    await drop(page, zip);
    await page.getByText('This is not a zip file, or it is damaged or encrypted. Unpack it').waitFor();
    expect(errors).toEqual([]);
    await context.close();
  });

  it('hands files over forty at a time, and a zip whole: the page draws in between', async () => {
    const { page, context, errors } = await visit(browser(), site().address);
    await page.evaluate(() => {
      const { postMessage } = Worker.prototype as { postMessage: (message: unknown) => void };
      Worker.prototype.postMessage = function counted(this: Worker, message: unknown): void {
        const { task, given } = message as { task?: string; given?: { paths?: unknown[] } };
        if (task !== undefined) (globalThis.crossed ??= []).push([task, given?.paths?.length ?? 0]);
        postMessage.call(this, message);
      };
    });
    const taken = async (): Promise<readonly (readonly [string, number])[]> => {
      await page.getByText('35 training').first().waitFor();
      return await page.evaluate(() => (globalThis.crossed ?? []).splice(0));
    };
    await page.getByLabel('Your own: a folder or zip').check();
    const files = folders(['cats', 'dogs'], 50);
    await page.getByLabel('Choose a folder').setInputFiles(write('hundred', files));
    expect(await taken()).toEqual([...[40, 40, 20].map((count) => ['takeFiles', count]), ['ownImages', 0]]);
    await page.getByRole('button', { name: 'Remove all images' }).click();
    await page.getByText('35 training').first().waitFor({ state: 'detached' });
    const zip = join(folder, 'hundred.zip');
    writeFileSync(zip, zipSync(files));
    await page.getByLabel('Choose a zip').setInputFiles(zip);
    expect((await taken()).map(([task]) => task)).toEqual(['forgetImages', 'unzip', 'ownImages']);
    expect(errors).toEqual([]);
    await context.close();
  });

  it('takes pictures with the camera', async () => {
    const { page, context, errors } = await visit(browser(), site().address);
    await page.getByLabel('Your own: a folder or zip').check();
    await page.getByRole('button', { name: 'Use the camera' }).click();
    await page.waitForFunction(() => (document.querySelector('video')?.videoWidth ?? 0) > 0);
    for (const name of ['left', 'right']) {
      await page.getByLabel('Class of the next pictures').fill(name);
      for (let at = 1; at <= 3; at++)
        await page.getByRole('button', { name: `Take a picture of ${name}` }).click();
    }
    await page.getByText('1 training, 1 validation, 1 test').first().waitFor();
    expect(await page.locator('.classes strong').allTextContents()).toEqual(['left', 'right']);
    await page.getByRole('button', { name: 'Close the camera' }).click();
    await page.locator('video').waitFor({ state: 'detached' });
    await expect.poll(() => isReady(page)).toBe(true);
    expect(errors).toEqual([]);
    await context.close();
  });

  it('says what is wrong with images, and how to go on', async () => {
    const { page, context, errors } = await visit(browser(), site().address);
    await page.getByLabel('Your own: a folder or zip').check();
    const wrong = { 'cats/1.png': 'no image', 'cats/2.png': 'none either', 'loose.png': 'in no class' };
    await page.getByLabel('Choose a folder').setInputFiles(write('images', wrong));
    await page.getByText('2 images cannot be decoded and are left out: images/cats/1.png').waitFor();
    await page.getByText('There is no class with enough images yet.').waitFor();
    await expect.poll(() => isReady(page)).toBe(false);
    expect(errors).toEqual([]);
    await context.close();
  });
}
