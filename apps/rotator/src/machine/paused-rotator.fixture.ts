/**
 * A rotator that stops itself where argv says (`endpoint organization write when`), as a machine that is paused stops it, and goes on when it
 * is continued. It ends by itself, whatever came of its rotation.
 */
import { requestRotation } from '@rcm/db/rotation';
import { openRotator, readRotatorConfig, rotateAndReport } from '../index.ts';

const [endpointId = '', orgId = '', write, when] = process.argv.slice(2);
let hasStopped = false;
const opened = openRotator(readRotatorConfig(process.env));
const { requestId } = await requestRotation(opened.db, { endpointId, orgId, kind: 'demand', actor: 'person:os:test', reason: 'test' });
const { result } = await rotateAndReport(
  {
    ...opened.rotator,
    onJournalWrite(written, at) {
      if (hasStopped || written !== write || at !== when) return;
      hasStopped = true;
      process.stdout.write('stopping\n');
      process.kill(process.pid, 'SIGSTOP');
    },
  },
  { endpointId, orgId, reason: 'demand', requestId, signal: new AbortController().signal },
);
process.stdout.write(`${result}\n`);
await opened.close();
