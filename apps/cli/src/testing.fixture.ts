import { runCli } from './cli.ts';

export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The command line in this process, with its answer caught; `columns` makes it a terminal. */
export async function rcm(args: readonly string[], environment: NodeJS.ProcessEnv = {}, columns?: number): Promise<Ended> {
  const out = { stdout: '', stderr: '' };
  const screen = (name: keyof typeof out) => ({
    write: (text: string) => void (out[name] += text),
    ...(columns === undefined ? {} : { isTTY: true, columns }),
  });
  const code = await runCli(args, { environment, stdout: screen('stdout'), stderr: screen('stderr') });
  return { code, ...out };
}
