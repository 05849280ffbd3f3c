import { expect, test } from 'vitest';
import { htmlOf } from '../web/markup.ts';
import { code } from './code.ts';

const linesOf = (html: string): readonly string[] =>
  html
    .split('<li>')
    .slice(1)
    .map((line) =>
      line
        .replace(/<[^>]*>/g, '')
        .replaceAll('&quot;', '"')
        .replaceAll('&lt;', '<')
        .replaceAll('&amp;', '&')
        .trimEnd(),
    );

test('a recipe is shown as it is, line by line, with its words told apart', () => {
  const recipe = {
    login: [
      { fill: '#user', with: 'a "quoted" \\ <b> &lt;' },
      { wait: -1.5e3, strict: true, next: null },
    ],
  };
  const html = htmlOf(code(recipe));
  expect(linesOf(html).join('\n')).toBe(JSON.stringify(recipe, null, 2));
  expect(html).toContain('<span class="key">&quot;login&quot;</span>');
  expect(html.match(/class="literal"/g)).toHaveLength(3);
  expect(html).not.toContain('<b>');
});

test.each([JSON.stringify('\\'.repeat(500_000)), '"'.repeat(500_000), ':"'.repeat(250_000)])('a long line is read through once (%#)', (text) => {
  const begun = performance.now();
  expect(htmlOf(code({ text })).length).toBeGreaterThan(500_000);
  // Twice over, it would be minutes.
  expect(performance.now() - begun).toBeLessThan(20_000);
});
