import type { Database } from '@rcm/db';
import { answerCodeRequest, type Answering, keyOfCodeRequest, sealCode } from '@rcm/db/codes';
import { RcmError } from '@rcm/telemetry';
import type { Person } from '../onboarding/add.ts';
import type { Report } from '../report.ts';

const SCOPE = 'every tenant';

/**
 * Reads a code from a person and gives it to the login that waits for it: sealed for the process that asked, so that it lies in the clear nowhere but at this
 * terminal and in that process. Whether there is anything to answer is asked before anybody types.
 */
export async function answered(db: Database, requestId: string, person: Person): Promise<Report> {
  const asked = await keyOfCodeRequest(db, requestId, SCOPE);
  if (!asked) throw refused('over');
  const { readTypedPassword } = await import('@rcm/rotator');
  const code = await readTypedPassword(`Code for ${asked.endpointId} (not shown): `, new AbortController().signal, 'code');
  const answer = await answerCodeRequest(db, requestId, { ...person, sealed: sealCode(asked.publicKey, requestId, code), scope: SCOPE });
  if (answer !== 'answered') throw refused(answer);
  return {
    json: { request: requestId, organization: asked.orgId, login: asked.endpointId, answered: true },
    lines: () => [`${asked.endpointId}  answered. The login types it within a few seconds; whether the portal took it: rcm login show ${asked.endpointId}`],
    well: true,
  };
}

const WORDS: Readonly<Record<Exclude<Answering, 'answered'>, string>> = {
  already: 'Somebody else has answered it.',
  over: 'No login waits for that code: it is answered already, its time is over, or there is no such request. `rcm codes list` shows what waits.',
  unknown: 'There is no such request.',
};

const refused = (answer: Exclude<Answering, 'answered'>): RcmError => new RcmError('state_conflict', `${WORDS[answer]} Nothing was sent.`);
