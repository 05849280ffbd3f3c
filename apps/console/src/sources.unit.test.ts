import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { htmlOf, markup } from './web/markup.ts';
import { ownPath } from './web/own-path.ts';
import { SCRIPT } from './web/script.ts';
import { STYLE } from './web/style.ts';

const sources = globSync('**/*.ts', { cwd: import.meta.dirname }).filter((name) => !/\.(test|fixture)\.ts$/.test(name));

test('no page goes round the escaping, or brings a script, a style or a picture of its own', () => {
  expect(sources.length).toBeGreaterThan(20);
  const found = sources.filter((name) =>
    /dangerouslySetInnerHTML|<script|<style|style=|\son[a-z]+=|javascript:/.test(
      // The one script, by its address.
      readFileSync(join(import.meta.dirname, name), 'utf8').replace('<script src=${SCRIPT_PATH} defer></script>', ''),
    ),
  );
  expect(found).toEqual([]);
  expect(STYLE).not.toMatch(/url\(|@import/);
});

test('the one script makes no markup, no code and no request but to this console', () => {
  expect(SCRIPT).not.toMatch(
    /innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|srcdoc|eval|Function|import\b|https?:|createElement|setTimeout\(['"`]/,
  );
});

test.each(['<script>alert(1)</script>', `"'><img src=x onerror=alert(1)>`, '&lt;', '</p><p>', '`${1}`'])('%j is a text wherever it stands', (text) => {
  const html = htmlOf(markup`<p title=${text} id="${text}">${text}${[text]}<b>x</b></p>`);
  expect(html.match(/<(\w+)/g)).toEqual(['<p', '<b']);
  expect(html).not.toContain('<script');
});

test.each([
  ['/o/a/logins?show=all', '/o/a/logins?show=all'],
  ['//evil.example', '/'],
  ['/\\evil.example', '/'],
  ['/\t/evil.example', '/'],
  ['https://evil.example/', '/'],
  ['javascript:alert(1)', '/'],
  [['/a'], '/'],
  [undefined, '/'],
  ['/.//elsewhere.example', '/'],
  ['/a/..//elsewhere.example', '/'],
])('%j leads to %s', (given, path) => expect(ownPath(given)).toBe(path));
