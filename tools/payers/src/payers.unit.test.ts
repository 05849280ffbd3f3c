import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { usablePasswordRules } from '@rcm/credentials';
import { describe, expect, it } from 'vitest';
import { FOLDER, readPayerFiles } from './payer-file.ts';
import { payersPage } from './render.ts';

const files = readPayerFiles();

describe('what is known of real portals', () => {
  it('is of at least 25, each fact with a page and its date, each question answered, and none has a recipe', () => {
    expect(files.length).toBeGreaterThanOrEqual(25);
    for (const { code, facts } of files) {
      const all = Object.values(facts).flat();
      expect(all.length, code).toBeGreaterThan(0);
      for (const { source, of } of all) {
        expect(new URL(source).hostname, code).toMatch(/\./);
        expect(of, code).toMatch(/^(undated|20\d\d-\d\d-\d\d)$/);
      }
    }
    for (const { code } of files) expect(readFileSync(join(FOLDER, `${code}.yaml`), 'utf8')).not.toMatch(/recipe/i);
  });

  it('says nothing about a portal type that no fact stands behind', () => {
    const behind = {
      passwordExpiresDays: 'password_expires',
      passwordRules: 'password_rules',
      recertifyEveryDays: 'recertification',
      lockoutThreshold: 'lockout',
      dormantAfterDays: 'dormancy',
    } as const;
    for (const { code, facts, portal_type: type } of files)
      for (const [field, topic] of Object.entries(behind)) if (type && field in type) expect(facts[topic], `${code} ${field}`).not.toEqual([]);
  });

  it.each(files.flatMap(({ code, portal_type: type }) => (type?.passwordRules === undefined ? [] : [[code, type.passwordRules]])))(
    'has rules that passwords can be made from: %s',
    (_code, rules) => expect(() => usablePasswordRules(rules)).not.toThrow(),
  );

  it('is what docs/payers.md shows: npm run payers', () => {
    expect(readFileSync(join(import.meta.dirname, '..', '..', '..', 'docs', 'payers.md'), 'utf8')).toBe(payersPage(files));
  });
});

describe('a file', () => {
  const good = readFileSync(join(FOLDER, 'emblemhealth.yaml'), 'utf8');
  it.each([
    ['a fact without a source', /\n {6}source: .*/, '', 'source'],
    ['a source that is no page', /source: .*/, 'source: somebody said so', 'source'],
    ['a fact without its date', /\n {6}of: .*/, '', 'of'],
    ['a question that is answered by nothing', / {2}terms: unknown\n/, '  terms: []\n', 'terms'],
    ['a question that is left out', / {2}terms: unknown\n/, '', 'terms'],
    ['a recipe', /portal_type:/, 'portal_type:\n  recipe: emblem.yaml', 'recipe'],
    ['a permission', /portal_type:/, 'portal_type:\n  automation: allowed', 'automation'],
  ])('is refused with %s, and where', (_what, from, to, where) => {
    const folder = mkdtempSync(join(tmpdir(), 'payers-'));
    try {
      const text = good.replace(from, to);
      expect(text).not.toBe(good);
      writeFileSync(join(folder, 'one.yaml'), text);
      expect(() => readPayerFiles(folder)).toThrow(new RegExp(`one.yaml[^]*${where}`));
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
