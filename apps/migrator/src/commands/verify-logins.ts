import { Readable } from 'node:stream';
import { listLoginSample, type LoginSample } from '@rcm/db/migration';
import { type LoginAnswer, askLogin, type LoginPatience } from '../credential/ask-login.ts';
import type { Migration } from '../migration.ts';
import { workThrough } from '../pacing/pool.ts';
import type { Report } from '../report.ts';
import type { PersonalAct } from './rollback.ts';
import { verify } from './verify.ts';

/** Logins at once; a rotator makes those that one question after another asks for. */
const AT_ONCE = 4;

interface Sample extends PersonalAct {
  readonly count: number;
  readonly patience?: LoginPatience;
}

interface Answered extends LoginSample {
  readonly answer: LoginAnswer;
}

/**
 * `verify --login N`: then a sample of N logins is tried, each once and inside the ledger's budget. Complete where `verify` is, none was refused, and at least one was
 * accepted. Once no rotator takes one, or a stop was asked for, no further one is asked for.
 */
export async function verifyWithLogins(migration: Migration, sample: Sample): Promise<Report> {
  const verified = await verify(migration);
  if (verified.end !== 'done') return verified;
  const chosen = await listLoginSample(migration.db, { count: sample.count, filters: migration.filter });
  const answered = await askThrough(migration, chosen, sample);
  const of = (is: LoginAnswer['is']) => answered.filter(({ answer }) => answer.is === is);
  const [accepted, refused, notTried] = [of('accepted'), of('refused'), of('not_tried')];
  // Whoever was asked to stop waits for no answer any more.
  const isLeft = migration.stopping.aborted && notTried.some(({ answer }) => answer.is !== 'accepted' && answer.code === 'cancelled');
  const isWhole = answered.length === chosen.length && !isLeft;
  const json = { wanted: sample.count, chosen: chosen.length, accepted: accepted.length, refused: refused.map(named), notTried: notTried.map(named) };
  return {
    json: { ...verified.json, logins: json },
    lines: [
      ...verified.lines,
      `Logins: ${chosen.length} of ${sample.count} chosen. Accepted: ${accepted.length}. Refused: ${refused.length}. Not tried: ${chosen.length - accepted.length - refused.length}.`,
      ...[...refused, ...notTried].map((one) => `  ${one.endpointId}: ${named(one).code}: ${named(one).reason}`),
    ],
    complete: verified.complete && isWhole && refused.length === 0 && accepted.length > 0,
    end: isWhole ? 'done' : 'stopped',
  };
}

async function askThrough(migration: Migration, chosen: readonly LoginSample[], { count: _, patience, ...act }: Sample): Promise<readonly Answered[]> {
  const answered: Answered[] = [];
  const nobody = new AbortController();
  const progress = migration.progress('login', chosen.length);
  const stop = AbortSignal.any([migration.stopping, nobody.signal]);
  await workThrough(Readable.from([...chosen]), { concurrency: AT_ONCE, stop }, async (login: LoginSample) => {
    const answer = await askLogin(migration, { ...login, ...act }, patience);
    answered.push({ ...login, answer });
    if (answer.is !== 'accepted' && answer.code === 'not_taken') nobody.abort();
    progress.step(answered.filter((one) => one.answer.is === 'refused').length);
  });
  progress.end();
  return answered;
}

const named = ({ endpointId, portalType, answer }: Answered) =>
  answer.is === 'accepted' ? { endpointId, portalType, code: '', reason: '' } : { endpointId, portalType, code: answer.code, reason: answer.words };
