import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createLogger, Secret } from '@rcm/telemetry';
import type { Page } from 'playwright';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BrowserPool, createBrowserPool } from '../pool/browser-pool.ts';
import { createSecretMask } from '../secret-mask.ts';
import { capturePage } from './capture.ts';
import { readPng } from './png.fixture.ts';

const SHOWN = { password: 'Canary p&ss/<wörd"+1', seed: 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP', code: '904731' };
const mask = createSecretMask(Object.values(SHOWN).map((value) => new Secret(value)));
const BLACK = '000000';

describe('the evidence of a page that shows what it was sent in every way', () => {
  let server: Server;
  let pool: BrowserPool;
  let page: Page;
  beforeAll(async () => {
    const words = encodeURIComponent(JSON.stringify(SHOWN)).replaceAll("'", '%27');
    const html = readFileSync(new URL('../corpus/pages/echo.html', import.meta.url), 'utf8').replace('%WORDS%', words);
    server = createServer((_request, response) => response.writeHead(200, { 'content-type': 'text/html' }).end(html));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    pool = createBrowserPool({ maxContexts: 1, logger: createLogger({ name: 'test', level: 'silent' }), executablePath: process.env.RCM_CHROMIUM_PATH });
    const { context } = await pool.openContext({ context: {}, signal: new AbortController().signal });
    page = await context.newPage();
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    await page.frameLocator('#framed').locator('p').waitFor();
  });
  afterAll(async () => {
    await pool.close();
    await new Promise((resolve) => server.close(resolve));
  });

  it('has no secret in its address, title, words or outline', async () => {
    const { screenshot: _picture, ...words } = await capturePage(page, mask, { screenshot: false });
    expect(words.text).toContain('Nothing of it here');
    expect(words.text).toContain('You typed [secret]!');
    for (const part of Object.values(words)) {
      expect(mask.isIn(part ?? '')).toBe(false);
      for (const form of [
        SHOWN.password,
        SHOWN.code,
        encodeURIComponent(SHOWN.password),
        Buffer.from(`user:${SHOWN.password}`).toString('base64').slice(8, 28),
      ])
        expect(part ?? '').not.toContain(form);
    }
  });

  it('has a box over every place where the picture would show one, and none over the rest', async () => {
    const { screenshot } = await capturePage(page, mask, { screenshot: true });
    const picture = readPng(screenshot ?? new Uint8Array());
    const places = ['#bare', '#parts', '#value', '#hint', '#drawn', '#button', '#coded', '#seed', '#code', '#styled', '#shadow'];
    const boxes = await Promise.all(places.map(async (place) => ({ place, box: await page.locator(place).boundingBox() })));
    const framed = await page.frameLocator('#framed').locator('p').boundingBox();
    for (const { place, box } of [...boxes, { place: 'frame', box: framed }]) {
      const colors = new Set<string>();
      for (let x = 4; x < (box?.width ?? 0) - 4; x += 1)
        for (let y = 4; y < (box?.height ?? 0) - 4; y += 1) colors.add(picture.colorAt(Math.round((box?.x ?? 0) + x), Math.round((box?.y ?? 0) + y)));
      expect({ place, colors: [...colors] }).toEqual({ place, colors: [BLACK] });
    }
    expect(picture.colorAt(300, 604)).toBe('ffeecc');
  });

  it('withholds an outline that would show in pieces what the words show as a whole', async () => {
    const other = await page.context().newPage();
    await other.setContent(`<h1>Hello</h1><p><a href="#">${SHOWN.seed.slice(0, 16)}</a><a href="#">${SHOWN.seed.slice(16)}</a></p>`);
    expect(await capturePage(other, mask, { screenshot: false })).toMatchObject({ text: expect.stringContaining('[secret]'), outline: null });
    const inShadow = `<a href="#">${SHOWN.seed.slice(0, 16)}</a><a href="#">${SHOWN.seed.slice(16)}</a>`;
    await other.setContent(`<h1>Hello</h1><p><template shadowrootmode="open">${inShadow}</template></p>`);
    expect(await capturePage(other, mask, { screenshot: false })).toMatchObject({ text: expect.stringContaining('[secret]'), outline: null });
    await other.setContent('<h1>Hello</h1>');
    expect((await capturePage(other, mask, { screenshot: false })).outline).toContain('heading "Hello"');
    await other.close();
  });

  it.each(['<p><template shadowrootmode="closed">%</template></p>', `<iframe srcdoc='<p><template shadowrootmode="closed">%</template></p>'></iframe>`])(
    'is given without a picture where no box can be put on what it draws: %s',
    async (html) => {
      const other = await page.context().newPage();
      await other.setContent(html.replace('%', SHOWN.seed));
      await other.waitForLoadState();
      expect(await capturePage(other, mask, { screenshot: true })).toMatchObject({ screenshot: null, noPicture: 'closed_tree' });
      await other.setContent('<input placeholder="a field has a tree of the browser’s own">');
      expect(await capturePage(other, mask, { screenshot: true })).toMatchObject({ screenshot: expect.any(Uint8Array) as Uint8Array, noPicture: null });
      expect(await capturePage(other, mask, { screenshot: false })).toMatchObject({ screenshot: null, noPicture: 'unwanted' });
      await other.close();
    },
  );

  it('is given without a picture where the page hangs, and without words where it is gone', async () => {
    const other = await page.context().newPage();
    await other.goto(page.url());
    other.evaluate('for (;;);').catch(() => undefined);
    expect(await capturePage(other, mask, { screenshot: true })).toMatchObject({ screenshot: null, noPicture: 'not_taken' });
    await other.close();
    expect(await capturePage(other, mask, { screenshot: true })).toMatchObject({ text: '', outline: null, screenshot: null, noPicture: 'gone' });
  });
});
