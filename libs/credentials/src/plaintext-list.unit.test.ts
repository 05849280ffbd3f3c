import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { ESLint } from 'eslint';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const listed = ['libs/credentials/README.md', 'docs/plaintext.md'].flatMap((list) =>
  [...readFileSync(`${root}/${list}`, 'utf8').matchAll(/^\| `([^`]+\.ts)` \| (.+) \|$/gm)].map(([, file = '', why = '']) => ({ list, file, why })),
);

describe('the list of files that see plaintext', () => {
  it('names each file once, with a reason, and the library’s own in its README', () => {
    expect(new Set(listed.map(({ file }) => file)).size).toBe(listed.length);
    for (const { list, file, why } of listed) {
      expect(why.length).toBeGreaterThan(5);
      expect(list).toBe(file.startsWith('libs/credentials/') ? 'libs/credentials/README.md' : 'docs/plaintext.md');
    }
  });

  it.each(listed.map(({ file }) => file))('needs %s on it', (file) => {
    expect(existsSync(`${root}/${file}`)).toBe(true);
    expect(readFileSync(`${root}/${file}`, 'utf8')).toMatch(/\.(reveal|map)\(/);
  });

  // The linter takes a while to load the workspace's types.
  it('is enforced: the same lines are refused in a file that is not on it', { timeout: 120_000 }, async () => {
    const eslint = new ESLint({ cwd: root, overrideConfigFile: `${root}/eslint.config.js`, ruleFilter: ({ ruleId }) => ruleId === 'rcm/plaintext-owners' });
    const leaks = [
      'secret.reveal()',
      'secret.map((text) => text.length)',
      "secret['reveal']()",
      'Secret.prototype.reveal.call(secret)',
      'maybe?.reveal()',
      '`${secret.reveal()}`',
      'narrow.map(String)',
      'inherited.map(String)',
      '(({ map }) => map.call(secret, String))(Secret.prototype)',
      '(({ reveal: way }) => way.call(secret))(Secret.prototype)',
      '(secret as unknown as { reveal(): string }).reveal()',
    ];
    const harmless = ['`${secret}`', '[1].map(String)', 'JSON.stringify(secret)', '(({ map }) => map)({ map: 1 })'];
    const source = (line: string) =>
      [
        "import { Secret } from '@rcm/telemetry';",
        'class Heir extends Secret<string> {}',
        'export function act<T extends Secret<string>>(secret: Secret<string>, maybe: Secret<string> | undefined, narrow: T, inherited: Heir): unknown {',
        '  void [maybe, narrow, inherited];',
        `  return ${line};`,
        '}',
      ].join('\n');
    const found = async (line: string, file: string): Promise<number> => {
      const [result] = await eslint.lintText(source(line), { filePath: `${root}/${file}` });
      return result?.messages.filter(({ ruleId }) => ruleId === 'rcm/plaintext-owners').length ?? -1;
    };
    for (const line of leaks) {
      expect([line, await found(line, 'libs/credentials/src/login-identity.ts')]).toEqual([line, 0]);
      expect([line, await found(line, 'libs/credentials/src/reference.ts')]).toEqual([line, 1]);
      expect([line, await found(line, 'apps/web-agent/src/services.ts')]).toEqual([line, 1]);
    }
    for (const line of harmless) expect([line, await found(line, 'libs/credentials/src/reference.ts')]).toEqual([line, 0]);
  });
});
