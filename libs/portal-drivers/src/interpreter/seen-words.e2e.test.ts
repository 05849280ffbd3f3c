import { createLogger } from '@rcm/telemetry';
import type { Page } from 'playwright';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BrowserPool, createBrowserPool } from '../pool/browser-pool.ts';
import { cellFor, generator } from './amount-cells.fixture.ts';
import { readPage } from './page-rows.ts';
import { type SeenNode, type SeenWords, withSeenWords } from './seen-words.ts';
import { isBroken, typedValue } from './typed-value.ts';
import { SEEN_ONLY_BY_READERS, UNSEEN } from './unseen-words.fixture.ts';

let pool: BrowserPool;
let page: Page;
beforeAll(async () => {
  pool = createBrowserPool({ maxContexts: 1, logger: createLogger({ name: 'test', level: 'silent' }), executablePath: process.env.RCM_CHROMIUM_PATH });
  page = await (await pool.openContext({ context: {}, signal: new AbortController().signal })).context.newPage();
});
afterAll(() => pool.close());

async function seenIn(html: string): Promise<SeenWords> {
  await page.setContent(`<table><tr><td id=cell>${html}</td></tr></table>`);
  return page.locator('#cell').evaluate(
    withSeenWords((node: SeenNode, _none: undefined, seen) => seen(node)),
    undefined,
  );
}

describe('what a person does not see is no word of a cell', () => {
  it.each(UNSEEN)('where it is %s', async (_how, html) => {
    expect((await seenIn(`Paid${html}`)).text).toBe('Paid');
    expect((await seenIn(`${html}Paid`)).text).toBe('Paid');
    expect(await seenIn(html)).toEqual({ text: '', pieces: 0 });
  });

  it('and what is visible again inside of it is one', async () => {
    expect((await seenIn('<span style="visibility:hidden">X<b style="visibility:visible">Paid</b></span>')).text).toBe('Paid');
    expect((await seenIn('<span style="display:contents">Paid</span>')).text).toBe('Paid');
    expect((await seenIn('<details open><summary>More</summary>Paid</details>')).text).toBe('More Paid');
    expect((await seenIn('<details><summary>More</summary><summary>X</summary></details>')).text).toBe('More');
  });

  it('and what stands on a picture is one, whatever its colour', async () => {
    expect((await seenIn('<span style="color:#fff;background-image:linear-gradient(#036,#036)">Paid</span>')).text).toBe('Paid');
  });
});

describe('what stands apart does not run together', () => {
  it.each([
    ['a line break', '120<br>50', '120 50', 2],
    ['blocks', '<div>120</div><div>50</div>', '120 50', 2],
    ['a block after words', '120<p>50</p>', '120 50', 2],
    ['cells of a table inside', '<table><tr><td>120</td><td>50</td></tr></table>', '120 50', 2],
    ['items of a list', '<ul><li>120</li><li>50</li></ul>', '120 50', 2],
    ['boxes with a gap', '<span style="margin-right:30px">120</span><span>50</span>', '120 50', 2],
    ['boxes in a row', '<div style="display:flex;gap:9px"><span>120</span><span>50</span></div>', '120 50', 2],
    ['a raised number', '80<sup>00</sup>', '8000', 2],
    ['a lower number', '80<sub>00</sub>', '8000', 2],
    ['a box elsewhere', '<div style="position:relative">120<span style="position:absolute;left:300px">50</span></div>', '120 50', 2],
    ['lines that are kept', '<pre>120\n50</pre>', '120 50', 2],
    ['a line that is broken where there is no blank', '<div style="width:1ch"><b>120</b><wbr><i>50</i></div>', '120 50', 2],
    ['a field', '120<input value="50">', '120 50', 2],
    ['a blank', '<b>120</b> 50', '120 50', 1],
    ['a stroke through it', '<s>120</s>80', '120 80', 2],
    ['letters drawn from right to left', '<bdo dir=rtl>80.50</bdo>', '80.50', 2],
    ['nothing', '<b>$</b><span>80</span><i>.00</i>', '$80.00', 1],
    ['no piece of its own: a word in bold', 'Paid <b>in</b> full', 'Paid in full', 1],
    ['no piece of its own: a line that goes on below', '<div style="width:1ch"><b>Paid</b> <i>in</i> full</div>', 'Paid in full', 1],
    ['no piece of its own: letters of one word', '<b>P</b>aid', 'Paid', 1],
  ])('%s', async (_what, html, text, pieces) => {
    expect(await seenIn(html)).toEqual({ text, pieces });
  });
});

describe('what a style sheet writes', () => {
  const styled = async (style: string, html = '<span data-sign="-">80</span>') => seenIn(`<style>${style}</style>${html}`);

  it.each([
    ['a sign before it', 'span::before { content: "-" }', '-80', 1],
    ['a part of a number after it', 'span::after { content: ".50" }', '80.50', 1],
    ['what an attribute says', 'span::before { content: attr(data-sign) }', '-80', 1],
    ['in a block', 'span::after { content: "50"; display: block }', '80 50', 2],
    ['a number that it counts, which nobody here knows', 'span::after { content: counter(row) }', '80#', 1],
  ])('counts: %s', async (_what, style, text, pieces) => {
    expect(await styled(style)).toEqual({ text, pieces });
  });

  it.each([
    ['nothing', 'span::before { content: "" }'],
    ['an arrow', 'span::after { content: "▲" }'],
    ['a letter of an icon font', 'span::before { content: "\\e001" }'],
    ['what is said, and not shown', 'span::after { content: "▲" / "sorted 1 up" }'],
    ['hidden words', 'span::before { content: "9"; visibility: hidden }'],
    ['words that are not drawn', 'span::before { content: "9"; display: none }'],
  ])('is none: %s', async (_what, style) => {
    expect(await styled(style)).toEqual({ text: '80', pieces: 1 });
  });
});

it('of an element that draws its own inside, what it draws is read', async () => {
  const inside = (html: string) => `<x-y><template shadowrootmode="open">${html}</template>120</x-y>`;
  await page.setContent('<p id=cell></p>');
  const read = (html: string) =>
    page.locator('#cell').evaluate((cell, text) => (cell as unknown as { setHTMLUnsafe(html: string): void }).setHTMLUnsafe(text), html);
  const words = () =>
    page.locator('#cell').evaluate(
      withSeenWords((node: SeenNode, _none: undefined, seen) => seen(node)),
      undefined,
    );
  await read(inside('<b>$80</b>'));
  expect((await words()).text).toBe('$80');
  await read(inside('$<slot></slot>'));
  expect((await words()).text).toBe('$120');
});

describe('a field in a cell counts by what is in it', () => {
  it.each([
    ['<input value="typed">', 'typed'],
    ['<input type="hidden" value="X">', ''],
    ['<input style="visibility:hidden" value="X">', ''],
    ['<input type="password" value="X">', ''],
    ['<input type="checkbox" value="X" checked>', ''],
    ['<textarea>typed</textarea>', 'typed'],
    ['<select><option>one</option><option selected>two</option></select>', 'two'],
    ['<select multiple><option selected>one</option><option>two</option><option selected>three</option></select>', 'one three'],
    ['<button>Pay</button>', 'Pay'],
  ])('%s', async (html, text) => {
    expect((await seenIn(html)).text).toBe(text);
  });
});

describe('rows', () => {
  const read = async (html: string, columns: Parameters<typeof readPage>[2]) => {
    await page.setContent(html);
    return readPage(page, { css: 'tbody tr' }, columns);
  };
  const table = (head: string, body: string) => `<table><thead><tr>${head}</tr></thead><tbody>${body}</tbody></table>`;

  it('that nobody sees are none', async () => {
    const body = '<tr><td>1</td></tr><tr style="display:none"><td>2</td></tr><tr hidden><td>3</td></tr><tr><td>4</td></tr>';
    const { raw } = await read(table('<th>No</th>', body), { no: { header: 'No' } });
    expect(raw.map(({ no }) => no?.text)).toEqual(['1', '4']);
  });

  it.each(['Amount', 'Amount in dollars', 'Amount sort ascending'])(
    'are found under a heading by what is seen, its name, or all that is written: %s',
    async (header) => {
      const head = `<th>No</th><th aria-label="Amount in dollars">Amount<span style="${SEEN_ONLY_BY_READERS}"> sort ascending</span></th>`;
      const { raw, repeatedHeadings } = await read(table(head, '<tr><td>1</td><td>$5</td></tr>'), { amount: { header } });
      expect(raw[0]?.amount?.text).toBe('$5');
      expect(repeatedHeadings).toEqual([]);
    },
  );

  it.each([
    ['there are fewer', '<th>No</th><th>Paid</th><th>State</th>', '<tr><td>1</td><td>Open</td></tr>'],
    ['there are more', '<th>No</th><th>Paid</th>', '<tr><td>1</td><td>2</td><td>3</td></tr>'],
    ['a heading alone is hidden', '<th>No</th><th hidden>Paid</th>', '<tr><td>1</td><td>2</td></tr>'],
    ['a cell alone is hidden', '<th>No</th><th>Paid</th>', '<tr><td>1</td><td hidden>2</td></tr>'],
  ])('whose cells are not those of the headings are told: %s', async (_how, head, body) => {
    expect((await read(table(head, body), { paid: { header: 'Paid' } })).uneven).toEqual([true]);
    expect((await read(table(head, body), { paid: { cell: 2 } })).uneven).toEqual([false]);
  });

  it('whose columns are hidden whole, and those under headings that nobody sees, are not', async () => {
    expect(
      (await read(table('<th>No</th><th hidden>Key</th><th>Paid</th>', '<tr><td>1</td><td hidden>7</td><td>2</td></tr>'), { paid: { header: 'Paid' } })).uneven,
    ).toEqual([false]);
    expect((await read(table('<th hidden>No</th><th hidden>Paid</th>', '<tr><td>1</td><td>2</td></tr>'), { paid: { header: 'Paid' } })).uneven).toEqual([
      false,
    ]);
  });

  it('of headings, and rows inside of rows, are told', async () => {
    const inner = '<tr><td>1</td><td><table><tbody><tr><td>2</td></tr></tbody></table></td></tr><tr><th>No</th><th>Paid</th></tr>';
    const { isInside, isHeading } = await read(table('<th>No</th><th>Paid</th>', inner), { paid: { header: 'Paid' } });
    expect(isInside).toEqual([false, true, false]);
    expect(isHeading).toEqual([false, true, true]);
  });

  it('are not found under the headings of a table in a cell', async () => {
    const inner = '<table><thead><tr><th>Paid</th><th>No</th></tr></thead></table>';
    await page.setContent(`<table><tr><td>No</td><td>Paid</td><td>More</td></tr><tr class=row><td>1</td><td>2</td><td>${inner}</td></tr></table>`);
    const { raw } = await readPage(page, { css: '.row' }, { paid: { header: 'Paid' } });
    expect(raw.map(({ paid }) => paid?.text)).toEqual(['2']);
  });

  it('under a heading that is there twice are told', async () => {
    const { repeatedHeadings } = await read(table('<th>Date</th><th>Date</th>', '<tr><td>1</td><td>2</td></tr>'), { date: { header: 'Date' } });
    expect(repeatedHeadings).toEqual(['date']);
  });
});

it('of 300 pages of amounts, written in whatever way, each is read right or not at all', async () => {
  let [right, refused] = [0, 0];
  for (let seed = 0; seed < 300; seed += 1) {
    const pick = generator(seed + 1);
    const rows = Array.from({ length: 1 + pick(6) }, () => {
      const amount = `${pick(5_000)}.${String(pick(100)).padStart(2, '0')}`;
      return { amount, isHidden: pick(6) === 0, ...cellFor(amount, pick) };
    });
    const seen = rows.filter(({ isHidden }) => !isHidden);
    await page.setContent(
      `<table><thead><tr><th>No</th><th>Paid</th></tr></thead><tbody>${rows.map(({ html, isHidden }, i) => `<tr${isHidden ? ' style="display:none"' : ''}><td>${i}</td><td>${html}</td></tr>`).join('')}</tbody></table>`,
    );
    const { raw } = await readPage(page, { css: 'tbody tr' }, { paid: { header: 'Paid' } });
    expect(raw, `page ${seed}`).toHaveLength(seen.length);
    for (const [index, { paid }] of raw.entries()) {
      const { amount = '', html = '', readable } = seen[index] ?? {};
      const value = paid && !isBroken(paid, { type: 'money' }) ? typedValue(paid.text, { type: 'money' }) : undefined;
      if (value === undefined) refused += 1;
      else right += 1;
      // A reading that is not right must be none; and what a person can read is read.
      expect(value === undefined || value === amount, `page ${seed}: ${html} as ${String(value)}`).toBe(true);
      if (readable) expect(value, `page ${seed}: ${html}`).toBe(amount);
    }
  }
  expect(right).toBeGreaterThan(500);
  expect(refused).toBeGreaterThan(100);
}, 600_000);
