import { createLogger } from '@rcm/telemetry';
import type { Page } from 'playwright';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BrowserPool, createBrowserPool } from '../pool/browser-pool.ts';
import { generator } from './amount-cells.fixture.ts';
import { wordsIn } from './frame-words.ts';

let pool: BrowserPool;
let page: Page;
beforeAll(async () => {
  pool = createBrowserPool({ maxContexts: 1, logger: createLogger({ name: 'test', level: 'silent' }), executablePath: process.env['RCM_CHROMIUM_PATH'] });
  page = await (await pool.openContext({ context: {}, signal: new AbortController().signal })).context.newPage();
});
afterAll(() => pool.close());

/** Pieces of which pages and what is looked for are made: what is written one way and read another. */
const PIECES = [
  ...['a', 'B', 'ab', 'Ba', 'ß', 'SS', 'İ', 'i', 'ΟΔΟΣ', 'οδος', 'Σ', 'σ', 'é', 'e\u0301', '.', '"', '\\', "'"],
  ...[' ', '  ', '\n', '\t', '\u00a0', '\u2003', '\u00ad', '\u200b', '\ufeff', '&amp;', '&lt;', '-'],
];
const asText = (html: string): string => html.replaceAll('&amp;', '&').replaceAll('&lt;', '<');

function pageOf(pick: (below: number) => number): { readonly html: string; readonly text: string } {
  let text = '';
  const words = (): string => {
    const piece = Array.from({ length: 1 + pick(4) }, () => PIECES[pick(PIECES.length)] ?? '').join('');
    text += asText(piece);
    return piece;
  };
  const ways: ((depth: number) => string)[] = [
    words,
    words,
    (depth) => `<b>${inside(depth - 1)}</b>`,
    (depth) => `<p>${inside(depth - 1)}</p>`,
    (depth) => `<div hidden>${inside(depth - 1)}</div>`,
    () => `<script type="text/plain">${['a', 'b', 'ab'][pick(3)] ?? ''}</script>`,
    () => `<style>a{}</style>`,
    () => `<noscript>b</noscript>`,
    () => `<!-- a -->`,
    () => `<input type="${['submit', 'button', 'reset', 'text'][pick(4)] ?? ''}" value="${['a', 'aB', 'Ba'][pick(3)] ?? ''}">`,
    () => `<textarea>ab</textarea>`,
    () => `<svg><text>a</text><title>B</title></svg>`,
    () => `<button type="submit" value="B">a</button>`,
    () => `<template><i>a</i></template>`,
    () => `<option>b</option>`,
  ];
  const inside = (depth: number): string =>
    Array.from({ length: 1 + pick(4) }, () => (depth <= 0 ? words() : (ways[pick(ways.length)] ?? words)(depth))).join('');
  return { html: `<!doctype html><html><head><title>ab a</title></head><body>${inside(3)}</body></html>`, text };
}

/** Some that are there, written anew, and some that are not. */
function soughtOf(text: string, pick: (below: number) => number): string[] {
  const present = Array.from({ length: 6 }, () => text.slice(pick(text.length || 1)).slice(0, 1 + pick(6)));
  const written = present.map((words) => [words, words.toUpperCase(), words.toLowerCase(), ` ${words.replaceAll(' ', ' \n ')} `][pick(4)] ?? words);
  const other = Array.from({ length: 4 }, () => asText(Array.from({ length: 1 + pick(3) }, () => PIECES[pick(PIECES.length)] ?? '').join('')));
  return [...new Set([...written, ...other])].filter((words) => words.trim() !== '');
}

it('finds every word that Playwright finds, on 150 pages of whatever is written one way and read another', async () => {
  const counted = { asked: 0, both: 0, neither: 0, oursAlone: 0 };
  for (let seed = 1; seed <= 150; seed += 1) {
    const pick = generator(seed);
    const { html, text } = pageOf(pick);
    await page.setContent(html);
    const sought = soughtOf(text, pick);
    const found = await wordsIn(page.mainFrame(), sought);
    for (const words of sought) {
      const theirs = (await page.getByText(words).count()) > 0;
      const ours = found?.includes(words) ?? null;
      expect(theirs && ours !== true, `${JSON.stringify(words)} on page ${seed}: ${html}`).toBe(false);
      counted.asked += 1;
      counted[theirs ? 'both' : ours ? 'oursAlone' : 'neither'] += 1;
    }
  }
  process.stdout.write(`words: ${JSON.stringify(counted)}\n`);
  expect(counted.both).toBeGreaterThan(counted.asked / 4);
  expect(counted.neither).toBeGreaterThan(counted.asked / 10);
  // What a document has, its elements have: none has words that are in nothing but the document.
  expect(counted.oursAlone).toBeLessThan(counted.asked / 20);
});

describe('cannot say', () => {
  it('what a page with elements that draw themselves shows', async () => {
    await page.setContent('<p>outside</p><div id="host"></div>');
    await page.evaluate(`document.getElementById('host').attachShadow({ mode: 'open' }).innerHTML = '<p>inside</p>'`);
    expect(await page.getByText('inside').count()).toBe(1);
    expect(await wordsIn(page.mainFrame(), ['inside', 'nothing of the kind'])).toBeNull();
  });

  it('what a page shows that has put something else in the place of what is asked', async () => {
    await page.setContent('<p>words</p>');
    await page.evaluate(`String.prototype.toLowerCase = () => { throw new Error('mine'); }`);
    expect(await wordsIn(page.mainFrame(), ['words'])).toBeNull();
    await page.goto('about:blank');
  });

  it('what a frame of another host shows, and does not let it know that it was looked for', async () => {
    const told =
      '<script>window.told = 0; const own = String.prototype.includes; String.prototype.includes = function (...all) { window.told += 1; return own.apply(this, all); };</script>';
    await page.route('http://*.example/**', (route) => {
      const inside = route.request().url().startsWith('http://portal.') ? '<iframe src="http://other.example/"></iframe><iframe src="/own"></iframe>' : '';
      return route.fulfill({ contentType: 'text/html', body: `<!doctype html><p>words</p>${told}${route.request().url().endsWith('/own') ? '' : inside}` });
    });
    await page.goto('http://portal.example/');
    const asked = page.frames().map(async (frame) => [frame.url(), await wordsIn(frame, ['words']), await frame.evaluate('window.told')]);
    expect((await Promise.all(asked)).sort()).toEqual([
      ['http://other.example/', null, 0],
      ['http://portal.example/', ['words'], 1],
      ['http://portal.example/own', ['words'], 1],
    ]);
    await page.unroute('http://*.example/**');
    await page.goto('about:blank');
  });

  it('anything of a frame that is gone', async () => {
    await page.setContent('<iframe srcdoc="words"></iframe>');
    const [frame] = page.mainFrame().childFrames();
    await page.setContent('');
    expect(frame && (await wordsIn(frame, ['words']))).toBeNull();
  });
});

it('reads a document whose policy lets no script run, one with 2,000 elements in each other, and one that is no page', async () => {
  const policy = "default-src 'none'; script-src 'none'; require-trusted-types-for 'script'; trusted-types 'none'";
  await page.setContent(`<meta http-equiv="Content-Security-Policy" content="${policy}"><p>words</p>`);
  expect(await wordsIn(page.mainFrame(), ['Words', 'other'])).toEqual(['Words']);
  await page.goto('about:blank');
  await page.evaluate(`{
    let inner = document.body;
    for (let depth = 0; depth < 2000; depth += 1) inner = inner.appendChild(document.createElement('span'));
    inner.append('deep words');
  }`);
  expect(await wordsIn(page.mainFrame(), ['deep words', 'others'])).toEqual(['deep words']);
  await page.goto('data:text/xml,<r><s>words</s> in <t>XML</t></r>');
  expect(await wordsIn(page.mainFrame(), ['words in xml', 'others'])).toEqual(['words in xml']);
});
