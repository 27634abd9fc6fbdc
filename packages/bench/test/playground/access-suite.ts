import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import type { Place } from './place.js';
import { chooseLittle, done, reported, seriousFaults, train, visit } from './site.js';

/** From the keyboard, by ear, and on a phone. */
export function accessSuite({ browser, site }: Place): void {
  /** Presses Tab until the focus is on what has this text or label. */
  async function tabTo(page: Page, wanted: RegExp): Promise<void> {
    for (let presses = 0; presses < 60; presses++) {
      await page.keyboard.press('Tab');
      const words = await page.evaluate(() => {
        const found = document.activeElement;
        const label = (found as HTMLInputElement | null)?.labels?.[0];
        return label?.textContent ?? found?.textContent ?? '';
      });
      if (wanted.test(words)) return;
    }
    throw new Error(`no way by Tab to ${String(wanted)}`);
  }

  it('goes from images to a downloaded student by keyboard alone', async () => {
    const { page, context, errors } = await visit(browser(), site().address);
    const { keyboard } = page;
    const type = async (wanted: RegExp, text: string): Promise<void> => {
      await tabTo(page, wanted);
      await keyboard.press('ControlOrMeta+a');
      await keyboard.type(text);
    };
    // The one teacher after the first is chosen by arrow, and the first again.
    await type(/^Training images per class/, '20');
    await tabTo(page, /^ ?Built in/);
    await keyboard.press('ArrowDown');
    await page.getByText('Drop model.json').waitFor();
    await keyboard.press('ArrowUp');
    await page.getByText('18 training').first().waitFor();
    await tabTo(page, /^ ?dkd/);
    await keyboard.press('Space');
    expect(await page.getByLabel('dkd').isChecked()).toBe(true);
    await keyboard.press('Space');
    await type(/^Epochs of the teacher/, '1');
    await type(/^Epochs of each student/, '1');
    await tabTo(page, /^Train$/);
    await keyboard.press('Enter');
    await tabTo(page, /^Pause$/);
    await done(page);
    await reported(page);
    await page.evaluate(() => {
      (document.activeElement as HTMLElement | null)?.blur();
    });
    const download = page.waitForEvent('download');
    await tabTo(page, /^Download with its page$/);
    await keyboard.press('Enter');
    expect((await download).suggestedFilename()).toMatch(/^plain8-.*\.zip$/);
    expect(errors).toEqual([]);
    await context.close();
  });

  it('has no serious fault for axe, narrow and wide, light and dark, at the start, in training, and in the report', async () => {
    const { page, context } = await visit(browser(), site().address, { bypassCSP: true });
    await page.getByText('training', { exact: false }).first().waitFor();
    await page.getByLabel('Your own: a TensorFlow.js model').check();
    expect(await seriousFaults(page)).toEqual([]);
    await page.getByLabel('Built in').check();
    await chooseLittle(page, 1);
    await train(page);
    await page.getByRole('button', { name: 'Pause' }).click();
    expect(await seriousFaults(page)).toEqual([]);
    await page.getByRole('button', { name: 'Resume' }).click();
    await done(page);
    await reported(page);
    expect(await seriousFaults(page)).toEqual([]);
    await context.close();
  });
}
