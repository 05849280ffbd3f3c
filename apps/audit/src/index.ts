/**
 * Signs where each audit chain stands and keeps that outside the database; exports the trail; checks it. Threats: somebody with every right in
 * the database who edits, cuts, deletes or rewrites a chain; a process that dies between two sinks; a sink that is down. It must never write
 * to the database, wait in a way that a writer of events would notice, sign a chain that contradicts what it signed before, or say that
 * something is proven beyond the last head. `verify-audit.mjs` does the same checks with nothing else of this repository.
 */
export { runCli, type Terminal } from './cli.ts';
export { headOf, type SignedHead } from './heads/head.ts';
export { keyFileSigner } from './signing/key-file-signer.ts';
export type { HeadSigner } from './signing/signer.ts';
