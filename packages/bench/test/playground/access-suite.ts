import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import type { Place } from './place.js';
import { done, reported, seriousFaults, visit } from './site.js';

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

  it('goes from images to a downloaded student by keyboard alone, without a serious fault for axe', async () => {
    const { page, context, errors } = await visit(browser(), site().address, { bypassCSP: true });
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
    await page.getByText('18 training').first().waitFor();
    expect(await seriousFaults(page)).toEqual([]);
    await keyboard.press('ArrowUp');
    await tabTo(page, /^ ?dkd/);
    await keyboard.press('Space');
    await expect.poll(() => page.getByLabel('dkd').isChecked()).toBe(true);
    await keyboard.press('Space');
    await type(/^Epochs of the teacher/, '6');
    await type(/^Epochs of each student/, '1');
    await tabTo(page, /^Train$/);
    await keyboard.press('Enter');
    await tabTo(page, /^Pause$/);
    await keyboard.press('Enter');
    await page.getByText('Paused.').waitFor();
    expect(await seriousFaults(page)).toEqual([]);
    await tabTo(page, /^Resume$/);
    await keyboard.press('Enter');
    await done(page);
    await reported(page);
    expect(await seriousFaults(page)).toEqual([]);
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
}
