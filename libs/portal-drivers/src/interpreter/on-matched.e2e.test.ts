import { createLogger } from '@rcm/telemetry';
import type { Page } from 'playwright';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BrowserPool, createBrowserPool } from '../pool/browser-pool.ts';
import type { Target } from '../recipe/target.ts';
import { generator } from './amount-cells.fixture.ts';
import { registerDeclaredEngine } from './declared-engine.ts';
import { locate } from './locate.ts';
import { onMatched, onPlainlyMatched } from './on-matched.ts';

let pool: BrowserPool;
let page: Page;
beforeAll(async () => {
  await registerDeclaredEngine();
  pool = createBrowserPool({ maxContexts: 1, logger: createLogger({ name: 'test', level: 'silent' }), executablePath: process.env.RCM_CHROMIUM_PATH });
  page = await (await pool.openContext({ context: {}, signal: new AbortController().signal })).context.newPage();
});
afterAll(() => pool.close());

/** Runs in the page: which elements these are. */
const idsOf = (elements: { readonly id: string }[], _none: undefined): string[] => elements.map(({ id }) => id);
const plainly = async (target: Target) => (await onPlainlyMatched(page, target, idsOf, undefined))?.value ?? null;
const byPlaywright = (target: Target): Promise<string[]> => locate(page, target).evaluateAll((all: { readonly id: string }[]) => all.map(({ id }) => id));

/** How an element may be out of sight, or not. */
const STYLES = [
  ...['', '', '', 'display:none', 'visibility:hidden', 'visibility:collapse', 'visibility:visible', 'opacity:0', 'width:0;overflow:hidden', 'height:0'],
  ...['position:absolute;left:-9999px', 'content-visibility:hidden', 'transform:scale(0)', 'display:inline', 'display:block', 'clip-path:inset(50%)'],
];
const TAGS = ['div', 'span', 'p', 'section', 'b', 'details', 'summary', 'table', 'ul', 'input', 'button', 'select'];
const SELECTORS = ['div', '.a', '.b .a', 'div > .b', '.a + .b', '.a ~ *', '[data-x]', '[data-x="1"] .b, .a', '*', 'section .a, div.b', 'p,p', '#e3', 'td, tr'];

function tree(pick: (below: number) => number): string {
  let number = 0;
  const element = (depth: number): string => {
    const tag = TAGS[pick(TAGS.length)];
    const inside = depth === 0 ? 'words' : Array.from({ length: pick(4) }, () => element(depth - 1)).join(pick(2) === 0 ? '' : ' words ');
    const rows =
      tag === 'table' ? `<tr id="e${(number += 1)}" class="a"><td id="e${(number += 1)}" style="${STYLES[pick(STYLES.length)]}">${inside}</td></tr>` : inside;
    const given = [`id="e${(number += 1)}"`, `style="${STYLES[pick(STYLES.length)]}"`, `class="${['a', 'b', 'a b', ''][pick(4)]}"`];
    return `<${tag} ${given.join(' ')} ${['', 'hidden', 'data-x="1"', 'open'][pick(4)]}>${rows}</${tag}>`;
  };
  return Array.from({ length: 5 }, () => element(3)).join('');
}

it('the browser finds the same elements as Playwright does, in the same order, on 60 pages of whatever is seen or not', async () => {
  let [found, left] = [0, 0];
  for (let seed = 1; seed <= 60; seed += 1) {
    await page.setContent(tree(generator(seed)));
    for (const css of SELECTORS) {
      const expected = await byPlaywright({ css });
      found += expected.length;
      const ours = await plainly({ css });
      if (ours === null) left += 1;
      else expect(ours, `${css} on page ${seed}`).toEqual(expected);
    }
  }
  // Of a few pages each selector finds something that has no box of its own.
  process.stdout.write(`plain selectors: ${found} elements on 60 pages, ${left} of ${60 * SELECTORS.length} questions left to Playwright\n`);
  expect(found).toBeGreaterThan(1_000);
  expect(left).toBeLessThan(10 * SELECTORS.length);
});

it('the browser finds them where a page’s policy lets no script run', async () => {
  const policy = "default-src 'none'; script-src 'none'; require-trusted-types-for 'script'; trusted-types 'none'";
  await page.setContent(`<meta http-equiv="Content-Security-Policy" content="${policy}"><p id=one class=a>1</p><script>document.title = 'ran'</script>`);
  expect(await page.title()).toBe('');
  expect(await plainly({ css: '.a' })).toEqual(['one']);
  // The policy stays with the document, into which nothing else could be written.
  await page.goto('about:blank');
});

describe('Playwright is asked', () => {
  const PAGE =
    '<div id=d><p id=one class=a>first</p><p id=two class=a>second</p></div><label>Name <input id=name></label><iframe name=f srcdoc="<p id=in class=a>x</p>"></iframe>';

  it.each<[Target, string[]]>([
    [{ css: 'p:has-text("second")' }, ['two']],
    [{ css: ':is(p:has-text("second"), input)' }, ['two', 'name']],
    [{ css: 'p:visible' }, ['one', 'two']],
    [{ css: '#d >> p' }, ['one', 'two']],
    [{ css: '#d > > p' }, ['one', 'two']],
    [{ css: '.a', nth: 2 }, ['two']],
    [{ css: '.a', within: { css: '#d' } }, ['one', 'two']],
    [{ css: '.a', frame: 'f' }, ['in']],
    [{ label: 'Name' }, ['name']],
    [{ text: 'first' }, ['one']],
  ])('where the target is %j', async (target, ids) => {
    await page.setContent(PAGE);
    await page.frameLocator('[name=f]').locator('#in').waitFor();
    if (JSON.stringify(target).includes('> >')) return void expect(await plainly(target)).toBeNull();
    expect(await plainly(target)).toBeNull();
    expect(await onMatched(page, target, idsOf, undefined)).toEqual(ids);
  });

  it.each([
    [
      'an element draws its own inside',
      '<x-a id=host></x-a><p id=one class=a>1</p><script>host.attachShadow({mode:"open"}).innerHTML="<p id=in class=a>2</p>"</script>',
      ['in', 'one'],
    ],
    [
      'an element has no box of its own',
      '<p id=one class=a style="display:contents">1</p><p id=two class=a style="display:contents"><i hidden>2</i></p>',
      ['one'],
    ],
  ])('where %s', async (_why, html, ids) => {
    await page.setContent(html);
    expect(await plainly({ css: '.a' })).toBeNull();
    expect((await onMatched(page, { css: '.a' }, idsOf, undefined)).toSorted()).toEqual(ids);
  });

  it.each([
    ['what no browser understands', 'li[[', PAGE],
    ['a page that has put a form in the place of what is asked here', '.a', `<form name=defaultView></form>${PAGE}`],
  ])('of %s, and it says so', async (_what, css, html) => {
    await page.setContent(html);
    expect(await plainly({ css })).toBeNull();
    await expect(onMatched(page, { css }, idsOf, undefined)).rejects.toThrow(/selector|getComputedStyle/i);
  });
});
