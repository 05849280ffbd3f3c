import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { startSignIn } from './sign-in.ts';

/** The sign-in as a process of its own, for docker compose: it stands beside the console in the network of one container, whose port is published on this machine's loopback. */
const { values } = parseArgs({
  options: { port: { type: 'string' }, 'redirect-uri': { type: 'string', multiple: true }, 'client-secret-file': { type: 'string' } },
});
const { port, 'redirect-uri': redirectUris, 'client-secret-file': secretFile } = values;
if (!port || !redirectUris || !secretFile) {
  process.stderr.write('Usage: sign-in --port PORT --redirect-uri URI … --client-secret-file FILE\n');
  process.exit(2);
}
const signIn = await startSignIn({ host: '0.0.0.0', port: Number(port), redirectUris, clientSecret: readFileSync(secretFile, 'utf8').trim() });
process.stdout.write(`${JSON.stringify({ issuer: signIn.issuer, msg: 'ready' })}\n`);
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void signIn.close());
