import { runCli } from './cli.ts';
import { notAsDocumented } from './json-page.fixture.ts';

export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The command line in this process, with its answer caught; `columns` makes it a terminal. What it prints under `--json` must be as docs/rcm-json.md says. */
export async function rcm(args: readonly string[], environment: NodeJS.ProcessEnv = {}, columns?: number): Promise<Ended> {
  const out = { stdout: '', stderr: '' };
  const screen = (name: keyof typeof out) => ({
    write: (text: string) => void (out[name] += text),
    ...(columns === undefined ? {} : { isTTY: true, columns }),
  });
  const code = await runCli(args, { environment, stdout: screen('stdout'), stderr: screen('stderr') });
  if (args.includes('--json') && out.stdout.startsWith('{')) {
    const faults = notAsDocumented(args, JSON.parse(out.stdout) as Record<string, unknown>);
    if (faults.length > 0) throw new Error(`rcm ${args.join(' ')}: ${faults.join(', ')} (docs/rcm-json.md)`);
  }
  return { code, ...out };
}
