import { createLogger } from '@rcm/telemetry';
import type { Page } from 'playwright';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BrowserPool, createBrowserPool } from '../pool/browser-pool.ts';
import type { Target } from '../recipe/target.ts';
import { frameOf, locate, toLookAt } from './locate.ts';

let pool: BrowserPool;
let page: Page;
beforeAll(async () => {
  pool = createBrowserPool({ maxContexts: 1, logger: createLogger({ name: 'test', level: 'silent' }), executablePath: process.env['RCM_CHROMIUM_PATH'] });
  page = await (await pool.openContext({ context: {}, signal: new AbortController().signal })).context.newPage();
});
afterAll(() => pool.close());

const seen = async (target: Target, by: typeof locate | typeof toLookAt): Promise<number> => (await by(page, target)).count();

const framed = (attributes: string, inside: string): string =>
  `<iframe ${attributes} srcdoc="${inside.replaceAll('&', '&amp;').replaceAll('"', '&quot;')}"></iframe>`;

describe('a frame that is looked into by its name', () => {
  const ONE = framed('name="one"', '<p>in one</p>' + framed('name="inner"', '<p>in inner</p>'));
  it.each<[string, string, Target, number, 'by its name' | 'by its element']>([
    ['is the one that has it', ONE, { css: 'p', frame: 'one' }, 1, 'by its name'],
    ['may be in another', ONE, { css: 'p', frame: ['one', 'inner'] }, 1, 'by its name'],
    ['is not looked for deeper than it is said to be', ONE, { css: 'p', frame: 'inner' }, 0, 'by its element'],
    ['is not one with another name', ONE, { css: 'p', frame: 'two' }, 0, 'by its element'],
    ['is the first of two', ONE + ONE, { css: 'p', frame: 'one' }, 1, 'by its element'],
    ['is not one that has it as its id alone', framed('id="one"', '<p>in one</p>'), { css: 'p', frame: 'one' }, 0, 'by its element'],
    [
      'is the one that has it where another one has it as its id',
      framed('id="one"', '<b>other</b>') + framed('name="one"', '<p>in one</p>'),
      { css: 'p', frame: 'one' },
      1,
      'by its element',
    ],
    ['may be hidden', framed('name="one" style="display:none"', '<p>in one</p>'), { css: 'p', frame: 'one' }, 0, 'by its name'],
    ['may call itself otherwise', framed('name="one"', '<script>window.name = "x"</script><p>in one</p>'), { css: 'p', frame: 'one' }, 1, 'by its name'],
    ['is found by its title, too', framed('title="Accounts"', '<p>in one</p>'), { css: 'p', frame: { title: 'Accounts' } }, 1, 'by its element'],
    ['is found by a selector, too', framed('id="one"', '<p>in one</p>'), { css: 'p', frame: { css: '#one' } }, 1, 'by its element'],
    ['is the page itself where none is said', ONE + '<p>here</p>', { css: 'p' }, 1, 'by its name'],
    [
      'is what is looked into for what is within something',
      framed('name="one"', '<p>1</p><div><p>2</p></div>'),
      { css: 'p', within: { css: 'div' }, frame: 'one' },
      1,
      'by its name',
    ],
  ])('%s', async (_, html, target, expected, way) => {
    await page.setContent(html, { waitUntil: 'load' });
    expect(await seen(target, locate)).toBe(expected);
    expect(await seen(target, toLookAt)).toBe(expected);
    expect((await frameOf(page, target)) === null ? 'by its element' : 'by its name').toBe(way);
  });

  it('is another one once the page has put another one there', async () => {
    await page.setContent(framed('name="one"', '<p>first</p>'), { waitUntil: 'load' });
    const before = await frameOf(page, { css: 'p', frame: 'one' });
    await page.evaluate(`document.querySelector('iframe').outerHTML = '<iframe name="one" srcdoc="<b>second</b>"></iframe>'`);
    await page.frameLocator('iframe').getByText('second').waitFor();
    expect(await seen({ css: 'p', frame: 'one' }, toLookAt)).toBe(0);
    expect(await seen({ css: 'b', frame: 'one' }, toLookAt)).toBe(1);
    expect(before?.isDetached()).toBe(true);
  });
});
