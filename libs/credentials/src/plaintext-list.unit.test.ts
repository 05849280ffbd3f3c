import { existsSync, globSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ESLint } from 'eslint';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const listed = ['libs/credentials/README.md', 'docs/plaintext.md'].flatMap((list) =>
  [...readFileSync(`${root}/${list}`, 'utf8').matchAll(/^\| `([^`]+\.ts)` \| (.+) \|$/gm)].map(([, file = '', why = '']) => ({ list, file, why })),
);

/** docs/audit.md: whoever checks the audit trail runs it without the rest. */
const STANDS_ALONE = 'apps/audit/src/verify-audit.mjs';
const IN_THE_BROWSER = 'apps/console/src/live.js';

describe('the list of files that see plaintext', () => {
  it('leaves out no code: apps and libs hold TypeScript of the one kind that lint reads', () => {
    const others = globSync('{apps,libs}/**/*.{js,mjs,cjs,jsx,mts,cts,tsx}', {
      cwd: root,
      exclude: (path) => /^(node_modules|dist|out-tsc|generated|\.nx|\.rcm)$/.test(basename(path)),
    });
    expect(others.toSorted()).toEqual([STANDS_ALONE, IN_THE_BROWSER]);
  });

  it('lets one script be for browsers, which have no handle: it loads nothing', () => {
    expect(readFileSync(`${root}/${IN_THE_BROWSER}`, 'utf8')).not.toMatch(/\bimport\b|\brequire\b|\breveal\b/);
  });

  it('lets one file be JavaScript, which is given to others alone: it reaches nothing but Node, and no handle', () => {
    const source = readFileSync(`${root}/${STANDS_ALONE}`, 'utf8');
    const imported = [...source.matchAll(/^import .* from '(.*)';$/gm)].map(([, from]) => from ?? '');
    expect(imported.length).toBeGreaterThan(2);
    expect(imported.filter((from) => !from.startsWith('node:'))).toEqual([]);
    expect(source).not.toMatch(/\bimport\s*\((?!'node:)|\brequire\b|\breveal\b/);
  });

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
  it('is enforced: the same lines are refused in a file that is not on it', { timeout: 0 }, async () => {
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
      'secret[`reveal`]()',
      'secret[way]()',
      'secret[anyWay]',
      'narrow[other](String)',
      "Reflect.get(secret, 'reveal')",
      "Reflect.get(secret, 'map')",
      'Reflect.get(secret, way)',
      'Reflect.get(secret, `reveal`)',
      "Object.getOwnPropertyDescriptor(Secret.prototype, 'reveal')",
      'Object.getOwnPropertyDescriptors(Secret.prototype).map',
      'mapped.map(String)',
      'picked.map(String)',
      'anything.map(String)',
      '(secret as unknown)',
      '(secret as never as string[])',
      'secret.reveal(); // eslint-disable-line',
    ];
    const harmless = [
      '`${secret}`',
      '[1].map(String)',
      'list.map(String)',
      'JSON.stringify(secret)',
      '(({ map }) => map)({ map: 1 })',
      'narrow as Secret<string>',
      "secret['toString']()",
    ];
    const lines = [...leaks, ...harmless];
    // One file for all of them: its types are read once.
    const source = [
      "import { Secret } from '@rcm/telemetry';",
      'class Heir extends Secret<string> {}',
      'interface Mappable { map<U>(change: (value: string) => U): unknown }',
      ...lines.flatMap((line, n) => [
        `export function act${n}<T extends Secret<string>>(secret: Secret<string>, maybe: Secret<string> | undefined, narrow: T, inherited: Heir, anyWay: keyof Secret): unknown {`,
        "  const [way, other] = ['reveal', 'map'] as const;",
        '  const mapped: Mappable = secret;',
        "  const picked: Pick<Secret<string>, 'map'> = secret;",
        '  const list: readonly string[] | Set<string>[] = [];',
        "  const anything = JSON.parse('0');",
        '  void [maybe, narrow, inherited, way, other, mapped, picked, list, anything, anyWay];',
        `  return ${line};`,
        '}',
      ]),
    ];
    const found = async (file: string): Promise<string[]> => {
      const [result] = await eslint.lintText(source.join('\n'), { filePath: `${root}/${file}` });
      const at = new Set(result?.messages.filter(({ ruleId }) => ruleId === 'rcm/plaintext-owners').map(({ line }) => source[line - 1]));
      return lines.filter((line) => at.has(`  return ${line};`));
    };
    expect(await found('libs/credentials/src/login-identity.ts')).toEqual([]);
    expect(await found('libs/credentials/src/reference.ts')).toEqual(leaks);
    expect(await found('apps/web-agent/src/services.ts')).toEqual(leaks);
  });
});
