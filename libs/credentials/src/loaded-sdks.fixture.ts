import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const SDKS = ['client-kms', 'client-ssm', 'client-secrets-manager', 'client-sts'];

/** Which AWS SDK clients a process in `folder` has loaded after importing an entry point. */
export async function sdksLoadedBy(entryPoint: string, folder: string): Promise<string[]> {
  const program = `
    import { registerHooks } from 'node:module';
    const seen = [];
    registerHooks({ resolve: (specifier, context, next) => { const found = next(specifier, context); seen.push(found.url); return found; } });
    await import(${JSON.stringify(entryPoint)});
    process.stdout.write(JSON.stringify(seen));`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', program], { cwd: folder, maxBuffer: 2 ** 26 });
  const urls = JSON.parse(stdout) as string[];
  return SDKS.filter((sdk) => urls.some((url) => url.includes(`/@aws-sdk/${sdk}/`)));
}
