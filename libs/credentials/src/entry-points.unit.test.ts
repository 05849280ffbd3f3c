import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const SDKS = ['client-ssm', 'client-secrets-manager', 'client-sts'];

/** Which AWS SDK clients a process has loaded after importing an entry point, as the package.json of this project names it. */
async function loadedBy(entryPoint: string): Promise<string[]> {
  const program = `
    import { registerHooks } from 'node:module';
    const seen = [];
    registerHooks({ resolve: (specifier, context, next) => { const found = next(specifier, context); seen.push(found.url); return found; } });
    await import(${JSON.stringify(entryPoint)});
    process.stdout.write(JSON.stringify(seen));`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', program], {
    cwd: fileURLToPath(new URL('..', import.meta.url)),
    maxBuffer: 2 ** 26,
  });
  const urls = JSON.parse(stdout) as string[];
  return SDKS.filter((sdk) => urls.some((url) => url.includes(`/@aws-sdk/${sdk}/`)));
}

describe('an entry point loads only its own SDK', () => {
  it.each([
    ['@rcm/credentials/ssm', ['client-ssm']],
    ['@rcm/credentials/secrets-manager', ['client-secrets-manager']],
  ])('%s', { timeout: 30_000 }, async (entryPoint, expected) => {
    expect(await loadedBy(entryPoint)).toEqual(expected);
  });
});
