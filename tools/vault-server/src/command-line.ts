import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { type Output, StartError, stopSignal } from '@rcm/local-aws/kit';
import { startVaultServer } from './start.ts';

const HELP = `Usage: vault-server [options]

Vault's AppRole, tokens, policies and KV v2 on this machine, for tests and local work.

  --port <number>            port to listen on; default: any free one
  --host <address>           address to listen on; default 127.0.0.1
  --data-file <path>         where everything is kept (its key lies beside it in <path>.key); default: in memory
  --mount <name>             a KV v2 mount; may be given more than once; default kv
  --namespace <name>         a namespace beside the root one; may be given more than once
  --root-token-file <path>   write the root token there, mode 600
  --help                     this text

Prints one line of JSON on standard output when it is ready; stops on SIGTERM.
`;

/** Exit codes: 0 stopped by SIGTERM or SIGINT (or help was shown), 1 cannot start, 2 the command line is wrong. */
export async function runCommandLine(args: readonly string[], output: Output): Promise<number> {
  const flags = parse(args);
  if (typeof flags === 'string') {
    output.error(`vault-server: ${flags}\n${HELP}`);
    return 2;
  }
  if (flags.help) {
    output.out(HELP);
    return 0;
  }
  try {
    const { port, host, mount: mounts, namespace: namespaces, 'data-file': dataFile, 'root-token-file': tokenFile } = flags;
    const onInternalError = (error: unknown): void => output.error(`vault-server: ${String(error)}\n`);
    const server = await startVaultServer({ port: Number(port), host, mounts, namespaces, dataFile, onInternalError });
    try {
      // The token is never printed: it goes into the file, or nowhere.
      if (tokenFile !== undefined) writeFileSync(tokenFile, `${server.rootToken}\n`, { mode: 0o600 });
      const stopped = stopSignal();
      output.out(`${JSON.stringify({ address: server.address, mounts: server.mounts, rootTokenFile: tokenFile ?? null })}\n`);
      await stopped;
    } finally {
      await server.close();
    }
    return 0;
  } catch (error) {
    output.error(`vault-server: ${error instanceof Error ? error.message : String(error)}\n`);
    return error instanceof StartError && error.code === 'options_invalid' ? 2 : 1;
  }
}

function parse(args: readonly string[]) {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        port: { type: 'string', default: '0' },
        host: { type: 'string', default: '127.0.0.1' },
        'data-file': { type: 'string' },
        mount: { type: 'string', multiple: true, default: ['kv'] },
        namespace: { type: 'string', multiple: true, default: [] },
        'root-token-file': { type: 'string' },
        help: { type: 'boolean', default: false },
      },
    });
    return /^\d{1,5}$/.test(values.port) && Number(values.port) < 65_536 ? values : 'the port must be a number from 0 to 65535.';
  } catch (error) {
    return error instanceof Error ? error.message : 'the options cannot be read.';
  }
}
